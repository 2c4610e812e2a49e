//! A model trunk: an exchange that registers us or not, wants proofs or not, refuses, rings people, falls
//! silent and comes back. It speaks SIP by plain text of its own.

use super::citizen::resend_after;
use super::desk::{TRUNK_PORT, flow};
use mayorline::gateway::switch::Trunk;
use mayorline::proto::{Credentials, Registration, TrunkConfig, TrunkId};
use mayorline::wire::sip::Request;
use rand::RngExt;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

/// Between two OPTIONS where there are any.
pub(super) const OPTIONS_EVERY: Duration = Duration::from_secs(30);
/// The realm of challenges that are nobody's business.
const FOREIGN_REALM: &str = "evil.example";
/// Its answers take so long.
const SOON: Duration = Duration::from_millis(2);
/// Outages of a trunk begin, and how long they last.
const OUTAGE_BEGINS_MS: Range<u64> = 0..150_000;
const OUTAGE_LASTS_MS: Range<u64> = 2_000..90_000;
/// Times a 200 is sent again before the call is given up (RFC 3261 §13.3.1.4).
const LIFTED_AGAIN_MAX: u32 = 10;
/// A call that cannot be ended now is ended so much later.
const AGAIN: Duration = Duration::from_secs(10);

/// What a trunk does, some time later.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Says this to the service.
    Says(Vec<u8>),
    /// A stranger says it in its place, from another address.
    Pretends(Vec<u8>),
    /// Somebody lifts in that call, or is said to have lifted for the n-th time.
    Lifts(String, u32),
    /// He puts down.
    PutsDown(String),
}

/// Each after so long.
pub(super) type Acts = Vec<(Duration, Act)>;

/// How far a call at a trunk has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was ever answered.
    Unheard,
    Rings,
    Talks,
    Over,
}

/// A call that has come to it.
struct Call {
    invite: Request,
    state: State,
    confirmed: bool,
    /// Something about it has come while it was silent: nobody can know how it ended.
    excused: bool,
}

/// One trunk.
pub(super) struct Carrier {
    at: usize,
    registers: bool,
    proves: bool,
    watched: bool,
    /// Spans in which it hears and says nothing, and those in which it takes nothing.
    silent: Vec<Range<u64>>,
    closed: Vec<Range<u64>>,
    nonces: BTreeSet<String>,
    calls: BTreeMap<String, Call>,
    /// The last answer to each request; empty where it gives none.
    said: BTreeMap<String, Vec<u8>>,
    cseq: u32,
}

impl Carrier {
    /// The trunk at that place of the configuration.
    pub(super) fn new(at: usize, dice: &mut StdRng) -> Self {
        let mut spans = || -> Vec<Range<u64>> {
            let count = dice.random_range(0..2);
            let span = |_| {
                let begins = dice.random_range(OUTAGE_BEGINS_MS);
                begins..begins + dice.random_range(OUTAGE_LASTS_MS)
            };
            (0..count).map(span).collect()
        };
        let (silent, closed) = (spans(), spans());
        let mut one_in = |n: u32| dice.random_range(0..n) == 0;
        Self {
            at,
            registers: one_in(3),
            proves: one_in(3),
            watched: !one_in(4),
            silent,
            closed,
            nonces: BTreeSet::new(),
            calls: BTreeMap::new(),
            said: BTreeMap::new(),
            cseq: 100,
        }
    }

    pub(super) fn port(&self) -> u16 {
        TRUNK_PORT + u16::try_from(self.at).unwrap()
    }

    /// The one realm that its proofs are for.
    pub(super) fn realm(&self) -> String {
        format!("carrier{}.example", self.at)
    }

    pub(super) fn password(&self) -> String {
        format!("the word of trunk {}", self.at)
    }

    /// Whether calls go that way only while it has registered us, and while it answers OPTIONS.
    pub(super) fn wants(&self) -> (bool, bool) {
        (self.registers, self.watched)
    }

    fn user(&self) -> String {
        format!("gw{}", self.at)
    }

    /// The trunk as the house knows it.
    pub(super) fn configured(&self) -> Trunk {
        let credentials =
            Credentials { realm: self.realm(), user: self.user(), password: self.password() };
        let registration = Registration {
            user: self.user(),
            credentials: credentials.clone(),
            expires: Duration::from_secs(600),
        };
        let config = TrunkConfig {
            id: TrunkId(u16::try_from(self.at).unwrap()),
            flow: flow(self.port()),
            domain: self.realm(),
            registration: self.registers.then_some(registration),
            options_interval: self.watched.then_some(OPTIONS_EVERY),
        };
        let credentials = (self.registers || self.proves).then_some(credentials);
        Trunk { config, credentials, asserts: false }
    }

