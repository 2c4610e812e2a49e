//! Retention (domain.md 3.7) in simulated years: nothing goes before its day, nothing of the person is
//! left after it, numbers and chains stay, what is held stays, and an interrupted sweep goes on.

use crate::desk::*;
use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, RecordingKind, StoreReply, StoreRequest};
use mayorline::domain::case::{
    Actor, Classification, Correction, DeadlineRules, DiscardReason, DocketReason, Grade, Guard,
    Hold, HoldReason, LiftReason, Nature, Order, Pending, Refusal, RetentionClass, RetentionRules,
    Role, State, Task, Urgency,
};
use mayorline::domain::figures::Facts;
use mayorline::domain::report::{Content, Period as ReportPeriod};
use mayorline::store::{
    Administration, CaseName, Period, Reader, Retained, Store, StoreError, StoreHandle,
    recording_file, verify,
};
use mayorline::units::{CallId, CaseNumber, PhoneNumber};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// Words that stand nowhere else.
const CANARY: &str = "金丝雀翠羽鸣";
const CANARY_LATIN: &str = "canaryzqxj";

/// Received on Sunday 22 November 2026, closed on Wednesday 25.
const CLOSED: &str = "2026-11-25T16:00:00+08:00";

pub(crate) fn act_at(
    data: &Path,
    time: &str,
    name: CaseName,
    role: Role,
    task: Task,
) -> Result<(), StoreError> {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let unit = role.is_of_unit().then_some("unit.07");
    let order = Order { actor: Actor::new(role.as_str(), role, unit), task };
    let mut beside = Administration::open(data, at(time))?;
    beside.act(at(time), desk, name, &order).map(|_| ())
}

/// A spoken message whose caller, number, words and sound are canaries.
pub(crate) fn received(data: &Path, handle: &StoreHandle, serial: u32) -> CaseNumber {
    let call = call_id(serial);
    let number = PhoneNumber::parse(&format!("1991234567{serial}")).ok();
    let caller = Caller { number, display: Some(CANARY_LATIN.to_owned()) };
    let mut started = call_started(&call);
    started.caller = caller.clone();
    started.peer = "203.0.113.77:5060".to_owned();
    assert!(handle.call_started(started));
    let mut contact = intake(&format!("message {serial}"), IntakeKind::Voicemail);
    contact.call = Some(call.clone());
    contact.caller = caller;
    contact.text = Some(format!("{CANARY} {CANARY_LATIN}"));
    contact.recording = Some(spoken(data, &call, RecordingKind::Message));
    let (number, _) = store_intake(handle, contact);
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    number.unwrap()
}

/// A recording in which the canary is heard.
fn spoken(
    data: &Path,
    call: &CallId,
    kind: RecordingKind,
) -> mayorline::domain::call::RecordingSummary {
    use sha2::{Digest, Sha256};
    let file = recording_file(jiff::civil::date(2026, 11, 22), call, kind, 1);
    let mut summary = write_wav(data, &file, 16_000);
    let path = data.join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..100 + CANARY.len()].copy_from_slice(CANARY.as_bytes());
    std::fs::write(&path, &bytes).unwrap();
    summary.sha256 = Sha256::digest(&bytes).into();
    summary
}

/// The way of a case to its end, with words of officials in every step.
pub(crate) fn closed(data: &Path, handle: &StoreHandle, serial: u32, docketed: bool) -> CaseNumber {
    let number = received(data, handle, serial);
    let name = CaseName::Number(number);
    let act = |time: &str, role, task| act_at(data, time, name, role, task).unwrap();
    let words = || format!("{CANARY} {CANARY_LATIN}");
    act("2026-11-22T11:00:00+08:00", Role::Clerk, classify(&format!("北宿镇{CANARY}")));
    let assign = Task::Assign { unit: "unit.07".to_owned(), helpers: vec![] };
    act("2026-11-22T12:00:00+08:00", Role::Clerk, assign);
    act("2026-11-23T09:00:00+08:00", Role::UnitContact, Task::Sign("王某".to_owned()));
    if docketed {
        let docket = Task::Docket(DocketReason::Supervisor);
        act("2026-11-23T10:00:00+08:00", Role::Supervisor, docket);
    }
    let result = Task::FeedBack { text: words(), contacted: true, evidence: true };
    act("2026-11-24T09:00:00+08:00", Role::Handler, result);
    act("2026-11-24T10:00:00+08:00", Role::UnitLeader, Task::Grant(Pending::Feedback));
    act("2026-11-24T11:00:00+08:00", Role::Supervisor, Task::Review(None));
    act(CLOSED, Role::CallbackAgent, Task::Rate(Grade::Satisfied));
    number
}

