//! What a citizen asks for by text and by mail alike: how his case stands, his word on an answer, no more
//! notices. Whose case it is, and how he is answered, is for each of the two to say.

use crate::domain::case::{Actor, CaseStatus, Command, Grade, Order, State, Task};
use crate::domain::message::templates::ShortText;
use crate::domain::message::{is_emergency, status_words};
use crate::store::case_file;
use crate::store::error::StoreError;
use crate::store::guard::{self, Verdict};
use crate::store::intake::{self, Desk, SYSTEM, read_number};
use crate::store::lookup;
use crate::store::recording::hex;
use crate::store::seal::{is_sealed, sealed};
use crate::units::{CaseNumber, QueryCode};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::PoisonError;

/// States for a query, by their names.
pub(super) fn named_states(which: impl Fn(State) -> bool) -> String {
    let states = State::NAMES.iter().filter(|(state, _)| which(*state));
    let states: Vec<_> = states.map(|(_, name)| format!("'{name}'")).collect();
    states.join(", ")
}

/// The row of a case.
pub(super) fn id_of(db: &Connection, number: CaseNumber) -> Result<i64, StoreError> {
    let number = i64::try_from(number.as_u64()).map_err(|_| StoreError::NotFound)?;
    let sql = "SELECT id FROM case_file WHERE number = ?1";
    let found = db.prepare_cached(sql)?.query_row([number], |row| row.get(0)).optional()?;
    found.ok_or(StoreError::NotFound)
}

/// The case that whoever has number and code may ask for. A wrong try counts against both, and once however
/// often its message is settled.
pub(super) fn with_code(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (message, known_by): (i64, &[u8]),
    (number, code): (CaseNumber, QueryCode),
) -> Result<Option<i64>, StoreError> {
    let found = lookup::find(db, &desk.vault, number, code)?;
    let mut guard = desk.guard.lock().unwrap_or_else(PoisonError::into_inner);
    let judged = guard.judge_message(message, (number, &hex(known_by)), found.is_some(), now);
    drop(guard);
    let (Verdict::Right(tallies) | Verdict::Wrong(tallies)) = &judged else { return Ok(None) };
    guard::put(db, tallies, now)?;
    Ok(found.filter(|_| matches!(judged, Verdict::Right(_))))
}

/// How a case stands, as it is told.
pub(super) struct Standing {
    status: CaseStatus,
    words: String,
    unit: Option<String>,
}

impl Standing {
    /// Of this case; `None` where there is none, or nothing to tell of it.
    pub(super) fn of(
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        case: Option<i64>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(id) = case else { return Ok(None) };
        let status = case_file::load(db, &desk.vault, id)?.status(now, None);
        let Some(status) = status else { return Ok(None) };
        let unit = match &status.unit {
            Some(unit) => desk.unit_name(db, now, unit)?,
            None => None,
        };
        let words = status_words(&status);
        Ok(Some(Self { status, words, unit }))
    }

    /// With unit and date where there are both.
    pub(super) fn told(&self) -> ShortText<'_> {
        let Self { status, words, unit } = self;
        let case = status.number;
        match (status.state, unit.as_deref(), status.due) {
            (State::Sealed, ..) => ShortText::StatusNeutral { case },
            (_, Some(unit), Some(due)) => {
                ShortText::Status { case, state: words, unit, due: due.on }
            }
            _ => ShortText::StatusBare { case, state: words },
        }
    }
}

/// A case that its citizen can ask to withdraw: one that is open, as far as may be told.
pub(super) fn withdrawable(
    db: &Connection,
    desk: &Desk,
    case: Option<i64>,
) -> Result<Option<(i64, CaseNumber)>, StoreError> {
    let Some(id) = case else { return Ok(None) };
    let case = case_file::load(db, &desk.vault, id)?;
    let number = case.told_state().filter(|state| state.is_open()).and(case.number);
    Ok(number.map(|number| (id, number)))
}

/// Whether his words are of an emergency (S14). Then a person is called to look and to call him back; of a
/// case under seal no list of calls tells.
pub(super) fn in_danger(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (case_id, words): (i64, &str),
) -> Result<bool, StoreError> {
    if !is_emergency(words) {
        return Ok(false);
    }
    if is_sealed(&case_file::load(db, &desk.vault, case_id)?) {
        tracing::error!("ALARM a message about a matter under seal has words of an emergency");
        return Ok(true);
    }
    tracing::error!(
        case = case_id,
        "ALARM a message has words of an emergency: call its citizen back"
    );
    intake::call_back(db, desk, now, case_id)?;
    Ok(true)
}

/// His word on an answer; `false` where the case takes none any more.
pub(super) fn rate(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    case: i64,
    grade: Grade,
) -> Result<bool, StoreError> {
    let order = Order { actor: Actor::system(), task: Task::Rate(grade) };
    let loaded = case_file::load(db, &desk.vault, case)?;
    let command = Command::Act(Box::new(order));
    match intake::command(db, desk, now, case, loaded, command, SYSTEM) {
        Ok(_) => Ok(true),
        Err(StoreError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The case whose answer a sender was asked about last by this template, while it waits for his word.
pub(super) fn asked(
    db: &Connection,
    known_by: &[u8],
    template: &str,
) -> Result<Option<CaseNumber>, StoreError> {
    let sql = format!(
        "SELECT f.number FROM outbox o JOIN case_file f ON f.id = o.case_id
         WHERE o.party = ?1 AND o.template = ?2 AND f.state = 'callback' AND NOT {}
         ORDER BY o.created_at DESC LIMIT 1",
        sealed("f")
    );
    let values = params![known_by, template];
    let number: Option<i64> =
        db.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()?;
    number.map(read_number).transpose()
}

/// Notices go to this receiver no more; answers to his own cases do.
pub(super) fn stop_notices(
    db: &Connection,
    now: Timestamp,
    known_by: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO notices_stopped VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![known_by, now.as_millisecond()])?;
    Ok(())
}
