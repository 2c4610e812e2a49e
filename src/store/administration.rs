//! Rare writes of an administrator, beside a running service or on a stopped one.
//!
//! A stopped folder is locked for the moment, so that its schema can be brought up to date. Beside
//! a service it is SQLite that keeps the two writers apart: each waits for the other's commit, and
//! the service notices by `PRAGMA data_version`. Every write stands in the audit.

use super::audit::{self, AuditEntry, AuditKind};
use super::casework::{self, CaseName, CaseNow};
use super::config::{DataFolder, StoreConfig, database_path};
use super::directory::{self, ImportFault, ImportFile, Imported};
use super::error::StoreError;
use super::folder::make_folder;
use super::opening::lock_now;
use super::purge;
use super::recording::hex;
use super::schema;
use super::seal;
use super::sealed_case::{self, SealedCase};
use super::search;
use super::seat::{self, NewSeat, SeatSecrets};
use super::sound_seal::{self, TakenOut};
use super::suggest::{self, FalseAlarm};
use super::vault::{LiaisonKey, Vault};
use crate::domain::calendar::Calendar;
use crate::domain::case::{DeadlineRules, Order};
use crate::domain::message::MessageRules;
use crate::units::{CaseNumber, SeatNumber};
use crate::wire::table;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who acts on the command line, in the audit.
pub(super) const ACTOR: &str = "administrator";

/// A data folder open for an administrator.
pub struct Administration {
    pub(super) db: Connection,
    pub(super) vault: Arc<Vault>,
    /// The data folder.
    pub(super) data: PathBuf,
    /// How the city is reached by text, and speaks.
    pub(super) messages: MessageRules,
    /// Unlocks a stopped folder when it is dropped.
    lock: Option<File>,
}

impl Administration {
    /// Opens a data folder that is there. Fails with [`StoreError::Missing`] when it is not, and
    /// with [`StoreError::OtherVersion`] when another program's service has it open.
    pub fn open(data: impl Into<DataFolder>, now: Timestamp) -> Result<Self, StoreError> {
        let folder = data.into();
        let path = database_path(&folder.path);
        if !path.is_file() {
            return Err(StoreError::Missing(path));
        }
        Self::open_or_make(folder, now)
    }

