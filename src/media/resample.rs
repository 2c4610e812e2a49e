//! Sound of another rate at 8 kHz: a windowed sinc, one set of taps for each phase between the two rates.
//! Done when a sentence of a speech engine is prepared, never on a media thread.

use crate::wire::g711::SAMPLE_RATE_HZ;
use std::f64::consts::PI;

/// Rates that can be brought to 8 kHz, in Hz: those that speech engines give.
pub const RATES_HZ: [u32; 9] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// Half the length of the filter, in samples of 8 kHz.
const HALF: usize = 32;
/// Where the band ends, in Hz; what lies above 4 kHz would fold back.
const CUT_HZ: f64 = 3_600.0;

/// The samples at 8 kHz; `None` for a rate that is not of [`RATES_HZ`].
///
/// ```
/// use mayorline::media::resample::resample;
/// assert_eq!(resample(&[0.0; 22_050], 22_050).map(|out| out.len()), Some(8_000));
/// assert_eq!(resample(&[0.0; 10], 9_999), None);
/// ```
#[must_use]
pub fn resample(samples: &[f64], rate_hz: u32) -> Option<Vec<f64>> {
    if !RATES_HZ.contains(&rate_hz) {
        return None;
    }
    if rate_hz == SAMPLE_RATE_HZ {
        return Some(samples.to_vec());
    }
    let common = greatest_common(rate_hz, SAMPLE_RATE_HZ);
    let phases = usize::try_from(SAMPLE_RATE_HZ / common).ok()?;
    let step = usize::try_from(rate_hz / common).ok()?;
    let reach = HALF * step / phases + 1;
    let taps: Vec<Vec<f64>> =
        (0..phases).map(|phase| taps(phase, phases, rate_hz, reach)).collect();
    let length = samples.len() * phases / step;
    let one = |n: usize| {
        let (at, phase) = (n * step / phases, n * step % phases);
        let taps = taps.get(phase).map_or(&[][..], Vec::as_slice);
        let from = at.saturating_sub(reach);
        // Taps that would reach before the first sample are left out.
        let skipped = reach.saturating_sub(at);
        let heard = samples.get(from..).unwrap_or_default();
        taps.iter().skip(skipped).zip(heard).map(|(tap, sample)| tap * sample).sum()
    };
    Some((0..length).map(one).collect())
}

/// The filter for outputs that lie `phase / phases` of an input sample behind an input sample.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn taps(phase: usize, phases: usize, rate_hz: u32, reach: usize) -> Vec<f64> {
    let cut = CUT_HZ / f64::from(rate_hz);
    let behind = phase as f64 / phases as f64;
    let width = reach as f64 + 1.0;
    let tap = |n: usize| {
        let x = n as f64 - reach as f64 - behind;
        // Blackman: side lobes 58 dB down at the first, falling.
        let angle = PI * x / width;
        let window = 0.42 + 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos();
        let inside = x.abs() < width;
        if inside { 2.0 * cut * sinc(2.0 * cut * x) * window } else { 0.0 }
    };
    let taps: Vec<f64> = (0..=2 * reach).map(tap).collect();
    // Unity at 0 Hz for every phase, so that no phase sounds through.
    let sum: f64 = taps.iter().sum();
    taps.into_iter().map(|tap| tap / sum).collect()
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

fn greatest_common(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: u32, seconds: u32) -> Vec<f64> {
        let one = |n: u32| (2.0 * PI * hz * f64::from(n) / f64::from(rate)).sin();
        (0..rate * seconds).map(one).collect()
    }

    fn power_db(samples: &[f64]) -> f64 {
        let inner = &samples[400..samples.len() - 400];
        10.0 * (inner.iter().map(|x| x * x).sum::<f64>() / inner.len() as f64).log10()
    }

    #[test]
    fn a_tone_of_the_band_keeps_level_and_pitch_and_one_above_it_is_gone() {
        for rate in RATES_HZ {
            for hz in [120.0, 1_000.0, 3_000.0] {
                let out = resample(&tone(hz, rate, 1), rate).unwrap();
                assert_eq!(out.len(), 8_000, "{rate}");
                let wanted = tone(hz, 8_000, 1);
                let difference: Vec<f64> = out.iter().zip(&wanted).map(|(a, b)| a - b).collect();
                assert!(power_db(&difference) < -45.0, "{rate} {hz}: {}", power_db(&difference));
            }
        }
        for rate in RATES_HZ.into_iter().filter(|rate| *rate > 10_000) {
            let folded = resample(&tone(4_900.0, rate, 1), rate).unwrap();
            assert!(power_db(&folded) < -50.0, "{rate}: {}", power_db(&folded));
        }
    }

    #[test]
    fn nothing_and_one_sample_are_no_harm() {
        for rate in RATES_HZ {
            assert!(resample(&[], rate).unwrap().is_empty());
            assert!(resample(&[1.0], rate).unwrap().len() <= 1);
        }
    }
}
