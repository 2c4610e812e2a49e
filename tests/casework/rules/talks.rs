//! What an operator's wrap-up begins is carried on by the rules like everything else.

use super::world::*;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    Actor, AnonymousReason, Classification, Command, DOMAIN_UNCODED, DispositionReason, Grade,
    Guard, Record, Refusal, ReopenReason, Role, State, Task, Urgency, WrapUp,
};
use mayorline::domain::desk::{Disposition, Outcome};

use Role as R;
use State as S;

fn new() -> World {
    World::new("2026-11-20T09:10:00+08:00")
}

fn classify() -> Task {
    Task::Classify(Box::new(classification()))
}

/// Both ways in which a talk itself can be the answer.
fn answered_in_the_talk() -> [WrapUp; 2] {
    let solved = WrapUp { outcome: Some(Outcome::Solved), ..wrap_up(Disposition::ThreeWay) };
    [wrap_up(Disposition::Answered), solved]
}

#[test]
fn a_talk_that_ends_under_a_proposed_seal_leaves_the_case_where_it_stands() {
    for disposition in DISPOSITIONS {
        let mut world = World::in_state(S::Accepted);
        world.act(R::Operator, Task::ProposeSeal);
        let unit = (disposition == Disposition::Assigned).then(|| UNIT.to_owned());
        world.wrapped_up(WrapUp { unit, ..wrap_up(disposition) });
        let case = &world.case;
        assert_eq!((case.state, case.told_state()), (Some(S::Accepted), Some(S::Sealed)));
        assert_eq!((&case.unit, case.work.disposition()), (&None, None), "{disposition:?}");
        assert_eq!(case.summary.as_deref(), Some("北宿镇路灯不亮"), "the words are kept");

        let mut refused = world.clone();
        refused.act(R::Director, Task::RefuseSeal).act(R::Clerk, classify());
        world.act(R::Liaison, Task::ConfirmSeal).act(R::Liaison, Task::FileReceipt("7".into()));
        assert_eq!(world.case.state, Some(S::Sealed), "{disposition:?}");
    }
}

#[test]
fn a_talk_proposes_a_seal_that_a_second_person_decides() {
    let mut world = new();
    world.receive(IntakeKind::Attended).wrapped_up(wrap_up(Disposition::Discipline));
    assert_eq!(world.case.told_state(), Some(S::Sealed), "hidden at once");
    assert_ne!(world.case.state, Some(S::Sealed), "one person alone seals nothing");
    let notices = |world: &World| {
        let told = |record: &Record| matches!(record, Record::CitizenNotified { .. }).then_some(());
        world.records(told).len()
    };
    assert_eq!(notices(&world), 0, "the citizen is told once it is decided");
    let seat = wrap_up(Disposition::Discipline).seat.to_string();
    let same = Actor::new(&seat, R::Director, None);
    let alone = world.try_as(same, Task::ConfirmSeal);
    assert_eq!(alone, Err(Refusal::Guard(Guard::OtherPerson)));
    world.refused(R::Operator, classify(), Guard::Unknown);

    let mut refused = world.clone();
    refused.act(R::Director, Task::RefuseSeal);
    let stands = (refused.case.state, refused.case.work.disposition());
    assert_eq!(stands, (Some(S::Classified), None), "the way is chosen anew");
    refused.act(R::Clerk, classify()).act(R::Clerk, assign());
    assert_eq!(refused.case.state, Some(S::Assigned));

    world.act(R::Liaison, Task::ConfirmSeal);
    assert_eq!((world.case.state, notices(&world)), (Some(S::Sealed), 1));
}

#[test]
fn a_talk_about_a_case_that_a_unit_has_hides_it_from_the_unit() {
    for state in [S::Assigned, S::Handling, S::Callback] {
        let mut world = World::in_state(state);
        world.wrapped_up(wrap_up(Disposition::Discipline));
        assert_eq!((world.case.state, world.case.told_state()), (Some(state), Some(S::Sealed)));
        world.refused(R::UnitContact, Task::Sign("王某".to_owned()), Guard::Unknown);
        world.act(R::Director, Task::RefuseSeal);
        assert_eq!(world.case.work.disposition(), Some(Disposition::Assigned), "goes on");
    }
}

