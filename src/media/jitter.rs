//! The jitter buffer: packets of any length go in by RTP timestamp, one frame of 20 ms comes out
//! per tick.
//!
//! Samples lie in a ring at their timestamp, so reordering, duplicates and any ptime need no
//! special case. The play-out pointer starts one frame behind the first packet. A packet that
//! comes too late moves it back (more delay, nothing lost); a buffer that was never drawn low for
//! a while gives one quiet frame up (less delay). A source that paused or jumped starts afresh.

use super::{FRAME_SAMPLES, HALF_FRAME};
use crate::wire::g711::Codec;

/// Samples in the ring, a power of two: 512 ms.
const RING: usize = 4_096;
/// Most audio that waits: 200 ms. Past it the oldest is given up.
pub const DELAY_SAMPLES_MAX: u32 = 1_600;
/// Most samples one packet may bring: 120 ms, twice the longest ptime that is negotiated.
pub const PACKET_SAMPLES_MAX: usize = 960;
/// A timestamp this far off is a jump of the source: 2 s.
const JUMP_SAMPLES: i32 = 16_000;
/// So many frames without any audio, and the next packet starts afresh: the source had paused.
const STARVED_FRAMES: u32 = 3;
/// Frames over which the delay is judged before it is reduced: 4 s.
const WINDOW_FRAMES: u32 = 200;
/// A frame whose samples are all below this may be given up unheard (-42 dBov peak).
const QUIET_MAX: u16 = 256;
/// G.711 never decodes to this value, so it marks what has not come.
const MISSING: i16 = i16::MIN;

/// What a pull gave for one half frame of 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Received audio.
    Heard,
    /// Lost or late: to be concealed.
    Lost,
}

/// Counts of what happened, since the beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets whose time was already over.
    pub late: u32,
    /// Packets past the bounds of the ring, or too long.
    pub refused: u32,
    /// Times the buffer started afresh after the first.
    pub restarts: u32,
    /// Frames put in to get more delay.
    pub stretched: u32,
    /// Frames given up to get less delay.
    pub dropped: u32,
}

