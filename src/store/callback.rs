//! Calling citizens back: who is to be called, each attempt, and what came of it.

use super::case_file;
use super::error::StoreError;
use super::intake::{self, Desk};
use super::read::{clock, masked};
use super::row_private::{self, KEY_JOIN, RowPrivate, of_row};
use super::seal::sealed;
use super::vault::Vault;
use crate::domain::case::{AttemptOutcome, Command};
use crate::domain::desk::{CALLBACKS_LISTED_MAX, CallbackView, CallbacksView};
use crate::units::{CallId, PhoneNumber, SeatNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

/// Attempts listed with one task.
pub const ATTEMPTS_MAX: usize = 100;

/// Names one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptId(pub i64);

/// An attempt that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// The task: the id of its case.
    pub task: i64,
    /// Who calls.
    pub seat: SeatNumber,
    /// The call it is made in; its row in the ledger may come later.
    pub call: CallId,
}

/// An attempt that was stored: now the telephone may ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// To end it with.
    pub id: AttemptId,
    /// Whom to ring; `None`: the number was withheld, so nobody can.
    pub phone: Option<PhoneNumber>,
}

/// A task that is open, for the list of a seat; numbers in clear, as an operator must dial them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCallback {
    /// The task: the id of its case.
    pub task: i64,
    /// Whom to call; `None`: the number was withheld.
    pub phone: Option<PhoneNumber>,
    /// Why (`asked`, `missed`, `number_untold`).
    pub reason: String,
    /// Until when.
    pub due_at: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// Who is calling at this moment.
    pub calling: Option<SeatNumber>,
}

/// All tasks: who has been called back, by whom, how many remain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallbackList {
    /// Tasks that remain.
    pub open: i64,
    /// Those of them that are late.
    pub overdue: i64,
    /// Tasks that are done.
    pub done: i64,
    /// Open ones first, the most urgent of them first; then those done, the newest first.
    pub tasks: Vec<CallbackRow>,
}

/// One task in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallbackRow {
    /// The id of its case.
    pub task: i64,
    /// Number of the case; `null` for a draft.
    pub number: Option<String>,
    /// Whom to call; masked; `null`: withheld.
    pub contact: Option<String>,
    /// Why (`asked`, `missed`, `number_untold`).
    pub reason: String,
    /// Until when, RFC 3339 with the city's offset.
    pub due_at: String,
    /// When it was done; `null` while it remains.
    pub done_at: Option<String>,
    /// The seat that did it or tried last.
    pub by: Option<String>,
    /// How the last attempt ended; `null`: none, or it runs.
    pub outcome: Option<String>,
    /// The attempts, first to last.
    pub attempts: Vec<AttemptRow>,
}

/// One attempt in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptRow {
    /// Who called.
    pub seat: String,
    /// The call.
    pub call: String,
    /// When it began.
    pub started_at: String,
    /// When it ended; `null` while it runs.
    pub ended_at: Option<String>,
    /// How it ended (`reached`, `no_answer` …).
    pub outcome: Option<String>,
}

/// The tasks with their cases; one of a case under seal is nobody's here.
fn tasks() -> String {
    let open = sealed("c");
    format!("callback_task t JOIN case_file c ON c.id = t.case_id AND NOT {open} {KEY_JOIN}")
}

/// Begins an attempt on an open task that nobody is calling at the moment.
pub(super) fn begin(
    db: &Connection,
    vault: &Vault,
    at: Timestamp,
    attempt: &NewAttempt,
) -> Result<Attempt, StoreError> {
    let sql = format!(
        "SELECT {}, EXISTS (SELECT 1 FROM callback_attempt
                            WHERE task = t.case_id AND ended_at IS NULL)
         FROM {} WHERE t.case_id = ?1 AND t.done_at IS NULL",
        row_private::COLUMNS,
        tasks()
    );
    let task: Option<(RowPrivate, bool)> = db
        .prepare_cached(&sql)?
        .query_row([attempt.task], |row| Ok((of_row(vault, row, 0)?, row.get(3)?)))
        .optional()?;
    let (private, running) = task.ok_or(StoreError::NotFound)?;
    if running {
        return Err(StoreError::Taken("somebody is calling already"));
    }
    db.prepare_cached(
        "INSERT INTO callback_attempt (task, seat, call, started_at) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        attempt.task,
        attempt.seat.as_str(),
        attempt.call.as_str(),
        at.as_millisecond()
    ])?;
    let phone = private.contact.and_then(|phone| PhoneNumber::parse(&phone).ok());
    Ok(Attempt { id: AttemptId(db.last_insert_rowid()), phone })
}

/// Ends an attempt; the case learns it where it says something about the citizen. `true`: the task
/// is done. An attempt that has ended stays as it is.
pub(super) fn end(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    id: AttemptId,
    outcome: AttemptOutcome,
) -> Result<bool, StoreError> {
    let sql = "SELECT task, seat, ended_at IS NOT NULL FROM callback_attempt WHERE id = ?1";
    let found: Option<(i64, String, bool)> = db
        .prepare_cached(sql)?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (task, seat, ended) = found.ok_or(StoreError::NotFound)?;
    if !ended {
        db.prepare_cached("UPDATE callback_attempt SET ended_at = ?2, outcome = ?3 WHERE id = ?1")?
            .execute(params![id.0, at.as_millisecond(), outcome.as_str()])?;
        tell_case(db, desk, at, task, &seat, outcome)?;
    }
    let done = "SELECT done_at IS NOT NULL FROM callback_task WHERE case_id = ?1";
    Ok(db.prepare_cached(done)?.query_row([task], |row| row.get(0))?)
}

