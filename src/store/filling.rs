//! Filling a data folder with an invented city (domain.md 5): the mark that tells it from a real one,
//! and many commands in few commits. Each command is the one that the running service carries out;
//! only the clock is the script's.

use super::administration::Administration;
use super::callback::{self, NewAttempt};
use super::case_file;
use super::casework::{self, CaseName, CaseNow};
use super::config::{
    BACKUP_FOLDER, DATABASE_FILE, DataFolder, RECORDINGS_FOLDER, StoreConfig, database_path,
};
use super::directory::{ImportFault, ImportFile, Imported};
use super::error::StoreError;
use super::folder::make_folder;
use super::intake::{self, Desk, SYSTEM};
use super::ledger::{self, CallStarted};
use super::opening::lock_now;
use super::person_handle::{self, PersonIntake};
use super::queue_log::{self, QueueEntry};
use super::read::Reader;
use super::schema;
use super::supervise;
use super::tree::CallAccount;
use super::vault::MASTER_KEY_FILE;
use super::wrap_up::{self, WrapUpOrder};
use crate::domain::calendar::Calendar;
use crate::domain::call::NewIntake;
use crate::domain::case::{AttemptOutcome, DeadlineRules, Order, next_warning};
use crate::domain::demo::{Opening, TableFile};
use crate::domain::report::Period;
use crate::units::{CallId, CaseNumber, SeatNumber};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The name of the mark in `meta`.
const MARK: &str = "demo";

/// What SQLite keeps beside a database, by the ends of their names.
const LOGS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Said of a folder that cannot be filled.
const REAL: &str = "the folder holds a database that is no demo: a real city's data are never mixed \
                    with invented ones; name another folder";
const AGAIN: &str = "the folder holds a demo already, which is never filled twice; name another folder, \
                     or remove this one";
const HALF: &str =
    "the folder holds a demo whose filling was interrupted; remove it and fill it again";
const FILES: &str = "the folder holds recordings, copies, a log or the key of a database without the \
                     database: they may be a real city's; name another folder";

/// That a data folder holds an invented city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoMark {
    /// What it was made from.
    pub seed: u64,
    /// Its last day.
    pub until: Date,
    /// It was filled to the end.
    pub complete: bool,
}

impl DemoMark {
    fn text(self) -> String {
        let Self { seed, until, complete } = self;
        format!("{seed} {until} {}", if complete { "complete" } else { "filling" })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (seed, until) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { seed, until, complete: words.next()? == "complete" })
    }
}

/// The mark of a database; `None`: it is a real city's.
pub(super) fn mark(db: &Connection) -> Result<Option<DemoMark>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let text: Option<String> = db.query_row(sql, [MARK], |row| row.get(0)).optional()?;
    let Some(text) = text else { return Ok(None) };
    DemoMark::parse(&text).map(Some).ok_or(StoreError::Damaged("mark of a demo"))
}

/// Refuses an invented city that is taken for a real one, and the reverse: since somebody looked at the
/// mark the folder may have been filled or replaced, or it could not be read then.
pub(super) fn must_be_as_known(db: &Connection, config: &StoreConfig) -> Result<(), StoreError> {
    match (mark(db)?.is_some(), config.demo) {
        (true, false) => Err(StoreError::Invented(config.path.clone())),
        (false, true) => Err(StoreError::Real(config.path.clone())),
        _ => Ok(()),
    }
}

/// The mark of a data folder, whatever program wrote it; `None` too where there is no database yet.
pub fn demo_mark(folder: &DataFolder) -> Result<Option<DemoMark>, StoreError> {
    match database_path(&folder.path).is_file() {
        true => mark(&schema::open_reader(&folder.path)?),
        false => Ok(None),
    }
}

impl Reader {
    /// Whether this is a demo, and which.
    pub fn demo(&self) -> Result<Option<DemoMark>, StoreError> {
        mark(&self.db)
    }
}

/// A demo folder that is being filled. Nobody else has it open.
pub struct Filling {
    store: Administration,
    desk: Desk,
    mark: DemoMark,
    calendar: Calendar,
    /// When each case is due to be warned of next.
    ahead: Ahead,
    /// Rows of the queue ledger.
    rows: i64,
}

/// Warnings that lie ahead, by their instant.
#[derive(Default)]
struct Ahead {
    due: BTreeSet<(Timestamp, i64)>,
    of: BTreeMap<i64, Timestamp>,
    /// Cases that something has happened to.
    touched: BTreeSet<i64>,
}

