//! Accounts: who may sign in or bring a token, and in which roles he acts. A role holds once a second
//! person has confirmed it.

use super::error::StoreError;
use super::intake::SYSTEM;
use super::password::PasswordHash;
use super::read_call::all;
use crate::domain::access::{GrantFault, may_confirm, may_hold};
use crate::domain::case::{Actor, Role};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Longest name of an account.
pub const ACCOUNT_NAME_BYTES_MAX: usize = 32;
/// Accounts at most; names are kept for ever.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Wrong passwords in a row before an account is locked for [`SIGN_IN_LOCK_MS`].
pub const SIGN_IN_FAILURES_MAX: u32 = 5;
/// How long that lasts.
pub const SIGN_IN_LOCK_MS: i64 = 15 * 60 * 1_000;

/// In whose name the first three are made: whoever can write the data folder.
pub(super) const FOUNDER: &str = "founder";
/// Who acts where no person does: what it took down or granted would be such an account's own.
const OF_THE_SERVICE: [&str; 2] = [SYSTEM, FOUNDER];

/// Longest name of a person.
const TITLE_CHARS_MAX: usize = 40;

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its name: the person's id in the casework.
    pub name: String,
    /// The person's name.
    pub title: String,
    /// The unit he belongs to, by its id of `units.toml`.
    pub unit: Option<String>,
}

/// A role of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedRole {
    /// Which.
    pub role: Role,
    /// Who granted it.
    pub granted_by: String,
    /// Who confirmed it; `None`: it does not hold yet.
    pub confirmed_by: Option<String>,
}

/// An account as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its name.
    pub name: String,
    /// The person's name.
    pub title: String,
    /// The unit he belongs to.
    pub unit: Option<String>,
    /// What proves who he is; `None`: he cannot sign in.
    pub password: Option<PasswordHash>,
    /// Locked by an administrator.
    pub locked: bool,
    /// Wrong passwords in a row, and when the last was given.
    pub failures: (u32, Option<Timestamp>),
    /// Its roles, those that wait for a confirmation too.
    pub roles: Vec<GrantedRole>,
    /// Since when it is as it is.
    pub changed_at: Timestamp,
}

impl AccountRecord {
    /// The roles that hold.
    #[must_use]
    pub fn held(&self) -> Vec<Role> {
        let held = self.roles.iter().filter(|role| role.confirmed_by.is_some());
        held.map(|role| role.role).collect()
    }

    /// Who acts with this account.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { person: self.name.clone(), roles: self.held(), unit: self.unit.clone() }
    }

    /// Whether a password may be tried at `now`: it is not locked, by a person or by failures.
    #[must_use]
    pub fn may_try(&self, now: Timestamp) -> bool {
        let (count, last) = self.failures;
        let since = last.map_or(i64::MAX, |last| now.as_millisecond() - last.as_millisecond());
        !self.locked && (count < SIGN_IN_FAILURES_MAX || since >= SIGN_IN_LOCK_MS)
    }
}

/// Every account, by name.
pub(super) fn list(db: &Connection) -> Result<Vec<AccountRecord>, StoreError> {
    let names: Vec<String> = all(db, "SELECT name FROM account ORDER BY name", [], |r| r.get(0))?;
    let found = names.iter().map(|name| find(db, name)?.ok_or(StoreError::NotFound));
    found.collect()
}

