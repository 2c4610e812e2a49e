//! Commands of people and warnings through the store: committed, projected, verified, exactly once.

use crate::desk::*;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::case::{
    Actor, CaseEvent, Classification, DeadlineRules, Guard, Nature, Order, Record, Refusal, Role,
    State, Task, Urgency, Warning,
};
use mayorline::store::{
    Administration, CaseName, CaseNow, Reader, Store, StoreConfig, StoreError, StoreHandle,
    Supervised, verify,
};
use mayorline::units::CaseNumber;
use std::path::Path;

/// As the command line does it, beside the writer of a running store.
fn order(data: &Path, number: CaseNumber, actor: Actor, task: Task) -> Result<CaseNow, StoreError> {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let mut beside = Administration::open(data, noonish()).unwrap();
    beside.act(noonish(), desk, CaseName::Number(number), &Order { actor, task })
}

pub(crate) fn act(
    data: &Path,
    number: CaseNumber,
    role: Role,
    task: Task,
) -> Result<CaseNow, StoreError> {
    let unit = role.is_of_unit().then_some("unit.07");
    order(data, number, Actor::new(role.as_str(), role, unit), task)
}

pub(crate) fn classify() -> Task {
    Task::Classify(Box::new(Classification {
        nature: Nature::Help,
        domain: "050100".to_owned(),
        place: "北宿镇".to_owned(),
        urgency: Urgency::Normal,
        group_size: 1,
        repeats: 0,
        duty: None,
        accused: vec![],
    }))
}

pub(crate) fn assigned(data: &Path, handle: &StoreHandle, key: &str) -> CaseNumber {
    let (number, _) = new_case(handle, key);
    act(data, number, Role::Clerk, classify()).unwrap();
    let assign = Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] };
    act(data, number, Role::Clerk, assign).unwrap();
    let done = act(data, number, Role::UnitContact, Task::Sign("王某".to_owned()));
    assert_eq!(done.unwrap().state, State::Handling);
    number
}

pub(crate) fn supervise(handle: &StoreHandle, now: Timestamp) -> Supervised {
    answered(|answer| handle.supervise(now, answer)).unwrap()
}

pub(crate) fn warnings(data: &Path, number: CaseNumber) -> Vec<(Warning, bool)> {
    let reader = Reader::open(data).unwrap();
    let id = reader.case(number).unwrap().row.id;
    let warned = |(.., event): (Timestamp, String, CaseEvent)| match event {
        CaseEvent::Record(record) => match *record {
            Record::Warned { warning, late, .. } => Some((warning, late)),
            _ => None,
        },
        _ => None,
    };
    reader.events(id).unwrap().into_iter().filter_map(warned).collect()
}

pub(crate) fn sound(data: &Path) {
    let report = verify(data).unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[test]
fn a_command_is_committed_projected_and_refused_with_its_rule() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let number = assigned(folder.path(), &handle, "one");
    let refused = act(folder.path(), number, Role::Clerk, Task::Archive).unwrap_err();
    let StoreError::Refused(refusal) = refused else { panic!("{refused}") };
    assert_eq!(refusal.rule(), "T27");
    let other = Actor::new("x", Role::Handler, Some("unit.08"));
    let hidden = order(folder.path(), number, other, Task::Read);
    let unknown = matches!(hidden, Err(StoreError::Refused(Refusal::Guard(Guard::Unknown))));
    assert!(unknown, "another unit does not learn of the case");
    store.close();
    let detail = Reader::open(folder.path()).unwrap().case(number).unwrap();
    assert_eq!(
        (detail.row.state.as_str(), detail.row.unit.as_deref()),
        ("handling", Some("unit.07"))
    );
    let actors: Vec<_> = detail.events.iter().map(|event| event.actor.as_str()).collect();
    assert!(actors.contains(&"clerk/clerk") && actors.contains(&"unit_contact/unit_contact"));
    let chained = serde_json::to_string(&detail.events.last().unwrap().body).unwrap();
    assert!(!chained.contains("private"), "{chained}");
    sound(folder.path());
}

