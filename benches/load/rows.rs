//! What is measured, in the order of the table.

use crate::awake::Awake;
use crate::endpoint::{Endpoint, STREAMS_MAX};
use crate::queue_model::{DECISIONS, Model};
use crate::rooms::{self, ROOMS_MAX, Rooms};
use crate::staircase::{self, Kind, PLAYING, RECORDING, Step};
use crate::table::Row;
use crate::{
    ENDPOINT_IP, browser, cases, dialling, limits, memory, parse, people, selftest, short_calls,
    subject,
};
use mayorline::domain::queue::Strategy;
use std::time::{Duration, Instant};

/// Calls at once, step by step.
const STEPS: [usize; 7] = [200, 600, 1000, 1200, 1350, 1500, 1700];
/// Other steps, words in this variable.
const STEPS_VARIABLE: &str = "MAYORLINE_BENCH_STEPS";
/// Rooms of three at once, step by step; the first is taken for the machine at rest.
const ROOMS: [usize; 4] = [10, 100, 200, ROOMS_MAX];
/// Another number of players beside the calls that are set up than 80 % of what is sustained.
const PLAYERS_VARIABLE: &str = "MAYORLINE_BENCH_PLAYERS";
const SETUP_TIME: Duration = Duration::from_secs(14);
const PARTS_VARIABLE: &str = "MAYORLINE_BENCH_ONLY";
const LONG_VARIABLE: &str = "MAYORLINE_BENCH_LONG";
/// Calls of the memory part; the long form shows the 50,000.
const CALLS: u32 = 10_000;
const CALLS_LONG: u32 = 50_000;

/// What the machine can do, taken first.
struct Limits {
    send_us: f64,
    receive_us: f64,
    commits: f64,
}

impl Limits {
    /// 50 packets/s each way for one call, bare.
    fn percent_per_100_calls(&self) -> f64 {
        (self.send_us + self.receive_us) * 50.0 * 100.0 / 1e6 * 100.0
    }
}

fn steps_wanted() -> Vec<usize> {
    let words = std::env::var(STEPS_VARIABLE).unwrap_or_default();
    let wanted: Vec<usize> = words.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    if wanted.is_empty() { STEPS.to_vec() } else { wanted }
}

fn players_wanted() -> Option<usize> {
    std::env::var(PLAYERS_VARIABLE).ok()?.parse().ok()
}

fn wanted(part: &str) -> bool {
    std::env::var(PARTS_VARIABLE).map_or(true, |parts| parts.split_whitespace().any(|p| p == part))
}

fn row(measure: &str, value: String, limit: String, bar: &'static str, peers: &'static str) -> Row {
    Row { measure: measure.to_owned(), value, limit, bar, peers }
}

/// Every part that is wanted.
pub(crate) fn all() -> Vec<Row> {
    let (send_us, receive_us) = limits::packet_us();
    let limits = Limits { send_us, receive_us, commits: limits::commits_per_second() };
    let mut rows = Vec::new();
    if wanted("parse") {
        rows.extend(parsing());
    }
    if wanted("short") {
        rows.extend(short());
    }
    if wanted("play") || wanted("record") {
        rows.push(own_ceiling(1_500, 6));
        rows.extend(streams(&limits));
    }
    if wanted("dial") {
        rows.push(dialled());
    }
    if wanted("queue") {
        rows.push(decided());
    }
    if wanted("people") {
        rows.extend(talked());
    }
    if wanted("rooms") {
        let heard = Endpoint::start(ENDPOINT_IP, STREAMS_MAX)
            .expect("the ports from 20000 on are free on 127.0.0.3");
        rows.extend(in_rooms(&rooms::climb(&heard, &ROOMS)));
    }
    if wanted("cases") {
        rows.push(durable(&limits));
    }
    if wanted("memory") {
        rows.push(flat());
    }
    rows
}

fn parsing() -> Vec<Row> {
    let line = |(name, rate): (&str, parse::Rate)| {
        let value = format!("{:.0}/s (median {:.0})", rate.fastest, rate.median);
        row(&format!("SIP messages read, {name}"), value, "-".to_owned(), ">= 100,000/s", "-")
    };
    parse::rates().into_iter().map(line).collect()
}

