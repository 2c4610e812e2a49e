//! The wait for a person (排队): G03, then music and what is due. No key means that a person is
//! wanted, and nothing hangs up for want of one.

use super::line::Line;
use super::menu::{Failures, Pressed};
use super::stage::{Event, Next, Why};
use super::timers::Timer;
use super::words::{Sentence, sentence};
use crate::domain::speech::PromptId;

/// A citizen who waits.
#[derive(Debug, Default)]
pub(super) struct Queueing {
    failures: Failures,
    /// Two failures: keys that mean nothing are not answered any more.
    gave_up: bool,
}

/// Keys that mean something in the queue.
const KEYS: &str = "0123789*";

impl Queueing {
    /// Says what can be done instead of waiting, after a preface, and waits.
    pub(super) fn with_menu(line: &mut Line, preface: &[Sentence]) -> Self {
        let question = vec![sentence(question(line))];
        Self::enter(line, |line| line.ask_after(preface, question))
    }

    /// Waits, after these words.
    pub(super) fn after(line: &mut Line, words: &[Sentence]) -> Self {
        Self::enter(line, |line| {
            line.announce(words);
            line.remember(vec![sentence(question(line))]);
        })
    }

    fn enter(line: &mut Line, say: impl FnOnce(&mut Line)) -> Self {
        say(line);
        if line.leave.is_none() {
            line.begin_wait();
            line.resume_seeking();
            line.music(true);
            arm(line);
        }
        Self::default()
    }

    /// Takes an event.
    pub(super) fn on(&mut self, line: &mut Line, event: &Event) -> Next {
        let next = match event {
            Event::Key(key) => self.key(line, *key),
            Event::Step if line.wait_is_over() => Next::WaitedTooLong,
            Event::Step => {
                let words = line.due_in_queue();
                if !words.is_empty() {
                    line.announce(&words);
                }
                Next::Stay
            }
            _ => Next::Stay,
        };
        if matches!(next, Next::Stay) {
            arm(line);
        }
        next
    }

    fn key(&mut self, line: &mut Line, key: char) -> Next {
        if self.gave_up && !KEYS.contains(key) {
            return Next::Stay;
        }
        let choices = if line.incoming.store_up { "123" } else { "" };
        match self.failures.key(line, key, choices) {
            Pressed::Choice('1') => return Next::LookUp,
            Pressed::Choice('2') => return Next::Voicemail(Why::Chosen),
            Pressed::Choice(_) => return Next::Callback,
            Pressed::Back => return Next::Menu(Vec::new()),
            Pressed::Human => line.announce(&[sentence(PromptId::X03)]),
            Pressed::GaveUp(_) => {
                self.gave_up = true;
                line.announce(&[sentence(PromptId::X03)]);
            }
            Pressed::Done => {}
        }
        Next::Stay
    }
}

/// While nothing is said, the timer stands at what is due next.
fn arm(line: &mut Line) {
    if line.speaks() {
        line.timers.clear(Timer::Step);
    } else {
        let at = line.next_in_queue();
        line.timers.set(Timer::Step, at);
    }
}

/// Without the store a person is all there is.
fn question(line: &Line) -> PromptId {
    if line.incoming.store_up { PromptId::G03 } else { PromptId::X04 }
}
