//! SIP as sans-IO machines on a clock that is passed in (RFC 3261 and the extensions named inside).

mod admission;
mod authentication;
mod checks;
pub mod config;
mod contract;
mod dialog;
pub mod digest;
mod endpoint;
mod leg;
pub mod offer_answer;
mod outgoing;
mod registrar;
mod reply;
mod session_timer;
mod timer;
mod transaction;

pub use admission::REFUSAL_WINDOW_SECONDS;
pub use authentication::{Account, FAILURES_LISTED_MAX, FAILURES_MAX, LOCK_SECONDS, NONCES_MAX};
pub use config::EndpointConfig;
pub use contract::{Event, Flow, Reason, TextId, Transmit, Transport};
pub use endpoint::{Counts, Endpoint};
pub use outgoing::{
    Credentials, Invitation, NO_RESPONSE_SECONDS, RING_SECONDS, Registration, TrunkConfig, TrunkId,
};
pub use registrar::{
    BINDING_TEXT_BYTES_MAX, BINDINGS_MAX, Binding, EXPIRES_SECONDS_MAX, EXPIRES_SECONDS_MIN,
};
