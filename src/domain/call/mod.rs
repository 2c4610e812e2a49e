//! The way one call takes, as a sans-IO machine.
//!
//! `Call::handle(now, input)`, then `poll_action` until it is empty, then `poll_timeout`.

mod contract;

pub use contract::{
    Action, CallRecord, Caller, EndedBy, Entry, EntryKind, Incoming, Input, IntakeKind, Lookup,
    NewIntake, PlayId, RecordId, RecordingKind, RecordingSummary, Seats, StoreReply, StoreRequest,
    Ticket,
};
