//! One row for each of T1 to T30, as domain.md 3.2 has them: in the named states the named roles
//! may; in every other state and in every other role it is refused before any guard is asked.

use super::world::*;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    AnonymousReason, CaseEvent, Command, DeclineReason, DiscardReason, ExtensionReason,
    FollowUpOutcome, Grade, Guard, KeepReason, LawfulChannel, Pending, Refusal, ReopenReason,
    ReturnReason, ReviewFault, Role, State, Task, Trigger,
};
use mayorline::domain::desk::Disposition;
use mayorline::units::PhoneNumber;

/// A row of the table.
struct Row {
    rule: &'static str,
    from: &'static [State],
    roles: &'static [Role],
    task: fn() -> Task,
    /// What must have been done before, in a state that allows the task.
    before: fn(&mut World),
    /// Where it leads; `None`: it waits for a second person.
    to: Option<State>,
}

use Role as R;
use State as S;

const OPEN: &[State] = &[
    S::Accepted,
    S::Classified,
    S::Consulting,
    S::LeaderReview,
    S::Assigned,
    S::Handling,
    S::Feedback,
    S::Callback,
    S::Redo,
];

const fn row(
    rule: &'static str,
    from: &'static [State],
    roles: &'static [Role],
    to: Option<State>,
    task: fn() -> Task,
    before: fn(&mut World),
) -> Row {
    Row { rule, from, roles, task, before, to }
}

fn nothing(_: &mut World) {}

fn words() -> String {
    "说明".to_owned()
}

fn consulted(lead: Option<&'static str>, disposition: Disposition, world: &mut World) {
    if world.case.state == Some(S::Classified) {
        world.act(R::Clerk, Task::Consult(Trigger::Other));
    }
    world.act(R::Director, decision(lead, disposition));
}

/// A consultation decided earlier, and the unit gave it back: 已分类 with a decision on record.
fn ready_to_report(world: &mut World) {
    consulted(None, Disposition::LeaderReview, world);
}

fn ready_to_assign(world: &mut World) {
    match world.case.state {
        Some(S::Consulting) => consulted(Some(UNIT), Disposition::Assigned, world),
        Some(S::LeaderReview) => {
            world.act(R::CityLeader, Task::Instruct { text: words(), docket: false });
        }
        _ => {}
    }
}

fn ready_to_circulate(world: &mut World) {
    match world.case.state {
        Some(S::Consulting) => consulted(None, Disposition::Circulated, world),
        other if other != Some(S::Classified) => ready_to_assign(world),
        _ => {}
    }
}

fn ready_to_keep(world: &mut World) {
    if world.case.state == Some(S::Consulting) {
        consulted(None, Disposition::Kept, world);
    }
}

fn keep_proposed(world: &mut World) {
    ready_to_keep(world);
    world.act(R::Clerk, Task::Keep(KeepReason::NothingToDo));
}

fn seal_proposed(world: &mut World) {
    world.act(R::Operator, Task::ProposeSeal);
}

fn decline_proposed(world: &mut World) {
    let decline = Task::Decline(DeclineReason::Petition, LawfulChannel::Petition);
    world.act(R::Clerk, decline);
}

fn return_asked(world: &mut World) {
    world.act(R::UnitContact, ask_return());
}

fn ask_return() -> Task {
    Task::AskReturn { reason: ReturnReason::NotOurDuty, suggested: "unit.08".to_owned() }
}

fn ask_extension() -> Task {
    Task::AskExtension { days: 10, reason: ExtensionReason::Complex }
}

fn extension_asked(world: &mut World) {
    world.act(R::UnitLeader, ask_extension());
}

fn fed_back(world: &mut World) {
    world.act(R::Handler, feedback());
}

fn graded_four(world: &mut World) {
    world.act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
}

fn unreasonable_proposed(world: &mut World) {
    graded_four(world);
    world.try_as(other_supervisor(), Task::CloseUnreasonable(words())).unwrap();
}

fn other_supervisor() -> mayorline::domain::case::Actor {
    mayorline::domain::case::Actor::new("another supervisor", R::Supervisor, None)
}

fn publication_decided(world: &mut World) {
    world.act(R::Director, Task::DecidePublication(true, words()));
}

/// A notice stands, whatever the way of the case was.
fn published(world: &mut World) {
    world.case.work.publish = Some(true);
}

const CLASSIFIED: Option<State> = Some(S::Classified);

