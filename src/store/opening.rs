//! From a data folder to a running store: at once, or as soon as the disk allows.
//!
//! A disk that is full, read-only, damaged or not there must not keep the line from answering. So
//! the writer's thread may start with nothing open: it says that the store is down, keeps the rows
//! of the call ledger that it can, and tries again until the folder can be used.

use super::backup::Keeper;
use super::chain::ChainEnd;
use super::config::{FOLDER_WAIT_MS, OPEN_RETRY_PROBES, PROBE_INTERVAL_MS, StoreConfig};
use super::error::{StoreError, at_path};
use super::filling;
use super::folder::make_folder;
use super::guard::Guard;
use super::handle::StoreHandle;
use super::intake::Desk;
use super::job_queue::JobReceiver;
use super::lookup::{self, Question};
use super::queue_log;
use super::reconcile::{self, Reconciled};
use super::report_sweep::Progress;
use super::retention::Cursor;
use super::schema;
use super::seats_watch::SeatsWatch;
use super::sound_seal::Looked;
use super::speech;
use super::supervise::Ahead;
use super::sweep::{Sweep, Sweeper};
use super::third_docket::Docketed;
use super::writer::{Backlog, Job, Writer};
use crate::domain::calendar::Calendar;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Held locked while a process has the data folder open for writing.
const LOCK_FILE: &str = "mayorline.lock";

/// Between two tries to get the lock, in milliseconds.
const LOCK_PROBE_MS: u64 = 50;

/// While the folder cannot be opened the log says so once in so many probes: every minute.
const REMIND_PROBES: u64 = 300;

/// How a folder is opened, once or many times.
pub(super) struct Plan {
    pub(super) config: StoreConfig,
    pub(super) calendar: Calendar,
    /// From the operating system.
    pub(super) seed: [u8; 32],
}

/// A folder that was opened, migrated and reconciled.
pub(super) struct Opened {
    db: Connection,
    desk: Desk,
    readers: Vec<Connection>,
    reconciled: Reconciled,
    /// Unlocks the folder when it is dropped.
    lock: File,
}

impl Plan {
    /// Opens the folder. `live_since` is set when calls of this process may be running: files of
    /// recordings that began since then are left alone.
    pub(super) fn open(&self, live_since: Option<Timestamp>) -> Result<Opened, StoreError> {
        let config = &self.config;
        make_folder(&config.path)?;
        let lock = lock(&config.path)?;
        let (mut db, vault) = schema::open_writer(config)?;
        filling::must_be_as_known(&db, config)?;
        speech::begin(&db, config.opened_at, config.speech.as_ref())?;
        let vault = Arc::new(vault);
        let rng = StdRng::from_seed(self.seed);
        let calendar = self.calendar.clone();
        let rules = config.rules.clone();
        let chain = ChainEnd::default();
        let guard = Arc::new(Mutex::new(Guard::load(&db)?));
        let messages = config.messages.clone();
        let unit_phones = Arc::new(config.unit_phones.clone());
        let mut desk = Desk {
            calendar,
            rules,
            rng,
            queue_base: 0,
            chain,
            vault,
            messages,
            unit_phones,
            guard,
            spent_on: None,
        };
        let reconciled = reconcile::run(&mut db, &mut desk, config, live_since)?;
        desk.queue_base = queue_log::last(&db)?;
        let readers = (0..config.readers.max(1))
            .map(|_| schema::open_reader(&config.path))
            .collect::<Result<_, _>>()?;
        Ok(Opened { db, desk, readers, reconciled, lock })
    }
}

/// The lock of a data folder; waits a moment for a verb that changes seats.
fn lock(data: &Path) -> Result<File, StoreError> {
    for _ in 0..FOLDER_WAIT_MS / LOCK_PROBE_MS {
        match lock_now(data) {
            Err(StoreError::InUse(_)) => std::thread::sleep(Duration::from_millis(LOCK_PROBE_MS)),
            outcome => return outcome,
        }
    }
    lock_now(data)
}

/// The lock of a data folder, or that another process has it.
pub(super) fn lock_now(data: &Path) -> Result<File, StoreError> {
    let path = data.join(LOCK_FILE);
    let file = at_path(&path, File::create(&path))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| StoreError::InUse(data.to_owned()))?;
    Ok(file)
}

/// Starts a thread of the store.
pub(super) fn start(
    data: &Path,
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    at_path(data, std::thread::Builder::new().name(name.to_owned()).spawn(run))
}

