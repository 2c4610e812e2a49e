//! Sessions with carriers of texts, as sans-IO machines on a clock that is passed in
//! (docs/adr/0026-carriers.md).
//!
//! ```text
//! Resting --time--> Connecting --connected--> Binding --believed--> Up --stop--> Draining --> Leaving
//!    ^                  |                        |                   |                           |
//!    '------------------'------------------------'--lost, refused, silent                     Stopped
//! ```
//!
//! One machine, [`Session`], speaks two [`Dialect`]s: [`Cmpp`] and [`Smpp`]. What it holds to:
//!
//! * K1: a text to us is acknowledged only after the caller said that it is kept.
//! * K2: a submission is never sent twice by the machine; each ends in exactly one of taken, throttled,
//!   later, never, uncertain, unsent. After *uncertain* one *taken* or refusal may still come.
//! * K3: at most one submission to a number is under way; at most a window of them in all.
//! * K4: nothing is sent while the account is throttled.

mod cmpp;
mod dialect;
mod flight;
mod session;
mod smpp;

#[cfg(test)]
mod tests;

pub use cmpp::{Cmpp, CmppConfig};
pub use dialect::{Dialect, Heard, Refusal, Said, Submission};
pub use flight::LATE_MAX;
pub use session::{
    ARRIVED_MAX, BACK_OFF_SECONDS_MAX, Event, Fault, Input, Output, REFUSED_SECONDS, Session,
    SessionConfig, THROTTLED_SECONDS_MAX, Ticket,
};
pub use smpp::{Smpp, SmppConfig};

/// A part of a message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId {
    /// The message.
    pub message: i64,
    /// Which part of it, from 1.
    pub number: u8,
}