pub(crate) fn classify(place: &str) -> Task {
    Task::Classify(Box::new(Classification {
        nature: Nature::Help,
        domain: "050100".to_owned(),
        place: place.to_owned(),
        urgency: Urgency::Normal,
        group_size: 1,
        repeats: 0,
        duty: None,
        accused: vec![],
    }))
}

pub(crate) fn retain(handle: &StoreHandle, time: &str) -> Retained {
    answered(|answer| handle.retain(at(time), answer)).unwrap()
}

pub(crate) fn erased(done: &Retained) -> Vec<(RetentionClass, usize)> {
    done.erased.iter().map(|(class, count)| (*class, *count)).collect()
}

pub(crate) fn held(done: &Retained) -> Vec<(Hold, usize)> {
    done.held.iter().map(|(hold, count)| (*hold, *count)).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The files below the data folder in which these bytes stand.
pub(crate) fn holding(data: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = vec![];
    files(data, &mut found);
    let holds = |file: &PathBuf| {
        let content = std::fs::read(file).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    };
    found.retain(holds);
    found
}

pub(crate) fn database(data: &Path) -> Connection {
    Connection::open(data.join("mayorline.db")).unwrap()
}

/// The wrapped keys and sealed parts of a case and its call, as they stand in the file.
pub(crate) fn ciphertexts(data: &Path, number: CaseNumber) -> Vec<Vec<u8>> {
    let sql = "WITH one AS (SELECT id, call FROM case_file WHERE number = ?1)
        SELECT wrapped FROM case_key WHERE case_id = (SELECT id FROM one)
        UNION ALL SELECT p.body FROM event e JOIN event_private p USING (seq)
                  WHERE e.case_id = (SELECT id FROM one)
        UNION ALL SELECT private FROM case_file WHERE id = (SELECT id FROM one)
        UNION ALL SELECT caller_hash FROM case_file WHERE id = (SELECT id FROM one)
        UNION ALL SELECT wrapped FROM call_private WHERE call = (SELECT call FROM one)
        UNION ALL SELECT body FROM call_private WHERE call = (SELECT call FROM one)";
    let db = database(data);
    let mut statement = db.prepare(sql).unwrap();
    let number = i64::try_from(number.as_u64()).unwrap();
    let rows = statement.query_map([number], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    // What a page of the database holds in one piece.
    rows.map(|row| row.unwrap().into_iter().take(48).collect()).collect()
}

/// The figures of November 2026 as of an instant of that month, and its issued report.
fn november(data: &Path, as_of: &str) -> (Vec<Facts>, Content) {
    let reader = Reader::open(data).unwrap();
    let ms = |time: &str| at(time).as_millisecond();
    let (from_ms, to_ms) = (ms("2026-11-01T00:00:00+08:00"), ms("2026-12-01T00:00:00+08:00"));
    let facts = reader.facts(Period { from_ms, to_ms, as_of_ms: ms(as_of) }).unwrap();
    let report = reader.report(&ReportPeriod::parse_id("month-2026-11").unwrap(), None).unwrap();
    (facts, report.content)
}

pub(crate) fn sound(data: &Path) -> mayorline::store::VerifyReport {
    let report = verify(data).unwrap();
    assert!(report.is_sound(), "{report:?}");
    report
}

fn opened(data: &Path) -> Store {
    open(data)
}

#[test]
fn nothing_goes_before_its_day_and_nothing_of_the_person_is_left_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    let number = closed(data, &handle, 1, false);
    let month = ReportPeriod::parse_id("month-2026-11").unwrap();
    let mut beside = Administration::open(data, at(CLOSED)).unwrap();
    let ready = at("2026-12-01T09:00:00+08:00");
    beside.make_report(ready, &Calendar::built_in(), month).unwrap().unwrap();
    let as_of =
        ["2026-11-22T10:30:00+08:00", "2026-11-24T12:00:00+08:00", "2026-12-01T09:00:00+08:00"];
    let before = as_of.map(|as_of| november(data, as_of));
    assert_eq!(before[2].0[0].town, Some("北宿镇"));
    assert_eq!(before[0].0[0].town, None, "not classified yet");
    let secrets = ciphertexts(data, number);
    assert!(secrets.len() > 8, "{}", secrets.len());

    // 365 days from 25 November 2026, the first not counted.
    let last = retain(&handle, "2027-11-25T23:59:59+08:00");
    assert!(last.is_idle(), "{last:?}");
    assert!(!holding(data, CANARY.as_bytes()).is_empty(), "the recording is still there");
    let gone = retain(&handle, "2027-11-26T00:00:00+08:00");
    assert_eq!((erased(&gone), gone.files), (vec![(RetentionClass::Recording, 1)], 1));
    assert_eq!(holding(data, CANARY.as_bytes()), Vec::<PathBuf>::new());
    let shown = Reader::open(data).unwrap().case(number).unwrap();
    let shown = serde_json::to_string(&shown).unwrap();
    assert!(shown.contains(CANARY_LATIN) && shown.contains("19912345671"), "the words stay");
    assert_eq!(sound(data).erased_recordings, 1);
    assert!(retain(&handle, "2027-11-27T00:00:00+08:00").is_idle(), "once");

    // Ten years.
    let last = retain(&handle, "2036-11-25T23:59:59+08:00");
    assert!(last.is_idle(), "{last:?}");
    let gone = retain(&handle, "2036-11-26T00:00:00+08:00");
    assert_eq!(erased(&gone), [(RetentionClass::Case, 1)]);
    assert!(retain(&handle, "2036-11-26T01:00:00+08:00").is_idle(), "once");
    store.close();
    for canary in [CANARY, CANARY_LATIN, "19912345671", "203.0.113.77"] {
        assert_eq!(holding(data, canary.as_bytes()), Vec::<PathBuf>::new(), "{canary}");
    }
    for (n, secret) in secrets.iter().enumerate() {
        assert_eq!(holding(data, secret), Vec::<PathBuf>::new(), "sealed part {n}");
    }
    let report = sound(data);
    assert_eq!((report.erased_cases, report.unscrubbed), (1, false));
    for (as_of, before) in as_of.iter().zip(before) {
        assert_eq!(november(data, as_of), before, "as of {as_of}");
    }
    let reader = Reader::open(data).unwrap();
    let case = reader.case(number).unwrap();
    assert_eq!((case.row.state.as_str(), case.row.contact), ("closed", None));
    let audited = reader.audit(Timestamp::MIN, Timestamp::MAX, 9).unwrap();
    let reasons: Vec<_> = audited.iter().map(|row| row.reason.as_str()).collect();
    let expected = ["保存期限届满；办件录音 1 件", "保存期限届满；办件档案 1 件"];
    assert_eq!(reasons, expected);
    let again = act_at(
        data,
        "2036-12-01T09:00:00+08:00",
        CaseName::Number(number),
        Role::Clerk,
        Task::Archive,
    );
    assert!(matches!(again, Err(StoreError::Refused(Refusal::Guard(Guard::Erased)))), "{again:?}");
}

#[test]
fn calls_that_no_case_came_of_and_what_was_no_matter_go_after_their_days() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    let call = call_id(3);
    let mut started = call_started(&call);
    started.caller.display = Some(CANARY_LATIN.to_owned());
    assert!(handle.call_started(started));
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    let drafted = |key: &str, reason| {
        let mut taken = intake(key, IntakeKind::WalkIn);
        taken.text = Some(format!("{CANARY}{key}"));
        let reply = ask(&handle, noonish(), StoreRequest::Open(taken), None);
        assert!(matches!(reply, Some(StoreReply::Opened { number: None, .. })), "{reply:?}");
        let id = Reader::open(data).unwrap().cases(1).unwrap()[0].id;
        let discard = Task::Discard(reason);
        act_at(data, "2026-11-22T11:00:00+08:00", CaseName::Draft(id), Role::Clerk, discard)
            .unwrap();
    };
    drafted("spam", DiscardReason::Advertising);
    drafted("wrong", DiscardReason::Misdialled);
    assert!(retain(&handle, "2026-12-22T23:59:59+08:00").is_idle());
    let spam = retain(&handle, "2026-12-23T00:00:00+08:00");
    assert_eq!(erased(&spam), [(RetentionClass::Spam, 1)]);
    assert!(retain(&handle, "2027-02-20T23:59:59+08:00").is_idle());
    let shown = Reader::open(data).unwrap().call(&call).unwrap();
    assert_eq!(shown.display.as_deref(), Some(CANARY_LATIN));
    let rest = retain(&handle, "2027-02-21T00:00:00+08:00");
    assert_eq!(erased(&rest), [(RetentionClass::Unlinked, 2)]);
    let shown = Reader::open(data).unwrap().call(&call).unwrap();
    assert_eq!((shown.row.caller, shown.display, shown.peer.as_str()), (None, None, ""));
    assert!(shown.row.lasted_ms.is_some(), "the account of the call stays");
    store.close();
    assert_eq!(sound(data).erased_cases, 2);
}

