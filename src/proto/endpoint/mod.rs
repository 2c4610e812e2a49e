//! The SIP endpoint: one plain value behind all sockets of the gateway. It answers calls (UAS),
//! makes calls (UAC), registers phones and keeps trunks. No I/O, no clock: the caller gives bytes
//! and instants and drains `poll_transmit` and `poll_event` after each input.
//!
//! ```text
//! bytes -> receive -> transaction? -> retransmission answered from its state
//!                  -> outside: INVITE (invite.rs), REGISTER (register.rs), OPTIONS, MESSAGE,
//!                     refusals (outside.rs)
//!                  -> within a dialog (within.rs, refer.rs)
//!                  -> answers (client.rs): our call (call.rs, progress.rs), our session
//!                     (refresh.rs), our trunks (trunk.rs)
//! commands (commands.rs), time (clock.rs) -> send.rs, client.rs
//! ```

mod call;
mod client;
mod clock;
mod commands;
mod invite;
mod outside;
mod progress;
mod receive;
mod refer;
mod refresh;
mod register;
mod send;
mod trunk;
mod within;

use super::admission::Admission;
use super::authentication::Authentication;
use super::leg::Leg;
use super::prover::Prover;
use super::registrar::Registrar;
use super::reply::Reply;
use super::timer::Timers;
use super::transaction::{
    ClientInvite, ClientOther, MAGIC_COOKIE, ServerInvite, ServerKey, ServerOther, TransactionId,
};
use super::trunk::Trunk;
use super::{EndpointConfig, Event, Flow, TextId, Transmit, TrunkId};
use crate::units::LegId;
use crate::wire::sip::Request;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

/// Who owns a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Owner {
    Server(TransactionId),
    Client(TransactionId),
    Leg(LegId),
    Registrar,
    Trunk(TrunkId),
}

#[derive(Debug)]
enum ServerMachine {
    Invite(ServerInvite),
    Other(ServerOther),
}

/// A server transaction and what hangs on it.
#[derive(Debug)]
struct Server {
    key: ServerKey,
    /// Where its answers go.
    flow: Flow,
    machine: ServerMachine,
    /// The leg of an INVITE, for CANCEL.
    leg: Option<LegId>,
    /// The text of a MESSAGE.
    text: Option<TextId>,
    /// Its entry in the merged-request table.
    origin: Option<Box<str>>,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(ClientInvite),
    Other(ClientOther),
}

/// Whom the outcome of a request of ours concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Nobody: BYE, CANCEL, PRACK, NOTIFY, and an INVITE that was given up.
    Nothing,
    /// The first INVITE of a leg.
    Call(LegId),
    /// A session refresh or a new offer.
    Modify(LegId),
    Register(TrunkId),
    /// Takes a registration away from a trunk that is configured no more.
    Unregister,
    Options(TrunkId),
}

/// A client transaction and what hangs on it.
#[derive(Debug)]
struct Client {
    key: Box<str>,
    branch: Box<str>,
    flow: Flow,
    machine: ClientMachine,
    purpose: Purpose,
    /// For its ACK and CANCEL, or to send it again with a proof.
    request: Option<Box<Request>>,
    prover: Option<Prover>,
    /// It was given up before anything came back: CANCEL follows the first provisional answer.
    cancel_wanted: bool,
    /// The branches of a first INVITE that answered with 2xx, with their ACKs; at most `FORKS_MAX`.
    accepted: Vec<(Box<str>, Vec<u8>)>,
}

impl Client {
    /// Whether it is the first INVITE of a call, given up or not.
    fn rings(&self) -> bool {
        matches!(&self.machine, ClientMachine::Invite(machine) if machine.rings())
    }
}

/// One (From tag, Call-ID, CSeq) that was taken, while its transaction or its leg lives
/// (RFC 3261 §8.2.2.2).
#[derive(Debug)]
struct Origin {
    branch: Box<str>,
    holders: u8,
}

/// A text that waits for its answer.
#[derive(Debug)]
struct PendingText {
    transaction: TransactionId,
    reply: Reply,
    /// Our tag when the text came within a dialog.
    tag: String,
}

