//! The end of a call: last words, hang-up, what was left is handed in, the account is given.
//!
//! `Goodbye (last words, BYE) -> Closing (recordings close, the store replies) -> Finish`

use super::contract::{Action, CallRecord, IntakeKind, StoreRequest};
use super::line::{Ear, Leave, Line, Message};
use super::stage::Event;
use super::timers::Timer;

/// From the last words to the network's word that the call is over.
#[derive(Debug)]
pub(super) struct Goodbye {
    hanging_up: bool,
}

impl Goodbye {
    /// Says the last words; without words it hangs up at once.
    pub(super) fn enter(line: &mut Line, leave: &Leave) -> Self {
        line.ended_by = Some(leave.by);
        line.leaving = true;
        line.forget_keys();
        line.stop_message();
        line.give_up_waiting();
        line.stop_seeking();
        line.music(false);
        line.timers.clear(Timer::Step);
        line.timers.clear(Timer::Delay);
        let mut goodbye = Self { hanging_up: false };
        if leave.words.is_empty() {
            line.hush();
            goodbye.hang_up(line);
        } else {
            line.tell(&leave.words);
        }
        goodbye
    }

    /// Takes an event; true when the call is over without a word of the network.
    pub(super) fn on(&mut self, line: &mut Line, event: &Event) -> bool {
        match event {
            Event::Said if !self.hanging_up => self.hang_up(line),
            Event::Step if self.hanging_up => return true,
            _ => {}
        }
        false
    }

    fn hang_up(&mut self, line: &mut Line) {
        self.hanging_up = true;
        line.ear = Ear::Shut;
        line.timers.set(Timer::Step, line.now + line.rules.hang_up_wait);
        line.actions.push_back(Action::HangUp);
    }
}

/// After the call: nothing can be said any more.
#[derive(Debug)]
pub(super) struct Closing {
    /// What was left has been handed in.
    settled: bool,
}

impl Closing {
    /// Closes the recordings.
    pub(super) fn enter(line: &mut Line) -> Self {
        line.hung_up = true;
        line.leaving = true;
        line.leave = None;
        line.ear = Ear::Shut;
        line.forget_keys();
        line.play_ended(None);
        line.give_up_waiting();
        line.stop_seeking();
        line.timers.clear_all();
        line.stop_message();
        line.timers.clear(Timer::Record);
        if let Some(record) = line.whole {
            line.actions.push_back(Action::StopRecord(record));
        }
        line.timers.set(Timer::Step, line.now + line.rules.closing_wait);
        Self { settled: false }
    }

    /// Goes on as far as it can; gives the account when everything is there.
    pub(super) fn advance(&mut self, line: &mut Line) -> Option<CallRecord> {
        if matches!(line.message, Some(Message::Open(_))) {
            return None;
        }
        if !self.settled {
            self.settled = true;
            settle(line);
            line.timers.set(Timer::Step, line.now + line.rules.closing_wait);
        }
        if line.whole.is_some() || !line.outstanding.is_empty() {
            return None;
        }
        Some(account(line))
    }

    /// The step timer is due: what is missing will not come.
    pub(super) fn give_up(&self, line: &mut Line) {
        if matches!(line.message, Some(Message::Open(_))) {
            line.message = None;
        }
        if self.settled {
            line.whole = None;
            line.outstanding.clear();
        }
    }
}

/// Hands in what the citizen left: a message that was not yet submitted, a case whose number he
/// did not hear, a talk that is not stored or was broken off, or at least that he called (D8).
fn settle(line: &mut Line) {
    line.hand_in_left();
    if let Some(intake) = line.talk_to_settle() {
        line.send(StoreRequest::Open(intake));
    }
    if !line.fruitful && !line.handed_in && !line.talked() {
        let contact = line.incoming.caller.number.clone();
        let stayed = line.lasted() >= line.rules.stay_min && contact.is_some();
        let mut intake = line.intake(IntakeKind::Abandoned, contact, None);
        intake.callback = stayed;
        line.send(StoreRequest::Open(intake));
    }
}

fn account(line: &mut Line) -> CallRecord {
    line.timers.clear_all();
    CallRecord {
        call: line.incoming.call.clone(),
        lasted: line.ended_after.unwrap_or_else(|| line.lasted()),
        ended_by: line.ended_by.unwrap_or(super::contract::EndedBy::Network),
        entries: line.ledger.take(),
    }
}
