use crate::audio::{RATE_HZ, seeded, voice};
use mayorline::media::gap::clicks;
use mayorline::media::level::measure;
use mayorline::media::stretch::stretch;
use std::f64::consts::TAU;

const SEED: u64 = 0x510;
const FACTORS: [f32; 4] = [1.0, 1.3, 1.35, 1.4];

fn tone(hz: f64) -> Vec<i16> {
    (0..16_000).map(|n| (6_000.0 * (TAU * hz * f64::from(n) / RATE_HZ).sin()) as i16).collect()
}

/// The frequency with the most power, searched in steps of 0.1 %.
fn dominant_hz(samples: &[i16], near: f64) -> f64 {
    let power = |hz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, &s) in samples.iter().enumerate() {
            let angle = TAU * hz * n as f64 / RATE_HZ;
            re += f64::from(s) * angle.cos();
            im += f64::from(s) * angle.sin();
        }
        re * re + im * im
    };
    let candidates = (-100..=100).map(|n| near * (1.0 + f64::from(n) * 0.001));
    candidates.max_by(|a, b| power(*a).total_cmp(&power(*b))).unwrap()
}

#[test]
fn slow_speech_is_longer_and_keeps_level_without_clicks() {
    let voice = voice(&mut seeded(SEED), 8.0, 1_000.0);
    let before = measure(&voice);
    assert_eq!(clicks(&voice).len(), 0);
    for factor in FACTORS {
        let slow = stretch(&voice, factor);
        let ratio = slow.len() as f64 / voice.len() as f64;
        assert!((ratio / f64::from(factor) - 1.0).abs() < 0.02, "{factor}: {ratio}");
        let after = measure(&slow);
        assert!((after.active_dbov - before.active_dbov).abs() < 1.0, "{before:?} {after:?}");
        assert_eq!(clicks(&slow).len(), 0, "{factor}");
    }
}

#[test]
fn the_pitch_stays() {
    for hz in [110.0, 220.0, 440.0, 1_000.0] {
        for factor in FACTORS {
            let found = dominant_hz(&stretch(&tone(hz), factor), hz);
            assert!((found / hz - 1.0).abs() < 0.01, "{hz} Hz became {found} Hz at {factor}");
        }
    }
}

#[test]
fn the_end_of_the_words_is_not_cut() {
    // A mark near the end of the original is found near the end of the slow one.
    let mut samples = vec![0_i16; 16_000];
    samples[15_000..15_400].copy_from_slice(&tone(500.0)[..400]);
    let slow = stretch(&samples, 1.35);
    let first = slow.iter().position(|s| s.unsigned_abs() > 1_000).unwrap();
    let last = slow.iter().rposition(|s| s.unsigned_abs() > 1_000).unwrap();
    assert!((20_000..20_600).contains(&first), "{first}");
    assert!((20_500..21_200).contains(&last), "{last}");
}

#[test]
fn odd_input_is_survived() {
    for len in [0, 1, 100, 479, 480, 481, 1_000] {
        for factor in [0.0, 0.5, 1.4, 9.0, f32::NAN] {
            let samples = &tone(300.0)[..len];
            let wanted = if factor.is_nan() { 1.0 } else { factor.clamp(0.5, 2.0) };
            let got = stretch(samples, factor).len() as f64;
            assert!((got - len as f64 * f64::from(wanted)).abs() <= 1.0);
        }
    }
}
