//! The rules of the house, read from the sources: arrows, sizes, clocks, channels, leftovers.
//!
//! The rooms and the arrows between them are described in ARCHITECTURE.md.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file, in lines, without its tests.
const FILE_LINES_MAX: usize = 600;
/// Longest function, in lines.
const FUNCTION_LINES_MAX: usize = 70;
/// Longest line, in characters; tables of readings may be wider.
const LINE_CHARS_MAX: usize = 110;

/// What each room may import, besides itself.
const ARROWS: [(&str, &[&str]); 11] = [
    ("units", &[]),
    ("wire", &["units"]),
    ("proto", &["wire", "units"]),
    ("media", &["wire", "units"]),
    ("domain", &["units"]),
    ("store", &["domain", "wire", "units"]),
    ("client", &["domain", "units"]),
    ("gateway", &["client", "store", "domain", "proto", "media", "wire", "units"]),
    ("channels", &["client", "store", "domain", "proto", "wire", "units"]),
    ("web", &["client", "store", "domain", "units"]),
    (
        "app",
        &[
            "channels", "web", "gateway", "client", "store", "domain", "proto", "media", "wire",
            "units",
        ],
    ),
];

/// Rooms that must not wait, read files or keep time.
const PURE: [&str; 5] = ["units", "wire", "proto", "media", "domain"];

struct Source {
    path: PathBuf,
    room: String,
    lines: Vec<String>,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.iter().any(|part| part == "tests")
    }

    /// The lines above the inline tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.lines.iter().position(|line| line.trim() == "#[cfg(test)]");
        let end = end.unwrap_or(self.lines.len());
        let shown = if self.is_test() { 0 } else { end };
        self.lines[..shown].iter().enumerate().map(|(at, line)| (at + 1, line.as_str()))
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    files(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "no source below {folder}");
    found
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(root().join(folder)).unwrap();
            let first = below.iter().next().unwrap().to_string_lossy();
            let lines = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
            Source { room: first.trim_end_matches(".rs").to_owned(), lines, path: path.clone() }
        })
        .collect()
}

fn report(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

fn place(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path.strip_prefix(root()).unwrap().display())
}

/// `crate::room` names in a line of code.
fn imported_rooms(line: &str) -> Vec<&str> {
    line.match_indices("crate::")
        .map(|(at, found)| {
            let rest = &line[at + found.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn arrows_run_one_way() {
    let mut faults = Vec::new();
    for source in sources("src") {
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == source.room) else {
            continue; // main.rs and lib.rs
        };
        for (at, line) in source.code().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for room in imported_rooms(line) {
                let known = ARROWS.iter().any(|(name, _)| *name == room);
                if known && room != source.room && !allowed.contains(&room) {
                    faults.push(format!("{}: {} -> {room}", place(&source, at), source.room));
                }
            }
        }
    }
    report("an arrow runs the wrong way", &faults);
}

#[test]
fn every_room_is_known() {
    for source in sources("src") {
        let known = ARROWS.iter().any(|(room, _)| *room == source.room)
            || ["main", "lib"].contains(&source.room.as_str());
        assert!(known, "{}: a room without arrows", source.path.display());
    }
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        let length = if source.path.starts_with(root().join("src")) {
            source.code().count()
        } else {
            source.lines.len()
        };
        if length > FILE_LINES_MAX {
            faults.push(format!("{}: {length} lines", place(source, 1)));
        }
    }
    report(&format!("files have at most {FILE_LINES_MAX} lines"), &faults);
}

#[test]
fn lines_are_narrow() {
    let mut faults = Vec::new();
    for source in sources("src") {
        for (at, line) in source.code() {
            if line.chars().count() > LINE_CHARS_MAX {
                faults.push(place(&source, at));
            }
        }
    }
    report(&format!("lines have at most {LINE_CHARS_MAX} characters"), &faults);
}

#[test]
fn functions_are_short() {
    let mut faults = Vec::new();
    for source in sources("src") {
        let mut open: Option<(usize, usize, String)> = None;
        for (at, line) in source.code() {
            let indent = line.len() - line.trim_start().len();
            let head = line.trim_start();
            let is_head = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "async fn "]
                .iter()
                .any(|start| head.starts_with(start));
            if is_head && line.trim_end().ends_with(['{', '(']) {
                open = Some((at, indent, head.to_owned()));
            }
            if let Some((start, depth, name)) = &open
                && line.trim_end() == format!("{}}}", " ".repeat(*depth))
            {
                if at - start + 1 > FUNCTION_LINES_MAX {
                    faults.push(format!(
                        "{}: {} lines: {name}",
                        place(&source, *start),
                        at - start
                    ));
                }
                open = None;
            }
        }
    }
    report(&format!("functions have at most {FUNCTION_LINES_MAX} lines"), &faults);
}

#[test]
fn only_the_clock_reads_the_clock_and_the_random_source() {
    const SOURCES: [&str; 7] = [
        "Instant::now",
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "SysRng",
        "rand::rng()",
        "thread_rng",
    ];
    let mut faults = Vec::new();
    for source in sources("src") {
        if source.path.ends_with("app/clock.rs") {
            continue;
        }
        for (at, line) in source.code().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if let Some(found) = SOURCES.iter().find(|name| line.contains(**name)) {
                faults.push(format!("{}: {found}", place(&source, at)));
            }
        }
    }
    report("the clock and the random source are passed in", &faults);
}

