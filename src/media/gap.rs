//! What went wrong in audio that was played against what should have been heard: gaps, slips and
//! clicks. For tests, the doctor and the prompt checker; not used while a call runs.

use super::{FRAME_SAMPLES, FULL_SCALE};
use std::ops::Range;

/// A sample this close to zero is silence: twice the idle level of A-law.
const SILENT_MAX: u16 = 16;
/// A step of more than a quarter of full scale between two samples is a click (`audio.md` A6).
pub const CLICK_STEP: i32 = 8_192;
/// A run of silence or a slip shorter than this is not heard as a gap (`audio.md` A6).
pub const GAP_SAMPLES_MIN: usize = FRAME_SAMPLES;
/// How far a slip is searched for in each direction: 300 ms.
const SLIP_SAMPLES_MAX: usize = 2_400;
/// Length of the pieces that are compared: 40 ms.
const PIECE: usize = 2 * FRAME_SAMPLES;
/// Two pieces match when their difference has at most this share of the reference's power.
const MATCH_SHARE: f64 = 0.1;

/// Where the audio leaves the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Silence where the reference is not silent.
    Silence(Range<usize>),
    /// From this sample of the reference on, so many samples were put in before it.
    Inserted(usize, usize),
    /// From this sample of the reference on, so many samples before it are lost.
    Lost(usize, usize),
}

/// Runs of at least `len_min` samples that are silent.
#[must_use]
pub fn silences(samples: &[i16], len_min: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 0..=samples.len() {
        if samples.get(at).is_some_and(|s| s.unsigned_abs() <= SILENT_MAX) {
            continue;
        }
        if at - start >= len_min.max(1) {
            runs.push(start..at);
        }
        start = at + 1;
    }
    runs
}

/// Places where two neighbouring samples lie more than [`CLICK_STEP`] apart.
#[must_use]
pub fn clicks(samples: &[i16]) -> Vec<usize> {
    let step = |pair: &[i16]| (i32::from(pair[1]) - i32::from(pair[0])).abs();
    let pairs = samples.windows(2).enumerate();
    pairs.filter(|(_, pair)| step(pair) > CLICK_STEP).map(|(at, _)| at + 1).collect()
}

/// Faults of `heard` against `reference`, which begin together: gaps of at least
/// [`GAP_SAMPLES_MIN`] put in or lost, and silence instead of sound.
#[must_use]
pub fn faults(reference: &[i16], heard: &[i16]) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut shift = 0_isize;
    for at in (0..reference.len().saturating_sub(PIECE)).step_by(PIECE) {
        let piece = &reference[at..at + PIECE];
        let Some(power) = loud(piece) else { continue };
        if mismatch(piece, heard, at, shift).is_some_and(|m| m <= power * MATCH_SHARE) {
            continue;
        }
        match best_shift(piece, heard, at, shift).filter(|b| b.1 <= power * MATCH_SHARE) {
            Some((new, _)) => {
                found.extend(slip(at, new - shift));
                shift = new;
            }
            None => found.extend(silence_in(heard, at, shift)),
        }
    }
    found
}

fn slip(at: usize, by: isize) -> Option<Fault> {
    let samples = by.unsigned_abs();
    match (samples >= GAP_SAMPLES_MIN, by > 0) {
        (false, _) => None,
        (true, true) => Some(Fault::Inserted(at, samples)),
        (true, false) => Some(Fault::Lost(at, samples)),
    }
}

fn silence_in(heard: &[i16], at: usize, shift: isize) -> Option<Fault> {
    let start = at.checked_add_signed(shift)?;
    let piece = heard.get(start..start + PIECE)?;
    let run = silences(piece, GAP_SAMPLES_MIN).into_iter().next()?;
    Some(Fault::Silence(start + run.start..start + run.end))
}

/// The power of a piece that can be told from silence.
fn loud(piece: &[i16]) -> Option<f64> {
    let power: f64 = piece.iter().map(|&s| f64::from(s).powi(2)).sum();
    (power > PIECE as f64 * (0.003 * FULL_SCALE).powi(2)).then_some(power)
}

/// Power of the difference, with `heard` moved by `shift`; `None` outside of it.
fn mismatch(piece: &[i16], heard: &[i16], at: usize, shift: isize) -> Option<f64> {
    let start = at.checked_add_signed(shift)?;
    let other = heard.get(start..start + piece.len())?;
    Some(piece.iter().zip(other).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum())
}

/// The nearest shift with the smallest difference, and that difference.
fn best_shift(piece: &[i16], heard: &[i16], at: usize, shift: isize) -> Option<(isize, f64)> {
    let mut best: Option<(isize, f64)> = None;
    for distance in 1..=SLIP_SAMPLES_MAX {
        let distance = isize::try_from(distance).ok()?;
        for candidate in [shift + distance, shift - distance] {
            let Some(m) = mismatch(piece, heard, at, candidate) else { continue };
            if best.is_none_or(|b| m < b.1) {
                best = Some((candidate, m));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    const SEED: u64 = 0x6761_7001;
    const SECONDS: usize = 2;

    /// Smooth noise: every piece is different, no step is a click.
    fn reference() -> Vec<i16> {
        let mut rng = SmallRng::seed_from_u64(SEED);
        let mut value = 0.0_f64;
        (0..8_000 * SECONDS)
            .map(|_| {
                value = 0.8 * value + rng.random_range(-1_500.0..1_500.0);
                crate::media::to_sample(value)
            })
            .collect()
    }

    #[test]
    fn identical_audio_has_no_fault() {
        assert_eq!(faults(&reference(), &reference()), []);
        assert_eq!(clicks(&reference()), [0_usize; 0]);
    }

    #[test]
    fn inserted_silence_and_lost_audio_are_told_apart() {
        let reference = reference();
        let mut inserted = reference.clone();
        inserted.splice(6_400..6_400, [0; 200]);
        assert_eq!(faults(&reference, &inserted), [Fault::Inserted(6_400, 200)]);
        let mut lost = reference.clone();
        lost.drain(6_400..6_720);
        assert_eq!(faults(&reference, &lost), [Fault::Lost(6_720, 320)]);
    }

    #[test]
    fn a_frame_of_silence_instead_of_sound_is_found() {
        let reference = reference();
        let mut holed = reference.clone();
        holed[6_400..6_560].fill(0);
        assert_eq!(faults(&reference, &holed).len(), 1);
        assert_eq!(silences(&holed, GAP_SAMPLES_MIN).first(), Some(&(6_400..6_560)));
    }

    #[test]
    fn one_wild_sample_is_two_clicks() {
        let mut samples = vec![0_i16; 400];
        samples[200] = 9_000;
        assert_eq!(clicks(&samples), [200, 201]);
    }
}
