//! How somebody is brought in: rung, answered, asked to press 1, the second contact, nobody.

use super::contract::{Action, Destination};
use super::entry::Entry;
use super::machine::{Room, index, kind_of};
use super::obey::{Course, Verdict};
use super::party::{AfterPlay, Dial, FLOOR, Line, Party, Purpose, Request, Who};
use super::rules::CONTACTS_MAX;
use super::targets::Reach;
use crate::domain::desk::{DeskReply, Failure, PartyKind, Refusal};
use crate::domain::speech::PromptId;
use crate::units::PartyId;
use std::collections::VecDeque;

impl Room {
    /// Begins to ring whom a seat in the conversation wants.
    pub(super) fn reach_for(
        &mut self,
        me: PartyId,
        purpose: Purpose,
        reach: Option<Result<Reach, Refusal>>,
        request: &Request,
    ) -> Verdict {
        let reach = reach.ok_or(Refusal::NoSuchTarget)??;
        if self.draining && !matches!(reach, Reach::Emergency(_)) {
            return Err(Refusal::Draining);
        }
        let dials = |party: &Party| party.dial.as_ref().is_some_and(|dial| dial.by == Some(me));
        if !self.citizen_is_here() || self.parties.iter().any(dials) {
            return Err(Refusal::WrongState);
        }
        self.has_room()?;
        let (kind, who, contacts) = self.whom(reach)?;
        // Nobody is left alone while a colleague or help comes.
        let urgent = matches!(who, Who::Emergency(_)) && purpose == Purpose::Transfer;
        let stays = urgent || purpose == Purpose::HandOver;
        let asks_key = match kind {
            PartyKind::Unit => true,
            // Nobody of us talks to him before the citizen does: a mailbox must not get him.
            PartyKind::Outside => purpose == Purpose::Transfer && !matches!(who, Who::Emergency(_)),
            _ => false,
        };
        let party = self.add(kind, who, Line::Ringing);
        let circle = self.new_circle();
        self.parties[index(party)].circle = circle;
        if !stays {
            self.parties[index(me)].circle = circle;
        }
        let dial = Dial {
            purpose,
            by: Some(me),
            account: request.seat.clone(),
            request: Some(request.clone()),
            join: None,
            contacts,
            contact: 0,
            until: self.now,
            asks_key,
            rings: false,
        };
        self.ring(party, dial);
        Ok(Course::Pending)
    }

    /// Who is to be rung, and by which numbers one after the other.
    fn whom(
        &self,
        reach: Reach,
    ) -> Result<(PartyKind, Who, VecDeque<crate::units::PhoneNumber>), Refusal> {
        Ok(match reach {
            Reach::Seat(card) if self.seat_is_taken(&card.seat) => return Err(Refusal::SeatBusy),
            Reach::Seat(card) => (kind_of(&card), Who::Seat(card), VecDeque::new()),
            Reach::Unit { unit, .. } if self.is_accused(&unit) => return Err(Refusal::Accused),
            Reach::Unit { contacts, .. } if contacts.is_empty() => {
                return Err(Refusal::NoSuchTarget);
            }
            Reach::Unit { unit, name, contacts } => {
                let contacts = contacts.into_iter().take(CONTACTS_MAX).collect();
                (PartyKind::Unit, Who::Unit { unit, name }, contacts)
            }
            Reach::Outside { unit: Some(unit), .. } if self.is_accused(&unit) => {
                return Err(Refusal::Accused);
            }
            Reach::Outside { number, unit } => {
                let contacts = VecDeque::from([number.clone()]);
                (PartyKind::Outside, Who::Outside { number, unit }, contacts)
            }
            // It has no second contact: one that is busy is told at once, not rung without end.
            Reach::Emergency(number) => {
                (PartyKind::Outside, Who::Emergency(number), VecDeque::new())
            }
            Reach::Group(_) => return Err(Refusal::NoSuchTarget),
        })
    }

    /// Rings the seat's own phone, so that it comes (back) into the conversation.
    pub(super) fn ring_own_seat(
        &mut self,
        purpose: Purpose,
        reach: Option<Result<Reach, Refusal>>,
        request: &Request,
    ) -> Verdict {
        if self.draining {
            return Err(Refusal::Draining);
        }
        let Reach::Seat(card) = reach.ok_or(Refusal::NoSuchTarget)?? else {
            return Err(Refusal::NoSuchTarget);
        };
        let kind = match purpose {
            Purpose::Watch(_) => PartyKind::Supervisor,
            _ => {
                self.has_room()?;
                kind_of(&card)
            }
        };
        let party = self.add(kind, Who::Seat(card), Line::Ringing);
        self.ring(party, self.own_dial(purpose, request));
        Ok(Course::Pending)
    }

