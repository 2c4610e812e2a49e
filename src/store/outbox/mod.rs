//! What goes out by text and mail (docs/adr/0027-messages.md): written with what it tells of, in one
//! transaction, and handed to its carrier afterwards.
//!
//! * `citizen`: what a citizen is told of his case; `unit`, `leader`: what units and leaders are
//!   told; `put`: a message into the box, within the limits of one
//!   person.
//! * `deliver`: which is next, who has it, what came of it; what may have been sent is never sent again
//!   by itself.
//! * `report`: what the carrier says became of it; `sweep`: what waited too long.
//! * `decide`: what a person decides; `read`: lists and health.

mod citizen;
mod decide;
mod deliver;
mod leader;
mod put;
mod read;
mod report;
mod sweep;
mod unit;

pub use decide::SendDecision;
pub use deliver::{LeasedMessage, MESSAGE_LEASE_MS, PartNow, PartOutcome};
pub(super) use leader::{LeaderMessage, tell_leader};
pub(super) use put::{NewMessage, party, put};
pub use read::{AccountRow, OutboxFilter, OutboxRow};
pub(super) use report::{Heard, bare, hear, part_of};
pub use sweep::{OUTBOX_KEPT_DAYS, SweptOutbox};
pub(super) use unit::remind_unit;

use super::case_key::{self, Access};
use super::error::StoreError;
use super::intake::Desk;
use super::vault::{DataKey, Vault};
use crate::domain::case::{Case, CaseEvent};
use crate::domain::message::mail::Reference;
use crate::domain::message::mail::templates::WrittenMail;
use crate::domain::message::templates::{Param, Written};
use crate::units::{CaseNumber, PhoneNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::fmt;

/// To whom and what, as it is sealed. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    /// A telephone number or an address.
    pub(super) to: String,
    /// Of a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    /// What fills the template, in its order, for carriers that know the template themselves.
    pub(super) parameters: Vec<(String, String)>,
    /// The whole text.
    pub(super) text: String,
    /// Of a mail: the Message-ID of the one that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) in_reply_to: Option<String>,
    /// Of a mail: the ids that one names itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<String>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter")
    }
}

impl Letter {
    /// A short text to a telephone.
    pub(super) fn of(to: &PhoneNumber, written: Written) -> Self {
        let named = |param: Param| (param.name.to_owned(), param.value);
        let parameters = written.params.into_iter().map(named).collect();
        Self {
            to: to.as_str().to_owned(),
            subject: None,
            parameters,
            text: written.text,
            in_reply_to: None,
            references: vec![],
        }
    }

    /// A mail to a unit or a leader: it answers none, and no answer to it finds a case.
    pub(super) fn notice(to: &str, written: WrittenMail) -> Self {
        let WrittenMail { subject, text, .. } = written;
        Self::mail(to.to_owned(), None, (subject, text), Reference::default())
    }

    /// A mail. `case`: the number by which an answer finds it; none for what tells of a case under seal.
    pub(super) fn mail(
        to: String,
        case: Option<CaseNumber>,
        (subject, text): (String, String),
        answers: Reference,
    ) -> Self {
        Self {
            to,
            subject: Some(subject),
            parameters: case
                .map(|case| ("case".to_owned(), case.to_string()))
                .into_iter()
                .collect(),
            text,
            in_reply_to: answers.message_id,
            references: answers.references,
        }
    }
}

/// Puts what citizen and unit are told of these events into the box; `case` is the one after all of them,
/// `last` the last of them in the chain.
pub(super) fn tell(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    of: (i64, i64),
    what: (&Case, &[CaseEvent]),
) -> Result<(), StoreError> {
    citizen::tell_citizen(db, desk, now, of, what)?;
    unit::tell_unit(db, desk, now, of, what)
}

/// What the key of a message is bound to.
fn owner(id: i64) -> String {
    format!("outbox/{id}")
}

/// To whom and what. `None`: erased, or the liaison's.
pub(super) fn letter_of(
    db: &Connection,
    vault: &Vault,
    id: i64,
) -> Result<Option<Letter>, StoreError> {
    let sql = "SELECT key, private, case_id FROM outbox WHERE id = ?1";
    let found = db
        .prepare_cached(sql)?
        .query_row([id], |row| {
            let sealed: [Option<Vec<u8>>; 2] = [row.get(0)?, row.get(1)?];
            Ok((sealed, row.get::<_, Option<i64>>(2)?))
        })
        .optional()?;
    let (sealed, case) = found.ok_or(StoreError::NotFound)?;
    let [Some(wrapped), Some(private)] = sealed else { return Ok(None) };
    let key = match vault.unwrap(&wrapped, &owner(id)) {
        Ok(key) => Some(key),
        // One that has ended is the case's to read.
        Err(error) => {
            let Some(case) = case else { return Err(error) };
            let opened = case_key::of(db, vault, case)?.open(&owner(id), &wrapped)?;
            opened.map(|key| DataKey::of_bytes(&key)).transpose()?
        }
    };
    let Some(key) = key else { return Ok(None) };
    let json = key.open(&owner(id), &private)?;
    serde_json::from_slice(&json).map(Some).map_err(|_| StoreError::Damaged("message"))
}

/// A message that has ended belongs to its case: whoever can read the case can read it.
fn give_to_case(db: &Connection, vault: &Vault, id: i64) -> Result<(), StoreError> {
    let sql = "SELECT key, case_id FROM outbox WHERE id = ?1";
    let found: (Option<Vec<u8>>, Option<i64>) =
        db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(wrapped), Some(case)) = found else { return Ok(()) };
    // Given before.
    let Ok(key) = vault.unwrap(&wrapped, &owner(id)) else { return Ok(()) };
    let access = case_key::of(db, vault, case)?;
    if matches!(access, Access::Gone) {
        // The case was erased: so is what was told of it.
        let sql = "UPDATE outbox SET key = NULL, private = NULL, party = x'' WHERE id = ?1";
        db.prepare_cached(sql)?.execute([id])?;
        return Ok(());
    }
    let sealed = access.seal(&owner(id), key.bytes())?;
    db.prepare_cached("UPDATE outbox SET key = ?2 WHERE id = ?1")?.execute(params![id, sealed])?;
    Ok(())
}
