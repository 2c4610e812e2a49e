//! Reaching somebody: the phones of a seat all at once, a number through one trunk after the other.
//! The first that answers ends the others.

use super::account::role_of;
use super::conversation::ConversationId;
use super::leg::{Leg, MediaState, Part};
use super::{Step, Switch};
use crate::domain::desk::{Failure, PartyKind};
use crate::domain::dial_rules::is_emergency;
use crate::domain::{queue, room};
use crate::gateway::clock::Now;
use crate::proto::offer_answer;
use crate::proto::{Binding, Invitation, Reason};
use crate::store::LegEnd;
use crate::units::{LegId, OfferId, PartyId, PhoneNumber, SeatNumber};
use crate::wire::sdp::Session;
use crate::wire::sip::Uri;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

/// What somebody is reached for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Errand {
    /// To take the call that is offered.
    Offer(OfferId),
    /// To become this party of the room.
    Party(PartyId),
}

/// One way to one telephone.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// A phone of a seat.
    Phone(Box<Binding>, SeatNumber),
    /// The same without SRTP, which that phone has refused.
    PlainPhone(Box<Binding>, SeatNumber),
    /// A number through a trunk, by its place in the configuration.
    Trunk(usize, PhoneNumber),
}

/// Somebody who is being reached.
#[derive(Debug)]
pub(super) struct Reaching {
    /// Legs that ring.
    pub(super) legs: Vec<LegId>,
    /// Trunks that are still to be tried.
    left: VecDeque<Way>,
    /// The nearest to success so far.
    failure: Failure,
    ring: Duration,
    role: PartyKind,
    label: String,
    /// The seat has a page that may answer.
    page: bool,
}

impl Reaching {
    /// Whether the page of that seat may answer.
    pub(super) fn is_page_of(&self, seat: &SeatNumber) -> bool {
        self.page && self.label == seat.as_str()
    }

    fn new(ring: Duration, role: PartyKind, label: String) -> Self {
        Self {
            legs: Vec::new(),
            left: VecDeque::new(),
            failure: Failure::Unreachable,
            ring,
            role,
            label,
            page: false,
        }
    }
}

impl Switch {
    /// Rings every phone of a seat, and its page. False when it has neither.
    pub(super) fn ring_seat(
        &mut self,
        now: Now,
        id: ConversationId,
        errand: Errand,
        seat: &SeatNumber,
        ring: Duration,
    ) -> bool {
        let bindings = self.endpoint.bindings(seat).to_vec();
        let mut reaching = Reaching::new(ring, self.seats.kind(seat), seat.to_string());
        reaching.page = self.seats.has_page(seat);
        if bindings.is_empty() && !reaching.page {
            return false;
        }
        self.begin_reaching(id, errand, reaching);
        for binding in bindings {
            self.ring(now, id, errand, Way::Phone(Box::new(binding), seat.clone()));
        }
        if let (Errand::Party(party), true) = (errand, self.seats.has_page(seat)) {
            let own = self.seats.call_of(seat) == Some(id) || self.sound_of(seat, id).is_some();
            self.call_page(now, id, party, seat, own);
        }
        true
    }

    /// Rings a number through the first trunk that is up. False when none is. Help is tried through
    /// those that count as down as well, after the others: one may be better than it looks.
    pub(super) fn ring_number(
        &mut self,
        now: Now,
        id: ConversationId,
        errand: Errand,
        number: &PhoneNumber,
        whom: (PartyKind, String, Duration),
    ) -> bool {
        let (role, label, ring) = whom;
        let trunks = self.config.outgoing.trunks.iter().enumerate();
        let (up, down): (Vec<_>, Vec<_>) =
            trunks.partition(|(_, trunk)| self.endpoint.trunk_is_up(trunk.config.id));
        let down = down.into_iter().filter(|_| is_emergency(number));
        let ways = up.into_iter().chain(down).map(|(at, _)| Way::Trunk(at, number.clone()));
        let mut left: VecDeque<Way> = ways.collect();
        let Some(first) = left.pop_front() else { return false };
        let reaching = Reaching { left, ..Reaching::new(ring, role, label) };
        self.begin_reaching(id, errand, reaching);
        self.ring(now, id, errand, first);
        true
    }

    fn begin_reaching(&mut self, id: ConversationId, errand: Errand, reaching: Reaching) {
        if let Some(conversation) = self.conversations.get_mut(&id) {
            conversation.reaching.insert(errand, reaching);
        }
    }

