//! Encryption at rest and under seal (domain.md B9): a canary stands nowhere in clear, a seal takes
//! it from the service, and whoever changes a byte is found out.

use crate::desk::*;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, Lookup};
use mayorline::domain::case::{Actor, DeadlineRules, Nature, Order, Role, Task, WrapUp};
use mayorline::domain::desk::Disposition;
use mayorline::domain::search::Question;
use mayorline::domain::suggest::RiskGroup;
use mayorline::store::{
    Administration, CaseName, DataFolder, FalseAlarm, LiaisonKey, MASTER_KEY_FILE, Reader,
    SearchFilter, StoreError, WrapUpOrder, verify,
};
use mayorline::units::{CaseNumber, PhoneNumber, QueryCode};
use rusqlite::Connection;
use std::path::Path;

/// Words that stand nowhere else, and a number.
pub(crate) const CANARY: &str = "金丝雀翠羽鸣";
pub(crate) const CANARY_LATIN: &str = "canaryzqxj";
pub(crate) const CANARY_PHONE: &str = "19912345678";

/// A case of a call whose text, name, number and summary are canaries.
pub(crate) fn canary_case(data: &Path) -> (CaseNumber, QueryCode) {
    let store = open(data);
    let handle = store.handle();
    let caller = Caller {
        number: PhoneNumber::parse(CANARY_PHONE).ok(),
        display: Some(CANARY_LATIN.to_owned()),
    };
    let mut started = call_started(&call_id(1));
    started.caller = caller.clone();
    assert!(handle.call_started(started));
    let mut contact = intake("canary", IntakeKind::Text);
    contact.call = Some(call_id(1));
    contact.caller = caller;
    contact.text = Some(format!("{CANARY} {CANARY_LATIN}"));
    contact.callback = true;
    let (number, code) = store_intake(&handle, contact);
    assert!(handle.call_finished(noonish(), call_record(&call_id(1), vec![]), vec![citizen_leg()]));
    let wrap_up = WrapUp {
        seat: seat("801"),
        call: call_id(1),
        disposition: Disposition::LeaderReview,
        nature: Some(Nature::Report),
        summary: format!("{CANARY} {CANARY_LATIN}"),
        unit: None,
        outcome: None,
    };
    let order = WrapUpOrder { case: None, wrap_up };
    answered(|answer| handle.wrap_up(noonish(), order, answer)).unwrap();
    let alarm = FalseAlarm {
        risk: RiskGroup::Crowd,
        person: "wang".to_owned(),
        reason: format!("{CANARY} {CANARY_LATIN} {CANARY_PHONE}"),
    };
    let mut beside = Administration::open(data, noonish()).unwrap();
    beside.mark_false_alarm(noonish(), number.unwrap(), &alarm).unwrap();
    // A caller whose tries are counted.
    let asker = QueryCode::new(0).unwrap();
    assert_ne!(look_up(&handle, noonish(), number.unwrap(), asker, Some(17)), Lookup::Locked);
    found_in(data);
    store.close();
    (number.unwrap(), code.unwrap())
}

fn act(data: &Path, number: CaseNumber, role: Role, task: Task) -> Result<(), StoreError> {
    let desk = (Calendar::built_in(), DeadlineRules::default(), [9; 32]);
    let person = role.as_str();
    let order = Order { actor: Actor::new(person, role, None), task };
    let mut beside = Administration::open(data, noonish())?;
    beside.act(noonish(), desk, CaseName::Number(number), &order).map(|_| ())
}

pub(crate) fn seal(data: &Path, number: CaseNumber) {
    act(data, number, Role::Clerk, Task::ProposeSeal).unwrap();
    act(data, number, Role::Director, Task::ConfirmSeal).unwrap();
}

pub(crate) fn liaison(data: &Path) -> LiaisonKey {
    let key = LiaisonKey::random().unwrap();
    let mut beside = Administration::open(data, noonish()).unwrap();
    beside.add_liaison_key(noonish(), key.public()).unwrap();
    key
}

