//! The dialogue with a GSM modem in PDU mode (3GPP TS 27.005 and 27.007), one command at a time.
//!
//! ```text
//! closed --Connected--> calling --OK--> draining --silence--> start, ready --command--> waiting --.
//!                         ^  |                                   ^                               |
//!             time is up  '--' three times: Reopen               '------- OK, error -------------'
//! ```
//!
//! A text on the card is read, handed over ([`Action::Journal`]) and deleted only when the store has it
//! ([`Input::Committed`]). It is looked for at the start and every minute besides what `+CMTI` says, because
//! a modem whose memory was full stops telling. Between the end of a PDU and its answer nobody can tell
//! whether it went out: then it is [`Sent::Uncertain`], and never sent again here.
//!
//! Answers bear no name of their question, but their order is that of the questions. So when one did not
//! come in time, the modem is called until it answers, and what it says then is passed over until it is
//! silent. A PDU counts only behind the line that names its place: a text is never deleted for another's.
//!
//! No port, no clock: the caller writes what [`Modem::poll_action`] says and keeps time.

mod command;
mod framing;
mod reply;

#[cfg(test)]
mod tests;

pub use command::USED_PERCENT_MAX;
pub use framing::LINE_BYTES_MAX;

use crate::wire::sms::CmsError;
use command::{Command, Doing, Step};
use framing::{Frame, Framing};
use reply::Reply;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Between two looks at the card.
pub const POLL: Duration = Duration::from_secs(60);
/// How long the network may take for a text.
pub const SUBMIT: Duration = Duration::from_secs(60);
/// How long the modem may take for anything else.
pub const ANSWER: Duration = Duration::from_secs(10);
/// Silence after which an answer to nothing that was asked will not come any more.
pub const DRAIN: Duration = Duration::from_secs(1);
/// Times that it is called again before its port is opened anew.
pub const CALLS_MAX: u32 = 3;
/// Arrivals that wait for their commit; the rest stays on the card.
pub const ARRIVALS_MAX: usize = 64;
/// Places of a card that are remembered, each with its PDU.
pub const PLACES_MAX: usize = 1_024;
/// Looks after which a PDU that is not as long as the modem says is taken as it is.
const DOUBTFUL_LOOKS: u8 = 3;

/// A place of the card.
pub type Place = u16;

/// What a modem is told at its start.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ModemConfig {
    /// Keep texts in the device's memory in place of the card's.
    pub in_device: bool,
    /// The card's PIN. Given once: a card that is refused three times is locked.
    pub pin: Option<String>,
}

/// What happens.
pub enum Input<'a> {
    /// The port is open.
    Connected,
    /// It is not any more.
    Disconnected,
    /// What the modem said.
    Bytes(&'a [u8]),
    /// The store has what came from this place.
    Committed(Place),
    /// The store cannot take it now: it stays on the card.
    Unavailable(Place),
    /// A text to be sent, when [`Modem::is_free`].
    Send(Submission),
}

/// A text for the network.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// Told back.
    pub key: u64,
    /// Octets of the transfer PDU.
    pub octets: usize,
    /// Its line with the centre.
    pub line: String,
}

/// What is to be done, in this order.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// To the port.
    Write(Vec<u8>),
    /// A text or report came; without a place it is on no card and comes once.
    Journal {
        /// Where it is.
        place: Option<Place>,
        /// The modem's line, as it came.
        pdu: String,
    },
    /// What became of a text. An uncertain one may be told once more, when its answer comes late.
    Settled {
        /// As it was given.
        key: u64,
        /// What became of it.
        sent: Sent,
    },
    /// A look at the card is over.
    Looked(Look),
    /// It asks for a PIN that it was not given, or does not take the one it was given.
    NeedsPin,
    /// It does not answer: close the port and open it again.
    Reopen,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The network has it and will name it by this reference.
    Submitted(u8),
    /// It is still here: the modem asked for no PDU.
    NotSent,
    /// The modem named this error.
    Refused(CmsError),
    /// It was handed over and no answer came, or none that says what became of it.
    Uncertain,
}

/// What a look at the modem found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// Registered with a network.
    pub is_registered: bool,
    /// 0 to 31, by `AT+CSQ`; `None` where it is not known.
    pub signal: Option<u8>,
    /// Places taken.
    pub used: u16,
    /// All places.
    pub places: u16,
}

/// How far the start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Closed,
    /// At this command of the start.
    Starting(usize),
    Ready,
    /// The PIN is missing or wrong: asked again after a while, as a person may have put it right.
    Locked,
}

/// A PDU that a line has announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expected {
    /// Where it is; `None` when the modem keeps it nowhere.
    place: Option<Place>,
    /// Its octets without the centre.
    octets: Option<usize>,
}

