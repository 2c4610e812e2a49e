//! The narrative (综述) of a report: what a person wrote in his own words, with who and when. The last of
//! a period counts, those before it stay.

use super::administration::Administration;
use super::error::StoreError;
use crate::domain::anonymise::anonymise;
use crate::domain::report::{Narrative, Period, city_minute};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Characters of a narrative.
pub const NARRATIVE_CHARS_MAX: usize = 2_000;

impl Administration {
    /// Stores a narrative for the next version of a report. [`StoreError::Malformed`] when it is empty or
    /// too long, nobody wrote it, or it says who a citizen is: reports go to people who may not know.
    pub fn narrate(
        &mut self,
        at: Timestamp,
        period: &Period,
        text: &str,
        by: &str,
    ) -> Result<(), StoreError> {
        let (text, by) = (text.trim(), by.trim());
        if text.is_empty() || by.is_empty() || text.chars().count() > NARRATIVE_CHARS_MAX {
            return Err(StoreError::Malformed(
                "a narrative is empty or too long, or has no author",
            ));
        }
        if !anonymise(text).1.is_empty() {
            return Err(StoreError::Malformed("综述不得含姓名、电话等个人信息"));
        }
        let put = "INSERT INTO report_narrative (kind, period, text, by_person, at)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let (kind, name) = (period.kind().as_str(), period.name());
        self.db.execute(put, params![kind, name, text, by, at.as_millisecond()])?;
        Ok(())
    }
}

/// The narrative of a period as of an instant.
pub(super) fn of(
    db: &Connection,
    period: &Period,
    as_of: Timestamp,
) -> Result<Option<Narrative>, StoreError> {
    let sql = "SELECT text, by_person, at FROM report_narrative
               WHERE kind = ?1 AND period = ?2 AND at <= ?3 ORDER BY seq DESC LIMIT 1";
    let asked = params![period.kind().as_str(), period.name(), as_of.as_millisecond()];
    let found = db.prepare_cached(sql)?.query_row(asked, |row| {
        let at = Timestamp::from_millisecond(row.get(2)?).unwrap_or_default();
        Ok(Narrative { text: row.get(0)?, by: row.get(1)?, at: city_minute(at) })
    });
    Ok(found.optional()?)
}

/// Whether one was written after `as_of` and by `until`.
pub(super) fn is_newer(
    db: &Connection,
    period: &Period,
    as_of: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM report_narrative
               WHERE kind = ?1 AND period = ?2 AND at > ?3 AND at <= ?4";
    let (kind, name) = (period.kind().as_str(), period.name());
    let (as_of, until) = (as_of.as_millisecond(), until.as_millisecond());
    Ok(db.prepare_cached(sql)?.exists(params![kind, name, as_of, until])?)
}
