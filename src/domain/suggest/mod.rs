//! What a new text seems to be, for the person who classifies it: units with type and domain, cases
//! that may be the same, words that give cause for concern.
//!
//! Everything here is a hint with its reason. Nothing is decided: no unit is assigned, no case is
//! merged, and a risk word raises a flag that a person confirms or marks as false (C6). Pure: the
//! directory, the past cases and the text are handed in. Whoever hands them in leaves out sealed
//! cases.

mod group_size;
mod nature;
mod overlap;
mod past;
mod risk;
mod units;

pub use group_size::people_told;
pub use nature::NatureHint;
pub use past::{CaseHint, DUPLICATE_DAYS, HINTS_MAX, PastCase};
pub use risk::{RiskFilter, RiskFlag, RiskGroup, risks};
pub use units::{Reason, UNITS_SUGGESTED_MAX, UnitHint};

use crate::domain::case::Nature;
use crate::domain::directory::Directory;
use crate::units::PhoneNumber;
use jiff::Timestamp;
use overlap::Weights;
use serde::Serialize;

/// Characters of a text that are looked at.
pub const SUGGEST_CHARS_MAX: usize = 2_000;

/// A text that was just received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewText<'a> {
    /// The citizen's words.
    pub text: &'a str,
    /// Whom to answer, as far as it is known.
    pub contact: Option<&'a PhoneNumber>,
    /// When it came.
    pub at: Timestamp,
}

/// All hints on a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// The nature it seems to have, where a word says so.
    pub nature: Option<NatureHint>,
    /// Units, the likeliest first.
    pub units: Vec<UnitHint>,
    /// Cases of the same contact that say nearly the same, within [`DUPLICATE_DAYS`].
    pub duplicates: Vec<CaseHint>,
    /// Cases of other contacts that say nearly the same.
    pub repeats: Vec<CaseHint>,
    /// Flags for a person to confirm; they change nothing by themselves.
    pub risks: Vec<RiskFlag>,
    /// People that the text says it is about, where it says so.
    pub people: Option<u32>,
}

/// Looks at a text in the light of the directory and of past cases, newest first.
///
/// ```
/// use mayorline::domain::directory::Directory;
/// use mayorline::domain::suggest::{NewText, suggest};
/// let text = "建议在火车站广场加一条公交夜班线";
/// let new = NewText { text, contact: None, at: jiff::Timestamp::UNIX_EPOCH };
/// let hints = suggest(&new, &Directory::default(), &[]);
/// assert_eq!(hints.nature.map(|hint| hint.name), Some("建议"));
/// ```
#[must_use]
pub fn suggest(new: &NewText<'_>, directory: &Directory, past: &[PastCase]) -> Suggestion {
    let text: String = new.text.chars().take(SUGGEST_CHARS_MAX).collect();
    let past = past::read(past);
    let weights = Weights::of(directory, &past);
    let similar = past::similar(&text, &past, &weights);
    let nature = nature::of(&text);
    let is_report = nature.as_ref().is_some_and(|hint| hint.nature == Nature::Report);
    Suggestion {
        nature,
        units: units::of(&text, is_report, directory, &similar, &weights),
        duplicates: past::duplicates(new, &similar),
        repeats: past::repeats(new, &similar),
        risks: risks(&text),
        people: people_told(&text),
    }
}

#[cfg(test)]
mod tests;