#[rustfmt::skip] // the table as it stands in domain.md, one row a line
const TABLE: [Row; 41] = [
    row("T2", &[S::Draft], &[R::Operator, R::Clerk], Some(S::Accepted), || Task::Accept { summary: words(), anonymous: Some(AnonymousReason::WillNotSay) }, nothing),
    row("T3", &[S::Draft], &[R::Clerk], Some(S::Kept), || Task::Discard(DiscardReason::Advertising), nothing),
    row("T4", &[S::Accepted, S::Kept, S::Circulated], &[R::Operator, R::Clerk, R::MessageClerk], CLASSIFIED, || Task::Classify(Box::new(classification())), nothing),
    row("T5", &[S::Classified], &[R::Operator], Some(S::Callback), || Task::Answer { text: words(), grade: None }, nothing),
    row("T6", &[S::Classified], &[R::Operator], Some(S::Callback), || Task::SolveInCall { call: call(), text: words() }, nothing),
    row("T7", &[S::Classified], &[R::Clerk, R::Supervisor], Some(S::Consulting), || Task::Consult(Trigger::Other), nothing),
    row("T8", &[S::Classified, S::Consulting], &[R::Director], Some(S::LeaderReview), || Task::Report { leader: words(), text: words() }, ready_to_report),
    row("T9", &[S::Classified, S::Consulting, S::LeaderReview], &[R::Director], Some(S::Assigned), assign, ready_to_assign),
    row("T9", &[S::Classified, S::Consulting], &[R::Clerk], Some(S::Assigned), assign, ready_to_assign),
    row("T10", &[S::Classified, S::Consulting, S::LeaderReview], &[R::Clerk], Some(S::Circulated), || Task::Circulate(vec![UNIT.to_owned()]), ready_to_circulate),
    row("T11", &[S::Classified, S::Consulting], &[R::Clerk], None, || Task::Keep(KeepReason::NothingToDo), ready_to_keep),
    row("T11", &[S::Classified, S::Consulting], &[R::Supervisor], Some(S::Kept), || Task::Grant(Pending::Keep), keep_proposed),
    row("T12", OPEN, &[R::Operator, R::Clerk, R::MessageClerk], None, || Task::ProposeSeal, nothing),
    row("T12", OPEN, &[R::Director, R::Liaison], Some(S::Sealed), || Task::ConfirmSeal, seal_proposed),
    row("T12", OPEN, &[R::Director, R::Liaison], None, || Task::RefuseSeal, seal_proposed),
    row("T13", &[S::Classified], &[R::Clerk], None, || Task::Decline(DeclineReason::Concluded, LawfulChannel::Other), nothing),
    row("T13", &[S::Classified], &[R::Supervisor], Some(S::Declined), || Task::Grant(Pending::Decline), decline_proposed),
    row("T14", &[S::Classified], &[R::Clerk], Some(S::Merged), || Task::Merge(target(S::Accepted)), nothing),
    row("T14", &[S::Merged], &[R::Clerk], CLASSIFIED, || Task::Unmerge, nothing),
    row("T15", &[S::Assigned], &[R::UnitContact], Some(S::Handling), || Task::Sign(words()), nothing),
    row("T16", &[S::Assigned, S::Handling], &[R::UnitContact], None, ask_return, nothing),
    row("T17", &[S::Assigned, S::Handling], &[R::Supervisor], CLASSIFIED, || Task::Grant(Pending::Return), return_asked),
    row("T17", &[S::Assigned, S::Handling], &[R::Supervisor], None, || Task::Refuse(Pending::Return, words()), return_asked),
    row("T18", &[S::Handling, S::Redo], &[R::UnitLeader], None, ask_extension, nothing),
    row("T18", &[S::Handling, S::Redo], &[R::Director], None, || Task::Grant(Pending::Extension), extension_asked),
    row("T18", &[S::Handling, S::Redo], &[R::Director], None, || Task::Refuse(Pending::Extension, words()), extension_asked),
    row("T19", &[S::Handling, S::Redo], &[R::Handler], None, feedback, nothing),
    row("T19", &[S::Handling, S::Redo], &[R::UnitLeader], Some(S::Feedback), || Task::Grant(Pending::Feedback), fed_back),
    row("T20", &[S::Feedback], &[R::Clerk, R::Supervisor], Some(S::Callback), || Task::Review(None), nothing),
    row("T21", &[S::Feedback], &[R::Clerk, R::Supervisor], Some(S::Handling), || Task::Review(Some(ReviewFault::NoEvidence)), nothing),
    row("T22", &[S::Callback], &[R::CallbackAgent, R::System], Some(S::Closed), || Task::Rate(Grade::BasicallySatisfied), nothing),
    row("T23", &[S::Callback], &[R::Supervisor], Some(S::Redo), || Task::Redo, graded_four),
    row("T24", &[S::Callback], &[R::Supervisor, R::Director], Some(S::Closed), || Task::Grant(Pending::CloseUnreasonable), unreasonable_proposed),
    row("T24", &[S::Callback], &[R::Supervisor], None, || Task::CloseUnreasonable(words()), graded_four),
    row("T25", &[S::Callback], &[R::CallbackAgent], Some(S::Handling), || Task::ReportFalseFeedback, nothing),
    row("T26", &[S::Callback], &[R::CallbackAgent, R::System], Some(S::Closed), || by_phone(FollowUpOutcome::Refused), nothing),
    row("T27", &[S::Closed], &[R::Clerk], Some(S::Archived), || Task::Archive, publication_decided),
    row("B7", &[S::Callback, S::Closed, S::Archived], &[R::Director], None, || Task::TakeDown(words()), published),
    row("T28", &[S::Closed, S::Archived], &[R::Supervisor], Some(S::Redo), || Task::Reopen(ReopenReason::NewFacts, words()), nothing),
    row("T29", OPEN, &[R::Operator], Some(S::Withdrawn), || Task::Withdraw(call()), nothing),
    row("T30", &[S::Sealed], &[R::Liaison], None, || Task::FileReceipt("2026-7".to_owned()), nothing),
];

