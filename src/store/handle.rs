//! The door of the store: opening, closing, and a handle that sends and never waits.

use super::config::StoreConfig;
use super::error::StoreError;
use super::job_queue::{JobQueue, job_queue};
use super::ledger::CallStarted;
use super::lookup::{Ask, Question};
use super::opening::{self, Opened, Opener, Plan, Readers, SweeperThread};
use super::reconcile::Reconciled;
use super::report_sweep::Issued;
use super::retention_sweep::Retained;
use super::supervise::Supervised;
use super::sweep::{Sweep, Swept};
use super::tree::CallAccount;
use super::work::Answer;
use super::writer::{Backlog, Job, Shared};
use crate::domain::calendar::Calendar;
use crate::domain::call::{StoreReply, StoreRequest};
use crate::domain::case::CaseEvent;
use crate::units::{CallId, CaseNumber, PhoneNumber, SeatNumber};
use jiff::Timestamp;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is called with the answer, once, on a thread of the store. It must not wait.
pub type Reply = Box<dyn FnOnce(StoreReply) + Send>;

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// The call, when it is one.
    pub call: Option<CallId>,
    /// The number that asks, as the network showed it; `None` when it is withheld.
    pub caller: Option<PhoneNumber>,
    /// The seat that talks with the citizen: the first responsible (首问负责) of a case that is
    /// numbered now.
    pub seat: Option<SeatNumber>,
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

/// Name of the thread that writes.
const WRITER: &str = "store-writer";

/// What was put right when nothing was opened yet.
static NOTHING_YET: Reconciled = Reconciled {
    crashed_calls: 0,
    drafts: 0,
    found: 0,
    missing: 0,
    repaired: 0,
    attempts: 0,
    queued: 0,
};

/// How long closing waits for a copy that is being made, in milliseconds; what is left of one that is given
/// up is removed before the next.
const KEEPER_WAIT_MS: u64 = 3_000;

/// Between two looks whether it is done, in milliseconds.
const KEEPER_PROBE_MS: u64 = 5;

/// Sweeps that wait; one runs at a time.
const SWEEPS_MAX: usize = 4;

/// The store. Closing it stops its threads; handles that are left answer `false`.
pub struct Store {
    handle: StoreHandle,
    writer: Option<JoinHandle<()>>,
    readers: Readers,
    sweeper: SweeperThread,
    keeper: SweeperThread,
}

/// Sends requests to the store. Cheap to clone.
#[derive(Clone)]
pub struct StoreHandle {
    pub(super) jobs: JobQueue,
    pub(super) questions: SyncSender<Question>,
    pub(super) sweeps: SyncSender<Sweep>,
    pub(super) shared: Arc<Shared>,
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
        let plan = Plan { config, calendar, seed };
        let opened = plan.open(None)?;
        Self::launch(plan, Some(opened), || Timestamp::UNIX_EPOCH)
    }

    /// Like [`Store::open`], but a disk that cannot be used does not stop the caller: the store is
    /// then down ([`StoreHandle::is_up`]) and is tried again until it opens, with the time that
    /// `wall` tells then. Fails only where a person must decide (another process has the folder,
    /// a newer program wrote it) or no thread can be started.
    pub fn start(
        config: StoreConfig,
        calendar: Calendar,
        seed: [u8; 32],
        wall: fn() -> Timestamp,
    ) -> Result<Self, StoreError> {
        let plan = Plan { config, calendar, seed };
        let opened = match plan.open(None) {
            Err(error) if !error.needs_person() => {
                tracing::error!(%error, "ALARM the store cannot be opened: calls are answered, \
                    nothing is promised, and it is tried again");
                None
            }
            outcome => Some(outcome?),
        };
        Self::launch(plan, opened, wall)
    }

    fn launch(
        plan: Plan,
        opened: Option<Opened>,
        wall: fn() -> Timestamp,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = job_queue(plan.config.queue_max);
        let (questions, asked) = sync_channel(plan.config.lookup_queue_max.max(1));
        let (sweeps, swept) = sync_channel(SWEEPS_MAX);
        let shared = Arc::new(Shared::default());
        let handle = StoreHandle { jobs, questions, sweeps, shared };
        let readers = Readers::default();
        let path = plan.config.path.clone();
        let opener = Opener {
            plan,
            handle: handle.clone(),
            jobs: waiting,
            asked: Arc::new(Mutex::new(asked)),
            swept,
            readers: Arc::clone(&readers),
            sweeper: SweeperThread::default(),
            keeper: SweeperThread::default(),
            wall,
        };
        let (sweeper, keeper) = (Arc::clone(&opener.sweeper), Arc::clone(&opener.keeper));
        let backlog = Backlog::new(Arc::clone(&handle.shared));
        let writer = match opened {
            Some(opened) => {
                let writer = opener.settle(opened, backlog)?;
                opening::start(&path, WRITER, move || writer.run())?
            }
            None => opening::start(&path, WRITER, move || opener.run(backlog))?,
        };
        Ok(Self { handle, writer: Some(writer), readers, sweeper, keeper })
    }

    /// A handle for whoever needs the store.
    #[must_use]
    pub fn handle(&self) -> StoreHandle {
        self.handle.clone()
    }

    /// What opening had to put right; nothing while it is not open.
    #[must_use]
    pub fn reconciled(&self) -> &Reconciled {
        self.handle.shared.reconciled.get().unwrap_or(&NOTHING_YET)
    }

    /// Finishes what waits, takes the log into the file and ends the threads.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.handle.shared.closing.store(true, Ordering::Release);
        self.stop_keeper();
        self.stop_sweeper();
        self.stop_readers();
        if let Some(writer) = self.writer.take() {
            let _ = self.handle.jobs.send(Job::Close);
            let _ = writer.join();
        }
        // Those of a folder that was opened in this very moment.
        self.stop_readers();
        self.stop_sweeper();
        self.stop_keeper();
    }

    fn stop_keeper(&self) {
        let thread = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        thread.thread().unpark();
        // It hears nothing while SQLite looks at a copy, or while a disk far away does not answer.
        for _ in 0..KEEPER_WAIT_MS / KEEPER_PROBE_MS {
            if thread.is_finished() {
                let _ = thread.join();
                return;
            }
            std::thread::sleep(Duration::from_millis(KEEPER_PROBE_MS));
        }
        tracing::warn!("a copy of the data was not finished; the next start makes another");
    }

    fn stop_sweeper(&self) {
        let thread = self.sweeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.handle.sweeps.send(Sweep::Close);
            let _ = thread.join();
        }
    }

    fn stop_readers(&self) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in readers.iter() {
            let _ = self.handle.questions.send(Question::Close);
        }
        for reader in readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop();
    }
}

