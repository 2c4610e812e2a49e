//! Every way a call takes, as a transcript.

use super::*;
use crate::domain::call::{
    CallRecord, Caller, EntryKind, IntakeKind, Lookup, PlayId, RecordingKind, Seats, StoreRequest,
    Ticket,
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
    last_ticket: Option<Ticket>,
    log: Vec<String>,
    record: Option<CallRecord>,
}

impl Talk {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: fn(&mut Incoming)) -> Self {
        let (now, mut incoming) = (instant(), incoming());
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
            last_ticket: None,
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

#[test]
fn keys_typed_during_the_greeting_are_kept_and_codes_stay_hidden() {
    let mut talk = Talk::new();
    talk.press("126112200131#4821#").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    > press 126112200131#4821#
    look up 26112200131
    say L07 ST05 DL01 DL02 L08N
    > hang up
    finish by Citizen
    ");
    assert_snapshot!(talk.account(), @"G01 G02 [1] [2] [6] [1] [1] [2] [2] [0] [0] [1] [3] [1] [#] [*] [*] [*] [*] lookup:true [#] L07 ST05 DL01 DL02 L08N WholeCall");
}

#[test]
fn keys_that_nobody_listened_for_are_kept_as_stars() {
    let mut talk = Talk::new();
    talk.press("4821").hang_up();
    assert_snapshot!(talk.account(), @"G01 G02 [*] [*] [*] [*] stub");
}

#[test]
fn unknown_number_wrong_code_and_locked_case_sound_the_same_at_the_same_delay() {
    let replies: [fn(&StoreRequest) -> Option<StoreReply>; 2] = [
        |_| Some(StoreReply::LookedUp(Lookup::Wrong)),
        |_| Some(StoreReply::LookedUp(Lookup::Locked)),
    ];
    let stories = replies.map(|reply| {
        let mut talk = Talk::at_menu();
        talk.store(reply).press("1").hear().press("26112200131#0000");
        let asked_at = talk.now;
        talk.story();
        talk.wait();
        assert_eq!(talk.now - asked_at, CallRules::default().lookup_refusal_delay);
        talk.story()
    });
    assert_eq!(stories, ["> silence\nsay L05 L01", "> silence\nsay L05 L01"]);
}

#[test]
fn three_wrong_tries_end_the_look_ups_of_a_call() {
    let mut talk = Talk::at_menu();
    talk.press("1").hear();
    for _ in 0..3 {
        talk.press("26112200131#0000").wait().hear();
    }
    talk.press("1");
    assert_snapshot!(talk.story(), @r"
    > press 1
    say L01
    > press 26112200131#0000
    say L02
    look up 26112200131
    > silence
    say L05 L01
    > press 26112200131#0000
    say L02
    look up 26112200131
    > silence
    say L05 L01
    > press 26112200131#0000
    say L02
    look up 26112200131
    > silence
    say L05N L06N B01 B02 B03
    > press 1
    say L06N B01 B02 B03
    ");
}

#[test]
fn a_number_that_cannot_be_right_never_reaches_the_store() {
    let mut talk = Talk::at_menu();
    talk.press("1").hear().press("26112200132").hear().press("123#").hear().press("*");
    assert_snapshot!(talk.story(), @r"
    > press 1
    say L01
    > press 26112200132
    say L04 L09 L01
    > press 123#
    say L04 L09 L01
    > press *
    say G03N
    ");
}

#[test]
fn a_slow_look_up_is_announced_and_its_answer_waits_for_the_end_of_the_sentence() {
    let mut talk = Talk::at_menu();
    talk.store(|_| None).press("1").hear().press("26112200131#4821").story();
    let found = Lookup::Found(Box::new(status(State::Accepted)));
    let reply = Input::Stored(last_ticket(&talk), StoreReply::LookedUp(found));
    talk.wait().wait().give(reply);
    assert_snapshot!(talk.story(), @r"
    > silence
    > silence
    say L03
    ");
    talk.hear();
    assert_snapshot!(talk.story(), @"say L07 ST01 DL01 DL02 L08N");
}

#[test]
fn a_look_up_without_reply_is_maintenance_and_leaves_a_stub() {
    let mut talk = Talk::at_menu();
    talk.store(|_| None).press("1").hear().press("26112200131#4821").story();
    talk.wait().wait().hear().wait().hear().wait();
    assert_snapshot!(talk.story(), @r"
    > silence
    > silence
    say L03
    > silence
    say X04N X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    > silence
    finish by Service
    ");
}

#[test]
fn a_message_can_be_heard_made_again_and_cancelled() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().press("2").hear().press("3").hear();
    talk.press("#").hear().press("0").hear().press("4").hear().hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > press 2
    say M17
    replay
    say M04
    > press 3
    discard
    say  tone
    record
    > press #
    stop recording
    say M04
    > press 0
    say B01 M04
    > press 4
    discard
    say M09 G03N
    > hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_silent_message_is_asked_for_once_more() {
    let mut talk = Talk::at_menu();
    talk.speaks(1).press("2").hear().press("#").hear().press("#").hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    discard
    say M08 tone
    record
    > press #
    stop recording
    discard
    say M13 G03N
    ");
}

#[test]
fn a_silent_line_is_left_with_a_stub() {
    let mut talk = Talk::at_menu();
    talk.speaks(0).wait().hear().wait().hear().press("#").hear().press("#").hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say X02 X09 G03N
    > silence
    say B04 M01 M02 tone
    record
    > press #
    stop recording
    discard
    say M08 tone
    record
    > press #
    stop recording
    discard
    say M13 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn the_longest_message_is_announced_and_closed() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().wait().hear();
    let (record, limit) = (talk.recording.take().unwrap(), CallRules::default().message_limit);
    talk.give(Input::Recorded(record, summary(limit))).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > silence
    say M03
    say M11 M04
    ");
}

#[test]
fn a_message_that_cannot_be_written_is_said_honestly() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear();
    let record = talk.recording.take().unwrap();
    talk.give(Input::RecordFailed(record)).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    say M10 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_message_that_is_not_committed_gets_no_number_and_is_handed_in_again() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().story();
    talk.store(|_| Some(StoreReply::Unavailable)).press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 1
    store Voicemail g1-01a1ee565e00-0001/1
    say M10 X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_late_commit_is_noted_but_not_spoken() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().store(|_| None).press("1").story();
    let ticket = last_ticket(&talk);
    talk.wait().hear().wait();
    let late = stored(&talk.asked[0]);
    talk.give(Input::Stored(ticket, late)).store(|request| Some(stored(request))).hear();
    assert_snapshot!(talk.story(), @r"
    > silence
    say M12
    > silence
    say M10 X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
    assert_snapshot!(talk.account(), @"G01 G02 B01 G04 G03N [2] M01 M02 [#] Message M04 [1] M12 M10 X08 case:26112200131 WholeCall");
}

#[test]
fn a_hang_up_before_the_number_was_told_asks_for_a_callback() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hear().press("1").hang_up();
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
    > hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_hang_up_at_the_choice_hands_the_message_in() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().press("#").hang_up();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    > press #
    stop recording
    say M04
    > hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Citizen
    ");
}

#[test]
fn a_callback_goes_to_the_number_that_called() {
    let mut talk = Talk::at_menu();
    talk.press("3").hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
    assert_eq!(contact(&talk), "19900000017");
}

#[test]
fn a_callback_goes_to_another_number_once_it_can_be_one() {
    let mut talk = Talk::at_menu();
    talk.press("3").hear().press("2").hear().press("123#").hear().press("05370000000#");
    talk.hear().press("1").hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > press 2
    say Q06
    > press 123#
    say X01 Q06
    > press 05370000000#
    say Q07
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
    assert_eq!(contact(&talk), "05370000000");
}

#[test]
fn a_withheld_number_is_asked_for() {
    let mut talk = Talk::with(|incoming| incoming.caller.number = None);
    talk.hear().press("3").hear().story();
    talk.press("19900000017").hear().press("1");
    assert_snapshot!(talk.story(), @r"
    > press 19900000017
    say Q07
    > press 1
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    ");
}

#[test]
fn who_asked_for_a_callback_and_says_nothing_still_gets_it() {
    let mut talk = Talk::at_menu();
    talk.press("3").hear().wait().hear().wait().hear();
    assert_snapshot!(talk.story(), @r"
    > press 3
    say Q05
    > silence
    say X02 X09 Q05
    > silence
    store CallbackRequest g1-01a1ee565e00-0001/1, call back
    say M14 M05C M06 Q08N
    hang up
    finish by Service
    ");
}

#[test]
fn nobody_is_promised_while_no_seat_exists() {
    let mut talk = Talk::at_menu();
    talk.press("0").hear().press("*").hear();
    assert_snapshot!(talk.story(), @r"
    > press 0
    say B01 B02 B03
    > press *
    say G03N
    ");
}

#[test]
fn speech_stays_slow_and_waits_longer() {
    let mut talk = Talk::at_menu();
    talk.press("7").hear();
    let asked_at = talk.now;
    talk.wait();
    assert_eq!(talk.now - asked_at, CallRules::default().menu_silence_slow);
    talk.hear().press("7");
    assert_snapshot!(talk.story(), @r"
    > press 7
    say X11 G03N slowly
    > silence
    say X02 X09 G03N slowly
    > press 7
    say X12 G03N
    ");
}

#[test]
fn the_last_question_and_the_notice_can_be_heard() {
    let mut talk = Talk::at_menu();
    talk.press("9").hear().press("8").hear().press("5").hear().press("6").hear();
    assert_snapshot!(talk.story(), @r"
    > press 9
    say G03N
    > press 8
    say G08N G03N
    > press 5
    say X01 G03N
    > press 6
    say X03N M01 M02 tone
    record
    ");
}

#[test]
fn a_store_that_is_down_is_told_and_nothing_is_promised() {
    let mut talk = Talk::with(|incoming| incoming.store_up = false);
    talk.store(|_| Some(StoreReply::Unavailable)).hear();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say X04N X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_drain_finishes_the_sentence() {
    let mut talk = Talk::new();
    talk.give(Input::Drain).hear();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    say X13 X08
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Shutdown
    ");
}

#[test]
fn a_drain_hands_a_running_message_in() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().give(Input::Drain).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    stop recording
    say X13 X08
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Shutdown
    ");
}

#[test]
fn lost_media_ends_the_call_and_keeps_the_message() {
    let mut talk = Talk::at_menu();
    talk.press("2").hear().give(Input::MediaLost).hear();
    assert_snapshot!(talk.story(), @r"
    > press 2
    say M01 M02 tone
    record
    stop recording
    say X06N
    hang up
    store Voicemail g1-01a1ee565e00-0001/1, call back
    finish by Network
    ");
}

#[test]
fn the_longest_call_is_announced_and_ended() {
    let mut talk = Talk::at_menu();
    while talk.record.is_none() {
        talk.now += Duration::from_secs(7);
        talk.give(Input::Timeout).press("9").hear();
        talk.log.retain(|line| line != "> press 9" && line != "say G03N");
    }
    assert_snapshot!(talk.story(), @r"
    say X05
    say X14
    hang up
    store Abandoned g1-01a1ee565e00-0001/1, call back
    finish by Service
    ");
}

#[test]
fn a_short_call_is_kept_without_a_callback() {
    let mut talk = Talk::new();
    talk.hang_up();
    assert_snapshot!(talk.story(), @r"
    answer
    say G01 G02
    > hang up
    store Abandoned g1-01a1ee565e00-0001/1
    finish by Citizen
    ");
}

#[test]
fn an_answer_that_is_never_confirmed_is_given_up() {
    let now = instant();
    let mut call = Call::new(Arc::default(), incoming(), now);
    assert_eq!(call.poll_action(), Some(Action::Answer));
    let at = call.poll_timeout().unwrap();
    assert_eq!(at - now, CallRules::default().confirm_wait);
    call.handle(at, Input::Timeout);
    assert_eq!(call.poll_action(), Some(Action::HangUp));
}

#[test]
fn keys_entries_plays_and_cases_are_bounded() {
    let mut talk = Talk::new();
    talk.press(&"5".repeat(40));
    assert_eq!(talk.call.dropped().0, 8, "type-ahead holds 32 keys");
    let mut talk = Talk::at_menu();
    for _ in 0..600 {
        if talk.record.is_none() && talk.playing.is_some() {
            talk.press("9");
        }
        talk.press("9");
    }
    talk.hear();
    assert!(talk.record.is_some(), "the 200th play is the last but the goodbye");
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