/// The buffer of one leg: 8 KiB, allocated once.
#[derive(Debug)]
pub struct JitterBuffer {
    ring: Box<[i16; RING]>,
    /// Timestamp of the next sample to play; meaningless before the first packet.
    next: u32,
    /// Timestamp after the newest sample.
    end: u32,
    /// Timestamp after the last sample that was really played.
    heard: u32,
    started: bool,
    /// Nothing was played yet since the start: what is missing is not lost.
    leading: bool,
    starved: u32,
    /// A packet that jumped, waiting for a second one that agrees.
    jumped_to: Option<u32>,
    /// The least earliness of a packet in this window, and the frames it has lasted.
    earliness_min: i32,
    window: u32,
    counts: Counts,
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl JitterBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ring: Box::new([MISSING; RING]),
            next: 0,
            end: 0,
            heard: 0,
            started: false,
            leading: false,
            starved: 0,
            jumped_to: None,
            earliness_min: i32::MAX,
            window: 0,
            counts: Counts::default(),
        }
    }

    /// Forgets the source; the next packet starts afresh.
    pub fn reset(&mut self) {
        self.ring.fill(MISSING);
        self.started = false;
        self.starved = 0;
        self.jumped_to = None;
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Audio that waits, in samples.
    #[must_use]
    pub fn delay_samples(&self) -> u32 {
        if self.started { u32::try_from(distance(self.next, self.end)).unwrap_or(0) } else { 0 }
    }

    /// Takes a packet.
    pub fn push(&mut self, timestamp: u32, codec: Codec, payload: &[u8]) {
        let Some(len) = sample_count(payload) else {
            self.counts.refused += 1;
            return;
        };
        if !self.started {
            self.start(timestamp);
        }
        if !self.place(timestamp, len) {
            return;
        }
        // What was already played keeps its slot free for the next turn of the ring.
        let played = distance(timestamp, self.next).max(0).unsigned_abs().min(len);
        let fresh = payload.get(played as usize..).unwrap_or_default();
        let (head, tail) = self.places(timestamp.wrapping_add(played), fresh.len());
        let (first, second) = fresh.split_at(head.len());
        for (places, codes) in [(head, first), (tail, second)] {
            for (place, &code) in places.iter_mut().zip(codes) {
                *place = codec.decode_reversibly(code);
            }
        }
        let end = timestamp.wrapping_add(len);
        if distance(self.end, end) > 0 {
            self.end = end;
        }
    }

    fn start(&mut self, timestamp: u32) {
        self.ring.fill(MISSING);
        self.next = timestamp.wrapping_sub(FRAME);
        self.end = timestamp;
        self.heard = timestamp;
        self.started = true;
        self.leading = true;
        self.starved = 0;
        self.jumped_to = None;
        self.open_window();
    }

    fn restart(&mut self, timestamp: u32) {
        self.counts.restarts += 1;
        self.start(timestamp);
    }

    /// Moves the pointer so that the packet can be used; false when it cannot.
    fn place(&mut self, timestamp: u32, len: u32) -> bool {
        let early = distance(self.next, timestamp);
        if early.abs() > JUMP_SAMPLES {
            return self.jump(timestamp);
        }
        self.jumped_to = None;
        let paused = self.starved >= STARVED_FRAMES && !self.was_played(timestamp);
        if paused && !(0..=2 * FRAME.cast_signed()).contains(&early) {
            self.restart(timestamp);
        } else if early < 0 && !self.move_back(timestamp) {
            self.counts.late += 1;
            // A long packet may be late only with its head.
            return distance(self.next, timestamp.wrapping_add(len)) > 0;
        }
        self.earliness_min = self.earliness_min.min(distance(self.next, timestamp));
        self.make_room(timestamp, len);
        true
    }

    /// One packet with a wild timestamp is an error, two that agree are a new beginning.
    fn jump(&mut self, timestamp: u32) -> bool {
        let agreed = self.jumped_to.is_some_and(|t| distance(t, timestamp).abs() <= JUMP_SAMPLES);
        if agreed || self.starved >= STARVED_FRAMES {
            self.restart(timestamp);
            return true;
        }
        self.jumped_to = Some(timestamp);
        self.counts.refused += 1;
        false
    }

    /// A late packet: play it all the same, with whole frames of more delay, unless it was already
    /// played or the delay would grow past its limit.
    fn move_back(&mut self, timestamp: u32) -> bool {
        let late = distance(timestamp, self.next).unsigned_abs().next_multiple_of(FRAME);
        let delay = self.delay_samples().saturating_add(late);
        if delay > DELAY_SAMPLES_MAX || self.was_played(timestamp) {
            return false;
        }
        self.next = self.next.wrapping_sub(late);
        self.counts.stretched += late / FRAME;
        self.open_window();
        true
    }

    /// Something at or after this packet was played already: it is a duplicate, or it fills a hole
    /// that was concealed.
    fn was_played(&self, timestamp: u32) -> bool {
        distance(timestamp, self.heard) > 0
    }

    /// Gives up the oldest audio when more than the limit waits.
    fn make_room(&mut self, timestamp: u32, len: u32) {
        let limit = (DELAY_SAMPLES_MAX + len).cast_signed();
        while distance(self.next, timestamp.wrapping_add(len)) > limit {
            self.skip_frame();
        }
    }

    fn skip_frame(&mut self) {
        let (head, tail) = self.places(self.next, FRAME_SAMPLES);
        head.fill(MISSING);
        tail.fill(MISSING);
        self.next = self.next.wrapping_add(FRAME);
        self.counts.dropped += 1;
    }

    /// The places of `len` samples from a timestamp on, at most the whole ring; the second part is
    /// behind the turn of the ring.
    fn places(&mut self, timestamp: u32, len: usize) -> (&mut [i16], &mut [i16]) {
        let len = len.min(RING);
        let (before, behind) = self.ring.split_at_mut(slot(timestamp));
        let turned = len.saturating_sub(behind.len());
        (&mut behind[..len - turned], &mut before[..turned])
    }

    fn open_window(&mut self) {
        self.earliness_min = i32::MAX;
        self.window = 0;
    }

    /// The next 20 ms. A lost half leaves its samples at zero. `None` when nothing ever came,
    /// nothing is due yet or the source has paused: silence.
    pub fn pull(&mut self, frame: &mut [i16; FRAME_SAMPLES]) -> Option<[Half; 2]> {
        frame.fill(0);
        if !self.started {
            return None;
        }
        self.shrink();
        let mut halves = [Half::Lost; 2];
        for (half, out) in halves.iter_mut().zip(frame.as_chunks_mut::<HALF_FRAME>().0) {
            *half = self.pull_half(out);
        }
        if halves == [Half::Lost; 2] && self.delay_samples() == 0 {
            self.starved = self.starved.saturating_add(1);
        } else {
            self.starved = 0;
        }
        (self.starved <= STARVED_FRAMES && !self.leading).then_some(halves)
    }

    fn pull_half(&mut self, out: &mut [i16; HALF_FRAME]) -> Half {
        let (head, tail) = self.places(self.next, HALF_FRAME);
        let (first, second) = out.split_at_mut(head.len());
        first.copy_from_slice(head);
        second.copy_from_slice(tail);
        head.fill(MISSING);
        tail.fill(MISSING);
        let complete = out.iter().fold(true, |complete, &sample| complete & (sample != MISSING));
        self.next = self.next.wrapping_add(HALF);
        if complete {
            self.heard = self.next;
            self.leading = false;
            return Half::Heard;
        }
        out.fill(0);
        Half::Lost
    }

    /// Gives one quiet frame up when every packet of a whole window came more than a frame before
    /// the time it was needed.
    fn shrink(&mut self) {
        self.window += 1;
        if self.window < WINDOW_FRAMES {
            return;
        }
        let spare = self.earliness_min != i32::MAX && self.earliness_min >= 2 * FRAME.cast_signed();
        if !spare {
            self.open_window();
        } else if self.next_is_quiet() {
            self.skip_frame();
            self.open_window();
        }
    }

    fn next_is_quiet(&self) -> bool {
        (0..2 * FRAME).all(|n| {
            let sample = self.ring[slot(self.next.wrapping_add(n))];
            sample != MISSING && sample.unsigned_abs() <= QUIET_MAX
        })
    }
}

const FRAME: u32 = 160;
const HALF: u32 = 80;

/// How many samples `to` lies after `from`, modulo 2^32.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

fn slot(timestamp: u32) -> usize {
    timestamp as usize % RING
}

fn sample_count(payload: &[u8]) -> Option<u32> {
    let legal = !payload.is_empty() && payload.len() <= PACKET_SAMPLES_MAX;
    u32::try_from(payload.len()).ok().filter(|_| legal)
}
