//! What an erasure must spare and what it must not miss: calls of two cases, chains of merges, open
//! requests, stubs, what comes after it, and files that resist.

use crate::desk::*;
use crate::retention::{act_at, classify, closed, database, erased, held, received, retain, sound};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{IntakeKind, RecordingKind, StoreReply, StoreRequest};
use mayorline::domain::case::{
    AttemptOutcome, DeadlineRules, Hold, Identification, MergeTarget, PrivacyGround, PrivacyKind,
    RetentionClass, RetentionRules, Role, Task,
};
use mayorline::store::{
    Administration, CaseName, ErasureStep, NewAttempt, NewPrivacyRequest, PrivacyDecision,
    RETENTION_AT_ONCE_MAX, RETENTION_SCANNED_MAX, Reader, Store, StoreConfig, StoreHandle, Swept,
    recording_file,
};
use mayorline::units::{CallId, CaseNumber};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

const MORNING: &str = "2026-11-22T12:00:00+08:00";
/// The first day on which recordings of a case that [`closed`] made go.
const RECORDINGS_GO: &str = "2027-11-26T00:00:00+08:00";
/// The same for the whole of it.
const CASES_GO: &str = "2036-11-26T00:00:00+08:00";

fn desk() -> (Calendar, DeadlineRules, [u8; 32]) {
    (Calendar::built_in(), DeadlineRules::default(), [9; 32])
}

fn recording(data: &Path, call: &CallId, kind: RecordingKind) -> PathBuf {
    data.join(recording_file(jiff::civil::date(2026, 11, 22), call, kind, 1))
}

fn act(data: &Path, time: &str, number: CaseNumber, role: Role, task: Task) {
    act_at(data, time, CaseName::Number(number), role, task).unwrap();
}

fn withdraw(data: &Path, number: CaseNumber) {
    act(data, MORNING, number, Role::Operator, Task::Withdraw(call_id(1)));
}

fn merge(data: &Path, number: CaseNumber, into: CaseNumber) {
    act(data, MORNING, number, Role::Clerk, classify("无"));
    let target = MergeTarget { number: into, state: None, closed_on: None };
    act(data, MORNING, number, Role::Clerk, Task::Merge(target));
}

fn count(data: &Path, sql: &str) -> u32 {
    database(data).query_row(sql, [], |row| row.get(0)).unwrap()
}

fn callers(data: &Path) -> u32 {
    count(data, "SELECT count(*) FROM call_private")
}

#[test]
fn a_call_of_two_cases_stays_while_one_of_them_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let first = closed(data, &handle, 1, false);
    let mut second = intake("second", IntakeKind::Text);
    second.call = Some(call_id(1));
    let second = store_intake(&handle, second).0.unwrap();
    let file = recording(data, &call_id(1), RecordingKind::Message);
    let done = retain(&handle, RECORDINGS_GO);
    assert_eq!((erased(&done), held(&done)), (vec![], vec![(Hold::Shared, 1)]), "{done:?}");
    assert!(file.exists());
    // The words of the first case go, and with them nothing of the call.
    let done = retain(&handle, CASES_GO);
    assert_eq!(erased(&done), [(RetentionClass::Case, 1)], "{done:?}");
    assert!(file.exists() && callers(data) == 1);
    let call = Reader::open(data).unwrap().call(&call_id(1)).unwrap();
    assert!(call.row.caller.is_some() && !call.peer.is_empty(), "{call:?}");
    assert_ne!(first, second);
    withdraw(data, second);
    let done = retain(&handle, CASES_GO);
    assert_eq!((erased(&done), done.files), (vec![(RetentionClass::Case, 1)], 1), "{done:?}");
    assert!(!file.exists() && callers(data) == 0);
    store.close();
    assert_eq!(sound(data).erased_cases, 2);
}

fn two_of_one_call(data: &Path, handle: &StoreHandle) -> (CaseNumber, CaseNumber) {
    let first = received(data, handle, 1);
    let mut second = intake("second", IntakeKind::Text);
    second.call = Some(call_id(1));
    (first, store_intake(handle, second).0.unwrap())
}

/// Both over on one day must not wait for each other.
#[test]
fn two_cases_of_one_call_that_are_over_together_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let (first, second) = two_of_one_call(data, &handle);
    withdraw(data, first);
    withdraw(data, second);
    let done = retain(&handle, "2027-11-23T00:00:00+08:00");
    assert_eq!((erased(&done), done.files), (vec![(RetentionClass::Recording, 1)], 1), "{done:?}");
    assert!(retain(&handle, "2027-11-24T00:00:00+08:00").is_idle());
    store.close();
    sound(data);
}

