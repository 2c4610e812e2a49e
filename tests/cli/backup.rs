//! `backup …`: a copy beside the running line, put back on an empty folder that serves then; what is refused,
//! and a folder of copies that is away or full while the line goes on.

use crate::desk::{new_case, open};
use crate::support::service::{BINARY, Service, Start, json};
use crate::support::wait_for;
use crate::{Outcome, run, text};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The verb on a data folder, with its copies in this folder.
fn words<'a>(verb: &[&'a str], data: &'a Path, set: &'a [String; 2]) -> Vec<&'a str> {
    let rest = ["--data", data.to_str().unwrap(), "--set", &set[0], "--set", &set[1]];
    [&["backup"][..], verb, &rest].concat()
}

fn settings(copies: &Path) -> [String; 2] {
    [format!("backup.folder={}", copies.display()), "backup.other_disk=false".to_owned()]
}

fn backup(verb: &[&str], data: &Path, copies: &Path) -> Outcome {
    run(&words(verb, data, &settings(copies)))
}

fn accepted(service: &Service, from: &str, words: &str) {
    assert!((200..300).contains(&text(service.udp(), from, words)), "{words}");
}

fn parsed(outcome: &Outcome) -> serde_json::Value {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    serde_json::from_str(&outcome.out).unwrap()
}