/// What the endpoint holds. All zero some time after the last call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that came in and are not forgotten yet.
    pub server_transactions: usize,
    /// Requests that went out and are not forgotten yet.
    pub client_transactions: usize,
    /// Dialogs, early ones included.
    pub dialogs: usize,
    /// Calls, also those that are just ending.
    pub legs: usize,
    /// Texts without an answer.
    pub texts: usize,
    /// Deadlines that are armed.
    pub timers: usize,
}

/// The SIP endpoint.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    rng: StdRng,
    /// Begins every branch of this endpoint, so that a loop is known.
    branch_prefix: String,
    /// Makes the tags of stateless answers (RFC 3261 §8.2.7: the same for the same request).
    tag_salt: u64,
    draining: bool,
    admission: Admission,
    authentication: Authentication,
    registrar: Registrar,
    timers: Timers<Owner>,
    servers: HashMap<TransactionId, Server>,
    server_keys: HashMap<ServerKey, TransactionId>,
    clients: HashMap<TransactionId, Client>,
    client_keys: HashMap<Box<str>, TransactionId>,
    legs: HashMap<LegId, Leg>,
    /// Legs that we called; at most `outgoing_max`.
    outgoing: usize,
    trunks: HashMap<TrunkId, Trunk>,
    /// Dialogs by our tag, which is unique.
    tags: HashMap<Box<str>, LegId>,
    connections: HashMap<u64, HashSet<LegId>>,
    origins: HashMap<Box<str>, Origin>,
    texts: HashMap<TextId, PendingText>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    last_id: u64,
}

impl Endpoint {
    /// An endpoint without calls. All tags and branches come from `seed`.
    #[must_use]
    pub fn new(config: EndpointConfig, seed: [u8; 32]) -> Self {
        let mut rng = StdRng::from_seed(seed);
        let branch_prefix = format!("{MAGIC_COOKIE}-ml-{:016x}-", rng.next_u64());
        Self {
            branch_prefix,
            tag_salt: rng.next_u64(),
            authentication: Authentication::new(&config, rng.random()),
            rng,
            draining: false,
            admission: Admission::new(&config),
            registrar: Registrar::default(),
            timers: Timers::new(),
            servers: HashMap::new(),
            server_keys: HashMap::new(),
            clients: HashMap::new(),
            client_keys: HashMap::new(),
            legs: HashMap::new(),
            outgoing: 0,
            trunks: HashMap::new(),
            tags: HashMap::new(),
            connections: HashMap::new(),
            origins: HashMap::new(),
            texts: HashMap::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            last_id: 0,
            config,
        }
    }

    /// From now on new INVITEs get 503 with Retry-After; live calls go on.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When `handle_timeout` is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// What is held just now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            server_transactions: self.servers.len(),
            client_transactions: self.clients.len(),
            dialogs: self.tags.len(),
            legs: self.legs.len(),
            texts: self.texts.len(),
            timers: self.timers.len(),
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn new_tag(&mut self) -> String {
        format!("{:016x}", self.rng.next_u64())
    }

    fn new_branch(&mut self) -> String {
        format!("{}{:016x}", self.branch_prefix, self.rng.next_u64())
    }

    /// Sets the deadline of a leg anew after it was touched.
    fn arm_leg(&mut self, id: LegId) {
        let deadline = self.legs.get(&id).and_then(Leg::poll_timeout);
        self.timers.arm(Owner::Leg(id), deadline);
    }

    /// The invariants that hold between any two inputs.
    fn check_invariants(&self) {
        debug_assert_eq!(self.servers.len(), self.server_keys.len(), "P4: a key per transaction");
        debug_assert_eq!(self.clients.len(), self.client_keys.len(), "P5: a branch each");
        debug_assert_eq!(self.legs.len(), self.tags.len(), "P6: a tag per leg");
        debug_assert!(self.servers.len() <= self.config.transactions_max, "P7: bounded");
        debug_assert!(self.outgoing <= self.config.outgoing_max, "P13: bounded");
        debug_assert!(
            self.legs.len() - self.outgoing <= self.config.calls_max,
            "P8: as many legs as calls that were let in"
        );
        debug_assert!(self.texts.len() <= self.config.texts_max, "P9: bounded");
        debug_assert!(self.origins.len() <= self.legs.len() + self.servers.len(), "P10: held");
        debug_assert!(
            self.timers.len()
                <= self.servers.len()
                    + self.clients.len()
                    + self.legs.len()
                    + self.trunks.len()
                    + 1,
            "P11: no timer without an owner"
        );
    }
}