#[test]
fn an_answer_in_the_talk_that_did_not_help_is_handled_in_a_second_round() {
    for order in answered_in_the_talk() {
        let mut world = new();
        world.receive(IntakeKind::Attended).wrapped_up(order);
        assert_eq!((world.case.state, world.case.round), (Some(S::Callback), 1));
        world.act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
        world.act(R::Supervisor, Task::Redo);
        let case = &world.case;
        assert_eq!(
            (case.state, case.round, case.answered_directly),
            (Some(S::Classified), 2, false)
        );
        let why = Some(DispositionReason::Misjudged);
        world.act(R::Clerk, Task::ChooseDisposition(Disposition::Assigned, why));
        world.act(R::Clerk, assign()).act(R::UnitContact, Task::Sign("王某".to_owned()));
        assert_eq!(world.case.round, 2, "the assignment is the second round, not a third");
        world.answered().act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
        let grades = [(1, Grade::Dissatisfied), (2, Grade::Satisfied)];
        assert_eq!((world.case.state, &world.case.work.grades[..]), (Some(S::Closed), &grades[..]));
    }
}

#[test]
fn a_case_that_a_talk_closed_is_graded_again_after_it_was_reopened() {
    for order in answered_in_the_talk() {
        let mut world = new();
        world.receive(IntakeKind::Attended).wrapped_up(order);
        world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
        world.act(R::Supervisor, Task::Reopen(ReopenReason::Recurred, "又不亮了".to_owned()));
        assert_eq!((world.case.state, world.case.round), (Some(S::Classified), 2));
        let why = Some(DispositionReason::MoreFacts);
        if world.case.work.disposition() != Some(Disposition::Answered) {
            world.act(R::Operator, Task::ChooseDisposition(Disposition::Answered, why));
        }
        world.act(R::Operator, Task::Answer { text: "请拨打".to_owned(), grade: None });
        world.act(R::CallbackAgent, Task::Rate(Grade::BasicallySatisfied));
        assert_eq!(world.case.state, Some(S::Closed));
    }
}

#[test]
fn a_call_from_a_withheld_number_goes_all_the_way_to_the_archive() {
    let closed = |mut world: World| {
        assert_eq!(world.case.work.anonymous, Some(AnonymousReason::Withheld));
        world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
        world.act(R::Director, Task::DecidePublication(false, String::new()));
        if world.case.is_uncoded() {
            let archived = world.try_as(person(R::Clerk), Task::Archive).unwrap_err();
            let Refusal::Incomplete(missing) = archived else { panic!("{archived:?}") };
            assert!(missing.names().eq(["类型分类"]), "{missing:?}");
            world.act(R::Clerk, classify());
        }
        world.act(R::Clerk, Task::Archive);
        assert_eq!(world.case.state, Some(S::Archived));
    };
    let mut by_the_talk = new();
    by_the_talk.receive_from(IntakeKind::Attended, None);
    by_the_talk.refused(
        R::Operator,
        Task::Accept { summary: "来电".to_owned(), anonymous: None },
        Guard::Contact,
    );
    closed(by_the_talk.wrapped_up(wrap_up(Disposition::Answered)).clone());

    let mut by_the_service = new();
    by_the_service.receive_from(IntakeKind::Text, None);
    let accept = Command::Accept { summary: "来信".to_owned(), by: "system".to_owned() };
    by_the_service.command(accept).unwrap();
    by_the_service.act(R::Operator, classify());
    let answer = Task::Answer { text: "请拨打".to_owned(), grade: None };
    closed(by_the_service.act(R::Operator, answer).clone());

    let mut known = new();
    known.receive(IntakeKind::Attended).wrapped_up(wrap_up(Disposition::Answered));
    assert_eq!(known.case.work.anonymous, None, "whoever can be called is not anonymous");
}

