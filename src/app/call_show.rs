//! `mayorline call show`: one call with everything but who called. Whoever needs to know that says who
//! he is and why, and it stands in the audit before it is shown.

use super::exit::{Exit, Failure};
use super::in_clear;
use super::output::{Output, refused};
use crate::units::CallId;
use clap::Args;

/// Which call, and why in clear.
#[derive(Debug, Args)]
pub(super) struct CallShowArguments {
    /// Its id.
    id: String,
    /// Why who called is shown in clear; it stands in the audit. Without it number and name are masked.
    #[arg(long, value_name = "TEXT", requires = "person")]
    reason: Option<String>,
    /// The person who asks, with a reason.
    #[arg(long = "as", value_name = "PERSON", requires = "reason")]
    person: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// Prints the call; in clear only after its reason is stored.
pub(super) fn show(arguments: &CallShowArguments) -> Result<(), Exit> {
    let CallShowArguments { id, reason, person, output } = arguments;
    let id = CallId::parse(id).map_err(|error| Exit::new(Failure::Usage, error))?;
    let call = output.reader()?.call(&id).map_err(|e| refused(&e))?;
    let asked = (person.as_deref(), reason.as_deref());
    let clear = in_clear::is_allowed(asked, id.as_str(), &output.common)?;
    output.print(&if clear { call } else { call.masked() })
}
