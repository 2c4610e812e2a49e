//! SRTP: who is given a key, and that none is taken twice. One call at a time, without chance.

use super::desk::{SEATS, seat, switch};
use jiff::Timestamp;
use mayorline::gateway::clock::Now;
use mayorline::gateway::media::MediaCommand;
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{Output, Switch};
use mayorline::proto::{Binding, Flow, Transport};
use mayorline::units::LegId;
use mayorline::wire::sip::{Framing, Message, Request, Response};
use mayorline::wire::srtp::Keys;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CRYPTO: &str = "a=crypto:3 AES_CM_128_HMAC_SHA1_80 \
                      inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
const CITIZEN: u16 = 6_000;
const PHONE: u16 = 7_000;

/// A switch, what it sent, and what its media was told to protect with.
struct House {
    switch: Switch,
    base: Instant,
    passed: Duration,
    sent: Vec<(Flow, Message)>,
    keys: Vec<(LegId, Option<Keys>)>,
}

impl House {
    #[allow(clippy::disallowed_methods)] // Only differences from it matter.
    fn new() -> Self {
        let prompts = Arc::new(Library::load(None).unwrap());
        let (base, passed) = (Instant::now(), Duration::ZERO);
        let mut rng = StdRng::seed_from_u64(7);
        let switch = switch(&mut rng, prompts, clock(base, passed));
        let mut house = Self { switch, base, passed, sent: Vec::new(), keys: Vec::new() };
        for index in 0..SEATS {
            let binding = Binding {
                contact: format!("sip:{}@127.0.0.1:{PHONE};transport=tls", seat(index)),
                flow: flow(Transport::Tls, PHONE),
                call_id: format!("t{index}"),
                cseq: 1,
                expires_at: base + Duration::from_secs(3_600),
                user_agent: None,
            };
            house.switch.restore_bindings(house.now(), seat(index), vec![binding]);
        }
        house.carry_out();
        house
    }

    fn now(&self) -> Now {
        clock(self.base, self.passed)
    }

    fn hear(&mut self, flow: Flow, text: &str) {
        self.switch.receive(self.now(), flow, text.as_bytes());
        self.carry_out();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.passed + time;
        while let Some(at) = self.switch.poll_timeout().map(|at| at.duration_since(self.base)) {
            if at > end {
                break;
            }
            self.passed = self.passed.max(at);
            self.switch.handle_timeout(self.now());
            self.carry_out();
        }
        self.passed = end;
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.switch.poll_output() {
            match output {
                Output::Transmit(transmit) => {
                    let message = Message::parse(&transmit.bytes, Framing::Datagram).unwrap();
                    self.sent.push((transmit.flow, message));
                }
                Output::OpenMedia(leg, ip, _) => {
                    let address = SocketAddr::new(ip, 20_000);
                    self.switch.media_opened(self.now(), leg, Some(address));
                }
                Output::Media(leg, MediaCommand::Start(setup)) => {
                    self.keys.push((leg, setup.agreed.keys));
                }
                Output::Media(leg, MediaCommand::Change(agreed)) => {
                    self.keys.push((leg, agreed.keys));
                }
                _ => {}
            }
        }
    }

    /// The last answer to an INVITE.
    fn answer(&self) -> &Response {
        let answers = self.sent.iter().rev().filter_map(|(_, message)| match message {
            Message::Response(response) => Some(response),
            Message::Request(_) => None,
        });
        let mut final_ones = answers.filter(|response| response.status >= 200);
        final_ones.next().expect("it is answered")
    }

    /// The INVITEs to the phone, retransmissions left out.
    fn invites(&self) -> Vec<&Request> {
        let mut found: Vec<&Request> = Vec::new();
        for (_, message) in self.sent.iter().filter(|(flow, _)| flow.transport == Transport::Tls) {
            let Message::Request(request) = message else { continue };
            let known =
                |other: &&&Request| other.headers.get("Call-ID") == request.headers.get("Call-ID");
            if request.method.as_str() == "INVITE" && found.iter().find(known).is_none() {
                found.push(request);
            }
        }
        found
    }

    fn last_keys(&self) -> Option<Keys> {
        self.keys.last().and_then(|(_, keys)| *keys)
    }
}

fn clock(base: Instant, passed: Duration) -> Now {
    let wall = Timestamp::from_second(1_795_312_800).unwrap() + passed;
    Now { monotonic: base + passed, wall }
}

fn flow(transport: Transport, port: u16) -> Flow {
    Flow {
        transport,
        local: SocketAddr::from(([127, 0, 0, 1], 5060)),
        remote: SocketAddr::from(([127, 0, 0, 1], port)),
        connection: if transport == Transport::Udp { 0 } else { 1 },
    }
}

fn sdp(profile: &str, crypto: &str, version: u32) -> String {
    format!(
        "v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio 30000 {profile} 8\r\n{crypto}a=sendrecv\r\n"
    )
}

