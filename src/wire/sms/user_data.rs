//! The user data of a short message: a header that may say which part of a long message it is, and
//! septets or octets that are not decoded yet (TS 23.040 §9.2.3.24).

use super::alphabet::{Alphabet, Coding};
use super::gsm7;
use super::octets::Octets;
use crate::wire::WireError;
use std::fmt;

/// Octets of user data in one message (§9.2.3.16).
pub(super) const OCTETS_MAX: usize = 140;
/// Septets of user data in one message.
pub(super) const SEPTETS_MAX: usize = 160;

/// Information elements of the header that are understood (§9.2.3.24).
const CONCATENATED_8: u8 = 0x00;
const CONCATENATED_16: u8 = 0x08;

const HEADER: WireError = WireError::Malformed("short message header");

/// Which part of which long message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// The same for all parts of a message; repeats after 256 or 65,536 messages of one sender.
    pub reference: u16,
    /// Whether the reference has 16 bits.
    pub is_wide: bool,
    /// 1 to 255.
    pub total: u8,
    /// 1 to `total`.
    pub number: u8,
}

/// What one message carries, before it is decoded.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// One each, not packed.
    Septets(Vec<u8>),
    /// As they are.
    Octets(Vec<u8>),
}

/// Header and content of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserData {
    /// The header broke off: what else it said is not known.
    pub is_header_damaged: bool,
    /// Alphabet and class.
    pub coding: Coding,
    /// Which part of a long message it is.
    pub part: Option<Part>,
    /// What is to be decoded once all parts are there.
    pub payload: Payload,
}

impl UserData {
    /// Reads length and content, with a header where the first octet of the PDU said so. Octets
    /// behind the content are ignored: some modems pad.
    pub(super) fn read(
        coding: Coding,
        has_header: bool,
        octets: &mut Octets<'_>,
    ) -> Result<Self, WireError> {
        let length = usize::from(octets.byte()?);
        let is_septets = coding.alphabet == Alphabet::Gsm7;
        let (max, bytes) =
            if is_septets { (SEPTETS_MAX, (length * 7).div_ceil(8)) } else { (OCTETS_MAX, length) };
        if length > max {
            return Err(WireError::TooLarge("short message"));
        }
        let content = octets.take(bytes)?;
        let read = if has_header { read_header(content)? } else { Header::default() };
        let Header { part, length: header, is_damaged: is_header_damaged } = read;
        let payload = if is_septets {
            // The content begins at the first whole septet behind the header (§9.2.3.24).
            let mut septets = gsm7::unpack(content, length);
            septets.drain(..(header * 8).div_ceil(7).min(septets.len()));
            Payload::Septets(septets)
        } else {
            Payload::Octets(content.get(header..).unwrap_or_default().to_vec())
        };
        Ok(Self { is_header_damaged, coding, part, payload })
    }

    /// Length and content.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let header = self.part.map_or_else(Vec::new, header_of);
        let length = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        match &self.payload {
            Payload::Septets(septets) => {
                let before = (header.len() * 8).div_ceil(7);
                out.push(length(before + septets.len()));
                out.extend_from_slice(&header);
                let empty = u32::try_from(before * 7 - header.len() * 8).unwrap_or_default();
                gsm7::pack(septets, empty, out);
            }
            Payload::Octets(octets) => {
                out.push(length(header.len() + octets.len()));
                out.extend_from_slice(&header);
                out.extend_from_slice(octets);
            }
        }
    }
}

/// What a header says.
#[derive(Default)]
pub(super) struct Header {
    pub(super) part: Option<Part>,
    /// Its octets with that of its length.
    pub(super) length: usize,
    pub(super) is_damaged: bool,
}

/// Elements that are not understood are skipped; so is a part that cannot be (§9.2.3.24.1). The
/// standard would ignore a header whose last element is too long or too short as a whole; as
/// telephones do, what stands before the damage counts, or parts would never come together. A header
/// that is longer than the message is refused: where the text begins is not known.
pub(super) fn read_header(content: &[u8]) -> Result<Header, WireError> {
    let mut octets = Octets::new(content);
    let length = usize::from(octets.byte()?);
    let mut elements = Octets::new(octets.take(length).map_err(|_| HEADER)?);
    let mut header = Header { length: length + 1, ..Header::default() };
    while let Ok(kind) = elements.byte() {
        let length = elements.byte().map(usize::from);
        let Ok(value) = length.and_then(|length| elements.take(length)) else {
            header.is_damaged = true;
            break;
        };
        let found = match (kind, value) {
            (CONCATENATED_8, [reference, total, number]) => Some(Part {
                reference: u16::from(*reference),
                is_wide: false,
                total: *total,
                number: *number,
            }),
            (CONCATENATED_16, [high, low, total, number]) => Some(Part {
                reference: u16::from_be_bytes([*high, *low]),
                is_wide: true,
                total: *total,
                number: *number,
            }),
            _ => None,
        };
        // The last one counts when there are several (§9.2.3.24).
        let found = found.filter(|part| (1..=part.total).contains(&part.number));
        header.part = found.or(header.part);
    }
    Ok(header)
}

/// The header of a part with its length.
pub(super) fn header_of(part: Part) -> Vec<u8> {
    let [high, low] = part.reference.to_be_bytes();
    if part.is_wide {
        vec![6, CONCATENATED_16, 4, high, low, part.total, part.number]
    } else {
        vec![5, CONCATENATED_8, 3, low, part.total, part.number]
    }
}

/// Says how much there is, never what: it is a citizen's.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Septets(septets) => write!(f, "Septets({})", septets.len()),
            Self::Octets(octets) => write!(f, "Octets({})", octets.len()),
        }
    }
}
