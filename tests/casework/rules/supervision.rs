//! The ladder of 3.5 and the reminders: once, in order, late but not lost.

use super::world::*;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    Admonition, CaseEvent, Command, DocketReason, Grade, Guard, LiftReason, Pending, Post, Record,
    ReturnReason, ReviewFault, Role, State, Task, Urgency, UrgencyReason, Warning, docketings,
    next_warning,
};
use mayorline::domain::desk::Disposition;

use Role as R;
use State as S;
use Warning as W;

/// What the ladder has given so far: warning, local time of its instant, late.
pub(crate) fn given(world: &World) -> Vec<(Warning, String, bool)> {
    let zone = mayorline::domain::case::city_zone;
    let local = |at: Timestamp| at.to_zoned(zone()).strftime("%m-%d %H:%M").to_string();
    world.case.work.warnings.iter().map(|one| (one.warning, local(one.at), one.late)).collect()
}

/// The service looks at the case every ten minutes from now on, `hours` long.
pub(crate) fn watch(world: &mut World, hours: i64) {
    for _ in 0..hours * 6 {
        world.now += 10.minutes();
        world.command(Command::Supervise).unwrap();
    }
}

fn row(warning: Warning, at: &str, late: bool) -> (Warning, String, bool) {
    (warning, at.to_owned(), late)
}

#[test]
fn a_unit_that_does_nothing_climbs_the_ladder_step_by_step() {
    let mut world = World::in_state(S::Handling);
    watch(&mut world, 24 * 20);
    let expected = [
        row(W::YellowCard, "11-24 08:30", false),
        row(W::RedCard, "11-26 00:00", false),
        row(W::Docket, "11-28 00:00", false),
        row(W::Admonish, "12-05 00:00", false),
    ];
    assert_eq!(given(&world), expected);
    assert_eq!(world.case.work.dockets.len(), 1);
    assert_eq!(next_warning(&world.case, &world.calendar, &world.rules), None);
    let posts: Vec<_> = world.case.work.warnings.iter().map(|one| one.posts.clone()).collect();
    let all: Vec<Post> = posts.concat();
    assert!(Post::ALL.iter().all(|post| all.contains(post)), "four posts: {posts:?}");
}

#[test]
fn what_fell_due_while_the_service_was_down_comes_late_in_order_and_once() {
    let mut world = World::in_state(S::Handling);
    watch(&mut world, 24 * 5 - 8);
    world.at("2026-11-29T10:00:00+08:00");
    for _ in 0..3 {
        world.command(Command::Supervise).unwrap();
    }
    let expected = [
        row(W::YellowCard, "11-24 08:30", false),
        row(W::RedCard, "11-26 00:00", true),
        row(W::Docket, "11-28 00:00", true),
    ];
    assert_eq!(given(&world), expected);
}

#[test]
fn a_failed_review_counts_on_as_if_the_clock_had_never_stopped() {
    let mut world = World::in_state(S::Feedback);
    watch(&mut world, 24 * 6);
    assert_eq!(given(&world), [], "the clock stands while the answer is looked at");
    let due = world.case.unit_due.clone();
    world.act(R::Clerk, Task::Review(Some(ReviewFault::Unanswered)));
    assert_eq!(world.case.unit_due, due);
    world.command(Command::Supervise).unwrap();
    let expected = [row(W::YellowCard, "11-24 08:30", true), row(W::RedCard, "11-26 00:00", true)];
    assert_eq!(given(&world), expected);
}

#[test]
fn a_redo_begins_the_ladder_again() {
    let mut world = World::in_state(S::Handling);
    watch(&mut world, 24 * 7);
    let before = given(&world).len();
    world.act(R::Handler, feedback()).act(R::UnitLeader, Task::Grant(Pending::Feedback));
    world.act(R::Clerk, Task::Review(None));
    world.act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    world.act(R::Supervisor, Task::Redo);
    watch(&mut world, 24 * 7);
    let clocks: Vec<u16> = world.case.work.warnings.iter().map(|one| one.clock).collect();
    assert_eq!((before, clocks), (2, vec![1, 1, 2, 2]));
}

