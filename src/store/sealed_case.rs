//! A case under seal as the liaison reads it, with his private key.

use super::call_private;
use super::case_file;
use super::case_key;
use super::error::StoreError;
use super::read::clock;
use super::vault::{DataKey, LiaisonKey, UNREADABLE};
use crate::units::CaseNumber;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

/// A sealed case in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealedCase {
    /// Its eleven digits.
    pub number: String,
    /// When it came, RFC 3339 with the city's offset.
    pub received_at: String,
    /// How it came.
    pub channel: String,
    /// Who called by the ledger, as JSON; `null`: nobody is known, or another case of the call was
    /// sealed to another key.
    pub caller: Option<serde_json::Value>,
    /// What happened, first to last.
    pub events: Vec<SealedEvent>,
}

/// One event of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SealedEvent {
    /// When.
    pub at: String,
    /// Who did it.
    pub actor: String,
    /// What, with its private part under `private`.
    pub what: serde_json::Value,
}

/// Opens a case that is sealed to this key. [`StoreError::NotFound`] when there is no sealed case of
/// the number; an error where the key is another.
pub(super) fn read(
    db: &Connection,
    number: CaseNumber,
    key: &LiaisonKey,
) -> Result<SealedCase, StoreError> {
    let sql = "SELECT c.id, c.received_at, c.channel, c.call, k.wrapped
               FROM case_file c JOIN case_key k ON k.case_id = c.id AND k.holder IS NOT NULL
               WHERE c.number = ?1 AND c.state = 'sealed'";
    let digits = i64::try_from(number.as_u64()).unwrap_or(0);
    let row = db.query_row(sql, [digits], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    });
    let (id, received_at, channel, call, wrapped): (i64, i64, String, Option<String>, Vec<u8>) =
        row.optional()?.ok_or(StoreError::NotFound)?;
    let data = key.unwrap(&wrapped, &case_key::owner(id))?;
    Ok(SealedCase {
        number: number.to_string(),
        received_at: clock(received_at),
        channel,
        caller: call.and_then(|call| caller(db, key, &call).transpose()).transpose()?,
        events: events(db, key, &data, id)?,
    })
}

fn events(
    db: &Connection,
    key: &LiaisonKey,
    data: &DataKey,
    id: i64,
) -> Result<Vec<SealedEvent>, StoreError> {
    let mut statement = db.prepare(
        "SELECT e.seq, e.at, e.actor, e.body, p.body
         FROM event e LEFT JOIN event_private p USING (seq) WHERE e.case_id = ?1 ORDER BY e.seq",
    )?;
    let mut rows = statement.query([id])?;
    let mut events = vec![];
    while let Some(row) = rows.next()? {
        let (seq, body): (i64, String) = (row.get(0)?, row.get(3)?);
        let damaged = |_| StoreError::Damaged("event");
        let mut what: serde_json::Value = serde_json::from_str(&body).map_err(damaged)?;
        if let Some(sealed) = row.get::<_, Option<Vec<u8>>>(4)? {
            let place = case_file::place(id, seq);
            // What was added after the seal is sealed to the liaison himself.
            let plain = data.open(&place, &sealed).or_else(|_| key.open(&place, &sealed))?;
            let (_, json) = case_file::parted(&plain)?;
            what["private"] = serde_json::from_str(json).map_err(damaged)?;
        }
        events.push(SealedEvent { at: clock(row.get(1)?), actor: row.get(2)?, what });
    }
    Ok(events)
}

/// Who called by the ledger.
fn caller(
    db: &Connection,
    key: &LiaisonKey,
    call: &str,
) -> Result<Option<serde_json::Value>, StoreError> {
    let sql = "SELECT wrapped, body FROM call_private WHERE call = ?1 AND holder IS NOT NULL";
    let row: Option<(Vec<u8>, Vec<u8>)> =
        db.query_row(sql, [call], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((wrapped, body)) = row else { return Ok(None) };
    let owner = call_private::owner(call);
    let Ok(data) = key.unwrap(&wrapped, &owner) else { return Ok(None) };
    serde_json::from_slice(&data.open(&owner, &body)?).map(Some).map_err(|_| UNREADABLE)
}
