//! Cases in the database: events appended to the chain, the row worked out from them.

use super::chain::{self, ChainEnd, Link};
use super::error::StoreError;
use super::search;
use crate::domain::case::{Case, CaseEvent, DueDate, Pending, State, apply};
use crate::domain::desk::Disposition;
use crate::units::{CaseNumber, PhoneNumber};
use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::sync::LazyLock;

/// The JSON key of the part that is kept beside the chain.
const PRIVATE: &str = "private";

/// The columns of `case_file` that follow from the events, in the order of [`columns`].
const COLUMNS: &str = "intake_key, state, channel, received_at, call, number, code, accepted_at, \
    contact, caller, display, summary, text, recording, first_responsible, nature, domain, unit, \
    round, answered_directly, due_on, due_at, due_provisional, unit_due_at, extended, closed_on, \
    merged_into, lawful_channel, urgency, disposition, handler, supervisor, unit_from, unit_due_on, \
    unit_provisional, waiting, warned, docket, grade, seal_proposed";

/// How many columns that are.
const COLUMN_COUNT: usize = 40;

/// Which columns the rows have; another one has them worked out again at opening.
const ROWS_FORMAT: &str = "casework-1";

static INSERT: LazyLock<String> = LazyLock::new(|| {
    format!("INSERT INTO case_file ({COLUMNS}, last_event) VALUES ({})", places(1))
});

static UPDATE: LazyLock<String> = LazyLock::new(|| {
    format!("UPDATE case_file SET ({COLUMNS}, last_event) = ({}) WHERE id = ?1", places(2))
});

/// Who, when, and the salt of the private part, for one event that is to be stored.
pub(super) struct Stamp<'a> {
    /// When, to the millisecond.
    pub(super) at: Timestamp,
    /// Who did it.
    pub(super) actor: &'a str,
    /// Sixteen random bytes.
    pub(super) salt: [u8; 16],
}

/// Appends an event to the chain.
pub(super) fn append(
    db: &Connection,
    chain: &mut ChainEnd,
    case_id: i64,
    event: &CaseEvent,
    stamp: &Stamp<'_>,
) -> Result<(), StoreError> {
    let (body, private) = split(event)?;
    let (last, prev) = chain.last(db)?;
    let seq = last + 1;
    let digest = private.as_ref().map(|body| chain::private_digest(&stamp.salt, body));
    let at = stamp.at.as_millisecond();
    let private_digest = digest.as_ref().map(|digest| &digest[..]);
    let link = Link { seq, case_id, at, actor: stamp.actor, body: &body, private_digest };
    let hash = chain::hash(&prev, &link);
    db.prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![seq, case_id, at, stamp.actor, body, private_digest, prev, hash])?;
    if let Some(private) = private {
        db.prepare_cached("INSERT INTO event_private VALUES (?1, ?2, ?3)")?
            .execute(params![seq, stamp.salt, private])?;
    }
    chain.moved_to(seq, hash);
    Ok(())
}

/// The JSON of an event in two parts: what is chained, and what is private.
fn split(event: &CaseEvent) -> Result<(String, Option<String>), StoreError> {
    let damaged = |_| StoreError::Damaged("event");
    let mut value = serde_json::to_value(event).map_err(damaged)?;
    let private = value.as_object_mut().and_then(|object| object.remove(PRIVATE));
    let body = serde_json::to_string(&value).map_err(damaged)?;
    Ok((body, private.map(|private| private.to_string())))
}

/// The event of two parts.
pub(super) fn join(body: &str, private: Option<&str>) -> Result<CaseEvent, StoreError> {
    let damaged = |_| StoreError::Damaged("event");
    // Most events have none: read at once they cost less.
    let Some(private) = private else { return serde_json::from_str(body).map_err(damaged) };
    let mut value: serde_json::Value = serde_json::from_str(body).map_err(damaged)?;
    if let Some(object) = value.as_object_mut() {
        let private = serde_json::from_str(private).map_err(damaged)?;
        object.insert(PRIVATE.to_owned(), private);
    }
    serde_json::from_value(value).map_err(damaged)
}