pub(crate) fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Fails when a canary stands in any file of the folder; says how many were looked at.
pub(crate) fn found_in(data: &Path) -> usize {
    let mut found = vec![];
    files(data, &mut found);
    for file in &found {
        let bytes = std::fs::read(file).unwrap();
        let wide: Vec<u8> = CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for canary in [CANARY.as_bytes(), CANARY_LATIN.as_bytes(), CANARY_PHONE.as_bytes(), &wide] {
            let there = bytes.windows(canary.len()).any(|window| window == canary);
            assert!(!there, "{}: {:?}", file.display(), String::from_utf8_lossy(canary));
        }
    }
    found.len()
}

fn database(data: &Path) -> Connection {
    Connection::open(data.join("mayorline.db")).unwrap()
}

pub(crate) fn search(reader: &Reader, words: &str) -> usize {
    let question = Question::parse(words).unwrap();
    reader.search(&question, &SearchFilter::default(), 9).unwrap().count
}

#[test]
fn a_canary_is_nowhere_in_clear_and_after_the_seal_only_the_liaison_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (number, code) = canary_case(data);
    // Copies from before the seal, as a backup makes them.
    std::fs::create_dir(data.join("copies")).unwrap();
    std::fs::copy(data.join("mayorline.db"), data.join("copies/before.db")).unwrap();
    let reader = Reader::open(data).unwrap();
    let shown = serde_json::to_string(&reader.case(number).unwrap()).unwrap();
    assert!(shown.contains(CANARY) && shown.contains(CANARY_PHONE), "the service reads it");
    for words in [CANARY, "翠", "canaryzqxj"] {
        assert_eq!(search(&reader, words), 1, "{words}");
    }
    assert!(found_in(data) > 3);
    let key = liaison(data);
    act(data, number, Role::Clerk, Task::ProposeSeal).unwrap();
    act(data, number, Role::Director, Task::RefuseSeal).unwrap();
    assert_eq!(search(&reader, CANARY), 1, "a refused seal restores");
    assert!(serde_json::to_string(&reader.case(number).unwrap()).unwrap().contains(CANARY_PHONE));
    drop(reader);
    seal(data, number);
    found_in(data);
    let reader = Reader::open(data).unwrap();
    assert_eq!(search(&reader, CANARY), 0);
    assert!(matches!(reader.case(number), Err(StoreError::NotFound)));
    let id = reader.cases(9).unwrap()[0].id;
    let told = format!("{:?}", reader.events(id).unwrap());
    assert!(!told.contains(CANARY) && !told.contains(CANARY_PHONE), "the master key opens it");
    assert!(!format!("{:?}", reader.call(&call_id(1)).unwrap()).contains(CANARY_PHONE));
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.sealed > 0 && report.unclaimed == 0, "{report:?}");
    let mut beside = Administration::open(data, noonish()).unwrap();
    let other = LiaisonKey::random().unwrap();
    assert!(beside.read_sealed(noonish(), number, &other, "zhou", "test").is_err());
    let read = beside.read_sealed(noonish(), number, &key, "zhou", "初核").unwrap();
    let read = serde_json::to_string(&read).unwrap();
    for canary in [CANARY, CANARY_LATIN, CANARY_PHONE] {
        assert!(read.contains(canary), "{canary}");
    }
    let later = noonish() + jiff::SignedDuration::from_secs(1);
    let audited = reader.audit(noonish(), later, 9).unwrap();
    let last = audited.last().unwrap();
    assert_eq!((last.kind.as_str(), last.reason.as_str()), ("seal_read", "初核"));
    assert_eq!(audited.iter().filter(|row| row.kind == "seal_read").count(), 1);
    // The citizen still hears that it was passed on.
    drop(beside);
    let store = open(data);
    let told = look_up(&store.handle(), noonish(), number, code, None);
    assert!(matches!(told, Lookup::Found(_)), "{told:?}");
    store.close();
    found_in(data);
}

