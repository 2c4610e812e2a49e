//! What the protocols of carriers have in common: what can be said and heard.

use crate::wire::WireError;
use crate::wire::sms::Carried;
use std::fmt;

/// A text, or a part of one, to somebody. `Debug` says how much there is, never what nor to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// Whom it goes to, as the carrier wants the number.
    pub recipient: String,
    /// What it says.
    pub carried: Carried,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Submission({:?})", self.carried)
    }
}

/// What is said to a carrier.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// Who we are, at month, day, hour, minute and second of the city as one number.
    Bind(u32),
    /// A text to somebody.
    Submit(&'a Submission),
    /// Whether a text to us is kept.
    Kept {
        /// What the text to us said of itself.
        token: u64,
        /// Whether.
        is_kept: bool,
    },
    /// Is anybody there?
    Test,
    /// Somebody is.
    TestAnswer,
    /// The session is to end.
    Bye,
    /// It does.
    ByeAnswer,
    /// What was said is not known here.
    Unknown,
}

/// Why a text to somebody was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The account sends too much.
    Throttled,
    /// It may be taken later.
    Later,
    /// It never will be.
    Never,
}

/// What a carrier said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// We are believed.
    Believed,
    /// We are not, with the carrier's code.
    Refused(String),
    /// Not now: the carrier has no room, or still holds our last connection.
    Busy(String),
    /// A text is taken, and the carrier calls it so; without a name it can never be reported on.
    Taken {
        /// Of the submission.
        sequence: u32,
        /// What it is called.
        reference: Option<String>,
    },
    /// A text is not taken.
    NotTaken {
        /// Of the submission.
        sequence: u32,
        /// For how long not.
        refusal: Refusal,
        /// The carrier's code.
        code: String,
    },
    /// A text to us, or a report.
    Arrived {
        /// To be answered.
        sequence: u32,
        /// To be said with the answer.
        token: u64,
    },
    /// Is anybody there?
    Test(u32),
    /// Somebody is.
    TestAnswer,
    /// The session is to end.
    Bye(u32),
    /// It does.
    ByeAnswer,
    /// A command that is not known here, to be answered so.
    Unknown(u32),
    /// Nothing that could be read, or that asks for anything.
    Noise,
}

/// A protocol of carriers.
pub trait Dialect {
    /// Octets of the first PDU of a stream, once all of them are there.
    ///
    /// # Errors
    /// A stream in which no further PDU can be found.
    fn frame(stream: &[u8]) -> Result<Option<usize>, WireError>;

    /// What one PDU says.
    fn hear(&self, pdu: &[u8]) -> Heard;

    /// The octets of what is said.
    ///
    /// # Errors
    /// What does not fit into the protocol.
    fn say(&mut self, sequence: u32, said: Said<'_>) -> Result<Vec<u8>, WireError>;

    /// The number after this one.
    fn next(sequence: u32) -> u32;
}
