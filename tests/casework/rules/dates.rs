//! A date that the citizen was promised anew is worked out again from that promise.

use super::world::*;
use jiff::civil::Date;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{Command, Grade, Notice, Record, ReopenReason, Role, State, Task};
use mayorline::domain::desk::Disposition;

use Role as R;
use State as S;

/// The last day of the year whose successor has no holiday table yet.
const PROMISED: &str = "2026-12-31T09:00:00+08:00";
const FIVE_DAYS: &str =
    "year = 2027\n[[holiday]]\nname = '元旦'\nfrom = '2027-01-01'\nto = '2027-01-05'";

/// The date of a case that is accepted when the others are promised theirs.
fn date_of_that_day() -> Date {
    let mut world = World::new(PROMISED).working();
    world.calendar.add(FIVE_DAYS).unwrap();
    world.receive(IntakeKind::Text);
    world.act(R::Clerk, Task::Accept { summary: "来信".to_owned(), anonymous: None });
    let due = world.case.due.clone().unwrap();
    assert!(!due.provisional);
    due.on
}

fn is_made_good(mut world: World) {
    let told = world.case.due.clone().unwrap();
    assert!(told.provisional, "the table of the next year is missing: {told:?}");
    assert_eq!(world.command(Command::Recompute).unwrap(), []);
    world.calendar.add(FIVE_DAYS).unwrap();
    world.events.clear();
    world.command(Command::Recompute).unwrap();
    let due = world.case.due.clone().unwrap();
    assert_eq!((due.on, due.provisional), (date_of_that_day(), false));
    assert!(due.on > told.on);
    let heard = world.records(|record| match record {
        Record::CitizenNotified { notice: Notice::DateMoved, due } => *due,
        _ => None,
    });
    assert_eq!(heard, [due.on]);
    assert_eq!(world.command(Command::Recompute).unwrap(), [], "once");
}

#[test]
fn of_a_kept_or_circulated_case_that_is_taken_up_again() {
    for state in [S::Kept, S::Circulated] {
        let mut world = World::in_state(state).working();
        world.at(PROMISED).act(R::Clerk, Task::Classify(Box::new(classification())));
        is_made_good(world);
    }
}

#[test]
fn of_a_reopened_case_that_no_unit_had() {
    let mut world = World::new("2026-12-10T09:00:00+08:00").working();
    world.receive(IntakeKind::Attended).wrapped_up(wrap_up(Disposition::Answered));
    world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
    let reopen = Task::Reopen(ReopenReason::Recurred, "又不亮了".to_owned());
    world.at(PROMISED).act(R::Supervisor, reopen);
    assert_eq!(world.case.state, Some(S::Classified));
    is_made_good(world);
}
