//! One citizen's call in a model world, checked after every step.

use crate::dice::Dice;
use crate::model::{MOODS, Store, TEMPERS, Temper, keys, summary};
use crate::people::{People, seats};
use mayorline::domain::call::{
    Action, Call, CallRecord, CallRules, Caller, EndedBy, EntryKind, Incoming, Input, IntakeKind,
    Lookup, PlayId, RecordId, RecordingKind, RecordingSummary, StoreReply, StoreRequest, Ticket,
};
use mayorline::domain::speech::{self, Plan, PromptId};
use mayorline::units::{CallId, CaseNumber, Digit, PhoneNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What at least one of the default seeds must reach.
pub(crate) const CORNERS: &[&str] = &[
    "G08N",
    "B03",
    "B04",
    "X03N",
    "X04N",
    "X05",
    "X06N",
    "X11",
    "X12",
    "X13",
    "X14",
    "M03",
    "M05",
    "M05C",
    "M08",
    "M09",
    "M10",
    "M11",
    "M12",
    "M13",
    "M16",
    "M17",
    "Q07",
    "Q08N",
    "L03",
    "L04",
    "L05",
    "L06N",
    "ST13",
    "DL02",
    "DL03",
    "DL04N",
    "DL05",
    "replay",
    "G03",
    "G05",
    "G08",
    "Q01",
    "Q02",
    "Q03",
    "Q04",
    "Q04N",
    "Q08",
    "A01",
    "A02",
    "A02N",
    "A03",
    "D01",
    "D02",
    "D03",
    "D04",
    "D05",
    "D06",
    "D07",
    "L06",
    "L08",
    "V01",
    "V02",
    "V03",
    "X03",
    "X04",
    "X10",
    "attended",
    "grade",
    "place kept",
    "notice over the talk",
    "broken off",
    "stub",
    "case",
    "saved late",
    "saved after hang-up",
    "by Citizen",
    "by Service",
    "by Network",
    "by Shutdown",
];

/// Steps in one call; far more than any call can take.
const STEPS_MAX: usize = 20_000;

/// What a run showed.
pub(crate) struct Outcome {
    /// A hash over all inputs and actions and their times.
    pub(crate) trace: u64,
    /// Corners that were reached.
    pub(crate) marks: BTreeSet<String>,
}

/// Calls that one seed leads, one after the other: some hundred inputs together.
const CALLS_PER_SEED: u64 = 8;

/// Runs the calls of a seed to their ends.
pub(crate) fn run(seed: u64, verbose: bool) -> Outcome {
    let mut whole = Outcome { trace: 0, marks: BTreeSet::new() };
    for serial in 0..CALLS_PER_SEED {
        let one = run_one(seed * CALLS_PER_SEED + serial, verbose);
        whole.trace = whole.trace.rotate_left(7) ^ one.trace;
        whole.marks.extend(one.marks);
    }
    whole
}

fn run_one(seed: u64, verbose: bool) -> Outcome {
    let mut world = World::new(seed, verbose);
    for _ in 0..STEPS_MAX {
        if world.record.is_some() {
            break;
        }
        world.step();
    }
    world.check_end();
    Outcome { trace: world.trace, marks: world.marks }
}

struct World {
    dice: Dice,
    temper: Temper,
    store: Store,
    people: People,
    people_at: Instant,
    /// Citizens hang up this often, per mille of their turns.
    impatience: u64,
    /// How often media or timing misbehaves, per mille.
    trouble: u64,
    rules: Arc<CallRules>,
    call: Call,
    start: Instant,
    now: Instant,
    /// What will happen, by time; the serial keeps the order of equals.
    due: BTreeMap<(Instant, u64), Input>,
    serial: u64,
    citizen_at: Instant,
    typing: Vec<char>,
    heard: String,
    verbose: bool,
    trace: u64,
    marks: BTreeSet<String>,
    // The shadow of what was promised.
    last_play: Option<PlayId>,
    /// What sounds, and when it is taken as ended.
    sounds: Option<(PlayId, Instant)>,
    /// The last play over a talk.
    over: Option<PlayId>,
    committed: Vec<CaseNumber>,
    open_records: BTreeMap<RecordId, (RecordingKind, Instant)>,
    kept_messages: BTreeMap<RecordId, RecordingSummary>,
    handed_in: BTreeSet<String>,
    asked: BTreeMap<Ticket, (StoreRequest, Instant)>,
    opens_asked: u32,
    refused_at: Option<Instant>,
    /// Submitted messages by key, and whether the number was heard or a callback asked for.
    numbers_due: BTreeMap<String, bool>,
    /// The play that tells a number, and when it is taken as ended.
    telling: Option<(PlayId, Instant)>,
    hung_up: bool,
    hang_ups: u32,
    record: Option<CallRecord>,
}

impl World {
    fn new(seed: u64, verbose: bool) -> Self {
        let mut dice = Dice::new(seed);
        let temper = TEMPERS[dice.weighted(&TEMPERS.map(|(_, weight)| weight))].0;
        let mood = MOODS[dice.weighted(&MOODS.map(|(_, weight)| weight))].0;
        let rules = Arc::new(CallRules {
            // Some seeds have short calls so that the limits are reached.
            call_max: Duration::from_secs(if dice.chance(150) { 90 } else { 1200 }),
            talk_max: Duration::from_secs(if dice.chance(150) { 90 } else { 3600 }),
            wait_max: Duration::from_secs(if dice.chance(300) { 100 } else { 900 }),
            ..CallRules::default()
        });
        #[allow(clippy::disallowed_methods)]
        // the origin of a virtual clock; only differences count
        let start = Instant::now();
        let people = People::new(&mut dice);
        let call = Call::new(Arc::clone(&rules), incoming(&mut dice), start);
        let mut world = Self {
            temper,
            store: Store::new(mood),
            people,
            people_at: start,
            impatience: *dice.pick(&[0, 0, 5, 20, 100]),
            trouble: *dice.pick(&[0, 0, 5, 30]),
            dice,
            rules,
            call,
            start,
            now: start,
            due: BTreeMap::new(),
            serial: 0,
            citizen_at: start,
            typing: Vec::new(),
            heard: String::new(),
            verbose,
            trace: 0xCBF2_9CE4_8422_2325,
            marks: BTreeSet::new(),
            last_play: None,
            sounds: None,
            over: None,
            committed: Vec::new(),
            open_records: BTreeMap::new(),
            kept_messages: BTreeMap::new(),
            handed_in: BTreeSet::new(),
            asked: BTreeMap::new(),
            opens_asked: 0,
            refused_at: None,
            numbers_due: BTreeMap::new(),
            telling: None,
            hung_up: false,
            hang_ups: 0,
            record: None,
        };
        world.note(&format!("{temper:?} citizen, {mood:?} store"));
        world.drain();
        world
    }

    /// The next thing that happens: of the world, of the citizen, or a timeout.
    fn step(&mut self) {
        let world_at = self.due.keys().next().copied();
        let timeout = self.call.poll_timeout();
        let citizen = (!self.hung_up).then_some(self.citizen_at);
        let people = (!self.hung_up).then_some(self.people_at);
        let next = [world_at.map(|(at, _)| at), timeout, citizen, people];
        let next = next.into_iter().flatten().min();
        self.now = next.expect("I3: a call that runs waits for something").max(self.now);
        if let Some(key) = world_at.filter(|(at, _)| *at <= self.now) {
            let input = self.due.remove(&key).expect("it was just seen");
            self.give(input);
        } else if citizen.is_some_and(|at| at <= self.now) {
            self.citizen_acts();
        } else if people.is_some_and(|at| at <= self.now) {
            self.people_at = self.now + self.dice.millis(500, 15_000);
            if let Some(input) = self.people.act(&mut self.dice) {
                self.give(input);
            }
        } else {
            self.give(Input::Timeout);
            let again = self.call.poll_timeout();
            assert!(again.is_none_or(|at| at > self.now), "I3: a timeout never spins");
        }
    }

    fn citizen_acts(&mut self) {
        self.citizen_at = self.now + self.dice.millis(100, 5_000);
        if self.dice.chance(self.impatience) {
            let by = *self.dice.pick(&[EndedBy::Citizen, EndedBy::Citizen, EndedBy::Network]);
            return self.give(Input::HungUp(by));
        }
        if self.dice.chance(self.trouble) {
            return self.trouble();
        }
        if self.typing.is_empty() {
            let typed = keys(&mut self.dice, self.temper, &self.heard).unwrap_or_default();
            self.typing = typed.chars().rev().collect();
        }
        if let Some(key) = self.typing.pop() {
            if !self.typing.is_empty() {
                self.citizen_at = self.now + self.dice.millis(80, 400);
            }
            self.give(Input::Digit(Digit::new(key).expect("a key")));
        }
    }

    /// Inputs that the switch should not give, or gives seldom.
    fn trouble(&mut self) {
        let stray = PlayId(self.dice.below(40).try_into().unwrap_or(0));
        let input = match self.dice.below(8) {
            0 => Input::MediaLost,
            1 => Input::Drain,
            2 => Input::Confirmed,
            3 => Input::Timeout,
            4 if Some(stray) != self.last_play => Input::PlayDone(stray),
            5 => Input::Stored(Ticket(9_999), StoreReply::Unavailable),
            6 => Input::RecordFailed(RecordId(9_999)),
            _ => Input::Recorded(RecordId(9_999), summary(9_999, Duration::from_secs(9))),
        };
        self.give(input);
    }

    fn give(&mut self, input: Input) {
        self.note(&format!("< {input:?}"));
        self.observe(&input);
        let found = self.people.told(&input);
        self.call.handle(self.now, input);
        self.drain();
        if found {
            let over = |(play, _)| self.over == Some(play);
            assert!(self.sounds.is_none_or(over), "I14: a person's answer silences the prompt");
            assert!(!self.people.music(), "I14: no music into a talk");
        }
        assert_eq!(self.call.is_over(), self.record.is_some(), "I2: over means accounted for");
        assert!(
            self.record.is_some() || self.call.poll_timeout().is_some(),
            "I3: a call that runs has a timer"
        );
        let rules = &self.rules;
        let longest = if self.people.talked() { rules.longest() } else { rules.call_max };
        let longest = longest + rules.ending_max();
        assert!(self.now <= self.start + longest, "I6: a call ends within its limit");
    }

    /// The shadow follows what the call is told.
    fn observe(&mut self, input: &Input) {
        let heard = self.telling.is_some_and(|(play, until)| {
            *input == Input::PlayDone(play) || (*input == Input::Timeout && self.now >= until)
        });
        if heard && !self.hung_up {
            self.numbers_due.values_mut().for_each(|told| *told = true);
        }
        match input {
            Input::HungUp(_) => self.hung_up = true,
            Input::PlayDone(play) if self.sounds.is_some_and(|(sounds, _)| sounds == *play) => {
                self.sounds = None;
            }
            Input::Timeout if self.sounds.is_some_and(|(_, until)| self.now >= until) => {
                self.sounds = None;
            }
            Input::Recorded(record, summary) => {
                if let Some((RecordingKind::Message, _)) = self.open_records.remove(record)
                    && summary.speech >= self.rules.message_speech_min
                {
                    self.kept_messages.insert(*record, summary.clone());
                }
            }
            Input::RecordFailed(record) => {
                self.open_records.remove(record);
            }
            Input::Stored(ticket, reply) => self.observe_reply(*ticket, reply),
            _ => {}
        }
    }

    fn observe_reply(&mut self, ticket: Ticket, reply: &StoreReply) {
        let Some((_, asked_at)) = self.asked.remove(&ticket) else {
            return;
        };
        match reply {
            StoreReply::Opened { number: Some(number), .. } => {
                self.committed.push(*number);
                let late = self.now - asked_at > self.rules.store_wait;
                self.mark_if(late, "saved late");
                self.mark_if(self.hung_up, "saved after hang-up");
            }
            StoreReply::LookedUp(Lookup::Wrong | Lookup::Locked) => {
                self.refused_at = Some(asked_at + self.rules.lookup_refusal_delay);
            }
            _ => {}
        }
    }

    fn drain(&mut self) {
        while let Some(action) = self.call.poll_action() {
            self.note(&format!("> {action:?}"));
            assert!(self.record.is_none(), "I2: nothing follows the account");
            self.people.asked(&action);
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Answer => self.later(1, 300, Input::Confirmed),
            Action::Play { play, plan, .. } => self.play(play, &plan),
            Action::StopPlay => {
                self.last_play = None;
                self.sounds = None;
                self.telling = None;
            }
            Action::Replay { play, record } => {
                assert!(self.kept_messages.contains_key(&record), "only a closed one is replayed");
                self.heard = "replay".to_owned();
                self.mark_if(true, "replay");
                self.start_play(play);
                // It is taken as ended sooner than a prompt, by its length.
                self.sounds = None;
            }
            Action::Record { record, kind, limit } => self.start_record(record, kind, limit),
            Action::StopRecord(record) => self.stop_record(record),
            Action::DiscardRecord(record) => {
                self.kept_messages.remove(&record);
            }
            Action::Store(ticket, request) => self.ask_store(ticket, request),
            Action::HangUp => {
                assert!(!self.hung_up, "I4: nothing is done on a call that is over");
                self.hang_ups += 1;
                assert_eq!(self.hang_ups, 1, "one hang-up is enough");
                if !self.dice.chance(self.trouble) {
                    self.later(1, 500, Input::HungUp(EndedBy::Service));
                }
            }
            Action::Finish(record) => self.record = Some(*record),
            Action::PlayOver { play, plan, .. } => {
                self.play(play, &plan);
                self.over = Some(play);
                self.mark_if(plan.ids.contains(&"G02"), "notice over the talk");
            }
            Action::KeepPlace(_) => self.mark_if(true, "place kept"),
            Action::Music(_)
            | Action::Seek { .. }
            | Action::PauseSeeking
            | Action::ResumeSeeking
            | Action::StopSeeking(_) => {}
        }
    }

    fn play(&mut self, play: PlayId, plan: &Plan) {
        self.heard = plan.ids.last().copied().unwrap_or_default().to_owned();
        for id in &plan.ids {
            self.marks.insert((*id).to_owned());
        }
        if plan.ids.iter().any(|id| ["M05", "M05C"].contains(id)) {
            let told = |id, number| {
                let words = speech::plan(id, &[("case_no", speech::Value::Case(number))]).pieces;
                plan.pieces.windows(words.len()).any(|window| window == words)
            };
            let known = self.committed.iter().any(|number| {
                [PromptId::M05, PromptId::M05C].into_iter().any(|id| told(id, *number))
            });
            assert!(known, "I1: no number is spoken before its commit");
        }
        if plan.ids.iter().any(|id| ["L05", "L05N"].contains(id))
            && let Some(earliest) = self.refused_at.take()
        {
            assert!(self.now >= earliest, "I8: a refusal never comes early");
        }
        self.start_play(play);
        if plan.ids.contains(&"M05") {
            self.telling = Some((play, self.now + self.rules.play_max));
        }
    }

    fn start_play(&mut self, play: PlayId) {
        assert!(!self.hung_up, "I4: nothing is played after the call");
        assert!(self.last_play.is_none_or(|last| play > last), "I5: plays are numbered upward");
        // What is replaced never reports its end.
        self.due.retain(|_, input| !matches!(input, Input::PlayDone(_)));
        self.last_play = Some(play);
        self.sounds = Some((play, self.now + self.rules.play_max));
        self.telling = None;
        if !self.dice.chance(self.trouble) {
            self.later(500, 9_000, Input::PlayDone(play));
        }
    }

    fn start_record(&mut self, record: RecordId, kind: RecordingKind, limit: Duration) {
        assert!(!self.hung_up, "I4: nothing is recorded after the call");
        self.open_records.insert(record, (kind, self.now));
        if kind == RecordingKind::WholeCall {
            return;
        }
        self.heard = "record".to_owned();
        if self.dice.chance(self.trouble) {
            self.later(10, 900, Input::RecordFailed(record));
        } else if !self.dice.chance(self.trouble) {
            let closed = Input::Recorded(record, summary(record.0, limit));
            self.schedule(self.now + limit, closed);
        }
    }

    fn stop_record(&mut self, record: RecordId) {
        let Some((_, began)) = self.open_records.get(&record).copied() else {
            return;
        };
        self.due.retain(|_, input| !matches!(input, Input::Recorded(r, _) if *r == record));
        let lasted = self.now - began;
        let speech = if self.dice.chance(700) { lasted } else { Duration::ZERO };
        let wrong = self.dice.chance(self.trouble);
        match (wrong, self.dice.chance(500)) {
            (true, true) => self.later(1, 300, Input::RecordFailed(record)),
            (true, false) => {}
            _ => self.later(1, 300, Input::Recorded(record, summary(record.0, speech))),
        }
    }

    fn ask_store(&mut self, ticket: Ticket, request: StoreRequest) {
        if let StoreRequest::Open(intake) = &request {
            self.opens_asked += 1;
            self.handed_in.extend(intake.recording.iter().map(|r| r.file.clone()));
            if intake.kind == IntakeKind::Voicemail {
                let told = self.numbers_due.entry(intake.key.clone()).or_default();
                *told |= intake.callback;
            }
            let abandoned = intake.kind == IntakeKind::Abandoned;
            assert!(!abandoned || self.hung_up || self.hang_ups > 0, "a stub is made at the end");
        }
        if let Some((after, reply)) = self.store.reply(&mut self.dice, &request) {
            self.schedule(self.now + after, Input::Stored(ticket, reply));
        }
        assert!(self.asked.insert(ticket, (request, self.now)).is_none(), "tickets are unique");
    }

    fn later(&mut self, from: u64, to: u64, input: Input) {
        let at = self.now + self.dice.millis(from, to);
        self.schedule(at, input);
    }

    fn schedule(&mut self, at: Instant, input: Input) {
        self.serial += 1;
        self.due.insert((at, self.serial), input);
    }

    fn note(&mut self, what: &str) {
        let line = format!("{:>9} {what}", (self.now - self.start).as_millis());
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3); // FNV-1a
        }
        if self.verbose {
            println!("{line}");
        }
    }

    fn mark_if(&mut self, condition: bool, mark: &str) {
        if condition {
            self.marks.insert(mark.to_owned());
        }
    }

    fn check_end(&mut self) {
        let record = self.record.take().expect("I6: the call came to its end");
        self.marks.insert(format!("by {:?}", record.ended_by));
        let came = |f: fn(&EntryKind) -> bool| record.entries.iter().any(|e| f(&e.kind));
        let case = came(|kind| matches!(kind, EntryKind::Case(_)));
        let stub = came(|kind| matches!(kind, EntryKind::Stub));
        let looked_up = came(|kind| matches!(kind, EntryKind::Lookup(true)));
        self.mark_if(case, "case");
        self.mark_if(stub, "stub");
        self.mark_if(came(|kind| matches!(kind, EntryKind::Attended(_))), "attended");
        self.mark_if(came(|kind| matches!(kind, EntryKind::Grade(1..=4))), "grade");
        self.mark_if(self.people.broken_off(), "broken off");
        self.people.check_end(&record);
        assert!(
            case || stub || looked_up || self.opens_asked > 0,
            "I7: every answered call is accounted for"
        );
        for summary in self.kept_messages.values() {
            assert!(self.handed_in.contains(&summary.file), "I9: no message is lost: {summary:?}");
        }
        let untold: Vec<_> = self.numbers_due.iter().filter(|(_, told)| !**told).collect();
        assert!(untold.is_empty(), "I11: who did not hear his number is called back: {untold:?}");
        assert!(record.entries.windows(2).all(|w| w[0].at <= w[1].at), "entries are in order");
        assert!(record.entries.len() <= self.rules.entries_max * 2, "the account is bounded");
        check_codes_hidden(&record);
    }
}

/// Questions that digits are keyed in for.
const ENTRIES: [&str; 4] = ["L01", "L02", "Q06", "Q09N"];

/// I10: between the question for a number or a code and the next prompt no digit stands in clear.
fn check_codes_hidden(record: &CallRecord) {
    let mut secret = false;
    for entry in &record.entries {
        match &entry.kind {
            EntryKind::Prompt(id) => secret = ENTRIES.contains(&id.as_str()),
            EntryKind::Digit(key) => {
                assert!(!secret || !key.is_ascii_digit(), "I10: what is keyed in is hidden");
            }
            _ => {}
        }
    }
}

fn incoming(dice: &mut Dice) -> Incoming {
    let number = dice.chance(800).then(|| PhoneNumber::parse("19900000017").ok()).flatten();
    Incoming {
        call: CallId::new("g1", 1_795_000_000_000, 1),
        caller: Caller { number, display: None },
        called: "12345".to_owned(),
        at: "2026-11-22T10:00:00+08:00".parse().expect("a time"),
        seats: seats(dice),
        store_up: dice.chance(930),
    }
}
