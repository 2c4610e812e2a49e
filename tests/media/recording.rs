//! Bar A11 and the crash rule: what was handed out is all but the last half second.

use crate::audio::{frames, seeded, voice};
use mayorline::media::level::measure;
use mayorline::media::recorder::{BLOCK_FRAMES, BLOCKS_WAITING_MAX, Recorder, Step};
use mayorline::store::with_tracks;
use mayorline::wire::wav::{self, Channels};
use std::time::Duration;

const SEED: u64 = 0x4EC;
const SECONDS: f64 = 7.3;

/// A disk in memory: the tracks and the samples of a file.
struct Disk(Channels, Vec<u8>);

impl Disk {
    /// Does every step at once.
    fn carry_out(&mut self, recorder: &mut Recorder) {
        while let Some(step) = recorder.poll_step() {
            match step {
                Step::Append(pieces) => self.1.extend(pieces.concat()),
                Step::Widen(channels) => {
                    self.1 = with_tracks(&self.1, self.0, channels);
                    self.0 = channels;
                }
            }
        }
    }

    /// As a WAV file.
    fn wav(&self) -> Vec<u8> {
        [&wav::header(self.0, self.1.len() as u32)[..], &self.1].concat()
    }
}

#[test]
fn what_was_handed_out_at_any_instant_is_all_but_the_last_half_second() {
    let left = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let right = voice(&mut seeded(SEED + 1), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut disk = Disk(Channels::Stereo, Vec::new());
    for (n, (l, r)) in frames(&left).iter().zip(frames(&right)).enumerate() {
        recorder.push(&[l, r]);
        disk.carry_out(&mut recorder);
        let file = disk.wav();
        let on_disk = wav::parse(&file).unwrap();
        assert!(on_disk.frames() + 4_000 > (n + 1) * 160, "more than half a second is missing");
        assert!(on_disk.track(0).eq(left[..on_disk.frames()].iter().copied()));
    }
    let summary = recorder.finish();
    disk.carry_out(&mut recorder);
    let file = disk.wav();
    let wav = wav::parse(&file).unwrap();
    let frames = left.len() / 160 * 160;
    assert_eq!(wav.frames(), frames);
    assert!(wav.track(1).eq(right[..frames].iter().copied()));
    assert_eq!(summary.duration, Duration::from_micros(frames as u64 * 125));
    let spoken = summary.speech.as_secs_f64();
    assert!(spoken > 0.8 * SECONDS && spoken <= SECONDS, "{spoken}");
}

#[test]
fn a_recording_keeps_the_level() {
    let samples = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Mono);
    let mut disk = Disk(Channels::Mono, Vec::new());
    frames(&samples).iter().for_each(|f| recorder.push(&[f]));
    recorder.finish();
    disk.carry_out(&mut recorder);
    let kept: Vec<i16> = wav::parse(&disk.wav()).unwrap().samples().collect();
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
    assert_eq!(std::iter::from_fn(|| recorder.poll_step()).count(), BLOCKS_WAITING_MAX);
}

#[test]
fn an_empty_recording_hands_out_nothing() {
    let mut recorder = Recorder::new(Channels::Mono);
    assert_eq!(recorder.finish().duration, Duration::ZERO);
    assert_eq!(recorder.poll_step(), None);
}

#[test]
fn a_leg_that_joins_has_a_track_of_its_own_that_is_silent_before() {
    let said = voice(&mut seeded(SEED), SECONDS, 2_000.0);
    let third = voice(&mut seeded(SEED + 2), SECONDS, 2_000.0);
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut disk = Disk(Channels::Stereo, Vec::new());
    let joins = 137;
    for (n, (frame, other)) in frames(&said).iter().zip(frames(&third)).enumerate() {
        if n == joins {
            assert!(recorder.add_track());
        }
        let tracks = [frame, &[0; 160], other];
        recorder.push(if n < joins { &tracks[..2] } else { &tracks });
        disk.carry_out(&mut recorder);
        let on_disk = wav::parse(&disk.wav()).unwrap().frames();
        assert!(on_disk + 4_000 >= n * 160, "more than half a second is missing");
    }
    recorder.finish();
    disk.carry_out(&mut recorder);
    let file = disk.wav();
    let wav = wav::parse(&file).unwrap();
    let samples = said.len() / 160 * 160;
    assert_eq!((wav.channels.count(), wav.frames()), (3, samples));
    assert!(wav.track(0).eq(said[..samples].iter().copied()));
    let wanted = third[..samples].iter().enumerate();
    assert!(wav.track(2).eq(wanted.map(|(n, &sample)| if n < joins * 160 { 0 } else { sample })));
}

#[test]
fn while_a_secret_is_said_every_track_is_silent_and_the_length_goes_on() {
    let mut recorder = Recorder::new(Channels::Stereo);
    let mut disk = Disk(Channels::Stereo, Vec::new());
    for n in 0..300 {
        recorder.keep_secret((100..200).contains(&n));
        recorder.push(&[&[7; 160], &[9; 160]]);
    }
    let summary = recorder.finish();
    disk.carry_out(&mut recorder);
    let file = disk.wav();
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
    let mut disk = Disk(Channels::Mono, Vec::new());
    disk.carry_out(&mut recorder);
    assert_eq!(wav::parse(&disk.wav()).unwrap().channels.count(), 16);
}
