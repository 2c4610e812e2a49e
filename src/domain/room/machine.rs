//! The conversation itself: its state, its inputs, and the statements that follow from it.

use super::contract::{
    Action, CITIZEN, CallBack, Input, Matter, Parting, Recording, SeatCard, Then, Wish,
};
use super::duty::{Account, Duty};
use super::entry::{Entry, Leaving};
use super::hearing::{hear_each_other, hearing};
use super::party::{FLOOR, Line, Party, Request, Who};
use super::rules::RoomRules;
use crate::domain::desk::{ConversationView, DeskReply, Outcome, PartyKind, Refusal, SeatRole};
use crate::units::{CallId, PartyId, PhoneNumber, SeatNumber};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// What a conversation begins with when a seat takes a citizen.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The call.
    pub call: CallId,
    /// The citizen's number, where it is shown.
    pub citizen: Option<PhoneNumber>,
    /// What is known of the matter.
    pub matter: Matter,
    /// The seat that takes him; its leg is up. It becomes party 1.
    pub card: SeatCard,
}

/// One conversation. `handle`, then `poll_action` until it is empty, then `poll_timeout`.
#[derive(Debug)]
pub struct Room {
    pub(super) rules: Arc<RoomRules>,
    pub(super) call: CallId,
    pub(super) now: Instant,
    /// By number: the party with id n stands at n, also when it is gone.
    pub(super) parties: Vec<Party>,
    pub(super) matter: Matter,
    pub(super) actions: VecDeque<Action>,
    pub(super) circles: u32,
    pub(super) plays: u32,
    pub(super) recording: Recording,
    pub(super) secret_until: Option<Instant>,
    /// When a citizen who waits is told so again.
    pub(super) remind_at: Option<Instant>,
    /// Until when citizen and guests may go on without a seat.
    pub(super) unattended_until: Option<Instant>,
    /// Those who go on without a seat are to be told (W07).
    pub(super) seat_left: bool,
    /// Where the citizen goes when he is alone, if that is decided.
    pub(super) then: Option<Then>,
    /// The queue has the citizen on our behalf.
    pub(super) queued: bool,
    pub(super) first_responsible: Option<SeatNumber>,
    pub(super) account: Account,
    pub(super) duties: Vec<Duty>,
    /// Wrap-ups that the store was asked for, so far.
    pub(super) wrap_ups: u32,
    /// Those of them that were committed or may still be.
    pub(super) attempts: Vec<super::storing::Attempt>,
    pub(super) callback: Option<super::callback::Calling>,
    pub(super) draining: bool,
    pub(super) finished: bool,
    shown: Option<(Vec<SeatNumber>, ConversationView)>,
}

impl Room {
    /// A conversation in which a seat talks to a citizen. The call has said what is to be said
    /// (G05).
    #[must_use]
    pub fn attended(rules: Arc<RoomRules>, opening: Opening, now: Instant) -> Self {
        let mut room = Self::empty(rules, opening.call, opening.citizen, now);
        room.matter = opening.matter;
        room.parties[0].enter(FLOOR);
        room.note_joined(CITIZEN);
        room.seated(opening.card);
        room.settle();
        room
    }

    /// A conversation in which a seat calls a citizen back: the seat is rung first.
    #[must_use]
    pub fn call_back(
        rules: Arc<RoomRules>,
        callback: CallBack,
        matter: Matter,
        now: Instant,
    ) -> Self {
        let number = Some(callback.number.clone());
        let mut room = Self::empty(rules, callback.call.clone(), number, now);
        room.matter = matter;
        room.begin_callback(callback);
        room.settle();
        room
    }

    fn empty(
        rules: Arc<RoomRules>,
        call: CallId,
        citizen: Option<PhoneNumber>,
        now: Instant,
    ) -> Self {
        let citizen =
            Party::new(CITIZEN, PartyKind::Citizen, Who::Citizen(citizen), Line::Elsewhere);
        Self {
            rules,
            call,
            now,
            parties: vec![citizen],
            matter: Matter::default(),
            actions: VecDeque::new(),
            circles: FLOOR,
            plays: super::speaking::FIRST_PLAY,
            recording: Recording::Off,
            secret_until: None,
            remind_at: None,
            unattended_until: None,
            seat_left: false,
            then: None,
            queued: false,
            first_responsible: None,
            account: Account::default(),
            duties: Vec::new(),
            wrap_ups: 0,
            attempts: Vec::new(),
            callback: None,
            draining: false,
            finished: false,
            shown: None,
        }
    }

