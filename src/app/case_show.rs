//! `mayorline case show`: one case with everything but who the citizen is. Whoever needs to know that
//! says who he is and why, and it stands in the audit before it is shown, as over the interface.

use super::casework::case_name;
use super::exit::Exit;
use super::in_clear;
use super::output::{Output, refused};
use crate::domain::suggest::RiskFlag;
use crate::store::{CaseDetail, CaseName};
use clap::Args;
use serde::Serialize;

/// Which case, and why in clear.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// Its eleven digits, or `draft-N` for a draft.
    number: String,
    /// Why whom to call back is shown in clear; it stands in the audit. Without it contacts are masked.
    #[arg(long, value_name = "TEXT", requires = "person")]
    reason: Option<String>,
    /// The person who asks, with a reason.
    #[arg(long = "as", value_name = "PERSON", requires = "reason")]
    person: Option<String>,
    #[command(flatten)]
    output: Output,
}

/// A case with the flags of its words.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    detail: CaseDetail,
    /// For a person to confirm; none that was marked as false.
    risks: Vec<RiskFlag>,
}

/// Prints the case; in clear only after its reason is stored.
pub(super) fn show(arguments: &ShowArguments) -> Result<(), Exit> {
    let ShowArguments { number, reason, person, output } = arguments;
    let name = case_name(number)?;
    let reader = output.reader()?;
    let detail = match name {
        CaseName::Draft(id) => reader.case_by_id(id),
        CaseName::Number(number) => reader.case(number),
    };
    let detail = detail.map_err(|e| refused(&e))?;
    let risks = reader.file_of(detail.row.id).map_err(|e| refused(&e))?.risks;
    drop(reader);
    let asked = (person.as_deref(), reason.as_deref());
    let clear = in_clear::is_allowed(asked, number, &output.common)?;
    let detail = if clear { detail } else { detail.masked() };
    output.print(&Shown { detail, risks })
}
