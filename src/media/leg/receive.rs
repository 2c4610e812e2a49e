//! The receiving half of a leg: who may be heard, what is audio and what is a key, and one frame
//! per tick out of it.

use super::{MediaEvent, MediaLeg};
use crate::media::HALF_FRAME;
use crate::media::jitter::Half;
use crate::media::reception::Verdict;
use crate::media::room::Fade;
use crate::wire::rtp::PACKET_BYTES_MAX;
use crate::wire::{rtp, telephone_event};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A key counts as held for so long after its last event packet: they come every 20 to 50 ms.
const KEY_HELD: Duration = Duration::from_millis(100);

impl MediaLeg {
    /// Takes a datagram from the RTP socket.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        let Some(protection) = &mut self.protection else {
            return self.receive_plain(now, from, bytes);
        };
        let mut plain = [0; PACKET_BYTES_MAX];
        // What is not genuine must not even move the lock on the source.
        match protection.open_rtp(bytes, &mut plain) {
            Ok(plain) => self.receive_plain(now, from, plain),
            Err(_) => self.statistics.unauthentic += 1,
        }
    }

    fn receive_plain(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
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
        let audio = header.payload_type == self.agreed.payload_type;
        match self.reception.hear(now, &header, audio) {
            Verdict::Probation => return,
            Verdict::NewStream => self.jitter.reset(),
            Verdict::Valid => {}
        }
        self.note_heard(now, packet.payload.len());
        if !self.agreed.receive {
            return;
        }
        if audio {
            self.jitter.push(header.timestamp, self.agreed.codec, packet.payload);
        } else if let Ok(event) = telephone_event::parse(packet.payload) {
            self.key_at = Some(now);
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
        // While a key is held its events stand in the place of audio: nothing is lost.
        let key_held = self.key_at.is_some_and(|at| now.saturating_duration_since(at) < KEY_HELD);
        let halves = self.jitter.pull(&mut self.heard);
        let was_listening = std::mem::replace(&mut self.listened, self.agreed.receive);
        if !self.agreed.receive && !was_listening {
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
            let concealed = halves.is_some() && half == Half::Lost && !key_held;
            self.statistics.concealed += u64::from(concealed);
        }
        // A hold begins and ends without a step.
        match (was_listening, self.agreed.receive) {
            (false, true) => Fade::In.apply(&mut self.heard),
            (true, false) => Fade::Out.apply(&mut self.heard),
            _ => {}
        }
        if self.digits.listens_to_tones()
            && let Some(digit) = self.tones.hear(&self.heard)
            && let Some(digit) = self.digits.tone(now, digit)
        {
            self.tell(MediaEvent::Digit(digit));
        }
    }
}
