//! A text from somebody (SMS-DELIVER, TS 23.040 §9.2.2.1).

use super::octets::Octets;
use super::{Address, Coding, ServiceTime, UserData};
use crate::wire::WireError;

/// The bit of the first octet that says a header stands before the content.
const HAS_HEADER: u8 = 0x40;
/// The bit that asks for the answer by the same centre.
const HAS_REPLY_PATH: u8 = 0x80;

/// A text from somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// Who sent it, as the network says.
    pub origin: Address,
    /// When the centre took it.
    pub sent: ServiceTime,
    /// Whether the answer should go by the same centre.
    pub has_reply_path: bool,
    /// The protocol identifier; 0 for an ordinary text.
    pub protocol: u8,
    /// Content.
    pub data: UserData,
}

impl Deliver {
    pub(super) fn read(first: u8, octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let origin = Address::read(octets)?;
        let protocol = octets.byte()?;
        let coding = Coding::of(octets.byte()?);
        let sent = ServiceTime::read(octets)?;
        let data = UserData::read(coding, first & HAS_HEADER != 0, octets)?;
        Ok(Self { origin, sent, has_reply_path: first & HAS_REPLY_PATH != 0, protocol, data })
    }
}
