//! What became of a message of ours, as its carrier tells: kept also where nobody knows of which.

use super::CarrierReport;
use super::settle::{Journal, SettledInbound, end};
use crate::store::error::StoreError;
use crate::store::intake::Desk;
use crate::store::outbox::{Heard, hear, part_of, party};
use jiff::Timestamp;
use rusqlite::{Connection, params};

pub(super) fn take(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (id, journal): (i64, &Journal),
    report: &CarrierReport,
) -> Result<SettledInbound, StoreError> {
    let CarrierReport { reference, to, state, code, at } = report;
    let party = to.as_ref().map(|to| party(&desk.vault, to));
    let part = part_of(db, &journal.account, reference, party.as_deref())?;
    db.prepare_cached(
        "INSERT INTO delivery_report (inbound, account, reference, party, state, code, at, outbox, number)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        id,
        journal.account,
        reference,
        party,
        state.as_str(),
        code,
        at.unwrap_or(journal.received_at).as_millisecond(),
        part.map(|(outbox, _)| outbox),
        part.map(|(_, number)| number),
    ])?;
    if let Some(part) = part {
        let heard = Heard { state: *state, reference: None, code: Some(code) };
        hear(db, &desk.vault, now, part, &heard)?;
    }
    let why = if part.is_some() { "report" } else { "report_unmatched" };
    end(db, now, id, ("done", why))?;
    Ok(SettledInbound::Done)
}
