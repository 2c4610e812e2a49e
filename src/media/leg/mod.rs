//! One leg's media: RTP in and out, the player, the ear for keys, and what is recorded.
//!
//! The owner calls [`MediaLeg::tick`] every 20 ms and hands in what arrives; legs of a room are
//! called in two steps instead, first all [`MediaLeg::listen`], then all [`MediaLeg::speak`]. After
//! each of these and after [`MediaLeg::play`] it drains [`MediaLeg::poll_packet`], then
//! [`MediaLeg::poll_frame`], then [`MediaLeg::poll_event`]. A leg keeps its clock by ticks; the
//! instants handed in serve only locks and time limits.
//!
//! Where nobody else is heard, a prompt that begins leaves at once: the packet that is due at the
//! next tick is sent early, and that tick sends none. So the first word does not wait for the tick,
//! and neither rate nor timestamps drift.

mod contract;
mod receive;
mod report;
mod send;

pub use contract::{Agreed, LegSetup, MediaEvent, RecordFrame, Reported, Statistics, Track};
pub use send::PACKET_MAX;

use super::FRAME_SAMPLES;
use super::conceal::Concealer;
use super::digits::Digits;
use super::dtmf::ToneDetector;
use super::jitter::JitterBuffer;
use super::player::Playlist;
use super::protection::Protection;
use super::reception::Reception;
use super::room::{Floor, Hearing, Voice};
use super::source_lock::SourceLock;
use crate::units::{Digit, LegId};
use send::Sender;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nothing heard for this long while we listen: the media is lost.
pub const MEDIA_LOST: Duration = Duration::from_secs(10);
/// Recordings of one leg that may run at once: the whole call and a message.
pub const RECORDINGS_MAX: usize = 2;
/// Events that wait for the owner; past it new ones are dropped and counted.
pub const EVENTS_MAX: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Recording {
    id: u32,
    track: Track,
    /// Samples it may still take.
    left: u64,
    /// It has not yet given its frame of this tick.
    due: bool,
}

/// The media of one leg: about 6 KiB, and 8 KiB of jitter buffer.
#[derive(Debug)]
pub struct MediaLeg {
    agreed: Agreed,
    cname: Box<str>,
    sender: Sender,
    protection: Option<Box<Protection>>,
    lock: SourceLock,
    reception: Reception,
    jitter: JitterBuffer,
    concealer: Concealer,
    tones: ToneDetector,
    digits: Digits,
    /// What was heard and played in this tick.
    heard: [i16; FRAME_SAMPLES],
    recordings: [Option<Recording>; RECORDINGS_MAX],
    events: VecDeque<MediaEvent>,
    heard_at: Instant,
    /// When the last telephone event came.
    key_at: Option<Instant>,
    /// The last frame was listened to.
    listened: bool,
    first_heard: bool,
    lost_told: bool,
    reports: report::Reports,
    statistics: Statistics,
}

impl MediaLeg {
    /// A leg that starts now. Allocates everything it will ever need.
    #[must_use]
    pub fn new(setup: LegSetup, now: Instant) -> Self {
        let LegSetup { ssrc, first_sequence, first_timestamp, cname, peer, agreed } = setup;
        Self {
            agreed,
            cname: cname.into_boxed_str(),
            sender: Sender::new(ssrc, first_sequence, first_timestamp, agreed.ptime_ms),
            protection: agreed.keys.map(|keys| Box::new(Protection::new(keys))),
            lock: SourceLock::new(agreed.remote, peer, now),
            reception: Reception::new(now),
            jitter: JitterBuffer::new(),
            concealer: Concealer::new(),
            tones: ToneDetector::new(),
            digits: Digits::new(),
            heard: [0; FRAME_SAMPLES],
            recordings: [None; RECORDINGS_MAX],
            events: VecDeque::with_capacity(EVENTS_MAX),
            heard_at: now,
            key_at: None,
            listened: agreed.receive,
            first_heard: false,
            lost_told: false,
            reports: report::Reports::new(now),
            statistics: Statistics::default(),
        }
    }

    /// A re-offer: new address, codec, direction. Source, sequence and timestamps go on.
    pub fn update(&mut self, agreed: Agreed, now: Instant) {
        self.lock.signal(agreed.remote, now);
        if agreed.receive && !self.agreed.receive {
            self.heard_at = now;
            self.lost_told = false;
        }
        match (&mut self.protection, agreed.keys) {
            (Some(protection), Some(keys)) => protection.update(keys),
            (protection, keys) => {
                *protection = keys.map(|keys| Box::new(Protection::new(keys)));
            }
        }
        self.sender.set_ptime(agreed.ptime_ms);
        self.sender.recode(self.agreed.codec, agreed.codec);
        self.agreed = agreed;
    }

    /// The 20 ms have passed: hears, plays and records one frame of a leg that is alone.
    pub fn tick(&mut self, now: Instant) {
        self.listen(now);
        self.speak(now, &Floor::EMPTY);
    }

    /// The first half of a tick in a room: one frame of what the peer says, for [`Self::voice`].
    pub fn listen(&mut self, now: Instant) {
        self.hear_frame(now);
    }

