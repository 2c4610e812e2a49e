//! Durable cases a second and the time of a look-up, as a table.
//!
//! `cargo bench --bench store` takes the figures; without `--bench` it runs each part once, small,
//! to show that it works. Every case counted was answered after its commit at `synchronous=FULL`.

#[path = "common/measure.rs"]
mod measure;

use anyhow::Context;
use jiff::{Timestamp, ToSpan};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{
    CallRecord, Caller, EndedBy, Entry, EntryKind, IntakeKind, Lookup, NewIntake, StoreReply,
    StoreRequest,
};
use mayorline::domain::case::Role;
use mayorline::domain::report::{Names, Period, Rights};
use mayorline::store::{
    Administration, CallAccount, CallStarted, LegRecord, Reader, RequestContext, Store,
    StoreConfig, StoreHandle,
};
use mayorline::units::{CallId, CaseNumber, PhoneNumber, QueryCode};
use measure::{ask, bare_syncs, now, quantile};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Clients that each wait for their answer before the next request.
const CLIENTS: [usize; 4] = [1, 8, 32, 128];

/// Cases that stand in the store while look-ups are timed.
const CASES: usize = 100_000;

/// Short calls whose rows are handed in together, as many as end while a commit is on its way.
const CALLS_TOGETHER: u64 = 16;

/// Numbers a day can give out, with room.
const CASES_A_DAY: usize = 9_000;

fn start() -> Timestamp {
    Timestamp::from_second(1_795_312_800).unwrap_or_default()
}

fn intake(key: String, at: Timestamp) -> NewIntake {
    NewIntake {
        key,
        kind: IntakeKind::Text,
        call: None,
        contact: None,
        mail: None,
        caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
        received_at: at,
        recording: None,
        text: Some("北宿镇路口的路灯已经一个星期不亮了，晚上走路很不方便。".to_owned()),
        callback: false,
    }
}

fn row(what: &str, per_second: f64, mut times: Vec<Duration>) {
    times.sort_unstable();
    let (p50, p99, most) = (quantile(&times, 0.5), quantile(&times, 0.99), quantile(&times, 1.0));
    println!("| {what:<38} | {per_second:>9.0} | {p50:>8.3} | {p99:>8.3} | {most:>8.3} |");
}

/// The disk's own limit: one small write and fdatasync after the other.
fn bare_sync(times: usize) -> std::io::Result<()> {
    let begun = now();
    let each = bare_syncs(times)?;
    row("bare 4 KiB write + fdatasync", times as f64 / begun.elapsed().as_secs_f64(), each);
    Ok(())
}

fn durable_cases(clients: usize, each: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store =
        Store::open(StoreConfig::new(folder.path(), start()), Calendar::built_in(), [1; 32])?;
    let begun = now();
    let times: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|client| {
                let handle = store.handle();
                scope.spawn(move || one_client(&handle, client, each))
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    anyhow::ensure!(times.len() == clients * each, "{} of {}", times.len(), clients * each);
    let per_second = times.len() as f64 / begun.elapsed().as_secs_f64();
    row(&format!("durable cases, {clients} waiting clients"), per_second, times);
    store.close();
    Ok(())
}

fn one_client(store: &StoreHandle, client: usize, each: usize) -> Vec<Duration> {
    (0..each)
        .filter_map(|n| {
            let one = now();
            let request = StoreRequest::Open(intake(format!("{client}-{n}"), start()));
            let opened = matches!(ask(store, start(), request), Some(StoreReply::Opened { .. }));
            opened.then(|| one.elapsed())
        })
        .collect()
}

/// All that a citizen leaves behind who hangs up under the greeting: the row of his call, the draft
/// with its callback task, the account.
fn short_calls(calls: u64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store =
        Store::open(StoreConfig::new(folder.path(), start()), Calendar::built_in(), [1; 32])?;
    let handle = store.handle();
    let (begun, before) = (now(), store_cpu());
    let mut each = Vec::new();
    for first in (0..calls).step_by(usize::try_from(CALLS_TOGETHER)?) {
        let one = now();
        let group = first..calls.min(first + CALLS_TOGETHER);
        group.clone().try_for_each(|n| started(&handle, n))?;
        abandoned(&handle, group.clone())?;
        group.clone().try_for_each(|n| finished(&handle, n))?;
        while handle.counters().jobs < group.end * 3 {
            std::thread::sleep(Duration::from_micros(100));
        }
        each.push(one.elapsed());
    }
    let (seconds, used) = (begun.elapsed().as_secs_f64(), store_cpu().saturating_sub(before));
    row(&format!("short calls, {CALLS_TOGETHER} at a time"), calls as f64 / seconds, each);
    let each_us = used.as_secs_f64() * 1e6 / calls as f64;
    println!(
        "| {:<38} | {each_us:>9.1} |          |          |          |",
        "us of the writer each"
    );
    store.close();
    Ok(())
}

/// Processor time of the thread that writes so far.
fn store_cpu() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of = |path: std::path::PathBuf| {
        let name = std::fs::read_to_string(path.join("comm")).ok()?;
        let time = std::fs::read_to_string(path.join("schedstat")).ok()?;
        let ns = time.split(' ').next()?.parse().ok()?;
        (name.trim() == "store-writer").then(|| Duration::from_nanos(ns))
    };
    threads.filter_map(|thread| of(thread.path())).sum()
}

