//! Opening connections, and bringing a database to the current schema.

use super::case_file;
use super::config::{
    BACKUP_FOLDER, BUSY_TIMEOUT_MS, DataFolder, JOURNAL_BYTES_MAX, StoreConfig, database_path,
};
use super::encrypt;
use super::error::StoreError;
use super::folder::make_folder;
use super::privacy_hold;
use super::search;
use super::vault::Vault;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// The whole current schema.
const SCHEMA: &str = include_str!("../../schema.sql");

/// The way there, one file a version.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0011.sql"),
    include_str!("migrations/0012.sql"),
    include_str!("migrations/0013.sql"),
    include_str!("migrations/0014.sql"),
    include_str!("migrations/0015.sql"),
    include_str!("migrations/0016.sql"),
    include_str!("migrations/0017.sql"),
    include_str!("migrations/0018.sql"),
    include_str!("migrations/0019.sql"),
    include_str!("migrations/0020.sql"),
];

/// Prepared statements kept per connection.
const STATEMENTS_MAX: usize = 64;

/// Pages of the database that the writer keeps at hand, in KiB: the ends of all trees, and those of
/// some ten thousand citizens.
const WRITER_CACHE_KIB: i64 = 16 << 10;

/// Pages of the log after which it is taken into the file. Each page goes there once, however often
/// it was written into the log: 16 MiB make that cheap, and are read again quickly after a crash.
const LOG_PAGES: i64 = 4096;

/// Memory of a reader that maps the file, in bytes.
const READER_MMAP_BYTES_MAX: i64 = 256 << 20;

/// The connection that writes. Makes the database when it is not there.
pub(super) fn open_writer(config: &StoreConfig) -> Result<(Connection, Vault), StoreError> {
    let mut db = Connection::open(database_path(&config.path))?;
    db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    refuse_newer(&db, MIGRATIONS)?;
    // FULL: a commit that was acknowledged is on the disk, also after a power cut.
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "journal_size_limit", JOURNAL_BYTES_MAX)?;
    db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    // Negative: KiB, not pages.
    db.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // Pages that a savepoint may need again stay in memory.
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // What is deleted is overwritten: a key that was wrapped, words of the index.
    db.pragma_update(None, "secure_delete", true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    migrate(&mut db, MIGRATIONS, Some((&config.path, config.opened_at)))?;
    let vault = Vault::of_writer(&db, &config.master_key)?;
    encrypt::bring_up_to_date(&mut db, &vault)?;
    case_file::bring_up_to_date(&mut db, &vault)?;
    search::bring_up_to_date(&mut db, &vault)?;
    privacy_hold::bring_up_to_date(&db, &vault)?;
    // Everything is sealed by now: what is left on the disk must not keep the line from its store.
    if let Err(error) = encrypt::scrub(&db, &config.path) {
        tracing::error!(%error, "ALARM what stood in clear is still on the disk; \
            the next start tries again");
    }
    Ok((db, vault))
}

/// A connection that writes beside that of a running service, with the keys to what it writes.
pub(super) fn open_second_writer(folder: &DataFolder) -> Result<(Connection, Vault), StoreError> {
    let db = open_second(&folder.path)?;
    let vault = Vault::of(&db, &folder.master_key)?;
    Ok((db, vault))
}

/// A connection that writes beside that of a running service, and therefore changes no schema.
pub(super) fn open_second(data: &Path) -> Result<Connection, StoreError> {
    let path = database_path(data);
    if !path.is_file() {
        return Err(StoreError::Missing(path));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    require_current(&db)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "secure_delete", true)?;
    Ok(db)
}

/// A connection that cannot write, with the keys to what it reads.
pub(super) fn open_reader_with(folder: &DataFolder) -> Result<(Connection, Vault), StoreError> {
    let db = open_reader(&folder.path)?;
    require_current(&db)?;
    let vault = Vault::of(&db, &folder.master_key)?;
    Ok((db, vault))
}

