//! Killed at random instants, again and again over the same data folder.

use crate::child;
use crate::desk::*;
use mayorline::domain::call::{IntakeKind, StoreReply, StoreRequest};
use mayorline::store::{ROWS_MAX, Reader, RequestContext, verify};
use mayorline::units::CaseNumber;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

const CYCLES: u64 = 20;

/// Requests that are on their way at once in the child.
const IN_FLIGHT: usize = 32;

const NAME: &str = "crash::no_acknowledged_number_is_missing_or_doubled_after_twenty_kills";

/// Prints a line for each acknowledged case until it is killed.
fn store_until_killed(cycle: &str) {
    let store = open(&child::data());
    let (send, receive) = sync_channel(IN_FLIGHT);
    let mut out = std::io::stdout();
    let submit = |n: usize| {
        let key = format!("{cycle}-{n}");
        let call = call_id(u32::try_from(n).unwrap() + 100_000 * cycle.parse::<u32>().unwrap());
        assert!(store.handle().call_started(call_started(&call)));
        let mut intake = intake(&key, IntakeKind::Text);
        intake.call = Some(call.clone());
        let send = send.clone();
        let reply = Box::new(move |reply| send.send((key, call, reply)).unwrap());
        let request = StoreRequest::Open(intake);
        assert!(store.handle().submit(noonish(), request, RequestContext::default(), reply));
    };
    (0..IN_FLIGHT).for_each(submit);
    for next in IN_FLIGHT.. {
        let (key, call, reply) = receive.recv_timeout(PATIENCE).unwrap();
        let StoreReply::Opened { number: Some(number), .. } = reply else { panic!("{reply:?}") };
        // One write a line: a line that is there in part was never finished.
        out.write_all(format!("ack {key} {number}\n").as_bytes()).unwrap();
        out.flush().unwrap();
        // Every other call ends; the rest runs when the process dies.
        if next % 2 == 0 {
            assert!(store.handle().call_finished(noonish(), call_record(&call, vec![]), vec![]));
        }
        submit(next);
    }
}

#[test]
fn no_acknowledged_number_is_missing_or_doubled_after_twenty_kills() {
    if let Some(cycle) = child::role() {
        return store_until_killed(&cycle);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    for cycle in 0..CYCLES {
        // Spread over 60 to 440 ms in an order without a pattern, the same in every run.
        let delay = Duration::from_millis(60 + cycle * 7919 % CYCLES * 20);
        for (key, number) in
            child::acknowledged(child::command(NAME, &cycle.to_string(), folder.path(), ""), delay)
        {
            assert_eq!(acknowledged.insert(number, key), None, "a number was given twice");
        }
        if cycle % 5 == 4 {
            let report = verify(folder.path()).unwrap();
            assert!(report.is_sound(), "after cycle {cycle}: {report:?}");
        }
    }
    assert!(acknowledged.len() > 200, "only {} were stored", acknowledged.len());
    let store = open(folder.path());
    let reader = Reader::open(folder.path()).unwrap();
    for (number, key) in &acknowledged {
        let number: CaseNumber = number.parse().unwrap();
        assert_eq!(reader.case(number).unwrap().row.number, Some(number.to_string()), "{key}");
        // Storing it once more shows that the key still leads to the same number.
        let again = store_intake(&store.handle(), intake(key, IntakeKind::Text));
        assert_eq!(again.0, Some(number));
    }
    assert!(reader.calls(ROWS_MAX).unwrap().iter().all(|call| call.ended_by.is_some()));
    store.close();
    // Also that every day counts from 1 to its last number, each on one case.
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let (told, cases) = (acknowledged.len(), report.cases);
    println!("{told} acknowledged, {cases} cases and drafts stored in {CYCLES} kills");
}
