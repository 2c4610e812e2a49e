//! The line is answered while the store cannot be opened; what a person must decide ends the start.

use crate::desk::{intake, noonish, open, store_intake};
use crate::support::citizen::Dial;
use crate::support::prompts::Prompts;
use crate::support::service::{Start, json};
use crate::support::wait_for;
use crate::{run, text};
use mayorline::domain::call::IntakeKind;
use std::path::Path;
use std::time::Duration;

/// The line with this folder is refused, with this code and these words.
fn refuses(data: &Path, code: i32, words: &str) {
    let data = data.to_str().unwrap();
    let refused = run(&[
        "serve",
        "--data",
        data,
        "--set",
        "sip.udp=127.0.0.1:0",
        "--set",
        "sip.tcp=127.0.0.1:0",
        "--set",
        "web.listen=127.0.0.1:0",
    ]);
    assert_eq!((refused.code, refused.out.as_str()), (code, ""), "{refused:?}");
    assert!(refused.err.contains(words), "{refused:?}");
    assert_eq!(refused.err.lines().count(), 1, "one clear line: {refused:?}");
}

#[test]
fn calls_hear_that_nothing_can_be_stored_and_the_store_is_used_once_it_opens() {
    let prompts = Prompts::load();
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    std::fs::write(&data, "a file where the folder should be").unwrap();
    let service = Start::new(&data).run();
    let call = Dial::new(service.udp(), "12345").call().expect("the line answers");
    assert!(text(service.udp(), "19900000018", "路灯不亮") >= 500, "nothing is acknowledged");
    prompts.wait(&call, "X04N", Duration::from_secs(30));
    assert!(call.wait_ended(Duration::from_secs(20)), "and says goodbye");
    assert!(service.stderr().contains("ALARM the store cannot be opened"), "{}", service.stderr());
    std::fs::remove_file(&data).unwrap();
    let opened = || service.stderr().contains("the store is open").then_some(());
    assert!(wait_for(Duration::from_secs(15), opened).is_some(), "the store is taken into use");
    assert!((200..300).contains(&text(service.udp(), "19900000018", "路灯不亮")));
    let ledger = json(&data, &["call", "list"]);
    assert_eq!(ledger.as_array().unwrap().len(), 1, "the call while it was down is kept: {ledger}");
    assert_eq!(json(&data, &["case", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(service.stop().code(), Some(0));
    let sound = run(&["verify", "--data", data.to_str().unwrap()]);
    assert_eq!(sound.code, 0, "{sound:?}");
}

#[test]
fn a_folder_in_use_is_69_and_a_newer_schema_is_65() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store_intake(&store.handle(), intake("k", IntakeKind::Text));
    refuses(folder.path(), 69, "is in use by another mayorline process");
    store.close();
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    refuses(folder.path(), 65, "the database has schema version 99");
    assert_eq!(noonish().as_second(), 1_795_312_800, "the desk's clock is fixed");
}
