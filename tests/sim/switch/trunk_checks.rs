//! What holds between the house and its trunks (S18 to S23 of `docs/testing.md`), watched on the wire: what
//! the service sends, and what has reached it.

mod bite;

use super::carrier::{Carrier, OPTIONS_EVERY, parameter};
use super::desk::DIALLED_FROM;
use mayorline::domain::case::AttemptOutcome;
use mayorline::domain::desk::DeskReply;
use mayorline::domain::dial_rules::DialRules;
use mayorline::store::AttemptId;
use mayorline::units::SeatNumber;
use mayorline::wire::sip::{Framing, Message, Request, Response};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Numbers that are called back, each once: this and the number of the attempt.
pub(super) const CALLED_BACK_FROM: u64 = 19_900_007_000;
/// Further ones are dialled by nobody in particular.
const SINGLE_MAX: u64 = 1_000;
/// After the last good answer a trunk is asked at the interval, in vain for 4 s, after 5 s again and
/// again in vain: by then it is down. What was on its way is counted in.
const DOWN_AFTER: Duration = Duration::from_millis(OPTIONS_EVERY.as_secs() * 1_000 + 13_200);

/// What is known of one trunk.
struct Known {
    realm: String,
    password: String,
    registers: bool,
    watched: bool,
    /// Its last answer to OPTIONS by which it is there.
    good_at: Option<Duration>,
    /// Until when it has registered us.
    registered_until: Option<Duration>,
}

/// One number and the trunks that it was tried at.
struct Tried {
    /// Place and Call-ID of each.
    at: Vec<(usize, String)>,
    /// Trunks that were down for certain when the first was tried.
    down: Vec<bool>,
    answered: bool,
    /// The last one has refused for good.
    refused: bool,
}

/// What was seen, for the end of all seeds.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Seen {
    pub(super) tried: usize,
    pub(super) failed_over: usize,
    pub(super) passed_over: usize,
    pub(super) proved: usize,
    pub(super) refused: usize,
    pub(super) called_back: usize,
    pub(super) unreached: usize,
}

/// All that is watched.
#[derive(Default)]
pub(super) struct Checks {
    known: Vec<Known>,
    dialling: DialRules,
    tried: BTreeMap<String, Tried>,
    /// Numbers by the Call-IDs of their tries.
    numbers: BTreeMap<String, String>,
    /// Calls and registrations that their trunk has asked a proof for.
    challenged: BTreeSet<String>,
    /// Which seat has wished for a number, and what it has had dialled.
    wished: BTreeMap<String, SeatNumber>,
    dialled: BTreeMap<SeatNumber, usize>,
    /// Attempts to call back that the store has taken, and commands that wait for one.
    attempts: BTreeMap<i64, String>,
    commands: BTreeMap<u64, String>,
    pub(super) seen: Seen,
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.failed_over += other.failed_over;
        self.passed_over += other.passed_over;
        self.proved += other.proved;
        self.refused += other.refused;
        self.called_back += other.called_back;
        self.unreached += other.unreached;
    }

    /// Nothing of what is watched has not come about.
    pub(super) fn check(&self, seeds: usize) {
        let Self { tried, failed_over, passed_over, proved, refused, called_back, unreached } =
            *self;
        let all = [tried, failed_over, passed_over, proved, refused, called_back, unreached];
        assert!(seeds < 256 || all.iter().all(|count| *count > 0), "trunks: {self:?}");
    }
}

impl Checks {
    pub(super) fn new(carriers: &[Carrier], dialling: DialRules) -> Self {
        let known = |carrier: &Carrier| {
            let (registers, watched) = carrier.wants();
            Known {
                realm: carrier.realm(),
                password: carrier.password(),
                registers,
                watched,
                good_at: None,
                registered_until: None,
            }
        };
        Self { known: carriers.iter().map(known).collect(), dialling, ..Self::default() }
    }

    /// A seat wants to dial the number of this wish.
    pub(super) fn wished(&mut self, id: u64, seat: &SeatNumber) {
        self.wished.insert((DIALLED_FROM + id).to_string(), seat.clone());
    }

