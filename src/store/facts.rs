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
    let mut statement = db.prepare_cached(
        "SELECT c.id, c.state = 'sealed' OR c.seal_proposed, e.body
         FROM case_file c JOIN event e ON e.case_id = c.id
         WHERE c.received_at >= ?1 AND c.received_at < ?2 AND c.number IS NOT NULL
           AND e.at <= ?3
         ORDER BY c.id, e.seq",
    )?;
    let mut rows = statement.query([period.from_ms, period.to_ms, period.as_of_ms])?;
    let (mut found, mut open): (Vec<Facts>, Option<(i64, FactsOfEvents)>) = (vec![], None);
    while let Some(row) = rows.next()? {
        let (id, sealed): (i64, bool) = (row.get(0)?, row.get(1)?);
        let body: String = row.get(2)?;
        // Figures need nothing that is private.
        let event = join(&body, None)?;
        match &mut open {
            Some((of, events)) if *of == id => events.add(&event),
            _ => {
                // A seal holds for what was before it, too.
                let done = open.replace((id, FactsOfEvents::new(sealed)));
                found.extend(done.and_then(|(_, events)| events.facts()));
                if let Some((_, events)) = &mut open {
                    events.add(&event);
                }
            }
        }
    }
    found.extend(open.and_then(|(_, events)| events.facts()));
    Ok(found)
}