#[test]
fn a_case_merged_into_another_stays_to_the_end_of_the_chain_and_not_past_an_undone_merge() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let [a, b, c, undone] = ["a", "b", "c", "d"].map(|key| new_case(&handle, key).0);
    merge(data, a, b);
    merge(data, undone, b);
    act(data, MORNING, undone, Role::Clerk, Task::Unmerge);
    withdraw(data, undone);
    merge(data, b, c);
    let done = retain(&handle, CASES_GO);
    assert_eq!(held(&done), [(Hold::Joined, 2)], "the last of the chain is open: {done:?}");
    assert_eq!(erased(&done), [(RetentionClass::Case, 1)], "parted again");
    withdraw(data, c);
    assert_eq!(erased(&retain(&handle, CASES_GO)), [(RetentionClass::Case, 3)]);
    store.close();
    assert_eq!(sound(data).erased_cases, 4);
}

fn asked(kind: PrivacyKind, cases: &[CaseNumber], tail: Option<u32>) -> NewPrivacyRequest {
    NewPrivacyRequest {
        kind,
        identified: Identification::QueryCode,
        cases: cases.to_vec(),
        phone: tail.map(phone),
        mail: None,
        name: "孟小样".to_owned(),
        words: String::new(),
        by: "li".to_owned(),
        reply_days: 30,
    }
}

#[test]
fn an_open_request_holds_its_cases_and_the_calls_of_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let number = closed(data, &handle, 1, false);
    let call = call_id(3);
    assert!(handle.call_started(call_started(&call)));
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    new_case(&handle, "behind");
    let mut beside = Administration::open(data, noonish()).unwrap();
    let new = asked(PrivacyKind::Access, &[number], Some(17));
    let id = beside.ask_privacy(noonish(), &new).unwrap();
    let done = retain(&handle, CASES_GO);
    // The case for its recordings and as a whole, and the call.
    assert_eq!((erased(&done), held(&done)), (vec![], vec![(Hold::Contested, 3)]), "{done:?}");
    // What is asked for is not deleted for another request either.
    let deletion = asked(PrivacyKind::Deletion, &[number], Some(17));
    let other = beside.ask_privacy(noonish(), &deletion).unwrap();
    let decide = |beside: &mut Administration, id, decision| {
        let rules = RetentionRules::default();
        beside.decide_privacy(noonish(), desk(), &rules, id, &decision, "wang").unwrap()
    };
    let grant = PrivacyDecision::Grant(mayorline::domain::case::Correction::default());
    let (_, ground) = decide(&mut beside, other, grant);
    assert_eq!(ground, Some(PrivacyGround::Held));
    assert_eq!((callers(data), erased(&retain(&handle, CASES_GO))), (2, vec![]));
    decide(&mut beside, id, PrivacyDecision::Refuse(PrivacyGround::Unidentified));
    let done = retain(&handle, CASES_GO);
    let all = [(RetentionClass::Unlinked, 1), (RetentionClass::Case, 1)];
    assert_eq!(erased(&done), all, "{done:?}");
    store.close();
    sound(data);
}

#[test]
fn the_stub_of_an_abandoned_call_goes_after_its_days_once_the_citizen_was_called_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let call = call_id(5);
    assert!(handle.call_started(call_started(&call)));
    let mut stub = intake("stub", IntakeKind::Abandoned);
    (stub.call, stub.text) = (Some(call.clone()), None);
    let reply = ask(&handle, noonish(), StoreRequest::Open(stub), None);
    assert!(matches!(reply, Some(StoreReply::Opened { number: None, .. })), "{reply:?}");
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
    new_case(&handle, "behind");
    let done = retain(&handle, "2027-06-01T00:00:00+08:00");
    assert_eq!((erased(&done), callers(data)), (vec![], 1), "nobody called back: {done:?}");
    let task = Reader::open(data).unwrap().callbacks(noonish(), 9).unwrap().tasks[0].task;
    let attempt = NewAttempt { task, seat: seat("801"), call: call_id(6) };
    let time = at("2027-06-01T09:00:00+08:00");
    let attempt = answered(|answer| handle.begin_attempt(time, attempt, answer)).unwrap();
    let reached = AttemptOutcome::Reached;
    answered(|answer| handle.end_attempt(time, attempt.id, reached, answer)).unwrap();
    assert!(retain(&handle, "2027-08-30T23:59:59+08:00").is_idle());
    let done = retain(&handle, "2027-08-31T00:00:00+08:00");
    assert_eq!((erased(&done), callers(data)), (vec![(RetentionClass::Unlinked, 1)], 0));
    store.close();
    assert_eq!(sound(data).erased_cases, 1);
}