#[test]
fn a_merge_stands_on_both_cases() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let into = assigned(folder.path(), &handle, "first");
    let (number, _) = new_case(&handle, "again");
    act(folder.path(), number, Role::Clerk, classify()).unwrap();
    let merge = |into| {
        let target =
            mayorline::domain::case::MergeTarget { number: into, state: None, closed_on: None };
        Task::Merge(target)
    };
    let nowhere = CaseNumber::new(2026, 11, 22, 99).unwrap();
    let refused = act(folder.path(), number, Role::Clerk, merge(nowhere));
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::Guard(Guard::MergeTarget)))));
    act(folder.path(), number, Role::Clerk, merge(into)).unwrap();
    act(folder.path(), number, Role::Clerk, Task::Unmerge).unwrap();
    act(folder.path(), number, Role::Clerk, merge(into)).unwrap();
    store.close();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.case(number).unwrap().merged_into, Some(into.to_string()));
    let of_merges = |event: &mayorline::store::EventRow| {
        (event.body["number"] == number.to_string().as_str())
            .then(|| event.body["event"].as_str().unwrap().to_owned())
    };
    let noted: Vec<_> = reader.case(into).unwrap().events.iter().filter_map(of_merges).collect();
    assert_eq!(noted, ["joined", "parted", "joined"]);
    sound(folder.path());
}

#[test]
fn warnings_that_fell_due_while_the_service_was_down_come_late_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let number = assigned(folder.path(), &store.handle(), "one");
    // Assigned on Sunday 22: due on Friday 27.
    assert_eq!(supervise(&store.handle(), noonish() + 24.hours()).fired, 0);
    store.close();
    let store = open(folder.path());
    let handle = store.handle();
    let later = at("2026-11-30T10:00:00+08:00");
    let done = supervise(&handle, later);
    assert_eq!((done.looked_at, done.fired), (0, 1));
    assert_eq!(supervise(&handle, later + 1.minutes()).fired, 0, "once");
    let expected = [Warning::YellowCard, Warning::RedCard, Warning::Docket];
    assert_eq!(warnings(folder.path(), number), expected.map(|warning| (warning, true)));
    store.close();
    let store = open(folder.path());
    assert_eq!(supervise(&store.handle(), later + 2.minutes()).fired, 0, "also after a restart");
    store.close();
    sound(folder.path());
}

#[test]
fn a_holiday_table_that_arrives_settles_provisional_dates() {
    let folder = tempfile::tempdir().unwrap();
    let new_year = at("2026-12-31T10:00:00+08:00");
    let open_with = |calendar| {
        Store::open(StoreConfig::new(folder.path(), new_year), calendar, [7; 32]).unwrap()
    };
    let store = open_with(Calendar::built_in());
    let request = mayorline::domain::call::StoreRequest::Open(intake(
        "late",
        mayorline::domain::call::IntakeKind::Text,
    ));
    let Some(mayorline::domain::call::StoreReply::Opened { number, .. }) =
        ask(&store.handle(), new_year, request, None)
    else {
        panic!("not stored")
    };
    let number = number.unwrap();
    let done = supervise(&store.handle(), new_year);
    assert_eq!((done.fired, done.table_wanted), (0, Some(2027)), "the table is still missing");
    let october = at("2026-10-31T23:59:59+08:00");
    assert_eq!(supervise(&store.handle(), october).table_wanted, None);
    assert_eq!(supervise(&store.handle(), october + 1.seconds()).table_wanted, Some(2027));
    store.close();
    let shown = || Reader::open(folder.path()).unwrap().case(number).unwrap().row;
    assert!(shown().due_provisional);
    let mut calendar = Calendar::built_in();
    calendar.add("year = 2027").unwrap();
    let store = open_with(calendar);
    let done = supervise(&store.handle(), new_year + 1.minutes());
    assert_eq!((done.fired, done.table_wanted), (1, None));
    store.close();
    assert!(!shown().due_provisional);
    sound(folder.path());
}