    /// The service has died: nobody knows of the calls any more.
    pub(super) fn forget(&mut self) {
        self.calls.clear();
        self.said.clear();
    }

    /// Calls that it still has although the service is at rest.
    pub(super) fn left(&self) -> Vec<&str> {
        let stays = |call: &Call| matches!(call.state, State::Rings | State::Talks);
        let left = self.calls.iter().filter(|(_, call)| stays(call) && !call.excused);
        left.map(|(call_id, _)| call_id.as_str()).collect()
    }

    fn is_silent(&self, now: Duration) -> bool {
        within(&self.silent, now)
    }

    /// A request of the service: what is done about it, and when.
    pub(super) fn hear(&mut self, request: &Request, now: Duration, dice: &mut StdRng) -> Acts {
        let call_id = request.headers.call_id().unwrap_or_default().to_owned();
        if self.is_silent(now) {
            if let Some(call) = self.calls.get_mut(&call_id) {
                call.excused = true;
            }
            return Vec::new();
        }
        let method = request.method.as_str();
        if method == "ACK" {
            return self.confirmed(call_id, dice);
        }
        if let Some(last) = self.said.get(&transaction(request)) {
            return says(last.clone());
        }
        let closed = within(&self.closed, now);
        match method {
            "OPTIONS" => {
                let status = match dice.random_range(0..100) {
                    2..10 if !closed => 405,
                    10.. if !closed => 200,
                    _ => 503,
                };
                self.say(request, status, "", "")
            }
            "REGISTER" if closed => self.say(request, 503, "", ""),
            "REGISTER" => self.registered(request, dice),
            "INVITE" if request.headers.to().is_ok_and(|to| to.tag().is_some()) => {
                let talks = self.calls.get(&call_id).is_some_and(|call| call.state == State::Talks);
                let (contact, sdp) = (self.contact(), self.sdp());
                match talks {
                    true => self.say(request, 200, &contact, &sdp),
                    false => self.say(request, 481, "", ""),
                }
            }
            "INVITE" if closed => self.refuse(request, &call_id, 503),
            "INVITE" => self.invited(request, call_id, dice),
            "CANCEL" => self.cancelled(request, &call_id),
            _ => {
                if let ("BYE", Some(call)) = (method, self.calls.get_mut(&call_id)) {
                    call.state = State::Over;
                }
                self.say(request, 200, "", "")
            }
        }
    }

    /// Somebody lifts; his 200 is sent again until it is confirmed.
    pub(super) fn lift(&mut self, call_id: String, again: u32, now: Duration) -> Acts {
        let silent = self.is_silent(now);
        let (contact, sdp) = (self.contact(), self.sdp());
        let Some(call) = self.calls.get_mut(&call_id) else { return Vec::new() };
        match (call.state, again) {
            (State::Rings, 0) => call.state = State::Talks,
            (State::Talks, 1..) if !call.confirmed => {}
            _ => return Vec::new(),
        }
        if again > LIFTED_AGAIN_MAX {
            call.state = State::Over;
            return Vec::new();
        }
        let ok = answer(&call.invite, self.at, 200, &contact, &sdp);
        let key = transaction(&call.invite);
        call.excused |= silent;
        self.said.insert(key, ok.clone());
        let mut acts = vec![(resend_after(again), Act::Lifts(call_id, again + 1))];
        if !silent {
            acts.push((Duration::ZERO, Act::Says(ok)));
        }
        acts
    }

    /// He puts down: BYE, twice, since one may be lost.
    pub(super) fn put_down(&mut self, call_id: String, now: Duration) -> Acts {
        if self.is_silent(now) {
            return vec![(AGAIN, Act::PutsDown(call_id))];
        }
        self.cseq += 1;
        let (port, cseq, at) = (self.port(), self.cseq, self.at);
        let Some(call) = self.calls.get_mut(&call_id).filter(|call| call.state == State::Talks)
        else {
            return Vec::new();
        };
        call.state = State::Over;
        let field = |name: &str| call.invite.headers.get(name).unwrap_or_default().to_owned();
        let contact = field("Contact");
        let contact = contact.trim_start_matches('<').split('>').next().unwrap_or("").to_owned();
        let bye = format!(
            "BYE {contact} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKt{port}x{cseq}\r\n\
             Max-Forwards: 70\r\nFrom: {};tag={}\r\nTo: {}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} BYE\r\nContent-Length: 0\r\n\r\n",
            field("To"),
            tag(at),
            field("From"),
        )
        .into_bytes();
        vec![(SOON, Act::Says(bye.clone())), (resend_after(0), Act::Says(bye))]
    }

