//! Killed while seats are changed, citizens called back and callers wait.

use crate::child;
use crate::desk::*;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::AttemptOutcome;
use mayorline::domain::desk::SeatRole;
use mayorline::store::{
    NewAttempt, NewSeat, QueueEntry, QueueKind, Reader, Reconciled, SeatSecrets, StoreHandle,
    verify,
};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

const CYCLES: u64 = 8;

const NAME: &str = "seats::no_acknowledged_seat_or_attempt_is_lost_by_a_kill";

fn new_seat(number: u64) -> NewSeat {
    NewSeat {
        seat: seat(&number.to_string()),
        name: "王芳".to_owned(),
        role: SeatRole::Operator,
        groups: vec![],
        secrets: SeatSecrets { realm: "r".to_owned(), sha256: "a".repeat(64), md5: None },
    }
}

fn log(store: &StoreHandle, serial: u32, kind: QueueKind) {
    let entry = QueueEntry {
        call: Some(call_id(serial)),
        queue: Some("总台".to_owned()),
        original_position: Some(2),
        ..QueueEntry::new(kind)
    };
    assert!(store.queue_log(noonish(), entry));
}

/// Prints a line for each seat and each ended attempt that was acknowledged, until it is killed.
fn work_until_killed(cycle: u64) {
    let store = open(&child::data());
    let handle = store.handle();
    let mut beside = beside(&child::data());
    let mut out = std::io::stdout();
    let mut say = |line: String| {
        // One write a line: a line that is there in part was never finished.
        out.write_all(format!("ack {line}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    };
    for n in 0_u64.. {
        let number = 2000 + cycle * 10_000 + n;
        let serial = u32::try_from(number).unwrap();
        if number < 2000 + cycle * 10_000 + 40 {
            beside.add_seat(noonish(), &new_seat(number)).unwrap();
            say(format!("seat {number}"));
        }
        assert!(handle.call_started(call_started(&call_id(serial))));
        log(&handle, serial, QueueKind::Enter);
        store_intake(&handle, intake(&format!("{cycle}-{n}"), IntakeKind::Abandoned));
        let tasks = answered(|answer| handle.open_callbacks(answer)).unwrap();
        let Some(task) = tasks.iter().find(|task| task.calling.is_none()) else { continue };
        let attempt = NewAttempt { task: task.task, seat: seat("801"), call: call_id(serial) };
        let begun = answered(|answer| handle.begin_attempt(noonish(), attempt, answer)).unwrap();
        let id = begun.id;
        let end = |answer| handle.end_attempt(noonish(), id, AttemptOutcome::Reached, answer);
        assert!(answered(end).unwrap());
        say(format!("done {}", task.task));
        log(&handle, serial, QueueKind::Abandon);
    }
}

#[test]
fn no_acknowledged_seat_or_attempt_is_lost_by_a_kill() {
    if let Some(cycle) = child::role() {
        return work_until_killed(cycle.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut told = BTreeSet::new();
    for cycle in 0..CYCLES {
        let delay = Duration::from_millis(200 + cycle * 7919 % CYCLES * 60);
        told.extend(child::acknowledged(
            child::command(NAME, &cycle.to_string(), folder.path(), ""),
            delay,
        ));
    }
    open(folder.path()).close();
    let reader = Reader::open(folder.path()).unwrap();
    let seats: BTreeSet<String> =
        reader.seats().unwrap().iter().map(|seat| seat.seat.to_string()).collect();
    let list = reader.callbacks(noonish(), 10_000).unwrap();
    let done: BTreeSet<String> = list
        .tasks
        .iter()
        .filter(|task| task.done_at.is_some())
        .map(|task| task.task.to_string())
        .collect();
    assert!(told.len() > 20, "only {} were acknowledged", told.len());
    for (what, which) in &told {
        let there = if what == "seat" { &seats } else { &done };
        assert!(there.contains(which), "{what} {which} is lost");
    }
    let running = list.tasks.iter().flat_map(|task| &task.attempts);
    assert_eq!(running.filter(|attempt| attempt.outcome.is_none()).count(), 0);
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    println!("{} acknowledged, {} attempts in {CYCLES} kills", told.len(), report.attempts);
}

/// Opens, tells what was put right, and proves that a second start finds nothing more.
fn reopen(data: &Path) -> Reconciled {
    let store = open(data);
    let reconciled = *store.reconciled();
    store.close();
    let store = open(data);
    assert_eq!(*store.reconciled(), Reconciled::default());
    store.close();
    reconciled
}

#[test]
fn an_attempt_that_never_ended_is_interrupted_and_its_task_remains() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    store_intake(&handle, intake("a", IntakeKind::Abandoned));
    let task = answered(|answer| handle.open_callbacks(answer)).unwrap()[0].task;
    let attempt = NewAttempt { task, seat: seat("801"), call: call_id(1) };
    answered(|answer| handle.begin_attempt(noonish(), attempt, answer)).unwrap();
    assert!(handle.call_started(call_started(&call_id(1))));
    store.close();
    let reconciled = reopen(folder.path());
    assert_eq!((reconciled.attempts, reconciled.crashed_calls, reconciled.drafts), (1, 1, 0));
    let list = Reader::open(folder.path()).unwrap().callbacks(noonish(), 9).unwrap();
    assert_eq!((list.open, list.tasks.len()), (1, 1), "no second task for the same citizen");
    assert_eq!(list.tasks[0].outcome.as_deref(), Some("interrupted"));
    assert!(verify(folder.path()).unwrap().is_sound());
}

#[test]
fn a_caller_who_waited_in_the_crash_leaves_the_queue_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let handle = store.handle();
    for (serial, kinds) in [
        (1, &[QueueKind::Enter, QueueKind::Offer][..]),
        (2, &[QueueKind::Enter, QueueKind::Connect]),
        (3, &[QueueKind::Enter, QueueKind::CallbackKept]),
        (4, &[QueueKind::Enter, QueueKind::ExitWithKey]),
    ] {
        assert!(handle.call_started(call_started(&call_id(serial))));
        kinds.iter().for_each(|kind| log(&handle, serial, *kind));
    }
    store.close();
    assert_eq!(reopen(folder.path()).queued, 2);
    let reader = Reader::open(folder.path()).unwrap();
    let last = |serial| reader.call(&call_id(serial)).unwrap().queue.last().unwrap().clone();
    assert_eq!((last(1).kind.as_str(), last(1).original_position), ("crash", Some(2)));
    assert_eq!((last(2).kind.as_str(), last(3).kind.as_str()), ("crash", "callback_kept"));
    assert_eq!(last(4).kind, "exit_with_key");
    assert!(verify(folder.path()).unwrap().is_sound());
    // The numbers go on behind it.
    let store = open(folder.path());
    log(&store.handle(), 5, QueueKind::Enter);
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}