#[test]
fn a_copy_beside_the_running_line_is_put_back_elsewhere_and_answers_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (data, copies, new) = (at("data"), at("copies"), at("new"));
    std::fs::create_dir(&copies).unwrap();
    let service = Start::new(&data).run();
    accepted(&service, "19900000041", "北宿镇路灯不亮");
    let made = parsed(&backup(&["now", "--json"], &data, &copies));
    assert_eq!((&made["check"], &made["master_key"]), (&"full".into(), &false.into()), "{made}");
    let head = json(&data, &["verify"])["head"].clone();
    assert_eq!(made["head"], head);
    // It goes on, and what comes now is not in the copy.
    accepted(&service, "19900000042", "南屯镇自来水浑浊");
    let listed = parsed(&backup(&["list", "--json"], &data, &copies));
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &made["name"]));
    let checked = parsed(&backup(&["check", "--json"], &data, &copies));
    assert_eq!((&checked[0]["name"], &checked[0]["fault"]), (&made["name"], &().into()));
    service.kill();

    std::fs::create_dir_all(new.join("keys")).unwrap();
    std::fs::copy(data.join("keys/master.key"), new.join("keys/master.key")).unwrap();
    let source = copies.to_str().unwrap();
    let restored = run(&["backup", "restore", source, "--data", new.to_str().unwrap()]);
    assert_eq!(restored.code, 0, "{restored:?}");
    for told in ["verified: faults 0", head.as_str().unwrap()] {
        assert!(restored.out.contains(told), "{told}: {restored:?}");
    }
    let cases = json(&new, &["case", "list"]);
    assert_eq!(cases.as_array().unwrap().len(), 1, "{cases}");
    let number = cases[0]["number"].to_string();
    let number = number.trim_matches('"');
    let shown = ["case", "show", number];
    assert_eq!(json(&new, &shown), json(&data, &shown));
    let service = Start::new(&new).run();
    accepted(&service, "19900000043", "石墙镇道路积水");
    assert_eq!(service.json(&["case", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(service.stop().code(), Some(0));
    let taken = run(&["backup", "restore", source, "--data", new.to_str().unwrap()]);
    assert!(taken.code == 65 && taken.err.contains("is not empty"), "{taken:?}");
}

#[test]
fn without_its_key_a_copy_is_put_back_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (data, copies, new) = (at("data"), at("copies"), at("new"));
    std::fs::create_dir(&copies).unwrap();
    let store = open(&data);
    new_case(&store.handle(), "k");
    store.close();
    let made = backup(&["now"], &data, &copies);
    assert!(made.code == 0 && made.out.contains("check=full"), "{made:?}");
    let restored =
        run(&["backup", "restore", copies.to_str().unwrap(), "--data", new.to_str().unwrap()]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let told = format!("no master key at {}: put it there", new.join("keys/master.key").display());
    assert!(restored.out.contains(&told), "{restored:?}");
    assert_eq!(run(&["verify", "--data", new.to_str().unwrap()]).code, 65, "no key yet");
    std::fs::create_dir(new.join("keys")).unwrap();
    std::fs::copy(data.join("keys/master.key"), new.join("keys/master.key")).unwrap();
    assert_eq!(run(&["verify", "--data", new.to_str().unwrap()]).code, 0);
    assert_eq!(json(&new, &["case", "list"]), json(&data, &["case", "list"]));
    // A byte of the manifest, and of the database.
    let mut found = std::fs::read_dir(&copies).unwrap().map(|entry| entry.unwrap().path());
    let copy = found.find(|path| path.join("manifest.json").is_file()).unwrap();
    for file in ["mayorline.db", "manifest.json"] {
        let mut bytes = std::fs::read(copy.join(file)).unwrap();
        bytes[0] ^= 0x55;
        std::fs::write(copy.join(file), bytes).unwrap();
        let checked = backup(&["check"], &data, &copies);
        assert!(checked.code == 65 && checked.err.contains("1 of 1 copies"), "{checked:?}");
        let into = at(file);
        let source = copy.to_str().unwrap();
        let refused = run(&["backup", "restore", source, "--data", into.to_str().unwrap()]);
        assert!(refused.code == 65 && refused.err.contains("is damaged"), "{file}: {refused:?}");
        assert!(!into.join("mayorline.db").exists());
    }
}

#[test]
fn what_is_not_configured_or_not_there_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (data, away) = (folder.path().join("data"), folder.path().join("away"));
    open(&data).close();
    let path = data.to_str().unwrap();
    let unnamed = run(&["backup", "now", "--data", path]);
    assert!(unnamed.code == 78 && unnamed.err.contains("backup.folder"), "{unnamed:?}");
    for verb in ["now", "list", "check"] {
        let refused = backup(&[verb], &data, &away);
        assert!(refused.code == 66 && refused.err.contains("is not there"), "{verb}: {refused:?}");
    }
    std::fs::create_dir(&away).unwrap();
    // On the disk of the data, where another one is meant to be mounted.
    let same = format!("backup.folder={}", away.display());
    let same = run(&["backup", "now", "--data", path, "--set", &same]);
    assert!(same.code == 78 && same.err.contains("on the disk of the data"), "{same:?}");
    let none = backup(&["check"], &data, &away);
    assert!(none.code == 66 && none.err.contains("no copy at"), "{none:?}");
    for (setting, fault) in [
        ("backup.every_minutes=4", "backup.every_minutes must be 5 to 10080"),
        ("backup.keep=0", "backup.keep must be 1 to 1000"),
    ] {
        let refused = run(&["check-config", "--set", setting]);
        assert!(refused.code == 78 && refused.err.contains(fault), "{setting}: {refused:?}");
    }
}

#[test]
fn a_folder_that_is_away_is_alarmed_and_the_line_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (data, away) = (folder.path().join("data"), folder.path().join("away"));
    let [named, disk] = settings(&away);
    let mut service = Start::new(&data).set(&named).set(&disk).run();
    let alarm = "ALARM no whole copy of the data was made";
    let alarmed = || service.stderr().contains(alarm).then_some(());
    assert!(wait_for(Duration::from_secs(20), alarmed).is_some(), "{}", service.stderr());
    accepted(&service, "19900000044", "唐村镇垃圾未清运");
    assert!(service.alive());
    std::fs::create_dir(&away).unwrap();
    let made = backup(&["now"], &data, &away);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(service.stop().code(), Some(0));
}

#[test]
fn a_full_disk_leaves_the_older_copy_and_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copies) = (folder.path().join("data"), folder.path().join("copies"));
    std::fs::create_dir(&copies).unwrap();
    let store = open(&data);
    new_case(&store.handle(), "k");
    store.close();
    assert_eq!(backup(&["now"], &data, &copies).code, 0);
    let older = parsed(&backup(&["list", "--json"], &data, &copies));
    // Blocks of 512 bytes: a write past the limit fails as on a full disk.
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"", BINARY]);
    full.args(words(&["now"], &data, &settings(&copies)));
    let output = full.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(74), "{told}");
    assert!(told.contains("was not made"), "{told}");
    assert_eq!(parsed(&backup(&["list", "--json"], &data, &copies)), older);
    let left = std::fs::read_dir(&copies).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(run(&["verify", "--data", data.to_str().unwrap()]).code, 0);
}
