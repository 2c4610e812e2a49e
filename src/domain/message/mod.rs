//! Messages of citizens and to them (domain.md 4.3): what a short text asks for.

mod command;

pub use command::{Command, command};
