//! The world around the switch: network, media, store and callers on one virtual clock.

mod flood;
mod media;
mod outward;
mod store;
mod trunks;

use super::carrier::Act;
use super::citizen::{Citizen, Habit, RESENDS_MAX, resend_after};
use super::desk::{self, LEADER, SEAT_PORTS, switch_of};
use super::phone::{Does, Phone};
use super::shadow::Shadow;
use mayorline::domain::call::{RecordId, RecordingKind, StoreReply};
use mayorline::domain::desk_link::FromDesk;
use mayorline::domain::room::NotStored;
use mayorline::gateway::clock::Now;
use mayorline::gateway::media::MediaReport;
use mayorline::gateway::prompts::Library;
use mayorline::gateway::switch::{Asker, ConversationId, Output, Switch, WrapUpAttempt};
use mayorline::proto::{Flow, TextId, Transport};
use mayorline::units::{Digit, LegId};
use mayorline::wire::sip::{Framing, Message};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use flood::{Bound, Flood};
use trunks::Trunks;

/// Something that will happen.
enum Happening {
    ToSwitch(usize, Vec<u8>),
    ToCitizen(usize, Vec<u8>),
    Dial(usize),
    Resend(usize, String, u32, Vec<u8>),
    Key(usize),
    HangUp(usize),
    Hold(usize, bool),
    Media(LegId, u64, MediaReport),
    Stored(u64, Asker, StoreReply),
    Kept(u64, TextId, bool),
    WrapUpStored(u64, WrapUpAttempt, Result<(), NotStored>),
    ToPhone(usize, Vec<u8>),
    Phone(usize, Does),
    Wish(u64),
    AnyKey(u64),
    Attempt(u64, ConversationId, bool, Option<u64>),
    Voice(u64, i64),
    Flood(usize),
    FromFlood(Vec<u8>),
    ToFlood(Vec<u8>),
    ToTrunk(usize, Vec<u8>),
    /// True: a stranger says it in its place.
    FromTrunk(usize, bool, Vec<u8>),
    Trunk(usize, Act),
    CloseTrunks,
    Crash,
}

/// A leg's media as the world plays it.
struct Media {
    citizen: usize,
    playing: Option<u32>,
    recordings: BTreeMap<RecordId, RecordingKind>,
}

pub(super) struct World {
    rng: StdRng,
    base: Instant,
    now: Duration,
    switch: Switch,
    prompts: Arc<Library>,
    citizens: Vec<Citizen>,
    delayed: Vec<bool>,
    queue: BTreeMap<(Duration, u64), Happening>,
    serial: u64,
    media: BTreeMap<LegId, Media>,
    /// Those of the seats.
    phones: Vec<Phone>,
    wishes: u64,
    current: usize,
    life: u64,
    cases: u16,
    pub(super) flood: Flood,
    pub(super) trunks: Trunks,
    pub(super) shadow: Shadow,
}

/// Loss, doubling and delay of one way through the network.
const LOSS_PERCENT: u32 = 3;
const DOUBLE_PERCENT: u32 = 2;
const DELAY_MS_MAX: u64 = 80;
/// Longest time that anything may go on after the last caller has dialled.
const SETTLE: Duration = Duration::from_secs(10 * 3600);