/// The endpoint against a bare sender.
pub(crate) fn own_ceiling(streams: usize, seconds: usize) -> Row {
    let (verdict, cpu) = selftest::ceiling(streams, seconds, subject::CORE);
    let value = format!(
        "good {:.4}, lost {}, gap p99.9 {:.2} ms, {cpu:.0} % of its core",
        verdict.good_share(),
        verdict.lost,
        verdict.gaps.quantile_ms(0.999)
    );
    let measure = format!("the load itself, {streams} streams");
    row(&measure, value, "-".to_owned(), "good 1.0000", "-")
}

fn short() -> Vec<Row> {
    let (best, cpu_ms) = short_calls::capacity();
    let quiet = short_calls::delay(0, 10, SETUP_TIME);
    let awake = {
        let _awake = Awake::keep();
        short_calls::delay(0, 10, SETUP_TIME)
    };
    let busy = short_calls::delay(best * 4 / 5, 50, SETUP_TIME);
    let value = format!("{best}/s, {cpu_ms:.2} ms CPU each");
    vec![
        row(
            "short calls, none failed or sent again",
            value,
            "0.18 ms (Kamailio)".to_owned(),
            ">= 1,600/s, <= 0.5 ms",
            "Asterisk 800/s 0.95-1.3 ms, FreeSWITCH 200/s 4.0-4.6 ms",
        ),
        row(
            "INVITE to 200 at 10/s, p50 / p99",
            quiet.words(),
            "0.27 / 0.42 ms (Kamailio)".to_owned(),
            "<= 0.6 / 1.2 ms",
            "Asterisk 1.0 / 1.6, FreeSWITCH 3.2 / 4.4",
        ),
        row(
            "  the same, no core ever asleep",
            awake.words(),
            "-".to_owned(),
            "<= 0.6 / 1.2 ms",
            "-",
        ),
        row(
            &format!("INVITE to 200 beside {}/s (80 %)", best * 4 / 5),
            busy.words(),
            "-".to_owned(),
            "-",
            "Asterisk 1.4 / 2.8 at 81 %, FreeSWITCH 3.8 / 12.7 at 75 %",
        ),
    ]
}

fn streams(limits: &Limits) -> Vec<Row> {
    let heard = Endpoint::start(ENDPOINT_IP, STREAMS_MAX)
        .expect("the ports from 20000 on are free on 127.0.0.3");
    let mut rows = Vec::new();
    if wanted("play") {
        let (bars, peers) = (
            [">= 1,200", "<= 6.6 %, <= 27 KiB"],
            ["Asterisk 240, FreeSWITCH 220", "33 %, 136 KiB + thread; 36 %, 465 KiB + thread"],
        );
        let (more, best) = climbed(PLAYING, &heard, limits, bars, peers);
        rows.extend(more);
        rows.push(under_load(&heard, players_wanted().unwrap_or(best * 4 / 5)));
    }
    if wanted("record") {
        let (bars, peers) = (
            ["-", "<= 9 %, <= 48 KiB"],
            ["Asterisk 165, FreeSWITCH 110", "43 %, 240 KiB; 56 %, 800-864 KiB"],
        );
        rows.extend(climbed(RECORDING, &heard, limits, bars, peers).0);
    }
    rows
}

