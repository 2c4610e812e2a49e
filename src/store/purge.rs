//! After a seal came into force no old page may still hold the wrapped key or a word: the index is
//! merged until what was taken out is gone, and the log is taken into the file and cut to nothing.
//! Asked for in the transaction of the seal, so that a crash in between only puts it off: the sweeper
//! does it, at its first look after a start too.

use super::config::BUSY_TIMEOUT_MS;
use super::error::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// The name in `meta` while a purge is asked for.
const PENDING: &str = "purge_pending";

/// Pages of the index that one merge writes; whoever writes beside it waits for one only.
const MERGE_PAGES: i64 = 500;

/// Rest between two merges, in milliseconds: longer than the 100 ms that SQLite lets a waiting writer
/// sleep between two tries, so that it gets its turn.
const MERGE_REST_MS: u64 = 120;

/// Merges at most; the next purge goes on.
const MERGES_MAX: usize = 10_000;

/// How long a reader of an old page is waited for, in milliseconds: nobody can write meanwhile.
const READER_WAIT_MS: u64 = 100;

/// A purge is to follow the commit of this transaction.
pub(super) fn ask(db: &Connection) -> Result<(), StoreError> {
    db.execute("INSERT OR REPLACE INTO meta VALUES (?1, '1')", [PENDING])?;
    Ok(())
}

/// Whether one is asked for.
pub(super) fn is_pending(db: &Connection) -> Result<bool, StoreError> {
    let mut find = db.prepare_cached("SELECT 1 FROM meta WHERE key = ?1")?;
    Ok(find.query_row([PENDING], |_| Ok(())).optional()?.is_some())
}

/// Purges where it is asked for; outside of any transaction. `false`: a reader held an old page and
/// it is to be tried again.
pub(super) fn finish(db: &Connection) -> Result<bool, StoreError> {
    if !is_pending(db)? {
        return Ok(true);
    }
    merge(db)?;
    if !cut_log(db)? {
        return Ok(false);
    }
    db.execute("DELETE FROM meta WHERE key = ?1", [PENDING])?;
    Ok(true)
}

/// The same for one who has nobody to tell: what was committed stays committed, and the running
/// service or the next start goes on with it.
pub(super) fn finish_or_tell(db: &Connection) {
    match finish(db) {
        Ok(true) => {}
        Ok(false) => tracing::warn!("a seal is still to be purged; tried again"),
        Err(error) => tracing::error!(%error, "a seal could not be purged; tried again"),
    }
}

/// Merges all segments of the index into one: what was deleted is written no more.
fn merge(db: &Connection) -> Result<(), StoreError> {
    // FTS5, "The 'merge' Command": a negative number first assigns all segments to one merge.
    let merge = "INSERT INTO case_search (case_search, rank) VALUES ('merge', ?1)";
    for turn in 0..MERGES_MAX {
        let before = db.total_changes();
        db.execute(merge, [if turn == 0 { -MERGE_PAGES } else { MERGE_PAGES }])?;
        if db.total_changes().saturating_sub(before) < 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(MERGE_REST_MS));
    }
    Ok(())
}

/// The log into the file, and cut to nothing; `false` when a reader held it.
pub(super) fn cut_log(db: &Connection) -> Result<bool, StoreError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    db.busy_timeout(Duration::from_millis(READER_WAIT_MS))?;
    let busy = db.query_row(sql, [], |row| row.get::<_, i64>(0));
    db.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))?;
    Ok(busy? == 0)
}
