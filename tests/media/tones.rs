//! Bar A9: in-band keys.

use crate::audio::{RATE_HZ, frames, gauss, seeded, through_alaw, voice};
use mayorline::media::dtmf::ToneDetector;
use mayorline::units::Digit;
use rand::RngExt;
use rand::rngs::SmallRng;
use std::f64::consts::TAU;

const SEED: u64 = 0xD7_3F;
const DIGITS: usize = 2_000;
const TONE: usize = 320; // 40 ms
const PAUSE: usize = 320;
const SNR_DB: f64 = 15.0;
/// Off-frequency tones that must not be taken (ITU-T Q.24).
const DEVIATION_REFUSED: f64 = 0.035;
/// Off-frequency tones that must be taken.
const DEVIATION_TAKEN: f64 = 0.015;
const TALK_SECONDS: f64 = 3_600.0;

const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [&str; 4] = ["123A", "456B", "789C", "*0#D"];

struct Key {
    digit: Digit,
    low_hz: f64,
    high_hz: f64,
}

fn any_key(rng: &mut SmallRng) -> Key {
    let (row, column) = (rng.random_range(0..4_usize), rng.random_range(0..4_usize));
    let digit = Digit::new(KEYS[row].as_bytes()[column] as char).unwrap();
    Key { digit, low_hz: LOW[row], high_hz: HIGH[column] }
}

/// The amplitude of a sine of so many dBm0; A-law overloads at +3.14 dBm0.
fn amplitude(dbm0: f64) -> f64 {
    // The overload point of A-law (ITU-T G.711 §4).
    const OVERLOAD_DBM0: f64 = 314.0 / 100.0;
    32_768.0 * 10_f64.powf((dbm0 - OVERLOAD_DBM0) / 20.0)
}

/// One key at a random phase, with noise over tone and pause, in A-law.
fn sound(
    rng: &mut SmallRng,
    key: &Key,
    level_dbm0: f64,
    twist_db: f64,
    deviation: f64,
) -> Vec<i16> {
    // The stronger tone has the level; the twist lowers the other.
    let (low, high) =
        (amplitude(level_dbm0 - twist_db.max(0.0)), amplitude(level_dbm0 + twist_db.min(0.0)));
    let noise = ((low * low + high * high) / 2.0).sqrt() * 10_f64.powf(-SNR_DB / 20.0);
    let phases = (rng.random_range(0.0..TAU), rng.random_range(0.0..TAU));
    let lead = rng.random_range(0..160);
    (0..lead + TONE + PAUSE)
        .map(|n| {
            let t = n as f64 / RATE_HZ * (1.0 + deviation);
            let tone = low * (TAU * key.low_hz * t + phases.0).sin()
                + high * (TAU * key.high_hz * t + phases.1).sin();
            let on = (lead..lead + TONE).contains(&n);
            let x = if on { tone } else { 0.0 } + noise * gauss(rng);
            x.round().clamp(-32_768.0, 32_767.0) as i16
        })
        .collect()
}

fn heard(samples: &[i16]) -> Vec<Digit> {
    let mut detector = ToneDetector::new();
    frames(&through_alaw(samples)).iter().filter_map(|f| detector.hear(f)).collect()
}

/// Where two long sequences part, which reads better than both of them.
fn first_difference(heard: &[Digit], pressed: &[Digit]) -> Option<usize> {
    let differs = |at: &usize| heard.get(*at) != pressed.get(*at);
    (0..heard.len().max(pressed.len())).find(differs)
}

fn sequence(rng: &mut SmallRng, deviation: f64, twist: (f64, f64)) -> (Vec<Digit>, Vec<i16>) {
    let (mut pressed, mut samples) = (Vec::new(), Vec::new());
    for _ in 0..DIGITS {
        let key = any_key(rng);
        let level = rng.random_range(-25.0..=0.0);
        let twist = rng.random_range(twist.0..=twist.1);
        let sign = if rng.random() { 1.0 } else { -1.0 };
        samples.extend(sound(rng, &key, level, twist, sign * deviation));
        pressed.push(key.digit);
    }
    (pressed, samples)
}

#[test]
fn two_thousand_short_keys_with_noise_level_and_twist_are_all_heard_once() {
    let (pressed, samples) = sequence(&mut seeded(SEED), 0.0, (-6.0, 4.0));
    assert_eq!(first_difference(&heard(&samples), &pressed), None);
}

#[test]
fn every_edge_of_level_and_twist_is_heard() {
    let mut rng = seeded(SEED);
    for level in [0.0, -25.0] {
        for twist in [-6.0, 0.0, 4.0] {
            let (mut pressed, mut samples) = (Vec::new(), Vec::new());
            for _ in 0..200 {
                let key = any_key(&mut rng);
                samples.extend(sound(&mut rng, &key, level, twist, 0.0));
                pressed.push(key.digit);
            }
            let difference = first_difference(&heard(&samples), &pressed);
            assert_eq!(difference, None, "{level} dBm0, twist {twist} dB");
        }
    }
}

#[test]
fn keys_slightly_off_frequency_are_heard() {
    let (pressed, samples) = sequence(&mut seeded(SEED), DEVIATION_TAKEN, (-4.0, 4.0));
    let missed = first_difference(&heard(&samples), &pressed);
    assert_eq!(missed, None, "of {} heard", heard(&samples).len());
}

#[test]
fn tones_far_off_frequency_are_not_keys() {
    let (_, samples) = sequence(&mut seeded(SEED), DEVIATION_REFUSED, (-6.0, 4.0));
    assert_eq!(heard(&samples).len(), 0);
}

#[test]
fn a_held_key_counts_once_and_a_key_pressed_twice_counts_twice() {
    let mut rng = seeded(SEED);
    let key = Key { digit: Digit::new('5').unwrap(), low_hz: 770.0, high_hz: 1336.0 };
    let short = sound(&mut rng, &key, -10.0, 0.0, 0.0);
    assert_eq!(heard(&[&short[..], &short[..]].concat()).len(), 2);
    let held: Vec<i16> = (0..16_000)
        .map(|n| {
            let t = f64::from(n) / RATE_HZ;
            (6_000.0 * ((TAU * 770.0 * t).sin() + (TAU * 1_336.0 * t).sin())) as i16
        })
        .collect();
    assert_eq!(heard(&held), [key.digit]);
}

#[test]
fn an_hour_of_voices_holds_no_key() {
    let mut rng = seeded(SEED);
    let mut false_keys = 0;
    // Sixty voices of one second each, two levels, repeated at shifted block phases.
    let voices: Vec<Vec<i16>> =
        (0..60).map(|n| voice(&mut rng, 6.0, if n % 2 == 0 { 2_500.0 } else { 9_000.0 })).collect();
    let mut detector = ToneDetector::new();
    let mut seconds = 0.0;
    for round in 0.. {
        for voice in &voices {
            false_keys += frames(&voice[round * 13 % 160..])
                .iter()
                .filter(|f| detector.hear(f).is_some())
                .count();
            seconds += 6.0;
        }
        if seconds >= TALK_SECONDS {
            break;
        }
    }
    assert_eq!(false_keys, 0);
}
