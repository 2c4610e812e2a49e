//! Bar A11 and the crash rule: what is on disk is playable after every single write.

use crate::audio::{frames, seeded, voice};
use mayorline::media::level::measure;
use mayorline::media::recorder::{BLOCK_FRAMES, BLOCKS_WAITING_MAX, Recorder, Step, Write};
use mayorline::wire::wav::{self, Channels};
use std::time::Duration;

const SEED: u64 = 0x4EC;
const SECONDS: f64 = 7.3;

fn put(file: &mut Vec<u8>, write: &Write) {
    let mut at = usize::try_from(write.offset).unwrap();
    assert!(at <= file.len(), "no hole in the file");
    for piece in &write.pieces {
        file.resize(file.len().max(at + piece.len()), 0);
        file[at..at + piece.len()].copy_from_slice(piece);
        at += piece.len();
    }
}

#[test]
fn the_file_is_valid_after_every_write_and_a_crash_loses_at_most_a_second() {
    let left = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let right = voice(&mut seeded(SEED + 1), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut file = Vec::new();
    for (n, (l, r)) in frames(&left).iter().zip(frames(&right)).enumerate() {
        recorder.push(&[l, r]);
        while let Some(Step::Write(write)) = recorder.poll_step() {
            put(&mut file, &write);
            assert!(hound::WavReader::new(&file[..]).is_ok());
        }
        let on_disk = wav::parse(&file).unwrap();
        assert!(!on_disk.cut_off);
        assert!(on_disk.frames() + 8_000 >= (n + 1) * 160, "more than a second is missing");
        assert!(on_disk.track(0).eq(left[..on_disk.frames()].iter().copied()));
    }
    let summary = recorder.finish();
    while let Some(Step::Write(write)) = recorder.poll_step() {
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
    frames(&samples).iter().for_each(|f| recorder.push(&[f]));
    recorder.finish();
    while let Some(Step::Write(write)) = recorder.poll_step() {
        put(&mut file, &write);
    }
    let kept: Vec<i16> = wav::parse(&file).unwrap().samples().collect();
    assert!((measure(&kept).active_dbov - measure(&samples).active_dbov).abs() < 0.05);
}

#[test]
fn a_disk_that_stalls_costs_audio_but_not_memory() {
    let mut recorder = Recorder::new(Channels::Mono);
    for _ in 0..10_000 {
        recorder.push(&[&[1; 160]]);
    }
    let summary = recorder.finish();
    let kept = BLOCK_FRAMES as usize * BLOCKS_WAITING_MAX;
    assert_eq!(summary.duration, Duration::from_millis(20 * kept as u64));
    assert_eq!(summary.dropped, Duration::from_millis(20 * (10_000 - kept) as u64));
    assert_eq!(std::iter::from_fn(|| recorder.poll_step()).count(), 1 + 2 * BLOCKS_WAITING_MAX);
}

#[test]
fn an_empty_recording_is_a_valid_empty_file() {
    let mut recorder = Recorder::new(Channels::Mono);
    assert_eq!(recorder.finish().bytes, 44);
    let Some(Step::Write(write)) = recorder.poll_step() else { panic!("no header") };
    assert_eq!(wav::parse(&write.pieces[0]).unwrap().frames(), 0);
    assert_eq!(recorder.poll_step(), None);
}

/// A disk in memory that does every step at once.
fn carry_out(file: &mut Vec<u8>, recorder: &mut Recorder) {
    while let Some(step) = recorder.poll_step() {
        match step {
            Step::Write(write) => put(file, &write),
            Step::Widen(channels) => widen(file, channels),
        }
        let wav = wav::parse(file).unwrap();
        assert_eq!(wav.channels.count(), hound::WavReader::new(&file[..]).unwrap().spec().channels);
    }
}

fn widen(file: &mut Vec<u8>, channels: Channels) {
    let old = wav::parse(file).unwrap();
    let tracks: Vec<Vec<i16>> =
        (0..channels.count()).map(|track| old.track(track).collect()).collect();
    let mut data = vec![];
    for at in 0..old.frames() {
        for track in &tracks {
            data.extend(track.get(at).unwrap_or(&0).to_le_bytes());
        }
    }
    let header = wav::header(channels, data.len() as u32);
    *file = [&header[..], &data].concat();
}

#[test]
fn a_leg_that_joins_has_a_track_of_its_own_that_is_silent_before() {
    let said = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let third = voice(&mut seeded(SEED + 2), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut file = Vec::new();
    let joins = 137;
    for (n, (frame, other)) in frames(&said).iter().zip(frames(&third)).enumerate() {
        if n == joins {
            assert!(recorder.add_track());
        }
        let tracks = [frame, &[0; 160], other];
        recorder.push(if n < joins { &tracks[..2] } else { &tracks });
        carry_out(&mut file, &mut recorder);
        let on_disk = wav::parse(&file).unwrap().frames();
        assert!(on_disk + 4_000 >= n * 160, "more than half a second is missing");
    }
    let summary = recorder.finish();
    carry_out(&mut file, &mut recorder);
    let wav = wav::parse(&file).unwrap();
    let samples = said.len() / 160 * 160;
    assert_eq!((wav.channels.count(), wav.frames()), (3, samples));
    assert_eq!((summary.bytes, file.len()), (file.len() as u64, 44 + 6 * samples));
    assert!(wav.track(0).eq(said[..samples].iter().copied()));
    let wanted = third[..samples].iter().enumerate();
    assert!(wav.track(2).eq(wanted.map(|(n, &sample)| if n < joins * 160 { 0 } else { sample })));
}

#[test]
fn while_a_secret_is_said_every_track_is_silent_and_the_length_goes_on() {
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut file = Vec::new();
    for n in 0..300 {
        recorder.keep_secret((100..200).contains(&n));
        recorder.push(&[&[7; 160], &[9; 160]]);
    }
    let summary = recorder.finish();
    carry_out(&mut file, &mut recorder);
    let wav = wav::parse(&file).unwrap();
    assert_eq!(summary.duration, Duration::from_secs(6));
    for (track, value) in [(0, 7), (1, 9)] {
        let secret = |n: usize| (16_000..32_000).contains(&n);
        let wanted = (0..48_000).map(|n| if secret(n) { 0 } else { value });
        assert!(wav.track(track).eq(wanted));
    }
}

#[test]
fn past_the_last_track_none_is_added() {
    let mut recorder = Recorder::new(Channels::Mono);
    assert_eq!((0..40).filter(|_| recorder.add_track()).count(), 15);
    recorder.push(&[&[1; 160]; 16]);
    recorder.finish();
    let mut file = Vec::new();
    carry_out(&mut file, &mut recorder);
    assert_eq!(wav::parse(&file).unwrap().channels.count(), 16);
}
