//! Which calls belong to a case, and which cases to a call: that by which a case came, and those in which
//! its citizen was called back.

use super::error::StoreError;
use super::read_call::all;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// Whether a case that fits belongs to a call, as a condition of SQL. `call` stands for the id of the
/// call, `fits` for what is asked of a row `f` of `case_file`. Two questions, so that each goes by an
/// index.
pub(super) fn has_case(call: &str, fits: &str) -> String {
    format!(
        "(EXISTS (SELECT 1 FROM case_file f WHERE f.call = {call} AND {fits})
          OR EXISTS (SELECT 1 FROM callback_attempt a JOIN case_file f ON f.id = a.task
                     WHERE a.call = {call} AND {fits}))"
    )
}

/// The calls of a case.
pub(super) fn calls_of(db: &Connection, id: i64) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT call FROM case_file WHERE id = ?1 AND call IS NOT NULL
               UNION SELECT call FROM callback_attempt WHERE task = ?1";
    Ok(all(db, sql, [id], |row| row.get(0))?.into_iter().collect())
}

/// The cases of a call but for this one.
pub(super) fn others_of(db: &Connection, call: &str, id: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id FROM case_file WHERE call = ?1 AND id <> ?2
               UNION SELECT task FROM callback_attempt WHERE call = ?1 AND task <> ?2
               UNION SELECT case_id FROM recording
                     WHERE call = ?1 AND case_id IS NOT NULL AND case_id <> ?2";
    all(db, sql, params![call, id], |row| row.get(0))
}
