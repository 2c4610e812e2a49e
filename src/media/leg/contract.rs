//! What goes into and comes out of a media leg.

use crate::media::FRAME_SAMPLES;
use crate::units::Digit;
use crate::wire::g711::Codec;
use crate::wire::srtp::Keys;
use std::net::{IpAddr, SocketAddr};

/// What offer and answer settled about a leg's audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// How audio is coded in both directions.
    pub codec: Codec,
    /// Its RTP payload type.
    pub payload_type: u8,
    /// The payload type of telephone events at 8 kHz, when agreed.
    pub dtmf_payload_type: Option<u8>,
    /// Length of the packets we send, 10 to 60 in steps of 10; others are brought to the nearest.
    pub ptime_ms: u16,
    /// Where audio goes, as signalled; `None` while unknown or on hold with 0.0.0.0.
    pub remote: Option<SocketAddr>,
    /// Where reports go, as signalled; `None` for no RTCP.
    pub remote_rtcp: Option<SocketAddr>,
    /// We may send (false while the peer holds us).
    pub send: bool,
    /// We listen.
    pub receive: bool,
    /// SRTP, where it was agreed; `None` for plain RTP.
    pub keys: Option<Keys>,
}

/// A new leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegSetup {
    /// Our source, random.
    pub ssrc: u32,
    /// Random (RFC 3550 §5.1).
    pub first_sequence: u16,
    /// Random.
    pub first_timestamp: u32,
    /// Our canonical name in reports; no personal data.
    pub cname: String,
    /// The host that signals the call, for callers behind a NAT.
    pub peer: Option<IpAddr>,
    /// What was agreed.
    pub agreed: Agreed,
}

/// What a recording takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// The citizen alone, mono.
    Citizen,
    /// The citizen on the left, what we play on the right.
    Both,
}

/// One frame for a recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordFrame {
    /// Which recording.
    pub id: u32,
    /// The citizen.
    pub left: [i16; FRAME_SAMPLES],
    /// What we played, for [`Track::Both`].
    pub right: Option<[i16; FRAME_SAMPLES]>,
}

/// What a leg tells its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaEvent {
    /// A key, once per press.
    Digit(Digit),
    /// A play ran to its end.
    PlayDone(u32),
    /// A recording reached its limit or was stopped; its last frame was given out before.
    RecordClosed(u32),
    /// The first packet that may be heard has come.
    FirstPacket,
    /// Nothing was heard for `MEDIA_LOST`; told once until something is heard again.
    Lost,
}

/// What a peer says of the packets that we sent it (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    /// Lost since the beginning; 0 where more came than were sent.
    pub lost: u32,
    /// Lost since its report before, share of 256.
    pub share: u8,
    /// Interarrival jitter.
    pub jitter_ms: u32,
}

impl Reported {
    /// The fields of a report block; the jitter is in samples.
    #[must_use]
    pub fn new(lost: u32, share: u8, jitter: u32) -> Self {
        let lost = if lost > LOST_MAX { 0 } else { lost };
        Self { lost, share, jitter_ms: jitter / SAMPLES_PER_MS }
    }
}

/// RFC 3550 §6.4.1: losses are a signed number of 24 bits, less than nothing where packets came twice.
const LOST_MAX: u32 = 0x7F_FFFF;

/// Samples of a millisecond: every codec that is agreed has 8 kHz.
const SAMPLES_PER_MS: u32 = 8;

/// Counts of a leg since its beginning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// RTP packets sent.
    pub sent: u64,
    /// Payload bytes sent.
    pub sent_octets: u64,
    /// RTP packets accepted.
    pub received: u64,
    /// Their payload bytes.
    pub received_octets: u64,
    /// Lost on the way, by sequence numbers.
    pub lost: u32,
    /// Half frames (10 ms) that were concealed.
    pub concealed: u64,
    /// Packets that came too late to be played.
    pub late: u32,
    /// Interarrival jitter (RFC 3550).
    pub jitter_ms: u32,
    /// Audio waiting in the jitter buffer.
    pub delay_ms: u32,
    /// Packets from sources that are not heard.
    pub strangers_refused: u64,
    /// Datagrams that were no RTP, or of no agreed payload type.
    pub malformed: u64,
    /// Protected packets that were forged, came before or cannot be read.
    pub unauthentic: u64,
    /// What the peer reported last of our packets; `None`: it has reported nothing.
    pub reported: Option<Reported>,
    /// Round trip by the last report block.
    pub round_trip_ms: Option<u32>,
    /// Events that were dropped because the owner did not drain them.
    pub events_dropped: u32,
}
