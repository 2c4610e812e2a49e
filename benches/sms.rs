//! Texts, as a table: PDUs read a second, durable texts from the journal to the acknowledgement in the outbox, how long
//! that takes for one, and the outbox drained while 100,000 messages wait.
//!
//! `cargo bench --bench sms` takes the figures; without `--bench` it runs each part once, small, to show that it
//! works. The store, its journal and the thread that takes texts out of it are those of the service.

#[path = "common/measure.rs"]
#[allow(dead_code, reason = "each benchmark uses its part")]
mod measure;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use mayorline::channels::sms::{FORM_PDU, dedup_key, parsed};
use mayorline::channels::{Normaliser, NormaliserConfig, ReadForm};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::message::{AUTOMATIC_PER_HOUR_MAX, Medium, MessageRules};
use mayorline::store::{
    Answer, DataFolder, InboundText, Parsed, PartOutcome, RawInbound, Store, StoreConfig,
    StoreError, StoreHandle, Words,
};
use mayorline::wire::sms::{Destination, Incoming, Submit, Validity, split};
use measure::{now, quantile};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// The account of all of it, and of those that only fill the box.
const ACCOUNT: &str = "modem";
/// Messages that wait while the outbox is drained.
const WAITING: usize = 100_000;
/// Messages that are drained.
const DRAINED: usize = 4_000;
/// Texts of one day while the box is filled.
const A_DAY: usize = 9_000;
/// Texts under way at once where the box is filled.
const UNDER_WAY: usize = 256;
/// The shortest window of a reading rate, and how many of them.
const WINDOW: Duration = Duration::from_millis(200);
const WINDOWS: usize = 25;
const TEXT: &str = "北宿镇路口的路灯已经一个星期不亮了，晚上走路很不方便。";

fn start() -> Timestamp {
    Timestamp::from_second(1_795_312_800).unwrap_or_default()
}

fn row(what: &str, value: f64, unit: &str) {
    println!("| {what:<52} | {value:>10.1} | {unit:<8} |");
}

/// A citizen's text as a modem gives it: our own SUBMIT turned into the DELIVER that its receiver gets.
fn deliver(from: &str, text: &str) -> anyhow::Result<String> {
    let data = split(text, 0, false).ok().and_then(|parts| parts.into_iter().next());
    let data = data.context("a text of one part")?;
    let destination = Destination::number(from).context("a number")?;
    let submit =
        Submit { destination, wants_report: false, validity: Validity::of_minutes(5), data };
    let octets = submit.write();
    // First octet, reference, number; then protocol, scheme, validity, content.
    let digits = usize::from(*octets.get(2).context("a number")?);
    let (number, rest) = octets.get(2..).context("a PDU")?.split_at(2 + digits.div_ceil(2));
    let mut pdu = vec![0x00, 0x04];
    pdu.extend_from_slice(number);
    pdu.extend_from_slice(rest.get(..2).context("a scheme")?);
    pdu.extend([0x62, 0x11, 0x22, 0x02, 0x31, 0x05, 0x23]);
    pdu.extend_from_slice(rest.get(3..).context("a content")?);
    Ok(pdu.iter().map(|octet| format!("{octet:02X}")).collect())
}

fn answered<T: Send + 'static>(ask: impl FnOnce(Answer<T>) -> bool) -> anyhow::Result<T> {
    let (send, receive) = sync_channel(1);
    let taken = ask(Box::new(move |outcome: Result<T, StoreError>| drop(send.send(outcome))));
    ensure!(taken, "the store takes no more");
    Ok(receive.recv()??)
}

fn parse_rate(windows: usize) -> anyhow::Result<()> {
    let line = deliver("19900000017", TEXT)?;
    ensure!(matches!(Incoming::parse_line(&line), Ok(Incoming::Deliver(_))), "it is read");
    let mut best = 0.0_f64;
    for _ in 0..windows {
        let (begun, mut read) = (now(), 0_u32);
        while begun.elapsed() < WINDOW {
            for _ in 0..100 {
                std::hint::black_box(Incoming::parse_line(std::hint::black_box(&line)).is_ok());
            }
            read += 100;
        }
        best = best.max(f64::from(read) / begun.elapsed().as_secs_f64());
    }
    row("PDUs read (fastest window)", best, "1/s");
    Ok(())
}

fn open(folder: &Path) -> anyhow::Result<Store> {
    let messages =
        MessageRules { sms_account: Some(ACCOUNT.to_owned()), ..MessageRules::default() };
    let config = StoreConfig { messages, ..StoreConfig::new(folder, start()) };
    Ok(Store::open(config, Calendar::built_in(), [1; 32])?)
}

fn number(n: usize) -> String {
    format!("1990000{n:08}")
}

fn raw(n: usize, account: &str) -> anyhow::Result<RawInbound> {
    let line = deliver(&number(n), TEXT)?;
    let dedup_key = dedup_key(&n.to_string(), [line.as_str()]);
    let (medium, account) = (Medium::Sms, account.to_owned());
    Ok(RawInbound {
        medium,
        account,
        dedup_key,
        form: FORM_PDU,
        received_at: start(),
        raw: line.into_bytes(),
    })
}

fn put(store: &StoreHandle, n: usize) -> anyhow::Result<()> {
    let raw = raw(n, ACCOUNT)?;
    answered(|answer| store.inbound_put(vec![raw], answer)).map(drop)
}

