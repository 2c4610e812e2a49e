//! What a speech engine gave, made fit to stand beside the recordings: 8 kHz, no edges of silence, the
//! active speech level of the prompts, A-law, and the same once more in slow speech. And whether it is speech
//! at all.

use super::level::{self, FLOOR_DBOV};
use super::resample::resample;
use super::stretch::stretch;
use super::{FRAME_SAMPLES, FULL_SCALE, to_sample};
use crate::wire::g711::{Codec, SAMPLE_RATE_HZ};

/// The level that it is brought to, active speech level in dBov: that of the prompts.
pub const RENDERED_LEVEL_DBOV: f64 = -26.0;
/// How far it may be off.
pub const RENDERED_TOLERANCE_DB: f64 = 0.5;
/// Its largest sample, in dBov.
const PEAK_DBOV_MAX: f64 = -3.0;
/// Quieter than this, as the engine gave it, is silence.
const SILENT_DBOV: f64 = -60.0;
/// Longest sound of one sentence, in seconds.
pub const RENDERED_SECONDS_MAX: usize = 40;
/// A character lasts at least so long, in milliseconds: 1,000 characters a minute are five times the pace of
/// the script.
const CHAR_MS_MIN: usize = 60;
/// And at most so long.
const CHAR_MS_MAX: usize = 1_200;
/// What a sentence may last beside its characters, in milliseconds.
const EXTRA_MS_MAX: usize = 3_000;
/// Below the active level by so much, a frame is a pause or the edge of a syllable.
const DIP_DB: f64 = 12.0;
/// Of speech that lasts some seconds at least this share of frames is such a dip.
const DIPS_MIN: f64 = 0.02;
/// From this length on dips are looked for.
const DIPS_SAMPLES_MIN: usize = 16_000;
/// Below the active level by so much, the edges are cut off.
const EDGE_DB: f64 = 25.0;
/// What is left before the speech: 30 ms.
const LEAD: usize = 240;
/// What is left behind it: 60 ms.
const TAIL: usize = 480;
/// Rise and fall: 5 ms.
const FADE: usize = 40;
/// The high-pass, in Hz.
const HIGH_PASS_HZ: f64 = 80.0;
/// Rounds of levelling; a limiter changes the level a little.
const ROUNDS: usize = 4;

/// One sentence, ready to be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// A-law at 8 kHz.
    pub alaw: Vec<u8>,
    /// The same in slow speech.
    pub slow: Vec<u8>,
}

/// Why a sound is not played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A rate that nobody asked for.
    #[error("has a sample rate that is not understood")]
    Rate,
    /// Nothing is said.
    #[error("is silent")]
    Silent,
    /// So much cannot be said so fast.
    #[error("is too short for its words")]
    Short,
    /// It goes on and on.
    #[error("is too long for its words")]
    Long,
    /// A noise or a tone.
    #[error("is no speech")]
    NoSpeech,
    /// It cannot be brought to the level of the prompts.
    #[error("cannot be brought to the level of the prompts")]
    Level,
}

/// Makes a sentence of `chars` characters fit. `slow_factor`: how much longer slow speech is.
///
/// # Errors
/// When it is not what a sentence sounds like.
pub fn prepare(
    samples: &[i16],
    rate_hz: u32,
    chars: usize,
    slow_factor: f32,
) -> Result<Sentence, Unfit> {
    let seconds = samples.len() / usize::try_from(rate_hz.max(1)).unwrap_or(1);
    if seconds > RENDERED_SECONDS_MAX {
        return Err(Unfit::Long);
    }
    let sound = samples.iter().map(|&sample| f64::from(sample) / FULL_SCALE).collect();
    let sound = resample(&high_pass(sound, rate_hz), rate_hz).ok_or(Unfit::Rate)?;
    let sound = trim(sound)?;
    let ms = sound.len() / 8;
    if ms > chars * CHAR_MS_MAX + EXTRA_MS_MAX {
        return Err(Unfit::Long);
    }
    if ms < chars * CHAR_MS_MIN {
        return Err(Unfit::Short);
    }
    let levelled = bring_to_level(sound)?;
    if !dips(&levelled) {
        return Err(Unfit::NoSpeech);
    }
    let encode = |samples: &[i16]| samples.iter().map(|&s| Codec::Pcma.encode(s)).collect();
    let slow = stretch(&levelled, slow_factor);
    Ok(Sentence { alaw: encode(&levelled), slow: encode(&slow) })
}

