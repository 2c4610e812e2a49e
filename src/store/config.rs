//! Where the store lives, and its limits.

use super::backup::BackupConfig;
use super::vault::MASTER_KEY_FILE;
use crate::domain::case::{DeadlineRules, RetentionRules};
use crate::domain::message::MessageRules;
use crate::domain::speech::rendering::SpeechRules;
use crate::units::PhoneNumber;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The database file below the data folder.
pub const DATABASE_FILE: &str = "mayorline.db";

/// The folder of recordings below the data folder.
pub const RECORDINGS_FOLDER: &str = "recordings";

/// The folder of copies made before a migration, below the data folder.
pub const BACKUP_FOLDER: &str = "backup";

/// Most jobs that share one commit.
pub const GROUP_JOBS_MAX: usize = 256;

/// How long the writer lets rows gather after a commit while nobody waits for an answer, in
/// milliseconds. A power cut loses accounts of calls that are at most so much younger than a commit.
pub const COMMIT_REST_MS: u64 = 10;

/// Ledger jobs that wait for a failed disk to come back; more are counted as lost.
pub const LEDGER_BACKLOG_MAX: usize = 1024;

/// Between two tries whether a failed disk is better, in milliseconds.
pub const PROBE_INTERVAL_MS: u64 = 200;

/// A folder that cannot be opened is tried again after so many of these intervals.
pub const OPEN_RETRY_PROBES: u64 = 5;

/// How long a lock of another process is waited for, in milliseconds.
pub const BUSY_TIMEOUT_MS: u64 = 5000;

/// Between two looks whether another process has changed the seats, in milliseconds.
pub const SEATS_POLL_INTERVAL_MS: u64 = 1000;

/// How long a start waits for a verb that holds the data folder for a moment, in milliseconds.
pub const FOLDER_WAIT_MS: u64 = 1000;

/// Callback tasks in one answer to a seat.
pub const CALLBACKS_SHOWN_MAX: usize = 200;

/// Size the write-ahead log is cut back to, in bytes.
pub const JOURNAL_BYTES_MAX: i64 = 64 << 20;

/// A data folder and the key to what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    /// The folder.
    pub path: PathBuf,
    /// The file of the master key; [`MASTER_KEY_FILE`] below the folder unless the configuration
    /// names another.
    pub master_key: PathBuf,
}

impl DataFolder {
    /// A folder whose key is in `master_key`; an empty path: below the folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, master_key: &Path) -> Self {
        let path = path.into();
        let own = master_key.as_os_str().is_empty();
        let master_key = if own { path.join(MASTER_KEY_FILE) } else { master_key.to_owned() };
        Self { path, master_key }
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for DataFolder {
    fn from(path: &P) -> Self {
        Self::new(path.as_ref(), Path::new(""))
    }
}

/// What a store is opened with.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The data folder; made when it is not there.
    pub path: PathBuf,
    /// The file of the master key; made when there is none and nothing was sealed yet.
    pub master_key: PathBuf,
    /// The time of opening, for what reconciling stores.
    pub opened_at: Timestamp,
    /// Jobs that wait for the writer; one more is refused.
    pub queue_max: usize,
    /// Look-ups that wait for a reader; one more is refused.
    pub lookup_queue_max: usize,
    /// Threads that answer look-ups.
    pub readers: usize,
    /// The folder is known to hold an invented city ([`super::demo_mark`]). A folder that is otherwise
    /// than whoever opens it knows is not opened.
    pub demo: bool,
    /// How the city counts days.
    pub rules: DeadlineRules,
    /// How long the city keeps what.
    pub retention: RetentionRules,
    /// How the city is reached by text, and speaks.
    pub messages: MessageRules,
    /// Published telephones of units, by id.
    pub unit_phones: BTreeMap<String, PhoneNumber>,
    /// What replies are spoken with; `None`: there is no speech engine.
    pub speech: Option<SpeechRules>,
    /// Where copies of the data go while the service runs; `None`: none are made.
    pub backup: Option<BackupConfig>,
}

impl StoreConfig {
    /// The defaults for a data folder.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, opened_at: Timestamp) -> Self {
        let DataFolder { path, master_key } = DataFolder::new(path, Path::new(""));
        Self {
            path,
            master_key,
            opened_at,
            queue_max: 1024,
            lookup_queue_max: 256,
            readers: 2,
            demo: false,
            rules: DeadlineRules::default(),
            retention: RetentionRules::default(),
            messages: MessageRules::default(),
            unit_phones: BTreeMap::new(),
            speech: None,
            backup: None,
        }
    }

    /// The folder with its key.
    #[must_use]
    pub fn folder(&self) -> DataFolder {
        DataFolder { path: self.path.clone(), master_key: self.master_key.clone() }
    }
}

/// The database file of a data folder.
pub(super) fn database_path(data: &Path) -> PathBuf {
    data.join(DATABASE_FILE)
}
