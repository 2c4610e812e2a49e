//! Asking the citizen how content he is (回访): what was tried, and what the next try needs
//! (domain.md B6: by telephone, then by text, then by mail, on two days and in two parts of the day).

use super::callback::{TRIES_MIN, is_spread, part_of_day};
use super::deadline::city_zone;
use super::fold::Case;
use super::reasons::{FollowUpOutcome, Means};
use super::status::State;
use jiff::civil::{Time, time};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

/// When a citizen may be called (domain.md E10): morning, afternoon, evening.
const HOURS: [(Time, Time); 3] = [
    (time(9, 0, 0, 0), time(12, 0, 0, 0)),
    (time(14, 30, 0, 0), time(18, 0, 0, 0)),
    (time(18, 0, 0, 0), time(20, 0, 0, 0)),
];

/// Days ahead in which the hours of the next try are looked for: on the third there is always one.
const DAYS_AHEAD: i64 = 3;

/// Tries by telephone before a text is sent.
const CALLS_MIN: usize = 2;

/// Calls one after the other that the network could not put through (空号、停机), after which the number
/// counts as dead (domain.md B6: unreachable after three).
pub const DEAD_CALLS: u8 = 3;

/// A try, as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowUpTry {
    /// By what.
    pub means: Means,
    /// How it ended.
    pub outcome: FollowUpOutcome,
}

/// A try that brought no grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FollowUp {
    /// When.
    pub at: Timestamp,
    /// By what.
    pub means: Means,
    /// How it ended.
    pub outcome: FollowUpOutcome,
}

/// What the next try needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextTry {
    /// By what; `None`: he left no contact, or none that works, and only that can be reported.
    pub means: Option<Means>,
    /// Not before: earlier it would not count for another day or part of the day.
    pub from: Timestamp,
    /// The end of the hours that begin then.
    pub until: Timestamp,
    /// No further one is needed if it brings no grade either.
    pub last: bool,
}

/// The next try of a case whose citizen is still to be asked; `None` for any other.
#[must_use]
pub fn next_try(case: &Case, now: Timestamp) -> Option<NextTry> {
    let work = &case.work;
    let open = case.told_state() == Some(State::Callback)
        && work.grade_of(case.round).is_none()
        && work.follow_up_ended.is_none();
    if !open {
        return None;
    }
    let tried = || work.follow_ups.iter().map(|tried| tried.at);
    let counts = |at: &Timestamp| {
        if tried().count() + 1 >= TRIES_MIN {
            is_spread(tried().chain([*at]))
        } else {
            tried().all(|before| part_of_day(before) != part_of_day(*at))
        }
    };
    let (from, until) = hours(now).find(|(from, _)| counts(from))?;
    let last = is_spread(tried().chain([from]));
    Some(NextTry { means: means_of_next(case), from, until, last })
}

/// Whether a rung of the ladder is reached: a text or mail follows a call that nobody answered. Who
/// left no number, or a dead one, is written to at once.
pub(super) fn is_rung(case: &Case, means: Means) -> bool {
    let tried = |means| case.work.follow_ups.iter().any(|tried| tried.means == means);
    match means {
        Means::Phone => true,
        _ if case.private.contact.is_none() || case.work.is_contact_dead() => true,
        Means::Sms => tried(Means::Phone),
        Means::Mail => tried(Means::Phone) && (tried(Means::Sms) || !takes_texts(case)),
    }
}

/// A mail is never proposed: no address is known.
fn means_of_next(case: &Case) -> Option<Means> {
    case.private.contact.as_ref()?;
    let tries = |means| case.work.follow_ups.iter().filter(|tried| tried.means == means).count();
    let text = (takes_texts(case) && tries(Means::Sms) == 0).then_some(Means::Sms);
    if case.work.is_contact_dead() {
        return text;
    }
    Some(text.filter(|_| tries(Means::Phone) >= CALLS_MIN).unwrap_or(Means::Phone))
}

fn takes_texts(case: &Case) -> bool {
    case.private.contact.as_ref().is_some_and(crate::units::PhoneNumber::is_mobile)
}

/// The hours from now on in which a citizen may be called; the first may have begun.
fn hours(now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let today = now.to_zoned(city_zone()).date();
    let days = (0..=DAYS_AHEAD).filter_map(move |ahead| today.checked_add(ahead.days()).ok());
    let all = days
        .flat_map(|day| HOURS.map(|(from, until)| (day.to_datetime(from), day.to_datetime(until))));
    let at = |civil: jiff::civil::DateTime| Some(civil.to_zoned(city_zone()).ok()?.timestamp());
    all.filter_map(move |(from, until)| Some((at(from)?, at(until)?)))
        .filter(move |(_, until)| *until > now)
        .map(move |(from, until)| (from.max(now), until))
}
