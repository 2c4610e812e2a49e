//! The receiving half of a leg: who may be heard, what is audio and what is a key, and one frame
//! per tick out of it.

use super::{MediaEvent, MediaLeg};
use crate::media::HALF_FRAME;
use crate::media::jitter::Half;
use crate::media::reception::Verdict;
use crate::wire::{rtp, telephone_event};
use std::net::SocketAddr;
use std::time::Instant;

impl MediaLeg {
    /// Takes a datagram from the RTP socket.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        let expected = |p: &rtp::Packet<'_>| {
            let kind = p.header.payload_type;
            kind == self.agreed.payload_type || Some(kind) == self.agreed.dtmf_payload_type
        };
        let Some(packet) = rtp::parse(bytes).ok().filter(expected) else {
            self.statistics.malformed += 1;
            return;
        };
        let header = packet.header;
        if !self.lock.admit(now, from, header.ssrc, header.sequence) {
            return;
        }
        match self.reception.hear(now, &header) {
            Verdict::Probation => return,
            Verdict::NewStream => self.jitter.reset(),
            Verdict::Valid => {}
        }
        self.note_heard(now, packet.payload.len());
        if !self.agreed.receive {
            return;
        }
        if header.payload_type == self.agreed.payload_type {
            self.jitter.push(header.timestamp, self.agreed.codec, packet.payload);
        } else if let Ok(event) = telephone_event::parse(packet.payload) {
            let at = (header.timestamp, header.marker);
            if let Some(digit) = self.digits.event(now, header.ssrc, at, &event) {
                self.tell(MediaEvent::Digit(digit));
            }
        }
    }

    fn note_heard(&mut self, now: Instant, octets: usize) {
        self.statistics.received += 1;
        self.statistics.received_octets += octets as u64;
        self.heard_at = now;
        self.lost_told = false;
        if !self.first_heard {
            self.first_heard = true;
            self.tell(MediaEvent::FirstPacket);
        }
    }

    /// One frame of what the citizen says, into `self.heard`.
    pub(super) fn hear_frame(&mut self, now: Instant) {
        let halves = self.jitter.pull(&mut self.heard);
        if !self.agreed.receive {
            self.heard.fill(0);
            return;
        }
        let lost = [Half::Lost; 2];
        let pieces = self.heard.as_chunks_mut::<HALF_FRAME>().0;
        for (piece, half) in pieces.iter_mut().zip(halves.unwrap_or(lost)) {
            match half {
                Half::Heard => self.concealer.hear(piece),
                Half::Lost => self.concealer.fill(piece),
            }
            let concealed = halves.is_some() && half == Half::Lost && self.first_heard;
            self.statistics.concealed += u64::from(concealed);
        }
        if self.digits.listens_to_tones()
            && let Some(digit) = self.tones.hear(&self.heard)
            && let Some(digit) = self.digits.tone(now, digit)
        {
            self.tell(MediaEvent::Digit(digit));
        }
    }
}
