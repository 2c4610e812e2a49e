//! Attended transfer from a seat's telephone (RFC 5589 §7) on the virtual clock: its second call
//! consults, REFER with Replaces hands over, BYE gives the citizen back.

use super::desk::{SEAT_PORTS, SEATS, TRUNK_PORT, began, switch};
use mayorline::gateway::clock::Now;
use mayorline::gateway::media::MediaCommand;
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{Output, Switch};
use mayorline::media::room::Hearing;
use mayorline::proto::{Flow, Transport};
use mayorline::units::LegId;
use mayorline::wire::sip::{Framing, Headers, Message, Request, Response};
use rand::SeedableRng;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CITIZEN: u16 = 6_000;
const NUMBER: &str = "13900000033";

/// The line with a citizen who talks to a seat.
struct Line {
    switch: Switch,
    base: Instant,
    passed: Duration,
    sent: Vec<(u16, Message)>,
    /// Legs in the order in which their media began.
    began: Vec<LegId>,
    hears: HashMap<LegId, Hearing>,
    /// The seat's telephone, and the service's INVITE to it.
    port: u16,
    invite: Option<Request>,
}

fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8\r\na=sendrecv\r\n"
    )
}

fn sha(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tag(value: &str) -> String {
    value.split("tag=").nth(1).unwrap().split(';').next().unwrap().to_owned()
}

fn field(headers: &Headers, name: &str) -> String {
    headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_owned()
}

impl Line {
    #[allow(clippy::disallowed_methods)] // Only differences from it matter.
    fn new() -> Self {
        let prompts = Arc::new(Library::load(None).unwrap());
        let base = Instant::now();
        let mut rng = StdRng::seed_from_u64(11);
        let now = Now { monotonic: base, wall: began() };
        let mut line = Self {
            switch: switch(&mut rng, prompts, now),
            base,
            passed: Duration::ZERO,
            sent: Vec::new(),
            began: Vec::new(),
            hears: HashMap::new(),
            port: 0,
            invite: None,
        };
        line.carry_out();
        line
    }

    fn now(&self) -> Now {
        Now { monotonic: self.base + self.passed, wall: began() + self.passed }
    }

    fn hear(&mut self, port: u16, text: &str) {
        let flow = Flow {
            transport: Transport::Udp,
            local: SocketAddr::from(([127, 0, 0, 1], 5060)),
            remote: SocketAddr::from(([127, 0, 0, 1], port)),
            connection: 0,
        };
        self.switch.receive(self.now(), flow, text.as_bytes());
        self.carry_out();
    }

    fn pass(&mut self, ms: u64) {
        let end = self.passed + Duration::from_millis(ms);
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
                    self.sent.push((transmit.flow.remote.port(), message));
                }
                Output::OpenMedia(leg, ip, _) => {
                    let address = SocketAddr::new(ip, 20_000);
                    self.switch.media_opened(self.now(), leg, Some(address));
                }
                Output::Media(leg, MediaCommand::Start(_)) => self.began.push(leg),
                Output::Media(leg, MediaCommand::Hear(hearing)) => {
                    self.hears.insert(leg, hearing);
                }
                _ => {}
            }
        }
    }

    /// Who is heard by the leg whose media began as the `n`th, by the same count.
    fn heard_by(&self, n: usize) -> Vec<usize> {
        let heard = self.hears.get(&self.began[n]);
        let legs = heard.map(|hearing| hearing.legs().collect::<Vec<_>>()).unwrap_or_default();
        let mut found: Vec<usize> = legs
            .iter()
            .filter_map(|leg| self.began.iter().position(|known| known == leg))
            .collect();
        found.sort_unstable();
        found
    }

    fn requests(&self, port: u16, method: &str) -> Vec<Request> {
        let of = |(to, message): &(u16, Message)| match message {
            Message::Request(request) if *to == port && request.method.as_str() == method => {
                Some(request.clone())
            }
            _ => None,
        };
        self.sent.iter().filter_map(of).collect()
    }

    fn answer_in(&self, call_id: &str, method: &str) -> Option<Response> {
        let of = |(_, message): &(u16, Message)| match message {
            Message::Response(response)
                if response.headers.call_id() == Ok(call_id)
                    && response.headers.cseq().unwrap().method.as_str() == method =>
            {
                Some(response.clone())
            }
            _ => None,
        };
        self.sent.iter().rev().find_map(of)
    }

    fn reply(&mut self, port: u16, to: &Request, status: u16, body: &str) {
        let mut text = format!("SIP/2.0 {status} X\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            text += &format!("{name}: {}\r\n", field(&to.headers, name));
        }
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        text += &format!(
            "To: {};tag=p{port}\r\nContact: <sip:p@127.0.0.1:{port}>\r\n{kind}\
             Content-Length: {}\r\n\r\n{body}",
            field(&to.headers, "To"),
            body.len()
        );
        self.hear(port, &text);
    }

    /// A citizen calls, and the first telephone that rings is lifted.
    fn talk() -> Self {
        let mut line = Self::new();
        let request = |method: &str, tag: &str, body: &str| {
            let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
            format!(
                "{method} sip:12345@127.0.0.1:5060 SIP/2.0\r\n\
                 Via: SIP/2.0/UDP 127.0.0.1:{CITIZEN};branch=z9hG4bKc{method}\r\nMax-Forwards: 70\r\n\
                 From: <sip:19900000001@127.0.0.1>;tag=c\r\nTo: <sip:12345@127.0.0.1>{tag}\r\n\
                 Call-ID: citizen\r\nCSeq: 1 {method}\r\n\
                 Contact: <sip:19900000001@127.0.0.1:{CITIZEN}>\r\n{kind}\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        line.hear(CITIZEN, &request("INVITE", "", &sdp(30_000)));
        line.pass(2_000);
        let answer = line.answer_in("citizen", "INVITE").unwrap();
        assert_eq!(answer.status, 200);
        let to = format!(";tag={}", tag(&field(&answer.headers, "To")));
        line.hear(CITIZEN, &request("ACK", &to, ""));
        line.pass(200);
        let ports = SEAT_PORTS..SEAT_PORTS + u16::try_from(SEATS).unwrap();
        let rung = ports.clone().find(|port| !line.requests(*port, "INVITE").is_empty());
        line.port = rung.expect("a seat rings");
        let invite = line.requests(line.port, "INVITE").remove(0);
        line.reply(line.port, &invite, 200, &sdp(30_100));
        line.pass(200);
        line.invite = Some(invite);
        assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]), "they talk");
        line
    }

    fn second(&self, method: &str, cseq: u32, to: &str, more: &str, body: &str) -> String {
        let (port, seat) = (self.port, 800 + self.port - SEAT_PORTS + 1);
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:{NUMBER}@127.0.0.1:5060 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKs{method}{cseq}\r\nMax-Forwards: 70\r\n\
             From: <sip:{seat}@127.0.0.1>;tag=second\r\nTo: <sip:{NUMBER}@127.0.0.1>{to}\r\n\
             Call-ID: second\r\nCSeq: {cseq} {method}\r\nContact: <sip:{seat}@127.0.0.1:{port}>\r\n\
             {more}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// The telephone calls somebody else; it is challenged and proves its seat.
    fn call_second(&mut self) -> Request {
        self.hear(self.port, &self.second("INVITE", 1, "", "", &sdp(30_200)));
        let challenge = self.answer_in("second", "INVITE").unwrap();
        assert_eq!(challenge.status, 401);
        let asked = field(&challenge.headers, "WWW-Authenticate");
        let nonce = asked.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        let seat = 800 + self.port - SEAT_PORTS + 1;
        let uri = format!("sip:{NUMBER}@127.0.0.1:5060");
        let (a1, a2) = (sha(&format!("{seat}:mayorline:x")), sha(&format!("INVITE:{uri}")));
        let proof = sha(&format!("{a1}:{nonce}:00000001:cn:auth:{a2}"));
        let field = format!(
            "Authorization: Digest username=\"{seat}\",realm=\"mayorline\",nonce=\"{nonce}\",\
             uri=\"{uri}\",response=\"{proof}\",algorithm=SHA-256,cnonce=\"cn\",nc=00000001,qop=auth\r\n"
        );
        self.hear(self.port, &self.second("ACK", 1, "", "", ""));
        self.hear(self.port, &self.second("INVITE", 2, "", &field, &sdp(30_200)));
        self.pass(50);
        self.requests(TRUNK_PORT, "INVITE").pop().expect("he is rung")
    }

    /// He answers, and so is the second call; our tag of it.
    fn consult(&mut self) -> String {
        let rung = self.call_second();
        assert_eq!(self.answer_in("second", "INVITE").unwrap().status, 180);
        self.reply(TRUNK_PORT, &rung, 200, &sdp(30_300));
        self.pass(100);
        let answer = self.answer_in("second", "INVITE").unwrap();
        assert_eq!(answer.status, 200);
        let ours = tag(&field(&answer.headers, "To"));
        self.hear(self.port, &self.second("ACK", 2, &format!(";tag={ours}"), "", ""));
        self.pass(50);
        assert_eq!(self.began.len(), 4, "citizen, seat, he, and the seat's second leg");
        assert_eq!(
            (self.heard_by(3), self.heard_by(2)),
            (vec![2], vec![3]),
            "the second leg talks"
        );
        assert!(self.heard_by(0).is_empty() && self.heard_by(1).is_empty(), "the first waits");
        ours
    }
}

