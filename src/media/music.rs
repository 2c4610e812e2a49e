//! The hold music (等待音乐): a slow phrase in the five notes of the gong mode (宫 C D E G A), made
//! by rule and not taken from anywhere. It is soft, has no silence that sounds like a lost line,
//! and its end runs into its beginning.

use super::level::rms_dbov;
use super::{FULL_SCALE, to_sample};
use crate::wire::g711::{Codec, SAMPLE_RATE_HZ};
use std::f64::consts::TAU;
use std::sync::Arc;

/// How loud it is: some 4 dB below a prompt, so that it never covers one who speaks up.
pub const LEVEL_DBOV: f64 = -30.0;

const SAMPLES_PER_SECOND: f64 = SAMPLE_RATE_HZ as f64;
/// 80 beats a minute, a walking pace.
const BEAT_SAMPLES: usize = 6_000;
/// Eight bars of four beats: 24 s.
const BEATS: usize = 32;
const SAMPLES: usize = BEATS * BEAT_SAMPLES;

/// The steps of the scale in semitones above its root.
const STEPS: [i32; 5] = [0, 2, 4, 7, 9];
/// C4, the root of the melody.
const ROOT_HZ: f64 = 261.63;

/// The melody: degrees of the scale, counted over octaves, and their beats; 32 in all.
const MELODY: [(i32, usize); 22] = [
    (2, 2),
    (3, 1),
    (4, 1),
    (5, 3),
    (4, 1),
    (3, 2),
    (4, 1),
    (2, 1),
    (1, 3),
    (2, 1),
    (3, 1),
    (2, 1),
    (4, 2),
    (6, 1),
    (5, 1),
    (4, 2),
    (3, 1),
    (1, 1),
    (2, 2),
    (0, 1),
    (1, 1),
    (0, 2),
];

/// One low note for each bar.
const BASS: [i32; 8] = [-5, -2, -4, -3, -5, -1, -3, -5];

/// The shares of a note's harmonics: a soft plucked string.
const HARMONICS: [f64; 3] = [1.0, 0.3, 0.1];
/// A note swells for 25 ms and then dies away, to a third within this many seconds.
const ATTACK_SECONDS: f64 = 0.025;
const DECAY_SECONDS: f64 = 1.3;
/// After so many seconds nothing of a note is left to hear.
const NOTE_SECONDS: f64 = 6.0;
const BASS_SHARE: f64 = 0.5;

/// The loop as A-law at 8 kHz, one byte per sample; the same bytes every time.
#[must_use]
pub fn hold_music() -> Arc<[u8]> {
    let mut sound = vec![0.0; SAMPLES];
    let mut at = 0;
    for (degree, beats) in MELODY {
        add_note(&mut sound, at, degree, 1.0);
        at += beats * BEAT_SAMPLES;
    }
    for (bar, degree) in BASS.into_iter().enumerate() {
        add_note(&mut sound, bar * 4 * BEAT_SAMPLES, degree, BASS_SHARE);
    }
    let samples: Vec<i16> = sound.iter().map(|&x| to_sample(x * FULL_SCALE / 16.0)).collect();
    let gain = 10.0_f64.powf((LEVEL_DBOV - rms_dbov(&samples)) / 20.0);
    let levelled = samples.into_iter().map(|sample| to_sample(f64::from(sample) * gain));
    levelled.map(|sample| Codec::Pcma.encode(sample)).collect()
}

/// Adds a note that begins at a sample; what rings on after the end rings into the beginning.
fn add_note(sound: &mut [f64], at: usize, degree: i32, share: f64) {
    let hz = frequency(degree);
    let mut seconds = 0.0;
    let mut place = at;
    while seconds < NOTE_SECONDS {
        let swell = (seconds / ATTACK_SECONDS).min(1.0);
        let envelope = swell * (-seconds / DECAY_SECONDS).exp() * (1.0 - seconds / NOTE_SECONDS);
        let harmonics = (1..).map(f64::from).zip(HARMONICS);
        let tone: f64 = harmonics.map(|(n, share)| share * (TAU * n * hz * seconds).sin()).sum();
        let len = sound.len();
        sound[place % len] += share * envelope * tone;
        place += 1;
        seconds += 1.0 / SAMPLES_PER_SECOND;
    }
}

fn frequency(degree: i32) -> f64 {
    let step = usize::try_from(degree.rem_euclid(5)).unwrap_or(0);
    let semitones = STEPS[step] + 12 * degree.div_euclid(5);
    ROOT_HZ * 2.0_f64.powf(f64::from(semitones) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::gap::{clicks, silences};

    fn samples() -> Vec<i16> {
        hold_music().iter().map(|&code| Codec::Pcma.decode(code)).collect()
    }

    #[test]
    fn it_is_soft_and_lasts_twenty_four_seconds() {
        let samples = samples();
        assert_eq!(samples.len(), 24 * 8_000);
        assert!((rms_dbov(&samples) - LEVEL_DBOV).abs() < 0.3, "{}", rms_dbov(&samples));
        let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!(peak < 8_000, "{peak}");
    }

    #[test]
    fn it_goes_round_without_a_click_or_a_hole() {
        let twice = [samples(), samples()].concat();
        assert!(clicks(&twice).is_empty());
        assert!(silences(&twice, 800).is_empty());
        let step = twice.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max().unwrap();
        let seam = (twice[24 * 8_000] - twice[24 * 8_000 - 1]).abs();
        assert!(seam <= step, "{seam} at the seam, {step} elsewhere");
    }

    #[test]
    fn the_melody_fills_its_bars_and_is_the_same_every_time() {
        assert_eq!(MELODY.iter().map(|note| note.1).sum::<usize>(), BEATS);
        assert_eq!(hold_music(), hold_music());
    }
}
