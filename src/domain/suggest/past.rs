//! Past cases that say nearly the same: the same contact again (duplicate), or others with the same
//! matter (repeat).

use super::NewText;
use super::overlap::{Pairs, Weights};
use crate::units::{CaseNumber, PhoneNumber};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Within how many days a text of the same contact may be the same matter.
pub const DUPLICATE_DAYS: i64 = 30;

/// Hints of each kind on past cases.
pub const HINTS_MAX: usize = 5;

/// From this likeness on two texts are taken for one matter.
const SAME_MATTER: f64 = 0.45;

/// The same, where the contact is the same too.
const SAME_CONTACT: f64 = 0.3;

/// A numbered case that is not under seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCase {
    /// Its number.
    pub number: CaseNumber,
    /// Its state, for officials.
    pub state: &'static str,
    /// A unit has brought it to its end.
    pub closed: bool,
    /// The unit that had it.
    pub unit: Option<String>,
    /// Its six-digit domain.
    pub domain: Option<String>,
    /// Whom to answer.
    pub contact: Option<PhoneNumber>,
    /// Its summary and the citizen's words.
    pub text: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// A past case that a person should look at. Nothing of what it says is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseHint {
    /// Its number.
    pub number: CaseNumber,
    /// Its state, for officials.
    pub state: &'static str,
    /// The unit that has it.
    pub unit: Option<String>,
    /// Likeness in percent.
    pub percent: u8,
    /// Days between the two.
    pub days_ago: i64,
}

/// A past case with its likeness, 0 to 1.
pub(super) type Similar<'a> = (f64, &'a PastCase);

/// A past case with the pairs of its text, which are made once.
pub(super) type ReadCase<'a> = (Pairs, &'a PastCase);

/// Reads past cases.
pub(super) fn read(past: &[PastCase]) -> Vec<ReadCase<'_>> {
    past.iter().map(|case| (Pairs::of(&case.text), case)).collect()
}

/// Every past case that has something in common with a text, the likest first.
pub(super) fn similar<'a>(
    text: &str,
    past: &[ReadCase<'a>],
    weights: &Weights,
) -> Vec<Similar<'a>> {
    let pairs = Pairs::of(text);
    let own = (&pairs, weights.whole(&pairs));
    let mut found: Vec<Similar<'a>> = past
        .iter()
        .map(|(read, case)| (weights.similarity(own, read), *case))
        .filter(|(likeness, _)| *likeness > 0.0)
        .collect();
    found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    found
}

/// Of the same contact, within [`DUPLICATE_DAYS`].
pub(super) fn duplicates(new: &NewText<'_>, similar: &[Similar<'_>]) -> Vec<CaseHint> {
    let least = new.at - SignedDuration::from_hours(24 * DUPLICATE_DAYS);
    let same = |case: &PastCase| {
        new.contact.is_some() && case.contact.as_ref() == new.contact && case.received_at >= least
    };
    hints(new, similar, SAME_CONTACT, same)
}

/// Of other contacts, or of ones that did not tell.
pub(super) fn repeats(new: &NewText<'_>, similar: &[Similar<'_>]) -> Vec<CaseHint> {
    let other = |case: &PastCase| new.contact.is_none() || case.contact.as_ref() != new.contact;
    hints(new, similar, SAME_MATTER, other)
}

fn hints(
    new: &NewText<'_>,
    similar: &[Similar<'_>],
    least: f64,
    test: impl Fn(&PastCase) -> bool,
) -> Vec<CaseHint> {
    // What came later repeats this one, not the other way round.
    let earlier = similar.iter().filter(|(_, case)| case.received_at <= new.at);
    let alike = earlier.filter(|(likeness, case)| *likeness >= least && test(case));
    let told = alike.take(HINTS_MAX).map(|(likeness, case)| CaseHint {
        number: case.number,
        state: case.state,
        unit: case.unit.clone(),
        percent: percent(*likeness),
        days_ago: new.at.duration_since(case.received_at).as_hours() / 24,
    });
    told.collect()
}

/// A likeness as it is told.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100 fits.
pub(super) fn percent(likeness: f64) -> u8 {
    (likeness.clamp(0.0, 1.0) * 100.0).round() as u8
}
