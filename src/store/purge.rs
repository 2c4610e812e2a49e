//! After a seal came into force, or a case was erased, no old page may still hold the wrapped key or a
//! word: the index is merged until what was taken out is gone, and the log is taken into the file and
//! cut to nothing. Asked for in the transaction that does it, so that a crash in between only puts it
//! off: the sweeper does it, at its first look after a start too.

use super::config::BUSY_TIMEOUT_MS;
use super::error::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// The name in `meta` of how many purges were asked for, and of the last that was done. Counted,
/// because a seal may be committed while the purge of the one before still runs.
const ASKED: &str = "purge_pending";
const DONE: &str = "purge_done";

/// Pages of the index that one merge writes; whoever writes beside it waits for one only.
const MERGE_PAGES: i64 = 500;

/// Rest between two merges, in milliseconds: longer than the 100 ms that SQLite lets a waiting writer
/// sleep between two tries, so that it gets its turn.
const MERGE_REST_MS: u64 = 120;

/// Merges at most; the next purge goes on.
const MERGES_MAX: usize = 10_000;

/// Merges without a rest once the store is about to close; the next start goes on.
const CLOSING_MERGES_MAX: usize = 64;

/// How long a reader of an old page is waited for, in milliseconds: nobody can write meanwhile.
const READER_WAIT_MS: u64 = 100;

/// A purge is to follow the commit of this transaction.
pub(super) fn ask(db: &Connection) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta VALUES (?1, '1')
               ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)";
    db.prepare_cached(sql)?.execute([ASKED])?;
    Ok(())
}

/// The number of the last purge that was asked for, where it is still to be done.
pub(super) fn pending(db: &Connection) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT CAST(a.value AS INTEGER) FROM meta a LEFT JOIN meta d ON d.key = ?2
               WHERE a.key = ?1 AND a.value IS NOT d.value";
    let mut find = db.prepare_cached(sql)?;
    Ok(find.query_row([ASKED, DONE], |row| row.get(0)).optional()?)
}

/// How many have been done, by the number of the last one.
pub(super) fn done(db: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1";
    Ok(db.prepare_cached(sql)?.query_row([DONE], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Whether one is asked for.
pub(super) fn is_pending(db: &Connection) -> Result<bool, StoreError> {
    Ok(pending(db)?.is_some())
}

/// Purges where it is asked for; outside of any transaction. `false`: a reader held an old page,
/// `closing` has come, or another was asked for meanwhile, and it is to be tried again.
pub(super) fn finish(db: &Connection, closing: impl Fn() -> bool) -> Result<bool, StoreError> {
    let Some(number) = pending(db)? else { return Ok(true) };
    if !merge(db, closing)? || !cut_log(db)? {
        return Ok(false);
    }
    let done = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";
    db.execute(done, [DONE, &number.to_string()])?;
    Ok(!is_pending(db)?)
}

/// The same for one who has nobody to tell: what was committed stays committed, and the running
/// service or the next start goes on with it.
pub(super) fn finish_or_tell(db: &Connection, closing: impl Fn() -> bool) {
    match finish(db, closing) {
        Ok(true) => {}
        Ok(false) => tracing::warn!("a seal or an erasure is still to be purged; tried again"),
        Err(error) => {
            tracing::error!(%error, "a seal or an erasure could not be purged; tried again");
        }
    }
}

/// Merges all segments of the index into one: what was deleted is written no more. `false`: it is
/// left to the next start.
fn merge(db: &Connection, closing: impl Fn() -> bool) -> Result<bool, StoreError> {
    // FTS5, "The 'merge' Command": a negative number first assigns all segments to one merge.
    let merge = "INSERT INTO case_search (case_search, rank) VALUES ('merge', ?1)";
    let mut hurried = 0;
    for turn in 0..MERGES_MAX {
        let before = db.total_changes();
        db.execute(merge, [if turn == 0 { -MERGE_PAGES } else { MERGE_PAGES }])?;
        if db.total_changes().saturating_sub(before) < 2 {
            return Ok(true);
        }
        if closing() {
            hurried += 1;
            if hurried > CLOSING_MERGES_MAX {
                return Ok(false);
            }
        } else {
            std::thread::sleep(Duration::from_millis(MERGE_REST_MS));
        }
    }
    Ok(false)
}

/// The log into the file, and cut to nothing; `false` when a reader held it.
pub(super) fn cut_log(db: &Connection) -> Result<bool, StoreError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    db.busy_timeout(Duration::from_millis(READER_WAIT_MS))?;
    let busy = db.query_row(sql, [], |row| row.get::<_, i64>(0));
    db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    Ok(busy? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn database(folder: &std::path::Path) -> Connection {
        let db = Connection::open(folder.join("x.db")).unwrap();
        db.execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
             CREATE VIRTUAL TABLE IF NOT EXISTS case_search USING fts5 (tokens);",
        )
        .unwrap();
        db
    }

    /// Segments enough for a merge that writes.
    fn indexed(folder: &std::path::Path) -> Connection {
        let db = database(folder);
        for turn in 0..40 {
            db.execute("INSERT INTO case_search VALUES (?1)", [format!("word{turn}")]).unwrap();
        }
        db
    }

    #[test]
    fn a_purge_is_done_once_and_the_next_one_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let db = indexed(folder.path());
        assert!(finish(&db, || panic!("nothing is to be merged")).unwrap());
        for _ in 0..2 {
            ask(&db).unwrap();
            ask(&db).unwrap();
            assert!(is_pending(&db).unwrap());
            assert!(finish(&db, || true).unwrap() && !is_pending(&db).unwrap());
        }
    }

    #[test]
    fn what_is_asked_for_while_a_purge_runs_is_not_taken_for_done() {
        let folder = tempfile::tempdir().unwrap();
        let db = indexed(folder.path());
        ask(&db).unwrap();
        let asked = Cell::new(false);
        let beside = database(folder.path());
        let closing = || {
            if !asked.replace(true) {
                ask(&beside).unwrap();
            }
            true
        };
        assert!(!finish(&db, closing).unwrap());
        assert!(asked.get() && is_pending(&db).unwrap());
        assert!(finish(&db, || true).unwrap());
    }
}
