//! Recordings and their rows, held against each other every hour while the service runs: a file
//! without a row gets one, a row without a file is marked. On a thread of its own, a little at a
//! time, and never a file that may still be written. The same thread looks every half minute which
//! warnings of the casework are due (`supervise`) and which reports are ready (`report_sweep`), and every
//! hour what has been kept long enough (`retention_sweep`).

use super::backup;
use super::config::DataFolder;
use super::erased_file;
use super::error::StoreError;
use super::handle::StoreHandle;
use super::intake::Desk;
use super::purge;
use super::reconcile::{self, FoundFile, list_recordings};
use super::recording::parse_recording_file;
use super::report_sweep::{Issued, Progress};
use super::retention::Cursor;
use super::retention_sweep::Retained;
use super::schema;
use super::seal;
use super::sound::SoundKeys;
use super::sound_plain;
use super::sound_seal::{self, Looked};
use super::supervise::{Ahead, SUPERVISE_INTERVAL_SECONDS, Supervised};
use super::third_docket::Docketed;
use super::vault::Vault;
use super::work::{Answer, Asked, Kind};
use super::writer::Job;
use crate::domain::calendar::Calendar;
use crate::domain::case::{DeadlineRules, RetentionRules, local_day};
use crate::domain::message::MessageRules;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, UNIX_EPOCH};

/// Between two sweeps, in seconds.
pub const SWEEP_INTERVAL_SECONDS: u64 = 3600;

/// A file without a row that was written to within this time is left for the next sweep, in
/// milliseconds: the account of its call may be on its way.
pub const SWEEP_SETTLE_MS: u64 = 600_000;

/// Files that one sweep takes in; each is read whole for its hash.
pub const SWEEP_FILES_MAX: usize = 500;

/// Rows whose file one sweep looks for; the next goes on behind them.
pub const SWEEP_ROWS_MAX: usize = 50_000;

/// Looks for what is over, one after the other; the next sweep goes on.
pub const RETENTION_LOOKS_MAX: usize = 20;

/// How long a sweep waits for the writer, in seconds.
const ANSWER_SECONDS: u64 = 60;

/// What a sweep put right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Recordings that got their row now.
    pub found: usize,
    /// Rows whose file is gone.
    pub missing: usize,
    /// Headers whose length was put right.
    pub repaired: usize,
    /// Files of erased recordings that had come back, from a copy; they are removed again.
    pub back: usize,
}

/// What the sweeper hears.
pub(super) enum Sweep {
    /// Look at once which warnings are due, as at this time.
    Supervise(Timestamp, Answer<Supervised>),
    /// Tell the leaders at once of the days that are due at this time.
    TellLeaders(Timestamp, Answer<usize>),
    /// Issue at once the reports that are ready at this time.
    Report(Timestamp, Answer<Issued>),
    /// Erase at once what is over at this time.
    Retain(Timestamp, Answer<Retained>),
    /// Sweep at once, as at this time.
    Now(Timestamp, Answer<Swept>),
    /// Take off the disk what a seal or an erasure left there.
    Purge,
    /// End.
    Close,
}

/// The thread that sweeps.
pub(super) struct Sweeper {
    pub(super) folder: DataFolder,
    /// Opens what is private in the cases of a report, and recordings.
    pub(super) vault: Arc<Vault>,
    pub(super) handle: StoreHandle,
    pub(super) asked: Receiver<Sweep>,
    pub(super) wall: fn() -> Timestamp,
    /// The last row whose file was looked for.
    pub(super) after: i64,
    /// How far the looks for keys of recordings under seal have come.
    pub(super) looked: Looked,
    /// The last call under seal whose caller was looked for; empty: the next look is at the first.
    pub(super) late: String,
    /// Working days.
    pub(super) calendar: Calendar,
    /// How the city counts days.
    pub(super) rules: DeadlineRules,
    /// When a missing holiday table was told of last.
    pub(super) asked_on: Option<Date>,
    /// When each open case is due next.
    pub(super) ahead: Ahead,
    /// Which cases came on the docket.
    pub(super) docketed: Docketed,
    /// How far the reports have come.
    pub(super) reports: Progress,
    /// Whom the city tells what, by which accounts.
    pub(super) messages: MessageRules,
    /// How long the city keeps what.
    pub(super) retention: RetentionRules,
    /// How far the looks for what is over have come.
    pub(super) cursor: Cursor,
    /// The last file of an erased recording that was removed; empty: the next turn begins the list.
    pub(super) removed: String,
    /// The day of which nothing is left to be erased.
    pub(super) erased_on: Option<Date>,
}

