//! The greeting, which no key cuts short: who answers (G01), and that the call is recorded (G02),
//! when it is. A person who answers cuts it short.

use super::contract::EndedBy;
use super::line::{Line, listening_over};
use super::people::{Hours, ListeningDay, OnDuty, Seats};
use super::stage::{Event, Next};
use super::timers::Timer;
use super::words::{Sentence, Value, sentence, with};
use crate::domain::speech::PromptId;

/// From the answer to the end of G02. Then the whole-call recording starts.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// What follows was said before.
    again: bool,
}

impl Opening {
    /// Says again that the call is recorded: a person came before it was heard, and has left.
    pub(super) fn notice_again(line: &mut Line) -> Self {
        line.tell(&[sentence(PromptId::G02)]);
        Self { again: true }
    }

    /// Takes an event.
    pub(super) fn on(&self, line: &mut Line, event: &Event) -> Next {
        match event {
            Event::Confirmed => {
                line.timers.clear(Timer::Step);
                if line.speaks() {
                    return Next::Stay;
                }
                let mut greeting = vec![sentence(PromptId::G01)];
                if line.rules.record_calls {
                    greeting.push(sentence(PromptId::G02));
                }
                line.tell(&greeting);
            }
            Event::Said => {
                if line.rules.record_calls {
                    line.record_whole();
                }
                if !line.incoming.store_up && !line.waits() {
                    return Next::Goodbye(vec![sentence(PromptId::X04N), sentence(PromptId::X08)]);
                }
                if line.waited_too_long() {
                    return Next::NoSeat(Vec::new());
                }
                return Next::Menu(if self.again { Vec::new() } else { outlook(line) });
            }
            Event::Step => line.go(Vec::new(), EndedBy::Network),
            _ => {}
        }
        Next::Stay
    }
}

/// What the citizen is told of people before the menu.
fn outlook(line: &Line) -> Vec<Sentence> {
    match &line.incoming.seats {
        Seats::None => vec![sentence(PromptId::B01)],
        Seats::Open(duty) => on_duty(duty),
        Seats::Closed { hours, .. } => hours.iter().map(hours_of_service).collect(),
    }
}

fn on_duty(duty: &OnDuty) -> Vec<Sentence> {
    let mut words = Vec::new();
    if duty.brief {
        words.push(sentence(PromptId::X10));
    }
    match duty.listening.clone() {
        Some(ListeningDay::Open { title }) => {
            words.push(sentence(PromptId::D01));
            words.extend(title.map(|title| with(PromptId::D02, "title", Value::Word(title))));
            words.push(sentence(PromptId::D03));
        }
        Some(ListeningDay::Over(next)) => words.extend(listening_over(next)),
        None if duty.holiday => words.push(sentence(PromptId::A03)),
        None => {}
    }
    words
}

fn hours_of_service(hours: &Hours) -> Sentence {
    let values = vec![("open", Value::Time(hours.open)), ("close", Value::Time(hours.close))];
    Sentence::Script(PromptId::A01, values)
}
