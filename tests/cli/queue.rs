//! `case` and `call`, beside a running service and on a stopped one: the keys of their JSON.

use crate::desk::*;
use crate::support::service::{Start, json};
use crate::{run, text};
use mayorline::domain::call::{Entry, EntryKind, IntakeKind, RecordingKind};
use mayorline::store::recording_file;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const CASE_ROW: &str = "id number state channel received_at call contact summary unit due_on \
    due_provisional callback_due_at callback_reason recording";
const CASE_DETAIL: &str = "caller text round nature closed_on merged_into level docket admonition \
    contact_dead uncoded events recordings";
const CALL_ROW: &str = "id caller called started_at ended_at lasted_ms ended_by cases";
const CALL_DETAIL: &str = "display peer digits prompts entries legs queue callback recordings";
const LEG: &str = "leg party role label peer codec from_ms answered_ms to_ms held_ms ended_by \
    cause received sent lost";
const RECORDING: &str = "file kind duration_ms speech_ms sha256 found missing tracks";

/// A call with a message that became a case, in a folder whose service is stopped.
fn stopped(data: &Path) -> String {
    let store = open(data);
    let (handle, call) = (store.handle(), call_id(1));
    assert!(handle.call_started(call_started(&call)));
    let day = jiff::civil::date(2026, 11, 22);
    let file = recording_file(day, &call, RecordingKind::Message, 1);
    let mut message = intake("m", IntakeKind::Voicemail);
    message.call = Some(call.clone());
    message.recording = Some(write_wav(data, &file, 16_000));
    let number = store_intake(&handle, message).0.unwrap();
    let kinds = [EntryKind::Prompt("G01".to_owned()), EntryKind::Digit('2')];
    let entries = kinds.map(|kind| Entry { at: Duration::ZERO, kind }).to_vec();
    assert!(handle.call_finished(noonish(), call_record(&call, entries), vec![citizen_leg()]));
    store.close();
    number.to_string()
}

fn has_keys(value: &Value, keys: &[&str]) {
    let mut wanted: Vec<&str> = keys.iter().flat_map(|keys| keys.split_whitespace()).collect();
    wanted.sort_unstable();
    let mut found: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, wanted);
}

fn check_keys(data: &Path, number: &str) {
    let call = call_id(1);
    let (cases, calls) = (json(data, &["case", "list"]), json(data, &["call", "list"]));
    has_keys(&cases[0], &[CASE_ROW]);
    has_keys(&calls[0], &[CALL_ROW]);
    let case = json(data, &["case", "show", number]);
    has_keys(&case, &[CASE_ROW, CASE_DETAIL]);
    has_keys(&case["events"][0], &["seq at actor body"]);
    has_keys(&case["recordings"][0], &[RECORDING]);
    let shown = json(data, &["call", "show", call.as_str()]);
    has_keys(&shown, &[CALL_ROW, CALL_DETAIL]);
    has_keys(&shown["legs"][0], &[LEG]);
    has_keys(&shown["entries"][0], &["at_ms party kind value"]);
    has_keys(&shown["recordings"][0], &[RECORDING]);
    assert_eq!((&case["contact"], &shown["digits"]), (&"19900000017".into(), &"2".into()));
}

#[test]
fn the_keys_are_the_same_beside_a_running_service_and_on_a_stopped_one() {
    let folder = tempfile::tempdir().unwrap();
    let number = stopped(folder.path());
    check_keys(folder.path(), &number);
    let service = Start::new(folder.path()).run();
    check_keys(folder.path(), &number);
    let before = service.json(&["case", "list"]).as_array().unwrap().len();
    assert!((200..300).contains(&text(service.udp(), "19900000018", "路灯不亮")));
    let cases = service.json(&["case", "list"]);
    assert_eq!(cases.as_array().unwrap().len(), before + 1);
    assert_eq!((&cases[0]["channel"], &cases[0]["state"]), (&"text".into(), &"accepted".into()));
    assert_eq!(cases[0]["contact"], "199****0018", "lists are masked");
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(json(folder.path(), &["case", "list", "--limit", "1"]).as_array().unwrap().len(), 1);
}

#[test]
fn text_without_json_is_one_line_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let number = stopped(folder.path());
    let data = folder.path().to_str().unwrap();
    let listed = run(&["case", "list", "--data", data]);
    assert_eq!((listed.code, listed.out.lines().count()), (0, 1), "{listed:?}");
    assert!(listed.out.contains(&format!("number={number}")), "{}", listed.out);
}

#[test]
fn what_is_not_there_is_66_and_a_damaged_database_is_65() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let refused = |verb: &[&str]| run(&[verb, &["--data", data]].concat());
    for verb in [&["case", "list"][..], &["call", "list"], &["verify"]] {
        assert_eq!(refused(verb).code, 66, "no database: {verb:?}");
    }
    stopped(folder.path());
    assert_eq!(refused(&["case", "show", "26112299991"]).code, 66);
    assert_eq!(refused(&["case", "show", "draft-77"]).code, 66);
    assert_eq!(refused(&["call", "show", "g1-01a1ee565e00-0077"]).code, 66);
    std::fs::write(folder.path().join("mayorline.db"), "no database".repeat(1000)).unwrap();
    for verb in [&["case", "list"][..], &["call", "list"], &["verify"]] {
        let outcome = refused(verb);
        assert_eq!((outcome.code, outcome.err.lines().count()), (65, 1), "{verb:?}: {outcome:?}");
    }
}
