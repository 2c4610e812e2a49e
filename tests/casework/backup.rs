//! Copies of the data (hardening.md R7, T20): of one instant under load, refused when damaged, as many as are
//! wanted, and with nothing in them of what was sealed or erased since.

use crate::desk::*;
use crate::retention::{ciphertexts, closed, holding, retain};
use crate::vault::{canary_case, found_in, liaison, seal};
use jiff::{SignedDuration, Timestamp};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::IntakeKind;
use mayorline::store::{
    BackupConfig, BackupCopy, BackupFault, BackupMade, CopiedSounds, DataFolder, RestoredBackup,
    Store, StoreConfig, StoreError, VerifyReport, back_up, backups, check_backup, restore_backup,
    verify,
};
use mayorline::units::CaseNumber;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// The words of [`closed`], in a recording too.
const SPOKEN: &str = "金丝雀翠羽鸣";

/// A clock that goes on by a minute each time it is looked at, so that copies have an order.
fn ticking() -> Timestamp {
    static MINUTES: AtomicI64 = AtomicI64::new(0);
    noonish() + SignedDuration::from_mins(MINUTES.fetch_add(1, Ordering::Relaxed))
}

fn config(folder: &Path) -> BackupConfig {
    BackupConfig {
        folder: folder.to_owned(),
        every_minutes: 60,
        keep: 24,
        other_disk: false,
        with_master_key: false,
    }
}

fn copy_as(config: &BackupConfig, data: &Path) -> Result<BackupMade, StoreError> {
    back_up(config, &DataFolder::from(data), ticking, &|| false)
}

fn copy(data: &Path, folder: &Path) -> BackupMade {
    copy_as(&config(folder), data).unwrap()
}

fn names(data: &Path, folder: &Path) -> Vec<String> {
    backups(&config(folder), data).unwrap().into_iter().map(|copy| copy.name).collect()
}

fn newest(data: &Path, folder: &Path) -> BackupCopy {
    backups(&config(folder), data).unwrap().pop().unwrap()
}

/// Into a folder that has the key of `data` already; what was put back is whole.
fn restored(data: &Path, source: &Path) -> (tempfile::TempDir, RestoredBackup, VerifyReport) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    let key = "keys/master.key";
    std::fs::copy(data.join(key), folder.path().join(key)).unwrap();
    let restored = restore_backup(source, &DataFolder::from(folder.path())).unwrap();
    let report = verify(folder.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    (folder, restored, report)
}

#[test]
fn a_copy_under_load_is_of_one_instant_and_holds_all_that_was_acknowledged_before() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    // More than one step of copying.
    for n in 0..180 {
        let mut long = intake(&format!("long {n}"), IntakeKind::Text);
        long.text = Some("路灯不亮，夜间行走不便。".repeat(1_600));
        store_intake(&handle, long);
    }
    let (acknowledged, done) = (Mutex::new(Vec::<CaseNumber>::new()), AtomicBool::new(false));
    let count = || acknowledged.lock().unwrap().len();
    let (made, before, after) = std::thread::scope(|scope| {
        for writer in 0..2 {
            let (handle, acknowledged, done) = (&handle, &acknowledged, &done);
            scope.spawn(move || {
                for n in 0..4_000 {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let (number, _) = new_case(handle, &format!("{writer}-{n}"));
                    acknowledged.lock().unwrap().push(number);
                }
            });
        }
        while count() == 0 {
            std::thread::yield_now();
        }
        let before = acknowledged.lock().unwrap().clone();
        let made = copy_as(&config(copies.path()), data);
        let after = count();
        done.store(true, Ordering::Relaxed);
        (made.unwrap(), before, after)
    });
    assert!(made.manifest.bytes > 2_000 * 4_096, "{made:?}");
    assert!(after > before.len(), "nobody was kept from writing");
    store.close();
    assert!(verify(data).unwrap().is_sound());
    let (back, told, report) = restored(data, copies.path());
    assert_eq!((&told.manifest, told.recordings_wrong), (&made.manifest, 0));
    assert_eq!((&report.head, report.events), (&made.manifest.head, count_of(&made)));
    let there = cases(back.path());
    for number in &before {
        assert!(there.contains(number), "{number} was acknowledged before");
    }
    assert_eq!(check_backup(&newest(data, copies.path())).unwrap().fault, None);
}

fn count_of(made: &BackupMade) -> u64 {
    u64::try_from(made.manifest.events).unwrap()
}

