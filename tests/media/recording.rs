//! Bar A11 and the crash rule: what is on disk is playable after every single write.

use crate::audio::{frames, seeded, voice};
use mayorline::media::level::measure;
use mayorline::media::recorder::{BLOCK_FRAMES, BLOCKS_WAITING_MAX, Recorder, Write};
use mayorline::wire::wav::{self, Channels};
use std::time::Duration;

const SEED: u64 = 0x4EC;
const SECONDS: f64 = 7.3;

fn put(file: &mut Vec<u8>, write: &Write) {
    let offset = usize::try_from(write.offset).unwrap();
    assert!(offset <= file.len(), "no hole in the file");
    file.resize(file.len().max(offset + write.bytes.len()), 0);
    file[offset..offset + write.bytes.len()].copy_from_slice(&write.bytes);
}

#[test]
fn the_file_is_valid_after_every_write_and_a_crash_loses_at_most_a_second() {
    let left = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let right = voice(&mut seeded(SEED + 1), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut file = Vec::new();
    for (n, (l, r)) in frames(&left).iter().zip(frames(&right)).enumerate() {
        recorder.push(l, Some(r));
        while let Some(write) = recorder.poll_write() {
            put(&mut file, &write);
            assert!(hound::WavReader::new(&file[..]).is_ok());
        }
        let on_disk = wav::parse(&file).unwrap();
        assert!(!on_disk.cut_off);
        assert!(on_disk.frames() + 8_000 >= (n + 1) * 160, "more than a second is missing");
        assert!(on_disk.track(0).eq(left[..on_disk.frames()].iter().copied()));
    }
    let summary = recorder.finish();
    while let Some(write) = recorder.poll_write() {
        put(&mut file, &write);
    }
    let wav = wav::parse(&file).unwrap();
    let frames = left.len() / 160 * 160;
    assert_eq!(wav.frames(), frames);
    assert!(wav.track(1).eq(right[..frames].iter().copied()));
    assert_eq!(summary.bytes, file.len() as u64);
    assert_eq!(summary.duration, Duration::from_micros(frames as u64 * 125));
    let spoken = summary.speech.as_secs_f64();
    assert!(spoken > 0.8 * SECONDS && spoken <= SECONDS, "{spoken}");
}

#[test]
fn a_recording_keeps_the_level() {
    let samples = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Mono);
    let mut file = Vec::new();
    frames(&samples).iter().for_each(|f| recorder.push(f, None));
    recorder.finish();
    while let Some(write) = recorder.poll_write() {
        put(&mut file, &write);
    }
    let kept: Vec<i16> = wav::parse(&file).unwrap().samples().collect();
    assert!((measure(&kept).active_dbov - measure(&samples).active_dbov).abs() < 0.05);
}

#[test]
fn a_disk_that_stalls_costs_audio_but_not_memory() {
    let mut recorder = Recorder::new(Channels::Mono);
    for _ in 0..10_000 {
        recorder.push(&[1; 160], None);
    }
    let summary = recorder.finish();
    let kept = BLOCK_FRAMES as usize * BLOCKS_WAITING_MAX;
    assert_eq!(summary.duration, Duration::from_millis(20 * kept as u64));
    assert_eq!(summary.dropped, Duration::from_millis(20 * (10_000 - kept) as u64));
    assert_eq!(std::iter::from_fn(|| recorder.poll_write()).count(), 1 + 2 * BLOCKS_WAITING_MAX);
}

#[test]
fn an_empty_recording_is_a_valid_empty_file() {
    let mut recorder = Recorder::new(Channels::Mono);
    assert_eq!(recorder.finish().bytes, 44);
    let write = recorder.poll_write().unwrap();
    assert_eq!(wav::parse(&write.bytes).unwrap().frames(), 0);
    assert_eq!(recorder.poll_write(), None);
}
