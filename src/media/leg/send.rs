//! The sending half of a leg: frames of the player gathered into packets of the agreed length.

use super::Agreed;
use crate::media::FRAME_SAMPLES;
use crate::media::player::{Player, Playlist};
use crate::media::room::{Ear, FADE, Fade, Floor, Hearing, clip};
use crate::wire::g711::Codec;
use crate::wire::rtp::{HEADER_LEN, Header};
use crate::wire::srtp::ADDED_BYTES_MAX;
use std::sync::Arc;

/// Longest packet that is sent: 60 ms of audio, the header and what SRTP adds.
pub const PACKET_MAX: usize = HEADER_LEN + PTIME_SAMPLES_MAX + ADDED_BYTES_MAX;

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
    /// What plays is heard over the room.
    over: bool,
    ear: Ear,
    /// What is still to be heard of a play that was cut.
    tail: Option<[i16; FADE]>,
    /// Codes of the peer's codec that wait for a whole packet.
    gathered: [u8; GATHERED_MAX],
    count: usize,
    /// The prompt and the hold music of the last frame, as A-law.
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
            over: false,
            ear: Ear::default(),
            tail: None,
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

    pub(super) fn play(&mut self, id: u32, list: Arc<Playlist>, over: bool) {
        // A leg alone hears the new prompt bit by bit; prompts begin and end in silence.
        self.tail = if self.ear.is_idle() { None } else { self.cut() };
        self.player.play(id, list);
        self.over = over;
    }

    pub(super) fn stop(&mut self) {
        self.tail = self.cut().or(self.tail);
        self.player.stop();
    }

    pub(super) fn hear(&mut self, hearing: Hearing) {
        self.ear.hear(hearing);
    }

    /// What fades away of a play that is cut.
    fn cut(&mut self) -> Option<[i16; FADE]> {
        if !self.talking {
            return None;
        }
        let (mut alaw, mut tail) = ([0; FRAME_SAMPLES], [0; FADE]);
        self.player.frame(&mut alaw);
        Codec::Pcma.decode_into(&alaw, &mut tail);
        Fade::Out.apply(&mut tail);
        Some(tail)
    }

    /// The codec changes while a part of a packet is gathered.
    pub(super) fn recode(&mut self, from: Codec, to: Codec) {
        if from != to {
            for code in &mut self.gathered[..self.count] {
                *code = to.encode(from.decode(*code));
            }
        }
    }

    /// Takes one frame of the player and the room; the play that ended with it.
    pub(super) fn tick(&mut self, agreed: &Agreed, floor: &Floor<'_>) -> Option<u32> {
        if std::mem::take(&mut self.ahead) {
            return None;
        }
        if !agreed.send {
            self.rest();
            return None;
        }
        self.gather_frame(agreed.codec, floor)
    }

    /// Sends the next tick's frame now when a play begins. Only with packets of one frame, so that
    /// nothing older stands before it, and not in a room, where audio flows already.
    pub(super) fn start_early(&mut self, agreed: &Agreed) -> Option<u32> {
        let free = !self.ahead && self.count == 0 && self.ear.is_idle();
        if !(free && agreed.send && self.ptime == FRAME_SAMPLES) {
            return None;
        }
        self.ahead = true;
        self.gather_frame(agreed.codec, &Floor::EMPTY)
    }

    /// The peer holds us: time passes, nothing is sent, and what plays waits.
    fn rest(&mut self) {
        self.played.fill(crate::wire::g711::ALAW_IDLE);
        let skipped = u32::try_from(self.count + FRAME_SAMPLES).unwrap_or(0);
        self.timestamp = self.timestamp.wrapping_add(skipped);
        self.count = 0;
        self.talking = false;
        self.marker = true;
        self.ear.rest();
        self.tail = None;
    }

    fn gather_frame(&mut self, codec: Codec, floor: &Floor<'_>) -> Option<u32> {
        let muted = self.player.is_playing() && !self.over;
        let played = self.player.frame(&mut self.played);
        if self.count + FRAME_SAMPLES > GATHERED_MAX {
            // Packets were not drained: the oldest audio is given up.
            self.count = 0;
        }
        if self.ear.is_idle() && self.tail.is_none() {
            let codes = &mut self.gathered[self.count..self.count + FRAME_SAMPLES];
            codec.from_alaw_into(&self.played, codes);
        } else {
            self.mix(codec, (muted, played.talking), floor);
        }
        self.count += FRAME_SAMPLES;
        self.marker |= played.talking && !self.talking;
        self.talking = played.talking && self.player.is_playing();
        played.done
    }

    /// The frame of a leg in a room: the prompt, what is left of a cut one, and the room.
    fn mix(&mut self, codec: Codec, (muted, prompted): (bool, bool), floor: &Floor<'_>) {
        let mut sum = [0; FRAME_SAMPLES];
        if prompted {
            for (sum, &code) in sum.iter_mut().zip(&self.played) {
                *sum = i32::from(Codec::Pcma.decode(code));
            }
        }
        let tail = self.tail.take();
        for (sum, sample) in sum.iter_mut().zip(tail.into_iter().flatten()) {
            *sum += i32::from(sample);
        }
        let ours = sum;
        let music = self.ear.mix(floor, (muted, prompted || tail.is_some()), &mut sum);
        let codes = &mut self.gathered[self.count..self.count + FRAME_SAMPLES];
        for (code, sum) in codes.iter_mut().zip(sum) {
            *code = codec.encode(clip(sum));
        }
        if tail.is_some() || music.is_some() {
            let music = music.unwrap_or([0; FRAME_SAMPLES]);
            for ((code, ours), music) in self.played.iter_mut().zip(ours).zip(music) {
                *code = Codec::Pcma.encode(clip(ours + i32::from(music)));
            }
        }
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
                return Some(self.write(agreed.payload_type, packet));
            }
            self.consume();
        }
    }

    fn write(&mut self, payload_type: u8, packet: &mut [u8; PACKET_MAX]) -> usize {
        let header = Header {
            marker: std::mem::take(&mut self.marker),
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        if let Some((head, payload)) = packet.split_first_chunk_mut::<HEADER_LEN>() {
            header.write(head);
            payload[..self.ptime].copy_from_slice(&self.gathered[..self.ptime]);
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
