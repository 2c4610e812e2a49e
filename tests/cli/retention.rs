//! `retention …` and `privacy …`: what is printed, who may decide, where personal data goes.

use crate::desk::*;
use crate::support::service::json;
use crate::{Outcome, run};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn verb(data: &Path, words: &[&str]) -> Outcome {
    run(&[words, &["--data", data.to_str().unwrap()]].concat())
}

fn filled(data: &Path) -> String {
    let store = open(data);
    let (number, _) = new_case(&store.handle(), "k");
    store.close();
    number.to_string()
}

#[test]
fn classes_have_their_periods_and_nothing_is_due_on_a_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    filled(data);
    let shown = json(data, &["retention", "show"]);
    let periods: Vec<_> = shown.as_array().unwrap().iter().map(|row| &row["period"]).collect();
    assert_eq!(periods, ["30 日", "90 日", "365 日", "10 年"]);
    assert_eq!(json(data, &["retention", "due"]), serde_json::json!([]));
    for words in [&["retention", "run", "--dry-run"][..], &["retention", "run"]] {
        let done = json(data, words);
        assert_eq!(
            (&done["erased"], &done["files"]),
            (&serde_json::json!({}), &0.into()),
            "{done}"
        );
    }
    for (setting, fault) in [
        ("retention.case_years=0", "retention.case_years must be 1 to 100"),
        ("retention.spam_days=0", "retention.spam_days must be 1 to 36500"),
        ("retention.reply_days=31", "retention.reply_days must be 1 to 30"),
        (
            "retention.unlinked_days=91",
            "retention.unlinked_days must be at most call.retention_days",
        ),
    ] {
        let refused = run(&["check-config", "--set", setting]);
        assert!(refused.code == 78 && refused.err.contains(fault), "{setting}: {refused:?}");
    }
}

#[test]
fn a_hold_is_the_directors_and_stands_in_the_case() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = filled(data);
    let hold = |role| {
        verb(
            data,
            &["case", "hold", &number, "--as", "wang", "--role", role, "--reason", "litigation"],
        )
    };
    let refused = hold("clerk");
    assert!(refused.code == 65 && refused.err.contains("须由中心主任办理"), "{refused:?}");
    let done = hold("director");
    assert_eq!((done.code, done.out), (0, format!("{number} accepted 已受理\n")), "{}", done.err);
    let shown = json(data, &["case", "show", &number]).to_string();
    assert!(shown.contains("hold_placed") && shown.contains("litigation"), "{shown}");
    let lifted = verb(data, &["case", "lift-hold", &number, "--as", "wang", "--role", "director"]);
    assert_eq!(lifted.code, 0, "{lifted:?}");
}

#[test]
fn a_request_is_taken_down_by_one_person_decided_by_another_and_exported_to_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let number = filled(data);
    let phone = "19900000017";
    let ask = ["privacy", "ask", "access", "--identified", "calling_number", "--name", "孟小样"];
    let nobody = verb(data, &[&ask[..], &["--as", "li"]].concat());
    assert_eq!(nobody.code, 64, "{nobody:?}");
    let wrong = verb(data, &[&ask[..], &["--as", "li", "--phone", "1990x"]].concat());
    assert!(wrong.code == 64 && !wrong.err.contains("1990x"), "{wrong:?}");
    let wrong = verb(data, &[&ask[..], &["--as", "li", "--mail", "zhang.example"]].concat());
    assert!(wrong.code == 64 && !wrong.err.contains("zhang"), "{wrong:?}");
    let asked = verb(data, &[&ask[..], &["--as", "li", "--phone", phone]].concat());
    assert_eq!(
        (asked.code, asked.out.as_str()),
        (0, "请求 1 已登记：查阅、复制，30 日内答复\n"),
        "{}",
        asked.err
    );
    let out = folder.path().join("his.json");
    let export = ["privacy", "export", "1", "--as", "wang", "--out", out.to_str().unwrap()];
    let early = verb(data, &export);
    assert!(early.code == 65 && !out.exists(), "{early:?}");
    let same = verb(data, &["privacy", "grant", "1", "--as", "li"]);
    assert!(same.code == 65 && same.err.contains("须由另一人决定"), "{same:?}");
    let granted = verb(data, &["privacy", "grant", "1", "--as", "wang"]);
    assert_eq!((granted.code, granted.out.as_str()), (0, "请求 1 准予\n"), "{}", granted.err);
    let done = verb(data, &export);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let held: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(
        (&held["cases"][0]["number"], &held["cases"][0]["caller"]),
        (&number.into(), &phone.into())
    );
    let again = verb(data, &export);
    assert_eq!(again.code, 74, "a file is not written over: {again:?}");
    let asked = verb(
        data,
        &[&["privacy", "ask", "deletion"], &ask[3..], &["--as", "li", "--phone", phone]].concat(),
    );
    assert_eq!(asked.code, 0, "{asked:?}");
    let partly = verb(data, &["privacy", "grant", "2", "--as", "wang"]);
    assert_eq!(
        partly.out, "请求 2 不予：事项尚未办结、在督办或者已登记暂缓销毁\n",
        "{}",
        partly.err
    );
    let listed = json(data, &["privacy", "list"]);
    assert_eq!(
        (&listed[1]["outcome"], &listed[1]["decided_by"]),
        (&"refused".into(), &"wang".into())
    );
    for told in [listed.to_string(), granted.err, done.out, done.err, asked.err] {
        assert!(!told.contains("孟小样") && !told.contains(phone), "{told}");
    }
    let kinds: Vec<_> = json(data, &["audit", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("privacy_")).count(), 5, "{kinds:?}");
}
