//! What was read out of a message, as it is settled.

use crate::domain::message::SendState;
use crate::domain::message::mail::{Incoming, Reference};
use crate::wire::sms::UserData;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a message turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A short text, or a part of one.
    Text(Box<InboundText>),
    /// A mail.
    Mail(Box<InboundMail>),
    /// What became of a message of ours.
    Report(CarrierReport),
    /// Nothing that anybody needs, for this reason.
    Nothing(&'static str),
    /// A person must look at it, for this reason.
    Held(&'static str),
}

/// A short text. `Debug` tells nothing of whom and what.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    /// The sender as the network shows it.
    pub from: String,
    /// The number that it was sent to, where the carrier tells.
    pub to: Option<String>,
    /// When the network took it, where the carrier tells.
    pub sent_at: Option<Timestamp>,
    /// What it says.
    pub words: Words,
}

/// The words of a short text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Whole, as a carrier wrote them out.
    Whole {
        /// The words.
        text: String,
        /// Something could not be read or was guessed.
        suspect: bool,
    },
    /// As they were sent: the whole, or one part of several.
    Data(UserData),
}

impl fmt::Debug for InboundText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundText").field("sent_at", &self.sent_at).finish_non_exhaustive()
    }
}

/// A mail, as the rules are given it, with what its case keeps of it. `Debug` tells nothing of whom and what.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct InboundMail {
    /// Who wrote what to whom, and the marks of programs.
    pub mail: Incoming,
    /// What its sender calls himself.
    pub name: Option<String>,
    /// Its Message-ID, and those that it names itself.
    pub reference: Reference,
    /// The files in it, in their order.
    pub files: Vec<MailFile>,
    /// Something in it could not be read or was guessed.
    pub suspect: bool,
    /// A limit was met, and something is left out of what is read.
    pub limited: bool,
}

impl fmt::Debug for InboundMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files.len();
        f.debug_struct("InboundMail").field("files", &files).finish_non_exhaustive()
    }
}

/// A file in a mail: its bytes stay in the mail, which is kept as it came. `Debug` does not show its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailFile {
    /// Fit to be shown and saved; `None` where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As the sender says: `image/jpeg`.
    pub media_type: String,
    /// Bytes, decoded.
    pub size: u64,
    /// SHA-256 of them, in hexadecimal digits: the same file is known again by it.
    pub sha256: String,
}

impl fmt::Debug for MailFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailFile({}, {} bytes)", self.media_type, self.size)
    }
}

/// What a carrier says became of a part of a message of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct CarrierReport {
    /// What the carrier called the part when it took it.
    pub reference: String,
    /// Whom it was sent to.
    pub to: Option<String>,
    /// What became of it.
    pub state: SendState,
    /// The carrier's own word for it.
    pub code: String,
    /// When, by the carrier's clock.
    pub at: Option<Timestamp>,
}

impl fmt::Debug for CarrierReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierReport")
            .field("state", &self.state)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
