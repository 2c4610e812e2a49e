//! What every stage of a call speaks and listens through: plays, keys, recordings, the store, timers.

use super::contract::{
    Action, EndedBy, EntryKind, Incoming, IntakeKind, Lookup, NewIntake, PlayId, RecordId,
    RecordingKind, RecordingSummary, StoreReply, StoreRequest, Ticket,
};
use super::ledger::Ledger;
use super::rules::CallRules;
use super::timers::{Timer, Timers};
use super::words::{Sentence, Value, say, sentence};
use crate::domain::speech::PromptId;
use crate::units::{CaseNumber, PhoneNumber};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a replay of the citizen's own message stands in the account.
const REPLAY: &str = "replay";

/// The keys that cut an invitation short: at once, a person, main menu, slower, again.
const INVITED_KEYS: [char; 5] = ['#', '0', '*', '7', '9'];

/// Who listens for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ear {
    /// Nobody: keys are kept as type-ahead.
    Shut,
    /// A question is open.
    Open,
    /// A question is open whose keys are secret.
    Secret,
    /// An invitation runs that a key may cut short; silence after it means nothing.
    Invited,
    /// A recording runs: only `#` means something, and nothing is kept.
    Recording,
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
    slow: bool,
    playing: Option<PlayId>,
    /// What plays is the citizen's own message.
    replays: bool,
    /// The last question, for 重听.
    last: Vec<Sentence>,
    serial: u32,
    plays: u32,
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
            slow: false,
            playing: None,
            replays: false,
            last: Vec::new(),
            serial: 0,
            plays: 0,
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

    // ---- speaking -------------------------------------------------------------------------

    /// Says something that no key cuts short; `Said` follows.
    pub(super) fn tell(&mut self, sentences: &[Sentence]) {
        self.ear = Ear::Shut;
        self.timers.clear(Timer::Silence);
        self.play(sentences);
    }

    /// Asks a question: any key cuts it short, and silence after it is an answer too. With keys
    /// typed ahead it is not said at all.
    pub(super) fn ask(&mut self, question: Vec<Sentence>) {
        self.ask_after(&[], question);
    }

    /// Asks a question after a preface that is not repeated by 重听.
    pub(super) fn ask_after(&mut self, preface: &[Sentence], question: Vec<Sentence>) {
        if self.leaves_instead() {
            return;
        }
        self.ear = Ear::Open;
        if self.keys.is_empty() {
            self.play(&[preface, &question].concat());
        } else {
            self.await_key();
        }
        self.last = question;
    }

    /// Invites to something that follows by itself; `Said` or a key comes next.
    pub(super) fn invite(&mut self, sentences: &[Sentence]) {
        if !self.leaves_instead() {
            self.ear = Ear::Invited;
            self.play(sentences);
        }
    }

    /// What 重听 says from now on.
    pub(super) fn remember(&mut self, sentences: Vec<Sentence>) {
        self.last = sentences;
    }

    /// Asks for the digits of a query code.
    pub(super) fn ask_secret(&mut self, preface: &[Sentence], question: Vec<Sentence>) {
        self.ask_after(preface, question);
        if self.ear == Ear::Open {
            self.ear = Ear::Secret;
        }
    }

    /// Asks the last question again, after a preface.
    pub(super) fn repeat_after(&mut self, preface: &[Sentence]) {
        let (question, secret) = (self.last.clone(), self.ear == Ear::Secret);
        self.ask_after(preface, question);
        if secret && self.ear == Ear::Open {
            self.ear = Ear::Secret;
        }
    }

    /// Slow speech on or off, for the rest of the call (语速放慢); gives what it is now.
    pub(super) fn toggle_slow(&mut self) -> bool {
        self.slow = !self.slow;
        self.slow
    }

    /// Lets the citizen hear the message (重听); any key cuts it short.
    pub(super) fn replay(&mut self, record: RecordId, length: Duration) {
        if self.leaves_instead() {
            return;
        }
        self.ear = Ear::Open;
        let play = self.next_play(length + self.rules.record_wait);
        self.replays = true;
        self.note(EntryKind::Prompt(REPLAY.to_owned()));
        self.actions.push_back(Action::Replay { play, record });
    }

    /// Says something over what goes on, without a change of who listens (M03, X05).
    pub(super) fn interject(&mut self, id: PromptId) {
        self.play(&[sentence(id)]);
    }

    fn play(&mut self, sentences: &[Sentence]) {
        debug_assert!(!self.hung_up, "C4: nothing is said after the call is over");
        debug_assert!(self.only_committed(sentences), "C1: no number before its commit");
        let mut plan = say(sentences);
        if std::mem::take(&mut self.warning_due) {
            let warned = say(&[sentence(PromptId::X05)]);
            plan.pieces.splice(0..0, warned.pieces);
            plan.ids.splice(0..0, warned.ids);
        }
        for id in &plan.ids {
            self.note(EntryKind::Prompt((*id).to_owned()));
        }
        let play = self.next_play(self.rules.play_max);
        self.replays = false;
        self.actions.push_back(Action::Play { play, plan, slow: self.slow });
    }

    fn next_play(&mut self, guard: Duration) -> PlayId {
        let play = PlayId(self.next_serial());
        self.plays += 1;
        if self.plays >= self.rules.plays_max && !self.leaving {
            self.end(vec![sentence(PromptId::X08)]);
        }
        self.playing = Some(play);
        self.timers.set(Timer::Play, self.now + guard);
        self.timers.clear(Timer::Silence);
        play
    }

    fn only_committed(&self, sentences: &[Sentence]) -> bool {
        sentences.iter().all(|sentence| match sentence {
            Sentence::Script(PromptId::M05 | PromptId::M05C, values) => values.iter().all(|(_, value)| {
                matches!(value, Value::Case(number) if self.committed.contains(number))
            }),
            _ => true,
        })
    }

    /// True when what ends now was the citizen's own message.
    pub(super) fn replayed(&self) -> bool {
        self.replays
    }

    /// True when something plays.
    pub(super) fn speaks(&self) -> bool {
        self.playing.is_some()
    }

    /// Takes the end of a play; false when it is not the one that runs.
    pub(super) fn play_ended(&mut self, play: Option<PlayId>) -> bool {
        if self.playing.is_none() || (play.is_some() && play != self.playing) {
            return false;
        }
        self.playing = None;
        self.timers.clear(Timer::Play);
        if matches!(self.ear, Ear::Open | Ear::Secret) {
            self.await_key();
        }
        true
    }

    /// Cuts short what plays.
    pub(super) fn hush(&mut self) {
        if self.playing.take().is_some() {
            self.timers.clear(Timer::Play);
            self.actions.push_back(Action::StopPlay);
        }
    }

    /// Notes that X05 is due: said at once when nothing plays, else before the next words.
    pub(super) fn warn(&mut self) {
        self.warning_due = !self.leaving && !self.hung_up;
        if self.warning_due && self.playing.is_none() && self.ear != Ear::Shut {
            self.play(&[]);
        }
    }

    // ---- listening ------------------------------------------------------------------------

    /// Starts to wait for a key.
    pub(super) fn await_key(&mut self) {
        self.timers.set(Timer::Silence, self.now + self.rules.silence(self.slow));
    }

    /// Takes a key that somebody listens for, or keeps it for later.
    pub(super) fn hear(&mut self, key: char) -> Option<char> {
        let ended = self.entry_ended.take();
        if key == '#' && ended.is_some_and(|at| self.now < at + self.rules.entry_tail) {
            self.note_key(key);
            return None;
        }
        match self.ear {
            Ear::Open | Ear::Secret => Some(self.consume(key)),
            Ear::Invited => {
                self.note_key(key);
                let known = INVITED_KEYS.contains(&key);
                if known {
                    self.hush();
                }
                known.then_some(key)
            }
            Ear::Recording => {
                self.note_key(key);
                (key == '#').then_some(key)
            }
            Ear::Shut if self.leaving || self.keys.len() >= self.rules.type_ahead_max => {
                self.keys_dropped = self.keys_dropped.saturating_add(1);
                None
            }
            Ear::Shut => {
                self.keys.push_back(key);
                None
            }
        }
    }

    /// The next key typed ahead, when somebody listens.
    pub(super) fn next_key(&mut self) -> Option<char> {
        if !matches!(self.ear, Ear::Open | Ear::Secret) {
            return None;
        }
        let key = self.keys.pop_front()?;
        let ended = self.entry_ended.take();
        if key == '#' && ended.is_some() {
            self.note_key(key);
            return self.next_key();
        }
        Some(self.consume(key))
    }

    fn consume(&mut self, key: char) -> char {
        self.note_key(key);
        self.hush();
        self.await_key();
        key
    }

    fn note_key(&mut self, key: char) {
        let secret = self.ear == Ear::Secret;
        self.ledger.note_key(self.now - self.started, key, secret);
    }

    /// Forgets keys typed ahead, after a mistake or before an answer that must be heard. They are
    /// noted as `*`: nobody knows what they were meant for.
    pub(super) fn forget_keys(&mut self) {
        for key in std::mem::take(&mut self.keys) {
            self.ledger.note_key(self.now - self.started, key, true);
        }
    }

    /// An entry ended by its length: the `#` that the prompt asked for may still come.
    pub(super) fn entry_complete(&mut self) {
        self.entry_ended = Some(self.now);
    }

    // ---- recording ------------------------------------------------------------------------

    /// Starts the recording of the whole call.
    pub(super) fn record_whole(&mut self) {
        let record = RecordId(self.next_serial());
        let limit = self.rules.call_max + self.rules.ending_max();
        self.whole = Some(record);
        self.actions.push_back(Action::Record { record, kind: RecordingKind::WholeCall, limit });
    }

    /// Starts the recording of a message.
    pub(super) fn record_message(&mut self) {
        if self.leaves_instead() {
            return;
        }
        let (record, limit) = (RecordId(self.next_serial()), self.rules.message_limit);
        self.ear = Ear::Recording;
        self.forget_keys();
        self.message = Some(Message::Open(record));
        self.stop_asked = false;
        self.timers.set(Timer::Record, self.now + limit + self.rules.record_wait);
        self.actions.push_back(Action::Record { record, kind: RecordingKind::Message, limit });
    }

    /// Closes the message that is being recorded.
    pub(super) fn stop_message(&mut self) {
        if let Some(Message::Open(record)) = self.message
            && !self.stop_asked
        {
            self.stop_asked = true;
            self.actions.push_back(Action::StopRecord(record));
            self.timers.set(Timer::Record, self.now + self.rules.record_wait);
        }
    }

    /// Throws the message away.
    pub(super) fn discard_message(&mut self) {
        if let Some(Message::Open(record) | Message::Closed(record, _)) = self.message.take() {
            self.actions.push_back(Action::DiscardRecord(record));
        }
    }

    /// The message did not close in time: asked, then given up; the file stays on
    /// disk. True when it was given up.
    pub(super) fn record_overdue(&mut self) -> bool {
        match self.message {
            Some(Message::Open(_)) if self.stop_asked => {
                self.message = None;
                true
            }
            Some(Message::Open(_)) => {
                self.stop_message();
                false
            }
            _ => false,
        }
    }

    /// Takes a closed or failed recording. True when it was the message.
    pub(super) fn record_closed(
        &mut self,
        record: RecordId,
        summary: Option<RecordingSummary>,
    ) -> bool {
        let kind = match self.message {
            Some(Message::Open(open)) if open == record => RecordingKind::Message,
            _ if self.whole == Some(record) => RecordingKind::WholeCall,
            _ => return false,
        };
        if let Some(summary) = &summary {
            self.note(EntryKind::Recording(kind, summary.clone()));
        }
        if kind == RecordingKind::WholeCall {
            self.whole = None;
            return false;
        }
        self.timers.clear(Timer::Record);
        self.message = summary.map(|summary| Message::Closed(record, summary));
        true
    }

    // ---- the store ------------------------------------------------------------------------

    /// What the citizen left, as a contact to be stored.
    pub(super) fn intake(
        &mut self,
        kind: IntakeKind,
        contact: Option<PhoneNumber>,
        recording: Option<RecordingSummary>,
    ) -> NewIntake {
        self.intakes += 1;
        NewIntake {
            key: format!("{}/{}", self.incoming.call, self.intakes),
            kind,
            call: Some(self.incoming.call.clone()),
            contact,
            caller: self.incoming.caller.clone(),
            received_at: self.wall(),
            recording,
            text: None,
            callback: kind != IntakeKind::Voicemail,
        }
    }

    /// True while this call may open another case.
    pub(super) fn may_open(&self) -> bool {
        self.intakes < self.rules.intakes_max
    }

    /// Hands in what the citizen left and waits for the reply. Until its number was told it is
    /// handed in once more at the end of the call, then with a callback.
    pub(super) fn submit(&mut self, intake: NewIntake) {
        self.untold = Some(intake.clone());
        self.request(StoreRequest::Open(intake));
        self.timers.set(Timer::Step, self.now + self.rules.wait_notice);
    }

    /// Asks the store and waits for its reply.
    pub(super) fn request(&mut self, request: StoreRequest) {
        self.ear = Ear::Shut;
        self.timers.clear(Timer::Silence);
        self.awaited = Some(self.send(request));
        self.timers.set(Timer::Store, self.now + self.rules.store_wait);
    }

    /// Asks the store; the call goes on.
    pub(super) fn send(&mut self, request: StoreRequest) -> Ticket {
        let ticket = Ticket(self.next_serial());
        self.outstanding.push(ticket);
        self.actions.push_back(Action::Store(ticket, request));
        ticket
    }

    /// Takes a reply into the account. True when a stage waits for it.
    pub(super) fn replied(&mut self, ticket: Ticket, reply: &StoreReply) -> bool {
        let Some(at) = self.outstanding.iter().position(|&t| t == ticket) else {
            return false;
        };
        self.outstanding.swap_remove(at);
        match reply {
            StoreReply::Opened { number: Some(number), .. } => self.case_opened(*number),
            StoreReply::Opened { number: None, .. } => self.note(EntryKind::Stub),
            StoreReply::LookedUp(lookup) => {
                self.note(EntryKind::Lookup(matches!(lookup, Lookup::Found(_))));
            }
            StoreReply::Unavailable => {}
        }
        let awaited = self.awaited == Some(ticket);
        if awaited {
            self.awaited = None;
            self.timers.clear(Timer::Store);
        }
        awaited
    }

    fn case_opened(&mut self, number: CaseNumber) {
        self.fruitful = true;
        if !self.committed.contains(&number) {
            self.committed.push(number);
            self.note(EntryKind::Case(number));
        }
    }

    /// Gives the reply on, or keeps it until what is being said has ended.
    pub(super) fn hold_while_speaking(&mut self, reply: StoreReply) -> Option<StoreReply> {
        if self.speaks() {
            self.held = Some(reply);
            return None;
        }
        Some(reply)
    }

    /// The reply that waited for the end of a sentence.
    pub(super) fn take_held(&mut self) -> Option<StoreReply> {
        self.held.take()
    }

    /// The store took too long: a late reply is only noted.
    pub(super) fn give_up_waiting(&mut self) {
        self.awaited = None;
    }

    // ---- the end --------------------------------------------------------------------------

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
        if idle && matches!(self.ear, Ear::Open | Ear::Secret) {
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

    // ---- the account ----------------------------------------------------------------------

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
