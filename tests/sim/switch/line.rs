//! One citizen at a time, a seat's telephone and its page on the virtual clock, without chance.

use super::desk::{SEAT_PORTS, SEATS, began, seat, switch_where};
use mayorline::domain::call::EndedBy;
use mayorline::domain::desk::{
    DeskCommand, DeskEvent, DeskMessage, DeskReply, DeskRequest, SeatState,
};
use mayorline::domain::desk_link::{Audience, FromDesk, ToDesk};
use mayorline::domain::room::NotStored;
use mayorline::gateway::clock::Now;
use mayorline::gateway::media::{MediaCommand, MediaReport};
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{BegunAttempt, Output, Switch, WrapUpAttempt};
use mayorline::media::room::Hearing;
use mayorline::proto::{Flow, Transport};
use mayorline::store::AttemptId;
use mayorline::units::{CallId, Digit, LegId, PhoneNumber, SeatNumber};
use mayorline::wire::sip::{Framing, Headers, Message, Request, Response};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CITIZEN: u16 = 6_000;

/// The line, and what came out of it.
pub(super) struct Line {
    switch: Switch,
    base: Instant,
    passed: Duration,
    sent: Vec<(u16, Message)>,
    /// Legs in the order in which their media began.
    pub(super) began: Vec<LegId>,
    hears: HashMap<LegId, Hearing>,
    /// Legs whose recordings hold silence for a secret, and those that are recorded.
    secret: BTreeSet<LegId>,
    recorded: BTreeSet<LegId>,
    /// The telephone of the seat that talks, and the service's INVITE to it.
    pub(super) port: u16,
    pub(super) invite: Option<Request>,
    /// Calls of telephones that were lifted.
    lifted: BTreeSet<String>,
    /// Whether there are sockets for a leg.
    pub(super) binds: bool,
    wishes: u64,
    replies: BTreeMap<u64, DeskReply>,
    states: BTreeMap<SeatNumber, SeatState>,
    /// Who ended the calls that have given their account.
    pub(super) ended_by: Vec<EndedBy>,
    /// Calls that a wrap-up was wanted for, and those that were over for a seat, in their order.
    pub(super) owed: Vec<CallId>,
    pub(super) left: Vec<CallId>,
    /// What the store was asked for last, and what it says of that at once.
    pub(super) asked: Option<WrapUpAttempt>,
    pub(super) stores: Option<Result<(), NotStored>>,
}

pub(super) fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8\r\na=sendrecv\r\n"
    )
}

pub(super) fn tag(value: &str) -> String {
    value.split("tag=").nth(1).unwrap().split(';').next().unwrap().to_owned()
}

