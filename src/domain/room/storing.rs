//! A wrap-up on its way to the store. The seat is told that it is done after the commit alone; while
//! it is not known to be committed, the seat is told so within `store_max` and owes it still, but is
//! excused: it may take calls meanwhile, and sends it again.

use super::contract::{Action, NotStored, WrapUp};
use super::duty::Duty;
use super::machine::Room;
use super::party::Request;
use super::rules::WRAP_UP_ATTEMPTS_MAX;
use crate::domain::desk::{DeskReply, Disposition, Failure, Refusal};
use crate::units::SeatNumber;
use std::time::Instant;

/// The answer while it is not known to be stored.
const NOT_KNOWN: DeskReply = DeskReply::Failed { why: Failure::StoreDown };

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

/// A wrap-up that the store was asked for and that is not known to have come to nothing.
#[derive(Debug)]
pub(super) struct Attempt {
    number: u32,
    seat: SeatNumber,
    disposition: Disposition,
    /// It was committed: what the case goes by.
    stands: bool,
}

impl Storing {
    /// Until when the store may answer, while somebody waits for it.
    pub(super) fn until(&self) -> Option<Instant> {
        self.waits.as_ref().map(|(_, until)| *until)
    }
}

impl Room {
    /// Asks for the commit of what the duty at `at` is done with.
    pub(super) fn store_wrap_up(
        &mut self,
        at: usize,
        disposition: Disposition,
        wrap_up: WrapUp,
        request: &Request,
    ) {
        if self.attempts.iter().filter(|one| !one.stands).count() >= WRAP_UP_ATTEMPTS_MAX {
            self.excuse(at);
            return self.reply(request.clone(), NOT_KNOWN);
        }
        self.wrap_ups += 1;
        let (attempt, wrap_up) = (self.wrap_ups, Box::new(wrap_up));
        let seat = wrap_up.seat.clone();
        self.attempts.push(Attempt { number: attempt, seat, disposition, stands: false });
        let storing = &mut self.duties[at].storing;
        storing.sent = Some((attempt, wrap_up.clone()));
        storing.waits = Some((request.clone(), self.now + self.rules.store_max));
        self.actions.push_back(Action::StoreWrapUp { attempt, wrap_up });
    }

    /// The store takes one disposition of a seat for a call and answers others as if they were that
    /// one. So no other is sent past an attempt that may still be committed or was; the seat, which
    /// cannot help it, is excused.
    pub(super) fn may_store(&mut self, at: usize, disposition: Disposition) -> Result<(), Refusal> {
        let seat = &self.duties[at].card.seat;
        let contrary = |one: &&Attempt| one.seat == *seat && one.disposition != disposition;
        let Some(earlier) = self.attempts.iter().find(contrary) else { return Ok(()) };
        let why = if earlier.stands { Refusal::CaseRefuses } else { Refusal::WrongState };
        self.excuse(at);
        Err(why)
    }

    /// The seat owes it still, and takes calls meanwhile.
    fn excuse(&mut self, at: usize) {
        let Duty { card, storing, .. } = &mut self.duties[at];
        if !std::mem::replace(&mut storing.excused, true) {
            self.actions.push_back(Action::Excused(card.seat.clone()));
        }
    }

    /// The store has said what became of an attempt. To a duty, one that a newer attempt has taken
    /// the place of means nothing: the outcome of that follows.
    pub(super) fn wrap_up_stored(&mut self, attempt: u32, stored: Result<(), NotStored>) {
        self.note_outcome(attempt, stored.is_ok());
        let of =
            |sent: &Option<(u32, _)>| sent.as_ref().is_some_and(|(known, _)| *known == attempt);
        let Some(at) = self.duties.iter().position(|duty| of(&duty.storing.sent)) else { return };
        match stored {
            Ok(()) => self.wrap_up_committed(at),
            Err(NotStored::Down) => self.wrap_up_failed(at, NOT_KNOWN),
            Err(NotStored::Refused) => {
                self.wrap_up_failed(at, DeskReply::Refused { why: Refusal::CaseRefuses });
            }
            Err(NotStored::NoNumber) => {
                self.wrap_up_failed(at, DeskReply::Refused { why: Refusal::NoNumber });
            }
        }
    }

    /// The case goes by the wrap-up that was committed last.
    fn note_outcome(&mut self, attempt: u32, committed: bool) {
        let Some(at) = self.attempts.iter().position(|one| one.number == attempt) else { return };
        let ended = self.attempts.swap_remove(at);
        if committed {
            self.attempts.retain(|one| !one.stands);
            self.attempts.push(Attempt { stands: true, ..ended });
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
        let Some((request, _)) = self.duties[at].storing.waits.take() else { return };
        self.reply(request, reply);
        self.excuse(at);
        let Duty { card, storing, .. } = &self.duties[at];
        if storing.abandoned {
            let seat = card.seat.clone();
            self.give_up(&seat);
        }
    }

    /// The store has not answered in time.
    pub(super) fn expire_storing(&mut self) {
        for at in (0..self.duties.len()).rev() {
            if self.duties[at].storing.until().is_some_and(|until| until <= self.now) {
                self.wrap_up_failed(at, NOT_KNOWN);
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
