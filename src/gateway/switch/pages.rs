//! The sound of the pages: a browser's offer becomes a leg of the conversation, which is heard by
//! nobody until the seat takes the call.

use super::account::role_of;
use super::conversation::ConversationId;
use super::leg::{Leg, MediaState, Part};
use super::reach::Errand;
use super::{Output, Step, Switch};
use crate::domain::desk::{DeskEvent, OfferView};
use crate::domain::desk_link::{Audience, AudioFor, AudioRefusal, ConnectionId, ToDesk};
use crate::domain::room;
use crate::gateway::browser::{BrowserLeg, OfferRefused};
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::media::leg::LegSetup;
use crate::store::LegEnd;
use crate::units::{LegId, OfferId, PartyId, SeatNumber};
use rand::RngExt as _;
use std::net::SocketAddr;

/// Offers to pages that are no offers of the queue have numbers from here on.
const PAGE_OFFERS: u64 = 1 << 52;
/// A browser rounds larger numbers, and would answer an offer that there is not (RFC 8259 §6).
const _: () = assert!(PAGE_OFFERS * 2 <= 1 << 53);

/// What a page wants answered: its sound.
#[derive(Debug)]
pub(super) struct PageOffer {
    /// Comes back with the answer.
    id: u64,
    sdp: String,
}

/// A seat that is wanted in a conversation and has a page only.
#[derive(Debug, Clone)]
pub(super) struct PageCall {
    conversation: ConversationId,
    party: PartyId,
    seat: SeatNumber,
}

impl Switch {
    /// A page offers its sound.
    pub(super) fn page_sound(
        &mut self,
        now: Now,
        id: u64,
        page: ConnectionId,
        seat: SeatNumber,
        wanted: &AudioFor,
        sdp: String,
    ) {
        let Some(conversation) = self.sound_wanted_in(&seat, wanted) else {
            return self.refuse_sound(id, AudioRefusal::NoSuchCall);
        };
        let offer = PageOffer { id, sdp };
        if let Some(&leg) = self.sounds.get(&(seat.clone(), conversation)) {
            return self.sound_again(now, leg, (page, &seat), &offer);
        }
        let leg_id = self.endpoint.reserve_leg();
        let part = Part::Sound(conversation, seat.clone());
        let mut leg = Leg::of_page(now, part, page, offer);
        leg.role = role_of(self.seats.kind(&seat));
        leg.label = seat.to_string();
        self.sounds.insert((seat, conversation), leg_id);
        self.legs.insert(leg_id, leg);
        let ip = self.config.page_address;
        self.outputs.push_back(Output::OpenMedia(leg_id, ip, conversation.0.into()));
    }

    /// The conversation that a page may have sound in.
    fn sound_wanted_in(&self, seat: &SeatNumber, wanted: &AudioFor) -> Option<ConversationId> {
        match wanted {
            AudioFor::Offer(offer) => {
                let offered = self.offers.get(offer).map(|o| (o.conversation, &o.seat));
                let called = self.page_calls.get(offer).map(|c| (c.conversation, &c.seat));
                let (conversation, whose) = offered.or(called)?;
                (whose == seat).then_some(conversation)
            }
            AudioFor::Call(call) => {
                let id = self.conversation_named(call)?;
                self.conversations.get(&id)?.room.as_ref().map(|_| id)
            }
        }
    }

    fn refuse_sound(&mut self, id: u64, why: AudioRefusal) {
        self.tell_desk(ToDesk::AudioRefused { id, why });
    }

    /// A page that was loaded anew, or whose network changed, gets its sound anew. Two pages of one
    /// seat would take it from each other for ever: the one that has it keeps it while it is open.
    fn sound_again(
        &mut self,
        now: Now,
        leg: LegId,
        (page, seat): (ConnectionId, &SeatNumber),
        offer: &PageOffer,
    ) {
        let Some(known) = self.legs.get_mut(&leg) else { return };
        let owner = known.page.filter(|&owner| owner != page);
        if owner.is_some_and(|owner| self.seats.is_open(seat, owner)) {
            return self.refuse_sound(offer.id, AudioRefusal::Elsewhere);
        }
        known.page = Some(page);
        let Some(address) = known.page_address else {
            return self.refuse_sound(offer.id, AudioRefusal::Busy);
        };
        match BrowserLeg::accept(&offer.sdp, address, now.monotonic) {
            Ok((sdp, browser)) => {
                self.media(leg, MediaCommand::Change(browser.agreed()));
                self.media(leg, MediaCommand::Browser(Box::new(browser)));
                self.tell_desk(ToDesk::AudioAnswer { id: offer.id, sdp });
            }
            Err(why) => self.refuse_sound(offer.id, refusal(&why)),
        }
    }

