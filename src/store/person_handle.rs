//! What people with accounts ask of the running store. Nothing here waits, see
//! [`StoreHandle`].

use super::account;
use super::case_file;
use super::casework::{self, CaseName, CaseNow};
use super::error::StoreError;
use super::handle::StoreHandle;
use super::intake::{self, Desk};
use super::seal;
use super::suggest::{self, FalseAlarm};
use super::work::{Answer, Kind};
use crate::domain::call::NewIntake;
use crate::domain::case::{Actor, Order, Task};
use jiff::Timestamp;
use rusqlite::Connection;

/// A command of a person on a case as he saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonOrder {
    /// Which case.
    pub case: CaseName,
    /// The place in the chain of the last event he saw of it; `None`: whatever has happened.
    pub seen: Option<i64>,
    /// What he wants.
    pub order: Order,
}

/// A contact that a person takes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonIntake {
    /// What he was told.
    pub intake: NewIntake,
    /// Who takes it down.
    pub actor: Actor,
    /// How he accepts it (T2); `None`: it stays a draft.
    pub accept: Option<Task>,
}

impl StoreHandle {
    /// Carries out a command. [`Changed`](super::StoreError::Changed): the case is not as it was
    /// seen, and nothing is done; [`Refused`](super::StoreError::Refused): the rules do not allow it,
    /// and why.
    #[must_use]
    pub fn act(&self, at: Timestamp, wish: PersonOrder, answer: Answer<CaseNow>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            casework::run(db, desk, at, (wish.case, wish.seen), &wish.order)
        })
    }

    /// Stores a contact that a person takes down, and accepts it at once where he wants it and may.
    /// The same key gives the same case again; [`NotFound`](super::StoreError::NotFound): that is one
    /// he may not know of any more.
    #[must_use]
    pub fn take_down(&self, at: Timestamp, wish: PersonIntake, answer: Answer<CaseNow>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| take_down(db, desk, at, &wish))
    }

    /// Marks a flag of risk words as false (C6). [`NotFound`](super::StoreError::NotFound) for a case
    /// under seal too; [`Taken`](super::StoreError::Taken): somebody has done so.
    #[must_use]
    pub fn mark_false_alarm(
        &self,
        at: Timestamp,
        case: CaseName,
        alarm: FalseAlarm,
        answer: Answer<()>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            suggest::mark_false(db, &desk.vault, at, case, &alarm)
        })
    }

    /// Counts a wrong password of an account, or forgets those before a right one.
    #[must_use]
    pub fn count_sign_in(
        &self,
        at: Timestamp,
        account: String,
        right: bool,
        answer: Answer<()>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| account::count_sign_in(db, at, &account, right))
    }
}

/// Stores what a person took down, and accepts it where he wants it.
pub(super) fn take_down(
    db: &Connection,
    desk: &mut Desk,
    at: Timestamp,
    wish: &PersonIntake,
) -> Result<CaseNow, StoreError> {
    let opened = intake::open(db, desk, at, &wish.intake, &wish.actor.signature())?;
    let id = opened.case_id;
    let case = case_file::load(db, &desk.vault, id)?;
    // A key of his own that is older than the seal, or than his recusal, tells neither.
    if seal::is_sealed(&case) || case.work.recused.contains(&wish.actor.person) {
        return Err(StoreError::NotFound);
    }
    if let Some(task) = wish.accept.clone().filter(|_| opened.number.is_none()) {
        let order = Order { actor: wish.actor.clone(), task };
        return casework::run(db, desk, at, (CaseName::Draft(id), None), &order);
    }
    let state = case.state.ok_or(StoreError::NotFound)?;
    let last_event = casework::last_event(db, id)?;
    Ok(CaseNow { id, number: opened.number, state, last_event })
}
