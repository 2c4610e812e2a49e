//! Which unit a text seems to belong to: by its name, by the catalogue of duties, by cases that were
//! closed. What speaks for a unit is shown with it.

use super::overlap::{Pairs, Weights};
use super::past::{Similar, percent};
use crate::domain::directory::{Directory, DutyItem, Version};
use crate::units::CaseNumber;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Units that are suggested for one text.
pub const UNITS_SUGGESTED_MAX: usize = 3;

/// What a name or alias in the text is worth.
const NAME_WORTH: f64 = 2.5;
/// What the name of a town is worth: most matters of a town belong to a department.
const TOWN_WORTH: f64 = 1.2;
/// What each character of a catalogue's word is worth, from the second on.
const WORD_WORTH: f64 = 1.0;
/// What an item is worth whose whole name stands in the text.
const ITEM_WORTH: f64 = 2.5;
/// What a closed case is worth that says the same.
const CASE_WORTH: f64 = 6.0;
/// Below this likeness a closed case says nothing.
const CASE_LEAST: f64 = 0.15;
/// Below this part of its pairs an item says nothing.
const ITEM_LEAST: f64 = 0.2;

/// Why a unit is suggested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Reason {
    /// The text names it.
    Name {
        /// The word.
        word: String,
    },
    /// An item of the catalogue.
    Duty {
        /// The item with its version.
        item: String,
        /// Its name.
        name: String,
        /// Its words that the text has.
        words: Vec<String>,
        /// How much of its name the text has, in percent.
        percent: u8,
    },
    /// A closed case.
    Case {
        /// Its number.
        number: CaseNumber,
        /// Likeness in percent.
        percent: u8,
    },
}

impl Reason {
    /// As a clerk reads it.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Name { word } => format!("提到“{word}”"),
            Self::Duty { item, name, .. } => format!("职责清单 {item} {name}"),
            Self::Case { number, percent } => format!("已办结事项 {number} 相似 {percent}%"),
        }
    }
}

/// A unit that a text seems to belong to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitHint {
    /// Its id.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Six digits of the domain of what speaks for it, where that has one.
    pub domain: Option<String>,
    /// How much speaks for it; only the order means something.
    pub score: f64,
    /// What speaks for it, the strongest first.
    pub reasons: Vec<Reason>,
}

/// What was found for one unit.
#[derive(Default)]
struct Evidence {
    reasons: Vec<(f64, Reason)>,
    /// With what each is worth.
    domains: Vec<(f64, String)>,
}

impl Evidence {
    fn add(&mut self, worth: f64, reason: Reason, domain: Option<&str>) {
        self.reasons.push((worth, reason));
        let domain = domain.filter(|domain| !domain.is_empty());
        self.domains.extend(domain.map(|domain| (worth, domain.to_owned())));
    }

    fn score(&self) -> f64 {
        self.reasons.iter().map(|(worth, _)| worth).sum()
    }
}

type ByUnit = BTreeMap<String, Evidence>;

