//! The calls of a period as the figures look at them: from the ledger of calls and that of the queue.

use super::error::StoreError;
use super::facts::Period;
use super::intake::read_number;
use super::queue_log::QueueKind;
use super::read::Reader;
use crate::domain::figures::{CallFacts, Wish};
use crate::units::CallId;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use std::time::Duration;

/// Calls that came from citizens and were over by the instant. Those in which a citizen was called
/// back, or a unit was told by telephone, are none of them, nor is a call of which nothing is told but
/// its two ends. A key stands in the account only where it was a choice of a menu.
const CALLS: &str = "
SELECT c.id, c.started_at, c.lasted_ms, c.ended_by = 'citizen',
       (SELECT f.number FROM case_file f
        WHERE f.call = c.id AND f.accepted_at <= ?3 AND f.state <> 'sealed' AND NOT f.seal_proposed
        ORDER BY f.id LIMIT 1),
       EXISTS (SELECT 1 FROM call_entry e WHERE e.call = c.id AND e.kind = 'lookup'),
       EXISTS (SELECT 1 FROM call_entry e
               WHERE e.call = c.id AND e.kind = 'digit' AND (e.value = '1' OR e.value = '2')),
       EXISTS (SELECT 1 FROM call_entry e
               WHERE e.call = c.id AND e.kind = 'digit' AND (e.value = '0' OR e.value = '3'))
FROM call c
WHERE c.started_at >= ?1 AND c.started_at < ?2 AND c.ended_at <= ?3
  AND c.called NOT GLOB 'unit.[0-9][0-9]'
  AND NOT EXISTS (SELECT 1 FROM callback_attempt a WHERE a.call = c.id)
  AND (c.ended_by = 'crash' OR EXISTS (SELECT 1 FROM queue_log q WHERE q.call = c.id)
       OR EXISTS (SELECT 1 FROM call_entry e WHERE e.call = c.id AND e.kind = 'prompt'))
ORDER BY c.started_at, c.id";

/// One row of [`CALLS`].
struct Told {
    call: String,
    started_ms: i64,
    lasted_ms: i64,
    hung_up: bool,
    case: Option<i64>,
    /// By his keys alone: he asked for a person, or chose nothing else.
    wants_person: bool,
    looked_up: bool,
}

/// What the rows of a call in the queue's ledger say.
#[derive(Default)]
struct Queued {
    /// Waited when a person answered.
    answered_ms: Option<i64>,
    /// Whether a person was wanted last; `None`: the call was never in a queue.
    person: Option<bool>,
    /// The place is kept for a callback: whoever answers then answers another call.
    kept: bool,
}

impl Queued {
    fn add(&mut self, kind: QueueKind, waited_ms: i64) {
        use QueueKind as K;
        match kind {
            K::Connect if !self.kept && self.answered_ms.is_none() => {
                self.answered_ms = Some(waited_ms);
            }
            K::ExitWithKey => self.person = Some(false),
            K::CallbackKept => (self.kept, self.person) = (true, Some(true)),
            K::CallbackOver => self.kept = false,
            K::Enter => (self.kept, self.person) = (false, Some(true)),
            K::Refused | K::ExitEmpty => self.person = Some(true),
            _ => {}
        }
    }
}

impl Reader {
    /// The calls of citizens that came in a period and were over as of its instant, by their arrival.
    pub fn call_facts(&self, period: Period) -> Result<Vec<CallFacts>, StoreError> {
        of_period(&self.db, period)
    }
}

/// The calls of a period, by their arrival.
pub(super) fn of_period(db: &Connection, period: Period) -> Result<Vec<CallFacts>, StoreError> {
    let Period { from_ms, to_ms, as_of_ms } = period;
    let mut statement = db.prepare_cached(CALLS)?;
    let rows = statement.query_map([from_ms, to_ms, as_of_ms], told)?;
    rows.map(|row| facts(db, &row?, as_of_ms)).collect()
}

fn told(row: &Row<'_>) -> rusqlite::Result<Told> {
    let (looked_up, other, person): (bool, bool, bool) = (row.get(5)?, row.get(6)?, row.get(7)?);
    Ok(Told {
        call: row.get(0)?,
        started_ms: row.get(1)?,
        lasted_ms: row.get::<_, Option<i64>>(2)?.unwrap_or(0),
        hung_up: row.get(3)?,
        case: row.get(4)?,
        wants_person: person || !other,
        looked_up,
    })
}

fn facts(db: &Connection, told: &Told, as_of_ms: i64) -> Result<CallFacts, StoreError> {
    let queued = queued(db, told, as_of_ms)?;
    let wish = if queued.person.unwrap_or(told.wants_person) {
        Wish::Person
    } else if told.looked_up {
        Wish::LookUp
    } else {
        Wish::Other
    };
    Ok(CallFacts {
        call: CallId::parse(&told.call).map_err(|_| StoreError::Damaged("call id"))?,
        case: told.case.map(read_number).transpose()?,
        started_at: Timestamp::from_millisecond(told.started_ms)
            .map_err(|_| StoreError::Damaged("call"))?,
        answered_after: queued.answered_ms.map(length),
        wish,
        lasted: length(told.lasted_ms),
        hung_up: told.hung_up,
    })
}

fn length(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn queued(db: &Connection, told: &Told, as_of_ms: i64) -> Result<Queued, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT kind, waited_ms, at FROM queue_log WHERE call = ?1 AND at <= ?2 ORDER BY seq",
    )?;
    let mut rows = statement.query(params![told.call, as_of_ms])?;
    let mut queued = Queued::default();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        let (waited_ms, at): (Option<i64>, i64) = (row.get(1)?, row.get(2)?);
        if let Some(kind) = QueueKind::parse(&kind) {
            queued.add(kind, waited_ms.unwrap_or(at - told.started_ms));
        }
    }
    Ok(queued)
}