#[test]
fn a_seal_takes_every_token_of_the_case_out_of_the_index_and_cuts_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (number, _) = canary_case(data);
    liaison(data);
    let segments = |db: &Connection| -> Vec<u8> {
        let sql = "SELECT block FROM case_search_data";
        let mut blocks = db.prepare(sql).unwrap();
        let rows = blocks.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.flat_map(Result::unwrap).collect()
    };
    let before = segments(&database(data)).len();
    seal(data, number);
    let after = segments(&database(data)).len();
    assert!(before > 200 && after < 64, "{before} bytes of the index, then {after}");
    let log = std::fs::metadata(data.join("mayorline.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "old pages stay in the log");
}

#[test]
fn a_seal_without_a_key_waits_hidden_and_is_handed_over_when_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (number, _) = canary_case(data);
    seal(data, number);
    let report = verify(data).unwrap();
    assert!(report.is_sound() && report.unclaimed == 1, "{report:?}");
    let reader = Reader::open(data).unwrap();
    assert!(matches!(reader.case(number), Err(StoreError::NotFound)));
    assert_eq!(search(&reader, CANARY), 0);
    let key = liaison(data);
    assert_eq!(verify(data).unwrap().unclaimed, 0);
    let mut beside = Administration::open(data, noonish()).unwrap();
    let read = beside.read_sealed(noonish(), number, &key, "zhou", "初核").unwrap();
    assert!(serde_json::to_string(&read).unwrap().contains(CANARY_PHONE));
}

/// What a kill between the commit of a seal and its checkpoint leaves: the copy is taken while a
/// reader keeps the log from being cut.
#[test]
fn a_purge_that_was_interrupted_is_finished_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (number, _) = canary_case(&data);
    liaison(&data);
    act(&data, number, Role::Clerk, Task::ProposeSeal).unwrap();
    let reader = database(&data);
    reader.execute_batch("BEGIN; SELECT count(*) FROM case_file;").unwrap();
    act(&data, number, Role::Director, Task::ConfirmSeal).unwrap();
    let killed = folder.path().join("killed");
    std::fs::create_dir_all(killed.join("keys")).unwrap();
    for file in ["mayorline.db", "mayorline.db-wal", MASTER_KEY_FILE] {
        std::fs::copy(data.join(file), killed.join(file)).unwrap();
    }
    assert!(std::fs::metadata(killed.join("mayorline.db-wal")).unwrap().len() > 0);
    assert!(verify(&killed).unwrap().unscrubbed);
    open(&killed).close();
    assert!(!verify(&killed).unwrap().unscrubbed);
    let log = std::fs::metadata(killed.join("mayorline.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
    assert!(verify(&killed).unwrap().is_sound());
}

#[test]
fn swapped_and_changed_ciphertexts_are_found() {
    let changed = |sql: &str| {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        new_case(&store.handle(), "a");
        new_case(&store.handle(), "b");
        store.close();
        let db = database(folder.path());
        db.execute_batch("DROP TRIGGER event_private_is_never_changed").unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let report = verify(folder.path()).unwrap();
        let faults: Vec<_> = report.faults.into_iter().map(|fault| fault.area).collect();
        faults
    };
    assert_eq!(changed("SELECT 1").len(), 0);
    let swapped = "UPDATE event_private SET body =
                       (SELECT body FROM event_private WHERE seq = 1) WHERE seq = 2";
    assert!(changed(swapped).contains(&"private"), "within a case");
    let swapped = "UPDATE case_file SET private =
                       (SELECT private FROM case_file WHERE id = 1) WHERE id = 2";
    assert!(changed(swapped).contains(&"projection"), "another case's");
    let swapped = "UPDATE case_key SET wrapped =
                       (SELECT wrapped FROM case_key WHERE case_id = 1) WHERE case_id = 2";
    assert!(changed(swapped).contains(&"private"), "another case's key");
    let flipped = "UPDATE event_private SET body =
                       CAST(substr(body, 1, 20) AS BLOB) WHERE seq = 1";
    assert!(changed(flipped).contains(&"private"));
}

#[test]
fn a_wrong_or_missing_master_key_is_told_and_nothing_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    canary_case(data);
    let (key, kept) = (data.join(MASTER_KEY_FILE), data.join("kept"));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::rename(&key, &kept).unwrap();
    let errors = || {
        let store = mayorline::store::Store::open(
            mayorline::store::StoreConfig::new(data, noonish()),
            Calendar::built_in(),
            [7; 32],
        );
        [
            Reader::open(data).err().unwrap(),
            store.err().unwrap(),
            verify(data).unwrap_err(),
            Administration::open(data, noonish()).err().unwrap(),
        ]
    };
    for error in errors() {
        assert!(matches!(error, StoreError::NoMasterKey(_)), "{error}");
    }
    assert!(!key.exists(), "a new key would open nothing");
    std::fs::write(&key, "0".repeat(64)).unwrap();
    for error in errors() {
        assert!(matches!(error, StoreError::WrongMasterKey(_)), "{error}");
    }
    std::fs::remove_file(&key).unwrap();
    let elsewhere = DataFolder::new(data, &kept);
    assert!(verify(elsewhere).unwrap().is_sound(), "the key may be kept elsewhere");
}

