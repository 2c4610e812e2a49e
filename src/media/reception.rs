//! What a receiver counts about a stream (RFC 3550 §6.4.1, A.1, A.3, A.8): extended sequence
//! number, losses, interarrival jitter, and the report block made of them.

use crate::wire::rtcp::Block;
use crate::wire::rtp::Header;
use std::time::Instant;

/// A step of the sequence number up to this is a gap, more is a restart (RFC 3550 A.1).
const DROPOUT_MAX: u16 = 3_000;
/// A step back up to this is reordering (RFC 3550 A.1).
const MISORDER_MAX: u16 = 100;

/// Where a packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Part of the stream.
    Valid,
    /// Of another source or far off in sequence: one such packet is an error, the next that
    /// follows on it begins a new stream.
    Probation,
    /// Begins a new stream: forget the old one.
    NewStream,
}

/// The statistics of one received stream.
#[derive(Debug, Clone)]
pub struct Reception {
    epoch: Instant,
    ssrc: Option<u32>,
    base: u32,
    highest: u32,
    received: u32,
    /// Source and sequence number that would confirm a new stream.
    probation: Option<(u32, u16)>,
    /// Losses of streams that ended.
    lost_before: u32,
    expected_prior: u32,
    received_prior: u32,
    transit: Option<u32>,
    /// Jitter in samples times 16.
    jitter_x16: u32,
}

impl Reception {
    /// Nothing heard yet. Arrival times are counted from `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            ssrc: None,
            base: 0,
            highest: 0,
            received: 0,
            probation: None,
            lost_before: 0,
            expected_prior: 0,
            received_prior: 0,
            transit: None,
            jitter_x16: 0,
        }
    }

    /// Counts a packet and says whether to use it.
    pub fn hear(&mut self, now: Instant, header: &Header) -> Verdict {
        let Some(ssrc) = self.ssrc else {
            self.begin(header);
            self.note_jitter(now, header.timestamp);
            return Verdict::NewStream;
        };
        let step = header.sequence.wrapping_sub(low(self.highest));
        let ahead = step < DROPOUT_MAX;
        let behind = step > u16::MAX - MISORDER_MAX;
        if ssrc != header.ssrc || !(ahead || behind) {
            if self.probation.replace((header.ssrc, header.sequence.wrapping_add(1)))
                != Some((header.ssrc, header.sequence))
            {
                return Verdict::Probation;
            }
            self.lost_before = self.lost();
            self.begin(header);
            self.note_jitter(now, header.timestamp);
            return Verdict::NewStream;
        }
        if ahead {
            self.highest = self.highest.wrapping_add(u32::from(step));
        }
        self.probation = None;
        self.received = self.received.saturating_add(1);
        self.note_jitter(now, header.timestamp);
        Verdict::Valid
    }

    fn begin(&mut self, header: &Header) {
        self.ssrc = Some(header.ssrc);
        self.base = u32::from(header.sequence);
        self.highest = self.base;
        self.received = 1;
        self.probation = None;
        self.expected_prior = 0;
        self.received_prior = 0;
        self.transit = None;
    }

    fn note_jitter(&mut self, now: Instant, timestamp: u32) {
        let micros = now.saturating_duration_since(self.epoch).as_micros();
        #[expect(clippy::cast_possible_truncation, reason = "arrival time counts modulo 2^32")]
        let arrival = (micros / 125) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            // RFC 3550 A.8: J += |D| / 16 - J / 16.
            let d = transit.wrapping_sub(before).cast_signed().unsigned_abs().min(1 << 20);
            self.jitter_x16 = self.jitter_x16 + d - ((self.jitter_x16 + 8) >> 4);
        }
    }

    /// The source that is heard.
    #[must_use]
    pub fn ssrc(&self) -> Option<u32> {
        self.ssrc
    }

    /// Packets lost so far, streams that ended included. Duplicates count against losses.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.lost_before.saturating_add(self.expected().saturating_sub(self.received))
    }

    fn expected(&self) -> u32 {
        if self.ssrc.is_none() { 0 } else { self.highest.wrapping_sub(self.base).wrapping_add(1) }
    }

    /// Interarrival jitter in samples.
    #[must_use]
    pub fn jitter_samples(&self) -> u32 {
        self.jitter_x16 >> 4
    }

    /// The report block since the last one; `None` when nothing was heard.
    pub fn report(&mut self, last_report: u32, since_last_report: u32) -> Option<Block> {
        let ssrc = self.ssrc?;
        let expected = self.expected().saturating_sub(self.expected_prior);
        let received = self.received.saturating_sub(self.received_prior);
        self.expected_prior = self.expected();
        self.received_prior = self.received;
        let lost = u64::from(expected.saturating_sub(received)) << 8;
        let fraction = lost.checked_div(u64::from(expected)).unwrap_or(0);
        Some(Block {
            ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: self.lost(),
            sequence: self.highest,
            jitter: self.jitter_samples(),
            last_report,
            since_last_report,
        })
    }
}

fn low(extended: u32) -> u16 {
    u16::try_from(extended & 0xFFFF).unwrap_or(0)
}