#[test]
fn a_case_nobody_signs_for_is_warned_of_after_a_working_day() {
    let mut world = World::in_state(S::Assigned);
    watch(&mut world, 24 * 4);
    // Assigned on Friday: the next working day is Monday.
    assert_eq!(given(&world)[0], row(W::Unsigned, "11-23 17:30", false));
    assert_eq!(given(&world).len(), 1 + 1, "and the yellow card of Tuesday");
}

#[test]
fn the_centre_and_leaders_are_reminded_too() {
    for (state, warning, at) in [
        (S::Classified, W::Dispatch, "11-21 09:10"),
        (S::Consulting, W::Consultation, "11-23 17:30"),
        (S::LeaderReview, W::Instruction, "11-23 17:30"),
        (S::Circulated, W::Reading, "11-25 10:00"),
    ] {
        let mut world = World::in_state(state);
        watch(&mut world, 24 * 8);
        assert_eq!(given(&world), [row(warning, at, false)], "{state:?}");
    }
    let mut sealed = World::in_state(S::Handling);
    sealed.act(R::Clerk, Task::ProposeSeal);
    watch(&mut sealed, 24 * 8);
    assert_eq!(given(&sealed), [row(W::Seal, "11-23 17:30", false)], "and nothing to the unit");
}

#[test]
fn a_leader_whom_a_talk_was_reported_to_is_reminded_too() {
    let mut world = World::new("2026-11-20T09:10:00+08:00");
    world.receive(IntakeKind::Attended).wrapped_up(wrap_up(Disposition::LeaderReview));
    watch(&mut world, 24 * 4);
    assert_eq!(given(&world), [row(W::Instruction, "11-23 17:30", false)]);
}