/// A modem.
pub struct Modem {
    config: ModemConfig,
    stage: Stage,
    doing: Option<(Doing, Instant)>,
    framing: Framing,
    imsi: String,
    /// Calls without an answer.
    calls: u32,
    next_look: Option<Instant>,
    /// What is left of the present look.
    look: VecDeque<Command>,
    found: Look,
    /// A notice came, or a look found something new: there may be more.
    has_news: bool,
    /// What the last look found where, and how often.
    seen: BTreeMap<Place, (String, u8)>,
    /// The same of the present look.
    seeing: BTreeMap<Place, (String, u8)>,
    /// Handed over and not committed.
    arrivals: BTreeSet<Place>,
    deletions: BTreeSet<Place>,
    submission: Option<Submission>,
    /// The text whose answer did not come in time.
    late: Option<u64>,
    /// What the next line is the PDU of.
    expected: Option<Expected>,
    /// The card waits for the PIN that we have.
    gives_pin: bool,
    /// The PIN was given and nothing told whether the card took it.
    is_pin_doubtful: bool,
    actions: VecDeque<Action>,
}

impl Modem {
    /// One whose port is closed.
    #[must_use]
    pub fn new(config: ModemConfig) -> Self {
        Self {
            config,
            stage: Stage::Closed,
            doing: None,
            framing: Framing::default(),
            imsi: String::new(),
            calls: 0,
            next_look: None,
            look: VecDeque::new(),
            found: Look::default(),
            has_news: false,
            seen: BTreeMap::new(),
            seeing: BTreeMap::new(),
            gives_pin: false,
            is_pin_doubtful: false,
            arrivals: BTreeSet::new(),
            deletions: BTreeSet::new(),
            submission: None,
            late: None,
            expected: None,
            actions: VecDeque::new(),
        }
    }

    /// The subscriber of its card; empty until it has told.
    #[must_use]
    pub fn imsi(&self) -> &str {
        &self.imsi
    }

