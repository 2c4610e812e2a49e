//! A disk that is full: a real limit of the kernel on the size of every file of a child process.

use crate::child;
use crate::desk::*;
use mayorline::domain::call::{IntakeKind, Lookup, StoreReply, StoreRequest};
use mayorline::store::{Reader, verify};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

const NAME: &str = "disk::a_full_disk_loses_nothing_and_the_store_comes_back_by_itself";

/// Room that is left when the disk becomes full, in bytes.
const ROOM: u64 = 1 << 20;

/// The write would kill the process: the shell that starts it makes the kernel return an error.
const IGNORE_SIGNAL: &str = "trap '' XFSZ;";

/// Limits every file to `bytes`.
fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

fn fill_the_disk() {
    let data = child::data();
    let store = open(&data);
    let handle = store.handle();
    let mut told = vec![new_case(&handle, "before")];
    assert!(handle.call_started(call_started(&call_id(1))));
    let log = data.join("mayorline.db-wal");
    limit(Some(std::fs::metadata(log).unwrap().len() + ROOM));
    let mut refused = 0;
    for n in 0..2000 {
        let mut intake = intake(&format!("full-{n}"), IntakeKind::Text);
        intake.text = Some("水".repeat(1000));
        match ask(&handle, noonish(), StoreRequest::Open(intake), None) {
            Some(StoreReply::Opened { number, code }) => {
                told.push((number.unwrap(), code.unwrap()))
            }
            Some(StoreReply::Unavailable) | None => refused += 1,
            other => panic!("{other:?}"),
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!((refused, handle.is_up()), (3, false), "{} were stored", told.len());
    assert!(told.len() > 2, "the disk was full from the start");
    // Reading goes on; a call that ends now is put in the ledger later.
    let (number, code) = told[0];
    assert!(matches!(look_up(&handle, noonish(), number, code, Some(1)), Lookup::Found(_)));
    assert!(handle.call_finished(noonish(), call_record(&call_id(1), vec![]), vec![]));
    std::thread::sleep(Duration::from_millis(700));
    assert!(!handle.is_up(), "the disk is still full");
    limit(None);
    let mut waited = 0;
    while !handle.is_up() {
        waited += 1;
        assert!(waited < 100, "the store did not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
    told.push(new_case(&handle, "after"));
    store.close();
    let reader = Reader::open(&data).unwrap();
    for (number, _) in &told {
        assert_eq!(reader.case(*number).unwrap().row.state, "accepted");
    }
    assert_eq!(reader.cases(9999).unwrap().len(), told.len());
    assert_eq!(reader.call(&call_id(1)).unwrap().row.ended_by.as_deref(), Some("citizen"));
    println!("{} stored around a full disk", told.len());
}

#[test]
fn a_full_disk_loses_nothing_and_the_store_comes_back_by_itself() {
    if child::role().is_some() {
        return fill_the_disk();
    }
    let folder = tempfile::tempdir().unwrap();
    let output = child::command(NAME, "fill", folder.path(), IGNORE_SIGNAL).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("stored around a full disk"), "{out}\n{err}");
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
