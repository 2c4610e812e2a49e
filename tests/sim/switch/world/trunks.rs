//! The trunks of a house (S18 to S23): one to three, of which some register us, some want proofs, some are
//! asked whether they are there. What goes to and fro is lost and doubled as everywhere.

use super::{Happening, World};
use crate::switch::carrier::{Act, Acts, Carrier, tease};
use crate::switch::desk::House;
use crate::switch::phone::Does;
use crate::switch::trunk_checks::{CALLED_BACK_FROM, Checks};
use mayorline::domain::desk::{DeskCommand, DeskMessage, DeskRequest};
use mayorline::domain::desk_link::ToDesk;
use mayorline::domain::dial_rules::DialRules;
use mayorline::gateway::switch::{BegunAttempt, Output};
use mayorline::proto::EndpointConfig;
use mayorline::store::AttemptId;
use mayorline::units::PhoneNumber;
use mayorline::wire::sip::{Framing, Message, Request};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Trunks of a house at most.
const TRUNKS_MAX: usize = 3;
/// Nothing is asked of the trunks afterwards: nobody wishes for anything any more, and the switch is to
/// come to rest.
const CLOSED_AT: Duration = Duration::from_secs(600);
/// Who asks for proofs in the place of a trunk.
const STRANGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7_999);
/// Of the calls to its telephone a seat asks so many for the proof of a trunk.
const TEASED_PERCENT: u32 = 2;

/// The trunks of a seed, and what is watched of them.
pub(in crate::switch) struct Trunks {
    /// Their own: the other ways of a seed stay as they are.
    dice: StdRng,
    carriers: Vec<Carrier>,
    dialling: DialRules,
    pub(in crate::switch) checks: Checks,
    /// Attempts to call back that the store has taken.
    attempts: u64,
    /// The command to call back that is being carried out.
    calling_back: Option<u64>,
}

impl Trunks {
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x7A0C_5EED);
        let count = dice.random_range(1..=TRUNKS_MAX);
        let carriers: Vec<Carrier> = (0..count).map(|at| Carrier::new(at, &mut dice)).collect();
        let mut dialling = DialRules::default();
        if dice.random_range(0..4) == 0 {
            dialling = DialRules { seat_hour_max: 2, house_day_max: 5, ..dialling };
        }
        let checks = Checks::new(&carriers, dialling.clone());
        Self { dice, carriers, dialling, checks, attempts: 0, calling_back: None }
    }

    /// The house of this seed.
    pub(super) fn house(&self, limits: EndpointConfig) -> House {
        let trunks = self.carriers.iter().map(Carrier::configured).collect();
        House { limits, trunks, dialling: self.dialling.clone() }
    }

    /// The trunk at that port.
    pub(super) fn at(&self, port: u16) -> Option<usize> {
        self.carriers.iter().position(|carrier| carrier.port() == port)
    }

    /// What the service sends and tells.
    pub(super) fn observe(&mut self, output: &Output, now: Duration) {
        match output {
            Output::Transmit(transmit) => {
                let trunk = self.at(transmit.flow.remote.port());
                self.checks.sent(trunk, &transmit.bytes, now);
            }
            Output::EndAttempt(_, id, outcome) => self.checks.attempt_ended(*id, *outcome),
            Output::Desk(ToDesk::Message(_, DeskMessage::Reply(id, reply))) => {
                self.checks.replied(*id, *reply);
            }
            _ => {}
        }
    }

    /// A seat gives a command.
    pub(super) fn wished(&mut self, request: &DeskRequest) {
        self.checks.wished(request.id, &request.seat);
        let calls_back = matches!(request.command, DeskCommand::CallBack { .. });
        self.calling_back = calls_back.then_some(request.id);
    }

    /// It is carried out; whatever begins now nobody has asked for.
    pub(super) fn obeyed(&mut self) {
        self.calling_back = None;
    }

    /// The command that has begun an attempt.
    pub(super) fn command(&self) -> Option<u64> {
        self.calling_back
    }

    /// The store has taken an attempt; whom to ring.
    pub(super) fn begin_attempt(&mut self, command: Option<u64>) -> BegunAttempt {
        self.attempts += 1;
        let number = (CALLED_BACK_FROM + self.attempts).to_string();
        let id = AttemptId(i64::try_from(self.attempts).unwrap());
        self.checks.attempt(id, &number, command);
        BegunAttempt { id, task: 1, phone: PhoneNumber::parse(&number).ok() }
    }

    /// A telephone of a seat asks for the proof of a trunk instead of ringing.
    pub(super) fn teased(&mut self, request: &Request) -> Option<Does> {
        let first = request.headers.to().is_ok_and(|to| to.tag().is_none());
        let is_call = request.method.as_str() == "INVITE" && first;
        let teases = is_call && self.dice.random_range(0..100) < TEASED_PERCENT;
        teases.then(|| Does::Says(tease(request, &self.carriers[0].realm())))
    }

    pub(super) fn crashed(&mut self) {
        self.carriers.iter_mut().for_each(Carrier::forget);
        self.checks.crashed();
        self.calling_back = None;
    }

    pub(super) fn check_end(&self) {
        self.checks.check_end(&self.carriers);
    }
}

impl World {
    pub(super) fn will_close_trunks(&mut self) {
        self.after(CLOSED_AT, Happening::CloseTrunks);
    }

    /// A request of the service reaches a trunk; answers to its own are of no interest.
    pub(super) fn trunk_hears(&mut self, at: usize, bytes: &[u8]) {
        let message = Message::parse(bytes, Framing::Datagram);
        let Ok(Message::Request(request)) = message else { return };
        let Trunks { dice, carriers, .. } = &mut self.trunks;
        let acts = carriers[at].hear(&request, self.now, dice);
        self.trunk_will(at, acts);
    }

    fn trunk_will(&mut self, at: usize, acts: Acts) {
        for (after, act) in acts {
            self.after(after, Happening::Trunk(at, act));
        }
    }

    pub(super) fn trunk_does(&mut self, at: usize, act: Act) {
        let (now, carrier) = (self.now, &mut self.trunks.carriers[at]);
        let acts = match act {
            Act::Says(bytes) => {
                return self.send(|| Happening::FromTrunk(at, false, bytes.clone()));
            }
            Act::Pretends(bytes) => {
                return self.send(|| Happening::FromTrunk(at, true, bytes.clone()));
            }
            Act::Lifts(call, again) => carrier.lift(call, again, now),
            Act::PutsDown(call) => carrier.put_down(call, now),
        };
        self.trunk_will(at, acts);
    }

    /// Something of a trunk reaches the service, or of a stranger in its place.
    pub(super) fn trunk_says(&mut self, at: usize, strange: bool, bytes: &[u8]) {
        self.current = usize::MAX;
        if strange {
            return self.heard_from(STRANGER, bytes);
        }
        if let Ok(Message::Response(response)) = Message::parse(bytes, Framing::Datagram) {
            self.trunks.checks.told(at, &response, self.now);
        }
        let port = self.trunks.carriers[at].port();
        self.heard_at_port(port, bytes);
    }
}