#[test]
fn what_decides_neither_waits_nor_touches_the_machine() {
    const BANNED: [&str; 8] = [
        "std::fs",
        "std::thread",
        "std::process",
        "tokio",
        "rusqlite",
        "UdpSocket",
        "TcpStream",
        "println!",
    ];
    let mut faults = Vec::new();
    for source in sources("src").iter().filter(|source| PURE.contains(&source.room.as_str())) {
        for (at, line) in source.code().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if let Some(found) = BANNED.iter().find(|name| line.contains(**name)) {
                faults.push(format!("{}: {found}", place(source, at)));
            }
        }
    }
    report("wire, proto, media and domain are sans-IO", &faults);
}

#[test]
fn every_queue_has_a_limit() {
    const UNBOUNDED: [&str; 4] =
        ["unbounded_channel", "mpsc::channel()", "SegQueue", "channel::unbounded"];
    let mut faults = Vec::new();
    for source in sources("src") {
        for (at, line) in source.code() {
            if UNBOUNDED.iter().any(|name| line.contains(name)) {
                faults.push(place(&source, at));
            }
        }
    }
    report("unbounded queue", &faults);
}

#[test]
fn nothing_is_left_half_done() {
    let words = ["todo!", "unimplemented!", "FIXME", "#[ignore", "TODO", "dbg!"];
    // It needs a model that is fetched first, and says how it is run.
    let by_hand = root().join("tests/speech/kokoro.rs");
    let (mut faults, mut ignored) = (Vec::new(), 0);
    for source in sources("src").iter().chain(&sources("tests")) {
        if source.path.ends_with("tests/tidy.rs") {
            continue;
        }
        for (at, line) in source.lines.iter().enumerate() {
            if source.path == by_hand && line.starts_with("#[ignore = \"by hand: ") {
                ignored += 1;
            } else if words.iter().any(|word| line.contains(word)) {
                faults.push(place(source, at + 1));
            }
        }
    }
    assert_eq!(ignored, 1, "one test is run by hand");
    report("half done", &faults);
}

#[test]
fn what_the_network_reaches_never_unwraps() {
    let mut faults = Vec::new();
    for source in sources("src") {
        if !["wire", "proto", "media", "domain", "store"].contains(&source.room.as_str()) {
            continue;
        }
        for (at, line) in source.code().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if line.contains(".unwrap()") || line.contains(".expect(") || line.contains("panic!(") {
                faults.push(place(&source, at));
            }
        }
    }
    report("unwrap, expect or panic", &faults);
}

/// The name of a public constant that limits something.
fn limit_name(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub const ")?;
    let name = rest.split(':').next()?;
    name.ends_with("_MAX").then_some(name)
}

#[test]
fn every_public_limit_is_documented() {
    let page = fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let (mut faults, mut known) = (Vec::new(), 0);
    for source in sources("src") {
        for (at, line) in source.code() {
            let Some(name) = limit_name(line) else { continue };
            known += 1;
            if !page.contains(&format!("`{name}`")) {
                faults.push(format!("{}: {name}", place(&source, at)));
            }
        }
    }
    assert!(known > 40, "only {known} limits are found");
    report("docs/limits.md lacks a limit", &faults);
}

#[test]
fn every_limit_in_the_configuration_is_documented() {
    let page = fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let config = fs::read_to_string(root().join("config/mayorline.toml")).unwrap();
    let mut section = "";
    for line in config.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .map(|line| line.trim_start_matches('['))
            .and_then(|line| line.split(']').next())
        {
            section = name;
        }
        let key = line.split(" =").next().unwrap();
        let path = format!("`{section}.{key}`");
        assert!(!key.ends_with("_max") || page.contains(&path), "docs/limits.md lacks {path}");
    }
}

#[test]
fn main_is_only_the_way_in() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 90, "main.rs has more than 90 lines");
}

/// `make test`, each of its parts in place of which a script stands that fails when it is told so.
#[test]
fn a_run_of_all_tests_fails_where_any_part_of_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["bin", "target", "tests/casework", "tests/telephony"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    for name in ["tests/casework/main.rs", "tests/telephony/main.rs"] {
        fs::write(at(name), "").unwrap();
    }
    fs::copy(root().join("tests/run.sh"), at("tests/run.sh")).unwrap();
    let script = |name: &str, body: &str| {
        fs::write(at(name), format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    script(
        "bin/cargo",
        "case \"$*\" in *--no-run*) part=build ;; *--doc*) part=documents ;; *--lib*) part=units ;; \
         *--test\\ tidy*) part=computed ;; *telephony*) part=telephony ;; *--bins*) part=timed ;; \
         *) part=format ;; esac\n[ \"$FAILS\" != $part ]",
    );
    script("bin/make", "[ \"$FAILS\" != lints ]");
    script("bin/sleep", "exit 0");
    script("tests/install.sh", "[ \"$FAILS\" != installation ]");
    let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
    let passes = |fails: &str| {
        let run = Command::new("sh")
            .args(["tests/run.sh", "1"])
            .current_dir(folder.path())
            .envs([("PATH", path.as_str()), ("FAILS", fails)])
            .output()
            .unwrap();
        run.status.success()
    };
    assert!(passes("nothing"));
    let parts = "format installation build documents units computed timed lints telephony";
    for part in parts.split(' ') {
        assert!(!passes(part), "{part}");
    }
}
