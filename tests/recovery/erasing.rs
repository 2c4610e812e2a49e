//! Killed while what is over is erased: every account is whole, nothing is erased twice, it goes on.

use crate::child;
use crate::desk::*;
use mayorline::domain::call::RecordingKind;
use mayorline::domain::case::CaseEvent;
use mayorline::store::{Reader, Retained, StoreHandle, recording_file, verify};
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

const NAME: &str = "erasing::killed_at_any_instant_an_erasure_goes_on_and_nothing_is_counted_twice";
const CALLS: u32 = 150;
const CASES: u32 = 50;
const CYCLES: u64 = 8;
/// Eleven years after [`noonish`].
const LATER: &str = "2037-12-01T10:00:00+08:00";

/// Calls with a recording each that no case came of, and cases that are at their end.
fn fill(data: &Path) {
    let store = open(data);
    let handle = store.handle();
    let day = jiff::civil::date(2026, 11, 22);
    for serial in 1..=CALLS {
        let call = call_id(serial);
        assert!(handle.call_started(call_started(&call)));
        let file = recording_file(day, &call, RecordingKind::WholeCall, 1);
        let summary = write_wav(data, &file, 16_000);
        let entry = mayorline::domain::call::Entry {
            at: Duration::ZERO,
            kind: mayorline::domain::call::EntryKind::Recording(RecordingKind::WholeCall, summary),
        };
        let record = call_record(&call, vec![entry]);
        assert!(handle.call_finished(noonish(), record, vec![citizen_leg()]));
    }
    for key in 0..CASES {
        let (number, _) = new_case(&handle, &format!("k{key}"));
        record(&handle, number, vec![CaseEvent::Withdrawn]).unwrap();
    }
    store.close();
}

/// Looks until nothing is left, or until it is killed.
fn erase_until_killed(data: &Path) {
    let store = open(data);
    println!("erasing");
    let handle = store.handle();
    while !retain(&handle).is_idle() {}
    store.close();
}

/// One look; the sweeper may have its hands full with what the look before it asked for.
fn retain(handle: &StoreHandle) -> Retained {
    loop {
        let (send, receive) = sync_channel(1);
        if handle.retain(at(LATER), Box::new(move |outcome| send.send(outcome).unwrap())) {
            return receive.recv_timeout(PATIENCE).unwrap().unwrap();
        }
        #[allow(clippy::disallowed_methods)] // A real thread works in real time.
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn erase_and_kill(data: &Path, cycle: u64) {
    let mut child = child::command(NAME, "erase", data, "").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("erasing")));
    #[allow(clippy::disallowed_methods)] // A real process runs in real time.
    std::thread::sleep(Duration::from_millis(3 + cycle * 7919 % 41));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What the audit says was erased, all entries together.
fn counted(data: &Path) -> u32 {
    let rows = Reader::open(data).unwrap();
    let rows = rows.audit(jiff::Timestamp::MIN, jiff::Timestamp::MAX, 1_000).unwrap();
    let parts = rows.iter().flat_map(|row| row.reason.split('；').skip(1));
    parts.map(|part| part.split(' ').nth(1).unwrap().parse::<u32>().unwrap()).sum()
}

/// Rows of which something is left: of calls, and of cases.
fn left(data: &Path) -> (u32, u32) {
    let db = Connection::open(data.join("mayorline.db")).unwrap();
    let count = |sql| db.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let calls = "SELECT count(*) FROM recording WHERE erased_at IS NULL";
    let cases = "SELECT count(*) FROM case_key WHERE length(wrapped) > 0";
    (count(calls), count(cases))
}

#[test]
fn killed_at_any_instant_an_erasure_goes_on_and_nothing_is_counted_twice() {
    if child::role().is_some() {
        return erase_until_killed(&child::data());
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    fill(data);
    assert_eq!(left(data), (CALLS, CASES));
    let mut interrupted = 0;
    for cycle in 0..CYCLES {
        erase_and_kill(data, cycle);
        let report = verify(data).unwrap();
        assert!(report.is_sound(), "cycle {cycle}: {report:?}");
        let (calls, cases) = left(data);
        assert_eq!(counted(data), CALLS + CASES - calls - cases, "cycle {cycle}");
        interrupted += u32::from(calls + cases > 0 && calls + cases < CALLS + CASES);
    }
    erase_until_killed(data);
    assert_eq!((left(data), counted(data)), ((0, 0), CALLS + CASES));
    let report = verify(data).unwrap();
    assert!(report.is_sound() && !report.unscrubbed, "{report:?}");
    let recordings = std::fs::read_dir(data.join("recordings/2026-11-22")).unwrap().count();
    assert_eq!(recordings, 0);
    assert!(interrupted > 0, "no kill fell into the work");
}
