//! The whole switch in a world of citizens who do anything, a network that loses and doubles, media
//! that fails, a store that stalls, and a crash with restart. Seeded; a failing seed is printed and
//! can be run again with `MAYORLINE_SEED=n`; `MAYORLINE_SEEDS=n` runs more of them.

mod citizen;
mod shadow;
mod world;

use mayorline::gateway::prompts::Library;
use std::sync::Arc;
use std::time::Instant;
use world::World;

/// Seeds of an ordinary run.
const SEEDS: u64 = 256;
/// Callers of one seed.
const CALLERS: usize = 40;

fn run(seed: u64, prompts: &Arc<Library>, base: Instant) -> World {
    let mut world = World::new(seed, CALLERS, Arc::clone(prompts), base);
    world.run();
    world
}

fn seeds() -> Vec<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse().ok());
    match number("MAYORLINE_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("MAYORLINE_SEEDS").unwrap_or(SEEDS)).collect(),
    }
}

#[test]
fn every_seed_leaves_nothing_behind_and_accounts_for_every_call() {
    let prompts = Arc::new(Library::load(None).unwrap());
    let base = Instant::now();
    let (mut started, mut crashes) = (0, 0);
    for seed in seeds() {
        let outcome = std::panic::catch_unwind(|| run(seed, &prompts, base));
        let world = outcome.unwrap_or_else(|_| panic!("run again with MAYORLINE_SEED={seed}"));
        started += world.shadow.started;
        crashes += world.shadow.crashes;
    }
    if std::env::var("MAYORLINE_SEED").is_err() {
        assert!(started > 1000, "the simulation answers calls: {started}");
        assert!(crashes > 10, "the simulation crashes: {crashes}");
    }
}

#[test]
fn the_same_seed_takes_the_same_way() {
    let prompts = Arc::new(Library::load(None).unwrap());
    let base = Instant::now();
    for seed in [1, 77] {
        let traces = [0, 1].map(|_| run(seed, &prompts, base).shadow.trace());
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}