    /// The service sends something, to a trunk or elsewhere.
    pub(super) fn sent(&mut self, trunk: Option<usize>, bytes: &[u8], now: Duration) {
        if bytes.starts_with(b"SIP/2.0 ") {
            return;
        }
        let proves = String::from_utf8_lossy(bytes).contains("uthorization: ");
        let invites = trunk.is_some() && bytes.starts_with(b"INVITE ");
        if !proves && !invites {
            return;
        }
        let Ok(Message::Request(request)) = Message::parse(bytes, Framing::Datagram) else {
            return;
        };
        if proves {
            self.proved(trunk, &request, bytes);
        }
        let first = request.headers.to().is_ok_and(|to| to.tag().is_none());
        if let (Some(trunk), true, true) = (trunk, invites, first) {
            let number = request.uri.user.clone().unwrap_or_default();
            self.tries(trunk, &number, request.headers.call_id().unwrap(), now);
        }
    }

    /// A proof leaves.
    fn proved(&mut self, trunk: Option<usize>, request: &Request, bytes: &[u8]) {
        let headers = &request.headers;
        let proofs = ["Authorization", "Proxy-Authorization"];
        for proof in proofs.into_iter().filter_map(|name| headers.get(name)) {
            let known = trunk.and_then(|trunk| self.known.get(trunk));
            let known = known.expect("S20: a proof leaves for somebody who is no trunk");
            assert_eq!(parameter(proof, "realm"), known.realm, "S20: a proof for another realm");
            let call = headers.call_id().unwrap();
            assert!(self.challenged.contains(call), "S20: its trunk has not asked for this proof");
            let word = known.password.as_bytes();
            let open = bytes.windows(word.len()).any(|part| part == word);
            assert!(!open, "S20: a password in clear");
            self.seen.proved += 1;
        }
    }

    /// An INVITE leaves for a trunk.
    fn tries(&mut self, trunk: usize, number: &str, call_id: &str, now: Duration) {
        let help = matches!(number, "110" | "119" | "120");
        let mobile = number.len() == 11 && number.starts_with('1');
        assert!(help || mobile, "S23: {number} is dialled");
        if !is_single(number) {
            return;
        }
        let down: Vec<bool> = self.known.iter().map(|known| known.is_down(now)).collect();
        let tried = self.tried.entry(number.to_owned()).or_insert_with(|| Tried {
            at: Vec::new(),
            down,
            answered: false,
            refused: false,
        });
        if tried.at.iter().any(|(_, known)| known == call_id) {
            return; // the same again, or proved
        }
        let last = tried.at.last().map(|(last, _)| *last);
        assert!(last.is_none_or(|last| last < trunk), "S18: {number} at {last:?}, then at {trunk}");
        assert!(!tried.down[trunk], "S19: {number} is tried at {trunk}, which is down");
        assert!(!tried.refused, "S18: {number} was refused at {last:?} and is tried at {trunk}");
        assert!(!tried.answered, "S18: {number} was answered at {last:?} and is tried at {trunk}");
        let passed_over = tried.down[..trunk].contains(&true);
        tried.at.push((trunk, call_id.to_owned()));
        self.numbers.insert(call_id.to_owned(), number.to_owned());
        self.seen.failed_over += usize::from(last.is_some());
        if last.is_none() {
            self.seen.tried += 1;
            self.seen.passed_over += usize::from(passed_over);
            self.count(number);
        }
    }

    /// A number that a seat has wished for is dialled.
    fn count(&mut self, number: &str) {
        let Some(seat) = self.wished.get(number) else { return };
        let dialled = self.dialled.entry(seat.clone()).or_default();
        *dialled += 1;
        let most = self.dialling.seat_hour_max;
        assert!(*dialled <= most, "S23: seat {seat} has {dialled} numbers dialled, of {most}");
        let all: usize = self.dialled.values().sum();
        let most = usize::try_from(self.dialling.house_day_max).unwrap();
        assert!(all <= most, "S23: the house has {all} numbers dialled, of {most}");
    }

