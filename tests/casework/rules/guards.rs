//! The guards: second persons, accused units, consultation, returns, extensions, rounds, seals.

use super::world::*;
use jiff::ToSpan;
use jiff::civil::date;
use mayorline::domain::case::{
    Actor, CaseEvent, Classification, DeclineReason, DispositionReason, DocketReason, DutyMatch,
    ExtensionReason, FollowUpOutcome, Grade, Guard, KeepReason, LawfulChannel, Pending, Record,
    Refusal, ReopenReason, ReturnReason, Role, State, Task, Trigger, Urgency, UrgencyReason,
};
use mayorline::domain::desk::Disposition;

use Role as R;
use State as S;

fn extension(days: u16) -> Task {
    Task::AskExtension { days, reason: ExtensionReason::Evidence }
}

fn ask_return(suggested: &str) -> Task {
    Task::AskReturn { reason: ReturnReason::NotOurDuty, suggested: suggested.to_owned() }
}

fn classified_as(change: fn(&mut Classification)) -> World {
    let mut world = World::in_state(S::Accepted);
    let mut found = classification();
    change(&mut found);
    world.act(R::Clerk, Task::Classify(Box::new(found)));
    world
}

#[test]
fn nobody_confirms_what_he_proposed_himself() {
    let both = |person: &str, roles: &[Role]| Actor {
        person: person.to_owned(),
        roles: roles.to_vec(),
        unit: None,
    };
    let mut world = World::in_state(S::Classified);
    let one = both("one", &[R::Clerk, R::Supervisor]);
    world.try_as(one.clone(), Task::Keep(KeepReason::NothingConcrete)).unwrap();
    let refused = world.try_as(one.clone(), Task::Grant(Pending::Keep));
    assert_eq!(refused, Err(Refusal::Guard(Guard::SecondPerson)));
    world.act(R::Supervisor, Task::Refuse(Pending::Keep, "请继续办理".to_owned()));
    world.refused(R::Supervisor, Task::Grant(Pending::Keep), Guard::NothingProposed);

    let two = both("two", &[R::Operator, R::Director]);
    world.try_as(two.clone(), Task::ProposeSeal).unwrap();
    let refused = world.try_as(two, Task::ConfirmSeal);
    assert_eq!(refused, Err(Refusal::Guard(Guard::OtherPerson)));
}

#[test]
fn a_proposed_seal_hides_the_case_from_everybody_but_those_who_decide_it() {
    let mut world = World::in_state(S::Handling);
    world.act(R::Clerk, Task::ProposeSeal);
    let told = world.case.status(world.now, None).unwrap();
    assert_eq!((told.state, told.unit, told.due), (S::Sealed, None, None));
    world.refused(R::Handler, feedback(), Guard::Unknown);
    world.refused(R::Operator, Task::Withdraw(call()), Guard::Unknown);
    world.refused(R::Director, Task::Withdraw(call()), Guard::UnderSeal);
    world.act(R::Liaison, Task::RefuseSeal).act(R::Handler, feedback());
    let mut world = World::in_state(S::Handling);
    world.act(R::Operator, Task::ProposeSeal).act(R::Director, Task::ConfirmSeal);
    world.refused(R::Handler, feedback(), Guard::Unknown);
    assert_eq!(world.case.state, Some(S::Sealed));
    world.act(R::Liaison, Task::FileReceipt("7".to_owned()));
    world.refused(R::Liaison, Task::FileReceipt("8".to_owned()), Guard::Receipted);
}

#[test]
fn an_accused_unit_has_no_part_and_loses_the_one_it_had() {
    let mut world = classified_as(|found| found.accused = vec![UNIT.to_owned()]);
    let helped = Task::Assign { unit: "unit.08".to_owned(), helpers: vec![UNIT.to_owned()] };
    world.refused(R::Clerk, assign(), Guard::Accused);
    world.refused(R::Director, helped, Guard::Accused);
    world.refused(R::Clerk, Task::Circulate(vec![UNIT.to_owned()]), Guard::Accused);
    world.refused(R::UnitContact, Task::Claim(true), Guard::Unknown);

    for state in [S::Assigned, S::Handling, S::Feedback, S::Redo] {
        let mut world = World::in_state(state);
        world.act(R::Supervisor, Task::NameAccused(UNIT.to_owned()));
        assert_eq!((world.case.state, &world.case.unit), (Some(S::Classified), &None), "{state:?}");
        world.refused(R::Clerk, assign(), Guard::Accused);
        world.refused(R::Handler, feedback(), Guard::Unknown);
    }
    let mut world = World::in_state(S::Callback);
    world.refused(R::Clerk, Task::NameAccused(UNIT.to_owned()), Guard::AnsweredUnit);
}

