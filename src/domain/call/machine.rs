//! One citizen's call, from the answer to its account.
//!
//! ```text
//! Opening -> Menu -+-> Voicemail -+-> After -> Goodbye -> Closing -> over
//!                  +-> Callback --+     |
//!                  +-> LookUp ----+     +-> Menu …
//! ```
//! Invariants (`docs/testing.md`): C1 no case number is spoken before the store has committed it;
//! C2 `Finish` comes exactly once and last; C3 while the call runs a timer is set; C4 nothing is
//! played after the call is over; C5 at most one play is believed to run; C6 with nothing but
//! timeouts a call ends within `call_max + ending_max`; C7 every call ends as a case, an answered
//! look-up or a stub, or the store was asked for one.

use super::callback::Callback;
use super::contract::{Action, EndedBy, Incoming, Input, RecordId, RecordingSummary, StoreReply};
use super::goodbye::{Closing, Goodbye};
use super::line::{Leave, Line};
use super::lookup::LookUp;
use super::menu::{After, Menu};
use super::opening::Opening;
use super::rules::CallRules;
use super::stage::{Event, Next};
use super::timers::Timer;
use super::voicemail::Voicemail;
use super::words::sentence;
use crate::domain::speech::PromptId;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

#[derive(Debug)]
enum Stage {
    Opening(Opening),
    Menu(Menu),
    Voicemail(Voicemail),
    Callback(Callback),
    LookUp(LookUp),
    After(After),
    Goodbye(Goodbye),
    Closing(Closing),
    Over,
}

/// The way one call takes. `handle`, then `poll_action` until it is empty, then `poll_timeout`.
/// `Debug` names the call only: what was keyed may be secret.
pub struct Call {
    line: Line,
    stage: Stage,
}

impl Call {
    /// A call that the line has decided to answer; its first action is [`Action::Answer`].
    #[must_use]
    pub fn new(rules: Arc<CallRules>, incoming: Incoming, now: Instant) -> Self {
        let mut line = Line::new(rules, incoming, now);
        line.timers.set(Timer::Step, now + line.rules.confirm_wait);
        line.actions.push_back(Action::Answer);
        Self { line, stage: Stage::Opening(Opening) }
    }

    /// Takes an input. Nothing happens once the call is over.
    pub fn handle(&mut self, now: Instant, input: Input) {
        if self.is_over() {
            return;
        }
        self.line.now = now.max(self.line.now);
        self.take(input);
        self.settle();
        debug_assert!(
            self.is_over() || self.poll_timeout().is_some(),
            "C3: while a call runs a timer is set"
        );
    }

