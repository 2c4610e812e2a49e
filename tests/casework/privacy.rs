//! Requests about personal information (PIPL articles 44 to 50): two persons, a day, a record; access
//! gives everything of the person and nothing of others, a deletion leaves what the law keeps.

use crate::desk::*;
use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, RecordingKind, StoreRequest};
use mayorline::domain::case::{
    Actor, Correction, DeadlineRules, DiscardReason, Identification, Order, PrivacyGround,
    PrivacyKind, PrivacyOutcome, RetentionRules, Role, Task,
};
use mayorline::store::{
    Administration, CaseName, Held, NewPrivacyRequest, PrivacyDecision, Reader, StoreError,
    recording_file, verify,
};
use mayorline::units::{CaseNumber, PhoneNumber};
use std::path::Path;

const NAME: &str = "孟小样";
const WORDS: &str = "金丝雀翠羽鸣";
const NUMBER: &str = "19912345678";

type Outcome = Result<(PrivacyOutcome, Option<PrivacyGround>), StoreError>;

fn number() -> PhoneNumber {
    PhoneNumber::parse(NUMBER).unwrap()
}

fn request(kind: PrivacyKind) -> NewPrivacyRequest {
    NewPrivacyRequest {
        kind,
        identified: Identification::CallingNumber,
        cases: vec![],
        phone: Some(number()),
        mail: None,
        name: NAME.to_owned(),
        words: WORDS.to_owned(),
        by: "li".to_owned(),
        reply_days: 30,
    }
}

fn beside(data: &Path) -> Administration {
    Administration::open(data, noonish()).unwrap()
}

fn ask_for(data: &Path, kind: PrivacyKind) -> i64 {
    beside(data).ask_privacy(noonish(), &request(kind)).unwrap()
}

fn decide(data: &Path, id: i64, decision: &PrivacyDecision, by: &str) -> Outcome {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    beside(data).decide_privacy(noonish(), desk, &RetentionRules::default(), id, decision, by)
}

fn grant() -> PrivacyDecision {
    PrivacyDecision::Grant(Correction::default())
}

/// Two cases of the person, one of another, a call of the person that no case came of.
fn city(data: &Path) -> [CaseNumber; 3] {
    let store = open(data);
    let handle = store.handle();
    let numbered = |key: &str, caller: PhoneNumber| {
        let mut new = intake(key, IntakeKind::Text);
        new.caller = Caller { number: Some(caller), display: Some(NAME.to_owned()) };
        new.text = Some(format!("{WORDS} {key}"));
        store_intake(&handle, new).0.unwrap()
    };
    let cases = [numbered("one", number()), numbered("two", number()), numbered("other", phone(1))];
    let mut started = call_started(&call_id(7));
    started.caller.number = Some(number());
    assert!(handle.call_started(started));
    assert!(handle.call_finished(noonish(), call_record(&call_id(7), vec![]), vec![citizen_leg()]));
    new_case(&handle, "after the call");
    store.close();
    cases
}

fn act(data: &Path, name: CaseName, role: Role, task: Task) {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let order = Order { actor: Actor::new(role.as_str(), role, None), task };
    beside(data).act(noonish(), desk, name, &order).unwrap();
}

