//! When a report gets its next version, and that a damaged case keeps no other report from being made.

use crate::desk::*;
use crate::report_readers::assigned;
use crate::reports::*;
use mayorline::domain::case::{DOMAIN_UNCODED, Role};
use mayorline::domain::report::{
    Cluster, Outcome, OutcomePeriod, OutcomeUnit, difference, hundredths,
};
use mayorline::store::{
    Administration, IMPROVEMENTS_OPEN_MAX, Issued, NewImprovement, REPORTS_AT_ONCE_MAX, StoreError,
};
use std::path::Path;

const DAY: &str = "day-2026-11-22";
const MONTH: &str = "month-2026-11";

#[test]
fn the_first_code_of_a_case_corrects_nothing_and_the_second_does() {
    let folder = tempfile::tempdir().unwrap();
    let record = |time: &str, number, event| {
        let store = open(folder.path());
        record_at(&store.handle(), time, number, vec![event]);
        store.close();
    };
    let store = open(folder.path());
    let received = "2026-11-22T09:00:00+08:00";
    let [open_case, coded] = ["k", "l"].map(|key| case_at(&store.handle(), key, received, 1));
    store.close();
    record(received, open_case, classified(DOMAIN_UNCODED));
    record(received, coded, classified("080100"));
    record(received, coded, assigned("unit.07"));
    assert_eq!(make(folder.path(), "2026-11-23T08:00:00+08:00", DAY), Some(1));
    record("2026-11-23T09:00:00+08:00", open_case, classified("080100"));
    assert_eq!(make(folder.path(), "2026-11-23T10:00:00+08:00", DAY), None);
    record("2026-11-23T11:00:00+08:00", coded, classified("080200"));
    assert_eq!(make(folder.path(), "2026-11-23T12:00:00+08:00", DAY), Some(2));
}

fn typed_in(folder: &Path, time: &str, write: impl FnOnce(&mut Administration)) {
    write(&mut Administration::open(folder, at(time)).unwrap());
}

/// What differs between a version and the one before it, row, column, before and after.
fn changes(folder: &Path, id: &str, version: u32) -> Vec<[String; 4]> {
    let of = |version| shown(folder, id, Some(version), Role::Director);
    let changes = difference(&of(version - 1), &of(version));
    changes.into_iter().map(|one| [one.row, one.column, one.before, one.after]).collect()
}

fn row(cells: [&str; 4]) -> [String; 4] {
    cells.map(str::to_owned)
}

#[test]
fn a_balance_that_was_corrected_makes_a_version_of_the_newest_report_of_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let set = |time: &str, count| {
        typed_in(folder.path(), time, |store| {
            store.set_opening(at(time), "phone", count, "wang").unwrap();
        });
    };
    let before = "day-2026-11-21";
    set("2026-11-20T09:00:00+08:00", 2667);
    assert_eq!(make(folder.path(), "2026-11-23T08:00:00+08:00", before), Some(1));
    assert_eq!(make(folder.path(), "2026-11-23T08:00:00+08:00", DAY), Some(1));
    set("2026-11-23T09:00:00+08:00", 2667);
    assert_eq!(make(folder.path(), "2026-11-23T10:00:00+08:00", DAY), None, "the same again");
    set("2026-11-23T11:00:00+08:00", 2676);
    assert_eq!(make(folder.path(), "2026-11-23T12:00:00+08:00", before), None, "not the newest");
    assert_eq!(make(folder.path(), "2026-11-23T12:00:00+08:00", DAY), Some(2));
    assert_eq!(make(folder.path(), "2026-11-23T12:30:00+08:00", DAY), None, "once");
    let changed = changes(folder.path(), DAY, 2);
    assert!(changed.contains(&row(["公开电话", "期初", "2667", "2676"])), "{changed:?}");
    assert!(changed.contains(&row(["公开电话", "累计", "2667", "2676"])), "{changed:?}");
}

