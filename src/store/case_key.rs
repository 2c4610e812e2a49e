//! The data key of each case: made with its row, wrapped by the master key, and under seal wrapped
//! for the liaison alone (domain.md B9, T12).

use super::error::StoreError;
use super::vault::{DataKey, PublicKey, Vault};
use rusqlite::{Connection, OptionalExtension, params};

/// What the service can do with the private parts of a case.
pub(super) enum Access {
    /// Read and write.
    Service(DataKey),
    /// Add what only the liaison will read.
    Liaison(PublicKey),
    /// Nothing: the key is gone, and what it opened.
    Gone,
}

impl Access {
    /// Seals bytes for one place of the case.
    pub(super) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Service(key) => key.seal(place, plain),
            Self::Liaison(key) => key.seal(place, plain),
            Self::Gone => Err(StoreError::Damaged("case key")),
        }
    }

    /// Opens bytes of one place; `None`: they are for the liaison, or for nobody any more.
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Service(key) => key.open(place, sealed).map(Some),
            Self::Liaison(_) | Self::Gone => Ok(None),
        }
    }
}

/// The name that a case's key is bound to.
pub(super) fn owner(case_id: i64) -> String {
    format!("case/{case_id}")
}

/// A key for a new case.
pub(super) fn create(db: &Connection, vault: &Vault, case_id: i64) -> Result<DataKey, StoreError> {
    let key = DataKey::random()?;
    let wrapped = vault.wrap(&key, &owner(case_id))?;
    db.prepare_cached("INSERT INTO case_key (case_id, wrapped) VALUES (?1, ?2)")?
        .execute(params![case_id, wrapped])?;
    Ok(key)
}

/// What can be done with a case.
pub(super) fn of(db: &Connection, vault: &Vault, case_id: i64) -> Result<Access, StoreError> {
    let found: Option<(Option<[u8; 32]>, Vec<u8>)> = db
        .prepare_cached(
            "SELECT l.public, k.wrapped FROM case_key k LEFT JOIN liaison_key l ON l.id = k.holder
             WHERE k.case_id = ?1",
        )?
        .query_row([case_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found.ok_or(StoreError::Damaged("case key"))? {
        (Some(public), _) => Ok(Access::Liaison(PublicKey(public))),
        (None, wrapped) if wrapped.is_empty() => Ok(Access::Gone),
        (None, wrapped) => vault.unwrap(&wrapped, &owner(case_id)).map(Access::Service),
    }
}
