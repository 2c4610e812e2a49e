//! SIP as sans-IO machines on a clock that is passed in (RFC 3261 and the extensions named inside).

mod contract;
pub mod offer_answer;

pub use contract::{Event, Flow, Reason, TextId, Transmit, Transport};
