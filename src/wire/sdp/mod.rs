//! Session descriptions (RFC 8866) over `sdp-types`: the part an audio call needs, typed.
//!
//! Bodies are decoded to text and counted before the crate sees them; lines it would stumble over
//! and that no audio call needs are left out.

mod crypto;
mod write;

use super::WireError;
use super::g711::Codec;
use super::sip::decode;
pub use crypto::Crypto;
use std::fmt;
use std::net::IpAddr;
pub use write::{Body, BodyMedia};

/// Bytes of one description. Carriers' offers have 0.3-2 KiB, browsers' about 6.
pub const SDP_BYTES_MAX: usize = 16_384;
/// Lines of one description.
pub const SDP_LINES_MAX: usize = 512;
/// Media lines of one description.
pub const MEDIA_LINES_MAX: usize = 16;
/// Attributes of the session or of one media line.
pub const ATTRIBUTES_MAX: usize = 128;
/// Formats of one media line; there are 128 RTP payload types, of which calls use a dozen.
pub const FORMATS_MAX: usize = 64;

/// The sampling rate of both codecs and of telephone-event beside them (RFC 3551 §6).
pub const CLOCK_HZ: u32 = 8_000;

const MALFORMED: WireError = WireError::Malformed("SDP");

/// Who sends, seen from the side that says it (RFC 3264 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both; the default.
    SendRecv,
    /// Only the side that says it.
    SendOnly,
    /// Only the other side.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// The direction an attribute of that name stands for.
    #[must_use]
    pub fn from_attribute(name: &str) -> Option<Self> {
        Some(match name {
            "sendrecv" => Self::SendRecv,
            "sendonly" => Self::SendOnly,
            "recvonly" => Self::RecvOnly,
            "inactive" => Self::Inactive,
            _ => return None,
        })
    }

    /// The attribute's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The same seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            both => both,
        }
    }

    /// Whether the side that says it sends.
    #[must_use]
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the side that says it wants to receive.
    #[must_use]
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A description as its sender means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `o=`.
    pub origin: Origin,
    /// `c=` of the session; `None` where it is missing or a host name.
    pub connection: Option<IpAddr>,
    /// The media lines in order, the refused ones (port 0) included.
    pub media: Vec<MediaLine>,
}

/// `o=`: which description of which session this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The session's id, as sent.
    pub session_id: String,
    /// Goes up by one with every change.
    pub session_version: u64,
    /// The address, as sent.
    pub address: String,
}

/// One `m=` line with what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLine {
    /// `audio`, `video`, `image`, …
    pub kind: String,
    /// 0 when the line is refused or withdrawn.
    pub port: u16,
    /// `RTP/AVP`, `udptl`, …
    pub proto: String,
    /// Payload types or other formats in order of preference.
    pub formats: Vec<String>,
    /// The line's direction, else the session's, else both.
    pub direction: Direction,
    /// Milliseconds of audio the sender wants per packet.
    pub ptime: Option<u16>,
    /// Milliseconds of audio the sender takes per packet at most.
    pub maxptime: Option<u16>,
    /// `a=rtpmap` lines.
    pub rtpmap: Vec<RtpMap>,
    /// `a=fmtp` lines: payload type and parameters.
    pub fmtp: Vec<(u8, String)>,
    /// `c=` of this line; `None` leaves it to the session's.
    pub connection: Option<IpAddr>,
    /// `a=rtcp` (RFC 3605): port and, where written, address.
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// `a=crypto` lines that we can do.
    pub crypto: Vec<Crypto>,
}

/// `a=rtpmap:<payload type> <encoding>/<clock>[/<channels>]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtpMap {
    /// 0 to 127.
    pub payload_type: u8,
    /// The encoding name, as sent; compare without case.
    pub encoding: String,
    /// Clock in Hz.
    pub clock_hz: u32,
    /// 1 where nothing is written.
    pub channels: u8,
}

impl Session {
    /// Reads a body: UTF-8 or GB18030, any line ends, `s=` and `t=` may be missing.
    ///
    /// ```
    /// use mayorline::wire::sdp::Session;
    /// let body = b"v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8\n";
    /// assert_eq!(Session::parse(body)?.media[0].port, 4000);
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > SDP_BYTES_MAX {
            return Err(WireError::TooLarge("SDP"));
        }
        let text = needed_lines(&decode(bytes))?;
        let parsed = sdp_types::Session::parse(text.as_bytes()).map_err(|_| MALFORMED)?;
        if parsed.attributes.len() > ATTRIBUTES_MAX {
            return Err(WireError::TooLarge("SDP attributes"));
        }
        let direction = direction_of(&parsed.attributes).unwrap_or(Direction::SendRecv);
        let media = parsed.medias.iter().map(|media| media_line(media, direction));
        Ok(Self {
            origin: Origin {
                session_id: parsed.origin.sess_id,
                session_version: parsed.origin.sess_version,
                address: parsed.origin.unicast_address,
            },
            connection: parsed.connection.as_ref().and_then(address_of),
            media: media.collect::<Result<_, _>>()?,
        })
    }

    /// Where media for that line goes: its own `c=` or the session's.
    #[must_use]
    pub fn address_for(&self, line: &MediaLine) -> Option<IpAddr> {
        line.connection.or(self.connection)
    }
}