#[test]
fn a_second_call_consults_and_refer_with_replaces_hands_the_citizen_over() {
    let mut line = Line::talk();
    let ours = line.consult();
    let first = line.invite.clone().unwrap();
    let port = line.port;
    let refer = format!(
        "REFER sip:x@127.0.0.1:5060 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKrefer\r\nMax-Forwards: 70\r\n\
         From: {};tag=p{port}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 7 REFER\r\n\
         Contact: <sip:p@127.0.0.1:{port}>\r\n\
         Refer-To: <sip:{NUMBER}@127.0.0.1?Replaces=second%3Bto-tag%3D{ours}%3Bfrom-tag%3Dsecond>\r\n\
         Content-Length: 0\r\n\r\n",
        field(&first.headers, "To"),
        field(&first.headers, "From"),
        field(&first.headers, "Call-ID"),
    );
    line.hear(port, &refer);
    line.pass(50);
    let call = field(&first.headers, "Call-ID");
    assert_eq!(line.answer_in(&call, "REFER").unwrap().status, 202);
    let told: Vec<String> = line
        .requests(port, "NOTIFY")
        .iter()
        .map(|notify| String::from_utf8_lossy(&notify.body).into_owned())
        .collect();
    assert_eq!(told.first().map(String::as_str), Some("SIP/2.0 100 Trying\r\n"));
    assert_eq!(told.last().map(String::as_str), Some("SIP/2.0 200 OK\r\n"), "{told:?}");
    let mut ended: Vec<String> =
        line.requests(port, "BYE").iter().map(|bye| field(&bye.headers, "Call-ID")).collect();
    ended.sort_unstable();
    ended.dedup();
    assert_eq!(ended.len(), 2, "both calls of the telephone are released: {ended:?}");
    assert_eq!((line.heard_by(0), line.heard_by(2)), (vec![2], vec![0]), "they talk on");
}

