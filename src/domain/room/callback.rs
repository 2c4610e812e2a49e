//! 回拨: the seat is rung, then the citizen; how it ended goes to the task, exactly once.

use super::contract::{Action, CITIZEN, CallBack};
use super::machine::{Room, index, kind_of};
use super::obey::{Course, Verdict};
use super::party::{Dial, FLOOR, Line, Purpose, Request, Who};
use crate::domain::desk::{CallBackOutcome, DeskReply, Failure, Refusal};
use crate::units::{PartyId, PhoneNumber, SeatNumber};
use std::collections::VecDeque;

/// How far the callback has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    SeatRings,
    CitizenRings,
    Reached,
    /// The task knows how it ended.
    Told,
}

/// One callback.
#[derive(Debug)]
pub(super) struct Calling {
    task: i64,
    number: PhoneNumber,
    stage: Stage,
    /// What the seat says of it.
    outcome: Option<CallBackOutcome>,
}

impl Calling {
    /// The citizen may still come.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.stage, Stage::SeatRings | Stage::CitizenRings)
    }

    pub(super) fn rings_seat(&self) -> bool {
        self.stage == Stage::SeatRings
    }
}

impl Room {
    pub(super) fn begin_callback(&mut self, callback: CallBack) {
        let CallBack { call: _, task, card, request, number } = callback;
        let request = Request { seat: card.seat.clone(), id: request };
        self.callback = Some(Calling { task, number, stage: Stage::SeatRings, outcome: None });
        let seat = self.add(kind_of(&card), Who::Seat(card), Line::Ringing);
        self.ring(seat, self.own_dial(Purpose::CallBackSeat, &request));
    }

    /// The seat is there: the citizen is rung.
    pub(super) fn seat_answered(&mut self, seat: PartyId) {
        self.parties[index(seat)].enter(FLOOR);
        self.note_joined(seat);
        let account = self.get(seat).and_then(|party| party.card()).map(|card| card.seat.clone());
        let (Some(account), Some(calling)) = (account, &mut self.callback) else { return };
        calling.stage = Stage::CitizenRings;
        let dial = Dial {
            purpose: Purpose::CallBackCitizen,
            by: Some(seat),
            account,
            request: None,
            join: None,
            contacts: VecDeque::from([calling.number.clone()]),
            contact: 0,
            until: self.now,
            asks_key: false,
            rings: false,
        };
        self.ring(CITIZEN, dial);
    }

    /// The command is answered when the citizen has answered or was not reached.
    pub(super) fn answer_later(&mut self, request: Request) {
        if let Some(dial) = &mut self.parties[0].dial {
            dial.request = Some(request);
        } else {
            self.reply(request, DeskReply::Failed { why: Failure::Cancelled });
        }
    }

    pub(super) fn citizen_answered(&mut self) {
        if let Some(calling) = &mut self.callback {
            calling.stage = Stage::Reached;
        }
        self.parties[0].enter(FLOOR);
        self.note_joined(CITIZEN);
        self.greet_called_back();
    }

    /// The seat did not answer (`None`), or the citizen did not.
    pub(super) fn callback_failed(&mut self, why: Option<Failure>) {
        let outcome = match why {
            Some(Failure::NoAnswer) => Some(CallBackOutcome::NoAnswer),
            Some(Failure::Busy) => Some(CallBackOutcome::Busy),
            Some(Failure::Declined) => Some(CallBackOutcome::Refused),
            // The line failed, or the seat gave up: the citizen's telephone may never have rung.
            Some(
                Failure::Unreachable
                | Failure::CallerGone
                | Failure::StoreDown
                | Failure::Cancelled,
            )
            | None => None,
        };
        self.parties[0].line = Line::Gone;
        self.tell_task(outcome);
    }

    fn tell_task(&mut self, outcome: Option<CallBackOutcome>) {
        if let Some(calling) = &mut self.callback
            && calling.stage != Stage::Told
        {
            calling.stage = Stage::Told;
            let task = calling.task;
            self.actions.push_back(Action::CalledBack { task, outcome });
        }
    }

    /// Who answered may have been somebody else: the seat says so until its wrap-up.
    pub(super) fn callback_outcome(
        &mut self,
        seat: &SeatNumber,
        task: i64,
        outcome: CallBackOutcome,
    ) -> Verdict {
        let part = self.seat_is_present(seat) || self.owing().any(|owing| owing == seat);
        if !part {
            return Err(Refusal::NoSuchCall);
        }
        let calling = self.callback.as_mut().filter(|calling| calling.task == task);
        let calling = calling.ok_or(Refusal::NoSuchTarget)?;
        if calling.stage != Stage::Reached {
            return Err(Refusal::WrongState);
        }
        calling.outcome = Some(outcome);
        Ok(Course::Done)
    }

    /// When all is said and done the task hears how it ended.
    pub(super) fn report_callback(&mut self) {
        if !self.is_over() {
            return;
        }
        let outcome = self.callback.as_ref().map(|calling| calling.outcome);
        if let Some(outcome) = outcome {
            self.tell_task(Some(outcome.unwrap_or(CallBackOutcome::Reached)));
        }
    }
}