/// The call of a case is recorded once more: a file comes from a copy, and gets its row late.
fn comes_late(data: &Path, handle: &StoreHandle, time: &str) -> PathBuf {
    let path = recording(data, &call_id(1), RecordingKind::WholeCall);
    let file = path.strip_prefix(data).unwrap().to_str().unwrap().to_owned();
    write_wav(data, &file, 16_000);
    let swept = answered(|answer| handle.sweep(at(time), answer)).unwrap();
    assert_eq!((swept.found, swept.back), (1, 0), "{swept:?}");
    path
}

#[test]
fn what_comes_to_an_erased_case_is_erased_too_and_so_is_a_file_that_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    closed(data, &handle, 1, false);
    let file = recording(data, &call_id(1), RecordingKind::Message);
    let before = std::fs::read(&file).unwrap();
    assert_eq!(erased(&retain(&handle, RECORDINGS_GO)), [(RetentionClass::Recording, 1)]);
    let late = comes_late(data, &handle, "2027-12-01T00:00:00+08:00");
    let done = retain(&handle, "2027-12-02T00:00:00+08:00");
    assert_eq!((erased(&done), done.files), (vec![(RetentionClass::Recording, 1)], 1), "{done:?}");
    assert!(!late.exists());
    // The first one comes back: known, and gone again with the next sweep.
    std::fs::write(&file, before).unwrap();
    let swept = answered(|answer| handle.sweep(at("2027-12-03T00:00:00+08:00"), answer)).unwrap();
    assert_eq!((swept, file.exists()), (Swept { back: 1, ..Swept::default() }, false));
    assert_eq!(erased(&retain(&handle, CASES_GO)), [(RetentionClass::Case, 1)]);
    // Who was called in an attempt of which the row came late.
    store.close();
    let again = "INSERT INTO call_private VALUES ((SELECT id FROM call), NULL, x'01', x'01')";
    database(data).execute(again, []).unwrap();
    let store = open(data);
    let done = retain(&store.handle(), "2036-11-27T00:00:00+08:00");
    assert_eq!((erased(&done), callers(data)), (vec![(RetentionClass::Recording, 1)], 0));
    assert!(retain(&store.handle(), "2036-11-28T00:00:00+08:00").is_idle(), "once");
    store.close();
    assert_eq!(sound(data).erased_cases, 1);
}

fn unlinked(handle: &StoreHandle, serial: u32) {
    let call = call_id(serial);
    assert!(handle.call_started(call_started(&call)));
    assert!(handle.call_finished(noonish(), call_record(&call, vec![]), vec![citizen_leg()]));
}

#[test]
fn what_is_damaged_is_kept_and_keeps_no_other_from_being_erased() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let (first, second) = two_of_one_call(data, &handle);
    let others = ["a", "b"].map(|key| new_case(&handle, key).0);
    unlinked(&handle, 3);
    unlinked(&handle, 4);
    new_case(&handle, "behind");
    [&[first, second][..], &others].concat().into_iter().for_each(|number| withdraw(data, number));
    let damage = format!(
        "UPDATE case_key SET wrapped = x'01'
         WHERE case_id = (SELECT id FROM case_file WHERE number = {});
         UPDATE call_private SET wrapped = x'01' WHERE call = '{}'",
        second.as_u64(),
        call_id(3).as_str()
    );
    database(data).execute_batch(&damage).unwrap();
    // The first one is over, and whether its call is kept for the second cannot be told.
    let done = retain(&handle, CASES_GO);
    let all = [(RetentionClass::Unlinked, 1), (RetentionClass::Case, 2)];
    assert_eq!((erased(&done), callers(data)), (all.to_vec(), 2), "{done:?}");
    let kept = "SELECT count(*) FROM case_key WHERE length(wrapped) > 0";
    assert_eq!(count(data, kept), 3, "the two of one call, and the open one");
    assert!(retain(&handle, CASES_GO).is_idle());
    store.close();
}

