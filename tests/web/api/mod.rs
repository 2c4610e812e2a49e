//! The interface for programs and people with accounts, over real HTTP: every answer is held against
//! the interface's own description.

mod conflicts;
mod document;
mod drill;
mod exports;
mod files;
mod lists;
mod messages;
mod offices;
mod opened;
mod public;
mod recordings;
mod rights;
mod running;
mod sessions;
mod warned;
mod webhooks;
pub(crate) mod world;
