//! What a speech engine says of cases, as the store keeps it: asked for with the answer, heard when all of it
//! is there, gone with a seal, an erasure and its days. Time is handed in, sounds are made by hand.

use crate::desk::*;
use crate::retention::{act_at, classify, closed, database, retain};
use crate::vault::{files, liaison, seal};
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::Lookup;
use mayorline::domain::case::{
    Actor, DeadlineRules, Grade, Order, Pending, ReplyTold, Role, State, Task, Voiced,
};
use mayorline::domain::message::MessageRules;
use mayorline::domain::speech::Rendered;
use mayorline::domain::speech::rendering::{SPEECH_TRIES_MAX, SpeechRules};
use mayorline::store::{
    CaseName, PartOutcome, SPOKEN_DAYS, SpeechHeld, SpeechJob, SpeechKind, SpeechSound, Store,
    StoreConfig, StoreHandle, verify,
};
use mayorline::units::{CaseNumber, QueryCode};
use std::path::Path;

/// Of two sentences, with numbers.
const ANSWER: &str = "路灯已于11月24日修复。电话0537-5210000。";
const SENTENCES: [&str; 2] = ["路灯已于十一月二十四日修复。", "电话零五三七，五二幺零零零零。"];
/// A sound that stands nowhere else.
const CANARY: &[u8] = b"\xd5canary-sound\x2a";

fn voice(name: &str) -> Option<SpeechRules> {
    Some(SpeechRules { voice: name.to_owned(), announced: true })
}

fn opened_at(data: &Path, at: Timestamp, speech: Option<SpeechRules>) -> Store {
    let messages =
        MessageRules { sms_account: Some("modem".to_owned()), ..MessageRules::default() };
    let config = StoreConfig { speech, messages, ..StoreConfig::new(data, at) };
    Store::open(config, Calendar::built_in(), [7; 32]).unwrap()
}

fn opened(data: &Path) -> Store {
    opened_at(data, noonish(), voice("one"))
}

/// Answered at once (T5).
fn answer(data: &Path, number: CaseNumber, text: &str) {
    let name = CaseName::Number(number);
    let act = |role, task| act_at(data, "2026-11-22T11:00:00+08:00", name, role, task).unwrap();
    act(Role::Clerk, classify("北宿镇"));
    act(Role::Operator, Task::Answer { text: text.to_owned(), grade: None });
}

fn answered_case(data: &Path, store: &StoreHandle, text: &str) -> (CaseNumber, QueryCode) {
    let (number, code) = new_case(store, "k");
    answer(data, number, text);
    (number, code)
}

fn minutes(after: i64) -> Timestamp {
    at("2026-11-22T11:00:00+08:00") + SignedDuration::from_mins(after)
}

fn next(store: &StoreHandle, now: Timestamp) -> Option<SpeechJob> {
    answered(|answer| store.speech_next(now, answer)).unwrap()
}

fn texts(job: &SpeechJob) -> Vec<&str> {
    job.missing.iter().map(|sentence| sentence.text.as_str()).collect()
}

/// The sound of a sentence: a canary and the sentence itself, so that each is told from the others.
fn sound(text: &str) -> SpeechSound {
    let alaw = [CANARY, text.as_bytes()].concat();
    SpeechSound { slow: alaw.repeat(2), alaw }
}

fn put(store: &StoreHandle, job: &SpeechJob, at: usize) -> bool {
    let sentence = &job.missing[at];
    let sound = sound(&sentence.text);
    answered(|answer| store.speech_put(job.case, sentence.words, sound, answer)).unwrap()
}

fn ready(store: &StoreHandle, job: &SpeechJob) -> bool {
    answered(|answer| store.speech_ready(job.clone(), answer)).unwrap()
}

/// Says everything that is due; gives what was asked of the engine.
fn say_all(store: &StoreHandle, now: Timestamp) -> Vec<String> {
    let mut said = vec![];
    while let Some(job) = next(store, now) {
        for at in 0..job.missing.len() {
            assert!(put(store, &job, at));
        }
        assert!(ready(store, &job));
        said.extend(texts(&job).into_iter().map(str::to_owned));
    }
    said
}

fn heard(store: &StoreHandle, (number, code): (CaseNumber, QueryCode)) -> (State, Voiced) {
    match look_up(store, minutes(30), number, code, None) {
        Lookup::Found(status) => (status.state, status.voiced),
        other => panic!("{other:?}"),
    }
}