fn call_id(n: u64) -> CallId {
    CallId::new("g1", 1_795_312_800_000 + n, u32::try_from(n % 10_000).unwrap_or(0))
}

/// One of ten thousand citizens, in no order.
fn citizen(n: u64) -> Caller {
    let number = PhoneNumber::parse(&format!("1990000{:04}", n * 7919 % 10_000)).ok();
    Caller { number, display: None }
}

fn started(store: &StoreHandle, n: u64) -> anyhow::Result<()> {
    let taken = store.call_started(CallStarted {
        call: call_id(n),
        caller: citizen(n),
        called: "12345".to_owned(),
        at: start(),
        peer: "192.0.2.7:5060".to_owned(),
    });
    anyhow::ensure!(taken, "the ledger is full");
    Ok(())
}

fn abandoned(store: &StoreHandle, group: std::ops::Range<u64>) -> anyhow::Result<()> {
    let (send, receive) = sync_channel(usize::try_from(CALLS_TOGETHER)?);
    for n in group.clone() {
        let request = StoreRequest::Open(NewIntake {
            kind: IntakeKind::Abandoned,
            call: Some(call_id(n)),
            caller: citizen(n),
            text: None,
            ..intake(format!("{}/1", call_id(n)), start())
        });
        let send = send.clone();
        let reply = Box::new(move |reply| drop(send.send(reply)));
        let taken = store.submit(start(), request, RequestContext::default(), reply);
        anyhow::ensure!(taken, "the queue is full");
    }
    drop(send);
    let stubs = receive.iter().filter(|reply| matches!(reply, StoreReply::Opened { .. })).count();
    anyhow::ensure!(stubs as u64 == group.end - group.start, "{stubs} of {group:?}");
    Ok(())
}

fn finished(store: &StoreHandle, n: u64) -> anyhow::Result<()> {
    let entry = |ms, kind| Entry { at: Duration::from_millis(ms), kind };
    let record = CallRecord {
        call: call_id(n),
        lasted: Duration::from_millis(3),
        ended_by: EndedBy::Citizen,
        entries: vec![
            entry(0, EntryKind::Prompt("G01".to_owned())),
            entry(0, EntryKind::Prompt("G02".to_owned())),
            entry(6, EntryKind::Stub),
        ],
    };
    let leg = LegRecord {
        peer: "192.0.2.7:6000".to_owned(),
        codec: Some("PCMU".to_owned()),
        answered: Some(Duration::ZERO),
        to: Duration::from_millis(3),
        sent: 1,
        ..LegRecord::default()
    };
    let account = CallAccount { record, legs: vec![leg], parties: vec![], tracks: vec![] };
    anyhow::ensure!(store.call_accounted(start(), account), "the ledger is full");
    Ok(())
}

