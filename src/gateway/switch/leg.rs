//! One dialog or page with its audio, and whose it is.

use super::conversation::ConversationId;
use super::pages::PageOffer;
use super::reach::{Errand, Way};
use super::sign_in::SigningIn;
use super::{Output, Switch};
use crate::domain::desk_link::ConnectionId;
use crate::gateway::clock::Now;
use crate::gateway::media::{Closed, MediaCommand};
use crate::media::digits::info_digit;
use crate::proto::offer_answer::{LocalMedia, MediaPlan};
use crate::proto::{Flow, Transport};
use crate::store::{LegEnd, LegRecord, LegRole, LossReport};
use crate::units::{LegId, PartyId, SeatNumber};
use crate::wire::sdp::Session;
use jiff::Timestamp;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A leg as the switch knows it.
pub(super) struct Leg {
    /// The way of its signalling; none for a page.
    pub(super) flow: Option<Flow>,
    /// When it began.
    pub(super) at: Timestamp,
    pub(super) began: Instant,
    /// Whose it is.
    pub(super) part: Part,
    pub(super) media: MediaState,
    /// Of a call of ours, until its INVITE is sent.
    pub(super) way: Option<Box<Way>>,
    /// Of a telephone that was offered SRTP: the way to ring it without, should it refuse.
    pub(super) plain: Option<Box<Way>>,
    /// Of a page, until its sound is answered.
    pub(super) page_offer: Option<Box<PageOffer>>,
    /// The page that has the sound.
    pub(super) page: Option<ConnectionId>,
    /// Where a page's sound comes to, as the browser knows it.
    pub(super) page_address: Option<SocketAddr>,
    /// The peer's offer, until it is answered; `None` when we offer.
    pub(super) offer: Option<Session>,
    pub(super) local: Option<LocalMedia>,
    pub(super) plan: Option<MediaPlan>,
    /// Our description as it was last sent, for a re-INVITE that asks for it.
    pub(super) described: Vec<u8>,
    /// For the account.
    pub(super) role: LegRole,
    pub(super) label: String,
    pub(super) party: PartyId,
    pub(super) answered: Option<Instant>,
    pub(super) end: Option<End>,
}

/// How a leg ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) at: Instant,
    pub(super) by: LegEnd,
    /// The status it was refused with.
    pub(super) cause: Option<u16>,
}

/// How far the media of a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaState {
    /// The sockets are being bound.
    Opening,
    /// Packets may flow.
    Open,
    /// It is being closed; its account follows.
    Closing,
}

/// Whose leg it is.
#[derive(Debug)]
pub(super) enum Part {
    /// A call that has arrived and waits for its sockets.
    Arriving(Box<Arrival>),
    /// The citizen of a conversation.
    Citizen(ConversationId),
    /// It rings for somebody who is to be reached.
    Ringing(ConversationId, Errand),
    /// The sound of a seat's page that nobody hears yet.
    Sound(ConversationId, SeatNumber),
    /// A second call of a seat's telephone, whose party is still being reached.
    Second(ConversationId, SeatNumber),
    /// A seat's telephone that has dialled the sign-in code.
    SigningIn(Box<SigningIn>),
    /// One leg of a telephone whose other leg speaks for its seat.
    Parked(ConversationId),
    /// Another party of a conversation.
    Party(ConversationId, PartyId),
    /// Over on the network; its media is being closed.
    Over(ConversationId),
}

/// Who calls, and what was dialled.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    pub(super) conversation: ConversationId,
    pub(super) caller: crate::domain::call::Caller,
    pub(super) called: String,
}

impl Leg {
    /// A leg whose media is being opened.
    pub(super) fn new(flow: Flow, now: Now, part: Part) -> Self {
        Self { flow: Some(flow), ..Self::bare(now, part) }
    }

    /// The leg of a page that offers its sound.
    pub(super) fn of_page(now: Now, part: Part, page: ConnectionId, offer: PageOffer) -> Self {
        Self { page: Some(page), page_offer: Some(Box::new(offer)), ..Self::bare(now, part) }
    }

