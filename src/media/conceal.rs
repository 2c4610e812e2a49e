//! What is heard instead of a lost packet: the last pitch periods of the voice again, fading to
//! silence within 60 ms, after the idea of ITU-T G.711 Appendix I. Unlike there the good signal
//! is not delayed: the repetition is bent to continue from the last sample, so that audio without
//! loss passes unchanged.

use super::{HALF_FRAME, to_sample};

/// Pitch periods that are looked for: 66 to 200 Hz at 8 kHz (G.711 Appendix I §I.2.1).
const PITCH_MIN: usize = 40;
const PITCH_MAX: usize = 120;
/// Audio that is compared to find the pitch: 20 ms.
const WINDOW: usize = 160;
/// What the search looks at.
const SPAN: usize = WINDOW + PITCH_MAX;
/// What is remembered: three longest periods and a quarter, before 20 ms already filled; whole
/// halves of a frame.
const HISTORY: usize =
    (3 * PITCH_MAX + PITCH_MAX / 4 + 2 * HALF_FRAME).next_multiple_of(HALF_FRAME);
/// A gap this long is silent at its end: six halves of a frame, 60 ms.
const HALVES_MAX: u32 = 6;
/// The first half keeps its level, each later one loses a fifth of it.
const FADE_PER_HALF: f32 = 0.2;
/// Samples over which the first sample's step is bent away.
const BEND: usize = 16;
/// Cross-fade into the good signal: 4 ms for each lost half, at most 10 ms.
const RETURN_PER_HALF: usize = 32;

/// The concealment of one leg; about 2.5 KiB.
#[derive(Debug, Clone)]
pub struct Concealer {
    /// What was heard, in a ring: straight, the oldest first, only while something is lost.
    history: [i16; HISTORY],
    oldest: usize,
    /// The repeated periods, the newest last, and the place that is read next.
    periods: [f32; 3 * PITCH_MAX],
    pitch: usize,
    used: usize,
    at: usize,
    lost: u32,
    /// Something was heard; before that there is nothing to repeat and nothing to fade in from.
    primed: bool,
}

impl Default for Concealer {
    fn default() -> Self {
        Self::new()
    }
}

impl Concealer {
    /// Nothing heard yet: concealment is silence.
    #[must_use]
    pub fn new() -> Self {
        Self {
            history: [0; HISTORY],
            oldest: 0,
            periods: [0.0; 3 * PITCH_MAX],
            pitch: PITCH_MAX,
            used: PITCH_MAX,
            at: 0,
            lost: 0,
            primed: false,
        }
    }

    /// A received half frame passes; right after a loss it is faded in over the repetition.
    pub fn hear(&mut self, half: &mut [i16; HALF_FRAME]) {
        if self.lost > 0 {
            let lost = usize::try_from(self.lost).unwrap_or(HALF_FRAME);
            let fade = (lost * RETURN_PER_HALF).min(HALF_FRAME);
            let level = level_at(self.lost, 0);
            for (n, sample) in half.iter_mut().take(fade).enumerate() {
                let share = ratio(n + 1, fade + 1);
                let old = self.next_sample() * level;
                *sample = blend(old, f32::from(*sample), share);
            }
            self.lost = 0;
        }
        self.primed = true;
        self.remember(half);
    }

    /// Fills a lost half frame.
    pub fn fill(&mut self, half: &mut [i16; HALF_FRAME]) {
        if !self.primed || self.lost >= HALVES_MAX {
            half.fill(0);
            self.remember(half);
            return;
        }
        self.history.rotate_left(self.oldest);
        self.oldest = 0;
        match self.lost {
            0 => self.begin(),
            // After 10 and 20 ms one more period is repeated, so that it does not buzz.
            1 => self.lengthen(2),
            2 => self.lengthen(3),
            _ => {}
        }
        let step = f32::from(self.history[HISTORY - 1]) - self.periods[self.used - 1];
        for (n, sample) in half.iter_mut().enumerate() {
            let bend =
                if self.lost == 0 && n < BEND { step * ratio(BEND - n, BEND + 1) } else { 0.0 };
            let level = level_at(self.lost, n);
            *sample = to_sample(f64::from((self.next_sample() + bend) * level));
        }
        self.lost += 1;
        self.remember(half);
    }

