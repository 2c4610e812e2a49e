//! Cases in the database: events appended to the chain, the row worked out from them.

use super::case_key::{self, Access};
use super::chain::{self, ChainEnd, Link};
use super::erasure;
use super::error::StoreError;
use super::outbox;
use super::published;
use super::row_private::RowPrivate;
use super::seal;
use super::search;
use super::vault::Vault;
use crate::domain::case::{Case, CaseEvent, DueDate, Erasure, Pending, State, apply};
use crate::domain::desk::Disposition;
use crate::units::{CaseNumber, PhoneNumber};
use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::sync::LazyLock;

/// The JSON key of the part that is kept beside the chain.
const PRIVATE: &str = "private";

/// The columns of `case_file` that follow from the events, in the order of [`columns`].
const COLUMNS: &str = "intake_key, state, channel, received_at, call, number, accepted_at, recording, \
    code_hash, caller_hash, contact_hash, first_responsible, nature, domain, unit, \
    round, answered_directly, due_on, due_at, due_provisional, unit_due_at, extended, closed_on, \
    merged_into, lawful_channel, urgency, disposition, handler, supervisor, unit_from, unit_due_on, \
    unit_provisional, waiting, warned, docket, grade, seal_proposed, mail_hash";

/// How many columns that are.
const COLUMN_COUNT: usize = 38;

/// Which columns the rows have; another one has them worked out again at opening.
const ROWS_FORMAT: &str = "public-1";

/// Rows worked out again in one transaction.
const REBUILD_ROWS: i64 = 500;

/// Bytes of the salt in front of a private part.
pub(super) const SALT_BYTES: usize = 16;

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<_> = (1..=COLUMN_COUNT + 3).map(|n| format!("?{n}")).collect();
    let columns = format!("id, {COLUMNS}, last_event, private");
    format!("INSERT INTO case_file ({columns}) VALUES ({})", places.join(", "))
});

static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let columns = format!("{COLUMNS}, last_event, private");
    // Under seal, or erased, nobody here knows the code any more; the citizen still asks with it.
    let value = |(n, name): (usize, &str)| match name {
        "code_hash" => format!("COALESCE(?{n}, code_hash)"),
        _ => format!("?{n}"),
    };
    let values: Vec<_> = (2..).zip(columns.split(", ")).map(value).collect();
    format!("UPDATE case_file SET ({columns}) = ({}) WHERE id = ?1", values.join(", "))
});

/// Who, when, and the salt of the private part, for one event that is to be stored.
pub(super) struct Stamp<'a> {
    /// When, to the millisecond.
    pub(super) at: Timestamp,
    /// Who did it.
    pub(super) actor: &'a str,
    /// Random bytes.
    pub(super) salt: [u8; SALT_BYTES],
}

/// Appends an event to the chain.
pub(super) fn append(
    db: &Connection,
    vault: &Vault,
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
        let key = case_key::of(db, vault, case_id)?;
        put_private(db, &key, (case_id, seq), &stamp.salt, &private)?;
    }
    chain.moved_to(seq, hash);
    Ok(())
}

/// Seals the private part of an event, with its salt: the digest in the chain is no help to guess it.
pub(super) fn put_private(
    db: &Connection,
    key: &Access,
    (case_id, seq): (i64, i64),
    salt: &[u8; SALT_BYTES],
    private: &str,
) -> Result<(), StoreError> {
    let sealed = key.seal(&place(case_id, seq), &[&salt[..], private.as_bytes()].concat())?;
    db.prepare_cached("INSERT INTO event_private VALUES (?1, ?2)")?
        .execute(params![seq, sealed])?;
    Ok(())
}

/// Where the private part of an event stands.
pub(super) fn place(case_id: i64, seq: i64) -> String {
    format!("{}/event/{seq}", case_key::owner(case_id))
}

/// Salt and JSON of a private part that was opened.
pub(super) fn parted(plain: &[u8]) -> Result<(&[u8; SALT_BYTES], &str), StoreError> {
    let damaged = StoreError::Damaged("private part");
    let (salt, json) = plain.split_first_chunk().ok_or(damaged)?;
    let json = std::str::from_utf8(json).map_err(|_| StoreError::Damaged("private part"))?;
    Ok((salt, json))
}

