//! Whether an issued report was wrong, so that its next version is made (domain.md C1).

use super::error::StoreError;
use super::report::range;
use super::{report_inputs, report_narrative};
use crate::domain::case::DOMAIN_UNCODED;
use crate::domain::report::Period;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Events that say that a report was wrong, not that the work went on: another classification (the code
/// that a wrap-up left open is the first) or disposition, a merge or its end, a withdrawal, a seal, an
/// answer that nobody got, and a contact of the period that got its number later.
const CORRECTING: &str = "
    (e.body ->> 'event' = 'classified' AND EXISTS (
         SELECT 1 FROM event f WHERE f.case_id = c.id AND f.at <= ?3
           AND f.body ->> 'event' = 'classified' AND f.body ->> 'domain' <> ?5))
    OR (e.body ->> 'event' = 'disposition_chosen' AND e.body ->> 'reason' IS NOT NULL)
    OR e.body ->> 'event' IN ('accepted', 'merged', 'unmerged', 'withdrawn', 'seal_proposed',
                              'seal_refused', 'sealed', 'false_feedback')";

/// Whether something came after `as_of` and by `until` that corrects the report of a period, or somebody
/// wrote another narrative for it or another number that it tells.
pub(super) fn is_corrected(
    db: &Connection,
    period: &Period,
    as_of: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    if report_narrative::is_newer(db, period, as_of, until)?
        || report_inputs::is_newer(db, period, as_of, until)?
    {
        return Ok(true);
    }
    let (from, to) = range(period)?;
    let sql = format!(
        "SELECT 1 FROM case_file c JOIN event e ON e.case_id = c.id
         WHERE c.received_at >= ?1 AND c.received_at < ?2 AND c.number IS NOT NULL
           AND e.at > ?3 AND e.at <= ?4 AND ({CORRECTING}) LIMIT 1"
    );
    let (as_of, until) = (as_of.as_millisecond(), until.as_millisecond());
    Ok(db.prepare_cached(&sql)?.exists(params![from, to, as_of, until, DOMAIN_UNCODED])?)
}