/// So many ended calls `{kind}00001` … of a time that nobody knows; what is left of each says `rest`.
fn fill(data: &Path, (kind, count): (char, usize), started_at: i64, rest: &str) {
    let sql = format!(
        "CREATE TEMP TABLE filled AS
             WITH n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             SELECT printf('{kind}%05d', n) AS id FROM n;
         INSERT INTO call SELECT id, '12345', '', {started_at}, {started_at}, 1, 'citizen' FROM filled;
         {rest} FROM filled"
    );
    database(data).execute_batch(&sql).unwrap();
}

const RECORDED: &str = "
    INSERT INTO recording (file, kind, call, duration_ms, speech_ms, sha256, found, missing)
    SELECT 'recordings/1970-01-01/' || id, 'message', id, 0, 0, hex(zeroblob(32)), 0, 1";
const DAMAGED: &str = "INSERT INTO call_private SELECT id, NULL, x'01', x'01'";

#[test]
fn what_is_held_is_counted_once_in_a_round_of_looks() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    unlinked(&handle, 3);
    new_case(&handle, "behind");
    let mut beside = Administration::open(data, noonish()).unwrap();
    beside.ask_privacy(noonish(), &asked(PrivacyKind::Access, &[], Some(17))).unwrap();
    let behind = noonish().as_millisecond() + 1;
    fill(data, ('x', RETENTION_AT_ONCE_MAX + 1), behind, RECORDED);
    let over = beside.retention_over(at(CASES_GO), &RetentionRules::default()).unwrap();
    assert_eq!(over.rows.len(), RETENTION_AT_ONCE_MAX + 1, "more than one look finds");
    assert_eq!(over.held.into_iter().collect::<Vec<_>>(), [(Hold::Contested, 1)]);
    let looks = [(); 4].map(|()| retain(&handle, CASES_GO));
    let gone: Vec<_> = looks.iter().map(|done| done.erased.values().sum::<usize>()).collect();
    assert_eq!(gone, [RETENTION_AT_ONCE_MAX, 1, 0, 0], "{looks:?}");
    let held: Vec<_> = looks.iter().map(|done| done.held.values().sum::<usize>()).collect();
    assert_eq!(held, [1, 0, 1, 1], "a round of two looks, then rounds of one");
    store.close();
}

#[test]
fn a_look_that_finds_nothing_does_not_end_the_round_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    open(data).close();
    fill(data, ('x', RETENTION_SCANNED_MAX), 0, DAMAGED);
    fill(data, ('z', 1), 0, RECORDED);
    let config = StoreConfig::new(data, noonish());
    let store = Store::start(config, Calendar::built_in(), [7; 32], noonish).unwrap();
    // Answered after the looks of the start.
    let done = retain(&store.handle(), MORNING);
    assert!(done.is_idle(), "{done:?}");
    assert_eq!(count(data, "SELECT count(*) FROM recording WHERE erased_at IS NULL"), 0);
    assert_eq!(callers(data), 2_000);
    store.close();
}

#[test]
fn a_verb_erases_on_while_the_service_beside_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    for n in 0..12 {
        withdraw(data, new_case(&handle, &format!("case {n}")).0);
    }
    let now = at(CASES_GO);
    let mut beside = Administration::open(data, now).unwrap();
    let mut groups = 0;
    let done = beside
        .retain(now, desk(), &RetentionRules::default(), &mut |step| {
            if step == ErasureStep::Committed {
                groups += 1;
                new_case(&handle, &format!("meanwhile {groups}"));
            }
        })
        .unwrap();
    assert_eq!((erased(&done), groups), (vec![(RetentionClass::Case, 12)], 2), "{done:?}");
    store.close();
    sound(data);
}

/// The bytes of the index that stand for words; FTS5 keeps averages and structure under 10.
fn postings(db: &Connection) -> u32 {
    let sql = "SELECT COALESCE(sum(length(block)), 0) FROM case_search_data WHERE id > 10";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn accepted(data: &Path, store: &Store, key: &str, summary: &str) -> CaseNumber {
    let reply =
        ask(&store.handle(), noonish(), StoreRequest::Open(intake(key, IntakeKind::WalkIn)), None);
    assert!(matches!(reply, Some(StoreReply::Opened { .. })), "{reply:?}");
    let id = Reader::open(data).unwrap().cases(1).unwrap()[0].id;
    let task = Task::Accept { summary: summary.to_owned(), anonymous: None };
    act_at(data, MORNING, CaseName::Draft(id), Role::Clerk, task).unwrap();
    let row = Reader::open(data).unwrap().cases(1).unwrap().remove(0);
    CaseNumber::parse(row.number.as_ref().unwrap()).unwrap()
}

#[test]
fn the_index_keeps_no_posting_of_what_was_erased() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let kept = accepted(data, &store, "kept", "北宿镇路灯不亮");
    let alone = postings(&database(data));
    let gone = accepted(data, &store, "gone", "金丝雀翠羽鸣于太平东路夜间烧烤摊噪音扰民三年未决");
    let both = postings(&database(data));
    withdraw(data, gone);
    assert_eq!(erased(&retain(&store.handle(), CASES_GO)), [(RetentionClass::Case, 1)]);
    let left = postings(&database(data));
    assert!(alone > 0 && both > alone + 200 && left <= alone, "{alone}, {both}, then {left}");
    withdraw(data, kept);
    retain(&store.handle(), CASES_GO);
    assert_eq!(postings(&database(data)), 0);
    store.close();
    sound(data);
}

