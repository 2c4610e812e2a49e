//! A scripted peer in front of the endpoint. Time moves only when a test says so.

use mayorline::proto::{
    Counts, Endpoint, EndpointConfig, Event, Flow, Invitation, Reason, Transport,
};
use mayorline::units::LegId;
use mayorline::wire::sip::{Framing, Message, Method, Request, Response, Uri};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// 64*T1.
pub(super) const WAIT_MS: u64 = 32_000;
pub(super) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\n\
    c=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub(super) const ANSWER: &str = "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\n\
    c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";

/// The endpoint, its clock, and what came out of it.
pub(super) struct Line {
    pub(super) endpoint: Endpoint,
    start: Instant,
    pub(super) now: Instant,
    pub(super) flow: Flow,
    /// Milliseconds since the start, the flow, and the message.
    pub(super) sent: Vec<(u64, Flow, Message)>,
    pub(super) events: Vec<Event>,
    /// Statuses of refusals that copy fields nobody can read.
    pub(super) unreadable: Vec<u16>,
}

/// A request in the making.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) uri: String,
    pub(super) via: String,
    pub(super) branch: String,
    pub(super) call: String,
    pub(super) from_tag: String,
    pub(super) to_tag: Option<String>,
    /// Whom it is for, where that is not the hotline.
    pub(super) to_user: Option<String>,
    pub(super) cseq: u32,
    pub(super) fields: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Ask {
    pub(super) fn new(method: &'static str, call: &str, cseq: u32) -> Self {
        Self {
            method,
            uri: "sip:12345@127.0.0.1".to_owned(),
            via: "127.0.0.2:5070".to_owned(),
            branch: format!("z9hG4bK-{call}-{cseq}-{method}"),
            call: call.to_owned(),
            from_tag: "peer".to_owned(),
            to_tag: None,
            to_user: None,
            cseq,
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A good INVITE with an offer.
    pub(super) fn invite(call: &str) -> Self {
        Self::new("INVITE", call, 1)
            .field("Contact: <sip:peer@127.0.0.2:5070>")
            .field("Supported: timer")
            .field("Allow: INVITE, ACK, BYE, CANCEL, UPDATE")
            .sdp()
    }

    pub(super) fn within(method: &'static str, call: &str, cseq: u32, tag: &str) -> Self {
        let mut ask = Self::new(method, call, cseq).field("Contact: <sip:peer@127.0.0.2:5070>");
        ask.to_tag = Some(tag.to_owned());
        ask
    }

    pub(super) fn field(mut self, line: &str) -> Self {
        self.fields.push(line.to_owned());
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|line| !line.starts_with(name));
        self
    }

    pub(super) fn sdp(self) -> Self {
        let mut ask = self.field("Content-Type: application/sdp");
        ask.body = OFFER.as_bytes().to_vec();
        ask
    }

    pub(super) fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.fields.push(format!("Content-Type: {kind}"));
        self.body = body.into();
        self
    }

    pub(super) fn branch(mut self, branch: &str) -> Self {
        self.branch = format!("z9hG4bK-{branch}");
        self
    }

    pub(super) fn bytes(&self, transport: Transport) -> Vec<u8> {
        let to = self.to_tag.as_ref().map_or(String::new(), |tag| format!(";tag={tag}"));
        let over = match transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        };
        let user = self.to_user.as_deref().unwrap_or("12345");
        let Self { method, uri, via, branch, call, from_tag, cseq, .. } = self;
        let mut text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{over} {via};branch={branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:19900000017@127.0.0.2>;tag={from_tag}\r\n\
             To: <sip:{user}@127.0.0.1>{to}\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\n"
        );
        for field in &self.fields {
            text.push_str(field);
            text.push_str("\r\n");
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The only clock reading: a base that every instant of a test is counted from.
#[allow(clippy::disallowed_methods)]
fn epoch() -> Instant {
    Instant::now()
}

pub(super) fn udp(remote: &str) -> Flow {
    let local: SocketAddr = "127.0.0.1:5060".parse().unwrap();
    Flow { transport: Transport::Udp, local, remote: remote.parse().unwrap(), connection: 0 }
}

impl Line {
    pub(super) fn new() -> Self {
        Self::with(EndpointConfig::default())
    }

    pub(super) fn with(config: EndpointConfig) -> Self {
        let start = epoch();
        Self {
            endpoint: Endpoint::new(config, [7; 32]),
            start,
            now: start,
            flow: udp("127.0.0.2:5070"),
            sent: Vec::new(),
            events: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    pub(super) fn over_tcp(mut self, connection: u64) -> Self {
        self.flow = Flow { transport: Transport::Tcp, connection, ..self.flow };
        self
    }

    pub(super) fn ms(&self) -> u64 {
        u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    /// Takes everything out of the endpoint.
    pub(super) fn drain(&mut self) {
        let ms = self.ms();
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let framing = match transmit.flow.transport {
                Transport::Udp => Framing::Datagram,
                Transport::Tcp | Transport::Tls => Framing::Stream,
            };
            let Ok(message) = Message::parse(&transmit.bytes, framing) else {
                // Only a refusal may copy fields that nobody can read.
                let text = String::from_utf8_lossy(&transmit.bytes).into_owned();
                assert!(text.starts_with("SIP/2.0 4") || text.starts_with("SIP/2.0 5"), "{text}");
                self.unreadable.push(text[8..11].parse().unwrap());
                continue;
            };
            self.sent.push((ms, transmit.flow, message));
        }
        while let Some(event) = self.endpoint.poll_event() {
            self.events.push(event);
        }
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.endpoint.receive(self.now, self.flow, bytes);
        self.drain();
    }

    pub(super) fn ask(&mut self, ask: &Ask) {
        self.raw(&ask.bytes(self.flow.transport));
    }

    /// Says it and returns the statuses that came at once.
    pub(super) fn statuses(&mut self, ask: &Ask) -> Vec<u16> {
        let before = self.sent.len();
        self.ask(ask);
        self.responses_from(before).iter().map(|response| response.status).collect()
    }

    /// Says it and returns the one answer that came at once.
    pub(super) fn answer_to(&mut self, ask: &Ask) -> Response {
        let before = self.sent.len();
        self.ask(ask);
        let responses = self.responses_from(before);
        assert_eq!(responses.len(), 1, "one answer to {}: {responses:?}", ask.method);
        responses.into_iter().next().unwrap()
    }

    pub(super) fn responses_from(&self, index: usize) -> Vec<Response> {
        let responses = self.sent[index..].iter().filter_map(|(_, _, message)| match message {
            Message::Response(response) => Some(response.clone()),
            Message::Request(_) => None,
        });
        responses.collect()
    }

    /// When (ms) responses with this status went out, retransmissions included.
    pub(super) fn times_of(&self, status: u16) -> Vec<u64> {
        let fits =
            |message: &Message| matches!(message, Message::Response(r) if r.status == status);
        self.sent.iter().filter(|(_, _, m)| fits(m)).map(|(ms, _, _)| *ms).collect()
    }

    /// When (ms) requests with this method went out, and the last of them.
    pub(super) fn requests_of(&self, method: &Method) -> (Vec<u64>, Option<Request>) {
        let found = self.sent.iter().filter_map(|(ms, _, message)| match message {
            Message::Request(request) if request.method == *method => Some((*ms, request.clone())),
            _ => None,
        });
        let (times, requests): (Vec<u64>, Vec<Request>) = found.unzip();
        (times, requests.into_iter().last())
    }

    /// Lets time pass, firing every timer at its own instant.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        let mut rounds = 0;
        while let Some(at) = self.endpoint.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.endpoint.handle_timeout(self.now);
            self.drain();
            rounds += 1;
            assert!(rounds < 1_000_000, "a timer that never ends");
        }
        self.now = end;
    }

    /// The leg of the last call that came in.
    pub(super) fn leg(&self) -> LegId {
        let last = self.events.iter().rev().find_map(|event| match event {
            Event::Incoming { leg, .. } => Some(*leg),
            _ => None,
        });
        last.expect("a call came in")
    }

    pub(super) fn incoming(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Incoming { .. })).count()
    }

    pub(super) fn ended(&self) -> Vec<Reason> {
        let reasons = self.events.iter().filter_map(|event| match event {
            Event::Ended { reason, .. } => Some(*reason),
            _ => None,
        });
        reasons.collect()
    }

    /// The last response with a To tag.
    pub(super) fn tag(&self) -> String {
        let tag = self.responses_from(0).iter().rev().find_map(|response| {
            response.headers.to().ok().and_then(|to| to.tag().map(str::to_owned))
        });
        tag.expect("a To tag")
    }

    pub(super) fn ring(&mut self) {
        let leg = self.leg();
        self.endpoint.ring(self.now, leg);
        self.drain();
    }

    pub(super) fn accept(&mut self) {
        let leg = self.leg();
        self.endpoint.answer(self.now, leg, ANSWER.as_bytes().to_vec());
        self.drain();
    }

    pub(super) fn hang_up(&mut self) {
        let leg = self.leg();
        self.endpoint.hang_up(self.now, leg);
        self.drain();
    }

    /// INVITE, 180, 200, ACK; gives our tag.
    pub(super) fn talk(&mut self, invite: &Ask) -> String {
        self.ask(invite);
        self.ring();
        self.accept();
        let tag = self.tag();
        self.ask(&Ask::within("ACK", &invite.call, invite.cseq, &tag));
        tag
    }

    /// Answers one of our requests.
    pub(super) fn reply(&mut self, to: &Request, status: u16, fields: &[&str]) {
        let mut text = format!("SIP/2.0 {status} Scripted\r\n");
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in to.headers.values(name) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        for field in fields {
            text.push_str(&format!("{field}\r\n"));
        }
        text.push_str("Content-Length: 0\r\n\r\n");
        self.raw(text.as_bytes());
    }

    /// Answers one of our requests as the branch with this tag, with a Contact and this body.
    pub(super) fn reply_as(
        &mut self,
        to: &Request,
        status: u16,
        tag: &str,
        fields: &[&str],
        body: &str,
    ) {
        let mut text = format!("SIP/2.0 {status} Scripted\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            let value = to.headers.get(name).unwrap();
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let whom = to.headers.get("To").unwrap().split(";tag=").next().unwrap();
        text.push_str(&format!("To: {whom};tag={tag}\r\nContact: <sip:{tag}@127.0.0.2:5070>\r\n"));
        for field in fields {
            text.push_str(&format!("{field}\r\n"));
        }
        if !body.is_empty() {
            text.push_str("Content-Type: application/sdp\r\n");
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.raw(text.as_bytes());
    }

    /// Calls, and gives the INVITE that left.
    pub(super) fn call(&mut self, invitation: Invitation) -> (LegId, Request) {
        let leg = self.endpoint.reserve_leg();
        self.endpoint.invite(self.now, leg, invitation);
        self.drain();
        (leg, self.requests_of(&Method::Invite).1.unwrap())
    }

    /// Calls somebody who answers at once as `tag`, and gives the INVITE.
    pub(super) fn connect(&mut self, invitation: Invitation, tag: &str) -> (LegId, Request) {
        let (leg, invite) = self.call(invitation);
        self.reply_as(&invite, 200, tag, &[], ANSWER);
        (leg, invite)
    }

    /// A call of ours to the scripted peer.
    pub(super) fn invitation(&self) -> Invitation {
        let uri = Uri::parse("sip:19900000018@127.0.0.2:5070").unwrap();
        Invitation::new(self.flow, uri, "12345", OFFER.as_bytes().to_vec())
    }

    /// The last request with this method.
    pub(super) fn last(&self, method: &Method) -> Request {
        self.requests_of(method).1.unwrap_or_else(|| panic!("no {method} left"))
    }

    /// How many requests with this method left, repeats included.
    pub(super) fn count(&self, method: &Method) -> usize {
        self.requests_of(method).0.len()
    }

    /// A request of the peer within a call of ours.
    pub(super) fn of_peer(
        &self,
        method: &'static str,
        invite: &Request,
        tag: &str,
        cseq: u32,
    ) -> Ask {
        let call = invite.headers.call_id().unwrap();
        let ours = invite.headers.from().unwrap();
        let mut ask = Ask::within(method, call, cseq, ours.tag().unwrap());
        ask.from_tag = tag.to_owned();
        ask
    }

    /// Everything that left, as text.
    pub(super) fn wire(&self) -> String {
        let bytes = self.sent.iter().map(|(_, _, message)| message.to_bytes());
        bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    /// After 64*T1 and five seconds without a word nothing is left.
    pub(super) fn assert_quiet(&mut self) {
        self.pass(WAIT_MS + 5_000);
        assert_eq!(self.endpoint.counts(), Counts::default());
        assert_eq!(self.endpoint.poll_timeout(), None);
    }
}