#[test]
fn the_end_of_the_second_call_gives_the_citizen_back() {
    let mut line = Line::talk();
    let ours = line.consult();
    line.hear(line.port, &line.second("BYE", 3, &format!(";tag={ours}"), "", ""));
    line.pass(50);
    assert!(!line.requests(TRUNK_PORT, "BYE").is_empty(), "who was consulted is let go");
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]), "as before");
    assert!(line.requests(line.port, "BYE").is_empty(), "and the first call stays");
}

#[test]
fn who_is_busy_or_not_to_be_dialled_ends_the_second_call_and_leaves_the_first() {
    let mut line = Line::talk();
    let rung = line.call_second();
    line.reply(TRUNK_PORT, &rung, 486, "");
    line.pass(50);
    assert_eq!(line.answer_in("second", "INVITE").unwrap().status, 486);
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]));
    assert!(line.requests(line.port, "BYE").is_empty());
}

#[test]
fn a_second_call_that_is_given_up_while_it_rings_calls_the_other_one_off() {
    let mut line = Line::talk();
    let rung = line.call_second();
    line.reply(TRUNK_PORT, &rung, 180, "");
    line.hear(line.port, &line.second("CANCEL", 2, "", "", "").replace("sCANCEL2", "sINVITE2"));
    line.pass(50);
    assert_eq!(line.answer_in("second", "INVITE").unwrap().status, 487);
    assert!(!line.requests(TRUNK_PORT, "CANCEL").is_empty(), "nobody rings any more");
    assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]));
}
