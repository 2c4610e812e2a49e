//! A flood (S17): one address that calls far more often than it may, and what holds meanwhile. Some
//! seeds have one, each against one limit of admission; others have a house with little room.

use super::{Happening, World};
use crate::switch::citizen::{Citizen, Habit};
use crate::switch::desk;
use mayorline::domain::call::EntryKind;
use mayorline::gateway::switch::Output;
use mayorline::proto::{EndpointConfig, Flow};
use mayorline::store::CallAccount;
use mayorline::units::CallId;
use mayorline::wire::sip::{Framing, Message, Request, Response};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where it comes from; the citizens have another address.
const SOURCE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 9, 9)), 9_000);
/// Neither a citizen nor, like the legs of seats and units, nobody.
const FLOODER: usize = usize::MAX - 1;
/// INVITEs of a flood, a few milliseconds apart: all of them within a second.
const INVITES: std::ops::Range<usize> = 200..300;
const GAP_MS: u64 = 3;
/// After this long an honest caller has heard something: his ACK was lost less than five times.
const HEARD_BY: Duration = Duration::from_secs(10);

/// The limit that a flood runs into; the others are out of its reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::switch) enum Bound {
    /// Calls of one address.
    Source,
    /// Calls of a second.
    Second,
    /// Calls at once.
    Calls,
}

/// The flood of a seed, if it has one, and what was seen of admission.
#[derive(Default)]
pub(in crate::switch) struct Flood {
    seed: u64,
    limits: EndpointConfig,
    pub(in crate::switch) bound: Option<Bound>,
    count: usize,
    begins_ms: u64,
    /// Confirms its calls, hangs up and answers; otherwise it says nothing after its INVITEs.
    is_polite: bool,
    /// By Call-ID, since the last crash: what the flood asked for, whatever INVITE was taken up
    /// (100), refused at the door (503 without 100), or refused after it was taken up.
    asked: HashSet<String>,
    taken: HashSet<String>,
    turned_away: HashSet<String>,
    failed: HashSet<String>,
    /// Calls of the flood that were answered since the last crash.
    started: usize,
    /// Answered calls with the address that they come from.
    calls: HashMap<CallId, SocketAddr>,
    /// Dialogs that it will end or has ended.
    ending: HashSet<String>,
    /// INVITEs of the flood that got a call, 503, or nothing.
    pub(in crate::switch) admitted: usize,
    pub(in crate::switch) refused: usize,
    pub(in crate::switch) silent: usize,
    /// Calls of honest callers that were heard out, and INVITEs of theirs that got 503.
    pub(in crate::switch) served: usize,
    pub(in crate::switch) no_room: usize,
}

/// Whether this leads to the flood.
pub(super) fn is_source(flow: &Flow) -> bool {
    flow.remote.ip() == SOURCE.ip()
}

