//! `mayorline verify` finds what was changed behind its back.

use crate::desk::*;
use crate::{Outcome, run};
use mayorline::domain::call::{IntakeKind, RecordingKind};
use mayorline::store::recording_file;
use std::path::Path;

/// A sound folder, changed by `tamper`, verified.
fn after(tamper: impl FnOnce(&Path, &str)) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let day = jiff::civil::date(2026, 11, 22);
    let file = recording_file(day, &call_id(1), RecordingKind::Message, 1);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.recording = Some(write_wav(folder.path(), &file, 16_000));
    store_intake(&store.handle(), message);
    new_case(&store.handle(), "t");
    store.close();
    tamper(folder.path(), &file);
    run(&["verify", "--data", folder.path().to_str().unwrap()])
}

fn sql(data: &Path, change: &str) {
    let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
    let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                    WHERE type = 'trigger'";
    let drop: String = db.query_row(triggers, [], |row| row.get(0)).unwrap();
    db.execute_batch(&drop).unwrap();
    assert_eq!(db.execute(change, []).unwrap(), 1, "{change}");
}

fn finds(outcome: &Outcome, fault: &str) {
    assert_eq!(outcome.code, 65, "{outcome:?}");
    assert!(
        outcome.out.lines().any(|line| line.starts_with("FAULT ") && line.contains(fault)),
        "{outcome:?}"
    );
}

#[test]
fn a_sound_folder_is_0() {
    let sound = after(|_, _| {});
    assert_eq!((sound.code, sound.err.as_str()), (0, ""), "{sound:?}");
    assert!(sound.out.starts_with("events 4, cases 2, recordings 1, days 1"), "{}", sound.out);
}

#[test]
fn a_changed_event_is_found() {
    let change = "UPDATE event SET actor = 'mayor' WHERE seq = 2";
    finds(&after(|data, _| sql(data, change)), "chain 2: was changed");
}

#[test]
fn a_changed_row_is_found() {
    let change = "UPDATE case_file SET unit = 'unit.99' WHERE id = 2";
    finds(&after(|data, _| sql(data, change)), "projection 2: unit");
}

#[test]
fn a_deleted_and_a_changed_recording_are_found() {
    let gone = after(|data, file| std::fs::remove_file(data.join(file)).unwrap());
    finds(&gone, "message.1.wav: the file is missing");
    let changed = after(|data, file| {
        let mut bytes = std::fs::read(data.join(file)).unwrap();
        bytes[1000] ^= 1;
        std::fs::write(data.join(file), bytes).unwrap();
    });
    finds(&changed, "message.1.wav: the file was changed");
}