    pub(super) fn own_dial(&self, purpose: Purpose, request: &Request) -> Dial {
        Dial {
            purpose,
            by: None,
            account: request.seat.clone(),
            request: Some(request.clone()),
            join: None,
            contacts: VecDeque::new(),
            contact: 0,
            until: self.now,
            asks_key: false,
            rings: false,
        }
    }

    /// Rings the next contact.
    pub(super) fn ring(&mut self, party: PartyId, mut dial: Dial) {
        let Some(found) = self.parties.get_mut(index(party)) else { return };
        let (to, by) = match &found.who {
            Who::Seat(card) => (Destination::Seat(card.seat.clone()), None),
            Who::Emergency(number) => (Destination::Emergency(number.clone()), None),
            Who::Citizen(_) | Who::Unit { .. } | Who::Outside { .. } => {
                let Some(number) = dial.contacts.pop_front() else { return };
                (Destination::Number(number), Some(dial.account.clone()))
            }
        };
        let ring = match dial.purpose {
            Purpose::CallBackCitizen => self.rules.ring_citizen,
            _ => self.rules.ring,
        };
        dial.contact += 1;
        dial.until = self.now + ring;
        dial.rings = false;
        let (kind, label, contact) = (found.kind, found.label(), dial.contact);
        found.line = Line::Ringing;
        found.dial = Some(dial);
        self.actions.push_back(Action::Dial { party, to, ring, by });
        self.note(Entry::Rung { party, kind, label, contact });
    }

    pub(super) fn ringing(&mut self, party: PartyId) {
        if let Some(dial) = self.parties.get_mut(index(party)).and_then(|p| p.dial.as_mut()) {
            dial.rings = true;
        }
    }

    pub(super) fn answered(&mut self, party: PartyId) {
        let Some(found) = self.parties.get_mut(index(party)) else { return };
        let (Line::Ringing, Some(dial)) = (found.line, &mut found.dial) else { return };
        if dial.asks_key {
            found.line = Line::Asked;
            // Also when the sentence never reports its end.
            dial.until = self.now + self.rules.play_max + self.rules.key_wait;
            self.ask_unit(party);
        } else {
            self.reached(party);
        }
    }

    /// W02 was said: from now on the unit may think.
    pub(super) fn await_key(&mut self, party: PartyId) {
        let until = self.now + self.rules.key_wait;
        if let Some(dial) = self.parties.get_mut(index(party)).and_then(|p| p.dial.as_mut()) {
            dial.until = until;
        }
    }

    pub(super) fn key(&mut self, party: PartyId, key: char) {
        if self.get(party).map(|found| found.line) != Some(Line::Asked) {
            return;
        }
        match key {
            '1' => self.reached(party),
            '2' => {
                self.actions.push_back(Action::HangUp(party));
                self.unreached(party, Failure::Declined);
            }
            _ => {}
        }
    }

    /// Nobody answered, or nobody pressed 1.
    pub(super) fn dial_expired(&mut self, party: PartyId) {
        self.actions.push_back(Action::HangUp(party));
        self.unreached(party, Failure::NoAnswer);
    }

    /// The contact was not reached: the next one is rung at once, or it is over.
    pub(super) fn unreached(&mut self, party: PartyId, why: Failure) {
        let Some(found) = self.parties.get_mut(index(party)) else { return };
        found.playing = None;
        let Some(dial) = found.dial.take() else { return };
        let more = !dial.contacts.is_empty() && self.citizen_is_here() && !self.draining;
        if !more {
            self.parties[index(party)].dial = Some(dial);
            return self.give_up_dial(party, why);
        }
        self.note(Entry::Unreached { party, why });
        if let Some(by) = dial.by {
            self.say(by, PromptId::W05, true, AfterPlay::Nothing);
        }
        self.ring(party, dial);
    }

