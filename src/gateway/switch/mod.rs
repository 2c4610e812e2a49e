//! The switch joins a SIP leg, its media and the rules of its call. Sans-IO: what it wants done
//! comes out of `poll_output`, and nothing in it waits, reads a clock or opens a socket.
//!
//! ```text
//! datagram -> Endpoint -> Event -> Leg -> Call  (what the citizen hears from us, what he presses)
//!                                      -> Room  (who hears whom, who is rung)
//! page, key of a phone, report of media -> Acd   (who waits, which seat is offered him)
//!
//! Call, Room, Acd -> Step, for another of them, later in the same turn
//!                 -> Output: sockets, media, store, pages
//! ```
//!
//! Invariants (asserted in debug builds, checked by the simulation):
//! * S1: `CloseMedia` follows each `OpenMedia` that was carried out, once, and no command follows it.
//! * S2: each call that was answered puts out exactly one `Finished`.
//! * S3: after `poll_output` is empty the next instant of `poll_timeout` is in the future or now.

mod account;
mod callback;
mod citizen;
mod contract;
mod conversation;
mod desk;
mod dialling;
mod keys;
mod leg;
mod listening_day;
mod negotiate;
mod notice;
mod pages;
mod queue;
mod queue_log;
mod reach;
mod room;
mod seats;
mod second;
mod sign_in;
mod text;
mod voice;
mod wrap_ups;

use crate::domain::call::{Call, Caller, EndedBy, Input, PlayId, StoreReply};
use crate::domain::dial_rules::DialBook;
use crate::domain::message::LineText;
use crate::domain::queue::{self as acd, Acd, Waiter};
use crate::domain::room::{self as parties, NotStored};
use crate::gateway::clock::Now;
use crate::gateway::media::{MediaCommand, MediaReport};
use crate::media::player::Playlist;
use crate::proto::{Endpoint, Event, Flow, Reason};
use crate::store::LegEnd;
use crate::units::{LegId, OfferId, PhoneNumber, SeatNumber};
use crate::wire::sip::{Message, ParseFailure};
pub use account::PARTY_ENTRIES_MAX;
pub use callback::BegunAttempt;
pub use contract::{
    Asker, DutyUnit, Outgoing, Output, Seat, Started, StoreOrder, SwitchConfig, Trunk, Warned,
    WrapUpAttempt,
};
use conversation::Conversation;
pub use conversation::ConversationId;
use leg::{Arrival, End, Leg, MediaState, Part};
pub use listening_day::{LEADERS_GROUP, ListeningDays};
use pages::PageCall;
use queue::Offered;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};
use seats::Seats;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
pub use text::TextOrder;
pub use wrap_ups::{WRAP_UPS_KNOWN_MAX, WRAP_UPS_OWED_MAX};

/// Something for a machine, later in the same turn: a machine is never spoken to while what it
/// has just said is being carried out.
#[derive(Debug)]
enum Step {
    Call(ConversationId, Input),
    Room(ConversationId, parties::Input),
    Queue(acd::Input),
    Wish(SeatNumber, acd::Wish),
    Decline(OfferId),
    /// Into the queue; true at the first arrival.
    Enter(ConversationId, bool),
}

/// All calls of this gateway.
pub struct Switch {
    config: SwitchConfig,
    endpoint: Endpoint,
    legs: HashMap<LegId, Leg>,
    conversations: HashMap<ConversationId, Conversation>,
    timers: BTreeSet<(Instant, ConversationId)>,
    acd: Acd,
    queue_timer: Option<Instant>,
    /// When the figures of the groups are shown again, after a change, and when they were last.
    figures_at: Option<Instant>,
    figures_shown: Option<Instant>,
    /// Who waits under which number; kept places have no conversation.
    waiters: BTreeMap<Waiter, ConversationId>,
    /// Conversations in which a seat is rung for a kept place.
    kept: BTreeMap<Waiter, ConversationId>,
    offers: BTreeMap<OfferId, Offered>,
    /// The sound of the pages, by seat and conversation.
    sounds: BTreeMap<(SeatNumber, ConversationId), LegId>,
    /// Telephones that consult somebody by a second leg.
    pairs: BTreeMap<SeatNumber, second::Pair>,
    /// Pages that are asked to answer outside the queue.
    page_calls: BTreeMap<OfferId, PageCall>,
    page_offers: u64,
    seats: Seats,
    known_wrap_ups: wrap_ups::Known,
    /// The listening day of today.
    day: listening_day::Today,
    book: DialBook,
    steps: VecDeque<Step>,
    outputs: VecDeque<Output>,
    rng: StdRng,
    serial: u32,
    store_up: bool,
    draining: bool,
}

