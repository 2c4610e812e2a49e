//! What became of a file of ours: smsd moves it to `sent` or `failed` and adds headers.

use super::headers::File;
use crate::wire::WireError;
use crate::wire::sms::CmsError;

/// What smsd says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The network has it.
    Sent {
        /// What reports name it by; `None` where no report was asked for.
        reference: Option<u8>,
    },
    /// The modem named this error.
    Refused(CmsError),
    /// No reason that says whether it went out: when the modem's answer is lost, smsd's file ends here
    /// and the text is at the network.
    Unclear,
}

/// What smsd writes when the modem answered.
const CMS_ERROR: &str = "+CMS ERROR:";

impl Outcome {
    /// Reads a file of the folder `sent`.
    ///
    /// # Errors
    /// `Missing` while smsd still writes; what else is wrong.
    pub fn sent(bytes: &[u8]) -> Result<Self, WireError> {
        let file = File::split(bytes)?;
        file.header("Sent").ok_or(WireError::Missing("time of sending"))?;
        // With several parts in one file smsd names one of them, or all with a dot behind.
        let reference = file.header("Message_id").and_then(|id| id.parse().ok());
        Ok(Self::Sent { reference })
    }

    /// Reads a file of the folder `failed`.
    ///
    /// # Errors
    /// As [`Self::sent`].
    pub fn failed(bytes: &[u8]) -> Result<Self, WireError> {
        let file = File::split(bytes)?;
        let reason = file.header("Fail_reason").unwrap_or_default();
        let code = reason.strip_prefix(CMS_ERROR).map(str::trim_start);
        let code = code.and_then(|code| code.split(|c: char| !c.is_ascii_digit()).next());
        let code = code.and_then(|code| code.parse().ok());
        Ok(code.map_or(Self::Unclear, |code| Self::Refused(CmsError(code))))
    }
}
