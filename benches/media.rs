//! What one leg costs per 20 ms frame, socket calls not included: `cargo bench --bench media`.
//! The bar is 10 µs for a playing leg that also hears the caller.

#![allow(missing_docs, clippy::cast_possible_truncation, clippy::disallowed_methods)]
#![allow(clippy::expect_used)] // A measurement that cannot go on stops loudly.

use criterion::{Criterion, criterion_group, criterion_main};
use mayorline::media::conceal::Concealer;
use mayorline::media::dtmf::ToneDetector;
use mayorline::media::leg::{Agreed, LegSetup, MediaLeg, PACKET_MAX, Track};
use mayorline::media::player::{Playlist, Segment};
use mayorline::media::recorder::Recorder;
use mayorline::media::room::{Floor, Hearing, Voice};
use mayorline::media::stretch::stretch;
use mayorline::store::{DataFolder, SoundKeys};
use mayorline::units::LegId;
use mayorline::wire::g711::Codec;
use mayorline::wire::rtp::Header;
use mayorline::wire::wav::Channels;
use std::fs::File;
use std::hint::black_box;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REMOTE: &str = "127.0.0.1:4000";
const PROMPT_SAMPLES: usize = 8_000 * 600;
/// Bytes of one recording here: half an hour.
const RECORDED_BYTES_MAX: u64 = 64 << 20;
const STRETCHED_SAMPLES: usize = 8_000 * 10;

/// Noise of about -29 dBm0, loud enough that the tone filters run.
fn noise(samples: usize) -> Vec<i16> {
    let mut state = 1_u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 20) as i16) - 2_048
        })
        .collect()
}

struct Line {
    leg: MediaLeg,
    now: Instant,
    from: SocketAddr,
    sequence: u16,
    audio: Vec<u8>,
    sent: [u8; PACKET_MAX],
}

impl Line {
    fn new() -> Self {
        let from: SocketAddr = REMOTE.parse().expect("an address");
        let agreed = Agreed {
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf_payload_type: Some(101),
            ptime_ms: 20,
            remote: Some(from),
            remote_rtcp: None,
            send: true,
            receive: true,
            keys: None,
        };
        let (ssrc, cname) = (7, "bench".to_owned());
        let setup =
            LegSetup { ssrc, first_sequence: 0, first_timestamp: 0, cname, peer: None, agreed };
        let now = Instant::now();
        let audio = noise(160).iter().map(|&s| Codec::Pcma.encode(s)).collect();
        let leg = MediaLeg::new(setup, now);
        let mut line = Self { leg, now, from, sequence: 0, audio, sent: [0; PACKET_MAX] };
        line.play();
        line
    }

    fn play(&mut self) {
        let prompt = Segment::Alaw(vec![0x55; PROMPT_SAMPLES].into());
        self.leg.play(1, Arc::new(Playlist { segments: vec![prompt] }));
    }

    /// One packet in (unless lost), one tick, one packet out, frames and events drained.
    fn frame(&mut self, lost: bool) {
        self.hear(lost);
        self.leg.tick(self.now);
        while let Some(sent) = self.leg.poll_packet(&mut self.sent) {
            black_box(sent);
        }
        while let Some(frame) = self.leg.poll_frame() {
            black_box(frame);
        }
        while let Some(event) = self.leg.poll_event() {
            if event == mayorline::media::leg::MediaEvent::PlayDone(1) {
                self.play();
            }
        }
    }

    /// 20 ms pass and a packet comes, unless it is lost.
    fn hear(&mut self, lost: bool) {
        self.sequence = self.sequence.wrapping_add(1);
        self.now += Duration::from_millis(20);
        let header = Header {
            marker: false,
            payload_type: 8,
            sequence: self.sequence,
            timestamp: u32::from(self.sequence) * 160,
            ssrc: 9,
        };
        let mut packet = [0; 172];
        if let Some((head, payload)) = packet.split_first_chunk_mut::<12>() {
            header.write(head);
            payload.copy_from_slice(&self.audio);
        }
        if !lost {
            self.leg.receive(self.now, self.from, &packet);
        }
    }
}

fn legs(criterion: &mut Criterion) {
    let mut line = Line::new();
    criterion.bench_function("leg frame: playing and hearing", |b| b.iter(|| line.frame(false)));
    let mut line = Line::new();
    line.leg.record(1, Track::Both, u64::MAX);
    line.leg.record(2, Track::Citizen, u64::MAX);
    criterion.bench_function("leg frame: and two recordings", |b| b.iter(|| line.frame(false)));
    let mut line = Line::new();
    let mut count = 0_u32;
    criterion.bench_function("leg frame: every fifth packet lost", |b| {
        b.iter(|| {
            count += 1;
            line.frame(count.is_multiple_of(5));
        });
    });
}