/// A connection that cannot write.
pub(super) fn open_reader(data: &Path) -> Result<Connection, StoreError> {
    let path = database_path(data);
    if !path.is_file() {
        return Err(StoreError::Missing(path));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "mmap_size", READER_MMAP_BYTES_MAX)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    refuse_newer(&db, MIGRATIONS)?;
    Ok(db)
}

/// Refuses a database of another version than this program writes.
pub(super) fn require_current(db: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(db)?, known(MIGRATIONS));
    if found == known { Ok(()) } else { Err(StoreError::OtherVersion { found, known }) }
}

/// Refuses a database that a newer program wrote.
pub(super) fn must_be_known(db: &Connection) -> Result<(), StoreError> {
    refuse_newer(db, MIGRATIONS)
}

fn version(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn known(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

fn refuse_newer(db: &Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let (found, known) = (version(db)?, known(migrations));
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(()) }
}

/// Brings a database to the last version: a new one at once by `schema.sql`, an older one step by
/// step after a copy was made.
fn migrate(
    db: &mut Connection,
    migrations: &[&str],
    backup: Option<(&Path, Timestamp)>,
) -> Result<(), StoreError> {
    let from = version(db)?;
    if from == 0 {
        return step(db, SCHEMA, known(migrations));
    }
    if from < known(migrations)
        && let Some((data, at)) = backup
    {
        back_up(db, data, from, at)?;
    }
    for (number, sql) in (1_u32..).zip(migrations).skip(usize::try_from(from).unwrap_or(0)) {
        step(db, sql, number)?;
    }
    Ok(())
}

/// One version, whole or not at all.
fn step(db: &mut Connection, sql: &str, number: u32) -> Result<(), StoreError> {
    let tx = db.transaction()?;
    tx.execute_batch(sql)?;
    tx.pragma_update(None, "user_version", number)?;
    let broken = tx.prepare("PRAGMA foreign_key_check")?.exists([])?;
    if broken {
        return Err(StoreError::Damaged("references after a migration"));
    }
    Ok(tx.commit()?)
}

fn back_up(db: &Connection, data: &Path, from: u32, at: Timestamp) -> Result<(), StoreError> {
    let folder = data.join(BACKUP_FOLDER);
    make_folder(&folder)?;
    let file = folder.join(format!("mayorline-v{from}-{}.db", at.as_millisecond()));
    db.execute("VACUUM INTO ?1", [file.to_string_lossy()])?;
    Ok(())
}

/// How SQLite goes about a statement, a step a line.
#[cfg(test)]
pub(super) fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Parameters stay unbound: nothing is run.
    statement.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect()
}