/// Two poles by the bilinear transform (Butterworth): takes the mean away too.
fn high_pass(samples: Vec<f64>, rate_hz: u32) -> Vec<f64> {
    let w = (std::f64::consts::PI * HIGH_PASS_HZ / f64::from(rate_hz.max(1))).tan();
    let root = std::f64::consts::SQRT_2;
    let norm = 1.0 / (1.0 + root * w + w * w);
    let (a1, a2) = (2.0 * (w * w - 1.0) * norm, (1.0 - root * w + w * w) * norm);
    let (mut x, mut y) = ([0.0; 2], [0.0; 2]);
    let one = |sample: f64| {
        let out = norm * (sample - 2.0 * x[0] + x[1]) - a1 * y[0] - a2 * y[1];
        (x, y) = ([sample, x[0]], [out, y[0]]);
        out
    };
    samples.into_iter().map(one).collect()
}

fn integers(sound: &[f64], gain: f64) -> Vec<i16> {
    sound.iter().map(|x| to_sample(x * gain * FULL_SCALE)).collect()
}

/// Without silence at the edges, but for a breath; risen and fallen softly.
fn trim(sound: Vec<f64>) -> Result<Vec<f64>, Unfit> {
    let measured = level::measure(&integers(&sound, 1.0)).active_dbov;
    if measured <= SILENT_DBOV.max(FLOOR_DBOV) {
        return Err(Unfit::Silent);
    }
    let loud = |frame: &[f64]| level::rms_dbov(&integers(frame, 1.0)) > measured - EDGE_DB;
    // 10 ms at a time.
    let frame = FRAME_SAMPLES / 2;
    let frames = || sound.chunks(frame);
    let first = frames().position(loud).ok_or(Unfit::Silent)? * frame;
    let last = (frames().rposition(loud).ok_or(Unfit::Silent)? + 1) * frame;
    let mut lead = vec![0.0; LEAD.saturating_sub(first)];
    let end = last.min(sound.len());
    let stay = sound.len().min(end + TAIL);
    lead.extend_from_slice(sound.get(first.saturating_sub(LEAD)..stay).unwrap_or_default());
    lead.resize(lead.len() + TAIL - (stay - end), 0.0);
    let length = lead.len();
    for at in 0..FADE.min(length / 2) {
        #[expect(clippy::cast_precision_loss, reason = "at most 40")]
        let gain = at as f64 / FADE as f64;
        lead[at] *= gain;
        lead[length - 1 - at] *= gain;
    }
    Ok(lead)
}

/// At the level of the prompts, with peaks pressed softly below their limit.
fn bring_to_level(mut sound: Vec<f64>) -> Result<Vec<i16>, Unfit> {
    let (top, knee) = (10_f64.powf(PEAK_DBOV_MAX / 20.0) * 0.999, 0.5);
    for _ in 0..ROUNDS {
        // Measured near full scale: 16 bits of a quiet engine would be few.
        let peak = sound.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
        let up = if peak > 0.0 { 0.9 / peak } else { return Err(Unfit::Silent) };
        let measured = level::measure(&integers(&sound, up)).active_dbov - 20.0 * up.log10();
        let gain = 10_f64.powf((RENDERED_LEVEL_DBOV - measured) / 20.0);
        let press = |x: f64| {
            let size = x.abs();
            let over = (size - knee) / (top - knee);
            if size <= knee { x } else { x.signum() * (knee + (top - knee) * over.tanh()) }
        };
        sound.iter_mut().for_each(|x| *x = press(*x * gain));
    }
    let levelled = integers(&sound, 1.0);
    let level = level::measure(&levelled);
    let fits = (level.active_dbov - RENDERED_LEVEL_DBOV).abs() <= RENDERED_TOLERANCE_DB
        && level.peak_dbov <= PEAK_DBOV_MAX;
    if fits { Ok(levelled) } else { Err(Unfit::Level) }
}

/// Speech rises and falls; a hum, a whistle and a hiss do not.
fn dips(levelled: &[i16]) -> bool {
    let inner = levelled.get(LEAD..levelled.len().saturating_sub(TAIL)).unwrap_or_default();
    if inner.len() < DIPS_SAMPLES_MIN {
        return true;
    }
    let frames = inner.as_chunks::<FRAME_SAMPLES>().0;
    let low =
        |frame: &&[i16; FRAME_SAMPLES]| level::rms_dbov(&frame[..]) < RENDERED_LEVEL_DBOV - DIP_DB;
    let count = frames.iter().filter(low).count();
    #[expect(clippy::cast_precision_loss, reason = "a count of frames")]
    let share = count as f64 / frames.len() as f64;
    share >= DIPS_MIN
}