impl MediaLine {
    /// The payload type under which that encoding at [`CLOCK_HZ`] is listed.
    #[must_use]
    pub fn payload_type_of(&self, encoding: &str) -> Option<u8> {
        self.payload_types().find(|&payload_type| {
            self.mapping(payload_type).is_some_and(|map| {
                map.encoding.eq_ignore_ascii_case(encoding)
                    && (map.clock_hz, map.channels) == (CLOCK_HZ, 1)
            })
        })
    }

    /// The payload type under which a codec is listed: by `a=rtpmap`, else by its static number.
    #[must_use]
    pub fn payload_type_for(&self, codec: Codec) -> Option<u8> {
        let fixed = codec.payload_type();
        let unmapped =
            || self.mapping(fixed).is_none().then(|| self.payload_types().find(|&p| p == fixed));
        self.payload_type_of(codec.name()).or_else(|| unmapped().flatten())
    }

    /// The formats that are RTP payload types.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.formats.iter().filter_map(|format| payload_type(format))
    }

    fn mapping(&self, payload_type: u8) -> Option<&RtpMap> {
        self.rtpmap.iter().find(|map| map.payload_type == payload_type)
    }
}

/// The lines that are looked at, with plain line ends; counts on the way.
fn needed_lines(text: &str) -> Result<String, WireError> {
    let mut kept = String::with_capacity(text.len());
    let (mut lines, mut media, mut attributes) = (0, 0, 0);
    for line in text.split(['\r', '\n']).map(str::trim_end).filter(|line| !line.is_empty()) {
        lines += 1;
        match line.get(..2) {
            Some("m=") => (media, attributes) = (media + 1, 0),
            Some("a=") => attributes += 1,
            // `t=0 0` is all there is in calls, and some leave it out.
            Some("v=" | "o=" | "s=" | "c=") => {}
            Some(other) if other.ends_with('=') => continue,
            _ => return Err(MALFORMED),
        }
        if lines > SDP_LINES_MAX || media > MEDIA_LINES_MAX || attributes > ATTRIBUTES_MAX {
            return Err(WireError::TooLarge("SDP lines"));
        }
        kept.push_str(line);
        kept.push_str("\r\n");
    }
    Ok(kept)
}

fn media_line(media: &sdp_types::Media, session: Direction) -> Result<MediaLine, WireError> {
    let formats: Vec<String> = media.fmt.split_ascii_whitespace().map(str::to_owned).collect();
    if formats.len() > FORMATS_MAX {
        return Err(WireError::TooLarge("SDP formats"));
    }
    let all = |name: &'static str| {
        let named = media.attributes.iter().filter(move |a| a.attribute == name);
        named.filter_map(|a| a.value.as_deref())
    };
    let value = |name: &'static str| all(name).next().map(str::trim);
    Ok(MediaLine {
        kind: media.media.clone(),
        port: media.port,
        proto: media.proto.clone(),
        formats,
        direction: direction_of(&media.attributes).unwrap_or(session),
        ptime: value("ptime").and_then(milliseconds),
        maxptime: value("maxptime").and_then(milliseconds),
        rtpmap: all("rtpmap").filter_map(rtpmap).collect(),
        fmtp: all("fmtp").filter_map(fmtp).collect(),
        connection: media.connections.first().and_then(address_of),
        rtcp: value("rtcp").and_then(rtcp),
        crypto: all("crypto").filter_map(Crypto::parse).collect(),
    })
}

/// The last direction attribute, as a later line of the same name wins in practice.
fn direction_of(attributes: &[sdp_types::Attribute]) -> Option<Direction> {
    attributes.iter().rev().find_map(|a| Direction::from_attribute(&a.attribute))
}

/// `192.0.2.1`, `224.2.1.1/127` or `2001:db8::1`; host names are not looked up.
fn address_of(connection: &sdp_types::Connection) -> Option<IpAddr> {
    connection.connection_address.split('/').next()?.parse().ok()
}

/// `20`, and `20.0` as some devices write it.
fn milliseconds(value: &str) -> Option<u16> {
    value.split('.').next()?.parse().ok()
}

fn payload_type(text: &str) -> Option<u8> {
    text.parse().ok().filter(|&payload_type: &u8| payload_type < 128)
}

fn rtpmap(value: &str) -> Option<RtpMap> {
    let (number, encoding) = value.trim().split_once([' ', '\t'])?;
    let mut parts = encoding.trim().split('/');
    Some(RtpMap {
        payload_type: payload_type(number)?,
        encoding: parts.next()?.to_owned(),
        clock_hz: parts.next()?.parse().ok()?,
        channels: parts.next().map_or(Some(1), |channels| channels.parse().ok())?,
    })
}

fn fmtp(value: &str) -> Option<(u8, String)> {
    let (number, parameters) = value.trim().split_once([' ', '\t'])?;
    Some((payload_type(number)?, parameters.trim().to_owned()))
}

/// `a=rtcp:53020` or `a=rtcp:53020 IN IP4 126.16.64.4`.
fn rtcp(value: &str) -> Option<(u16, Option<IpAddr>)> {
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse().ok()?;
    Some((port, words.nth(2).and_then(|address| address.parse().ok())))
}

#[cfg(test)]
mod tests;