    /// The end of a dial that reached nobody; its leg is gone already or was hung up.
    pub(super) fn give_up_dial(&mut self, party: PartyId, why: Failure) {
        let Some(found) = self.parties.get_mut(index(party)) else { return };
        let Some(dial) = found.dial.take() else { return };
        found.line = Line::Gone;
        found.playing = None;
        let unit = found.kind == PartyKind::Unit;
        self.note(Entry::Unreached { party, why });
        for request in dial.request.into_iter().chain(dial.join) {
            self.reply(request, DeskReply::Failed { why });
        }
        let alone = !self.parties.iter().any(Party::is_operator);
        match dial.purpose {
            Purpose::Transfer | Purpose::HandOver if alone => self.lose_place(),
            Purpose::CallBackSeat => self.callback_failed(None),
            Purpose::CallBackCitizen => self.callback_failed(Some(why)),
            _ => {}
        }
        if unit && !matches!(why, Failure::Cancelled | Failure::CallerGone) {
            self.nobody_reached(party, dial.by);
        }
    }

    /// Calls a dial off.
    pub(super) fn cancel_dial(&mut self, party: PartyId, why: Failure) {
        self.actions.push_back(Action::HangUp(party));
        self.give_up_dial(party, why);
    }

    pub(super) fn join_when_reached(&mut self, party: PartyId, request: &Request) -> Verdict {
        let dial = self.parties[index(party)].dial.as_mut();
        let dial = dial.filter(|dial| dial.purpose == Purpose::Consult && dial.join.is_none());
        dial.ok_or(Refusal::WrongState)?.join = Some(request.clone());
        self.say_word(super::CITIZEN, PromptId::W01, party);
        Ok(Course::Pending)
    }

    /// The party is there in person.
    fn reached(&mut self, party: PartyId) {
        self.stop_play(party);
        let found = &mut self.parties[index(party)];
        let Some(mut dial) = found.dial.take() else { return };
        found.line = Line::Up;
        found.by = dial.by;
        self.seat_talks(party);
        // Whoever gives the citizen away is put out by it: his telephone, which asked by REFER, must
        // hear of the success while its call stands (RFC 3515 section 2.4.5).
        if matches!(dial.purpose, Purpose::Transfer | Purpose::HandOver)
            && let Some(request) = dial.request.take()
        {
            self.reply(request, DeskReply::Done);
        }
        match (dial.purpose, dial.by) {
            (Purpose::Consult, _) => self.consult_begins(party),
            (Purpose::Transfer, Some(by)) => self.transfer_done(by, party),
            (Purpose::HandOver, Some(by)) => self.take_over(by, party),
            (Purpose::Return, _) => self.returned(party),
            (Purpose::Watch(mode), _) => self.take_place(party, mode),
            (Purpose::CallBackSeat, _) => self.seat_answered(party),
            (Purpose::CallBackCitizen, _) => self.citizen_answered(),
            (Purpose::Transfer | Purpose::HandOver, None) => {}
        }
        let takes_on = dial.purpose == Purpose::CallBackSeat;
        if let Some(request) = dial.request {
            if takes_on {
                self.answer_later(request);
            } else {
                self.reply(request, DeskReply::Done);
            }
        }
        if let Some(request) = dial.join {
            self.join_reached(party, dial.by, request);
        }
    }

    fn consult_begins(&mut self, party: PartyId) {
        self.note(Entry::Consulted(party));
        if let Who::Outside { .. } = self.parties[index(party)].who {
            // Who is rung must know that it is recorded, as the citizen does.
            self.say(party, PromptId::G02, true, AfterPlay::Nothing);
        }
    }

    fn transfer_done(&mut self, by: PartyId, party: PartyId) {
        self.take_over(by, party);
        // W03 was said to those who stay; that the seat is gone they know by it.
        self.seat_left = false;
    }

    fn returned(&mut self, party: PartyId) {
        let found = &mut self.parties[index(party)];
        found.enter(FLOOR);
        found.talked = true;
        if let Some(seat) = found.card().map(|card| card.seat.clone()) {
            self.drop_duty(&seat);
        }
        self.note_joined(party);
    }

    /// The party whose joining was asked for while it was rung is there.
    fn join_reached(&mut self, party: PartyId, by: Option<PartyId>, request: Request) {
        let seat = by.filter(|by| self.get(*by).is_some_and(Party::is_operator));
        match seat {
            Some(seat) if self.citizen_is_here() => {
                self.join(seat, party);
                self.reply(request, DeskReply::Done);
            }
            _ => self.reply(request, DeskReply::Failed { why: Failure::CallerGone }),
        }
    }
}