#[test]
fn a_consultation_must_decide_where_b5_says_so() {
    let cases: [fn(&mut Classification); 3] = [
        |found| found.group_size = 5,
        |found| found.repeats = 3,
        |found| found.duty = Some(DutyMatch::None),
    ];
    for (change, trigger) in
        cases.into_iter().zip([Trigger::Group, Trigger::Repeated, Trigger::NoDuty])
    {
        let mut world = classified_as(change);
        world.refused(R::Clerk, assign(), Guard::Consult);
        world.refused(R::Clerk, Task::Consult(Trigger::Returned), Guard::Trigger);
        world.act(R::Clerk, Task::Consult(trigger));
        world.refused(R::Clerk, assign(), Guard::Consult);
        world.refused(R::Director, decision(None, Disposition::Assigned), Guard::OneLead);
        world.refused(R::Director, decision(None, Disposition::Discipline), Guard::Undecidable);
        world.act(R::Director, decision(Some("unit.09"), Disposition::Assigned));
        world.refused(R::Clerk, assign(), Guard::Decided);
        let decided = Task::Assign { unit: "unit.09".to_owned(), helpers: vec![] };
        world.act(R::Clerk, decided);
    }
    let mut below = classified_as(|found| (found.group_size, found.repeats) = (4, 2));
    below.act(R::Clerk, assign());
}

#[test]
fn two_units_that_claim_or_refuse_a_matter_dispute_it() {
    let mut world = World::in_state(S::Classified);
    for unit in ["unit.07", "unit.08"] {
        world.refused(R::Clerk, Task::Consult(Trigger::Disputed), Guard::Trigger);
        let contact = Actor::new(unit, R::UnitContact, Some(unit));
        world.try_as(contact, Task::Claim(unit == "unit.07")).unwrap();
    }
    world.refused(R::Clerk, assign(), Guard::Consult);
    world.act(R::Clerk, Task::Consult(Trigger::Disputed));
    let due = world.case.work.consultation.as_ref().unwrap().due_at;
    assert_eq!(due.to_string(), "2026-11-23T09:30:00Z", "one working day, until offices close");
}

#[test]
fn a_case_is_returned_within_two_working_days_and_the_second_time_it_is_consulted() {
    let mut world = World::in_state(S::Assigned);
    world.refused(R::UnitContact, ask_return(UNIT), Guard::Suggestion);
    world.refused(R::UnitContact, ask_return("the other"), Guard::Unit);
    // Assigned on Friday 20: two working days end on Tuesday 24 at 17:30.
    world.at("2026-11-24T17:30:01+08:00");
    world.refused(R::UnitContact, ask_return("unit.08"), Guard::ReturnLate);
    world.at("2026-11-24T17:30:00+08:00").act(R::UnitContact, ask_return("unit.08"));
    world.act(R::Supervisor, Task::Grant(Pending::Return));
    assert_eq!((world.case.state, world.case.unit_due.clone()), (Some(S::Classified), None));
    world.act(R::Clerk, assign()).act(R::UnitContact, ask_return("unit.08"));
    world.act(R::Supervisor, Task::Grant(Pending::Return));
    assert_eq!(world.case.state, Some(S::Consulting));
    world.act(R::Director, decision(Some(UNIT), Disposition::Assigned)).act(R::Clerk, assign());
    world.refused(R::UnitContact, ask_return("unit.08"), Guard::ReturnFixed);
}