#[test]
fn what_is_held_stays_however_old_and_goes_when_the_hold_ends() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    let docketed = closed(data, &handle, 1, true);
    let ordered = closed(data, &handle, 2, false);
    let open_case = received(data, &handle, 3);
    let act = |time, number, role, task| act_at(data, time, CaseName::Number(number), role, task);
    let hold = || Task::Hold(HoldReason::Litigation);
    let refused = act("2026-11-26T09:00:00+08:00", ordered, Role::Clerk, hold());
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::Role { .. }))), "{refused:?}");
    act("2026-11-26T09:00:00+08:00", ordered, Role::Director, hold()).unwrap();
    let much_later = "2050-01-01T09:00:00+08:00";
    let done = retain(&handle, much_later);
    assert!(done.is_idle(), "{done:?}");
    // Each is over for its recordings and for the whole.
    assert_eq!(held(&done), [(Hold::Docketed, 2), (Hold::Ordered, 2)]);
    for number in [docketed, ordered, open_case] {
        let case = serde_json::to_string(&Reader::open(data).unwrap().case(number).unwrap());
        assert!(case.unwrap().contains(CANARY_LATIN), "{number}");
    }
    act(much_later, ordered, Role::Director, Task::LiftHold).unwrap();
    let done = retain(&handle, much_later);
    assert_eq!(erased(&done), [(RetentionClass::Case, 1)], "{done:?}");
    assert_eq!(held(&done), [(Hold::Docketed, 2)]);
    store.close();
    let audited = Reader::open(data).unwrap().audit(Timestamp::MIN, Timestamp::MAX, 9).unwrap();
    let last = audited.last().unwrap();
    assert_eq!(last.reason, "保存期限届满；办件档案 1 件；暂缓 2 件（挂号督办）");
    let report = sound(data);
    assert_eq!((report.erased_cases, report.erased_recordings), (1, 1));
    let lifted = Task::Lift(LiftReason::Settled);
    assert!(act(much_later, docketed, Role::Supervisor, lifted).is_err(), "closed: not by this");
}

