//! How loud speech is: the active speech level of ITU-T P.56 (method B), plain power, and an
//! estimate of how much of a recording is speech at all.
//!
//! Levels are dBov: 0 dBov is the power of a full-scale square wave, so a full-scale sine stands
//! at -3.01 dBov and 0 dBm0 in A-law at -6.15 dBov.

use super::{FRAME_SAMPLES, FULL_SCALE};
use crate::wire::g711::SAMPLE_RATE_HZ;

/// What digital silence reads as.
pub const FLOOR_DBOV: f64 = -100.0;

// ITU-T P.56 §6: time constant of the envelope, hangover and margin of method B.
const ENVELOPE_SECONDS: f64 = 0.03;
const HANGOVER_SECONDS: f64 = 0.2;
const MARGIN_DB: f64 = 15.9;
/// Thresholds a factor 2 apart, from half of full scale down to one 16-bit step.
const THRESHOLDS: usize = 15;
const TOLERANCE_DB: f64 = 0.01;

/// The measured level of a piece of audio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Active speech level (P.56), dBov.
    pub active_dbov: f64,
    /// Power over the whole length, dBov.
    pub rms_dbov: f64,
    /// Largest sample, dB below full scale.
    pub peak_dbov: f64,
    /// Share of the time that is active speech, 0 to 1.
    pub activity: f64,
}

/// Measures a whole piece of 8 kHz audio.
///
/// ```
/// use mayorline::media::level;
/// let square: Vec<i16> = (0..8000).map(|n| if n % 8 < 4 { 16384 } else { -16384 }).collect();
/// assert!((level::measure(&square).rms_dbov + 6.02).abs() < 0.01);
/// ```
#[must_use]
pub fn measure(samples: &[i16]) -> Level {
    let mut meter = Meter::new();
    meter.push(samples);
    meter.level()
}

/// Measures audio that arrives piece by piece.
#[derive(Debug, Clone)]
pub struct Meter {
    decay: f64,
    hangover: u32,
    /// The envelope after its first and second stage.
    envelope: (f64, f64),
    /// Active samples above each threshold, the highest threshold first.
    active: [u64; THRESHOLDS],
    /// Samples since the envelope was last above each threshold, up to `hangover`.
    since: [u32; THRESHOLDS],
    energy: f64,
    peak: f64,
    count: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

impl Meter {
    /// A meter that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        let rate = f64::from(SAMPLE_RATE_HZ);
        let hangover = samples_in(HANGOVER_SECONDS);
        Self {
            decay: (-1.0 / (rate * ENVELOPE_SECONDS)).exp(),
            hangover,
            envelope: (0.0, 0.0),
            active: [0; THRESHOLDS],
            since: [hangover; THRESHOLDS],
            energy: 0.0,
            peak: 0.0,
            count: 0,
        }
    }

    /// Hears more.
    pub fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.push_one(f64::from(sample) / FULL_SCALE);
        }
    }

    fn push_one(&mut self, x: f64) {
        let g = self.decay;
        self.energy += x * x;
        self.peak = self.peak.max(x.abs());
        self.count += 1;
        self.envelope.0 = g * self.envelope.0 + (1.0 - g) * x.abs();
        self.envelope.1 = g * self.envelope.1 + (1.0 - g) * self.envelope.0;
        let mut threshold = 0.5;
        for (active, since) in self.active.iter_mut().zip(&mut self.since) {
            if self.envelope.1 >= threshold {
                *active += 1;
                *since = 0;
            } else if *since < self.hangover {
                *active += 1;
                *since += 1;
            }
            threshold *= 0.5;
        }
    }

    /// The level of all that was heard so far.
    #[must_use]
    pub fn level(&self) -> Level {
        let rms_dbov = power_dbov(self.energy, self.count);
        let active_dbov = self.active_dbov();
        let activity = if active_dbov <= FLOOR_DBOV {
            0.0
        } else {
            10_f64.powf((rms_dbov - active_dbov) / 10.0).min(1.0)
        };
        Level { active_dbov, rms_dbov, peak_dbov: power_dbov(self.peak * self.peak, 1), activity }
    }

    /// P.56 §6.3: the active level is where level minus threshold equals the margin, found between
    /// the two thresholds that enclose it.
    fn active_dbov(&self) -> f64 {
        let mut above: Option<(f64, f64)> = None;
        for (n, &active) in self.active.iter().enumerate() {
            if active == 0 {
                continue;
            }
            let level = power_dbov(self.energy, active);
            let threshold = (0.5_f64).powi(i32::try_from(n + 1).unwrap_or(i32::MAX)).log10() * 20.0;
            if level - threshold >= MARGIN_DB {
                return match above {
                    Some(upper) => interpolate(upper, (level, threshold)),
                    None => level,
                };
            }
            above = Some((level, threshold));
        }
        FLOOR_DBOV
    }
}

