//! The switch joins a SIP leg, its media and the rules of its call. Sans-IO: what it wants done
//! comes out of `poll_output`, and nothing in it waits, reads a clock or opens a socket.
//!
//! ```text
//! datagram -> Endpoint -> Event::Incoming -> OpenMedia -> media_opened -> Call -> Action::Answer
//!                                                                          |        -> 200
//!          media report, stored reply, timer ---------------------------> Call -> Play, Record, Store
//! ```
//!
//! Invariants (asserted in debug builds, checked by the simulation):
//! * S1: `CloseMedia` follows each `OpenMedia` that was carried out, once, and no command follows it.
//! * S2: each call that was answered puts out exactly one `Finished`.
//! * S3: after `poll_output` is empty the next instant of `poll_timeout` is in the future or now.

mod citizen;
mod conversation;
mod leg;
mod negotiate;
mod text;

use crate::domain::call::{
    Call, CallRecord, CallRules, Caller, EndedBy, Input, PlayId, StoreReply, StoreRequest, Ticket,
};
use crate::gateway::clock::Now;
use crate::gateway::media::{MediaCommand, MediaReport};
use crate::gateway::prompts::Library;
use crate::media::player::Playlist;
use crate::proto::{Endpoint, Event, Flow, Reason, TextId, Transmit};
use crate::store::LegRecord;
use crate::units::{CallId, LegId, PhoneNumber};
use crate::wire::sip::{Message, ParseFailure};
use conversation::Conversation;
pub use conversation::ConversationId;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use leg::{Arrival, Leg, Part};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// What the switch needs to know of the service it is part of.
pub struct SwitchConfig {
    /// Name of this gateway, part of every call id.
    pub gateway: String,
    /// The rules of a call.
    pub rules: Arc<CallRules>,
    /// The recorded prompts.
    pub prompts: Arc<Library>,
    /// The city's time zone, for the folders of recordings.
    pub time_zone: TimeZone,
    /// Address written into SDP when it differs from the one a call came in on.
    pub advertised: Option<IpAddr>,
}

/// Who asked the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A call.
    Call(ConversationId, Ticket),
    /// A text that waits for its 200.
    Text(TextId),
}

/// A call as it is answered.
#[derive(Debug, Clone)]
pub struct Started {
    /// Its id.
    pub call: CallId,
    /// Who calls.
    pub caller: Caller,
    /// What was dialled.
    pub called: String,
    /// When it arrived.
    pub at: Timestamp,
    /// The peer it came from.
    pub peer: SocketAddr,
}

/// What the switch wants done.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Transmit),
    /// Bind a socket pair for a leg; `media_opened` follows.
    OpenMedia(LegId, IpAddr),
    /// Command a leg's media; `media_failed` follows when that is impossible.
    Media(LegId, MediaCommand),
    /// End a leg's media.
    CloseMedia(LegId),
    /// Read a closed recording for the citizen to hear; `recording_loaded` follows.
    LoadRecording(LegId, u32, String),
    /// Ask the store; `stored` follows.
    Store {
        /// Who asks.
        asker: Asker,
        /// What.
        request: StoreRequest,
        /// The call that asks.
        call: Option<CallId>,
        /// The caller, for the limits on guessing.
        caller: Caller,
        /// Wall time.
        at: Timestamp,
    },
    /// A call was answered.
    Started(Box<Started>),
    /// A call is over and its media closed.
    Finished(Box<CallRecord>, Timestamp, LegRecord),
}

/// All calls of this gateway.
pub struct Switch {
    config: SwitchConfig,
    endpoint: Endpoint,
    legs: HashMap<LegId, Leg>,
    conversations: HashMap<ConversationId, Conversation>,
    timers: BTreeSet<(Instant, ConversationId)>,
    outputs: VecDeque<Output>,
    rng: StdRng,
    serial: u32,
    store_up: bool,
}

impl Switch {
    /// A switch without calls. `seed` feeds what peers must not guess.
    #[must_use]
    pub fn new(config: SwitchConfig, endpoint: Endpoint, seed: [u8; 32]) -> Self {
        Self {
            config,
            endpoint,
            legs: HashMap::new(),
            conversations: HashMap::new(),
            timers: BTreeSet::new(),
            outputs: VecDeque::new(),
            rng: StdRng::from_seed(seed),
            serial: 0,
            store_up: true,
        }
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
        match address {
            Some(address) => self.begin(now, leg, address),
            None => {
                self.legs.remove(&leg);
                self.endpoint.reject(now.monotonic, leg, 503);
            }
        }
        self.settle(now);
    }

