//! What administrators do with accounts, each act with its line in the audit and only by whoever
//! holds the office: the system administrator makes accounts, the security administrator grants roles.

use super::account::{self, AccountRecord, FOUNDER, NewAccount};
use super::account_token::{self, NewToken};
use super::administration::Administration;
use super::audit::{self, AuditEntry, AuditKind};
use super::error::StoreError;
use super::password::PasswordHash;
use crate::domain::case::Role;
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};

/// The three administrators that a new house begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundingAccounts {
    /// Makes accounts.
    pub system: NewAccount,
    /// Grants roles.
    pub security: NewAccount,
    /// Reads the audit.
    pub audit: NewAccount,
}

impl Administration {
    /// Makes the three administrators, once: [`StoreError::Taken`] when there is an account.
    pub fn begin_accounts(
        &mut self,
        at: Timestamp,
        three: &FoundingAccounts,
    ) -> Result<(), StoreError> {
        let FoundingAccounts { system, security, audit } = three;
        let reason = format!("three administrators: {}, {}", security.name, audit.name);
        self.audited(at, FOUNDER, &system.name, &reason, |db| {
            let any = db.prepare("SELECT 1 FROM account")?.exists([])?;
            if any {
                return Err(StoreError::Taken("there are accounts already"));
            }
            let offices = [
                (system, Role::Administrator, security),
                (security, Role::Security, audit),
                (audit, Role::Auditor, system),
            ];
            for (new, ..) in &offices {
                account::insert(db, at, new)?;
            }
            for (new, role, second) in offices {
                account::grant(db, at, FOUNDER, &new.name, role)?;
                // Nobody holds an office yet that could confirm it.
                let sql = "UPDATE account_role SET confirmed_by = ?2, confirmed_at = ?3
                           WHERE account = ?1";
                db.execute(sql, params![new.name, second.name, at.as_millisecond()])?;
            }
            Ok(())
        })
    }

    /// Makes an account, in the name of a system administrator.
    pub fn add_account(
        &mut self,
        at: Timestamp,
        by: &str,
        new: &NewAccount,
    ) -> Result<(), StoreError> {
        let reason = format!("added {}", new.unit.as_deref().unwrap_or(""));
        self.audited(at, by, &new.name, reason.trim(), |db| {
            office(db, by, &[Role::Administrator])?;
            account::insert(db, at, new)
        })
    }

    /// Grants a role, in the name of a security administrator; it waits for its confirmation.
    pub fn grant_role(
        &mut self,
        at: Timestamp,
        by: &str,
        (name, role): (&str, Role),
    ) -> Result<(), StoreError> {
        self.audited(at, by, name, &format!("granted {}", role.as_str()), |db| {
            office(db, by, &[Role::Security])?;
            account::grant(db, at, by, name, role)
        })
    }

    /// Confirms a granted role, in the name of another administrator.
    pub fn confirm_role(
        &mut self,
        at: Timestamp,
        by: &str,
        (name, role): (&str, Role),
    ) -> Result<(), StoreError> {
        self.audited(at, by, name, &format!("confirmed {}", role.as_str()), |db| {
            let second = office(db, by, &[Role::Security, Role::Administrator])?;
            account::confirm(db, at, &second, name, role)
        })
    }

    /// Takes a role away, in the name of a security administrator.
    pub fn revoke_role(
        &mut self,
        at: Timestamp,
        by: &str,
        (name, role): (&str, Role),
    ) -> Result<(), StoreError> {
        self.audited(at, by, name, &format!("revoked {}", role.as_str()), |db| {
            office(db, by, &[Role::Security])?;
            account::revoke(db, name, role)
        })
    }

    /// Locks an account or opens it, in the name of a system or security administrator.
    pub fn lock_account(
        &mut self,
        at: Timestamp,
        by: &str,
        (name, locked): (&str, bool),
    ) -> Result<(), StoreError> {
        let what = if locked { "locked" } else { "opened" };
        self.audited(at, by, name, what, |db| {
            office(db, by, &[Role::Administrator, Role::Security])?;
            account::set_locked(db, at, name, locked)
        })
    }

    /// Gives an account a password: the person himself, or a system administrator. The three of a new
    /// house give themselves theirs.
    pub fn set_account_password(
        &mut self,
        at: Timestamp,
        by: &str,
        (name, password): (&str, &PasswordHash),
    ) -> Result<(), StoreError> {
        self.audited(at, by, name, "password", |db| {
            if by != name {
                office(db, by, &[Role::Administrator])?;
            }
            account::set_password(db, at, name, password)
        })
    }

    /// Gives an account a token, in the name of a security administrator.
    pub fn add_token(&mut self, at: Timestamp, by: &str, new: &NewToken) -> Result<(), StoreError> {
        let reason = format!("token {} as {} for {} days", new.label, new.role.as_str(), new.days);
        self.audited(at, by, &new.account, &reason, |db| {
            office(db, by, &[Role::Security])?;
            account_token::insert(db, at, new)
        })
    }

    /// Takes a token away, in the name of a security administrator.
    pub fn remove_token(
        &mut self,
        at: Timestamp,
        by: &str,
        (name, label): (&str, &str),
    ) -> Result<(), StoreError> {
        self.audited(at, by, name, &format!("token {label} removed"), |db| {
            office(db, by, &[Role::Security])?;
            account_token::remove(db, name, label)
        })
    }

    /// One act with its line in the audit, whole or not at all.
    fn audited(
        &mut self,
        at: Timestamp,
        by: &str,
        account: &str,
        reason: &str,
        change: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change(&tx)?;
        let (actor, subject, reason) = (by.to_owned(), account.to_owned(), reason.to_owned());
        let entry = AuditEntry { actor, kind: AuditKind::AccountChanged, subject, reason };
        audit::append(&tx, at, &entry)?;
        Ok(tx.commit()?)
    }
}

/// Whoever acts holds one of these offices and is not locked.
pub(super) fn office(
    db: &Connection,
    by: &str,
    roles: &[Role],
) -> Result<AccountRecord, StoreError> {
    let account = account::find(db, by)?.filter(|account| !account.locked);
    let holds = account.filter(|account| account.held().iter().any(|role| roles.contains(role)));
    holds.ok_or(StoreError::NotAllowed("whoever acts does not hold the office for this"))
}