    /// Answers a request, and again whenever it comes again.
    fn say(&mut self, request: &Request, status: u16, more: &str, body: &str) -> Acts {
        let text = answer(request, self.at, status, more, body);
        self.said.insert(transaction(request), text.clone());
        says(text)
    }

    /// A challenge; `stale`: the last proof was right and too old.
    fn challenge(&mut self, request: &Request, status: u16, realm: &str, stale: bool) -> Acts {
        let nonce = format!("n{}x{}", self.at, self.nonces.len());
        let name = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
        let stale = if stale { ", stale=true" } else { "" };
        let field = format!(
            "{name}: Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=SHA-256, \
             qop=\"auth\"{stale}\r\n"
        );
        self.nonces.insert(nonce);
        self.say(request, status, &field, "")
    }

    /// Whether the request proves the password of this trunk; a proof that does not is a fault of ours.
    fn is_proved(&self, request: &Request, field: &str) -> bool {
        let Some(proof) = request.headers.get(field) else { return false };
        let [realm, nonce, cnonce, count, uri] =
            ["realm", "nonce", "cnonce", "nc", "uri"].map(|name| parameter(proof, name));
        assert_eq!(realm, self.realm(), "S20: a proof for another realm");
        assert!(self.nonces.contains(&nonce), "S20: a proof for nothing that was asked: {proof}");
        assert_eq!(uri, request.uri.to_string(), "S20: a proof for another request");
        let secret = sha(&format!("{}:{realm}:{}", self.user(), self.password()));
        let asked = sha(&format!("{}:{uri}", request.method.as_str()));
        let right = sha(&format!("{secret}:{nonce}:{count}:{cnonce}:auth:{asked}"));
        assert_eq!(parameter(proof, "response"), right, "S20: a proof that proves nothing");
        true
    }

    fn registered(&mut self, request: &Request, dice: &mut StdRng) -> Acts {
        let (chance, realm) = (dice.random_range(0..100), self.realm());
        if !self.is_proved(request, "Authorization") {
            return match chance {
                0..4 => self.challenge(request, 401, FOREIGN_REALM, false),
                4..8 => self.say(request, 403, "", ""),
                _ => self.challenge(request, 401, &realm, false),
            };
        }
        let seconds = match request.headers.number("Expires") {
            Ok(Some(0)) => 0,
            _ => [40, 120, 600][dice.random_range(0..3_usize)],
        };
        match chance {
            0..6 => self.say(request, 403, "", ""),
            6..12 => self.say(request, 500, "", ""),
            12..16 => self.challenge(request, 401, &realm, true),
            16..20 => self.say(request, 423, "Min-Expires: 900\r\n", ""),
            // Taken, and its answer is lost each time.
            20..26 => {
                self.said.insert(transaction(request), Vec::new());
                Vec::new()
            }
            _ => {
                let contact = request.headers.get("Contact").unwrap_or_default();
                let granted = format!("Contact: {contact};expires={seconds}\r\n");
                self.say(request, 200, &granted, "")
            }
        }
    }

    /// Somebody is called.
    fn invited(&mut self, request: &Request, call_id: String, dice: &mut StdRng) -> Acts {
        let (chance, realm) = (dice.random_range(0..100), self.realm());
        if self.proves && !self.is_proved(request, "Proxy-Authorization") {
            return match chance {
                0..5 => self.challenge(request, 407, FOREIGN_REALM, false),
                5..9 => self.pretended(request),
                _ => self.challenge(request, 407, &realm, false),
            };
        }
        match chance {
            0..3 if self.proves => self.challenge(request, 407, &realm, true),
            0..14 => self.refuse(request, &call_id, 503),
            14..18 => self.refuse(request, &call_id, 500),
            18..26 => self.refuse(request, &call_id, 404),
            26..32 => self.refuse(request, &call_id, 486),
            32..40 => {
                self.take(request, &call_id, State::Unheard);
                self.said.insert(transaction(request), Vec::new());
                Vec::new()
            }
            _ => {
                self.take(request, &call_id, State::Rings);
                let (contact, sdp) = (self.contact(), self.sdp());
                let mut acts = match chance % 3 {
                    0 => self.say(request, 183, &contact, &sdp), // with early media
                    _ => self.say(request, 180, &contact, ""),
                };
                if chance >= 48 {
                    let after = Duration::from_millis(dice.random_range(20..14_000));
                    acts.push((after, Act::Lifts(call_id, 0)));
                }
                acts
            }
        }
    }