    fn begin(&mut self) {
        self.pitch = self.find_pitch();
        self.used = 0;
        self.lengthen(1);
        self.at = 0;
    }

    /// Repeats `count` periods from now on, their seam smoothed over a quarter of a period.
    fn lengthen(&mut self, count: usize) {
        // The history has moved on by the halves that were filled since the loss began.
        let filled = usize::try_from(self.lost).unwrap_or(0) * HALF_FRAME;
        let wanted = self.pitch * count;
        let quarter = self.pitch / 4;
        let Some(start) = HISTORY.checked_sub(filled + wanted + quarter) else { return };
        let phase = self.at % self.pitch.max(1);
        for n in 0..wanted {
            self.periods[n] = f32::from(self.history[start + quarter + n]);
        }
        for n in 0..quarter {
            // The end of the last period runs into what came before the first.
            let before = f32::from(self.history[start + n]);
            let share = ratio(n + 1, quarter + 1);
            let end = &mut self.periods[wanted - quarter + n];
            *end = *end * (1.0 - share) + before * share;
        }
        self.used = wanted;
        self.at = phase;
    }

    fn next_sample(&mut self) -> f32 {
        let sample = self.periods[self.at];
        self.at = if self.at + 1 >= self.used { 0 } else { self.at + 1 };
        sample
    }

    fn remember(&mut self, half: &[i16; HALF_FRAME]) {
        self.history[self.oldest..self.oldest + HALF_FRAME].copy_from_slice(half);
        self.oldest = (self.oldest + HALF_FRAME) % HISTORY;
    }

    /// The lag with the best normalised correlation: even lags on every second sample, then the
    /// neighbours of the best exactly.
    fn find_pitch(&self) -> usize {
        let recent = &self.history[HISTORY - SPAN..];
        let whole: [f32; SPAN] = std::array::from_fn(|n| f32::from(recent[n]));
        let half: [f32; SPAN / 2] = std::array::from_fn(|n| whole[2 * n + 1]);
        let coarse = 2 * best_lag(&half, WINDOW / 2, PITCH_MIN / 2..=PITCH_MAX / 2);
        let around = coarse.saturating_sub(1).max(PITCH_MIN)..=(coarse + 1).min(PITCH_MAX);
        best_lag(&whole, WINDOW, around)
    }
}

/// How far back from the end of `samples` their last `window` repeats best.
fn best_lag(samples: &[f32], window: usize, lags: std::ops::RangeInclusive<usize>) -> usize {
    let start = samples.len() - window;
    let recent = &samples[start..];
    let mut best = (f32::MIN, *lags.end());
    for lag in lags {
        let (cross, power) = correlate(recent, &samples[start - lag..samples.len() - lag]);
        let score = cross / (power + 1.0).sqrt();
        if score > best.0 {
            best = (score, lag);
        }
    }
    best.1
}

/// The product of both and the power of the second, in eight lanes side by side.
fn correlate(a: &[f32], b: &[f32]) -> (f32, f32) {
    let (mut cross, mut power) = ([0.0_f32; 8], [0.0_f32; 8]);
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for n in 0..8 {
            cross[n] += a[n] * b[n];
            power[n] += b[n] * b[n];
        }
    }
    (cross.iter().sum(), power.iter().sum())
}

/// The level of sample `n` of the half that follows `lost` lost ones.
fn level_at(lost: u32, n: usize) -> f32 {
    if lost == 0 {
        return 1.0;
    }
    let halves = f32::from(u8::try_from(lost - 1).unwrap_or(u8::MAX)) + ratio(n, HALF_FRAME);
    (1.0 - halves * FADE_PER_HALF).max(0.0)
}

fn ratio(part: usize, whole: usize) -> f32 {
    let float = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    float(part) / float(whole)
}

fn blend(old: f32, new: f32, share: f32) -> i16 {
    to_sample(f64::from(old * (1.0 - share) + new * share))
}
