//! The one thread that writes. Jobs that wait together share one commit, one that fails takes back
//! only itself (see [`transaction`]), and every answer waits for the commit.
//!
//! When the disk is full or fails, the open transaction is given up, everything is answered with
//! `Unavailable` and the store is down until a trial write succeeds. Rows of the call ledger wait
//! that long in a bounded list; nothing else is kept, because nothing else was promised.

use super::config::{
    GROUP_JOBS_MAX, LEDGER_BACKLOG_MAX, PROBE_INTERVAL_MS, SEATS_POLL_INTERVAL_MS,
};
use super::error::StoreError;
use super::guard::{self, Tally};
use super::handle::Reply;
use super::intake::{self, Desk, Opened};
use super::job_queue::JobReceiver;
use super::ledger::{self, CallStarted};
use super::purge;
use super::reconcile::Reconciled;
use super::seats_watch::{SeatsWatch, WatcherSlot};
use super::sweep::Sweep;
use super::transaction::{self, Committed};
use super::tree::CallAccount;
use super::work::Work;
use crate::domain::call::{IntakeKind, Lookup, NewIntake, StoreReply};
use crate::domain::case::CaseEvent;
use crate::units::{CaseNumber, SeatNumber};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;

/// Bytes of a trial write: more than one page, so that the file must have room to grow.
const PROBE_BYTES: i64 = 64 << 10;

/// The reply to [`Job::Record`].
pub(super) type RecordReply = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What the writer is asked to do.
pub(super) enum Job {
    /// Turn a contact into a case.
    Open { at: Timestamp, intake: Box<NewIntake>, by: Option<SeatNumber>, reply: Reply },
    /// Store the counts of a look-up, then give its answer.
    Tally { at: Timestamp, tallies: Vec<Tally>, answer: Lookup, reply: Reply },
    /// Append events to a case.
    Record {
        at: Timestamp,
        number: CaseNumber,
        events: Vec<CaseEvent>,
        actor: String,
        reply: RecordReply,
    },
    /// A call was answered.
    CallStarted(Box<CallStarted>),
    /// A call has ended.
    CallFinished { at: Timestamp, account: Box<CallAccount> },
    /// Anything that brings its own answer.
    Work(Box<dyn Work>),
    /// Somebody wants to know which seats there are: look now.
    Wake,
    /// Finish what waits and end.
    Close,
}

/// What a job did inside the transaction.
pub(super) enum Done {
    Opened(Opened),
    Written,
}

impl Job {
    /// Does it inside the writer's transaction; it may be done again after it was taken back.
    pub(super) fn run(&mut self, db: &Connection, desk: &mut Desk) -> Result<Done, StoreError> {
        match self {
            Self::Open { at, intake, by, .. } => {
                let by = by.as_ref().map_or(intake::SYSTEM, SeatNumber::as_str);
                return intake::open(db, desk, *at, intake, by).map(Done::Opened);
            }
            Self::Tally { at, tallies, .. } => guard::put(db, tallies, *at)?,
            Self::Record { at, number, events, actor, .. } => {
                intake::record(db, desk, *at, *number, events, actor)?;
            }
            Self::CallStarted(call) => ledger::start(db, &desk.vault, call)?,
            Self::CallFinished { at, account } => ledger::finish(db, *at, account)?,
            Self::Work(work) => work.run(db, desk)?,
            Self::Wake | Self::Close => {}
        }
        Ok(Done::Written)
    }

    /// Answers after the commit.
    fn answer(self, done: Done, proof: &Committed) {
        match (self, done) {
            (Self::Open { reply, .. }, Done::Opened(Opened { number, code, .. })) => {
                reply(StoreReply::Opened { number, code });
            }
            (Self::Tally { reply, answer, .. }, _) => reply(StoreReply::LookedUp(answer)),
            (Self::Record { reply, .. }, _) => reply(Ok(())),
            (Self::Work(work), _) => work.answer(proof),
            _ => {}
        }
    }

    /// Answers that nothing was stored.
    fn refuse(self, error: StoreError) {
        match self {
            Self::Open { reply, .. } | Self::Tally { reply, .. } => reply(StoreReply::Unavailable),
            Self::Record { reply, .. } => reply(Err(error)),
            Self::Work(work) => work.refuse(error),
            Self::CallStarted(_) | Self::CallFinished { .. } | Self::Wake | Self::Close => {}
        }
    }

    /// Somebody is silent until it is committed. Nobody is told anything of a caller who has left.
    pub(super) fn is_awaited(&self) -> bool {
        match self {
            Self::Open { intake, .. } => intake.kind != IntakeKind::Abandoned,
            _ => !self.is_ledger(),
        }
    }

