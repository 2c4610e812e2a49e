//! What seats may do. Every command is answered exactly once: here, or when the dial that it began
//! comes to its end.

use super::contract::{Action, CITIZEN, SeatCard, Then, Wish};
use super::entry::{Entry, Leaving};
use super::machine::{Room, index};
use super::party::{FLOOR, Line, Purpose, Request};
use super::rules::{PARTIES_EVER_MAX, PARTIES_MAX};
use super::targets::Reach;
use crate::domain::desk::{DeskCommand, DeskReply, PartyKind, Refusal, read_keys};
use crate::units::{PartyId, SeatNumber};

/// How far a command has come when it is not refused.
pub(super) enum Course {
    /// It is done.
    Done,
    /// The answer follows.
    Pending,
}

pub(super) type Verdict = Result<Course, Refusal>;

/// A switch that a seat turns at a party.
#[derive(Clone, Copy)]
enum Toggle {
    Mute,
    Deafen,
}

impl Room {
    pub(super) fn obey(&mut self, wish: Wish) {
        let request = Request { seat: wish.card.seat.clone(), id: wish.request.id };
        match self.command(wish, &request) {
            Ok(Course::Done) => self.reply(request, DeskReply::Done),
            Ok(Course::Pending) => {}
            Err(why) => self.reply(request, DeskReply::Refused { why }),
        }
    }

    fn command(&mut self, wish: Wish, request: &Request) -> Verdict {
        let Wish { request: asked, card, reach } = wish;
        match asked.command {
            DeskCommand::Outcome { outcome } => self.record_outcome(&card.seat, outcome),
            DeskCommand::CallBackOutcome { task, outcome } => {
                self.callback_outcome(&card.seat, task, outcome)
            }
            DeskCommand::WrapUp { call: _, disposition, nature, summary, unit } => {
                let known = unit.is_none() || matches!(reach, Some(Ok(Reach::Unit { .. })));
                if !known {
                    return Err(reach.and_then(Result::err).unwrap_or(Refusal::NoSuchTarget));
                }
                self.wrap_up(&card.seat, disposition, nature, summary, unit, request)
            }
            DeskCommand::Return { call } => {
                if call != self.call {
                    return Err(Refusal::NoSuchCall);
                }
                self.come_back(&card, reach, request)
            }
            DeskCommand::Supervise { call, mode } => {
                if call != self.call {
                    return Err(Refusal::NoSuchCall);
                }
                self.supervise(&card, mode, reach, request)
            }
            DeskCommand::HangUp => self.hang_up(&card.seat),
            command => {
                let me = self.conducting(&card.seat)?;
                self.conduct(me, command, reach, request)
            }
        }
    }

    /// The seat's party, when it is one that conducts the conversation.
    fn conducting(&self, seat: &SeatNumber) -> Result<PartyId, Refusal> {
        let mine = |party: &&super::party::Party| party.is_seat(seat) && party.line == Line::Up;
        match self.parties.iter().find(mine) {
            Some(party) if party.is_operator() => Ok(party.id),
            Some(party) if party.watch.is_some() => Err(Refusal::NotAllowed),
            Some(_) => Err(Refusal::WrongState),
            None => Err(Refusal::NoSuchCall),
        }
    }

    fn conduct(
        &mut self,
        me: PartyId,
        command: DeskCommand,
        reach: Option<Result<Reach, Refusal>>,
        request: &Request,
    ) -> Verdict {
        match command {
            DeskCommand::Hold { party, on } => self.hold(me, party, on),
            DeskCommand::Mute { party, on } => self.toggle(me, party, Toggle::Mute, on),
            DeskCommand::Deafen { party, on } => self.toggle(me, party, Toggle::Deafen, on),
            DeskCommand::Drop { party } => self.drop_party(me, party),
            DeskCommand::Private { with } => self.private(me, with),
            DeskCommand::Consult { target: _ } => {
                self.reach_for(me, Purpose::Consult, reach, request)
            }
            DeskCommand::Transfer { target: _ } => match reach {
                Some(Ok(Reach::Group(group))) => self.give_to_group(me, group),
                reach => self.reach_for(me, Purpose::Transfer, reach, request),
            },
            DeskCommand::HandOver { .. } => self.reach_for(me, Purpose::HandOver, reach, request),
            DeskCommand::Join { party } => self.join_command(me, party, request),
            DeskCommand::Leave => self.step_out(me),
            DeskCommand::Complete { party } => self.complete(me, party),
            DeskCommand::Keys { party, digits } => self.keys(party, &digits),
            DeskCommand::Secret { on } => {
                self.set_secret(on);
                Ok(Course::Done)
            }
            _ => Err(Refusal::WrongState),
        }
    }