    /// Whether a text would be sent at once.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.stage == Stage::Ready
            && self.doing.is_none()
            && self.submission.is_none()
            && self.found.is_registered
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match (&self.doing, self.stage) {
            (Some((_, until)), _) => Some(*until),
            (None, Stage::Ready | Stage::Locked) => self.next_look,
            _ => None,
        }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Connected => self.connected(now),
            Input::Disconnected => self.close(),
            Input::Bytes(bytes) => {
                if let Some((Doing::Draining, until)) = &mut self.doing {
                    *until = now + DRAIN;
                }
                for byte in bytes {
                    if let Some(frame) = self.framing.push(*byte) {
                        self.frame(now, &frame);
                    }
                }
            }
            Input::Committed(place) => {
                if self.arrivals.remove(&place) {
                    self.deletions.insert(place);
                }
            }
            Input::Unavailable(place) => {
                self.arrivals.remove(&place);
            }
            Input::Send(submission) => {
                if self.submission.is_none() && self.stage == Stage::Ready {
                    self.submission = Some(submission);
                } else {
                    self.settled(submission.key, Sent::NotSent);
                }
            }
        }
        self.go_on(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, until)) = &self.doing {
            if *until > now {
                return;
            }
            self.time_is_up(now);
        }
        self.go_on(now);
    }

    fn connected(&mut self, now: Instant) {
        self.close();
        self.stage = Stage::Starting(0);
        self.call(now);
    }

    /// Whatever was under way is settled: the port will not say more of it.
    fn close(&mut self) {
        self.give_up();
        self.stage = Stage::Closed;
        self.framing = Framing::default();
        self.look.clear();
        self.has_news = false;
        self.gives_pin = false;
        self.seeing.clear();
        self.seen.clear();
        // What was handed over may yet be committed; it is found and known at the next look.
        self.arrivals.clear();
        self.deletions.clear();
        self.late = None;
        self.calls = 0;
        if let Some(submission) = self.submission.take() {
            self.settled(submission.key, Sent::NotSent);
        }
    }

    /// Ends what was being done without an answer.
    fn give_up(&mut self) {
        self.expected = None;
        match self.doing.take() {
            Some((Doing::Prompt(submission), _)) => self.settled(submission.key, Sent::NotSent),
            Some((Doing::Submitting { key, reference }, _)) => {
                let sent = reference.map_or(Sent::Uncertain, Sent::Submitted);
                self.settled(key, sent);
                self.late = (sent == Sent::Uncertain).then_some(key);
            }
            // It may have been deleted and its place be another text's by now: the next look tells.
            Some((Doing::Command(Command::Delete(place)), _)) => {
                self.deletions.remove(&place);
            }
            Some((Doing::Command(Command::Start(Step::PinGiven)), _)) => {
                self.is_pin_doubtful = true;
            }
            Some((Doing::Calling | Doing::Draining | Doing::Command(_), _)) | None => {}
        }
    }

    fn settled(&mut self, key: u64, sent: Sent) {
        self.actions.push_back(Action::Settled { key, sent });
    }

    fn write(&mut self, text: &str) {
        self.actions.push_back(Action::Write(text.as_bytes().to_vec()));
    }

    fn time_is_up(&mut self, now: Instant) {
        if matches!(self.doing, Some((Doing::Draining, _))) {
            self.doing = None;
            return;
        }
        self.give_up();
        self.look.clear();
        self.calls += 1;
        if self.calls > CALLS_MAX {
            self.reopen();
        } else {
            self.call(now);
        }
    }

    fn reopen(&mut self) {
        self.close();
        self.actions.push_back(Action::Reopen);
    }

    fn frame(&mut self, now: Instant, frame: &Frame) {
        match frame {
            Frame::Prompt => self.prompt(now),
            Frame::Line(line) => self.line(now, line),
        }
    }

    fn prompt(&mut self, now: Instant) {
        let Some((Doing::Prompt(submission), _)) =
            self.doing.take_if(|(doing, _)| doing.is_prompt())
        else {
            return;
        };
        // Behind the last octet the network may have it, whatever is answered or not.
        self.write(&format!("{}\u{1A}", submission.line));
        let doing = Doing::Submitting { key: submission.key, reference: None };
        self.late = None;
        self.doing = Some((doing, now + SUBMIT));
    }

    fn line(&mut self, now: Instant, line: &str) {
        let reply = Reply::of(line);
        if let Some(expected) = self.expected
            && let Reply::Other(line) = reply
        {
            self.expected = None;
            return self.arrived(now, expected, line);
        }
        match reply {
            Reply::Notice => self.has_news = true,
            Reply::Direct(octets) => self.expected = Some(Expected { place: None, octets }),
            Reply::Submitted(reference) => self.submitted(reference),
            Reply::Ok => self.answered(now, None),
            Reply::Error => self.answered(now, Some(None)),
            Reply::CmsError(error) => self.answered(now, Some(Some(error))),
            told => {
                if let Some((Doing::Command(command), _)) = &self.doing {
                    let command = *command;
                    self.told(command, &told);
                }
            }
        }
    }

    /// The line behind one that announced a PDU. What is none is passed over and found again.
    fn arrived(&mut self, now: Instant, expected: Expected, line: &str) {
        if line.is_empty() || !line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return;
        }
        let Some(place) = expected.place else {
            self.actions.push_back(Action::Journal { place: None, pdu: line.to_owned() });
            return;
        };
        let before =
            self.seen.get(&place).filter(|(pdu, _)| pdu == line).map_or(0, |(_, times)| *times);
        if self.seeing.len() < PLACES_MAX {
            let is_first =
                self.seeing.insert(place, (line.to_owned(), before.saturating_add(1))).is_none();
            // A full card on a slow port takes a minute or two: each text of the list is a sign of life.
            if let (true, Some((Doing::Command(Command::List), until))) =
                (is_first, &mut self.doing)
            {
                *until = now + ANSWER;
            }
        }
        // A card that does not delete has no news.
        self.has_news |= before == 0;
        let is_whole = expected.octets.is_none_or(|octets| is_of(line, octets));
        let is_known = self.arrivals.contains(&place) || self.deletions.contains(&place);
        if is_known || !(is_whole || before + 1 >= DOUBTFUL_LOOKS) {
            return;
        }
        if self.arrivals.len() < ARRIVALS_MAX {
            self.arrivals.insert(place);
            let pdu = line.to_owned();
            self.actions.push_back(Action::Journal { place: Some(place), pdu });
        }
    }

    fn submitted(&mut self, told: u8) {
        if let Some((Doing::Submitting { reference, .. }, _)) = &mut self.doing {
            *reference = Some(told);
        } else if let Some(key) = self.late.take() {
            self.settled(key, Sent::Submitted(told));
        }
    }
}

/// Whether a line has so many octets behind its service centre.
fn is_of(line: &str, octets: usize) -> bool {
    let centre = line.get(..2).and_then(|first| usize::from_str_radix(first, 16).ok());
    centre.is_some_and(|centre| line.len() == (1 + centre + octets) * 2)
}

/// Without the PIN.
impl std::fmt::Debug for ModemConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pin = if self.pin.is_some() { "with PIN" } else { "without PIN" };
        write!(f, "ModemConfig({pin}, in_device: {})", self.in_device)
    }
}

/// Without numbers and texts.
impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connected => write!(f, "Connected"),
            Self::Disconnected => write!(f, "Disconnected"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Committed(place) => write!(f, "Committed({place})"),
            Self::Unavailable(place) => write!(f, "Unavailable({place})"),
            Self::Send(submission) => write!(f, "{submission:?}"),
        }
    }
}

/// Without number and text.
impl std::fmt::Debug for Submission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Submission({}, {} octets)", self.key, self.octets)
    }
}

/// Without numbers and texts.
impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write(bytes) => write!(f, "Write({} bytes)", bytes.len()),
            Self::Journal { place, pdu } => write!(f, "Journal({place:?}, {} digits)", pdu.len()),
            Self::Settled { key, sent } => write!(f, "Settled({key}, {sent:?})"),
            Self::Looked(look) => write!(f, "{look:?}"),
            Self::NeedsPin => write!(f, "NeedsPin"),
            Self::Reopen => write!(f, "Reopen"),
        }
    }
}
