//! `mayorline case suggest` and `case false-alarm`: hints for whoever classifies a text. They change
//! nothing: no unit is assigned, nothing is merged, and a flag is for a person to confirm.

use super::clock;
use super::common::Common;
use super::exit::Exit;
use super::output::{Output, refused, unwritten};
use crate::domain::case::local_day;
use crate::domain::suggest::{NewText, RiskGroup, Suggestion, suggest};
use crate::store::{Administration, FalseAlarm, Reader, StoreError, TextOfCase};
use crate::units::{CaseNumber, PhoneNumber};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How far back past cases are looked at.
const PAST_DAYS: i64 = 400;

/// What hints are asked for.
#[derive(Debug, Args)]
pub(super) struct SuggestArguments {
    /// The citizen's words.
    #[arg(required_unless_present = "number", conflicts_with = "number")]
    text: Option<String>,
    /// A case instead of a text, by its eleven digits. One under seal is not found.
    #[arg(long)]
    number: Option<CaseNumber>,
    /// Whom to answer, with a text: cases of the same contact are looked for.
    #[arg(long, conflicts_with = "number", value_parser = contact)]
    contact: Option<PhoneNumber>,
    #[command(flatten)]
    output: Output,
}

fn contact(text: &str) -> Result<PhoneNumber, String> {
    PhoneNumber::parse(text).map_err(|error| error.to_string())
}

/// A flag that a person found to be false.
#[derive(Debug, Args)]
pub(super) struct FalseAlarmArguments {
    /// The case: its eleven digits.
    number: CaseNumber,
    /// crowd, suicide, petition, explosives, minor.
    #[arg(long, value_parser = risk)]
    risk: RiskGroup,
    /// The person who found it.
    #[arg(long = "as", value_name = "PERSON")]
    person: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

fn risk(name: &str) -> Result<RiskGroup, String> {
    RiskGroup::parse(name).ok_or_else(|| {
        let known: Vec<_> = RiskGroup::NAMES.iter().map(|(_, name, _)| *name).collect();
        format!("one of {}", known.join(", "))
    })
}

/// The hints, and what a person found of them before.
#[derive(Serialize)]
struct Hints {
    #[serde(flatten)]
    suggestion: Suggestion,
    false_alarms: Vec<FalseAlarm>,
}

/// The hints on a text or a case.
pub(super) fn hints(arguments: &SuggestArguments) -> Result<(), Exit> {
    let SuggestArguments { text, number, contact, output } = arguments;
    let reader = output.reader()?;
    let now = (clock::system().wall)();
    let asked = match number {
        Some(number) => reader.text_of_case(*number).map_err(|e| refused(&e))?,
        None => TextOfCase {
            id: 0,
            text: text.clone().unwrap_or_default(),
            contact: contact.clone(),
            received_at: now,
        },
    };
    let hints = look(&reader, &asked, now).map_err(|e| refused(&e))?;
    output.print(&hints)
}

fn look(reader: &Reader, asked: &TextOfCase, now: Timestamp) -> Result<Hints, StoreError> {
    let directory = reader.directory(local_day(now))?;
    // Row ids begin at 1: no case is left out for a text.
    let from = asked.received_at - SignedDuration::from_hours(24 * PAST_DAYS);
    let past = reader.past_cases(from, asked.id)?;
    let new = NewText { text: &asked.text, contact: asked.contact.as_ref(), at: asked.received_at };
    let suggestion = suggest(&new, &directory, &past);
    Ok(Hints { suggestion, false_alarms: reader.false_alarms(asked.id)? })
}

/// Marks a flag as false.
pub(super) fn mark_false(arguments: FalseAlarmArguments) -> Result<(), Exit> {
    let FalseAlarmArguments { number, risk, person, reason, common } = arguments;
    let folder = common.folder(&common.load()?);
    let now = (clock::system().wall)();
    let alarm = FalseAlarm { risk, person, reason };
    let done = Administration::open(folder, now)
        .and_then(|mut administration| administration.mark_false_alarm(now, number, &alarm));
    done.map_err(|error| unwritten(&error))?;
    super::common::say(&format!("{number}：“{}”风险提示已标为误报\n", risk.title()))
}
