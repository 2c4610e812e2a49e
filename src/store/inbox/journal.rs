//! On the disk before the carrier is answered.

use super::owner;
use crate::domain::message::Medium;
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::vault::{DataKey, Vault};
use crate::store::work::{Answer, Kind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::fmt;

/// Longest message as a carrier gives it, in bytes: a mail of 50 MB.
pub const RAW_BYTES_MAX: usize = 52 << 20;

/// Longest name of an account, in bytes.
pub const ACCOUNT_BYTES_MAX: usize = 64;

/// What a carrier gave, as it gave it. `Debug` says how much there is, never what.
#[derive(Clone, PartialEq, Eq)]
pub struct RawInbound {
    /// By which way.
    pub medium: Medium,
    /// The account of the configuration that it came by.
    pub account: String,
    /// The same for the same message, whenever the carrier gives it: see messaging 1.8 for each of them.
    pub dedup_key: [u8; 32],
    /// How `raw` is read: a name of the reader, such as `smsd`.
    pub form: &'static str,
    /// When it came.
    pub received_at: Timestamp,
    /// The bytes.
    pub raw: Vec<u8>,
}

impl fmt::Debug for RawInbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { medium, account, form, raw, .. } = self;
        let bytes = raw.len();
        f.debug_struct("RawInbound")
            .field("medium", medium)
            .field("account", account)
            .field("form", form)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}

/// Proof that a message is on the disk: whoever tells its carrier so must have one, and only a commit
/// makes it.
#[derive(Debug)]
pub struct Journalled {
    id: i64,
    is_copy: bool,
}

impl Journalled {
    /// Its row.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// It was there before: the carrier gave it again.
    #[must_use]
    pub fn is_copy(&self) -> bool {
        self.is_copy
    }
}

impl StoreHandle {
    /// Journals what a carrier gave in one go, all or nothing, in this order. `false`, or an error as the
    /// answer: nothing is kept, and the carrier must be told to give it again.
    #[must_use]
    pub fn inbound_put(&self, raws: Vec<RawInbound>, answer: Answer<Vec<Journalled>>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            raws.iter().map(|raw| put(db, &desk.vault, raw)).collect()
        })
    }
}

fn put(db: &Connection, vault: &Vault, new: &RawInbound) -> Result<Journalled, StoreError> {
    if new.raw.len() > RAW_BYTES_MAX {
        return Err(StoreError::Malformed("the message is too long"));
    }
    if new.account.is_empty() || new.account.len() > ACCOUNT_BYTES_MAX {
        return Err(StoreError::Malformed("the name of the account"));
    }
    let dedup = vault.message_hash("dedup", &[new.account.as_bytes(), &new.dedup_key]);
    let known = "SELECT id FROM inbound WHERE account = ?1 AND dedup = ?2";
    let known: Option<i64> = db
        .prepare_cached(known)?
        .query_row(params![new.account, dedup], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        db.prepare_cached("UPDATE inbound SET copies = copies + 1 WHERE id = ?1")?.execute([id])?;
        return Ok(Journalled { id, is_copy: true });
    }
    // The key is bound to the row.
    let next = "SELECT COALESCE(max(id), 0) + 1 FROM inbound";
    let id: i64 = db.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    let key = DataKey::random()?;
    let raw = key.seal(&owner(id), &new.raw)?;
    let key = vault.wrap(&key, &owner(id))?;
    db.prepare_cached(
        "INSERT INTO inbound (id, medium, account, dedup, form, received_at, state, key, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'new', ?7, x'')",
    )?
    .execute(params![
        id,
        new.medium.as_str(),
        new.account,
        dedup,
        new.form,
        new.received_at.as_millisecond(),
        key
    ])?;
    db.prepare_cached("INSERT INTO inbound_raw VALUES (?1, ?2)")?.execute(params![id, raw])?;
    Ok(Journalled { id, is_copy: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a database before the bytes stood apart.
    #[test]
    fn what_was_journalled_before_keeps_its_bytes() {
        let db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "foreign_keys", false).unwrap();
        let (table, _) = include_str!("../migrations/0015.sql").split_once(';').unwrap();
        db.execute_batch(table).unwrap();
        db.execute_batch(
            "INSERT INTO inbound (id, medium, account, dedup, form, received_at, state, key, raw, ended_at)
             VALUES (1, 'sms', 'm', zeroblob(32), 'f', 0, 'new', x'01', x'0203', NULL),
                    (2, 'mail', 'n', zeroblob(32), 'f', 0, 'done', x'01', x'04', 1),
                    (3, 'mail', 'o', zeroblob(32), 'f', 0, 'done', NULL, NULL, 1);",
        )
        .unwrap();
        db.execute_batch(include_str!("../migrations/0020.sql")).unwrap();
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        let moved = "SELECT group_concat(inbound || hex(raw), ' ') FROM inbound_raw";
        assert_eq!(one(moved), "10203 204");
        let marks = "SELECT group_concat(id || COALESCE(length(raw), '-'), ' ') FROM inbound";
        assert_eq!(one(marks), "10 20 3-");
    }
}
