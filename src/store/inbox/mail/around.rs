//! What the store knows around a mail: whether it came before, how much its sender wrote and was written,
//! and what he has to do with the case that it names.

use super::{InboundMail, about};
use crate::domain::case::State;
use crate::domain::message::mail::{Belongs, FLOOD_WITHIN, MailAround, MailKey, belongs};
use crate::store::case_file;
use crate::store::error::StoreError;
use crate::store::inbox::citizen::{self, id_of};
use crate::store::inbox::settle::Journal;
use crate::store::intake::{Desk, read_number};
use crate::store::read_call::all;
use crate::store::seal::{is_sealed, sealed};
use crate::units::CaseNumber;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// What asks a citizen for his word on an answer.
const SURVEY: &str = "M6";
/// Mails of one sender that are looked at for the same words, the newest.
const AGAIN_LOOKED_AT: i64 = 20;
/// Longest of them as they are kept, in bytes: what stands beside a mail is read behind all of it.
const AGAIN_BYTES: i64 = 1 << 20;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn since(at: Timestamp, window: SignedDuration) -> i64 {
    at.saturating_sub(window).unwrap_or(at).as_millisecond()
}

pub(super) fn around(
    db: &Connection,
    desk: &Desk,
    (id, journal): (i64, &Journal),
    (read, key): (&InboundMail, &MailKey),
    (known_by, said, wrote): (&[u8], &[u8], &str),
) -> Result<MailAround, StoreError> {
    let at = journal.received_at;
    let (named, answered_case) = match belongs(&read.mail, key) {
        Belongs::Answer(own) => {
            let case = match own.case {
                Some(case) => Some(case),
                None => case_of_outbox(db, own.outbox)?,
            };
            (case, case)
        }
        Belongs::Case(case) => (Some(case), None),
        Belongs::Claims(case) => (Some(case), None),
        Belongs::Nothing => (None, None),
    };
    let mut around = MailAround {
        is_copy: read.reference.message_id.is_some() && is_copy(db, id, (known_by, said))?,
        mails_of_sender: mails_of_sender(db, (id, at), known_by)?,
        receipts_of_sender: receipts(db, since(at, DAY), Some(known_by))?,
        receipts_in_hour: receipts(db, since(at, HOUR), None)?,
        answered_case,
        asked: citizen::asked(db, known_by, SURVEY)?,
        ..MailAround::default()
    };
    if let Some(number) = named {
        around.supplements = supplements(db, number)?;
        around.is_party = is_party(db, desk, number, read.mail.from.as_deref())?;
    } else if read.mail.from.is_some()
        && let Some(number) = again(db, desk, known_by, wrote)?
    {
        around.again = Some(number);
        around.supplements = supplements(db, number)?;
    }
    Ok(around)
}

fn is_copy(db: &Connection, id: i64, (by, said): (&[u8], &[u8])) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM inbound WHERE sender = ?1 AND words = ?2 AND id <> ?3
                   AND state IN ('done', 'ignored', 'held')";
    Ok(db.prepare_cached(sql)?.exists(params![by, said, id])?)
}

/// The open case that a mail of this sender with the same words made. Of one under seal nobody is told, not
/// even by what becomes of his mail.
fn again(
    db: &Connection,
    desk: &Desk,
    known_by: &[u8],
    wrote: &str,
) -> Result<Option<CaseNumber>, StoreError> {
    let sql = format!(
        "SELECT i.id, f.number FROM inbound i JOIN case_file f ON f.id = i.case_id
         JOIN inbound_raw r ON r.inbound = i.id
         WHERE i.sender = ?1 AND i.medium = 'mail' AND i.why = 'case' AND length(r.raw) <= ?2
             AND f.number IS NOT NULL AND f.state IN ({}) AND NOT {}
         ORDER BY i.id DESC LIMIT ?3",
        citizen::named_states(State::is_open),
        sealed("f")
    );
    let values = params![known_by, AGAIN_BYTES, AGAIN_LOOKED_AT];
    let mails: Vec<(i64, i64)> = all(db, &sql, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, number) in mails {
        if about::says(db, &desk.vault, id, wrote)? {
            return read_number(number).map(Some);
        }
    }
    Ok(None)
}

fn mails_of_sender(
    db: &Connection,
    (id, at): (i64, Timestamp),
    known_by: &[u8],
) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM inbound
               WHERE sender = ?1 AND received_at BETWEEN ?2 AND ?3 AND id <> ?4";
    let (from, until) = (since(at, FLOOD_WITHIN), at.as_millisecond());
    let values = params![known_by, from, until, id];
    Ok(db.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// Receipts since then, to one sender or to all.
fn receipts(db: &Connection, from: i64, to: Option<&[u8]>) -> Result<u32, StoreError> {
    let sql = match to {
        Some(_) => {
            "SELECT count(*) FROM outbox WHERE party = ?2 AND template = 'M1' AND created_at > ?1"
        }
        None => {
            "SELECT count(*) FROM outbox
             WHERE template = 'M1' AND created_at > ?1 AND ?2 IS NULL"
        }
    };
    Ok(db.prepare_cached(sql)?.query_row(params![from, to], |row| row.get(0))?)
}

fn case_of_outbox(db: &Connection, outbox: i64) -> Result<Option<CaseNumber>, StoreError> {
    let sql = "SELECT f.number FROM outbox o JOIN case_file f ON f.id = o.case_id WHERE o.id = ?1";
    let number: Option<Option<i64>> =
        db.prepare_cached(sql)?.query_row([outbox], |row| row.get(0)).optional()?;
    number.flatten().map(read_number).transpose()
}

fn supplements(db: &Connection, number: CaseNumber) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM inbound
               WHERE case_id = (SELECT id FROM case_file WHERE number = ?1)";
    let number = i64::try_from(number.as_u64()).unwrap_or(0);
    Ok(db.prepare_cached(sql)?.query_row([number], |row| row.get(0))?)
}

/// Whether a case came from this address. Of one under seal nobody is told, not even by what becomes of his
/// mail.
pub(super) fn is_party(
    db: &Connection,
    desk: &Desk,
    number: CaseNumber,
    from: Option<&str>,
) -> Result<bool, StoreError> {
    let id = match id_of(db, number) {
        Ok(id) => id,
        Err(StoreError::NotFound) => return Ok(false),
        Err(error) => return Err(error),
    };
    let case = case_file::load(db, &desk.vault, id)?;
    let is_his = |(mail, from): (&String, &str)| mail.eq_ignore_ascii_case(from);
    Ok(!is_sealed(&case) && case.private.mail.as_ref().zip(from).is_some_and(is_his))
}
