//! How what is read from a data folder is printed: JSON, or lines for a person.

use super::clock;
use super::common::{Common, say};
use super::config::Config;
use super::exit::{Exit, Failure};
use crate::store::{Administration, Reader, StoreError};
use clap::Args;
use serde::Serialize;
use std::fmt::Write;

/// Rows of a list unless told otherwise.
const ROWS_DEFAULT: usize = 1000;

/// How a list is printed.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Rows at most.
    #[arg(long, default_value_t = ROWS_DEFAULT)]
    pub(super) limit: usize,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Where to read and how to print.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

impl Output {
    /// Reads the data folder; loads the configuration first, for its log.
    pub(super) fn reader(&self) -> Result<Reader, Exit> {
        let config = self.common.load()?;
        Reader::open(self.common.folder(&config)).map_err(|error| refused(&error))
    }

    /// JSON is wanted.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a value as it was asked for.
    pub(super) fn print(&self, value: &impl Serialize) -> Result<(), Exit> {
        let json = serde_json::to_value(value).map_err(|e| Exit::new(Failure::Software, e))?;
        let text = if self.json {
            serde_json::to_string_pretty(&json).map_err(|e| Exit::new(Failure::Software, e))? + "\n"
        } else {
            plain(&json)
        };
        say(&text)
    }
}

/// Why a data folder could not be read.
pub(super) fn refused(error: &StoreError) -> Exit {
    let failure = match error {
        StoreError::NotFound | StoreError::Missing(_) => Failure::NoInput,
        _ => Failure::Data,
    };
    Exit::new(failure, error)
}

/// Why an administrator's write failed.
pub(super) fn unwritten(error: &StoreError) -> Exit {
    let failure = match error {
        StoreError::OtherVersion { .. } | StoreError::InUse(_) => Failure::Unavailable,
        StoreError::File { .. } => Failure::Io,
        other => return refused(other),
    };
    Exit::new(failure, error)
}

/// Opens the store for what a person types in for the reports.
pub(super) fn report_store(common: &Common, config: &Config) -> Result<Administration, Exit> {
    let now = (clock::system().wall)();
    Administration::open(common.folder(config), now).map_err(|error| unwritten(&error))
}

/// Why what a person typed in for the reports is not stored.
pub(super) fn untaken(error: &StoreError) -> Exit {
    match error {
        StoreError::Malformed(_) => Exit::new(Failure::Usage, error),
        other => unwritten(other),
    }
}

/// Lists as lines of `key=value`, one object a block.
fn plain(value: &serde_json::Value) -> String {
    let mut text = String::new();
    match value {
        serde_json::Value::Array(rows) => {
            for row in rows {
                line(row, &mut text);
            }
        }
        other => line(other, &mut text),
    }
    text
}

fn line(value: &serde_json::Value, text: &mut String) {
    if let serde_json::Value::Object(fields) = value {
        for (at, (key, value)) in fields.iter().filter(|(_, value)| !value.is_null()).enumerate() {
            let gap = if at == 0 { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = match value {
                serde_json::Value::String(words) => write!(text, "{gap}{key}={words}"),
                other => write!(text, "{gap}{key}={other}"),
            };
        }
    }
    text.push('\n');
}
