//! The rating after a talk (满意度评价): V01, repeats, V02. Without a key there is no rating.

use super::contract::EntryKind;
use super::line::Line;
use super::menu::{Failures, Pressed};
use super::stage::{Event, Next};
use super::words::sentence;
use crate::domain::speech::PromptId;

/// The question after the person has left.
#[derive(Debug, Default)]
pub(super) struct Survey {
    failures: Failures,
    /// V03 was said so often.
    repeated: u8,
}

impl Survey {
    /// Asks for a rating. Keys of the talk are no answer.
    pub(super) fn enter(line: &mut Line) -> Self {
        line.forget_keys();
        line.ask(vec![sentence(PromptId::V01)]);
        Self::default()
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: &Event) -> Next {
        match event {
            Event::Key(key) => self.key(line, *key),
            Event::Silent if self.repeated < line.rules.survey_repeats => {
                self.repeated += 1;
                line.repeat_after(&[sentence(PromptId::V03)]);
                Next::Stay
            }
            Event::Silent => Next::Goodbye(vec![sentence(PromptId::X08)]),
            _ => Next::Stay,
        }
    }

    fn key(&mut self, line: &mut Line, key: char) -> Next {
        match self.failures.key(line, key, "1234") {
            Pressed::Choice(choice) => {
                let grade = choice.to_digit(10).and_then(|grade| u8::try_from(grade).ok());
                line.note(EntryKind::Grade(grade.unwrap_or_default()));
                return Next::Goodbye(vec![sentence(PromptId::V02)]);
            }
            Pressed::GaveUp(_) => return Next::Goodbye(vec![sentence(PromptId::X08)]),
            Pressed::Human | Pressed::Back => line.repeat_after(&[]),
            Pressed::Done => {}
        }
        Next::Stay
    }
}