    /// The socket of a page's sound is there.
    pub(super) fn sound_opened(&mut self, now: Now, leg_id: LegId, mut address: SocketAddr) {
        if let Some(advertised) = self.config.advertised {
            address.set_ip(advertised);
        }
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        leg.media = MediaState::Open;
        leg.page_address = Some(address);
        let Some(offer) = leg.page_offer.take() else { return };
        match BrowserLeg::accept(&offer.sdp, address, now.monotonic) {
            Ok((sdp, browser)) => {
                let setup = LegSetup {
                    ssrc: self.rng.random(),
                    first_sequence: self.rng.random(),
                    first_timestamp: self.rng.random(),
                    cname: format!("{:08x}", self.rng.random::<u32>()),
                    peer: None,
                    agreed: browser.agreed(),
                };
                self.media(leg_id, MediaCommand::Start(Box::new(setup)));
                self.media(leg_id, MediaCommand::Browser(Box::new(browser)));
                self.tell_desk(ToDesk::AudioAnswer { id: offer.id, sdp });
                self.sound_ready(now, leg_id);
            }
            Err(why) => {
                self.refuse_sound(offer.id, refusal(&why));
                self.drop_leg(now, leg_id, LegEnd::Network);
            }
        }
    }

    /// There was no socket for a page's sound.
    pub(super) fn sound_refused(&mut self, leg: LegId) {
        let offer = self.legs.get_mut(&leg).and_then(|leg| leg.page_offer.take());
        self.sounds.retain(|_, known| *known != leg);
        if let Some(offer) = offer {
            self.refuse_sound(offer.id, AudioRefusal::Busy);
        }
    }

    /// A seat that is awaited in a conversation is there as soon as its sound is, unless it was
    /// asked to answer first.
    fn sound_ready(&mut self, now: Now, leg_id: LegId) {
        let Some(leg) = self.legs.get(&leg_id) else { return };
        let Part::Sound(id, seat) = &leg.part else { return };
        let (id, seat) = (*id, seat.clone());
        let asked = self.page_calls.values().any(|c| c.conversation == id && c.seat == seat);
        let awaited = self.conversations.get(&id).and_then(|conversation| {
            let mut awaited = conversation.reaching.iter();
            awaited.find_map(|(errand, reaching)| match errand {
                Errand::Party(party) if reaching.is_page_of(&seat) => Some(*party),
                _ => None,
            })
        });
        if let Some(party) = awaited.filter(|_| !asked) {
            self.page_joins(now, id, party, leg_id);
        }
    }

    /// The sound of a seat's page, where the conversation has it.
    pub(super) fn sound_of(&self, seat: &SeatNumber, id: ConversationId) -> Option<LegId> {
        let leg = *self.sounds.get(&(seat.clone(), id))?;
        let open = self.legs.get(&leg).is_some_and(|leg| leg.media == MediaState::Open);
        open.then_some(leg)
    }

    /// A seat with a page only is wanted in a conversation: its own wish brings its sound; others
    /// are asked.
    pub(super) fn call_page(
        &mut self,
        now: Now,
        id: ConversationId,
        party: PartyId,
        seat: &SeatNumber,
        own: bool,
    ) {
        if let Some(leg) = self.sound_of(seat, id) {
            return self.page_joins(now, id, party, leg);
        }
        let Some(conversation) = self.conversations.get(&id).filter(|_| !own) else { return };
        self.page_offers += 1;
        let offer = OfferId(PAGE_OFFERS | self.page_offers);
        let caller = &conversation.caller;
        let view = OfferView {
            offer,
            call: conversation.call_id.to_string(),
            group: String::new(),
            caller: caller.number.as_ref().map(|number| number.as_str().to_owned()),
            display: caller.display.clone(),
            waited_ms: 0,
            cases: Vec::new(),
            briefing: conversation.briefing.clone(),
        };
        let call = PageCall { conversation: id, party, seat: seat.clone() };
        self.page_calls.insert(offer, call);
        self.show_offer(seat, &view);
        self.note_shown(now, seat, &view);
    }

