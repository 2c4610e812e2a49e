//! Cases (事项): states, commands, events and the deadlines derived from them.
//!
//! A case is the fold of its events: [`decide`] turns a command into events, [`apply`] folds them,
//! [`may_follow`] is the table of transitions. All three are pure.

mod callback;
mod codec;
mod deadline;
mod event;
mod fold;
mod status;
mod unit;
mod workflow;
mod wrap_up;

pub use callback::{AttemptOutcome, TRIES_MIN, Try};
pub use deadline::{
    CITY_ZONE, DAYS_MAX, Deadline, DeadlineMode, DeadlineRules, REPLY_DAYS, Step, city_zone,
    local_day,
};
pub use event::{
    Accepted, CallbackReason, CaseEvent, Channel, DueDate, ExtensionReason, LawfulChannel, Nature,
    Original, Private, Received,
};
pub use fold::{CallbackTask, Case, apply};
pub use status::{CaseStatus, Due, State};
pub use unit::{Unit, UnitsError, parse_units};
pub use workflow::{
    CALLBACK_MINUTES, Command, Context, Refusal, SUMMARY_CHARS_MAX, TEXT_CHARS_MAX, decide,
    may_follow, received,
};
pub use wrap_up::{DOMAIN_UNCODED, Words, WrapUp, WrappedUp};
