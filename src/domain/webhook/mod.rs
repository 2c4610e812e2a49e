//! Telling other programs what happens to cases: which events are told and with what (`event`), where
//! a message may be sent (`target`), and when one that failed is tried again (`schedule`).
//!
//! Pure: no clock, no socket. docs/adr/0023-webhooks.md says why it is as it is.

mod event;
mod schedule;
mod target;

pub use event::{HookKind, Told, ToldCase, told};
pub use schedule::{
    ATTEMPTS_MAX, LATER_SECONDS_MAX, OUTAGE_FAILURES_MIN, PAUSE_FAILURES_MIN, PAUSE_HOURS,
    REST_SECONDS_MAX, is_outage, is_to_be_paused, rest_asked, retry,
};
pub use target::{NETWORKS_MAX, Network, Reach, Scheme, Target, TargetFault, URL_BYTES_MAX};