#[test]
fn a_period_is_extended_once_before_it_is_over_and_the_citizen_is_told() {
    let mut world = World::in_state(S::Handling);
    world.refused(R::UnitLeader, extension(0), Guard::ExtensionDays);
    world.refused(R::UnitLeader, extension(11), Guard::ExtensionDays);
    world.act(R::UnitLeader, extension(3)).act(R::Director, Task::Grant(Pending::Extension));
    // Due Wednesday 25; three working days more are Monday 30.
    let due = date(2026, 11, 30);
    assert_eq!(world.case.unit_due.as_ref().unwrap().on, due);
    assert_eq!(world.case.due.as_ref().unwrap().on, due);
    let told = world.records(|record| match record {
        Record::CitizenNotified { due, .. } => *due,
        _ => None,
    });
    assert_eq!(told, [due]);
    let again = world.try_as(person(R::UnitLeader), extension(1));
    assert_eq!(again, Err(Refusal::ExtendedBefore));
    let mut late = World::in_state(S::Handling);
    late.act(R::UnitLeader, extension(3)).at("2026-11-26T00:00:00+08:00");
    late.refused(R::Director, Task::Grant(Pending::Extension), Guard::Expired);
    late.refused(R::UnitLeader, extension(3), Guard::Expired);
}

#[test]
fn the_third_round_goes_to_a_consultation_and_the_second_redo_on_the_docket() {
    let mut world = World::in_state(S::Redo);
    let round = |world: &mut World| {
        world.act(R::Handler, feedback()).act(R::UnitLeader, Task::Grant(Pending::Feedback));
        world.act(R::Supervisor, Task::Review(None));
        world.act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied)).act(R::Supervisor, Task::Redo);
    };
    assert_eq!((world.case.round, world.case.work.is_docketed()), (2, false));
    round(&mut world);
    assert_eq!((world.case.state, world.case.round), (Some(S::Redo), 3));
    assert_eq!(world.case.work.dockets.last().unwrap().reason, DocketReason::SecondRedo);
    round(&mut world);
    assert_eq!((world.case.state, world.case.round), (Some(S::Consulting), 3));
    world.act(R::Director, decision(Some("unit.09"), Disposition::Assigned));
    world.act(R::Director, Task::Assign { unit: "unit.09".to_owned(), helpers: vec![] });
    assert_eq!(world.case.round, 4);
}

#[test]
fn on_the_docket_a_clerk_alone_does_not_pass_an_answer() {
    let mut world = World::in_state(S::Handling);
    world.act(R::Supervisor, Task::Docket(DocketReason::Supervisor));
    assert_eq!(
        world.case.work.dockets[0].number,
        "督26112000010-1".replace("26112000010", &world.case.number.unwrap().to_string())
    );
    world.act(R::Handler, feedback()).act(R::UnitLeader, Task::Grant(Pending::Feedback));
    let refused = world.try_as(person(R::Clerk), Task::Review(None)).unwrap_err();
    assert_eq!(refused.rule(), "3.5");
    world.act(R::Supervisor, Task::Review(None));
}

#[test]
fn the_leaders_words_are_verbatim_and_for_ever_and_lead_to_the_directors_assignment() {
    let mut world = World::in_state(S::LeaderReview);
    let words = "请城管局三日内修复，并举一反三。".to_owned();
    let instruct = |text: &str| Task::Instruct { text: text.to_owned(), docket: true };
    world.refused(R::Director, assign(), Guard::Instruction);
    let other = Actor::new("another leader", R::CityLeader, None);
    let refused = world.try_as(other, instruct(&words));
    assert_eq!(refused, Err(Refusal::Guard(Guard::OtherLeader)));
    world.act(R::CityLeader, instruct(&words));
    world.refused(R::CityLeader, instruct("改"), Guard::InstructedBefore);
    assert_eq!(world.case.work.submission.as_ref().unwrap().instruction.as_ref(), Some(&words));
    world.refused(R::Clerk, assign(), Guard::Director);
    world.act(R::Director, assign());
    assert!(world.case.work.is_docketed(), "the leader ordered it");
    world.refused(R::UnitContact, ask_return("unit.08"), Guard::ReturnFixed);
    let private = world.events.iter().find_map(|event| {
        let json = serde_json::to_value(event).unwrap();
        (json["event"] == "instructed").then(|| json["private"]["text"].clone())
    });
    assert_eq!(private, Some(words.into()));
}