    fn is_ledger(&self) -> bool {
        match self {
            Self::CallStarted(_) | Self::CallFinished { .. } => true,
            Self::Work(work) => work.is_ledger(),
            _ => false,
        }
    }
}

/// What the writer tells the handles.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Commits succeed.
    pub(super) up: AtomicBool,
    /// Commits so far.
    pub(super) commits: AtomicU64,
    /// Jobs that were committed.
    pub(super) jobs: AtomicU64,
    /// Times the store went down.
    pub(super) outages: AtomicU64,
    /// Ledger rows that were given up.
    pub(super) ledger_lost: AtomicU64,
    /// Readers answer look-ups.
    pub(super) readable: AtomicBool,
    /// The sweeper has a purge before it: another one would only take a place in its short queue.
    pub(super) purge_waits: AtomicBool,
    /// What opening had to put right.
    pub(super) reconciled: OnceLock<Reconciled>,
    /// Who wants to know which seats there are.
    pub(super) watcher: WatcherSlot,
    /// The thread that makes copies, where there is one.
    pub(super) keeper: OnceLock<Thread>,
    /// The store is about to close: long work ends early.
    pub(super) closing: AtomicBool,
    /// Rows of the queue ledger that were handed in by this process.
    pub(super) queue_rows: AtomicU64,
}

/// Rows of the call ledger that wait for the disk.
pub(super) struct Backlog {
    rows: VecDeque<Job>,
    shared: Arc<Shared>,
}

impl Backlog {
    /// Nothing waits.
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { rows: VecDeque::new(), shared }
    }

    /// Keeps a ledger row for later; answers everything else with "not stored".
    pub(super) fn put_off(&mut self, job: Job) {
        if !job.is_ledger() {
            job.refuse(StoreError::Unavailable);
        } else if self.rows.len() < LEDGER_BACKLOG_MAX {
            self.rows.push_back(job);
        } else {
            job.refuse(StoreError::Unavailable);
            self.lose(1);
        }
    }

    /// Counts what waits as lost.
    pub(super) fn give_up(mut self) {
        self.lose(u64::try_from(self.rows.len()).unwrap_or(u64::MAX));
        self.rows.drain(..).for_each(|job| job.refuse(StoreError::Unavailable));
    }

    fn lose(&self, rows: u64) {
        self.shared.ledger_lost.fetch_add(rows, Ordering::Relaxed);
    }
}

/// The writer's thread.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) desk: Desk,
    pub(super) jobs: JobReceiver,
    pub(super) shared: Arc<Shared>,
    pub(super) backlog: Backlog,
    pub(super) seats: SeatsWatch,
    /// The sweeper, who purges.
    pub(super) sweeps: SyncSender<Sweep>,
    /// The purge that it was told of.
    pub(super) purge_told: Option<i64>,
    /// Unlocks the folder when it is dropped.
    pub(super) _lock: File,
}

/// Says that the store is down when its writer ends, also by a panic in somebody's reply.
struct DownAtEnd(Arc<Shared>);

impl Drop for DownAtEnd {
    fn drop(&mut self) {
        self.0.up.store(false, Ordering::Release);
    }
}

/// Whether the thread goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Continue,
    Close,
}