    fn page_joins(&mut self, now: Now, id: ConversationId, party: PartyId, leg: LegId) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.answered = Some(now.monotonic);
        }
        self.stop_ringing(now, id, Errand::Party(party), Some(leg));
        self.party_reached(id, party, leg);
    }

    /// A page answers or declines a call that is none of the queue's. False: it is one of the
    /// queue's, another seat's, or none at all.
    pub(super) fn page_call(
        &mut self,
        now: Now,
        offer: OfferId,
        seat: &SeatNumber,
        answers: bool,
    ) -> bool {
        let call = self.page_calls.get(&offer).filter(|call| call.seat == *seat);
        let Some(&PageCall { conversation: id, party, .. }) = call else { return false };
        match (answers, self.sound_of(seat, id)) {
            (true, Some(leg)) => {
                self.end_page_call(offer, "answered");
                self.page_joins(now, id, party, leg);
            }
            (true, None) => return false,
            (false, _) => {
                self.end_page_call(offer, "declined");
                self.stop_ringing(now, id, Errand::Party(party), None);
                let declined = crate::domain::desk::Failure::Declined;
                self.steps.push_back(Step::Room(id, room::Input::Unreached(party, declined)));
            }
        }
        true
    }

    fn end_page_call(&mut self, offer: OfferId, how: &'static str) {
        if let Some(call) = self.page_calls.remove(&offer) {
            let event = Box::new(DeskEvent::OfferEnded { offer, how });
            self.tell_desk(ToDesk::Event(Audience::Seat(call.seat), event));
        }
    }

    /// The party is not wanted any more.
    pub(super) fn stop_page_calls(&mut self, id: ConversationId, party: PartyId) {
        let calls = self.page_calls.iter();
        let over: Vec<OfferId> = calls
            .filter(|(_, call)| call.conversation == id && call.party == party)
            .map(|(&offer, _)| offer)
            .collect();
        for offer in over {
            self.end_page_call(offer, "withdrawn");
        }
    }

    /// Sound that nobody took goes with its offer.
    pub(super) fn drop_sound(&mut self, now: Now, seat: &SeatNumber, id: ConversationId) {
        if let Some(&leg) = self.sounds.get(&(seat.clone(), id))
            && self.legs.get(&leg).is_some_and(|leg| matches!(leg.part, Part::Sound(..)))
        {
            self.drop_leg(now, leg, LegEnd::Service);
        }
    }

    /// The room is over: no page has sound in it any more.
    pub(super) fn drop_sounds(&mut self, now: Now, id: ConversationId) {
        let legs: Vec<LegId> =
            self.sounds.iter().filter(|((_, of), _)| *of == id).map(|(_, &leg)| leg).collect();
        for leg in legs {
            self.drop_leg(now, leg, LegEnd::Service);
        }
    }

    /// The seat's page has not come back: its sound is lost.
    pub(super) fn lose_sounds(&mut self, now: Now, seat: &SeatNumber) {
        let of = self.sounds.iter().filter(|((whose, _), _)| whose == seat);
        let lost: Vec<(ConversationId, LegId)> = of.map(|((_, id), &leg)| (*id, leg)).collect();
        for (id, leg) in lost {
            let party = match self.legs.get(&leg).map(|leg| &leg.part) {
                Some(Part::Party(_, party)) => Some(*party),
                _ => None,
            };
            self.drop_leg(now, leg, LegEnd::Network);
            if let Some(party) = party {
                self.party_ended(id, party, LegEnd::Network);
            }
        }
    }
}

fn refusal(why: &OfferRefused) -> AudioRefusal {
    match why {
        OfferRefused::Malformed(_) | OfferRefused::NoCodec => AudioRefusal::Malformed,
        OfferRefused::Address(_) => AudioRefusal::Busy,
    }
}
