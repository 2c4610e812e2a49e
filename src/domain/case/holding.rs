//! Who held a case and for how long. The times add up to its whole age (invariant 5).

use super::event::CaseEvent;
use super::fold::{Case, apply};
use super::status::State;
use jiff::Timestamp;

/// A stretch of time in one state with one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The state.
    pub state: State,
    /// The lead unit, while one had it.
    pub unit: Option<String>,
    /// Since when.
    pub from: Timestamp,
    /// How long, in milliseconds.
    pub ms: i64,
}

/// The stretches from the receipt to `now`, first to last, of events with the times they were
/// stored at. A clock that was set back adds nothing; nothing is counted twice or left out.
#[must_use]
pub fn holding<'a>(
    events: impl IntoIterator<Item = (Timestamp, &'a CaseEvent)>,
    now: Timestamp,
) -> Vec<Held> {
    let mut held: Vec<Held> = vec![];
    let mut case = Case::default();
    let mut latest = None;
    for (at, event) in events {
        case = apply(case, event);
        let Some(state) = case.state else { continue };
        let unit = case.unit.clone();
        let at = match latest {
            None => case.received_at.unwrap_or(at),
            Some(latest) => at.max(latest),
        };
        latest = Some(at);
        match held.last() {
            Some(last) if last.state == state && last.unit == unit => {}
            _ => held.push(Held { state, unit, from: at, ms: 0 }),
        }
    }
    let ends: Vec<Timestamp> = held.iter().skip(1).map(|next| next.from).chain([now]).collect();
    for (stretch, end) in held.iter_mut().zip(ends) {
        stretch.ms = end.as_millisecond() - stretch.from.as_millisecond();
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::{Channel, Private, Received, Record};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn the_stretches_add_up_also_when_the_clock_is_set_back() {
        let received = CaseEvent::Received(Box::new(Received {
            key: "k".to_owned(),
            channel: Channel::Text,
            at: at(100),
            call: None,
            recording: None,
            private: Private::default(),
        }));
        let recalled = CaseEvent::from(Record::Recalled { by: "x".to_owned() });
        let events = [(at(150), &received), (at(90), &CaseEvent::Kept), (at(500), &recalled)];
        let held = holding(events, at(1000));
        let shown: Vec<_> = held.iter().map(|one| (one.state, one.from, one.ms)).collect();
        let expected = [
            (State::Draft, at(100), 0),
            (State::Kept, at(100), 400),
            (State::Classified, at(500), 500),
        ];
        assert_eq!(shown, expected);
        assert!(holding([], at(1)).is_empty());
    }
}
