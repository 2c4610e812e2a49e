//! Rooms on the real threads: sound between sockets, recorded on a track for each, under load.

#![allow(clippy::disallowed_methods)] // Real threads keep real time.

use crate::audio::packet;
use crate::hall::{amplitude, decibel, tone};
use crate::recorded::recorded;
use crate::threads::{LOOPBACK, Phone, Threads};
use mayorline::domain::call::{RecordId, RecordingKind};
use mayorline::gateway::media::{MediaCommand, MediaReport, PortRange, ROOM_LEGS_MAX};
use mayorline::media::room::Hearing;
use mayorline::units::LegId;
use mayorline::wire::g711::Codec;
use mayorline::wire::rtp;
use mayorline::wire::wav;
use std::time::{Duration, Instant};

const TONES: [f64; 3] = [430.0, 710.0, 1_130.0];
const LEVEL: f64 = 3_000.0;
/// Further rooms of three that talk meanwhile.
const OTHERS: u64 = 20;
const FRAMES: u32 = 200;
const FILE: &str = "recordings/2026-11-22/g1-01a1ee565e00-0007.whole_call.1.wav";

fn all() -> Hearing {
    Hearing::of((1..=3).map(LegId))
}

/// Sends a frame of every phone each 20 ms and gives what the first ones received.
fn talk(phones: &[Phone], mut each: impl FnMut(u32)) -> Vec<Vec<(u16, Vec<u8>)>> {
    let mut talkers: Vec<_> =
        phones.iter().enumerate().map(|(n, _)| tone(TONES[n % 3], LEVEL, Codec::Pcma)).collect();
    let mut heard = vec![vec![]; phones.len()];
    let start = Instant::now();
    for frame in 0..FRAMES {
        for (phone, talker) in phones.iter().zip(&mut talkers) {
            let codes = talker(frame as usize).unwrap();
            let bytes = packet(8, frame as u16, frame * 160, 9, &codes);
            phone.socket.send_to(&bytes, phone.line).unwrap();
        }
        each(frame);
        let next = start + Duration::from_millis(20) * (frame + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        for (phone, heard) in phones.iter().zip(&mut heard) {
            let mut bytes = [0; 500];
            while let Ok(len) = phone.socket.recv(&mut bytes) {
                let packet = rtp::parse(&bytes[..len]).unwrap();
                heard.push((packet.header.sequence, packet.payload.to_vec()));
            }
        }
    }
    heard
}

fn levels(samples: &[i16]) -> [f64; 3] {
    TONES.map(|hz| decibel(amplitude(samples, hz) / LEVEL))
}

#[test]
fn three_phones_hear_each_other_and_are_recorded_on_a_track_each_beside_twenty_rooms() {
    let folder = tempfile::tempdir().unwrap();
    let mut threads = Threads::start(folder.path(), PortRange { first: 42_000, last: 42_399 });
    let mut phones: Vec<Phone> = (1..=3).map(|id| threads.phone(id, 7)).collect();
    for room in 1..=OTHERS {
        let ids = (room * 10)..(room * 10 + 3);
        phones.extend(ids.clone().map(|id| threads.phone(id, 100 + room)));
        for id in ids.clone() {
            threads.command(id, MediaCommand::Hear(Hearing::of(ids.clone().map(LegId))));
        }
    }
    let record = RecordId(1);
    let (kind, file) = (RecordingKind::WholeCall, FILE.to_owned());
    let samples_max = u64::MAX;
    threads.command(1, MediaCommand::Record { record, kind, file, samples_max });
    let begun = Instant::now();
    (1..=3).for_each(|id| threads.command(id, MediaCommand::Hear(all())));
    let heard = talk(&phones, |frame| match frame {
        20 => threads.command(1, MediaCommand::AddTrack { record, leg: LegId(2) }),
        60 => threads.command(1, MediaCommand::AddTrack { record, leg: LegId(3) }),
        150 => threads.command(1, MediaCommand::Secret(true)),
        170 => threads.command(1, MediaCommand::Secret(false)),
        _ => {}
    });
    threads.command(1, MediaCommand::StopRecord(record));
    let lasted = begun.elapsed();
    let mut reports = threads.finish();
    for (id, packets) in heard.iter().take(3).enumerate() {
        let gaps = packets.windows(2).filter(|pair| pair[1].0 != pair[0].0.wrapping_add(1)).count();
        assert_eq!(gaps, 0, "sequence numbers go on");
        let codes: Vec<u8> = packets.iter().flat_map(|packet| packet.1.clone()).collect();
        let samples: Vec<i16> = codes.iter().map(|&code| Codec::Pcma.decode(code)).collect();
        let from = samples.len() / 800 * 800 - 8_000;
        for (other, level) in levels(&samples[from..from + 8_000]).into_iter().enumerate() {
            let right = if other == id { level < -30.0 } else { level.abs() < 1.0 };
            assert!(right, "{id} hears {other} at {level:.1} dB");
        }
    }
    let closed = std::iter::from_fn(|| reports.try_recv().ok()).find_map(|(_, report)| {
        if let MediaReport::Recorded(_, summary) = report { Some(summary) } else { None }
    });
    let summary = closed.expect("the recording is closed");
    let (length, lasted) = (summary.duration.as_millis(), lasted.as_millis());
    // A11. The threads keep frames: the length is that of the beats between the two commands.
    assert!(length.abs_diff(lasted) <= 20, "{length} ms of {lasted}");
    assert_eq!(length % 20, 0, "whole frames");
    let bytes = recorded(folder.path(), FILE);
    let wav = wav::parse(&bytes).unwrap();
    assert_eq!(wav.channels.count(), 4);
    assert_eq!(wav.frames() as u128, length * 8);
    let track = |n: u16| wav.track(n).collect::<Vec<i16>>();
    for (n, tone) in [(0, 0), (2, 1), (3, 2)] {
        let found = levels(&track(n)[12_000..20_000]);
        for (other, level) in found.into_iter().enumerate() {
            let right = if other == tone { level.abs() < 1.0 } else { level < -30.0 };
            assert!(right, "track {n} has tone {other} at {level:.1} dB");
        }
    }
    assert!(track(1).iter().all(|sample| sample.unsigned_abs() <= 8), "nothing was played");
    let secret = 8_000 * 320 / 100..8_000 * 330 / 100;
    assert!([0, 2, 3].iter().all(|&n| track(n)[secret.clone()].iter().all(|&s| s == 0)));
    assert!(track(2)[..2_000].iter().all(|&sample| sample == 0), "silent before it joined");
}

#[test]
fn a_group_has_room_for_so_many_legs_and_another_for_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut threads = Threads::start(folder.path(), PortRange { first: 42_400, last: 42_599 });
    for id in 0..ROOM_LEGS_MAX as u64 {
        threads.pool.open(LegId(id), LOOPBACK, 1).unwrap();
    }
    assert!(threads.pool.open(LegId(99), LOOPBACK, 1).is_err());
    threads.pool.open(LegId(99), LOOPBACK, 2).unwrap();
    threads.pool.close(LegId(0));
    threads.pool.open(LegId(98), LOOPBACK, 1).unwrap();
    threads.finish();
}
