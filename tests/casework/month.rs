//! Level 4 by the month through the store: three dockets of a unit in a calendar month lead to one
//! proposal, whatever comes between.

use crate::acting::{act, assigned, sound, supervise, warnings};
use crate::desk::*;
use jiff::ToSpan;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::case::{DocketReason, LiftReason, MergeTarget, Role, Task, Warning};
use mayorline::store::{Reader, Store, StoreConfig, StoreHandle};
use mayorline::units::CaseNumber;
use std::path::Path;

/// Cases that came on the docket of unit.07 for three days over, due on 27 November: on the 30th.
fn cases<const N: usize>(data: &Path, handle: &StoreHandle) -> [CaseNumber; N] {
    cases_named(data, handle, "case")
}

fn cases_named<const N: usize>(data: &Path, handle: &StoreHandle, name: &str) -> [CaseNumber; N] {
    std::array::from_fn(|serial| assigned(data, handle, &format!("{name} {serial}")))
}

/// How many of the cases have a proposal by the month.
fn proposed(data: &Path, numbers: &[CaseNumber]) -> Vec<bool> {
    let third = |number: &CaseNumber| {
        let given = warnings(data, *number);
        let thirds = given.iter().filter(|(warning, _)| *warning == Warning::ThirdDocket).count();
        assert!(thirds <= 1, "{number}: {given:?}");
        thirds == 1
    };
    numbers.iter().map(third).collect()
}

/// By a supervisor, at noon of 22 November.
fn put_on_docket(data: &Path, number: CaseNumber) {
    act(data, number, Role::Supervisor, Task::Docket(DocketReason::Supervisor)).unwrap();
}

fn again(store: Store, data: &Path) -> Store {
    store.close();
    open(data)
}

#[test]
fn the_third_docket_of_a_month_is_proposed_late_and_once_over_downtime_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let numbers: [_; 4] = cases(data, &store.handle());
    let elsewhere = assigned(data, &store.handle(), "elsewhere");
    let withdraw = Task::Withdraw(call_id(1));
    act(data, elsewhere, Role::Operator, withdraw).unwrap();
    let store = again(store, data);
    // In December, when all four had been on the docket since 30 November.
    let later = at("2026-12-01T09:00:00+08:00");
    assert_eq!(supervise(&store.handle(), later).fired, 4 + 1);
    assert_eq!(proposed(data, &numbers), [false, false, true, false]);
    let given = warnings(data, numbers[2]);
    assert_eq!(given.last(), Some(&(Warning::ThirdDocket, true)), "late");
    let reader = Reader::open(data).unwrap();
    let shown = serde_json::to_value(reader.case(numbers[2]).unwrap()).unwrap();
    assert_eq!((&shown["level"], &shown["admonition"]), (&4.into(), &"proposed".into()));
    assert!(shown["docket"].as_str().unwrap().starts_with('督'), "{shown}");
    let other = serde_json::to_value(reader.case(numbers[0]).unwrap()).unwrap();
    assert_eq!((&other["level"], &other["admonition"]), (&3.into(), &serde_json::Value::Null));
    assert_eq!(supervise(&store.handle(), later + 1.minutes()).fired, 0, "once");
    let store = again(store, data);
    assert_eq!(supervise(&store.handle(), later + 2.minutes()).fired, 0, "also after a restart");
    // Two persons sign it, as they sign what ten days lead to.
    act(data, numbers[2], Role::Director, Task::SignAdmonition).unwrap();
    act(data, numbers[2], Role::CityLeader, Task::DecideAdmonition(true)).unwrap();
    assert_eq!(supervise(&store.handle(), later + 3.minutes()).fired, 0);
    store.close();
    sound(data);
}

#[test]
fn what_is_undone_merged_withdrawn_or_under_seal_proposes_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let numbers: [_; 5] = cases(data, &store.handle());
    let later = at("2026-11-30T09:00:00+08:00");
    // Two of five are answered in time by being withdrawn and proposed for sealing before.
    act(data, numbers[3], Role::Operator, Task::Withdraw(call_id(1))).unwrap();
    act(data, numbers[4], Role::Clerk, Task::ProposeSeal).unwrap();
    assert_eq!(supervise(&store.handle(), later).fired, 3 + 1 + 1, "three, the seal, the proposal");
    assert_eq!(proposed(data, &numbers[..4]), [false, false, true, false]);
    let seconds = |n: i64| later + n.seconds();
    // Unfounded, given back and merged, and shown again: the month had its proposal.
    act(data, numbers[0], Role::Supervisor, Task::Lift(LiftReason::Unfounded)).unwrap();
    act(data, numbers[4], Role::Director, Task::RefuseSeal).unwrap();
    assert_eq!(
        supervise(&store.handle(), seconds(30)).fired,
        1,
        "the shown one comes on the docket"
    );
    let merged = Task::NameAccused("unit.07".to_owned());
    act(data, numbers[2], Role::Supervisor, merged).unwrap();
    let target = MergeTarget { number: numbers[1], state: None, closed_on: None };
    act(data, numbers[2], Role::Clerk, Task::Merge(target)).unwrap();
    assert_eq!(supervise(&store.handle(), seconds(60)).fired, 0);
    let store = again(store, data);
    assert_eq!(supervise(&store.handle(), seconds(90)).fired, 0);
    act(data, numbers[2], Role::Clerk, Task::Unmerge).unwrap();
    assert_eq!(
        supervise(&store.handle(), seconds(120)).fired,
        1,
        "it lies with the centre too long"
    );
    assert_eq!(proposed(data, &numbers), [false, false, true, false, false]);
    store.close();
    sound(data);
}