    /// A leg's media said something.
    pub fn media_report(&mut self, now: Now, leg: LegId, report: MediaReport) {
        if let MediaReport::Closed(closed) = report {
            self.close_account(now, leg, &closed);
        } else if let Some(id) = self.conversation_of(leg)
            && let Some(conversation) = self.conversations.get_mut(&id)
            && let Some(input) = conversation.heard(report)
        {
            self.tell(now, id, input);
        }
        self.settle(now);
    }

    /// A media command could not be handed over: the call cannot go on.
    pub fn media_failed(&mut self, now: Now, leg: LegId) {
        self.endpoint.hang_up(now.monotonic, leg);
        if let Some(id) = self.conversation_of(leg) {
            self.tell(now, id, Input::HungUp(EndedBy::Network));
        }
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
        match list {
            Some(list) => {
                self.outputs
                    .push_back(Output::Media(leg, MediaCommand::Play { play, list, over: false }));
            }
            None => {
                if let Some(id) = self.conversation_of(leg) {
                    self.tell(now, id, Input::PlayDone(PlayId(play)));
                }
            }
        }
        self.settle(now);
    }

    /// The store's answer.
    pub fn stored(&mut self, now: Now, asker: Asker, reply: StoreReply) {
        match asker {
            Asker::Call(id, ticket) => self.tell(now, id, Input::Stored(ticket, reply)),
            Asker::Text(text) => self.text_stored(now, text, &reply),
        }
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
            if let Some(conversation) = self.conversations.get_mut(&id) {
                conversation.timer = None;
            }
            self.tell(now, id, Input::Timeout);
        }
        self.settle(now);
    }

    /// No new calls; live ones are asked to finish.
    pub fn drain(&mut self, now: Now) {
        self.endpoint.drain();
        for id in self.conversation_ids() {
            self.tell(now, id, Input::Drain);
        }
        self.settle(now);
    }

    /// The time for finishing is over: BYE to everybody.
    pub fn hang_up_all(&mut self, now: Now) {
        for leg in self.leg_ids() {
            self.endpoint.hang_up(now.monotonic, leg);
        }
        for id in self.conversation_ids() {
            self.tell(now, id, Input::HungUp(EndedBy::Shutdown));
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
        let call = self.timers.first().map(|&(at, _)| at);
        [self.endpoint.poll_timeout(), call].into_iter().flatten().min()
    }

    /// Calls that are not over.
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

    /// Takes what the endpoint has to say until it is silent.
    fn settle(&mut self, now: Now) {
        while let Some(event) = self.endpoint.poll_event() {
            self.handle(now, event);
        }
    }

    fn handle(&mut self, now: Now, event: Event) {
        match event {
            Event::Incoming { leg, caller, display, seat: _, called, offer, flow } => {
                let caller = Caller { number: PhoneNumber::parse(&caller).ok(), display };
                let part = Part::Arriving(Box::new(Arrival { caller, called }));
                self.incoming(now, Leg::new(flow, now.wall, part), leg, offer);
            }
            Event::Offer { leg, sdp } => self.offered(now, leg, sdp.as_deref()),
            Event::Answer { leg, sdp } => self.answered(now, leg, &sdp),
            Event::Confirmed { leg } => {
                if let Some(id) = self.conversation_of(leg) {
                    self.tell(now, id, Input::Confirmed);
                }
            }
            Event::Info { leg, content_type, body } => self.info(leg, &content_type, &body),
            Event::Registered { .. } => {}
            Event::Text { text, caller, called: _, body, key } => {
                self.text(now, text, &caller, body, &key);
            }
            Event::Ended { leg, reason } => {
                let by = match reason {
                    Reason::Peer => EndedBy::Citizen,
                    Reason::Local => EndedBy::Service,
                    Reason::Timeout | Reason::Failure => EndedBy::Network,
                };
                self.ended(now, leg, by);
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

    fn set_timer(&mut self, id: ConversationId) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let wanted = conversation.call.as_ref().and_then(Call::poll_timeout);
        if conversation.timer == wanted {
            return;
        }
        if let Some(old) = conversation.timer.take() {
            self.timers.remove(&(old, id));
        }
        if let Some(at) = wanted {
            self.timers.insert((at, id));
        }
        conversation.timer = wanted;
    }
}
