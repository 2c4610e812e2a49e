//! One transaction over the jobs that wait together, and the proof of its commit.
//!
//! Jobs seldom fail, so they run without savepoints first: a savepoint makes SQLite copy every page
//! that the job changes. When one fails after it has changed something, all is taken back and the
//! jobs run again, each in a savepoint of its own, so that it takes back only itself.

use super::error::StoreError;
use super::intake::Desk;
use super::writer::{Done, Job};
use rusqlite::Connection;

/// Proof that a commit reached the disk. Only the commit itself makes one, so whatever tells a
/// citizen a number cannot be written without it.
#[derive(Debug)]
pub struct Committed(());

impl Committed {
    /// Commits the open transaction; takes it back when that fails.
    pub(super) fn commit(db: &Connection) -> Result<Self, StoreError> {
        match execute(db, "COMMIT") {
            Ok(()) => Ok(Self(())),
            Err(error) => {
                give_up(db);
                Err(error)
            }
        }
    }
}

/// The outcome of each job, and the proof of their commit.
pub(super) type Attempt = (Vec<Result<Done, StoreError>>, Committed);

/// Runs all jobs in one transaction. An error means that none of them is stored.
pub(super) fn run(
    db: &Connection,
    desk: &mut Desk,
    jobs: &mut [Job],
) -> Result<Attempt, StoreError> {
    let attempt = match together(db, desk, jobs) {
        Ok(None) => one_by_one(db, desk, jobs),
        Ok(Some(attempt)) => Ok(attempt),
        Err(error) => Err(error),
    };
    if attempt.is_err() {
        desk.chain.forget();
    }
    attempt
}

/// Opens a transaction that may write.
pub(super) fn begin(db: &Connection) -> Result<(), StoreError> {
    execute(db, "BEGIN IMMEDIATE")
}

/// Ends a transaction that SQLite may have ended by itself.
pub(super) fn give_up(db: &Connection) {
    if !db.is_autocommit() {
        // When even this fails the next BEGIN fails too, and the store stays down.
        let _ = execute(db, "ROLLBACK");
    }
}

/// All jobs without savepoints; `None`, with everything taken back: one failed half-way.
fn together(
    db: &Connection,
    desk: &mut Desk,
    jobs: &mut [Job],
) -> Result<Option<Attempt>, StoreError> {
    begin(db)?;
    desk.chain.begin(db)?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        let before = db.total_changes();
        match job.run(db, desk) {
            Err(error) if is_over(db, &error) => return Err(error),
            // What changed nothing has nothing to take back.
            Err(_) if db.total_changes() != before => {
                give_up(db);
                desk.chain.forget();
                return Ok(None);
            }
            outcome => outcomes.push(outcome),
        }
    }
    Committed::commit(db).map(|committed| Some((outcomes, committed)))
}

/// Each job in its savepoint.
fn one_by_one(db: &Connection, desk: &mut Desk, jobs: &mut [Job]) -> Result<Attempt, StoreError> {
    begin(db)?;
    desk.chain.begin(db)?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        match in_savepoint(db, desk, |db, desk| job.run(db, desk)) {
            Err(error) if is_over(db, &error) => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    Committed::commit(db).map(|committed| (outcomes, committed))
}

/// A part of a transaction: when it fails, it alone is taken back.
pub(super) fn in_savepoint<T>(
    db: &Connection,
    desk: &mut Desk,
    work: impl FnOnce(&Connection, &mut Desk) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // Of savepoints of one name the newest is meant.
    execute(db, "SAVEPOINT part")?;
    let outcome = work(db, desk);
    if outcome.is_err() && !db.is_autocommit() {
        execute(db, "ROLLBACK TO part")?;
        desk.chain.forget();
    }
    if !db.is_autocommit() {
        execute(db, "RELEASE part")?;
    }
    outcome
}

/// Whether the transaction cannot go on after this error; then it is given up.
fn is_over(db: &Connection, error: &StoreError) -> bool {
    let over = error.is_outage() || db.is_autocommit();
    if over {
        give_up(db);
    }
    over
}

fn execute(db: &Connection, sql: &str) -> Result<(), StoreError> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}
