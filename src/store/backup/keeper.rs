//! The thread that makes copies while the service runs: when it is time, and at once after a seal or an
//! erasure was taken off the disk. What goes wrong is told and tried again, and holds up nothing.

use super::making::back_up;
use super::manifest::purged;
use super::place::backups;
use super::{BackupConfig, BackupFault};
use crate::store::config::{DataFolder, StoreConfig};
use crate::store::error::StoreError;
use crate::store::opening::{self, SweeperThread};
use crate::store::schema;
use crate::store::writer::Shared;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Between two looks whether a copy is due, in seconds.
pub const BACKUP_LOOK_SECONDS: u64 = 5;

/// After a copy that was not made, in minutes; sooner where copies are made more often.
pub const BACKUP_RETRY_MINUTES: u32 = 10;

/// The thread.
pub(in crate::store) struct Keeper {
    config: BackupConfig,
    folder: DataFolder,
    shared: Arc<Shared>,
    wall: fn() -> Timestamp,
    /// When the last copy was begun, and how much had been taken off the disk by then; `None`: there is
    /// none, or it is not known yet.
    last: Option<(Timestamp, i64)>,
    /// When the last try failed; `None`: it did not.
    failed_at: Option<Timestamp>,
    /// A day of erasures asks for many copies in a row: between two of them is a rest as long as the last
    /// one took.
    rest_until: Timestamp,
}

impl Keeper {
    /// Starts it where copies are wanted.
    pub(in crate::store) fn start(
        config: &StoreConfig,
        shared: &Arc<Shared>,
        wall: fn() -> Timestamp,
        thread: &SweeperThread,
    ) -> Result<(), StoreError> {
        let Some(backup) = config.backup.clone() else { return Ok(()) };
        let (folder, shared) = (config.folder(), Arc::clone(shared));
        let known = Arc::clone(&shared);
        let keeper = Self::new(backup, folder, shared, wall);
        let started = opening::start(&config.path, "store-backup", move || keeper.run())?;
        // Nobody else sets it.
        let _ = known.keeper.set(started.thread().clone());
        *thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
        Ok(())
    }

    fn new(
        config: BackupConfig,
        folder: DataFolder,
        shared: Arc<Shared>,
        wall: fn() -> Timestamp,
    ) -> Self {
        let rest_until = Timestamp::MIN;
        Self { config, folder, shared, wall, last: None, failed_at: None, rest_until }
    }

    fn run(mut self) {
        self.last = self.newest();
        while !self.shared.closing.load(Ordering::Acquire) {
            let now = (self.wall)();
            if self.is_due(now) {
                self.make(now);
            }
            std::thread::park_timeout(Duration::from_secs(BACKUP_LOOK_SECONDS));
        }
    }

    /// The newest copy that there is; a copy is made at once where there is none.
    fn newest(&self) -> Option<(Timestamp, i64)> {
        let copies = backups(&self.config, &self.folder.path).ok()?;
        let newest = copies.iter().rev().find_map(|copy| copy.manifest.as_ref().ok())?;
        // A service that was stopped in between makes up for its recordings.
        newest.recordings.map(|_| (newest.at.min((self.wall)()), newest.purged))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let minutes = |minutes: u32| SignedDuration::from_mins(i64::from(minutes));
        let rest = minutes(BACKUP_RETRY_MINUTES.min(self.config.every_minutes));
        if self.failed_at.is_some_and(|at| now >= at && now.duration_since(at) < rest) {
            return false;
        }
        let Some((at, known)) = self.last else { return true };
        let since = now.duration_since(at);
        since >= minutes(self.config.every_minutes)
            || since.is_negative()
            || now >= self.rest_until && self.is_behind(known)
    }

    /// Something was sealed or erased since the last copy, and is off the disk by now.
    fn is_behind(&self, known: i64) -> bool {
        let now = schema::open_reader(&self.folder.path).and_then(|db| purged(&db));
        now.is_ok_and(|now| now > known)
    }

    fn make(&mut self, now: Timestamp) {
        let shared = Arc::clone(&self.shared);
        let stop = move || shared.closing.load(Ordering::Acquire);
        match back_up(&self.config, &self.folder, self.wall, &stop) {
            Ok(made) => {
                self.last = Some((made.manifest.at, made.manifest.purged));
                self.failed_at = None;
                let done = (self.wall)();
                self.rest_until = done.checked_add(done.duration_since(now)).unwrap_or(done);
            }
            Err(StoreError::Backup(BackupFault::Stopped)) => {}
            Err(error) => {
                self.failed_at = Some(now);
                // The database may have been copied, and a recording not.
                self.last = self.newest().or(self.last);
                let folder = self.config.folder.display();
                tracing::error!(%error, %folder, "ALARM no whole copy of the data was made; tried again");
            }
        }
    }
}

/// Has the thread look at once.
pub(in crate::store) fn wake(shared: &Shared) {
    if let Some(keeper) = shared.keeper.get() {
        keeper.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::purge;
    use std::path::Path;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn keeper(data: &Path, every_minutes: u32) -> Keeper {
        let config = BackupConfig {
            folder: data.join("away"),
            every_minutes,
            keep: 3,
            other_disk: false,
            with_master_key: false,
        };
        Keeper::new(config, DataFolder::from(data), Arc::default(), || at(1_000))
    }

    #[test]
    fn a_copy_is_due_by_the_clock_and_after_a_purge_and_a_failure_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = schema::open_writer(&config).unwrap();
        let mut keeper = keeper(folder.path(), 60);
        assert!(keeper.is_due(at(0)), "there is none yet");
        keeper.last = Some((at(1_000), 0));
        assert!(!keeper.is_due(at(1_059)) && keeper.is_due(at(1_060)));
        assert!(keeper.is_due(at(999)), "the clock was put back");
        purge::ask(&db).unwrap();
        assert!(!keeper.is_due(at(1_001)), "its pages are still there");
        assert!(purge::finish(&db, || false).unwrap());
        assert!(keeper.is_due(at(1_001)), "they are gone, and stand in the last copy");
        keeper.rest_until = at(1_003);
        assert!(!keeper.is_due(at(1_002)) && keeper.is_due(at(1_003)));
        // The folder is away.
        keeper.make(at(1_003));
        assert_eq!((keeper.failed_at, keeper.last), (Some(at(1_003)), Some((at(1_000), 0))));
        assert!(!keeper.is_due(at(1_012)) && keeper.is_due(at(1_013)));
        keeper.config.every_minutes = 5;
        assert!(keeper.is_due(at(1_008)), "no later than the next copy would be");
    }
}
