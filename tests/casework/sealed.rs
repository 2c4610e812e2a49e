//! A case under seal, from the proposal on: number, date and channel, and nothing else, by any list.

use crate::desk::*;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, RecordingKind};
use mayorline::domain::case::{Actor, DeadlineRules, Order, Role, Task};
use mayorline::domain::playback::Hears;
use mayorline::store::{
    Administration, CaseName, CaseRow, Hearable, NewAttempt, Reader, StoreError, recording_file,
    verify,
};
use mayorline::units::CaseNumber;
use std::path::Path;

fn propose_seal(data: &Path, number: CaseNumber) {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let order = Order { actor: Actor::new("li", Role::Clerk, None), task: Task::ProposeSeal };
    let mut beside = Administration::open(data, noonish()).unwrap();
    beside.act(noonish(), desk, CaseName::Number(number), &order).unwrap();
}

#[test]
fn a_proposed_seal_hides_the_case_its_call_its_recording_and_its_callback() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (handle, call) = (store.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let file = recording_file(jiff::civil::date(2026, 11, 22), &call, RecordingKind::Message, 1);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.call = Some(call.clone());
    message.recording = Some(write_wav(folder.path(), &file, 16_000));
    message.callback = true;
    let number = store_intake(&handle, message).0.unwrap();
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    let (open_case, _) = new_case(&handle, "other");
    let reader = Reader::open(folder.path()).unwrap();
    let told = |reader: &Reader| {
        let tasks = reader.callbacks(noonish(), 9).unwrap();
        let shown = [
            reader
                .case(number)
                .map_or_else(|e| e.to_string(), |c| serde_json::to_string(&c).unwrap()),
            serde_json::to_string(&reader.cases(9).unwrap()).unwrap(),
            serde_json::to_string(&reader.call(&call).unwrap()).unwrap(),
            serde_json::to_string(&reader.calls(9).unwrap()).unwrap(),
            serde_json::to_string(&tasks).unwrap(),
        ];
        (tasks.open, shown)
    };
    let (before, shown) = told(&reader);
    assert_eq!(before, 1);
    assert!(shown[0].contains("19900000017") && shown[2].contains("19900000017"));
    let id = reader.case(number).unwrap().row.id;
    propose_seal(folder.path(), number);
    let (after, shown) = told(&reader);
    assert_eq!(after, 0, "nobody is asked to call back");
    let [case, list, call_told, calls, tasks] = &shown;
    for text in [case, call_told, calls, tasks] {
        for hidden in ["19900000017", "0017", ".wav", "路灯", "127.0.0.1", "语音留言"] {
            assert!(!text.contains(hidden), "{hidden} is told: {text}");
        }
    }
    assert!(list.contains(&open_case.to_string()), "the other case is told as before");
    let rows = reader.cases(9).unwrap();
    let row = rows.iter().find(|row| row.id == id).unwrap();
    let bare = CaseRow {
        id,
        number: Some(number.to_string()),
        state: "sealed".to_owned(),
        channel: "voicemail".to_owned(),
        received_at: row.received_at.clone(),
        ..CaseRow::default()
    };
    assert_eq!(*row, bare);
    assert!(matches!(reader.code(number), Err(StoreError::NotFound)));
    assert!(reader.call(&call).unwrap().row.cases.is_empty());
    let attempt = NewAttempt { task: id, seat: seat("801"), call: call_id(2) };
    let refused = answered(|answer| handle.begin_attempt(noonish(), attempt, answer));
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    assert_eq!(reader.past_calls(&Hears::All).unwrap(), []);
    assert_eq!(reader.hearable(1, &Hears::All).unwrap(), Hearable::NotAllowed);
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn rows_that_an_interrupted_step_left_behind_are_worked_out_at_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (number, _) = new_case(&store.handle(), "k");
    propose_seal(folder.path(), number);
    store.close();
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    db.execute("UPDATE case_file SET seal_proposed = 0, urgency = 'x'", []).unwrap();
    db.execute("DELETE FROM meta WHERE key = 'rows_format'", []).unwrap();
    drop(db);
    assert!(!verify(folder.path()).unwrap().is_sound());
    open(folder.path()).close();
    assert!(verify(folder.path()).unwrap().is_sound());
}
