//! What became of a mail of ours, as servers tell by mail.

use super::Arrived;
use crate::domain::message::SendState;
use crate::store::case_file;
use crate::store::error::StoreError;
use crate::store::inbox::give_to_case;
use crate::store::inbox::settle::SettledInbound;
use crate::store::intake::{self, Desk};
use crate::store::outbox::{Heard, hear};
use crate::store::seal::is_sealed;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// A mail of ours has one part.
const PART: u8 = 1;

impl Arrived<'_> {
    /// It did not arrive: its row says so, and its citizen is called instead where he gave a number. It is
    /// never answered, so that a bounce of a notice cannot make a notice.
    pub(super) fn bounced(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        (outbox, status): (Option<i64>, Option<&str>),
    ) -> Result<SettledInbound, StoreError> {
        let Some((outbox, case)) = self.sent(db, outbox)? else {
            return self.hold(db, now, "bounce");
        };
        let was = state_of(db, outbox)?;
        let code = status.unwrap_or("bounced");
        let heard = Heard { state: SendState::Undelivered, reference: None, code: Some(code) };
        hear(db, &desk.vault, now, (outbox, PART), &heard)?;
        if let Some(case) = case {
            // It quotes what was written of the case.
            give_to_case(db, &desk.vault, self.id, case)?;
            if was != state_of(db, outbox)? {
                self.fall_back(db, desk, now, case)?;
            }
        }
        self.done(db, now, "bounce")
    }

    fn fall_back(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        case_id: i64,
    ) -> Result<(), StoreError> {
        let case = case_file::load(db, &desk.vault, case_id)?;
        if is_sealed(&case) {
            return Ok(());
        }
        if case.private.contact.is_some() {
            return intake::call_back(db, desk, now, case_id);
        }
        let message = self.id;
        tracing::warn!(message, "a citizen cannot be reached by mail, and gave no telephone");
        Ok(())
    }

    /// It arrived.
    pub(super) fn arrived(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        outbox: Option<i64>,
    ) -> Result<SettledInbound, StoreError> {
        let Some((outbox, case)) = self.sent(db, outbox)? else {
            return self.ignore(db, now, "report_unmatched");
        };
        let heard = Heard { state: SendState::Delivered, reference: None, code: None };
        hear(db, &desk.vault, now, (outbox, PART), &heard)?;
        if let Some(case) = case {
            give_to_case(db, &desk.vault, self.id, case)?;
        }
        self.done(db, now, "report")
    }

    /// A mail that was handed over, with the case that it tells of.
    fn sent(
        &self,
        db: &Connection,
        outbox: Option<i64>,
    ) -> Result<Option<(i64, Option<i64>)>, StoreError> {
        let Some(outbox) = outbox else { return Ok(None) };
        let sql = "SELECT o.id, o.case_id FROM outbox o
                   JOIN outbox_part p ON p.outbox = o.id AND p.number = 1
                   WHERE o.id = ?1 AND o.medium = 'mail'";
        let mut find = db.prepare_cached(sql)?;
        Ok(find.query_row([outbox], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

fn state_of(db: &Connection, outbox: i64) -> Result<String, StoreError> {
    let sql = "SELECT state FROM outbox WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([outbox], |row| row.get(0))?)
}