fn rendered(text: &str) -> Rendered {
    let SpeechSound { alaw, slow } = sound(text);
    Rendered { alaw: alaw.into(), slow: slow.into() }
}

fn spoken(texts: &[&str]) -> ReplyTold {
    let sentences = texts.iter().map(|text| rendered(text)).collect();
    ReplyTold::Spoken { sentences, announced: true }
}

fn rows(data: &Path) -> (i64, i64) {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        database(data).query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    (count("spoken"), count("spoken_sentence"))
}

fn sound_in_files(data: &Path, bytes: &[u8]) -> bool {
    let mut found = vec![];
    files(data, &mut found);
    found
        .iter()
        .any(|file| std::fs::read(file).unwrap().windows(bytes.len()).any(|window| window == bytes))
}

/// The sealed sounds as they stand in the file.
fn ciphertexts(data: &Path) -> Vec<Vec<u8>> {
    let db = database(data);
    let mut sounds = db.prepare("SELECT sound FROM spoken_sentence").unwrap();
    let found = sounds.query_map([], |row| row.get(0)).unwrap();
    found.map(Result::unwrap).collect()
}

#[test]
fn an_answer_is_asked_for_with_itself_and_heard_when_its_last_sentence_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let handle = store.handle();
    let case = answered_case(folder.path(), &handle, ANSWER);
    let person = |voiced: &Voiced| voiced.reply == Some(ReplyTold::ByPerson);
    assert!(person(&heard(&handle, case).1), "nothing is there yet, and nobody waits");
    let number = next(&handle, minutes(1)).unwrap();
    assert_eq!((number.kind, number.missing.len()), (SpeechKind::Number, 1));
    assert!(texts(&number)[0].starts_with("二六幺幺二二，零零零幺，"), "{:?}", texts(&number));
    assert!(put(&handle, &number, 0) && ready(&handle, &number));
    let reply = next(&handle, minutes(1)).unwrap();
    assert_eq!((reply.kind, texts(&reply)), (SpeechKind::Reply, SENTENCES.to_vec()));
    assert_eq!(next(&handle, minutes(1)), None, "one try at a time");
    assert!(put(&handle, &reply, 0));
    assert!(!ready(&handle, &reply), "the second sentence is missing");
    assert!(person(&heard(&handle, case).1), "half a reply is none");
    assert!(put(&handle, &reply, 1) && ready(&handle, &reply));
    let (state, voiced) = heard(&handle, case);
    assert_eq!((state, voiced.reply), (State::Callback, Some(spoken(&SENTENCES))));
    assert_eq!(voiced.number, Some(rendered(texts(&number)[0])));
    let held = answered(|answer| handle.speech_held(answer)).unwrap();
    assert_eq!(held, SpeechHeld { waiting: 0, ready: 2, failed: 0 });
    assert!(!sound_in_files(folder.path(), CANARY), "sealed under the key of the case");
    store.close();
    assert!(verify(folder.path()).unwrap().is_sound());
}

/// Killed between a sentence and the last one: what is there is not said again, what is not is, and nothing
/// is announced before.
#[test]
fn after_a_crash_the_rest_is_said_at_once_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let case = answered_case(folder.path(), &store.handle(), ANSWER);
    assert_eq!(next(&store.handle(), minutes(1)).unwrap().kind, SpeechKind::Number);
    let reply = next(&store.handle(), minutes(1)).unwrap();
    assert!(put(&store.handle(), &reply, 0));
    store.close();
    // Before the pause of the try that was broken off is over.
    let store = opened_at(folder.path(), minutes(1), voice("one"));
    let handle = store.handle();
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByPerson));
    let said = say_all(&handle, minutes(1));
    assert_eq!((said.len(), said.contains(&SENTENCES[0].to_owned())), (2, false), "{said:?}");
    assert_eq!(heard(&handle, case).1.reply, Some(spoken(&SENTENCES)));
}

