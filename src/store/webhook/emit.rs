//! The messages of a change, in its transaction: either both are stored or neither.

use super::wants;
use crate::domain::case::{Case, CaseEvent};
use crate::domain::webhook::{HookKind, Told, ToldCase, told};
use crate::store::error::StoreError;
use crate::store::read::city_time;
use crate::store::read_call::all;
use crate::store::recording::hex;
use crate::store::seal;
use crate::store::vault::DataKey;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Writes what the subscriptions are told of these events; `case` is the one after all of them.
///
/// Of a case under seal nothing is told, of its sealing neither, and what was written of it before goes,
/// sent or not: a list of messages is no place to find it. The same holds from the proposal on.
pub(in crate::store) fn emit(
    db: &Connection,
    at: Timestamp,
    case_id: i64,
    (was_sealed, case): (bool, &Case),
    events: &[CaseEvent],
) -> Result<(), StoreError> {
    if seal::is_sealed(case) {
        db.prepare_cached("DELETE FROM webhook_delivery WHERE case_id = ?1")?.execute([case_id])?;
        return Ok(());
    }
    let kinds: Vec<HookKind> = events.iter().filter_map(HookKind::of).collect();
    if was_sealed || kinds.is_empty() {
        return Ok(());
    }
    let subscribed = subscribed(db)?;
    let Some(case) = told(case).filter(|_| !subscribed.is_empty()) else { return Ok(()) };
    for kind in kinds {
        for (webhook, _) in subscribed.iter().filter(|(_, kinds)| wants(kinds, kind)) {
            insert(db, at, *webhook, kind, Some((case_id, &case)))?;
        }
    }
    Ok(())
}

/// Subscriptions with their kinds. Those that are paused are told later, those that nobody confirmed nothing.
fn subscribed(db: &Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT id, kinds FROM webhook WHERE state IN ('active', 'paused') ORDER BY id";
    all(db, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// One message; gives its id.
pub(super) fn insert(
    db: &Connection,
    at: Timestamp,
    webhook: i64,
    kind: HookKind,
    about: Option<(i64, &ToldCase<'_>)>,
) -> Result<String, StoreError> {
    let id = format!("msg_{}", hex(&DataKey::salt()?));
    let case = about.map(|(_, case)| case.clone());
    let (when, name) = (city_time(at), kind.as_str());
    let body = Told { id: &id, kind: name, at: &when, case };
    let body = serde_json::to_string(&body).map_err(|_| StoreError::Damaged("message"))?;
    let (case_id, ms) = (about.map(|(id, _)| id), at.as_millisecond());
    db.prepare_cached(
        "INSERT INTO webhook_delivery (id, webhook, kind, case_id, body, created_at, state, next_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?6)",
    )?
    .execute(params![id, webhook, name, case_id, body, ms])?;
    Ok(id)
}
