//! What a crash leaves behind is put right at the next start.

use crate::desk::*;
use crate::recorded::recorded;
use mayorline::domain::call::{IntakeKind, RecordingKind};
use mayorline::store::{Reader, Reconciled, recording_file, verify};
use mayorline::units::CallId;
use std::path::Path;

/// Opens, tells what was put right, and proves that a second start finds nothing more.
fn reopen(data: &Path) -> Reconciled {
    let store = open(data);
    let reconciled = *store.reconciled();
    store.close();
    let store = open(data);
    assert_eq!(*store.reconciled(), Reconciled::default());
    store.close();
    reconciled
}

fn file(call: &CallId, kind: RecordingKind) -> String {
    recording_file(jiff::civil::date(2026, 11, 22), call, kind, 1)
}

#[test]
fn a_call_that_never_ended_becomes_a_draft_to_be_called_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(store.handle().call_started(call_started(&call_id(1))));
    store.close();
    let reconciled = reopen(folder.path());
    assert_eq!((reconciled.crashed_calls, reconciled.drafts), (1, 1));
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.call(&call_id(1)).unwrap().row.ended_by.as_deref(), Some("crash"));
    let drafts = reader.cases(9).unwrap();
    assert_eq!(drafts.len(), 1);
    assert!(drafts[0].callback_due_at.is_some());
    assert_eq!(drafts[0].contact.as_deref(), Some("199****0017"));
    assert_eq!(drafts[0].call.as_deref(), Some(call_id(1).as_str()));
}

#[test]
fn a_crashed_call_whose_case_was_stored_makes_no_second_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(store.handle().call_started(call_started(&call_id(1))));
    let mut text = intake("k", IntakeKind::Text);
    text.call = Some(call_id(1));
    store_intake(&store.handle(), text);
    store.close();
    let reconciled = reopen(folder.path());
    assert_eq!((reconciled.crashed_calls, reconciled.drafts), (1, 0));
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.cases(9).unwrap().len(), 1);
}

#[test]
fn a_recording_created_in_the_instant_of_the_crash_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(store.handle().call_started(call_started(&call_id(1))));
    store.close();
    for (kind, bytes) in [(RecordingKind::Message, 0), (RecordingKind::WholeCall, 43)] {
        let path = folder.path().join(file(&call_id(1), kind));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, vec![0; bytes]).unwrap();
    }
    assert_eq!(reopen(folder.path()).found, 0);
    for kind in [RecordingKind::Message, RecordingKind::WholeCall] {
        assert!(!folder.path().join(file(&call_id(1), kind)).exists());
    }
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_message_cut_off_by_a_crash_is_one_draft_with_a_playable_recording() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(store.handle().call_started(call_started(&call_id(1))));
    store.close();
    let message = file(&call_id(1), RecordingKind::Message);
    write_wav(folder.path(), &message, 0);
    write_wav(folder.path(), &file(&call_id(1), RecordingKind::WholeCall), 16_000);
    let reconciled = reopen(folder.path());
    assert_eq!(
        reconciled,
        Reconciled { crashed_calls: 1, drafts: 1, found: 2, repaired: 1, ..Reconciled::default() }
    );
    let bytes = recorded(folder.path(), &message);
    assert_eq!(hound::WavReader::new(&bytes[..]).unwrap().duration(), 8000);
    let reader = Reader::open(folder.path()).unwrap();
    let rows = reader.cases(9).unwrap();
    assert_eq!((rows.len(), rows[0].recording.as_deref()), (1, Some(message.as_str())));
    let recordings = reader.case_by_id(rows[0].id).unwrap().recordings;
    assert_eq!(recordings.iter().filter(|row| row.found && row.duration_ms == 1000).count(), 2);
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_message_that_nobody_knows_of_is_never_lost() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).close();
    write_wav(folder.path(), &file(&call_id(5), RecordingKind::Message), 16_000);
    write_wav(folder.path(), "recordings/notes.wav", 16_000);
    let reconciled = reopen(folder.path());
    assert_eq!((reconciled.drafts, reconciled.found), (1, 1));
    let rows = Reader::open(folder.path()).unwrap().cases(9).unwrap();
    assert_eq!((rows.len(), rows[0].contact.as_deref()), (1, None));
    assert_eq!(rows[0].callback_reason.as_deref(), Some("missed"));
}

#[test]
fn a_row_whose_file_is_gone_is_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let path = file(&call_id(1), RecordingKind::Message);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.recording = Some(write_wav(folder.path(), &path, 16_000));
    let number = store_intake(&store.handle(), message).0.unwrap();
    store.close();
    std::fs::remove_file(folder.path().join(&path)).unwrap();
    assert_eq!(reopen(folder.path()).missing, 1);
    assert!(Reader::open(folder.path()).unwrap().case(number).unwrap().recordings[0].missing);
    assert!(!verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_file_that_is_no_recording_does_not_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).close();
    let path = folder.path().join(file(&call_id(9), RecordingKind::Message));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, [7; 64]).unwrap();
    assert_eq!(reopen(folder.path()).found, 1);
}
