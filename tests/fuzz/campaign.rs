//! A fuzz target as an ordinary test: every seed, then mutations of what was understood, for a
//! number of inputs or, with `MAYORLINE_FUZZ_SECONDS`, for a time.

// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Mutations in an ordinary test run.
const MUTATIONS: u64 = 5_000;
/// A longer input is a hang.
const ONE_INPUT_MAX: Duration = Duration::from_secs(1);
/// Parents of mutations; an understood input replaces one of them at random.
const PARENTS_MAX: usize = 512;
const INPUT_BYTES_MAX: usize = 65_535;

const MORSELS: [&[u8]; 20] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b" ",
    b"\t",
    b"\0",
    b"\"",
    b"\\",
    b"<",
    b">",
    b",",
    b";",
    b"=",
    b":",
    b"@",
    b"[",
    b"]",
    b"%41",
    b"4294967296",
    b"\xC4\xE3\x84\x31\xA4\x37",
];

fn folder(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind).join(target)
}

fn inputs(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// How long mutations go on, when that is asked for.
fn limit() -> Option<Duration> {
    let seconds = std::env::var("MAYORLINE_FUZZ_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().expect("MAYORLINE_FUZZ_SECONDS is a number")))
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..6) {
        if bytes.is_empty() {
            bytes.push(rng.random());
        }
        let at = rng.random_range(0..bytes.len());
        let end = (at + rng.random_range(1..40)).min(bytes.len());
        match rng.random_range(0..9) {
            0 => bytes[at] = rng.random(),
            1 => bytes[at] ^= 1 << rng.random_range(0..8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let copy = bytes[at..end].repeat(rng.random_range(1..60));
                drop(bytes.splice(at..at, copy));
            }
            5 => bytes.insert(at, rng.random()),
            6 if !other.is_empty() => {
                let from = rng.random_range(0..other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let morsel = *MORSELS.choose(rng).unwrap();
                drop(bytes.splice(at..at, morsel.repeat(rng.random_range(1..4))));
            }
        }
    }
    bytes.truncate(INPUT_BYTES_MAX);
}

/// Checks one input; what fails is kept where libFuzzer keeps it too.
fn guarded(target: &str, bytes: &[u8], check: fn(&[u8]) -> bool) -> bool {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| check(bytes)));
    let took = start.elapsed();
    match outcome {
        Ok(understood) if took <= ONE_INPUT_MAX => understood,
        outcome => {
            let kept = folder("artifacts", target);
            std::fs::create_dir_all(&kept).unwrap();
            let kept = kept.join(if outcome.is_ok() { "slow" } else { "crash" });
            std::fs::write(&kept, bytes).unwrap();
            panic!("{target}: {took:?}, input kept as {}", kept.display());
        }
    }
}

/// Runs a target over its seeds, its corpus where libFuzzer left one, and mutations of both.
pub(crate) fn run(target: &str, check: fn(&[u8]) -> bool) {
    let seeds = inputs(&folder("seeds", target));
    assert!(!seeds.is_empty(), "{target} has no seeds");
    let read = seeds.iter().filter(|seed| guarded(target, seed, check)).count();
    assert!(read > 0, "no seed of {target} is understood");
    let mut parents = seeds;
    parents.extend(inputs(&folder("corpus", target)));
    for input in &parents {
        guarded(target, input, check);
    }
    let mut rng = StdRng::seed_from_u64(0xF0_22);
    let (start, limit) = (Instant::now(), limit());
    let (mut tried, mut understood) = (0_u64, 0_u64);
    while limit.map_or(tried < MUTATIONS, |limit| start.elapsed() < limit) {
        let mut bytes = parents.choose(&mut rng).unwrap().clone();
        let other = parents.choose(&mut rng).unwrap();
        mutate(&mut bytes, other, &mut rng);
        tried += 1;
        if guarded(target, &bytes, check) {
            understood += 1;
            if parents.len() < PARENTS_MAX {
                parents.push(bytes);
            } else if bytes.len() < 8_192 {
                let at = rng.random_range(0..parents.len());
                parents[at] = bytes;
            }
        }
    }
    let took = start.elapsed().as_secs_f64();
    println!("{target}: {tried} inputs in {took:.1} s, {understood} understood");
    assert!(understood > 0, "{target} is never reached behind its first check");
}