#[test]
fn a_disposition_is_changed_with_a_reason_until_the_assignment() {
    let mut world = World::in_state(S::Classified);
    let choose = |what, why| Task::ChooseDisposition(what, why);
    world.act(R::Operator, choose(Disposition::Kept, None));
    world.refused(R::Clerk, assign(), Guard::Disposition);
    world.refused(R::Clerk, choose(Disposition::Assigned, None), Guard::DispositionReason);
    let why = Some(DispositionReason::MoreFacts);
    world.act(R::Clerk, choose(Disposition::Assigned, why)).act(R::Clerk, assign());
    assert_eq!(world.case.work.dispositions, [Disposition::Kept, Disposition::Assigned]);
    let late = world.try_as(person(R::Clerk), choose(Disposition::Kept, why)).unwrap_err();
    assert_eq!((late.rule(), matches!(late, Refusal::Stage { .. })), ("B2", true));
}

#[test]
fn nobody_of_the_unit_calls_the_citizen_back() {
    let mut world = World::in_state(S::Callback);
    let agent = Actor::new("agent", R::CallbackAgent, Some(UNIT));
    for task in [
        Task::Rate(Grade::Satisfied),
        by_phone(FollowUpOutcome::Refused),
        Task::ReportFalseFeedback,
    ] {
        let refused = world.try_as(agent.clone(), task);
        assert_eq!(refused, Err(Refusal::Guard(Guard::FollowedByUnit)));
    }
}

#[test]
fn unreachable_after_three_tries_on_two_days_closes_the_case() {
    let mut world = World::in_state(S::Callback);
    for (at, closed) in [
        ("2026-11-25T09:00:00+08:00", false),
        ("2026-11-25T15:00:00+08:00", false),
        ("2026-11-26T09:00:00+08:00", true),
    ] {
        world.at(at).act(R::CallbackAgent, by_phone(FollowUpOutcome::NoAnswer));
        assert_eq!(world.case.state == Some(S::Closed), closed, "{at}");
    }
    assert_eq!(world.case.work.follow_up_ended, Some(FollowUpOutcome::NoAnswer));
}

#[test]
fn merges_reopenings_and_withdrawals_have_their_limits() {
    let mut world = World::in_state(S::Classified);
    let own = world.case.number.unwrap();
    let mut into = target(S::Closed);
    into.closed_on = Some(date(2026, 10, 20));
    world.refused(R::Clerk, Task::Merge(into.clone()), Guard::MergeTarget);
    world.refused(R::Clerk, Task::Merge(target(S::Sealed)), Guard::MergeTarget);
    let itself = mayorline::domain::case::MergeTarget { number: own, ..target(S::Handling) };
    world.refused(R::Clerk, Task::Merge(itself), Guard::MergeSelf);
    into.closed_on = Some(date(2026, 10, 21));
    world.act(R::Clerk, Task::Merge(into)).act(R::Clerk, Task::Unmerge);
    assert_eq!((world.case.state, world.case.merged_into), (Some(S::Classified), None));
    world.act(R::Clerk, Task::Merge(target(S::Handling)));
    world.now += (31 * 24).hours();
    world.refused(R::Clerk, Task::Unmerge, Guard::UnmergeLate);

    let mut closed = World::in_state(S::Closed);
    let reopen = || Task::Reopen(ReopenReason::Recurred, "又不亮了".to_owned());
    closed.at("2026-12-21T09:00:00+08:00").refused(R::Supervisor, reopen(), Guard::ReopenLate);
    closed.at("2026-12-20T09:00:00+08:00").act(R::Supervisor, reopen());
    assert_eq!((closed.case.state, closed.case.round), (Some(S::Redo), 2));

    let mut risky = classified_as(|found| found.urgency = Urgency::Immediate);
    risky.refused(R::Operator, Task::Withdraw(call()), Guard::SafetyRisk);
}