pub(super) fn field(headers: &Headers, name: &str) -> String {
    headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// What the citizen of a call says; `to` is our tag.
fn said(name: &str, method: &str, cseq: u32, to: &str, body: &str) -> String {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:12345@127.0.0.1:5060 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.1:{CITIZEN};branch=z9hG4bK{name}{method}\r\nMax-Forwards: 70\r\n\
         From: <sip:19900000001@127.0.0.1>;tag=c\r\nTo: <sip:12345@127.0.0.1>{to}\r\n\
         Call-ID: {name}\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:19900000001@127.0.0.1:{CITIZEN}>\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Line {
    pub(super) fn new() -> Self {
        Self::house(true)
    }

    /// Where a disposition is required before the next call, or is not.
    #[allow(clippy::disallowed_methods)] // Only differences from it matter.
    pub(super) fn house(disposition_required: bool) -> Self {
        let prompts = Arc::new(Library::load(None).unwrap());
        let base = Instant::now();
        let mut rng = StdRng::seed_from_u64(11);
        let now = Now { monotonic: base, wall: began() };
        let mut line = Self {
            switch: switch_where(&mut rng, prompts, now, disposition_required),
            base,
            passed: Duration::ZERO,
            sent: Vec::new(),
            began: Vec::new(),
            hears: HashMap::new(),
            secret: BTreeSet::new(),
            recorded: BTreeSet::new(),
            port: 0,
            invite: None,
            lifted: BTreeSet::new(),
            binds: true,
            wishes: 0,
            replies: BTreeMap::new(),
            states: BTreeMap::new(),
            ended_by: Vec::new(),
            owed: Vec::new(),
            left: Vec::new(),
            asked: None,
            stores: None,
        };
        line.carry_out();
        line
    }

    /// A citizen calls, and the first telephone that rings is lifted.
    pub(super) fn talk() -> Self {
        let mut line = Self::new();
        line.dial("citizen");
        assert_eq!((line.heard_by(0), line.heard_by(1)), (vec![1], vec![0]), "they talk");
        line
    }

    fn now(&self) -> Now {
        Now { monotonic: self.base + self.passed, wall: began() + self.passed }
    }

    pub(super) fn hear(&mut self, port: u16, text: &str) {
        let flow = Flow {
            transport: Transport::Udp,
            local: SocketAddr::from(([127, 0, 0, 1], 5060)),
            remote: SocketAddr::from(([127, 0, 0, 1], port)),
            connection: 0,
        };
        self.switch.receive(self.now(), flow, text.as_bytes());
        self.carry_out();
    }

    pub(super) fn pass(&mut self, ms: u64) {
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
                Output::OpenMedia(leg, ip, _) if self.binds => {
                    let address = SocketAddr::new(ip, 20_000);
                    self.switch.media_opened(self.now(), leg, Some(address));
                }
                Output::CloseMedia(leg) => {
                    let closed = MediaReport::Closed(Box::default());
                    self.switch.media_report(self.now(), leg, closed);
                }
                Output::Media(leg, MediaCommand::Start(_)) => self.began.push(leg),
                Output::Media(leg, MediaCommand::Hear(hearing)) => {
                    self.hears.insert(leg, hearing);
                }
                Output::Media(leg, MediaCommand::Secret(true)) => {
                    self.secret.insert(leg);
                }
                Output::Media(leg, MediaCommand::Secret(false)) => {
                    self.secret.remove(&leg);
                }
                Output::Media(leg, MediaCommand::Record { .. }) => {
                    self.recorded.insert(leg);
                }
                Output::BeginAttempt(id, ..) => {
                    let phone = PhoneNumber::parse("19900000044").ok();
                    let begun = BegunAttempt { id: AttemptId(1), task: 1, phone };
                    self.switch.attempt_begun(self.now(), id, Ok(begun));
                }
                Output::WrapUp(attempt, ..) => {
                    self.asked = Some(attempt);
                    if let Some(stored) = self.stores {
                        self.switch.wrap_up_stored(self.now(), attempt, stored);
                    }
                }
                Output::Finished(account, _) => self.ended_by.push(account.record.ended_by),
                Output::Desk(ToDesk::Message(_, DeskMessage::Reply(id, reply))) => {
                    self.replies.insert(id, reply);
                }
                Output::Desk(ToDesk::Event(Audience::Seat(_), event)) => self.told(*event),
                _ => {}
            }
        }
    }

    fn told(&mut self, event: DeskEvent) {
        match event {
            DeskEvent::Seat(view) => {
                self.states.insert(view.seat, view.state);
            }
            DeskEvent::WrapUp { call, .. } => self.owed.push(CallId::parse(&call).unwrap()),
            DeskEvent::Left { call } => self.left.push(CallId::parse(&call).unwrap()),
            _ => {}
        }
    }

    /// How a seat stands.
    pub(super) fn state(&self, seat: &SeatNumber) -> Option<SeatState> {
        self.states.get(seat).copied()
    }

    /// The answer to the last command.
    pub(super) fn answer(&self) -> Option<DeskReply> {
        self.replies.get(&self.wishes).copied()
    }

    /// The store has said what became of an attempt.
    pub(super) fn stored(&mut self, attempt: WrapUpAttempt, stored: Result<(), NotStored>) {
        self.switch.wrap_up_stored(self.now(), attempt, stored);
        self.carry_out();
    }

    /// A command of a page; its answer, if it has come already.
    pub(super) fn ask(&mut self, seat: &SeatNumber, command: DeskCommand) -> Option<DeskReply> {
        self.wishes += 1;
        let request = DeskRequest { seat: seat.clone(), id: self.wishes, command };
        self.switch.desk(self.now(), FromDesk::Request(request));
        self.carry_out();
        self.answer()
    }

    /// Who is heard by the leg whose media began as the `n`th, by the same count.
    pub(super) fn heard_by(&self, n: usize) -> Vec<usize> {
        let heard = self.hears.get(&self.began[n]);
        let legs = heard.map(|hearing| hearing.legs().collect::<Vec<_>>()).unwrap_or_default();
        let mut found: Vec<usize> = legs
            .iter()
            .filter_map(|leg| self.began.iter().position(|known| known == leg))
            .collect();
        found.sort_unstable();
        found
    }

    /// Whether that leg, by the same count, is recorded, and as silence.
    pub(super) fn records(&self, n: usize) -> (bool, bool) {
        let leg = &self.began[n];
        (self.recorded.contains(leg), self.secret.contains(leg))
    }

    pub(super) fn requests(&self, port: u16, method: &str) -> Vec<Request> {
        let of = |(to, message): &(u16, Message)| match message {
            Message::Request(request) if *to == port && request.method.as_str() == method => {
                Some(request.clone())
            }
            _ => None,
        };
        self.sent.iter().filter_map(of).collect()
    }

    /// The methods of all requests that a port was sent, in their order.
    pub(super) fn methods(&self, port: u16) -> Vec<String> {
        let of = |(to, message): &(u16, Message)| match message {
            Message::Request(request) if *to == port => Some(request.method.as_str().to_owned()),
            _ => None,
        };
        self.sent.iter().filter_map(of).collect()
    }

    /// A key on the leg whose media began as the `n`th.
    pub(super) fn press(&mut self, n: usize, key: char) {
        let digit = Digit::new(key).unwrap();
        self.switch.media_report(self.now(), self.began[n], MediaReport::Digit(digit));
        self.carry_out();
    }

    pub(super) fn answer_in(&self, call_id: &str, method: &str) -> Option<Response> {
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

    pub(super) fn reply(&mut self, port: u16, to: &Request, status: u16, body: &str) {
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

    /// A citizen calls, and the first telephone that rings is lifted. `name` is the call's in SIP.
    pub(super) fn dial(&mut self, name: &str) {
        self.hear(CITIZEN, &said(name, "INVITE", 1, "", &sdp(30_000)));
        self.pass(2_000);
        let to = self.to(name);
        self.hear(CITIZEN, &said(name, "ACK", 1, &to, ""));
        self.pass(200);
        self.lift();
    }

    /// The first telephone of a seat that rings is lifted.
    pub(super) fn lift(&mut self) {
        let ports = SEAT_PORTS..SEAT_PORTS + u16::try_from(SEATS).unwrap();
        let all = ports.flat_map(|port| {
            self.requests(port, "INVITE").into_iter().map(move |invite| (port, invite))
        });
        let rings = |(_, invite): &(u16, Request)| {
            !self.lifted.contains(&field(&invite.headers, "Call-ID"))
        };
        let (port, invite) = all.into_iter().find(rings).expect("a seat rings");
        self.lifted.insert(field(&invite.headers, "Call-ID"));
        self.port = port;
        self.reply(port, &invite, 200, &sdp(30_100));
        self.pass(200);
        self.invite = Some(invite);
    }

    fn to(&self, name: &str) -> String {
        let answer = self.answer_in(name, "INVITE").unwrap();
        assert_eq!(answer.status, 200);
        format!(";tag={}", tag(&field(&answer.headers, "To")))
    }

    /// The citizen hangs up.
    pub(super) fn hangs_up(&mut self, name: &str) {
        let to = self.to(name);
        self.hear(CITIZEN, &said(name, "BYE", 2, &to, ""));
        self.pass(200);
    }

    /// The seat whose telephone was lifted last.
    pub(super) fn own(&self) -> SeatNumber {
        seat(usize::from(self.port - SEAT_PORTS))
    }
}
