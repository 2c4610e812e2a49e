//! Seeded simulations on a virtual clock.
//!
//! `MAYORLINE_SEEDS=4096` runs that many seeds; `MAYORLINE_SEED=17` runs one and prints its trace.
//! A seed that fails is printed and kept in `failed.seeds`, which every later run takes first. The
//! same seed gives the same trace.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a model that breaks is a failed test

mod call;
mod dice;
mod model;
mod switch;

use std::io::Write;

/// Seeds of an ordinary test run.
const SEEDS_DEFAULT: u64 = 256;

/// Seeds that failed once, one a line; to be committed with the repair.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sim/failed.seeds");

/// Runs one seed, or those that failed before and then all of them.
fn for_each_seed(run: impl Fn(u64, bool)) {
    let wanted = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = wanted("MAYORLINE_SEED") {
        let _named = NameSeed { seed, kept: true };
        return run(seed, true);
    }
    for seed in kept_seeds() {
        let _named = NameSeed { seed, kept: true };
        run(seed, false);
    }
    for seed in 0..wanted("MAYORLINE_SEEDS").unwrap_or(SEEDS_DEFAULT) {
        let _named = NameSeed { seed, kept: false };
        run(seed, false);
    }
}

fn kept_seeds() -> Vec<u64> {
    let text = std::fs::read_to_string(KEPT).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.parse().unwrap()).collect()
}

/// Tells which seed was running when a test fails, and keeps it.
struct NameSeed {
    seed: u64,
    kept: bool,
}

impl Drop for NameSeed {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        eprintln!("seed {0} failed: replay it with MAYORLINE_SEED={0}", self.seed);
        if !self.kept {
            let file = std::fs::OpenOptions::new().append(true).open(KEPT);
            let kept = file.and_then(|mut file| writeln!(file, "{}", self.seed));
            eprintln!("kept in {KEPT}: {kept:?}");
        }
    }
}

#[test]
fn calls_keep_their_invariants_whatever_citizens_media_and_store_do() {
    for_each_seed(|seed, verbose| {
        call::run(seed, verbose);
    });
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [0, 1, 17, 255] {
        assert_eq!(call::run(seed, false).trace, call::run(seed, false).trace, "seed {seed}");
    }
}

#[test]
fn the_simulation_reaches_every_corner() {
    let mut reached = std::collections::BTreeMap::<String, u32>::new();
    for seed in 0..SEEDS_DEFAULT {
        for mark in call::run(seed, false).marks {
            *reached.entry(mark).or_default() += 1;
        }
    }
    let missing: Vec<_> = call::CORNERS.iter().filter(|c| !reached.contains_key(**c)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}; reached: {reached:?}");
}