    /// Takes an input. Once all is over, commands are refused and nothing else happens.
    pub fn handle(&mut self, now: Instant, input: Input) {
        self.now = now.max(self.now);
        if self.is_over() {
            if let Input::Asked(wish) = input {
                self.refuse(&wish, Refusal::NoSuchCall);
            }
            return;
        }
        self.take(input);
        self.settle();
    }

    /// The next thing to be done.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Input::Timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let parties = self.parties.iter().filter_map(Party::due);
        let own = [self.secret_until, self.remind_at, self.unattended_until];
        let duties = self.duties.iter().map(Duty::due);
        parties.chain(own.into_iter().flatten()).chain(duties).min()
    }

    /// No party is left: the conversation has ended, wrap-ups may be open.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Nothing will ever come of it again.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.finished && self.duties.is_empty()
    }

    /// The seat that is first-responsible (首问负责).
    #[must_use]
    pub fn first_responsible(&self) -> Option<&SeatNumber> {
        self.first_responsible.as_ref()
    }

    /// Whom the seat consults, or has rung to do so.
    #[must_use]
    pub fn reached_for(&self, seat: &SeatNumber) -> Option<PartyId> {
        let me = self.parties.iter().find(|party| party.is_seat(seat) && party.talks())?.id;
        let mut parties = self.parties.iter().rev();
        let wanted = |party: &&Party| {
            let rung = party.dial.as_ref().is_some_and(|dial| dial.by == Some(me));
            rung || (party.is_consulted() && party.by == Some(me))
        };
        parties.find(wanted).map(|party| party.id)
    }

    /// Seats that owe a wrap-up.
    pub fn owing(&self) -> impl Iterator<Item = &SeatNumber> {
        self.duties.iter().map(|duty| &duty.card.seat)
    }

    /// Until when the seat may give the wrap-up that it owes; `None`: it owes none.
    #[must_use]
    pub fn owes_until(&self, seat: &SeatNumber) -> Option<Instant> {
        self.duties.iter().find(|duty| duty.card.seat == *seat).map(|duty| duty.until)
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Seated(card) => self.seated(card),
            Input::Asked(wish) => self.obey(*wish),
            Input::Ringing(party) => self.ringing(party),
            Input::Answered(party) => self.answered(party),
            Input::Unreached(party, why) => self.unreached(party, why),
            Input::Key(party, key) => self.key(party, key.as_char()),
            Input::Gone(party, parting) => self.gone(party, parting),
            Input::PlayDone(play) => self.play_done(play),
            Input::Matter(matter) => self.accuse(matter),
            Input::WrapUpStored { attempt, stored } => self.wrap_up_stored(attempt, stored),
            Input::SignedOff(seat) => self.give_up(&seat),
            Input::Drain => self.draining = true,
            Input::Timeout => self.timeout(),
        }
    }

    fn seated(&mut self, card: SeatCard) {
        if self.finished {
            return;
        }
        if std::mem::take(&mut self.queued) {
            self.parties[0].enter(FLOOR);
        }
        let id = self.add(kind_of(&card), Who::Seat(card), Line::Up);
        self.parties[index(id)].enter(FLOOR);
        self.seat_talks(id);
        self.note_joined(id);
    }

    /// The matter is known better: a unit that is accused in it does not stay.
    fn accuse(&mut self, matter: Matter) {
        self.matter = matter;
        let accused: Vec<PartyId> = self
            .parties
            .iter()
            .filter(|party| party.is_present() && party.line != Line::Leaving)
            .filter(|party| party.unit().is_some_and(|unit| self.is_accused(unit)))
            .map(|party| party.id)
            .collect();
        for party in accused {
            self.put_out(party, Leaving::Accused);
        }
    }

    pub(super) fn is_accused(&self, unit: &str) -> bool {
        self.matter.accused.iter().any(|accused| accused == unit)
    }

    fn gone(&mut self, party: PartyId, parting: Parting) {
        let how = match parting {
            Parting::HungUp => Leaving::HungUp,
            Parting::Lost => Leaving::Lost,
        };
        match self.get(party).map(|party| party.line) {
            Some(Line::Ringing | Line::Asked) => {
                self.unreached(party, crate::domain::desk::Failure::Declined);
            }
            Some(Line::Up) => self.leave(party, how),
            Some(Line::Leaving) => self.end_line(party),
            Some(Line::Elsewhere) if party == CITIZEN => {
                self.queued = false;
                self.parties[0].line = Line::Gone;
                self.actions.push_back(Action::Note(Entry::Left { party, how }));
            }
            _ => {}
        }
    }

    /// Everything that is due; each is taken once, so a limit of zero does not spin.
    fn timeout(&mut self) {
        for at in 0..self.parties.len() {
            let id = self.parties[at].id;
            if self.parties[at].playing.is_some_and(|playing| playing.until <= self.now) {
                self.play_ended(id);
            }
            if self.parties[at].dial.as_ref().is_some_and(|dial| dial.until <= self.now) {
                self.dial_expired(id);
            }
        }
        if self.secret_until.is_some_and(|at| at <= self.now) {
            self.set_secret(false);
        }
        if self.unattended_until.is_some_and(|at| at <= self.now) {
            self.end_unattended();
        }
        self.remind_if_due();
        self.expire_duties();
    }

    // --- what others of this room build on -------------------------------------------------------

    pub(super) fn get(&self, party: PartyId) -> Option<&Party> {
        self.parties.get(index(party))
    }

    /// Adds a party under the next number.
    pub(super) fn add(&mut self, kind: PartyKind, who: Who, line: Line) -> PartyId {
        let id = PartyId(u32::try_from(self.parties.len()).unwrap_or(u32::MAX));
        self.parties.push(Party::new(id, kind, who, line));
        id
    }

    pub(super) fn new_circle(&mut self) -> u32 {
        self.circles += 1;
        self.circles
    }

    pub(super) fn note(&mut self, entry: Entry) {
        self.actions.push_back(Action::Note(entry));
    }

    pub(super) fn note_joined(&mut self, party: PartyId) {
        let Some(found) = self.get(party) else { return };
        let entry = Entry::Joined { party, kind: found.kind, label: found.label() };
        self.note(entry);
    }

    pub(super) fn seat_talks(&mut self, party: PartyId) {
        let card = self.get(party).and_then(Party::card).map(|card| card.seat.clone());
        if let Some(seat) = card {
            self.actions.push_back(Action::SeatTalks { party, seat });
        }
    }

    pub(super) fn reply(&mut self, request: Request, reply: DeskReply) {
        let Request { seat, id } = request;
        self.actions.push_back(Action::Reply { seat, id, reply });
    }

    pub(super) fn refuse(&mut self, wish: &Wish, why: Refusal) {
        let request = Request { seat: wish.card.seat.clone(), id: wish.request.id };
        self.reply(request, DeskReply::Refused { why });
    }

    // --- what follows from where everybody stands ------------------------------------------------

    /// Brings the conversation to rest and states what is new.
    pub(super) fn settle(&mut self) {
        // Each round puts somebody out or moves him to the floor, so the rounds are few.
        for _ in 0..=self.parties.len() * 3 {
            if !self.balance() {
                break;
            }
        }
        self.state_hearing();
        self.remember_talk();
        self.state_recording();
        self.keep_citizen_informed();
        self.finish_if_empty();
        self.report_callback();
        self.state_view();
        #[cfg(debug_assertions)]
        self.check();
    }

    fn state_hearing(&mut self) {
        let stated: Vec<_> = self.parties.iter().map(|p| hearing(&self.parties, p)).collect();
        for (party, hears) in self.parties.iter_mut().zip(stated) {
            if party.hears != hears {
                party.hears = hears.clone();
                // A leg that is gone or not there needs no statement.
                if party.is_present() || party.line == Line::Elsewhere {
                    self.actions.push_back(Action::Hear(party.id, hears));
                }
            }
        }
    }

    /// Who has talked with the citizen, who is first-responsible, whether three have talked.
    fn remember_talk(&mut self) {
        let mut talked = Vec::new();
        for operator in self.parties.iter().filter(|party| party.is_operator()) {
            let citizen = &self.parties[0];
            if !hear_each_other(operator, citizen) {
                continue;
            }
            talked.push(operator.id);
            let third = self.parties.iter().find(|guest| {
                guest.is_guest()
                    && !matches!(guest.who, Who::Emergency(_))
                    && hear_each_other(guest, citizen)
                    && hear_each_other(guest, operator)
            });
            if let Some(third) = third {
                let nobody = self.account.outcome == Some(Outcome::NobodyReached);
                if nobody && !self.account.three_way {
                    // Somebody was reached after all.
                    self.account.outcome = None;
                }
                self.account.three_way = true;
                if let Some(unit) = third.unit() {
                    self.account.unit = Some(unit.to_owned());
                }
            }
        }
        for id in talked {
            self.parties[0].talked = true;
            self.parties[index(id)].talked = true;
            self.answer_for(id);
        }
    }

    /// B4: the first seat that talks with the citizen answers for the matter, whoever follows.
    fn answer_for(&mut self, party: PartyId) {
        let Some(found) = self.get(party) else { return };
        let first = matches!(found.kind, PartyKind::Seat | PartyKind::Leader);
        if first
            && self.first_responsible.is_none()
            && let Some(seat) = found.card().map(|card| card.seat.clone())
        {
            self.first_responsible = Some(seat.clone());
            self.actions.push_back(Action::FirstResponsible(seat));
        }
    }

    /// The recording runs from the first word that two could exchange to the end.
    fn state_recording(&mut self) {
        let heard =
            self.recording != Recording::Off
                || self.parties.iter().any(|party| {
                    party.line == Line::Up
                        && party.hears.of.iter().any(|of| {
                            self.get(*of).is_some_and(|other| hear_each_other(party, other))
                        })
                });
        let wanted = match (heard, self.secret_until) {
            (true, Some(_)) => Recording::Secret,
            (true, None) => Recording::On,
            (false, _) => Recording::Off,
        };
        if self.recording != wanted {
            self.recording = wanted;
            self.actions.push_back(Action::Record(wanted));
        }
    }

    pub(super) fn set_secret(&mut self, on: bool) {
        if self.secret_until.is_some() == on {
            return;
        }
        self.secret_until = on.then(|| self.now + self.rules.secret_max);
        self.note(Entry::Secret(on));
    }

    fn finish_if_empty(&mut self) {
        let waits = self.queued || self.callback.as_ref().is_some_and(|back| back.is_pending());
        if self.finished || waits || self.parties.iter().any(Party::is_present) {
            return;
        }
        self.finished = true;
        self.set_secret(false);
        if self.recording != Recording::Off {
            self.recording = Recording::Off;
            self.actions.push_back(Action::Record(Recording::Off));
        }
        self.actions.push_back(Action::Finished);
    }

    fn state_view(&mut self) {
        let view = self.view();
        let mut to: Vec<SeatNumber> = self
            .parties
            .iter()
            .filter(|party| matches!(party.line, Line::Up | Line::Leaving))
            .filter_map(|party| party.card())
            .map(|card| card.seat.clone())
            .chain(self.owing().cloned())
            .collect();
        to.sort();
        to.dedup();
        if to.is_empty() || self.shown.as_ref().is_some_and(|(to2, v)| *to2 == to && *v == view) {
            return;
        }
        self.shown = Some((to.clone(), view.clone()));
        self.actions.push_back(Action::View { to, view: Box::new(view) });
    }
}

/// Where a party stands in the list.
pub(super) fn index(party: PartyId) -> usize {
    usize::try_from(party.0).unwrap_or(usize::MAX)
}

/// As what a person at a seat takes part.
pub(super) fn kind_of(card: &SeatCard) -> PartyKind {
    match card.role {
        SeatRole::Leader => PartyKind::Leader,
        SeatRole::Operator | SeatRole::Supervisor | SeatRole::Assistant => PartyKind::Seat,
    }
}
