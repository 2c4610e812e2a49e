//! `mayorline call show`: one call with everything but who called. Whoever needs to know that says who
//! he is and why, and it stands in the audit before it is shown.

use super::exit::{Exit, Failure};
use super::in_clear::InClear;
use super::output::{Output, refused};
use crate::units::CallId;
use clap::Args;

/// Which call, and why in clear.
#[derive(Debug, Args)]
pub(super) struct CallShowArguments {
    /// Its id.
    id: String,
    #[command(flatten)]
    in_clear: InClear,
    #[command(flatten)]
    output: Output,
}

/// Prints the call; in clear only after its reason is stored.
pub(super) fn show(arguments: &CallShowArguments) -> Result<(), Exit> {
    let CallShowArguments { id, in_clear, output } = arguments;
    let id = CallId::parse(id).map_err(|error| Exit::new(Failure::Usage, error))?;
    let call = output.reader()?.call(&id).map_err(|e| refused(&e))?;
    let clear = in_clear.is_allowed(id.as_str(), &output.common)?;
    output.print(&if clear { call } else { call.masked() })
}
