//! Every way a call takes, as a transcript.

mod callback;
mod control;
mod listening_day;
mod lookup;
mod message;
mod people;
mod queue;
mod survey;

use super::*;
use crate::domain::call::{
    CallRecord, Caller, EntryKind, IntakeKind, Lookup, PlayId, RecordingKind, Seats, StoreRequest,
    Ticket,
};
use crate::domain::case::{CaseStatus, Due, State, Voiced};
use crate::units::{CallId, CaseNumber, Digit, PhoneNumber, QueryCode};
use insta::assert_snapshot;
use jiff::civil::date;
use std::collections::VecDeque;
use std::time::Duration;

const NUMBER: &str = "26112200131";
const LOOK_UP: &str = "26112200131#4821#";
const SENTENCE: Duration = Duration::from_secs(3);

/// A scripted citizen with a switch and a store that do as they are told.
struct Talk {
    call: Call,
    now: Instant,
    playing: Option<PlayId>,
    recording: Option<RecordId>,
    inputs: VecDeque<Input>,
    /// What the citizen says into the next message.
    speech: Duration,
    reply: fn(&StoreRequest) -> Option<StoreReply>,
    asked: Vec<StoreRequest>,
    last_ticket: Option<Ticket>,
    log: Vec<String>,
    record: Option<CallRecord>,
    /// Whole-call recordings that were started.
    whole: u32,
}

