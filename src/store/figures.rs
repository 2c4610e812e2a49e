//! What a seat is shown: the open cases of a caller, and the figures of the day.

use super::error::StoreError;
use super::intake::read_number;
use super::row_private::{self, KEY_JOIN, of_row};
use super::vault::Vault;
use crate::domain::case::{State, city_zone, local_day};
use crate::domain::desk::{OPEN_CASES_MAX, OpenCaseView};
use crate::units::PhoneNumber;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Answered within this time counts as in time (GB/T 33358-2016: 15 s).
pub const IN_TIME_MS: i64 = 15_000;

/// Groups of one answer.
pub const QUEUES_MAX: usize = 64;

/// What has happened since midnight.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TodayFigures {
    /// Calls that were answered by the line.
    pub calls: u32,
    /// Cases that came in.
    pub cases: u32,
    /// Callback tasks that are open, from any day.
    pub callbacks_open: u32,
    /// Callback tasks that were done today.
    pub callbacks_done: u32,
    /// By group, by name.
    pub queues: Vec<QueueFigures>,
}

/// One group since midnight.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFigures {
    /// Its name.
    pub queue: String,
    /// Callers that arrived.
    pub offered: u32,
    /// Callers that talked with a seat.
    pub answered: u32,
    /// Callers that hung up while they waited.
    pub abandoned: u32,
    /// Those answered within [`IN_TIME_MS`].
    pub in_time: u32,
}

/// The cases of a caller that are not at an end, the newest first. What was passed on sealed,
/// or is proposed for it, is not among them.
pub(super) fn open_cases(
    db: &Connection,
    vault: &Vault,
    caller: &PhoneNumber,
) -> Result<Vec<OpenCaseView>, StoreError> {
    let open = State::NAMES.iter().filter(|(state, _)| state.is_open());
    let open = open.map(|(_, name)| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT number, state, received_at, due_on, {} FROM case_file c {KEY_JOIN}
         WHERE ((caller_hash = ?1 AND number IS NOT NULL)
             OR (contact_hash = ?1 AND number IS NOT NULL))
           AND state IN ({open})
           AND seal_proposed = 0
         ORDER BY received_at DESC, id DESC LIMIT ?2",
        row_private::COLUMNS
    );
    let mut statement = db.prepare_cached(&sql)?;
    let limit = i64::try_from(OPEN_CASES_MAX).unwrap_or(0);
    let mut rows = statement.query(params![vault.number_hash(caller.as_str()), limit])?;
    let mut cases = vec![];
    while let Some(row) = rows.next()? {
        let due_on: Option<String> = row.get(3)?;
        cases.push(OpenCaseView {
            number: read_number(row.get(0)?)?.to_string(),
            state: row.get(1)?,
            received_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
            summary: of_row(vault, row, 4)?.summary.unwrap_or_default(),
            due_on: due_on.and_then(|day| day.parse().ok()),
        });
    }
    Ok(cases)
}

/// The figures of the local day that `now` falls in.
pub(super) fn today(db: &Connection, now: Timestamp) -> Result<TodayFigures, StoreError> {
    let midnight = local_day(now).to_zoned(city_zone());
    let since = midnight.map_or(now, |midnight| midnight.timestamp()).as_millisecond();
    let count = |sql: &str| -> Result<u32, StoreError> {
        Ok(db.prepare_cached(sql)?.query_row([since], |row| row.get(0))?)
    };
    Ok(TodayFigures {
        calls: count("SELECT count(*) FROM call WHERE started_at >= ?1")?,
        cases: count("SELECT count(*) FROM case_file WHERE received_at >= ?1")?,
        callbacks_open: count(
            "SELECT count(*) FROM callback_task WHERE done_at IS NULL AND ?1 IS NOT NULL",
        )?,
        callbacks_done: count("SELECT count(*) FROM callback_task WHERE done_at >= ?1")?,
        queues: queues(db, since)?,
    })
}

fn queues(db: &Connection, since: i64) -> Result<Vec<QueueFigures>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT queue, sum(kind = 'enter' AND value <> 'resumed'), sum(kind = 'connect'),
                sum(kind = 'abandon'), sum(kind = 'connect' AND waited_ms <= ?2)
         FROM queue_log WHERE at >= ?1 AND queue IS NOT NULL AND call IS NOT NULL
         GROUP BY queue ORDER BY queue LIMIT ?3",
    )?;
    let limit = i64::try_from(QUEUES_MAX).unwrap_or(0);
    let rows = statement.query_map([since, IN_TIME_MS, limit], |row| {
        Ok(QueueFigures {
            queue: row.get(0)?,
            offered: row.get(1)?,
            answered: row.get(2)?,
            abandoned: row.get(3)?,
            in_time: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