/// Cases that wait in the centre, with the citizen's date running and nobody at work.
fn waiting_in_the_centre() -> [(&'static str, World); 5] {
    let mut returned = World::in_state(S::Assigned);
    let (reason, suggested) = (ReturnReason::NotOurDuty, "unit.08".to_owned());
    returned.act(R::UnitContact, Task::AskReturn { reason, suggested });
    returned.act(R::Supervisor, Task::Grant(Pending::Return));
    let mut recalled = World::in_state(S::Handling);
    recalled.act(R::Supervisor, Task::NameAccused(UNIT.to_owned()));
    let mut answered = World::in_state(S::Classified);
    let grade = Some(Grade::Dissatisfied);
    answered.act(R::Operator, Task::Answer { text: "请拨打".to_owned(), grade });
    answered.act(R::Supervisor, Task::Redo);
    let mut decided = World::in_state(S::Consulting);
    decided.act(R::Director, decision(Some(UNIT), Disposition::Assigned));
    let mut instructed = World::in_state(S::LeaderReview);
    let words = "请城管局三日内修复。".to_owned();
    instructed.act(R::CityLeader, Task::Instruct { text: words, docket: false });
    [
        ("returned", returned),
        ("recalled", recalled),
        ("answered in vain", answered),
        ("decided", decided),
        ("instructed", instructed),
    ]
}

#[test]
fn what_came_back_or_was_decided_is_reminded_of_once_when_the_citizens_date_is_over() {
    for (what, mut world) in waiting_in_the_centre() {
        // Accepted on Friday 20: the citizen's last day is Wednesday 25.
        assert_eq!(
            next_warning(&world.case, &world.calendar, &world.rules),
            Some("2026-11-26T00:00:00+08:00".parse().unwrap()),
            "{what}"
        );
        watch(&mut world, 24 * 12);
        assert_eq!(given(&world), [row(W::Dispatch, "11-26 00:00", false)], "{what}");
    }
}

#[test]
fn a_kept_case_that_is_taken_up_again_is_dispatched_within_a_day_of_that() {
    let mut world = World::in_state(S::Kept);
    world.at("2026-12-01T09:00:00+08:00");
    world.act(R::Clerk, Task::Classify(Box::new(classification())));
    watch(&mut world, 24 * 2);
    assert_eq!(given(&world), [row(W::Dispatch, "12-02 09:00", false)]);
}

#[test]
fn an_urgent_matter_is_dispatched_within_its_hours() {
    let mut world = World::in_state(S::Classified);
    let urgent = Task::SetUrgency(Urgency::Immediate, UrgencyReason::RiskFound);
    world.act(R::Clerk, urgent);
    watch(&mut world, 2);
    assert_eq!(given(&world), [row(W::Dispatch, "11-20 10:10", false)].map(|one| one));
    world.act(R::Clerk, assign());
    assert_eq!(world.case.unit_due.as_ref().unwrap().at, world.now + 2.hours());
    watch(&mut world, 3);
    assert_eq!(given(&world)[1].0, W::RedCard, "no yellow card before a clock that began after it");
}

#[test]
fn a_docket_is_lifted_with_a_reason_and_does_not_come_back_by_itself() {
    let mut world = World::in_state(S::Handling);
    world.refused(R::Supervisor, Task::Lift(LiftReason::Settled), Guard::NotDocketed);
    world.act(R::Supervisor, Task::Docket(DocketReason::LeaderOrder));
    let again = Task::Docket(DocketReason::Supervisor);
    world.refused(R::Supervisor, again, Guard::DocketedBefore);
    world.act(R::Supervisor, Task::Lift(LiftReason::Settled));
    assert!(!world.case.work.is_docketed());
    watch(&mut world, 24 * 9);
    assert!(given(&world).iter().all(|(warning, ..)| *warning != W::Docket));
}

/// The case is told that it is the third of its unit in the month of its docket.
fn third(world: &mut World) -> Vec<CaseEvent> {
    let at = world.case.work.dockets.last().unwrap().at;
    world.command(Command::ThirdDocket(at)).unwrap()
}

#[test]
fn a_docket_counts_from_the_instant_that_it_was_due() {
    let mut world = World::in_state(S::Handling);
    world.at("2026-12-02T10:00:00+08:00").command(Command::Supervise).unwrap();
    let [one] = &docketings(7, &world.case)[..] else { panic!("{:?}", world.case.work.dockets) };
    assert_eq!((one.case, one.unit.as_str(), one.counts), (7, UNIT, true));
    assert_eq!(one.at.to_string(), "2026-11-27T16:00:00Z", "in November, though noted in December");
    assert_eq!(third(&mut world).len(), 1);
    let given = world.case.work.warnings.last().unwrap();
    assert_eq!((given.warning, given.late, given.at), (W::ThirdDocket, true, one.at));
    assert_eq!(world.case.work.admonition, Some(Admonition::Proposed));
    assert_eq!(world.case.work.warned(), Some(4));
    assert_eq!(third(&mut world), [], "once");
    assert!(docketings(7, &world.case)[0].proposed);
}

#[test]
fn what_is_unfounded_merged_or_sealed_is_not_held_against_the_unit_and_what_is_withdrawn_is() {
    let counts = |world: &World| -> Vec<bool> {
        docketings(1, &world.case).iter().map(|one| one.counts).collect()
    };
    let mut world = World::in_state(S::Handling);
    world.act(R::Supervisor, Task::Docket(DocketReason::Supervisor));
    assert_eq!(counts(&world), [true]);
    for (reason, stands) in
        [(LiftReason::Settled, true), (LiftReason::Approved, true), (LiftReason::Unfounded, false)]
    {
        let mut lifted = world.clone();
        lifted.act(R::Supervisor, Task::Lift(reason));
        assert_eq!(counts(&lifted), [stands], "{reason:?}");
        assert_eq!(third(&mut lifted).len(), usize::from(stands), "{reason:?}");
    }
    let mut withdrawn = world.clone();
    withdrawn.act(R::Operator, Task::Withdraw(call()));
    assert_eq!(counts(&withdrawn), [true]);
    third(&mut withdrawn);
    withdrawn.act(R::Director, Task::SignAdmonition);
    withdrawn.act(R::CityLeader, Task::DecideAdmonition(true));

    let mut merged = world.clone();
    let reason = ReturnReason::NotOurDuty;
    let suggested = "unit.09".to_owned();
    merged.act(R::UnitContact, Task::AskReturn { reason, suggested });
    merged.act(R::Supervisor, Task::Grant(Pending::Return));
    assert_eq!(docketings(1, &merged.case)[0].unit, UNIT, "it was that unit's");
    merged.act(R::Clerk, Task::Merge(target(S::Handling)));
    assert_eq!((counts(&merged), third(&mut merged).len()), (vec![false], 0));
    merged.act(R::Clerk, Task::Unmerge);
    assert_eq!(counts(&merged), [true], "taken back");

    world.act(R::Clerk, Task::ProposeSeal);
    assert_eq!((counts(&world), third(&mut world).len()), (vec![false], 0));
    world.act(R::Director, Task::ConfirmSeal);
    assert_eq!(counts(&world), [] as [bool; 0], "like a case that does not exist");
}

#[test]
fn an_admonition_is_only_proposed_and_two_persons_sign_it() {
    let mut world = World::in_state(S::Handling);
    world.refused(R::Director, Task::SignAdmonition, Guard::NoAdmonition);
    watch(&mut world, 24 * 16);
    assert_eq!(world.case.work.admonition, Some(Admonition::Proposed));
    world.refused(R::CityLeader, Task::DecideAdmonition(true), Guard::NoAdmonition);
    world.act(R::Director, Task::SignAdmonition);
    world.act(R::CityLeader, Task::DecideAdmonition(true));
    assert_eq!(world.case.work.admonition, Some(Admonition::Decided(true)));
    let signed = world.records(|record| match record {
        Record::AdmonitionSigned { by } | Record::AdmonitionDecided { by, .. } => Some(by.clone()),
        _ => None,
    });
    assert_eq!(signed, ["director", "city_leader"]);
}

#[test]
fn an_admonition_is_proposed_again_in_a_later_round_and_decided_after_the_close_too() {
    let mut world = World::in_state(S::Handling);
    watch(&mut world, 24 * 16);
    world.act(R::Director, Task::SignAdmonition);
    world.act(R::CityLeader, Task::DecideAdmonition(false));
    world.answered().act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    world.act(R::Supervisor, Task::Redo);
    assert_eq!(world.case.work.admonition, Some(Admonition::Decided(false)));
    watch(&mut world, 24 * 18);
    assert_eq!(world.case.work.admonition, Some(Admonition::Proposed), "late once more");

    world.answered().act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
    assert_eq!(world.case.state, Some(S::Closed));
    let mut archived = world.clone();
    world.act(R::Director, Task::SignAdmonition);
    world.act(R::CityLeader, Task::DecideAdmonition(true));
    assert_eq!(world.case.work.admonition, Some(Admonition::Decided(true)));

    archived.act(R::Director, Task::DecidePublication(false, String::new()));
    archived.act(R::Clerk, Task::Archive).act(R::Director, Task::SignAdmonition);
    archived.act(R::CityLeader, Task::DecideAdmonition(true));
    assert_eq!(archived.case.state, Some(S::Archived));
}

#[test]
fn an_admonition_that_a_director_signed_waits_for_its_decision_and_is_not_begun_anew() {
    let mut world = World::in_state(S::Handling);
    watch(&mut world, 24 * 16);
    world.act(R::Director, Task::SignAdmonition);
    world.answered().act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    world.act(R::Supervisor, Task::Redo);
    watch(&mut world, 24 * 18);
    assert_eq!(world.case.work.admonition, Some(Admonition::Signed));
}
