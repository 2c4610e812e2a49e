//! What became of a text of ours (SMS-STATUS-REPORT, TS 23.040 §9.2.2.3).

use super::octets::Octets;
use super::{Address, ServiceTime};
use crate::wire::WireError;

/// What became of a text of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The reference that the modem gave the text when it was sent; repeats after 256 texts.
    pub reference: u8,
    /// Whom it went to.
    pub recipient: Address,
    /// When the centre took it.
    pub sent: ServiceTime,
    /// When it was delivered or given up, or when the centre last tried.
    pub discharged: ServiceTime,
    /// The status octet as it came.
    pub status: u8,
}

/// What the status octet says (§9.2.3.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The telephone has it.
    Delivered,
    /// Passed on, or put in the place of another: nobody can tell whether it arrived.
    Unconfirmed,
    /// Not yet, and the centre goes on trying.
    Trying,
    /// Not, and it never will be.
    Failed,
    /// Not, and the centre has given up; it may work another day.
    GivenUp,
}

impl StatusReport {
    /// What the status says. Reserved values count as the last one of their kind (§9.2.3.15).
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.status {
            0x00 => Outcome::Delivered,
            0x01..=0x1F => Outcome::Unconfirmed,
            0x20..=0x3F => Outcome::Trying,
            0x40..=0x5F => Outcome::Failed,
            // 0x80 and above are reserved; no centre will say more.
            _ => Outcome::GivenUp,
        }
    }

    pub(super) fn read(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            reference: octets.byte()?,
            recipient: Address::read(octets)?,
            sent: ServiceTime::read(octets)?,
            discharged: ServiceTime::read(octets)?,
            status: octets.byte()?,
        })
    }
}