impl World {
    pub(super) fn new(seed: u64, callers: usize, prompts: Arc<Library>, base: Instant) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let citizens: Vec<Citizen> =
            (0..callers).map(|index| Citizen::new(index, seed, &mut rng)).collect();
        let delayed = citizens.iter().map(|_| rng.random_range(0..10) == 0).collect();
        let (flood, trunks) = (Flood::of(seed), Trunks::of(seed));
        let start = clock(base, Duration::ZERO);
        let house = trunks.house(flood.limits());
        let switch = switch_of(&mut rng, Arc::clone(&prompts), start, house);
        let mut world = Self {
            rng,
            base,
            now: Duration::ZERO,
            switch,
            prompts,
            citizens,
            delayed,
            queue: BTreeMap::new(),
            serial: 0,
            media: BTreeMap::new(),
            phones: Self::telephones(),
            wishes: 0,
            current: 0,
            life: 0,
            cases: 0,
            flood,
            trunks,
            shadow: Shadow::default(),
        };
        for index in 0..callers {
            let at = world.rng.random_range(0..60_000);
            world.after(Duration::from_millis(at), Happening::Dial(index));
        }
        for _ in 0..world.rng.random_range(0..160) {
            let at = Duration::from_millis(world.rng.random_range(1_000..150_000));
            let life = world.life;
            let happening =
                if world.chance(20) { Happening::AnyKey(life) } else { Happening::Wish(life) };
            world.after(at, happening);
        }
        world.will_tell_units(seed);
        world.will_flood();
        world.will_close_trunks();
        if world.rng.random_range(0..4) == 0 {
            let at = world.rng.random_range(5_000..90_000);
            world.after(Duration::from_millis(at), Happening::Crash);
        }
        world
    }

    fn telephones() -> Vec<Phone> {
        let seats = (0..=LEADER).map(|at| SEAT_PORTS + u16::try_from(at).unwrap());
        seats.map(Phone::new).collect()
    }

    /// Runs until nothing is left to happen.
    pub(super) fn run(&mut self) {
        loop {
            let wake = self.switch.poll_timeout().map(|at| at.duration_since(self.base));
            let next = self.queue.keys().next().map(|&(at, _)| at);
            match (wake, next) {
                (None, None) => break,
                (Some(wake), next) if next.is_none_or(|next| wake <= next) => {
                    assert!(wake < SETTLE, "S3: the switch never comes to rest");
                    self.now = self.now.max(wake);
                    self.switch.handle_timeout(self.clock());
                }
                (_, Some(_)) => {
                    let ((at, _), happening) = self.queue.pop_first().unwrap();
                    self.now = self.now.max(at);
                    self.happen(happening);
                }
                (Some(_), None) => unreachable!("covered by the arm above"),
            }
            self.carry_out();
        }
        self.shadow.check_end(&self.switch, &self.citizens);
        self.flood.settle();
        self.trunks.check_end();
    }

    fn clock(&self) -> Now {
        clock(self.base, self.now)
    }

    fn after(&mut self, delay: Duration, happening: Happening) {
        self.serial += 1;
        self.queue.insert((self.now + delay, self.serial), happening);
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// One way through the network.
    fn send(&mut self, make: impl Fn() -> Happening) {
        let copies = if self.chance(LOSS_PERCENT) { 0 } else { 1 };
        let copies = if self.chance(DOUBLE_PERCENT) { copies * 2 } else { copies };
        for _ in 0..copies {
            let delay = self.rng.random_range(1..=DELAY_MS_MAX);
            self.after(Duration::from_millis(delay), make());
        }
    }

    fn knock(&mut self, index: usize, bytes: &[u8]) {
        self.send(|| Happening::ToSwitch(index, bytes.to_vec()));
    }

    /// Sends now and again until it is answered.
    fn ask(&mut self, index: usize, method: &str, bytes: Vec<u8>) {
        let cseq = self.citizens[index].cseq;
        self.citizens[index].waiting = Some((method.to_owned(), cseq));
        self.knock(index, &bytes);
        let resend = Happening::Resend(index, method.to_owned(), 1, bytes);
        self.after(resend_after(0), resend);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Dial(index) => self.dial(index),
            Happening::ToSwitch(index, bytes) => {
                self.current = index;
                let port = self.citizens[index].port();
                self.heard_at_port(port, &bytes);
            }
            Happening::ToCitizen(index, bytes) => self.hear(index, &bytes),
            Happening::Resend(index, method, n, bytes) => self.resend(index, method, n, bytes),
            Happening::Key(index) => self.key(index),
            Happening::HangUp(index) => self.hang_up(index),
            Happening::Hold(index, hold) => self.hold(index, hold),
            Happening::Media(leg, life, report) => self.report(leg, life, report),
            Happening::Stored(life, asker, told) if life == self.life => self.hear_of(asker, told),
            Happening::Kept(life, text, kept) if life == self.life => self.text_kept(text, kept),
            Happening::WrapUpStored(life, attempt, stored) if life == self.life => {
                if stored.is_ok() {
                    self.shadow.committed(attempt);
                }
                self.switch.wrap_up_stored(self.clock(), attempt, stored);
            }
            Happening::Crash => self.crash(),
            Happening::ToPhone(at, bytes) => self.phone_hears(at, &bytes),
            Happening::Phone(at, does) => self.phone_does(at, does),
            Happening::Wish(life) if life == self.life => self.wish(),
            Happening::AnyKey(life) if life == self.life => self.any_key(),
            Happening::Attempt(life, id, begins, command) if life == self.life => {
                self.attempt_stored(id, begins, command);
            }
            Happening::Voice(life, id) if life == self.life => self.tell_unit(id),
            Happening::Flood(n) => self.flood_arrives(n),
            Happening::FromFlood(bytes) => self.flood_says(&bytes),
            Happening::ToFlood(bytes) => self.flood_hears(&bytes),
            Happening::ToTrunk(at, bytes) => self.trunk_hears(at, &bytes),
            Happening::FromTrunk(at, strange, bytes) => self.trunk_says(at, strange, &bytes),
            Happening::Trunk(at, act) => self.trunk_does(at, act),
            Happening::CloseTrunks => self.switch.close_trunks(self.clock()),
            // Of a life that is over.
            _ => {}
        }
    }

    /// The flow of a datagram from that port.
    fn heard_at_port(&mut self, port: u16, bytes: &[u8]) {
        self.heard_from(SocketAddr::from(([127, 0, 0, 1], port)), bytes);
    }

    fn heard_from(&mut self, remote: SocketAddr, bytes: &[u8]) {
        let flow = Flow {
            transport: Transport::Udp,
            local: SocketAddr::from(([127, 0, 0, 1], 5060)),
            remote,
            connection: 0,
        };
        self.switch.receive(self.clock(), flow, bytes);
    }

    /// A request of the service reaches a telephone; answers to its own are of no interest.
    fn phone_hears(&mut self, at: usize, bytes: &[u8]) {
        let message = Message::parse(bytes, Framing::Datagram).expect("what is sent can be read");
        let Message::Request(request) = message else { return };
        if let Some(does) = self.trunks.teased(&request) {
            return self.after(Duration::from_millis(2), Happening::Phone(at, does));
        }
        for (after, does) in self.phones[at].hear(&request, &mut self.rng) {
            self.after(after, Happening::Phone(at, does));
        }
    }

    fn phone_does(&mut self, at: usize, does: Does) {
        let said = match does {
            Does::Says(bytes) => Some(bytes),
            Does::Lifts => self.phones[at].lift(),
            Does::PutsDown => self.phones[at].put_down(),
        };
        let Some(bytes) = said else { return };
        if self.chance(LOSS_PERCENT) && !bytes.starts_with(b"BYE") {
            return; // what is lost the service asks for again
        }
        let port = self.phones[at].port;
        self.current = usize::MAX;
        self.heard_at_port(port, &bytes);
    }

    fn wish(&mut self) {
        self.wishes += 1;
        let about = (self.shadow.any_call(), self.shadow.any_offer());
        let owed = |seat: &_| self.shadow.last_owed(seat).cloned();
        let request = desk::wish(self.wishes, about, owed, &mut self.rng);
        self.shadow.wished(&request);
        self.trunks.wished(&request);
        self.switch.desk(self.clock(), FromDesk::Request(request));
        self.carry_out();
        self.trunks.obeyed();
    }

    /// A key on the leg of a seat or unit.
    fn any_key(&mut self) {
        let mut others: Vec<LegId> = self
            .media
            .iter()
            .filter(|(_, m)| m.citizen == usize::MAX)
            .map(|(&leg, _)| leg)
            .collect();
        others.sort_unstable();
        if others.is_empty() {
            return;
        }
        let leg = others[self.rng.random_range(0..others.len())];
        let digit = Digit::new(if self.chance(70) { '1' } else { '2' }).unwrap();
        self.switch.media_report(self.clock(), leg, MediaReport::Digit(digit));
    }

    fn dial(&mut self, index: usize) {
        match self.citizens[index].habit {
            Habit::Texts => {
                let text = self.citizens[index].text();
                self.ask(index, "MESSAGE", text);
            }
            Habit::Scans => {
                for _ in 0..5 {
                    let bytes = self.citizens[index].nonsense(&mut self.rng);
                    self.knock(index, &bytes);
                }
            }
            habit => {
                let invite = self.citizens[index].invite(self.delayed[index]);
                self.ask(index, "INVITE", invite);
                if habit == Habit::Cancels {
                    self.after(Duration::from_millis(5), Happening::HangUp(index));
                }
            }
        }
    }

    fn resend(&mut self, index: usize, method: String, n: u32, bytes: Vec<u8>) {
        let waits = self.citizens[index].waiting.as_ref().is_some_and(|(m, _)| *m == method);
        if !waits {
            return;
        }
        if n > RESENDS_MAX {
            self.citizens[index].waiting = None;
            self.citizens[index].over = true;
            return;
        }
        self.knock(index, &bytes);
        self.after(resend_after(n), Happening::Resend(index, method, n + 1, bytes));
    }

    /// A response or request from the service reaches a caller.
    fn hear(&mut self, index: usize, bytes: &[u8]) {
        let message = Message::parse(bytes, Framing::Datagram);
        let citizen = &self.citizens[index];
        let is_own = String::from_utf8_lossy(bytes).contains(&citizen.call_id);
        if citizen.habit == Habit::Scans || !is_own {
            return; // the answer to half a request lacks the other half, and may go to anybody
        }
        match message.expect("what is sent can be read") {
            Message::Response(response) => {
                let cseq = response.headers.cseq().unwrap();
                let tag = response.headers.to().unwrap().tag().map(str::to_owned);
                self.hear_response(index, response.status, cseq.method.as_str(), cseq.number, tag);
            }
            Message::Request(request) => {
                // BYE, or a session refresh: answered 200 with the description where one is asked.
                let mut answer = String::from("SIP/2.0 200 OK\r\n");
                for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
                    for value in request.headers.values(name) {
                        answer.push_str(&format!("{name}: {value}\r\n"));
                    }
                }
                answer.push_str("Content-Length: 0\r\n\r\n");
                if request.method.as_str() == "BYE" {
                    self.citizens[index].over = true;
                }
                self.knock(index, answer.as_bytes());
            }
        }
    }

    fn hear_response(
        &mut self,
        index: usize,
        status: u16,
        method: &str,
        cseq: u32,
        tag: Option<String>,
    ) {
        let vanished = self.citizens[index].habit == Habit::Vanishes;
        if vanished && self.citizens[index].answered {
            return;
        }
        if status < 200 {
            return;
        }
        let citizen = &mut self.citizens[index];
        if citizen.waiting.as_ref().is_some_and(|(m, n)| m == method && *n == cseq) {
            citizen.waiting = None;
        }
        match method {
            "INVITE" => {
                let accepted = status < 300;
                let first = accepted && !citizen.answered && cseq == 1;
                if tag.is_some() {
                    citizen.to_tag = tag;
                }
                citizen.answered |= first;
                citizen.over |= !accepted && cseq == 1;
                if vanished {
                    return;
                }
                let ack = citizen.ack(cseq, accepted, self.delayed[index]);
                self.knock(index, &ack);
                if first {
                    self.plan_call(index);
                }
            }
            "BYE" => citizen.over = true,
            "MESSAGE" if status == 200 => {
                citizen.text_accepted = true;
                self.shadow.text_acknowledged();
            }
            _ => {}
        }
    }

    /// What an answered caller will do.
    fn plan_call(&mut self, index: usize) {
        let keys = self.rng.random_range(0..40);
        let mut at = 0;
        for _ in 0..keys {
            at += self.rng.random_range(100..9_000);
            self.after(Duration::from_millis(at), Happening::Key(index));
        }
        if self.citizens[index].habit == Habit::Holds {
            let hold = self.rng.random_range(500..20_000);
            self.after(Duration::from_millis(hold), Happening::Hold(index, true));
            self.after(Duration::from_millis(hold + 5_000), Happening::Hold(index, false));
        }
        if !self.chance(10) {
            let hang_up = self.rng.random_range(200..240_000);
            self.after(Duration::from_millis(hang_up), Happening::HangUp(index));
        }
    }

    fn key(&mut self, index: usize) {
        let leg = self.media.iter().find(|(_, media)| media.citizen == index).map(|(&leg, _)| leg);
        let Some(leg) = leg.filter(|_| !self.citizens[index].over) else { return };
        // Menus hear mostly what they offer, entries mostly digits.
        let keys = *b"1234567890123#2*10#";
        let key = keys[self.rng.random_range(0..keys.len())];
        let digit = Digit::new(char::from(key)).unwrap();
        self.switch.media_report(self.clock(), leg, MediaReport::Digit(digit));
    }

    fn hang_up(&mut self, index: usize) {
        if self.citizens[index].over {
            return;
        }
        if self.citizens[index].answered {
            let cseq = self.citizens[index].cseq + 1;
            self.citizens[index].cseq = cseq;
            let bye = self.citizens[index].bye(cseq);
            self.ask(index, "BYE", bye);
        } else {
            let cancel = self.citizens[index].cancel();
            self.knock(index, &cancel);
        }
    }

    fn hold(&mut self, index: usize, hold: bool) {
        if self.citizens[index].over || self.citizens[index].waiting.is_some() {
            return;
        }
        let cseq = self.citizens[index].cseq + 1;
        self.citizens[index].cseq = cseq;
        let direction = if hold { "sendonly" } else { "sendrecv" };
        let invite = self.citizens[index].reinvite(cseq, direction);
        self.ask(index, "INVITE", invite);
    }

    fn crash(&mut self) {
        self.life += 1;
        self.media.clear();
        self.phones = Self::telephones();
        self.shadow.crashed();
        self.flood.settle();
        self.trunks.crashed();
        let (now, house) = (self.clock(), self.trunks.house(self.flood.limits()));
        self.switch = switch_of(&mut self.rng, Arc::clone(&self.prompts), now, house);
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.switch.poll_output() {
            self.shadow.observe(&output, self.now);
            self.flood.observe(&output, &self.citizens);
            self.trunks.observe(&output, self.now);
            match output {
                Output::Transmit(transmit) => {
                    // A scanner may have named a port in its Via that is nobody's.
                    let port = transmit.flow.remote.port();
                    let phone = self.phones.iter().position(|phone| phone.port == port);
                    let index = usize::from(port).wrapping_sub(6000);
                    if flood::is_source(&transmit.flow) {
                        self.send(|| Happening::ToFlood(transmit.bytes.clone()));
                    } else if let Some(at) = self.trunks.at(port) {
                        self.send(|| Happening::ToTrunk(at, transmit.bytes.clone()));
                    } else if let Some(phone) = phone {
                        self.send(|| Happening::ToPhone(phone, transmit.bytes.clone()));
                    } else if index < self.citizens.len() {
                        self.send(|| Happening::ToCitizen(index, transmit.bytes.clone()));
                    }
                }
                Output::OpenMedia(leg, ip, _) => {
                    let media =
                        Media { citizen: self.current, playing: None, recordings: BTreeMap::new() };
                    self.media.insert(leg, media);
                    let port = 20_000 + u16::try_from(leg.0 % 10_000).unwrap() * 2;
                    let address = (!self.chance(2)).then(|| SocketAddr::new(ip, port));
                    if address.is_none() {
                        self.media.remove(&leg);
                        self.shadow.media_refused(leg);
                    }
                    self.switch.media_opened(self.clock(), leg, address);
                }
                Output::Media(leg, command) => self.command(leg, command),
                Output::CloseMedia(leg) => {
                    self.media.remove(&leg);
                    let closed = MediaReport::Closed(Box::default());
                    self.after(Duration::from_millis(1), Happening::Media(leg, self.life, closed));
                }
                Output::LoadRecording(leg, play, _) => {
                    self.switch.recording_loaded(self.clock(), leg, play, None);
                }
                Output::Store(order) => self.store(order.asker, &order.request),
                Output::Text(order) => self.keep_text(order.text),
                Output::WrapUp(attempt, ..) => self.store_wrap_up(attempt),
                Output::BeginAttempt(id, ..) => {
                    let begins = !self.chance(20);
                    let attempt = Happening::Attempt(self.life, id, begins, self.trunks.command());
                    self.after(Duration::from_millis(5), attempt);
                }
                Output::Started(_)
                | Output::Finished(..)
                | Output::QueueLog(..)
                | Output::Bindings(..)
                | Output::Audit(..)
                | Output::OpenCases(..)
                | Output::EndAttempt(..)
                | Output::VoiceEnded(..)
                | Output::Desk(_) => {}
            }
        }
    }
}

/// Both clocks, so long after the beginning.
fn clock(base: Instant, passed: Duration) -> Now {
    let wall = desk::began() + passed;
    Now { monotonic: base + passed, wall }
}
