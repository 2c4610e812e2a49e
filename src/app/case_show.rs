//! `mayorline case show`: one case with everything but who the citizen is. Whoever needs to know that
//! says who he is and why, and it stands in the audit before it is shown, as over the interface.

use super::casework::case_name;
use super::clock;
use super::exit::{Exit, Failure};
use super::output::{Output, refused, unwritten};
use crate::domain::playback::reason;
use crate::domain::suggest::RiskFlag;
use crate::store::{Administration, CaseDetail, CaseName};
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
    let ShowArguments { number, output, .. } = arguments;
    let name = case_name(number)?;
    let reader = output.reader()?;
    let detail = match name {
        CaseName::Draft(id) => reader.case_by_id(id),
        CaseName::Number(number) => reader.case(number),
    };
    let detail = detail.map_err(|e| refused(&e))?;
    let risks = reader.file_of(detail.row.id).map_err(|e| refused(&e))?.risks;
    drop(reader);
    let detail = if is_allowed(arguments)? { detail } else { detail.masked() };
    output.print(&Shown { detail, risks })
}

/// Whether contacts are shown in clear; that stands in the audit then.
fn is_allowed(arguments: &ShowArguments) -> Result<bool, Exit> {
    let (Some(words), Some(person)) = (&arguments.reason, &arguments.person) else {
        return Ok(false);
    };
    let wrong = |why: &str| Exit::new(Failure::Usage, why);
    let person = person.trim();
    if person.is_empty() {
        return Err(wrong("请写明查看人（--as）"));
    }
    let reason = reason(words).ok_or_else(|| wrong("请写明理由，二至二百字（--reason）"))?;
    let common = &arguments.output.common;
    let folder = common.folder(&common.load()?);
    let now = (clock::system().wall)();
    Administration::open(folder, now)
        .and_then(|mut store| store.note_contact_shown(now, person, &arguments.number, &reason))
        .map_err(|error| unwritten(&error))?;
    Ok(true)
}
