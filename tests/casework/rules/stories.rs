//! Acceptance stories of domain.md 3.8 that need no telephone: 1, 2, 3, 5, 6, 10, 14.

use super::supervision::{given, watch};
use super::world::*;
use jiff::civil::date;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    CaseEvent, Command, DocketReason, Grade, Notice, Pending, Record, Role, State, Task, Warning,
    WrapUp, missing_elements,
};
use mayorline::domain::desk::{Disposition, Outcome};

use Role as R;
use State as S;

/// Friday 2026-11-20: called at 09:10, assigned at 10:00, signed for at 14:00.
fn street_light(mut world: World) -> World {
    world.receive(IntakeKind::Attended);
    let summary = "北宿镇路灯不亮".to_owned();
    world.act(R::Operator, Task::Accept { summary, anonymous: None });
    world.act(R::Operator, Task::Classify(Box::new(classification())));
    world.at("2026-11-20T10:00:00+08:00").act(R::Clerk, assign());
    world.at("2026-11-20T14:00:00+08:00").act(R::UnitContact, Task::Sign("王某".to_owned()));
    world
}

fn new() -> World {
    World::new("2026-11-20T09:10:00+08:00")
}

fn answered(world: &mut World) -> &mut World {
    world.act(R::Handler, feedback()).act(R::UnitLeader, Task::Grant(Pending::Feedback));
    world.act(R::Clerk, Task::Review(None))
}

#[test]
fn story_1_a_street_light_is_repaired_in_time() {
    let working = street_light(new().working());
    assert_eq!(working.case.due.as_ref().unwrap().on, date(2026, 11, 27));
    let mut world = street_light(new());
    assert_eq!(world.case.due.as_ref().unwrap().on, date(2026, 11, 25));
    assert_eq!(world.case.unit_due.as_ref().unwrap().on, date(2026, 11, 25));
    watch(&mut world, 24 * 4 - 7);
    world.at("2026-11-24T08:29:59+08:00").command(Command::Supervise).unwrap();
    answered(&mut world);
    watch(&mut world, 48);
    assert_eq!(given(&world), [], "no yellow card: the answer came before 08:30 of Tuesday");
    world.act(R::CallbackAgent, Task::Rate(Grade::Satisfied));
    let early = world.try_as(person(R::Clerk), Task::Archive).unwrap_err();
    assert_eq!(early.rule(), "T27");
    let notice = "北宿镇路灯已修复".to_owned();
    world.act(R::Director, Task::DecidePublication(true, notice));
    assert!(missing_elements(&world.case).is_empty(), "the ten elements are complete");
    world.act(R::Clerk, Task::Archive);
    assert_eq!(world.case.state, Some(S::Archived));

    let mut late = street_light(new());
    watch(&mut late, 24 * 4 - 5);
    assert_eq!(given(&late)[0].0, Warning::YellowCard);
}

#[test]
fn story_2_a_three_way_call_that_promised_nothing_is_assigned_in_the_same_screen() {
    let mut world = new();
    world.receive(IntakeKind::Attended);
    let outcome = Some(Outcome::NobodyReached);
    let unit = Some(UNIT.to_owned());
    world.wrapped_up(WrapUp { unit, outcome, ..wrap_up(Disposition::ThreeWay) });
    assert_eq!(world.case.state, Some(S::Assigned));
    assert_eq!(world.case.unit.as_deref(), Some(UNIT));
    assert_eq!(world.case.work.unit_from, Some(world.now), "the unit's clock runs from there");
    assert_eq!(world.case.work.disposition(), Some(Disposition::ThreeWay));
    world.act(R::UnitContact, Task::Sign("王某".to_owned()));
}

#[test]
fn story_3_a_unit_that_ignores_its_case_is_warned_once_each_also_after_downtime() {
    let steps = |world: &World| {
        let shown =
            |(warning, at, late): (Warning, String, bool)| (warning.level().unwrap(), at, late);
        given(world).into_iter().map(shown).collect::<Vec<_>>()
    };
    let expected = |late: bool| {
        vec![
            (1, "11-24 08:30".to_owned(), false),
            (2, "11-26 00:00".to_owned(), late),
            (3, "11-28 00:00".to_owned(), late),
            (4, "12-05 00:00".to_owned(), false),
        ]
    };
    let mut running = street_light(new());
    watch(&mut running, 24 * 20);
    assert_eq!(steps(&running), expected(false));
    let mut down = street_light(new());
    watch(&mut down, 24 * 4);
    down.at("2026-11-29T00:00:00+08:00");
    watch(&mut down, 24 * 12);
    assert_eq!(steps(&down), expected(true));
}

