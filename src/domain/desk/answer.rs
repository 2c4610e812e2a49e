//! How a wish of a seat is answered.

use serde::Serialize;

/// The answer to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum DeskReply {
    /// It is done.
    Done,
    /// It is not allowed or makes no sense now.
    Refused {
        /// Why.
        why: Refusal,
    },
    /// It was tried.
    Failed {
        /// What went wrong.
        why: Failure,
    },
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The seat has no right to it.
    NotAllowed,
    /// Not in the state the seat is in.
    WrongState,
    /// No such offer, or it was taken or withdrawn.
    NoSuchOffer,
    /// No such call, or it is over.
    NoSuchCall,
    /// No such party, or it has left.
    NoSuchParty,
    /// No such seat, unit, group or task.
    NoSuchTarget,
    /// The seat that is wanted is not free.
    SeatBusy,
    /// The number rules do not allow the number.
    NumberNotAllowed,
    /// The seat or the house has dialled as often as it may.
    TooManyCalls,
    /// As many parties as a call may have.
    TooManyParties,
    /// The unit is accused in this matter.
    Accused,
    /// The outcome of the three-way call is missing.
    OutcomeMissing,
    /// The disposition or what goes with it is missing.
    DispositionMissing,
    /// The case of the call does not take this wrap-up: it is sealed, or has moved on.
    CaseRefuses,
    /// The case would get its number, and the day has none left (domain.md 6.3).
    NoNumber,
    /// Text or list too long, or a value that means nothing.
    Malformed,
    /// The service is stopping.
    Draining,
}

/// Why a command failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Nobody answered in time.
    NoAnswer,
    /// Busy.
    Busy,
    /// Declined, or no key 1.
    Declined,
    /// No trunk, no registration, or the network refused.
    Unreachable,
    /// The citizen has hung up meanwhile.
    CallerGone,
    /// The store has not committed it in time: it is not known to be stored, send it again.
    StoreDown,
    /// It was called off before anybody was reached.
    Cancelled,
}
