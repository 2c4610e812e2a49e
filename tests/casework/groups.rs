//! Jobs that share a commit: one that fails half-way takes back only itself, and accounts of calls
//! gather while nobody waits.

use crate::desk::*;
use mayorline::domain::call::{IntakeKind, StoreReply, StoreRequest};
use mayorline::domain::case::{CaseEvent, Nature};
use mayorline::store::{Reader, RequestContext, StoreError, StoreHandle, verify};
use mayorline::units::CaseNumber;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Longer than any commit here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Holds the writer in the answer of a job of its own, so that what is handed in meanwhile becomes
/// one group; what is given back lets it go.
fn hold(handle: &StoreHandle) -> SyncSender<()> {
    let (held, holding) = sync_channel::<()>(1);
    let (release, released) = sync_channel::<()>(0);
    let stall = Box::new(move |_| {
        let _ = held.send(());
        let _ = released.recv();
    });
    let request = StoreRequest::Open(intake("hold", IntakeKind::Text));
    assert!(handle.submit(noonish(), request, RequestContext::default(), stall));
    holding.recv_timeout(PATIENCE).unwrap();
    release
}

fn later(handle: &StoreHandle, key: &str) -> Receiver<StoreReply> {
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |reply| drop(send.send(reply)));
    let request = StoreRequest::Open(intake(key, IntakeKind::Text));
    assert!(handle.submit(noonish(), request, RequestContext::default(), reply));
    receive
}

fn record_later(
    handle: &StoreHandle,
    number: CaseNumber,
    events: Vec<CaseEvent>,
) -> Receiver<Result<(), StoreError>> {
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |outcome| drop(send.send(outcome)));
    assert!(handle.record(noonish(), number, events, "test", reply));
    receive
}

fn classified() -> CaseEvent {
    CaseEvent::Classified { nature: Nature::Consult, domain: "010101".to_owned() }
}

fn number(reply: &Receiver<StoreReply>) -> CaseNumber {
    match reply.recv_timeout(PATIENCE).unwrap() {
        StoreReply::Opened { number: Some(number), .. } => number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_that_fails_half_way_takes_back_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let (known, _) = new_case(&handle, "known");
    let (other, _) = new_case(&handle, "other");
    let release = hold(&handle);
    let before = handle.counters();
    let first = later(&handle, "first");
    // The second event may not follow the first, which is written by then.
    let failing = record_later(&handle, known, vec![classified(), CaseEvent::Archived]);
    let fitting = record_later(&handle, other, vec![classified()]);
    let second = later(&handle, "second");
    release.send(()).unwrap();
    assert!(matches!(failing.recv_timeout(PATIENCE).unwrap(), Err(StoreError::Refused(_))));
    fitting.recv_timeout(PATIENCE).unwrap().unwrap();
    // The last digit checks those before it.
    let [first, second] = [first, second].map(|reply| number(&reply).as_u64() / 10);
    assert_eq!(second, first + 1, "a number was taken twice or lost");
    store.close();
    assert_eq!(handle.counters().commits, before.commits + 1, "they were to share a commit");
    let reader = Reader::open(folder.path()).unwrap();
    let events = |number| reader.case(number).unwrap().events.len();
    assert_eq!((events(known), events(other)), (2, 3));
    assert_eq!(reader.cases(9).unwrap().len(), 5);
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn the_chain_goes_on_after_events_were_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let (known, _) = new_case(&handle, "known");
    for n in 0..3 {
        let failing = record_later(&handle, known, vec![classified(), CaseEvent::Archived]);
        assert!(failing.recv_timeout(PATIENCE).unwrap().is_err());
        new_case(&handle, &format!("k{n}"));
    }
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn accounts_of_calls_gather_and_one_who_waits_does_not_wait_for_them() {
    const CALLS: u32 = 200;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    let before = handle.counters().commits;
    for n in 1..=CALLS {
        assert!(handle.call_started(call_started(&call_id(n))));
        std::thread::sleep(Duration::from_micros(200));
    }
    new_case(&handle, "k");
    // What was handed in before the case shares its commit or an earlier one.
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.calls(1000).unwrap().len(), usize::try_from(CALLS).unwrap());
    let commits = handle.counters().commits - before;
    assert!(commits < u64::from(CALLS) / 4, "{commits} commits for {CALLS} calls");
    store.close();
}