impl Ahead {
    fn set(&mut self, id: i64, next: Option<Timestamp>) {
        let before = match next {
            Some(at) => self.of.insert(id, at),
            None => self.of.remove(&id),
        };
        if let Some(before) = before {
            self.due.remove(&(before, id));
        }
        self.due.extend(next.map(|at| (at, id)));
    }
}

/// A case that was filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// The id of its row.
    pub id: i64,
    /// Its number; `None` while it is a draft.
    pub number: Option<CaseNumber>,
}

impl Filled {
    fn name(self) -> CaseName {
        self.number.map_or(CaseName::Draft(self.id), CaseName::Number)
    }
}

impl Filling {
    /// Makes a demo folder and marks it. [`StoreError::Taken`] where the folder holds anything that may
    /// be real, or a demo already; [`StoreError::InUse`] where a service runs there. `desk`: what it is
    /// decided with, and a seed for query codes.
    pub fn begin(
        data: impl Into<DataFolder>,
        at: Timestamp,
        mark: DemoMark,
        (calendar, rules, seed): (Calendar, DeadlineRules, [u8; 32]),
    ) -> Result<Self, StoreError> {
        let folder = data.into();
        // A folder that is somebody's is not touched, not even by a lock.
        must_be_empty(&folder.path)?;
        make_folder(&folder.path)?;
        Self::take(folder, at, mark, (calendar, rules, seed))
    }

    /// Takes the folder for itself, and only then believes that it is empty: a service may have been
    /// started there meanwhile, and one whose disk has failed runs without a database.
    fn take(
        folder: DataFolder,
        at: Timestamp,
        mark: DemoMark,
        (calendar, rules, seed): (Calendar, DeadlineRules, [u8; 32]),
    ) -> Result<Self, StoreError> {
        let lock = lock_now(&folder.path)?;
        must_be_empty(&folder.path)?;
        let mark = DemoMark { complete: false, ..mark };
        let store = Administration::open_locked(folder, at, lock)?;
        let put = "INSERT INTO meta VALUES (?1, ?2)";
        store.db.execute(put, params![MARK, mark.text()])?;
        let desk = store.desk((calendar.clone(), rules, seed));
        Ok(Self { store, desk, mark, calendar, ahead: Ahead::default(), rows: 0 })
    }

    /// Imports a table of the directory by the importer of [`Administration`].
    pub fn import(
        &mut self,
        at: Timestamp,
        table: &TableFile,
    ) -> Result<Result<Imported, ImportFault>, StoreError> {
        let (kind, name, bytes) = (table.kind, table.name, table.csv.as_bytes());
        self.store.import_directory(at, &ImportFile { kind, name, bytes, dry_run: false })
    }

    /// Sets what a channel had taken in before, as [`Administration::set_opening`] does.
    pub fn set_opening(&mut self, at: Timestamp, opening: &Opening) -> Result<(), StoreError> {
        let Opening { channel, count, by } = opening;
        self.store.set_opening(at, channel, *count, by)
    }

    /// When a report is ready.
    #[must_use]
    pub fn ready_at(&self, period: &Period) -> Option<Timestamp> {
        period.ready_at(&self.calendar)
    }

    /// Makes a report, as [`Administration::make_report`] does.
    pub fn make_report(
        &mut self,
        at: Timestamp,
        period: Period,
    ) -> Result<Option<u32>, StoreError> {
        self.store.make_report(at, &self.calendar, period)
    }

    /// Everything that `work` does is one commit; nothing of it holds where it fails.
    pub fn together<T>(
        &mut self,
        work: impl FnOnce(&mut Together<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Self { store, desk, ahead, rows, .. } = self;
        let tx = store.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        desk.chain.begin(&tx)?;
        let done = work(&mut Together { db: &tx, desk, ahead, rows });
        match done {
            Ok(done) => {
                tx.commit()?;
                Ok(done)
            }
            Err(error) => {
                self.desk.chain.forget();
                Err(error)
            }
        }
    }

    /// It is filled: what seals ask for is done, and the folder is free.
    pub fn finish(mut self) -> Result<DemoMark, StoreError> {
        let mark = DemoMark { complete: true, ..self.mark };
        let put = "UPDATE meta SET value = ?2 WHERE key = ?1";
        self.store.db.execute(put, params![MARK, mark.text()])?;
        self.store.purge();
        Ok(mark)
    }
}

/// Nothing that may be somebody's.
fn must_be_empty(data: &Path) -> Result<(), StoreError> {
    if database_path(data).is_file() {
        let found = mark(&schema::open_reader(data)?)?;
        let why = match found {
            None => REAL,
            Some(mark) if mark.complete => AGAIN,
            Some(_) => HALF,
        };
        return Err(StoreError::Taken(why));
    }
    let others = [DATABASE_FILE, RECORDINGS_FOLDER, BACKUP_FOLDER, MASTER_KEY_FILE];
    let others = others.map(|name| data.join(name));
    // A log is taken into the next database of its name (SQLite).
    let logs = LOGS.map(|end| data.join(format!("{DATABASE_FILE}{end}")));
    // Whatever it leads to: a link is somebody's too.
    match others.iter().chain(&logs).any(|path| path.symlink_metadata().is_ok()) {
        true => Err(StoreError::Taken(FILES)),
        false => Ok(()),
    }
}

/// Commands that share a commit.
pub struct Together<'a> {
    db: &'a Connection,
    desk: &'a mut Desk,
    ahead: &'a mut Ahead,
    rows: &'a mut i64,
}

