//! A whole leg on a virtual clock: bars A1, A5, A6, A11 and T4.

use crate::audio::{address, alaw, frames, packet, seeded, through_alaw, voice};
use mayorline::media::FRAME_SAMPLES;
use mayorline::media::gap::{clicks, faults};
use mayorline::media::leg::{
    Agreed, LegSetup, MEDIA_LOST, MediaEvent, MediaLeg, PACKET_MAX, RecordFrame, Reported, Track,
};
use mayorline::media::level::measure;
use mayorline::media::player::{Playlist, Segment};
use mayorline::units::Digit;
use mayorline::wire::g711::{ALAW_IDLE, Codec};
use mayorline::wire::rtcp::{self, Report};
use mayorline::wire::rtp;
use mayorline::wire::telephone_event::TelephoneEvent;
use rand::{Rng, RngExt};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SEED: u64 = 0x1E6;
const CITIZEN: &str = "203.0.113.5:4000";
const CITIZEN_RTCP: &str = "203.0.113.5:4001";
const STRANGER: &str = "192.0.2.66:7000";
const OURS: u32 = 0xABCD_0123;
const THEIRS: u32 = 77;
const EVENTS: u8 = 101;
const PROMPT_SECONDS: f64 = 4.0;
const SPOKEN_SECONDS: f64 = 600.0;
const GARBAGE_PACKETS: usize = 200_000;
/// Bar: 27 KiB for a playing call, sockets and signalling included.
const LEG_BYTES_MAX: usize = 8 * 1_024;

fn agreed(codec: Codec, ptime_ms: u16) -> Agreed {
    Agreed {
        codec,
        payload_type: codec.payload_type(),
        dtmf_payload_type: Some(EVENTS),
        ptime_ms,
        remote: Some(address(CITIZEN)),
        remote_rtcp: Some(address(CITIZEN_RTCP)),
        send: true,
        receive: true,
        keys: None,
    }
}

/// A leg, its clock and all that came out of it.
struct World {
    leg: MediaLeg,
    now: Instant,
    sent: Vec<(Duration, rtp::Header, Vec<u8>, SocketAddr)>,
    recorded: Vec<RecordFrame>,
    events: Vec<MediaEvent>,
    start: Instant,
}

impl World {
    fn new(agreed: Agreed) -> Self {
        #[allow(clippy::disallowed_methods)]
        let start = Instant::now();
        let setup = LegSetup {
            ssrc: OURS,
            first_sequence: 65_500,
            first_timestamp: u32::MAX - 5_000,
            cname: "line@mayorline.invalid".to_owned(),
            peer: None,
            agreed,
        };
        let leg = MediaLeg::new(setup, start);
        Self { leg, now: start, sent: vec![], recorded: vec![], events: vec![], start }
    }

    fn drain(&mut self) {
        let mut bytes = [0; PACKET_MAX];
        while let Some((len, to)) = self.leg.poll_packet(&mut bytes) {
            let packet = rtp::parse(&bytes[..len]).unwrap();
            let at = self.now - self.start;
            self.sent.push((at, packet.header, packet.payload.to_vec(), to));
        }
        self.recorded.extend(std::iter::from_fn(|| self.leg.poll_frame()));
        self.events.extend(std::iter::from_fn(|| self.leg.poll_event()));
    }

    fn tick(&mut self) {
        self.now += Duration::from_millis(20);
        self.leg.tick(self.now);
        self.drain();
    }

    fn ticks(&mut self, count: usize) {
        (0..count).for_each(|_| self.tick());
    }

    fn play(&mut self, id: u32, list: Playlist) {
        self.leg.play(id, Arc::new(list));
        self.drain();
    }

    fn payload(&self) -> Vec<u8> {
        self.sent.iter().flat_map(|p| p.2.clone()).collect()
    }

    fn hear(&mut self, payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) {
        let bytes = packet(payload_type, sequence, timestamp, THEIRS, payload);
        self.leg.receive(self.now, address(CITIZEN), &bytes);
    }
}

fn prompt() -> (Playlist, Vec<u8>) {
    let bytes = alaw(&voice(&mut seeded(SEED), PROMPT_SECONDS, 2_000.0));
    let (first, second) = bytes.split_at(12_345);
    let silence = Segment::Silence { samples: 777 };
    let segments = vec![Segment::Alaw(first.into()), silence, Segment::Alaw(second.into())];
    (Playlist { segments }, [first, &[ALAW_IDLE; 777], second].concat())
}

fn position_of(needle: &[u8], hay: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}

