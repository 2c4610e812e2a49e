//! The calls of a listening day, as the ledger has them.

use super::error::StoreError;
use super::intake::read_number;
use super::read_call::all;
use crate::domain::case::Nature;
use crate::domain::listening_day::DayCall;
use crate::units::SeatNumber;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use std::time::Duration;

/// Calls of one day that are read; further ones would be those of a city many times this size.
pub const DAY_CALLS_MAX: u32 = 50_000;

/// Columns: seat, leader, task, self-served, refused, length, nature, case number.
const CALLS: &str = "
SELECT (SELECT label FROM call_leg WHERE call = c.id AND role = 'seat' AND answered_ms IS NOT NULL
        ORDER BY answered_ms LIMIT 1),
       EXISTS (SELECT 1 FROM call_leg
               WHERE call = c.id AND role = 'leader' AND answered_ms IS NOT NULL),
       EXISTS (SELECT 1 FROM callback_task t WHERE t.case_id = f.id)
         OR EXISTS (SELECT 1 FROM queue_log WHERE call = c.id AND kind = 'callback_kept'),
       f.number IS NOT NULL
         OR EXISTS (SELECT 1 FROM call_entry WHERE call = c.id AND kind = 'lookup'),
       EXISTS (SELECT 1 FROM queue_log WHERE call = c.id AND kind IN ('refused', 'exit_empty'))
         OR NOT EXISTS (SELECT 1 FROM queue_log WHERE call = c.id),
       c.lasted_ms, CASE WHEN f.state = 'sealed' OR f.seal_proposed THEN NULL ELSE f.nature END,
       f.number
FROM call c
LEFT JOIN case_file f ON f.id = (SELECT MIN(id) FROM case_file WHERE call = c.id)
WHERE c.started_at >= ?1 AND c.started_at < ?2
  AND NOT EXISTS (SELECT 1 FROM callback_attempt WHERE call = c.id)
ORDER BY c.started_at, c.id LIMIT ?3";

/// The calls that came in between two instants; those in which a citizen was called back are none
/// of them.
pub(super) fn calls(
    db: &Connection,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<DayCall>, StoreError> {
    let between = params![from.as_millisecond(), to.as_millisecond(), DAY_CALLS_MAX];
    let rows = all(db, CALLS, between, read)?;
    rows.into_iter()
        .map(|(call, number)| Ok(DayCall { case: number.map(read_number).transpose()?, ..call }))
        .collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<(DayCall, Option<i64>)> {
    let seat: Option<String> = row.get(0)?;
    let lasted: Option<i64> = row.get(5)?;
    let nature: Option<String> = row.get(6)?;
    let call = DayCall {
        answered_by: seat.and_then(|seat| SeatNumber::parse(&seat).ok()),
        with_leader: row.get(1)?,
        callback_task: row.get(2)?,
        self_served: row.get(3)?,
        refused: row.get(4)?,
        lasted: lasted.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0))),
        topic: nature
            .and_then(|id| Nature::ALL.into_iter().find(|nature| nature.script_id() == id))
            .map(|nature| nature.name().to_owned()),
        case: None,
    };
    Ok((call, row.get(7)?))
}
