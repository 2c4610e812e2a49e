//! The load side of `make bench`: one run, one table, by the method of docs/testing.md. The server
//! is pinned to core 0, the load to core 1. Run without `--bench` it only tests itself.

// A measurement that cannot go on stops loudly, and it lives by the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]
// Figures for a table: nothing is decided by a rounded one.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod clock;
mod endpoint;
mod limits;
mod selftest;
mod setup;
mod staircase;
mod stats;
mod table;

#[path = "../../tests/support/mod.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use support::clients::sipp;
use support::service::{Service, Start};
use table::Row;

/// The server's core and ours.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;
/// Where the callers' audio goes.
const ENDPOINT_IP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
/// Calls at once, step by step.
const STEPS: [usize; 10] = [50, 100, 200, 400, 600, 800, 1000, 1200, 1350, 1500];
/// Short calls a second, step by step, each for this long.
const RATES: [u32; 9] = [50, 100, 200, 400, 800, 1200, 1600, 2000, 2500];
const RATE_SECONDS: u32 = 8;
/// Sustained is the largest step at or above this share, with nothing lost.
const SUSTAINED_SHARE: f64 = 0.995;
const SETUP_TIME: Duration = Duration::from_secs(14);
/// Further settings of the measured service, one `key=value` a word.
const SETTINGS_VARIABLE: &str = "MAYORLINE_BENCH_SET";
/// `ADDRESS PID` of another server, to be measured by the same method.
const AGAINST_VARIABLE: &str = "MAYORLINE_BENCH_AGAINST";

/// A-law of one sample.
fn alaw(sample: i16) -> u8 {
    support::audio::alaw_encode(sample)
}

fn main() {
    let whole = std::env::args().any(|argument| argument == "--bench");
    clock::pin(LOAD_CORE);
    if !whole {
        table::print(&[own_ceiling(100, 2)]);
        return;
    }
    allow_many_files();
    let mut rows = machine();
    rows.push(own_ceiling(1500, 6));
    rows.extend(set_up());
    rows.extend(short_calls());
    rows.extend(playing());
    table::print(&rows);
}

fn row(measure: &str, value: String, bar: &'static str, peers: &'static str) -> Row {
    Row { measure: measure.to_owned(), value, bar, peers }
}

/// What is measured: a fresh service for each figure, or another server named from outside.
struct Subject {
    udp: SocketAddr,
    pid: u32,
    _own: Option<(Service, tempfile::TempDir)>,
}