/// Half a copy, the clear text of before, something of another program: all beside the recording.
fn leftovers(file: &Path) -> Vec<PathBuf> {
    let beside = [".sealing", ".plain", ".widening", ".part", ".tmp"];
    beside
        .map(|end| {
            let path = PathBuf::from(format!("{}{end}", file.display()));
            std::fs::write(&path, [7; 200]).unwrap();
            path
        })
        .to_vec()
}

#[test]
fn a_file_that_resists_keeps_no_other_and_what_stands_beside_goes_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    closed(data, &store.handle(), 1, false);
    closed(data, &store.handle(), 2, false);
    store.close();
    let [stays, goes] = [1, 2].map(|n| recording(data, &call_id(n), RecordingKind::Message));
    let beside = leftovers(&goes);
    std::fs::remove_file(&stays).unwrap();
    std::fs::create_dir(&stays).unwrap();
    let now = at(RECORDINGS_GO);
    let mut alone = Administration::open(data, now).unwrap();
    let mut steps = vec![];
    let done = alone
        .retain(now, desk(), &RetentionRules::default(), &mut |step| {
            // Overwritten while it has its name still; the name goes after the commit of the row.
            let listed = count(data, "SELECT count(*) FROM erased_file");
            let there = beside.iter().chain([&goes]).filter(|path| path.exists()).count();
            steps.push((step, listed, there));
        })
        .unwrap();
    assert_eq!((done.files, done.files_left), (1, 1), "{done:?}");
    assert!(stays.is_dir() && !goes.exists() && beside.iter().all(|path| !path.exists()));
    let wiped: Vec<_> = steps.iter().filter(|(step, ..)| *step == ErasureStep::Wiped).collect();
    assert_eq!(wiped.len(), 6, "{steps:?}");
    let order: Vec<_> = steps.iter().map(|(step, ..)| *step).collect();
    let committed = order.iter().position(|step| *step == ErasureStep::Committed).unwrap();
    let first = order.iter().position(|step| *step == ErasureStep::Wiped).unwrap();
    assert!(committed < first, "{order:?}");
    for (n, pair) in (0..6).zip(steps[first..].chunks(2)) {
        let expected = [(ErasureStep::Wiped, 2, 6 - n), (ErasureStep::Removed, 2, 5 - n)];
        assert_eq!(pair, expected, "{steps:?}");
    }
    assert_eq!(order[first + 12..first + 14], [ErasureStep::Synced, ErasureStep::Unlisted]);
    assert!(sound(data).unscrubbed, "one is still there");
    std::fs::remove_dir(&stays).unwrap();
    let done = alone.retain(now, desk(), &RetentionRules::default(), &mut |_| ()).unwrap();
    assert_eq!((done.files, done.files_left), (1, 0), "{done:?}");
    drop(alone);
    assert!(!sound(data).unscrubbed);
}

#[test]
fn beside_a_service_a_verb_marks_and_the_service_removes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    closed(data, &store.handle(), 1, false);
    let file = recording(data, &call_id(1), RecordingKind::Message);
    let now = at(RECORDINGS_GO);
    let mut beside = Administration::open(data, now).unwrap();
    let mut removed = 0;
    let done = beside
        .retain(now, desk(), &RetentionRules::default(), &mut |step| {
            removed += u32::from(step == ErasureStep::Wiped);
        })
        .unwrap();
    assert_eq!((erased(&done), done.files, removed), (vec![(RetentionClass::Recording, 1)], 0, 0));
    // Its own look does it; asked for here so that the test need not wait half a minute.
    assert!(retain(&store.handle(), RECORDINGS_GO).erased.is_empty());
    assert!(!file.exists());
    store.close();
    assert!(!sound(data).unscrubbed);
}