/// The likeliest units, at most [`UNITS_SUGGESTED_MAX`]; none where nothing speaks for any.
pub(super) fn of(
    text: &str,
    is_report: bool,
    directory: &Directory,
    similar: &[Similar<'_>],
    weights: &Weights,
) -> Vec<UnitHint> {
    let mut found = ByUnit::new();
    by_name(text, directory, &mut found);
    let named: Vec<String> = found.keys().cloned().collect();
    by_duty(text, directory, weights, &mut found);
    by_case(similar, &mut found);
    // Whoever is named in a report may be the accused, who must not have the case (domain.md 3.3),
    // whatever else speaks for him.
    found.retain(|unit, _| !(is_report && named.contains(unit)));
    let hints = found.into_iter().filter_map(|(unit, evidence)| {
        let name = directory.unit_name(&unit)?;
        Some(hint(unit, name, evidence))
    });
    let mut hints: Vec<UnitHint> = hints.collect();
    // Of two that are alike the one of the smaller id stands first.
    hints.sort_by(|one, other| other.score.total_cmp(&one.score));
    hints.truncate(UNITS_SUGGESTED_MAX);
    hints
}

fn hint(unit: String, name: String, evidence: Evidence) -> UnitHint {
    let score = (evidence.score() * 100.0).round() / 100.0;
    let Evidence { mut reasons, domains } = evidence;
    reasons.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let domain = domains.into_iter().max_by(|(one, _), (other, _)| one.total_cmp(other));
    let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
    UnitHint { unit, name, domain: domain.map(|(_, domain)| domain), score, reasons }
}

fn by_name(text: &str, directory: &Directory, found: &mut ByUnit) {
    let named = directory.units.iter().filter_map(|unit| {
        let names = std::iter::once(&unit.name).chain(&unit.aliases);
        let named = names.filter(|name| text.contains(name.as_str()));
        Some((unit, named.max_by_key(|name| name.chars().count())?))
    });
    let named: Vec<_> = named.collect();
    // 公安局 within 公安局交警大队 names the one that the longer name says.
    let is_within = |word: &String| {
        named.iter().any(|(_, other)| *other != word && other.contains(word.as_str()))
    };
    for (unit, word) in named.iter().filter(|(_, word)| !is_within(word)) {
        let reason = Reason::Name { word: (*word).clone() };
        found.entry(unit.id.clone()).or_default().add(NAME_WORTH, reason, None);
    }
    for town in directory.towns.iter().filter(|town| text.contains(&town.name)) {
        let reason = Reason::Name { word: town.name.clone() };
        found.entry(town.id()).or_default().add(TOWN_WORTH, reason, None);
    }
}

/// The best item of each unit.
fn by_duty(text: &str, directory: &Directory, weights: &Weights, found: &mut ByUnit) {
    let pairs = Pairs::of(text);
    let mut best: BTreeMap<&str, (f64, Reason, &str)> = BTreeMap::new();
    for item in &directory.duties {
        let Some((worth, reason)) = worth_of(text, &pairs, item, weights) else { continue };
        let record = &item.record;
        match best.get(record.unit.as_str()) {
            Some((known, ..)) if *known >= worth => {}
            _ => {
                best.insert(record.unit.as_str(), (worth, reason, record.domain.as_str()));
            }
        }
    }
    for (unit, (worth, reason, domain)) in best {
        found.entry(unit.to_owned()).or_default().add(worth, reason, Some(domain));
    }
}

fn worth_of(
    text: &str,
    pairs: &Pairs,
    item: &Version<DutyItem>,
    weights: &Weights,
) -> Option<(f64, Reason)> {
    let record = &item.record;
    let words: BTreeSet<&String> =
        record.words.iter().filter(|word| text.contains(word.as_str())).collect();
    let length = |word: &&String| u8::try_from(word.chars().count()).unwrap_or(u8::MAX);
    // A word within a longer one that was found says nothing more.
    let alone =
        |word: &&&String| !words.iter().any(|other| other != *word && other.contains(**word));
    let told = words.iter().filter(alone).map(|word| f64::from(length(word).saturating_sub(1)));
    let by_words = told.sum::<f64>() * WORD_WORTH;
    let part = weights.contained(&Pairs::of(&record.name), pairs);
    let by_name = if part < ITEM_LEAST { 0.0 } else { part * ITEM_WORTH };
    let reason = Reason::Duty {
        item: record.reference(item.version),
        name: record.name.clone(),
        words: words.into_iter().cloned().collect(),
        percent: percent(part),
    };
    let worth = by_words + by_name;
    (worth > 0.0).then_some((worth, reason))
}

/// The likest closed case of each unit.
fn by_case(similar: &[Similar<'_>], found: &mut ByUnit) {
    let mut seen = BTreeSet::new();
    let closed = similar.iter().filter(|(likeness, case)| case.closed && *likeness >= CASE_LEAST);
    for (likeness, case) in closed {
        let Some(unit) = case.unit.as_deref().filter(|unit| seen.insert(*unit)) else { continue };
        let reason = Reason::Case { number: case.number, percent: percent(*likeness) };
        let evidence = found.entry(unit.to_owned()).or_default();
        evidence.add(likeness * CASE_WORTH, reason, case.domain.as_deref());
    }
}
