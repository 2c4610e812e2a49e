//! Tokens of programs: 256 random bits that are shown once; only their SHA-256 is kept. A token acts
//! in one role of its account and no longer than the account holds it.

use super::account;
use super::error::StoreError;
use super::read_call::all;
use crate::domain::case::{Actor, Role};
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};

/// Tokens of one account.
pub const TOKENS_MAX: usize = 10;
/// Longest life of a token.
pub const TOKEN_DAYS_MAX: u16 = 366;

/// Longest label.
const LABEL_CHARS_MAX: usize = 60;

/// What is kept of a token.
pub type TokenHash = [u8; 32];

/// A token to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its hash.
    pub hash: TokenHash,
    /// Whose it is.
    pub account: String,
    /// The role it acts in.
    pub role: Role,
    /// What it is for.
    pub label: String,
    /// Days until it ends.
    pub days: u16,
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Whose it is.
    pub account: String,
    /// The role it acts in.
    pub role: String,
    /// What it is for; names it within its account.
    pub label: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Keeps a token; those that are over go.
pub(super) fn insert(db: &Connection, at: Timestamp, new: &NewToken) -> Result<(), StoreError> {
    let account = account::find(db, &new.account)?.ok_or(StoreError::NotFound)?;
    if account.locked || !account.held().contains(&new.role) {
        return Err(StoreError::NotAllowed("the account does not hold this role"));
    }
    if !(1..=LABEL_CHARS_MAX).contains(&new.label.trim().chars().count()) {
        return Err(StoreError::Malformed("a token's label must have 1 to 60 characters"));
    }
    if !(1..=TOKEN_DAYS_MAX).contains(&new.days) {
        return Err(StoreError::Malformed("a token lives 1 to 366 days"));
    }
    db.execute("DELETE FROM api_token WHERE expires_at <= ?1", [at.as_millisecond()])?;
    let own: Vec<TokenRecord> =
        list(db)?.into_iter().filter(|token| token.account == new.account).collect();
    if own.iter().any(|token| token.label == new.label.trim()) {
        return Err(StoreError::Taken("the account has a token of this label"));
    }
    if own.len() >= TOKENS_MAX {
        return Err(StoreError::Taken("the account has no room for a further token"));
    }
    let expires = at.saturating_add((i64::from(new.days) * 24).hours()).unwrap_or(at);
    db.execute(
        "INSERT INTO api_token VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            new.hash,
            new.account,
            new.role.as_str(),
            new.label.trim(),
            at.as_millisecond(),
            expires.as_millisecond()
        ],
    )?;
    Ok(())
}

/// Takes a token of an account away, by its label.
pub(super) fn remove(db: &Connection, account: &str, label: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM api_token WHERE account = ?1 AND label = ?2";
    match db.execute(sql, [account, label])? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// All tokens, by account and label.
pub(super) fn list(db: &Connection) -> Result<Vec<TokenRecord>, StoreError> {
    let sql = "SELECT account, role, label, expires_at FROM api_token ORDER BY account, label";
    all(db, sql, [], |row| {
        let expires_at = Timestamp::from_millisecond(row.get(3)?).unwrap_or_default();
        let (account, role, label) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(TokenRecord { account, role, label, expires_at })
    })
}

/// Who acts with a token at `now`; `None`: nobody any more.
pub(super) fn actor(
    db: &Connection,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<Actor>, StoreError> {
    let sql = "SELECT account, role FROM api_token WHERE hash = ?1 AND expires_at > ?2";
    let found: Option<(String, String)> = db
        .prepare_cached(sql)?
        .query_row(params![hash, now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((name, role)) = found else { return Ok(None) };
    let role = Role::parse(&role).ok_or(StoreError::Damaged("role"))?;
    let account = account::find(db, &name)?.filter(|account| !account.locked);
    let account = account.filter(|account| account.held().contains(&role));
    Ok(account.map(|account| Actor { roles: vec![role], ..account.actor() }))
}