#[test]
fn a_dead_engine_costs_a_reply_so_many_tries_and_the_next_start_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let handle = store.handle();
    let case = answered_case(folder.path(), &handle, ANSWER);
    let (mut now, mut tries) = (minutes(1), 0);
    while now < minutes(24 * 60) {
        while let Some(job) = next(&handle, now) {
            tries += 1;
            answered(|answer| handle.speech_failed(job, "connect", answer)).unwrap();
        }
        now += SignedDuration::from_mins(1);
    }
    assert_eq!(tries, 2 * SPEECH_TRIES_MAX);
    let held = answered(|answer| handle.speech_held(answer)).unwrap();
    assert_eq!(held, SpeechHeld { waiting: 0, ready: 0, failed: 2 });
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByPerson));
    store.close();
    let store = opened_at(folder.path(), now, voice("one"));
    assert_eq!(say_all(&store.handle(), now).len(), 3);
    assert_eq!(heard(&store.handle(), case).1.reply, Some(spoken(&SENTENCES)));
}

#[test]
fn a_reply_that_is_too_long_is_never_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let handle = store.handle();
    let case = answered_case(folder.path(), &handle, &"很长的答复，".repeat(60));
    assert_eq!(say_all(&handle, minutes(1)).len(), 1, "the number");
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByPerson));
    store.close();
    let store = opened_at(folder.path(), minutes(2), voice("one"));
    assert_eq!(next(&store.handle(), minutes(2)), None, "nor after a start");
}

/// Handled by a unit and passed by the centre.
fn handle_by_unit(data: &Path, time: &str, number: CaseNumber, text: &str) {
    let act = |role, task| act_at(data, time, CaseName::Number(number), role, task).unwrap();
    let text = text.to_owned();
    act(Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    act(Role::UnitLeader, Task::Grant(Pending::Feedback));
    act(Role::Clerk, Task::Review(None));
}

#[test]
fn a_second_answer_takes_the_place_of_the_first_and_meanwhile_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    let case = new_case(&handle, "k");
    let act = |time: &str, role, task| {
        act_at(data, time, CaseName::Number(case.0), role, task).unwrap();
    };
    let morning = "2026-11-22T11:00:00+08:00";
    act(morning, Role::Clerk, classify("北宿镇"));
    act(morning, Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
    act(morning, Role::UnitContact, Task::Sign("王某".to_owned()));
    handle_by_unit(data, morning, case.0, ANSWER);
    say_all(&handle, minutes(1));
    assert_eq!(heard(&handle, case).1.reply, Some(spoken(&SENTENCES)));
    let noon = "2026-11-22T12:00:00+08:00";
    act(noon, Role::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    act(noon, Role::Supervisor, Task::Redo);
    assert_eq!(heard(&handle, case).1.reply, None, "what was answered before is no answer now");
    // The first sentence stays as it was.
    handle_by_unit(data, noon, case.0, "路灯已于11月24日修复。灯杆也已更换。");
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByPerson));
    assert_eq!(say_all(&handle, minutes(90)), ["灯杆也已更换。"]);
    assert_eq!(heard(&handle, case).1.reply, Some(spoken(&[SENTENCES[0], "灯杆也已更换。"])));
    assert_eq!(rows(data), (2, 3), "the sentence that nobody hears any more is gone");
}

/// The engine was taken away between two answers: the first one, which can be heard, is not the second.
#[test]
fn an_earlier_answer_is_not_heard_as_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let case = new_case(&store.handle(), "k");
    let act = |time: &str, role, task| {
        act_at(data, time, CaseName::Number(case.0), role, task).unwrap();
    };
    let morning = "2026-11-22T11:00:00+08:00";
    act(morning, Role::Clerk, classify("北宿镇"));
    act(morning, Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
    act(morning, Role::UnitContact, Task::Sign("王某".to_owned()));
    handle_by_unit(data, morning, case.0, ANSWER);
    say_all(&store.handle(), minutes(1));
    assert_eq!(heard(&store.handle(), case).1.reply, Some(spoken(&SENTENCES)));
    store.close();
    let store = opened_at(data, minutes(50), None);
    let noon = "2026-11-22T12:00:00+08:00";
    act(noon, Role::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    act(noon, Role::Supervisor, Task::Redo);
    handle_by_unit(data, noon, case.0, "灯杆也已更换。");
    assert_eq!(heard(&store.handle(), case).1.reply, Some(ReplyTold::ByPerson));
}

#[test]
fn another_voice_says_what_waits_and_what_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let case = answered_case(folder.path(), &store.handle(), ANSWER);
    say_all(&store.handle(), minutes(1));
    let (other, _) = new_case(&store.handle(), "other");
    answer(folder.path(), other, "已办结。");
    store.close();
    let store = opened_at(folder.path(), minutes(2), voice("two"));
    let said = say_all(&store.handle(), minutes(2));
    assert_eq!((said.len(), said[1].as_str()), (2, "已办结。"), "{said:?}");
    assert_eq!(heard(&store.handle(), case).1.reply, Some(spoken(&SENTENCES)));
    store.close();
    // Without an engine nothing new is asked for, and what is there is heard.
    let store = opened_at(folder.path(), minutes(3), None);
    let (third, _) = new_case(&store.handle(), "third");
    answer(folder.path(), third, "已办结。");
    assert_eq!((rows(folder.path()).0, next(&store.handle(), minutes(3))), (4, None));
    assert_eq!(heard(&store.handle(), case).1.reply, Some(spoken(&SENTENCES)));
}

