//! The numbers of a day (domain.md 6.3): 9,999 cases, then none before midnight.
//!
//! Nobody is told a number that is not there. Past the last one a text or mail waits in the journal for
//! those of the next day (`inbox::settle`); what was left in a call is a draft whose citizen is called
//! back; a person who numbers a case is refused. The log says it once a day.

use super::error::StoreError;
use super::intake::Desk;
use super::transaction::in_savepoint;
use crate::domain::call::{IntakeKind, NewIntake};
use crate::domain::case::{Refusal, local_day};
use crate::units::{CaseNumber, QueryCode};
use jiff::Timestamp;
use jiff::civil::Date;
use rand::RngExt;
use rusqlite::{Connection, OptionalExtension, params};

/// Query codes run from 0000 to here.
const CODE_MAX: u16 = 9999;

/// More numbers than what is settled in one go takes: a text, and those whose rest does not come any more.
const AT_ONCE_MAX: u16 = 3;

/// A number and the code that goes with it.
pub(super) type Identity = (CaseNumber, QueryCode);

/// How many numbers the local day of `at` has left.
pub(super) fn left(db: &Connection, at: Timestamp) -> Result<u16, StoreError> {
    let last = last_of(db, row_of(local_day(at)))?.unwrap_or(0);
    Ok(CaseNumber::SEQUENCE_MAX.saturating_sub(last))
}

/// The next number of the local day, and a random code.
pub(super) fn next(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
) -> Result<Identity, StoreError> {
    let day = local_day(at);
    let row = row_of(day);
    let last = last_of(db, row)?;
    let next = last.unwrap_or(0) + 1;
    if next > CaseNumber::SEQUENCE_MAX {
        tell_spent(desk, day);
        return Err(Refusal::NoNumber.into());
    }
    let put = "INSERT INTO day_sequence VALUES (?1, ?2)";
    let bump = "UPDATE day_sequence SET last = ?2 WHERE day = ?1";
    let sql = if last.is_none() { put } else { bump };
    db.prepare_cached(sql)?.execute(params![row, next])?;
    let number = CaseNumber::new(day.year(), day.month(), day.day(), next);
    let code = QueryCode::new(desk.rng.random_range(0..=CODE_MAX));
    number.zip(code).ok_or_else(|| Refusal::NoNumber.into())
}

/// The next number for a contact, and the contact as it is taken. `None`: the day has none left, and what
/// was left in a call is kept without one; its citizen, who cannot be told any, is called back.
pub(super) fn for_contact(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    intake: &mut NewIntake,
) -> Result<Option<Identity>, StoreError> {
    match next(db, desk, at) {
        Err(error) if error.is_no_number() && is_of_a_call(intake.kind) => {
            // Of a talk an operator knows, who owes its wrap-up.
            intake.callback |= intake.kind != IntakeKind::Attended;
            Ok(None)
        }
        identity => identity.map(Some),
    }
}

/// Does what may want a number. `None`, and nothing is done: it does, and the day has none left.
pub(super) fn unless_spent<T>(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    work: impl FnOnce(&Connection, &mut Desk) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    // A savepoint makes SQLite copy pages; far from the end of the numbers there is nothing to take back.
    if left(db, now)? > AT_ONCE_MAX {
        return work(db, desk).map(Some);
    }
    match in_savepoint(db, desk, work) {
        Err(error) if error.is_no_number() => Ok(None),
        done => done.map(Some),
    }
}

/// Its citizen has hung up: nothing gives it to us again.
fn is_of_a_call(kind: IntakeKind) -> bool {
    matches!(kind, IntakeKind::Voicemail | IntakeKind::CallbackRequest | IntakeKind::Attended)
}

/// Tells the administrator once a day (domain.md 6.3).
fn tell_spent(desk: &mut Desk, day: Date) {
    if desk.spent_on.replace(day) != Some(day) {
        tracing::error!(
            %day,
            numbers = CaseNumber::SEQUENCE_MAX,
            "ALARM no case number is left for today: texts and mails wait for tomorrow's, what is left in \
             calls is kept as drafts to be called back, nobody can accept a case"
        );
    }
}

/// A day as its row has it: YYMMDD.
fn row_of(day: Date) -> i64 {
    i64::from(day.year() % 100) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

fn last_of(db: &Connection, row: i64) -> Result<Option<u16>, StoreError> {
    let mut find = db.prepare_cached("SELECT last FROM day_sequence WHERE day = ?1")?;
    Ok(find.query_row([row], |row| row.get(0)).optional()?)
}