    /// A party that talks, and that the seat `me` may act on.
    fn mine_to_move(&self, me: PartyId, party: PartyId) -> Result<(), Refusal> {
        let found = self.get(party).filter(|found| found.line == Line::Up);
        let found = found.ok_or(Refusal::NoSuchParty)?;
        let supervisor = found.kind == PartyKind::Supervisor && party != me;
        if supervisor { Err(Refusal::NotAllowed) } else { Ok(()) }
    }

    fn hold(&mut self, me: PartyId, party: PartyId, on: bool) -> Verdict {
        self.mine_to_move(me, party)?;
        let mine = self.parties[index(me)].circle;
        let found = &mut self.parties[index(party)];
        if found.held != on {
            found.held = on;
            self.note(Entry::Held(party, on));
        }
        let theirs = self.parties[index(party)].circle;
        if !on && mine != theirs {
            // The seat turns from one to the other (swap).
            self.parties[index(me)].circle = theirs;
            self.note(Entry::Private(me, vec![party]));
        }
        Ok(Course::Done)
    }

    fn toggle(&mut self, me: PartyId, party: PartyId, which: Toggle, on: bool) -> Verdict {
        self.mine_to_move(me, party)?;
        let found = &mut self.parties[index(party)];
        let (flag, entry) = match which {
            Toggle::Mute => (&mut found.muted, Entry::Muted(party, on)),
            Toggle::Deafen => (&mut found.deaf, Entry::Deafened(party, on)),
        };
        if *flag != on {
            *flag = on;
            self.note(entry);
        }
        Ok(Course::Done)
    }

    fn drop_party(&mut self, me: PartyId, party: PartyId) -> Verdict {
        let found = self.get(party).filter(|found| found.is_present());
        let found = found.ok_or(Refusal::NoSuchParty)?;
        if party == me {
            return Err(Refusal::WrongState);
        }
        if party == CITIZEN || found.kind == PartyKind::Supervisor {
            return Err(Refusal::NotAllowed);
        }
        self.put_out(party, Leaving::Dropped);
        Ok(Course::Done)
    }

    fn private(&mut self, me: PartyId, with: Vec<PartyId>) -> Verdict {
        if with.len() >= PARTIES_MAX || with.contains(&me) {
            return Err(Refusal::Malformed);
        }
        for party in &with {
            self.mine_to_move(me, *party)?;
        }
        if with.is_empty() {
            self.bring_to_floor(me);
        } else {
            let circle = self.new_circle();
            for party in with.iter().chain([&me]) {
                self.parties[index(*party)].circle = circle;
                self.parties[index(*party)].held = false;
            }
        }
        self.note(Entry::Private(me, with));
        Ok(Course::Done)
    }

    /// Everybody of the party's circle who is in the conversation comes to the floor.
    pub(super) fn bring_to_floor(&mut self, party: PartyId) {
        let circle = self.parties[index(party)].circle;
        for other in &mut self.parties {
            if other.circle == circle && other.joined && other.line == Line::Up {
                other.circle = FLOOR;
            }
        }
    }

    fn join_command(&mut self, me: PartyId, party: PartyId, request: &Request) -> Verdict {
        if !self.citizen_is_here() {
            return Err(Refusal::WrongState);
        }
        let found = self.get(party).filter(|found| found.is_present() && party != me);
        let found = found.ok_or(Refusal::NoSuchParty)?;
        match found.line {
            Line::Up if found.watch.is_none() => {
                self.join(me, party);
                Ok(Course::Done)
            }
            Line::Ringing | Line::Asked => self.join_when_reached(party, request),
            _ => Err(Refusal::NoSuchParty),
        }
    }

    /// The party, the citizen and the seat hear each other from now on.
    pub(super) fn join(&mut self, me: PartyId, party: PartyId) {
        self.bring_to_floor(me);
        let is_new = !self.parties[index(party)].joined;
        for id in [CITIZEN, me, party] {
            let found = &mut self.parties[index(id)];
            found.circle = FLOOR;
            found.held = false;
        }
        self.parties[index(party)].enter(FLOOR);
        if is_new {
            self.note_joined(party);
            self.announce_joined(party);
        }
    }

    fn step_out(&mut self, me: PartyId) -> Verdict {
        let others = self
            .parties
            .iter()
            .any(|party| party.id != me && (party.is_guest() || party.is_operator()));
        if !others || !self.citizen_is_here() {
            return Err(Refusal::WrongState);
        }
        self.put_out(me, Leaving::SteppedOut);
        Ok(Course::Done)
    }

