//! What becomes of those who stay when somebody leaves: no constellation is left in silence.
//!
//! | who stays | what follows |
//! | --- | --- |
//! | citizen and a seat | they go on |
//! | citizen and a unit | they go on, recorded, told so (W07), for a named time |
//! | citizen, and somebody is rung who will take him | he waits with music |
//! | citizen alone | rating, goodbye, or back to the queue when he was cut off or never served |
//! | a seat and a unit | they go on |
//! | a seat alone | wrap-up |
//! | units alone | told goodbye, hung up |
//! | watchers alone | hung up |

use super::contract::{Action, CITIZEN, Hearing, Then};
use super::entry::{Entry, Leaving};
use super::machine::{Room, index};
use super::party::{AfterPlay, FLOOR, Line, Party, Purpose, Who};
use crate::domain::desk::{Failure, PartyKind, Supervision};
use crate::domain::speech::PromptId;
use crate::units::PartyId;

impl Room {
    /// One round. True when something changed, so that another round is due.
    pub(super) fn balance(&mut self) -> bool {
        let operators = self.parties.iter().filter(|party| party.is_operator()).count();
        let changed = match (self.citizen_is_here(), operators) {
            (true, 0) => self.without_seat(),
            (true, _) => {
                self.then = None;
                self.unattended_until = None;
                self.seat_left = false;
                false
            }
            (false, 0) => self.without_anybody(),
            (false, operators) => self.without_citizen(operators),
        };
        changed | self.mind_watchers() | self.mind_circles()
    }

    /// Citizen here, no seat.
    fn without_seat(&mut self) -> bool {
        let mut changed = self.end_consultations();
        changed |= self.cancel_dials(Failure::Cancelled, |purpose| purpose == Purpose::Consult);
        self.set_secret(false);
        for party in &mut self.parties {
            party.release();
        }
        if self.parties.iter().any(Party::is_guest) {
            // Whoever he was cut off from, he is served now.
            self.then = None;
            if self.unattended_until.is_none() {
                self.unattended_until = Some(self.now + self.rules.unattended_max);
            }
            if std::mem::take(&mut self.seat_left) {
                self.say_to_floor(PromptId::W07);
            }
            return changed;
        }
        self.unattended_until = None;
        let comes = self.parties.iter().any(|p| p.purpose().is_some_and(Purpose::takes_citizen));
        if !comes {
            self.give_citizen_back();
            changed = true;
        }
        changed
    }

    /// The citizen is gone, seats are there.
    fn without_citizen(&mut self, operators: usize) -> bool {
        if self.parties[0].dial.is_some() {
            return false; // He is being called back.
        }
        let changed = self.cancel_dials(Failure::CallerGone, |_| true);
        let company = self.parties.iter().any(|party| party.talks() && !party.is_operator());
        if operators > 1 || company {
            return changed;
        }
        let last = self.parties.iter().find(|party| party.is_operator()).map(|party| party.id);
        if let Some(last) = last {
            self.put_out(last, Leaving::Alone);
        }
        true
    }

    /// Neither citizen nor seat.
    fn without_anybody(&mut self) -> bool {
        let back = self.callback.as_ref().is_some_and(super::callback::Calling::rings_seat);
        let mut changed = if back || self.queued {
            false
        } else {
            // Of a callback: the seat has hung up before the citizen answered.
            let why =
                self.parties[0].dial.as_ref().map_or(Failure::CallerGone, |_| Failure::Cancelled);
            self.cancel_dials(why, |_| true)
        };
        self.unattended_until = None;
        let left: Vec<PartyId> =
            self.parties.iter().filter(|party| party.talks()).map(|party| party.id).collect();
        for party in left {
            self.send_off(party);
            changed = true;
        }
        changed
    }

    /// Consulted parties whose seat is gone and that no other seat has taken on.
    fn end_consultations(&mut self) -> bool {
        let left: Vec<PartyId> = self
            .parties
            .iter()
            .filter(|party| party.is_consulted())
            .map(|party| party.id)
            .collect();
        for party in &left {
            self.send_off(*party);
        }
        !left.is_empty()
    }

    fn cancel_dials(&mut self, why: Failure, which: impl Fn(Purpose) -> bool) -> bool {
        let dials: Vec<PartyId> = self
            .parties
            .iter()
            .filter(|party| party.purpose().is_some_and(&which))
            .map(|party| party.id)
            .collect();
        for party in &dials {
            self.cancel_dial(*party, why);
        }
        !dials.is_empty()
    }

    /// Nobody is left for the citizen: the call has him again, or he is told goodbye.
    fn give_citizen_back(&mut self) {
        let talked = self.parties[0].talked;
        let emergency =
            self.parties.iter().any(|party| party.joined && matches!(party.who, Who::Emergency(_)));
        let then = match self.then.take() {
            _ if self.draining => Then::Goodbye,
            Some(then) => then,
            None if !talked => Then::Queue { group: None },
            None if emergency => Then::Goodbye,
            None => Then::Survey,
        };
        if self.callback.is_some() {
            return self.send_off(CITIZEN);
        }
        self.stop_play(CITIZEN);
        let citizen = &mut self.parties[0];
        citizen.line = Line::Elsewhere;
        citizen.circle = FLOOR;
        if citizen.hears != Hearing::default() {
            citizen.hears = Hearing::default();
            self.actions.push_back(Action::Hear(CITIZEN, Hearing::default()));
        }
        self.queued = matches!(then, Then::Queue { .. });
        self.actions.push_back(Action::CitizenAlone(then));
    }

