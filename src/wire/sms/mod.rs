//! Short messages as modems and carriers hand them over: the transfer PDUs of 3GPP TS 23.040
//! (SMS-DELIVER, SMS-SUBMIT, SMS-STATUS-REPORT) in the alphabets of TS 23.038.
//!
//! The PDU is the only truthful record of a text: programs between modem and us lose headers and
//! characters. So a PDU is read into values here, and the parts of a long message are joined as
//! septets or octets before anything is decoded: a character may be cut between two parts.
//!
//! Nothing here waits, allocates without bound, or keeps anything.

mod address;
mod alphabet;
mod carried;
mod deliver;
mod gsm7;
mod octets;
mod status_report;
mod submit;
mod text;
mod time;
mod user_data;

#[cfg(test)]
mod tests;

pub use address::{Address, Destination};
pub use alphabet::{Alphabet, Coding};
pub use carried::{CARRIED_BYTES_MAX, Carried, Charset, Content};
pub use deliver::Deliver;
pub use status_report::{Outcome, StatusReport};
pub use submit::{Submit, Validity};
pub use text::{Text, decode, parts_of, split};
pub use time::ServiceTime;
pub use user_data::{Part, Payload, UserData};

use super::WireError;
use octets::Octets;

/// Longest PDU with the service centre before it: 12 octets of that and 164 of an SMS-DELIVER or 176
/// of an SMS-STATUS-REPORT (TS 23.040 §9.2.2).
pub const PDU_BYTES_MAX: usize = 188;

/// What the network hands to a telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A text from somebody.
    Deliver(Deliver),
    /// What became of a text of ours.
    StatusReport(StatusReport),
}

impl Incoming {
    /// Reads a PDU with its service centre, as the modem's `+CMGR` and `+CMGL` show it.
    ///
    /// # Errors
    /// What is wrong; `Unsupported` for a type that no network sends to a telephone.
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > PDU_BYTES_MAX {
            return Err(WireError::TooLarge("short message PDU"));
        }
        let mut octets = Octets::new(bytes);
        let centre = octets.byte()?;
        octets.take(usize::from(centre))?;
        Self::read(&mut octets)
    }

    /// Reads a PDU as a carrier hands it over: without a service centre.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_transfer(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > PDU_BYTES_MAX {
            return Err(WireError::TooLarge("short message PDU"));
        }
        Self::read(&mut Octets::new(bytes))
    }

    /// Reads the hexadecimal line of a modem or spool file; blanks around it do not count.
    ///
    /// ```
    /// use mayorline::wire::sms::{Incoming, decode};
    /// let line = "00040D91689109000000F1000862112202311523044F60597D";
    /// let Incoming::Deliver(text) = Incoming::parse_line(line)? else { panic!("a report") };
    /// assert_eq!(text.origin.dialled(), "+8619900000001");
    /// assert_eq!(decode([&text.data]).text, "你好");
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Self::parse`], and `Malformed` where something is no hexadecimal digit.
    pub fn parse_line(line: &str) -> Result<Self, WireError> {
        Self::parse(&octets::from_hex(line.trim(), PDU_BYTES_MAX)?)
    }

    fn read(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let first = octets.byte()?;
        // TS 23.040 §9.2.3.1: the two lowest bits are the type, by direction. What is reserved is taken as a
        // text, and whoever keeps the line has it as it came.
        match first & 0b11 {
            0b00 | 0b11 => Deliver::read(first, octets).map(Self::Deliver),
            0b10 => StatusReport::read(octets).map(Self::StatusReport),
            _ => Err(WireError::Unsupported("short message type")),
        }
    }
}
