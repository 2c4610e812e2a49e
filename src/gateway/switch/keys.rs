//! Keys for a party's telephone menu, as the two tones of each (ITU-T Q.23).

use crate::media::player::{Playlist, Segment};
use crate::units::Digit;
use crate::wire::g711::{ALAW_IDLE, Codec};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Samples of a key that is held: 100 ms.
const PRESSED: usize = 800;
/// Samples between two keys: 100 ms.
const RELEASED: usize = 800;
/// Peak of each of the two tones: about -12 dBm0.
const PEAK: f64 = 4_000.0;
const SAMPLES_PER_SECOND: f64 = 8_000.0;
const ROWS_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const PAD: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// The keys one after the other.
pub(super) fn playlist(keys: &[Digit]) -> Playlist {
    let mut tones: Vec<u8> = Vec::with_capacity(keys.len() * (PRESSED + RELEASED));
    for key in keys {
        if let Some((row, column)) = frequencies(key.as_char()) {
            tones.extend((0..PRESSED).map(|at| sample(at, &[row, column], PEAK)));
            tones.extend(std::iter::repeat_n(ALAW_IDLE, RELEASED));
        }
    }
    Playlist { segments: vec![Segment::Alaw(Arc::from(tones))] }
}

fn frequencies(key: char) -> Option<(f64, f64)> {
    PAD.iter().zip(ROWS_HZ).find_map(|(keys, row)| {
        let column = keys.iter().position(|&known| known == key)?;
        Some((row, *COLUMNS_HZ.get(column)?))
    })
}

/// One sample of tones that sound together, in A-law; the sum of their peaks must fit 16 bits.
pub(super) fn sample(at: usize, pitches_hz: &[f64], peak: f64) -> u8 {
    #[allow(clippy::cast_precision_loss)] // a second or two
    let seconds = at as f64 / SAMPLES_PER_SECOND;
    let value: f64 = pitches_hz.iter().map(|hz| peak * (TAU * hz * seconds).sin()).sum();
    #[allow(clippy::cast_possible_truncation)] // the peaks fit
    Codec::Pcma.encode(value as i16)
}
