//! In-band keys: Goertzel filters at the eight frequencies of ITU-T Q.23 over blocks of 102
//! samples. A key is told when two neighbouring blocks agree, and again only after two blocks
//! without it, which fits 40 ms tones and pauses (Q.24) at any phase.

use super::FRAME_SAMPLES;
use crate::units::Digit;

/// Samples of one block: 12.75 ms, so two whole blocks lie in any 40 ms.
const BLOCK: usize = 102;
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
/// A key holds its level: each tone of two agreeing blocks and the ratio of both may differ by so
/// much (4.3 dB). Vowels that pass through a key's frequencies swell and fade.
const STEADY: f32 = 2.7;
/// Blocks without the key before it counts again.
const RELEASE_BLOCKS: u32 = 2;

/// A key in one block, and the power of its two tones.
#[derive(Debug, Clone, Copy)]
struct Seen {
    key: Digit,
    low: f32,
    high: f32,
}

impl Seen {
    /// The same key, as loud as before.
    fn goes_on(&self, before: &Self) -> bool {
        let steady = |now: f32, then: f32| now < then * STEADY && then < now * STEADY;
        self.key == before.key
            && steady(self.low, before.low)
            && steady(self.high, before.high)
            && steady(self.high * before.low, before.high * self.low)
    }
}

/// The detector of one leg. A quiet block costs one pass for its power.
#[derive(Debug, Clone)]
pub struct ToneDetector {
    coefficients: [f32; 8],
    block: [i16; BLOCK],
    filled: usize,
    /// The key of the last block.
    last: Option<Seen>,
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
        let coefficient = |hz: f32| 2.0 * (std::f32::consts::TAU * hz / RATE_HZ).cos();
        Self {
            coefficients: FREQUENCIES_HZ.map(coefficient),
            block: [0; BLOCK],
            filled: 0,
            last: None,
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
                self.filled = 0;
                pressed = self.judge().or(pressed);
            }
        }
        pressed
    }

    fn judge(&mut self) -> Option<Digit> {
        let seen = self.key_of_block();
        let agreed = seen.zip(self.last).is_some_and(|(now, before)| now.goes_on(&before));
        self.last = seen;
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

    fn key_of_block(&self) -> Option<Seen> {
        let power: f32 = self.block.iter().map(|&s| f32::from(s) * f32::from(s)).sum();
        if power < POWER_MIN {
            return None;
        }
        let tones = self.tone_powers();
        let (low, high) = tones.split_at(4);
        let (row, low_power) = strongest(low)?;
        let (column, high_power) = strongest(high)?;
        let twist = high_power / low_power;
        // A tone on its bin holds power * BLOCK / 2 in these units.
        let share = (low_power + high_power) / (power * BLOCK as f32 / 2.0);
        let clean = share >= TONE_SHARE_MIN && (TWIST_MIN..=TWIST_MAX).contains(&twist);
        let key = KEYS.get(row).and_then(|keys| keys.get(column)).filter(|_| clean)?;
        Some(Seen { key: Digit::new(*key)?, low: low_power, high: high_power })
    }

    /// The eight filters side by side, so that they share one pass over the block.
    fn tone_powers(&self) -> [f32; 8] {
        let (mut s1, mut s2) = ([0.0_f32; 8], [0.0_f32; 8]);
        for &sample in &self.block {
            let x = f32::from(sample);
            for n in 0..8 {
                let s0 = x + self.coefficients[n] * s1[n] - s2[n];
                s2[n] = s1[n];
                s1[n] = s0;
            }
        }
        std::array::from_fn(|n| {
            s1[n] * s1[n] + s2[n] * s2[n] - self.coefficients[n] * s1[n] * s2[n]
        })
    }
}

/// The strongest of a group when it stands clear of the others.
fn strongest(group: &[f32]) -> Option<(usize, f32)> {
    let (at, &power) = group.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let clear = group.iter().enumerate().all(|(n, &other)| n == at || other * ABOVE_OTHERS < power);
    clear.then_some((at, power))
}
