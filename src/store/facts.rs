//! The cases of a period as the figures look at them.

use super::case_file::open_event;
use super::case_key::{self, Access};
use super::error::StoreError;
use super::vault::Vault;
use crate::domain::figures::{Facts, FactsOfEvents};
use jiff::Timestamp;
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

impl Period {
    /// From its first instant to before its last, as far as it had come when it is looked at.
    #[must_use]
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let at = |ms: i64, else_at| Timestamp::from_millisecond(ms).unwrap_or(else_at);
        let to = at(self.to_ms.min(self.as_of_ms), Timestamp::MAX);
        (at(self.from_ms, Timestamp::MIN), to)
    }
}

/// The cases of a period that had a number, by the order of their intake.
pub(super) fn of_period(
    db: &Connection,
    vault: &Vault,
    period: Period,
) -> Result<Vec<Facts>, StoreError> {
    let mut found = vec![];
    each(db, vault, period, |events| found.extend(events.facts()))?;
    Ok(found)
}

/// The folds of these cases one after the other, in one pass over their events. Their private parts
/// are opened: the place of a case and which elements it lacks stand there. A seal, a recusal and an
/// accusation hold for what was before them, too, and what an erasure left stands for what it took.
pub(super) fn each(
    db: &Connection,
    vault: &Vault,
    period: Period,
    mut visit: impl FnMut(&FactsOfEvents),
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT c.id, c.state = 'sealed' OR c.seal_proposed, e.seq, e.body, p.body, e.at > ?3
         FROM case_file c JOIN event e ON e.case_id = c.id
              LEFT JOIN event_private p ON p.seq = e.seq
         WHERE c.received_at >= ?1 AND c.received_at < ?2 AND c.number IS NOT NULL
           AND (e.at <= ?3 OR e.body ->> 'event' IN
                   ('person_recused', 'person_readmitted', 'accused_named', 'erased'))
         ORDER BY c.id, e.seq",
    )?;
    let mut rows = statement.query([period.from_ms, period.to_ms, period.as_of_ms])?;
    let mut open: Option<(i64, Access, FactsOfEvents)> = None;
    while let Some(row) = rows.next()? {
        let (id, sealed): (i64, bool) = (row.get(0)?, row.get(1)?);
        if let Some((.., done)) = open.take_if(|(of, ..)| *of != id) {
            visit(&done);
        }
        if open.is_none() {
            open = Some((id, case_key::of(db, vault, id)?, FactsOfEvents::new(sealed)));
        }
        let Some((_, key, events)) = &mut open else { continue };
        let (seq, body): (i64, String) = (row.get(2)?, row.get(3)?);
        let (private, later): (Option<Vec<u8>>, bool) = (row.get(4)?, row.get(5)?);
        let event = open_event(key, (id, seq), &body, private.as_deref())?;
        if later { events.add_later(&event) } else { events.add(&event) }
    }
    if let Some((.., done)) = open {
        visit(&done);
    }
    Ok(())
}