/// One of them.
pub(super) fn find(db: &Connection, name: &str) -> Result<Option<AccountRecord>, StoreError> {
    let sql = "SELECT name, title, unit, password, locked, failures, failed_at, changed_at
               FROM account WHERE name = ?1";
    let found = db.prepare_cached(sql)?.query_row([name], record).optional()?;
    let Some(mut account) = found else { return Ok(None) };
    let sql = "SELECT role, granted_by, confirmed_by FROM account_role
               WHERE account = ?1 ORDER BY role";
    let roles =
        all(db, sql, [name], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
    for (role, granted_by, confirmed_by) in roles {
        let role = Role::parse(&role).ok_or(StoreError::Damaged("role"))?;
        account.roles.push(GrantedRole { role, granted_by, confirmed_by });
    }
    Ok(Some(account))
}

fn record(row: &Row<'_>) -> rusqlite::Result<AccountRecord> {
    let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or_default();
    Ok(AccountRecord {
        name: row.get(0)?,
        title: row.get(1)?,
        unit: row.get(2)?,
        password: row.get::<_, Option<String>>(3)?.map(PasswordHash::stored),
        locked: row.get(4)?,
        failures: (row.get(5)?, row.get::<_, Option<i64>>(6)?.map(at)),
        roles: vec![],
        changed_at: at(row.get(7)?),
    })
}

/// Makes an account without password and roles.
pub(super) fn insert(db: &Connection, at: Timestamp, new: &NewAccount) -> Result<(), StoreError> {
    let name = &new.name;
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if !(2..=ACCOUNT_NAME_BYTES_MAX).contains(&name.len()) || !name.bytes().all(plain) {
        return Err(StoreError::Malformed(
            "an account's name has 2 to 32 small letters, digits and -_.",
        ));
    }
    if OF_THE_SERVICE.contains(&name.as_str()) {
        return Err(StoreError::Malformed("the service acts under this name itself"));
    }
    if !(1..=TITLE_CHARS_MAX).contains(&new.title.trim().chars().count()) {
        return Err(StoreError::Malformed("the person's name must have 1 to 40 characters"));
    }
    if find(db, name)?.is_some() {
        return Err(StoreError::Taken("there is an account of this name"));
    }
    let count: i64 = db.query_row("SELECT count(*) FROM account", [], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= ACCOUNTS_MAX {
        return Err(StoreError::Taken("there is no room for a further account"));
    }
    let sql = "INSERT INTO account VALUES (?1, ?2, ?3, NULL, 0, 0, NULL, ?4, ?4)";
    db.execute(sql, params![name, new.title.trim(), new.unit, at.as_millisecond()])?;
    Ok(())
}

/// Grants a role, to be confirmed.
pub(super) fn grant(
    db: &Connection,
    at: Timestamp,
    by: &str,
    name: &str,
    role: Role,
) -> Result<(), StoreError> {
    let account = find(db, name)?.ok_or(StoreError::NotFound)?;
    let held: Vec<Role> = account.roles.iter().map(|role| role.role).collect();
    may_hold(&held, role, account.unit.is_some()).map_err(|fault| ungranted(&fault))?;
    if by == name {
        return Err(StoreError::NotAllowed("nobody grants a role to himself"));
    }
    let sql = "INSERT INTO account_role VALUES (?1, ?2, ?3, ?4, NULL, NULL)";
    db.execute(sql, params![name, role.as_str(), by, at.as_millisecond()])?;
    Ok(())
}

fn ungranted(fault: &GrantFault) -> StoreError {
    StoreError::NotAllowed(match fault {
        GrantFault::NoAccount => "no account holds this role",
        GrantFault::Separate => "an administrator holds this role and no other",
        GrantFault::UnitMissing => "the account belongs to no unit",
        GrantFault::Twice => "the role is held or waits for its confirmation already",
    })
}

/// Confirms a role that waits; from now on it holds.
pub(super) fn confirm(
    db: &Connection,
    at: Timestamp,
    by: &AccountRecord,
    name: &str,
    role: Role,
) -> Result<(), StoreError> {
    let account = find(db, name)?.ok_or(StoreError::NotFound)?;
    let waiting = account.roles.iter().find(|one| one.role == role && one.confirmed_by.is_none());
    let waiting = waiting.ok_or(StoreError::NotFound)?;
    if !may_confirm(&by.name, &by.held(), &waiting.granted_by, name) {
        return Err(StoreError::NotAllowed(
            "a role is confirmed by an administrator who neither granted it nor gets it",
        ));
    }
    let sql = "UPDATE account_role SET confirmed_by = ?3, confirmed_at = ?4
               WHERE account = ?1 AND role = ?2";
    db.execute(sql, params![name, role.as_str(), by.name, at.as_millisecond()])?;
    Ok(())
}

/// Takes a role away, confirmed or not, and the tokens that act in it.
pub(super) fn revoke(db: &Connection, name: &str, role: Role) -> Result<(), StoreError> {
    let sql = "DELETE FROM account_role WHERE account = ?1 AND role = ?2";
    if db.execute(sql, params![name, role.as_str()])? == 0 {
        return Err(StoreError::NotFound);
    }
    db.execute(
        "DELETE FROM api_token WHERE account = ?1 AND role = ?2",
        params![name, role.as_str()],
    )?;
    Ok(())
}

/// Locks an account, or opens it again and forgets its failures. A locked one loses its tokens.
pub(super) fn set_locked(
    db: &Connection,
    at: Timestamp,
    name: &str,
    locked: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE account SET locked = ?2, failures = 0, failed_at = NULL, changed_at = ?3
               WHERE name = ?1";
    touched(db.execute(sql, params![name, locked, at.as_millisecond()])?)?;
    if locked {
        db.execute("DELETE FROM api_token WHERE account = ?1", [name])?;
    }
    Ok(())
}

/// Gives an account another password; its failures are forgotten, its sessions end.
pub(super) fn set_password(
    db: &Connection,
    at: Timestamp,
    name: &str,
    password: &PasswordHash,
) -> Result<(), StoreError> {
    let sql = "UPDATE account SET password = ?2, failures = 0, failed_at = NULL, changed_at = ?3
               WHERE name = ?1";
    touched(db.execute(sql, params![name, password.as_str(), at.as_millisecond()])?)
}

/// Counts a wrong password, or forgets them after a right one.
pub(super) fn count_sign_in(
    db: &Connection,
    at: Timestamp,
    name: &str,
    right: bool,
) -> Result<(), StoreError> {
    let (wrong, at) = (!right, at.as_millisecond());
    // A lock that is over counts from the beginning.
    let sql = "UPDATE account SET
                   failures = CASE WHEN NOT ?2 THEN 0
                                   WHEN failures >= ?4 THEN 1 ELSE failures + 1 END,
                   failed_at = CASE WHEN ?2 THEN ?3 END
               WHERE name = ?1";
    touched(db.execute(sql, params![name, wrong, at, SIGN_IN_FAILURES_MAX])?)
}

fn touched(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
