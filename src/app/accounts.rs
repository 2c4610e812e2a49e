//! `mayorline account`: who may sign in, in which roles, and the tokens of programs. Beside a running
//! service, which takes a change with the next request, or on a stopped one.
//!
//! Whoever can write the data folder is believed to be whom `--as` names; what each may do is looked
//! up, and every act stands in the audit.

use super::casework::role;
use super::common::{Common, say};
use super::exit::{Exit, Failure};
use super::output::{Output, refused};
use super::{clock, password};
use crate::domain::case::{Role, is_unit_id};
use crate::store::{
    AccountRecord, Administration, FoundingAccounts, NewAccount, NewToken, PasswordHash,
    StoreError, city_time,
};
use crate::web::hex;
use clap::{Args, Subcommand};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Days that a token lives unless told otherwise.
const TOKEN_DAYS: u16 = 90;

/// Who acts on which account.
#[derive(Debug, Args)]
pub(super) struct Who {
    /// The account.
    name: String,
    /// The administrator who acts.
    #[arg(long = "as", value_name = "PERSON")]
    by: String,
    #[command(flatten)]
    common: Common,
}

/// `mayorline account …`
#[derive(Debug, Subcommand)]
pub(super) enum AccountVerb {
    /// Make the three administrators of a new house, once: each holds one office and nothing else.
    /// They set their passwords afterwards.
    Begin {
        /// Makes accounts (系统管理员).
        #[arg(long, value_name = "NAME")]
        system: String,
        /// Grants roles (安全管理员).
        #[arg(long, value_name = "NAME")]
        security: String,
        /// Reads the audit (审计员).
        #[arg(long, value_name = "NAME")]
        audit: String,
        #[command(flatten)]
        common: Common,
    },
    /// Make an account, as a system administrator.
    Add {
        #[command(flatten)]
        who: Who,
        /// The person's name.
        #[arg(long)]
        title: String,
        /// The unit he belongs to, by its id of units.toml.
        #[arg(long)]
        unit: Option<String>,
    },
    /// The accounts with their roles, and the tokens.
    List(Output),
    /// Grant a role, as a security administrator; it holds once another administrator has confirmed
    /// it.
    Grant {
        #[command(flatten)]
        who: Who,
        /// operator, clerk, supervisor, director …
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Confirm a granted role, as an administrator who neither granted it nor gets it.
    Confirm {
        #[command(flatten)]
        who: Who,
        /// The role.
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Take a role away, as a security administrator.
    Revoke {
        #[command(flatten)]
        who: Who,
        /// The role.
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Lock an account: its sessions and tokens end at once.
    Lock {
        #[command(flatten)]
        who: Who,
        /// Open it again, and forget wrong passwords.
        #[arg(long)]
        open: bool,
    },
    /// Give an account a password, as its owner or as a system administrator; its sessions end.
    SetPassword {
        #[command(flatten)]
        who: Who,
        /// File of one line, the password: 12 to 128 printable ASCII characters, 5 of them
        /// different, of two kinds at least (letters, digits, others), without the name.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
    },
    /// Make a token for a program, as a security administrator, and print it: it is shown once.
    Token {
        #[command(flatten)]
        who: Who,
        /// What it is for; names it within its account.
        #[arg(long)]
        label: String,
        /// The one role it acts in.
        #[arg(long, value_parser = role, required_unless_present = "remove")]
        role: Option<Role>,
        /// Days until it ends, at most 366.
        #[arg(long, default_value_t = TOKEN_DAYS)]
        days: u16,
        /// Take it away.
        #[arg(long)]
        remove: bool,
    },
}

/// Accounts.
pub(super) fn account(verb: AccountVerb) -> Result<(), Exit> {
    match verb {
        AccountVerb::Begin { system, security, audit, common } => {
            begin([system, security, audit], &common)
        }
        AccountVerb::Add { who, title, unit } => add(&who, title, unit),
        AccountVerb::List(output) => list(&output),
        AccountVerb::Grant { who, role } => {
            change(&who, "waits for its confirmation", |store, at| {
                store.grant_role(at, &who.by, (&who.name, role))
            })
        }
        AccountVerb::Confirm { who, role } => change(&who, "holds the role", |store, at| {
            store.confirm_role(at, &who.by, (&who.name, role))
        }),
        AccountVerb::Revoke { who, role } => change(&who, "lost the role", |store, at| {
            store.revoke_role(at, &who.by, (&who.name, role))
        }),
        AccountVerb::Lock { who, open } => {
            change(&who, if open { "open" } else { "locked" }, |store, at| {
                store.lock_account(at, &who.by, (&who.name, !open))
            })
        }
        AccountVerb::SetPassword { who, password_file } => set_password(&who, &password_file),
        AccountVerb::Token { who, label, role, days, remove } => match role {
            Some(role) if !remove => token(&who, label, role, days),
            _ => change(&who, "lost the token", |store, at| {
                store.remove_token(at, &who.by, (&who.name, &label))
            }),
        },
    }
}

fn begin(names: [String; 3], common: &Common) -> Result<(), Exit> {
    let folder = common.folder(&common.load()?);
    let titles = ["系统管理员", "安全管理员", "审计员"];
    let mut new = names.into_iter().zip(titles).map(|(name, title)| NewAccount {
        name,
        title: title.to_owned(),
        unit: None,
    });
    let (Some(system), Some(security), Some(audit)) = (new.next(), new.next(), new.next()) else {
        return Err(Exit::new(Failure::Software, "three administrators"));
    };
    let now = (clock::system().wall)();
    let three = FoundingAccounts { system, security, audit };
    let mut store = Administration::open_or_make(folder, now).map_err(|e| unwritten(&e))?;
    store.begin_accounts(now, &three).map_err(|e| unwritten(&e))?;
    say("three administrators made; each sets a password now\n")
}

fn add(who: &Who, title: String, unit: Option<String>) -> Result<(), Exit> {
    if let Some(unit) = unit.as_ref().filter(|unit| !is_unit_id(unit)) {
        return Err(Exit::new(Failure::Usage, format!("{unit}: no id of a unit")));
    }
    let new = NewAccount { name: who.name.clone(), title, unit };
    change(who, "added", |store, at| store.add_account(at, &who.by, &new))
}

fn set_password(who: &Who, file: &Path) -> Result<(), Exit> {
    let password = password::read(file, &who.name)?;
    let random = clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error))?;
    let hash = PasswordHash::of(&password, &random)
        .ok_or_else(|| Exit::new(Failure::Unavailable, "no memory for the hash"))?;
    change(who, "has a new password", |store, at| {
        store.set_account_password(at, &who.by, (&who.name, &hash))
    })
}

fn token(who: &Who, label: String, role: Role, days: u16) -> Result<(), Exit> {
    let random = clock::seed().map_err(|error| Exit::new(Failure::Unavailable, error))?;
    let token = hex(&random);
    let hash = Sha256::digest(&token).into();
    let new = NewToken { hash, account: who.name.clone(), role, label, days };
    change(who, &token, |store, at| store.add_token(at, &who.by, &new))
}

/// One write, and what is said after it.
fn change(
    who: &Who,
    done: &str,
    write: impl FnOnce(&mut Administration, jiff::Timestamp) -> Result<(), StoreError>,
) -> Result<(), Exit> {
    let folder = who.common.folder(&who.common.load()?);
    let now = (clock::system().wall)();
    let mut store = Administration::open(folder, now).map_err(|e| unwritten(&e))?;
    write(&mut store, now).map_err(|e| unwritten(&e))?;
    say(&format!("{} {done}\n", who.name))
}

/// An account in a list; never its password.
#[derive(Serialize)]
struct AccountRow {
    name: String,
    title: String,
    unit: Option<String>,
    locked: bool,
    signs_in: bool,
    roles: Vec<String>,
    waiting: Vec<String>,
    tokens: Vec<String>,
    changed_at: String,
}

fn list(output: &Output) -> Result<(), Exit> {
    let reader = output.reader()?;
    let accounts = reader.accounts().map_err(|e| refused(&e))?;
    let tokens = reader.tokens().map_err(|e| refused(&e))?;
    let row = |account: AccountRecord| {
        let own = tokens.iter().filter(|token| token.account == account.name);
        let until = |at| city_time(at).chars().take(10).collect::<String>();
        let own = own.map(|one| format!("{} {} {}", one.label, one.role, until(one.expires_at)));
        let of = |held: bool| {
            let roles = account.roles.iter().filter(|one| one.confirmed_by.is_some() == held);
            roles.map(|one| one.role.as_str().to_owned()).collect::<Vec<_>>()
        };
        AccountRow {
            roles: of(true),
            waiting: of(false),
            tokens: own.collect(),
            name: account.name.clone(),
            title: account.title.clone(),
            unit: account.unit.clone(),
            locked: account.locked,
            signs_in: account.password.is_some(),
            changed_at: city_time(account.changed_at),
        }
    };
    output.print(&accounts.into_iter().map(row).collect::<Vec<_>>())
}

/// Why an administrator's write failed.
fn unwritten(error: &StoreError) -> Exit {
    let failure = match error {
        StoreError::Taken(_) | StoreError::Malformed(_) | StoreError::NotAllowed(_) => {
            Failure::Data
        }
        StoreError::OtherVersion { .. } | StoreError::InUse(_) => Failure::Unavailable,
        StoreError::File { .. } => Failure::Io,
        other => return refused(other),
    };
    Exit::new(failure, error)
}