/// The citizen's request in call `id`; an INVITE with a To tag is one within the call.
fn request(method: &str, id: &str, cseq: u32, tag: &str, body: &str) -> String {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:12345@127.0.0.1:5060 SIP/2.0\r\n\
         Via: SIP/2.0/TLS 127.0.0.1:{CITIZEN};branch=z9hG4bK{id}{cseq}{method}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:19900000001@127.0.0.1>;tag=c\r\n\
         To: <sip:12345@127.0.0.1>{tag}\r\nCall-ID: {id}\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:19900000001@127.0.0.1:{CITIZEN}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Dials, or offers anew within the call; acknowledges; gives our description.
fn offer(house: &mut House, flow: Flow, id: &str, cseq: u32, tag: &str, body: &str) -> String {
    house.hear(flow, &request("INVITE", id, cseq, tag, body));
    house.pass(Duration::from_secs(2));
    let answer = house.answer();
    assert_eq!(answer.status, 200, "call {id}, CSeq {cseq}");
    let described = String::from_utf8(answer.body.clone()).unwrap();
    let tag = format!(";tag={}", answer.headers.to().unwrap().tag().unwrap());
    let late = if body.is_empty() { sdp("RTP/SAVP", CRYPTO, cseq) } else { String::new() };
    house.hear(flow, &request("ACK", id, cseq, &tag, &late));
    described
}

fn tag_of(house: &House) -> String {
    format!(";tag={}", house.answer().headers.to().unwrap().tag().unwrap())
}

#[test]
fn over_tls_srtp_is_answered_in_kind_and_after_plain_audio_with_another_key() {
    let mut house = House::new();
    let tls = flow(Transport::Tls, CITIZEN);
    let secure = |version| sdp("RTP/SAVP", CRYPTO, version);
    let first = offer(&mut house, tls, "a", 1, "", &secure(1));
    assert!(first.contains("RTP/SAVP 8") && first.contains("a=crypto:3 "), "{first}");
    let begun = house.last_keys().expect("the media protects");
    let tag = tag_of(&house);

    offer(&mut house, tls, "a", 2, &tag, &secure(2).replace("sendrecv", "sendonly"));
    let held = house.last_keys().expect("also on hold");
    assert_eq!(held.ours, begun.ours, "the counters go on, so the key must");

    let plain = offer(&mut house, tls, "a", 3, &tag, &sdp("RTP/AVP", "", 3));
    assert!(plain.contains("RTP/AVP 8") && !plain.contains("crypto"), "{plain}");
    assert_eq!(house.last_keys(), None);

    let again = offer(&mut house, tls, "a", 4, &tag, &secure(4));
    assert!(again.contains("RTP/SAVP 8"), "{again}");
    let anew = house.last_keys().expect("the media protects again");
    assert_ne!(anew.ours, begun.ours, "the counters begin anew, so the key must be another");

    let asked = offer(&mut house, tls, "a", 5, &tag, "");
    assert_eq!(asked, again, "what was agreed is offered to who asks for an offer");
    house.pass(Duration::from_secs(1));
    assert_eq!(house.last_keys().map(|keys| keys.ours), Some(anew.ours));
    let byes = house
        .sent
        .iter()
        .filter(|(_, m)| matches!(m, Message::Request(r) if r.method.as_str() == "BYE"));
    assert_eq!(byes.count(), 0, "and the call goes on");
}

#[test]
fn a_plain_call_over_tls_stays_plain_also_when_an_offer_is_asked_for() {
    let mut house = House::new();
    let tls = flow(Transport::Tls, CITIZEN);
    let first = offer(&mut house, tls, "b", 1, "", &sdp("RTP/AVP", "", 1));
    assert!(!first.contains("crypto"), "{first}");
    let tag = tag_of(&house);
    house.hear(tls, &request("INVITE", "b", 2, &tag, ""));
    assert_eq!(house.answer().body, first.as_bytes());
    house.hear(tls, &request("ACK", "b", 2, &tag, &sdp("RTP/AVP", "", 1)));
    let ended = |(_, m): &(Flow, Message)| matches!(m, Message::Request(request) if request.method.as_str() == "BYE");
    assert!(!house.sent.iter().any(ended), "the plain answer is a good one");
    assert_eq!(house.last_keys(), None);
}

#[test]
fn every_call_has_a_key_of_its_own() {
    let mut house = House::new();
    let tls = flow(Transport::Tls, CITIZEN);
    for id in ["c", "d"] {
        offer(&mut house, tls, id, 1, "", &sdp("RTP/SAVP", CRYPTO, 1));
    }
    let mut keys = house.keys.iter().filter_map(|(_, keys)| keys.map(|keys| keys.ours));
    assert_ne!(keys.next().expect("of the one"), keys.next().expect("of the other"));
}

#[test]
fn without_tls_no_key_is_ever_sent() {
    let mut house = House::new();
    let udp = flow(Transport::Udp, CITIZEN);
    house.hear(udp, &request("INVITE", "e", 1, "", &sdp("RTP/SAVP", CRYPTO, 1)));
    house.pass(Duration::from_secs(2));
    assert_eq!(house.answer().status, 488);
    let described = offer(&mut house, udp, "f", 1, "", &sdp("RTP/AVP", CRYPTO, 1));
    assert!(!described.contains("crypto"), "{described}");
    let tcp = flow(Transport::Tcp, CITIZEN);
    let described = offer(&mut house, tcp, "g", 1, "", &sdp("RTP/AVP", CRYPTO, 1));
    assert!(!described.contains("crypto"), "{described}");
}

#[test]
fn a_phone_on_tls_that_refuses_srtp_is_rung_again_at_once_without_it() {
    let mut house = House::new();
    let udp = flow(Transport::Udp, CITIZEN);
    offer(&mut house, udp, "h", 1, "", &sdp("RTP/AVP", "", 1));
    house.pass(Duration::from_millis(100));
    let invites = house.invites();
    let offered = String::from_utf8_lossy(&invites[0].body).into_owned();
    assert!(offered.contains("RTP/SAVP") && offered.contains("a=crypto:1 "), "{offered}");
    let refused = refusal(invites[0], 488);
    let rung = invites.len();
    house.hear(flow(Transport::Tls, PHONE), &refused);
    let invites = house.invites();
    assert_eq!(invites.len(), rung + 1, "once more, at once");
    let plain = String::from_utf8_lossy(&invites[rung].body).into_owned();
    assert!(plain.contains("RTP/AVP") && !plain.contains("crypto"), "{plain}");
    assert_eq!(invites[rung].uri, invites[0].uri, "the same phone");
    let refused = refusal(invites[rung], 488);
    house.hear(flow(Transport::Tls, PHONE), &refused);
    let same = |request: &&&Request| request.uri == house.invites()[0].uri;
    assert_eq!(house.invites().iter().filter(same).count(), 2, "but not for ever");
}

#[test]
fn a_phone_on_tls_that_answers_without_a_key_is_rung_again_with_plain_audio() {
    for answer in [sdp("RTP/SAVP", "", 1), sdp("RTP/AVP", "", 1)] {
        let mut house = House::new();
        offer(&mut house, flow(Transport::Udp, CITIZEN), "i", 1, "", &sdp("RTP/AVP", "", 1));
        house.pass(Duration::from_millis(100));
        let invites = house.invites();
        let (first, rung) = (invites[0].clone(), invites.len());
        house.hear(flow(Transport::Tls, PHONE), &acceptance(&first, &answer));
        house.pass(Duration::from_millis(100));
        let of_first = |method: &str| {
            let of = |(_, m): &&(Flow, Message)| {
                matches!(m, Message::Request(r) if r.method.as_str() == method
                    && r.headers.get("Call-ID") == first.headers.get("Call-ID"))
            };
            house.sent.iter().filter(of).count()
        };
        assert_eq!((of_first("ACK"), of_first("BYE")), (1, 1), "the first is ended in order");
        let invites = house.invites();
        assert_eq!(invites.len(), rung + 1, "once more, at once");
        let plain = String::from_utf8_lossy(&invites[rung].body).into_owned();
        assert!(plain.contains("RTP/AVP") && !plain.contains("crypto"), "{plain}");
        let second = invites[rung].clone();
        house.hear(flow(Transport::Tls, PHONE), &acceptance(&second, &sdp("RTP/AVP", "", 1)));
        house.pass(Duration::from_millis(100));
        assert_eq!(house.last_keys(), None);
        let ended = |(_, m): &&(Flow, Message)| {
            matches!(m, Message::Request(r) if r.method.as_str() == "BYE"
                && r.headers.get("Call-ID") == second.headers.get("Call-ID"))
        };
        assert_eq!(house.sent.iter().filter(ended).count(), 0, "and it talks");
    }
}

/// The phone lifts.
fn acceptance(invite: &Request, body: &str) -> String {
    let refused = refusal(invite, 200);
    let (head, _) = refused.split_once("Content-Length").unwrap();
    format!(
        "{head}Contact: <sip:p@127.0.0.1:{PHONE};transport=tls>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The phone's answer to an INVITE.
fn refusal(invite: &Request, status: u16) -> String {
    let mut text = format!("SIP/2.0 {status} X\r\n");
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        text.push_str(&format!("{name}: {}\r\n", invite.headers.get(name).unwrap()));
    }
    text + &format!("To: {};tag=p\r\nContent-Length: 0\r\n\r\n", invite.headers.get("To").unwrap())
}
