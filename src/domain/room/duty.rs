//! What must come of a conversation: the outcome of a three-way call, the disposition, the work
//! after the call.

use super::contract::{Action, SeatCard, WrapUp};
use super::entry::{Entry, Leaving};
use super::machine::{Room, index};
use super::obey::{Course, Verdict};
use super::party::{Party, Request};
use super::storing::Storing;
use crate::domain::case::Nature;
use crate::domain::desk::{Disposition, Outcome, PartyKind, Refusal, SUMMARY_CHARS_MAX};
use crate::units::{PartyId, SeatNumber};
use std::time::Instant;

/// What is known of the matter's end.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Citizen, seat and somebody else have heard each other (三方通话).
    pub(super) three_way: bool,
    /// What came of it.
    pub(super) outcome: Option<Outcome>,
    /// The unit that was rung for it last.
    pub(super) unit: Option<String>,
}

impl Account {
    /// The outcome must still be recorded.
    pub(super) fn lacks_outcome(&self) -> bool {
        self.three_way && self.outcome.is_none()
    }

    /// What the outcome proposes: solved is a three-way call (办结), all else is assigned in writing
    /// (转处), with the promised day where there is one.
    pub(super) fn proposes(&self) -> Option<Disposition> {
        Some(match self.outcome.as_ref()? {
            Outcome::Solved => Disposition::ThreeWay,
            Outcome::Promised { .. } | Outcome::Refused | Outcome::NobodyReached => {
                Disposition::Assigned
            }
        })
    }

    /// Whether the outcome allows this disposition. It may always go up to the leaders or to the
    /// discipline inspection; else the outcome of a three-way call decides.
    fn allows(&self, disposition: Disposition) -> bool {
        match (disposition, self.three_way) {
            (Disposition::LeaderReview | Disposition::Discipline, _) => true,
            (Disposition::ThreeWay, false) => false,
            (_, false) => true,
            (_, true) => self.proposes() == Some(disposition),
        }
    }
}

/// A seat that talked with the citizen and owes a wrap-up.
#[derive(Debug)]
pub(super) struct Duty {
    pub(super) card: SeatCard,
    /// It decides about the matter; one that handed it over does not.
    pub(super) decides: bool,
    pub(super) until: Instant,
    pub(super) storing: Storing,
}

impl Duty {
    /// When something of it is due.
    pub(super) fn due(&self) -> Instant {
        self.storing.until().unwrap_or(self.until)
    }
}

impl Room {
    /// A seat's leg is out: does it owe a wrap-up?
    pub(super) fn seat_leaves(&mut self, party: PartyId, how: Leaving) {
        let found = &self.parties[index(party)];
        let Some(card) = found.card().cloned() else { return };
        let spared = match found.kind {
            // The operator who brought the leader in works on what he says.
            PartyKind::Leader => !self.account.lacks_outcome(),
            // A supervisor who barged in, unless he was left with it.
            PartyKind::Supervisor => {
                !self.duties.is_empty() || self.parties.iter().any(Party::is_operator)
            }
            _ => false,
        };
        let owes = found.talked && !spared;
        if owes {
            let decides = how != Leaving::HandedOver || !self.heir_decides();
            let until = self.now + self.rules.wrap_up_max;
            self.drop_duty(&card.seat);
            let storing = Storing::default();
            self.duties.push(Duty { card: card.clone(), decides, until, storing });
        }
        self.actions.push_back(Action::SeatLeft { party, seat: card.seat, wrap_up: owes });
    }

    /// Whether one of those who stay will decide about the matter.
    fn heir_decides(&self) -> bool {
        self.parties.iter().any(|party| party.is_operator() && !party.is_leader())
    }

    /// The seat is in the conversation or owes a wrap-up.
    fn takes_part(&self, seat: &SeatNumber) -> Result<(), Refusal> {
        let operator = |party: &Party| party.is_operator() && party.is_seat(seat);
        let part = self.parties.iter().any(operator) || self.owing().any(|owing| owing == seat);
        if part { Ok(()) } else { Err(Refusal::NoSuchCall) }
    }

