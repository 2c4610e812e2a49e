//! A message into the box, in the transaction of what it tells of.

use super::{Letter, owner};
use crate::domain::message::{
    Class, Medium, RECEIPT_REST, REPLIES_PER_HOUR_MAX, SendState, TEXTS_PER_DAY_MAX, TRIED_FOR,
    may_leave,
};
use crate::store::error::StoreError;
use crate::store::vault::{DataKey, Vault};
use crate::units::PhoneNumber;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Longest key that makes a repeat harmless, in bytes.
const IDEM_BYTES_MAX: usize = 128;

/// A message that is to go out.
#[derive(Debug)]
pub(in crate::store) struct NewMessage<'a> {
    /// The same for the same message.
    pub(in crate::store) idem_key: String,
    pub(in crate::store) medium: Medium,
    pub(in crate::store) account: &'a str,
    /// Which text of the table.
    pub(in crate::store) template: &'static str,
    pub(in crate::store) class: Class,
    /// It wakes somebody if need be.
    pub(in crate::store) urgent: bool,
    pub(in crate::store) letter: Letter,
    /// The case that it tells of; none for what tells of a case under seal.
    pub(in crate::store) case_id: Option<i64>,
    /// What came in before it.
    pub(in crate::store) answers: Option<i64>,
}

/// What a person is known by, whom a message goes to or comes from, however his carrier writes him.
pub(in crate::store) fn party(vault: &Vault, address: &str) -> Vec<u8> {
    match PhoneNumber::parse(address) {
        Ok(number) => vault.number_hash(number.as_str()),
        Err(_) => vault.number_hash(&address.trim().to_lowercase()),
    }
}

/// Puts a message into the box. `None`: it was there before, or its receiver got enough of its kind.
pub(in crate::store) fn put(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    new: &NewMessage<'_>,
) -> Result<Option<i64>, StoreError> {
    if new.idem_key.is_empty() || new.idem_key.len() > IDEM_BYTES_MAX {
        return Err(StoreError::Malformed("the key of a message"));
    }
    let party = party(vault, &new.letter.to);
    let known = "SELECT 1 FROM outbox WHERE idem_key = ?1";
    if db.prepare_cached(known)?.exists([&new.idem_key])? || !is_wanted(db, now, new, &party)? {
        return Ok(None);
    }
    let not_before = not_before(db, now, new, &party)?;
    let next = "SELECT COALESCE(max(id), 0) + 1 FROM outbox";
    let id: i64 = db.prepare_cached(next)?.query_row([], |row| row.get(0))?;
    let json = serde_json::to_vec(&new.letter).map_err(|_| StoreError::Damaged("message"))?;
    let key = DataKey::random()?;
    let private = key.seal(&owner(id), &json)?;
    let expires_at = not_before.saturating_add(TRIED_FOR).unwrap_or(not_before);
    db.prepare_cached(
        "INSERT INTO outbox (id, idem_key, medium, account, template, class, case_id, answers, party,
             key, private, created_at, rank, not_before, expires_at, state, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?12)",
    )?
    .execute(params![
        id,
        new.idem_key,
        new.medium.as_str(),
        new.account,
        new.template,
        new.class.as_str(),
        new.case_id,
        new.answers,
        party,
        vault.wrap(&key, &owner(id))?,
        private,
        now.as_millisecond(),
        new.class.rank(),
        not_before.as_millisecond(),
        expires_at.as_millisecond(),
        SendState::Queued.as_str(),
    ])?;
    Ok(Some(id))
}

fn since(now: Timestamp, window: SignedDuration) -> i64 {
    now.saturating_sub(window).unwrap_or(now).as_millisecond()
}

/// Whether its receiver is to get it at all.
fn is_wanted(
    db: &Connection,
    now: Timestamp,
    new: &NewMessage<'_>,
    party: &[u8],
) -> Result<bool, StoreError> {
    match new.class {
        Class::Notice => {
            let sql = "SELECT 1 FROM notices_stopped WHERE party = ?1";
            Ok(!db.prepare_cached(sql)?.exists([party])?)
        }
        // Two machines that answer each other end here, and a sender who floods the line.
        Class::Receipt => {
            let sql = "SELECT count(*), count(*) FILTER (WHERE template = ?3 AND created_at > ?4)
                       FROM outbox WHERE party = ?1 AND created_at > ?2 AND class = 'receipt'";
            let (replies, same): (u32, u32) = db.prepare_cached(sql)?.query_row(
                params![party, since(now, HOUR), new.template, since(now, RECEIPT_REST)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let rests = is_acknowledgement(new.template) && same > 0;
            Ok(replies < REPLIES_PER_HOUR_MAX && !rests)
        }
        Class::Answer | Class::Order | Class::Secret => Ok(true),
    }
}

/// It says that something came in, or whom to call; of these a sender gets one in a while.
fn is_acknowledgement(template: &str) -> bool {
    matches!(template, "S01" | "S02" | "S14" | "M1")
}

/// When it may leave: not in the night, and on the next day where its receiver got enough on this one.
fn not_before(
    db: &Connection,
    now: Timestamp,
    new: &NewMessage<'_>,
    party: &[u8],
) -> Result<Timestamp, StoreError> {
    let mut at = now;
    let counted = new.medium == Medium::Sms && matches!(new.class, Class::Answer | Class::Notice);
    if counted {
        let sql = "SELECT not_before FROM outbox WHERE party = ?1 AND created_at > ?2
                       AND class IN ('answer', 'notice') AND state NOT IN ('withdrawn', 'failed')
                   ORDER BY not_before DESC LIMIT 1 OFFSET ?3";
        let nth = i64::from(TEXTS_PER_DAY_MAX - 1);
        let from = since(now, DAY + DAY);
        let last: Option<i64> = db
            .prepare_cached(sql)?
            .query_row(params![party, from, nth], |row| row.get(0))
            .optional()?;
        let day_after = last.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let day_after = day_after.and_then(|last| last.saturating_add(DAY).ok());
        at = day_after.filter(|later| *later > now).unwrap_or(now);
    }
    Ok(may_leave(new.medium, new.class, new.urgent, at))
}
