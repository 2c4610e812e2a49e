//! Which cases are under seal: hidden from everybody but the discipline liaison from the moment it
//! is proposed (domain.md B9, T12). Of such a case number, date and channel are told, nothing else.

use super::error::StoreError;
use crate::domain::case::{Case, State};
use rusqlite::Connection;

/// A seal is proposed or in force.
pub(super) fn is_sealed(case: &Case) -> bool {
    case.told_state() == Some(State::Sealed)
}

/// The same of a row of `case_file` that is named so in a query.
pub(super) fn sealed(row: &str) -> String {
    format!("({row}.state = 'sealed' OR {row}.seal_proposed)")
}

/// No case that came by a call, a row of `call` that is named so in a query, is under seal.
pub(super) fn unsealed(call: &str) -> String {
    let case = sealed("f");
    format!("NOT EXISTS (SELECT 1 FROM case_file f WHERE f.call = {call}.id AND {case})")
}

/// Whether a case that came by a call is under seal; then the call tells nothing of its people.
pub(super) fn is_call_sealed(db: &Connection, call: &str) -> Result<bool, StoreError> {
    let sql = format!("SELECT 1 FROM case_file f WHERE f.call = ?1 AND {}", sealed("f"));
    Ok(db.prepare_cached(&sql)?.exists([call])?)
}
