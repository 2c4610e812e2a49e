//! `mayorline case suggest` and `case false-alarm`: hints for whoever classifies a text. They change
//! nothing: no unit is assigned, nothing is merged, and a flag is for a person to confirm.

use super::clock;
use super::common::Common;
use super::exit::Exit;
use super::output::{Output, refused, unwritten};
use crate::domain::suggest::{CaseHint, Reason, RiskFilter, RiskGroup};
use crate::store::{Administration, DataFolder, FalseAlarm, Hints, Reader, StoreError, TextOfCase};
use crate::units::{CaseNumber, PhoneNumber};
use clap::Args;
use jiff::Timestamp;

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
    RiskGroup::parse(name).ok_or_else(|| format!("one of {}", concerns()))
}

/// Flags as a list is asked for them.
pub(super) fn risk_filter(name: &str) -> Result<RiskFilter, String> {
    RiskFilter::parse(name).ok_or_else(|| format!("any, or {}", concerns()))
}

fn concerns() -> String {
    let known: Vec<_> = RiskGroup::NAMES.iter().map(|(_, name, _)| *name).collect();
    known.join(", ")
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
    output.print(&reader.hints(&asked, now).map_err(|e| refused(&e))?)
}

/// The hints on a case that was just accepted, as lines for the clerk; nothing where they cannot be
/// looked for: the case is accepted.
pub(super) fn at_entry(folder: DataFolder, number: CaseNumber, now: Timestamp) -> String {
    match hints_of(folder, number, now) {
        Ok(hints) => lines(&hints),
        Err(error) => {
            tracing::warn!(%error, "no hints on a contact");
            String::new()
        }
    }
}

fn hints_of(folder: DataFolder, number: CaseNumber, now: Timestamp) -> Result<Hints, StoreError> {
    let reader = Reader::open(folder)?;
    reader.hints(&reader.text_of_case(number)?, now)
}

fn lines(hints: &Hints) -> String {
    let suggestion = &hints.suggestion;
    let units = suggestion.units.iter().map(|hint| {
        let reasons: Vec<_> = hint.reasons.iter().map(Reason::sentence).collect();
        let domain =
            hint.domain.as_deref().map(|code| format!("，领域 {code}")).unwrap_or_default();
        format!("建议单位：{}（{}）{domain}：{}\n", hint.name, hint.unit, reasons.join("；"))
    });
    let nature = suggestion.nature.iter().map(|hint| format!("建议类型：{}\n", hint.name));
    let alike = |title: &'static str, hints: &[CaseHint]| -> Vec<String> {
        let told = hints.iter().map(|hint| {
            format!("{title}：{} {}，相似 {}%\n", hint.number, hint.state, hint.percent)
        });
        told.collect()
    };
    let risks = suggestion
        .risks
        .iter()
        .map(|flag| format!("风险提示：{}（{}），请人工确认\n", flag.title, flag.words.join("、")));
    let same = alike("可能重复", &suggestion.duplicates);
    let other = alike("他人反映同一问题", &suggestion.repeats);
    nature.chain(units).chain(same).chain(other).chain(risks).collect()
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
