//! The second call of a seat's telephone (attended transfer, RFC 5589 §7): a telephone that talks in a
//! conversation and calls somebody else consults him there.
//!
//! ```text
//! INVITE  -> Consult; 180 while he rings, 200 when he is reached: the second leg speaks for the seat
//! REFER with Replaces, on either leg -> Complete: he takes the seat's place, both legs are released
//! BYE on the second leg -> Drop: the first leg speaks for the seat again
//! resumed after hold -> that leg speaks for the seat
//! ```

use super::account::role_of;
use super::conversation::ConversationId;
use super::desk::dialled_target;
use super::leg::{End, Leg, MediaState, Part};
use super::{Output, Switch};
use crate::domain::desk::{DeskCommand, DeskReply, DeskRequest, Failure, Target};
use crate::domain::room::CITIZEN;
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::media::room::Hearing;
use crate::proto::Flow;
use crate::store::LegEnd;
use crate::units::{LegId, PartyId, SeatNumber};
use std::net::SocketAddr;

/// The two legs of one telephone.
#[derive(Debug)]
pub(super) struct Pair {
    conversation: ConversationId,
    /// Whom the seat is in it.
    party: PartyId,
    first: LegId,
    second: LegId,
    /// Whom the second leg wants, until its sockets are there.
    target: Option<Target>,
    /// The wish that reaches him.
    wish: u64,
    /// He is there, and the second leg answered.
    reached: bool,
    /// The leg whose REFER completes the transfer.
    refer: Option<LegId>,
}

impl Pair {
    fn has(&self, leg: LegId) -> bool {
        self.first == leg || self.second == leg
    }
}

impl Switch {
    /// A call of a seat's telephone that talks already. False: the seat does not talk by it.
    pub(super) fn second_call(
        &mut self,
        now: Now,
        (leg_id, flow): (LegId, Flow),
        seat: &SeatNumber,
        called: &str,
        offer: Option<Vec<u8>>,
    ) -> bool {
        if self.pairs.contains_key(seat) {
            self.endpoint.reject(now.monotonic, leg_id, 486);
            return true;
        }
        let Some((id, party, first)) = self.talks_by_phone(seat) else { return false };
        let Some(target) = dialled_target(called) else {
            self.endpoint.reject(now.monotonic, leg_id, 404);
            return true;
        };
        let mut leg = Leg::new(flow, now, Part::Second(id, seat.clone()));
        leg.role = role_of(self.seats.kind(seat));
        leg.label = seat.to_string();
        leg.party = party;
        let pair = Pair {
            conversation: id,
            party,
            first,
            second: leg_id,
            target: Some(target),
            wish: 0,
            reached: false,
            refer: None,
        };
        self.incoming(now, leg, leg_id, id, offer);
        if self.legs.contains_key(&leg_id) {
            self.pairs.insert(seat.clone(), pair);
        }
        true
    }

    /// Where a seat talks, and by which leg of a telephone.
    fn talks_by_phone(&self, seat: &SeatNumber) -> Option<(ConversationId, PartyId, LegId)> {
        let id = self.seats.talk_of(seat)?;
        let mut parties = self.conversations.get(&id)?.parties.iter();
        let of_phone = |leg: &LegId| {
            self.legs.get(leg).is_some_and(|leg| leg.label == seat.as_str() && leg.flow.is_some())
        };
        parties.find(|(_, leg)| of_phone(leg)).map(|(&party, &leg)| (id, party, leg))
    }

    /// The sockets of a second leg are there: reach whom it wants.
    pub(super) fn second_opened(&mut self, now: Now, leg_id: LegId, address: SocketAddr) {
        let Some(Part::Second(_, seat)) = self.legs.get(&leg_id).map(|leg| &leg.part) else {
            return;
        };
        let seat = seat.clone();
        if !self.describe(now, leg_id, address) {
            self.legs.remove(&leg_id);
            self.pairs.remove(&seat);
            return self.outputs.push_back(Output::CloseMedia(leg_id));
        }
        if let Some(leg) = self.legs.get_mut(&leg_id) {
            leg.media = MediaState::Open;
        }
        self.endpoint.ring(now.monotonic, leg_id);
        let wish = self.seats.number_wish(None);
        let Some(pair) = self.pairs.get_mut(&seat) else { return };
        pair.wish = wish;
        let Some(target) = pair.target.take() else { return };
        let command = DeskCommand::Consult { target };
        self.request(now, DeskRequest { seat, id: wish, command });
    }

    /// There were no sockets for a second leg.
    pub(super) fn second_refused(&mut self, now: Now, leg: LegId) {
        self.endpoint.reject(now.monotonic, leg, 503);
        self.pairs.retain(|_, pair| pair.second != leg);
    }

    /// The answer to the wish of a second leg. False: the wish was another's.
    pub(super) fn second_replied(&mut self, now: Now, wish: u64, reply: DeskReply) -> bool {
        let found = self.pairs.iter().find(|(_, pair)| pair.wish == wish);
        let Some(seat) = found.map(|(seat, _)| seat.clone()) else { return false };
        let _ = self.seats.phone_wish(wish);
        match reply {
            DeskReply::Done => self.second_reached(now, &seat),
            DeskReply::Refused { .. } => self.second_failed(now, &seat, 403),
            DeskReply::Failed { why: Failure::Busy } => self.second_failed(now, &seat, 486),
            DeskReply::Failed { why: Failure::Declined } => self.second_failed(now, &seat, 603),
            DeskReply::Failed { .. } => self.second_failed(now, &seat, 480),
        }
        true
    }

