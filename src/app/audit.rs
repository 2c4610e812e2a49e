//! `mayorline audit`: who listened in, heard a recording, was shown a number or changed a seat, when
//! and why. It reads the store, beside a running service too.

use super::common::midnight;
use super::exit::{Exit, Failure};
use super::output::{ListArguments, refused};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

/// `mayorline audit …`
#[derive(Debug, Subcommand)]
pub(super) enum AuditVerb {
    /// The entries, newest last; of more than the limit, the newest.
    List(Arguments),
}

/// Which entries, and how they are printed.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The first day, YYYY-MM-DD, in the city's time.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day, YYYY-MM-DD, itself included.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    #[command(flatten)]
    list: ListArguments,
}

/// The audit.
pub(super) fn audit(verb: AuditVerb) -> Result<(), Exit> {
    let AuditVerb::List(Arguments { from, to, list }) = verb;
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Exit::new(Failure::Usage, "--from is after --to"));
    }
    let from = from.map_or(Ok(Timestamp::MIN), midnight)?;
    let after = |to: Date| to.tomorrow().map_err(|error| Exit::new(Failure::Usage, error));
    let to = to.map(after).transpose()?.map_or(Ok(Timestamp::MAX), midnight)?;
    let rows = list.output.reader()?.audit(from, to, list.limit).map_err(|e| refused(&e))?;
    list.output.print(&rows)
}
