//! Messages of citizens and to them (domain.md 4.3): what a short text asks for, and the texts that answer.

mod command;
pub mod templates;

pub use command::{Command, command};