    /// The second half: plays and passes on what is heard in the room, and records.
    pub fn speak(&mut self, now: Instant, floor: &Floor<'_>) {
        if let Some(id) = self.sender.tick(&self.agreed, floor) {
            self.tell(MediaEvent::PlayDone(id));
        }
        for recording in self.recordings.iter_mut().flatten() {
            recording.due = true;
        }
        let silent = now.saturating_duration_since(self.heard_at);
        if self.agreed.receive && !self.lost_told && silent >= MEDIA_LOST {
            self.lost_told = true;
            self.tell(MediaEvent::Lost);
        }
    }

    /// The next RTP packet to send: its length in `packet` and its destination.
    pub fn poll_packet(&mut self, packet: &mut [u8; PACKET_MAX]) -> Option<(usize, SocketAddr)> {
        let to = self.lock.destination().filter(|to| to.port() != 0 && !to.ip().is_unspecified());
        let len = self.sender.poll_packet(&self.agreed, to.is_some(), packet)?;
        let to = to?;
        self.statistics.sent += 1;
        self.statistics.sent_octets += (len - crate::wire::rtp::HEADER_LEN) as u64;
        match &mut self.protection {
            Some(protection) => Some((protection.rtp(packet, len)?, to)),
            None => Some((len, to)),
        }
    }

    /// Plays a list, replacing what plays and, while it lasts, what the leg hears; `PlayDone` tells
    /// its end.
    pub fn play(&mut self, id: u32, list: Arc<Playlist>) {
        self.begin(id, list, false);
    }

    /// The same over what the leg hears.
    pub fn play_over(&mut self, id: u32, list: Arc<Playlist>) {
        self.begin(id, list, true);
    }

    /// Whom the leg, which is `own`, hears from the next tick on; never itself.
    pub fn hear(&mut self, own: LegId, hearing: Hearing) {
        self.sender.hear(hearing.without(own));
    }

    /// What the leg said in this tick, for the others of its room.
    #[must_use]
    pub fn voice(&self, own: LegId) -> Voice {
        Voice::new(own, &self.heard)
    }

    fn begin(&mut self, id: u32, list: Arc<Playlist>, over: bool) {
        self.sender.play(id, list, over);
        if let Some(id) = self.sender.start_early(&self.agreed) {
            self.tell(MediaEvent::PlayDone(id));
        }
    }

    /// Is silent.
    pub fn stop_play(&mut self) {
        self.sender.stop();
    }

    /// A key that came by SIP INFO (see [`super::digits::info_digit`]).
    pub fn info(&mut self, now: Instant, digit: Digit) {
        if let Some(digit) = self.digits.info(now, digit) {
            self.tell(MediaEvent::Digit(digit));
        }
    }

    /// Starts a recording that closes by itself after `limit_samples`, brought up to a whole
    /// frame. False when [`RECORDINGS_MAX`] run already.
    pub fn record(&mut self, id: u32, track: Track, limit_samples: u64) -> bool {
        let Some(free) = self.recordings.iter_mut().find(|r| r.is_none()) else { return false };
        *free = Some(Recording { id, track, left: limit_samples, due: false });
        true
    }

    /// Closes a recording; `RecordClosed` follows. Unknown ids are ignored.
    pub fn stop_record(&mut self, id: u32) {
        for at in 0..RECORDINGS_MAX {
            if self.recordings[at].is_some_and(|r| r.id == id) {
                self.recordings[at] = None;
                self.tell(MediaEvent::RecordClosed(id));
            }
        }
    }

    /// The next frame for a recorder.
    pub fn poll_frame(&mut self) -> Option<RecordFrame> {
        let at = self.recordings.iter().position(|r| r.is_some_and(|r| r.due))?;
        let recording = self.recordings[at].as_mut()?;
        recording.due = false;
        recording.left = recording.left.saturating_sub(FRAME_SAMPLES as u64);
        let Recording { id, track, left, .. } = *recording;
        if left == 0 {
            self.recordings[at] = None;
            self.tell(MediaEvent::RecordClosed(id));
        }
        let right = (track == Track::Both).then(|| self.sender.played());
        Some(RecordFrame { id, left: self.heard, right })
    }

    /// Whether [`Self::poll_event`] has one.
    #[must_use]
    pub fn has_event(&self) -> bool {
        !self.events.is_empty()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        self.events.pop_front()
    }

    /// Where audio goes now, for the doctor and the log.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        self.lock.destination()
    }

    /// What was heard in the last tick, for level meters and bridges.
    #[must_use]
    pub fn heard(&self) -> &[i16; FRAME_SAMPLES] {
        &self.heard
    }

    /// The counts so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            lost: self.reception.lost(),
            late: self.jitter.counts().late,
            jitter_ms: self.reception.jitter_samples() / 8,
            delay_ms: self.jitter.delay_samples() / 8,
            strangers_refused: self.lock.refused(),
            ..self.statistics
        }
    }

    fn tell(&mut self, event: MediaEvent) {
        if self.events.len() < EVENTS_MAX {
            self.events.push_back(event);
        } else {
            self.statistics.events_dropped += 1;
        }
    }
}
