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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::{Accepted, Channel, DueDate, Nature, Private, Received, Record};
    use crate::units::CaseNumber;
    use jiff::ToSpan;

    /// The hours after the receipt.
    fn hour(hours: i64) -> Timestamp {
        let received: Timestamp = "2026-11-22T09:00:00+08:00".parse().unwrap();
        received + hours.hours()
    }

    fn due(hours: i64) -> DueDate {
        let (at, on) = (hour(hours), jiff::civil::date(2026, 11, 22));
        DueDate { on, at, provisional: false, explained: vec![] }
    }

    /// Received, numbered, coded and given to a unit that owes its answer after five hours.
    fn assigned() -> Vec<(i64, &'static str, CaseEvent)> {
        let (key, at) = ("k".to_owned(), hour(0));
        let (call, recording, private) = (None, None, Private::default());
        let received = Received { key, channel: Channel::Phone, at, call, recording, private };
        let accepted = Accepted {
            number: CaseNumber::new(2026, 11, 22, 1).unwrap(),
            at: hour(1),
            first_responsible: "801".to_owned(),
            due: due(100),
            private: Private::default(),
        };
        let classified =
            CaseEvent::Classified { nature: Nature::Help, domain: "050100".to_owned() };
        vec![
            (0, "system/system", CaseEvent::Received(Box::new(received))),
            (1, "operator/801", CaseEvent::Accepted(Box::new(accepted))),
            (2, "clerk/li", classified),
            (3, "clerk/li", CaseEvent::Assigned { unit: "unit.07".to_owned(), due: due(5) }),
            (4, "unit_contact/wang", CaseEvent::HandlingStarted),
        ]
    }

    fn traced(events: &[(i64, &'static str, CaseEvent)], now: i64) -> Trace {
        let acts = events.iter().map(|(hours, actor, event)| (hour(*hours), *actor, event));
        trace(acts, hour(now)).unwrap()
    }

    #[test]
    fn who_held_it_over_its_date_and_who_took_it_from_him_stand_in_the_sheet() {
        let false_feedback = Record::FalseFeedback { by: "zhao".to_owned(), at: hour(8) };
        let mut events = assigned();
        events.extend([
            (6, "handler/wang", CaseEvent::FedBack),
            (7, "clerk/li", CaseEvent::CallbackDue { answered_directly: false }),
            (8, "supervisor/zhao", CaseEvent::from(false_feedback)),
            (8, "supervisor/zhao", CaseEvent::Redone { due: due(12) }),
            (12, "handler/wang", CaseEvent::FedBack),
            (13, "clerk/li", CaseEvent::CallbackDue { answered_directly: false }),
            (14, "callback_agent/sun", CaseEvent::Closed { on: due(14).on }),
        ]);
        let sheet = traced(&events, 24);
        let told: Vec<_> = sheet
            .stretches
            .iter()
            .map(|one| (&*one.holder, one.state, one.round, one.overdue, one.ended_by.as_deref()))
            .collect();
        let expected = [
            (CENTRE, State::Draft, 0, false, Some("operator/801")),
            (CENTRE, State::Accepted, 1, false, Some("clerk/li")),
            (CENTRE, State::Classified, 1, false, Some("clerk/li")),
            ("unit.07", State::Assigned, 1, false, Some("unit_contact/wang")),
            ("unit.07", State::Handling, 1, true, Some("handler/wang")),
            // The centre reviews, and the citizen waits on.
            (CENTRE, State::Feedback, 1, true, Some("clerk/li")),
            (CENTRE, State::Callback, 1, false, Some("supervisor/zhao")),
            // On the instant it is due it is in time.
            ("unit.07", State::Redo, 2, false, Some("handler/wang")),
            (CENTRE, State::Feedback, 2, true, Some("clerk/li")),
            (CENTRE, State::Callback, 2, false, Some("callback_agent/sun")),
            (ENDED, State::Closed, 2, false, None),
        ];
        assert_eq!(told, expected);
        assert_eq!(sheet.causes(), ["超期", "第2次办理", "虚假反馈1次"]);
        let shares: Vec<_> =
            sheet.shares().into_iter().map(|one| (one.holder, one.ms / 3_600_000)).collect();
        let expected = [(ENDED, 10), ("unit.07", 7), (CENTRE, 7)];
        let expected = expected.map(|(holder, hours)| (holder.to_owned(), hours));
        assert_eq!(shares, expected);
    }

    #[test]
    fn what_was_held_in_time_is_asked_for_nothing_until_its_date_is_over() {
        let events = assigned();
        assert_eq!(traced(&events, 5).causes(), [] as [String; 0]);
        let late = traced(&events, 6);
        assert_eq!(late.causes(), ["超期"]);
        let last = late.stretches.last().unwrap();
        assert_eq!((last.overdue, &last.ended_by), (true, &None), "it lasts");
    }
}
