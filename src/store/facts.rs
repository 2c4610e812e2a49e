//! The cases of a period as the figures look at them.

use super::case_file::join;
use super::error::StoreError;
use crate::domain::figures::{Facts, FactsOfEvents};
use rusqlite::Connection;

/// Which cases, and as of when; all in ms since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Received at or after this.
    pub from_ms: i64,
    /// Received before this.
    pub to_ms: i64,
    /// As they stood then: what happened later is not looked at.
    pub as_of_ms: i64,
}

/// The cases of a period that had a number, by the order of their intake.
pub(super) fn of_period(db: &Connection, period: Period) -> Result<Vec<Facts>, StoreError> {
    let mut found = vec![];
    each(db, period, |events| found.extend(events.facts()))?;
    Ok(found)
}

/// The folds of these cases one after the other, in one pass over their events.
pub(super) fn each(
    db: &Connection,
    period: Period,
    mut visit: impl FnMut(&FactsOfEvents),
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT c.id, c.state = 'sealed' OR c.seal_proposed, e.body, p.body
         FROM case_file c JOIN event e ON e.case_id = c.id LEFT JOIN event_private p USING (seq)
         WHERE c.received_at >= ?1 AND c.received_at < ?2 AND c.number IS NOT NULL
           AND e.at <= ?3
         ORDER BY c.id, e.seq",
    )?;
    let mut rows = statement.query([period.from_ms, period.to_ms, period.as_of_ms])?;
    let mut open: Option<(i64, FactsOfEvents)> = None;
    while let Some(row) = rows.next()? {
        let (id, sealed): (i64, bool) = (row.get(0)?, row.get(1)?);
        let (body, private): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        let event = join(&body, private.as_deref())?;
        if let Some((_, done)) = open.take_if(|(of, _)| *of != id) {
            visit(&done);
        }
        // A seal holds for what was before it, too.
        open.get_or_insert_with(|| (id, FactsOfEvents::new(sealed))).1.add(&event);
    }
    if let Some((_, done)) = open {
        visit(&done);
    }
    Ok(())
}
