//! The key figures of the telephone (domain.md 6.4) against a golden set of calls, by hand.

use crate::desk::*;
use crate::reports::{make, shown};
use jiff::{Timestamp, ToSpan};
use mayorline::domain::call::{CallRecord, EndedBy, Entry, EntryKind, IntakeKind, NewIntake};
use mayorline::domain::case::Role;
use mayorline::domain::figures::{CallExcluded, CallKpi, CallKpiName, CountedCall, measure_calls};
use mayorline::store::{
    CallAccount, CallStarted, Period, QueueEntry, QueueKind, Reader, StoreHandle,
};
use mayorline::units::CaseNumber;
use std::path::Path;
use std::time::Duration;

use QueueKind as K;

/// One call of the set: rows of the queue with the wait in ms, keys and what else is told, how long
/// it lasted in ms.
struct Golden {
    serial: u32,
    rows: &'static [(QueueKind, u64)],
    keys: &'static str,
    looked_up: bool,
    lasted_ms: u64,
}

const fn call(serial: u32, rows: &'static [(QueueKind, u64)], lasted_ms: u64) -> Golden {
    Golden { serial, rows, keys: "", looked_up: false, lasted_ms }
}

/// What becomes of each is told beside it. Three are answered, two of them in time; five more wanted a
/// person and got none; two hung up early, one looked a case up, two chose a message.
const SET: [Golden; 13] = [
    call(1, &[(K::Enter, 0), (K::Offer, 0), (K::Connect, 8_000), (K::Complete, 8_000)], 90_000),
    call(2, &[(K::Enter, 0), (K::Offer, 0), (K::Connect, 15_000), (K::Complete, 15_000)], 90_000),
    // A moment too late.
    call(3, &[(K::Enter, 0), (K::Offer, 0), (K::Connect, 15_001), (K::Complete, 15_001)], 90_000),
    // Hung up while waiting: missed.
    call(4, &[(K::Enter, 0), (K::Abandon, 30_000)], 30_000),
    // Early, to the second.
    call(5, &[(K::Enter, 0), (K::Abandon, 2_000)], 2_000),
    call(6, &[(K::Enter, 0), (K::Abandon, 5_000)], 5_000),
    // From the queue to the look-up.
    Golden {
        keys: "1",
        looked_up: true,
        ..call(7, &[(K::Enter, 0), (K::ExitWithKey, 4_000)], 60_000)
    },
    // From the queue to a message.
    Golden { keys: "2", ..call(8, &[(K::Enter, 0), (K::ExitWithKey, 4_000)], 60_000) },
    // After hours: pressed nothing, a message, a person.
    call(9, &[], 40_000),
    Golden { keys: "2", ..call(10, &[], 40_000) },
    Golden { keys: "20", ..call(11, &[], 40_000) },
    // No place in the queue.
    call(12, &[(K::Refused, 0)], 20_000),
    // Called back later: not answered when he called.
    call(
        13,
        &[(K::Enter, 0), (K::CallbackKept, 30_000), (K::Connect, 600_000), (K::Complete, 600_000)],
        35_000,
    ),
];

fn later(at: Timestamp, ms: u64) -> Timestamp {
    at.checked_add(i64::try_from(ms).unwrap().milliseconds()).unwrap()
}

fn begin(handle: &StoreHandle, serial: u32, called: &str, at: Timestamp) {
    let (call, called) = (call_id(serial), called.to_owned());
    assert!(handle.call_started(CallStarted { called, at, ..call_started(&call) }));
}

fn end(handle: &StoreHandle, golden: &Golden, began: Timestamp, entries: Vec<Entry>) {
    let record = CallRecord {
        call: call_id(golden.serial),
        lasted: Duration::from_millis(golden.lasted_ms),
        ended_by: EndedBy::Citizen,
        entries,
    };
    let account = CallAccount { record, legs: vec![], parties: vec![], tracks: vec![] };
    assert!(handle.call_accounted(later(began, golden.lasted_ms), account));
}

fn store_call(handle: &StoreHandle, golden: &Golden, began: Timestamp) {
    begin(handle, golden.serial, "12345", began);
    for (kind, waited_ms) in golden.rows {
        let entry = QueueEntry {
            call: Some(call_id(golden.serial)),
            queue: Some("总台".to_owned()),
            waited: Some(Duration::from_millis(*waited_ms)),
            ..QueueEntry::new(*kind)
        };
        assert!(handle.queue_log(later(began, *waited_ms), entry));
    }
    let entry = |kind| Entry { at: Duration::from_secs(1), kind };
    let mut entries = vec![entry(EntryKind::Prompt("G01".to_owned()))];
    entries.extend(golden.keys.chars().map(|key| entry(EntryKind::Digit(key))));
    entries.extend(golden.looked_up.then(|| entry(EntryKind::Lookup(true))));
    end(handle, golden, began, entries);
}

/// The set on 22 November, by day and by night; beside it what is no call of a citizen of that day.
/// Gives the case of the first call.
fn fill(folder: &Path) -> CaseNumber {
    let store = open(folder);
    let handle = store.handle();
    for golden in &SET {
        let hour = if (9..=11).contains(&golden.serial) { 2 } else { 10 };
        let began = at(&format!("2026-11-22T{hour:02}:{:02}:00+08:00", golden.serial));
        store_call(&handle, golden, began);
    }
    let first = NewIntake { call: Some(call_id(1)), ..intake("first", IntakeKind::Text) };
    let number = store_intake(&handle, first).0.unwrap();
    // A unit is told by telephone; somebody is called out; the last of the day before.
    let prompt = || Entry { at: Duration::ZERO, kind: EntryKind::Prompt("V01".to_owned()) };
    begin(&handle, 21, "unit.07", noonish());
    end(&handle, &call(21, &[], 20_000), noonish(), vec![prompt()]);
    begin(&handle, 22, "12345", noonish());
    end(&handle, &call(22, &[], 20_000), noonish(), vec![]);
    store_call(&handle, &call(23, &[(K::Enter, 0)], 9_000), at("2026-11-21T23:59:59.999+08:00"));
    // One that still waits.
    begin(&handle, 24, "12345", noonish());
    store.close();
    number
}