impl Switch {
    /// A switch without calls. `seed` feeds what peers must not guess.
    #[must_use]
    pub fn new(config: SwitchConfig, endpoint: Endpoint, seed: [u8; 32], now: Now) -> Self {
        let mut rng = StdRng::from_seed(seed);
        let (rules, calendar) = (Arc::clone(&config.queue), Arc::clone(&config.calendar));
        Self {
            acd: Acd::new(rules, calendar, rng.random(), queue::moment(now)),
            book: DialBook::new(config.dialling.clone()),
            config,
            endpoint,
            legs: HashMap::new(),
            conversations: HashMap::new(),
            timers: BTreeSet::new(),
            queue_timer: None,
            figures_at: None,
            figures_shown: None,
            waiters: BTreeMap::new(),
            kept: BTreeMap::new(),
            offers: BTreeMap::new(),
            sounds: BTreeMap::new(),
            pairs: BTreeMap::new(),
            page_calls: BTreeMap::new(),
            page_offers: 0,
            seats: Seats::default(),
            known_wrap_ups: wrap_ups::Known::default(),
            day: listening_day::Today::default(),
            steps: VecDeque::new(),
            outputs: VecDeque::new(),
            rng,
            serial: 0,
            store_up: true,
            draining: false,
        }
    }

    /// Begins to keep the trunks alive. `bound` is the address that calls leave from.
    pub fn open_trunks(&mut self, now: Now, bound: SocketAddr) {
        for trunk in &mut self.config.outgoing.trunks {
            trunk.config.flow.local.set_port(bound.port());
        }
        let trunks = self.config.outgoing.trunks.iter().map(|trunk| trunk.config.clone());
        self.endpoint.set_trunks(now.monotonic, trunks.collect());
        self.settle(now);
    }

    /// No call leaves any more and nothing is asked of a trunk; our registrations are taken away. Calls
    /// that have left go on.
    pub fn close_trunks(&mut self, now: Now) {
        self.endpoint.set_trunks(now.monotonic, Vec::new());
        self.settle(now);
    }

    /// One datagram.
    pub fn receive(&mut self, now: Now, flow: Flow, bytes: &[u8]) {
        self.endpoint.receive(now.monotonic, flow, bytes);
        self.settle(now);
    }

    /// One message of a stream, or why it is none.
    pub fn receive_parsed(&mut self, now: Now, flow: Flow, message: Result<Message, ParseFailure>) {
        self.endpoint.receive_parsed(now.monotonic, flow, message);
        self.settle(now);
    }

    /// A TCP connection is gone.
    pub fn connection_closed(&mut self, now: Now, connection: u64) {
        self.endpoint.connection_closed(now.monotonic, connection);
        self.settle(now);
    }

