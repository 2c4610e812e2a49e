//! Every word that the page shows has both languages, and nothing is put in as markup.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn assets() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

/// What stands between `start` and the next quotation mark, where `start` begins a word.
fn after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.match_indices(start)
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter_map(|(at, _)| text[at + start.len()..].split('"').next())
        .collect()
}

/// The keys of the list: what stands before `: ["`.
fn known(words: &str) -> BTreeSet<&str> {
    words
        .match_indices(": [\"")
        .map(|(at, _)| {
            let begin = words[..at].rfind([' ', ',', '{', '\n']).map_or(0, |begin| begin + 1);
            &words[begin..at]
        })
        .collect()
}

#[test]
fn every_value_of_the_protocol_that_is_shown_has_words() {
    let all = assets();
    let (_, words) = all.iter().find(|(name, _)| name == "words.js").unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/desk-protocol.schema.json")).unwrap();
    for (definition, prefix) in [
        ("refusal", "why"),
        ("failure", "why"),
        ("role", "role"),
        ("state", "state"),
        ("reason", "reason"),
        ("kind", "kind"),
        ("party_state", "party"),
        ("disposition", "disposition"),
        ("nature", "nature"),
        ("mode", "mode"),
        ("call_back_outcome", "callback"),
        ("callback_reason", "task"),
        ("risk", "risk"),
    ] {
        for value in schema["$defs"][definition]["enum"].as_array().unwrap() {
            let key = format!("{prefix}_{}", value.as_str().unwrap());
            assert!(known(words).contains(key.as_str()), "{key} has no words");
        }
    }
    for (_, state) in mayorline::domain::case::State::NAMES {
        assert!(known(words).contains(format!("case_{state}").as_str()), "{state} has no words");
    }
    for command in schema["$defs"]["command"]["oneOf"].as_array().unwrap() {
        let key = format!("do_{}", command["properties"]["do"]["const"].as_str().unwrap());
        assert!(known(words).contains(key.as_str()), "{key} has no words");
    }
}

#[test]
fn every_word_of_the_page_is_in_the_list_of_words() {
    let all = assets();
    let (_, words) = all.iter().find(|(name, _)| name == "words.js").unwrap();
    let known = known(words);
    assert!(known.len() > 150, "only {} words are found", known.len());
    for (name, text) in &all {
        for start in ["data-t=\"", "data-label=\"", "t(\"", "figure(\""] {
            for key in after(text, start) {
                assert!(known.contains(key), "{name}: {key} has no words");
            }
        }
    }
}

#[test]
fn nothing_from_outside_can_become_markup_or_code() {
    for (name, text) in assets() {
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "DOMParser",
            "setTimeout(\"",
        ] {
            assert!(!text.contains(way), "{name}: {way}");
        }
    }
}