#[test]
fn what_a_talk_left_without_a_code_is_classified_afterwards_and_only_once() {
    let mut world = new();
    world.receive(IntakeKind::Attended).wrapped_up(wrap_up(Disposition::ThreeWay));
    assert_eq!(world.case.domain.as_deref(), Some(DOMAIN_UNCODED));
    let by_other = world.try_as(person(R::Supervisor), classify());
    assert!(matches!(by_other, Err(Refusal::Role { rule: "T4", .. })), "{by_other:?}");
    world.act(R::Clerk, classify());
    assert_eq!(
        (world.case.state, world.case.domain.as_deref()),
        (Some(S::Classified), Some("050100"))
    );
    assert_eq!(world.case.work.place.as_deref(), Some("北宿镇"));
    let again = world.try_as(person(R::Clerk), classify());
    assert!(matches!(again, Err(Refusal::Stage { rule: "T4", .. })), "{again:?}");
}

/// A case that a talk gave to the unit.
fn assigned_by_a_talk() -> World {
    let mut world = new();
    let unit = Some(UNIT.to_owned());
    world.receive(IntakeKind::Attended);
    world.wrapped_up(WrapUp { unit, ..wrap_up(Disposition::Assigned) });
    world
}

#[test]
fn what_a_talk_assigned_without_a_code_is_coded_where_it_is_by_then() {
    let ways: [(&[(Role, Task)], S); 3] = [
        (&[], S::Assigned),
        (&[(R::UnitContact, Task::Sign("王某".to_owned()))], S::Handling),
        (&[(R::Clerk, Task::Remind)], S::Assigned),
    ];
    for (way, state) in ways {
        let mut world = assigned_by_a_talk();
        for (role, task) in way {
            world.act(*role, task.clone());
        }
        let (unit_due, due, round) =
            (world.case.unit_due.clone(), world.case.due.clone(), world.case.round);
        assert!(world.case.is_uncoded());
        world.act(R::Clerk, classify());
        let case = &world.case;
        assert_eq!((case.state, case.domain.as_deref()), (Some(state), Some("050100")));
        assert_eq!((&case.unit_due, &case.due, case.round), (&unit_due, &due, round));
        assert_eq!(
            (case.unit.as_deref(), case.work.place.as_deref()),
            (Some(UNIT), Some("北宿镇"))
        );
        let again = world.try_as(person(R::Clerk), classify());
        assert!(matches!(again, Err(Refusal::Stage { rule: "T4", .. })), "once: {again:?}");
    }
    for answered in answered_in_the_talk() {
        let mut world = new();
        world.receive(IntakeKind::Attended).wrapped_up(answered);
        world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied)).act(R::Operator, classify());
        assert_eq!((world.case.state, world.case.is_uncoded()), (Some(S::Closed), false));
    }
}

#[test]
fn a_late_code_brings_the_date_nearer_and_takes_the_case_from_an_accused_unit() {
    let urgent =
        Task::Classify(Box::new(Classification { urgency: Urgency::Urgent, ..classification() }));
    let mut world = assigned_by_a_talk();
    let before = world.case.unit_due.clone().unwrap().at;
    world.act(R::Clerk, urgent);
    let after = world.case.unit_due.clone().unwrap().at;
    assert_eq!((world.case.state, after < before), (Some(S::Assigned), true));

    let accused = |unit: &str| {
        let accused = vec![unit.to_owned()];
        Task::Classify(Box::new(Classification { accused, ..classification() }))
    };
    let mut other = assigned_by_a_talk();
    other.act(R::Clerk, accused("unit.09"));
    assert_eq!((other.case.state, other.case.unit.as_deref()), (Some(S::Assigned), Some(UNIT)));
    let mut lead = assigned_by_a_talk();
    lead.act(R::Clerk, accused(UNIT));
    assert_eq!((lead.case.state, &lead.case.unit), (Some(S::Classified), &None), "invariant 3");
    assert_eq!((lead.case.domain.as_deref(), &lead.case.unit_due), (Some("050100"), &None));
}