/// The disk refuses to remove a file after the rows were committed: what a kill in between leaves.
#[test]
fn an_interrupted_erasure_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    let number = closed(data, &handle, 1, false);
    let file = Reader::open(data).unwrap().case(number).unwrap().recordings[0].file.clone();
    let (path, aside) = (data.join(&file), folder.path().join("aside"));
    std::fs::rename(&path, &aside).unwrap();
    std::fs::create_dir(&path).unwrap();
    let day = "2027-11-26T09:00:00+08:00";
    let refused = retain(&handle, day);
    assert_eq!((refused.files, refused.files_left), (0, 1), "{refused:?}");
    // Closed first: the service would take a moment without the file for its removal.
    store.close();
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&aside, &path).unwrap();
    let report = sound(data);
    assert!(report.unscrubbed && report.erased_recordings == 1, "{report:?}");
    let store = opened(data);
    let done = retain(&store.handle(), day);
    // The start has gone on by itself.
    assert_eq!((erased(&done), done.files), (vec![], 0));
    assert!(!path.exists());
    store.close();
    assert!(!sound(data).unscrubbed);
    std::fs::write(&path, b"back").unwrap();
    let report = verify(data).unwrap();
    assert_eq!(report.fault_count, 1, "an erased recording whose file is there: {report:?}");
}