impl Writer {
    /// Runs until it is told to close or nobody can ask any more. What waited while the folder
    /// could not be opened comes first.
    pub(super) fn run(mut self) {
        let _down = DownAtEnd(Arc::clone(&self.shared));
        let waiting = self.backlog.rows.drain(..).collect();
        self.commit_all(waiting);
        let mut next = self.go_on(Next::Continue);
        while next == Next::Continue {
            self.look_at_seats();
            let poll = Duration::from_millis(SEATS_POLL_INTERVAL_MS);
            let (batch, after) = match self.jobs.recv_timeout(poll) {
                Ok(first) => self.gather(first),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let more = batch.len() == GROUP_JOBS_MAX;
            self.commit_all(batch);
            next = self.go_on(after);
            if next == Next::Continue && !more {
                self.jobs.rest();
            }
        }
        self.close();
    }

    /// Tells the watcher of the seats, who may have been changed by another process.
    fn look_at_seats(&mut self) {
        if let Err(error) = self.seats.look(&self.db, &self.shared.watcher) {
            tracing::warn!(%error, "the seats could not be read; tried again");
        }
    }

    /// Waits for the disk when it has failed.
    fn go_on(&mut self, next: Next) -> Next {
        let down = !self.shared.up.load(Ordering::Acquire);
        if next == Next::Continue && down { self.wait_until_up() } else { next }
    }

    /// The first job and those that wait behind it.
    fn gather(&self, first: Job) -> (Vec<Job>, Next) {
        let mut batch = Vec::with_capacity(GROUP_JOBS_MAX);
        let mut job = first;
        loop {
            if matches!(job, Job::Close) {
                return (batch, Next::Close);
            }
            batch.push(job);
            if batch.len() == GROUP_JOBS_MAX {
                return (batch, Next::Continue);
            }
            match self.jobs.try_recv() {
                Ok(more) => job = more,
                Err(_) => return (batch, Next::Continue),
            }
        }
    }

    fn commit_all(&mut self, mut batch: Vec<Job>) {
        if batch.is_empty() {
            return;
        }
        match transaction::run(&self.db, &mut self.desk, &mut batch) {
            Ok((outcomes, committed)) => {
                self.shared.commits.fetch_add(1, Ordering::Relaxed);
                self.purge();
                for (job, outcome) in batch.into_iter().zip(outcomes) {
                    self.answer(job, outcome, &committed);
                }
            }
            Err(error) => self.go_down(&error, batch),
        }
    }

    /// What a seal of this commit asks for is done by the sweeper, at once: callers wait for the writer.
    /// Told once: where it is busy, or something holds the purge up, it comes to it within half a
    /// minute by itself.
    fn purge(&mut self) {
        let pending = purge::pending(&self.db).unwrap_or(None);
        let is_new = pending.is_some() && pending != self.purge_told;
        if is_new
            && !self.shared.purge_waits.swap(true, Ordering::AcqRel)
            && self.sweeps.try_send(Sweep::Purge).is_err()
        {
            self.shared.purge_waits.store(false, Ordering::Release);
        }
        self.purge_told = pending;
    }

    fn answer(&self, job: Job, outcome: Result<Done, StoreError>, committed: &Committed) {
        match outcome {
            Ok(done) => {
                self.shared.jobs.fetch_add(1, Ordering::Relaxed);
                job.answer(done, committed);
            }
            Err(error) => {
                if error.is_refusal() {
                    tracing::debug!(%error, "a job was refused");
                } else {
                    tracing::error!(%error, "a job was not stored");
                }
                if job.is_ledger() {
                    self.shared.ledger_lost.fetch_add(1, Ordering::Relaxed);
                }
                job.refuse(error);
            }
        }
    }

    fn go_down(&mut self, error: &StoreError, batch: Vec<Job>) {
        tracing::error!(%error, "the store cannot commit");
        self.shared.up.store(false, Ordering::Release);
        self.shared.outages.fetch_add(1, Ordering::Relaxed);
        batch.into_iter().for_each(|job| self.backlog.put_off(job));
    }

    /// Tries the disk again and again.
    fn wait_until_up(&mut self) -> Next {
        loop {
            std::thread::sleep(Duration::from_millis(PROBE_INTERVAL_MS));
            while let Ok(job) = self.jobs.try_recv() {
                if matches!(job, Job::Close) {
                    return Next::Close;
                }
                self.backlog.put_off(job);
            }
            if self.probe().is_ok() {
                tracing::warn!(backlog = self.backlog.rows.len(), "the store commits again");
                self.shared.up.store(true, Ordering::Release);
                let waiting = self.backlog.rows.drain(..).collect();
                self.commit_all(waiting);
                if self.shared.up.load(Ordering::Acquire) {
                    return Next::Continue;
                }
            }
        }
    }

    /// A trial write that makes the file grow.
    fn probe(&self) -> Result<(), StoreError> {
        transaction::give_up(&self.db);
        transaction::begin(&self.db)?;
        let put = "INSERT OR REPLACE INTO meta VALUES ('probe', hex(zeroblob(?1)))";
        if let Err(error) = self.db.execute(put, [PROBE_BYTES / 2]) {
            transaction::give_up(&self.db);
            return Err(error.into());
        }
        Committed::commit(&self.db)?;
        self.db.execute("DELETE FROM meta WHERE key = 'probe'", [])?;
        Ok(())
    }

    /// What waits is refused, the log is taken into the file.
    fn close(mut self) {
        while let Ok(job) = self.jobs.try_recv() {
            self.backlog.put_off(job);
        }
        self.backlog.give_up();
        let tidy = "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);";
        if let Err(error) = self.db.execute_batch(tidy) {
            tracing::warn!(%error, "the log was not taken into the database at closing");
        }
    }
}