impl Flood {
    /// By dice of its own: the other ways of a seed stay as they are.
    pub(in crate::switch) fn of(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x0F10_0D00);
        let (limits, bound) = match dice.random_range(0..8) {
            0 => {
                let limits = EndpointConfig { calls_per_source_max: 60, ..desk::limits() };
                (EndpointConfig { calls_max: 200, ..limits }, Some(Bound::Source))
            }
            1 => {
                let limits = EndpointConfig { calls_per_second_max: 20, ..desk::limits() };
                (EndpointConfig { calls_max: 200, ..limits }, Some(Bound::Second))
            }
            2 => (EndpointConfig { calls_max: 20, ..desk::limits() }, Some(Bound::Calls)),
            3 => (EndpointConfig { calls_max: 12, ..desk::limits() }, None),
            _ => (desk::limits(), None),
        };
        let count = if bound.is_some() { dice.random_range(INVITES) } else { 0 };
        let (begins_ms, is_polite) = (dice.random_range(5_000..50_000), dice.random());
        Self { seed, limits, bound, count, begins_ms, is_polite, ..Self::default() }
    }

    /// What the house of this seed allows.
    pub(super) fn limits(&self) -> EndpointConfig {
        self.limits.clone()
    }

    fn call_id(&self, n: usize) -> String {
        format!("flood{n}-{:x}", self.seed)
    }

    fn invite(&self, n: usize) -> Vec<u8> {
        let (call_id, number) = (self.call_id(n), 19_900_005_000 + n);
        let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.9.9\r\ns=-\r\nc=IN IP4 127.0.9.9\r\nt=0 0\r\n\
                   m=audio 40000 RTP/AVP 8\r\n";
        format!(
            "INVITE sip:mayor@127.0.0.1:5060 SIP/2.0\r\n\
             Via: SIP/2.0/UDP {SOURCE};branch=z9hG4bK{call_id}i\r\nMax-Forwards: 70\r\n\
             From: <sip:{number}@127.0.9.9>;tag=f{n}\r\nTo: <sip:mayor@127.0.0.1>\r\n\
             Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:{number}@{SOURCE}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
        .into_bytes()
    }

    /// What the service sends, answers and accounts for.
    pub(super) fn observe(&mut self, output: &Output, citizens: &[Citizen]) {
        match output {
            // Nobody is refused at the door of an ordinary house.
            Output::Transmit(transmit) if self.limits.calls_max != desk::CALLS_MAX => {
                let message = Message::parse(&transmit.bytes, Framing::Datagram);
                if let Ok(Message::Response(response)) = message {
                    self.told(&response, is_source(&transmit.flow));
                }
            }
            Output::Started(started) => {
                self.started += usize::from(started.peer.ip() == SOURCE.ip());
                self.calls.insert(started.call.clone(), started.peer);
            }
            Output::Finished(account, _) => self.accounted(account, citizens),
            _ => {}
        }
    }

    fn told(&mut self, response: &Response, to_flood: bool) {
        let (Ok(call_id), Ok(cseq)) = (response.headers.call_id(), response.headers.cseq()) else {
            return; // to half a request
        };
        if cseq.method.as_str() != "INVITE" {
            return;
        }
        match response.status {
            100..=299 => {
                let late = to_flood && self.turned_away.contains(call_id);
                assert!(!late, "S17: {call_id} was refused and becomes a call after all");
                self.taken.insert(call_id.to_owned());
            }
            503 if !self.taken.contains(call_id) => {
                let after = response.headers.get("Retry-After");
                assert_eq!(after, Some("10"), "S17: {call_id} is not told when to try again");
                let alone = self.bound == Some(Bound::Source) && !to_flood;
                assert!(!alone, "S17: a flood from one address keeps {call_id} of another out");
                let is_new = self.turned_away.insert(call_id.to_owned());
                self.no_room += usize::from(is_new && !to_flood);
            }
            _ => {
                self.failed.insert(call_id.to_owned());
            }
        }
    }

    /// An honest caller who stayed for a while was spoken to, flood or not.
    fn accounted(&mut self, account: &CallAccount, citizens: &[Citizen]) {
        let record = &account.record;
        let Some(peer) = self.calls.remove(&record.call) else { return };
        let index = usize::from(peer.port()).wrapping_sub(6000);
        let honest = citizens.get(index).filter(|_| peer.ip() != SOURCE.ip()).is_some_and(|one| {
            matches!(one.habit, Habit::Ordinary | Habit::Holds) && self.bound.is_some()
        });
        if honest && record.lasted > HEARD_BY {
            let spoken = record.entries.iter().any(|e| matches!(e.kind, EntryKind::Prompt(_)));
            assert!(spoken, "S17: a caller beside a flood hears nothing: {record:?}");
            self.served += 1;
        }
    }

    /// The end of the run, or of a life of the service: what became of every INVITE.
    pub(super) fn settle(&mut self) {
        let of_flood = |set: &HashSet<String>| self.asked.intersection(set).count();
        let (taken, refused) = (of_flood(&self.taken), of_flood(&self.turned_away));
        let rejected = self.asked.iter().filter(|id| self.taken.contains(*id));
        let rejected = rejected.filter(|id| self.failed.contains(*id)).count();
        assert!(self.started <= taken, "S17: {} answered of {taken} taken up", self.started);
        let most = match self.bound {
            Some(Bound::Source) => self.limits.calls_per_source_max + rejected,
            // A bucket that was full, and what flows in during the second of the flood.
            Some(Bound::Second) => 2 * usize::try_from(self.limits.calls_per_second_max).unwrap(),
            Some(Bound::Calls) => self.limits.calls_max + rejected,
            None => 0,
        };
        assert!(taken <= most, "S17: {taken} calls of a flood are taken up, past {most}");
        self.admitted += taken;
        self.refused += refused;
        self.silent += self.asked.len() - taken - refused;
        self.started = 0;
        for set in [&mut self.asked, &mut self.taken, &mut self.turned_away, &mut self.failed] {
            set.clear();
        }
        self.calls.clear();
    }
}

