//! A text to somebody (SMS-SUBMIT, TS 23.040 §9.2.2.2).

use super::octets::to_hex;
use super::{Destination, UserData};

/// Type SUBMIT with a relative validity period.
const SUBMIT: u8 = 0x01 | 0x10;
/// The bit that asks for a report.
const WANTS_REPORT: u8 = 0x20;
/// The bit that says a header stands before the content.
const HAS_HEADER: u8 = 0x40;

const MINUTES_OF_DAY: u32 = 24 * 60;

/// How long the centre keeps trying, in the steps it knows (§9.2.3.12.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity(u8);

impl Validity {
    /// The shortest that is at least so long; 63 weeks at most.
    #[must_use]
    pub fn of_minutes(minutes: u32) -> Self {
        let days = minutes.div_ceil(MINUTES_OF_DAY);
        let step = match minutes {
            0..=720 => minutes.div_ceil(5).max(1) - 1,
            721..=MINUTES_OF_DAY => 143 + (minutes - 720).div_ceil(30),
            _ if days <= 30 => 166 + days,
            _ => 192 + days.div_ceil(7),
        };
        Self(u8::try_from(step).unwrap_or(u8::MAX))
    }

    /// As it stands in the PDU.
    #[must_use]
    pub fn octet(self) -> u8 {
        self.0
    }

    /// In minutes.
    #[must_use]
    pub fn minutes(self) -> u32 {
        let step = u32::from(self.0);
        match self.0 {
            0..=143 => (step + 1) * 5,
            144..=167 => 720 + (step - 143) * 30,
            168..=196 => (step - 166) * MINUTES_OF_DAY,
            197.. => (step - 192) * 7 * MINUTES_OF_DAY,
        }
    }
}

/// A text to somebody, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// Whom it goes to.
    pub destination: Destination,
    /// Whether the centre tells what became of it.
    pub wants_report: bool,
    /// How long the centre tries.
    pub validity: Validity,
    /// Content.
    pub data: UserData,
}

impl Submit {
    /// The transfer PDU. The modem puts its own reference in.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let report = if self.wants_report { WANTS_REPORT } else { 0 };
        let header = if self.data.part.is_some() { HAS_HEADER } else { 0 };
        let mut out = vec![SUBMIT | report | header, 0];
        self.destination.write(&mut out);
        // Protocol identifier of an ordinary text.
        out.push(0);
        out.push(self.data.coding.scheme());
        out.push(self.validity.0);
        self.data.write(&mut out);
        out
    }

    /// What `AT+CMGS=` is given, the octets of the transfer PDU, and the line behind its prompt, in
    /// which the modem's own service centre stands.
    #[must_use]
    pub fn line(&self) -> (usize, String) {
        let transfer = self.write();
        (transfer.len(), format!("00{}", to_hex(&transfer)))
    }
}
