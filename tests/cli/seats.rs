//! `seat` and `callback`, beside a running service and on a stopped one.

use crate::desk::*;
use crate::support::service::{Start, json};
use crate::{Outcome, run};
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::AttemptOutcome;
use mayorline::store::NewAttempt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const PASSWORD: &str = "kite-river-7-lamp";

fn password_file(folder: &Path, words: &str) -> PathBuf {
    let file = folder.join("password");
    std::fs::write(&file, words).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// A verb on a data folder.
fn on(data: &Path, verb: &[&str]) -> Outcome {
    run(&[verb, &["--data", data.to_str().unwrap()]].concat())
}

fn add(data: &Path, number: &str, password: &Path) -> Outcome {
    let password = password.to_str().unwrap();
    on(data, &["seat", "add", number, "--name", "王芳", "--password-file", password])
}

#[test]
fn a_seat_is_added_to_a_fresh_folder_listed_changed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = password_file(folder.path(), &format!("{PASSWORD}\n"));
    let password = file.to_str().unwrap();
    let added = on(
        &data,
        &[
            "seat",
            "add",
            "809",
            "--name",
            "李班长",
            "--password-file",
            password,
            "--role",
            "supervisor",
            "--group",
            "总台",
            "--group",
            "市长接听日",
        ],
    );
    assert_eq!((added.code, added.out.as_str()), (0, "seat 809 added\n"));
    assert_eq!(added.told(), "");
    assert_eq!(add(&data, "801", &file).code, 0);
    let seats = json(&data, &["seat", "list"]);
    let keys: Vec<&String> = seats[0].as_object().unwrap().keys().collect();
    let expected =
        ["changed_at", "created_at", "groups", "md5", "name", "number", "phones", "role", "usable"];
    assert_eq!(keys, expected);
    assert_eq!((&seats[0]["number"], &seats[1]["number"]), (&"801".into(), &"809".into()));
    assert_eq!((&seats[0]["role"], &seats[1]["role"]), (&"operator".into(), &"supervisor".into()));
    assert_eq!(seats[1]["groups"], serde_json::json!(["总台", "市长接听日"]));
    assert_eq!((&seats[0]["usable"], &seats[0]["phones"]), (&true.into(), &serde_json::json!([])));
    let other_realm = on(&data, &["seat", "list", "--json", "--set", "seats.realm=elsewhere"]);
    assert!(other_realm.out.contains("\"usable\": false"), "{other_realm:?}");
    assert_eq!(on(&data, &["seat", "set-password", "801", "--password-file", password]).code, 0);
    assert_eq!(on(&data, &["seat", "remove", "801"]).code, 0);
    assert_eq!(on(&data, &["seat", "remove", "801"]).code, 66);
    assert_eq!(json(&data, &["seat", "list"]).as_array().unwrap().len(), 1);
    let verified = on(&data, &["verify"]);
    assert!(verified.code == 0 && verified.out.contains("audit entries 4"), "{verified:?}");
}

#[test]
fn what_is_wrong_is_refused_by_its_exit_code_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let good = password_file(folder.path(), PASSWORD);
    let password = good.to_str().unwrap();
    for verb in [&["seat", "list"][..], &["seat", "remove", "801"], &["callback", "list"]] {
        assert_eq!(on(&data, verb).code, 66, "no database: {verb:?}");
    }
    assert!(!data.exists(), "asking makes no folder");
    for number in ["80", "110", "012", "8a1"] {
        assert_eq!(add(&data, number, &good).code, 64, "{number}");
    }
    let role = ["seat", "add", "801", "--name", "a", "--role", "king", "--password-file", password];
    assert_eq!(on(&data, &role).code, 64);
    assert_eq!(add(&data, "801", &folder.path().join("nowhere")).code, 66);
    assert!(!data.exists());
    assert_eq!(add(&data, "801", &good).code, 0);
    let twice = add(&data, "801", &good);
    assert!(twice.code == 65 && twice.err.contains("in use"), "{twice:?}");
    let nameless = ["seat", "add", "802", "--name", "", "--password-file", password];
    assert_eq!(on(&data, &nameless).code, 65);
    for (weak, rule) in [
        ("short-1", "12 to 128"),
        ("one line\nand another-1", "one line"),
        ("seat-802-word", "number"),
    ] {
        let weak = password_file(folder.path(), weak);
        let refused = add(&data, "802", &weak);
        assert!(refused.code == 65 && refused.err.contains(rule), "{refused:?}");
    }
    assert_eq!(json(&data, &["seat", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn the_password_is_never_stored_printed_or_logged_and_a_loose_file_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = password_file(folder.path(), PASSWORD);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let argument = file.to_str().unwrap();
    let verb = [
        "seat",
        "add",
        "801",
        "--name",
        "a",
        "--password-file",
        argument,
        "--set",
        "log.level=trace",
    ];
    let added = on(&data, &verb);
    assert!(added.code == 0 && added.err.contains("can be read by others"), "{added:?}");
    let listed = on(&data, &["seat", "list", "--json", "--set", "log.level=trace"]);
    let mut seen = format!("{added:?}{listed:?}").into_bytes();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            seen.extend(std::fs::read(path).unwrap());
        }
    }
    assert!(!seen.windows(PASSWORD.len()).any(|bytes| bytes == PASSWORD.as_bytes()));
    assert!(!listed.out.contains("ha1") && !listed.out.contains("sha256"), "{listed:?}");
}

