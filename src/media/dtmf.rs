//! In-band keys: Goertzel filters at the eight frequencies of ITU-T Q.23 over blocks of 102
//! samples that overlap by half. A key is told when four blocks in a row hold it at one level, and
//! again only after four without it, which fits 40 ms tones and pauses (Q.24) at any phase.

use super::FRAME_SAMPLES;
use crate::units::Digit;
use std::f32::consts::{PI, TAU};

/// Samples of one block: 12.75 ms.
const BLOCK: usize = 102;
/// Samples from block to block, so that four whole blocks lie in any 40 ms.
const STEP: usize = BLOCK / 2;
/// Blocks in a row that make a key: 32 ms.
const AGREEING_BLOCKS: usize = 4;
/// ITU-T Q.23: the low and the high group.
const FREQUENCIES_HZ: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];
const RATE_HZ: f32 = 8_000.0;
/// Keys by low and high frequency.
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// A block with less power than this holds no key: both tones at -33 dBm0 (0 dBm0 = -6.15 dBov).
const POWER_MIN: f32 = 1.3e5 * BLOCK as f32 / 2.0;
/// The share of the block's power that the two tones must hold.
const TONE_SHARE_MIN: f32 = 0.68;
/// The high group may be so much weaker or stronger than the low one (power ratio): -9, +7 dB.
const TWIST_MIN: f32 = 0.126;
const TWIST_MAX: f32 = 5.0;
/// Each tone stands so far above the others of its group: 6 dB.
const ABOVE_OTHERS: f32 = 4.0;
/// A key holds its level: each tone and the ratio of both may vary over its blocks by so much
/// (4.3 dB). Vowels that pass through a key's frequencies swell and fade.
const STEADY: f32 = 2.7;
/// One clock makes both tones of a telephone, so their errors go together (Q.23 allows each 1.5 %): a
/// key's two tones are off by at most so much from each other. The harmonics of a voice are not.
const APART_MAX: f32 = 0.032;
/// Blocks without the key before it counts again.
const RELEASE_BLOCKS: u32 = 4;

/// One tone in one block: its place in [`FREQUENCIES_HZ`], its power, and as a vector its phase at the
/// block's end.
#[derive(Debug, Clone, Copy)]
struct Tone {
    at: usize,
    power: f32,
    vector: (f32, f32),
}

impl Tone {
    /// How far this tone is off its frequency, as a share of it, by its phase since the block before.
    fn off(&self, before: &Self) -> f32 {
        let nominal = TAU * FREQUENCIES_HZ[self.at] / RATE_HZ * STEP as f32;
        let phase = |tone: &Self| tone.vector.1.atan2(tone.vector.0);
        let ahead = (phase(self) - phase(before) - nominal).rem_euclid(TAU);
        let ahead = if ahead > PI { ahead - TAU } else { ahead };
        ahead / nominal
    }
}

/// A key in one block with its two tones.
#[derive(Debug, Clone, Copy)]
struct Seen {
    key: Digit,
    low: Tone,
    high: Tone,
}

impl Seen {
    /// The same key at the same level.
    fn agrees(&self, other: &Self) -> bool {
        let steady = |a: f32, b: f32| a < b * STEADY && b < a * STEADY;
        self.key == other.key
            && steady(self.low.power, other.low.power)
            && steady(self.high.power, other.high.power)
            && steady(self.high.power * other.low.power, other.high.power * self.low.power)
    }

    /// How far the two tones are off from each other, by the block before.
    fn apart(&self, before: &Self) -> f32 {
        self.high.off(&before.high) - self.low.off(&before.low)
    }
}

/// The detector of one leg. A quiet block costs one pass for its power.
#[derive(Debug, Clone)]
pub struct ToneDetector {
    coefficients: [f32; 8],
    /// Cosine and sine of each filter's angle per sample.
    turns: [(f32, f32); 8],
    block: [i16; BLOCK],
    filled: usize,
    /// What the last blocks held, the newest first.
    last: [Option<Seen>; AGREEING_BLOCKS],
    /// The key that is held down, and for how many blocks it was not seen.
    held: Option<(Digit, u32)>,
}

