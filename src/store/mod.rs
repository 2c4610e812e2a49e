//! SQLite behind one writer thread and read-only readers: stored before anything is said.
//!
//! [`Store::open`] brings the database up to date, puts right what a crash left behind and starts
//! the threads; [`Store::start`] does the same later when the disk cannot be used yet. A
//! [`StoreHandle`] sends requests and never waits. The writer takes the jobs that wait together
//! into one commit and answers only after it: an answer needs a [`Committed`], which nothing but a
//! commit makes. [`Reader`] and [`verify()`] look at a data folder beside a running service or at
//! a stopped one.

mod case_file;
mod chain;
mod config;
mod error;
mod guard;
mod handle;
mod intake;
mod ledger;
mod lookup;
mod opening;
mod read;
mod reconcile;
mod recording;
mod schema;
mod verify;
mod writer;

pub use config::{
    BACKUP_FOLDER, BUSY_TIMEOUT_MS, DATABASE_FILE, GROUP_JOBS_MAX, JOURNAL_BYTES_MAX,
    LEDGER_BACKLOG_MAX, OPEN_RETRY_PROBES, PROBE_INTERVAL_MS, RECORDINGS_FOLDER, StoreConfig,
};
pub use error::StoreError;
pub use guard::{
    CALLER_FAILURES_MAX, CASE_FAILURES_MAX, CASE_KEPT_MS, LOCK_MS, SUBJECTS_MAX,
    WITHHELD_FAILURES_MAX,
};
pub use handle::{Reply, RequestContext, Store, StoreCounters, StoreHandle};
pub use ledger::{CallStarted, ENTRIES_MAX, LEGS_MAX, LegRecord};
pub use read::{
    CallDetail, CallRow, CaseDetail, CaseFilter, CaseRow, EntryRow, EventRow, LegRow, ROWS_MAX,
    Reader, RecordingRow,
};
pub use reconcile::{RECORDINGS_SCANNED_MAX, Reconciled};
pub use recording::{FILE_CHARS_MAX, WIDENING_SUFFIX, parse_recording_file, recording_file};
pub use verify::{FAULTS_MAX, Fault, VerifyReport, verify};
pub use writer::Committed;