impl Together<'_> {
    /// The line takes a contact in, for a seat that talks with the citizen.
    pub fn open(
        &mut self,
        at: Timestamp,
        intake: &NewIntake,
        seat: Option<&SeatNumber>,
    ) -> Result<Filled, StoreError> {
        let by = seat.map_or(SYSTEM, SeatNumber::as_str);
        let opened = intake::open(self.db, self.desk, at, intake, by)?;
        self.ahead.touched.insert(opened.case_id);
        Ok(Filled { id: opened.case_id, number: opened.number })
    }

    /// A person takes a contact down.
    pub fn take_down(&mut self, at: Timestamp, wish: &PersonIntake) -> Result<Filled, StoreError> {
        let now = person_handle::take_down(self.db, self.desk, at, wish)?;
        Ok(self.seen(now))
    }

    /// A person gives a command.
    pub fn act(
        &mut self,
        at: Timestamp,
        case: Filled,
        order: &Order,
    ) -> Result<Filled, StoreError> {
        let now = casework::run(self.db, self.desk, at, (case.name(), None), order)?;
        Ok(self.seen(now))
    }

    fn seen(&mut self, now: CaseNow) -> Filled {
        self.ahead.touched.insert(now.id);
        Filled { id: now.id, number: now.number }
    }

    /// An operator ends a talk.
    pub fn wrap_up(&mut self, at: Timestamp, order: &WrapUpOrder) -> Result<Filled, StoreError> {
        let done = wrap_up::run(self.db, self.desk, at, order)?;
        self.ahead.touched.insert(done.case);
        Ok(Filled { id: done.case, number: done.number })
    }

    /// A seat tries to call a citizen back from one instant to another.
    pub fn call_back(
        &mut self,
        (from, to): (Timestamp, Timestamp),
        case: Filled,
        (seat, call): (&SeatNumber, &CallId),
        outcome: AttemptOutcome,
    ) -> Result<(), StoreError> {
        let attempt = NewAttempt { task: case.id, seat: seat.clone(), call: call.clone() };
        let begun = callback::begin(self.db, &self.desk.vault, from, &attempt)?;
        callback::end(self.db, self.desk, to, begun.id, outcome)?;
        self.ahead.touched.insert(case.id);
        Ok(())
    }

    /// A call is answered.
    pub fn call_started(&mut self, call: &CallStarted) -> Result<(), StoreError> {
        ledger::start(self.db, &self.desk.vault, call)
    }

    /// A call is over.
    pub fn call_ended(&mut self, at: Timestamp, account: &CallAccount) -> Result<(), StoreError> {
        ledger::finish(self.db, at, account)
    }

    /// A row of the queue ledger.
    pub fn queue_log(&mut self, at: Timestamp, entry: &QueueEntry) -> Result<(), StoreError> {
        *self.rows += 1;
        queue_log::append(self.db, *self.rows, at, entry)
    }

    /// Fires every warning that falls due up to `now`, each at its instant; gives how many cases.
    pub fn supervise(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        for id in std::mem::take(&mut self.ahead.touched) {
            let next = self.next_warning(id)?;
            self.ahead.set(id, next);
        }
        let mut fired = 0;
        while let Some((at, id)) = self.ahead.due.first().copied().filter(|(at, _)| *at <= now) {
            let given = supervise::fire(self.db, self.desk, at, &[id])?;
            fired += given;
            // Each warning is given once, so a case comes to an end of them. One that is due and is not
            // given would be due for ever: the case waits for whatever happens to it next.
            let next = self.next_warning(id)?;
            self.ahead.set(id, next.filter(|next| given > 0 || *next > at));
        }
        Ok(fired)
    }

    fn next_warning(&self, id: i64) -> Result<Option<Timestamp>, StoreError> {
        let case = case_file::load(self.db, &self.desk.vault, id)?;
        Ok(next_warning(&case, &self.desk.calendar, &self.desk.rules))
    }
}

