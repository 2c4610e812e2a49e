//! A wrap-up on its way to the store. The seat is told that it is done after the commit alone; while
//! the store cannot commit, the seat is told so within `store_max` and owes it still, but is excused:
//! it may take calls meanwhile, and sends it again.

use super::contract::{Action, NotStored, WrapUp};
use super::machine::Room;
use super::party::Request;
use crate::domain::desk::{DeskReply, Failure, Refusal};
use crate::units::SeatNumber;
use std::time::Instant;

/// How far the wrap-up of a duty is.
#[derive(Debug, Default)]
pub(super) struct Storing {
    /// The last attempt; its outcome may come after the seat was told that it failed.
    sent: Option<(u32, Box<WrapUp>)>,
    /// The command that waits for it, and how long.
    waits: Option<(Request, Instant)>,
    /// The seat takes calls meanwhile.
    pub(super) excused: bool,
    /// Nobody will send it again.
    pub(super) abandoned: bool,
}

impl Storing {
    /// Until when the store may answer, while somebody waits for it.
    pub(super) fn until(&self) -> Option<Instant> {
        self.waits.as_ref().map(|(_, until)| *until)
    }
}

impl Room {
    /// Asks for the commit of what the duty at `at` is done with.
    pub(super) fn store_wrap_up(&mut self, at: usize, wrap_up: WrapUp, request: &Request) {
        self.wrap_ups += 1;
        let (attempt, wrap_up) = (self.wrap_ups, Box::new(wrap_up));
        let storing = &mut self.duties[at].storing;
        storing.sent = Some((attempt, wrap_up.clone()));
        storing.waits = Some((request.clone(), self.now + self.rules.store_max));
        self.actions.push_back(Action::StoreWrapUp { attempt, wrap_up });
    }

    /// The store has said what became of an attempt. One that a newer attempt has taken the place of
    /// means nothing: the outcome of that follows.
    pub(super) fn wrap_up_stored(&mut self, attempt: u32, stored: Result<(), NotStored>) {
        let of =
            |sent: &Option<(u32, _)>| sent.as_ref().is_some_and(|(known, _)| *known == attempt);
        let Some(at) = self.duties.iter().position(|duty| of(&duty.storing.sent)) else { return };
        match stored {
            Ok(()) => self.wrap_up_committed(at),
            Err(NotStored::Down) => {
                self.wrap_up_failed(at, DeskReply::Failed { why: Failure::StoreDown });
            }
            Err(NotStored::Refused) => {
                self.wrap_up_failed(at, DeskReply::Refused { why: Refusal::CaseRefuses });
            }
        }
    }

    fn wrap_up_committed(&mut self, at: usize) {
        let storing = &mut self.duties[at].storing;
        let (Some((_, mut wrap_up)), waits) = (storing.sent.take(), storing.waits.take()) else {
            return;
        };
        wrap_up.excused = storing.excused;
        self.close_duty(at, *wrap_up);
        if let Some((request, _)) = waits {
            self.reply(request, DeskReply::Done);
        }
    }

    /// The seat owes it still. What a late commit brings is taken.
    fn wrap_up_failed(&mut self, at: usize, reply: DeskReply) {
        let duty = &mut self.duties[at];
        let Some((request, _)) = duty.storing.waits.take() else { return };
        let seat = duty.card.seat.clone();
        let first = !std::mem::replace(&mut duty.storing.excused, true);
        let abandoned = duty.storing.abandoned;
        self.reply(request, reply);
        if abandoned {
            self.give_up(&seat);
        } else if first {
            self.actions.push_back(Action::Excused(seat));
        }
    }

    /// The store has not answered in time.
    pub(super) fn expire_storing(&mut self) {
        for at in (0..self.duties.len()).rev() {
            if self.duties[at].storing.until().is_some_and(|until| until <= self.now) {
                self.wrap_up_failed(at, DeskReply::Failed { why: Failure::StoreDown });
            }
        }
    }

    /// The seat talks again, and what it owed is owed anew at the end of that.
    pub(super) fn drop_duty(&mut self, seat: &SeatNumber) {
        let Some(at) = self.duties.iter().position(|duty| duty.card.seat == *seat) else { return };
        if let Some((request, _)) = self.duties.remove(at).storing.waits {
            self.reply(request, DeskReply::Failed { why: Failure::Cancelled });
        }
    }
}