/// The event of a row as it stands; without its private part where that is for the liaison.
pub(super) fn open_event(
    key: &Access,
    (case_id, seq): (i64, i64),
    body: &str,
    sealed: Option<&[u8]>,
) -> Result<CaseEvent, StoreError> {
    let plain = match sealed {
        Some(sealed) => key.open(&place(case_id, seq), sealed)?,
        None => None,
    };
    let private = plain.as_deref().map(parted).transpose()?;
    join(body, private.map(|(_, json)| json))
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

/// The fold of the events of one case; without its private parts where they are for the liaison.
/// A case that is not there is one to which nothing happened.
pub(super) fn load(db: &Connection, vault: &Vault, case_id: i64) -> Result<Case, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT e.seq, e.body, p.body FROM event e LEFT JOIN event_private p USING (seq)
         WHERE e.case_id = ?1 ORDER BY e.seq",
    )?;
    let mut rows = statement.query([case_id])?;
    let (mut case, mut key) = (Case::default(), None);
    while let Some(row) = rows.next()? {
        let (seq, body): (i64, String) = (row.get(0)?, row.get(1)?);
        let sealed: Option<Vec<u8>> = row.get(2)?;
        if key.is_none() {
            key = Some(case_key::of(db, vault, case_id)?);
        }
        let Some(key) = &key else { continue };
        case = apply(case, &open_event(key, (case_id, seq), &body, sealed.as_deref())?);
    }
    Ok(case)
}

/// A new row with its key, whose last event will be `last_event`; gives its id.
pub(super) fn insert(
    db: &Connection,
    vault: &Vault,
    case: &Case,
    last_event: i64,
) -> Result<i64, StoreError> {
    // Rows are never deleted, so this is what SQLite would choose; the key is bound to it.
    let mut next = db.prepare_cached("SELECT COALESCE(max(id), 0) + 1 FROM case_file")?;
    let id = next.query_row([], |row| row.get(0))?;
    let key = case_key::create(db, vault, id)?;
    let private = (!seal::is_in_force(case)).then(|| RowPrivate::of(case).seal(&key, id));
    let values = values(vault, case, id, last_event, private.transpose()?);
    db.prepare_cached(&INSERT)?.execute(params_from_iter(values))?;
    search::insert(db, vault, id, case)?;
    insert_callback(db, id, case)?;
    Ok(id)
}

/// The row of a case brought up to its events. A seal that came into force with them takes the key
/// from the service.
pub(super) fn update(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
    last_event: i64,
) -> Result<(), StoreError> {
    search::update(db, vault, id, case)?;
    published::update(db, id, case)?;
    let private = if is_erased(case) {
        erasure::destroy(db, id)?;
        None
    } else if seal::is_in_force(case) {
        seal::enforce(db, vault, id)?;
        None
    } else {
        match case_key::of(db, vault, id)? {
            Access::Service(key) => Some(RowPrivate::of(case).seal(&key, id)?),
            Access::Liaison(_) | Access::Gone => None,
        }
    };
    let values = values(vault, case, id, last_event, private);
    db.prepare_cached(&UPDATE)?.execute(params_from_iter(values))?;
    update_callback(db, id, case)
}

/// Who the citizen is and all words are gone.
pub(super) fn is_erased(case: &Case) -> bool {
    case.work.erased == Some(Erasure::Everything)
}

/// The id and the whole row.
fn values<'a>(
    vault: &Vault,
    case: &'a Case,
    id: i64,
    last_event: i64,
    private: Option<Vec<u8>>,
) -> impl Iterator<Item = ToSqlOutput<'a>> {
    let columns = columns(vault, case);
    std::iter::once(integer(id)).chain(columns).chain([integer(last_event), blob(private)])
}

/// The task of a new case, plainly: an upsert would make SQLite ready to take half of it back.
fn insert_callback(db: &Connection, id: i64, case: &Case) -> Result<(), StoreError> {
    put_callback(db, id, case, "INSERT INTO callback_task VALUES (?1, ?2, ?3, ?4)")
}

fn update_callback(db: &Connection, id: i64, case: &Case) -> Result<(), StoreError> {
    let upsert = "INSERT INTO callback_task VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (case_id) DO UPDATE SET
         reason = excluded.reason, due_at = excluded.due_at,
         done_at = excluded.done_at";
    put_callback(db, id, case, upsert)
}