    /// One more leg that rings; its INVITE leaves when its sockets are there.
    fn ring(&mut self, now: Now, id: ConversationId, errand: Errand, way: Way) {
        let flow = match &way {
            Way::Phone(binding, _) | Way::PlainPhone(binding, _) => binding.flow,
            Way::Trunk(at, _) => match self.config.outgoing.trunks.get(*at) {
                Some(trunk) => trunk.config.flow,
                None => return,
            },
        };
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(reaching) = conversation.reaching.get_mut(&errand) else { return };
        let leg_id = self.endpoint.reserve_leg();
        reaching.legs.push(leg_id);
        let mut leg = Leg::new(flow, now, Part::Ringing(id, errand));
        leg.role = role_of(reaching.role);
        leg.label.clone_from(&reaching.label);
        if let Errand::Party(party) = errand {
            leg.party = party;
        }
        leg.way = Some(Box::new(way));
        self.open_media(leg_id, leg, id);
    }

    /// The sockets of a leg of ours are there: offer and invite.
    pub(super) fn invite(&mut self, now: Now, leg_id: LegId, address: SocketAddr) {
        if !self.describe(now, leg_id, address) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        leg.media = MediaState::Open;
        let (Some(way), offer) = (leg.way.take(), leg.described.clone()) else { return };
        if let (Way::Phone(binding, seat), true) = (&*way, leg.takes_srtp()) {
            leg.plain = Some(Box::new(Way::PlainPhone(binding.clone(), seat.clone())));
        }
        let Part::Ringing(id, errand) = leg.part else { return };
        let ring = self.conversations.get(&id).and_then(|c| c.reaching.get(&errand));
        let ring = ring.map_or(Duration::ZERO, |reaching| reaching.ring);
        match self.invitation(id, &way, offer) {
            Some(invitation) => {
                let invitation = Invitation { ring_max: ring, ..invitation };
                self.endpoint.invite(now.monotonic, leg_id, invitation);
            }
            None => {
                self.not_reached(now, id, errand, leg_id, Reason::Failure);
            }
        }
    }

    fn invitation(&self, id: ConversationId, way: &Way, offer: Vec<u8>) -> Option<Invitation> {
        let outgoing = &self.config.outgoing;
        match way {
            Way::Phone(binding, seat) | Way::PlainPhone(binding, seat) => {
                let caller = self.conversations.get(&id).map(|c| &c.caller);
                let number = caller.and_then(|caller| caller.number.as_ref());
                let shown = number.map_or("anonymous", PhoneNumber::as_str);
                Invitation::to_phone(seat.clone(), binding, shown, offer).ok()
            }
            Way::Trunk(at, number) => {
                let trunk = outgoing.trunks.get(*at)?;
                let uri = format!("sip:{}@{}", number.as_str(), trunk.config.domain);
                let uri = Uri::parse(&uri).ok()?;
                let flow = trunk.config.flow;
                let mut invitation = Invitation::new(flow, uri, &outgoing.number, offer);
                invitation.display.clone_from(&outgoing.display);
                invitation.domain = Some(trunk.config.domain.clone());
                invitation.asserted = trunk.asserts.then(|| outgoing.number.clone());
                invitation.credentials.clone_from(&trunk.credentials);
                Some(invitation)
            }
        }
    }

    /// It rings. Early media: what the peer would answer is heard before it does, by whom the room
    /// lets hear it.
    pub(super) fn rings(&mut self, leg_id: LegId, sdp: Option<&[u8]>) {
        let Some(leg) = self.legs.get(&leg_id) else { return };
        let Part::Ringing(id, errand) = leg.part else { return };
        if let Errand::Party(party) = errand {
            self.steps.push_back(Step::Room(id, room::Input::Ringing(party)));
        }
        if let Some(sdp) = sdp
            && self.take_answer(leg_id, sdp)
        {
            self.hear_again(id);
        }
    }

    /// Somebody answered.
    pub(super) fn reached(&mut self, now: Now, leg_id: LegId, sdp: &[u8]) {
        let taken = self.take_answer(leg_id, sdp);
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let Part::Ringing(id, errand) = leg.part else { return };
        leg.answered = Some(now.monotonic);
        if !taken {
            // A phone that takes SRTP and gives no key would have refused it better (RFC 4568 §5.1.3).
            let why = if leg.plain.is_some() { Reason::Refused(488) } else { Reason::Failure };
            self.endpoint.hang_up(now.monotonic, leg_id);
            return self.not_reached(now, id, errand, leg_id, why);
        }
        self.stop_ringing(now, id, errand, Some(leg_id));
        match errand {
            Errand::Offer(offer) => self.offer_answered(now, offer, leg_id),
            Errand::Party(party) => self.party_reached(id, party, leg_id),
        }
    }

