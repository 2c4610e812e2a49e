//! Killed while what is over is erased: every account is whole, nothing is erased twice, it goes on.

use crate::child;
use crate::desk::*;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::RecordingKind;
use mayorline::domain::case::{CaseEvent, DeadlineRules, RetentionRules};
use mayorline::store::{Administration, ErasureStep, Reader, recording_file, verify};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

const NAME: &str = "erasing::killed_at_any_step_an_erasure_goes_on_and_nothing_is_counted_twice";
const CALLS: u32 = 24;
const CASES: u32 = 12;
/// SIGKILL.
const KILLED: i32 = 9;
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

/// Erases all that is over; kills its own process after so many steps. Gives the steps.
fn erase(data: &Path, die_after: Option<usize>) -> Vec<ErasureStep> {
    let (now, mut steps) = (at(LATER), vec![]);
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let mut alone = Administration::open(data, now).unwrap();
    let mut told = |step| {
        steps.push(step);
        if die_after == Some(steps.len()) {
            // Nothing of this process runs after it, as after a power cut of the process.
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
                .unwrap();
            loop {
                std::thread::park();
            }
        }
    };
    let done = alone.retain(now, desk, &RetentionRules::default(), &mut told).unwrap();
    assert_eq!(done.files_left, 0, "{done:?}");
    steps
}

/// The same in another process, which dies of it.
fn erase_and_die(data: &Path, after: usize) {
    let role = format!("die after {after}");
    let output = child::command(NAME, &role, data, "").output().unwrap();
    assert_eq!(output.status.signal(), Some(KILLED), "{output:?}");
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

/// Each step that comes for the first time, and one in the midst of its kind, by its place.
fn places(steps: &[ErasureStep]) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    for kind in steps.iter().collect::<BTreeSet<_>>() {
        let of_kind: Vec<usize> =
            (1..).zip(steps).filter(|(_, step)| *step == kind).map(|(at, _)| at).collect();
        places.extend([of_kind[0], of_kind[of_kind.len() / 2]]);
    }
    places
}

#[test]
fn killed_at_any_step_an_erasure_goes_on_and_nothing_is_counted_twice() {
    if let Some(role) = child::role() {
        let after = role.strip_prefix("die after ").unwrap().parse().unwrap();
        erase(&child::data(), Some(after));
        return;
    }
    let whole = tempfile::tempdir().unwrap();
    fill(whole.path());
    assert_eq!(left(whole.path()), (CALLS, CASES));
    let steps = erase(whole.path(), None);
    let kinds: BTreeSet<_> = steps.iter().collect();
    assert_eq!(kinds.len(), 6, "every kind of step is there: {kinds:?}");
    let mut interrupted = 0;
    for after in places(&steps) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        fill(data);
        erase_and_die(data, after);
        let place = format!("after {after} steps, {:?}", steps[after - 1]);
        let report = verify(data).unwrap();
        assert!(report.is_sound(), "{place}: {report:?}");
        let (calls, cases) = left(data);
        assert_eq!(counted(data), CALLS + CASES - calls - cases, "{place}");
        let committed = steps[..after].contains(&ErasureStep::Committed);
        assert_eq!(calls + cases < CALLS + CASES, committed, "{place}");
        interrupted += u32::from(report.unscrubbed || !committed);
        erase(data, None);
        assert_eq!((left(data), counted(data)), ((0, 0), CALLS + CASES), "{place}");
        let report = verify(data).unwrap();
        assert!(report.is_sound() && !report.unscrubbed, "{place}: {report:?}");
        let recordings = std::fs::read_dir(data.join("recordings/2026-11-22")).unwrap().count();
        assert_eq!(recordings, 0, "{place}");
    }
    assert!(interrupted > 8, "{interrupted} kills fell into the work");
}
