//! The way one call takes, as a sans-IO machine.
//!
//! `Call::handle(now, input)`, then `poll_action` until it is empty, then `poll_timeout`.

mod attended;
mod callback;
mod contract;
mod goodbye;
#[cfg(any(test, fuzzing))]
pub mod grammar;
mod keypad;
mod ledger;
mod line;
mod lookup;
mod machine;
mod menu;
mod opening;
mod people;
mod queueing;
mod rules;
mod stage;
mod status;
mod survey;
mod timers;
mod voicemail;
mod words;

pub use contract::{
    Action, CallRecord, Caller, EndedBy, Entry, EntryKind, Incoming, Input, IntakeKind, Lookup,
    NewIntake, PlayId, RecordId, RecordingKind, RecordingSummary, StoreReply, StoreRequest, Ticket,
};
pub use machine::Call;
pub use people::{
    AfterPerson, Hours, KeptPlace, ListeningDay, NextListeningDay, NoPerson, OnDuty, Place, Seats,
    SeekFrom, StopReason, Tell,
};
pub use rules::CallRules;
