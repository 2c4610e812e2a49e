//! The greeting, which no key cuts short: who answers (G01), and that the call is recorded (G02),
//! when it is.

use super::contract::EndedBy;
use super::line::Line;
use super::stage::{Event, Next};
use super::timers::Timer;
use super::words::sentence;
use crate::domain::speech::PromptId;

/// From the answer to the end of G02. Then the whole-call recording starts.
#[derive(Debug)]
pub(super) struct Opening;

impl Opening {
    /// Takes an event.
    pub(super) fn on(&self, line: &mut Line, event: &Event) -> Next {
        match event {
            Event::Confirmed if !line.speaks() => {
                line.timers.clear(Timer::Step);
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
                if !line.incoming.store_up {
                    return Next::Goodbye(vec![sentence(PromptId::X04N), sentence(PromptId::X08)]);
                }
                return Next::Menu(vec![sentence(PromptId::B01)]);
            }
            Event::Step => line.go(Vec::new(), EndedBy::Network),
            _ => {}
        }
        Next::Stay
    }
}
