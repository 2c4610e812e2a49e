//! The way of jobs to the writer: bounded, never waited for, and silent while nobody waits.
//!
//! After a commit the writer rests for a moment, so that the rows of many calls share the next
//! commit. A job that somebody waits for ends the rest, and so does a queue that fills.

use super::config::{COMMIT_REST_MS, GROUP_JOBS_MAX};
use super::writer::Job;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SendError, SyncSender, TryRecvError, TrySendError, sync_channel,
};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;

/// Both ends of a queue of at most `jobs_max` jobs.
pub(super) fn job_queue(jobs_max: usize) -> (JobQueue, JobReceiver) {
    let jobs_max = jobs_max.max(1);
    let (send, receive) = sync_channel(jobs_max);
    let shared = Arc::new(Shared::default());
    let enough = GROUP_JOBS_MAX.min(jobs_max.div_ceil(2));
    (
        JobQueue { jobs: send, enough, shared: Arc::clone(&shared) },
        JobReceiver { jobs: receive, shared },
    )
}

/// What both ends know.
#[derive(Default)]
struct Shared {
    /// Jobs in the queue, or about to be.
    waiting: AtomicUsize,
    /// The thread that rests.
    writer: OnceLock<Thread>,
}

/// Where jobs are handed in. Cheap to clone.
#[derive(Clone)]
pub(super) struct JobQueue {
    jobs: SyncSender<Job>,
    /// So many jobs end a rest.
    enough: usize,
    shared: Arc<Shared>,
}

impl JobQueue {
    /// Hands a job in unless the queue is full or its end is gone.
    pub(super) fn try_send(&self, job: Job) -> Result<(), TrySendError<Job>> {
        let awaited = job.is_awaited();
        let waiting = self.shared.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        let sent = self.jobs.try_send(job);
        if sent.is_err() {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if awaited || waiting >= self.enough {
            self.wake();
        }
        sent
    }

    /// Hands a job in and waits for room.
    pub(super) fn send(&self, job: Job) -> Result<(), SendError<Job>> {
        self.wake();
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.jobs.send(job);
        if sent.is_err() {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        self.wake();
        sent
    }

    fn wake(&self) {
        if let Some(writer) = self.shared.writer.get() {
            writer.unpark();
        }
    }
}

/// The writer's end.
pub(super) struct JobReceiver {
    jobs: Receiver<Job>,
    shared: Arc<Shared>,
}

impl JobReceiver {
    /// The next job, waited for.
    pub(super) fn recv_timeout(&self, limit: Duration) -> Result<Job, RecvTimeoutError> {
        self.jobs.recv_timeout(limit).inspect(|_| self.took_one())
    }

    /// The next job, if there is one.
    pub(super) fn try_recv(&self) -> Result<Job, TryRecvError> {
        self.jobs.try_recv().inspect(|_| self.took_one())
    }

    /// Waits until somebody waits, there are jobs enough, or the time is over.
    pub(super) fn rest(&self) {
        self.shared.writer.get_or_init(std::thread::current);
        // A wake-up that comes too early, or for what was taken already, only makes a smaller group.
        std::thread::park_timeout(Duration::from_millis(COMMIT_REST_MS));
    }

    fn took_one(&self) {
        self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
