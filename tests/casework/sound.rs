//! What `verify` finds: each kind of damage, and nothing where nothing is.

use crate::desk::*;
use mayorline::domain::call::{Entry, EntryKind, IntakeKind, RecordingKind};
use mayorline::store::{DATABASE_FILE, recording_file, verify};
use rusqlite::Connection;
use std::path::Path;

/// Three cases, one with a recording, and a draft.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let file =
        recording_file(jiff::civil::date(2026, 11, 22), &call_id(1), RecordingKind::Message, 1);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.recording = Some(write_wav(folder.path(), &file, 16000));
    store_intake(&store.handle(), message);
    new_case(&store.handle(), "a");
    new_case(&store.handle(), "b");
    store_intake(&store.handle(), intake("c", IntakeKind::Abandoned));
    store.close();
    folder
}

/// Damages a database past its triggers and gives what `verify` says, area and subject.
fn damaged(damage: impl FnOnce(&Connection, &Path)) -> Vec<(&'static str, String)> {
    let folder = data();
    let db = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
    let names: Vec<String> = db
        .prepare(sql)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for name in names {
        db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    db.pragma_update(None, "foreign_keys", false).unwrap();
    damage(&db, folder.path());
    drop(db);
    let report = verify(folder.path()).unwrap();
    assert_eq!(report.is_sound(), report.faults.is_empty());
    report.faults.into_iter().map(|fault| (fault.area, fault.subject)).collect()
}

fn sql(statement: &'static str) -> Vec<(&'static str, String)> {
    damaged(move |db, _| db.execute_batch(statement).unwrap())
}

fn has(faults: &[(&'static str, String)], area: &str, subject: &str) -> bool {
    faults.iter().any(|(a, s)| *a == area && s == subject)
}

#[test]
fn a_sound_folder_has_no_fault_beside_a_running_service_too() {
    let folder = data();
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.events, report.cases, report.recordings, report.days), (8, 4, 1, 1));
    let store = open(folder.path());
    let call = call_id(2);
    assert!(store.handle().call_started(call_started(&call)));
    new_case(&store.handle(), "later");
    let day = jiff::civil::date(2026, 11, 22);
    write_wav(folder.path(), &recording_file(day, &call, RecordingKind::WholeCall, 1), 0);
    let beside = verify(folder.path()).unwrap();
    assert!(beside.is_sound() && beside.head != report.head, "{beside:?}");
}

#[test]
fn calls_that_come_and_go_meanwhile_are_no_faults() {
    let folder = data();
    let store = open(folder.path());
    let day = jiff::civil::date(2026, 11, 22);
    let done = std::sync::atomic::AtomicBool::new(false);
    let made = std::sync::atomic::AtomicU32::new(0);
    let reports = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let call = call_id(100 + made.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
                assert!(store.handle().call_started(call_started(&call)));
                let file = recording_file(day, &call, RecordingKind::WholeCall, 1);
                let summary = write_wav(folder.path(), &file, 16000);
                let kind = EntryKind::Recording(RecordingKind::WholeCall, summary);
                let entries = vec![Entry { at: std::time::Duration::ZERO, kind }];
                let record = call_record(&call, entries);
                assert!(store.handle().call_finished(noonish(), record, vec![]));
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        });
        let mut reports = vec![];
        while made.load(std::sync::atomic::Ordering::Relaxed) < 20 || reports.len() < 4 {
            reports.push(verify(folder.path()));
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        reports
    });
    for report in reports {
        let report = report.unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_changed_event_is_found() {
    assert!(has(&sql("UPDATE event SET at = at + 1 WHERE seq = 3"), "chain", "3"));
    assert!(has(&sql("UPDATE event SET actor = 'mayor' WHERE seq = 1"), "chain", "1"));
    let faults = sql("UPDATE event SET body = replace(body, 'system', 'mayor') WHERE seq = 4");
    assert!(has(&faults, "chain", "4"), "{faults:?}");
}

#[test]
fn a_missing_event_is_found_in_the_middle_and_at_the_end() {
    assert!(has(&sql("DELETE FROM event WHERE seq = 3"), "chain", "4"));
    let faults = sql("DELETE FROM event_private WHERE seq > 7; DELETE FROM event WHERE seq > 7");
    assert!(!faults.is_empty());
}

#[test]
fn a_changed_private_part_is_found_and_an_erased_one_is_none_of_the_chains_faults() {
    let faults = sql("UPDATE event_private SET body = zeroblob(length(body)) WHERE seq = 3");
    assert!(has(&faults, "private", "3"), "{faults:?}");
    let faults = sql("DELETE FROM event_private WHERE seq = 3");
    assert!(!faults.iter().any(|(area, _)| *area == "chain" || *area == "private"), "{faults:?}");
}

#[test]
fn a_row_that_says_something_else_than_its_events_is_found() {
    for statement in [
        "UPDATE case_file SET state = 'closed' WHERE id = 2",
        "UPDATE case_file SET code_hash = x'00' WHERE id = 2",
        "UPDATE case_file SET due_on = '2027-01-01' WHERE id = 2",
        "UPDATE case_file SET private = NULL WHERE id = 2",
        "DELETE FROM case_file WHERE id = 2",
    ] {
        let faults = sql(statement);
        assert!(has(&faults, "projection", "2"), "{statement}: {faults:?}");
    }
    assert!(has(&sql("DELETE FROM callback_task"), "callback", "4"));
}

#[test]
fn a_gap_in_the_numbers_of_a_day_is_found() {
    assert!(has(&sql("UPDATE day_sequence SET last = 4"), "sequence", "261122"));
    assert!(has(&sql("DELETE FROM day_sequence"), "sequence", "1"));
}

#[test]
fn recordings_and_rows_are_matched_both_ways() {
    let file = "recordings/2026-11-22/g1-01a1ee565e00-0001.message.1.wav";
    let changed = damaged(|_, data| {
        let mut bytes = std::fs::read(data.join(file)).unwrap();
        bytes[100] ^= 1;
        std::fs::write(data.join(file), bytes).unwrap();
    });
    assert!(has(&changed, "recording", file), "{changed:?}");
    let gone = damaged(|_, data| std::fs::remove_file(data.join(file)).unwrap());
    assert!(has(&gone, "recording", file), "{gone:?}");
    let extra = "recordings/2026-11-22/stray.wav";
    let stray = damaged(|_, data| drop(write_wav(data, extra, 16000)));
    assert!(has(&stray, "recording", extra), "{stray:?}");
}
