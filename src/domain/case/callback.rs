//! Calling a citizen back (回拨): how a try ends and when a task is done (domain.md B6).

use super::deadline::city_zone;
use super::event::CaseEvent;
use super::fold::{CallbackTask, Case};
use super::refusal::Refusal;
use super::workflow::{Context, whole_milliseconds};
use crate::domain::desk::CallBackOutcome;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Tries after which a citizen who never answered counts as unreachable.
pub const TRIES_MIN: usize = 3;

/// On at least so many days, and in so many parts of the day.
const SPREAD_MIN: usize = 2;

/// One try that reached the citizen's telephone or the network's word for him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// When it ended.
    pub at: Timestamp,
    /// How.
    pub outcome: CallBackOutcome,
}

/// How an attempt ended, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// 已联系.
    Reached,
    /// 无人接听.
    NoAnswer,
    /// 忙.
    Busy,
    /// 空号或错号.
    WrongPerson,
    /// 拒绝.
    Refused,
    /// No trunk, no seat, the network: not the citizen's doing, so it is no try.
    Failed,
    /// The process died or the seat gave it up; no try either.
    Interrupted,
}

impl AttemptOutcome {
    /// Every outcome with its name in the store and in JSON.
    pub const NAMES: [(Self, &'static str); 7] = [
        (Self::Reached, "reached"),
        (Self::NoAnswer, "no_answer"),
        (Self::Busy, "busy"),
        (Self::WrongPerson, "wrong_person"),
        (Self::Refused, "refused"),
        (Self::Failed, "failed"),
        (Self::Interrupted, "interrupted"),
    ];

    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(outcome, _)| *outcome == self).map_or("", |(_, name)| name)
    }

    /// What it says about the citizen; `None` when it says nothing.
    #[must_use]
    pub fn of_citizen(self) -> Option<CallBackOutcome> {
        Some(match self {
            Self::Reached => CallBackOutcome::Reached,
            Self::NoAnswer => CallBackOutcome::NoAnswer,
            Self::Busy => CallBackOutcome::Busy,
            Self::WrongPerson => CallBackOutcome::WrongPerson,
            Self::Refused => CallBackOutcome::Refused,
            Self::Failed | Self::Interrupted => return None,
        })
    }
}

impl From<CallBackOutcome> for AttemptOutcome {
    fn from(outcome: CallBackOutcome) -> Self {
        match outcome {
            CallBackOutcome::Reached => Self::Reached,
            CallBackOutcome::NoAnswer => Self::NoAnswer,
            CallBackOutcome::Busy => Self::Busy,
            CallBackOutcome::WrongPerson => Self::WrongPerson,
            CallBackOutcome::Refused => Self::Refused,
        }
    }
}

/// The event of a try that has ended.
pub(super) fn called_back(
    case: &Case,
    outcome: CallBackOutcome,
    context: &Context<'_>,
) -> Result<Vec<CaseEvent>, Refusal> {
    let open = case.callback.as_ref().filter(|task| task.done_at.is_none());
    let task = open.ok_or(Refusal::NoCallback)?;
    let at = whole_milliseconds(context.now);
    let done = is_done(task, Try { at, outcome });
    Ok(vec![CaseEvent::CalledBack { at, outcome, done }])
}

// B6: who never answers is unreachable after three tries at least, on two days and in two parts of
// the day; tries that are not spread so do not end the task.
fn is_done(task: &CallbackTask, last: Try) -> bool {
    match last.outcome {
        CallBackOutcome::Reached | CallBackOutcome::WrongPerson | CallBackOutcome::Refused => true,
        CallBackOutcome::NoAnswer | CallBackOutcome::Busy => {
            is_spread(task.tries.iter().chain([&last]).map(|a_try| a_try.at))
        }
    }
}

/// Tries without an answer are enough: three, on two days and in two parts of the day.
pub(super) fn is_spread(tries: impl Iterator<Item = Timestamp> + Clone) -> bool {
    let days: BTreeSet<Date> = tries.clone().map(|at| part_of_day(at).0).collect();
    let parts: BTreeSet<i8> = tries.clone().map(|at| part_of_day(at).1).collect();
    tries.count() >= TRIES_MIN && days.len() >= SPREAD_MIN && parts.len() >= SPREAD_MIN
}

/// The local day, and its part: morning, afternoon, evening.
pub(super) fn part_of_day(at: Timestamp) -> (Date, i8) {
    let zoned = at.to_zoned(city_zone());
    let part = match zoned.hour() {
        ..12 => 0,
        12..18 => 1,
        _ => 2,
    };
    (zoned.date(), part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::CallbackReason;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00+08:00").parse().unwrap()
    }

    fn task(tries: &[&str]) -> CallbackTask {
        let tries = tries
            .iter()
            .map(|text| Try { at: at(text), outcome: CallBackOutcome::NoAnswer })
            .collect();
        let due_at = at("22T10:30");
        CallbackTask { reason: CallbackReason::Missed, due_at, tries, done_at: None }
    }

    fn done_after(tries: &[&str], last: &str, outcome: CallBackOutcome) -> bool {
        is_done(&task(tries), Try { at: at(last), outcome })
    }

    #[test]
    fn unreachable_needs_three_tries_on_two_days_in_two_parts_of_the_day() {
        use CallBackOutcome::{Busy, NoAnswer};
        assert!(!done_after(&[], "22T10:00", NoAnswer));
        assert!(!done_after(&["22T10:00"], "23T15:00", NoAnswer), "two tries");
        assert!(!done_after(&["22T09:00", "22T13:00"], "22T19:00", NoAnswer), "one day");
        assert!(!done_after(&["22T09:00", "23T09:00"], "24T11:59", Busy), "always in the morning");
        assert!(done_after(&["22T09:00", "22T09:30"], "23T12:00", Busy));
        assert!(done_after(&["22T17:59", "23T18:00"], "23T18:30", NoAnswer));
    }

    #[test]
    fn whoever_was_reached_or_will_not_be_reached_is_done_at_once() {
        for outcome in
            [CallBackOutcome::Reached, CallBackOutcome::WrongPerson, CallBackOutcome::Refused]
        {
            assert!(done_after(&[], "22T10:00", outcome), "{outcome:?}");
        }
    }
}
