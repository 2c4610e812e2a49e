//! What waited too long: leases of a sender that died, messages that are worth nothing any more, reports
//! that never came, and what was kept long enough.

use super::deliver::stand;
use super::give_to_case;
use crate::domain::message::{REPORT_WAIT, SendState};
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::intake::Desk;
use crate::store::read_call::all;
use crate::store::seal::sealed;
use crate::store::work::{Answer, Kind};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

/// How long a message that ended and belongs to no case can be read, in days.
pub const OUTBOX_KEPT_DAYS: i64 = 90;

/// Rows that one sweep takes of each kind: callers wait for the writer.
const SWEPT_ROWS_MAX: i64 = 200;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweptOutbox {
    /// Leases that ended before anything was handed over.
    pub taken_back: usize,
    /// Messages that may have been sent.
    pub uncertain: usize,
    /// Messages that are too old to be sent.
    pub expired: usize,
    /// Messages that no report came of.
    pub unknown: usize,
    /// Messages of cases that came under seal.
    pub withdrawn: usize,
    /// Messages whose receiver and words were forgotten.
    pub forgotten: usize,
}

impl StoreHandle {
    /// Looks after everything that waited too long.
    #[must_use]
    pub fn outbox_sweep(&self, now: Timestamp, answer: Answer<SweptOutbox>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| sweep(db, desk, now))
    }

    /// Nobody sends anything when a service begins: leases that are left are those of a dead one, and end.
    #[must_use]
    pub fn outbox_begin(&self, now: Timestamp, answer: Answer<SweptOutbox>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            let sql = "UPDATE outbox SET leased_until = 0 WHERE leased_until IS NOT NULL";
            db.execute(sql, [])?;
            sweep(db, desk, now)
        })
    }
}

fn sweep(db: &Connection, desk: &Desk, now: Timestamp) -> Result<SweptOutbox, StoreError> {
    let ms = now.as_millisecond();
    let mut swept = SweptOutbox::default();
    let sql = "UPDATE outbox SET leased_until = NULL
               WHERE state = 'queued' AND leased_until IS NOT NULL AND leased_until <= ?1";
    swept.taken_back = db.prepare_cached(sql)?.execute([ms])?;
    swept.uncertain = end_leases(db, desk, now)?;
    let expired = "SELECT id FROM outbox WHERE state = 'queued' AND expires_at <= ?1
                       AND leased_until IS NULL LIMIT ?2";
    swept.expired = end(db, desk, now, (expired, ms), SendState::Expired)?;
    let silent = now.saturating_sub(REPORT_WAIT).unwrap_or(now).as_millisecond();
    let unknown = "SELECT id FROM outbox WHERE state = 'submitted' AND changed_at <= ?1 LIMIT ?2";
    swept.unknown = end(db, desk, now, (unknown, silent), SendState::Unknown)?;
    let under_seal = format!(
        "SELECT o.id FROM outbox o JOIN case_file f ON f.id = o.case_id
         WHERE o.state = 'queued' AND o.created_at <= ?1 AND o.leased_until IS NULL AND {}
         LIMIT ?2",
        sealed("f")
    );
    swept.withdrawn = end(db, desk, now, (&under_seal, ms), SendState::Withdrawn)?;
    let kept = SignedDuration::from_hours(24 * OUTBOX_KEPT_DAYS);
    let before = now.saturating_sub(kept).unwrap_or(now).as_millisecond();
    let sql = "UPDATE outbox SET key = NULL, private = NULL, party = x'' WHERE id IN (
                   SELECT id FROM outbox WHERE case_id IS NULL AND private IS NOT NULL
                       AND changed_at < ?1 AND state NOT IN ('queued', 'submitting', 'uncertain')
                   LIMIT ?2)";
    swept.forgotten = db.prepare_cached(sql)?.execute(params![before, SWEPT_ROWS_MAX])?;
    Ok(swept)
}

/// Whoever was handing these over is gone, and nobody knows whether the carrier has them.
fn end_leases(db: &Connection, desk: &Desk, now: Timestamp) -> Result<usize, StoreError> {
    let sql = "SELECT id FROM outbox WHERE state = 'submitting' AND leased_until <= ?1 LIMIT ?2";
    let left: Vec<i64> =
        all(db, sql, params![now.as_millisecond(), SWEPT_ROWS_MAX], |row| row.get(0))?;
    let mut uncertain = 0;
    for id in left {
        let sql = "UPDATE outbox_part SET state = 'uncertain', code = 'lease'
                   WHERE outbox = ?1 AND state = 'submitting'";
        let parts = db.prepare_cached(sql)?.execute([id])?;
        if parts > 0 {
            uncertain += 1;
            stand(db, &desk.vault, now, id)?;
        } else {
            // Between two parts: those that are left are sent by the next one who has it.
            let sql = "UPDATE outbox SET state = 'queued', leased_until = NULL WHERE id = ?1";
            db.prepare_cached(sql)?.execute([id])?;
        }
    }
    Ok(uncertain)
}

fn end(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (sql, at): (&str, i64),
    state: SendState,
) -> Result<usize, StoreError> {
    let over: Vec<i64> = all(db, sql, params![at, SWEPT_ROWS_MAX], |row| row.get(0))?;
    for id in &over {
        end_one(db, desk, now, *id, state)?;
    }
    Ok(over.len())
}

/// A message that waits is not sent any more.
pub(super) fn end_one(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    id: i64,
    state: SendState,
) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET state = ?2, leased_until = NULL, changed_at = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, state.as_str(), now.as_millisecond()])?;
    give_to_case(db, &desk.vault, id)
}