#[test]
fn access_gives_all_of_the_person_nothing_of_others_and_only_after_a_second_person() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let [one, two, other] = city(data);
    let id = ask_for(data, PrivacyKind::Access);
    let early = beside(data).privacy_data(noonish(), id, "wang");
    assert!(matches!(early, Err(StoreError::Taken(_))), "{early:?}");
    assert!(
        matches!(decide(data, id, &grant(), "li"), Err(StoreError::Taken(_))),
        "the same person"
    );
    assert_eq!(decide(data, id, &grant(), "wang").unwrap(), (PrivacyOutcome::Granted, None));
    assert!(matches!(decide(data, id, &grant(), "wang"), Err(StoreError::Taken(_))), "once");
    let held: Held = beside(data).privacy_data(noonish(), id, "wang").unwrap();
    let numbers: Vec<_> = held.cases.iter().filter_map(|case| case.number.clone()).collect();
    assert_eq!(numbers, [one.to_string(), two.to_string()]);
    assert_eq!(held.cases[0].text.as_deref(), Some("金丝雀翠羽鸣 one"));
    assert_eq!((held.calls.len(), held.calls[0].caller.as_deref()), (1, Some(NUMBER)));
    let told = serde_json::to_string(&held).unwrap();
    assert!(!told.contains(&other.to_string()) && !told.contains(phone(1).as_str()), "{told}");
    let rows = Reader::open(data).unwrap().privacy_requests(noonish(), 9).unwrap();
    assert_eq!((rows[0].due_on, rows[0].overdue), (jiff::civil::date(2026, 12, 22), false));
    assert_eq!(rows[0].cases, numbers);
    let listed = serde_json::to_string(&rows).unwrap();
    for word in [NAME, WORDS, NUMBER] {
        assert!(!listed.contains(word), "{listed}");
    }
    let audited = Reader::open(data).unwrap().audit(Timestamp::MIN, Timestamp::MAX, 9).unwrap();
    let kinds: Vec<_> = audited.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["privacy_asked", "privacy_decided", "privacy_exported"]);
    // Sealed since: it is no part of any request any more.
    act(data, CaseName::Number(two), Role::Clerk, Task::ProposeSeal);
    let held = beside(data).privacy_data(noonish(), id, "wang").unwrap();
    assert_eq!(held.cases.len(), 1);
    let mut hidden = request(PrivacyKind::Access);
    hidden.cases = vec![two];
    let refused = beside(data).ask_privacy(noonish(), &hidden);
    assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    assert!(verify(data).unwrap().is_sound());
}

#[test]
fn a_correction_is_carried_out_on_every_case_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let [one, two, other] = city(data);
    let id = ask_for(data, PrivacyKind::Correction);
    let right = Correction { contact: Some(phone(99)), display: None };
    decide(data, id, &PrivacyDecision::Grant(right), "wang").unwrap();
    let reader = Reader::open(data).unwrap();
    let contact =
        |number| reader.file(CaseName::Number(number), false).unwrap().case.private.contact;
    assert_eq!([one, two, other].map(contact), [Some(phone(99)), Some(phone(99)), Some(phone(1))]);
    assert!(verify(data).unwrap().is_sound());
}

/// A contact that nobody has accepted yet is of the person too; one that is right already stays as it is.
#[test]
fn a_correction_reaches_drafts_and_passes_over_what_is_right_already() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let [one, ..] = city(data);
    let store = open(data);
    let mut taken = intake("draft", IntakeKind::WalkIn);
    taken.caller = Caller { number: Some(number()), display: None };
    ask(&store.handle(), noonish(), StoreRequest::Open(taken), None);
    store.close();
    let draft = Reader::open(data).unwrap().cases(1).unwrap()[0].id;
    let right = || Correction { contact: Some(phone(99)), display: None };
    act(data, CaseName::Number(one), Role::Clerk, Task::Correct(right()));
    let id = ask_for(data, PrivacyKind::Correction);
    decide(data, id, &PrivacyDecision::Grant(right()), "wang").unwrap();
    let reader = Reader::open(data).unwrap();
    let file = reader.file(CaseName::Draft(draft), false).unwrap();
    assert_eq!(file.case.private.contact, Some(phone(99)));
    // Nothing is wrong any more: that is no correction.
    let id = ask_for(data, PrivacyKind::Correction);
    let refused = decide(data, id, &PrivacyDecision::Grant(right()), "wang");
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert!(verify(data).unwrap().is_sound());
}

#[test]
fn a_granted_deletion_removes_the_files_at_once_where_no_service_runs_and_counts_what_went() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let file =
        recording_file(jiff::civil::date(2026, 11, 22), &call_id(8), RecordingKind::Message, 1);
    let mut taken = intake("spoken", IntakeKind::Voicemail);
    taken.caller = Caller { number: Some(number()), display: None };
    taken.call = Some(call_id(8));
    taken.recording = Some(write_wav(data, &file, 16_000));
    let case = store_intake(&store.handle(), taken).0.unwrap();
    store.close();
    act(data, CaseName::Number(case), Role::Operator, Task::Withdraw(call_id(8)));
    let id = ask_for(data, PrivacyKind::Deletion);
    let partly = (PrivacyOutcome::Partly, Some(PrivacyGround::Period));
    assert_eq!(decide(data, id, &grant(), "wang").unwrap(), partly);
    assert!(!data.join(&file).exists(), "the verb removes it");
    let audited = Reader::open(data).unwrap().audit(Timestamp::MIN, Timestamp::MAX, 9).unwrap();
    let erased = audited.iter().find(|row| row.kind == "erased").unwrap();
    let told = (erased.actor.as_str(), erased.subject.as_str(), erased.reason.as_str());
    assert_eq!(told, ("wang", "privacy-1", "应个人请求；办件录音 1 件"));
    let report = verify(data).unwrap();
    assert!(report.is_sound() && !report.unscrubbed, "{report:?}");
}

