//! The golden set of domain.md 6.4: twelve cases brought to their ends by the people of the city.

use super::world::*;
use jiff::Timestamp;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    ExtensionReason, FollowUpOutcome, Grade, KeepReason, Pending, Role, State, Task,
};
use mayorline::domain::figures::{Excluded, Facts, FactsOfEvents, Kpi, KpiName, measure};
use mayorline::units::CaseNumber;

use Role as R;

const TODAY: &str = "2026-12-10T12:00:00+08:00";

/// A case that was classified on Friday 20 November.
fn classified(kind: IntakeKind) -> World {
    let mut world = World::new("2026-11-20T09:10:00+08:00");
    world.receive(kind);
    let summary = "北宿镇路灯不亮".to_owned();
    world.act(R::Operator, Task::Accept { summary, anonymous: None });
    world.act(R::Operator, Task::Classify(Box::new(classification())));
    world
}

fn assigned(kind: IntakeKind) -> World {
    let mut world = classified(kind);
    world.act(R::Clerk, assign()).act(R::UnitContact, Task::Sign("王某".to_owned()));
    world
}

/// Answered at that time, and the answer passed its review.
fn answer(world: &mut World, at: &str) {
    world.at(at).act(R::Handler, feedback()).act(R::UnitLeader, Task::Grant(Pending::Feedback));
    world.act(R::Clerk, Task::Review(None));
}

fn rate(world: &mut World, grade: Grade) {
    world.act(R::CallbackAgent, Task::Rate(grade));
}

const IN_TIME: &str = "2026-11-24T10:00:00+08:00";
const A_DAY_LATE: &str = "2026-11-26T10:00:00+08:00";

fn by_leader() -> World {
    let mut world = World::in_state(State::LeaderReview);
    world.act(R::CityLeader, Task::Instruct { text: "请认真办理".to_owned(), docket: false });
    world.act(R::Director, assign()).act(R::UnitContact, Task::Sign("王某".to_owned()));
    world.at("2026-11-23T10:00:00+08:00");
    world.act(R::UnitLeader, Task::AskExtension { days: 5, reason: ExtensionReason::ALL[0] });
    world.act(R::Director, Task::Grant(Pending::Extension));
    answer(&mut world, "2026-11-30T10:00:00+08:00");
    for at in
        ["2026-12-01T09:00:00+08:00", "2026-12-01T15:00:00+08:00", "2026-12-02T19:00:00+08:00"]
    {
        world.at(at).act(R::CallbackAgent, by_phone(FollowUpOutcome::NoAnswer));
    }
    world
}

/// The twelve, in the order of the table.
fn golden_set() -> Vec<World> {
    use IntakeKind::{Attended, Text};
    let mut direct = classified(Attended);
    let text = "医保缴费到月底".to_owned();
    direct.act(R::Operator, Task::Answer { text, grade: Some(Grade::Satisfied) });
    let mut in_call = classified(Attended);
    in_call.act(R::Operator, Task::SolveInCall { call: call(), text: "当日修复".to_owned() });
    rate(&mut in_call, Grade::Satisfied);
    let mut message = assigned(Text);
    answer(&mut message, IN_TIME);
    rate(&mut message, Grade::FairlySatisfied);
    let mut redone = assigned(Text);
    answer(&mut redone, A_DAY_LATE);
    rate(&mut redone, Grade::Dissatisfied);
    redone.act(R::Supervisor, Task::Redo);
    answer(&mut redone, "2026-11-27T10:00:00+08:00");
    rate(&mut redone, Grade::BasicallySatisfied);
    let mut fresh = World::new("2026-12-09T10:00:00+08:00");
    fresh.receive(Attended);
    let summary = "路灯".to_owned();
    fresh.act(R::Operator, Task::Accept { summary, anonymous: None });
    fresh.act(R::Operator, Task::Classify(Box::new(classification()))).act(R::Clerk, assign());
    let overdue = assigned(Attended);
    let mut kept = classified(Text);
    kept.act(R::Clerk, Task::Keep(KeepReason::NothingToDo));
    kept.act(R::Supervisor, Task::Grant(Pending::Keep));
    let mut unreasonable = assigned(Attended);
    answer(&mut unreasonable, IN_TIME);
    rate(&mut unreasonable, Grade::Dissatisfied);
    unreasonable.act(R::Supervisor, Task::CloseUnreasonable("已说明政策".to_owned()));
    unreasonable.act(R::Director, Task::Grant(Pending::CloseUnreasonable));
    vec![
        direct,
        in_call,
        message,
        redone,
        fresh,
        overdue,
        kept,
        World::in_state(State::Circulated),
        by_leader(),
        World::in_state(State::Sealed),
        World::in_state(State::Merged),
        unreasonable,
    ]
}

