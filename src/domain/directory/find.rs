//! Finding duty items by words, for an operator on the telephone (E6): a plain look through the
//! catalogue, which 2,674 items are few enough for.

use super::record::Directory;
use crate::domain::search::Question;
use serde::Serialize;

/// Items of one answer.
pub const FOUND_MAX: usize = 50;

/// A duty item that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyFound {
    /// Its code with its version, as a case names it.
    pub reference: String,
    /// The unit's id.
    pub unit: String,
    /// The unit's name.
    pub unit_name: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// The law it rests on.
    pub basis: String,
    /// Its limit in fixed form.
    pub limit: Option<String>,
    /// The bands of a penalty.
    pub band: String,
    /// A first slight offence is not punished.
    pub first_offence_free: bool,
}

/// Items that have all words in name, unit, law, band or words, those with all in their name first;
/// at most [`FOUND_MAX`].
#[must_use]
pub fn find_duties(directory: &Directory, question: &Question) -> Vec<DutyFound> {
    let has = |text: &str| question.words().iter().all(|word| text.contains(word.as_str()));
    let (mut by_name, mut by_text) = (Vec::new(), Vec::new());
    for item in &directory.duties {
        let record = &item.record;
        let unit_name = directory.unit_name(&record.unit).unwrap_or_default();
        let found = |unit_name: String| DutyFound {
            reference: record.reference(item.version),
            unit: record.unit.clone(),
            unit_name,
            name: record.name.clone(),
            kind: record.kind.title(),
            basis: record.basis.clone(),
            limit: record.limit.map(|limit| limit.to_string()),
            band: record.band.clone(),
            first_offence_free: record.done.first_offence_free,
        };
        if has(&folded(&record.name)) {
            by_name.push(found(unit_name));
        } else if has(&folded(
            &[
                record.code.as_str(),
                &record.name,
                &unit_name,
                &record.basis,
                &record.band,
                &record.words.join(" "),
            ]
            .join(" "),
        )) {
            by_text.push(found(unit_name));
        }
    }
    by_name.extend(by_text);
    by_name.truncate(FOUND_MAX);
    by_name
}

/// A text as questions are compared with: half width, lower case, cut at everything else.
fn folded(text: &str) -> String {
    Question::whole(text).words().join(" ")
}
