//! What an operator records at the end of a talk, onto the case of the call.

use super::call_private;
use super::case_file;
use super::error::StoreError;
use super::intake::{self, Desk};
use super::reconcile::newest_case_of_call;
use crate::domain::call::{IntakeKind, NewIntake};
use crate::domain::case::{Command, State, Task, WrapUp};
use crate::domain::desk::Disposition;
use crate::units::CaseNumber;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// A wrap-up and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapUpOrder {
    /// The case; `None`: the newest one that came by the call, and one is made when there is none.
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
    /// Where it stands now, as it may be told: sealed from the proposal of a seal on.
    pub state: State,
}

/// Decides and stores a wrap-up; one that was stored before changes nothing.
pub(super) fn run(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    order: &WrapUpOrder,
) -> Result<WrapUpDone, StoreError> {
    let id = match order.case {
        Some(id) => id,
        None => case_of_call(db, desk, at, &order.wrap_up)?,
    };
    let case = case_file::load(db, &desk.vault, id)?;
    if case.state.is_none() {
        return Err(StoreError::NotFound);
    }
    let actor = order.wrap_up.seat.to_string();
    let command = Command::WrapUp(Box::new(order.wrap_up.clone()));
    let case = intake::command(db, desk, at, id, case, command, &actor)?;
    let state = case.told_state().ok_or(StoreError::NotFound)?;
    Ok(WrapUpDone { case: id, number: case.number, state })
}

/// The case of the call; one is made where the disk had failed when the two were connected.
fn case_of_call(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    wrap_up: &WrapUp,
) -> Result<i64, StoreError> {
    if let Some(id) = newest_case_of_call(db, &wrap_up.call)? {
        return Ok(id);
    }
    let sql = "SELECT started_at FROM call WHERE id = ?1";
    let mut find = db.prepare_cached(sql)?;
    let started_at: Option<i64> =
        find.query_row([wrap_up.call.as_str()], |row| row.get(0)).optional()?;
    let started_at = started_at.ok_or(StoreError::NotFound)?;
    let caller = call_private::of(db, &desk.vault, wrap_up.call.as_str())?.into_caller();
    let intake = NewIntake {
        key: format!("wrap_up:{}", wrap_up.call),
        kind: IntakeKind::Attended,
        call: Some(wrap_up.call.clone()),
        contact: caller.number.clone(),
        mail: None,
        caller,
        received_at: Timestamp::from_millisecond(started_at).unwrap_or(at),
        recording: None,
        text: None,
        callback: false,
    };
    Ok(intake::open(db, desk, at, &intake, wrap_up.seat.as_str())?.case_id)
}

/// Whether this command gives a draft its number.
pub(super) fn numbers(state: Option<State>, command: &Command) -> bool {
    let takes = match command {
        Command::WrapUp(order) => order.disposition != Disposition::NoMatter,
        Command::Act(order) => matches!(order.task, Task::Accept { .. }),
        _ => false,
    };
    takes && state == Some(State::Draft)
}
