//! A talk with people: what ends for it, what begins with it, what is handed in so that nothing of
//! it is lost.

use super::{Ear, Line, Message};
use crate::domain::call::contract::{
    Action, EntryKind, IntakeKind, NewIntake, StoreRequest, Ticket,
};
use crate::domain::call::timers::Timer;
use crate::domain::call::words::Sentence;
use crate::units::SeatNumber;
use std::time::{Duration, Instant};

/// The talks of a call and their case.
#[derive(Debug, Default)]
pub(super) struct Talk {
    /// A person is connected now.
    on: bool,
    /// The case of the talks, from the first of them on.
    intake: Option<NewIntake>,
    /// The request that opens it.
    ticket: Option<Ticket>,
    committed: bool,
    /// The last talk was broken off: the citizen is owed a call.
    owed: bool,
}

impl Line {
    /// True while a person is connected.
    pub(in crate::domain::call) fn talks(&self) -> bool {
        self.talk.on
    }

    /// A person is connected. What plays stops at once, what was typed ahead is forgotten, what
    /// was left so far is handed in, and the case of the talk is asked for.
    pub(in crate::domain::call) fn begin_talk(&mut self, seat: Option<SeatNumber>) {
        self.search_ended();
        self.music(false);
        self.hush();
        self.forget_keys();
        self.give_up_waiting();
        self.timers.clear(Timer::Silence);
        self.timers.clear(Timer::Delay);
        if self.confirmed {
            self.timers.clear(Timer::Step);
        }
        self.stop_message();
        self.hand_in_left();
        self.ear = Ear::Talk;
        self.talk.on = true;
        self.talk_with(seat);
        self.open_talk();
    }

    /// One more person is connected, or the first.
    pub(in crate::domain::call) fn talk_with(&mut self, seat: Option<SeatNumber>) {
        self.talk.owed = false;
        self.limit(self.rules.talk_max);
        self.note(EntryKind::Attended(seat));
    }

    /// The last person has left.
    pub(in crate::domain::call) fn end_talk(&mut self) {
        self.hush();
        self.talk.on = false;
        self.ear = Ear::Shut;
        self.limit(self.rules.call_max);
    }

    /// The last talk was broken off, and nothing was left instead.
    pub(in crate::domain::call) fn owes_talk(&self) -> bool {
        self.talk.owed
    }

    /// The talk was broken off.
    pub(in crate::domain::call) fn owe_talk(&mut self) {
        self.talk.owed = true;
    }

    /// The citizen leaves a message or a number instead of waiting again.
    pub(in crate::domain::call) fn talk_made_good(&mut self) {
        self.talk.owed = false;
    }

    /// True when a person was connected at all.
    pub(in crate::domain::call) fn talked(&self) -> bool {
        self.talk.intake.is_some()
    }

    /// The reply to the request that opens the case of the talk.
    pub(in crate::domain::call) fn talk_opened(&mut self, ticket: Ticket) {
        self.talk.committed |= self.talk.ticket == Some(ticket);
    }

    /// At the end: the case of the talk again when its commit is not known, and with a callback
    /// when the talk was broken off.
    pub(in crate::domain::call) fn talk_to_settle(&self) -> Option<NewIntake> {
        let mut intake = self.talk.intake.clone()?;
        intake.callback = self.talk.owed;
        (!self.talk.committed || self.talk.owed).then_some(intake)
    }

    /// Says something over the talk.
    pub(in crate::domain::call) fn say_over(&mut self, sentences: &[Sentence]) {
        self.play(sentences);
    }

    /// Hands in a message that is closed, and what was submitted without its number being heard.
    pub(in crate::domain::call) fn hand_in_left(&mut self) {
        if matches!(self.message, Some(Message::Closed(..)))
            && let Some(Message::Closed(record, summary)) = self.message.take()
        {
            if summary.speech >= self.rules.message_speech_min {
                let contact = self.incoming.caller.number.clone();
                let intake = self.intake(IntakeKind::Voicemail, contact, Some(summary));
                self.hand_in(intake);
            } else if !self.hung_up {
                self.actions.push_back(Action::DiscardRecord(record));
            }
        }
        if let Some(intake) = self.untold.take() {
            self.hand_in(intake);
        }
    }

    /// Hands in what the citizen left, with a callback, as its number was not told.
    pub(in crate::domain::call) fn hand_in(&mut self, mut intake: NewIntake) {
        intake.callback = true;
        self.handed_in = true;
        self.send(StoreRequest::Open(intake));
    }

    /// The whole call may last this much longer, within the longest of all.
    fn limit(&mut self, longest: Duration) {
        let end: Instant = (self.now + longest).min(self.started + self.rules.longest());
        self.warning_due = false;
        self.timers.set(Timer::Max, end);
        match end.checked_sub(self.rules.call_warning).filter(|at| *at > self.now) {
            Some(at) => self.timers.set(Timer::Warning, at),
            None => self.timers.clear(Timer::Warning),
        }
    }

    fn open_talk(&mut self) {
        if self.talk.intake.is_some() {
            return;
        }
        let contact = self.incoming.caller.number.clone();
        let intake = self.intake(IntakeKind::Attended, contact, None);
        self.talk.ticket = Some(self.send(StoreRequest::Open(intake.clone())));
        self.talk.intake = Some(intake);
    }
}
