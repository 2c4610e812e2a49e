//! A store that cannot be opened at the start: the handle says so, and it is used once it can be.

use crate::desk::*;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, RecordingKind, StoreReply, StoreRequest};
use mayorline::store::{Reader, Store, StoreConfig, StoreError, recording_file, verify};
use mayorline::units::{CallId, CaseNumber, QueryCode};
use std::path::Path;
use std::time::Duration;

/// Calls of the process that is under test begin after this.
const SINCE_MS: u64 = 1_795_312_800_000;

fn start(path: &Path) -> Result<Store, StoreError> {
    Store::start(StoreConfig::new(path, noonish()), Calendar::built_in(), [7; 32], noonish)
}

fn wait_until_up(store: &Store) {
    for _ in 0..400 {
        if store.handle().is_up() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the store does not come up");
}

/// Down: everything is refused at once, and what the ledger is told is kept for later.
fn is_down(store: &Store, call: &CallId) {
    let handle = store.handle();
    assert!(!handle.is_up());
    let text = StoreRequest::Open(intake("down", IntakeKind::Text));
    assert_eq!(ask(&handle, noonish(), text, None), None);
    let (number, code) = (CaseNumber::new(2026, 11, 22, 1), QueryCode::new(1));
    let ask_for = StoreRequest::LookUp { number: number.unwrap(), code: code.unwrap() };
    assert_eq!(ask(&handle, noonish(), ask_for, None), None);
    assert!(handle.call_started(call_started(call)));
    assert!(handle.call_finished(noonish(), call_record(call, vec![]), vec![]));
}

#[test]
fn a_folder_that_cannot_be_used_is_taken_into_use_when_it_can() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    std::fs::write(&data, "a file where the folder should be").unwrap();
    let store = start(&data).unwrap();
    let call = CallId::new("g1", SINCE_MS + 1000, 1);
    is_down(&store, &call);
    std::fs::remove_file(&data).unwrap();
    // A recording of a call that runs: it is being written and nobody else may touch it.
    let live = recording_file(jiff::civil::date(2026, 11, 22), &call, RecordingKind::Message, 1);
    write_wav(&data, &live, 0);
    wait_until_up(&store);
    assert_eq!((store.reconciled().found, store.reconciled().repaired), (0, 0));
    let (number, code) = new_case(&store.handle(), "up");
    let again = StoreRequest::LookUp { number, code };
    assert!(matches!(
        ask(&store.handle(), noonish(), again, None),
        Some(StoreReply::LookedUp(mayorline::domain::call::Lookup::Found(_)))
    ));
    store.close();
    let seen = Reader::open(&data).unwrap().call(&call).unwrap();
    assert_eq!(seen.row.ended_by.as_deref(), Some("citizen"), "the ledger's rows were kept");
}

#[test]
fn a_damaged_database_is_left_as_it_is_until_a_person_has_put_a_sound_one_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, _) = new_case(&store.handle(), "before");
    store.close();
    let file = folder.path().join("mayorline.db");
    let sound = std::fs::read(&file).unwrap();
    let damaged = [b"this is no database".repeat(1000), sound.clone()].concat();
    std::fs::write(&file, &damaged).unwrap();
    let store = start(folder.path()).unwrap();
    is_down(&store, &call_id(1));
    assert_eq!(std::fs::read(&file).unwrap(), damaged);
    std::fs::write(folder.path().join("sound.db"), &sound).unwrap();
    std::fs::rename(folder.path().join("sound.db"), &file).unwrap();
    wait_until_up(&store);
    store.close();
    assert_eq!(Reader::open(folder.path()).unwrap().case(number).unwrap().row.state, "accepted");
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_store_that_never_opened_closes_at_once() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    std::fs::write(&data, "a file where the folder should be").unwrap();
    let store = start(&data).unwrap();
    let handle = store.handle();
    assert!(handle.call_started(call_started(&call_id(1))));
    store.close();
    assert_eq!(handle.counters().ledger_lost, 1);
    assert!(!handle.call_started(call_started(&call_id(2))));
}

#[test]
fn what_a_person_must_decide_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = start(folder.path()).unwrap();
    assert!(store.handle().is_up());
    assert!(matches!(start(folder.path()), Err(StoreError::InUse(_))));
    store.close();
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(start(folder.path()), Err(StoreError::Newer { found: 99, .. })));
}