/// The numbers of all cases.
fn cases(data: &Path) -> Vec<CaseNumber> {
    let db = crate::retention::database(data);
    let mut statement = db.prepare("SELECT number FROM case_file").unwrap();
    let numbers = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    numbers.map(|number| number.unwrap().to_string().parse().unwrap()).collect()
}

#[test]
fn a_damaged_copy_is_refused_and_an_older_one_goes_back_into_the_same_folder() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let store = open(data);
    let (number, _) = new_case(&store.handle(), "one");
    let keyed = BackupConfig { with_master_key: true, ..config(copies.path()) };
    let older = copy_as(&keyed, data).unwrap();
    new_case(&store.handle(), "two");
    copy_as(&keyed, data).unwrap();
    store.close();
    let damaged = newest(data, copies.path());
    let file = damaged.path.join("mayorline.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(&file, &bytes).unwrap();
    let seen = check_backup(&damaged).unwrap();
    assert!(!seen.is_sound() && seen.fault.unwrap().contains("SHA-256"));
    let empty = tempfile::tempdir().unwrap();
    let target = DataFolder::from(empty.path());
    // The folder of all copies means the newest.
    let manifest = damaged.path.join("manifest.json");
    for source in [copies.path(), damaged.path.as_path(), manifest.as_path()] {
        let refused = restore_backup(source, &target).unwrap_err();
        assert!(matches!(refused, StoreError::Backup(BackupFault::Damaged { .. })), "{refused}");
    }
    assert!(!empty.path().join("mayorline.db").exists());
    let back = restore_backup(&copies.path().join(&older.name), &target).unwrap();
    assert!(back.has_key, "this copy was made with its key");
    let report = verify(empty.path()).unwrap();
    assert!(report.is_sound() && report.head == older.manifest.head, "{report:?}");
    assert_eq!(cases(empty.path()), [number]);
    let again = restore_backup(&copies.path().join(&older.name), &target).unwrap_err();
    assert!(matches!(again, StoreError::Backup(BackupFault::NotEmpty(_))), "{again}");
    let nothing = restore_backup(&data.join("nowhere"), &target).unwrap_err();
    assert!(matches!(nothing, StoreError::Backup(BackupFault::NoCopy(_))), "{nothing}");
}

#[test]
fn so_many_copies_are_kept_and_the_folder_is_of_one_data_folder() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    open(data).close();
    let two = BackupConfig { keep: 2, ..config(copies.path()) };
    // What a crash left goes first.
    let left = copies.path().join("20261122T010000Z.part");
    std::fs::create_dir(&left).unwrap();
    let made: Vec<_> = (0..4).map(|_| copy_as(&two, data).unwrap()).collect();
    assert!(!left.exists());
    assert_eq!(made.iter().map(|made| made.removed).collect::<Vec<_>>(), [0, 0, 1, 1]);
    assert_eq!(names(data, copies.path()), [made[2].name.clone(), made[3].name.clone()]);
    let newest = newest(data, copies.path());
    let mut inside: Vec<_> = std::fs::read_dir(&newest.path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    inside.sort_unstable();
    assert_eq!(inside, ["manifest.json", "mayorline.db"]);
    // SQLite, "Database File Format" 1.3.1: 1 is a rollback journal, 2 is WAL.
    let bytes = std::fs::read(newest.path.join("mayorline.db")).unwrap();
    assert_eq!(bytes[18..20], [1, 1], "to be read without writing beside it");
    let other = tempfile::tempdir().unwrap();
    open(other.path()).close();
    let foreign = copy_as(&two, other.path()).unwrap_err();
    assert!(matches!(foreign, StoreError::Backup(BackupFault::Foreign(_))), "{foreign}");
    assert_eq!(names(data, copies.path()).len(), 2);
}