/// Halves the distance between two (level, threshold) pairs until level - threshold is the margin.
fn interpolate(mut upper: (f64, f64), mut lower: (f64, f64)) -> f64 {
    while upper.1 - lower.1 > TOLERANCE_DB {
        let middle = (f64::midpoint(upper.0, lower.0), f64::midpoint(upper.1, lower.1));
        if middle.0 - middle.1 >= MARGIN_DB {
            lower = middle;
        } else {
            upper = middle;
        }
    }
    f64::midpoint(upper.0, lower.0)
}

fn power_dbov(energy: f64, count: u64) -> f64 {
    if energy <= 0.0 || count == 0 {
        return FLOOR_DBOV;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of samples, far below 2^53")]
    let mean = energy / count as f64;
    (10.0 * mean.log10()).max(FLOOR_DBOV)
}

/// Power of a piece of audio, dBov; [`FLOOR_DBOV`] for silence and for nothing.
#[must_use]
pub fn rms_dbov(samples: &[i16]) -> f64 {
    let energy: f64 = samples.iter().map(|&s| (f64::from(s) / FULL_SCALE).powi(2)).sum();
    power_dbov(energy, u64::try_from(samples.len()).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small constants")]
fn samples_in(seconds: f64) -> u32 {
    (seconds * f64::from(SAMPLE_RATE_HZ)).ceil() as u32
}

/// A frame quieter than this is never speech. Soft mobile speech has an active level of about
/// -36 dBov (`audio.md` 4.1), comfort noise of a mobile network about -60.
const SPEECH_DBOV_MIN: f64 = -46.0;
/// Speech stands this far above the noise around it.
const ABOVE_NOISE_DB: f64 = 8.0;
/// How fast the noise estimate rises; a hum stops counting as speech after a few seconds.
const NOISE_RISE_DB_PER_FRAME: f64 = 0.06;
/// Where the noise estimate starts.
const NOISE_START_DBOV: f64 = -60.0;
/// Shorter bursts are clicks and knocks.
const BURST_FRAMES_MIN: u32 = 3;
/// The pause between syllables counts as speech up to this length (200 ms as in P.56).
const PAUSE_FRAMES_MAX: u32 = 10;

/// Estimates how much of a recording is speech, frame by frame, by level alone. One addition and
/// one multiplication per sample.
#[derive(Debug, Clone)]
pub struct SpeechMeter {
    noise_dbov: f64,
    /// Loud frames in a row, and quiet frames since the last of them.
    loud: u32,
    quiet: u32,
    /// In a stretch of speech that may still go on.
    talking: bool,
    frames: u64,
}

impl Default for SpeechMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl SpeechMeter {
    /// A meter that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { noise_dbov: NOISE_START_DBOV, loud: 0, quiet: 0, talking: false, frames: 0 }
    }

    /// Hears one frame and tells whether it is loud enough for speech.
    pub fn push(&mut self, frame: &[i16; FRAME_SAMPLES]) -> bool {
        let energy: i64 = frame.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
        #[expect(clippy::cast_precision_loss, reason = "below 160 * 2^30 < 2^53")]
        let level = power_dbov(energy as f64 / (FULL_SCALE * FULL_SCALE), 160);
        let loud = level > SPEECH_DBOV_MIN && level > self.noise_dbov + ABOVE_NOISE_DB;
        let risen = self.noise_dbov + NOISE_RISE_DB_PER_FRAME;
        self.noise_dbov = risen.min(level.max(NOISE_START_DBOV));
        if loud {
            self.hear_loud();
        } else {
            self.quiet += 1;
            self.loud = 0;
            if self.quiet > PAUSE_FRAMES_MAX {
                self.talking = false;
            }
        }
        loud
    }

    fn hear_loud(&mut self) {
        self.loud += 1;
        if self.talking {
            // The pause before this frame was one between syllables.
            self.frames += u64::from(self.quiet) + 1;
        } else if self.loud >= BURST_FRAMES_MIN {
            self.talking = true;
            self.frames += u64::from(self.loud);
        }
        self.quiet = 0;
    }

    /// Speech so far, in samples.
    #[must_use]
    pub fn speech_samples(&self) -> u64 {
        self.frames * FRAME_SAMPLES as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TONE_SECONDS: usize = 12;

    fn sine(amplitude: f64, len: usize) -> Vec<i16> {
        (0..len)
            .map(|n| {
                let x = (n as f64 * 500.0 * std::f64::consts::TAU / 8_000.0).sin();
                crate::media::to_sample(x * amplitude)
            })
            .collect()
    }

    /// Tone bursts with the given duty: active level is known from the construction.
    fn bursts(amplitude: f64, on: usize, off: usize, times: usize) -> Vec<i16> {
        let tone = sine(amplitude, on);
        (0..times).flat_map(|_| tone.iter().copied().chain(vec![0; off])).collect()
    }

    #[test]
    fn a_full_scale_sine_reads_minus_three_dbov() {
        let level = measure(&sine(32_767.0, 8_000 * TONE_SECONDS));
        assert!((level.rms_dbov + 3.01).abs() < 0.01, "{level:?}");
        assert!((level.active_dbov + 3.01).abs() < 0.1, "{level:?}");
        assert!(level.activity > 0.98, "{level:?}");
    }

    #[test]
    fn active_level_ignores_the_pauses() {
        // 3 s on, 3 s off: half the time is pause, so plain power reads 3 dB less. The hangover of
        // 0.2 s per burst counts as active: 10 log10(3.2 / 3) = 0.28 dB.
        let level = measure(&bursts(3_276.8, 24_000, 24_000, 8));
        let tone_dbov = -20.0 - 3.01;
        assert!((level.rms_dbov - (tone_dbov - 3.01)).abs() < 0.02, "{level:?}");
        assert!((level.active_dbov - (tone_dbov - 0.28)).abs() < 0.25, "{level:?}");
        assert!((level.activity - 0.53).abs() < 0.03, "{level:?}");
    }

    #[test]
    fn six_decibel_more_reads_six_decibel_more() {
        let quiet = measure(&bursts(1_000.0, 12_000, 9_000, 9)).active_dbov;
        let loud = measure(&bursts(2_000.0, 12_000, 9_000, 9)).active_dbov;
        assert!((loud - quiet - 6.02).abs() < 0.05, "{quiet} {loud}");
    }

    #[test]
    fn silence_and_nothing_read_the_floor() {
        for samples in [vec![], vec![0; 8_000]] {
            let level = measure(&samples);
            assert_eq!((level.active_dbov, level.rms_dbov), (FLOOR_DBOV, FLOOR_DBOV));
            assert_eq!(level.activity, 0.0);
        }
    }

    fn speech_seconds(samples: &[i16]) -> f64 {
        let mut meter = SpeechMeter::new();
        samples.as_chunks::<FRAME_SAMPLES>().0.iter().for_each(|frame| {
            meter.push(frame);
        });
        meter.speech_samples() as f64 / 8_000.0
    }

    #[test]
    fn speech_is_counted_with_its_short_pauses_and_without_the_long_ones() {
        // Syllables of 160 ms with 80 ms between them, 2.4 s of them, then 3 s of nothing.
        let mut samples = bursts(3_000.0, 1_280, 640, 10);
        samples.extend(vec![0; 24_000]);
        samples.extend(bursts(3_000.0, 1_280, 640, 10));
        let seconds = speech_seconds(&samples);
        assert!((seconds - 4.64).abs() < 0.1, "{seconds}");
    }

    #[test]
    fn clicks_noise_and_hum_are_not_speech() {
        let clicks = bursts(20_000.0, 80, 7_920, 10);
        assert_eq!(speech_seconds(&clicks), 0.0);
        assert_eq!(speech_seconds(&sine(40.0, 80_000)), 0.0);
        let hum = speech_seconds(&sine(800.0, 8_000 * 30));
        assert!(hum < 10.0, "{hum}");
    }
}