/// A case whose reply is passed, with a text of it in the box.
fn texted(data: &Path, store: &StoreHandle, text: &str) -> (CaseNumber, QueryCode) {
    let case = new_case(store, "k");
    let name = CaseName::Number(case.0);
    let act = |role, task| act_at(data, "2026-11-22T11:00:00+08:00", name, role, task).unwrap();
    let mut beside = beside(data);
    beside.speak(MessageRules { sms_account: Some("modem".to_owned()), ..MessageRules::default() });
    let desk = || (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    act(Role::Clerk, classify("北宿镇"));
    act(Role::Clerk, Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] });
    act(Role::UnitContact, Task::Sign("王某".to_owned()));
    let text = text.to_owned();
    act(Role::Handler, Task::FeedBack { text, contacted: true, evidence: true });
    act(Role::UnitLeader, Task::Grant(Pending::Feedback));
    assert_eq!(heard(store, case).1.reply, None, "not passed yet");
    let actor = Actor::new("li", Role::Clerk, None);
    let order = Order { actor, task: Task::Review(None) };
    beside.act(minutes(1), desk(), name, &order).unwrap();
    let sql = "SELECT max(template) FROM outbox WHERE template LIKE 'S%'";
    let template: Option<String> = database(data).query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(template.as_deref(), Some("S28"), "the reply is in the box");
    case
}

#[test]
fn what_cannot_be_heard_comes_by_text_where_one_was_sent_or_is_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened_at(folder.path(), noonish(), None);
    let handle = store.handle();
    let case = texted(folder.path(), &handle, ANSWER);
    let reply = || heard(&handle, case).1.reply;
    assert_eq!(reply(), Some(ReplyTold::ByText));
    let lease = answered(|a| handle.outbox_lease(minutes(2), "modem".to_owned(), 9, a)).unwrap();
    let message = lease.iter().find(|message| message.template == "S28").unwrap().id;
    assert!(answered(|a| handle.outbox_submitting(minutes(2), message, (1, 1), a)).unwrap());
    assert_eq!(reply(), Some(ReplyTold::ByText));
    let rejected = PartOutcome::Rejected("9".to_owned());
    answered(|a| handle.outbox_settle(minutes(2), message, 1, rejected, a)).unwrap();
    assert_eq!(reply(), Some(ReplyTold::ByPerson), "the text did not leave: it is not promised");
}

/// A text says a hundred characters of a reply, and "详情请查询": whoever does so is not sent back to it.
#[test]
fn a_text_that_was_cut_is_not_promised() {
    for text in ["路灯已修复，".repeat(20), "路灯已修复，".repeat(60)] {
        let folder = tempfile::tempdir().unwrap();
        let store = opened_at(folder.path(), noonish(), None);
        let case = texted(folder.path(), &store.handle(), &text);
        assert_eq!(heard(&store.handle(), case).1.reply, Some(ReplyTold::ByPerson));
    }
}

#[test]
fn the_text_of_an_earlier_answer_is_none_of_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened_at(data, noonish(), None);
    let handle = store.handle();
    let case = texted(data, &handle, ANSWER);
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByText));
    let noon = "2026-11-22T12:00:00+08:00";
    let act = |role, task| act_at(data, noon, CaseName::Number(case.0), role, task).unwrap();
    act(Role::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    act(Role::Supervisor, Task::Redo);
    // Passed by a desk that sends no texts.
    handle_by_unit(data, noon, case.0, "灯杆也已更换。");
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByPerson));
}