#[test]
fn a_prompt_leaves_bit_by_bit_in_packets_of_any_agreed_length() {
    for ptime_ms in [10, 20, 30, 40, 50, 60] {
        let mut world = World::new(agreed(Codec::Pcma, ptime_ms));
        let (list, bytes) = prompt();
        world.ticks(7);
        world.play(3, list);
        world.ticks(300);
        assert!(position_of(&bytes, &world.payload()).is_some(), "{ptime_ms} ms");
        assert_eq!(world.events, [MediaEvent::PlayDone(3)]);
        let length = usize::from(ptime_ms) * 8;
        for pair in world.sent.windows(2) {
            assert_eq!(pair[0].2.len(), length);
            assert_eq!(pair[1].1.sequence, pair[0].1.sequence.wrapping_add(1));
            assert_eq!(pair[1].1.timestamp, pair[0].1.timestamp.wrapping_add(length as u32));
        }
        let marked = world.sent.iter().filter(|p| p.1.marker).count();
        assert_eq!(marked, 2, "the first packet of the stream and of the prompt");
    }
}

#[test]
fn for_a_mulaw_peer_every_byte_is_converted() {
    let mut world = World::new(agreed(Codec::Pcmu, 20));
    let (list, bytes) = prompt();
    world.play(1, list);
    world.ticks(300);
    let mut wanted = vec![0; bytes.len()];
    Codec::Pcmu.from_alaw_into(&bytes, &mut wanted);
    assert_eq!(position_of(&wanted, &world.payload()), Some(0));
    assert!(world.sent.iter().all(|p| p.1.payload_type == 0));
}

#[test]
fn an_answer_leaves_at_once_and_neither_rate_nor_time_drifts() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    world.ticks(50);
    for n in 0..20_u64 {
        // A key at some moment between two ticks begins another prompt.
        world.now += Duration::from_millis(n % 19);
        let before = world.sent.len();
        world.play(1, prompt().0);
        assert_eq!(world.sent.len(), before + 1, "the first packet waits for no tick");
        assert_eq!(world.sent[before].2, prompt().1[..FRAME_SAMPLES]);
        world.now -= Duration::from_millis(n % 19);
        world.ticks(30);
    }
    assert_eq!(world.sent.len(), 50 + 20 * 30);
}

#[test]
fn a_new_play_replaces_the_old_one_and_stop_is_silence() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    world.play(1, prompt().0);
    world.ticks(10);
    world.play(2, Playlist { segments: vec![Segment::Alaw(vec![7; 400].into())] });
    world.ticks(10);
    assert_eq!(world.events, [MediaEvent::PlayDone(2)]);
    world.play(3, prompt().0);
    world.leg.stop_play();
    world.ticks(10);
    assert!(world.payload()[world.payload().len() - 8 * 160..].iter().all(|&b| b == ALAW_IDLE));
    world.play(4, Playlist::default());
    world.ticks(1);
    assert_eq!(world.events, [MediaEvent::PlayDone(2), MediaEvent::PlayDone(4)]);
}

#[test]
fn ten_minutes_are_recorded_without_gap_click_or_change_of_level() {
    let spoken = voice(&mut seeded(SEED), SPOKEN_SECONDS, 1_000.0);
    let mut world = World::new(agreed(Codec::Pcma, 20));
    assert!(world.leg.record(9, Track::Both, u64::MAX));
    let mut rng = seeded(SEED);
    // The sender's packets wander by up to 15 ms against our ticks.
    for (n, frame) in frames(&spoken).iter().enumerate() {
        world.now += Duration::from_millis(rng.random_range(0..15));
        world.hear(8, n as u16, n as u32 * 160, &alaw(frame));
        world.now = world.start + Duration::from_millis(20 * n as u64);
        world.tick();
    }
    let heard: Vec<i16> = world.recorded.iter().flat_map(|f| f.left).collect();
    let wanted = through_alaw(&spoken);
    let lead = heard.len() - wanted.len();
    assert!(lead <= FRAME_SAMPLES, "length within 20 ms");
    // One frame of delay at the beginning, then every sample as it was said.
    let wrong = heard[FRAME_SAMPLES..].iter().zip(&wanted).filter(|(a, b)| a != b).count();
    assert_eq!(wrong, 0, "of {} samples", heard.len());
    assert_eq!(faults(&wanted[..80_000], &heard[FRAME_SAMPLES..]), []);
    let steps = clicks(&wanted[..wanted.len() - FRAME_SAMPLES]);
    assert_eq!(clicks(&heard[FRAME_SAMPLES..]), steps);
    assert!((measure(&heard).active_dbov - measure(&spoken).active_dbov).abs() < 0.5);
    let statistics = world.leg.statistics();
    assert_eq!((statistics.concealed, statistics.lost, statistics.late), (0, 0, 0));
}