/// Refused by the table itself, not by a guard of the step.
fn by_the_table(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Stage { .. } | Refusal::Role { .. } | Refusal::Guard(Guard::Unknown))
}

#[test]
fn every_row_of_the_table_holds_in_its_states_and_roles_and_nowhere_else() {
    let worlds: Vec<(State, World)> =
        S::NAMES.iter().map(|(state, _)| (*state, World::in_state(*state))).collect();
    for row in &TABLE {
        for (state, start) in &worlds {
            for (role, ..) in R::NAMES {
                let allowed = row.from.contains(state) && row.roles.contains(&role);
                // The same task stands in more than one row where roles differ by state.
                let elsewhere = TABLE.iter().any(|other| {
                    other.rule == row.rule
                        && (other.task)() == (row.task)()
                        && other.from.contains(state)
                        && other.roles.contains(&role)
                });
                if elsewhere && !allowed {
                    continue;
                }
                let mut world = start.clone();
                if allowed {
                    (row.before)(&mut world);
                }
                let before = world.case.state;
                let what = format!("{} by {role:?} in {state:?}", row.rule);
                match world.try_as(person(role), (row.task)()) {
                    Ok(events) => {
                        assert!(allowed, "{what}: allowed");
                        assert!(!events.is_empty(), "{what}: nothing happened");
                        assert_eq!(world.case.state, row.to.or(before), "{what}");
                    }
                    Err(refusal) if allowed => panic!("{what}: {refusal}"),
                    // A clerk may assign, but not what lies before a leader.
                    Err(Refusal::Guard(Guard::Instruction)) if row.rule == "T9" => {}
                    Err(refusal) => assert!(by_the_table(&refusal), "{what}: {refusal}"),
                }
            }
        }
    }
}

#[test]
fn t1_only_what_has_not_begun_can_be_received() {
    for (state, _) in S::NAMES {
        let mut world = World::in_state(state);
        let mut fresh = World::new("2026-11-20T09:10:00+08:00");
        fresh.receive(IntakeKind::Text);
        let Some(CaseEvent::Received(first)) = fresh.events.first().cloned() else { panic!() };
        let number = PhoneNumber::parse("19900000017").ok();
        let intake = mayorline::domain::call::NewIntake {
            key: first.key,
            kind: IntakeKind::Text,
            call: None,
            contact: number.clone(),
            mail: None,
            caller: mayorline::domain::call::Caller { number, display: None },
            received_at: world.now,
            recording: None,
            text: Some(words()),
            callback: false,
        };
        let refused = world.command(Command::Receive(Box::new(intake)));
        assert!(matches!(refused, Err(Refusal::State { .. })), "{state:?}");
    }
}

#[test]
fn thirty_rules_stand_in_the_table() {
    let mut rules: Vec<u32> =
        TABLE.iter().filter_map(|row| row.rule.strip_prefix('T')?.parse().ok()).collect();
    rules.push(1); // its own test
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(rules, (1..=30).collect::<Vec<_>>());
}
