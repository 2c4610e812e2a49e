//! The leader's window on a listening day. Sans-IO, on the wall's clock, since it is civil time.
//!
//! ```text
//! before --09:00--> open --11:00--> last call --the leader's call ends--> over
//!                     \--11:00, no call with the leader--------------------^
//! ```
//! Outside *open* nobody is handed over to the leader. At the end the rest is told D06 and waits
//! for operators in the same place.

use super::{Duty, ListeningDay, ListeningRules};
use crate::domain::desk::Refusal;
use crate::units::CallId;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::VecDeque;

/// How far the day has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The window has not begun.
    Before,
    /// Operators hand callers over to the leader.
    Open,
    /// The window is over; the leader finishes his call.
    LastCall,
    /// The leader takes no calls any more.
    Over,
}

/// A listening day.
#[derive(Debug)]
pub struct Session {
    opens: Timestamp,
    closes: Timestamp,
    leader: Duty,
    phase: Phase,
    /// The call that the leader talks in.
    with_leader: Option<CallId>,
    entered: VecDeque<Phase>,
}

impl Session {
    /// The session of a day; `None` where the zone does not have its times.
    #[must_use]
    pub fn new(
        day: &ListeningDay,
        rules: &ListeningRules,
        leader: Duty,
        zone: &TimeZone,
    ) -> Option<Self> {
        let (opens, closes) = rules.window_on(day.date, zone)?;
        let entered = VecDeque::new();
        Some(Self { opens, closes, leader, phase: Phase::Before, with_leader: None, entered })
    }

    /// How far it has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Who takes the calls.
    #[must_use]
    pub fn leader(&self) -> &Duty {
        &self.leader
    }

    /// An operator hands a caller over to the leader.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] outside the window, [`Refusal::SeatBusy`] while the leader talks.
    pub fn hand_over(&mut self, now: Timestamp, call: CallId) -> Result<(), Refusal> {
        self.handle_timeout(now);
        match (self.phase, self.with_leader.is_none()) {
            (Phase::Open, true) => {
                self.with_leader = Some(call);
                Ok(())
            }
            (Phase::Open, false) => Err(Refusal::SeatBusy),
            _ => Err(Refusal::WrongState),
        }
    }

    /// The leader's call is over.
    pub fn leader_done(&mut self, now: Timestamp, call: &CallId) {
        self.with_leader.take_if(|with| *with == *call);
        self.handle_timeout(now);
    }

    /// The time given by `poll_timeout` has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.phase == Phase::Before && now >= self.opens {
            self.enter(Phase::Open);
        }
        if self.phase == Phase::Open && now >= self.closes && self.with_leader.is_some() {
            self.enter(Phase::LastCall);
        }
        let closed = matches!(self.phase, Phase::Open | Phase::LastCall) && now >= self.closes;
        if closed && self.with_leader.is_none() {
            self.enter(Phase::Over);
        }
    }

    /// The phases it has entered since, in order. At `LastCall` or `Over`, whichever is first, D06
    /// is told.
    pub fn poll_phase(&mut self) -> Option<Phase> {
        self.entered.pop_front()
    }

    /// When `handle_timeout` is wanted next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Before => Some(self.opens),
            Phase::Open => Some(self.closes),
            Phase::LastCall | Phase::Over => None,
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.entered.push_back(phase);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::units::SeatNumber;

    fn session() -> Session {
        let rules = ListeningRules::default();
        let date = "2026-12-01".parse().unwrap();
        let day = rules.on(&Calendar::built_in(), date).unwrap();
        let seat = SeatNumber::parse("901").unwrap();
        let leader = Duty { title: "市长".to_owned(), seat, instead_of: None };
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        Session::new(&day, &rules, leader, &zone).unwrap()
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-12-01T{time}+08:00").parse().unwrap()
    }

    fn phases(session: &mut Session) -> Vec<Phase> {
        std::iter::from_fn(|| session.poll_phase()).collect()
    }

    #[test]
    fn the_leader_takes_calls_only_within_the_window_and_one_at_a_time() {
        let (mut session, call) = (session(), |at| CallId::new("a1", 0, at));
        assert_eq!(session.poll_timeout(), Some(at("09:00:00")));
        assert_eq!(session.hand_over(at("08:59:59"), call(1)), Err(Refusal::WrongState));
        assert_eq!(session.hand_over(at("09:00:00"), call(1)), Ok(()));
        assert_eq!(session.hand_over(at("09:05:00"), call(2)), Err(Refusal::SeatBusy));
        session.leader_done(at("09:10:00"), &call(1));
        assert_eq!(session.hand_over(at("10:59:59"), call(2)), Ok(()));
        session.handle_timeout(at("11:00:00"));
        assert_eq!(phases(&mut session), [Phase::Open, Phase::LastCall]);
        assert_eq!(session.hand_over(at("11:00:01"), call(3)), Err(Refusal::WrongState));
        session.leader_done(at("11:07:00"), &call(2));
        assert_eq!(phases(&mut session), [Phase::Over]);
        assert_eq!(session.poll_timeout(), None);
    }

    #[test]
    fn without_a_running_call_the_day_is_over_at_the_end_of_the_window() {
        let mut session = session();
        session.handle_timeout(at("09:00:00"));
        session.handle_timeout(at("11:00:00"));
        assert_eq!(phases(&mut session), [Phase::Open, Phase::Over]);
    }
}
