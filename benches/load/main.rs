//! The load side of `make bench`: one run, one table, by the method of docs/testing.md. The server
//! is pinned to core 0, the load to core 1, all in a real-time class. Run without `--bench` it only
//! tests itself. `MAYORLINE_BENCH_ONLY="play delay"` takes some parts, `MAYORLINE_BENCH_LONG=1` the
//! long form of the memory part, `MAYORLINE_BENCH_WRITE=1` writes docs/benchmarks.md.

// A measurement that cannot go on stops loudly, and it lives by the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]
// Figures for a table: nothing is decided by a rounded one.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod awake;
mod browser;
mod cases;
mod clock;
mod dialling;
mod endpoint;
mod limits;
mod memory;
mod messages;
mod parse;
mod people;
mod probe;
#[path = "../queue/model.rs"]
mod queue_model;
mod report;
mod rooms;
mod rows;
mod selftest;
mod setup;
mod short_calls;
mod staircase;
mod stats;
mod subject;
mod switchboard;
mod table;

#[path = "../../tests/web/chromium.rs"]
#[allow(dead_code)]
mod chromium;
#[path = "../../tests/web/http.rs"]
#[allow(dead_code)]
mod http;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::net::Ipv4Addr;

/// The load's core; the server's is [`subject::CORE`].
const LOAD_CORE: usize = 1;
/// Round robin, as SIPp inherits it; the service's media threads ask for FIFO above it.
const PRIORITY: u8 = 10;
/// Where the callers' audio goes.
const ENDPOINT_IP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// A-law of one sample.
fn alaw(sample: i16) -> u8 {
    support::audio::alaw_encode(sample)
}

/// The middle value.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() {
    let whole = std::env::args().any(|argument| argument == "--bench");
    clock::pin(LOAD_CORE);
    if !whole {
        print!("{}", table::markdown(&[rows::own_ceiling(100, 2)]));
        return;
    }
    allow_many_files();
    let before = report::Machine::look();
    let realtime = clock::realtime(PRIORITY, false);
    let rows = rows::all();
    let text = report::text(&before, realtime, &rows);
    println!("{text}");
    if std::env::var("MAYORLINE_BENCH_WRITE").is_ok_and(|value| value == "1") {
        report::write(&text);
    }
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
