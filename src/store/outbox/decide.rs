//! What a person decides of a message: whether one that may have been sent was, whether it goes once more,
//! whether it goes at all.

use super::deliver::stand;
use super::give_to_case;
use crate::domain::message::{SendState, TRIED_FOR};
use crate::store::administration::Administration;
use crate::store::audit::{self, AuditEntry, AuditKind};
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::seal::sealed;
use crate::store::vault::Vault;
use crate::store::work::{Answer, Kind};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendDecision {
    /// It was sent: the receiver has it, or the carrier says so.
    Sent,
    /// It goes once more: those of its parts that did not arrive.
    Resend,
    /// It does not go any more.
    Withdraw,
}

impl SendDecision {
    /// Reads what [`SendDecision::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sent, Self::Resend, Self::Withdraw].into_iter().find(|one| one.as_str() == name)
    }

    /// Its name in the audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Resend => "resend",
            Self::Withdraw => "withdraw",
        }
    }
}

impl StoreHandle {
    /// A person decides about a message; gives where it stands then.
    #[must_use]
    pub fn outbox_decide(
        &self,
        now: Timestamp,
        id: i64,
        (decision, by): (SendDecision, String),
        answer: Answer<SendState>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| {
            decide(db, &desk.vault, now, id, (decision, &by))
        })
    }
}

impl Administration {
    /// The same on the command line.
    pub fn outbox_decide(
        &mut self,
        now: Timestamp,
        id: i64,
        (decision, by): (SendDecision, &str),
    ) -> Result<SendState, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = decide(&tx, &self.vault, now, id, (decision, by))?;
        tx.commit()?;
        Ok(state)
    }
}

const NOT_NOW: StoreError = StoreError::Taken("the message does not wait for that decision");

fn decide(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    id: i64,
    (decision, by): (SendDecision, &str),
) -> Result<SendState, StoreError> {
    if by.trim().is_empty() {
        return Err(StoreError::Malformed("who decides"));
    }
    // Of a case under seal nothing is known here, not even that a message waits.
    let sql = format!(
        "SELECT o.state, o.leased_until IS NOT NULL, o.private IS NOT NULL FROM outbox o
         WHERE o.id = ?1
           AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.id = o.case_id AND {})",
        sealed("f")
    );
    let found: Option<(String, bool, bool)> = db
        .prepare_cached(&sql)?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (state, is_leased, is_readable) = found.ok_or(StoreError::NotFound)?;
    let state = SendState::parse(&state).ok_or(StoreError::Damaged("message"))?;
    match decision {
        SendDecision::Sent if state == SendState::Uncertain => {
            parts(db, id, "submitted", "uncertain")?;
            stand(db, vault, now, id)?;
        }
        SendDecision::Resend if is_readable && may_be_resent(state) => resend(db, now, id)?,
        SendDecision::Withdraw if !is_leased && may_be_withdrawn(state) => {
            let sql = "UPDATE outbox SET state = 'withdrawn', changed_at = ?2 WHERE id = ?1";
            db.prepare_cached(sql)?.execute(params![id, now.as_millisecond()])?;
            give_to_case(db, vault, id)?;
        }
        _ => return Err(NOT_NOW),
    }
    db.prepare_cached("UPDATE outbox SET decided_by = ?2 WHERE id = ?1")?
        .execute(params![id, by])?;
    let entry = AuditEntry {
        actor: by.to_owned(),
        kind: AuditKind::MessageDecided,
        subject: format!("outbox/{id}"),
        reason: decision.as_str().to_owned(),
    };
    audit::append(db, now, &entry)?;
    let sql = "SELECT state FROM outbox WHERE id = ?1";
    let state: String = db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    SendState::parse(&state).ok_or(StoreError::Damaged("message"))
}

fn may_be_resent(state: SendState) -> bool {
    use SendState::{Expired, Failed, Uncertain, Undelivered, Unknown};
    matches!(state, Uncertain | Failed | Undelivered | Expired | Unknown)
}

fn may_be_withdrawn(state: SendState) -> bool {
    matches!(state, SendState::Queued | SendState::Uncertain)
}

fn parts(db: &Connection, id: i64, state: &str, from: &str) -> Result<usize, StoreError> {
    let sql = "UPDATE outbox_part SET state = ?2 WHERE outbox = ?1 AND state = ?3";
    Ok(db.prepare_cached(sql)?.execute(params![id, state, from])?)
}

/// Its parts that did not arrive wait again; a late report of the first try is not theirs any more.
fn resend(db: &Connection, now: Timestamp, id: i64) -> Result<(), StoreError> {
    let sql = "UPDATE outbox_part SET state = 'queued', reference = NULL
               WHERE outbox = ?1 AND state NOT IN ('submitted', 'delivered')";
    db.prepare_cached(sql)?.execute([id])?;
    let expires_at = now.saturating_add(TRIED_FOR).unwrap_or(now).as_millisecond();
    let sql = "UPDATE outbox SET state = 'queued', not_before = ?2, expires_at = ?3, attempts = 0,
                   leased_until = NULL, fault = NULL, changed_at = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, now.as_millisecond(), expires_at])?;
    Ok(())
}
