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
    due_provisional callback_due_at callback_reason recording risks";
const CASE_DETAIL: &str = "caller text round nature closed_on merged_into level docket admonition \
    contact_dead uncoded events recordings";
const CALL_ROW: &str = "id caller called started_at ended_at lasted_ms ended_by cases";
const CALL_DETAIL: &str = "display peer digits prompts entries legs queue callback recordings";
const LEG: &str = "leg party role label peer codec from_ms answered_ms to_ms held_ms ended_by \
    cause received sent lost reported";
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
    assert_eq!((&case["contact"], &shown["digits"]), (&"199****0017".into(), &"2".into()));
    for masked in [&case, &shown] {
        assert_eq!(masked["caller"], "199****0017");
        assert!(!masked.to_string().contains("19900000017"), "{masked}");
    }
    let told = serde_json::json!({"by": "citizen", "lost": 9, "percent": 12, "jitter_ms": 4});
    assert_eq!(shown["legs"][0]["reported"], told);
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
fn a_contact_is_told_in_clear_after_its_reason_stands_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let number = stopped(folder.path());
    let data = folder.path().to_str().unwrap();
    let show = |more: &[&str]| {
        run(&[&["case", "show", number.as_str(), "--data", data][..], more].concat())
    };
    // Neither a reason without a person nor a person without a reason, and no empty reason.
    for wrong in [
        &["--reason", "核实"][..],
        &["--as", "wang"],
        &["--as", " ", "--reason", "核实"],
        &["--as", "wang", "--reason", " "],
    ] {
        let refused = show(wrong);
        assert_eq!((refused.code, refused.out.as_str()), (64, ""), "{wrong:?}: {refused:?}");
    }
    let unknown = ["case", "show", "26112299991", "--as", "wang", "--reason", "核实"];
    assert_eq!(run(&[&unknown[..], &["--data", data]].concat()).code, 66);
    let audit = || {
        let rows = json(folder.path(), &["audit", "list"]);
        let rows = rows.as_array().unwrap().iter().filter(|row| row["kind"] == "contact_shown");
        rows.map(|row| [&row["actor"], &row["subject"], &row["reason"]].map(Value::to_string))
            .collect::<Vec<_>>()
    };
    assert_eq!(audit(), <Vec<[String; 3]>>::new(), "nothing was shown");
    let why = ["case", "show", number.as_str(), "--as", "wang", "--reason", "回电核实地址"];
    let one = ["\"wang\"".to_owned(), format!("\"{number}\""), "\"回电核实地址\"".to_owned()];
    let service = Start::new(folder.path()).run();
    let shown = json(folder.path(), &why);
    assert_eq!(
        (&shown["contact"], &shown["caller"]),
        (&"19900000017".into(), &"19900000017".into())
    );
    assert_eq!(audit(), std::slice::from_ref(&one), "beside a running service");
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(json(folder.path(), &why)["contact"], "19900000017");
    assert_eq!(audit(), [one.clone(), one], "and on a stopped one");
    assert_eq!(run(&["verify", "--data", data]).code, 0);
}

#[test]
fn who_called_is_told_in_clear_after_the_reason_stands_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    stopped(folder.path());
    let (data, call) = (folder.path().to_str().unwrap(), call_id(1));
    let show =
        |more: &[&str]| run(&[&["call", "show", call.as_str(), "--data", data][..], more].concat());
    for wrong in [
        &["--reason", "核实"][..],
        &["--as", "wang"],
        &["--as", " ", "--reason", "核实"],
        &["--as", "wang", "--reason", " "],
    ] {
        let refused = show(wrong);
        assert_eq!((refused.code, refused.out.as_str()), (64, ""), "{wrong:?}: {refused:?}");
    }
    let masked = show(&[]);
    assert!(masked.out.contains("caller=199****0017"), "{}", masked.out);
    assert!(!masked.out.contains("19900000017"), "{}", masked.out);
    let audit = || {
        let rows = json(folder.path(), &["audit", "list"]);
        let rows = rows.as_array().unwrap().iter().filter(|row| row["kind"] == "contact_shown");
        rows.map(|row| [&row["actor"], &row["subject"], &row["reason"]].map(Value::clone))
            .collect::<Vec<_>>()
    };
    assert_eq!(audit(), <Vec<[Value; 3]>>::new(), "nothing was shown");
    let why = ["call", "show", call.as_str(), "--as", "wang", "--reason", "回电核实地址"];
    let one: [Value; 3] = ["wang", call.as_str(), "回电核实地址"].map(Value::from);
    let service = Start::new(folder.path()).run();
    assert_eq!(json(folder.path(), &why)["caller"], "19900000017");
    assert_eq!(audit(), std::slice::from_ref(&one), "beside a running service");
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(json(folder.path(), &why)["caller"], "19900000017");
    assert_eq!(audit(), [one.clone(), one], "and on a stopped one");
    assert_eq!(run(&["verify", "--data", data]).code, 0);
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
