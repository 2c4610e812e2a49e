//! Every way a call takes, as a transcript.

use super::*;
use crate::domain::call::{
    CallRecord, Caller, EntryKind, IntakeKind, Lookup, PlayId, RecordingKind, Seats, StoreRequest,
};
use crate::domain::case::{CaseStatus, Due, State};
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
    log: Vec<String>,
    record: Option<CallRecord>,
}

impl Talk {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: fn(&mut Incoming)) -> Self {
        let now = Instant::now();
        let mut incoming = Incoming {
            call: CallId::new("g1", 1_795_000_000_000, 1),
            caller: Caller { number: PhoneNumber::parse("19900000017").ok(), display: None },
            called: "12345".to_owned(),
            at: "2026-11-22T10:00:00+08:00".parse().unwrap(),
            seats: Seats::None,
            store_up: true,
        };
        change(&mut incoming);
        let call = Call::new(Arc::new(CallRules::default()), incoming, now);
        let mut talk = Self {
            call,
            now,
            playing: None,
            recording: None,
            inputs: VecDeque::new(),
            speech: Duration::from_secs(20),
            reply: |request| Some(stored(request)),
            asked: Vec::new(),
            log: Vec::new(),
            record: None,
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
            Action::Record { record, kind, .. } => {
                if kind == RecordingKind::WholeCall {
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
        });
        words.collect::<Vec<_>>().join(" ")
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
    }
}

#[test]
fn the_greeting_is_said_in_full_before_the_menu() {
    let mut talk = Talk::new();
    assert_snapshot!(talk.hear().story(), @r"
    answer
    say G01 G02
    say B01 G04 G03N
    ");
}

#[test]
fn a_message_becomes_a_case_and_its_number_is_told_after_the_commit() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().press("1").hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M14 M05 M06
    say M15
    > silence
    say X08
    hang up
    finish by Service
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [2] M01 M02 [#] Message M04 [1] case:26112200131 M14 M05 M06 M15 X08 WholeCall");
}

#[test]
fn a_citizen_who_presses_nothing_can_simply_speak() {
    let mut talk = Talk::at_menu();
    talk.wait().hear().wait().hear().press("#").hear().wait().hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say X02 X09 G03N
    > silence
    say B04 M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > silence
    say X02 X09 M04
    > silence
    store Voicemail g1-01a1ee565e00-0001/1
    say M16
    say M14 M05 M06
    say M15
    ");
}

#[test]
fn a_hang_up_while_recording_still_hands_the_message_in() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > hang up
    stop recording
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_hang_up_at_the_menu_leaves_a_stub_with_a_callback() {
    let mut talk = Talk::at_menu();
    talk.hang_up();
    assert_snapshot!(talk.story(), @r"
    > hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N WholeCall stub");
}

#[test]
fn a_look_up_is_answered() {
    let mut talk = Talk::at_menu();
    talk.press("1").hear().press(LOOK_UP).hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    say L01
    > press 26112200131#4821#
    say L02
    look up 26112200131
    say L07 ST05 DL01 DL02 L08N
    > silence
    say X08
    hang up
    finish by Service
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [1] L01 [2] [6] [1] [1] [2] [2] [0] [0] [1] [3] [1] L02 [#] [*] [*] [*] [*] lookup:true L07 ST05 DL01 DL02 L08N [#] X08 WholeCall");
}