#[cfg(test)]
mod tests {
    use super::super::handle::Store;
    use super::*;

    type Wish = (DataFolder, Timestamp, DemoMark, (Calendar, DeadlineRules, [u8; 32]));

    fn wish(path: &Path) -> Wish {
        let now = "2026-05-01T00:00:00+08:00".parse().unwrap();
        let until = jiff::civil::date(2026, 6, 30);
        let mark = DemoMark { seed: 7, until, complete: false };
        let desk = (Calendar::built_in(), DeadlineRules::default(), [1; 32]);
        (DataFolder::from(path), now, mark, desk)
    }

    fn begin(path: &Path) -> Result<Filling, StoreError> {
        let (folder, now, mark, desk) = wish(path);
        Filling::begin(folder, now, mark, desk)
    }

    fn why(outcome: Result<Filling, StoreError>) -> &'static str {
        match outcome.err() {
            Some(StoreError::Taken(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    fn taken(path: &Path) -> &'static str {
        why(begin(path))
    }

    #[test]
    fn a_demo_is_marked_and_filled_once() {
        let folder = tempfile::tempdir().unwrap();
        let filling = begin(folder.path()).unwrap();
        let found = || Reader::open(folder.path()).unwrap().demo().unwrap();
        assert!(found().is_some_and(|mark| mark.seed == 7 && !mark.complete));
        drop(filling);
        assert_eq!(taken(folder.path()), HALF);
        std::fs::remove_dir_all(folder.path()).unwrap();
        begin(folder.path()).unwrap().finish().unwrap();
        assert!(found().is_some_and(|mark| mark.complete));
        assert_eq!(taken(folder.path()), AGAIN);
    }

    #[test]
    fn a_city_is_opened_as_what_it_is() {
        let open = |path: &Path, demo: bool| {
            let config = StoreConfig { demo, ..StoreConfig::new(path, Timestamp::UNIX_EPOCH) };
            Store::open(config, Calendar::built_in(), [1; 32]).map(Store::close)
        };
        let (real, demo) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        open(real.path(), false).unwrap();
        begin(demo.path()).unwrap().finish().unwrap();
        assert!(matches!(open(demo.path(), false), Err(StoreError::Invented(_))));
        assert!(matches!(open(real.path(), true), Err(StoreError::Real(_))));
        open(demo.path(), true).unwrap();
        open(real.path(), false).unwrap();
        // Nor does a service start without it and try again: nobody would know.
        let config = StoreConfig::new(demo.path(), Timestamp::UNIX_EPOCH);
        let started = Store::start(config, Calendar::built_in(), [1; 32], || Timestamp::UNIX_EPOCH);
        assert!(matches!(started.err(), Some(StoreError::Invented(_))));
    }

    #[test]
    fn a_folder_that_may_be_real_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        drop(Administration::open_or_make(folder.path(), now).unwrap());
        assert_eq!(taken(folder.path()), REAL);
        assert_eq!(Reader::open(folder.path()).unwrap().demo().unwrap(), None);
        for left in
            ["recordings", "backup", "keys/master.key", "mayorline.db-wal", "mayorline.db-shm"]
        {
            let other = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(other.path().join(left)).unwrap();
            assert_eq!(taken(other.path()), FILES, "{left}");
        }
        let other = tempfile::tempdir().unwrap();
        let nowhere = other.path().join("unmounted/mayorline.db");
        std::os::unix::fs::symlink(nowhere, other.path().join("mayorline.db")).unwrap();
        assert_eq!(taken(other.path()), FILES);
    }

    #[test]
    fn a_folder_that_a_service_has_open_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let _lock = lock_now(folder.path()).unwrap();
        assert!(matches!(begin(folder.path()).err(), Some(StoreError::InUse(_))));
    }

    #[test]
    fn whoever_opens_a_store_after_the_folder_was_found_empty_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        must_be_empty(folder.path()).unwrap();
        let real = Administration::open_or_make(folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        let take = || {
            let (folder, now, mark, desk) = wish(folder.path());
            Filling::take(folder, now, mark, desk)
        };
        assert!(matches!(take().err(), Some(StoreError::InUse(_))));
        drop(real);
        assert_eq!(why(take()), REAL);
        assert_eq!(Reader::open(folder.path()).unwrap().demo().unwrap(), None);
    }
}
