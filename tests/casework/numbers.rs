//! A day has numbers for 9,999 cases (domain.md 6.3): what is left in calls past the last one is kept as a
//! draft that is called back, people are refused in words, and midnight brings new numbers.

use crate::desk::*;
use crate::taken;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, RecordingKind, StoreReply, StoreRequest};
use mayorline::domain::case::{Actor, DeadlineRules, Order, Refusal, Role, Task, WrapUp};
use mayorline::domain::desk::Disposition;
use mayorline::store::{
    Administration, CaseName, CaseNow, CaseRow, Reader, StoreError, StoreHandle, WrapUpOrder,
    recording_file, verify,
};
use mayorline::units::CaseNumber;
use std::path::Path;

const LATE: &str = "2026-11-22T23:59:00+08:00";
const NEXT: &str = "2026-11-23T00:00:00+08:00";

/// 22 November has so many numbers left.
pub(crate) fn leave(data: &Path, numbers: u16) {
    taken::leave(data, 261_122, numbers);
}

/// Nothing is wrong but what is done by hand here: numbers are taken off, recordings written in clear.
pub(crate) fn sound_but_for_numbers(data: &Path) {
    let report = verify(data).unwrap();
    let by_hand = ["sequence", "recording"];
    let others = report.faults.iter().filter(|one| !by_hand.contains(&one.area));
    let others: Vec<_> = others.collect();
    assert!(others.is_empty(), "{others:?}");
}

fn opened(store: &StoreHandle, key: &str, kind: IntakeKind, when: &str) -> Option<StoreReply> {
    ask(store, at(when), StoreRequest::Open(intake(key, kind)), None)
}

const NO_NUMBER: StoreReply = StoreReply::Opened { number: None, code: None };

fn row(data: &Path, channel: &str) -> CaseRow {
    let mut rows = Reader::open(data).unwrap().cases(100).unwrap();
    rows.retain(|row| row.channel == channel);
    assert_eq!(rows.len(), 1, "one of {channel}: {rows:?}");
    rows.remove(0)
}

/// As the command line does it.
fn accept(data: &Path, id: i64, when: &str) -> Result<CaseNow, StoreError> {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let task = Task::Accept { summary: "路灯不亮".to_owned(), anonymous: None };
    let order = Order { actor: Actor::new("li", Role::Operator, None), task };
    Administration::open(data, at(when)).unwrap().act(at(when), desk, CaseName::Draft(id), &order)
}

#[test]
fn what_is_left_in_a_call_past_the_last_number_is_a_draft_to_be_called_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    leave(data, 0);
    let call = call_id(1);
    assert!(handle.call_started(call_started(&call)));
    let file = recording_file(jiff::civil::date(2026, 11, 22), &call, RecordingKind::Message, 1);
    let mut message = intake("message", IntakeKind::Voicemail);
    message.call = Some(call);
    message.recording = Some(write_wav(data, &file, 16_000));
    let left = StoreRequest::Open(message.clone());
    assert_eq!(ask(&handle, at(LATE), left, None), Some(NO_NUMBER));
    // The end of the call hands it in again: it is there.
    message.callback = true;
    let again = StoreRequest::Open(message);
    assert_eq!(ask(&handle, at(LATE), again, None), Some(NO_NUMBER));
    let asked = opened(&handle, "callback", IntakeKind::CallbackRequest, LATE);
    assert_eq!(asked, Some(NO_NUMBER));
    let (message, asked) = (row(data, "voicemail"), row(data, "callback_request"));
    for (row, reason) in [(&message, "number_untold"), (&asked, "asked")] {
        assert_eq!((row.state.as_str(), &row.number), ("draft", &None));
        assert_eq!(row.callback_reason.as_deref(), Some(reason));
    }
    assert_eq!(message.recording.as_deref(), Some(file.as_str()), "what was said is kept");
    // By whoever calls back, but not before midnight.
    let refused = accept(data, message.id, LATE).unwrap_err();
    let StoreError::Refused(refusal @ Refusal::NoNumber) = refused else { panic!("{refused}") };
    assert_eq!(refusal.sentence(), "今天的事项编号已用完，请立即报告管理员。");
    let number = accept(data, message.id, NEXT).unwrap().number.unwrap();
    assert_eq!(number.to_string().get(..10), Some("2611230001"));
    store.close();
    sound_but_for_numbers(data);
}

#[test]
fn a_talk_past_the_last_number_is_kept_and_wrapped_up_after_midnight() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    leave(data, 0);
    let call = call_id(1);
    assert!(handle.call_started(call_started(&call)));
    let mut talk = intake("talk", IntakeKind::Attended);
    (talk.call, talk.text) = (Some(call.clone()), None);
    assert_eq!(ask(&handle, at(LATE), StoreRequest::Open(talk), None), Some(NO_NUMBER));
    let kept = row(data, "phone");
    assert_eq!(kept.callback_reason, None, "an operator has it");
    let wrap_up = WrapUp {
        seat: seat("801"),
        call,
        disposition: Disposition::Answered,
        nature: None,
        summary: "问路灯".to_owned(),
        unit: None,
        outcome: None,
    };
    let order = WrapUpOrder { case: None, wrap_up };
    let wrapped = |when: &str| answered(|answer| handle.wrap_up(at(when), order.clone(), answer));
    let refused = wrapped(LATE);
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::NoNumber))), "{refused:?}");
    let done = wrapped(NEXT).unwrap();
    assert_eq!((done.case, done.number.unwrap().sequence()), (kept.id, 1));
    store.close();
    sound_but_for_numbers(data);
}

/// What is taken down by a person is a draft anyway; a text that comes by a way of its own is refused, and
/// its carrier keeps it.
#[test]
fn the_last_number_is_given_and_nothing_past_it_is_half_stored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    leave(data, 1);
    let Some(StoreReply::Opened { number: Some(last), code: Some(_) }) =
        opened(&handle, "last", IntakeKind::Text, LATE)
    else {
        panic!("the last number is given");
    };
    assert_eq!(last.sequence(), u64::from(CaseNumber::SEQUENCE_MAX));
    for _ in 0..2 {
        let past = opened(&handle, "past", IntakeKind::Text, LATE);
        assert_eq!(past, Some(StoreReply::Unavailable));
    }
    let walk_in = opened(&handle, "walk-in", IntakeKind::WalkIn, LATE);
    assert_eq!(walk_in, Some(NO_NUMBER));
    assert_eq!(Reader::open(data).unwrap().cases(100).unwrap().len(), 2);
    let Some(StoreReply::Opened { number: Some(first), .. }) =
        opened(&handle, "past", IntakeKind::Text, NEXT)
    else {
        panic!("a new day has numbers");
    };
    assert_eq!(first.to_string().get(..10), Some("2611230001"));
    store.close();
    sound_but_for_numbers(data);
}
