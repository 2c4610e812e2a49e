//! The seeds of the fuzz targets, and mutations of them, as ordinary tests.

use crate::audio::seeded;
use crate::checks;
use rand::RngExt;
use std::path::Path;

const SEED: u64 = 0xF0_22;
const MUTATIONS: usize = 20_000;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.collect()
}

/// Every seed is understood; of its mutations some are and some are not, and none panics.
fn survive(target: &str, check: fn(&[u8]) -> bool) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "{target} has no seeds");
    let mut rng = seeded(SEED);
    let mut understood = 0;
    for seed in &seeds {
        assert!(check(seed), "a seed of {target} is not understood");
        for _ in 0..MUTATIONS {
            let mut bytes = seed.clone();
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..bytes.len());
                match rng.random_range(0..4) {
                    0 => bytes[at] ^= 1 << rng.random_range(0..8),
                    1 => bytes[at] = rng.random(),
                    2 => bytes.insert(at, rng.random()),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            understood += usize::from(check(&bytes));
        }
    }
    assert!((1..seeds.len() * MUTATIONS).contains(&understood), "{target}: {understood}");
}

#[test]
fn rtp_survives_its_corpus() {
    survive("rtp", checks::rtp);
}

#[test]
fn rtcp_survives_its_corpus() {
    survive("rtcp", checks::rtcp);
}

#[test]
fn telephone_events_survive_their_corpus() {
    survive("telephone_event", checks::telephone_event);
}

#[test]
fn wav_survives_its_corpus() {
    survive("wav", checks::wav);
}
