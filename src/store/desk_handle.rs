//! What the desk asks of the store. Nothing here waits: `false` means that it was not taken and
//! that the answer will not come, which is dropped uncalled.

use super::audit::{self, AuditEntry};
use super::callback::{self, Attempt, AttemptId, NewAttempt, OpenCallback};
use super::config::CALLBACKS_SHOWN_MAX;
use super::error::StoreError;
use super::handle::StoreHandle;
use super::intake::Desk;
use super::lookup::Question;
use super::open_cases;
use super::queue_log::{self, QueueEntry};
use super::seat::{self, BindingRecord};
use super::seats_watch::SeatsWatcher;
use super::vault::Vault;
use super::work::{Answer, Asked, Kind};
use super::wrap_up::{self, WrapUpDone, WrapUpOrder};
use super::writer::Job;
use crate::domain::case::AttemptOutcome;
use crate::domain::desk::{CallbacksView, OpenCaseView};
use crate::units::{PhoneNumber, SeatNumber};
use jiff::Timestamp;
use rusqlite::Connection;
use std::sync::atomic::Ordering;

impl StoreHandle {
    /// From now on `watcher` is told which seats there are: at once, with the phones that were
    /// stored before this start, and after each change, also by another process within
    /// [`SEATS_POLL_INTERVAL_MS`](super::SEATS_POLL_INTERVAL_MS). A store that is not open tells
    /// when it is. There is one watcher; a further one takes its place and is told changes only.
    pub fn watch_seats(&self, watcher: SeatsWatcher) {
        self.shared.watcher.set(watcher);
        // A full queue wakes the writer as well.
        let _ = self.jobs.try_send(Job::Wake);
    }

    /// Remembers the phones of a seat in place of those before; none: it has no more. Lost when
    /// the disk has failed: the phone registers again.
    pub fn save_bindings(&self, seat: SeatNumber, bindings: Vec<BindingRecord>) -> bool {
        let quiet = Box::new(|_| {});
        self.ask(Kind::Asked, quiet, move |db, _| seat::put_bindings(db, &seat, &bindings))
    }

    /// A row of the queue ledger. Waits for a failed disk; `false` when it was given up, which is
    /// counted and leaves a gap in the numbers.
    pub fn queue_log(&self, at: Timestamp, entry: QueueEntry) -> bool {
        let row = self.shared.queue_rows.fetch_add(1, Ordering::Relaxed) + 1;
        let row = i64::try_from(row).unwrap_or(i64::MAX);
        let work = move |db: &Connection, desk: &mut Desk| {
            queue_log::append(db, desk.queue_base.saturating_add(row), at, &entry)
        };
        self.to_ledger(Job::Work(Asked::boxed(Kind::Ledger, Box::new(|_| {}), work)))
    }

    /// Begins an attempt to call a citizen back; the telephone rings only after the answer.
    /// [`StoreError::NotFound`] when the task is not open, [`StoreError::Taken`] when somebody is
    /// calling already.
    #[must_use]
    pub fn begin_attempt(
        &self,
        at: Timestamp,
        attempt: NewAttempt,
        answer: Answer<Attempt>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            callback::begin(db, &desk.vault, at, &attempt)
        })
    }

    /// Ends an attempt; the answer says whether the task is done. Waits for a failed disk. An
    /// attempt that nobody ends is `interrupted` at the next start.
    #[must_use]
    pub fn end_attempt(
        &self,
        at: Timestamp,
        attempt: AttemptId,
        outcome: AttemptOutcome,
        answer: Answer<bool>,
    ) -> bool {
        let work =
            move |db: &Connection, desk: &mut Desk| callback::end(db, desk, at, attempt, outcome);
        self.to_ledger(Job::Work(Asked::boxed(Kind::Ledger, answer, work)))
    }

    /// Records the end of a talk on its case. [`StoreError::NotFound`]: no such case or call;
    /// [`StoreError::Refused`]: the rules do not allow it, and why.
    #[must_use]
    pub fn wrap_up(&self, at: Timestamp, order: WrapUpOrder, answer: Answer<WrapUpDone>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| wrap_up::run(db, desk, at, &order))
    }

    /// Stores who did what and why. Waits for a failed disk; `false` when it was given up.
    #[must_use]
    pub fn audit(&self, at: Timestamp, entry: AuditEntry, answer: Answer<()>) -> bool {
        let work = move |db: &Connection, _: &mut Desk| audit::append(db, at, &entry);
        self.to_ledger(Job::Work(Asked::boxed(Kind::Ledger, answer, work)))
    }

    /// The open cases of a caller, the newest first, at most
    /// [`OPEN_CASES_MAX`](crate::domain::desk::OPEN_CASES_MAX).
    #[must_use]
    pub fn open_cases(&self, caller: PhoneNumber, answer: Answer<Vec<OpenCaseView>>) -> bool {
        self.look(answer, move |db, vault| open_cases::of_caller(db, vault, &caller))
    }

    /// The callback tasks that are open, the most urgent first.
    #[must_use]
    pub fn open_callbacks(&self, answer: Answer<Vec<OpenCallback>>) -> bool {
        self.look(answer, |db, vault| callback::open_tasks(db, vault, CALLBACKS_SHOWN_MAX))
    }

    /// The callback tasks that are open at `now`, as the pages show them.
    #[must_use]
    pub fn callbacks_view(&self, now: Timestamp, answer: Answer<CallbacksView>) -> bool {
        self.look(answer, move |db, vault| callback::shown(db, vault, now))
    }

    /// Work for the writer that somebody waits for.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        kind: Kind,
        answer: Answer<T>,
        work: impl Fn(&Connection, &mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> bool {
        let job = Job::Work(Asked::boxed(kind, answer, work));
        self.is_up() && self.jobs.try_send(job).is_ok()
    }

    /// A question for a reader; it sees everything that was committed.
    fn look<T: Send + 'static>(
        &self,
        answer: Answer<T>,
        read: impl FnOnce(&Connection, &Vault) -> Result<T, StoreError> + Send + 'static,
    ) -> bool {
        let question = Question::Read(Box::new(move |db, vault| answer(read(db, vault))));
        let readable = self.shared.readable.load(Ordering::Acquire);
        readable && self.questions.try_send(question).is_ok()
    }
}