    /// Reads an answer and lets packets flow; false when there is no common ground.
    fn take_answer(&mut self, leg_id: LegId, sdp: &[u8]) -> bool {
        let Some(leg) = self.legs.get_mut(&leg_id) else { return false };
        let Some(local) = &leg.local else { return false };
        let plan = Session::parse(sdp)
            .ok()
            .and_then(|answer| offer_answer::accept_answer(&answer, local).ok());
        let Some(plan) = plan else { return leg.plan.is_some() && sdp.is_empty() };
        if leg.plan.replace(plan).is_none() {
            self.start_media(leg_id);
        } else {
            self.change_media(leg_id);
        }
        true
    }

    /// One leg did not reach anybody: the next trunk, the other phones, or nobody.
    pub(super) fn not_reached(
        &mut self,
        now: Now,
        id: ConversationId,
        errand: Errand,
        leg_id: LegId,
        why: Reason,
    ) {
        let mut plain = None;
        if let Some(leg) = self.legs.get_mut(&leg_id) {
            leg.part = Part::Over(id);
            plain = leg.plain.take().filter(|_| refuses_offer(why));
            if let (Reason::Refused(status), Some(end)) = (why, leg.end.as_mut()) {
                end.cause = Some(status);
            }
        }
        self.close_media(leg_id);
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(reaching) = conversation.reaching.get_mut(&errand) else { return };
        reaching.legs.retain(|&leg| leg != leg_id);
        if let Some(plain) = plain {
            return self.ring(now, id, errand, *plain);
        }
        reaching.failure = nearer(reaching.failure, failure(why));
        if goes_elsewhere(why)
            && let Some(next) = reaching.left.pop_front()
        {
            return self.ring(now, id, errand, next);
        }
        if !reaching.legs.is_empty() || reaching.page {
            return;
        }
        let failure = reaching.failure;
        conversation.reaching.remove(&errand);
        self.steps.push_back(match errand {
            Errand::Party(party) => Step::Room(id, room::Input::Unreached(party, failure)),
            Errand::Offer(offer) if failure == Failure::Declined || failure == Failure::Busy => {
                Step::Decline(offer)
            }
            Errand::Offer(offer) => Step::Queue(queue::Input::Undeliverable(offer)),
        });
    }

    /// Nobody is wanted any more, but for one who answered.
    pub(super) fn stop_ringing(
        &mut self,
        now: Now,
        id: ConversationId,
        errand: Errand,
        except: Option<LegId>,
    ) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(reaching) = conversation.reaching.remove(&errand) else { return };
        for leg in reaching.legs.into_iter().filter(|&leg| Some(leg) != except) {
            self.drop_leg(now, leg, LegEnd::Service);
        }
        if let Errand::Party(party) = errand {
            self.stop_page_calls(id, party);
        }
    }
}

/// Whether another trunk may reach the number: this one did not answer, or said that it cannot.
fn goes_elsewhere(why: Reason) -> bool {
    matches!(why, Reason::NoResponse | Reason::Failure | Reason::Refused(500..=599 | 408))
}

/// Whether it was our description that was refused: 488, or 606 from a phone behind a proxy.
fn refuses_offer(why: Reason) -> bool {
    matches!(why, Reason::Refused(488 | 606))
}

fn failure(why: Reason) -> Failure {
    match why {
        Reason::Refused(486 | 600) => Failure::Busy,
        Reason::Refused(603 | 403) => Failure::Declined,
        Reason::Refused(408 | 480 | 487) | Reason::Timeout | Reason::Peer => Failure::NoAnswer,
        Reason::Refused(_) | Reason::NoResponse | Reason::Failure => Failure::Unreachable,
        Reason::Local => Failure::Cancelled,
    }
}

/// Of two failures the one that tells more.
fn nearer(one: Failure, other: Failure) -> Failure {
    let rank = |failure| match failure {
        Failure::Declined => 3,
        Failure::Busy => 2,
        Failure::NoAnswer => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}
