//! Who called, beside the ledger: sealed under a data key of the call, so that sealing a case takes
//! the number of its call with it.

use super::error::StoreError;
use super::vault::{DataKey, Vault};
use crate::domain::call::Caller;
use crate::units::PhoneNumber;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// What is sealed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct CallPrivate {
    /// The number that called; `null`: withheld.
    pub(super) caller: Option<String>,
    /// The display name the network showed.
    pub(super) display: Option<String>,
}

impl CallPrivate {
    /// As the call machine names it.
    pub(super) fn into_caller(self) -> Caller {
        let number = self.caller.and_then(|number| PhoneNumber::parse(&number).ok());
        Caller { number, display: self.display }
    }
}

/// The name that a call's key and its sealed part are bound to.
pub(super) fn owner(call: &str) -> String {
    format!("call/{call}")
}

/// Stores who called; nothing when nobody is known, and nothing a second time.
pub(super) fn put(
    db: &Connection,
    vault: &Vault,
    call: &str,
    private: &CallPrivate,
) -> Result<(), StoreError> {
    if private.caller.is_none() && private.display.is_none() {
        return Ok(());
    }
    let json = serde_json::to_vec(private).map_err(|_| StoreError::Damaged("caller"))?;
    let (key, owner) = (DataKey::random()?, owner(call));
    let (wrapped, body) = (vault.wrap(&key, &owner)?, key.seal(&owner, &json)?);
    db.prepare_cached(
        "INSERT INTO call_private (call, wrapped, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (call) DO NOTHING",
    )?
    .execute(params![call, wrapped, body])?;
    Ok(())
}

/// Who called; nobody where it was withheld, was never known or is under seal.
pub(super) fn of(db: &Connection, vault: &Vault, call: &str) -> Result<CallPrivate, StoreError> {
    let sql = "SELECT wrapped, body FROM call_private WHERE call = ?1 AND holder IS NULL";
    let found: Option<(Vec<u8>, Vec<u8>)> = db
        .prepare_cached(sql)?
        .query_row([call], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((wrapped, body)) = found else { return Ok(CallPrivate::default()) };
    let owner = owner(call);
    let json = vault.unwrap(&wrapped, &owner)?.open(&owner, &body)?;
    serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("caller"))
}
