//! Bar A7 by ear: PESQ of speech after losses. The licence of PESQ's code keeps it out of what
//! `make test` installs, so this is measured when it is asked for:
//!
//! ```sh
//! python3 -m venv /tmp/pesq && /tmp/pesq/bin/pip install cython numpy setuptools wheel
//! /tmp/pesq/bin/pip install --no-build-isolation pesq==0.0.4
//! MAYORLINE_PESQ=/tmp/pesq/bin/python cargo test --bench pesq -- --nocapture
//! ```

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, missing_docs)]
#![cfg(test)]

#[allow(dead_code, reason = "each test crate uses its part")]
#[path = "../../tests/media/audio.rs"]
mod audio;
#[path = "../../tests/media/concealment.rs"]
mod concealment;

use audio::{recordings, seeded, through_alaw};
use concealment::{conceal, zero_filled};
use mayorline::wire::wav;
use rand::RngExt;
use std::path::PathBuf;
use std::process::Command;

const SEED: u64 = 0xA7;
/// Two sentences each, with pauses of half a second.
const ITEMS: usize = 8;
const PAUSE: usize = 4_000;
/// Only whole sentences: at least three seconds.
const SENTENCE_MIN: usize = 24_000;
/// A7: how far below an A-law line without loss, and how much better than silence at 3 %.
const BELOW_CEILING_MAX: [(f64, f64); 2] = [(0.01, 0.35), (0.03, 0.95)];
const ABOVE_SILENCE_MIN: f64 = 0.25;

/// Sentences of the line itself, at -26 dBov.
fn items() -> Vec<Vec<i16>> {
    let sentences: Vec<Vec<i16>> = recordings()
        .iter()
        .map(|path| wav::parse(&std::fs::read(path).unwrap()).unwrap().samples().collect())
        .filter(|samples: &Vec<i16>| samples.len() >= SENTENCE_MIN)
        .collect();
    assert!(sentences.len() >= 2 * ITEMS, "only {} sentences", sentences.len());
    let apart = sentences.len() / (2 * ITEMS);
    let chosen: Vec<&Vec<i16>> = sentences.iter().step_by(apart).take(2 * ITEMS).collect();
    let silence = vec![0; PAUSE];
    let item = |two: &[&Vec<i16>]| {
        let mut joined = [&silence, two[0], &silence, two[1], &silence].map(Vec::as_slice).concat();
        joined.truncate(joined.len() / 160 * 160);
        joined
    };
    chosen.chunks(2).map(item).collect()
}

/// One score for each pair of reference and degraded.
fn scores(pairs: &[(&[i16], Vec<i16>)]) -> Vec<f64> {
    let python = std::env::var("MAYORLINE_PESQ").expect("MAYORLINE_PESQ names a Python with pesq");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: String, samples: &[i16]| -> PathBuf {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let files = pairs.iter().enumerate().flat_map(|(n, (reference, degraded))| {
        [write(format!("{n}.reference"), reference), write(format!("{n}.degraded"), degraded)]
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pesq/score.py");
    let output = Command::new(python).arg(script).args(files).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    told.lines().map(|line| line.parse().unwrap()).collect()
}

/// The mean over all items after each of them went through `line`.
fn mean(items: &[Vec<i16>], mut line: impl FnMut(&[i16]) -> Vec<i16>) -> f64 {
    let pairs: Vec<_> = items.iter().map(|item| (item.as_slice(), line(item))).collect();
    let scores = scores(&pairs);
    assert_eq!(scores.len(), items.len());
    scores.iter().sum::<f64>() / items.len() as f64
}

#[test]
fn by_pesq_losses_are_heard_no_more_than_bar_a7_allows() {
    let items = items();
    let ceiling = mean(&items, through_alaw);
    for (share, below) in BELOW_CEILING_MAX {
        let losses = |samples: &[i16], rng: &mut rand::rngs::SmallRng| -> Vec<bool> {
            (0..samples.len() / 160).map(|_| rng.random_bool(share)).collect()
        };
        let (mut one, mut same) = (seeded(SEED), seeded(SEED));
        let concealed = mean(&items, |item| conceal(&through_alaw(item), &losses(item, &mut one)));
        let silent =
            mean(&items, |item| zero_filled(&through_alaw(item), &losses(item, &mut same)));
        println!("{share}: ceiling {ceiling:.3}, concealed {concealed:.3}, silence {silent:.3}");
        assert!(concealed >= ceiling - below, "{concealed} of {ceiling} at {share}");
        let gain = if share > 0.02 { ABOVE_SILENCE_MIN } else { 0.0 };
        assert!(concealed >= silent + gain, "{concealed}, {silent} with silence, at {share}");
    }
}
