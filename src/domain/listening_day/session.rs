//! One listening day as it runs. Sans-IO, on the wall's clock, since its window is civil time.
//!
//! ```text
//! before --09:00--> open --11:00--> last call --the leader's call ends--> over
//!                     \--11:00, no call with the leader--------------------^
//! ```
//! Outside *open* nobody is handed over to the leader. At the end the rest is told D06 and waits
//! for operators in the same place.

use super::{Duty, ListeningDay, ListeningRules};
use crate::domain::desk::Refusal;
use crate::units::{CallId, CaseNumber, SeatNumber};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Cases listed in one record; further ones are only counted.
pub const SESSION_CASES_MAX: usize = 2_000;
/// Topics counted one by one; further ones count as 其他.
pub const SESSION_TOPICS_MAX: usize = 200;
/// Characters of a topic; longer ones are cut.
pub const TOPIC_CHARS_MAX: usize = 40;

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

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionInput {
    /// A citizen tried to reach the line.
    Attempt,
    /// All lines were busy, or he was told honestly that nobody comes.
    Refused,
    /// He hung up at once (under 5 s).
    HungUpEarly,
    /// A callback task was made of his call.
    CallbackTask,
    /// An operator answered him.
    Answered(SeatNumber),
    /// What it was about, as the operator has it.
    Topic(String),
    /// A case came of it.
    Case(CaseNumber),
    /// The leader's call is over.
    LeaderDone(CallId),
    /// The time given by `poll_timeout` has come.
    Timeout,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOutput {
    /// The day has come so far. At `LastCall` or `Over`, whichever is first, D06 is told.
    Phase(Phase),
    /// The day is over; its record.
    Record(Box<SessionRecord>),
}

/// The minutes of a listening day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionRecord {
    /// The date.
    pub date: Date,
    /// Who took the calls.
    pub leader: Duty,
    /// Citizens who tried.
    pub attempts: u32,
    /// Of these refused honestly.
    pub refused: u32,
    /// Hung up under 5 s.
    pub hung_up_early: u32,
    /// Callback tasks.
    pub callback_tasks: u32,
    /// Answered by operators, by seat.
    pub answered: BTreeMap<SeatNumber, u32>,
    /// Of these handed over to the leader.
    pub with_leader: u32,
    /// What they were about.
    pub topics: BTreeMap<String, u32>,
    /// Cases that came of it.
    pub cases: Vec<String>,
    /// Cases, those beyond [`SESSION_CASES_MAX`] included.
    pub cases_count: u32,
}

impl SessionRecord {
    /// Answered by operators in all.
    #[must_use]
    pub fn answered_count(&self) -> u32 {
        self.answered.values().sum()
    }

    /// Attempts whose outcome nobody told; 0 at the end of a day on which nobody was lost.
    #[must_use]
    pub fn unaccounted(&self) -> i64 {
        let told = [self.answered_count(), self.refused, self.hung_up_early, self.callback_tasks];
        i64::from(self.attempts) - told.into_iter().map(i64::from).sum::<i64>()
    }
}

/// A listening day.
#[derive(Debug)]
pub struct Session {
    opens: Timestamp,
    closes: Timestamp,
    phase: Phase,
    /// The call that the leader talks in.
    with_leader: Option<CallId>,
    record: SessionRecord,
    outputs: VecDeque<SessionOutput>,
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
        let at = |time| day.date.to_datetime(time).to_zoned(zone.clone()).ok();
        Some(Self {
            opens: at(rules.window.0)?.timestamp(),
            closes: at(rules.window.1)?.timestamp(),
            phase: Phase::Before,
            with_leader: None,
            record: SessionRecord {
                date: day.date,
                leader,
                attempts: 0,
                refused: 0,
                hung_up_early: 0,
                callback_tasks: 0,
                answered: BTreeMap::new(),
                with_leader: 0,
                topics: BTreeMap::new(),
                cases: Vec::new(),
                cases_count: 0,
            },
            outputs: VecDeque::new(),
        })
    }

    /// How far it has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The record so far.
    #[must_use]
    pub fn record(&self) -> &SessionRecord {
        &self.record
    }

    /// An operator hands a caller over to the leader.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] outside the window, [`Refusal::SeatBusy`] while the leader talks.
    pub fn hand_over(&mut self, now: Timestamp, call: CallId) -> Result<(), Refusal> {
        self.advance(now);
        match (self.phase, self.with_leader.is_none()) {
            (Phase::Open, true) => {
                self.with_leader = Some(call);
                self.record.with_leader += 1;
                Ok(())
            }
            (Phase::Open, false) => Err(Refusal::SeatBusy),
            _ => Err(Refusal::WrongState),
        }
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Timestamp, input: SessionInput) {
        let record = &mut self.record;
        match input {
            SessionInput::Attempt => record.attempts += 1,
            SessionInput::Refused => record.refused += 1,
            SessionInput::HungUpEarly => record.hung_up_early += 1,
            SessionInput::CallbackTask => record.callback_tasks += 1,
            SessionInput::Answered(seat) => *record.answered.entry(seat).or_default() += 1,
            SessionInput::Topic(topic) => record.add_topic(&topic),
            SessionInput::Case(number) => {
                record.cases_count += 1;
                if record.cases.len() < SESSION_CASES_MAX {
                    record.cases.push(number.to_string());
                }
            }
            SessionInput::LeaderDone(call) => {
                self.with_leader.take_if(|with| *with == call);
            }
            SessionInput::Timeout => {}
        }
        self.advance(now);
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<SessionOutput> {
        self.outputs.pop_front()
    }

    /// When [`SessionInput::Timeout`] is wanted next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Before => Some(self.opens),
            Phase::Open => Some(self.closes),
            Phase::LastCall | Phase::Over => None,
        }
    }

    fn advance(&mut self, now: Timestamp) {
        if self.phase == Phase::Before && now >= self.opens {
            self.enter(Phase::Open);
        }
        if self.phase == Phase::Open && now >= self.closes && self.with_leader.is_some() {
            self.enter(Phase::LastCall);
        }
        let closed = matches!(self.phase, Phase::Open | Phase::LastCall) && now >= self.closes;
        if closed && self.with_leader.is_none() {
            self.enter(Phase::Over);
            let record = Box::new(self.record.clone());
            self.outputs.push_back(SessionOutput::Record(record));
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.outputs.push_back(SessionOutput::Phase(phase));
    }
}