fn climbed(
    kind: Kind,
    heard: &Endpoint,
    limits: &Limits,
    bars: [&'static str; 2],
    peers: [&'static str; 2],
) -> (Vec<Row>, usize) {
    let done = staircase::climb(kind, heard, &steps_wanted());
    let steps: Vec<Row> = done.iter().map(|step| step_row(kind, step)).collect();
    let best = done.iter().rfind(|step| step.sustained());
    let sustained = best.map_or(0, |step| step.calls);
    let each = best.map_or_else(
        || "none sustained".to_owned(),
        |step| {
            let percent = step.cpu_percent / step.calls as f64 * 100.0;
            format!("{percent:.2} %, {:.1} KiB", step.kib_per_call)
        },
    );
    let bare = format!("{:.1} % (bare sendto + recv)", limits.percent_per_100_calls());
    let name = kind.name;
    let mut rows = vec![
        row(
            &format!("calls {name}, sustained"),
            sustained.to_string(),
            format!("send {:.1} us, receive {:.1} us", limits.send_us, limits.receive_us),
            bars[0],
            peers[0],
        ),
        row(&format!("CPU per 100 and memory per call {name}"), each, bare, bars[1], peers[1]),
    ];
    rows.extend(steps);
    (rows, sustained)
}

fn step_row(kind: Kind, step: &Step) -> Row {
    let measure = format!("  {} calls {}", step.calls, kind.name);
    row(&measure, step.words(), "-".to_owned(), "-", "-")
}

fn under_load(heard: &Endpoint, calls: usize) -> Row {
    let (latencies, players) = staircase::set_up_under_load(heard, calls, 10, SETUP_TIME);
    let value = format!("{}, players good {:.4}", latencies.words(), players.good_share());
    row(
        &format!("INVITE to 200 at 10/s beside {calls} players"),
        value,
        "-".to_owned(),
        "p99 <= 10 ms, good 1.0000",
        "FreeSWITCH 8 / 18 good 1.000, Asterisk 6 / 54 good 0.905",
    )
}

fn dialled() -> Row {
    let latencies = dialling::measure();
    row(
        "last digit to first packet of the answer",
        latencies.words(),
        "-".to_owned(),
        "<= 1 / 3 ms",
        "Asterisk FastAGI 3.3 / 15.6, AstDB 0.68 / 1.46, FreeSWITCH 279 / 282",
    )
}

/// Whole turns of the queue for two seconds.
fn decided() -> Row {
    let mut model = Model::new(Strategy::LongestIdle);
    let (started, mut turns) = (Instant::now(), 0_u64);
    while started.elapsed() < Duration::from_secs(2) {
        model.turn();
        turns += 1;
    }
    let rate = (turns * DECISIONS) as f64 / started.elapsed().as_secs_f64();
    let value = format!("{rate:.0}/s, {} callers wait, 100 seats", model.waiting());
    row("decisions of the queue", value, "-".to_owned(), ">= 50,000/s", "-")
}

fn talked() -> Vec<Row> {
    let both_ways = row(
        "a seat's answer to audio both ways, p50 / p99",
        people::answers().words(),
        "-".to_owned(),
        "p99 <= 100 ms",
        "-",
    );
    let browser = row(
        "a browser's sound: call offered to connected, p50 / p99",
        browser::connected().words(),
        "-".to_owned(),
        "-",
        "-",
    );
    vec![both_ways, browser]
}

/// Rooms of three, all talking, all recorded.
fn in_rooms(done: &[Rooms]) -> Vec<Row> {
    let best = done.iter().rfind(|rooms| rooms.sustained());
    let (sustained, percent) = best.map_or((0, f64::NAN), |rooms| {
        (rooms.step.calls, rooms.step.cpu_percent / rooms.step.calls as f64 * 10.0)
    });
    let mut rows = vec![
        row(
            "rooms of three, all talking, recorded, sustained",
            sustained.to_string(),
            format!("{ROOMS_MAX}: a house has 500 seats"),
            ">= 250",
            "Asterisk 50, FreeSWITCH 30",
        ),
        row(
            "CPU per 10 rooms",
            format!("{percent:.2} %"),
            "0.9 % (packets and mixing alone)".to_owned(),
            "<= 2.4 %",
            "Asterisk 12 %, FreeSWITCH 17 %",
        ),
    ];
    rows.extend(done.iter().map(|rooms| {
        let value =
            format!("{}; mixer with jitter buffer {}", rooms.step.words(), rooms.delay.words());
        row(
            &format!("  {} rooms", rooms.step.calls),
            value,
            "-".to_owned(),
            // A frame that came with jitter may not be lost (A6), so it waits for one frame.
            "9 / 21 ms and a jitter buffer of 20",
            "9 / 21 ms without a jitter buffer",
        )
    }));
    rows
}

fn durable(limits: &Limits) -> Row {
    let value = format!("{:.0}/s (128 waiting clients)", cases::durable_per_second());
    let limit = format!("{:.0}/s bare fdatasync of 4 KiB", limits.commits);
    row("durable cases", value, limit, "-", "-")
}

fn flat() -> Row {
    let long = std::env::var(LONG_VARIABLE).is_ok_and(|value| value == "1");
    let seen = memory::measure(if long { CALLS_LONG } else { CALLS });
    let held = seen.held.split("stopping").nth(1).unwrap_or("").trim().to_owned();
    let value = format!(
        "{:.1} MiB before, {:.1} MiB after, {} failed, 60 s later: {held}",
        seen.before_mib, seen.after_mib, seen.failed
    );
    let measure = format!("memory over {} calls", seen.calls);
    row(&measure, value, "-".to_owned(), "flat, no dialog left", "-")
}
