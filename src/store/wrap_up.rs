//! What an operator records at the end of a talk, onto the case of the call.

use super::case_file;
use super::error::StoreError;
use super::intake::{self, Desk};
use crate::domain::case::{Command, State, WrapUp};
use crate::domain::desk::Disposition;
use crate::units::{CallId, CaseNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// A wrap-up and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapUpOrder {
    /// The case; `None`: the newest one that came by the call.
    pub case: Option<i64>,
    /// What the operator recorded.
    pub wrap_up: WrapUp,
}

/// What a wrap-up led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrapUpDone {
    /// The id of the case.
    pub case: i64,
    /// Its number; `None`: it stays a draft, because there was no matter.
    pub number: Option<CaseNumber>,
    /// Where it stands now.
    pub state: State,
}

/// Decides and stores a wrap-up; one that was stored before changes nothing.
pub(super) fn run(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    order: &WrapUpOrder,
) -> Result<WrapUpDone, StoreError> {
    let newest = newest_of_call(db, &order.wrap_up.call)?;
    let id = order.case.or(newest).ok_or(StoreError::NotFound)?;
    let case = case_file::load(db, id)?;
    if case.state.is_none() {
        return Err(StoreError::NotFound);
    }
    let actor = order.wrap_up.seat.to_string();
    let command = Command::WrapUp(Box::new(order.wrap_up.clone()));
    let case = intake::command(db, desk, at, id, case, command, &actor)?;
    let state = case.state.ok_or(StoreError::NotFound)?;
    Ok(WrapUpDone { case: id, number: case.number, state })
}

fn newest_of_call(db: &Connection, call: &CallId) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM case_file WHERE call = ?1 ORDER BY id DESC LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([call.as_str()], |row| row.get(0)).optional()?)
}

/// Whether this wrap-up gives a draft its number.
pub(super) fn numbers(state: Option<State>, command: &Command) -> bool {
    let Command::WrapUp(order) = command else { return false };
    state == Some(State::Draft) && order.disposition != Disposition::NoMatter
}