// The longest that is taken is longer than the slowest reading of the longest sentence would need.
const _: () = assert!(SAMPLE_RATE_HZ == 8_000 && RENDERED_SECONDS_MAX * 1_000 > 60 * 300);

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    const SLOW: f32 = 1.4;

    /// Syllables of 180 ms with 70 ms between them: harmonics of 140 Hz.
    fn speech(rate: u32, syllables: u32, amplitude: f64) -> Vec<i16> {
        let (on, off) = (rate * 180 / 1_000, rate * 70 / 1_000);
        let tau = std::f64::consts::TAU;
        let one = |n: u32| {
            let t = f64::from(n) / f64::from(rate);
            let voiced: f64 = (1..12).map(|h| (tau * 140.0 * f64::from(h) * t).sin()).sum();
            let shape = (std::f64::consts::PI * f64::from(n) / f64::from(on)).sin();
            to_sample(voiced * shape * amplitude)
        };
        let syllable: Vec<i16> = (0..on).map(one).chain((0..off).map(|_| 0)).collect();
        let count = usize::try_from(syllables).unwrap();
        syllable.iter().copied().cycle().take(syllable.len() * count).collect()
    }

    fn decoded(alaw: &[u8]) -> Vec<i16> {
        alaw.iter().map(|&code| Codec::Pcma.decode(code)).collect()
    }

    #[test]
    fn whatever_level_and_rate_an_engine_has_it_comes_out_like_the_prompts() {
        for rate in [8_000, 16_000, 22_050, 24_000, 44_100] {
            for amplitude in [60.0, 700.0, 3_000.0, 8_000.0] {
                let fit = prepare(&speech(rate, 12, amplitude), rate, 12, SLOW).unwrap();
                let level = level::measure(&decoded(&fit.alaw));
                let off = level.active_dbov - RENDERED_LEVEL_DBOV;
                assert!(off.abs() <= RENDERED_TOLERANCE_DB, "{rate} {amplitude}: {level:?}");
                assert!(level.peak_dbov <= PEAK_DBOV_MAX + 0.3, "{level:?}");
                let slow = fit.slow.len() as f64 / fit.alaw.len() as f64;
                assert!((slow - 1.4).abs() < 0.01, "{slow}");
            }
        }
    }

    #[test]
    fn silence_at_the_edges_goes_but_for_a_breath() {
        let mut padded = vec![0; 8_000];
        padded.extend(speech(8_000, 8, 3_000.0));
        padded.extend(vec![0; 12_000]);
        let fit = prepare(&padded, 8_000, 8, SLOW).unwrap();
        let expected = 8 * 250 - 70 + 90;
        let ms = fit.alaw.len() / 8;
        assert!(ms.abs_diff(expected) < 60, "{ms} for {expected}");
    }

    #[test]
    fn what_is_no_sentence_is_refused_by_its_reason() {
        let mut dice = SmallRng::seed_from_u64(0x5045);
        let noise: Vec<i16> = (0..32_000).map(|_| dice.random_range(-9_000..9_000)).collect();
        let hum: Vec<i16> =
            (0..32_000).map(|n| to_sample((f64::from(n) * 0.3).sin() * 9_000.0)).collect();
        let spoken = speech(8_000, 8, 3_000.0);
        for (sound, rate, chars, why) in [
            (vec![], 8_000, 8, Unfit::Silent),
            (vec![0; 16_000], 8_000, 8, Unfit::Silent),
            (vec![500; 16_000], 8_000, 8, Unfit::Silent),
            (spoken.clone(), 9_999, 8, Unfit::Rate),
            (spoken.clone(), 8_000, 60, Unfit::Short),
            (speech(8_000, 40, 3_000.0), 8_000, 4, Unfit::Long),
            (vec![9; 8_000 * (RENDERED_SECONDS_MAX + 1)], 8_000, 60, Unfit::Long),
            (noise, 8_000, 12, Unfit::NoSpeech),
            (hum, 8_000, 12, Unfit::NoSpeech),
        ] {
            assert_eq!(prepare(&sound, rate, chars, SLOW), Err(why), "{rate} {chars}");
        }
    }
}
