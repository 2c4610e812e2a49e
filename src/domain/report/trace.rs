//! The trace sheet (责任倒查, domain.md E20): who held a case when, from its receipt to now. The times
//! add up to the whole, without a gap.

use crate::domain::case::{Case, CaseEvent, State, apply};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The centre, as a holder.
const CENTRE: &str = "受理中心";
/// Nobody: the matter is at an end.
const ENDED: &str = "已了结";

/// A stretch of time with one holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Who held it: the id of a unit, a leader, 受理中心, or 已了结.
    pub holder: String,
    /// The person who handled it, where one was named.
    pub person: Option<String>,
    /// Where it stood.
    pub state: State,
    /// Which time it was handled, from 1; 0 before it had a number.
    pub round: u8,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// The date in force was over at the end of it.
    pub overdue: bool,
    /// Who ended it, as it stands in the chain; `None`: it lasts.
    pub ended_by: Option<String>,
}

impl Stretch {
    /// How long, in milliseconds.
    #[must_use]
    pub fn ms(&self) -> i64 {
        self.to.as_millisecond() - self.from.as_millisecond()
    }
}

/// The trace sheet of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// From when.
    pub from: Timestamp,
    /// Up to when.
    pub to: Timestamp,
    /// First to last; each begins where the one before it ends.
    pub stretches: Vec<Stretch>,
    /// How often a unit reported what was not so.
    pub false_feedback: u16,
    /// Which time it is handled.
    pub round: u8,
}

/// How long each holder had it, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Who.
    pub holder: String,
    /// How long, in milliseconds.
    pub ms: i64,
}

impl Trace {
    /// The whole time, in milliseconds.
    #[must_use]
    pub fn ms(&self) -> i64 {
        self.to.as_millisecond() - self.from.as_millisecond()
    }

    /// The time of each holder, the longest first.
    #[must_use]
    pub fn shares(&self) -> Vec<Share> {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for stretch in &self.stretches {
            *sums.entry(&stretch.holder).or_default() += stretch.ms();
        }
        let share = |(holder, ms): (&str, i64)| Share { holder: holder.to_owned(), ms };
        let mut shares: Vec<Share> = sums.into_iter().map(share).collect();
        shares.sort_by_key(|share| std::cmp::Reverse(share.ms));
        shares
    }

    /// The bad outcomes that it is asked for.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let overdue = self.stretches.iter().any(|stretch| stretch.overdue);
        let causes = [
            overdue.then(|| "超期".to_owned()),
            (self.round >= 2).then(|| format!("第{}次办理", self.round)),
            (self.false_feedback > 0).then(|| format!("虚假反馈{}次", self.false_feedback)),
        ];
        causes.into_iter().flatten().collect()
    }
}

/// The trace of events with the times they were stored at and who did them, first to last; `None`
/// where there is none that received the case. A clock that was set back adds nothing.
#[must_use]
pub fn trace<'a>(
    events: impl IntoIterator<Item = (Timestamp, &'a str, &'a CaseEvent)>,
    now: Timestamp,
) -> Option<Trace> {
    let mut case = Case::default();
    let mut stretches: Vec<Stretch> = vec![];
    for (at, actor, event) in events {
        let due = due_at(&case);
        case = apply(case, event);
        let Some(state) = case.state else { continue };
        let Some(last) = stretches.last_mut() else {
            stretches.push(stretch(&case, state, case.received_at.unwrap_or(at)));
            continue;
        };
        let next = stretch(&case, state, at.max(last.from));
        if is_same(last, &next) {
            continue;
        }
        end(last, next.from, due);
        last.ended_by = Some(actor.to_owned());
        stretches.push(next);
    }
    let from = stretches.first()?.from;
    let last = stretches.last_mut()?;
    end(last, now.max(last.from), due_at(&case));
    let to = last.to;
    let (false_feedback, round) = (case.work.false_feedback, case.round);
    Some(Trace { from, to, stretches, false_feedback, round })
}

fn stretch(case: &Case, state: State, from: Timestamp) -> Stretch {
    let (holder, person) = holder(case, state);
    let round = case.round;
    Stretch { holder, person, state, round, from, to: from, overdue: false, ended_by: None }
}

fn end(stretch: &mut Stretch, to: Timestamp, due: Option<Timestamp>) {
    stretch.to = to;
    stretch.overdue = stretch.state.owes_reply() && due.is_some_and(|due| due < to);
}

fn is_same(a: &Stretch, b: &Stretch) -> bool {
    (a.state, a.round, &a.holder, &a.person) == (b.state, b.round, &b.holder, &b.person)
}

fn due_at(case: &Case) -> Option<Timestamp> {
    case.unit_due.as_ref().or(case.due.as_ref()).map(|due| due.at)
}

/// Who has it to do something with.
fn holder(case: &Case, state: State) -> (String, Option<String>) {
    let centre = || (CENTRE.to_owned(), None);
    match state {
        State::Assigned | State::Handling | State::Redo => match &case.unit {
            Some(unit) => (unit.clone(), case.work.handler.clone()),
            None => centre(),
        },
        State::LeaderReview => match &case.work.submission {
            Some(submission) => (submission.leader.clone(), None),
            None => centre(),
        },
        State::Draft
        | State::Accepted
        | State::Classified
        | State::Consulting
        | State::Feedback
        | State::Callback => centre(),
        State::Closed
        | State::Archived
        | State::Kept
        | State::Circulated
        | State::Sealed
        | State::Declined
        | State::Merged
        | State::Withdrawn => (ENDED.to_owned(), None),
    }
}
