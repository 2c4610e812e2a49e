//! Cases (事项): states, commands, events and the deadlines derived from them.
//!
//! A case is the fold of its events: `decide` turns a command into events, `apply` folds them.

mod status;

pub use status::{CaseStatus, Due, State};
