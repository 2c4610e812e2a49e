//! What a new contact seems to be, told to whoever takes it down. Hints change nothing, and name no
//! case that he may not know of.

use super::cases::seen;
use crate::domain::case::{Actor, Nature};
use crate::domain::suggest::{CaseHint, Reason, RiskFlag, UnitHint};
use crate::store::{CaseName, Hints, Reader};
use crate::units::CaseNumber;
use serde::Serialize;
use utoipa::ToSchema;

/// Hints on what a citizen said.
#[derive(Serialize, ToSchema)]
pub(super) struct HintsView {
    /// The nature it seems to have, where a word says so.
    nature: Option<Nature>,
    /// Units, the likeliest first.
    units: Vec<UnitView>,
    /// Cases of the same contact within 30 days that say nearly the same.
    duplicates: Vec<AlikeView>,
    /// Cases of other contacts that say nearly the same.
    repeats: Vec<AlikeView>,
    /// Flags for a person to confirm.
    risks: Vec<RiskView>,
    /// People that it is about, where it says so.
    people: Option<u32>,
}

/// A unit that it seems to belong to.
#[derive(Serialize, ToSchema)]
pub(super) struct UnitView {
    /// Its id.
    unit: String,
    /// Its name.
    name: String,
    /// Six-digit code of the domain of what speaks for it.
    domain: Option<String>,
    /// What speaks for it, in Chinese.
    reasons: Vec<String>,
}

/// A case that is alike.
#[derive(Serialize, ToSchema)]
pub(super) struct AlikeView {
    /// Its number.
    #[schema(example = "26112200012")]
    number: String,
    /// Where it stands, in Chinese.
    state: &'static str,
    /// Its lead unit.
    unit: Option<String>,
    /// Likeness in percent.
    percent: u8,
    /// How long before it came.
    days_ago: i64,
}

/// A flag of risk words.
#[derive(Serialize, ToSchema)]
pub(super) struct RiskView {
    /// The concern.
    #[schema(example = "suicide")]
    risk: &'static str,
    /// The same as officials read it.
    title: &'static str,
    /// The words that raised it.
    words: Vec<String>,
}

impl From<&RiskFlag> for RiskView {
    fn from(flag: &RiskFlag) -> Self {
        Self { risk: flag.group.as_str(), title: flag.title, words: flag.words.clone() }
    }
}

impl HintsView {
    /// For a person.
    pub(super) fn of(reader: &Reader, actor: &Actor, hints: Hints) -> Self {
        let knows = |number: CaseNumber| {
            seen(reader, actor, CaseName::Number(number))
                .is_ok_and(|(_, view)| view.sealed.is_none())
        };
        let alike = |hints: Vec<CaseHint>| {
            let known = hints.into_iter().filter(|hint| knows(hint.number));
            known.map(AlikeView::from).collect()
        };
        let suggestion = hints.suggestion;
        let units = suggestion.units.into_iter().map(|hint| unit(hint, &knows));
        Self {
            nature: suggestion.nature.map(|hint| hint.nature),
            units: units.collect(),
            duplicates: alike(suggestion.duplicates),
            repeats: alike(suggestion.repeats),
            risks: suggestion.risks.iter().map(RiskView::from).collect(),
            people: suggestion.people,
        }
    }
}

impl From<CaseHint> for AlikeView {
    fn from(hint: CaseHint) -> Self {
        Self {
            number: hint.number.to_string(),
            state: hint.state,
            unit: hint.unit,
            percent: hint.percent,
            days_ago: hint.days_ago,
        }
    }
}

fn unit(hint: UnitHint, knows: &impl Fn(CaseNumber) -> bool) -> UnitView {
    let told = |reason: &&Reason| match reason {
        Reason::Case { number, .. } => knows(*number),
        Reason::Name { .. } | Reason::Duty { .. } => true,
    };
    let reasons = hint.reasons.iter().filter(told).map(Reason::sentence);
    UnitView { reasons: reasons.collect(), unit: hint.unit, name: hint.name, domain: hint.domain }
}
