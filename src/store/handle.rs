//! The door of the store: opening, closing, and a handle that sends and never waits.

use super::config::StoreConfig;
use super::error::{StoreError, at_path};
use super::guard::Guard;
use super::intake::Desk;
use super::ledger::{CallStarted, LegRecord};
use super::lookup::{self, Ask, Question};
use super::reconcile::{self, Reconciled};
use super::schema;
use super::writer::{Job, Shared, Writer};
use crate::domain::calendar::Calendar;
use crate::domain::call::{CallRecord, StoreReply, StoreRequest};
use crate::domain::case::CaseEvent;
use crate::units::{CallId, CaseNumber, PhoneNumber};
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustix::fs::{FlockOperation, flock};
use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Held locked while a process has the data folder open for writing.
const LOCK_FILE: &str = "mayorline.lock";

/// What is called with the answer, once, on a thread of the store. It must not wait.
pub type Reply = Box<dyn FnOnce(StoreReply) + Send>;

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// The call, when it is one.
    pub call: Option<CallId>,
    /// The number that asks, as the network showed it; `None` when it is withheld.
    pub caller: Option<PhoneNumber>,
}

/// What the store has done since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreCounters {
    /// Commits.
    pub commits: u64,
    /// Jobs in them.
    pub jobs: u64,
    /// Times the disk failed.
    pub outages: u64,
    /// Ledger rows that were given up.
    pub ledger_lost: u64,
}

/// The open store. Closing it stops its threads; handles that are left answer `false`.
pub struct Store {
    handle: StoreHandle,
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    reconciled: Reconciled,
    /// Unlocks the folder when it is dropped, last.
    _lock: File,
}

/// Sends requests to the store. Cheap to clone.
#[derive(Clone)]
pub struct StoreHandle {
    jobs: SyncSender<Job>,
    questions: SyncSender<Question>,
    shared: Arc<Shared>,
}

impl Store {
    /// Opens the data folder: makes what is missing, brings the schema up to date after a copy,
    /// puts right what a crash left behind, starts the threads. Fails when another process has
    /// the folder or a newer program wrote it. `seed` comes from the operating system.
    pub fn open(
        config: StoreConfig,
        calendar: Calendar,
        seed: [u8; 32],
    ) -> Result<Self, StoreError> {
        schema::make_folder(&config.path)?;
        let lock = lock(&config.path)?;
        let mut db = schema::open_writer(&config)?;
        let rng = StdRng::from_seed(seed);
        let mut desk = Desk { calendar, rules: config.rules.clone(), rng };
        let reconciled = reconcile::run(&mut db, &mut desk, &config)?;
        let guard = Arc::new(Mutex::new(Guard::load(&db)?));
        let (jobs, waiting_jobs) = sync_channel(config.queue_max.max(1));
        let (questions, asked) = sync_channel(config.lookup_queue_max.max(1));
        let shared = Arc::new(Shared { up: AtomicBool::new(true), ..Shared::default() });
        let handle = StoreHandle { jobs, questions, shared: Arc::clone(&shared) };
        let readers = start_readers(&config, &handle, asked, &guard)?;
        let backlog = VecDeque::new();
        let writer = Writer { db, desk, jobs: waiting_jobs, shared, backlog };
        let writer = start(&config.path, "store-writer", move || writer.run())?;
        Ok(Self { handle, writer: Some(writer), readers, reconciled, _lock: lock })
    }

    /// A handle for whoever needs the store.
    #[must_use]
    pub fn handle(&self) -> StoreHandle {
        self.handle.clone()
    }

    /// What opening had to put right.
    #[must_use]
    pub fn reconciled(&self) -> &Reconciled {
        &self.reconciled
    }

    /// Finishes what waits, takes the log into the file and ends the threads.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        for _ in &self.readers {
            let _ = self.handle.questions.send(Question::Close);
        }
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        if let Some(writer) = self.writer.take() {
            let _ = self.handle.jobs.send(Job::Close);
            let _ = writer.join();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock(data: &Path) -> Result<File, StoreError> {
    let path = data.join(LOCK_FILE);
    let file = at_path(&path, File::create(&path))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| StoreError::InUse(data.to_owned()))?;
    Ok(file)
}

fn start(
    data: &Path,
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    at_path(data, std::thread::Builder::new().name(name.to_owned()).spawn(run))
}

fn start_readers(
    config: &StoreConfig,
    handle: &StoreHandle,
    asked: Receiver<Question>,
    guard: &Arc<Mutex<Guard>>,
) -> Result<Vec<JoinHandle<()>>, StoreError> {
    let questions = Arc::new(Mutex::new(asked));
    let unit_phones = Arc::new(config.unit_phones.clone());
    (0..config.readers.max(1))
        .map(|_| {
            let desk = lookup::Desk {
                db: schema::open_reader(&config.path)?,
                questions: Arc::clone(&questions),
                guard: Arc::clone(guard),
                writer: handle.jobs.clone(),
                unit_phones: Arc::clone(&unit_phones),
            };
            start(&config.path, "store-reader", move || desk.run())
        })
        .collect()
}

impl StoreHandle {
    /// Sends a request; `reply` is called once with the answer. Never waits: `false` when the
    /// queue is full or the disk has failed, and then `reply` is dropped uncalled.
    #[must_use]
    pub fn submit(
        &self,
        at: Timestamp,
        request: StoreRequest,
        context: RequestContext,
        reply: Reply,
    ) -> bool {
        match request {
            StoreRequest::Open(mut intake) => {
                intake.call = intake.call.or(context.call);
                let intake = Box::new(intake);
                self.is_up() && self.jobs.try_send(Job::Open { at, intake, reply }).is_ok()
            }
            StoreRequest::LookUp { number, code } => {
                let ask = Ask { at, number, code, caller: context.caller, reply };
                self.questions.try_send(Question::Ask(Box::new(ask))).is_ok()
            }
        }
    }

    /// A row in the ledger at answer. `false` when it was given up.
    pub fn call_started(&self, call: CallStarted) -> bool {
        self.to_ledger(Job::CallStarted(Box::new(call)))
    }

    /// The account of a call that ended at `at`. `false` when it was given up.
    pub fn call_finished(&self, at: Timestamp, record: CallRecord, legs: Vec<LegRecord>) -> bool {
        self.to_ledger(Job::CallFinished { at, record: Box::new(record), legs })
    }

    /// Appends events to a numbered case in `actor`'s name, all or none, each only where the table
    /// of transitions allows it. `false` when the queue is full.
    pub fn record(
        &self,
        at: Timestamp,
        number: CaseNumber,
        events: Vec<CaseEvent>,
        actor: &str,
        reply: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
    ) -> bool {
        let actor = actor.to_owned();
        self.jobs.try_send(Job::Record { at, number, events, actor, reply }).is_ok()
    }

    /// Whether commits succeed at the moment.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.shared.up.load(Ordering::Acquire)
    }

    /// What the store has done since it was opened.
    #[must_use]
    pub fn counters(&self) -> StoreCounters {
        let Shared { commits, jobs, outages, ledger_lost, .. } = &*self.shared;
        let [commits, jobs, outages, ledger_lost] =
            [commits, jobs, outages, ledger_lost].map(|count| count.load(Ordering::Relaxed));
        StoreCounters { commits, jobs, outages, ledger_lost }
    }

    fn to_ledger(&self, job: Job) -> bool {
        let sent = self.jobs.try_send(job).is_ok();
        if !sent {
            self.shared.ledger_lost.fetch_add(1, Ordering::Relaxed);
        }
        sent
    }
}