#[test]
fn a_docket_found_unfounded_before_the_third_leaves_the_fourth_to_be_the_third() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let [one, two] = cases(data, &store.handle());
    let docket = |number| put_on_docket(data, number);
    docket(one);
    act(data, one, Role::Supervisor, Task::Lift(LiftReason::Unfounded)).unwrap();
    docket(two);
    let three = assigned(data, &store.handle(), "three");
    docket(three);
    assert_eq!(supervise(&store.handle(), noonish() + 1.minutes()).fired, 0, "two count");
    docket(one);
    assert_eq!(supervise(&store.handle(), noonish() + 2.minutes()).fired, 1);
    let numbers = [one, two, three];
    assert_eq!(proposed(data, &numbers).into_iter().filter(|third| *third).count(), 1);
    store.close();
    sound(data);
}

#[test]
fn a_month_that_is_half_out_of_sight_gets_no_second_proposal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let numbers: [_; 6] = cases(data, &store.handle());
    numbers[..3].iter().for_each(|number| put_on_docket(data, *number));
    assert_eq!(supervise(&store.handle(), noonish() + 1.minutes()).fired, 1);
    // The others come on the docket eight days later, in the same month.
    supervise(&store.handle(), at("2026-11-30T09:00:00+08:00"));
    let expected = [false, false, true, false, false, false];
    assert_eq!(proposed(data, &numbers), expected);
    store.close();
    // 400 days before this is 25 November: of the month the last three are left.
    let wall = || at("2027-12-30T12:00:00+08:00");
    let config = StoreConfig::new(data, wall());
    let store = Store::start(config, Calendar::built_in(), [7; 32], wall).unwrap();
    supervise(&store.handle(), wall() + 1.minutes());
    assert_eq!(proposed(data, &numbers), expected);
    store.close();
    sound(data);
}

#[test]
fn a_month_keeps_its_proposal_when_the_case_that_was_the_third_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let numbers: [_; 3] = cases(data, &store.handle());
    numbers.iter().for_each(|number| put_on_docket(data, *number));
    let third = |n: i64| supervise(&store.handle(), noonish() + n.seconds()).fired;
    assert_eq!(third(30), 1);
    assert_eq!(proposed(data, &numbers), [false, false, true]);
    act(data, numbers[2], Role::Operator, Task::ProposeSeal).unwrap();
    act(data, numbers[2], Role::Director, Task::ConfirmSeal).unwrap();
    let more: [_; 2] = cases_named(data, &store.handle(), "more");
    more.iter().for_each(|number| put_on_docket(data, *number));
    assert_eq!(third(60), 0);
    let store = again(store, data);
    assert_eq!(supervise(&store.handle(), noonish() + 90.seconds()).fired, 0);
    let others = [numbers[0], numbers[1], more[0], more[1]];
    assert_eq!(proposed(data, &others), [false; 4]);
    store.close();
    sound(data);
}

#[test]
fn one_damaged_case_keeps_no_other_from_its_proposal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let numbers: [_; 4] = cases(data, &store.handle());
    numbers.iter().for_each(|number| put_on_docket(data, *number));
    let id = Reader::open(data).unwrap().case(numbers[0]).unwrap().row.id;
    store.close();
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    db.execute_batch("DROP TRIGGER event_is_append_only_update").unwrap();
    let cut = "UPDATE event SET body = '{\"event\":\"docketed\"' WHERE case_id = ?1
               AND instr(body, '\"docketed\"') > 0";
    assert_eq!(db.execute(cut, [id]).unwrap(), 1);
    drop(db);
    // Its first look comes before the one that is asked for.
    let store = open(data);
    supervise(&store.handle(), noonish() + 1.minutes());
    assert_eq!(proposed(data, &numbers[1..]), [false, false, true]);
    assert_eq!(supervise(&store.handle(), noonish() + 2.minutes()).fired, 0);
    store.close();
}
