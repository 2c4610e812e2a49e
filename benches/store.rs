//! Durable cases a second and the time of a look-up, as a table.
//!
//! `cargo bench --bench store` takes the figures; without `--bench` it runs each part once, small,
//! to show that it works. Every case counted was answered after its commit at `synchronous=FULL`.

use jiff::{Timestamp, ToSpan};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, Lookup, NewIntake, StoreReply, StoreRequest};
use mayorline::store::{RequestContext, Store, StoreConfig, StoreHandle};
use mayorline::units::{CaseNumber, PhoneNumber, QueryCode};
use std::fs::File;
use std::io::Write;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Clients that each wait for their answer before the next request.
const CLIENTS: [usize; 4] = [1, 8, 32, 128];

/// Cases that stand in the store while look-ups are timed.
const CASES: usize = 100_000;

/// Numbers a day can give out, with room.
const CASES_A_DAY: usize = 9_000;

#[allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn now() -> Instant {
    Instant::now()
}

fn start() -> Timestamp {
    Timestamp::from_second(1_795_312_800).unwrap_or_default()
}

fn intake(key: String, at: Timestamp) -> NewIntake {
    NewIntake {
        key,
        kind: IntakeKind::Text,
        call: None,
        contact: None,
        caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
        received_at: at,
        recording: None,
        text: Some("北宿镇路口的路灯已经一个星期不亮了，晚上走路很不方便。".to_owned()),
        callback: false,
    }
}

/// Sends one request and waits for its answer.
fn ask(store: &StoreHandle, at: Timestamp, request: StoreRequest) -> Option<StoreReply> {
    let (send, receive) = sync_channel(1);
    let reply = Box::new(move |reply| drop(send.send(reply)));
    let sent = store.submit(at, request, RequestContext::default(), reply);
    sent.then(|| receive.recv().ok()).flatten()
}

/// The value below which `share` of the sorted times lie.
fn quantile(sorted: &[Duration], share: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= share <= 1")]
    let at = ((sorted.len() - 1) as f64 * share) as usize;
    sorted[at].as_secs_f64() * 1000.0
}

fn row(what: &str, per_second: f64, mut times: Vec<Duration>) {
    times.sort_unstable();
    let (p50, p99, most) = (quantile(&times, 0.5), quantile(&times, 0.99), quantile(&times, 1.0));
    println!("| {what:<38} | {per_second:>9.0} | {p50:>8.3} | {p99:>8.3} | {most:>8.3} |");
}

/// The disk's own limit: one small write and fdatasync after the other.
fn bare_sync(times: usize) -> std::io::Result<()> {
    let folder = tempfile::tempdir_in(".")?;
    let mut file = File::create(folder.path().join("bare"))?;
    let begun = now();
    let mut each = Vec::with_capacity(times);
    for _ in 0..times {
        let one = now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        each.push(one.elapsed());
    }
    row("bare 4 KiB write + fdatasync", times as f64 / begun.elapsed().as_secs_f64(), each);
    Ok(())
}

fn durable_cases(clients: usize, each: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(".")?;
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
    let folder = tempfile::tempdir_in(".")?;
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

fn main() -> anyhow::Result<()> {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (syncs, each, cases, asked) =
        if full { (2_000, 2_000, CASES, 50_000) } else { (20, 128, 500, 500) };
    println!(
        "| what                                   |   per sec |  p50 ms |  p99 ms |  max ms |"
    );
    println!("| --- | --- | --- | --- | --- |");
    bare_sync(syncs)?;
    for clients in CLIENTS {
        durable_cases(clients, (each / clients).max(each / 32))?;
    }
    look_ups(cases, asked)
}
