//! What a seat is shown of a caller: his open cases.

use super::error::StoreError;
use super::intake::read_number;
use super::row_private::{self, KEY_JOIN, of_row};
use super::suggest;
use super::vault::Vault;
use crate::domain::case::State;
use crate::domain::desk::{OPEN_CASES_MAX, OpenCaseView};
use crate::units::PhoneNumber;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// The cases of a caller that are not at an end, the newest first. What was passed on sealed,
/// or is proposed for it, is not among them.
pub(super) fn of_caller(
    db: &Connection,
    vault: &Vault,
    caller: &PhoneNumber,
) -> Result<Vec<OpenCaseView>, StoreError> {
    let open = State::NAMES.iter().filter(|(state, _)| state.is_open());
    let open = open.map(|(_, name)| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT number, state, received_at, due_on, channel, {} FROM case_file c {KEY_JOIN}
         WHERE ((caller_hash = ?1 AND number IS NOT NULL)
             OR (contact_hash = ?1 AND number IS NOT NULL))
           AND state IN ({open})
           AND seal_proposed = 0
         ORDER BY received_at DESC, id DESC LIMIT ?2",
        row_private::COLUMNS
    );
    let mut statement = db.prepare_cached(&sql)?;
    let limit = i64::try_from(OPEN_CASES_MAX).unwrap_or(0);
    let mut rows = statement.query(params![vault.number_hash(caller.as_str()), limit])?;
    let mut cases = vec![];
    while let Some(row) = rows.next()? {
        let due_on: Option<String> = row.get(3)?;
        let private = of_row(vault, row, 5)?;
        let flags = suggest::flags_of(&row.get::<_, String>(4)?, &private);
        cases.push(OpenCaseView {
            number: read_number(row.get(0)?)?.to_string(),
            state: row.get(1)?,
            received_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
            risks: suggest::unmarked(db, row.get(5)?, flags)?,
            summary: private.summary.unwrap_or_default(),
            due_on: due_on.and_then(|day| day.parse().ok()),
        });
    }
    Ok(cases)
}
