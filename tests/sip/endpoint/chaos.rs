//! Random valid messages in wrong order (T6), to calls that come in and to calls of ours: every dialog
//! ends, nothing is left. Invariants P1 to P13 of the endpoint are asserted inside it after every input.

use super::harness::{ANSWER, Ask, Line, WAIT_MS, udp};
use mayorline::proto::{
    Credentials, Event, Invitation, Registration, Transport, TrunkConfig, TrunkId,
};
use mayorline::units::{LegId, SeatNumber};
use mayorline::wire::sip::{Message, Method, Request};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

const MESSAGES: usize = 5_000;
const SEEDS: u64 = 12;
const METHODS: [&str; 13] = [
    "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "MESSAGE", "REFER",
    "NOTIFY", "REGISTER", "WHATEVER",
];

struct Chaos {
    line: Line,
    rng: StdRng,
    legs: Vec<LegId>,
    tags: Vec<(String, String)>,
    seen: usize,
    told: usize,
    accepted: usize,
    /// From then on transfers are brought to their end.
    late: std::time::Instant,
}

impl Chaos {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.next_u64() % bound as u64).unwrap()
    }

    fn random_ask(&mut self) -> Ask {
        let call = format!("call-{}", self.below(40));
        let method = METHODS[self.below(METHODS.len())];
        let cseq = 1 + u32::try_from(self.below(6)).unwrap();
        let mut ask = match self.below(3) {
            0 => Ask::invite(&call),
            _ => Ask::new(method, &call, cseq).field("Contact: <sip:peer@127.0.0.2:5070>"),
        };
        if !self.tags.is_empty() && self.below(3) > 0 {
            let at = self.below(self.tags.len());
            let (call, tag) = self.tags[at].clone();
            ask = Ask::within(method, &call, cseq, &tag);
            ask.from_tag = ["peer", "a", "b", "c"][self.below(4)].to_owned();
        }
        if method == "REFER" {
            ask = ask.field("Refer-To: <sip:802@127.0.0.1>");
        }
        if self.below(4) == 0 {
            ask = ask.field("Require: 100rel").field("RAck: 1 1 INVITE");
        }
        if self.below(3) == 0 && ask.body.is_empty() {
            ask = ask.sdp();
        }
        if self.below(3) == 0 {
            let branch = format!("b{}", self.below(30));
            ask = ask.branch(&branch);
        }
        if self.below(5) == 0 {
            ask = ask.field("Session-Expires: 95;refresher=uas").field("Supported: timer");
        }
        ask
    }

    fn command(&mut self) {
        let at = self.below(self.legs.len().max(1));
        let Some(&leg) = self.legs.get(at) else { return };
        let (now, sdp) = (self.line.now, ANSWER.as_bytes().to_vec());
        let endpoint = &mut self.line.endpoint;
        match self.rng.next_u64() % 12 {
            0 => endpoint.ring(now, leg),
            1 | 2 => endpoint.answer(now, leg, sdp),
            3 => endpoint.reject(now, leg, 486),
            4 => endpoint.hang_up(now, leg),
            5 => endpoint.accept_offer(now, leg, sdp),
            6 | 7 => endpoint.reoffer(now, leg, sdp),
            8 => endpoint.answer_refer(now, leg, true),
            9 => endpoint.answer_refer(now, leg, false),
            10 => endpoint.notify_refer(now, leg, [100, 200][usize::from(now > self.late)]),
            _ => endpoint.refuse_offer(now, leg),
        }
    }

    /// Calls somebody, in all kinds of ways.
    fn call(&mut self) {
        let mut invitation = self.line.invitation();
        if self.below(2) == 0 {
            invitation.seat = SeatNumber::parse("801").ok();
        }
        if self.below(2) == 0 {
            invitation.credentials = Some(credentials());
        }
        invitation.ring_max = Duration::from_millis(1 + self.below(20_000) as u64);
        invitation = Invitation { asserted: Some("12345".to_owned()), ..invitation };
        let leg = self.line.endpoint.reserve_leg();
        self.line.endpoint.invite(self.line.now, leg, invitation);
        self.legs.push(leg);
    }

    /// Answers one of our requests somehow, now and then as another branch of a fork.
    fn reply(&mut self, request: &Request) {
        const STATUSES: [u16; 20] = [
            100, 180, 183, 183, 199, 200, 200, 200, 202, 302, 401, 407, 408, 422, 481, 486, 487,
            491, 500, 503,
        ];
        let fields = [
            "Retry-After: 1",
            "Min-SE: 100",
            "Expires: 60",
            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", stale=true",
            "Allow: INVITE, UPDATE",
        ];
        let reliable = ["Require: 100rel", "RSeq: 1", "Session-Expires: 1;refresher=uac"];
        for _ in 0..=self.below(3) {
            let status = STATUSES[self.below(STATUSES.len())];
            let tag = ["a", "b", "c"][self.below(3)];
            let body = ["", ANSWER][self.below(2)];
            match self.below(3) {
                0 => self.line.reply(request, status, &fields),
                1 => self.line.reply_as(request, status, tag, &fields, body),
                _ => self.line.reply_as(request, status, tag, &reliable, body),
            }
            if request.method == Method::Invite && status > 100 {
                let from = request.headers.from().unwrap();
                let call = request.headers.call_id().unwrap().to_owned();
                self.tags.push((call, from.tag().unwrap().to_owned()));
            }
        }
    }

    /// Learns tags, legs and texts; answers some of our requests.
    fn look(&mut self) {
        self.line.drain();
        let sent: Vec<Message> =
            self.line.sent[self.seen..].iter().map(|(_, _, message)| message.clone()).collect();
        self.seen = self.line.sent.len();
        for message in sent {
            match message {
                Message::Response(response) => {
                    if let Some(tag) = response.headers.to().unwrap().tag() {
                        let call = response.headers.call_id().unwrap().to_owned();
                        self.tags.push((call, tag.to_owned()));
                    }
                }
                Message::Request(request) if request.method != Method::Ack => {
                    self.reply(&request);
                }
                Message::Request(_) => {}
            }
        }
        let excess = self.tags.len().saturating_sub(60);
        self.tags.drain(..excess);
        for at in self.told..self.line.events.len() {
            match &self.line.events[at] {
                Event::Incoming { leg, .. } => self.legs.push(*leg),
                Event::Ended { leg, .. } => {
                    let before = self.legs.len();
                    self.legs.retain(|known| known != leg);
                    assert_eq!(self.legs.len() + 1, before, "a leg ends once");
                }
                Event::Text { text, .. } => {
                    let text = *text;
                    self.line.endpoint.answer_text(self.line.now, text, 200);
                }
                Event::Accepted { .. } => self.accepted += 1,
                _ => {}
            }
        }
        self.told = self.line.events.len();
    }
}

