//! Copies of the data folder in another folder, made beside the running service (ADR 32).
//!
//! A copy is a folder with the database and a manifest; recordings stand once, beside the copies. The
//! database is copied page by page from one snapshot, so the writer is never held up. A copy is checked
//! before it is called one, and a copy from before a seal or an erasure goes as soon as a fresh one stands.

mod keeper;
mod making;
mod manifest;
mod place;
mod restoring;
mod sounds;

pub use keeper::{BACKUP_LOOK_SECONDS, BACKUP_RETRY_MINUTES};
pub(super) use keeper::{Keeper, wake};
pub use making::{BackupMade, back_up};
pub use manifest::{BACKUP_MANIFEST_BYTES_MAX, BackupCheck, BackupManifest, CopiedSounds};
pub use place::{BACKUP_COPIES_SEEN_MAX, BackupCopy, backups};
pub use restoring::{CheckedBackup, RestoredBackup, check_backup, restore_backup};

use std::path::PathBuf;

/// Where copies go, how often one is made, how many are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupConfig {
    /// The folder of the copies; it must be there, it is never made.
    pub folder: PathBuf,
    /// Minutes between two copies.
    pub every_minutes: u32,
    /// How many copies are kept, at least one.
    pub keep: usize,
    /// The folder must be on another disk than the data: so one that is not mounted is noticed.
    pub other_disk: bool,
    /// The master key is put into each copy as well. Whoever has such a copy can read everything.
    pub with_master_key: bool,
}

/// Why no copy could be made, or none put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The folder is not there.
    #[error("{0} is not there: mount the disk or make the folder")]
    Away(PathBuf),
    /// The folder is on the disk of the data.
    #[error(
        "{0} is on the disk of the data: its own disk is not mounted, or say backup.other_disk = false"
    )]
    SameDisk(PathBuf),
    /// The folder and the data folder are in each other's way.
    #[error(
        "{0} cannot take copies: it is the data folder, is among its recordings, or has it in itself"
    )]
    Misplaced(PathBuf),
    /// Another process is at the copies.
    #[error("another process makes or checks a copy in {0}")]
    Busy(PathBuf),
    /// The folder holds copies of another data folder.
    #[error(
        "{0} has copies of another data folder, under another master key: name a folder of its own"
    )]
    Foreign(PathBuf),
    /// The disk failed while a copy was made.
    #[error("the copy in {folder} was not made: {why}")]
    Unwritten {
        /// The folder of the copies.
        folder: PathBuf,
        /// What the disk or SQLite said.
        why: String,
    },
    /// Recordings could not be copied as they should be; the database was.
    #[error("{count} recordings do not match their rows and were not copied: see mayorline verify")]
    Unmatched {
        /// How many.
        count: u64,
    },
    /// A copy is not what its manifest says, or does not pass SQLite's check.
    #[error("{copy} is damaged: {why}")]
    Damaged {
        /// The copy.
        copy: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// There is no copy to be found.
    #[error("no copy at {0}")]
    NoCopy(PathBuf),
    /// A copy is put back into an empty folder only.
    #[error("{0} is not empty: a copy is put back into an empty folder, which may hold keys/ only")]
    NotEmpty(PathBuf),
    /// The service closes; the next start makes the copy.
    #[error("interrupted")]
    Stopped,
}
