//! SIP as sans-IO machines on a clock that is passed in (RFC 3261 and the extensions named inside).

mod admission;
mod checks;
pub mod config;
mod contract;
mod dialog;
mod endpoint;
mod leg;
pub mod offer_answer;
mod reply;
mod session_timer;
mod timer;
mod transaction;

pub use admission::REFUSAL_WINDOW_SECONDS;
pub use config::EndpointConfig;
pub use contract::{Event, Flow, Reason, TextId, Transmit, Transport};
pub use endpoint::{Counts, Endpoint};