/// The threads that answer look-ups, to be joined at the end.
pub(super) type Readers = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// The thread that sweeps, or that makes copies, to be joined at the end.
pub(super) type SweeperThread = Arc<Mutex<Option<JoinHandle<()>>>>;

/// What becomes the writer once the folder is open.
pub(super) struct Opener {
    pub(super) plan: Plan,
    pub(super) handle: StoreHandle,
    pub(super) jobs: JobReceiver,
    pub(super) asked: Arc<Mutex<Receiver<Question>>>,
    pub(super) swept: Receiver<Sweep>,
    pub(super) readers: Readers,
    pub(super) sweeper: SweeperThread,
    /// The thread that makes copies.
    pub(super) keeper: SweeperThread,
    /// The wall clock, to open with the time that it is then.
    pub(super) wall: fn() -> Timestamp,
}

impl Opener {
    /// Starts the readers and gives the writer, which is still to be run.
    pub(super) fn settle(self, opened: Opened, backlog: Backlog) -> Result<Writer, StoreError> {
        let Opened { db, desk, readers, reconciled, lock } = opened;
        let shared = Arc::clone(&self.handle.shared);
        let vault = Arc::clone(&desk.vault);
        let unit_phones = Arc::clone(&desk.unit_phones);
        for db in readers {
            let reader = lookup::Desk {
                db,
                questions: Arc::clone(&self.asked),
                guard: Arc::clone(&desk.guard),
                writer: self.handle.jobs.clone(),
                unit_phones: Arc::clone(&unit_phones),
                vault: Arc::clone(&vault),
            };
            let reader = start(&self.plan.config.path, "store-reader", move || reader.run())?;
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        }
        Keeper::start(&self.plan.config, &shared, self.wall, &self.keeper)?;
        let (folder, wall) = (self.plan.config.folder(), self.wall);
        let (handle, asked) = (self.handle.clone(), self.swept);
        let sweeps = self.handle.sweeps.clone();
        let (calendar, rules) = (self.plan.calendar.clone(), self.plan.config.rules.clone());
        let ahead = Ahead::new();
        let sweeper = Sweeper {
            folder,
            vault,
            handle,
            asked,
            wall,
            after: 0,
            looked: Looked::default(),
            late: String::new(),
            calendar,
            rules,
            asked_on: None,
            ahead,
            docketed: Docketed::default(),
            reports: Progress::default(),
            messages: self.plan.config.messages.clone(),
            retention: self.plan.config.retention,
            cursor: Cursor::default(),
            removed: String::new(),
            erased_on: None,
        };
        let thread = start(&self.plan.config.path, "store-sweeper", move || sweeper.run())?;
        *self.sweeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        tracing::info!(?reconciled, "the store is open");
        // Nobody else sets it.
        let _ = shared.reconciled.set(reconciled);
        shared.readable.store(true, Ordering::Release);
        shared.up.store(true, Ordering::Release);
        let seats = SeatsWatch::new(self.plan.config.opened_at);
        let (jobs, purge_told) = (self.jobs, None);
        Ok(Writer { db, desk, jobs, shared, backlog, seats, sweeps, purge_told, _lock: lock })
    }

    /// Tries the folder again and again, then writes; ends early when it is told to close.
    pub(super) fn run(mut self, mut backlog: Backlog) {
        let live_since = self.plan.config.opened_at;
        for probe in 1_u64.. {
            std::thread::sleep(Duration::from_millis(PROBE_INTERVAL_MS));
            while let Ok(job) = self.jobs.try_recv() {
                if matches!(job, Job::Close) {
                    return backlog.give_up();
                }
                backlog.put_off(job);
            }
            if !probe.is_multiple_of(OPEN_RETRY_PROBES) {
                continue;
            }
            self.plan.config.opened_at = (self.wall)();
            match self.plan.open(Some(live_since)) {
                Ok(opened) => return self.write(opened, backlog),
                Err(error) if probe.is_multiple_of(REMIND_PROBES) => {
                    tracing::error!(%error, "ALARM the store still cannot be opened");
                }
                Err(_) => {}
            }
        }
    }

    fn write(self, opened: Opened, backlog: Backlog) {
        match self.settle(opened, backlog) {
            Ok(writer) => writer.run(),
            Err(error) => tracing::error!(%error, "the store cannot start its threads"),
        }
    }
}