/// Three who talk, hear each other and are recorded on four tracks.
struct Room {
    lines: Vec<Line>,
    recorder: Recorder,
}

impl Room {
    fn new() -> Self {
        let mut lines: Vec<Line> = (0..3).map(|_| Line::new()).collect();
        for (id, line) in (0..).map(LegId).zip(&mut lines) {
            line.leg.stop_play();
            line.leg.hear(id, Hearing::of((0..3).map(LegId)));
        }
        lines[0].leg.record(1, Track::Both, u64::MAX);
        let mut recorder = Recorder::new(Channels::Stereo);
        recorder.add_track();
        recorder.add_track();
        Self { lines, recorder }
    }

    fn frame(&mut self) {
        let mut voices = Vec::with_capacity(3);
        for (id, line) in (0..).map(LegId).zip(&mut self.lines) {
            line.hear(false);
            line.leg.listen(line.now);
            voices.push(line.leg.voice(id));
        }
        let floor = Floor { voices: &voices, music: &[] };
        for line in &mut self.lines {
            line.leg.speak(line.now, &floor);
            while let Some(sent) = line.leg.poll_packet(&mut line.sent) {
                black_box(sent);
            }
        }
        while let Some(frame) = self.lines[0].leg.poll_frame() {
            let right = frame.right.as_ref().expect("two tracks");
            self.recorder.push(&[&frame.left, right, voices[1].frame(), voices[2].frame()]);
        }
        while let Some(step) = self.recorder.poll_step() {
            black_box(step);
        }
    }
}

fn rooms(criterion: &mut Criterion) {
    let mut room = Room::new();
    criterion.bench_function("room of three, 20 ms, recorded", |b| b.iter(|| room.frame()));
    let voices: Vec<Voice> = (0..3)
        .map(|id| Voice::new(LegId(id), noise(160).first_chunk().expect("160 samples")))
        .collect();
    let mut lines: Vec<Line> = (0..3).map(|_| Line::new()).collect();
    for (id, line) in (0..).map(LegId).zip(&mut lines) {
        line.leg.stop_play();
        line.leg.hear(id, Hearing::of((0..3).map(LegId)));
    }
    let floor = Floor { voices: &voices, music: &[] };
    criterion.bench_function("room of three, 20 ms, mixing and sending alone", |b| {
        b.iter(|| {
            for line in &mut lines {
                line.leg.speak(line.now, black_box(&floor));
                while let Some(sent) = line.leg.poll_packet(&mut line.sent) {
                    black_box(sent);
                }
            }
        });
    });
}

fn parts(criterion: &mut Criterion) {
    let audio = noise(160);
    let frame: &[i16; 160] = audio.first_chunk().expect("160 samples");
    let mut detector = ToneDetector::new();
    criterion.bench_function("tone detector, loud frame", |b| b.iter(|| detector.hear(frame)));
    let mut concealer = Concealer::new();
    let mut half: [i16; 80] = *audio.first_chunk().expect("80 samples");
    criterion.bench_function("one 10 ms loss concealed, and the return", |b| {
        b.iter(|| {
            concealer.hear(black_box(&mut half));
            let mut lost = [0; 80];
            concealer.fill(black_box(&mut lost));
        });
    });
    let long = noise(STRETCHED_SAMPLES);
    criterion.bench_function("slow speech, 10 s", |b| b.iter(|| stretch(&long, 1.35)));
}

/// Half a second of two tracks to a file, in clear and sealed, over and over in one place.
fn disk(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let block: Vec<u8> = noise(8_000).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let plain = File::create(folder.path().join("plain")).expect("a file");
    criterion.bench_function("half a second recorded in clear", |b| {
        let mut at = 0;
        b.iter(|| {
            plain.write_all_at(black_box(&block), at).expect("room on the disk");
            at = (at + block.len() as u64) % RECORDED_BYTES_MAX;
        });
    });
    let key = folder.path().join("key");
    std::fs::write(&key, "07".repeat(32)).expect("a file");
    let keys = SoundKeys::new(&DataFolder::new(folder.path(), &key));
    let path = folder.path().join("sealed");
    let new = || keys.create(&path, Channels::Stereo).expect("a recording");
    let (pieces, mut sound, mut at) = ([block], new(), 0);
    criterion.bench_function("half a second recorded and sealed", |b| {
        b.iter(|| {
            sound.append(black_box(&pieces)).expect("room on the disk");
            at += pieces[0].len() as u64;
            if at >= RECORDED_BYTES_MAX {
                std::fs::remove_file(&path).expect("the recording");
                (sound, at) = (new(), 0);
            }
        });
    });
}

criterion_group!(benches, legs, rooms, parts, disk);
criterion_main!(benches);