#[test]
fn a_nearer_urgency_holds_for_the_unit_at_once_and_a_farther_one_does_not() {
    let mut world = World::in_state(S::Handling);
    let set = |urgency, why| Task::SetUrgency(urgency, why);
    world.act(R::Clerk, set(Urgency::Urgent, UrgencyReason::RiskFound));
    let due = world.case.unit_due.clone().unwrap();
    assert_eq!(due.at, world.now + 24.hours());
    world.act(R::Clerk, set(Urgency::Normal, UrgencyReason::RiskGone));
    assert_eq!(world.case.unit_due, Some(due));
    world.refused(R::Clerk, set(Urgency::Normal, UrgencyReason::RiskGone), Guard::SameUrgency);
}

#[test]
fn a_case_without_a_contact_is_kept_by_one_person_and_declined_by_two() {
    let mut world = World::in_state(S::Classified);
    world.case.private.contact = None;
    world.act(R::Clerk, Task::Keep(KeepReason::NothingConcrete));
    assert_eq!(world.case.state, Some(S::Kept));
    let mut world = World::in_state(S::Classified);
    let decline = Task::Decline(DeclineReason::LegalRoute, LawfulChannel::Labour);
    world.act(R::Clerk, decline);
    assert_eq!(world.case.state, Some(S::Classified), "it waits");
    world.act(R::Supervisor, Task::Grant(Pending::Decline));
    assert_eq!(world.case.lawful_channel, Some(LawfulChannel::Labour));
}

#[test]
fn a_direct_answer_that_did_not_help_is_assigned_in_a_second_round() {
    let mut world = World::in_state(S::Classified);
    let answer = Task::Answer { text: "请拨打".to_owned(), grade: Some(Grade::Dissatisfied) };
    world.act(R::Operator, answer).act(R::Supervisor, Task::Redo);
    assert_eq!(world.case.state, Some(S::Classified));
    let why = Some(DispositionReason::Misjudged);
    world.act(R::Clerk, Task::ChooseDisposition(Disposition::Assigned, why));
    world.act(R::Clerk, assign());
    assert_eq!((world.case.round, world.case.answered_directly), (2, false));
    let content = Task::Answer { text: "已答复".to_owned(), grade: Some(Grade::Satisfied) };
    let mut world = World::in_state(S::Classified);
    world.act(R::Operator, content);
    assert_eq!(world.case.state, Some(S::Closed));
}

#[test]
fn every_event_reads_back_as_it_was_written() {
    let mut seen = std::collections::BTreeSet::new();
    for (state, _) in S::NAMES {
        for event in World::in_state(state).events {
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<CaseEvent>(&json).unwrap(), event, "{json}");
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            seen.insert(value["event"].as_str().unwrap().to_owned());
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
    let unknown = serde_json::from_str::<CaseEvent>(r#"{"event":"promoted"}"#);
    assert!(unknown.is_err());
}

#[test]
fn a_notice_that_names_people_is_not_published() {
    let mut world = World::in_state(S::Callback);
    for text in ["李老师家门口的路灯已修复", "已告知19900000017", "北宿镇羊厂村12号路灯已修复"]
    {
        let publish = Task::DecidePublication(true, text.to_owned());
        world.refused(R::Director, publish, Guard::NamesPeople);
    }
    let clean = "北宿镇路灯已修复，编号26112200012".to_owned();
    world.act(R::Director, Task::DecidePublication(true, clean));
}

#[test]
fn a_notice_is_taken_down_with_a_reason_while_it_stands() {
    let take_down = |why: &str| Task::TakeDown(why.to_owned());
    let mut world = World::in_state(S::Callback);
    world.refused(R::Director, take_down("有误"), Guard::NotPublished);
    world.act(R::Director, Task::DecidePublication(true, "北宿镇路灯已修复".to_owned()));
    world.refused(R::Director, take_down(" "), Guard::Text);
    world.act(R::Director, take_down("有误"));
    assert_eq!(world.case.work.publish, Some(false));
    world.refused(R::Director, take_down("有误"), Guard::NotPublished);
    // It may be published anew with another text, while that is still decided on.
    world.act(R::Director, Task::DecidePublication(true, "北宿镇路灯已更换".to_owned()));
    assert_eq!(world.case.work.notice.as_deref(), Some("北宿镇路灯已更换"));
}
