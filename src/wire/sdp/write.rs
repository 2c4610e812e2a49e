//! Our own descriptions, printed by `sdp-types`.

use super::Direction;
use std::net::IpAddr;

/// A description of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Where we receive; stands in `o=` and `c=`.
    pub address: IpAddr,
    /// The session's id, the same for the whole call.
    pub session_id: u64,
    /// One more with every change.
    pub session_version: u64,
    /// The media lines.
    pub media: Vec<BodyMedia>,
}

/// One media line of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyMedia {
    /// `audio`, `video`, …
    pub kind: String,
    /// 0 refuses the line.
    pub port: u16,
    /// `RTP/AVP`, …
    pub proto: String,
    /// Formats, separated by blanks; at least one (RFC 3264 §6).
    pub formats: String,
    /// Attributes `name` or `name:value`.
    pub attributes: Vec<(&'static str, Option<String>)>,
}

impl BodyMedia {
    /// Appends the direction attribute.
    pub fn push_direction(&mut self, direction: Direction) {
        self.attributes.push((direction.as_str(), None));
    }
}

impl Body {
    /// The bytes to send.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let origin = sdp_types::Origin::with_ip_addr(
            self.session_id.to_string(),
            self.session_version,
            self.address,
        );
        let mut session = sdp_types::Session::new(origin, "-");
        session.connection = Some(sdp_types::Connection::from_ip_addr(self.address));
        session.times.push(sdp_types::Time::new(0, 0));
        session.medias.extend(self.media.iter().map(written));
        let mut bytes = Vec::with_capacity(512);
        // Writing into a Vec cannot fail.
        let _ = session.write(&mut bytes);
        bytes
    }
}

fn written(line: &BodyMedia) -> sdp_types::Media {
    let attribute = |(name, value): &(&'static str, Option<String>)| sdp_types::Attribute {
        attribute: (*name).to_owned(),
        value: value.clone(),
    };
    sdp_types::Media {
        media: line.kind.clone(),
        port: line.port,
        num_ports: None,
        proto: line.proto.clone(),
        fmt: line.formats.clone(),
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: line.attributes.iter().map(attribute).collect(),
    }
}