#[test]
fn under_seal_nothing_is_left_of_what_was_said_and_nothing_more_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    liaison(data);
    let case = answered_case(data, &handle, ANSWER);
    next(&handle, minutes(1)).unwrap();
    let reply = next(&handle, minutes(1)).unwrap();
    assert!(put(&handle, &reply, 0));
    let sealed = ciphertexts(data);
    assert_eq!(sealed.len(), 1);
    assert!(sealed.iter().all(|sound| sound_in_files(data, sound)), "the search finds");
    seal(data, case.0);
    assert_eq!(rows(data), (0, 0));
    // An engine that was still at it.
    assert!(!put(&handle, &reply, 1) && !ready(&handle, &reply));
    assert_eq!((rows(data), next(&handle, minutes(600))), ((0, 0), None));
    let (state, voiced) = heard(&handle, case);
    assert_eq!((state, voiced), (State::Sealed, Voiced::default()));
    answered(|answer| handle.speech_tidy(minutes(600), answer)).unwrap();
    store.close();
    assert!(!sealed.iter().any(|sound| sound_in_files(data, sound)), "old pages are gone too");
    let report = verify(data).unwrap();
    assert!(report.is_sound(), "{:#?}", report.faults);
}

#[test]
fn with_its_case_what_was_said_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    closed(data, &handle, 1, false);
    let said = say_all(&handle, at("2026-11-26T10:00:00+08:00"));
    assert_eq!(said.len(), 2, "{said:?}");
    let sealed = ciphertexts(data);
    assert!(sealed.iter().all(|sound| sound_in_files(data, sound)));
    retain(&handle, "2040-01-01T03:00:00+08:00");
    assert_eq!(rows(data), (0, 0));
    store.close();
    assert!(!sealed.iter().any(|sound| sound_in_files(data, sound)));
    assert!(verify(data).unwrap().is_sound());
}

#[test]
fn what_was_said_long_ago_goes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let handle = store.handle();
    let case = answered_case(folder.path(), &handle, ANSWER);
    say_all(&handle, minutes(1));
    let days = |days: i64| minutes(0) + SignedDuration::from_hours(24 * days);
    let tidy = |now| answered(|answer| handle.speech_tidy(now, answer)).unwrap();
    assert_eq!((tidy(days(SPOKEN_DAYS - 1)), rows(folder.path()).0), (0, 2));
    assert_eq!((tidy(days(SPOKEN_DAYS + 1)), rows(folder.path())), (1, (0, 0)));
    assert_eq!(heard(&handle, case).1.reply, Some(ReplyTold::ByPerson));
}

/// The number was said when the case came, its reply long afterwards.
#[test]
fn a_young_reply_stays_though_the_number_was_said_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let handle = store.handle();
    let case = answered_case(folder.path(), &handle, ANSWER);
    say_all(&handle, minutes(1));
    let old = "UPDATE spoken SET asked_at = asked_at - ?1 WHERE kind = 'number'";
    let ms = SignedDuration::from_hours(24 * (SPOKEN_DAYS - 1)).as_millis();
    let ms = i64::try_from(ms).unwrap();
    assert_eq!(database(folder.path()).execute(old, [ms]).unwrap(), 1);
    let days = |days: i64| minutes(0) + SignedDuration::from_hours(24 * days);
    let tidy = |now| answered(|answer| handle.speech_tidy(now, answer)).unwrap();
    assert_eq!(tidy(days(2)), 0);
    assert_eq!(heard(&handle, case).1.reply, Some(spoken(&SENTENCES)));
    assert_eq!((tidy(days(SPOKEN_DAYS + 1)), rows(folder.path())), (1, (0, 0)));
}

#[test]
fn verify_says_when_a_sentence_is_gone_that_is_to_be_heard() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let case = answered_case(folder.path(), &store.handle(), ANSWER);
    say_all(&store.handle(), minutes(1));
    database(folder.path()).execute("DELETE FROM spoken_sentence WHERE id = 2", []).unwrap();
    // Whoever asks is told how else he gets it.
    assert_eq!(heard(&store.handle(), case).1.reply, Some(ReplyTold::ByPerson));
    store.close();
    let report = verify(folder.path()).unwrap();
    let areas: Vec<_> = report.faults.iter().map(|fault| fault.area).collect();
    assert_eq!(areas, ["speech"], "{:#?}", report.faults);
}