impl Default for ToneDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl ToneDetector {
    /// A detector that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        let angle = |hz: f32| TAU * hz / RATE_HZ;
        Self {
            coefficients: FREQUENCIES_HZ.map(|hz| 2.0 * angle(hz).cos()),
            turns: FREQUENCIES_HZ.map(|hz| (angle(hz).cos(), angle(hz).sin())),
            block: [0; BLOCK],
            filled: 0,
            last: [None; AGREEING_BLOCKS],
            held: None,
        }
    }

    /// Hears a frame; a key that begins in it.
    pub fn hear(&mut self, frame: &[i16; FRAME_SAMPLES]) -> Option<Digit> {
        let mut pressed = None;
        let mut rest = &frame[..];
        while !rest.is_empty() {
            let count = rest.len().min(BLOCK - self.filled);
            let (now, later) = rest.split_at(count);
            self.block[self.filled..self.filled + count].copy_from_slice(now);
            self.filled += count;
            rest = later;
            if self.filled == BLOCK {
                pressed = self.judge().or(pressed);
                self.block.copy_within(STEP.., 0);
                self.filled = BLOCK - STEP;
            }
        }
        pressed
    }

    fn judge(&mut self) -> Option<Digit> {
        let seen = self.key_of_block();
        self.last.rotate_right(1);
        self.last[0] = seen;
        let agreed = self.last_blocks_agree();
        let key = seen.map(|seen| seen.key);
        match self.held {
            Some((held, _)) if key == Some(held) => self.held = Some((held, 0)),
            Some((held, missed)) if missed + 1 < RELEASE_BLOCKS => {
                self.held = Some((held, missed + 1));
            }
            _ => self.held = None,
        }
        let pressed = key.filter(|&key| agreed && self.held.is_none_or(|(held, _)| held != key))?;
        self.held = Some((pressed, 0));
        Some(pressed)
    }

    /// The last blocks hold one key, at one level, at the frequencies of one telephone.
    fn last_blocks_agree(&self) -> bool {
        let mut apart = 0.0;
        for (n, one) in self.last.iter().enumerate() {
            let others = self.last.get(n + 1..).unwrap_or_default();
            let Some(one) = one else { return false };
            if !others.iter().flatten().all(|other| one.agrees(other)) {
                return false;
            }
            apart += others.first().copied().flatten().map_or(0.0, |before| one.apart(&before));
        }
        (apart / (AGREEING_BLOCKS - 1) as f32).abs() <= APART_MAX
    }

    fn key_of_block(&self) -> Option<Seen> {
        let power = self.power();
        if power < POWER_MIN {
            return None;
        }
        let tones = self.tones();
        let (low, high) = tones.split_at(4);
        let (low, high) = (strongest(low)?, strongest(high)?);
        let twist = high.power / low.power;
        // A tone on its bin holds power * BLOCK / 2 in these units.
        let share = (low.power + high.power) / (power * BLOCK as f32 / 2.0);
        let clean = share >= TONE_SHARE_MIN && (TWIST_MIN..=TWIST_MAX).contains(&twist);
        let key = KEYS.get(low.at).and_then(|keys| keys.get(high.at - 4)).filter(|_| clean)?;
        Some(Seen { key: Digit::new(*key)?, low, high })
    }

    /// The sum of all squares, in lanes side by side.
    fn power(&self) -> f32 {
        let (quads, rest) = self.block.as_chunks::<4>();
        let mut lanes = [0.0_f32; 4];
        for quad in quads {
            for (lane, sample) in lanes.iter_mut().zip(quad.map(f32::from)) {
                *lane += sample * sample;
            }
        }
        let rest = rest.iter().map(|&s| f32::from(s) * f32::from(s));
        lanes.into_iter().chain(rest).sum()
    }

    /// The eight filters side by side, so that they share one pass over the block.
    fn tones(&self) -> [Tone; 8] {
        let (mut s1, mut s2) = ([0.0_f32; 8], [0.0_f32; 8]);
        for &pair in self.block.as_chunks::<2>().0 {
            let [a, b] = pair.map(f32::from);
            for n in 0..8 {
                // Two steps of s0 = x + c * s1 - s2 at once: half as long a chain of sums that
                // wait for each other.
                let c = self.coefficients[n];
                let first = a + c * s1[n] - s2[n];
                let second = (b + c * a) + ((c * c - 1.0) * s1[n] - c * s2[n]);
                (s2[n], s1[n]) = (first, second);
            }
        }
        std::array::from_fn(|n| {
            // What the filter holds at the end, as a vector: s1 - s2 * exp(-j * w).
            let (re, im) = (s1[n] - s2[n] * self.turns[n].0, s2[n] * self.turns[n].1);
            Tone { at: n, power: re * re + im * im, vector: (re, im) }
        })
    }
}

/// The strongest of a group when it stands clear of the others.
fn strongest(group: &[Tone]) -> Option<Tone> {
    let best = group.iter().max_by(|a, b| a.power.total_cmp(&b.power))?;
    let below = |other: &Tone| other.at == best.at || other.power * ABOVE_OTHERS < best.power;
    group.iter().all(below).then_some(*best)
}