    /// Opens a data folder; one that is not there is made.
    pub fn open_or_make(data: impl Into<DataFolder>, now: Timestamp) -> Result<Self, StoreError> {
        let folder = data.into();
        make_folder(&folder.path)?;
        match lock_now(&folder.path) {
            Ok(lock) => Self::open_locked(folder, now, lock),
            Err(StoreError::InUse(_)) => {
                let (db, vault) = schema::open_second_writer(&folder)?;
                let (vault, messages) = (Arc::new(vault), MessageRules::default());
                Ok(Self { db, vault, data: folder.path, messages, lock: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a data folder whose lock is held.
    pub(super) fn open_locked(
        folder: DataFolder,
        now: Timestamp,
        lock: File,
    ) -> Result<Self, StoreError> {
        let (data, DataFolder { path, master_key }) = (folder.path.clone(), folder);
        let config = StoreConfig { master_key, ..StoreConfig::new(path, now) };
        let (db, vault) = schema::open_writer(&config)?;
        let (vault, messages) = (Arc::new(vault), MessageRules::default());
        Ok(Self { db, vault, data, messages, lock: Some(lock) })
    }

    /// Says how the city is reached by text, as the configuration has it: else nobody is told by text what
    /// is done here.
    pub fn speak(&mut self, messages: MessageRules) {
        self.messages = messages;
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
        search::rebuild(&mut self.db, &self.vault)
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
        let mut desk = self.desk(desk);
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = casework::run(&tx, &mut desk, at, (case, None), order)?;
        tx.commit()?;
        self.purge();
        Ok(done)
    }

    /// A new key of the discipline liaison: cases are sealed to it from now on, and those that
    /// waited for one at once. Gives how many waited.
    pub fn add_liaison_key(
        &mut self,
        at: Timestamp,
        public: [u8; 32],
    ) -> Result<usize, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let waited = seal::register(&tx, &self.vault, at, public)?;
        let (actor, subject) = (ACTOR.to_owned(), hex(&public));
        let kind = AuditKind::LiaisonKeyAdded;
        audit::append(&tx, at, &AuditEntry { actor, kind, subject, reason: String::new() })?;
        tx.commit()?;
        self.purge();
        Ok(waited)
    }

    /// A sealed case in clear, for the liaison and his key. That he reads it, and why, is on stable
    /// storage before anything of it is given out.
    pub fn read_sealed(
        &mut self,
        at: Timestamp,
        number: CaseNumber,
        key: &LiaisonKey,
        person: &str,
        reason: &str,
    ) -> Result<SealedCase, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let case = sealed_case::read(&tx, number, key)?;
        let (actor, subject) = (format!("liaison/{person}"), number.to_string());
        let kind = AuditKind::SealRead;
        audit::append(&tx, at, &AuditEntry { actor, kind, subject, reason: reason.to_owned() })?;
        tx.commit()?;
        Ok(case)
    }

    /// The recordings of a sealed case in clear, for the liaison and his key: WAV files in a folder
    /// that he names. That he takes them, and why, is on stable storage first.
    pub fn play_sealed(
        &mut self,
        at: Timestamp,
        number: CaseNumber,
        key: &LiaisonKey,
        (person, reason): (&str, &str),
        out: &Path,
    ) -> Result<TakenOut, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (sounds, withheld) = sound_seal::sounds(&tx, number, key)?;
        let (actor, subject) = (format!("liaison/{person}"), number.to_string());
        let kind = AuditKind::SealRead;
        audit::append(&tx, at, &AuditEntry { actor, kind, subject, reason: reason.to_owned() })?;
        tx.commit()?;
        let taken = sound_seal::write_out(&self.data, &sounds, out)?;
        Ok(TakenOut { withheld, ..taken })
    }

    /// What a seal of the last commit asks for. What fails is told: the service or its next start
    /// goes on with it.
    pub(super) fn purge(&mut self) {
        match sound_seal::still_here(&self.db, &self.data) {
            Ok(here) => {
                let (alone, data) = (self.is_alone(), &self.data);
                sound_seal::hand_over(&self.db, &self.vault, data, &here, alone, |_| false);
            }
            Err(error) => tracing::error!(%error, "sealed recordings were not looked for"),
        }
        if let Err(error) = self.hand_over_callers() {
            tracing::error!(%error, "callers of sealed cases were not looked for");
        }
        purge::finish_or_tell(&self.db, || false);
    }

    fn hand_over_callers(&mut self) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let late = seal::late_callers(&self.db, &mut after)?;
            if !late.is_empty() {
                let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                seal::hand_over_callers(&tx, &self.vault, &late)?;
                tx.commit()?;
            }
            if after.is_empty() {
                return Ok(());
            }
        }
    }

    /// Nobody else has the folder open: only who is alone touches its files.
    pub(super) fn is_alone(&self) -> bool {
        self.lock.is_some()
    }

    /// Imports a table of the directory, whole or not at all; with a fault, and in a dry run, nothing
    /// is changed.
    pub fn import_directory(
        &mut self,
        at: Timestamp,
        file: &ImportFile<'_>,
    ) -> Result<Result<Imported, ImportFault>, StoreError> {
        let sheet = match table::read(file.bytes) {
            Ok(sheet) => sheet,
            Err(error) => return Ok(Err(ImportFault::File(error))),
        };
        // A dry run keeps nobody from writing.
        let behavior = match file.dry_run {
            true => TransactionBehavior::Deferred,
            false => TransactionBehavior::Immediate,
        };
        let tx = self.db.transaction_with_behavior(behavior)?;
        let outcome = directory::import(&tx, at, file, &sheet)?;
        if outcome.is_ok() && !file.dry_run {
            tx.commit()?;
        }
        Ok(outcome)
    }

    /// Marks a flag of risk words as false. [`StoreError::NotFound`] for a case under seal too.
    pub fn mark_false_alarm(
        &mut self,
        at: Timestamp,
        number: CaseNumber,
        alarm: &FalseAlarm,
    ) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        suggest::mark_false(&tx, &self.vault, at, CaseName::Number(number), alarm)?;
        Ok(tx.commit()?)
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