#[test]
fn nothing_that_was_sealed_is_in_any_copy_once_a_fresh_one_stands() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let (number, _) = canary_case(data);
    liaison(data);
    let before = copy(data, copies.path());
    let upgrade = data.join("backup/mayorline-v16-1795312800000.db");
    std::fs::create_dir(data.join("backup")).unwrap();
    let db = crate::retention::database(data);
    db.execute("VACUUM INTO ?1", [upgrade.to_str().unwrap()]).unwrap();
    let sql = "SELECT k.wrapped FROM case_key k JOIN case_file f ON f.id = k.case_id
               WHERE f.number = ?1";
    let digits = i64::try_from(number.as_u64()).unwrap();
    let key: Vec<u8> = db.query_row(sql, [digits], |row| row.get(0)).unwrap();
    drop(db);
    let found = |folder: &Path| holding(folder, &key[..48]);
    assert_eq!(found(copies.path()).len(), 1, "the master key opens it there");
    assert_eq!(found(&data.join("backup")), [upgrade]);
    seal(data, number);
    assert_eq!(found(copies.path()).len(), 1, "until a fresh copy stands");
    let after = copy(data, copies.path());
    assert!(after.removed == 2 && after.manifest.purged > before.manifest.purged, "{after:?}");
    assert_eq!(names(data, copies.path()), [after.name]);
    assert_eq!(found(copies.path()), Vec::<PathBuf>::new());
    assert_eq!(found(data), Vec::<PathBuf>::new());
    assert!(found_in(copies.path()) >= 2);
    let (_, _, report) = restored(data, copies.path());
    assert!(report.sealed > 0 && report.unclaimed == 0, "{report:?}");
}

#[test]
fn nothing_that_was_erased_is_in_any_copy_sound_or_words() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let store = open(data);
    let handle = store.handle();
    let number = closed(data, &handle, 1, false);
    let secrets = ciphertexts(data, number);
    let first = copy(data, copies.path());
    let CopiedSounds { files, missing, .. } = first.manifest.recordings.unwrap();
    assert_eq!((files, missing, first.sounds_copied), (1, 0, 1));
    assert_eq!(holding(copies.path(), SPOKEN.as_bytes()).len(), 1, "the recording");
    let second = copy(data, copies.path());
    assert_eq!((second.sounds_copied, second.removed), (0, 0), "it stands there once");
    let (_, told, report) = restored(data, &copies.path().join(&first.name));
    assert_eq!((told.recordings_back, told.recordings_wrong, report.recordings), (1, 0, 1));
    // A copy that was changed is found, and not put back.
    let sound = holding(copies.path(), SPOKEN.as_bytes()).pop().unwrap();
    let whole = std::fs::read(&sound).unwrap();
    std::fs::write(&sound, [&whole[..], b"x"].concat()).unwrap();
    assert_eq!(check_backup(&newest(data, copies.path())).unwrap().recordings_wrong, 1);
    assert_eq!(copy(data, copies.path()).sounds_copied, 1, "and copied again");

    // 365 days from 25 November 2026.
    assert_eq!(retain(&handle, "2027-11-26T00:00:00+08:00").files, 1);
    let third = copy(data, copies.path());
    assert_eq!((third.sounds_forgotten, third.removed), (1, 3));
    assert_eq!(holding(copies.path(), SPOKEN.as_bytes()), Vec::<PathBuf>::new());
    // Ten years.
    retain(&handle, "2036-11-26T00:00:00+08:00");
    let fourth = copy(data, copies.path());
    assert_eq!(names(data, copies.path()), [fourth.name]);
    store.close();
    for (n, secret) in secrets.iter().enumerate() {
        assert_eq!(holding(copies.path(), secret), Vec::<PathBuf>::new(), "sealed part {n}");
    }
    let (_, _, report) = restored(data, copies.path());
    assert_eq!((report.erased_cases, report.erased_recordings), (1, 1));
}

#[test]
fn the_service_makes_a_copy_at_once_and_another_after_an_erasure() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let backup = Some(config(copies.path()));
    let config = StoreConfig { backup, ..StoreConfig::new(data, noonish()) };
    let store = Store::start(config, Calendar::built_in(), [7; 32], noonish).unwrap();
    let handle = store.handle();
    let waited = |what: &str, there: &dyn Fn(&[BackupCopy]) -> bool| {
        for _ in 0..600 {
            let copies = backups(&self::config(copies.path()), data).unwrap();
            if there(&copies) {
                return copies.last().unwrap().name.clone();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{what}: {:?}", names(data, copies.path()));
    };
    let whole = |copy: &BackupCopy| {
        copy.manifest.as_ref().is_ok_and(|manifest| manifest.recordings.is_some())
    };
    let first = waited("the first", &|copies| copies.len() == 1 && whole(&copies[0]));
    closed(data, &handle, 1, false);
    assert_eq!(retain(&handle, "2027-11-26T00:00:00+08:00").files, 1);
    let second = waited("after the erasure", &|copies| {
        copies.len() == 1 && copies[0].name != first && whole(&copies[0])
    });
    assert_ne!(first, second);
    store.close();
    let (_, _, report) = restored(data, &copies.path().join(second));
    assert_eq!(report.erased_recordings, 1);
}