#[test]
fn a_key_that_is_gone_without_an_erasure_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    new_case(&store.handle(), "k");
    store.close();
    database(folder.path()).execute("UPDATE case_key SET wrapped = x''", []).unwrap();
    let faults = verify(folder.path()).unwrap().faults;
    assert!(faults.iter().any(|fault| fault.area == "private"), "{faults:?}");
}

#[test]
fn the_verb_erases_like_the_service_and_takes_old_copies_along() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    closed(data, &store.handle(), 1, false);
    store.close();
    std::fs::create_dir_all(data.join("backup")).unwrap();
    let made = at("2036-10-20T09:00:00+08:00").as_millisecond();
    for made in [made, made + 10 * 86_400_000] {
        std::fs::write(data.join(format!("backup/mayorline-v10-{made}.db")), b"copy").unwrap();
    }
    let now = at("2036-11-26T09:00:00+08:00");
    let (rules, desk) =
        (RetentionRules::default(), (Calendar::built_in(), DeadlineRules::default(), [9; 32]));
    let mut beside = Administration::open(data, now).unwrap();
    let listed = beside.retention_over(now, &rules).unwrap();
    assert_eq!(listed.rows.len(), 1, "as many as go: {listed:?}");
    let done = beside.retain(now, desk.clone(), &rules, &mut |_| ()).unwrap();
    assert_eq!(erased(&done), [(RetentionClass::Case, 1)]);
    assert_eq!((done.files, done.copies), (1, 1));
    assert!(beside.retain(now, desk, &rules, &mut |_| ()).unwrap().is_idle());
    assert_eq!(beside.retention_over(now, &rules).unwrap().rows, []);
    drop(beside);
    assert_eq!(holding(data, CANARY.as_bytes()), Vec::<PathBuf>::new());
    assert_eq!(sound(data).erased_cases, 1);
}

#[test]
fn a_merged_case_stays_as_long_as_the_one_it_went_into() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let handle = store.handle();
    let (into, merged) = (received(data, &handle, 1), received(data, &handle, 2));
    let act = |number, role, task| {
        act_at(data, "2026-11-22T12:00:00+08:00", CaseName::Number(number), role, task).unwrap();
    };
    act(merged, Role::Clerk, classify("无"));
    let target =
        mayorline::domain::case::MergeTarget { number: into, state: None, closed_on: None };
    act(merged, Role::Clerk, Task::Merge(target));
    let later = "2040-01-01T09:00:00+08:00";
    assert_eq!(held(&retain(&handle, later)), [(Hold::Joined, 2)]);
    act(into, Role::Operator, Task::Withdraw(call_id(1)));
    let done = retain(&handle, later);
    assert_eq!(erased(&done), [(RetentionClass::Case, 2)], "{done:?}");
    store.close();
    sound(data);
}

#[test]
fn who_the_citizen_is_is_put_right_and_what_he_said_stays() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = opened(data);
    let number = received(data, &store.handle(), 1);
    let act = |task| act_at(data, CLOSED, CaseName::Number(number), Role::Clerk, task);
    let correction = Correction { contact: Some(phone(99)), display: Some("孟小样".to_owned()) };
    act(Task::Correct(correction.clone())).unwrap();
    let same = act(Task::Correct(correction));
    assert!(
        matches!(same, Err(StoreError::Refused(Refusal::Guard(Guard::Correction)))),
        "{same:?}"
    );
    let file = Reader::open(data).unwrap().file(CaseName::Number(number), false).unwrap();
    assert_eq!(file.case.private.contact, Some(phone(99)));
    assert_eq!(file.case.private.display.as_deref(), Some("孟小样"));
    assert!(file.case.private.text.unwrap().contains(CANARY));
    assert_eq!(file.case.state, Some(State::Accepted));
    store.close();
    assert_eq!(holding(data, "孟小样".as_bytes()), Vec::<PathBuf>::new());
    sound(data);
}
