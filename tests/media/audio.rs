//! Sounds and packets that the tests are made of.

use mayorline::media::FRAME_SAMPLES;
use mayorline::wire::g711::Codec;
use mayorline::wire::rtp::Header;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) const RATE_HZ: f64 = 8_000.0;

pub(crate) fn seeded(seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed)
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn to_sample(x: f64) -> i16 {
    x.round().clamp(-32_768.0, 32_767.0) as i16
}

/// Gaussian enough: the sum of twelve uniform values.
pub(crate) fn gauss(rng: &mut SmallRng) -> f64 {
    (0..12).map(|_| rng.random_range(-0.5..0.5)).sum()
}

/// A voice-like signal: a gliding pitch with three formants, syllables, pauses and breath.
pub(crate) fn voice(rng: &mut SmallRng, seconds: f64, level: f64) -> Vec<i16> {
    let len = (seconds * RATE_HZ) as usize;
    let mut out = vec![0.0; len];
    let mut at = 0;
    while at < len {
        let syllable = rng.random_range(1_200..2_800).min(len - at);
        let pitch = rng.random_range(95.0..190.0);
        let glide = rng.random_range(-0.2..0.25);
        let formants = [
            (rng.random_range(300.0..850.0), 90.0),
            (rng.random_range(900.0..2_300.0), 130.0),
            (rng.random_range(2_400.0..3_100.0), 200.0),
        ];
        let mut phase = 0.0;
        for n in 0..syllable {
            let t = n as f64 / syllable as f64;
            let f0 = pitch * (1.0 + glide * t);
            phase += f0 / RATE_HZ;
            let mut x = 0.0;
            for h in 1..=(3_400.0 / f0) as usize {
                let f = h as f64 * f0;
                let gain: f64 =
                    formants.iter().map(|(c, w)| 1.0 / (1.0 + ((f - c) / w).powi(2))).sum();
                x += (gain + 0.02) / (h as f64).sqrt() * (TAU * h as f64 * phase).sin();
            }
            let envelope = (t * 12.0).min(1.0) * ((1.0 - t) * 6.0).min(1.0);
            out[at + n] = level * envelope * (x + 0.03 * gauss(rng));
        }
        at += syllable + rng.random_range(0..900);
    }
    out.into_iter().map(to_sample).collect()
}

/// As the other side of an A-law line hears it.
pub(crate) fn through_alaw(samples: &[i16]) -> Vec<i16> {
    samples.iter().map(|&s| Codec::Pcma.decode(Codec::Pcma.encode(s))).collect()
}

pub(crate) fn alaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|&s| Codec::Pcma.encode(s)).collect()
}

pub(crate) fn frames(samples: &[i16]) -> &[[i16; FRAME_SAMPLES]] {
    samples.as_chunks().0
}

/// An RTP packet.
pub(crate) fn packet(
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    payload: &[u8],
) -> Vec<u8> {
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc };
    let mut bytes = [0; 12];
    header.write(&mut bytes);
    [&bytes[..], payload].concat()
}

/// Every recording of the line, in the order of their names.
pub(crate) fn recordings() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/zh-CN")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "wav") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
