//! Sound as the tests judge it: G.711, tones made and found, a prompt found bit for bit in what
//! was received. Written apart from the product so that the two check each other.

use super::wait_for;
use mayorline::store::{DataFolder, MASTER_KEY_FILE, SoundKeys};
use std::collections::HashSet;
use std::f64::consts::TAU;
use std::path::Path;
use std::time::Duration;

/// Samples per second of everything here.
pub const RATE_HZ: u32 = 8000;
/// Samples, and G.711 bytes, in 20 ms.
pub const FRAME: usize = 160;
/// Bytes between a frame of what is said live and the next: the jitter buffer's 200 ms.
const SHIFT_MAX: usize = 1_600;
/// Later than this a packet may miss its frame: a room ticks 4 to 10 ms behind its citizen, and holds 20.
pub const PUNCTUAL_MAX: Duration = Duration::from_millis(10);
/// One in so many frames of what is said live may be missing where the machine held the speaker up.
const LIVE_FRAMES_PER_MISS: usize = 50;
/// A frame above this level is speech, and no two of them are alike.
const SOUNDING_DB: f64 = -45.0;
/// A-law for no sound (G.711: positive zero with even bits inverted).
pub const ALAW_SILENCE: u8 = 0xD5;
/// µ-law for no sound.
pub const ULAW_SILENCE: u8 = 0xFF;

/// One A-law byte for one sample (G.711 section 3.2, table 1).
pub fn alaw_encode(sample: i16) -> u8 {
    let negative = sample < 0;
    // One's complement as in G.191, so that -1 falls in the first step below zero.
    let level = u16::try_from(if negative { !sample } else { sample }).unwrap() >> 4;
    let code = if level < 16 {
        level
    } else {
        let segment = 15 - u16::try_from(level.leading_zeros()).unwrap() - 4;
        ((segment + 1) << 4) | ((level >> segment) & 0x0F)
    };
    let code = u8::try_from(code).unwrap();
    (if negative { code } else { code | 0x80 }) ^ 0x55
}

/// The sample in the middle of an A-law step.
pub fn alaw_decode(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let segment = (code >> 4) & 0x07;
    let step = i16::from(code & 0x0F);
    let level = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -level } else { level }
}

/// One µ-law byte for one sample (G.711 section 3.3, table 2).
pub fn ulaw_encode(sample: i16) -> u8 {
    const BIAS: i32 = 0x84;
    const CLIP: i32 = 32_635;
    let level = i32::from(sample).abs().min(CLIP) + BIAS;
    let segment = 31 - level.leading_zeros() - 7;
    let step = (level >> (segment + 3)) & 0x0F;
    let sign = if sample < 0 { 0x80 } else { 0 };
    !u8::try_from(sign | (i32::try_from(segment).unwrap() << 4) | step).unwrap()
}

/// The sample in the middle of a µ-law step.
pub fn ulaw_decode(byte: u8) -> i16 {
    let code = !byte;
    let segment = (code >> 4) & 0x07;
    let level = (((i16::from(code & 0x0F) << 3) + 0x84) << segment) - 0x84;
    if code & 0x80 == 0 { level } else { -level }
}

/// A whole buffer to A-law.
pub fn to_alaw(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|s| alaw_encode(*s)).collect()
}

/// A whole buffer from A-law.
pub fn from_alaw(bytes: &[u8]) -> Vec<i16> {
    bytes.iter().map(|b| alaw_decode(*b)).collect()
}

/// The sum of sines of `hz`, each of `amplitude` (0..32767), for `ms` milliseconds.
pub fn tones(hz: &[f64], amplitude: f64, ms: u32) -> Vec<i16> {
    (0..RATE_HZ * ms / 1000)
        .map(|n| {
            let t = f64::from(n) / f64::from(RATE_HZ);
            let sum: f64 = hz.iter().map(|f| (TAU * f * t).sin() * amplitude).sum();
            to_sample(sum)
        })
        .collect()
}

/// The two frequencies of a key (ITU-T Q.23).
pub fn dtmf_pair(key: char) -> [f64; 2] {
    const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let at = "123A456B789C*0#D".find(key).expect("a key of the telephone pad");
    [ROWS[at / 4], COLUMNS[at % 4]]
}

/// Share of the energy of `samples` that lies at `hz`, 0 to 1 (Goertzel).
pub fn tone_share(samples: &[i16], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / f64::from(RATE_HZ)).cos();
    let (mut s1, mut s2, mut total) = (0.0, 0.0, 0.0);
    for sample in samples {
        let x = f64::from(*sample);
        let s0 = x + coefficient * s1 - s2;
        (s2, s1) = (s1, s0);
        total += x * x;
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    if total == 0.0 { 0.0 } else { 2.0 * power / (total * samples.len() as f64) }
}

/// Level of `samples` in dB below full scale; silence is -96.
pub fn level_db(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (sum / samples.len().max(1) as f64).sqrt();
    if rms < 0.5 { -96.0 } else { 20.0 * (rms / 32_768.0).log10() }
}

/// The loudest half second.
pub fn loudest(samples: &[i16]) -> Option<&[i16]> {
    let windows = samples.windows(4_000).step_by(400);
    windows.max_by(|one, other| level_db(one).total_cmp(&level_db(other)))
}