fn credentials() -> Credentials {
    Credentials { realm: "r".to_owned(), user: "u".to_owned(), password: "p".to_owned() }
}

fn trunk(line: &Line) -> TrunkConfig {
    TrunkConfig {
        id: TrunkId(0),
        flow: line.flow,
        domain: "carrier.example".to_owned(),
        registration: Some(Registration {
            user: "12345".to_owned(),
            credentials: credentials(),
            expires: Duration::from_secs(60),
        }),
        options_interval: Some(Duration::from_secs(10)),
    }
}

/// Calls that came in, and calls of ours that were answered.
fn run(seed: u64) -> (usize, usize) {
    let line = Line::new();
    let late = line.now + Duration::from_secs(500);
    let mut chaos = Chaos {
        line,
        late,
        accepted: 0,
        rng: StdRng::seed_from_u64(seed),
        legs: Vec::new(),
        tags: Vec::new(),
        seen: 0,
        told: 0,
    };
    let trunks = vec![trunk(&chaos.line)];
    chaos.line.endpoint.set_trunks(chaos.line.now, trunks);
    for _ in 0..MESSAGES {
        chaos.line.flow = udp(["127.0.0.2:5070", "127.0.0.4:5070"][chaos.below(2)]);
        if chaos.below(4) == 0 {
            chaos.line.flow.transport = Transport::Tcp;
            chaos.line.flow.connection = 1 + chaos.below(3) as u64;
        }
        let ask = chaos.random_ask();
        chaos.line.ask(&ask);
        chaos.look();
        if chaos.below(2) == 0 {
            chaos.command();
            chaos.look();
        }
        if chaos.below(8) == 0 {
            chaos.call();
            chaos.look();
        }
        let ms = chaos.below(400) as u64;
        chaos.line.pass(ms);
        chaos.look();
    }
    chaos.line.endpoint.set_trunks(chaos.line.now, Vec::new());
    for leg in chaos.legs.clone() {
        chaos.line.endpoint.hang_up(chaos.line.now, leg);
    }
    chaos.look();
    assert!(chaos.legs.is_empty(), "seed {seed}: every leg was told to be over");
    // A 200 without ACK holds its dialog for 64*T1; the BYE that follows has as long again.
    chaos.line.pass(WAIT_MS + 5_000);
    let counts = chaos.line.endpoint.counts();
    assert_eq!((counts.legs, counts.dialogs, counts.texts), (0, 0, 0), "seed {seed}");
    chaos.line.assert_quiet();
    (chaos.line.incoming(), chaos.accepted)
}

#[test]
fn five_thousand_valid_messages_in_wrong_order_leave_nothing_for_any_seed() {
    for seed in 0..SEEDS {
        let (calls, accepted) = run(seed);
        assert!(calls > 50, "seed {seed} made only {calls} calls");
        assert!(accepted > 20, "seed {seed}: only {accepted} calls of ours were answered");
    }
}

#[test]
fn twenty_thousand_damaged_messages_neither_panic_nor_stay() {
    const DAMAGED: usize = 20_000;
    let mut rng = StdRng::seed_from_u64(99);
    let mut line = Line::new();
    let tag = line.talk(&Ask::invite("live"));
    for n in 0..DAMAGED {
        let method = METHODS[n % METHODS.len()];
        let ask = match n % 3 {
            0 => Ask::invite(&format!("d{n}")),
            1 => Ask::within(method, "live", 2, &tag).field("Session-Expires: 100"),
            _ => Ask::new(method, &format!("d{n}"), 1).sdp(),
        };
        let mut bytes = ask.bytes(Transport::Udp);
        for _ in 0..=rng.next_u64() % 4 {
            let at = usize::try_from(rng.next_u64() % bytes.len() as u64).unwrap();
            match rng.next_u64() % 4 {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = rng.next_u64().to_le_bytes()[0],
                2 => bytes.insert(at, b"\r\n;,\"<>:\0\xff%"[n % 11]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        line.flow = udp(&format!("127.0.{}.{}:5070", n / 200 % 250, 1 + n % 200));
        line.raw(&bytes);
        line.pass(20);
        for event in std::mem::take(&mut line.events) {
            if let Event::Incoming { leg, .. } = event {
                line.endpoint.hang_up(line.now, leg);
            }
        }
        line.sent.clear();
    }
    line.endpoint.drain();
    let live = line.endpoint.counts().legs;
    assert!(live <= 1, "only the first call may still stand, not {live}");
    line.pass(1_900_000);
    line.assert_quiet();
}
