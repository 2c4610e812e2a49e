//! SIP as sans-IO machines on a clock that is passed in (RFC 3261 and the extensions named inside), and the
//! dialogue with a GSM modem ([`modem`]), sessions with carriers of texts ([`carrier`]).

// What a peer sent must never make it panic.
#![warn(clippy::indexing_slicing)]

mod admission;
mod authentication;
mod calling;
pub mod carrier;
mod checks;
pub mod config;
mod contract;
mod dialog;
pub mod digest;
mod endpoint;
mod leg;
pub mod modem;
pub mod offer_answer;
mod outgoing;
mod prover;
mod registrar;
mod reply;
mod session_timer;
mod timer;
mod transaction;
mod transfer;
mod trunk;

pub use admission::REFUSAL_WINDOW_SECONDS;
pub use authentication::{
    Account, FAILURES_LISTED_MAX, FAILURES_MAX, LOCK_SECONDS, NONCES_MAX, NUMBERS_PER_ADDRESS_MAX,
};
pub use calling::FORKS_MAX;
pub use config::EndpointConfig;
pub use contract::{Event, Flow, Reason, TextId, Transmit, Transport};
pub use endpoint::{Counts, Endpoint};
pub use outgoing::{
    Credentials, Invitation, NO_RESPONSE_SECONDS, RING_SECONDS, Registration, TrunkConfig, TrunkId,
};
pub use registrar::{
    BINDING_TEXT_BYTES_MAX, BINDINGS_MAX, Binding, EXPIRES_SECONDS_MAX, EXPIRES_SECONDS_MIN,
};
pub use trunk::{
    PROBE_AGAIN_SECONDS, PROBE_SECONDS, REGISTER_AGAIN_SECONDS, REGISTER_AGAIN_SECONDS_MAX,
    REGISTER_EXPIRES_SECONDS_MAX, REGISTER_SECONDS_MIN, TRUNK_FAILURES_MAX, TRUNK_SUCCESSES,
};