#[test]
fn seats_are_changed_beside_a_running_service_and_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = password_file(folder.path(), PASSWORD);
    let data = folder.path().join("data");
    let service = Start::new(&data).run();
    assert_eq!(add(&data, "801", &file).code, 0);
    assert_eq!(add(&data, "802", &file).code, 0);
    assert_eq!(on(&data, &["seat", "remove", "801"]).code, 0);
    assert_eq!(service.json(&["seat", "list"])[0]["number"], "802");
    assert!((200..300).contains(&crate::text(service.udp(), "19900000018", "路灯不亮")));
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(json(&data, &["seat", "list"]).as_array().unwrap().len(), 1);
    let verified = on(&data, &["verify"]);
    assert!(verified.code == 0 && verified.out.contains("audit entries 3"), "{verified:?}");
}

#[test]
fn many_writes_beside_a_busy_service_lose_nothing_on_either_side() {
    let folder = tempfile::tempdir().unwrap();
    let file = password_file(folder.path(), PASSWORD);
    let data = folder.path().join("data");
    let service = Start::new(&data).run();
    let udp = service.udp();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 801..=812 {
                assert_eq!(add(&data, &number.to_string(), &file).code, 0);
            }
        });
        // Each a matter of its own.
        for sender in 0..24 {
            let sender = format!("199000002{sender:02}");
            assert!((200..300).contains(&crate::text(udp, &sender, "路灯不亮")));
        }
    });
    assert_eq!(service.json(&["seat", "list"]).as_array().unwrap().len(), 12);
    assert_eq!(service.json(&["case", "list"]).as_array().unwrap().len(), 24);
    assert_eq!(service.stop().code(), Some(0));
    assert_eq!(on(&data, &["verify"]).code, 0);
}

#[test]
fn the_list_says_who_was_called_back_by_whom_and_how_many_remain() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    for key in ["a", "b", "c"] {
        store_intake(&handle, intake(key, IntakeKind::Abandoned));
    }
    let tasks = answered(|answer| handle.open_callbacks(answer)).unwrap();
    for (serial, outcome) in [(0, AttemptOutcome::Reached), (1, AttemptOutcome::NoAnswer)] {
        let task = tasks[serial].task;
        let call = call_id(u32::try_from(serial).unwrap());
        let attempt = NewAttempt { task, seat: seat("801"), call };
        let begun = answered(|answer| handle.begin_attempt(noonish(), attempt, answer)).unwrap();
        let end = |answer| handle.end_attempt(noonish(), begun.id, outcome, answer);
        answered(end).unwrap();
    }
    store.close();
    let list = json(folder.path(), &["callback", "list"]);
    assert_eq!((&list["open"], &list["done"]), (&2.into(), &1.into()));
    let rows = list["tasks"].as_array().unwrap();
    let by: Vec<_> = rows.iter().map(|row| (&row["by"], &row["outcome"])).collect();
    let (nobody, seat) = (&serde_json::Value::Null, &"801".into());
    assert!(by.contains(&(nobody, nobody)) && by.contains(&(seat, &"no_answer".into())), "{by:?}");
    assert_eq!(by.last(), Some(&(seat, &"reached".into())), "done ones come last");
    assert!(rows.iter().all(|row| row["contact"] == "199****0017"), "masked");
    let keys = "attempts by contact done_at due_at number outcome reason task";
    let found: Vec<&str> = rows[2].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found.join(" "), keys);
    let text = on(folder.path(), &["callback", "list"]).out;
    assert!(text.starts_with("open=2 overdue=") && text.lines().count() == 4, "{text}");
}