/// Fills the store with requests that do not wait for each other.
fn fill(store: &StoreHandle, cases: usize) -> Vec<(CaseNumber, QueryCode)> {
    let (send, receive) = sync_channel(cases);
    for n in 0..cases {
        let days = i64::try_from(n / CASES_A_DAY).unwrap_or(0);
        let at = start().saturating_add((days * 24).hours()).unwrap_or_default();
        loop {
            let send = send.clone();
            let reply = Box::new(move |reply| drop(send.send(reply)));
            let request = StoreRequest::Open(intake(format!("fill-{n}"), at));
            if store.submit(at, request, RequestContext::default(), reply) {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    drop(send);
    let told = |reply| match reply {
        StoreReply::Opened { number, code } => number.zip(code),
        _ => None,
    };
    receive.iter().take(cases).filter_map(told).collect()
}

fn look_ups(cases: usize, times: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store =
        Store::open(StoreConfig::new(folder.path(), start()), Calendar::built_in(), [1; 32])?;
    let begun = now();
    let told = fill(&store.handle(), cases);
    anyhow::ensure!(told.len() == cases, "{} of {cases}", told.len());
    let rate = cases as f64 / begun.elapsed().as_secs_f64();
    println!(
        "| {:<38} | {rate:>9.0} |          |          |          |",
        "durable cases, not waiting"
    );
    let begun = now();
    let mut each = Vec::with_capacity(times);
    for n in 0..times {
        // A step that shares no factor with the number of cases reaches them all, far apart.
        let (number, code) = told[n * 7919 % told.len()];
        let one = now();
        let answer = ask(&store.handle(), start(), StoreRequest::LookUp { number, code });
        each.push(one.elapsed());
        let found = matches!(answer, Some(StoreReply::LookedUp(Lookup::Found(_))));
        anyhow::ensure!(found, "{answer:?}");
    }
    let per_second = times as f64 / begun.elapsed().as_secs_f64();
    row(&format!("look-up among {cases} cases"), per_second, each);
    store.close();
    Ok(())
}

/// A report of the month and its case sheet, both read out of the events.
fn monthly_report(cases: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store =
        Store::open(StoreConfig::new(folder.path(), start()), Calendar::built_in(), [1; 32])?;
    let told = fill(&store.handle(), cases);
    anyhow::ensure!(told.len() == cases, "{} of {cases}", told.len());
    store.close();
    let period = Period::parse_id("month-2026-11").context("a month")?;
    let later = start().saturating_add((24 * 60).hours())?;
    let mut administration = Administration::open(folder.path(), later)?;
    let begun = now();
    administration.make_report(later, &Calendar::built_in(), period)?.context("an issue")?;
    let made = begun.elapsed();
    let reader = Reader::open(folder.path())?;
    let rights = Rights::of(Role::Director, "801", None).context("rights")?;
    let begun = now();
    let stored = reader.report(&period, None)?;
    let sheet = reader.sheet(&period, stored.as_of, &Names::default(), &rights)?;
    let shown = begun.elapsed();
    anyhow::ensure!(sheet.len() == stored.content.accepted, "{} rows", sheet.len());
    let of = sheet.len();
    row(&format!("month of {of} cases worked out"), of as f64 / made.as_secs_f64(), vec![made]);
    row(&format!("its sheet of {of} rows"), of as f64 / shown.as_secs_f64(), vec![shown]);
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (syncs, each, calls, cases, asked) =
        if full { (2_000, 2_000, 16_000, CASES, 50_000) } else { (20, 128, 160, 500, 500) };
    println!(
        "| what                                   |   per sec |  p50 ms |  p99 ms |  max ms |"
    );
    println!("| --- | --- | --- | --- | --- |");
    // For a count of instructions, which wants one part alone.
    if std::env::var("MAYORLINE_BENCH_ONLY").is_ok_and(|only| only == "short calls") {
        return short_calls(calls);
    }
    if std::env::var("MAYORLINE_BENCH_ONLY").is_ok_and(|only| only == "report") {
        return monthly_report(cases);
    }
    bare_sync(syncs)?;
    for clients in CLIENTS {
        durable_cases(clients, (each / clients).max(each / 32))?;
    }
    short_calls(calls)?;
    look_ups(cases, asked)?;
    monthly_report(cases)
}
