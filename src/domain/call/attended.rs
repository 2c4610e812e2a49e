//! A citizen with a person (通话中). The call keeps still: what is said and who hears whom is the
//! business of the people. It tells the seat's number and, where the person came before G02 had
//! been heard, that the call is recorded; both over the talk, which nothing holds up.

use super::contract::EndedBy;
use super::line::Line;
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
    pub(super) fn enter(line: &mut Line, seat: Option<SeatNumber>) -> Self {
        let mut stage = Self::default();
        line.begin_talk(seat.clone());
        stage.greet(line, seat);
        stage
    }

    /// One more person is there.
    pub(super) fn another(&mut self, line: &mut Line, seat: Option<SeatNumber>) {
        line.talk_with(seat.clone());
        self.greet(line, seat);
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

    fn greet(&mut self, line: &mut Line, seat: Option<SeatNumber>) {
        self.notice = line.rules.record_calls && !line.recorded;
        let notice = self.notice.then(|| sentence(PromptId::G02));
        let number = |seat: SeatNumber| Value::Digits(seat.as_str().to_owned());
        let seat = seat.map(|seat| with(PromptId::G05, "agent_no", number(seat)));
        self.unsaid = notice.into_iter().chain(seat).collect();
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
