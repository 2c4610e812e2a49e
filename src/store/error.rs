//! What can go wrong in the store. What is ours is alarmed; nothing of it is told to a citizen.

use super::backup::BackupFault;
use crate::domain::case::Refusal;
use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused: disk full, input/output error, a constraint.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file or folder cannot be used.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Another process has this data folder open for writing.
    #[error("{0} is in use by another mayorline process")]
    InUse(PathBuf),
    /// The database was written by a newer program.
    #[error(
        "the database has schema version {found}, this program knows up to {known}: \
             start the newer program, or restore the backup made before the upgrade"
    )]
    Newer {
        /// Version of the file.
        found: u32,
        /// Last version known here.
        known: u32,
    },
    /// The folder holds an invented city and was taken for a real one's.
    #[error(
        "{0} holds a demo, an invented city, and was taken for a real one's: start again, so that \
             everything shown says what it is"
    )]
    Invented(PathBuf),
    /// The folder holds a real city and was taken for an invented one.
    #[error("{0} holds no demo and was taken for one: start again")]
    Real(PathBuf),
    /// There is no database in that folder.
    #[error("no database at {0}")]
    Missing(PathBuf),
    /// The master key that the database was written with is not there.
    #[error(
        "no master key at {0}: the data is sealed with it and cannot be read without; put the key \
             back from its copy, or name it as store.master_key_file"
    )]
    NoMasterKey(PathBuf),
    /// The file is no master key, or not that of this database.
    #[error(
        "{0} is not the master key of this database: put back the key that it was written with"
    )]
    WrongMasterKey(PathBuf),
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What stands in the database cannot be read back.
    #[error("stored {0} cannot be read")]
    Damaged(&'static str),
    /// No such case, call, seat or task.
    #[error("not found")]
    NotFound,
    /// Somebody or something else has it.
    #[error("{0}")]
    Taken(&'static str),
    /// A case is not as it was seen: its last event is this one now.
    #[error("the case has changed; its last event is {0}")]
    Changed(i64),
    /// Whoever acts has no right to it.
    #[error("not allowed: {0}")]
    NotAllowed(&'static str),
    /// A value that means nothing or is too long.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// A running service has the database in another version than this program knows.
    #[error(
        "the database is kept in version {found}, this program writes {known}: \
             use the program of the service, or restart it with this one"
    )]
    OtherVersion {
        /// Version of the file.
        found: u32,
        /// Version known here.
        known: u32,
    },
    /// No copy could be made, or none put back.
    #[error(transparent)]
    Backup(#[from] BackupFault),
    /// The store cannot commit at the moment, or its queue is full.
    #[error("the store cannot commit at the moment")]
    Unavailable,
}

impl StoreError {
    /// The asker is told, and nothing is wrong with the store.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::NotFound
                | Self::Taken(_)
                | Self::Changed(_)
                | Self::NotAllowed(_)
                | Self::Malformed(_)
        )
    }

    /// Waiting and trying again cannot help: a person must decide.
    pub(super) fn needs_person(&self) -> bool {
        matches!(
            self,
            Self::InUse(_)
                | Self::Newer { .. }
                | Self::Invented(_)
                | Self::Real(_)
                | Self::NoMasterKey(_)
                | Self::WrongMasterKey(_)
        )
    }

    /// The numbers of the day are used up: the same succeeds after midnight.
    pub(super) fn is_no_number(&self) -> bool {
        matches!(self, Self::Refused(Refusal::NoNumber))
    }

    /// One row cannot be read back; the others can.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }

    /// The disk or the file failed, not the request: nothing can be committed until it is better.
    pub(super) fn is_outage(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        let Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) = self else { return false };
        matches!(
            error.code,
            Code::DiskFull
                | Code::SystemIoFailure
                | Code::CannotOpen
                | Code::ReadOnly
                | Code::OutOfMemory
                | Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::DatabaseCorrupt
                | Code::NotADatabase
                | Code::PermissionDenied
                | Code::FileLockingProtocolFailed
        )
    }
}

/// `None`: the row that it is about is damaged, and `tell` was told; it keeps no other. Whatever else is
/// wrong stays an error.
pub(super) fn unless_damaged<T>(
    result: Result<T, StoreError>,
    tell: impl FnOnce(&StoreError),
) -> Result<Option<T>, StoreError> {
    match result {
        Err(error) if error.is_damage() => {
            tell(&error);
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// Gives an I/O error the path it is about.
pub(super) fn at_path<T>(
    path: &std::path::Path,
    result: std::io::Result<T>,
) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::File { path: path.to_owned(), error })
}
