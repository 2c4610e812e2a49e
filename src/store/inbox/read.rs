//! What waits to be read.

use super::settle::NO_NUMBER;
use super::{key_of, owner};
use crate::domain::message::Medium;
use crate::store::error::{StoreError, unless_damaged};
use crate::store::read::Reader;
use crate::store::read_call::all;
use crate::store::vault::Vault;
use jiff::Timestamp;
use rusqlite::{Connection, Params, params};
use std::fmt;

/// Messages that are taken out of the journal at once.
pub const INBOUND_AT_ONCE_MAX: usize = 32;

/// Bytes that are taken out at once; a single message may have more.
pub const INBOUND_AT_ONCE_BYTES_MAX: u64 = 4 << 20;

/// A message that waits to be read. `Debug` says how much there is, never what.
#[derive(Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its row.
    pub id: i64,
    /// By which way.
    pub medium: Medium,
    /// By which account.
    pub account: String,
    /// How it is read.
    pub form: String,
    /// When it came.
    pub received_at: Timestamp,
    /// How often that was tried.
    pub attempts: u32,
    /// The bytes; `None`: damaged.
    pub raw: Option<Vec<u8>>,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, form, raw, .. } = self;
        let bytes = raw.as_ref().map_or(0, Vec::len);
        f.debug_struct("Waiting")
            .field("id", id)
            .field("form", form)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// The next messages behind `after` that wait to be read, at most [`INBOUND_AT_ONCE_MAX`]; not those
    /// that wait for a case number of the next day.
    pub fn inbound_waiting(&self, after: i64) -> Result<Vec<Waiting>, StoreError> {
        let Some(last) = self.last_at_once(after)? else { return Ok(vec![]) };
        let which = "state = 'new' AND id > ?1 AND id <= ?2 AND why IS NOT ?3 ORDER BY id";
        let mut rows = waiting_rows(&self.db, which, params![after, last, NO_NUMBER])?;
        for row in &mut rows {
            let sealed = row.raw.take().unwrap_or_default();
            let opened = self.open_raw(row.id, &sealed);
            row.raw = unless_damaged(opened, |error| {
                tracing::error!(message = row.id, %error, "ALARM a message cannot be read back");
            })?
            .flatten();
        }
        Ok(rows)
    }

    /// The last message that is taken with those before it: so many, and so many bytes, but always one.
    fn last_at_once(&self, after: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT id, COALESCE((SELECT length(r.raw) FROM inbound_raw r
                                        WHERE r.inbound = inbound.id), 0) FROM inbound
                   WHERE state = 'new' AND id > ?1 AND why IS NOT ?3 ORDER BY id LIMIT ?2";
        let limit = i64::try_from(INBOUND_AT_ONCE_MAX).unwrap_or(0);
        let sizes: Vec<(i64, i64)> = all(&self.db, sql, params![after, limit, NO_NUMBER], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let (mut last, mut bytes) = (None, 0_u64);
        for (id, size) in sizes {
            bytes += u64::try_from(size).unwrap_or(0);
            if last.is_some() && bytes > INBOUND_AT_ONCE_BYTES_MAX {
                break;
            }
            last = Some(id);
        }
        Ok(last)
    }

    fn open_raw(&self, id: i64, sealed: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key_of(&self.db, &self.vault, id)?;
        key.map(|key| key.open(&owner(id), sealed)).transpose()
    }
}

/// A message with its bytes, whatever became of it. `None`: it is erased, or the liaison's.
pub(in crate::store) fn opened(
    db: &Connection,
    vault: &Vault,
    id: i64,
) -> Result<Option<Waiting>, StoreError> {
    let Some(mut row) = waiting_rows(db, "id = ?1 AND raw IS NOT NULL", [id])?.pop() else {
        return Ok(None);
    };
    let Some((key, sealed)) = key_of(db, vault, id)?.zip(row.raw.take()) else { return Ok(None) };
    row.raw = Some(key.open(&owner(id), &sealed)?);
    Ok(Some(row))
}

/// Rows of the journal with their bytes as they are sealed.
pub(super) fn waiting_rows(
    db: &Connection,
    which: &str,
    values: impl Params,
) -> Result<Vec<Waiting>, StoreError> {
    let sql = format!(
        "SELECT id, medium, account, form, received_at, attempts,
                (SELECT r.raw FROM inbound_raw r WHERE r.inbound = inbound.id)
         FROM inbound WHERE {which}"
    );
    all(db, &sql, values, |row| {
        let medium: String = row.get(1)?;
        Ok(Waiting {
            id: row.get(0)?,
            medium: Medium::parse(&medium).unwrap_or(Medium::Sms),
            account: row.get(2)?,
            form: row.get(3)?,
            received_at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
            attempts: row.get(5)?,
            raw: row.get(6)?,
        })
    })
}
