//! `--help` of every verb, and what is refused as usage.

use crate::desk::{new_case, open};
use crate::run;
use crate::support::service::BINARY;
use std::process::Command;

const VERBS: [&[&str]; 100] = [
    &[],
    &["serve"],
    &["demo"],
    &["case"],
    &["case", "list"],
    &["case", "show"],
    &["case", "history"],
    &["case", "trace"],
    &["case", "search"],
    &["case", "reindex"],
    &["case", "suggest"],
    &["case", "false-alarm"],
    &["case", "classify"],
    &["case", "assign"],
    &["case", "refuse"],
    &["call"],
    &["call", "list"],
    &["call", "show"],
    &["callback"],
    &["callback", "list"],
    &["seat"],
    &["seat", "add"],
    &["seat", "list"],
    &["seat", "remove"],
    &["seat", "set-password"],
    &["audit"],
    &["audit", "list"],
    &["seal"],
    &["seal", "key"],
    &["seal", "key", "new"],
    &["seal", "read"],
    &["seal", "play"],
    &["directory"],
    &["directory", "import"],
    &["directory", "list"],
    &["directory", "public"],
    &["directory", "defects"],
    &["duty"],
    &["duty", "search"],
    &["calendar"],
    &["calendar", "listening-days"],
    &["calendar", "due"],
    &["figures"],
    &["figures", "kpi"],
    &["figures", "hot"],
    &["figures", "totals"],
    &["figures", "opening", "set"],
    &["figures", "indicator", "set"],
    &["figures", "improvement"],
    &["figures", "improvement", "open"],
    &["figures", "improvement", "close"],
    &["report"],
    &["report", "make"],
    &["report", "list"],
    &["report", "show"],
    &["report", "diff"],
    &["report", "cases"],
    &["report", "narrate"],
    &["report", "requests"],
    &["report", "approve"],
    &["check-config"],
    &["prompts"],
    &["prompts", "check"],
    &["prompts", "sheet"],
    &["verify"],
    &["doctor"],
    &["backup"],
    &["backup", "now"],
    &["backup", "list"],
    &["backup", "check"],
    &["backup", "restore"],
    &["retention"],
    &["retention", "show"],
    &["retention", "due"],
    &["retention", "run"],
    &["privacy"],
    &["privacy", "ask"],
    &["privacy", "list"],
    &["privacy", "grant"],
    &["privacy", "refuse"],
    &["privacy", "export"],
    &["message"],
    &["message", "accounts"],
    &["message", "list"],
    &["message", "decide"],
    &["message", "voice"],
    &["message", "held"],
    &["message", "show"],
    &["message", "take"],
    &["message", "discard"],
    &["webhook"],
    &["webhook", "add"],
    &["webhook", "list"],
    &["webhook", "confirm"],
    &["webhook", "remove"],
    &["webhook", "rotate"],
    &["webhook", "resume"],
    &["webhook", "test"],
    &["webhook", "deliveries"],
    &["webhook", "resend"],
];

#[test]
fn the_help_of_every_verb_is_as_documented() {
    let mut all = String::new();
    for verb in VERBS {
        let shown = run(&[verb, &["--help"]].concat());
        assert_eq!((shown.code, shown.err.as_str()), (0, ""), "{verb:?}");
        all += &format!("$ mayorline {} --help\n{}\n", verb.join(" "), shown.out);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_version_is_that_of_the_crate() {
    assert_eq!(run(&["--version"]).out, format!("mayorline {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_is_64() {
    for wrong in [
        &["sing"][..],
        &[],
        &["serve", "--loud"],
        &["case"],
        &["case", "show"],
        &["case", "list", "--limit", "many"],
        &["case", "show", "12345678901"],
        &["case", "show", "draft-x"],
        &["call", "show", "no such id"],
    ] {
        let refused = run(wrong);
        assert_eq!((refused.code, refused.out.as_str()), (64, ""), "{wrong:?}: {refused:?}");
        assert!(!refused.err.is_empty(), "{wrong:?}");
    }
}

/// A full disk or a reader who has gone away (`mayorline case list | head`) is no fault of the
/// program: 74, one line, no panic.
#[test]
fn an_output_that_cannot_be_written_is_74() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let store = open(folder.path());
    new_case(&store.handle(), "row");
    store.close();
    for verb in [
        &["case", "list", "--data", data][..],
        &["call", "list", "--json", "--data", data],
        &["check-config"],
        &["prompts", "check"],
        &["prompts", "sheet"],
        &["verify", "--data", data],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(BINARY).args(verb).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(74), "{verb:?}: {told}");
        assert!(told.ends_with('\n') && told.lines().count() == 1, "{verb:?}: {told}");
        assert!(told.starts_with("mayorline: standard output: "), "{told}");
    }
}
