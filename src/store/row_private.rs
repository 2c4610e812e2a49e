//! The private part of a row of `case_file`: who the citizen is and what he said, sealed under the
//! key of the case. A row under seal has none.

use super::case_key::owner;
use super::error::StoreError;
use super::vault::{DataKey, Vault};
use crate::domain::case::Case;
use crate::units::{PhoneNumber, QueryCode};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

/// The tables that [`of_row`] needs beside `case_file c`.
pub(super) const KEY_JOIN: &str = "LEFT JOIN case_key k ON k.case_id = c.id AND k.holder IS NULL";

/// Its columns, in the order of [`of_row`].
pub(super) const COLUMNS: &str = "c.id, c.private, k.wrapped";

/// What stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowPrivate {
    /// The query code, four digits.
    pub(super) code: Option<String>,
    /// Whom to call back.
    pub(super) contact: Option<String>,
    /// The number that called.
    pub(super) caller: Option<String>,
    /// The address that its mail came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mail: Option<String>,
    /// The display name it showed.
    pub(super) display: Option<String>,
    /// What it is about.
    pub(super) summary: Option<String>,
    /// The citizen's own words.
    pub(super) text: Option<String>,
}

impl RowPrivate {
    /// As the events say.
    pub(super) fn of(case: &Case) -> Self {
        let private = &case.private;
        let number = |number: &Option<PhoneNumber>| number.as_ref().map(|n| n.as_str().to_owned());
        Self {
            code: private.code.map(QueryCode::reveal),
            contact: number(&private.contact),
            caller: number(&private.caller),
            mail: private.mail.clone(),
            display: private.display.clone(),
            summary: case.summary.clone(),
            text: private.text.clone(),
        }
    }

    /// Sealed for the row of this case.
    pub(super) fn seal(&self, key: &DataKey, case_id: i64) -> Result<Vec<u8>, StoreError> {
        let json = serde_json::to_vec(self).map_err(|_| StoreError::Damaged("case"))?;
        key.seal(&place(case_id), &json)
    }

    /// Opens what stands in the row of this case.
    pub(super) fn open(
        vault: &Vault,
        case_id: i64,
        sealed: Option<Vec<u8>>,
        wrapped: Option<Vec<u8>>,
    ) -> Result<Self, StoreError> {
        let Some(sealed) = sealed else { return Ok(Self::default()) };
        let wrapped = wrapped.ok_or(StoreError::Damaged("case key"))?;
        let key = vault.unwrap(&wrapped, &owner(case_id))?;
        let json = key.open(&place(case_id), &sealed)?;
        serde_json::from_slice(&json).map_err(|_| StoreError::Damaged("case"))
    }
}

fn place(case_id: i64) -> String {
    format!("{}/row", owner(case_id))
}

/// The private part of a row whose columns [`COLUMNS`] begin at `at`.
pub(super) fn of_row(vault: &Vault, row: &Row<'_>, at: usize) -> rusqlite::Result<RowPrivate> {
    let id: Option<i64> = row.get(at)?;
    let Some(id) = id else { return Ok(RowPrivate::default()) };
    let found = RowPrivate::open(vault, id, row.get(at + 1)?, row.get(at + 2)?);
    found.map_err(|error| unreadable(at + 1, error))
}

/// What cannot be opened, as an error of the column it stands in.
pub(super) fn unreadable(column: usize, error: StoreError) -> rusqlite::Error {
    let blob = rusqlite::types::Type::Blob;
    rusqlite::Error::FromSqlConversionFailure(column, blob, Box::new(error))
}
