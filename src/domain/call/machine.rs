//! One citizen's call, from the answer to its account.
//!
//! ```text
//! Opening -> Queueing -> Attended -> Survey -> Goodbye -> Closing -> over      with people
//!              |  ^          +-> Queueing (broken off, transferred)
//! Opening -> Menu -+-> Voicemail -+-> After -> Goodbye -> Closing -> over      the citizen alone
//!                  +-> Callback --+     |
//!                  +-> LookUp ----+     +-> Menu, or Queueing for who kept his place
//! ```
//! A person is looked for from the first moment, and his answer ends whatever else goes on.
//!
//! Invariants (`docs/testing.md`): C1 no case number is spoken before the store has committed it;
//! C2 `Finish` comes exactly once and last; C3 while the call runs a timer is set; C4 nothing is
//! played after the call is over; C5 at most one play is believed to run; C6 with nothing but
//! timeouts a call ends within `call_max + ending_max`, and with people within `longest +
//! ending_max`; C7 every call ends as a case, an answered look-up or a stub, or the store was asked
//! for one; I12 to who talks with a person nothing is played but, over the talk, G02, G05, D05, X05 and
//! last words; I13 every search for a person ends exactly once; I14 a person's answer silences what
//! plays in the same instant, music too.

use super::attended::Attended;
use super::callback::Callback;
use super::contract::{Action, EndedBy, Incoming, Input, RecordId, RecordingSummary, StoreReply};
use super::goodbye::{Closing, Goodbye};
use super::line::{Leave, Line};
use super::lookup::LookUp;
use super::menu::{After, Menu};
use super::opening::Opening;
use super::people::{AfterPerson, ListeningDay, NextListeningDay, NoPerson, Seats, SeekFrom, Tell};
use super::queueing::Queueing;
use super::rules::CallRules;
use super::stage::{Event, Next, Why};
use super::survey::Survey;
use super::timers::Timer;
use super::voicemail::Voicemail;
use super::words::sentence;
use crate::domain::speech::PromptId;
use crate::units::SeatNumber;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