impl StoreHandle {
    /// Sends a request; `reply` is called once with the answer. Never waits: `false` when the
    /// queue is full, the disk has failed or nothing is open yet, and then `reply` is dropped uncalled.
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
                let job = Job::Open { at, intake: Box::new(intake), by: context.seat, reply };
                self.is_up() && self.jobs.try_send(job).is_ok()
            }
            StoreRequest::LookUp { number, code } => {
                let ask = Ask { at, number, code, caller: context.caller, reply };
                let readable = self.shared.readable.load(Ordering::Acquire);
                readable && self.questions.try_send(Question::Ask(Box::new(ask))).is_ok()
            }
        }
    }

    /// A row in the ledger at answer. `false` when it was given up.
    pub fn call_started(&self, call: CallStarted) -> bool {
        self.to_ledger(Job::CallStarted(Box::new(call)))
    }

    /// The whole account of a call that ended at `at`. `false` when it was given up.
    pub fn call_accounted(&self, at: Timestamp, account: CallAccount) -> bool {
        self.to_ledger(Job::CallFinished { at, account: Box::new(account) })
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

    /// Holds recordings and their rows against each other now, as is done every hour; files written
    /// to within [`SWEEP_SETTLE_MS`](super::SWEEP_SETTLE_MS) before `now` are left alone.
    #[must_use]
    pub fn sweep(&self, now: Timestamp, answer: Answer<Swept>) -> bool {
        self.sweeps.try_send(Sweep::Now(now, answer)).is_ok()
    }

    /// Fires the warnings that are due at `now`, as is done every half minute.
    #[must_use]
    pub fn supervise(&self, now: Timestamp, answer: Answer<Supervised>) -> bool {
        self.sweeps.try_send(Sweep::Supervise(now, answer)).is_ok()
    }

    /// Tells the leaders of the days that are due at `now`, as is done every half minute.
    #[must_use]
    pub fn tell_leaders(&self, now: Timestamp, answer: Answer<usize>) -> bool {
        self.sweeps.try_send(Sweep::TellLeaders(now, answer)).is_ok()
    }

    /// Issues the reports that are ready at `now`, as is done every half minute.
    #[must_use]
    pub fn report(&self, now: Timestamp, answer: Answer<Issued>) -> bool {
        self.sweeps.try_send(Sweep::Report(now, answer)).is_ok()
    }

    /// Erases what is over at `now`, as is done every hour.
    #[must_use]
    pub fn retain(&self, now: Timestamp, answer: Answer<Retained>) -> bool {
        self.sweeps.try_send(Sweep::Retain(now, answer)).is_ok()
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

    pub(super) fn to_ledger(&self, job: Job) -> bool {
        let sent = self.jobs.try_send(job).is_ok();
        if !sent {
            self.shared.ledger_lost.fetch_add(1, Ordering::Relaxed);
        }
        sent
    }
}