    /// The next thing to be done.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.line.actions.pop_front()
    }

    /// When `Input::Timeout` is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.line.timers.next()
    }

    /// True when the account was given: the call wants nothing more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Keys and entries of the account that were dropped because a limit was reached.
    #[must_use]
    pub fn dropped(&self) -> (u32, u32) {
        self.line.dropped()
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Confirmed => self.dispatch(Event::Confirmed),
            Input::Digit(digit) => {
                if let Some(key) = self.line.hear(digit.as_char()) {
                    self.dispatch(Event::Key(key));
                }
            }
            Input::PlayDone(play) => {
                if self.line.play_ended(Some(play)) {
                    self.said();
                }
            }
            Input::Recorded(record, summary) => self.record_closed(record, Some(summary)),
            Input::RecordFailed(record) => self.record_closed(record, None),
            Input::Stored(ticket, reply) => {
                if self.line.replied(ticket, &reply) {
                    self.replied(reply);
                }
            }
            Input::Place(_)
            | Input::NobodyComes
            | Input::ListeningOver(_)
            | Input::Person { .. }
            | Input::PersonGone(_) => {}
            Input::MediaLost => self.line.go(vec![sentence(PromptId::X06N)], EndedBy::Network),
            Input::HungUp(by) => self.hung_up(by),
            Input::Drain => self.line.drain(),
            Input::Timeout => self.timeout(),
        }
    }

    fn said(&mut self) {
        match self.line.take_held() {
            Some(reply) => self.dispatch(Event::Replied(reply)),
            None => self.dispatch(Event::Said),
        }
    }

    fn replied(&mut self, reply: StoreReply) {
        if let Some(reply) = self.line.hold_while_speaking(reply) {
            self.dispatch(Event::Replied(reply));
        }
    }

    fn record_closed(&mut self, record: RecordId, summary: Option<RecordingSummary>) {
        if self.line.record_closed(record, summary) {
            self.dispatch(Event::Recorded);
        }
    }

    fn hung_up(&mut self, by: EndedBy) {
        if !matches!(self.stage, Stage::Closing(_)) {
            self.line.close(by);
            self.stage = Stage::Closing(Closing::enter(&mut self.line));
        }
    }

    fn timeout(&mut self) {
        // Bounded: a limit of zero must not spin.
        for _ in 0..Timer::COUNT {
            let Some(timer) = self.line.timers.pop_due(self.line.now) else {
                return;
            };
            self.fire(timer);
            self.settle();
        }
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Play => {
                if self.line.play_ended(None) {
                    self.said();
                }
            }
            Timer::Silence => self.dispatch(Event::Silent),
            Timer::Step => self.dispatch(Event::Step),
            Timer::Delay => self.dispatch(Event::Delayed),
            Timer::Store => {
                self.line.give_up_waiting();
                self.replied(StoreReply::Unavailable);
            }
            Timer::Record => {
                if self.line.record_overdue() {
                    self.dispatch(Event::Recorded);
                }
            }
            Timer::Warning => self.line.warn(),
            Timer::Max => self.line.end(vec![sentence(PromptId::X14)]),
        }
    }

    /// Gives an event to the stage and follows where it leads.
    fn dispatch(&mut self, event: Event) {
        let line = &mut self.line;
        let next = match &mut self.stage {
            Stage::Opening(stage) => stage.on(line, &event),
            Stage::Menu(stage) => stage.on(line, &event),
            Stage::Voicemail(stage) => stage.on(line, event),
            Stage::Callback(stage) => stage.on(line, event),
            Stage::LookUp(stage) => stage.on(line, event),
            Stage::After(stage) => stage.on(line, &event),
            Stage::Goodbye(stage) => {
                if stage.on(line, &event) {
                    self.hung_up(EndedBy::Network);
                }
                return;
            }
            Stage::Closing(stage) => {
                if matches!(event, Event::Step) {
                    stage.give_up(line);
                }
                return;
            }
            Stage::Over => return,
        };
        self.follow(next);
    }

    fn follow(&mut self, next: Next) {
        let line = &mut self.line;
        self.stage = match next {
            Next::Stay => return,
            Next::Menu(preface) => Stage::Menu(Menu::enter(line, preface)),
            Next::NoSeat(preface) => Stage::Menu(Menu::no_seat(line, preface)),
            Next::Voicemail(why) => Stage::Voicemail(Voicemail::enter(line, why)),
            Next::Callback => Stage::Callback(Callback::enter(line)),
            Next::LookUp => match LookUp::enter(line) {
                Ok(stage) => Stage::LookUp(stage),
                Err(preface) => Stage::Menu(Menu::no_seat(line, preface)),
            },
            Next::After(outcome) => Stage::After(After::enter(line, outcome)),
            Next::Goodbye(words) => return line.end(words),
        };
    }

    /// Does what follows by itself: the goodbye, keys typed ahead, the account.
    fn settle(&mut self) {
        loop {
            if let Some(leave) = self.line.leave.take() {
                self.leave(&leave);
            } else if let Some(key) = self.line.next_key() {
                self.dispatch(Event::Key(key));
            } else {
                break;
            }
        }
        if let Stage::Closing(stage) = &mut self.stage
            && let Some(record) = stage.advance(&mut self.line)
        {
            self.line.actions.push_back(Action::Finish(Box::new(record)));
            self.stage = Stage::Over;
        }
    }

    fn leave(&mut self, leave: &Leave) {
        self.stage = Stage::Goodbye(Goodbye::enter(&mut self.line, leave));
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("call", &self.line.incoming.call).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