    /// A stranger asks for the proof in its place; it says nothing itself.
    fn pretended(&mut self, request: &Request) -> Acts {
        let realm = self.realm();
        let acts = self.challenge(request, 407, &realm, false);
        self.said.insert(transaction(request), Vec::new());
        let pretends = |(after, act)| match act {
            Act::Says(bytes) => (after, Act::Pretends(bytes)),
            other => (after, other),
        };
        acts.into_iter().map(pretends).collect()
    }

    fn refuse(&mut self, request: &Request, call_id: &str, status: u16) -> Acts {
        self.take(request, call_id, State::Over);
        self.say(request, status, "", "")
    }

    fn take(&mut self, request: &Request, call_id: &str, state: State) {
        let call = Call { invite: request.clone(), state, confirmed: false, excused: false };
        self.calls.insert(call_id.to_owned(), call);
    }

    fn confirmed(&mut self, call_id: String, dice: &mut StdRng) -> Acts {
        let talks = |call: &&mut Call| call.state == State::Talks && !call.confirmed;
        let Some(call) = self.calls.get_mut(&call_id).filter(talks) else { return Vec::new() };
        call.confirmed = true;
        let talks = Duration::from_millis(dice.random_range(500..90_000));
        vec![(talks, Act::PutsDown(call_id))]
    }

    fn cancelled(&mut self, request: &Request, call_id: &str) -> Acts {
        let mut acts = self.say(request, 200, "", "");
        let rings = |call: &&mut Call| call.state == State::Rings;
        if let Some(call) = self.calls.get_mut(call_id).filter(rings) {
            call.state = State::Over;
            let invite = call.invite.clone();
            acts.extend(self.say(&invite, 487, "", ""));
        }
        acts
    }

    fn contact(&self) -> String {
        format!("Contact: <sip:t@127.0.0.1:{}>\r\n", self.port())
    }

    fn sdp(&self) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
            41_000 + self.at * 2
        )
    }
}

fn within(spans: &[Range<u64>], now: Duration) -> bool {
    let now = u64::try_from(now.as_millis()).unwrap();
    spans.iter().any(|span| span.contains(&now))
}

fn says(text: Vec<u8>) -> Acts {
    if text.is_empty() { Vec::new() } else { vec![(SOON, Act::Says(text))] }
}

/// What tells a request that comes again from another (RFC 3261 §17.2.3).
fn transaction(request: &Request) -> String {
    let via = request.headers.top_via().unwrap();
    format!("{} {}", via.branch().unwrap_or_default(), request.method.as_str())
}

/// Its tag in every dialog.
fn tag(at: usize) -> String {
    format!("t{at}")
}

fn answer(request: &Request, at: usize, status: u16, more: &str, body: &str) -> Vec<u8> {
    let mut text = format!("SIP/2.0 {status} X\r\n");
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        for value in request.headers.values(name) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let to = request.headers.get("To").unwrap_or_default();
    let own = if to.contains("tag=") { String::new() } else { format!(";tag={}", tag(at)) };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    text.push_str(&format!(
        "To: {to}{own}\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    text.into_bytes()
}

/// 407 of somebody who is no trunk and asks for the proof of one.
pub(super) fn tease(request: &Request, realm: &str) -> Vec<u8> {
    let field = format!(
        "Proxy-Authenticate: Digest realm=\"{realm}\", nonce=\"n\", algorithm=SHA-256, \
         qop=\"auth\"\r\n"
    );
    answer(request, usize::from(u8::MAX), 407, &field, "")
}

/// A parameter of a proof, without its quotes.
pub(super) fn parameter(proof: &str, name: &str) -> String {
    let found = proof.trim_start_matches("Digest ").split(',').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        (key == name).then(|| value.trim_matches('"').to_owned())
    });
    found.unwrap_or_default()
}

fn sha(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
