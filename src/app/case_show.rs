//! `mayorline case show`: one case with everything but who the citizen is. Whoever needs to know that
//! says who he is and why, and it stands in the audit before it is shown, as over the interface.

use super::casework::case_name;
use super::exit::Exit;
use super::in_clear::InClear;
use super::output::{Output, refused};
use crate::store::CaseName;
use clap::Args;

/// Which case, and why in clear.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// Its eleven digits, or `draft-N` for a draft.
    number: String,
    #[command(flatten)]
    in_clear: InClear,
    #[command(flatten)]
    output: Output,
}

/// Prints the case; in clear only after its reason is stored.
pub(super) fn show(arguments: &ShowArguments) -> Result<(), Exit> {
    let ShowArguments { number, in_clear, output } = arguments;
    let name = case_name(number)?;
    let reader = output.reader()?;
    let detail = match name {
        CaseName::Draft(id) => reader.case_by_id(id),
        CaseName::Number(number) => reader.case(number),
    };
    let detail = detail.map_err(|e| refused(&e))?;
    drop(reader);
    let clear = in_clear.is_allowed(number, &output.common)?;
    output.print(&if clear { detail } else { detail.masked() })
}
