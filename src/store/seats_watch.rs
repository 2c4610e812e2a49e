//! Tells whoever asked when the seats are others: the verbs of the command line change them beside a
//! running service, and SQLite counts foreign commits.

use super::error::StoreError;
use super::seat::{self, SeatRecord, SeatsNow};
use jiff::Timestamp;
use rusqlite::Connection;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Is called with the seats on the writer's thread: once when it is known which there are, and
/// again after each change. It must not wait.
pub type SeatsWatcher = Box<dyn Fn(SeatsNow) + Send>;

/// Where the watcher is put, before or after the store is open.
#[derive(Default)]
pub(super) struct WatcherSlot(Mutex<Option<SeatsWatcher>>);

impl WatcherSlot {
    /// From now on this one is told, and no other.
    pub(super) fn set(&self, watcher: SeatsWatcher) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
    }
}

impl fmt::Debug for WatcherSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatcherSlot")
    }
}

/// What the watcher was told last.
#[derive(Debug)]
pub(super) struct SeatsWatch {
    told: Option<Vec<SeatRecord>>,
    /// `PRAGMA data_version`: another number after another connection has committed.
    version: i64,
    opened_at: Timestamp,
}

impl SeatsWatch {
    /// Nothing was told yet.
    pub(super) fn new(opened_at: Timestamp) -> Self {
        Self { told: None, version: 0, opened_at }
    }

    /// Tells the watcher, when there is one and it does not know.
    pub(super) fn look(&mut self, db: &Connection, slot: &WatcherSlot) -> Result<(), StoreError> {
        let watcher = slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watcher) = watcher.as_ref() else { return Ok(()) };
        let version = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.told.is_some() && version == self.version {
            return Ok(());
        }
        let seats = seat::list(db)?;
        let first = self.told.is_none();
        if first || self.told.as_ref() != Some(&seats) {
            let bindings = if first { seat::bindings(db, self.opened_at)? } else { vec![] };
            watcher(SeatsNow { seats: seats.clone(), bindings });
        }
        self.told = Some(seats);
        self.version = version;
        Ok(())
    }
}
