//! Work for the writer that comes with its own answer: what the desk, the queue and the verbs of
//! the command line want stored.

use super::error::StoreError;
use super::intake::Desk;
use super::transaction::Committed;
use rusqlite::Connection;

/// What is called with the outcome, once, on a thread of the store and after the commit. It must
/// not wait.
pub type Answer<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// Work inside the writer's transaction.
pub(super) trait Work: Send {
    /// Does it; it is done again when it was taken back together with a job that failed, or when
    /// the disk failed and came back.
    fn run(&mut self, db: &Connection, desk: &mut Desk) -> Result<(), StoreError>;

    /// Answers after the commit.
    fn answer(self: Box<Self>, proof: &Committed);

    /// Answers that nothing was stored.
    fn refuse(self: Box<Self>, error: StoreError);

    /// It waits for a failed disk like the rows of the call ledger.
    fn is_ledger(&self) -> bool;
}

/// Whether work waits for a failed disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody waits for the answer: refused at once while nothing can be stored.
    Asked,
    /// An account of what has happened: waits for the disk.
    Ledger,
}

/// A closure as [`Work`].
pub(super) struct Asked<T, W> {
    work: W,
    kind: Kind,
    done: Option<T>,
    answer: Answer<T>,
}

impl<T, W> Asked<T, W>
where
    T: Send + 'static,
    W: Fn(&Connection, &mut Desk) -> Result<T, StoreError> + Send + 'static,
{
    /// Work with the one who waits for it.
    pub(super) fn boxed(kind: Kind, answer: Answer<T>, work: W) -> Box<dyn Work> {
        Box::new(Self { work, kind, done: None, answer })
    }
}

impl<T, W> Work for Asked<T, W>
where
    T: Send + 'static,
    W: Fn(&Connection, &mut Desk) -> Result<T, StoreError> + Send + 'static,
{
    fn run(&mut self, db: &Connection, desk: &mut Desk) -> Result<(), StoreError> {
        self.done = Some((self.work)(db, desk)?);
        Ok(())
    }

    fn answer(self: Box<Self>, _proof: &Committed) {
        (self.answer)(self.done.ok_or(StoreError::Unavailable));
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        (self.answer)(Err(error));
    }

    fn is_ledger(&self) -> bool {
        self.kind == Kind::Ledger
    }
}