#[derive(Debug)]
enum Stage {
    Opening(Opening),
    Queueing(Queueing),
    Attended(Attended),
    Survey(Survey),
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
    /// A call that the line has decided to answer; its first action is [`Action::Answer`], and
    /// where people take calls [`Action::Seek`] follows at once.
    #[must_use]
    pub fn new(rules: Arc<CallRules>, incoming: Incoming, now: Instant) -> Self {
        let mut line = Line::new(rules, incoming, now);
        line.timers.set(Timer::Step, now + line.rules.confirm_wait);
        line.actions.push_back(Action::Answer);
        if let Seats::Open(duty) = &line.incoming.seats {
            let group = duty.group.clone();
            line.seek(group, SeekFrom::Arrival, false);
        }
        Self { line, stage: Stage::Opening(Opening::default()) }
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
            Input::Confirmed => {
                self.line.confirmed = true;
                self.dispatch(Event::Confirmed);
            }
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
            Input::Place(place) => {
                self.line.placed(place);
                self.dispatch(Event::News);
            }
            Input::NobodyComes(why) => self.nobody_comes(why),
            Input::ListeningOver(next) => self.listening_over(next),
            Input::Person { seat, tell } => self.person(seat, tell),
            Input::PersonGone(then) => self.person_gone(then),
            // Whether a silent line is worth a talk is for the people to say.
            Input::MediaLost if self.line.talks() => {}
            Input::MediaLost => self.line.go(vec![sentence(PromptId::X06N)], EndedBy::Network),
            Input::HungUp(by) => self.hung_up(by),
            Input::Drain => self.line.drain(),
            Input::Timeout => self.timeout(),
        }
    }

    fn nobody_comes(&mut self, why: NoPerson) {
        if self.line.seeks() {
            self.line.nobody_comes(why);
            if matches!(self.stage, Stage::Queueing(_)) {
                self.follow(Next::NoSeat(Vec::new()));
            }
        }
    }

    fn listening_over(&mut self, next: Option<NextListeningDay>) {
        if let (Stage::Opening(_), Seats::Open(duty)) = (&self.stage, &mut self.line.incoming.seats)
        {
            duty.listening = Some(ListeningDay::Over(next));
        } else {
            self.line.listening_over(next);
            self.dispatch(Event::News);
        }
    }

    fn person(&mut self, seat: Option<SeatNumber>, tell: Tell) {
        if let Stage::Attended(stage) = &mut self.stage {
            stage.another(&mut self.line, seat, tell);
        } else if self.line.seeks() {
            self.stage = Stage::Attended(Attended::enter(&mut self.line, seat, tell));
        }
    }

    fn person_gone(&mut self, then: AfterPerson) {
        if !matches!(self.stage, Stage::Attended(_)) {
            return;
        }
        self.line.end_talk();
        match then {
            AfterPerson::Survey if self.line.rules.survey => {
                self.stage = Stage::Survey(Survey::enter(&mut self.line));
            }
            AfterPerson::Survey | AfterPerson::Goodbye => {
                self.line.end(vec![sentence(PromptId::X08)])
            }
            AfterPerson::Wait { group, leader } => self.wait_again(group, leader),
        }
    }

    fn wait_again(&mut self, group: Option<String>, leader: bool) {
        self.line.owe_talk();
        if self.line.leaves_instead() {
            return;
        }
        self.line.seek_again(group, leader);
        if self.line.rules.record_calls && !self.line.recorded {
            self.stage = Stage::Opening(Opening::notice_again(&mut self.line));
        } else {
            let words = if leader { Vec::new() } else { vec![sentence(PromptId::X03)] };
            self.stage = Stage::Queueing(Queueing::after(&mut self.line, &words));
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
            Stage::Queueing(stage) => stage.on(line, &event),
            Stage::Attended(stage) => return stage.on(line, &event),
            Stage::Survey(stage) => stage.on(line, &event),
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
        if matches!(next, Next::Stay) {
            return;
        }
        if matches!(self.stage, Stage::Queueing(_)) {
            self.line.timers.clear(Timer::Step);
        }
        let line = &mut self.line;
        let next = with_people(line, next);
        if !matches!(next, Next::Menu(_) | Next::NoSeat(_)) || !line.waits() {
            line.pause_seeking();
            line.music(false);
        }
        self.stage = match next {
            Next::Stay => return,
            Next::Menu(preface) if line.waits() => {
                Stage::Queueing(Queueing::with_menu(line, &preface))
            }
            Next::NoSeat(words) if line.waits() => Stage::Queueing(Queueing::after(line, &words)),
            Next::Menu(preface) => Stage::Menu(Menu::enter(line, preface)),
            Next::NoSeat(preface) => Stage::Menu(Menu::no_seat(line, preface)),
            Next::Person => Stage::Menu(Menu::no_seat(line, Vec::new())),
            Next::WaitedTooLong => {
                line.wait_no_longer();
                Stage::Menu(Menu::no_seat(line, Vec::new()))
            }
            Next::Voicemail(why) => Stage::Voicemail(Voicemail::enter(line, why)),
            Next::Callback => Stage::Callback(Callback::enter(line)),
            Next::LookUp => match LookUp::enter(line) {
                Ok(stage) => Stage::LookUp(stage),
                Err(words) => return self.follow(Next::NoSeat(words)),
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

/// Where a way leads while a person is sought: nobody who waits is asked to speak to a machine
/// because he pressed nothing, and nothing that fails ends the call.
fn with_people(line: &mut Line, next: Next) -> Next {
    let transfer = || Next::NoSeat(vec![sentence(PromptId::X03)]);
    if !line.seeks()
        && matches!(next, Next::Person)
        && let Some(group) = on_call(line)
    {
        line.seek(group, SeekFrom::Arrival, false);
    }
    if !line.waits() {
        return next;
    }
    match next {
        Next::Person => transfer(),
        Next::NoSeat(words) if words.is_empty() => transfer(),
        Next::Voicemail(why) if why != Why::Chosen || !line.may_open() => transfer(),
        Next::Callback if !line.may_open() => transfer(),
        _ => next,
    }
}

/// The group of A02.
fn on_call(line: &Line) -> Option<String> {
    match &line.incoming.seats {
        Seats::Closed { duty, .. } => duty.clone(),
        Seats::None | Seats::Open(_) => None,
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("call", &self.line.incoming.call).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
