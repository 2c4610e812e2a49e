//! Slow speech (语速放慢, key 7): the same voice at the same pitch, longer. Waveform-similarity
//! overlap-add (WSOLA): pieces of the signal are laid down at a slower pace, each taken from where
//! it best continues the one before. Done once when a prompt is loaded, never on a media thread.

use super::to_sample;

/// Length of a piece: 30 ms. Half of it overlaps with its neighbours.
const PIECE: usize = 240;
const HOP: usize = PIECE / 2;
/// How far a piece may be moved to fit: one longest pitch period of 66 Hz, 15 ms.
const SEEK: usize = 120;
/// Factors outside of this are brought to its edge.
pub const FACTOR_MIN: f32 = 0.5;
/// See [`FACTOR_MIN`].
pub const FACTOR_MAX: f32 = 2.0;

/// The audio `factor` times as long.
///
/// ```
/// use mayorline::media::stretch::stretch;
/// assert_eq!(stretch(&[0; 8_000], 1.35).len(), 10_800);
/// ```
#[must_use]
pub fn stretch(samples: &[i16], factor: f32) -> Vec<i16> {
    let factor =
        f64::from(if factor.is_nan() { 1.0 } else { factor.clamp(FACTOR_MIN, FACTOR_MAX) });
    let wanted = position(samples.len(), factor);
    if samples.len() < PIECE + 2 * SEEK {
        // Too short for a piece: nothing to overlap, so only silence is added.
        let mut out = samples.to_vec();
        out.resize(wanted, 0);
        return out;
    }
    let mut out = vec![0.0_f64; wanted + PIECE];
    lay(&mut out, samples, 0, 0, true);
    let mut natural = HOP;
    for at in (HOP..wanted).step_by(HOP) {
        let ideal = position(at, 1.0 / factor).min(samples.len() - PIECE);
        let start = best_fit(samples, natural, ideal);
        lay(&mut out, samples, start, at, false);
        natural = start + HOP;
    }
    out.truncate(wanted);
    out.into_iter().map(to_sample).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
fn position(samples: usize, factor: f64) -> usize {
    (samples as f64 * factor).round() as usize
}

/// Adds a windowed piece; the very first keeps its full level from its start.
fn lay(out: &mut [f64], samples: &[i16], start: usize, at: usize, first: bool) {
    for n in 0..PIECE {
        let (Some(&sample), Some(out)) = (samples.get(start + n), out.get_mut(at + n)) else {
            return;
        };
        // Hann windows half a piece apart sum to one.
        let phase = n as f64 / PIECE as f64 * std::f64::consts::TAU;
        let window = if first && n < HOP { 1.0 } else { 0.5 - 0.5 * phase.cos() };
        *out += f64::from(sample) * window;
    }
}

/// The start near `ideal` whose piece is most like what naturally follows the last one.
fn best_fit(samples: &[i16], natural: usize, ideal: usize) -> usize {
    let last = samples.len() - PIECE;
    let Some(target) = samples.get(natural..natural + PIECE) else { return ideal };
    let mut best = (f64::MIN, ideal);
    for start in ideal.saturating_sub(SEEK)..=(ideal + SEEK).min(last) {
        let (mut cross, mut power) = (0.0, 1.0);
        for (&a, &b) in target.iter().zip(&samples[start..start + PIECE]) {
            let (a, b) = (f64::from(a), f64::from(b));
            cross += a * b;
            power += b * b;
        }
        let score = cross / power.sqrt();
        if score > best.0 {
            best = (score, start);
        }
    }
    best.1
}