/// Waits until nothing is heard any more: half a second of silence.
pub fn wait_quiet(heard: impl Fn() -> Vec<i16>) {
    let silent = wait_for(Duration::from_secs(20), || {
        let samples = heard();
        let last = samples.len().checked_sub(4_000).map(|from| level_db(&samples[from..]));
        last.filter(|level| *level < -60.0)
    });
    assert!(silent.is_some(), "it is never quiet");
}

/// Milliseconds of `samples` in which the tone `hz` holds more than `share` of a loud 20 ms frame.
pub fn tone_ms(samples: &[i16], hz: f64, share: f64) -> usize {
    let loud = |frame: &&[i16]| level_db(frame) > -45.0 && tone_share(frame, hz) > share;
    samples.chunks_exact(FRAME).filter(loud).count() * 20
}

/// Where `wanted` begins in `stream`, every byte equal; looks for its loudest frame first, since
/// silence would match everywhere.
pub fn find(stream: &[u8], wanted: &[u8]) -> Option<usize> {
    let anchor_len = FRAME.min(wanted.len());
    let anchor = (0..=wanted.len() - anchor_len)
        .step_by(FRAME)
        .max_by_key(|at| distinct(&wanted[*at..at + anchor_len]))?;
    let needle = &wanted[anchor..anchor + anchor_len];
    (anchor..(stream.len() + anchor + 1).saturating_sub(wanted.len())).find_map(|at| {
        let start = at - anchor;
        let fits = stream.get(at..at + anchor_len)? == needle
            && stream.get(start..start + wanted.len())? == wanted;
        fits.then_some(start)
    })
}

/// How many of the 20 ms frames of `wanted` occur in `stream`, in order, each within [`SHIFT_MAX`] of the last.
pub fn frames_in_order(stream: &[u8], wanted: &[u8]) -> usize {
    let mut from = None;
    wanted.chunks_exact(FRAME).fold(0, |count, frame| {
        let rest = &stream[from.unwrap_or(0).min(stream.len())..];
        let near = from.map_or(rest.len(), |_| rest.len().min(SHIFT_MAX + FRAME));
        match rest[..near].windows(FRAME).position(|window| window == frame) {
            Some(at) => {
                from = Some(from.unwrap_or(0) + at + FRAME);
                count + 1
            }
            None => count,
        }
    })
}

/// Whether `stream` holds what somebody said live, whose packets left `late` at most: bit for bit. Past
/// [`PUNCTUAL_MAX`] one frame in [`LIVE_FRAMES_PER_MISS`] may be missing: what comes after its time is concealed
/// whatever the service does, and a quiet frame is given up afterwards.
pub fn holds_live(stream: &[u8], wanted: &[u8], late: Duration) -> bool {
    let frames = wanted.len() / FRAME;
    let near = || frames_in_order(stream, wanted) >= frames - frames / LIVE_FRAMES_PER_MISS;
    find(stream, wanted).is_some() || late > PUNCTUAL_MAX && near()
}

/// Share of the sounding 20 ms frames of `wanted` that occur in `stream` byte for byte, wherever:
/// for what a foreign phone made of it, which shifts and stretches. Quiet frames tell nothing.
pub fn frames_known(stream: &[u8], wanted: &[u8]) -> f64 {
    let known: HashSet<&[u8]> = stream.windows(FRAME).collect();
    let telling = |frame: &&[u8]| level_db(&from_alaw(frame)) > SOUNDING_DB;
    let frames: Vec<&[u8]> = wanted.chunks_exact(FRAME).filter(telling).collect();
    let found = frames.iter().filter(|frame| known.contains(**frame)).count();
    found as f64 / frames.len().max(1) as f64
}

/// A file as WAV; a recording of the service by the key of the data folder that it stands in.
fn wav_bytes(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if !bytes.starts_with(b"MLSOUND") {
        return bytes;
    }
    let data = path.ancestors().find(|folder| folder.join(MASTER_KEY_FILE).is_file());
    let folder = DataFolder::from(data.expect("a recording stands below its data folder"));
    let mut wav = Vec::new();
    let written = SoundKeys::new(&folder).open(path).and_then(|sound| sound.write_wav(&mut wav));
    written.unwrap_or_else(|e| panic!("{} cannot be opened: {e}", path.display()));
    wav
}

/// The samples of a WAV file or a recording of 8 kHz, 16 bit; one channel of it.
pub fn read_wav(path: &Path, channel: usize) -> Vec<i16> {
    let bytes = wav_bytes(path);
    let mut reader = hound::WavReader::new(&bytes[..])
        .unwrap_or_else(|e| panic!("{} is no playable WAV: {e}", path.display()));
    let spec = reader.spec();
    assert_eq!(spec.sample_rate, RATE_HZ, "{} has another rate", path.display());
    let all: Vec<i16> = reader.samples::<i16>().map(|s| s.expect("a whole sample")).collect();
    all.into_iter().skip(channel).step_by(usize::from(spec.channels)).collect()
}

/// Writes mono 8 kHz 16 bit.
pub fn write_wav(path: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("the folder can be written");
    samples.iter().for_each(|s| writer.write_sample(*s).expect("the disk has room"));
    writer.finalize().expect("the header can be written");
}

fn distinct(frame: &[u8]) -> usize {
    let mut seen = [false; 256];
    frame.iter().for_each(|b| seen[usize::from(*b)] = true);
    seen.iter().filter(|s| **s).count()
}

#[allow(clippy::cast_possible_truncation)] // Clamped to the range first.
fn to_sample(value: f64) -> i16 {
    value.clamp(-32_768.0, 32_767.0) as i16
}
