//! `mayorline case`, `call` and `verify`: they read the store, beside a running service too.

use super::common::{Common, say};
use super::exit::{Exit, Failure};
use crate::store::{CaseFilter, Reader, StoreError, VerifyReport};
use crate::units::{CallId, CaseNumber};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::fmt::{Display, Write};

/// Rows of a list unless told otherwise.
const ROWS_DEFAULT: usize = 1000;

/// `mayorline case …`
#[derive(Debug, Subcommand)]
pub(super) enum CaseVerb {
    /// The newest cases first; contacts are masked.
    List(ListArguments),
    /// One case with its events.
    Show {
        /// Its eleven digits, or `draft-N` for a draft.
        number: String,
        #[command(flatten)]
        output: Output,
    },
}

/// `mayorline call …`
#[derive(Debug, Subcommand)]
pub(super) enum CallVerb {
    /// The newest calls first; numbers are masked.
    List(ListArguments),
    /// One call: legs, times, digits pressed, prompts heard, recording file. Keys of menus stand in
    /// clear, every other digit as `*`: it may belong to a query code or a number.
    Show {
        /// Its id.
        id: String,
        #[command(flatten)]
        output: Output,
    },
}

/// How a list is printed.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Rows at most.
    #[arg(long, default_value_t = ROWS_DEFAULT)]
    limit: usize,
    #[command(flatten)]
    output: Output,
}

/// Where to read and how to print.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

impl Output {
    fn reader(&self) -> Result<Reader, Exit> {
        self.common.load()?;
        Reader::open(&self.common.data).map_err(|error| refused(&error))
    }

    fn print(&self, value: &impl Serialize) -> Result<(), Exit> {
        let json = serde_json::to_value(value).map_err(|e| Exit::new(Failure::Software, e))?;
        let text = if self.json {
            serde_json::to_string_pretty(&json).map_err(|e| Exit::new(Failure::Software, e))? + "\n"
        } else {
            plain(&json)
        };
        say(&text)
    }
}

fn refused(error: &StoreError) -> Exit {
    let failure = match error {
        StoreError::NotFound | StoreError::Missing(_) => Failure::NoInput,
        _ => Failure::Data,
    };
    Exit::new(failure, error)
}

/// Cases.
pub(super) fn case(verb: CaseVerb) -> Result<(), Exit> {
    match verb {
        CaseVerb::List(list) => {
            let rows = list
                .output
                .reader()?
                .cases(&CaseFilter::default(), list.limit)
                .map_err(|e| refused(&e))?;
            list.output.print(&rows)
        }
        CaseVerb::Show { number, output } => {
            let usage = |error: &dyn Display| Exit::new(Failure::Usage, error);
            let found = match number.strip_prefix("draft-") {
                Some(id) => {
                    let id = id.parse().map_err(|_| usage(&"not the id of a draft"))?;
                    output.reader()?.case_by_id(id)
                }
                None => {
                    let number = CaseNumber::parse(&number).map_err(|error| usage(&error))?;
                    output.reader()?.case(number)
                }
            };
            output.print(&found.map_err(|e| refused(&e))?)
        }
    }
}

/// Calls.
pub(super) fn call(verb: CallVerb) -> Result<(), Exit> {
    match verb {
        CallVerb::List(list) => {
            let rows = list.output.reader()?.calls(list.limit).map_err(|e| refused(&e))?;
            list.output.print(&rows)
        }
        CallVerb::Show { id, output } => {
            let id = CallId::parse(&id).map_err(|error| Exit::new(Failure::Usage, error))?;
            output.print(&output.reader()?.call(&id).map_err(|e| refused(&e))?)
        }
    }
}

/// `mayorline verify`
pub(super) fn verify(common: &Common) -> Result<(), Exit> {
    common.load()?;
    let report = crate::store::verify(&common.data).map_err(|e| refused(&e))?;
    say(&described(&report))?;
    if report.is_sound() {
        Ok(())
    } else {
        Err(Exit::new(Failure::Data, format!("{} faults", report.fault_count)))
    }
}

fn described(report: &VerifyReport) -> String {
    let mut text = format!(
        "events {}, cases {}, recordings {}, days {}, erased {}\nhead {}\n",
        report.events, report.cases, report.recordings, report.days, report.erased, report.head
    );
    for fault in &report.faults {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "FAULT {} {}: {}", fault.area, fault.subject, fault.problem);
    }
    text
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
