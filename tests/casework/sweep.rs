//! Recordings and rows held against each other while the service runs.

use crate::desk::*;
use jiff::ToSpan;
use mayorline::domain::call::{IntakeKind, RecordingKind};
use mayorline::store::{Reader, StoreHandle, Swept, recording_file, verify};
use mayorline::units::CallId;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

fn file(call: &CallId, kind: RecordingKind) -> String {
    recording_file(jiff::civil::date(2026, 11, 22), call, kind, 1)
}

fn written_at(data: &Path, file: &str, at: jiff::Timestamp) {
    let handle = std::fs::File::options().write(true).open(data.join(file)).unwrap();
    let since = Duration::from_millis(u64::try_from(at.as_millisecond()).unwrap());
    handle.set_modified(UNIX_EPOCH + since).unwrap();
}

fn sweep(handle: &StoreHandle) -> Swept {
    answered(|answer| handle.sweep(noonish(), answer)).unwrap()
}

#[test]
fn a_file_without_a_row_gets_one_once_nobody_writes_to_it_and_its_call_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let stray = file(&call_id(1), RecordingKind::WholeCall);
    let live = file(&call_id(2), RecordingKind::WholeCall);
    for file in [&stray, &live] {
        write_wav(data, file, 0);
    }
    assert!(handle.call_started(call_started(&call_id(2))));
    new_case(&handle, "a commit after the start of the call");
    written_at(data, &stray, noonish() - 9.minutes());
    written_at(data, &live, noonish() - 60.minutes());
    assert_eq!(sweep(&handle), Swept::default(), "both may still be written");
    written_at(data, &stray, noonish() - 10.minutes());
    assert_eq!(sweep(&handle), Swept { found: 1, repaired: 1, ..Swept::default() });
    assert_eq!(sweep(&handle), Swept::default());
    assert!(handle.call_finished(noonish(), call_record(&call_id(2), vec![]), vec![]));
    new_case(&handle, "a commit after the end of the call");
    assert_eq!(sweep(&handle).found, 1);
    store.close();
    let report = verify(data).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn a_message_found_late_becomes_a_draft_to_be_called_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let message = file(&call_id(5), RecordingKind::Message);
    write_wav(folder.path(), &message, 16_000);
    written_at(folder.path(), &message, noonish() - 1.hour());
    assert_eq!(sweep(&store.handle()).found, 1);
    let tasks = Reader::open(folder.path()).unwrap().callbacks(noonish(), 9).unwrap();
    assert_eq!((tasks.open, tasks.tasks[0].reason.as_str()), (1, "missed"));
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_row_whose_file_is_gone_is_marked_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let path = file(&call_id(1), RecordingKind::Message);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.recording = Some(write_wav(folder.path(), &path, 16_000));
    let number = store_intake(&handle, message).0.unwrap();
    assert_eq!(sweep(&handle), Swept::default());
    std::fs::remove_file(folder.path().join(&path)).unwrap();
    assert_eq!(sweep(&handle), Swept { missing: 1, ..Swept::default() });
    assert_eq!(sweep(&handle), Swept::default());
    assert!(Reader::open(folder.path()).unwrap().case(number).unwrap().recordings[0].missing);
    store.close();
}