/// Those of the 22nd, as of the end of the day.
fn measured(folder: &Path) -> Vec<CallKpi> {
    let [from_ms, to_ms] = ["2026-11-22T00:00:00+08:00", "2026-11-23T00:00:00+08:00"]
        .map(|time| at(time).as_millisecond());
    let reader = Reader::open(folder).unwrap();
    let period = Period { from_ms, to_ms, as_of_ms: to_ms };
    measure_calls(&reader.call_facts(period).unwrap(), period.span())
}

fn serials(calls: &[CountedCall]) -> Vec<u32> {
    let mut serials: Vec<u32> = calls
        .iter()
        .map(|one| u32::from_str_radix(&one.call.as_str()[16..], 16).unwrap())
        .collect();
    serials.sort_unstable();
    serials
}

#[test]
fn the_golden_set_of_calls_gives_the_golden_figures_with_their_calls() {
    let folder = tempfile::tempdir().unwrap();
    let number = fill(folder.path());
    let kpis = measured(folder.path());
    let told: Vec<_> =
        kpis.iter().map(|kpi| (kpi.title, kpi.numerator, kpi.denominator, kpi.permille)).collect();
    let worst = ("连续24小时最低接通率", 3, 8, Some(375));
    assert_eq!(told, [("15秒接通率", 2, 8, Some(250)), ("接通率", 3, 8, Some(375)), worst]);
    let of = |name| kpis.iter().find(|kpi| kpi.name == name).unwrap();
    let (in_time, answered) = (of(CallKpiName::AnsweredInTime), of(CallKpiName::Answered));
    assert_eq!(serials(&in_time.counted), [1, 2]);
    assert_eq!(serials(&in_time.missed), [3, 4, 9, 11, 12, 13]);
    assert_eq!(serials(&answered.counted), [1, 2, 3]);
    assert_eq!(serials(&answered.missed), [4, 9, 11, 12, 13]);
    // One day has one 24 hours, its own.
    let worst = of(CallKpiName::AnsweredWorstDay);
    assert_eq!((&worst.counted, &worst.missed), (&answered.counted, &answered.missed));
    assert_eq!(worst.since, Some(at("2026-11-22T00:00:00+08:00")));
    for kpi in [in_time, answered, worst] {
        let excluded = |why| serials(&kpi.excluded[&why]);
        assert_eq!(excluded(CallExcluded::LookedUp), [7]);
        assert_eq!(excluded(CallExcluded::OtherChoice), [8, 10]);
        assert_eq!(excluded(CallExcluded::HungUpEarly), [5, 6]);
        assert_eq!(kpi.excluded.len(), 3);
        assert_eq!(kpi.goal_percent, Some(95));
    }
    let cases: Vec<_> = answered.counted.iter().filter_map(|one| one.case).collect();
    assert_eq!(cases, [number]);
    let day = (noonish(), noonish() + 24.hours());
    assert!(measure_calls(&[], day).iter().all(|kpi| kpi.permille.is_none()));
}

#[test]
fn the_day_the_week_and_the_month_have_the_figures_of_the_telephone_last() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    // The call of the 21st is one more that was missed: with it and the night before anybody answered the
    // worst 24 hours of week and month begin, without a single answer.
    let left_out = "5秒内挂机 2，语音查询 1，语音留言等 2";
    let day = ("3", "37.5 %", "8", left_out);
    let night = ("0", "0.0 %", "3", "语音留言等 1");
    let reports = [
        ("day-2026-11-22", "2026-11-23T08:00:00+08:00", [("25.0 %", "8"), ("37.5 %", "8")], day),
        ("week-2026-W47", "2026-11-23T09:00:00+08:00", [("22.2 %", "9"), ("33.3 %", "9")], night),
        ("month-2026-11", "2026-12-01T09:00:00+08:00", [("22.2 %", "9"), ("33.3 %", "9")], night),
    ];
    for (id, ready, [in_time, answered], worst) in reports {
        assert_eq!(make(folder.path(), ready, id), Some(1), "{id}");
        let document = shown(folder.path(), id, None, Role::Director);
        let table = document.tables.iter().find(|table| table.title == "三、办理指标").unwrap();
        let row = |title: &str, (count, share, all, left_out): (&str, &str, &str, &str)| {
            [title, count, all, share, "95 %", left_out].map(str::to_owned).to_vec()
        };
        let expected = [
            row("15秒接通率", ("2", in_time.0, in_time.1, left_out)),
            row("接通率", ("3", answered.0, answered.1, left_out)),
            row("连续24小时最低接通率", worst),
        ];
        assert_eq!(table.rows[table.rows.len() - 3..], expected, "{id}");
    }
    // Who reads his own reads nothing of the line as a whole.
    let own = shown(folder.path(), "day-2026-11-22", None, Role::UnitLeader);
    assert!(own.tables.iter().all(|table| table.title != "三、办理指标"));
}
