//! `seal play`: each failure in a sentence with its exit code; and what `verify` says of recordings in clear.

use crate::desk::*;
use crate::run;
use crate::support::service::json;
use mayorline::domain::call::{IntakeKind, RecordingKind, RecordingSummary};
use mayorline::store::{DataFolder, SoundKeys, digest, recording_file};
use mayorline::wire::wav::Channels;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn file() -> String {
    recording_file(jiff::civil::date(2026, 11, 22), &call_id(1), RecordingKind::Message, 1)
}

/// A sealed recording of a second.
fn record(data: &Path) -> RecordingSummary {
    let (file, path) = (file(), data.join(file()));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut sound = SoundKeys::new(&DataFolder::from(data)).create(&path, Channels::Mono).unwrap();
    sound.append(&[vec![7; 16_000]]).unwrap();
    sound.finish().unwrap();
    let (duration, sha256) = (Duration::from_secs(1), digest(&path).unwrap());
    RecordingSummary { file, duration, speech: duration, sha256 }
}

/// A case under seal with that recording, the liaison's key and its passphrase.
fn sealed(folder: &Path) -> (String, PathBuf, PathBuf) {
    let data = &folder.join("data");
    let store = open(data);
    let mut message = intake("k", IntakeKind::Voicemail);
    (message.call, message.recording) = (Some(call_id(1)), Some(record(data)));
    let number = store_intake(&store.handle(), message).0.unwrap().to_string();
    let (open_case, _) = new_case(&store.handle(), "open");
    store.close();
    std::fs::write(folder.join("open"), open_case.to_string()).unwrap();
    let (key, passphrase) = (folder.join("zhou.key"), folder.join("passphrase"));
    std::fs::write(&passphrase, "a long passphrase for tests\n").unwrap();
    let at = ["--data", data.to_str().unwrap()];
    let pass = ["--passphrase-file", passphrase.to_str().unwrap()];
    let made =
        run(&[&["seal", "key", "new", "--out", key.to_str().unwrap()][..], &pass, &at].concat());
    assert_eq!(made.code, 0, "{made:?}");
    for words in [["seal", "li", "clerk"], ["confirm-seal", "wang", "director"]] {
        let [verb, person, role] = words;
        let who = ["case", verb, &number, "--as", person, "--role", role];
        let done = run(&[&who[..], &at].concat());
        assert_eq!(done.code, 0, "{done:?}");
    }
    (number, key, passphrase)
}

#[test]
fn the_liaison_is_told_of_each_recording_that_cannot_be_written_and_the_code_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (number, key, passphrase) = sealed(folder.path());
    let data = folder.path().join("data");
    let play = |number: &str, key: &Path, out: &str| {
        let out = folder.path().join(out);
        run(&[
            "seal",
            "play",
            number,
            "--out",
            out.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
            "--passphrase-file",
            passphrase.to_str().unwrap(),
            "--as",
            "zhou",
            "--reason",
            "初核",
            "--data",
            data.to_str().unwrap(),
        ])
    };
    let name = file().rsplit('/').next().unwrap().to_owned();
    let whole = play(&number, &key, "whole");
    assert_eq!((whole.code, whole.err.as_str()), (0, ""), "{whole:?}");
    let again = play(&number, &key, "whole");
    let told = format!("mayorline: {name}：输出文件夹中已有同名文件，未覆盖\n");
    assert_eq!((again.code, again.err), (74, told));
    assert!(again.out.starts_with("录音 0 段已写出"), "{}", again.out);
    let mut bytes = std::fs::read(data.join(file())).unwrap();
    bytes[300] ^= 1;
    std::fs::write(data.join(file()), bytes).unwrap();
    let damaged = play(&number, &key, "damaged");
    let told = format!("mayorline: {name}：录音文件已损坏或者被改动\n");
    assert_eq!((damaged.code, damaged.err), (74, told));
    std::fs::remove_file(data.join(file())).unwrap();
    let lost = play(&number, &key, "lost");
    let told = format!("mayorline: {name}：录音文件已丢失\n");
    assert_eq!((lost.code, lost.err), (74, told));
    // No sealed case; no such key.
    let open_case = std::fs::read_to_string(folder.path().join("open")).unwrap();
    assert_eq!(play(&open_case, &key, "none").code, 66);
    assert_eq!(play(&number, Path::new("/nowhere.key"), "none").code, 66);
}

#[test]
fn verify_lists_the_recordings_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let mut message = intake("k", IntakeKind::Voicemail);
    (message.call, message.recording) = (Some(call_id(1)), Some(write_wav(data, &file(), 16_000)));
    store_intake(&store.handle(), message);
    store.close();
    let told = json(data, &["verify"]);
    assert_eq!((&told["in_clear"][0], &told["in_clear_count"]), (&file().into(), &1.into()));
    assert_eq!((&told["fault_count"], &told["recordings"]), (&0.into(), &1.into()), "{told}");
    let words = run(&["verify", "--data", data.to_str().unwrap()]);
    let sentence = "recordings in clear 1: the running service seals them\nin clear: recordings/";
    assert!(words.code == 0 && words.out.contains(sentence), "{words:?}");
}
