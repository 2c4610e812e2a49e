//! The machine.

use super::PartId;
use super::dialect::{Dialect, Heard, Refusal, Said, Submission};
use super::flight::Flight;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

/// Longest pause between two connections that failed, in seconds; the first is one, each further one twice as
/// long.
pub const BACK_OFF_SECONDS_MAX: u64 = 60;
/// The pause after a carrier refused us, in seconds: accounts are locked after some tries.
pub const REFUSED_SECONDS: u64 = 300;
/// Longest pause of a throttled account, in seconds; the first is one, each further one twice as long.
pub const THROTTLED_SECONDS_MAX: u64 = 60;
/// Texts to us that wait to be kept; a further one is to be brought again.
pub const ARRIVED_MAX: usize = 32;

/// How long the end waits for answers, and then for the carrier's goodbye.
const LEAVE_WAIT: Duration = Duration::from_secs(5);
/// Octets of a stream that wait for their PDU to be whole; no PDU of a dialect is longer.
const STREAM_BYTES: usize = 1 << 17;

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionConfig {
    /// Submissions under way at once.
    pub window: usize,
    /// For a connection.
    pub connect_wait: Duration,
    /// For an answer.
    pub answer_wait: Duration,
    /// Of silence until the link is tested.
    pub test_after: Duration,
    /// Tests without an answer until the link is dead.
    pub tests_max: u32,
    /// Moves pauses a little, so that many do not come back at once.
    pub seed: u64,
}

/// Names a text to us until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

