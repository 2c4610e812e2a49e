//! Seeded simulations on a virtual clock.
//!
//! `MAYORLINE_SEEDS=4096` runs that many seeds; `MAYORLINE_SEED=17` runs one and prints its trace.
//! A seed that fails is printed and kept in `failed.seeds`, which every later run takes first. The
//! same seed gives the same trace.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a model that breaks is a failed test

mod call;
mod dice;
mod listening_day;
mod model;
mod people;
mod queue;
mod room;
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

#[test]
fn the_queue_keeps_its_invariants_whatever_callers_agents_and_phones_do() {
    for_each_seed(|seed, verbose| {
        queue::run(seed, verbose);
    });
}

#[test]
fn the_same_seed_gives_the_same_trace_of_the_queue() {
    for seed in [0, 1, 17, 255] {
        assert_eq!(queue::run(seed, false).trace, queue::run(seed, false).trace, "seed {seed}");
    }
}

#[test]
fn the_simulation_of_the_queue_reaches_every_corner() {
    let reached: std::collections::BTreeSet<String> =
        (0..SEEDS_DEFAULT).flat_map(|seed| queue::run(seed, false).marks).collect();
    let missing: Vec<_> = queue::CORNERS.iter().filter(|c| !reached.contains(**c)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn nobody_is_lost_on_a_listening_day_of_846_attempts() {
    use mayorline::domain::listening_day::Phase;
    for_each_seed(|seed, _| {
        let day = listening_day::run(seed);
        let record = &day.record;
        assert_eq!((record.attempts, record.lost()), (846, 0), "seed {seed}: {record:?}");
        assert_eq!(record.with_leader, 12, "seed {seed}");
        assert!(day.leader_began.iter().all(|second| *second < 7200), "{:?}", day.leader_began);
        assert_eq!(day.phases.first(), Some(&Phase::Open));
        assert_eq!(day.phases.last(), Some(&Phase::Over));
        if seed == 0 {
            println!(
                "846 attempts: {} answered, {} callback tasks, {} refused, {} early; longest wait {:?}",
                record.answered_count(),
                record.callback_tasks,
                record.refused,
                record.hung_up_early,
                day.longest
            );
        }
    });
}
