//! What became of a text of ours: the content of a DELIVER that is a report.

use super::Version;
use super::fields::{Reader, Writer};
use crate::wire::WireError;
use crate::wire::sms::Outcome;
use std::fmt;

/// Octets of a report in 2.0; in 3.0 the number is wider.
const NARROW: usize = 60;
const WIDE: usize = 71;

/// What became of a text of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// As in the answer to the SUBMIT.
    pub msg_id: u64,
    /// Seven letters: `DELIVRD`, or a code of the centre such as `MA:0001`.
    pub status: String,
    /// YYMMDDhhmm.
    pub submitted: String,
    /// YYMMDDhhmm.
    pub done: String,
    /// Whom it went to.
    pub destination: String,
    /// A counter of the centre.
    pub sequence: u32,
}

impl Report {
    /// Its length tells the version; some gateways that speak 3.0 send that of 2.0.
    pub(super) fn read(content: &[u8]) -> Result<Self, WireError> {
        let version = match content.len() {
            NARROW => Version::V2,
            WIDE => Version::V3,
            _ => return Err(WireError::Malformed("CMPP report")),
        };
        let mut reader = Reader::new(content);
        Ok(Self {
            msg_id: reader.u64()?,
            status: reader.text(7)?,
            submitted: reader.text(10)?,
            done: reader.text(10)?,
            destination: reader.text(version.terminal())?,
            sequence: reader.u32()?,
        })
    }

    /// The content of a DELIVER.
    ///
    /// # Errors
    /// `TooLarge` for a field that is longer than its place.
    pub fn write(&self, version: Version) -> Result<Vec<u8>, WireError> {
        let mut writer = Writer::default();
        writer.u64(self.msg_id);
        writer.text(&self.status, 7)?;
        writer.text(&self.submitted, 10)?;
        writer.text(&self.done, 10)?;
        writer.text(&self.destination, version.terminal())?;
        writer.u32(self.sequence);
        Ok(writer.into_octets())
    }

    /// What the seven letters mean.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.status.to_ascii_uppercase().as_str() {
            "DELIVRD" => Outcome::Delivered,
            // Taken by an operator on the citizen's behalf, or not known.
            "ACCEPTD" | "UNKNOWN" => Outcome::Unconfirmed,
            "EXPIRED" => Outcome::GivenUp,
            // DELETED, UNDELIV, REJECTD, and the codes of centres (MA:, MB:, MI:, CA:, CB:, DA:, DB:).
            _ => Outcome::Failed,
        }
    }
}

/// Says what became of it, never whose it was.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Report({:016x}, {})", self.msg_id, self.status)
    }
}