impl Subject {
    fn start() -> Self {
        if let Ok(words) = std::env::var(AGAINST_VARIABLE) {
            let (udp, pid) = words.split_once(' ').expect("ADDRESS PID");
            let udp = udp.parse().expect("the address of the other server");
            return Self { udp, pid: pid.parse().expect("its process id"), _own: None };
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = std::env::var(SETTINGS_VARIABLE).unwrap_or_default();
        let start = Start::new(folder.path()).pinned(SERVER_CORE);
        let service = settings.split_whitespace().fold(start, |start, one| start.set(one)).run();
        Self { udp: service.udp(), pid: service.pid(), _own: Some((service, folder)) }
    }
}

fn machine() -> Vec<Row> {
    let round = format!("{:.2} us", limits::packet_round_us());
    let commits = format!("{:.0}/s", limits::commits_per_second());
    vec![
        row("machine: bare sendto + recv of 172 bytes", round, "-", "-"),
        row("machine: bare append + fdatasync of 4 KiB", commits, "-", "-"),
    ]
}

fn own_ceiling(streams: usize, seconds: usize) -> Row {
    let (verdict, cpu) = selftest::ceiling(streams, seconds, SERVER_CORE);
    let value = format!(
        "good {:.4}, lost {}, gap p99.9 {:.2} ms, {cpu:.0} % of its core",
        verdict.good_share(),
        verdict.lost,
        verdict.gaps.quantile_ms(0.999)
    );
    row(&format!("machine: endpoint alone, {streams} streams"), value, "good 1.0000", "-")
}

fn set_up() -> Vec<Row> {
    let subject = Subject::start();
    let seen = setup::measure(subject.udp, SETUP_TIME);
    let value = format!(
        "{:.2} / {:.2} ms, {} unanswered",
        seen.quantile_ms(0.5),
        seen.quantile_ms(0.99),
        seen.unanswered
    );
    let peers = "Asterisk 1.0 / 1.6, FreeSWITCH 3.2 / 4.4, Kamailio 0.27 / 0.42";
    vec![row("INVITE to 200 at 10/s, p50 / p99", value, "<= 0.6 / 1.2 ms", peers)]
}

fn short_calls() -> Vec<Row> {
    let (mut best, mut cpu_ms) = (0, f64::NAN);
    for rate in RATES {
        let subject = Subject::start();
        let before = clock::cpu_seconds(subject.pid);
        let calls = rate * RATE_SECONDS;
        let caller = sipp::Caller::stock().calls(calls, rate);
        let counts = caller.run(subject.udp, Duration::from_secs(u64::from(RATE_SECONDS) * 3));
        let used = clock::cpu_seconds(subject.pid) - before;
        if counts.failed > 0 || counts.retransmissions > 0 || counts.successful < calls.into() {
            println!("note: short calls stop at {rate}/s: {counts:?}");
            break;
        }
        (best, cpu_ms) = (rate, used * 1000.0 / f64::from(calls));
    }
    let value = format!("{best}/s, {cpu_ms:.2} ms CPU each");
    let peers = "Asterisk 800/s 0.95-1.3 ms, FreeSWITCH 200/s 4.0-4.6 ms";
    vec![row("short calls, none failed or sent again", value, ">= 1600/s, <= 0.5 ms", peers)]
}

fn playing() -> Vec<Row> {
    let subject = Subject::start();
    let endpoint = endpoint::Endpoint::start(ENDPOINT_IP, endpoint::STREAMS_MAX)
        .expect("the ports from 20000 on are free on 127.0.0.3");
    let steps = staircase::climb(subject.udp, subject.pid, &endpoint, &STEPS);
    let mut rows: Vec<Row> = steps.iter().map(step_row).collect();
    let fine = |s: &&staircase::Step| {
        let all_there = s.verdict.streams >= s.calls;
        all_there && s.verdict.good_share() >= SUSTAINED_SHARE && s.verdict.lost == 0
    };
    let best = steps.iter().rfind(fine);
    let value = best.map_or_else(
        || "none".to_owned(),
        |s| {
            let per_hundred = s.cpu_percent / s.calls as f64 * 100.0;
            format!("{}, {per_hundred:.1} % per 100, {:.0} KiB each", s.calls, s.kib_per_call)
        },
    );
    let peers = "Asterisk 240, 33 %, 136 KiB; FreeSWITCH 220, 36 %, 465 KiB";
    rows.push(row("playing calls sustained", value, ">= 1200, <= 6.6 %, <= 27 KiB", peers));
    rows
}

fn step_row(step: &staircase::Step) -> Row {
    let value = format!(
        "heard {} at {:.1} packets/s, good {:.4}, lost {}, gap p99 {:.1} p99.9 {:.1} ms, \
         CPU {:.1} %",
        step.verdict.streams,
        step.verdict.packets_per_second(),
        step.verdict.good_share(),
        step.verdict.lost,
        step.verdict.gaps.quantile_ms(0.99),
        step.verdict.gaps.quantile_ms(0.999),
        step.cpu_percent
    );
    row(&format!("{} calls playing", step.calls), value, "-", "-")
}

/// One socket per stream, here and in the service that inherits the limit.
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(e) = setrlimit(Resource::Nofile, limit) {
        println!("note: the limit of open files stays ({e})");
    }
}