#[test]
fn a_recording_has_what_was_played_on_its_right_and_closes_at_its_limit() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    let (list, bytes) = prompt();
    world.ticks(3);
    assert!(world.leg.record(1, Track::Both, 160 * 400));
    assert!(world.leg.record(2, Track::Citizen, 160 * 10 - 5));
    assert!(!world.leg.record(3, Track::Citizen, 160));
    world.play(7, list);
    world.ticks(100);
    world.leg.stop_record(1);
    world.leg.stop_record(55);
    world.ticks(5);
    let right: Vec<i16> = world.recorded.iter().filter_map(|f| f.right).flatten().collect();
    let wanted: Vec<i16> = bytes.iter().map(|&b| Codec::Pcma.decode(b)).collect();
    assert_eq!(right, wanted[..160 * 100]);
    assert_eq!(world.recorded.iter().filter(|f| f.id == 2).count(), 10);
    let closed = [MediaEvent::RecordClosed(2), MediaEvent::RecordClosed(1)];
    assert_eq!(world.events, closed);
}

#[test]
fn keys_by_event_packets_and_by_tones_arrive_once() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    let tone = |n: usize| {
        let t = n as f64 / 8_000.0 * std::f64::consts::TAU;
        (7_000.0 * ((770.0 * t).sin() + (1_336.0 * t).sin())) as i16
    };
    let tones: Vec<i16> = (0..800).map(tone).collect();
    for (n, frame) in frames(&tones).iter().enumerate() {
        world.hear(8, n as u16, n as u32 * 160, &alaw(frame));
        world.tick();
    }
    world.ticks(3);
    for n in 0..8_u16 {
        let event = TelephoneEvent { event: 11, end: n > 4, volume: 9, duration: 160 * (n + 1) };
        world.hear(EVENTS, 5 + n, 1_600, &event.write());
        world.tick();
    }
    world.leg.info(world.now, Digit::new('#').unwrap());
    world.drain();
    let keys = ['5', '#'].map(|c| MediaEvent::Digit(Digit::new(c).unwrap()));
    assert_eq!(world.events, [&[MediaEvent::FirstPacket], &keys[..]].concat());
    // The events tell nothing about jitter; only the pause before them was concealed.
    let statistics = world.leg.statistics();
    assert_eq!(statistics.jitter_ms, 0);
    assert!(statistics.concealed <= 6, "{}", statistics.concealed);
}

#[test]
fn while_held_nothing_is_sent_and_the_prompt_waits() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    let (list, bytes) = prompt();
    world.play(1, list);
    world.ticks(10);
    let before = world.sent.len();
    world.leg.update(Agreed { send: false, receive: false, ..agreed(Codec::Pcma, 20) }, world.now);
    world.ticks(600);
    assert_eq!(world.sent.len(), before);
    world.leg.update(agreed(Codec::Pcma, 20), world.now);
    world.ticks(300);
    assert_eq!(world.payload()[..bytes.len()], bytes);
    let resumed = &world.sent[before].1;
    let paused = resumed.timestamp.wrapping_sub(world.sent[before - 1].1.timestamp);
    assert!(resumed.marker && (599 * 160..=602 * 160).contains(&paused), "{paused}");
    assert_eq!(world.events, [MediaEvent::PlayDone(1)]);
}

#[test]
fn a_silent_peer_is_reported_lost_once() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    let ticks = usize::try_from(MEDIA_LOST.as_millis() / 20).unwrap();
    world.ticks(ticks - 1);
    assert_eq!(world.events, []);
    world.ticks(200);
    assert_eq!(world.events, [MediaEvent::Lost]);
    world.hear(8, 0, 0, &[ALAW_IDLE; 160]);
    world.ticks(ticks);
    let all = [MediaEvent::Lost, MediaEvent::FirstPacket, MediaEvent::Lost];
    assert_eq!(world.events, all);
}