    pub(super) fn record_outcome(&mut self, seat: &SeatNumber, outcome: Outcome) -> Verdict {
        self.takes_part(seat)?;
        if !self.account.three_way && self.account.outcome.is_none() {
            return Err(Refusal::WrongState);
        }
        self.account.outcome = Some(outcome.clone());
        self.note(Entry::Outcome { seat: Some(seat.clone()), outcome });
        Ok(Course::Done)
    }

    /// Neither contact of a unit answered: the matter is assigned in writing, unless something
    /// better came of it before.
    pub(super) fn nobody_reached(&mut self, unit: PartyId, by: Option<PartyId>) {
        self.say_nobody_reached(unit, by);
        if self.account.outcome.is_some() || self.account.three_way {
            return;
        }
        self.account.unit = self.get(unit).and_then(Party::unit).map(str::to_owned);
        self.account.outcome = Some(Outcome::NobodyReached);
        self.note(Entry::Outcome { seat: None, outcome: Outcome::NobodyReached });
    }

    pub(super) fn wrap_up(
        &mut self,
        seat: &SeatNumber,
        disposition: Disposition,
        nature: Option<Nature>,
        summary: String,
        unit: Option<String>,
        request: &Request,
    ) -> Verdict {
        let Some(at) = self.duties.iter().position(|duty| duty.card.seat == *seat) else {
            self.takes_part(seat)?;
            return Err(Refusal::WrongState);
        };
        let duty = &self.duties[at];
        let decides = duty.decides;
        // One that comes back begins its work after the call anew.
        if duty.storing.until().is_some() || self.seat_is_present(seat) {
            return Err(Refusal::WrongState);
        }
        if summary.chars().count() > SUMMARY_CHARS_MAX {
            return Err(Refusal::Malformed);
        }
        let unit = unit
            .or_else(|| self.account.unit.clone().filter(|_| disposition == Disposition::Assigned));
        if decides {
            self.may_dispose(disposition, unit.as_deref())?;
            self.may_store(at, disposition)?;
        }
        let excused = self.duties[at].storing.excused;
        let outcome = self.account.outcome.clone();
        let (seat, said) = (seat.clone(), Some(disposition));
        let wrap_up =
            WrapUp { seat, disposition: said, nature, summary, unit, outcome, decides, excused };
        if decides {
            self.store_wrap_up(at, disposition, wrap_up, request);
            return Ok(Course::Pending);
        }
        self.close_duty(at, wrap_up);
        Ok(Course::Done)
    }

    fn may_dispose(&self, disposition: Disposition, unit: Option<&str>) -> Result<(), Refusal> {
        if self.account.lacks_outcome() {
            return Err(Refusal::OutcomeMissing);
        }
        if !self.account.allows(disposition) {
            return Err(Refusal::DispositionMissing);
        }
        match (disposition, unit) {
            (Disposition::Assigned, None) => Err(Refusal::DispositionMissing),
            (_, Some(unit)) if self.is_accused(unit) => Err(Refusal::Accused),
            _ => Ok(()),
        }
    }

    pub(super) fn close_duty(&mut self, at: usize, wrap_up: WrapUp) {
        self.duties.remove(at);
        self.actions.push_back(Action::WrappedUp(Box::new(wrap_up)));
    }

    /// The seat will never say what becomes of the matter, beyond what is being stored.
    pub(super) fn give_up(&mut self, seat: &SeatNumber) {
        if let Some(at) = self.duties.iter().position(|duty| duty.card.seat == *seat) {
            let Duty { card, decides, storing, .. } = &mut self.duties[at];
            if storing.until().is_some() {
                storing.abandoned = true;
                return;
            }
            let wrap_up = WrapUp {
                seat: card.seat.clone(),
                disposition: None,
                nature: None,
                summary: String::new(),
                unit: None,
                outcome: self.account.outcome.clone(),
                decides: *decides,
                excused: storing.excused,
            };
            self.close_duty(at, wrap_up);
        }
    }

    pub(super) fn expire_duties(&mut self) {
        self.expire_storing();
        let due = |duty: &&Duty| duty.due() <= self.now;
        let seats: Vec<_> =
            self.duties.iter().filter(due).map(|duty| duty.card.seat.clone()).collect();
        for seat in seats {
            self.give_up(&seat);
        }
    }
}
