//! Calls out that the ledger holds, for the limits on them: a restart does not give them back.

use super::error::StoreError;
use super::read::ROWS_MAX;
use crate::units::SeatNumber;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// No call lasts longer, for the index on their beginnings.
const CALL_MS_MAX: i64 = 24 * 3_600 * 1_000;

/// A call out as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialledCall {
    /// On whose account: the seat that had come into the call last; `None`: the house's own, which told a
    /// unit by telephone.
    pub seat: Option<SeatNumber>,
    /// When it was dialled.
    pub at: Timestamp,
}

/// Numbers that were dialled from `from` on, oldest first; of too many the newest. A call that ran
/// when the power was cut has no account of them.
pub(super) fn since(db: &Connection, from: Timestamp) -> Result<Vec<DialledCall>, StoreError> {
    let sql = "SELECT (SELECT seat.label FROM call_leg AS seat \
            WHERE seat.call = c.id AND seat.answered_ms <= e.at_ms \
            AND seat.role IN ('seat', 'leader', 'supervisor') \
            ORDER BY seat.answered_ms DESC LIMIT 1) AS dialler, c.started_at + e.at_ms AS at \
        FROM call AS c JOIN call_entry AS e ON e.call = c.id AND e.kind = 'dialled' \
        WHERE c.started_at >= ?1 - ?2 AND c.started_at + e.at_ms >= ?1 \
        AND (dialler IS NOT NULL OR c.called GLOB 'unit.[0-9][0-9]') \
        AND EXISTS (SELECT 1 FROM call_leg AS rung \
            WHERE rung.call = c.id AND rung.party = e.party \
            AND rung.role IN ('unit', 'outside', 'citizen')) \
        ORDER BY at DESC LIMIT ?3";
    let limit = i64::try_from(ROWS_MAX).unwrap_or(i64::MAX);
    let mut rows = db.prepare(sql)?;
    let found = rows.query_map(params![from.as_millisecond(), CALL_MS_MAX, limit], |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?))
    })?;
    let mut calls = Vec::new();
    for row in found {
        let (seat, at) = row?;
        let at = Timestamp::from_millisecond(at).map_err(|_| StoreError::Damaged("time"))?;
        if let Ok(seat) = seat.as_deref().map(SeatNumber::parse).transpose() {
            calls.push(DialledCall { seat, at });
        }
    }
    calls.reverse();
    Ok(calls)
}