impl Sweeper {
    /// Runs until it is told to close or nobody can ask any more.
    pub(super) fn run(mut self) {
        // What fell due while the service was down is fired at once.
        self.look();
        self.issue_reports();
        self.erase_what_is_over();
        let mut looks = 0;
        loop {
            match self.asked.recv_timeout(Duration::from_secs(SUPERVISE_INTERVAL_SECONDS)) {
                Ok(Sweep::Now(now, answer)) => answer(self.sweep(now)),
                Ok(Sweep::Supervise(now, answer)) => answer(self.supervise(now)),
                Ok(Sweep::Report(now, answer)) => answer(self.report(now)),
                Ok(Sweep::TellLeaders(now, answer)) => answer(self.tell_leaders(now)),
                Ok(Sweep::Retain(now, answer)) => answer(self.retain(now)),
                Ok(Sweep::Purge) => {
                    // Before it, so that what is asked for meanwhile is not taken for done.
                    self.handle.shared.purge_waits.store(false, Ordering::Release);
                    self.purge();
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.look();
                    self.issue_reports();
                    looks += 1;
                    if looks % (SWEEP_INTERVAL_SECONDS / SUPERVISE_INTERVAL_SECONDS) == 0 {
                        self.hold_against_rows();
                        self.erase_what_is_over();
                    }
                }
                Ok(Sweep::Close) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn look(&mut self) {
        self.purge();
        self.seal_older();
        let now = (self.wall)();
        match self.supervise(now) {
            Ok(done) if done.fired == 0 => {}
            Ok(done) => tracing::info!(?done, "cases were warned of"),
            Err(error) => tracing::error!(%error, "cases were not looked through"),
        }
    }

    fn issue_reports(&mut self) {
        let now = (self.wall)();
        if let Err(error) = self.report(now) {
            tracing::error!(%error, "reports were not issued; tried again");
        }
        if let Err(error) = self.tell_leaders(now) {
            tracing::error!(%error, "leaders were not told of the day; tried again");
        }
    }

    /// Until nothing is left of a day; days are what periods are counted in.
    fn erase_what_is_over(&mut self) {
        let now = (self.wall)();
        if self.erased_on == Some(local_day(now)) {
            return;
        }
        // Of a round that was begun in another hour it is not known.
        let mut idle = self.cursor.is_at_the_start();
        for _ in 0..RETENTION_LOOKS_MAX {
            if self.handle.shared.closing.load(Ordering::Acquire) {
                return;
            }
            let left = match self.retain(now) {
                Ok(done) => {
                    if !done.is_idle() {
                        idle = false;
                        tracing::info!(?done, "what had been kept long enough was erased");
                    }
                    done.files_left
                }
                Err(error) => {
                    tracing::error!(%error, "ALARM what is over was not erased; tried again");
                    return;
                }
            };
            if !self.cursor.is_at_the_start() {
                continue;
            }
            if idle {
                self.erased_on = (left == 0).then(|| local_day(now));
                return;
            }
            idle = true;
        }
    }

    /// What a seal or an erasure left; beside the writer, for whom callers wait.
    pub(super) fn purge(&mut self) {
        self.hand_over();
        if let Err(error) = self.remove_erased() {
            tracing::error!(%error, "erased recordings were not looked for; tried again");
        }
        let path = &self.folder.path;
        let pending = schema::open_reader(path).and_then(|db| purge::is_pending(&db));
        match pending.and_then(|pending| pending.then(|| schema::open_second(path)).transpose()) {
            Ok(Some(db)) => {
                let closing = || self.handle.shared.closing.load(Ordering::Acquire);
                purge::finish_or_tell(&db, closing);
                // No copy from before it may stay.
                backup::wake(&self.handle.shared);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the database could not be opened to purge it"),
        }
    }

    /// The keys of recordings under seal are taken out of their files, and those of their callers
    /// from the service, so much at a time.
    fn hand_over(&mut self) {
        if let Err(error) = self.hand_over_some() {
            tracing::error!(%error, "sealed recordings were not looked for; tried again");
        }
    }

    fn hand_over_some(&mut self) -> Result<(), StoreError> {
        let path = &self.folder.path;
        let (db, before) = (schema::open_reader(path)?, self.looked);
        let here = sound_seal::look(&db, path, &mut self.looked)?;
        if !here.is_empty() {
            let closing = || self.handle.shared.closing.load(Ordering::Acquire);
            // Keys are handed over at closing too; what has to be sealed first may wait.
            let enough = |bytes| bytes > sound_plain::TURN_BYTES_MAX || bytes > 0 && closing();
            let second = schema::open_second(path)?;
            if !sound_seal::hand_over(&second, &self.vault, path, &here, true, enough) {
                self.looked = before;
            }
        }
        let mut after = self.late.clone();
        let late = Arc::new(seal::late_callers(&db, &mut after)?);
        if !late.is_empty() {
            let vault = Arc::clone(&self.vault);
            self.ask(move |db, _| seal::hand_over_callers(db, &vault, &late))?;
        }
        self.late = after;
        Ok(())
    }

    /// One turn of sealing the recordings that an older program wrote in clear.
    fn seal_older(&self) {
        let path = &self.folder.path;
        let pending = schema::open_reader(path).and_then(|db| sound_plain::is_pending(&db));
        let done = pending.and_then(|pending| {
            if !pending {
                return Ok(());
            }
            let stop = || self.handle.shared.closing.load(Ordering::Acquire);
            sound_plain::seal_some(&schema::open_second(path)?, &self.vault, path, stop)
        });
        if let Err(error) = done {
            tracing::error!(%error, "older recordings stay in clear; tried again");
        }
    }

    fn hold_against_rows(&mut self) {
        let now = (self.wall)();
        match self.sweep(now) {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::warn!(?swept, "recordings and rows did not match"),
            Err(error) => tracing::error!(%error, "recordings were not looked through"),
        }
    }

    fn sweep(&mut self, now: Timestamp) -> Result<Swept, StoreError> {
        let db = schema::open_reader(&self.folder.path)?;
        let (mut swept, keys) = (Swept::default(), SoundKeys::new(&self.folder));
        for file in without_row(&db, &self.folder.path, now)? {
            if self.handle.shared.closing.load(Ordering::Acquire) {
                return Ok(swept);
            }
            let Some(found) = reconcile::examine(&self.folder.path, &file, &keys) else { continue };
            swept.repaired += usize::from(found.repaired);
            swept.found += usize::from(self.take_in(now, found)?);
        }
        let (gone, back) = self.rows_and_files(&db)?;
        (swept.missing, swept.back) = (gone.len(), back.len());
        if !gone.is_empty() {
            self.ask(move |db, _| reconcile::mark_missing(db, &gone))?;
        }
        if !back.is_empty() {
            self.ask(move |db, _| erased_file::relist(db, &back))?;
            self.remove_erased()?;
        }
        Ok(swept)
    }

    fn take_in(&self, now: Timestamp, found: FoundFile) -> Result<bool, StoreError> {
        self.ask(move |db, desk| reconcile::take_in_late(db, desk, now, &found))
    }

    /// Of the next rows those whose file is not there, and the files of erased ones that are.
    fn rows_and_files(&mut self, db: &Connection) -> Result<(Vec<i64>, Vec<String>), StoreError> {
        let mut statement = db.prepare(
            "SELECT id, file, erased_at IS NOT NULL FROM recording r
             WHERE id > ?1 AND (missing = 0 OR erased_at IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM erased_file e WHERE e.file = r.file))
             ORDER BY id LIMIT ?2",
        )?;
        let limit = i64::try_from(SWEEP_ROWS_MAX).unwrap_or(0);
        let mut rows = statement.query([self.after, limit])?;
        let (mut gone, mut back, mut seen) = (vec![], vec![], 0);
        while let Some(row) = rows.next()? {
            let (id, file, erased): (i64, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            seen += 1;
            self.after = id;
            match (erased, self.folder.path.join(&file).is_file()) {
                (false, false) => gone.push(id),
                (true, true) => back.push(file),
                _ => {}
            }
        }
        if seen < SWEEP_ROWS_MAX {
            self.after = 0;
        }
        Ok((gone, back))
    }

    /// Has the writer do it, and waits.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection, &mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (send, receive) = sync_channel(1);
        let answer = Box::new(move |outcome| {
            // Nobody waits any more when it came too late.
            let _ = send.try_send(outcome);
        });
        let job = Job::Work(Asked::boxed(Kind::Asked, answer, work));
        self.handle.jobs.try_send(job).map_err(|_| StoreError::Unavailable)?;
        let waited = receive.recv_timeout(Duration::from_secs(ANSWER_SECONDS));
        waited.map_err(|_| StoreError::Unavailable)?
    }
}

/// Files without a row whose call does not run and that nobody has written to for a while.
fn without_row(db: &Connection, data: &Path, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let mut known = db.prepare("SELECT 1 FROM recording WHERE file = ?1")?;
    let mut running = db.prepare("SELECT 1 FROM call WHERE id = ?1 AND ended_at IS NULL")?;
    let mut files = vec![];
    for file in list_recordings(data)? {
        let Some((call, _)) = parse_recording_file(&file) else { continue };
        if files.len() < SWEEP_FILES_MAX
            && !known.exists([&file])?
            && !running.exists([call.as_str()])?
            && has_settled(&data.join(&file), now)
        {
            files.push(file);
        }
    }
    Ok(files)
}

fn has_settled(path: &Path, now: Timestamp) -> bool {
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let now = u128::try_from(now.as_millisecond()).unwrap_or(0);
    written.is_some_and(|at| at.as_millis() + u128::from(SWEEP_SETTLE_MS) <= now)
}