    /// The socket pair asked for by `OpenMedia`, or nothing when there is none to be had.
    pub fn media_opened(&mut self, now: Now, leg: LegId, address: Option<SocketAddr>) {
        match (address, self.legs.get(&leg).map(|leg| &leg.part)) {
            (Some(address), Some(Part::Arriving(_))) => self.begin(now, leg, address),
            (Some(address), Some(Part::Ringing(..))) => self.invite(now, leg, address),
            (Some(address), Some(Part::Sound(..))) => self.sound_opened(now, leg, address),
            (Some(address), Some(Part::Second(..))) => self.second_opened(now, leg, address),
            (Some(address), Some(Part::SigningIn(_))) => self.sign_in_opened(now, leg, address),
            // It ended meanwhile.
            (Some(_), _) => {
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.media = MediaState::Closing;
                }
                self.outputs.push_back(Output::CloseMedia(leg));
            }
            (None, _) => self.media_refused(now, leg),
        }
        self.settle(now);
    }

    fn media_refused(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        match leg.part {
            Part::Ringing(conversation, errand) => {
                self.not_reached(now, conversation, errand, id, Reason::Failure);
            }
            Part::Arriving(_) | Part::SigningIn(_) => {
                self.endpoint.reject(now.monotonic, id, 503);
            }
            Part::Sound(..) => self.sound_refused(id),
            Part::Second(..) => self.second_refused(now, id),
            _ => {}
        }
        let conversation = self.legs.remove(&id).and_then(|leg| leg.conversation());
        if let Some(conversation) = conversation {
            self.tell_account(now, conversation);
        }
    }

    /// A leg's media said something.
    pub fn media_report(&mut self, now: Now, leg: LegId, report: MediaReport) {
        if let MediaReport::Closed(closed) = report {
            self.close_account(now, leg, &closed);
        } else if self.sign_in_heard(leg, &report) {
            self.sign_in_over(now, leg, LegEnd::Service);
        } else {
            self.heard(leg, report);
        }
        self.settle(now);
    }

    /// A media command could not be handed over: the leg cannot go on.
    pub fn media_failed(&mut self, now: Now, leg: LegId) {
        self.endpoint.hang_up(now.monotonic, leg);
        let end = End { at: now.monotonic, by: LegEnd::Network, cause: None };
        self.ended(now, leg, end, Reason::Failure);
        self.settle(now);
    }

    /// A recording asked for by `LoadRecording`; without one its play is over at once.
    pub fn recording_loaded(
        &mut self,
        now: Now,
        leg: LegId,
        play: u32,
        list: Option<Arc<Playlist>>,
    ) {
        match (list, self.conversation_of(leg)) {
            (Some(list), _) => self.media(leg, MediaCommand::Play { play, list, over: false }),
            (None, Some(id)) => {
                self.steps.push_back(Step::Call(id, Input::PlayDone(PlayId(play))));
            }
            (None, None) => {}
        }
        self.settle(now);
    }

    /// The store's answer.
    pub fn stored(&mut self, now: Now, asker: Asker, reply: StoreReply) {
        let Asker(id, ticket) = asker;
        if let (StoreReply::Opened { number: Some(number), .. }, Some(conversation)) =
            (&reply, self.conversations.get_mut(&id))
        {
            conversation.case = Some(*number);
        }
        self.tell(now, id, Input::Stored(ticket, reply));
        self.settle(now);
    }

    /// What became of a wrap-up. Without news of it the room gives up by itself.
    pub fn wrap_up_stored(&mut self, now: Now, of: WrapUpAttempt, stored: Result<(), NotStored>) {
        let WrapUpAttempt(id, attempt) = of;
        self.tell_room(now, id, parties::Input::WrapUpStored { attempt, stored });
        self.settle(now);
    }

    /// Whether the store can commit; calls that come while it cannot are told so.
    pub fn set_store_up(&mut self, up: bool) {
        self.store_up = up;
    }

    /// The instant of `poll_timeout` has come.
    pub fn handle_timeout(&mut self, now: Now) {
        self.endpoint.handle_timeout(now.monotonic);
        while let Some(&(at, id)) = self.timers.first() {
            if at > now.monotonic {
                break;
            }
            self.timers.pop_first();
            let Some(conversation) = self.conversations.get_mut(&id) else { continue };
            conversation.timer = None;
            let due = |at: Option<Instant>| at.is_some_and(|at| at <= now.monotonic);
            let call = due(conversation.call.as_ref().and_then(Call::poll_timeout));
            let room = due(conversation.room.as_ref().and_then(parties::Room::poll_timeout));
            let voice = conversation.voice.as_ref().and_then(voice::Voice::poll_timeout);
            if call {
                self.tell(now, id, Input::Timeout);
            }
            if room || due(voice) {
                self.tell_room(now, id, parties::Input::Timeout);
            }
            self.set_timer(id);
        }
        if self.queue_timer.is_some_and(|at| at <= now.monotonic) {
            self.tell_queue(now, acd::Input::Timeout);
        }
        self.look_at_day(now);
        self.pages_due(now);
        self.show_figures(now);
        self.settle(now);
    }

    /// No new calls; live ones are asked to finish.
    pub fn drain(&mut self, now: Now) {
        self.draining = true;
        self.endpoint.drain();
        self.steps.push_back(Step::Queue(acd::Input::Drain));
        for id in self.conversation_ids() {
            self.steps.push_back(Step::Call(id, Input::Drain));
            self.steps.push_back(Step::Room(id, parties::Input::Drain));
        }
        self.settle(now);
    }

    /// The time for finishing is over: BYE to everybody.
    pub fn hang_up_all(&mut self, now: Now) {
        for leg in self.leg_ids() {
            self.endpoint.hang_up(now.monotonic, leg);
            let end = End { at: now.monotonic, by: LegEnd::Shutdown, cause: None };
            self.ended(now, leg, end, Reason::Local);
        }
        for id in self.conversation_ids() {
            self.steps.push_back(Step::Call(id, Input::HungUp(EndedBy::Shutdown)));
        }
        self.settle(now);
    }

    /// What is to be done next; drain it after every input.
    pub fn poll_output(&mut self) -> Option<Output> {
        if let Some(transmit) = self.endpoint.poll_transmit() {
            return Some(Output::Transmit(transmit));
        }
        self.outputs.pop_front()
    }

    /// When `handle_timeout` wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let conversation = self.timers.first().map(|&(at, _)| at);
        let day = self.day.poll_timeout();
        let queue = [self.queue_timer, self.figures_at, self.seats.poll_timeout(), day];
        [self.endpoint.poll_timeout(), conversation].into_iter().chain(queue).flatten().min()
    }

    /// Legs that are not over.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.legs.len()
    }

    /// The SIP endpoint, for its counts.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn leg_ids(&self) -> Vec<LegId> {
        let mut ids: Vec<LegId> = self.legs.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    fn conversation_ids(&self) -> Vec<ConversationId> {
        let mut ids: Vec<ConversationId> = self.conversations.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// The conversation that a leg belongs to.
    fn conversation_of(&self, leg: LegId) -> Option<ConversationId> {
        self.legs.get(&leg).and_then(Leg::conversation)
    }

    /// Takes what the machines have to say to each other until all are silent.
    fn settle(&mut self, now: Now) {
        loop {
            if let Some(event) = self.endpoint.poll_event() {
                self.handle(now, event);
            } else if let Some(step) = self.steps.pop_front() {
                self.run_step(now, step);
            } else {
                return;
            }
        }
    }

    fn handle(&mut self, now: Now, event: Event) {
        match event {
            Event::Incoming { leg, caller, display, called, offer, replaces, flow, seat } => {
                if replaces.is_some() {
                    return self.endpoint.reject(now.monotonic, leg, 403);
                }
                if let Some(seat) = seat
                    && (self.sign_in_call(now, (leg, flow), &seat, &called, offer.as_deref())
                        || self.second_call(now, (leg, flow), &seat, &called, offer.clone()))
                {
                    return;
                }
                let caller = Caller { number: PhoneNumber::parse(&caller).ok(), display };
                let conversation = self.next_conversation();
                let part = Part::Arriving(Box::new(Arrival { conversation, caller, called }));
                self.incoming(now, Leg::new(flow, now, part), leg, conversation, offer);
            }
            Event::Offer { leg, sdp } => self.offered(now, leg, sdp.as_deref()),
            Event::Answer { leg, sdp } | Event::Reanswered { leg, sdp } => {
                self.answered(now, leg, &sdp);
            }
            Event::OfferRefused { .. } => {}
            Event::Ringing { leg, sdp, .. } => self.rings(leg, sdp.as_deref()),
            Event::Accepted { leg, sdp } => self.reached(now, leg, &sdp),
            Event::Confirmed { leg } => {
                if let Some(id) = self.conversation_of(leg) {
                    self.steps.push_back(Step::Call(id, Input::Confirmed));
                }
            }
            Event::Info { leg, content_type, body } => self.info(leg, &content_type, &body),
            Event::Registered { seat, bindings } => self.registered(seat, bindings),
            Event::Refer { leg, target, replaces } => self.refer(now, leg, &target, replaces),
            Event::TrunkState { trunk, up: true } => {
                tracing::info!(trunk = trunk.0, "a trunk is up");
            }
            Event::TrunkState { trunk, up: false } => {
                tracing::error!(trunk = trunk.0, "ALARM a trunk is down: no call leaves by it");
            }
            Event::TrunkFault { trunk, asked, status } => {
                let asked = asked.as_str();
                tracing::error!(trunk = trunk.0, status, "ALARM a trunk did not take our {asked}");
            }
            Event::Text { text, caller, called: _, body, key, is_vouched } => {
                let said = LineText { from: caller, words: body };
                self.text(TextOrder { text, key, said, is_vouched, at: now.wall });
            }
            Event::Ended { leg, reason } => {
                let by = match reason {
                    Reason::Peer | Reason::Refused(_) => LegEnd::Party,
                    Reason::Local => LegEnd::Service,
                    Reason::Timeout | Reason::Failure | Reason::NoResponse => LegEnd::Network,
                };
                let cause = match reason {
                    Reason::Refused(status) => Some(status),
                    _ => None,
                };
                let end = End { at: now.monotonic, by, cause };
                self.ended(now, leg, end, reason);
            }
        }
    }

    /// Gives a call its input, carries out what it wants, and sets its timer anew.
    fn tell(&mut self, now: Now, id: ConversationId, input: Input) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(call) = conversation.call.as_mut() else { return };
        call.handle(now.monotonic, input);
        self.carry_out(now, id);
        self.set_timer(id);
    }

    fn carry_out(&mut self, now: Now, id: ConversationId) {
        let next =
            |switch: &mut Self| switch.conversations.get_mut(&id)?.call.as_mut()?.poll_action();
        while let Some(action) = next(self) {
            self.act(now, id, action);
        }
    }
}
