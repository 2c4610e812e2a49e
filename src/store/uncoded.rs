//! Cases that a wrap-up sent on their way without a code of their domain, and that nobody has coded
//! since (T4): the clerk's list of what is still to be classified.

use super::error::StoreError;
use super::read::{CASE_COLUMNS, CASE_TABLES, CaseRow, Reader, cap, case_row, listed};
use super::read_call::all;
use super::seal::sealed;
use crate::domain::case::{DOMAIN_UNCODED, State};
use rusqlite::params;

/// The same as [`Case::is_uncoded`](crate::domain::case::Case::is_uncoded) of a row of `case_file`
/// that is named so in a query; never one under seal.
pub(super) fn uncoded(row: &str) -> String {
    let takes = State::NAMES.iter().map(|(state, _)| *state);
    let takes = takes.filter(|state| state.is_open() || *state == State::Closed);
    let takes: Vec<String> = takes.map(|state| format!("'{}'", state.as_str())).collect();
    let (takes, hidden) = (takes.join(", "), sealed(row));
    format!("({row}.domain = '{DOMAIN_UNCODED}' AND {row}.state IN ({takes}) AND NOT {hidden})")
}

impl Reader {
    /// The oldest cases that are still to be coded; contacts are masked.
    pub fn uncoded_cases(&self, limit: usize) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "SELECT {CASE_COLUMNS} FROM {CASE_TABLES} WHERE {}
             ORDER BY c.received_at, c.id LIMIT ?1",
            uncoded("c")
        );
        let rows = all(&self.db, &sql, params![cap(limit)], |row| case_row(&self.vault, row))?;
        listed(&self.db, rows)
    }
}
