//! From the journal to where a message belongs, in one transaction.

use super::text::{self, Arrived};
use super::{InboundText, Parsed, Words, mail, parts, report};
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::intake::Desk;
use crate::store::numbering;
use crate::store::work::{Answer, Kind};
use crate::wire::sms;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// How often a message is tried to be read; then a person must look at it.
pub const READ_TRIES_MAX: u32 = 3;

/// Why a message waits though it can be read: the day has no case number for it.
pub(super) const NO_NUMBER: &str = "no_number";

/// Where a message is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettledInbound {
    /// With its case, or answered.
    Done,
    /// It waits for the rest of it.
    Parts,
    /// A person must look at it.
    Held,
    /// Nobody needs it.
    Ignored,
    /// It wants a case number, and the day has none left: it waits for the next day's.
    NoNumber,
    /// It could not be read, and is tried again.
    Again,
    /// It could not be read again and again: a person must look at it.
    Poison,
    /// It was settled before.
    Gone,
}

impl StoreHandle {
    /// Settles a message that was read.
    #[must_use]
    pub fn inbound_settle(
        &self,
        now: Timestamp,
        id: i64,
        parsed: Parsed,
        answer: Answer<SettledInbound>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            let settle = |db: &Connection, desk: &mut Desk| settle(db, desk, now, id, &parsed);
            match numbering::unless_spent(db, desk, now, settle)? {
                Some(settled) => Ok(settled),
                None => put_off(db, id),
            }
        })
    }

    /// A message could not be read, for this reason.
    #[must_use]
    pub fn inbound_unreadable(
        &self,
        now: Timestamp,
        id: i64,
        why: &'static str,
        answer: Answer<SettledInbound>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| unreadable(db, now, id, why))
    }

    /// Takes up what waited for a case number, tells the texts whose rest did not come, and forgets what is
    /// over.
    #[must_use]
    pub fn inbound_tidy(&self, now: Timestamp, answer: Answer<usize>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            let taken_up = take_up(db, now)?;
            Ok(taken_up + parts::tell_incomplete(db, desk, now)? + super::tidy::forget(db, now)?)
        })
    }
}

/// What the journal says of a message.
pub(super) struct Journal {
    pub(super) account: String,
    pub(super) received_at: Timestamp,
}

/// A message that waits to be settled; `None`: it was.
pub(super) fn waiting(db: &Connection, id: i64) -> Result<Option<Journal>, StoreError> {
    let sql = "SELECT account, received_at FROM inbound WHERE id = ?1 AND state = 'new'";
    let found = db.prepare_cached(sql)?.query_row([id], |row| {
        let received_at = Timestamp::from_millisecond(row.get(1)?).unwrap_or_default();
        Ok(Journal { account: row.get(0)?, received_at })
    });
    Ok(found.optional()?)
}

fn settle(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    id: i64,
    parsed: &Parsed,
) -> Result<SettledInbound, StoreError> {
    let Some(journal) = waiting(db, id)? else { return Ok(SettledInbound::Gone) };
    match parsed {
        Parsed::Nothing(why) => {
            end(db, now, id, ("ignored", why))?;
            Ok(SettledInbound::Ignored)
        }
        Parsed::Held(why) => {
            hold(db, now, id, why)?;
            Ok(SettledInbound::Held)
        }
        Parsed::Mail(read) => mail::take(db, desk, now, (id, &journal), read),
        Parsed::Report(report) => report::take(db, desk, now, (id, &journal), report),
        Parsed::Text(text) => {
            let InboundText { from, words, .. } = &**text;
            let (words, suspect) = match words {
                Words::Data(data) if data.part.is_some() => {
                    return parts::take(db, desk, now, (id, &journal), (text, data));
                }
                Words::Data(data) => {
                    let sms::Text { text, suspect } = sms::decode([data]);
                    (text, suspect)
                }
                Words::Whole { text, suspect } => (text.clone(), *suspect),
            };
            let arrived = Arrived { ids: &[id], journal: &journal, from, words, suspect };
            text::take(db, desk, now, &arrived)
        }
    }
}

/// A message is where it belongs.
pub(super) fn end(
    db: &Connection,
    now: Timestamp,
    id: i64,
    (state, why): (&str, &str),
) -> Result<(), StoreError> {
    let sql = "UPDATE inbound SET state = ?2, why = ?3, ended_at = ?4
               WHERE id = ?1 AND state IN ('new', 'parts')";
    db.prepare_cached(sql)?.execute(params![id, state, why, now.as_millisecond()])?;
    Ok(())
}

/// A message waits for the numbers of the next day. It is no fault of it: its tries are not counted.
fn put_off(db: &Connection, id: i64) -> Result<SettledInbound, StoreError> {
    let sql = "UPDATE inbound SET why = ?2 WHERE id = ?1 AND state = 'new'";
    db.prepare_cached(sql)?.execute(params![id, NO_NUMBER])?;
    Ok(SettledInbound::NoNumber)
}

/// What waited for a number is read again once the day has some; gives how many.
fn take_up(db: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    if numbering::left(db, now)? == 0 {
        return Ok(0);
    }
    let sql = "UPDATE inbound SET why = NULL WHERE state = 'new' AND why = ?1";
    let messages = db.prepare_cached(sql)?.execute([NO_NUMBER])?;
    if messages > 0 {
        tracing::info!(messages, "there are case numbers again for messages that waited for one");
    }
    Ok(messages)
}

/// A message waits for a person.
pub(super) fn hold(db: &Connection, now: Timestamp, id: i64, why: &str) -> Result<(), StoreError> {
    tracing::warn!(message = id, why, "a message waits for a person: `mayorline message held`");
    end(db, now, id, ("held", why))
}

fn unreadable(
    db: &Connection,
    now: Timestamp,
    id: i64,
    why: &str,
) -> Result<SettledInbound, StoreError> {
    if waiting(db, id)?.is_none() {
        return Ok(SettledInbound::Gone);
    }
    let sql =
        "UPDATE inbound SET attempts = attempts + 1, why = ?2 WHERE id = ?1 RETURNING attempts";
    let tries: u32 = db.prepare_cached(sql)?.query_row(params![id, why], |row| row.get(0))?;
    if tries < READ_TRIES_MAX {
        return Ok(SettledInbound::Again);
    }
    tracing::error!(
        message = id,
        why,
        "ALARM a message cannot be read and waits for a person: `mayorline message held`"
    );
    end(db, now, id, ("poison", why))?;
    Ok(SettledInbound::Poison)
}