fn put_callback(db: &Connection, id: i64, case: &Case, sql: &str) -> Result<(), StoreError> {
    let Some(task) = &case.callback else { return Ok(()) };
    db.prepare_cached(sql)?.execute(params![
        id,
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

fn blob(value: Option<Vec<u8>>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.map_or(Value::Null, Value::Blob))
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

/// What the query code is compared by; the citizen asks with it under seal too.
fn code_hash(vault: &Vault, case: &Case) -> Option<Vec<u8>> {
    let code = case.private.code?.reveal();
    Some(vault.code_hash(case.number?.as_u64(), &code))
}

/// The row of a case without its id and its private part, in the order of [`COLUMNS`].
fn columns<'a>(vault: &Vault, case: &'a Case) -> [ToSqlOutput<'a>; COLUMN_COUNT] {
    let (private, work) = (&case.private, &case.work);
    // A number under seal could be guessed from its hash by whoever has the master key.
    let open = !seal::is_in_force(case);
    let hashed = |number: &Option<PhoneNumber>| {
        let number = number.as_ref().filter(|_| open);
        blob(number.map(|number| vault.number_hash(number.as_str())))
    };
    let (due, unit_due) = (case.due.as_ref(), case.unit_due.as_ref());
    let docket = work.dockets.last().filter(|_| work.is_docketed());
    [
        text(Some(&case.key)),
        text(case.state.map(State::as_str)),
        text(case.channel.map(|channel| channel.as_str())),
        ms(case.received_at),
        text(case.call.as_ref().map(|call| call.as_str())),
        number(case.number),
        ms(case.accepted_at),
        text(case.recording.as_ref().map(|recording| recording.file.as_str())),
        blob(code_hash(vault, case)),
        hashed(&private.caller),
        hashed(&private.contact),
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
        blob(private.mail.as_ref().filter(|_| open).map(|mail| outbox::party(vault, mail))),
    ]
}

/// Works every row out again from its events when they were worked out in another way: after a
/// migration brought new columns, also where that was interrupted.
pub(super) fn bring_up_to_date(db: &mut Connection, vault: &Vault) -> Result<(), StoreError> {
    let sql = "SELECT value FROM meta WHERE key = 'rows_format'";
    let format: Option<String> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    if format.as_deref() == Some(ROWS_FORMAT) {
        return Ok(());
    }
    let mut after = 0;
    while let Some(last) = rebuild(db, vault, after)? {
        after = last;
    }
    db.execute("INSERT OR REPLACE INTO meta VALUES ('rows_format', ?1)", [ROWS_FORMAT])?;
    Ok(())
}

/// The next rows behind an id, whole or not at all; gives the last of them.
fn rebuild(db: &mut Connection, vault: &Vault, after: i64) -> Result<Option<i64>, StoreError> {
    let tx = db.transaction()?;
    let ids: Vec<(i64, i64)> = tx
        .prepare("SELECT id, last_event FROM case_file WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map([after, REBUILD_ROWS], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (id, last_event) in &ids {
        let case = load(&tx, vault, *id)?;
        update(&tx, vault, *id, &case, *last_event)?;
    }
    tx.commit()?;
    Ok(ids.last().map(|(id, _)| *id))
}

/// Whether the stored row says what the events say; the first column that does not.
pub(super) fn differs(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
) -> Result<Option<String>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM case_file WHERE id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    let expected = columns(vault, case);
    let sealed = seal::is_in_force(case) || is_erased(case);
    let found = statement.query_row([id], |row| {
        for (at, (value, name)) in expected.iter().zip(COLUMNS.split(", ")).enumerate() {
            // Of a sealed or erased case nobody here knows the code any more.
            let unknown = sealed && name.trim() == "code_hash";
            if !unknown && row.get_ref(at)? != as_ref(value) {
                return Ok(Some(name.trim().to_owned()));
            }
        }
        Ok(None)
    })?;
    if found.is_some() {
        return Ok(found);
    }
    let sql = "SELECT c.private, k.wrapped FROM case_file c
               LEFT JOIN case_key k ON k.case_id = c.id AND k.holder IS NULL WHERE c.id = ?1";
    let (private, wrapped): (Option<Vec<u8>>, Option<Vec<u8>>) =
        db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if sealed {
        return Ok(private.map(|_| "private".to_owned()));
    }
    let same = RowPrivate::open(vault, id, private, wrapped)
        .is_ok_and(|stored| stored == RowPrivate::of(case));
    Ok((!same).then(|| "private".to_owned()))
}

fn as_ref<'a>(value: &'a ToSqlOutput<'_>) -> ValueRef<'a> {
    match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => value.into(),
        _ => ValueRef::Null,
    }
}