fn tell_case(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    task: i64,
    seat: &str,
    outcome: AttemptOutcome,
) -> Result<(), StoreError> {
    let Some(outcome) = outcome.of_citizen() else { return Ok(()) };
    let case = case_file::load(db, &desk.vault, task)?;
    // Another way may have closed the task meanwhile.
    let open = case.callback.as_ref().is_some_and(|callback| callback.done_at.is_none());
    if open {
        intake::command(db, desk, at, task, case, Command::CalledBack(outcome), seat)?;
    }
    Ok(())
}

/// Ends the attempts that ran when the process died; gives how many.
pub(super) fn interrupt(db: &Connection, at: Timestamp) -> Result<usize, StoreError> {
    Ok(db.execute(
        "UPDATE callback_attempt SET ended_at = max(?1, started_at), outcome = 'interrupted'
         WHERE ended_at IS NULL",
        [at.as_millisecond()],
    )?)
}

/// Whether a call is an attempt to call somebody back.
pub(super) fn is_attempt(db: &Connection, call: &CallId) -> Result<bool, StoreError> {
    let mut known = db.prepare_cached("SELECT 1 FROM callback_attempt WHERE call = ?1")?;
    Ok(known.exists([call.as_str()])?)
}

/// The open tasks, the most urgent first.
pub(super) fn open_tasks(
    db: &Connection,
    vault: &Vault,
    limit: usize,
) -> Result<Vec<OpenCallback>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT t.case_id, t.reason, t.due_at,
                (SELECT count(*) FROM callback_attempt WHERE task = t.case_id),
                (SELECT seat FROM callback_attempt WHERE task = t.case_id AND ended_at IS NULL),
                {}
         FROM {} WHERE t.done_at IS NULL ORDER BY t.due_at, t.case_id LIMIT ?1",
        row_private::COLUMNS,
        tasks()
    ))?;
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        let (phone, calling) = (of_row(vault, row, 5)?.contact, row.get::<_, Option<String>>(4)?);
        Ok(OpenCallback {
            task: row.get(0)?,
            phone: phone.and_then(|phone| PhoneNumber::parse(&phone).ok()),
            reason: row.get(1)?,
            due_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
            attempts: row.get(3)?,
            calling: calling.and_then(|seat| SeatNumber::parse(&seat).ok()),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The open tasks as the pages show them.
pub(super) fn shown(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
) -> Result<CallbacksView, StoreError> {
    let mut counts = db.prepare_cached(&format!(
        "SELECT count(*), count(*) FILTER (WHERE t.due_at < ?1) FROM {} WHERE t.done_at IS NULL",
        tasks()
    ))?;
    let (open, overdue) =
        counts.query_row([now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let tasks = open_tasks(db, vault, CALLBACKS_LISTED_MAX)?.into_iter().map(|task| CallbackView {
        task: task.task,
        contact: task.phone.map(|phone| phone.masked()),
        reason: task.reason,
        due_at: task.due_at,
        attempts: task.attempts,
        calling: task.calling,
    });
    Ok(CallbacksView { open, overdue, tasks: tasks.collect() })
}

/// All tasks for the command line.
pub(super) fn list(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    limit: usize,
) -> Result<CallbackList, StoreError> {
    let counts = format!(
        "SELECT count(*) FILTER (WHERE t.done_at IS NULL),
                count(*) FILTER (WHERE t.done_at IS NULL AND t.due_at < ?1),
                count(*) FILTER (WHERE t.done_at IS NOT NULL)
         FROM {}",
        tasks()
    );
    let (open, overdue, done) = db.query_row(&counts, [now.as_millisecond()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let mut statement = db.prepare(&format!(
        "SELECT t.case_id, c.number, t.reason, t.due_at, t.done_at, {} FROM {}
         ORDER BY t.done_at IS NOT NULL, CASE WHEN t.done_at IS NULL THEN t.due_at END,
                  t.done_at DESC, t.case_id
         LIMIT ?1",
        row_private::COLUMNS,
        tasks()
    ))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map([limit], |row| task_row(vault, row))?;
    let mut tasks: Vec<CallbackRow> = rows.collect::<Result<_, _>>()?;
    for task in &mut tasks {
        task.attempts = attempts_of(db, task.task)?;
        let last = task.attempts.last();
        task.by = last.map(|attempt| attempt.seat.clone());
        task.outcome = last.and_then(|attempt| attempt.outcome.clone());
    }
    Ok(CallbackList { open, overdue, done, tasks })
}

fn task_row(vault: &Vault, row: &Row<'_>) -> rusqlite::Result<CallbackRow> {
    let number: Option<i64> = row.get(1)?;
    Ok(CallbackRow {
        task: row.get(0)?,
        number: number.map(|number| format!("{number:011}")),
        contact: of_row(vault, row, 5)?.contact.map(|phone| masked(&phone)),
        reason: row.get(2)?,
        due_at: clock(row.get(3)?),
        done_at: row.get::<_, Option<i64>>(4)?.map(clock),
        by: None,
        outcome: None,
        attempts: vec![],
    })
}

fn attempts_of(db: &Connection, task: i64) -> Result<Vec<AttemptRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT seat, call, started_at, ended_at, outcome FROM callback_attempt
         WHERE task = ?1 ORDER BY id LIMIT ?2",
    )?;
    let limit = i64::try_from(ATTEMPTS_MAX).unwrap_or(0);
    let rows = statement.query_map([task, limit], |row| {
        Ok(AttemptRow {
            seat: row.get(0)?,
            call: row.get(1)?,
            started_at: clock(row.get(2)?),
            ended_at: row.get::<_, Option<i64>>(3)?.map(clock),
            outcome: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