/// What happened.
pub enum Input<'a> {
    /// There is a connection, at this time of the city (month to second as one number).
    Connected(u32),
    /// There is none, or no more.
    Lost,
    /// Octets came.
    Heard(&'a [u8]),
    /// A part is to be sent. It is marked as being handed over already.
    Submit(PartId, &'a Submission),
    /// A text to us is kept, or not.
    Kept(Ticket, bool),
    /// The session is to end.
    Stop,
    /// Time went on.
    Timeout,
}

/// What is to be done with the connection.
#[derive(Clone, PartialEq, Eq)]
pub enum Output {
    /// Connect; answered by `Connected` or `Lost`.
    Connect,
    /// Send these octets.
    Send(Vec<u8>),
    /// Close it; not answered.
    Close,
}

/// Why a session is down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens, or the connection broke.
    Connection,
    /// The carrier does not believe us, with its code: somebody must look at the account.
    Refused(String),
    /// The carrier has no room for us now, with its code.
    Busy(String),
    /// The carrier does not answer.
    Silent,
    /// What it sent cannot be read.
    Stream,
    /// It said goodbye.
    Goodbye,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Event {
    /// Texts can be sent.
    Up,
    /// They cannot.
    Down(Fault),
    /// A part is taken, and the carrier calls it so.
    Taken(PartId, Option<String>),
    /// A part is not taken; nothing is before that time.
    Throttled(PartId, Instant),
    /// A part is not taken now, with the carrier's code.
    Later(PartId, String),
    /// A part never will be taken, with the carrier's code.
    Never(PartId, String),
    /// Nobody knows whether a part is taken. It may still be told.
    Uncertain(PartId),
    /// A part was surely not sent.
    Unsent(PartId),
    /// A text to us or a report, as its PDU: to be kept, then to be answered by [`Input::Kept`].
    Arrived(Ticket, Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Resting(Instant),
    Connecting(Instant),
    Binding(Instant),
    Up,
    /// Nothing new is sent.
    Draining(Instant),
    Leaving(Instant),
    Stopped,
}

/// One session of one account.
pub struct Session<D> {
    dialect: D,
    config: SessionConfig,
    state: State,
    stream: Vec<u8>,
    sequence: u32,
    flight: Flight,
    /// Texts to us: their sequence numbers and tokens.
    arrived: BTreeMap<Ticket, (u32, u64)>,
    tickets: u64,
    heard_at: Instant,
    /// The wait for the answer to a test, and which of them it is.
    testing: Option<(Instant, u32)>,
    paused_until: Option<Instant>,
    throttles: u32,
    failures: u32,
    dice: u64,
    outputs: VecDeque<Output>,
    events: VecDeque<Event>,
}

impl<D: Dialect> Session<D> {
    /// Connects at once.
    #[must_use]
    pub fn new(now: Instant, dialect: D, config: SessionConfig) -> Self {
        Self {
            dialect,
            config,
            state: State::Resting(now),
            stream: Vec::new(),
            sequence: 0,
            flight: Flight::default(),
            arrived: BTreeMap::new(),
            tickets: 0,
            heard_at: now,
            testing: None,
            paused_until: None,
            throttles: 0,
            failures: 0,
            dice: config.seed,
            outputs: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Submissions that would be sent now.
    #[must_use]
    pub fn room(&self, now: Instant) -> usize {
        let is_open = self.state == State::Up && self.paused_until.is_none_or(|until| until <= now);
        if is_open { self.config.window.saturating_sub(self.flight.len()) } else { 0 }
    }

    /// Whether one to that number would be.
    #[must_use]
    pub fn is_free(&self, now: Instant, recipient: &str) -> bool {
        self.room(now) > 0 && !self.flight.has(recipient)
    }

    /// Whether it has ended, as it was told to.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.state == State::Stopped
    }

    /// What happened; then everything is taken out by the polls.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Connected(stamp) => self.connected(now, stamp),
            Input::Lost => self.fail(now, Fault::Connection, false),
            Input::Heard(octets) => self.heard(now, octets),
            Input::Submit(part, submission) => self.submit(now, part, submission),
            Input::Kept(ticket, is_kept) => self.kept(ticket, is_kept),
            Input::Stop => self.stop(now),
            Input::Timeout => {}
        }
        self.due(now);
    }

    /// What is to be done next with the connection.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What became of something.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Input::Timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let of_state = match self.state {
            State::Resting(at)
            | State::Connecting(at)
            | State::Binding(at)
            | State::Draining(at)
            | State::Leaving(at) => Some(at),
            State::Up | State::Stopped => None,
        };
        let testing = self.testing.map(|(at, _)| at);
        let test = self.is_up().then(|| testing.unwrap_or(self.heard_at + self.config.test_after));
        [of_state, test, self.flight.deadline()].into_iter().flatten().min()
    }

    fn is_up(&self) -> bool {
        matches!(self.state, State::Up | State::Draining(_))
    }

    fn is_connected(&self) -> bool {
        self.is_up() || matches!(self.state, State::Binding(_) | State::Leaving(_))
    }

    fn connected(&mut self, now: Instant, stamp: u32) {
        if !matches!(self.state, State::Connecting(_)) {
            return;
        }
        self.stream.clear();
        (self.heard_at, self.testing) = (now, None);
        self.state = State::Binding(now + self.config.answer_wait);
        if self.say(Said::Bind(stamp)).is_none() {
            self.fail(now, Fault::Refused("unwritable".to_owned()), true);
        }
    }

    /// Sends; gives the number. `None`: it does not fit into the protocol.
    fn say(&mut self, said: Said<'_>) -> Option<u32> {
        let sequence = D::next(self.sequence);
        let octets = self.dialect.say(sequence, said).ok()?;
        self.sequence = sequence;
        self.outputs.push_back(Output::Send(octets));
        Some(sequence)
    }

    fn answer(&mut self, sequence: u32, said: Said<'_>) {
        if let Ok(octets) = self.dialect.say(sequence, said) {
            self.outputs.push_back(Output::Send(octets));
        }
    }

    fn submit(&mut self, now: Instant, part: PartId, submission: &Submission) {
        if !self.is_free(now, &submission.recipient) {
            self.events.push_back(Event::Unsent(part));
            return;
        }
        match self.say(Said::Submit(submission)) {
            Some(sequence) => {
                let deadline = now + self.config.answer_wait;
                self.flight.put(sequence, part, &submission.recipient, deadline);
            }
            None => self.events.push_back(Event::Never(part, "unwritable".to_owned())),
        }
    }

    fn kept(&mut self, ticket: Ticket, is_kept: bool) {
        // A ticket of a connection that is gone is not known any more: the text is brought again.
        if let Some((sequence, token)) = self.arrived.remove(&ticket) {
            self.answer(sequence, Said::Kept { token, is_kept });
        }
    }

    fn stop(&mut self, now: Instant) {
        match self.state {
            State::Up => self.state = State::Draining(now + LEAVE_WAIT),
            State::Draining(_) | State::Leaving(_) | State::Stopped => {}
            State::Resting(_) => self.state = State::Stopped,
            State::Connecting(_) | State::Binding(_) => {
                self.outputs.push_back(Output::Close);
                self.state = State::Stopped;
            }
        }
    }

    fn heard(&mut self, now: Instant, octets: &[u8]) {
        if !self.is_connected() {
            return;
        }
        (self.heard_at, self.testing) = (now, None);
        self.stream.extend_from_slice(octets);
        let mut stream = std::mem::take(&mut self.stream);
        let mut at = 0;
        while self.is_connected() {
            let rest = stream.get(at..).unwrap_or_default();
            match D::frame(rest) {
                Ok(Some(length)) if length > 0 => {
                    if let Some(pdu) = rest.get(..length) {
                        self.take(now, pdu);
                    }
                    at += length;
                }
                Ok(_) if rest.len() <= STREAM_BYTES => break,
                Ok(_) | Err(_) => {
                    self.fail(now, Fault::Stream, true);
                    return;
                }
            }
        }
        if self.is_connected() {
            stream.drain(..at);
            self.stream = stream;
        }
    }

    /// One PDU.
    fn take(&mut self, now: Instant, pdu: &[u8]) {
        match self.dialect.hear(pdu) {
            Heard::Believed if matches!(self.state, State::Binding(_)) => {
                self.state = State::Up;
                self.failures = 0;
                self.events.push_back(Event::Up);
            }
            Heard::Refused(code) if matches!(self.state, State::Binding(_)) => {
                self.fail(now, Fault::Refused(code), true);
            }
            Heard::Busy(code) if matches!(self.state, State::Binding(_)) => {
                self.fail(now, Fault::Busy(code), true);
            }
            Heard::Taken { sequence, reference } => {
                if let Some(part) = self.flight.answered(sequence) {
                    self.throttles = 0;
                    self.events.push_back(Event::Taken(part, reference));
                }
            }
            Heard::NotTaken { sequence, refusal, code } => {
                if let Some(part) = self.flight.answered(sequence) {
                    self.not_taken(now, part, refusal, code);
                }
            }
            Heard::Arrived { sequence, token } => self.arrive(sequence, token, pdu),
            Heard::Test(sequence) => self.answer(sequence, Said::TestAnswer),
            Heard::Bye(sequence) => {
                self.answer(sequence, Said::ByeAnswer);
                self.fail(now, Fault::Goodbye, true);
            }
            Heard::ByeAnswer if matches!(self.state, State::Leaving(_)) => self.leave(),
            Heard::Unknown(sequence) => self.answer(sequence, Said::Unknown),
            Heard::Believed
            | Heard::Refused(_)
            | Heard::Busy(_)
            | Heard::TestAnswer
            | Heard::ByeAnswer
            | Heard::Noise => {}
        }
    }

    fn not_taken(&mut self, now: Instant, part: PartId, refusal: Refusal, code: String) {
        let event = match refusal {
            Refusal::Throttled => {
                // A window's worth of them answers one burst of ours: that is one pause, not ten.
                let until = self.paused_until.filter(|until| now < *until).unwrap_or_else(|| {
                    let seconds = doubled(self.throttles, THROTTLED_SECONDS_MAX);
                    self.throttles = self.throttles.saturating_add(1);
                    now + Duration::from_secs(seconds)
                });
                self.paused_until = Some(until);
                Event::Throttled(part, until)
            }
            Refusal::Later => Event::Later(part, code),
            Refusal::Never => Event::Never(part, code),
        };
        self.events.push_back(event);
    }

    fn arrive(&mut self, sequence: u32, token: u64, pdu: &[u8]) {
        if !self.is_up() || self.arrived.len() >= ARRIVED_MAX {
            self.answer(sequence, Said::Kept { token, is_kept: false });
            return;
        }
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.arrived.insert(ticket, (sequence, token));
        self.events.push_back(Event::Arrived(ticket, pdu.to_vec()));
    }

    /// The connection is of no more use. What was under way is nobody's knowledge.
    fn fail(&mut self, now: Instant, fault: Fault, is_open: bool) {
        let was = self.state;
        if is_open {
            self.outputs.push_back(Output::Close);
        }
        self.abandon();
        match was {
            State::Stopped | State::Resting(_) => return,
            State::Draining(_) | State::Leaving(_) => {
                self.state = State::Stopped;
                return;
            }
            State::Connecting(_) | State::Binding(_) | State::Up => {}
        }
        let seconds = match &fault {
            Fault::Refused(_) => REFUSED_SECONDS,
            _ => doubled(self.failures, BACK_OFF_SECONDS_MAX),
        };
        self.failures = self.failures.saturating_add(1);
        let thousandths = 750 + self.roll() % 500;
        self.state = State::Resting(now + Duration::from_millis(seconds * thousandths));
        self.events.push_back(Event::Down(fault));
    }

    fn abandon(&mut self) {
        self.events.extend(self.flight.abandon().into_iter().map(Event::Uncertain));
        self.arrived.clear();
        self.stream.clear();
        self.testing = None;
    }

    fn leave(&mut self) {
        self.outputs.push_back(Output::Close);
        self.abandon();
        self.state = State::Stopped;
    }

    /// What is due at `now`.
    fn due(&mut self, now: Instant) {
        while let Some(part) = self.flight.overdue(now) {
            self.events.push_back(Event::Uncertain(part));
            // Whoever does not answer may be gone.
            if self.testing.is_none() && now >= self.heard_at + self.config.answer_wait {
                self.test(now, 1);
            }
        }
        self.paused_until = self.paused_until.filter(|until| now < *until);
        match self.state {
            State::Resting(at) if now >= at => {
                self.state = State::Connecting(now + self.config.connect_wait);
                self.outputs.push_back(Output::Connect);
            }
            State::Connecting(at) | State::Binding(at) if now >= at => {
                self.fail(now, Fault::Silent, true);
            }
            State::Draining(at) => {
                let is_idle = self.flight.len() == 0 && self.arrived.is_empty();
                if is_idle || now >= at {
                    self.state = State::Leaving(now + LEAVE_WAIT);
                    self.say(Said::Bye);
                }
            }
            State::Leaving(at) if now >= at => self.leave(),
            _ => {}
        }
        if self.is_up() {
            match self.testing {
                Some((at, tests)) if now >= at && tests >= self.config.tests_max => {
                    self.fail(now, Fault::Silent, true);
                }
                Some((at, tests)) if now >= at => self.test(now, tests + 1),
                None if now >= self.heard_at + self.config.test_after => self.test(now, 1),
                _ => {}
            }
        }
    }

    fn test(&mut self, now: Instant, tests: u32) {
        if self.is_up() {
            self.testing = Some((now + self.config.answer_wait, tests));
            self.say(Said::Test);
        }
    }

    /// SplitMix64: enough to move pauses.
    fn roll(&mut self) -> u64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.dice ^ self.dice >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ mixed >> 27
    }
}

