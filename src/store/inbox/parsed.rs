//! What was read out of a message, as it is settled.

use crate::domain::message::SendState;
use crate::wire::sms::UserData;
use jiff::Timestamp;
use std::fmt;

/// What a message turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A short text, or a part of one.
    Text(Box<InboundText>),
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