#[test]
fn garbage_and_strangers_do_not_disturb_a_live_call() {
    let mut rng = seeded(SEED);
    let spoken = voice(&mut rng, GARBAGE_PACKETS as f64 / 50.0 / 40.0, 1_000.0);
    let mut world = World::new(agreed(Codec::Pcma, 20));
    assert!(world.leg.record(1, Track::Citizen, u64::MAX));
    for (n, frame) in frames(&spoken).iter().enumerate() {
        let good = packet(8, n as u16, n as u32 * 160, THEIRS, &alaw(frame));
        world.leg.receive(world.now, address(CITIZEN), &good);
        for round in 0..40 {
            let mut bytes = good.clone();
            let from = if round % 2 == 0 { CITIZEN } else { STRANGER };
            match rng.random_range(0..6) {
                0 => bytes[rng.random_range(8..12)] ^= 1 << rng.random_range(0..8), // SSRC flips
                1 => bytes.truncate(rng.random_range(0..14)),
                2 => bytes = vec![0x80; 9_000],
                3 => bytes[0] = rng.random(), // sources, extension and padding that lie
                4 => bytes[4] ^= 0x40,        // timestamps that jump, sequence far off
                _ => rng.fill_bytes(&mut bytes),
            }
            if bytes.len() > 4 && bytes[0] >> 6 == 2 {
                bytes[2] ^= 0x40;
            }
            world.leg.receive(world.now, address(from), &bytes);
            world.leg.receive_rtcp(world.now, address(from), 0, &bytes);
        }
        world.tick();
    }
    let heard: Vec<i16> = world.recorded.iter().flat_map(|f| f.left).collect();
    let wanted = through_alaw(&spoken);
    let wrong = heard[FRAME_SAMPLES..].iter().zip(&wanted).filter(|(a, b)| a != b).count();
    assert_eq!(wrong, 0, "of {} samples", heard.len());
    assert!(world.sent.iter().all(|p| p.3 == address(CITIZEN)));
    assert_eq!(world.events, [MediaEvent::FirstPacket]);
    assert!(world.leg.statistics().strangers_refused > 0);
}

#[test]
fn reports_tell_what_was_sent_heard_and_lost() {
    let mut world = World::new(agreed(Codec::Pcma, 20));
    let mut reports = Vec::new();
    for n in 0..3_000_u32 {
        if n % 10 != 3 {
            world.hear(8, n as u16, n * 160, &[ALAW_IDLE; 160]);
        }
        world.tick();
        let mut bytes = [0; 200];
        if let Some((len, to)) = world.leg.rtcp(world.now, u64::from(n) << 32, &mut bytes) {
            assert_eq!(to, address(CITIZEN_RTCP));
            reports.push(rtcp::parse(&bytes[..len], THEIRS).unwrap());
        }
    }
    assert!((8..=24).contains(&reports.len()), "{} reports in a minute", reports.len());
    let last = reports.last().unwrap();
    let block = last.block.unwrap();
    assert!((20..=31).contains(&block.fraction_lost), "{block:?}");
    assert!(last.sender.unwrap().packets > 2_000 && last.sender.unwrap().octets % 160 == 0);
    assert_eq!(world.leg.statistics().lost, 300);
    assert!(world.leg.statistics().concealed >= 590);
    // The peer's view of us.
    let block = rtcp::Block { ssrc: OURS, fraction_lost: 33, last_report: 1 << 16, ..block };
    let block = rtcp::Block { since_last_report: 0, ..block };
    let report = Report { ssrc: THEIRS, sender: None, block: Some(block), cname: "c", bye: false };
    let mut bytes = [0; 200];
    let len = report.write(&mut bytes).unwrap();
    let ntp = (1 << 32) + (1 << 31);
    world.leg.receive_rtcp(world.now, address(STRANGER), ntp, &bytes[..len]);
    assert_eq!(world.leg.statistics().reported, None);
    world.leg.receive_rtcp(world.now, address(CITIZEN_RTCP), ntp, &bytes[..len]);
    let statistics = world.leg.statistics();
    assert_eq!(statistics.round_trip_ms, Some(500));
    let told = Reported { lost: block.lost, share: 33, jitter_ms: block.jitter / 8 };
    assert_eq!(statistics.reported, Some(told));
    // Packets that came twice count against those that were lost.
    // (A receiver report of one block has its losses, signed, in these bytes: minus one.)
    bytes[13..16].fill(0xFF);
    world.leg.receive_rtcp(world.now, address(CITIZEN_RTCP), ntp, &bytes[..len]);
    assert_eq!(world.leg.statistics().reported, Some(Reported { lost: 0, ..told }));
}

#[test]
fn a_leg_is_small() {
    let inline = size_of::<MediaLeg>();
    assert!(inline <= LEG_BYTES_MAX, "{inline} bytes beside the jitter buffer's 8 KiB");
}
