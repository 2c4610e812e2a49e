//! Seeded simulations on a virtual clock.
//!
//! `MAYORLINE_SEEDS=4096` runs that many seeds; `MAYORLINE_SEED=17` runs one and prints its trace.
//! A seed that fails is printed. The same seed gives the same trace.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a model that breaks is a failed test

mod call;
mod dice;
mod model;
mod room;
mod switch;

/// Seeds of an ordinary test run.
const SEEDS_DEFAULT: u64 = 256;

/// Runs one seed or all of them.
fn for_each_seed(run: impl Fn(u64, bool)) {
    let wanted = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = wanted("MAYORLINE_SEED") {
        let _named = NameSeed(seed);
        return run(seed, true);
    }
    for seed in 0..wanted("MAYORLINE_SEEDS").unwrap_or(SEEDS_DEFAULT) {
        let _named = NameSeed(seed);
        run(seed, false);
    }
}

/// Tells which seed was running when a test fails.
struct NameSeed(u64);

impl Drop for NameSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {0} failed: replay it with MAYORLINE_SEED={0}", self.0);
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
fn conversations_keep_their_invariants_whatever_seats_and_parties_do() {
    for_each_seed(|seed, verbose| {
        room::run(seed, verbose);
    });
}

#[test]
fn the_simulation_of_conversations_reaches_every_corner() {
    let mut reached = std::collections::BTreeSet::<&str>::new();
    for seed in 0..SEEDS_DEFAULT {
        reached.extend(room::run(seed, false).marks);
    }
    let missing: Vec<_> = room::CORNERS.iter().filter(|c| !reached.contains(**c)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [0, 1, 17, 255] {
        assert_eq!(room::run(seed, false).trace, room::run(seed, false).trace, "seed {seed}");
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