    fn complete(&mut self, me: PartyId, party: PartyId) -> Verdict {
        let found = self.get(party).filter(|found| found.talks() && party != CITIZEN);
        let found = found.filter(|_| party != me).ok_or(Refusal::NoSuchParty)?;
        if found.kind == PartyKind::Supervisor {
            return Err(Refusal::NotAllowed);
        }
        if !self.citizen_is_here() {
            return Err(Refusal::WrongState);
        }
        self.take_over(me, party);
        Ok(Course::Done)
    }

    /// `party` takes the citizen, and the seat `from` leaves.
    pub(super) fn take_over(&mut self, from: PartyId, party: PartyId) {
        let is_new = !self.parties[index(party)].joined;
        if self.get(from).is_some_and(|from| from.is_operator()) {
            self.bring_to_floor(from);
        }
        self.parties[0].circle = FLOOR;
        self.parties[0].held = false;
        self.parties[index(party)].held = false;
        self.parties[index(party)].enter(FLOOR);
        if is_new {
            self.note_joined(party);
        }
        self.announce_taker(party);
        self.note(Entry::Transferred { from, to: Some(party) });
        if self.get(from).is_some_and(|from| from.is_operator()) {
            self.put_out(from, Leaving::HandedOver);
        }
    }

    fn give_to_group(&mut self, me: PartyId, group: String) -> Verdict {
        let others = self
            .parties
            .iter()
            .any(|party| party.id != me && (party.is_guest() || party.is_operator()));
        if self.draining {
            return Err(Refusal::Draining);
        }
        let taken = self.parties.iter().any(|p| p.purpose().is_some_and(Purpose::takes_citizen));
        if others || taken || !self.citizen_is_here() {
            return Err(Refusal::WrongState);
        }
        self.then = Some(Then::Queue { group: Some(group) });
        self.note(Entry::Transferred { from: me, to: None });
        self.put_out(me, Leaving::HandedOver);
        Ok(Course::Done)
    }

    fn keys(&mut self, party: PartyId, digits: &str) -> Verdict {
        let keys = read_keys(digits).ok_or(Refusal::Malformed)?;
        let there = self.get(party).is_some_and(|found| {
            found.line == Line::Up && matches!(found.kind, PartyKind::Unit | PartyKind::Outside)
        });
        if !there {
            return Err(Refusal::NoSuchParty);
        }
        self.actions.push_back(Action::Keys(party, keys));
        Ok(Course::Done)
    }

    /// 挂机 of whoever the seat is here: operator, consulted seat or watcher.
    fn hang_up(&mut self, seat: &SeatNumber) -> Verdict {
        let mine = self
            .parties
            .iter()
            .find(|party| party.is_seat(seat) && party.is_present())
            .map(|party| party.id)
            .ok_or(Refusal::NoSuchCall)?;
        self.put_out(mine, Leaving::HungUp);
        Ok(Course::Done)
    }

    fn come_back(
        &mut self,
        card: &SeatCard,
        reach: Option<Result<Reach, Refusal>>,
        request: &Request,
    ) -> Verdict {
        if self.seat_is_present(&card.seat) {
            return Err(Refusal::WrongState);
        }
        let duty = self.duties.iter().find(|duty| duty.card.seat == card.seat);
        let duty = duty.ok_or(Refusal::NotAllowed)?;
        if duty.storing.until().is_some() {
            return Err(Refusal::WrongState);
        }
        let somebody = self.parties.iter().any(|party| party.is_guest() || party.is_operator());
        if !somebody || !self.citizen_is_here() {
            return Err(Refusal::NoSuchCall);
        }
        self.ring_own_seat(Purpose::Return, reach, request)
    }

    pub(super) fn seat_is_present(&self, seat: &SeatNumber) -> bool {
        self.parties.iter().any(|party| party.is_seat(seat) && party.is_present())
    }

    /// The seat is here, or still at work on this call.
    pub(super) fn seat_is_taken(&self, seat: &SeatNumber) -> bool {
        self.seat_is_present(seat) || self.owing().any(|owing| owing == seat)
    }

    pub(super) fn citizen_is_here(&self) -> bool {
        self.parties[0].line == Line::Up
    }

    /// Whether one more party fits.
    pub(super) fn has_room(&self) -> Result<(), Refusal> {
        let talking =
            self.parties.iter().filter(|p| p.is_present() && p.kind != PartyKind::Supervisor);
        let few = talking.count() < PARTIES_MAX && self.numbers_left();
        if few { Ok(()) } else { Err(Refusal::TooManyParties) }
    }

    pub(super) fn numbers_left(&self) -> bool {
        u32::try_from(self.parties.len()).is_ok_and(|ever| ever < PARTIES_EVER_MAX)
    }
}