    fn bare(now: Now, part: Part) -> Self {
        Self {
            flow: None,
            at: now.wall,
            began: now.monotonic,
            part,
            media: MediaState::Opening,
            way: None,
            plain: None,
            page_offer: None,
            page: None,
            page_address: None,
            offer: None,
            local: None,
            plan: None,
            described: Vec::new(),
            role: LegRole::Citizen,
            label: String::new(),
            party: PartyId(0),
            answered: None,
            end: None,
        }
    }

    /// Whether its description may offer or answer SRTP.
    pub(super) fn takes_srtp(&self) -> bool {
        let refused = matches!(self.way.as_deref(), Some(Way::PlainPhone(..)));
        !refused && self.flow.is_some_and(|flow| flow.transport == Transport::Tls)
    }

    /// The conversation it belongs to.
    pub(super) fn conversation(&self) -> Option<ConversationId> {
        match &self.part {
            Part::Arriving(_) => None,
            Part::SigningIn(dialled) => Some(dialled.conversation),
            Part::Citizen(id)
            | Part::Ringing(id, _)
            | Part::Sound(id, _)
            | Part::Second(id, _)
            | Part::Parked(id)
            | Part::Party(id, _)
            | Part::Over(id) => Some(*id),
        }
    }

    /// Its account, once the media is closed. `from` is the beginning of the call.
    pub(super) fn record(&self, id: LegId, from: Instant, now: Now, closed: &Closed) -> LegRecord {
        let since = |at: Instant| at.saturating_duration_since(from);
        let end = self.end.unwrap_or(End { at: now.monotonic, by: LegEnd::Service, cause: None });
        LegRecord {
            leg: id,
            party: self.party,
            role: self.role,
            label: self.label.clone(),
            peer: closed.peer.map_or_else(String::new, |peer| peer.to_string()),
            codec: self.plan.map(|plan| plan.codec.name().to_owned()),
            from: since(self.began),
            answered: self.answered.map(since),
            to: since(end.at),
            held: Duration::ZERO,
            ended_by: end.by,
            cause: end.cause,
            received: closed.statistics.received,
            sent: closed.statistics.sent,
            lost: closed.statistics.lost.into(),
            reported: closed.statistics.reported.map(|told| LossReport {
                lost: told.lost,
                share: told.share,
                jitter_ms: told.jitter_ms,
            }),
        }
    }
}

impl Switch {
    /// Keys by SIP INFO go through the media machine, where each press is counted once.
    pub(super) fn info(&mut self, id: LegId, content_type: &str, body: &[u8]) {
        if let Some(digit) = info_digit(content_type, body) {
            self.media(id, MediaCommand::InfoDigit(digit));
        }
    }

    pub(super) fn media(&mut self, id: LegId, command: MediaCommand) {
        if self.legs.get(&id).is_some_and(|leg| leg.media == MediaState::Open) {
            self.outputs.push_back(Output::Media(id, command));
        }
    }

    /// Asks for the sockets of a leg.
    pub(super) fn open_media(&mut self, id: LegId, leg: Leg, conversation: ConversationId) {
        let Some(ip) = leg.flow.map(|flow| flow.local.ip()) else { return };
        self.legs.insert(id, leg);
        self.outputs.push_back(Output::OpenMedia(id, ip, conversation.0.into()));
    }

    /// Ends a leg that is not the citizen's, and its media.
    pub(super) fn drop_leg(&mut self, now: Now, id: LegId, by: LegEnd) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(conversation) = leg.conversation() else { return };
        if matches!(leg.part, Part::Over(_)) {
            return;
        }
        leg.part = Part::Over(conversation);
        leg.end.get_or_insert(End { at: now.monotonic, by, cause: None });
        if leg.way.take().is_none() {
            // Unknown to the endpoint where it is a page's.
            self.endpoint.hang_up(now.monotonic, id);
        }
        self.sounds.retain(|_, sound| *sound != id);
        self.close_media(id);
    }

    /// Closes the media of a leg; while its sockets are being bound, as soon as they are.
    pub(super) fn close_media(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.media == MediaState::Open {
            leg.media = MediaState::Closing;
            self.outputs.push_back(Output::CloseMedia(id));
        }
    }
}