/// The fold of the events of one case.
pub(super) fn load(db: &Connection, case_id: i64) -> Result<Case, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT e.body, p.body FROM event e LEFT JOIN event_private p USING (seq)
         WHERE e.case_id = ?1 ORDER BY e.seq",
    )?;
    let mut rows = statement.query([case_id])?;
    let mut case = Case::default();
    while let Some(row) = rows.next()? {
        let body: String = row.get(0)?;
        let private: Option<String> = row.get(1)?;
        case = apply(case, &join(&body, private.as_deref())?);
    }
    Ok(case)
}

/// A new row whose last event will be `last_event`; gives its id.
pub(super) fn insert(db: &Connection, case: &Case, last_event: i64) -> Result<i64, StoreError> {
    db.prepare_cached(&INSERT)?.execute(params_from_iter(values(case, last_event)))?;
    let id = db.last_insert_rowid();
    search::insert(db, id, case)?;
    insert_callback(db, id, case)?;
    Ok(id)
}

/// The row of a case brought up to its events.
pub(super) fn update(
    db: &Connection,
    id: i64,
    case: &Case,
    last_event: i64,
) -> Result<(), StoreError> {
    search::update(db, id, case)?;
    let values = std::iter::once(integer(id)).chain(values(case, last_event));
    db.prepare_cached(&UPDATE)?.execute(params_from_iter(values))?;
    update_callback(db, id, case)
}

/// Placeholders for the columns and `last_event`, numbered from `from`.
fn places(from: usize) -> String {
    (from..=from + COLUMN_COUNT).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ")
}

fn values(case: &Case, last_event: i64) -> impl Iterator<Item = ToSqlOutput<'_>> {
    columns(case).into_iter().chain([integer(last_event)])
}

/// The task of a new case, plainly: an upsert would make SQLite ready to take half of it back.
fn insert_callback(db: &Connection, id: i64, case: &Case) -> Result<(), StoreError> {
    put_callback(db, id, case, "INSERT INTO callback_task VALUES (?1, ?2, ?3, ?4, ?5)")
}

fn update_callback(db: &Connection, id: i64, case: &Case) -> Result<(), StoreError> {
    let upsert = "INSERT INTO callback_task VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (case_id) DO UPDATE SET
         phone = excluded.phone, reason = excluded.reason, due_at = excluded.due_at,
         done_at = excluded.done_at";
    put_callback(db, id, case, upsert)
}

fn put_callback(db: &Connection, id: i64, case: &Case, sql: &str) -> Result<(), StoreError> {
    let Some(task) = &case.callback else { return Ok(()) };
    db.prepare_cached(sql)?.execute(params![
        id,
        case.private.contact.as_ref().map(PhoneNumber::as_str),
        task.reason.as_str(),
        task.due_at.as_millisecond(),
        task.done_at.map(Timestamp::as_millisecond),
    ])?;
    Ok(())
}

fn text(value: Option<&str>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(value.map_or(ValueRef::Null, |value| ValueRef::Text(value.as_bytes())))
}

fn owned(value: Option<String>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.map_or(Value::Null, Value::Text))
}

fn integer(value: impl Into<i64>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(Value::Integer(value.into()))
}

fn ms(at: Option<Timestamp>) -> ToSqlOutput<'static> {
    at.map_or(ToSqlOutput::Owned(Value::Null), |at| integer(at.as_millisecond()))
}

fn number(number: Option<CaseNumber>) -> ToSqlOutput<'static> {
    let number = number.and_then(|n| i64::try_from(n.as_u64()).ok());
    number.map_or(ToSqlOutput::Owned(Value::Null), integer)
}

