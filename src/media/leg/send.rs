//! The sending half of a leg: frames of the player gathered into packets of the agreed length.

use super::Agreed;
use crate::media::FRAME_SAMPLES;
use crate::media::player::{Player, Playlist};
use crate::wire::g711::Codec;
use crate::wire::rtp::{HEADER_LEN, Header};
use std::sync::Arc;

/// Longest packet that is sent: 60 ms of audio and the header.
pub const PACKET_MAX: usize = HEADER_LEN + PTIME_SAMPLES_MAX;

const PTIME_SAMPLES_MAX: usize = 480;
const PTIME_SAMPLES_MIN: usize = 80;
/// A packet of 60 ms and the frame that overflows it.
const GATHERED_MAX: usize = PTIME_SAMPLES_MAX + FRAME_SAMPLES;

#[derive(Debug)]
pub(super) struct Sender {
    ssrc: u32,
    sequence: u16,
    /// Timestamp of the first gathered sample.
    timestamp: u32,
    ptime: usize,
    player: Player,
    gathered: [u8; GATHERED_MAX],
    count: usize,
    /// The frame played last, as A-law.
    played: [u8; FRAME_SAMPLES],
    /// The next tick's frame was sent early.
    ahead: bool,
    /// The last frame held something of a playlist; the next such after silence gets the marker.
    talking: bool,
    marker: bool,
    pub(super) packets: u32,
    pub(super) octets: u32,
}

impl Sender {
    pub(super) fn new(ssrc: u32, sequence: u16, timestamp: u32, ptime_ms: u16) -> Self {
        let mut sender = Self {
            ssrc,
            sequence,
            timestamp,
            ptime: FRAME_SAMPLES,
            player: Player::default(),
            gathered: [0; GATHERED_MAX],
            count: 0,
            played: [crate::wire::g711::ALAW_IDLE; FRAME_SAMPLES],
            ahead: false,
            talking: false,
            // RFC 3551 §4.1: the marker stands on the first packet after silence.
            marker: true,
            packets: 0,
            octets: 0,
        };
        sender.set_ptime(ptime_ms);
        sender
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    pub(super) fn timestamp(&self) -> u32 {
        self.timestamp
    }

    pub(super) fn set_ptime(&mut self, ptime_ms: u16) {
        let samples = usize::from(ptime_ms.saturating_add(5) / 10) * PTIME_SAMPLES_MIN;
        self.ptime = samples.clamp(PTIME_SAMPLES_MIN, PTIME_SAMPLES_MAX);
    }

    pub(super) fn play(&mut self, id: u32, list: Arc<Playlist>) {
        self.player.play(id, list);
    }

    pub(super) fn stop(&mut self) {
        self.player.stop();
    }

    /// Takes one frame of the player; the play that ended with it.
    pub(super) fn tick(&mut self, agreed: &Agreed) -> Option<u32> {
        if std::mem::take(&mut self.ahead) {
            return None;
        }
        if !agreed.send {
            self.rest();
            return None;
        }
        self.gather_frame()
    }

    /// Sends the next tick's frame now when a play begins. Only with packets of one frame, so that
    /// nothing older stands before it.
    pub(super) fn start_early(&mut self, agreed: &Agreed) -> Option<u32> {
        let free = !self.ahead && self.count == 0;
        if !(free && agreed.send && self.ptime == FRAME_SAMPLES) {
            return None;
        }
        self.ahead = true;
        self.gather_frame()
    }

    /// The peer holds us: time passes, nothing is sent, and what plays waits.
    fn rest(&mut self) {
        self.played.fill(crate::wire::g711::ALAW_IDLE);
        let skipped = u32::try_from(self.count + FRAME_SAMPLES).unwrap_or(0);
        self.timestamp = self.timestamp.wrapping_add(skipped);
        self.count = 0;
        self.talking = false;
        self.marker = true;
    }

    fn gather_frame(&mut self) -> Option<u32> {
        let played = self.player.frame(&mut self.played);
        if self.count + FRAME_SAMPLES > GATHERED_MAX {
            // Packets were not drained: the oldest audio is given up.
            self.count = 0;
        }
        self.gathered[self.count..self.count + FRAME_SAMPLES].copy_from_slice(&self.played);
        self.count += FRAME_SAMPLES;
        self.marker |= played.talking && !self.talking;
        self.talking = played.talking && self.player.is_playing();
        played.done
    }

    /// Writes the next packet when enough is gathered; `wanted` is false when there is nobody to
    /// send to and the audio is to be passed over.
    pub(super) fn poll_packet(
        &mut self,
        agreed: &Agreed,
        wanted: bool,
        packet: &mut [u8; PACKET_MAX],
    ) -> Option<usize> {
        loop {
            if self.count < self.ptime {
                return None;
            }
            if wanted {
                return Some(self.write(agreed.codec, agreed.payload_type, packet));
            }
            self.consume();
        }
    }

    fn write(&mut self, codec: Codec, payload_type: u8, packet: &mut [u8; PACKET_MAX]) -> usize {
        let header = Header {
            marker: std::mem::take(&mut self.marker),
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        if let Some((head, payload)) = packet.split_first_chunk_mut::<HEADER_LEN>() {
            header.write(head);
            codec.from_alaw_into(&self.gathered[..self.ptime], &mut payload[..self.ptime]);
        }
        let len = HEADER_LEN + self.ptime;
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(u32::try_from(self.ptime).unwrap_or(0));
        self.consume();
        len
    }

    fn consume(&mut self) {
        self.gathered.copy_within(self.ptime..self.count, 0);
        self.count -= self.ptime;
        self.timestamp = self.timestamp.wrapping_add(u32::try_from(self.ptime).unwrap_or(0));
    }

    /// The frame played last, as samples.
    pub(super) fn played(&self) -> [i16; FRAME_SAMPLES] {
        let mut samples = [0; FRAME_SAMPLES];
        Codec::Pcma.decode_into(&self.played, &mut samples);
        samples
    }
}
