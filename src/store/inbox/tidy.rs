//! What was kept long enough.

use crate::store::error::StoreError;
use crate::store::read_call::all;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

/// How long the words of a message that belongs to no case can be read, in days; that it came is known
/// for ever, so that it does not come again.
pub const INBOUND_KEPT_DAYS: i64 = 90;

/// Rows of one look: callers wait for the writer.
const FORGOTTEN_ROWS_MAX: i64 = 200;

/// Forgets the words of what nobody needs, and whose they were; gives how many.
pub(super) fn forget(db: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let kept = SignedDuration::from_hours(24 * INBOUND_KEPT_DAYS);
    let before = now.saturating_sub(kept).unwrap_or(now).as_millisecond();
    let sql = "SELECT id FROM inbound WHERE ended_at < ?1 AND case_id IS NULL AND raw IS NOT NULL
               LIMIT ?2";
    let over: Vec<i64> = all(db, sql, params![before, FORGOTTEN_ROWS_MAX], |row| row.get(0))?;
    let row = "UPDATE inbound SET key = NULL, raw = NULL, about = NULL, sender = NULL,
                   words = NULL WHERE id = ?1";
    for id in &over {
        db.prepare_cached(row)?.execute([id])?;
        db.prepare_cached("DELETE FROM inbound_raw WHERE inbound = ?1")?.execute([id])?;
    }
    Ok(over.len())
}
