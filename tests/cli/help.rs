//! `--help` of every verb, and what is refused as usage.

use crate::run;

const VERBS: [&[&str]; 21] = [
    &[],
    &["serve"],
    &["case"],
    &["case", "list"],
    &["case", "show"],
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
    &["check-config"],
    &["prompts"],
    &["prompts", "check"],
    &["prompts", "sheet"],
    &["verify"],
    &["doctor"],
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
