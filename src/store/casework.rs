//! Commands of people on cases, in the transaction of an administrator.

use super::case_file;
use super::directory;
use super::error::StoreError;
use super::intake::{self, Desk};
use super::published;
use super::seal;
use super::vault::Vault;
use crate::domain::access::may_know_of_seals;
use crate::domain::case::{
    Case, CaseEvent, Command, DutyMatch, Guard, MergeTarget, Notice, Order, Record, State, Task,
    local_day,
};
use crate::units::CaseNumber;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// Which case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseName {
    /// A numbered one.
    Number(CaseNumber),
    /// A draft, by the id of its row.
    Draft(i64),
}

impl CaseName {
    /// Eleven digits, or `draft-N` for a draft; `None` where it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("draft-") {
            Some(id) => id.parse().ok().map(Self::Draft),
            None => CaseNumber::parse(text).ok().map(Self::Number),
        }
    }
}

/// Where a case stands after a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNow {
    /// The id of its row.
    pub id: i64,
    /// Its number; `None` while it is a draft.
    pub number: Option<CaseNumber>,
    /// Its state.
    pub state: State,
    /// The place of its last event in the chain.
    pub last_event: i64,
}

/// Decides, appends and projects; a merge, or its end, is noted on the other case too. Where the
/// case has changed since the event `seen`, nothing is done.
pub(super) fn run(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    (name, seen): (CaseName, Option<i64>),
    order: &Order,
) -> Result<CaseNow, StoreError> {
    let id = find(db, name)?.ok_or(StoreError::NotFound)?;
    let case = case_file::load(db, &desk.vault, id)?;
    // Whoever has no part in a seal is told what he is told of a number that was never given.
    if seal::is_sealed(&case) && !may_know_of_seals(&order.actor) {
        return Err(StoreError::NotFound);
    }
    let last = last_event(db, id)?;
    if seen.is_some_and(|seen| seen != last) {
        return Err(StoreError::Changed(last));
    }
    let number = case.number;
    let mut order = order.clone();
    if let Task::Merge(target) = &mut order.task {
        *target = look_up(db, &desk.vault, target.number)?;
    }
    let other = match &order.task {
        Task::Merge(target) => Some((target.number, Notice::Merged)),
        Task::Unmerge => case.merged_into.map(|into| (into, Notice::Unmerged)),
        _ => None,
    };
    let unlisted = !cites_the_catalogue(db, at, &mut order.task)?;
    let publishes = matches!(order.task, Task::DecidePublication(true, _));
    let stamp = order.actor.signature();
    let command = Command::Act(Box::new(order));
    let case = intake::command(db, desk, at, id, case, command, &stamp)?;
    // Only who may classify is told what the catalogue has; what was written is taken back.
    if unlisted {
        return Err(StoreError::Refused(Guard::Duty.into()));
    }
    // The same: which flags are false only the store knows.
    if publishes && published::concerns_minor(db, &desk.vault, id, &case)? {
        return Err(StoreError::Refused(Guard::Minor.into()));
    }
    if let Some(((into, notice), number)) = other.zip(number) {
        let noted = match notice {
            Notice::Merged => Record::Joined { number },
            _ => Record::Parted { number },
        };
        let told = Record::CitizenNotified { notice, due: None };
        let events = [noted, told].map(CaseEvent::from);
        intake::record(db, desk, at, into, &events, &stamp)?;
    }
    let state = case.state.ok_or(StoreError::NotFound)?;
    Ok(CaseNow { id, number: case.number, state, last_event: last_event(db, id)? })
}

/// Gives the duty item of a classification the version that holds today (E1); `false` where the
/// catalogue has none of that code.
fn cites_the_catalogue(
    db: &Connection,
    at: Timestamp,
    task: &mut Task,
) -> Result<bool, StoreError> {
    let Task::Classify(found) = task else { return Ok(true) };
    let Some(DutyMatch::Item(item)) = &mut found.duty else { return Ok(true) };
    let Some(reference) = directory::duty_reference(db, local_day(at), item)? else {
        return Ok(false);
    };
    *item = reference;
    Ok(true)
}

/// The place of a case's last event in the chain.
pub(super) fn last_event(db: &Connection, id: i64) -> Result<i64, StoreError> {
    let sql = "SELECT last_event FROM case_file WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

pub(super) fn find(db: &Connection, name: CaseName) -> Result<Option<i64>, StoreError> {
    let (sql, value) = match name {
        CaseName::Number(number) => {
            let number = i64::try_from(number.as_u64()).map_err(|_| StoreError::NotFound)?;
            ("SELECT id FROM case_file WHERE number = ?1", number)
        }
        CaseName::Draft(id) => ("SELECT id FROM case_file WHERE id = ?1 AND number IS NULL", id),
    };
    Ok(db.prepare_cached(sql)?.query_row([value], |row| row.get(0)).optional()?)
}

/// The case that another is to be merged into; nothing of it where it is not to be known of.
fn look_up(db: &Connection, vault: &Vault, number: CaseNumber) -> Result<MergeTarget, StoreError> {
    let id = find(db, CaseName::Number(number))?;
    let case = id.map_or_else(|| Ok(Case::default()), |id| case_file::load(db, vault, id))?;
    let state = case.told_state().filter(|state| *state != State::Sealed);
    Ok(MergeTarget { number, state, closed_on: case.closed_on })
}