#[test]
fn a_deletion_leaves_what_must_be_kept_and_says_on_which_ground() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let [one, two, _] = city(data);
    // Open cases: their files stay, and the call that no case came of goes.
    let id = ask_for(data, PrivacyKind::Deletion);
    let partly = (PrivacyOutcome::Partly, Some(PrivacyGround::Held));
    assert_eq!(decide(data, id, &grant(), "wang").unwrap(), partly);
    let reader = Reader::open(data).unwrap();
    assert_eq!(reader.call(&call_id(7)).unwrap().row.caller, None);
    assert!(serde_json::to_string(&reader.case(one).unwrap()).unwrap().contains(NUMBER));
    // Ended: the period of a case file is the law's, not the citizen's.
    for number in [one, two] {
        act(data, CaseName::Number(number), Role::Operator, Task::Withdraw(call_id(7)));
    }
    let id = ask_for(data, PrivacyKind::Deletion);
    let (outcome, ground) = decide(data, id, &grant(), "wang").unwrap();
    assert_eq!(ground, Some(PrivacyGround::Period), "{outcome:?}");
    assert!(serde_json::to_string(&reader.case(one).unwrap()).unwrap().contains(NUMBER));
    let rows = reader.privacy_requests(noonish(), 9).unwrap();
    assert!(rows[1].ground.unwrap().contains("第四十七条第二款"), "{rows:?}");
    assert!(verify(data).unwrap().is_sound());
}

#[test]
fn a_contact_that_was_no_matter_is_deleted_on_request_before_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let mut taken = intake("draft", IntakeKind::WalkIn);
    taken.caller = Caller { number: Some(number()), display: None };
    ask(&store.handle(), noonish(), StoreRequest::Open(taken), None);
    store.close();
    let id = Reader::open(data).unwrap().cases(1).unwrap()[0].id;
    act(data, CaseName::Draft(id), Role::Clerk, Task::Discard(DiscardReason::Misdialled));
    let asked = ask_for(data, PrivacyKind::Deletion);
    assert_eq!(decide(data, asked, &grant(), "wang").unwrap(), (PrivacyOutcome::Granted, None));
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.erased_cases == 1, "{report:?}");
    // Nothing of him is held any more.
    let asked = ask_for(data, PrivacyKind::Deletion);
    let nothing = (PrivacyOutcome::Refused, Some(PrivacyGround::Nothing));
    assert_eq!(decide(data, asked, &grant(), "wang").unwrap(), nothing);
}

#[test]
fn who_asked_is_forgotten_some_years_after_the_answer_and_the_record_stays() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let id = ask_for(data, PrivacyKind::Access);
    let refuse = PrivacyDecision::Refuse(PrivacyGround::Unidentified);
    let refused = (PrivacyOutcome::Refused, Some(PrivacyGround::Unidentified));
    assert_eq!(decide(data, id, &refuse, "wang").unwrap(), refused);
    let sealed = || -> i64 {
        let db = rusqlite::Connection::open(data.join("mayorline.db")).unwrap();
        let sql = "SELECT count(*) FROM privacy_request WHERE length(body) > 0";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let retain = |time: &str| {
        let handle = store.handle();
        answered(|answer| handle.retain(at(time), answer)).unwrap().requests
    };
    assert_eq!((retain("2029-11-22T23:59:59+08:00"), sealed()), (0, 1));
    assert_eq!((retain("2029-11-23T00:00:00+08:00"), sealed()), (1, 0));
    store.close();
    let rows = Reader::open(data).unwrap().privacy_requests(noonish(), 9).unwrap();
    assert_eq!((rows[0].taken_by.as_str(), rows[0].decided_by.as_deref()), ("li", Some("wang")));
    assert!(verify(data).unwrap().is_sound());
}