    /// The citizen was to be taken over by somebody who did not come, and his seat is gone.
    pub(super) fn lose_place(&mut self) {
        if self.citizen_is_here() {
            self.then = Some(Then::Queue { group: None });
        }
    }

    /// Citizen and guests have gone on long enough.
    pub(super) fn end_unattended(&mut self) {
        self.unattended_until = None;
        let guests: Vec<PartyId> =
            self.parties.iter().filter(|party| party.is_guest()).map(|party| party.id).collect();
        for guest in guests {
            self.put_out(guest, Leaving::TooLong);
        }
    }

    /// Nobody who is in the conversation stays aside without a seat, no seat alone with itself.
    fn mind_circles(&mut self) -> bool {
        let mut moves = Vec::new();
        for party in self.parties.iter().filter(|p| p.talks() && p.joined && p.circle != FLOOR) {
            let there = |other: &&Party| other.circle == party.circle && other.id != party.id;
            let mut others = self.parties.iter().filter(there).filter(|o| o.is_present());
            let stays = if party.is_operator() {
                others.any(|other| other.talks() || other.dial.is_some())
            } else {
                others.any(Party::is_operator)
            };
            if !stays {
                moves.push(party.id);
            }
        }
        for party in &moves {
            self.parties[index(*party)].circle = FLOOR;
        }
        !moves.is_empty()
    }

    /// Ends a party's part at once.
    pub(super) fn put_out(&mut self, party: PartyId, how: Leaving) {
        match self.get(party).map(|found| found.line) {
            Some(Line::Ringing | Line::Asked) => self.cancel_dial(party, Failure::Cancelled),
            Some(Line::Up) => {
                self.actions.push_back(Action::HangUp(party));
                self.leave(party, how);
            }
            Some(Line::Leaving) => {
                self.actions.push_back(Action::HangUp(party));
                self.end_line(party);
            }
            Some(Line::Elsewhere | Line::Gone) | None => {}
        }
    }

    /// Says goodbye to somebody from outside and hangs up after it; others are hung up at once.
    fn send_off(&mut self, party: PartyId) {
        let Some(found) = self.get(party) else { return };
        let civil = match found.who {
            Who::Unit { .. } | Who::Outside { .. } | Who::Citizen(_) => true,
            Who::Seat(_) | Who::Emergency(_) => false,
        };
        if !civil {
            return self.put_out(party, Leaving::Alone);
        }
        self.leave(party, Leaving::Alone);
        self.parties[index(party)].line = Line::Leaving;
        self.say(party, PromptId::C08, false, AfterPlay::HangUp);
    }

    pub(super) fn end_line(&mut self, party: PartyId) {
        if let Some(found) = self.parties.get_mut(index(party)) {
            found.line = Line::Gone;
            found.playing = None;
        }
    }

    /// The party is out of the conversation; its leg is over or will be.
    pub(super) fn leave(&mut self, party: PartyId, how: Leaving) {
        self.note(Entry::Left { party, how });
        let found = &mut self.parties[index(party)];
        let was_guest = found.is_guest();
        let was_operator = found.is_operator();
        let is_unit = matches!(found.who, Who::Unit { .. });
        let watched = found.kind == PartyKind::Supervisor;
        found.line = Line::Gone;
        found.playing = None;
        found.watch = None;
        found.release();
        if self.parties[index(party)].card().is_some() {
            self.seat_leaves(party, how);
        }
        if watched {
            self.note_supervision(party, Supervision::Stop);
        }
        if was_operator {
            self.operator_leaves(party, how);
        }
        if was_guest && is_unit && how != Leaving::Accused {
            self.say_unit_left(party);
        }
        if party == CITIZEN {
            self.set_secret(false);
            self.then = None;
        }
    }

    /// What the seat had begun goes to another seat in the conversation, if there is one.
    fn operator_leaves(&mut self, party: PartyId, how: Leaving) {
        self.seat_left = true;
        let heir = self.parties.iter().rev().find(|other| other.is_operator()).map(|heir| heir.id);
        if let Some(heir) = heir {
            for other in &mut self.parties {
                if other.by == Some(party) {
                    other.by = Some(heir);
                }
                if let Some(dial) = &mut other.dial
                    && dial.by == Some(party)
                {
                    dial.by = Some(heir);
                }
            }
        } else if how == Leaving::Lost && self.citizen_is_here() {
            // He was cut off in the middle: he does not wait from the end again.
            self.then.get_or_insert(Then::Queue { group: None });
        }
    }
}