/// The row of a case without its id, in the order of [`COLUMNS`].
fn columns(case: &Case) -> [ToSqlOutput<'_>; COLUMN_COUNT] {
    let (private, work) = (&case.private, &case.work);
    let (due, unit_due) = (case.due.as_ref(), case.unit_due.as_ref());
    let docket = work.dockets.last().filter(|_| work.is_docketed());
    [
        text(Some(&case.key)),
        text(case.state.map(State::as_str)),
        text(case.channel.map(|channel| channel.as_str())),
        ms(case.received_at),
        text(case.call.as_ref().map(|call| call.as_str())),
        number(case.number),
        owned(private.code.map(|code| code.reveal())),
        ms(case.accepted_at),
        text(private.contact.as_ref().map(PhoneNumber::as_str)),
        text(private.caller.as_ref().map(PhoneNumber::as_str)),
        text(private.display.as_deref()),
        text(case.summary.as_deref()),
        text(private.text.as_deref()),
        text(case.recording.as_ref().map(|recording| recording.file.as_str())),
        text(case.first_responsible.as_deref()),
        text(case.nature.map(|nature| nature.script_id())),
        text(case.domain.as_deref()),
        text(case.unit.as_deref()),
        integer(case.round),
        integer(case.answered_directly),
        owned(due.map(|due| due.on.to_string())),
        ms(due.map(|due| due.at)),
        integer(due.is_some_and(|due| due.provisional)),
        ms(unit_due.map(|due: &DueDate| due.at)),
        text(case.extended.map(|reason| reason.script_id())),
        owned(case.closed_on.map(|on| on.to_string())),
        number(case.merged_into),
        text(case.lawful_channel.map(|channel| channel.script_id())),
        text(Some(work.urgency.as_str())),
        text(work.disposition().map(Disposition::as_str)),
        text(work.handler.as_deref()),
        text(work.supervisor.as_deref()),
        ms(work.unit_from),
        owned(unit_due.map(|due| due.on.to_string())),
        integer(unit_due.is_some_and(|due| due.provisional)),
        text(work.pending().map(Pending::as_str)),
        work.warned().map_or(ToSqlOutput::Owned(Value::Null), integer),
        text(docket.map(|docket| docket.number.as_str())),
        text(work.grades.last().map(|(_, grade)| grade.as_str())),
        integer(work.seal_proposed.is_some()),
    ]
}

/// Works every row out again from its events when they were worked out in another way: after a
/// migration brought new columns, also where that was interrupted.
pub(super) fn bring_up_to_date(db: &mut Connection) -> Result<(), StoreError> {
    let sql = "SELECT value FROM meta WHERE key = 'rows_format'";
    let format: Option<String> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    if format.as_deref() == Some(ROWS_FORMAT) { Ok(()) } else { rebuild(db) }
}

/// All rows, whole or not at all.
fn rebuild(db: &mut Connection) -> Result<(), StoreError> {
    let tx = db.transaction()?;
    let ids: Vec<(i64, i64)> = tx
        .prepare("SELECT id, last_event FROM case_file")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (id, last_event) in ids {
        let case = load(&tx, id)?;
        update(&tx, id, &case, last_event)?;
    }
    tx.execute("INSERT OR REPLACE INTO meta VALUES ('rows_format', ?1)", [ROWS_FORMAT])?;
    Ok(tx.commit()?)
}

/// Whether the stored row says what the events say; the first column that does not.
pub(super) fn differs(db: &Connection, id: i64, case: &Case) -> Result<Option<String>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM case_file WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let expected = columns(case);
    let found = statement.query_row([id], |row| {
        for (at, (value, name)) in expected.iter().zip(COLUMNS.split(", ")).enumerate() {
            if row.get_ref(at)? != as_ref(value) {
                return Ok(Some(name.trim().to_owned()));
            }
        }
        Ok(None)
    })?;
    Ok(found)
}

fn as_ref<'a>(value: &'a ToSqlOutput<'_>) -> ValueRef<'a> {
    match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        _ => ValueRef::Null,
    }
}