impl World {
    /// All INVITEs of the flood, some of them twice as a network does it.
    pub(super) fn will_flood(&mut self) {
        for n in 0..self.flood.count {
            let at = self.flood.begins_ms + GAP_MS * u64::try_from(n).unwrap();
            for again in 0..=u64::from(n.is_multiple_of(7)) {
                self.after(Duration::from_millis(at + again), Happening::Flood(n));
            }
        }
    }

    /// One INVITE of the flood: a call, or nothing that stays.
    pub(super) fn flood_arrives(&mut self, n: usize) {
        let (call_id, invite) = (self.flood.call_id(n), self.flood.invite(n));
        let legs = self.switch.endpoint().counts().legs;
        self.flood_says(&invite);
        let grown = self.switch.endpoint().counts().legs > legs;
        self.flood.asked.insert(call_id.clone());
        self.carry_out();
        let taken = self.flood.taken.contains(&call_id);
        assert!(taken || !grown, "S17: {call_id} is no call and leaves a leg");
    }

    pub(super) fn flood_says(&mut self, bytes: &[u8]) {
        self.current = FLOODER;
        self.heard_from(SOURCE, bytes);
    }

    pub(super) fn flood_hears(&mut self, bytes: &[u8]) {
        let message = Message::parse(bytes, Framing::Datagram).expect("what is sent can be read");
        if !self.flood.is_polite {
            return;
        }
        match message {
            Message::Response(response) => self.flood_answered(&response),
            Message::Request(request) => self.flood_says(&done(&request)),
        }
    }

    /// A call is confirmed and, seconds later, ended; a refusal is confirmed.
    fn flood_answered(&mut self, response: &Response) {
        let cseq = response.headers.cseq().unwrap();
        if response.status < 200 || cseq.method.as_str() != "INVITE" {
            return;
        }
        let call_id = response.headers.call_id().unwrap().to_owned();
        let accepted = response.status < 300;
        // The ACK of a refusal belongs to the INVITE's transaction, that of a 200 does not.
        let branch = if accepted { "a" } else { "i" };
        self.flood_says(&follow(response, "ACK", 1, branch));
        if accepted && self.flood.ending.insert(call_id) {
            let bye = follow(response, "BYE", 2, "b");
            let talks = Duration::from_millis(self.rng.random_range(2_000..30_000));
            self.after(talks, Happening::FromFlood(bye));
        }
    }
}

/// A request of the call that this answer is of.
fn follow(response: &Response, method: &str, cseq: u32, branch: &str) -> Vec<u8> {
    let field = |name| response.headers.get(name).unwrap_or_default();
    let call_id = field("Call-ID");
    format!(
        "{method} sip:mayor@127.0.0.1:5060 SIP/2.0\r\n\
         Via: SIP/2.0/UDP {SOURCE};branch=z9hG4bK{call_id}{branch}\r\nMax-Forwards: 70\r\n\
         From: {}\r\nTo: {}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
         Content-Length: 0\r\n\r\n",
        field("From"),
        field("To"),
    )
    .into_bytes()
}

/// 200 to whatever the service asks within a call.
fn done(request: &Request) -> Vec<u8> {
    let mut answer = String::from("SIP/2.0 200 OK\r\n");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        for value in request.headers.values(name) {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    answer.push_str("Content-Length: 0\r\n\r\n");
    answer.into_bytes()
}