fn number(n: usize) -> CaseNumber {
    CaseNumber::new(2026, 11, 20, u16::try_from(n).unwrap()).unwrap()
}

/// The facts of each, under the number of its row.
fn facts() -> Vec<Facts> {
    let of = |(n, world): (usize, World)| {
        let mut events = FactsOfEvents::default();
        world.events.iter().for_each(|event| events.add(event));
        Facts { number: number(n), ..events.facts().unwrap() }
    };
    (1..).zip(golden_set()).map(of).collect()
}

fn rows(numbers: &[CaseNumber]) -> Vec<u64> {
    numbers.iter().map(|number| number.sequence()).collect()
}

#[test]
fn the_golden_set_gives_the_golden_figures() {
    let measured = measure(&facts(), TODAY.parse().unwrap());
    assert_eq!(measured.accepted, 12);
    let shown = |kpi: &Kpi| (kpi.title, kpi.numerator, kpi.denominator, kpi.permille.unwrap());
    let expected = [
        ("办复率", 6, 7, 857),
        ("按时办复率", 5, 7, 714),
        ("回访率", 6, 6, 1000),
        ("回访成功率", 5, 6, 833),
        ("群众满意率", 4, 5, 800),
        ("首次满意率", 3, 5, 600),
        ("合理诉求满意率", 4, 4, 1000),
        ("直办率", 2, 11, 182),
        ("重办率", 1, 6, 167),
    ];
    assert_eq!(measured.kpis.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn every_figure_names_its_cases_and_accounts_for_all_twelve() {
    let measured = measure(&facts(), TODAY.parse().unwrap());
    for kpi in &measured.kpis {
        let excluded = kpi.excluded.values().flatten();
        let mut all: Vec<CaseNumber> =
            kpi.counted.iter().chain(&kpi.missed).chain(excluded).copied().collect();
        all.sort_unstable();
        assert_eq!(all, (1..=12).map(number).collect::<Vec<_>>(), "{}", kpi.title);
    }
    let of = |name| measured.kpis.iter().find(|kpi| kpi.name == name).unwrap();
    let replied = of(KpiName::Replied);
    assert_eq!(rows(&replied.counted), [1, 2, 3, 4, 9, 12]);
    assert_eq!(rows(&replied.missed), [6]);
    let excluded: Vec<_> =
        replied.excluded.iter().map(|(why, cases)| (*why, rows(cases))).collect();
    let expected = [
        (Excluded::Sealed, vec![10]),
        (Excluded::Merged, vec![11]),
        (Excluded::Kept, vec![7]),
        (Excluded::Circulated, vec![8]),
        (Excluded::NotDue, vec![5]),
    ];
    assert_eq!(excluded, expected);
    assert_eq!(rows(&of(KpiName::RepliedInTime).missed), [4, 6]);
    assert_eq!(rows(&of(KpiName::Rated).missed), [9]);
    let reasonable = of(KpiName::SatisfiedReasonable);
    assert_eq!(rows(&reasonable.excluded[&Excluded::Unreasonable]), [12]);
    assert_eq!(reasonable.goal_percent, Some(100));
}

#[test]
fn who_knows_of_no_answer_has_none() {
    let mut world = assigned(IntakeKind::Attended);
    answer(&mut world, IN_TIME);
    let replied = |world: &World| {
        let mut events = FactsOfEvents::default();
        world.events.iter().for_each(|event| events.add(event));
        let measured = measure(&[events.facts().unwrap()], TODAY.parse().unwrap());
        (measured.kpis[0].numerator, measured.kpis[1].numerator)
    };
    assert_eq!(replied(&world), (1, 1));
    world.act(R::CallbackAgent, Task::ReportFalseFeedback);
    assert_eq!(replied(&world), (0, 0), "false feedback is no answer");
    // It is on the docket now, so a supervisor reviews.
    world.at("2026-12-01T10:00:00+08:00").act(R::Handler, feedback());
    world.act(R::UnitLeader, Task::Grant(Pending::Feedback));
    world.act(R::Supervisor, Task::Review(None));
    assert_eq!(replied(&world), (1, 0), "and the answer that came was late");
}

#[test]
fn a_case_becomes_a_miss_the_instant_after_its_date() {
    let facts = facts();
    let at = |time: &str| {
        let now: Timestamp = time.parse().unwrap();
        measure(&facts[4..5], now).kpis[0].denominator
    };
    assert_eq!(at("2026-12-14T23:59:59+08:00"), 0);
    assert_eq!(at("2026-12-15T00:00:01+08:00"), 1);
}

#[test]
fn figures_of_nothing_are_no_figures() {
    let measured = measure(&[], TODAY.parse().unwrap());
    assert!(measured.kpis.iter().all(|kpi| kpi.permille.is_none()));
}