/// 1, 2, 4 … seconds.
fn doubled(times: u32, max: u64) -> u64 {
    1_u64.checked_shl(times.min(32)).unwrap_or(max).min(max)
}

/// Without numbers and texts.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(_) => f.write_str("Connected"),
            Self::Lost => f.write_str("Lost"),
            Self::Heard(octets) => write!(f, "Heard({} octets)", octets.len()),
            Self::Submit(part, submission) => write!(f, "Submit({part:?}, {submission:?})"),
            Self::Kept(ticket, is_kept) => write!(f, "Kept({ticket:?}, {is_kept})"),
            Self::Stop => f.write_str("Stop"),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

/// Without secrets, numbers and texts.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("Connect"),
            Self::Send(octets) => write!(f, "Send({} octets)", octets.len()),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// Without numbers and texts.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up => f.write_str("Up"),
            Self::Down(fault) => write!(f, "Down({fault:?})"),
            Self::Taken(part, reference) => write!(f, "Taken({part:?}, {reference:?})"),
            Self::Throttled(part, until) => write!(f, "Throttled({part:?}, {until:?})"),
            Self::Later(part, code) => write!(f, "Later({part:?}, {code})"),
            Self::Never(part, code) => write!(f, "Never({part:?}, {code})"),
            Self::Uncertain(part) => write!(f, "Uncertain({part:?})"),
            Self::Unsent(part) => write!(f, "Unsent({part:?})"),
            Self::Arrived(ticket, pdu) => write!(f, "Arrived({ticket:?}, {} octets)", pdu.len()),
        }
    }
}

/// How it stands, not what it holds.
impl<D> fmt::Debug for Session<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("state", &self.state)
            .field("under_way", &self.flight.len())
            .field("arrived", &self.arrived.len())
            .finish_non_exhaustive()
    }
}
