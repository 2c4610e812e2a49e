//! Damaged messages: whatever arrives, reading ends in bounded time and without a panic.

#![allow(clippy::unwrap_used)] // a wrong set-up shall stop the test

use crate::checks;
use crate::corpus::message;
use crate::verdicts::VERDICTS;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One run of the test; some 0.3 s.
const MESSAGES: u64 = 24_000;
/// Far above what any of them takes (some 50 µs), so that a busy machine does not fail the test.
const ONE_MESSAGE_MAX: Duration = Duration::from_millis(500);

/// What hurts parsers: separators, quotes, line ends, numbers at their edges, bytes of no text.
const MORSELS: [&[u8]; 24] = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"\0",
    b"\"",
    b"\\",
    b"<",
    b">",
    b"<<<<<<<<",
    b",",
    b";",
    b";;;;",
    b"=",
    b":",
    b"@",
    b"[",
    b"]",
    b"%",
    b"4294967296",
    b"-1",
    b"\xFF\xFE\x81",
    b"\xC4\xE3\x84\x31\xA4\x37",
];

fn damage(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..6) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        let end = (at + rng.random_range(1..40)).min(bytes.len());
        match rng.random_range(0..7) {
            0 => bytes[at] = rng.random(),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].repeat(rng.random_range(1..60));
                drop(bytes.splice(at..at, copy));
            }
            4 => bytes[at..end].reverse(),
            _ => {
                let morsel = *MORSELS.choose(rng).unwrap();
                drop(bytes.splice(at..at, morsel.repeat(rng.random_range(1..4))));
            }
        }
    }
}

#[test]
#[allow(clippy::disallowed_methods)] // the bound on time is what is tested
fn damaged_messages_are_read_in_bounded_time_without_panic() {
    let corpus: Vec<Vec<u8>> = VERDICTS.iter().map(|v| message(v.name)).collect();
    let mut understood = 0;
    for seed in 0..MESSAGES {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut bytes = corpus.choose(&mut rng).unwrap().clone();
        damage(&mut bytes, &mut rng);
        let start = Instant::now();
        understood += u64::from(checks::sip_message(&bytes));
        checks::sip_stream(&bytes);
        checks::sdp(&bytes);
        assert!(start.elapsed() < ONE_MESSAGE_MAX, "seed {seed}");
    }
    // Both sides of the parser are exercised.
    assert!((MESSAGES / 20..MESSAGES * 19 / 20).contains(&understood), "{understood}");
}

#[test]
#[allow(clippy::disallowed_methods)] // the bound on time is what is tested
fn bombs_take_linear_time() {
    let head = "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n";
    for morsel in MORSELS {
        let filling = morsel.repeat(60_000 / morsel.len());
        for (before, after) in [
            ("", ""),
            (head, ""),
            ("OPTIONS sip:", " SIP/2.0\r\n\r\n"),
            ("OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: ", "\r\n\r\n"),
            ("OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nFrom: \"", "\r\n\r\n"),
        ] {
            let bytes = [before.as_bytes(), &filling, after.as_bytes()].concat();
            let start = Instant::now();
            checks::sip_message(&bytes);
            checks::sip_stream(&bytes);
            checks::uri(&filling);
            checks::sdp(&filling);
            assert!(start.elapsed() < 4 * ONE_MESSAGE_MAX, "{before}{}", morsel.escape_ascii());
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_seed_of_the_fuzz_targets_is_read() {
    let understood = |check: fn(&[u8]) -> bool, target: &str| {
        let seeds = seeds(target);
        (seeds.iter().filter(|seed| check(seed)).count(), seeds.len())
    };
    assert_eq!(understood(checks::sip_message, "sip_message"), (4, 5));
    assert_eq!(understood(checks::sip_stream, "sip_stream"), (2, 3));
    assert_eq!(understood(checks::uri, "uri"), (6, 8));
    assert_eq!(understood(checks::sdp, "sdp"), (3, 4));
}

#[test]
fn damaged_addresses_and_descriptions_hold_what_their_checks_promise() {
    for (check, target) in [(checks::uri as fn(&[u8]) -> bool, "uri"), (checks::sdp, "sdp")] {
        let seeds = seeds(target);
        let mut understood = 0;
        for seed in 0..MESSAGES {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut bytes = seeds.choose(&mut rng).unwrap().clone();
            damage(&mut bytes, &mut rng);
            understood += u64::from(check(&bytes));
        }
        assert!((MESSAGES / 50..MESSAGES * 19 / 20).contains(&understood), "{target} {understood}");
    }
}
