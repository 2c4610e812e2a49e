//! A seat's telephone: registers with digest, rings, answers by its habit, speaks and hears. Like
//! the caller of `citizen.rs` it shares nothing with the product.

use super::audio::{alaw_decode, alaw_encode};
use super::citizen::ALAW;
use super::link::Link;
use super::rtp::{Capture, Impairment, Media};
use super::sip::{Description, Message, finish, media_of, sdp, uri_of};
use super::wait_for;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

static SERIAL: AtomicU32 = AtomicU32::new(1);

/// What the phone does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Rings and is answered after this long.
    Answers(Duration),
    /// Rings until [`Phone::answer`].
    Rings,
    /// Refuses with this status.
    Refuses(u16),
    /// Says nothing at all, to OPTIONS neither.
    Silent,
}

/// How the phone proves its password (RFC 7616).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `SHA-256`.
    Sha256,
    /// `MD5`.
    Md5,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn hash(self, text: &str) -> String {
        let bytes = match self {
            Self::Sha256 => Sha256::digest(text).to_vec(),
            Self::Md5 => Md5::digest(text).to_vec(),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A call at the phone.
struct Ringing {
    invite: Message,
    tag: String,
    media: Media,
    from: SocketAddr,
    rang_at: Instant,
    answered_at: Option<Instant>,
    confirmed: bool,
    over: bool,
    cseq: u32,
}

#[derive(Default)]
struct State {
    answers: Vec<(u32, String, Message)>,
    call: Option<Ringing>,
    calls: usize,
    notified: Vec<String>,
}

impl State {
    /// The call that a message belongs to.
    fn call_of(&mut self, message: &Message) -> Option<&mut Ringing> {
        let id = message.header("call-id");
        self.call.as_mut().filter(|call| call.invite.header("call-id") == id)
    }
}

struct Shared {
    link: Link,
    server: SocketAddr,
    number: String,
    habit: Mutex<Habit>,
    /// How a further call is refused during a call.
    busy: AtomicU16,
    state: Mutex<State>,
    stop: AtomicBool,
}

/// A telephone on 127.0.0.1.
pub struct Phone {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    password: String,
    algorithm: Algorithm,
    token: String,
    cseq: u32,
    nonce_count: u32,
}

impl Phone {
    /// A phone of seat `number`; over UDP, SHA-256, answers at once. Not registered yet.
    pub fn new(server: SocketAddr, number: &str, password: &str) -> Self {
        Self::with(Link::udp(), server, number, password)
    }

    /// A telephone of the network on this port, which a trunk leads to.
    pub fn outside(server: SocketAddr, number: &str, port: u16) -> Self {
        Self::with(Link::udp_on(port), server, number, "")
    }

    /// The same from this address of the loopback.
    pub fn at(address: SocketAddr, server: SocketAddr, number: &str, password: &str) -> Self {
        Self::with(Link::udp_at(address), server, number, password)
    }

    /// The same over one TCP connection to `server`.
    pub fn over_tcp(server: SocketAddr, number: &str, password: &str) -> Self {
        Self::with(Link::tcp(server), server, number, password)
    }

    fn with(link: Link, server: SocketAddr, number: &str, password: &str) -> Self {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let token = format!("p{serial}-{}-{}", std::process::id(), link.local().port());
        let shared = Arc::new(Shared {
            link,
            server,
            number: number.to_owned(),
            habit: Mutex::new(Habit::Answers(Duration::ZERO)),
            busy: AtomicU16::new(486),
            state: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let listening = shared.clone();
        let thread = Some(std::thread::spawn(move || listening.listen()));
        Self {
            shared,
            thread,
            password: password.to_owned(),
            algorithm: Algorithm::Sha256,
            token,
            cseq: 0,
            nonce_count: 0,
        }
    }

    /// Proves the password another way.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// What it does when it is called, from now on.
    pub fn habit(self, habit: Habit) -> Self {
        self.set_habit(habit);
        self
    }

    /// The same while it runs.
    pub fn set_habit(&self, habit: Habit) {
        *self.shared.habit.lock().unwrap() = habit;
    }

    /// During a call it refuses others with this status: 503 is a carrier's whose lines are taken.
    pub fn refuses_others(self, status: u16) -> Self {
        self.shared.busy.store(status, Ordering::Relaxed);
        self
    }

    /// Registers for an hour; the status of the last answer.
    pub fn register(&mut self) -> Option<u16> {
        self.register_for(3600)
    }

    /// Registers for so many seconds, 0 takes the registration away.
    pub fn register_for(&mut self, seconds: u32) -> Option<u16> {
        let first = self.send_register(seconds, "")?;
        if first.status() != Some(401) {
            return first.status();
        }
        let challenge = first
            .all("www-authenticate")
            .find(|challenge| parameter(challenge, "algorithm") == self.algorithm.name())?;
        let proof = self.proof(challenge);
        self.send_register(seconds, &proof)?.status()
    }

    fn proof(&mut self, challenge: &str) -> String {
        self.nonce_count += 1;
        let (realm, nonce) = (parameter(challenge, "realm"), parameter(challenge, "nonce"));
        let Shared { server, number, .. } = &*self.shared;
        let hash = |text: String| self.algorithm.hash(&text);
        let secret = hash(format!("{number}:{realm}:{}", self.password));
        let request = hash(format!("REGISTER:sip:{server}"));
        let (count, cnonce) = (format!("{:08x}", self.nonce_count), "c0ffee");
        let response = hash(format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}"));
        format!(
            "Authorization: Digest username=\"{number}\", realm=\"{realm}\", nonce=\"{nonce}\", \
             uri=\"sip:{server}\", algorithm={}, response=\"{response}\", qop=auth, nc={count}, \
             cnonce=\"{cnonce}\"\r\n",
            self.algorithm.name()
        )
    }

    fn send_register(&mut self, seconds: u32, extra: &str) -> Option<Message> {
        self.cseq += 1;
        let Shared { server, number, link, .. } = &*self.shared;
        let (local, transport, cseq, token) = (link.local(), link.name(), self.cseq, &self.token);
        let request = finish(
            format!(
                "REGISTER sip:{server} SIP/2.0\r\n\
                 Via: SIP/2.0/{transport} {local};branch=z9hG4bK-{token}-{cseq};rport\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:{number}@{server}>;tag={token}\r\n\
                 To: <sip:{number}@{server}>\r\nCall-ID: {token}@phone\r\nCSeq: {cseq} REGISTER\r\n\
                 Contact: <{}>\r\nExpires: {seconds}\r\nUser-Agent: test-phone\r\n{extra}",
                self.shared.contact()
            ),
            "",
        );
        (0..6).find_map(|_| {
            link.send(&request, *server);
            wait_for(Duration::from_millis(500), || {
                let state = self.shared.state.lock().unwrap();
                let found = state.answers.iter().find(|(n, m, _)| *n == cseq && m == "REGISTER");
                found.map(|(_, _, answer)| answer.clone())
            })
        })
    }

    /// Waits until it rings or talks.
    pub fn wait_ringing(&self, limit: Duration) -> bool {
        wait_for(limit, || self.live().is_some().then_some(())).is_some()
    }

    /// Waits until it talks: its 200 was acknowledged.
    pub fn wait_talking(&self, limit: Duration) -> bool {
        let talking = || self.live().is_some_and(|call| call.confirmed).then_some(());
        wait_for(limit, talking).is_some()
    }

    /// Waits until its call is over, whoever ended it.
    pub fn wait_over(&self, limit: Duration) -> bool {
        wait_for(limit, || self.live().is_none().then_some(())).is_some()
    }

    /// Lifts the handset.
    pub fn answer(&self) {
        self.shared.answer(&mut self.shared.state.lock().unwrap());
    }

    /// When it rang and when it was answered, for its latest call.
    pub fn times(&self) -> Option<(Instant, Option<Instant>)> {
        let state = self.shared.state.lock().unwrap();
        state.call.as_ref().map(|call| (call.rang_at, call.answered_at))
    }

    /// Calls that reached it so far.
    pub fn calls(&self) -> usize {
        self.shared.state.lock().unwrap().calls
    }

    /// Whom its latest call was for: the URI of the INVITE.
    pub fn called(&self) -> Option<String> {
        let state = self.shared.state.lock().unwrap();
        state.call.as_ref()?.invite.first.split(' ').nth(1).map(str::to_owned)
    }

    /// The number it saw calling, from From.
    pub fn caller(&self) -> Option<String> {
        let state = self.shared.state.lock().unwrap();
        Some(uri_of(state.call.as_ref()?.invite.header("from")?).to_owned())
    }

    /// Speaks PCM samples and waits until they are sent; returns the G.711 bytes.
    pub fn speak(&self, samples: &[i16]) -> Vec<u8> {
        let bytes: Vec<u8> = samples.iter().map(|s| alaw_encode(*s)).collect();
        self.with_media(|media| media.queue_audio(&bytes));
        let deadline = Instant::now() + Duration::from_millis(samples.len() as u64 / 8);
        std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
        bytes
    }

    /// Begins to speak PCM samples, behind what is being spoken, and does not wait.
    pub fn go_on_speaking(&self, samples: &[i16]) {
        let bytes: Vec<u8> = samples.iter().map(|s| alaw_encode(*s)).collect();
        self.with_media(|media| media.queue_audio(&bytes));
    }

    /// Presses keys by RFC 4733; returns at once.
    pub fn press(&self, keys: &str) {
        for key in keys.chars() {
            let code = "0123456789*#ABCD".find(key).expect("a key of the telephone pad");
            self.with_media(|media| media.queue_event(u8::try_from(code).unwrap()));
        }
    }

    /// See [`Media::lateness`].
    pub fn lateness(&self) -> Duration {
        self.with_media(Media::lateness)
    }

    /// All that was heard in the latest call up to now.
    pub fn heard(&self) -> Capture {
        self.with_media(Media::capture)
    }

    /// The samples heard after the first `from` bytes.
    pub fn samples(&self, from: usize) -> Vec<i16> {
        let audio = self.heard().audio();
        audio.get(from..).unwrap_or_default().iter().map(|byte| alaw_decode(*byte)).collect()
    }

    /// The newest `len` samples that were heard in the latest call; fewer at the beginning.
    pub fn newest(&self, len: usize) -> Vec<i16> {
        self.with_media(|media| media.newest(len)).into_iter().map(alaw_decode).collect()
    }

    fn with_media<T>(&self, work: impl FnOnce(&Media) -> T) -> T {
        let state = self.shared.state.lock().unwrap();
        work(&state.call.as_ref().expect("the phone was called").media)
    }

    /// Hangs up, or refuses while it rings.
    pub fn hang_up(&self) {
        let mut state = self.shared.state.lock().unwrap();
        let Some(call) = state.call.as_mut().filter(|call| !call.over) else { return };
        call.over = true;
        if call.answered_at.is_none() {
            let refusal = self.shared.response(call, "486 Busy Here", "");
            return self.shared.link.send(&refusal, call.from);
        }
        let bye = self.shared.request(call, "BYE", "");
        self.shared.link.send(&bye, self.shared.server);
    }

    /// Sends REFER within the call (the phone's transfer key); the status of its answer.
    pub fn refer(&self, to: &str) -> Option<u16> {
        let (text, cseq) = {
            let mut state = self.shared.state.lock().unwrap();
            let call = state.call.as_mut()?;
            let extra = format!("Refer-To: <{to}>\r\nReferred-By: <sip:{}@x>\r\n", self.number());
            (self.shared.request(call, "REFER", &extra), call.cseq)
        };
        self.shared.link.send(&text, self.shared.server);
        wait_for(Duration::from_secs(4), || {
            let state = self.shared.state.lock().unwrap();
            let found = state.answers.iter().find(|(n, m, _)| *n == cseq && m == "REFER");
            found.and_then(|(_, _, answer)| answer.status())
        })
    }

    /// The status lines that NOTIFY brought.
    pub fn notified(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().notified.clone()
    }

    fn number(&self) -> &str {
        &self.shared.number
    }

    fn live(&self) -> Option<Live> {
        let state = self.shared.state.lock().unwrap();
        let call = state.call.as_ref().filter(|call| !call.over)?;
        Some(Live { confirmed: call.confirmed })
    }
}

/// What is asked of a call that is not over.
struct Live {
    confirmed: bool,
}

impl Shared {
    fn contact(&self) -> String {
        let transport = if self.link.name() == "TCP" { ";transport=tcp" } else { "" };
        format!("sip:{}@{}{transport}", self.number, self.link.local())
    }

    fn listen(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            self.answer_when_due();
            let Some((bytes, from)) = self.link.receive() else { continue };
            let Some(message) = Message::parse(&bytes) else { continue };
            match message.method() {
                Some(method) => self.requested(method, &message, from),
                None => self.responded(message),
            }
        }
    }

    fn responded(&self, message: Message) {
        let Some((cseq, method)) = message.cseq() else { return };
        let entry = (cseq, method.to_owned(), message.clone());
        self.state.lock().unwrap().answers.push(entry);
    }

    fn requested(&self, method: &str, message: &Message, from: SocketAddr) {
        match method {
            "INVITE" => self.invited(message, from),
            "ACK" => {
                if let Some(call) = self.state.lock().unwrap().call_of(message) {
                    call.confirmed |= call.answered_at.is_some();
                }
            }
            "CANCEL" | "BYE" => {
                self.link.send(&message.response("200 OK", &self.contact(), ""), from);
                let mut state = self.state.lock().unwrap();
                let Some(call) = state.call_of(message).filter(|call| !call.over) else { return };
                if method == "CANCEL" && call.answered_at.is_none() {
                    let ended = self.response(call, "487 Request Terminated", "");
                    self.link.send(&ended, call.from);
                }
                call.over |= method == "BYE" || call.answered_at.is_none();
            }
            "NOTIFY" => {
                self.link.send(&message.response("200 OK", &self.contact(), ""), from);
                self.state.lock().unwrap().notified.push(message.body.trim().to_owned());
            }
            "OPTIONS" if *self.habit.lock().unwrap() == Habit::Silent => {}
            _ => self.link.send(&message.response("200 OK", &self.contact(), ""), from),
        }
    }

    fn invited(&self, message: &Message, from: SocketAddr) {
        let mut state = self.state.lock().unwrap();
        if let Some(call) = state.call_of(message) {
            return self.invited_again(call, message, from);
        }
        let habit = *self.habit.lock().unwrap();
        if habit == Habit::Silent {
            return;
        }
        state.calls += 1;
        let tag = format!("t{}", SERIAL.fetch_add(1, Ordering::Relaxed));
        let media = Media::start(ALAW, 20, Impairment::default());
        let busy = state.call.as_ref().is_some_and(|call| !call.over);
        let call = Ringing {
            invite: message.clone(),
            tag,
            media,
            from,
            rang_at: Instant::now(),
            answered_at: None,
            confirmed: false,
            over: false,
            cseq: 100,
        };
        match habit {
            Habit::Refuses(status) => {
                self.link.send(&self.response(&call, &format!("{status} No"), ""), from);
            }
            _ if busy => {
                let status = format!("{} Busy", self.busy.load(Ordering::Relaxed));
                self.link.send(&self.response(&call, &status, ""), from);
            }
            _ => {
                self.link.send(&self.response(&call, "180 Ringing", ""), from);
                state.call = Some(call);
            }
        }
    }

    /// A retransmission, or a re-INVITE with a higher CSeq.
    fn invited_again(&self, call: &mut Ringing, message: &Message, from: SocketAddr) {
        let again = call.invite.cseq() == message.cseq();
        if again && call.answered_at.is_none() {
            return self.link.send(&self.response(call, "180 Ringing", ""), from);
        }
        call.invite = message.clone();
        let answer = self.described(call, if again { 1 } else { 2 });
        self.link.send(&self.response(call, "200 OK", &answer), from);
    }

    fn answer_when_due(&self) {
        let habit = *self.habit.lock().unwrap();
        let Habit::Answers(after) = habit else { return };
        let mut state = self.state.lock().unwrap();
        let due = state.call.as_ref().is_some_and(|call| {
            !call.over && call.answered_at.is_none() && call.rang_at.elapsed() >= after
        });
        if due {
            self.answer(&mut state);
        }
    }

    fn answer(&self, state: &mut State) {
        let waits = |call: &&mut Ringing| !call.over && call.answered_at.is_none();
        let Some(call) = state.call.as_mut().filter(waits) else { return };
        if let Some((destination, true)) = media_of(&call.invite.body, ALAW) {
            call.media.send_to(destination);
        }
        call.answered_at = Some(Instant::now());
        let answer = self.described(call, 1);
        self.link.send(&self.response(call, "200 OK", &answer), call.from);
    }

    fn described(&self, call: &Ringing, version: u32) -> String {
        sdp(Description { rtp: call.media.local(), codec: ALAW, ptime: 20 }, "sendrecv", version)
    }

    /// An answer to the call's INVITE with our tag.
    fn response(&self, call: &Ringing, status: &str, body: &str) -> String {
        let text = call.invite.response(status, &self.contact(), body);
        let to = call.invite.header("to").unwrap_or_default();
        if to.contains(";tag=") {
            return text;
        }
        text.replacen(&format!("to: {to}\r\n"), &format!("to: {to};tag={}\r\n", call.tag), 1)
    }

    /// A request within the call, from the side that was called.
    fn request(&self, call: &mut Ringing, method: &str, extra: &str) -> String {
        call.cseq += 1;
        let header = |name: &str| call.invite.header(name).unwrap_or_default();
        let to = header("to");
        let from = if to.contains(";tag=") { to.into() } else { format!("{to};tag={}", call.tag) };
        let mut text = format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/{} {};branch=z9hG4bK-{}-{};rport\r\n\
             Max-Forwards: 70\r\nFrom: {from}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} {method}\r\n\
             Contact: <{}>\r\n{extra}",
            uri_of(header("contact")),
            self.link.name(),
            self.link.local(),
            call.tag,
            call.cseq,
            header("from"),
            header("call-id"),
            call.cseq,
            self.contact()
        );
        for route in call.invite.all("record-route") {
            text += &format!("Route: {route}\r\n");
        }
        finish(text, "")
    }
}

fn parameter(challenge: &str, name: &str) -> String {
    let Some((_, rest)) = challenge.split_once(&format!("{name}=")) else { return String::new() };
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default().to_owned(),
        None => rest.split(',').next().unwrap_or_default().trim().to_owned(),
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
