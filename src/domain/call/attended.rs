//! A citizen with a person (通话中). The call keeps still: what is said and who hears whom is the
//! business of the people. It tells who is there and, where the person came before G02 had
//! been heard, that the call is recorded; both over the talk, which nothing holds up.

use super::contract::EndedBy;
use super::line::Line;
use super::people::Tell;
use super::stage::Event;
use super::timers::Timer;
use super::words::{Sentence, Value, sentence, with};
use crate::domain::speech::PromptId;
use crate::units::SeatNumber;

/// The talk.
#[derive(Debug, Default)]
pub(super) struct Attended {
    /// What is to be said once the answer is confirmed.
    unsaid: Vec<Sentence>,
    /// G02 is being said: the recording starts after it.
    notice: bool,
}

impl Attended {
    /// Silences the line and tells who is there.
    pub(super) fn enter(line: &mut Line, seat: Option<SeatNumber>, tell: Tell) -> Self {
        let mut stage = Self::default();
        line.begin_talk(seat.clone());
        stage.greet(line, seat, tell);
        stage
    }

    /// One more person is there.
    pub(super) fn another(&mut self, line: &mut Line, seat: Option<SeatNumber>, tell: Tell) {
        line.talk_with(seat.clone());
        self.greet(line, seat, tell);
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: &Event) {
        match event {
            Event::Confirmed => {
                line.timers.clear(Timer::Step);
                self.say(line);
            }
            Event::Said => {
                if std::mem::take(&mut self.notice) {
                    line.record_whole();
                }
                line.warn_late();
            }
            Event::Recorded => line.hand_in_left(),
            Event::Step => line.go(Vec::new(), EndedBy::Network),
            _ => {}
        }
    }

    fn greet(&mut self, line: &mut Line, seat: Option<SeatNumber>, tell: Tell) {
        self.notice = line.rules.record_calls && !line.recorded;
        let notice = self.notice.then(|| sentence(PromptId::G02));
        let number = |seat: SeatNumber| Value::Digits(seat.into());
        let who = match tell {
            Tell::Seat => seat.map(|seat| with(PromptId::G05, "agent_no", number(seat))),
            Tell::Leader(title) => Some(with(PromptId::D05, "title", Value::Word(title))),
            Tell::Nothing => None,
        };
        self.unsaid = notice.into_iter().chain(who).collect();
        if line.confirmed {
            self.say(line);
        }
    }

    fn say(&mut self, line: &mut Line) {
        let words = std::mem::take(&mut self.unsaid);
        if !words.is_empty() {
            line.say_over(&words);
        }
    }
}
