//! `audit list`, beside a running service and on a stopped one.

use crate::desk::*;
use crate::run;
use crate::support::service::{Start, json};
use mayorline::store::{AuditEntry, AuditKind};
use serde_json::Value;
use std::path::Path;

fn note(data: &Path, entries: &[(i64, AuditKind, &str)]) {
    let store = open(data);
    for (day, kind, reason) in entries {
        let entry = AuditEntry {
            actor: "701".to_owned(),
            kind: *kind,
            subject: "g1-01a1ee565e00-0001".to_owned(),
            reason: (*reason).to_owned(),
        };
        let at = noonish() + jiff::SignedDuration::from_hours(24 * day);
        answered(|answer| store.handle().audit(at, entry, answer)).unwrap();
    }
    store.close();
}

fn kinds(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap()).collect()
}

#[test]
fn the_audit_is_listed_newest_last_by_days_and_by_limit() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let entries = [
        (0, AuditKind::Listen, ""),
        (0, AuditKind::StopListening, ""),
        (1, AuditKind::Playback, "复核"),
    ];
    note(data, &entries);
    let all = json(data, &["audit", "list"]);
    assert_eq!(kinds(&all), ["listen", "stop_listening", "playback"]);
    let mut keys: Vec<&String> = all[2].as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["actor", "at", "kind", "reason", "seq", "subject"]);
    assert_eq!((&all[2]["actor"], &all[2]["reason"]), (&"701".into(), &"复核".into()));
    let day = &all[2]["at"].as_str().unwrap()[..10];
    assert_eq!(kinds(&json(data, &["audit", "list", "--from", day])), ["playback"]);
    let first = &all[0]["at"].as_str().unwrap()[..10];
    let of_first = json(data, &["audit", "list", "--from", first, "--to", first]);
    assert_eq!(kinds(&of_first), ["listen", "stop_listening"]);
    let last = json(data, &["audit", "list", "--limit", "2"]);
    assert_eq!(kinds(&last), ["stop_listening", "playback"]);
    let service = Start::new(data).run();
    assert_eq!(service.json(&["audit", "list"]), all);
    assert_eq!(service.stop().code(), Some(0));
    let path = data.to_str().unwrap();
    let wrong = run(&["audit", "list", "--data", path, "--from", day, "--to", first]);
    assert_eq!(wrong.code, 64, "{wrong:?}");
    let text = run(&["audit", "list", "--data", path]);
    assert_eq!((text.code, text.out.lines().count()), (0, 3), "{text:?}");
}
