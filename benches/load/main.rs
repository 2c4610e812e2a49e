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
mod stats;

#[path = "../../tests/support/mod.rs"]
mod support;

/// The server's core and ours.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

/// A-law of one sample.
fn alaw(sample: i16) -> u8 {
    support::audio::alaw_encode(sample)
}

fn main() {
    let whole = std::env::args().any(|argument| argument == "--bench");
    clock::pin(LOAD_CORE);
    for streams in if whole { vec![500, 1000, 1500] } else { vec![100] } {
        let (verdict, cpu) = selftest::ceiling(streams, if whole { 6 } else { 2 }, SERVER_CORE);
        println!(
            "endpoint {streams}: {} streams, {} packets, good {:.4}, lost {}, gap p99 {:.2} \
             p99.9 {:.2} ms, {cpu:.1} % of a core",
            verdict.streams,
            verdict.packets,
            verdict.good_share(),
            verdict.lost,
            verdict.gaps.quantile_ms(0.99),
            verdict.gaps.quantile_ms(0.999),
        );
    }
    println!("bare packet round {:.2} us", limits::packet_round_us());
    println!("bare fdatasync {:.0}/s", limits::commits_per_second());
}
