//! The minutes of a listening day, added up from what the ledger has of its calls. Nothing is
//! counted while the day runs, so a crash in the middle of it loses nothing.

use super::Duty;
use crate::units::{CaseNumber, SeatNumber};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Cases listed in one record; further ones are only counted.
pub const RECORD_CASES_MAX: usize = 2_000;
/// Topics counted one by one; further ones count as 其他.
pub const RECORD_TOPICS_MAX: usize = 200;
/// Characters of a topic; longer ones are cut.
pub const TOPIC_CHARS_MAX: usize = 40;
/// Who hangs up so soon wanted nobody yet (domain.md 3.8, story 7).
const EARLY: Duration = Duration::from_secs(5);

/// One call within the window, as the ledger has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayCall {
    /// The seat that answered first.
    pub answered_by: Option<SeatNumber>,
    /// The leader talked in it.
    pub with_leader: bool,
    /// A callback task was made of it.
    pub callback_task: bool,
    /// The citizen left a message or heard how his case stands, and wanted nobody.
    pub self_served: bool,
    /// He was told honestly that nobody comes.
    pub refused: bool,
    /// How long it lasted; `None`: it still runs.
    pub lasted: Option<Duration>,
    /// What it was about, as whoever classified it has it.
    pub topic: Option<String>,
    /// The case that came of it.
    pub case: Option<CaseNumber>,
}

/// The minutes of a listening day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayRecord {
    /// The date.
    pub date: Date,
    /// Who took the calls; `None`: nobody stands in the roster.
    pub leader: Option<Duty>,
    /// Calls within the window.
    pub attempts: u32,
    /// Answered by operators, by seat.
    pub answered: BTreeMap<SeatNumber, u32>,
    /// Of these handed over to the leader.
    pub with_leader: u32,
    /// Not answered, but a callback task was made.
    pub callback_tasks: u32,
    /// Not answered and not wanting to be: a message left, a case asked after.
    pub self_served: u32,
    /// Refused honestly.
    pub refused: u32,
    /// Hung up under 5 s.
    pub hung_up_early: u32,
    /// Still on the line, or waiting.
    pub running: u32,
    /// What they were about.
    pub topics: BTreeMap<String, u32>,
    /// Cases that came of it.
    pub cases: Vec<String>,
    /// Cases, those beyond [`RECORD_CASES_MAX`] included.
    pub cases_count: u32,
}

impl DayRecord {
    /// The record of a day without calls.
    #[must_use]
    pub fn new(date: Date, leader: Option<Duty>) -> Self {
        Self {
            date,
            leader,
            attempts: 0,
            answered: BTreeMap::new(),
            with_leader: 0,
            callback_tasks: 0,
            self_served: 0,
            refused: 0,
            hung_up_early: 0,
            running: 0,
            topics: BTreeMap::new(),
            cases: Vec::new(),
            cases_count: 0,
        }
    }

    /// Adds a call. Each call counts under one heading only.
    pub fn add(&mut self, call: DayCall) {
        self.attempts += 1;
        self.with_leader += u32::from(call.with_leader);
        match call {
            // What came of it is known when it is over.
            DayCall { lasted: None, .. } => self.running += 1,
            DayCall { answered_by: Some(seat), .. } => {
                *self.answered.entry(seat).or_default() += 1;
            }
            DayCall { callback_task: true, .. } => self.callback_tasks += 1,
            DayCall { self_served: true, .. } => self.self_served += 1,
            DayCall { lasted: Some(lasted), .. } if lasted < EARLY => self.hung_up_early += 1,
            DayCall { refused: true, .. } => self.refused += 1,
            DayCall { .. } => {}
        }
        if let Some(topic) = call.topic {
            self.add_topic(&topic);
        }
        if let Some(case) = call.case {
            self.cases_count += 1;
            if self.cases.len() < RECORD_CASES_MAX {
                self.cases.push(case.to_string());
            }
        }
    }

    /// Answered by operators in all.
    #[must_use]
    pub fn answered_count(&self) -> u32 {
        self.answered.values().sum()
    }

    /// Calls of which nothing came; 0 on a day on which nobody was lost.
    #[must_use]
    pub fn lost(&self) -> u32 {
        let told = [
            self.answered_count(),
            self.callback_tasks,
            self.self_served,
            self.refused,
            self.hung_up_early,
            self.running,
        ];
        self.attempts - told.into_iter().sum::<u32>()
    }

    fn add_topic(&mut self, topic: &str) {
        let topic: String = topic.trim().chars().take(TOPIC_CHARS_MAX).collect();
        let known = self.topics.contains_key(&topic);
        let room = !topic.is_empty() && (known || self.topics.len() < RECORD_TOPICS_MAX);
        let topic = if room { topic } else { "其他".to_owned() };
        *self.topics.entry(topic).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_call_counts_once_and_who_was_lost_shows() {
        let mut record = DayRecord::new(date(2026, 12, 1), None);
        let (seconds, seat) = (Duration::from_secs, SeatNumber::parse("801").unwrap());
        let case = CaseNumber::new(2026, 12, 1, 1);
        let ended = DayCall { lasted: Some(seconds(90)), ..DayCall::default() };
        for call in [
            DayCall {
                answered_by: Some(seat.clone()),
                with_leader: true,
                callback_task: true,
                topic: Some(" 供暖 ".to_owned()),
                case,
                ..ended.clone()
            },
            DayCall { callback_task: true, topic: Some(String::new()), ..ended.clone() },
            DayCall { self_served: true, ..ended.clone() },
            DayCall { refused: true, ..ended.clone() },
            DayCall { lasted: Some(seconds(4)), ..ended.clone() },
            DayCall::default(),
        ] {
            record.add(call);
        }
        assert_eq!((record.attempts, record.lost()), (6, 0));
        assert_eq!((record.answered[&seat], record.with_leader), (1, 1));
        let unanswered = [record.callback_tasks, record.self_served, record.refused];
        assert_eq!((unanswered, record.hung_up_early, record.running), ([1, 1, 1], 1, 1));
        assert_eq!(record.topics.keys().collect::<Vec<_>>(), ["供暖", "其他"]);
        assert_eq!(record.cases, [case.unwrap().to_string()]);
        record.add(ended);
        assert_eq!(record.lost(), 1);
    }
}