/// Messages of an account that may leave now, handed over and taken; `None` while there are none.
fn drain(store: &StoreHandle, at: Timestamp, count: usize) -> anyhow::Result<usize> {
    let leased = answered(|answer| store.outbox_lease(at, ACCOUNT.to_owned(), count, answer))?;
    for message in &leased {
        let id = message.id;
        ensure!(answered(|answer| store.outbox_submitting(at, id, (1, 1), answer))?, "it may go");
        let outcome = PartOutcome::Submitted(Some(format!("mr-{id}")));
        answered(|answer| store.outbox_settle(at, id, 1, outcome, answer))?;
    }
    Ok(leased.len())
}

/// From the commit of a text to its acknowledgement in the hands of a channel, one after the other; then as many as go
/// when they come faster than they are settled.
fn end_to_end(texts: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store = open(folder.path())?;
    let handle = store.handle();
    let normaliser = Normaliser::start(NormaliserConfig {
        folder: DataFolder::from(folder.path()),
        store: handle.clone(),
        readers: vec![parsed as ReadForm],
        mail_servers: std::collections::BTreeMap::new(),
        wall: start,
    })?;
    let one_by_one = texts.min(usize::try_from(AUTOMATIC_PER_HOUR_MAX)?);
    let mut times = Vec::with_capacity(one_by_one);
    for n in 0..one_by_one {
        let begun = now();
        put(&handle, n)?;
        while drain(&handle, start(), 1)? == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    row("text to acknowledgement, p50", quantile(&times, 0.5), "ms");
    row("text to acknowledgement, p99", quantile(&times, 0.99), "ms");
    let begun = now();
    let each = texts.div_ceil(8);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8_usize)
            .map(|thread| {
                let handle = handle.clone();
                scope.spawn(move || {
                    (0..each).try_for_each(|n| put(&handle, 1_000_000 + thread * each + n))
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(done) => done,
            Err(_) => anyhow::bail!("a client died"),
        })
    })?;
    let journalled = begun.elapsed();
    let reader = mayorline::store::Reader::open(folder.path())?;
    while !reader.inbound_waiting(0)?.is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let all = (each * 8) as f64;
    row("texts journalled, 8 at once", all / journalled.as_secs_f64(), "1/s");
    row("texts from journal to acknowledgement", all / begun.elapsed().as_secs_f64(), "1/s");
    normaliser.finish();
    Ok(())
}

/// A text of somebody, settled without waiting; `done` has a place for each that is under way.
fn fill(store: &StoreHandle, n: usize, done: &SyncSender<bool>) -> anyhow::Result<()> {
    // A modem's account may send two hundred an hour: others fill the box.
    let account = if n < DRAINED { ACCOUNT.to_owned() } else { format!("other-{}", n / 200) };
    // A day has numbers for 9,999 cases.
    let at = start() + SignedDuration::from_hours(24 * i64::try_from(n / A_DAY)?);
    let raw = RawInbound { received_at: at, ..raw(n, &account)? };
    let (settling, told) = (store.clone(), done.clone());
    let from = number(n);
    let put = store.inbound_put(
        vec![raw],
        Box::new(move |kept| {
            let Some(token) = kept.ok().and_then(|kept| kept.into_iter().next()) else {
                let _ = told.send(false);
                return;
            };
            let words = Words::Whole { text: TEXT.to_owned(), suspect: false };
            let text = InboundText { from, to: None, sent_at: None, words };
            let ended = told.clone();
            let settled = Box::new(move |settled: Result<_, StoreError>| {
                let _ = ended.send(settled.is_ok());
            });
            let parsed = Parsed::Text(Box::new(text));
            if !settling.inbound_settle(at, token.id(), parsed, settled) {
                let _ = told.send(false);
            }
        }),
    );
    ensure!(put, "the store takes no more");
    Ok(())
}

fn drained(waiting: usize, drained: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store = open(folder.path())?;
    let handle = store.handle();
    let (done, ended) = sync_channel(UNDER_WAY);
    let begun = now();
    for n in 0..waiting {
        if n >= UNDER_WAY {
            ensure!(ended.recv()?, "a text was not settled");
        }
        fill(&handle, n, &done)?;
    }
    for _ in 0..waiting.min(UNDER_WAY) {
        ensure!(ended.recv()?, "a text was not settled");
    }
    row(
        "texts settled while the box is filled",
        waiting as f64 / begun.elapsed().as_secs_f64(),
        "1/s",
    );
    row("memory with all of them waiting", resident_mib()?, "MiB");
    let hourly = usize::try_from(AUTOMATIC_PER_HOUR_MAX)?;
    let (mut gone, mut times) = (0, vec![]);
    let begun = now();
    for hour in 0..24 {
        let at = start() + SignedDuration::from_hours(hour) + SignedDuration::from_secs(hour);
        let mut left = hourly;
        while gone < drained && left > 0 {
            let one = now();
            let sent = drain(&handle, at, 4.min(left))?;
            if sent == 0 {
                break;
            }
            times.push(one.elapsed() / u32::try_from(sent)?);
            (gone, left) = (gone + sent, left - sent);
        }
    }
    ensure!(gone >= drained, "only {gone} of {drained} left");
    row(
        "messages drained, each leased, marked and settled",
        gone as f64 / begun.elapsed().as_secs_f64(),
        "1/s",
    );
    times.sort_unstable();
    row("one of them, p99", quantile(&times, 0.99), "ms");
    Ok(())
}

fn resident_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kib / 1_024.0)
}

fn main() -> anyhow::Result<()> {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    println!("| {:<52} | {:>10} | {:<8} |", "what", "figure", "unit");
    println!("| {} | {}: | {} |", "-".repeat(52), "-".repeat(9), "-".repeat(8));
    match is_bench {
        true => {
            parse_rate(WINDOWS)?;
            end_to_end(4_000)?;
            drained(WAITING, DRAINED)
        }
        false => {
            parse_rate(1)?;
            end_to_end(16)?;
            drained(500, 40)
        }
    }
}
