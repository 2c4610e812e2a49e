//! What every stage of a call speaks and listens through: plays, keys, recordings, the store, timers.

mod listening;
mod recording;
mod requests;
mod speaking;
mod talk;
mod waiting;

pub(super) use waiting::listening_over;

use super::contract::{
    Action, EndedBy, EntryKind, Incoming, NewIntake, PlayId, RecordId, RecordingSummary,
    StoreReply, Ticket,
};
use super::ledger::Ledger;
use super::rules::CallRules;
use super::timers::{Timer, Timers};
use super::words::{Sentence, sentence};
use crate::domain::speech::PromptId;
use crate::units::CaseNumber;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use talk::Talk;
use waiting::Wait;

/// Who listens for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ear {
    /// Nobody: keys are kept as type-ahead.
    Shut,
    /// A question is open.
    Open,
    /// An invitation runs that a key may cut short; silence after it means nothing.
    Invited,
    /// A recording runs: only `#` means something, and nothing is kept.
    Recording,
    /// A person: keys are noted and mean nothing to us.
    Talk,
}

/// Why a call is being ended by us, and with which words.
#[derive(Debug)]
pub(super) struct Leave {
    /// Last words.
    pub(super) words: Vec<Sentence>,
    /// Who ends it.
    pub(super) by: EndedBy,
}

/// The message of the citizen (语音留言) that is not yet submitted.
#[derive(Debug)]
pub(super) enum Message {
    /// It is being recorded, or the recorder was asked to close it.
    Open(RecordId),
    /// It is closed and waits for the citizen's word.
    Closed(RecordId, RecordingSummary),
}

/// The shared half of a call. Stages hold only what is theirs.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) rules: Arc<CallRules>,
    pub(super) incoming: Incoming,
    pub(super) now: Instant,
    started: Instant,
    pub(super) actions: VecDeque<Action>,
    pub(super) timers: Timers,
    pub(super) ledger: Ledger,
    pub(super) ear: Ear,
    keys: VecDeque<char>,
    keys_dropped: u32,
    entry_ended: Option<Instant>,
    /// Where the last key stands in the account.
    noted_key: Option<usize>,
    slow: bool,
    playing: Option<PlayId>,
    /// What plays is the citizen's own message.
    replays: bool,
    /// The last question, for 重听.
    last: Vec<Sentence>,
    serial: u32,
    plays: u32,
    /// The answer is confirmed.
    pub(super) confirmed: bool,
    /// Hold music is on.
    music: bool,
    /// The group that is or was sought last.
    group: String,
    /// The wait for a person.
    wait: Wait,
    /// The talks with people.
    talk: Talk,
    /// The whole-call recording was started.
    pub(super) recorded: bool,
    /// The whole-call recording while it runs.
    pub(super) whole: Option<RecordId>,
    /// The message that is not yet submitted.
    pub(super) message: Option<Message>,
    stop_asked: bool,
    /// Requests without a reply.
    pub(super) outstanding: Vec<Ticket>,
    awaited: Option<Ticket>,
    /// The awaited reply, until what is being said has ended.
    held: Option<StoreReply>,
    /// A message that was submitted and whose number the citizen has not heard.
    pub(super) untold: Option<NewIntake>,
    /// Cases that are committed: only their numbers may be spoken.
    committed: Vec<CaseNumber>,
    /// A case was opened or a look-up answered: no stub is needed.
    pub(super) fruitful: bool,
    intakes: u8,
    /// Refused look-ups of this call.
    pub(super) wrong_tries: u8,
    /// G04 was said.
    pub(super) emergency_told: bool,
    draining: bool,
    pub(super) leave: Option<Leave>,
    /// The goodbye has begun: no way leads back.
    pub(super) leaving: bool,
    warning_due: bool,
    pub(super) hung_up: bool,
    pub(super) ended_by: Option<EndedBy>,
    /// How long the call had lasted when it was over on the network.
    pub(super) ended_after: Option<Duration>,
    /// At the end something was handed in for the citizen: no stub is needed.
    pub(super) handed_in: bool,
}

impl Line {
    /// The line of a call that arrives at `now`.
    pub(super) fn new(rules: Arc<CallRules>, incoming: Incoming, now: Instant) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::Max, now + rules.call_max);
        timers.set(Timer::Warning, now + rules.call_max.saturating_sub(rules.call_warning));
        Self {
            ledger: Ledger::new(rules.entries_max),
            rules,
            incoming,
            now,
            started: now,
            actions: VecDeque::new(),
            timers,
            ear: Ear::Shut,
            keys: VecDeque::new(),
            keys_dropped: 0,
            entry_ended: None,
            noted_key: None,
            slow: false,
            playing: None,
            replays: false,
            last: Vec::new(),
            serial: 0,
            plays: 0,
            confirmed: false,
            music: false,
            group: String::new(),
            wait: Wait::default(),
            talk: Talk::default(),
            recorded: false,
            whole: None,
            message: None,
            stop_asked: false,
            outstanding: Vec::new(),
            awaited: None,
            held: None,
            untold: None,
            committed: Vec::new(),
            fruitful: false,
            intakes: 0,
            wrong_tries: 0,
            emergency_told: false,
            draining: false,
            leave: None,
            leaving: false,
            warning_due: false,
            hung_up: false,
            ended_by: None,
            ended_after: None,
            handed_in: false,
        }
    }

    /// Ends the call politely.
    pub(super) fn end(&mut self, words: Vec<Sentence>) {
        self.go(words, EndedBy::Service);
    }

    /// Ends the call with these words.
    pub(super) fn go(&mut self, words: Vec<Sentence>, by: EndedBy) {
        if !self.leaving && !self.hung_up && self.leave.is_none() {
            self.leave = Some(Leave { words, by });
        }
    }

    /// The service stops: the sentence that runs is finished, a question is not waited for.
    pub(super) fn drain(&mut self) {
        self.draining = true;
        self.stop_message();
        let idle = self.playing.is_none() || self.replays;
        if idle && self.ear == Ear::Open {
            self.leaves_instead();
        }
    }

    /// At a point where the citizen would be waited for: while draining the call ends instead.
    pub(super) fn leaves_instead(&mut self) -> bool {
        if self.draining {
            self.go(vec![sentence(PromptId::X13), sentence(PromptId::X08)], EndedBy::Shutdown);
        }
        self.leave.is_some()
    }

    /// The call is over on the network. Who hung up first is believed.
    pub(super) fn close(&mut self, by: EndedBy) {
        self.ended_by = self.ended_by.or(Some(by));
        self.ended_after = Some(self.lasted());
    }

    /// Notes what happened.
    pub(super) fn note(&mut self, kind: EntryKind) {
        self.ledger.note(self.now - self.started, kind);
    }

    /// How long the call has lasted from arrival.
    pub(super) fn lasted(&self) -> Duration {
        self.now - self.started
    }

    /// Keys and entries that found no room, for the tests of the limits.
    pub(super) fn dropped(&self) -> (u32, u32) {
        (self.keys_dropped, self.ledger.dropped())
    }

    fn wall(&self) -> jiff::Timestamp {
        let at = self.incoming.at;
        jiff::SignedDuration::try_from(self.lasted())
            .ok()
            .and_then(|lasted| at.checked_add(lasted).ok())
            .unwrap_or(at)
    }

    fn next_serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }
}