#[test]
fn story_5_a_repair_that_never_was_is_false_feedback() {
    let mut world = street_light(new());
    world.at("2026-11-24T09:00:00+08:00");
    answered(&mut world);
    let due = world.case.unit_due.clone();
    world.at("2026-11-27T10:00:00+08:00").act(R::CallbackAgent, Task::ReportFalseFeedback);
    assert_eq!((world.case.state, world.case.work.false_feedback), (Some(S::Handling), 1));
    let docket = world.case.work.dockets.last().unwrap();
    assert_eq!((docket.reason, docket.lifted), (DocketReason::FalseFeedback, None));
    assert_eq!(world.case.unit_due, due, "as if the clock had never stopped");
    world.command(Command::Supervise).unwrap();
    let overdue = given(&world).into_iter().any(|(warning, ..)| warning == Warning::RedCard);
    assert!(overdue, "overdue since 26 November 00:00");
}

#[test]
fn story_6_grade_four_is_handled_again_and_both_grades_stay() {
    let mut world = street_light(new());
    world.at("2026-11-24T08:00:00+08:00");
    answered(&mut world);
    world.at("2026-11-25T10:00:00+08:00").act(R::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    world.act(R::Supervisor, Task::Redo);
    assert_eq!(world.case.due.as_ref().unwrap().on, date(2026, 11, 30));
    let told = world.records(|record| match record {
        Record::CitizenNotified { notice: Notice::Redo, due } => *due,
        _ => None,
    });
    assert_eq!(told, [date(2026, 11, 30)]);
    world.at("2026-11-27T10:00:00+08:00");
    answered(&mut world).act(R::CallbackAgent, Task::Rate(Grade::BasicallySatisfied));
    let work = &world.case.work;
    assert_eq!((world.case.state, world.case.round), (Some(S::Closed), 2));
    let grades = [(1, Grade::Dissatisfied), (2, Grade::BasicallySatisfied)];
    assert_eq!((work.grades.as_slice(), work.reasonable), (&grades[..], Some(true)));
}

#[test]
fn story_10_a_message_on_the_evening_before_the_holiday_is_due_after_it() {
    for (world, on) in [
        (World::new("2026-09-30T18:00:00+08:00"), date(2026, 10, 8)),
        (World::new("2026-09-30T18:00:00+08:00").working(), date(2026, 10, 14)),
    ] {
        let mut world = world;
        world.receive(IntakeKind::Text);
        let summary = "来信".to_owned();
        world.act(R::Clerk, Task::Accept { summary, anonymous: None });
        let due = world.case.due.as_ref().unwrap();
        assert_eq!((due.on, due.provisional), (on, false));
    }
}

#[test]
fn story_14_a_missing_holiday_table_is_made_good_and_the_citizen_hears_only_of_a_later_day() {
    let begun = || {
        let mut world = World::new("2026-12-31T09:00:00+08:00").working();
        world.receive(IntakeKind::Text);
        let summary = "来信".to_owned();
        world.act(R::Clerk, Task::Accept { summary, anonymous: None });
        world.act(R::Clerk, Task::Classify(Box::new(classification())));
        world.act(R::Clerk, assign());
        world
    };
    let notices = |events: &[CaseEvent]| {
        let is_notice = |event: &&CaseEvent| {
            matches!(event, CaseEvent::Record(record)
                if matches!(**record, Record::CitizenNotified { due: Some(_), .. }))
        };
        events.iter().filter(is_notice).count()
    };
    let mut world = begun();
    let told = world.case.due.clone().unwrap();
    assert!(told.provisional && world.case.unit_due.as_ref().unwrap().provisional);
    assert_eq!(world.command(Command::Recompute).unwrap(), [], "the table is still missing");

    let five_days =
        "year = 2027\n[[holiday]]\nname = '元旦'\nfrom = '2027-01-01'\nto = '2027-01-05'";
    world.calendar.add(five_days).unwrap();
    let events = world.command(Command::Recompute).unwrap();
    let due = world.case.due.clone().unwrap();
    assert!(due.on > told.on && !due.provisional, "{due:?}");
    assert_eq!((notices(&events), world.case.unit_due.as_ref().unwrap().on), (1, due.on));
    assert_eq!(world.command(Command::Recompute).unwrap(), [], "once");

    let mut world = begun();
    world.calendar.add("year = 2027").unwrap();
    let events = world.command(Command::Recompute).unwrap();
    let due = world.case.due.clone().unwrap();
    assert_eq!((due.on, due.provisional), (told.on, false), "never earlier than he was told");
    assert_eq!(notices(&events), 0);
}