    fn second_reached(&mut self, now: Now, seat: &SeatNumber) {
        let Some(pair) = self.pairs.get_mut(seat) else { return };
        pair.reached = true;
        let second = pair.second;
        let Some(leg) = self.legs.get_mut(&second) else { return };
        leg.answered = Some(now.monotonic);
        let sdp = leg.described.clone();
        self.endpoint.answer(now.monotonic, second, sdp);
        self.start_media(second);
        self.turn_to(second);
    }

    fn second_failed(&mut self, now: Now, seat: &SeatNumber, status: u16) {
        let Some(pair) = self.pairs.remove(seat) else { return };
        self.endpoint.reject(now.monotonic, pair.second, status);
        if let Some(leg) = self.legs.get_mut(&pair.second) {
            leg.part = Part::Over(pair.conversation);
            let end = End { at: now.monotonic, by: LegEnd::Service, cause: Some(status) };
            leg.end.get_or_insert(end);
        }
        self.close_media(pair.second);
    }

    fn pair_of(&self, leg: LegId) -> Option<(&SeatNumber, &Pair)> {
        self.pairs.iter().find(|(_, pair)| pair.has(leg))
    }

    /// From now on this leg speaks for the seat, and the other one waits.
    fn turn_to(&mut self, leg: LegId) {
        let Some((_, pair)) = self.pair_of(leg).filter(|(_, pair)| pair.reached) else { return };
        let (id, party) = (pair.conversation, pair.party);
        let other = if pair.first == leg { pair.second } else { pair.first };
        if let Some(waits) = self.legs.get_mut(&other) {
            waits.part = Part::Parked(id);
        }
        self.media(other, MediaCommand::Hear(Hearing::NOTHING));
        self.speaks_for(id, party, leg);
    }

    fn speaks_for(&mut self, id: ConversationId, party: PartyId, leg_id: LegId) {
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        leg.part = Part::Party(id, party);
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.parties.insert(party, leg_id);
        }
        self.add_track(id, leg_id);
        self.hear_again(id);
    }

    /// Whom the hold key of that leg holds. The leg that is resumed speaks for the seat.
    pub(super) fn held_by(&mut self, leg: LegId, on: bool) -> PartyId {
        let Some((seat, pair)) = self.pair_of(leg) else { return CITIZEN };
        let consulted = (pair.second == leg).then(|| self.consulted_by(seat, pair)).flatten();
        if !on {
            self.turn_to(leg);
        }
        consulted.unwrap_or(CITIZEN)
    }

    fn consulted_by(&self, seat: &SeatNumber, pair: &Pair) -> Option<PartyId> {
        self.conversations.get(&pair.conversation)?.room.as_ref()?.reached_for(seat)
    }

    /// Whom a REFER on `leg` that names `other` hands the citizen to, where both are a pair.
    pub(super) fn referred(&mut self, leg: LegId, other: LegId) -> Option<PartyId> {
        let (seat, pair) = self.pair_of(leg).filter(|(_, pair)| pair.has(other))?;
        let (seat, consulted) = (seat.clone(), self.consulted_by(seat, pair)?);
        self.pairs.get_mut(&seat)?.refer = Some(leg);
        Some(consulted)
    }

    /// One leg of a pair is over on the network. False: it is none of a pair.
    pub(super) fn pair_ended(&mut self, now: Now, leg_id: LegId) -> bool {
        let Some(seat) = self.pair_of(leg_id).map(|(seat, _)| seat.clone()) else { return false };
        let Some(room_has) = self.pairs.get(&seat).map(|pair| self.consulted_by(&seat, pair))
        else {
            return false;
        };
        let Some(pair) = self.pairs.remove(&seat) else { return false };
        let (id, party) = (pair.conversation, pair.party);
        if leg_id == pair.first && !pair.reached {
            // Who rings for it alone is not wanted any more.
            self.drop_leg(now, pair.second, LegEnd::Service);
            return false;
        }
        if let Some(leg) = self.legs.get_mut(&leg_id) {
            leg.part = Part::Over(id);
        }
        self.close_media(leg_id);
        if leg_id == pair.first {
            self.speaks_for(id, party, pair.second);
            return true;
        }
        if pair.reached {
            self.speaks_for(id, party, pair.first);
        }
        // Without its sockets the second leg has rung nobody: whom the seat consults is another's.
        if let Some(party) = room_has.filter(|_| pair.target.is_none()) {
            let wish = self.seats.number_wish(None);
            let command = DeskCommand::Drop { party };
            self.request(now, DeskRequest { seat, id: wish, command });
        }
        true
    }

    /// The seat is out of the conversation: both legs of its telephone are released. A REFER hears of
    /// its success first.
    pub(super) fn drop_pair(&mut self, now: Now, id: ConversationId, party: PartyId) {
        let of = |pair: &Pair| pair.conversation == id && pair.party == party;
        let found = self.pairs.iter().find(|(_, pair)| of(pair)).map(|(seat, _)| seat.clone());
        let Some(pair) = found.and_then(|seat| self.pairs.remove(&seat)) else { return };
        if let Some(leg) = pair.refer {
            self.endpoint.notify_refer(now.monotonic, leg, 200);
        }
        for leg in [pair.first, pair.second] {
            self.drop_leg(now, leg, LegEnd::Seat);
        }
    }
}
