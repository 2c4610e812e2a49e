//! Rare writes of an administrator, beside a running service or on a stopped one.
//!
//! A stopped folder is locked for the moment, so that its schema can be brought up to date. Beside
//! a service it is SQLite that keeps the two writers apart: each waits for the other's commit, and
//! the service notices by `PRAGMA data_version`. Every write stands in the audit.

use super::audit::{self, AuditEntry, AuditKind};
use super::casework::{self, CaseName, CaseNow};
use super::chain::ChainEnd;
use super::config::{StoreConfig, database_path};
use super::error::StoreError;
use super::intake::Desk;
use super::opening::lock_now;
use super::schema;
use super::search;
use super::seat::{self, NewSeat, SeatSecrets};
use crate::domain::calendar::Calendar;
use crate::domain::case::{DeadlineRules, Order};
use crate::units::SeatNumber;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::File;
use std::path::Path;

/// Who acts on the command line, in the audit.
const ACTOR: &str = "administrator";

/// A data folder open for an administrator.
pub struct Administration {
    pub(super) db: Connection,
    /// Unlocks a stopped folder when it is dropped.
    _lock: Option<File>,
}

impl Administration {
    /// Opens a data folder that is there. Fails with [`StoreError::Missing`] when it is not, and
    /// with [`StoreError::OtherVersion`] when another program's service has it open.
    pub fn open(data: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let path = database_path(data);
        if !path.is_file() {
            return Err(StoreError::Missing(path));
        }
        Self::open_or_make(data, now)
    }

    /// Opens a data folder; one that is not there is made.
    pub fn open_or_make(data: &Path, now: Timestamp) -> Result<Self, StoreError> {
        schema::make_folder(data)?;
        match lock_now(data) {
            Ok(lock) => {
                let db = schema::open_writer(&StoreConfig::new(data, now))?;
                Ok(Self { db, _lock: Some(lock) })
            }
            Err(StoreError::InUse(_)) => {
                Ok(Self { db: schema::open_second_writer(data)?, _lock: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Adds a seat. [`StoreError::Taken`] when its number is in use.
    pub fn add_seat(&mut self, at: Timestamp, seat: &NewSeat) -> Result<(), StoreError> {
        let role = seat::role_name(seat.role);
        let reason = format!("{} ({role})", seat.name);
        self.write(at, AuditKind::SeatAdded, &seat.seat, &reason, |tx| seat::insert(tx, at, seat))
    }

    /// Takes a seat out of use. [`StoreError::NotFound`] when there is none.
    pub fn remove_seat(&mut self, at: Timestamp, seat: &SeatNumber) -> Result<(), StoreError> {
        self.write(at, AuditKind::SeatRemoved, seat, "", |tx| seat::remove(tx, at, seat))
    }

    /// Gives a seat another password. [`StoreError::NotFound`] when there is none.
    pub fn set_secrets(
        &mut self,
        at: Timestamp,
        seat: &SeatNumber,
        secrets: &SeatSecrets,
    ) -> Result<(), StoreError> {
        self.write(at, AuditKind::PasswordSet, seat, "", |tx| {
            seat::set_secrets(tx, at, seat, secrets)
        })
    }

    /// Makes the index of the search anew; gives how many cases are in it.
    pub fn rebuild_search(&mut self) -> Result<usize, StoreError> {
        search::rebuild(&mut self.db)
    }

    /// Carries out what a person wants done to a case, by the rules of the casework; `desk` is what
    /// it is decided with, and a seed from the operating system. The events are the record of it.
    pub fn act(
        &mut self,
        at: Timestamp,
        desk: (Calendar, DeadlineRules, [u8; 32]),
        case: CaseName,
        order: &Order,
    ) -> Result<CaseNow, StoreError> {
        let (calendar, rules, seed) = desk;
        let mut desk = Desk {
            calendar,
            rules,
            rng: StdRng::from_seed(seed),
            queue_base: 0,
            chain: ChainEnd::default(),
        };
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = casework::run(&tx, &mut desk, at, case, order)?;
        tx.commit()?;
        Ok(done)
    }

    /// One write with its line in the audit, whole or not at all.
    fn write(
        &mut self,
        at: Timestamp,
        kind: AuditKind,
        seat: &SeatNumber,
        reason: &str,
        change: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change(&tx)?;
        let (actor, subject) = (ACTOR.to_owned(), seat.to_string());
        let entry = AuditEntry { actor, kind, subject, reason: reason.to_owned() };
        audit::append(&tx, at, &entry)?;
        Ok(tx.commit()?)
    }
}