#[test]
fn an_indicator_that_was_corrected_makes_a_version_of_the_newest_month() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let set = |time: &str, period: &str, value: &str| {
        let outcome = Outcome {
            name: "群众满意度".to_owned(),
            period: OutcomePeriod::parse(period).unwrap(),
            value: hundredths(value).unwrap(),
            unit: OutcomeUnit::Percent,
            source: "统计局".to_owned(),
        };
        typed_in(folder.path(), time, |store| {
            store.set_outcome(at(time), &outcome, "wang").unwrap();
        });
    };
    set("2026-11-30T09:00:00+08:00", "2026-11", "89.04");
    assert_eq!(make(folder.path(), "2026-12-01T09:00:00+08:00", MONTH), Some(1));
    assert_eq!(make(folder.path(), "2026-12-01T09:00:00+08:00", "day-2026-11-30"), Some(1));
    set("2026-12-02T09:00:00+08:00", "2026-12", "90");
    set("2026-12-02T09:00:00+08:00", "2026-11", "89.04");
    assert_eq!(make(folder.path(), "2026-12-02T10:00:00+08:00", MONTH), None, "not of this month");
    set("2026-12-02T11:00:00+08:00", "2026-11", "89.4");
    assert_eq!(make(folder.path(), "2026-12-02T12:00:00+08:00", "day-2026-11-30"), None);
    assert_eq!(make(folder.path(), "2026-12-02T12:00:00+08:00", MONTH), Some(2));
    let changed = changes(folder.path(), MONTH, 2);
    let expected = row(["群众满意度 2026-11", "数值", "89.04 %", "89.4 %"]);
    assert!(changed.contains(&expected), "{changed:?}");
}

#[test]
fn a_damaged_case_keeps_back_only_the_reports_that_look_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    case_at(&store.handle(), "k", "2026-11-22T09:00:00+08:00", 1);
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                    WHERE type = 'trigger'";
    let drop: String = db.query_row(triggers, [], |row| row.get(0)).unwrap();
    db.execute_batch(&drop).unwrap();
    assert_eq!(db.execute("UPDATE event_private SET body = zeroblob(64)", []).unwrap(), 2);
    let now = "2026-12-31T12:00:00+08:00";
    let first = issue(&store, now);
    assert_eq!(first, Issued { damaged: REPORTS_AT_ONCE_MAX, ..Issued::default() });
    let looks: Vec<Issued> = (0..5).map(|_| issue(&store, now)).collect();
    assert_eq!(looks[4], Issued::default(), "{looks:?}");
    // 35 days and 5 weeks look back to that day, and its month does.
    let damaged: usize = looks.iter().map(|look| look.damaged).sum();
    assert_eq!(REPORTS_AT_ONCE_MAX + damaged, 41, "{looks:?}");
    let made: Vec<String> = ids(folder.path()).into_iter().map(|(id, _)| id).collect();
    let expected = ["day-2026-12-27", "day-2026-12-28", "day-2026-12-29", "day-2026-12-30"];
    assert_eq!(made, [&expected[..], &["week-2026-W52"]].concat());
    // Each is tried again once a day.
    assert_eq!(issue(&store, "2027-01-01T07:59:59+08:00"), Issued::default());
    assert_eq!(issue(&store, "2027-01-01T08:00:00+08:00").damaged, REPORTS_AT_ONCE_MAX);
    store.close();
}

#[test]
fn so_many_improvement_items_are_open_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let now = at("2026-11-23T12:00:00+08:00");
    let mut store = Administration::open(folder.path(), now).unwrap();
    let new = NewImprovement {
        cluster: Cluster::parse("domain:0501").unwrap(),
        title: "路灯改造".to_owned(),
        owner: "城市管理局".to_owned(),
        measure: "更换线路".to_owned(),
        due_on: jiff::civil::date(2026, 12, 31),
    };
    for _ in 0..IMPROVEMENTS_OPEN_MAX {
        store.open_improvement(now, &new, "wang").unwrap();
    }
    let refused = store.open_improvement(now, &new, "wang");
    assert!(matches!(refused, Err(StoreError::Taken(_))), "{refused:?}");
    store.close_improvement(now, 1, "wang").unwrap();
    assert!(store.open_improvement(now, &new, "wang").is_ok());
}
