//! How long the mixer takes: one of a room says 60 ms of 1 kHz about every 2 s, and the others look
//! for its onset in each millisecond that they hear (docs/testing.md, performance method).

use crate::support::audio::{alaw_decode, tones};
use std::f64::consts::TAU;

/// Samples of a packet.
const PACKET_SAMPLES: usize = 160;
/// One period of 1 kHz: what the onset is looked for in.
const BLOCK_SAMPLES: usize = 8;
const BLOCK_NS: u64 = 1_000_000;
const BURST_HZ: f64 = 1_000.0;
const BURST_PEAK: f64 = 16_000.0;
/// Far above what the noise of the others can have at 1 kHz.
const ONSET_PEAK: f64 = 6_000.0;
/// Packets of a burst, and from one burst to the next.
const BURST_PACKETS: u16 = 3;
const BURST_EVERY: u16 = 100;

/// The payload of a packet inside a burst: whole periods, so that packets join without a click.
pub(crate) fn burst() -> [u8; PACKET_SAMPLES] {
    let samples = tones(&[BURST_HZ], BURST_PEAK, 20);
    std::array::from_fn(|at| crate::alaw(samples[at]))
}

/// Which packet of a burst, from 0, the packet with this number is.
pub(crate) fn place_in_burst(seq: u16) -> Option<u16> {
    let place = seq % BURST_EVERY;
    (place < BURST_PACKETS).then_some(place)
}

/// Nanoseconds from the first sample of a payload to the onset of the burst in it.
pub(crate) fn onset_ns(payload: &[u8]) -> Option<u64> {
    let blocks = payload.chunks_exact(BLOCK_SAMPLES);
    let block = blocks.map(peak_of_tone).position(|peak| peak > ONSET_PEAK)?;
    Some(block as u64 * BLOCK_NS)
}

fn peak_of_tone(block: &[u8]) -> f64 {
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (at, byte) in block.iter().enumerate() {
        let (sample, turn) =
            (f64::from(alaw_decode(*byte)), at as f64 / BLOCK_SAMPLES as f64 * TAU);
        sine += sample * turn.sin();
        cosine += sample * turn.cos();
    }
    sine.hypot(cosine) * 2.0 / BLOCK_SAMPLES as f64
}
