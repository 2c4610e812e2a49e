//! What a person decides of a message that was held, or that could not be read.

use super::read::{Waiting, waiting_rows};
use super::settle::end;
use super::{give_to_case, key_of, owner};
use crate::domain::calendar::Calendar;
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::DeadlineRules;
use crate::domain::message::Sender;
use crate::store::administration::Administration;
use crate::store::audit::{self, AuditEntry, AuditKind};
use crate::store::error::StoreError;
use crate::store::intake::{self, Desk};
use crate::store::read::{Reader, city_time};
use crate::store::read_call::all;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::Serialize;

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldDecision {
    /// It is a matter: of this sender, where he is known, in these words.
    Take {
        /// As the network shows him; of a mail, its address.
        from: Option<String>,
        /// As it was written.
        words: String,
    },
    /// It is nothing.
    Discard,
}

/// A message that waits for a person, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldRow {
    /// Its row.
    pub id: i64,
    /// `sms` or `mail`.
    pub medium: String,
    /// By which account.
    pub account: String,
    /// How it is read.
    pub form: String,
    /// When it came, RFC 3339 with the city's offset.
    pub received_at: String,
    /// `held`: read, but of a machine or suspect; `poison`: it could not be read.
    pub state: String,
    /// Why, in a word.
    pub why: Option<String>,
}

const NOT_HELD: StoreError = StoreError::Taken("the message does not wait for a person");

impl Reader {
    /// Messages that wait for a person, the oldest first, at most `limit`.
    pub fn held(&self, limit: usize) -> Result<Vec<HeldRow>, StoreError> {
        let sql = "SELECT id, medium, account, form, received_at, state, why FROM inbound
                   WHERE state IN ('held', 'poison') ORDER BY id LIMIT ?1";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        all(&self.db, sql, [limit], |row| {
            let at = Timestamp::from_millisecond(row.get(4)?).unwrap_or_default();
            Ok(HeldRow {
                id: row.get(0)?,
                medium: row.get(1)?,
                account: row.get(2)?,
                form: row.get(3)?,
                received_at: city_time(at),
                state: row.get(5)?,
                why: row.get(6)?,
            })
        })
    }
}

impl Administration {
    /// A message that waits for a person, with its bytes; the audit says who looked.
    pub fn show_held(&mut self, now: Timestamp, id: i64, by: &str) -> Result<Waiting, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        must_be_held(&tx, id)?;
        let mut held = waiting_rows(&tx, "id = ?1", [id])?.pop().ok_or(StoreError::NotFound)?;
        let key = key_of(&tx, &self.vault, id)?;
        let (key, sealed) = key.zip(held.raw.take()).ok_or(StoreError::NotFound)?;
        held.raw = Some(key.open(&owner(id), &sealed)?);
        note(&tx, now, (id, by), (AuditKind::MessageShown, ""))?;
        tx.commit()?;
        Ok(held)
    }

    /// Decides about it; `desk` is what a case is made with. Gives the row of the case, a draft of whoever
    /// decides, who accepts it with words of his own.
    pub fn decide_held(
        &mut self,
        now: Timestamp,
        id: i64,
        desk: (Calendar, DeadlineRules, [u8; 32]),
        (decision, by): (&HeldDecision, &str),
    ) -> Result<Option<i64>, StoreError> {
        let mut desk = self.desk(desk);
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        must_be_held(&tx, id)?;
        let case = match decision {
            HeldDecision::Take { from, words } => {
                Some(take(&tx, &mut desk, now, (id, by), (from.as_deref(), words))?)
            }
            HeldDecision::Discard => None,
        };
        let (state, why) =
            if case.is_some() { ("done", "taken") } else { ("ignored", "discarded") };
        // It waits again for a moment, so that it ends like any other.
        let sql = "UPDATE inbound SET state = 'new', ended_at = NULL WHERE id = ?1";
        tx.prepare_cached(sql)?.execute([id])?;
        end(&tx, now, id, (state, why))?;
        note(&tx, now, (id, by), (AuditKind::MessageDecided, why))?;
        tx.commit()?;
        Ok(case)
    }
}

fn must_be_held(db: &Connection, id: i64) -> Result<(), StoreError> {
    let sql = "SELECT state IN ('held', 'poison') FROM inbound WHERE id = ?1";
    let found: Option<bool> =
        db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    match found {
        Some(true) => Ok(()),
        Some(false) => Err(NOT_HELD),
        None => Err(StoreError::NotFound),
    }
}

fn take(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (id, by): (i64, &str),
    (from, words): (Option<&str>, &str),
) -> Result<i64, StoreError> {
    let sql = "SELECT received_at, medium = 'mail' FROM inbound WHERE id = ?1";
    let (received, is_mail): (i64, bool) =
        db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let number = from.filter(|_| !is_mail).map(Sender::parse);
    let number = number.and_then(|sender| sender.phone().cloned());
    let intake = NewIntake {
        key: format!("inbound:{id}"),
        kind: if is_mail { IntakeKind::Email } else { IntakeKind::PublicSms },
        call: None,
        contact: number.clone(),
        mail: from.filter(|_| is_mail).map(str::to_owned),
        caller: Caller { number, display: None },
        received_at: Timestamp::from_millisecond(received).unwrap_or(now),
        recording: None,
        text: Some(words.to_owned()),
        callback: false,
    };
    let opened = intake::open(db, desk, now, &intake, by)?;
    give_to_case(db, &desk.vault, id, opened.case_id)?;
    Ok(opened.case_id)
}

fn note(
    db: &Connection,
    now: Timestamp,
    (id, by): (i64, &str),
    (kind, why): (AuditKind, &str),
) -> Result<(), StoreError> {
    if by.trim().is_empty() {
        return Err(StoreError::Malformed("who decides"));
    }
    let (actor, subject) = (by.to_owned(), format!("inbound/{id}"));
    audit::append(db, now, &AuditEntry { actor, kind, subject, reason: why.to_owned() })
}