    /// An answer of a trunk has reached the service, from its own address.
    pub(super) fn told(&mut self, trunk: usize, response: &Response, now: Duration) {
        let (Ok(cseq), Ok(call_id)) = (response.headers.cseq(), response.headers.call_id()) else {
            return;
        };
        let (status, known) = (response.status, &mut self.known[trunk]);
        let names = ["WWW-Authenticate", "Proxy-Authenticate"];
        let asked = names.into_iter().find_map(|name| response.headers.get(name));
        if asked.is_some_and(|asked| parameter(asked, "realm") == known.realm) {
            self.challenged.insert(call_id.to_owned());
        }
        match cseq.method.as_str() {
            "OPTIONS" if !matches!(status, 408 | 500 | 502..=504) => known.good_at = Some(now),
            "REGISTER" if status < 300 => {
                let contacts = response.headers.contacts().unwrap_or_default();
                let seconds = contacts.iter().filter_map(|contact| {
                    contact.params.get("expires").and_then(|seconds| seconds.parse::<u64>().ok())
                });
                let seconds = seconds.max().unwrap_or(0);
                known.registered_until = Some(now + Duration::from_secs(seconds));
            }
            "REGISTER" if status == 403 => known.registered_until = None,
            "INVITE" => self.invite_answered(call_id, status),
            _ => {}
        }
    }

    fn invite_answered(&mut self, call_id: &str, status: u16) {
        let Some(number) = self.numbers.get(call_id) else { return };
        let Some(tried) = self.tried.get_mut(number) else { return };
        // What comes after it was given up says nothing any more.
        let last = tried.at.last().is_some_and(|(_, last)| last == call_id);
        tried.answered |= last && (200..300).contains(&status);
        if last && matches!(status, 404 | 486 | 603) {
            tried.refused = true;
            self.seen.refused += 1;
        }
    }

    /// The store has taken an attempt to call this number back; `command` wanted it.
    pub(super) fn attempt(&mut self, id: AttemptId, number: &str, command: Option<u64>) {
        let before = self.attempts.insert(id.0, number.to_owned());
        assert!(before.is_none(), "S22: the same attempt again");
        if let Some(command) = command {
            self.commands.insert(command, number.to_owned());
        }
    }

    /// An attempt is over.
    pub(super) fn attempt_ended(&mut self, id: AttemptId, outcome: AttemptOutcome) {
        let number = self.attempts.remove(&id.0).expect("S22: the end of no attempt, or twice");
        let answered = self.is_answered(&number);
        let reached = outcome == AttemptOutcome::Reached;
        assert!(
            answered || !reached,
            "S22: {number} counts as reached, and no trunk has reached it"
        );
        self.seen.called_back += 1;
        self.seen.unreached += usize::from(!answered);
    }

    /// A command of a page is answered.
    pub(super) fn replied(&mut self, id: u64, reply: DeskReply) {
        let Some(number) = self.commands.remove(&id) else { return };
        let told = reply != DeskReply::Done || self.is_answered(&number);
        assert!(told, "S22: {number} is told to be there, and no trunk has reached it");
    }

    fn is_answered(&self, number: &str) -> bool {
        self.tried.get(number).is_some_and(|tried| tried.answered)
    }

    /// What it knew is gone with the service; what was counted stays.
    pub(super) fn crashed(&mut self) {
        for known in &mut self.known {
            (known.good_at, known.registered_until) = (None, None);
        }
        self.tried.clear();
        self.numbers.clear();
        self.challenged.clear();
        self.dialled.clear();
        self.attempts.clear();
        self.commands.clear();
    }

    /// At rest.
    pub(super) fn check_end(&self, carriers: &[Carrier]) {
        assert!(self.attempts.is_empty(), "S22: attempts without an end: {:?}", self.attempts);
        for carrier in carriers {
            let left = carrier.left();
            assert!(left.is_empty(), "S21: {} has calls of nobody: {left:?}", carrier.realm());
        }
    }
}

impl Known {
    /// Whether it is down for certain; it may be down although it is not.
    fn is_down(&self, now: Duration) -> bool {
        let silent = self.watched && self.good_at.is_none_or(|at| now > at + DOWN_AFTER);
        let stranger = self.registers && self.registered_until.is_none_or(|until| now >= until);
        silent || stranger
    }
}

/// Whether the number is dialled by one wish, or called back by one attempt.
fn is_single(number: &str) -> bool {
    let number: u64 = number.parse().unwrap_or(0);
    let of = |from| (from..from + SINGLE_MAX).contains(&number);
    of(DIALLED_FROM) || of(CALLED_BACK_FROM)
}
