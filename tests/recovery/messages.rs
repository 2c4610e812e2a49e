//! Killed between any two steps of a text's way in and of its answer's way out: none is lost, none makes two
//! cases, and no answer leaves twice.

use crate::child;
use crate::desk::*;
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::message::{Medium, MessageRules};
use mayorline::store::{
    InboundText, Parsed, PartOutcome, RawInbound, Reader, SettledInbound, Store, StoreConfig,
    StoreHandle, Waiting, Words, verify,
};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

const CYCLES: u64 = 16;
const ACCOUNT: &str = "modem";
const NAME: &str = "messages::no_text_is_lost_or_doubled_and_no_answer_leaves_twice_over_kills";

fn opened(folder: &Path) -> Store {
    let messages =
        MessageRules { sms_account: Some(ACCOUNT.to_owned()), ..MessageRules::default() };
    let config = StoreConfig { messages, ..StoreConfig::new(folder, noonish()) };
    Store::open(config, Calendar::built_in(), [7; 32]).unwrap()
}

/// Texts come a minute apart, so that no bound of an hour is reached.
fn minute(n: u64) -> Timestamp {
    noonish() + SignedDuration::from_mins(i64::try_from(n).unwrap())
}

/// The text with the number `n`, of a citizen of its own.
fn raw(n: u64) -> RawInbound {
    let mut dedup_key = [0; 32];
    dedup_key[..8].copy_from_slice(&n.to_be_bytes());
    RawInbound {
        medium: Medium::Sms,
        account: ACCOUNT.to_owned(),
        dedup_key,
        form: "test",
        received_at: minute(n),
        raw: n.to_string().into_bytes(),
    }
}

fn read(waiting: &Waiting) -> Parsed {
    let n = String::from_utf8(waiting.raw.clone().unwrap()).unwrap();
    let words = Words::Whole { text: format!("第{n}号路灯不亮"), suspect: false };
    let from = format!("199000{n:0>5}");
    Parsed::Text(Box::new(InboundText { from, to: None, sent_at: None, words }))
}

/// One write a line: a line that is there in part was never finished.
fn say(what: &str, which: impl std::fmt::Display) {
    let mut out = std::io::stdout();
    out.write_all(format!("ack {what} {which}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Takes what waits in the journal.
fn settle(store: &StoreHandle, reader: &Reader) {
    for waiting in reader.inbound_waiting(0).unwrap() {
        let (id, at, parsed) = (waiting.id, waiting.received_at, read(&waiting));
        let settled = answered(|answer| store.inbound_settle(at, id, parsed, answer)).unwrap();
        assert_eq!(settled, SettledInbound::Done);
    }
}

/// Sends what waits; the line is the byte that cannot be taken back.
fn send(store: &StoreHandle, now: Timestamp) {
    let lease = |answer| store.outbox_lease(now, ACCOUNT.to_owned(), 8, answer);
    for message in answered(lease).unwrap() {
        let id = message.id;
        if answered(|answer| store.outbox_submitting(now, id, (1, 1), answer)).unwrap() {
            say("sent", id);
            let taken = PartOutcome::Submitted(Some(id.to_string()));
            answered(|answer| store.outbox_settle(now, id, 1, taken, answer)).unwrap();
        }
    }
}

fn work_until_killed(cycle: u64) {
    let data = child::data();
    let store = opened(&data);
    let handle = store.handle();
    let first = cycle * 1_000;
    answered(|answer| handle.outbox_begin(minute(first), answer)).unwrap();
    let reader = Reader::open(&data).unwrap();
    for n in first.. {
        // The carrier gives every other one again, as after an acknowledgement that was lost.
        let raws = if n % 2 == 0 { vec![raw(n)] } else { vec![raw(n), raw(n)] };
        let taken = answered(|answer| handle.inbound_put(raws, answer)).unwrap();
        say("taken", n);
        assert!(taken.iter().skip(1).all(|again| again.is_copy()));
        settle(&handle, &reader);
        send(&handle, minute(n));
    }
}

#[test]
fn no_text_is_lost_or_doubled_and_no_answer_leaves_twice_over_kills() {
    if let Some(cycle) = child::role() {
        return work_until_killed(cycle.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut taken, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for cycle in 0..CYCLES {
        // Spread over 60 to 380 ms in an order without a pattern, the same in every run.
        let delay = Duration::from_millis(60 + cycle * 7919 % CYCLES * 20);
        let command = child::command(NAME, &cycle.to_string(), folder.path(), "");
        for (what, which) in child::acknowledged(command, delay) {
            let set = if what == "taken" { &mut taken } else { &mut sent };
            assert!(set.insert(which.clone()), "{what} {which} twice");
        }
    }
    assert!(taken.len() > 50 && sent.len() > 50, "{} taken, {} sent", taken.len(), sent.len());
    let store = opened(folder.path());
    let end = minute(CYCLES * 1_000);
    answered(|answer| store.handle().outbox_begin(end, answer)).unwrap();
    settle(&store.handle(), &Reader::open(folder.path()).unwrap());
    store.close();
    let db = rusqlite::Connection::open(folder.path().join("mayorline.db")).unwrap();
    let one = |sql: &str| {
        let count: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    };
    let journalled = one("SELECT count(*) FROM inbound");
    assert!(journalled >= taken.len(), "{journalled} of {}", taken.len());
    assert_eq!(one("SELECT count(*) FROM inbound WHERE state = 'done'"), journalled);
    assert_eq!(one("SELECT count(*) FROM case_file WHERE number IS NOT NULL"), journalled);
    assert_eq!(one("SELECT count(DISTINCT case_id) FROM inbound"), journalled);
    // Whoever was answered by a process that died is known: sent, days ago without a report, or uncertain.
    for id in &sent {
        let state: String =
            db.query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| row.get(0)).unwrap();
        assert!(["submitted", "uncertain", "unknown"].contains(&state.as_str()), "{id}: {state}");
    }
    let uncertain = one("SELECT count(*) FROM outbox WHERE state = 'uncertain'");
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    println!("{} taken, {} sent, {uncertain} uncertain in {CYCLES} kills", taken.len(), sent.len());
}