/// Fails when a statement about cases in a state reads all of them.
#[cfg(test)]
pub(super) fn assert_by_state(db: &Connection, sql: &str) {
    let plan = plan(db, sql);
    assert!(plan.iter().any(|step| step.contains("case_by_state")), "{plan:#?}");
    let whole = |step: &String| ["SCAN c", "SCAN f"].iter().any(|scan| step.starts_with(scan));
    assert!(!plan.iter().any(whole), "{plan:#?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every object with its text, without comments and white space.
    fn objects(db: &Connection) -> Vec<(String, String, String)> {
        let sql = "SELECT type, name, COALESCE(sql, '') FROM sqlite_schema ORDER BY type, name";
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let text: String = row.get(2)?;
            let bare: String =
                text.lines().map(|line| line.split("--").next().unwrap_or("")).collect();
            Ok((row.get(0)?, row.get(1)?, bare.split_whitespace().collect()))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_fresh_schema_is_the_same_as_all_migrations_one_by_one() {
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh, MIGRATIONS, None).unwrap();
        let mut stepped = Connection::open_in_memory().unwrap();
        for (number, sql) in (1..).zip(MIGRATIONS) {
            step(&mut stepped, sql, number).unwrap();
        }
        encrypt::bring_up_to_date(&mut stepped, &Vault::new(&[7; 32]).unwrap()).unwrap();
        assert!(objects(&fresh).len() > 30);
        assert_eq!(objects(&fresh), objects(&stepped));
        assert_eq!(version(&fresh).unwrap(), version(&stepped).unwrap());
    }

    #[test]
    fn calls_of_version_1_come_along_with_their_legs_and_entries() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "foreign_keys", true).unwrap();
        step(&mut db, MIGRATIONS[0], 1).unwrap();
        db.execute_batch(
            "INSERT INTO call VALUES ('c', NULL, NULL, '12345', 'p', 1, 9, 8, 'service');
             INSERT INTO call VALUES ('d', NULL, NULL, '12345', 'p', 1, NULL, NULL, NULL);
             INSERT INTO call_leg VALUES ('c', 1, 'citizen', 'p', 'PCMA', 0, 8, 4, 5, 6);
             INSERT INTO call_leg VALUES ('d', 2, 'citizen', 'p', NULL, 0, 0, 0, 0, 0);
             INSERT INTO call_entry VALUES ('c', 0, 7, 'prompt', 'G01');
             INSERT INTO recording VALUES (1, 'f', 'message', 'c', NULL, 1, 1, hex(zeroblob(32)),
                                           0, 0);",
        )
        .unwrap();
        migrate(&mut db, MIGRATIONS, None).unwrap();
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        let legs = "SELECT group_concat(party || role || ended_by || answered_ms || lost, ' ')
                    FROM (SELECT * FROM call_leg ORDER BY leg)";
        assert_eq!(one(legs), "0citizenservice06 0citizennetwork00");
        let entries = "SELECT kind || value || at_ms || (party IS NULL) FROM call_entry";
        assert_eq!(one(entries), "promptG0171");
        assert_eq!(one("SELECT file || (tracks IS NULL) FROM recording"), "f1");
        assert_eq!(one("SELECT group_concat(id, '') FROM call"), "cd");
        assert!(db.execute("UPDATE call SET lasted_ms = 0 WHERE id = 'c'", []).is_err());
    }

    #[test]
    fn rows_of_version_2_come_along_and_its_checks_still_hold() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "foreign_keys", true).unwrap();
        for (number, sql) in (1..).zip(&MIGRATIONS[..2]) {
            step(&mut db, sql, number).unwrap();
        }
        db.execute_batch(
            "BEGIN;
             INSERT INTO call VALUES ('c', NULL, NULL, '12345', 'p', 1, NULL, NULL, NULL);
             INSERT INTO call_entry VALUES ('c', 0, 7, NULL, 'prompt', 'G01');
             INSERT INTO call_leg VALUES ('c', 1, 0, 'seat', '801', 'p', NULL, 0, 0, 0, 0, 'party',
                                          NULL, 0, 0, 0);
             INSERT INTO queue_log (seq, at, kind, value) VALUES (1, 1, 'enter', '');
             INSERT INTO case_file (intake_key, state, channel, received_at, round,
                                    answered_directly, due_provisional, last_event)
             VALUES ('k', 'draft', 'abandoned', 1, 0, 0, 0, 1);
             INSERT INTO event VALUES (1, 1, 1, 'a', '{}', NULL, zeroblob(32), zeroblob(32));
             INSERT INTO callback_task VALUES (1, NULL, 'missed', 1, NULL);
             COMMIT;",
        )
        .unwrap();
        migrate(&mut db, MIGRATIONS, None).unwrap();
        for (table, column) in [
            ("call", "ended_by"),
            ("call_entry", "kind"),
            ("call_leg", "role"),
            ("call_leg", "ended_by"),
            ("case_file", "state"),
            ("callback_task", "reason"),
        ] {
            let error = db.execute(&format!("UPDATE {table} SET {column} = 'x'"), []).unwrap_err();
            let error = error.to_string();
            assert!(error.contains(&format!("{column} = ")), "{table}: {error}");
        }
        let queued = "INSERT INTO queue_log (seq, at, kind, value) VALUES (2, 1, 'x', '')";
        assert!(db.execute(queued, []).unwrap_err().to_string().contains("kind = "));
        let running = "UPDATE call SET ended_at = 2, lasted_ms = 1, ended_by = 'crash'";
        assert_eq!(db.execute(running, []).unwrap(), 1);
        let sound = db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        assert_eq!(sound.unwrap(), "ok");
    }

    #[test]
    fn cases_of_an_older_version_get_their_new_columns_from_their_events() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = Connection::open(database_path(folder.path())).unwrap();
        for (number, sql) in (1..).zip(MIGRATIONS).take(2) {
            step(&mut db, sql, number).unwrap();
        }
        let call = crate::units::CallId::new("g1", 1_795_000_000_000, 1);
        let wrapped_up = format!(
            r#"{{"event":"wrapped_up","seat":"801","call":"{}","disposition":"kept"}}"#,
            call.as_str()
        );
        let received = r#"{"event":"received","key":"k","channel":"abandoned","at":0}"#;
        db.execute_batch(
            "INSERT INTO case_file (intake_key, state, channel, received_at, round,
                                    answered_directly, due_provisional, last_event)
             VALUES ('k', 'draft', 'abandoned', 0, 0, 0, 0, 2);",
        )
        .unwrap();
        for (seq, body) in (1..).zip([received, wrapped_up.as_str()]) {
            let put =
                "INSERT INTO event VALUES (?1, 1, 0, 'x', ?2, NULL, zeroblob(32), zeroblob(32))";
            db.execute(put, rusqlite::params![seq, body]).unwrap();
        }
        drop(db);
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = open_writer(&config).unwrap();
        let sql = "SELECT disposition || last_event FROM case_file";
        let row: String = db.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(row, "kept2");
    }

    #[test]
    fn the_audit_of_version_5_comes_along_and_takes_imports() {
        let mut db = Connection::open_in_memory().unwrap();
        for (number, sql) in (1..).zip(&MIGRATIONS[..5]) {
            step(&mut db, sql, number).unwrap();
        }
        let entry = |seq: u8, kind: &str| {
            format!(
                "INSERT INTO audit VALUES ({seq}, 1, 'a', '{kind}', 's', 'r', zeroblob(32), zeroblob(32))"
            )
        };
        db.execute(&entry(1, "listen"), []).unwrap();
        assert!(db.execute(&entry(2, "directory_imported"), []).is_err());
        migrate(&mut db, MIGRATIONS, None).unwrap();
        db.execute(&entry(2, "directory_imported"), []).unwrap();
        assert!(db.execute(&entry(3, "nonsense"), []).is_err());
        assert!(db.execute("DELETE FROM audit", []).is_err());
        let kept: String =
            db.query_row("SELECT group_concat(kind) FROM audit", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "listen,directory_imported");
    }

    #[test]
    fn versions_of_the_directory_are_closed_and_never_overwritten() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, MIGRATIONS, None).unwrap();
        let put = |version: u8| {
            format!(
                "INSERT INTO directory_version VALUES ('units', 'k', {version}, 'd', NULL, '', 1)"
            )
        };
        db.execute(&put(1), []).unwrap();
        for wrong in [
            put(1).as_str(),
            &put(3),
            "DELETE FROM directory_version",
            "UPDATE directory_version SET body = 'x'",
            "UPDATE directory_version SET version = 2",
        ] {
            assert!(db.execute(wrong, []).is_err(), "{wrong}");
        }
        db.execute("UPDATE directory_version SET valid_to = 'e'", []).unwrap();
        assert!(db.execute("UPDATE directory_version SET valid_to = NULL", []).is_err());
        db.execute(&put(2), []).unwrap();
    }

    #[test]
    fn an_older_database_is_copied_and_brought_up() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (mut db, _) = open_writer(&config).unwrap();
        let last = known(MIGRATIONS);
        let mut longer = MIGRATIONS.to_vec();
        longer.push("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT;");
        migrate(&mut db, &longer, Some((folder.path(), config.opened_at))).unwrap();
        assert_eq!(version(&db).unwrap(), last + 1);
        let copy = folder.path().join(format!("backup/mayorline-v{last}-0.db"));
        let copy = Connection::open(copy).unwrap();
        assert_eq!(version(&copy).unwrap(), last);
        drop(db);
        let error = open_writer(&config).err().unwrap();
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
        assert!(error.to_string().contains("newer program"));
    }

    /// A database of version 5 with a case in clear; gives its canary.
    fn plain(data: &Path) -> &'static str {
        let mut db = Connection::open(database_path(data)).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        for (number, sql) in (1..).zip(&MIGRATIONS[..5]) {
            step(&mut db, sql, number).unwrap();
        }
        let canary = "canaryzqxj";
        let received = r#"{"event":"received","key":"k","channel":"text","at":0}"#;
        let number = crate::units::CaseNumber::new(2026, 11, 22, 1).unwrap();
        let accepted = format!(
            r#"{{"event":"accepted","number":"{number}","at":0,"summary":"{canary}",
                "first_responsible":"system",
                "due":{{"on":"2026-11-27","at":0,"provisional":false,"explained":[]}}}}"#
        );
        let parts = [
            format!(r#"{{"caller":"19900000017","text":"{canary}"}}"#),
            r#"{"code":"1234"}"#.into(),
        ];
        db.execute_batch(&format!(
            "INSERT INTO day_sequence VALUES (261122, 1);
             INSERT INTO call VALUES ('c', '19900000017', '{canary}', '1', 'p', 0, 9, 8, 'service');
             INSERT INTO case_file (intake_key, state, channel, received_at, number, accepted_at,
                 first_responsible, summary, round, answered_directly, due_provisional, last_event)
             VALUES ('k', 'accepted', 'text', 0, {number}, 0, 'system', '{canary}', 1, 0, 0, 2);"
        ))
        .unwrap();
        let salt = [3; 16];
        for ((seq, body), part) in (1..).zip([received, accepted.as_str()]).zip(&parts) {
            let digest = super::super::chain::private_digest(&salt, part);
            let put =
                "INSERT INTO event VALUES (?1, 1, 0, 'x', ?2, ?3, zeroblob(32), zeroblob(32))";
            db.execute(put, rusqlite::params![seq, body, digest]).unwrap();
            let put = "INSERT INTO event_private VALUES (?1, ?2, ?3)";
            db.execute(put, rusqlite::params![seq, salt, part]).unwrap();
        }
        canary
    }

    fn holds(file: &Path, words: &str) -> bool {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    }

    #[test]
    fn what_stood_in_clear_is_sealed_and_no_page_of_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let canary = plain(folder.path());
        let file = database_path(folder.path());
        assert!(holds(&file, canary));
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, vault) = open_writer(&config).unwrap();
        let case = case_file::load(&db, &vault, 1).unwrap();
        assert_eq!(case.summary.as_deref(), Some(canary));
        assert_eq!(case.private.text.as_deref(), Some(canary));
        let call = super::super::call_private::of(&db, &vault, "c").unwrap();
        assert_eq!(call.display.as_deref(), Some(canary));
        let sql = "SELECT count(*) FROM meta WHERE key = 'chain_before_sealing'";
        assert_eq!(db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
        drop(db);
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            for words in [canary, "19900000017"] {
                assert!(!holds(&path, words), "{words} in {}", path.display());
            }
        }
        let copies = std::fs::read_dir(folder.path().join(BACKUP_FOLDER)).unwrap().count();
        assert_eq!(copies, 0, "the copy in clear stays");
        let report = super::super::verify::verify(folder.path()).unwrap();
        assert!(report.is_sound(), "{report:?}");
    }

    /// Cut off by a power cut before the first event, after each event and call, and after the last.
    #[test]
    fn sealing_goes_on_from_where_it_was_interrupted() {
        for done in 0..=3 {
            let folder = tempfile::tempdir().unwrap();
            plain(folder.path());
            let mut db = Connection::open(database_path(folder.path())).unwrap();
            for (number, sql) in (6..).zip(&MIGRATIONS[5..]) {
                step(&mut db, sql, number).unwrap();
            }
            let vault = Vault::of_writer(&db, &folder.path().join("keys/master.key")).unwrap();
            for _ in 0..done {
                assert!(encrypt::seal_some(&mut db, &vault, 1).unwrap());
            }
            drop(db);
            let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
            drop(open_writer(&config).unwrap());
            let report = super::super::verify::verify(folder.path()).unwrap();
            let whole = report.is_sound() && report.events == 2 && !report.unscrubbed;
            assert!(whole, "after {done}: {report:?}");
            assert!(!holds(&database_path(folder.path()), "canaryzqxj"), "after {done}");
        }
    }

    #[test]
    fn what_cannot_be_scrubbed_keeps_no_line_from_its_store() {
        let folder = tempfile::tempdir().unwrap();
        let canary = plain(folder.path());
        let db = Connection::open(database_path(folder.path())).unwrap();
        // Stands for a disk that is full when the file is written anew.
        db.execute_batch(
            "CREATE TRIGGER full BEFORE DELETE ON meta WHEN OLD.key = 'scrub_pending'
             BEGIN SELECT RAISE(ABORT, 'full'); END;",
        )
        .unwrap();
        drop(db);
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = open_writer(&config).unwrap();
        assert!(super::super::verify::verify(folder.path()).unwrap().unscrubbed);
        db.execute_batch("DROP TRIGGER full").unwrap();
        drop(db);
        drop(open_writer(&config).unwrap());
        assert!(!super::super::verify::verify(folder.path()).unwrap().unscrubbed);
        assert!(!holds(&database_path(folder.path()), canary));
    }

    #[test]
    fn reasons_of_false_alarms_that_stood_in_clear_are_sealed_and_scrubbed() {
        let folder = tempfile::tempdir().unwrap();
        let canary = plain(folder.path());
        let mut db = Connection::open(database_path(folder.path())).unwrap();
        step(&mut db, MIGRATIONS[5], 6).unwrap();
        let alarm = "INSERT INTO risk_false_alarm VALUES (1, 'crowd', 0, 'wang', ?1)";
        db.execute(alarm, [format!("{canary} of it")]).unwrap();
        drop(db);
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, vault) = open_writer(&config).unwrap();
        let read = super::super::suggest::false_alarms(&db, &vault, 1).unwrap();
        assert_eq!(read[0].reason, format!("{canary} of it"));
        drop(db);
        assert!(!holds(&database_path(folder.path()), canary));
        assert!(super::super::verify::verify(folder.path()).unwrap().is_sound());
    }

    #[test]
    fn the_writer_syncs_every_commit_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = open_writer(&config).unwrap();
        let pragma = |name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        let journal: String =
            db.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(journal, "wal");
        for (name, value) in [
            ("synchronous", 2), // FULL
            ("foreign_keys", 1),
            ("trusted_schema", 0),
            ("cell_size_check", 1),
            ("busy_timeout", 5000),
            ("journal_size_limit", JOURNAL_BYTES_MAX),
            ("wal_autocheckpoint", LOG_PAGES),
            ("cache_size", -WRITER_CACHE_KIB),
            ("temp_store", 2), // MEMORY
            ("secure_delete", 1),
        ] {
            assert_eq!(pragma(name), value, "{name}");
        }
        let reader = open_reader(folder.path()).unwrap();
        assert!(reader.execute("INSERT INTO meta VALUES ('a', 'b')", []).is_err());
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db, MIGRATIONS, None).unwrap();
        let before = objects(&db);
        let mut longer = MIGRATIONS.to_vec();
        longer.push("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT; SELECT nonsense;");
        assert!(migrate(&mut db, &longer, None).is_err());
        assert_eq!(objects(&db), before);
        assert_eq!(version(&db).unwrap(), known(MIGRATIONS));
    }
}