impl SessionRecord {
    fn add_topic(&mut self, topic: &str) {
        let topic: String = topic.trim().chars().take(TOPIC_CHARS_MAX).collect();
        let known = self.topics.contains_key(&topic);
        let room = !topic.is_empty() && (known || self.topics.len() < SESSION_TOPICS_MAX);
        let topic = if room { topic } else { "其他".to_owned() };
        *self.topics.entry(topic).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;

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
        let mut found = Vec::new();
        while let Some(output) = session.poll_output() {
            if let SessionOutput::Phase(phase) = output {
                found.push(phase);
            }
        }
        found
    }

    #[test]
    fn the_leader_takes_calls_only_within_the_window_and_one_at_a_time() {
        let (mut session, call) = (session(), |at| CallId::new("a1", 0, at));
        assert_eq!(session.poll_timeout(), Some(at("09:00:00")));
        assert_eq!(session.hand_over(at("08:59:59"), call(1)), Err(Refusal::WrongState));
        assert_eq!(session.hand_over(at("09:00:00"), call(1)), Ok(()));
        assert_eq!(session.hand_over(at("09:05:00"), call(2)), Err(Refusal::SeatBusy));
        session.handle(at("09:10:00"), SessionInput::LeaderDone(call(1)));
        assert_eq!(session.hand_over(at("10:59:59"), call(2)), Ok(()));
        session.handle(at("11:00:00"), SessionInput::Timeout);
        assert_eq!(phases(&mut session), [Phase::Open, Phase::LastCall]);
        assert_eq!(session.hand_over(at("11:00:01"), call(3)), Err(Refusal::WrongState));
        session.handle(at("11:07:00"), SessionInput::LeaderDone(call(2)));
        assert_eq!(phases(&mut session), [Phase::Over]);
        assert_eq!((session.record().with_leader, session.poll_timeout()), (2, None));
    }

    #[test]
    fn without_a_running_call_the_day_is_over_at_the_end_of_the_window() {
        let mut session = session();
        session.handle(at("09:00:00"), SessionInput::Timeout);
        session.handle(at("11:00:00"), SessionInput::Timeout);
        assert_eq!(phases(&mut session), [Phase::Open, Phase::Over]);
    }

    #[test]
    fn the_record_counts_what_happened_and_what_is_unaccounted_for() {
        let (mut session, seat) = (session(), SeatNumber::parse("801").unwrap());
        for _ in 0..5 {
            session.handle(at("09:00:00"), SessionInput::Attempt);
        }
        let number = CaseNumber::new(2026, 12, 1, 1).unwrap();
        for input in [
            SessionInput::Answered(seat),
            SessionInput::Refused,
            SessionInput::HungUpEarly,
            SessionInput::Topic(" 供暖 ".to_owned()),
            SessionInput::Topic(String::new()),
            SessionInput::Case(number),
        ] {
            session.handle(at("09:01:00"), input);
        }
        assert_eq!(session.record().unaccounted(), 2);
        session.handle(at("09:02:00"), SessionInput::CallbackTask);
        assert_eq!(session.record().unaccounted(), 1);
        assert_eq!(session.record().topics.len(), 2);
        assert_eq!(session.record().cases, [number.to_string()]);
    }
}