impl Talk {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: fn(&mut Incoming)) -> Self {
        Self::under(CallRules::default(), change)
    }

    fn under(rules: CallRules, change: fn(&mut Incoming)) -> Self {
        let (now, mut incoming) = (instant(), incoming());
        change(&mut incoming);
        let call = Call::new(Arc::new(rules), incoming, now);
        let mut talk = Self {
            call,
            now,
            playing: None,
            recording: None,
            inputs: VecDeque::new(),
            speech: Duration::from_secs(20),
            reply: |request| Some(stored(request)),
            asked: Vec::new(),
            last_ticket: None,
            log: Vec::new(),
            record: None,
            whole: 0,
        };
        talk.run();
        talk
    }

    /// Drains actions and the inputs that they cause.
    fn run(&mut self) {
        loop {
            while let Some(action) = self.call.poll_action() {
                self.carry_out(action);
            }
            let Some(input) = self.inputs.pop_front() else {
                return;
            };
            self.call.handle(self.now, input);
        }
    }

    fn carry_out(&mut self, action: Action) {
        let said = match action {
            Action::Answer => {
                self.inputs.push_back(Input::Confirmed);
                "answer".to_owned()
            }
            Action::Play { play, plan, slow } => {
                self.playing = Some(play);
                let tone = plan.pieces.contains(&crate::domain::speech::Piece::Tone);
                let tail = [(tone, " tone"), (slow, " slowly")];
                let tail = tail.iter().filter(|(on, _)| *on).map(|(_, word)| *word);
                format!("say {}", plan.ids.join(" ")) + &tail.collect::<String>()
            }
            Action::StopPlay => {
                self.playing = None;
                return;
            }
            Action::PlayOver { play, plan, .. } => {
                self.playing = Some(play);
                format!("say over {}", plan.ids.join(" "))
            }
            Action::Music(on) => format!("music {}", if on { "on" } else { "off" }),
            Action::Seek { group, from } => format!("seek {group} from {from:?}"),
            Action::PauseSeeking => "pause seeking".to_owned(),
            Action::ResumeSeeking => "resume seeking".to_owned(),
            Action::StopSeeking(why) => format!("stop seeking: {why:?}"),
            Action::KeepPlace(kept) => format!("keep place for *{}", kept.phone.tail4()),
            Action::Record { record, kind, .. } => {
                if kind == RecordingKind::WholeCall {
                    self.whole += 1;
                    return;
                }
                self.recording = Some(record);
                "record".to_owned()
            }
            Action::StopRecord(record) => {
                let summary = summary(self.speech);
                self.inputs.push_back(Input::Recorded(record, summary));
                if self.recording.take() != Some(record) {
                    return;
                }
                "stop recording".to_owned()
            }
            Action::DiscardRecord(_) => "discard".to_owned(),
            Action::Replay { play, .. } => {
                self.playing = Some(play);
                "replay".to_owned()
            }
            Action::Store(ticket, request) => {
                if let Some(reply) = (self.reply)(&request) {
                    self.inputs.push_back(Input::Stored(ticket, reply));
                }
                self.last_ticket = Some(ticket);
                let line = wish(&request);
                self.asked.push(request);
                line
            }
            Action::HangUp => {
                self.inputs.push_back(Input::HungUp(EndedBy::Service));
                "hang up".to_owned()
            }
            Action::Finish(record) => {
                let line = format!("finish by {:?}", record.ended_by);
                self.record = Some(*record);
                line
            }
        };
        self.log.push(said);
    }

    fn give(&mut self, input: Input) -> &mut Self {
        self.inputs.push_back(input);
        self.run();
        self
    }

    /// Hears out everything that is said without a key.
    fn hear(&mut self) -> &mut Self {
        while let Some(play) = self.playing.take() {
            self.now += SENTENCE;
            self.give(Input::PlayDone(play));
        }
        self
    }

    fn press(&mut self, keys: &str) -> &mut Self {
        self.log.push(format!("> press {keys}"));
        for key in keys.chars() {
            self.now += Duration::from_millis(200);
            self.give(Input::Digit(Digit::new(key).unwrap()));
        }
        self
    }

    /// Lets time pass to the next timer.
    fn wait(&mut self) -> &mut Self {
        self.log.push("> silence".to_owned());
        self.now = self.call.poll_timeout().unwrap();
        self.give(Input::Timeout)
    }

    fn hang_up(&mut self) -> &mut Self {
        self.log.push("> hang up".to_owned());
        self.give(Input::HungUp(EndedBy::Citizen))
    }

    fn speaks(&mut self, seconds: u64) -> &mut Self {
        self.speech = Duration::from_secs(seconds);
        self
    }

    fn store(&mut self, reply: fn(&StoreRequest) -> Option<StoreReply>) -> &mut Self {
        self.reply = reply;
        self
    }

    /// What happened since the last look.
    fn story(&mut self) -> String {
        std::mem::take(&mut self.log).join("\n")
    }

    /// Past the greeting, without its lines.
    fn at_menu() -> Self {
        let mut talk = Self::new();
        talk.hear().story();
        talk
    }

    fn account(&self) -> String {
        let entries = &self.record.as_ref().expect("the call is over").entries;
        let words = entries.iter().map(|entry| match &entry.kind {
            EntryKind::Prompt(id) => id.clone(),
            EntryKind::Digit(key) => format!("[{key}]"),
            EntryKind::Recording(kind, _) => format!("{kind:?}"),
            EntryKind::Case(number) => format!("case:{number}"),
            EntryKind::Lookup(answered) => format!("lookup:{answered}"),
            EntryKind::Stub => "stub".to_owned(),
            EntryKind::Attended(seat) => {
                format!("attended:{}", seat.as_ref().map_or("", |s| s.as_str()))
            }
            EntryKind::Grade(grade) => format!("grade:{grade}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

#[allow(clippy::disallowed_methods)] // the origin of a virtual clock; only differences count
fn instant() -> Instant {
    Instant::now()
}

fn incoming() -> Incoming {
    Incoming {
        call: CallId::new("g1", 1_795_000_000_000, 1),
        caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
        called: "12345".to_owned(),
        at: "2026-11-22T10:00:00+08:00".parse().unwrap(),
        seats: Seats::None,
        store_up: true,
    }
}

fn wish(request: &StoreRequest) -> String {
    match request {
        StoreRequest::Open(intake) => {
            let call_back = if intake.callback { ", call back" } else { "" };
            format!("store {:?} {}{call_back}", intake.kind, intake.key)
        }
        StoreRequest::LookUp { number, .. } => format!("look up {number}"),
    }
}

fn summary(speech: Duration) -> RecordingSummary {
    RecordingSummary {
        file: "recordings/x.wav".to_owned(),
        duration: speech + Duration::from_secs(1),
        speech,
        sha256: [0; 32],
    }
}

fn stored(request: &StoreRequest) -> StoreReply {
    match request {
        StoreRequest::Open(intake) if intake.kind == IntakeKind::Abandoned => {
            StoreReply::Opened { number: None, code: None }
        }
        StoreRequest::Open(_) => StoreReply::Opened {
            number: CaseNumber::parse(NUMBER).ok(),
            code: QueryCode::new(4821),
        },
        StoreRequest::LookUp { code, .. } if code.reveal() == "4821" => {
            StoreReply::LookedUp(Lookup::Found(Box::new(status(State::Handling))))
        }
        StoreRequest::LookUp { .. } => StoreReply::LookedUp(Lookup::Wrong),
    }
}

fn status(state: State) -> CaseStatus {
    CaseStatus {
        number: CaseNumber::parse(NUMBER).unwrap(),
        received_on: date(2026, 11, 22),
        nature: Some("nature.help".to_owned()),
        state,
        unit: Some("unit.01".to_owned()),
        round: 1,
        answered_directly: false,
        closed_on: None,
        merged_into: None,
        channel: None,
        due: Some(Due { on: date(2026, 11, 27), today: date(2026, 11, 24), extended: None }),
        unit_phone: None,
        voiced: Voiced::default(),
    }
}

fn contact(talk: &Talk) -> String {
    match talk.asked.last() {
        Some(StoreRequest::Open(intake)) => intake.contact.as_ref().unwrap().as_str().to_owned(),
        _ => String::new(),
    }
}

fn last_ticket(talk: &Talk) -> Ticket {
    talk.last_ticket.unwrap()
}