#[test]
fn a_case_that_the_liaison_alone_reads_still_takes_what_happens_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (number, code) = canary_case(data);
    let key = liaison(data);
    seal(data, number);
    act(data, number, Role::Liaison, Task::FileReceipt("纪字7号".to_owned())).unwrap();
    let store = open(data);
    // The same seat whose answer was lost, and one that took part in the talk.
    for (by, words) in [("801", CANARY), ("802", "第二坐席补记")] {
        let wrap_up = WrapUp {
            seat: seat(by),
            call: call_id(1),
            disposition: Disposition::LeaderReview,
            nature: Some(Nature::Report),
            summary: words.to_owned(),
            unit: None,
            outcome: None,
        };
        let order = WrapUpOrder { case: None, wrap_up };
        answered(|answer| store.handle().wrap_up(noonish(), order, answer)).unwrap();
    }
    let told = look_up(&store.handle(), noonish(), number, code, None);
    assert!(matches!(told, Lookup::Found(_)), "{told:?}");
    store.close();
    // A program that works its rows out in another way.
    database(data).execute("DELETE FROM meta WHERE key = 'rows_format'", []).unwrap();
    let store = open(data);
    let told = look_up(&store.handle(), noonish(), number, code, None);
    assert!(matches!(told, Lookup::Found(_)), "{told:?}");
    store.close();
    let report = verify(data).unwrap();
    assert!(report.is_sound(), "{report:?}");
    found_in(data);
    let mut beside = Administration::open(data, noonish()).unwrap();
    let read = beside.read_sealed(noonish(), number, &key, "zhou", "初核").unwrap();
    assert!(serde_json::to_string(&read).unwrap().contains("第二坐席补记"));
}

#[test]
fn a_seal_is_done_although_its_purge_fails_and_the_service_goes_on_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (number, _) = canary_case(data);
    database(data)
        .execute_batch(
            "CREATE TRIGGER stuck BEFORE INSERT ON meta WHEN NEW.key = 'purge_done'
             BEGIN SELECT RAISE(ABORT, 'stuck'); END;",
        )
        .unwrap();
    liaison(data);
    seal(data, number);
    assert!(verify(data).unwrap().unscrubbed);
    database(data).execute_batch("DROP TRIGGER stuck").unwrap();
    open(data).close();
    let report = verify(data).unwrap();
    assert!(report.is_sound() && !report.unscrubbed, "{report:?}");
}

#[test]
fn a_key_that_was_half_written_when_the_power_went_is_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let half = data.join(MASTER_KEY_FILE).with_extension("new");
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    std::fs::write(&half, "0f").unwrap();
    let (number, _) = canary_case(data);
    assert!(!half.exists() && data.join(MASTER_KEY_FILE).exists());
    assert!(Reader::open(data).unwrap().case(number).is_ok());
}

#[test]
fn a_key_that_was_cut_off_under_its_first_name_stands_once_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    canary_case(data);
    let key = data.join(MASTER_KEY_FILE);
    let other = key.with_extension("new");
    std::fs::hard_link(&key, &other).unwrap();
    open(data).close();
    assert!(key.exists() && !other.exists());
    // What is no copy of it is not ours.
    std::fs::write(&other, "0f").unwrap();
    open(data).close();
    assert!(other.exists());
}

/// A key on a medium that is taken away once the service has started.
#[test]
fn the_running_service_needs_its_key_file_at_the_start_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    new_case(&store.handle(), "k");
    let key = folder.path().join(MASTER_KEY_FILE);
    std::fs::rename(&key, folder.path().join("away")).unwrap();
    let later = noonish() + jiff::SignedDuration::from_hours(24 * 10);
    let looked = answered(|answer| store.handle().supervise(later, answer)).unwrap();
    assert_eq!(looked.fired, 1);
    store.close();
}
