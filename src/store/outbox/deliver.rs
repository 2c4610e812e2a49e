//! The way of a message out: leased, marked before the byte that cannot be taken back, settled.
//!
//! A lease that ends before that mark goes back into the box. One that ends behind it is uncertain: an
//! answer or a report that comes late, or a person, tells what became of it; it is not sent again by
//! itself.

use super::report::{Heard, hear_earlier};
use super::{Letter, give_to_case, letter_of};
use crate::domain::message::mail::Reference;
use crate::domain::message::{AUTOMATIC_PER_HOUR_MAX, Class, Medium, SendState, pause};
use crate::store::error::{StoreError, unless_damaged};
use crate::store::handle::StoreHandle;
use crate::store::intake::Desk;
use crate::store::read_call::all;
use crate::store::seal::sealed;
use crate::store::vault::Vault;
use crate::store::work::{Answer, Kind};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::fmt;

/// How long whoever sends has a message, in milliseconds; more than the longest hand-over takes.
pub const MESSAGE_LEASE_MS: i64 = 120_000;

/// The window of [`AUTOMATIC_PER_HOUR_MAX`], in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// Classes of messages, the most urgent first.
const RANKS: std::ops::RangeInclusive<u8> = 0..=3;

/// A message to be sent now. `Debug` tells nothing of whom and what.
#[derive(Clone, PartialEq, Eq)]
pub struct LeasedMessage {
    /// Its row.
    pub id: i64,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// By which way.
    pub medium: Medium,
    /// What for.
    pub class: Class,
    /// Which text of the table.
    pub template: String,
    /// A telephone number or an address.
    pub to: String,
    /// Of a mail.
    pub subject: Option<String>,
    /// What fills the template, in its order.
    pub parameters: Vec<(String, String)>,
    /// The whole text.
    pub text: String,
    /// Of a mail: the one that it answers.
    pub answers: Reference,
    /// It is worth nothing after this.
    pub expires_at: Timestamp,
    /// Parts that an earlier try has handed over.
    pub parts: Vec<PartNow>,
}

impl fmt::Debug for LeasedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, attempt, template, parts, .. } = self;
        f.debug_struct("LeasedMessage")
            .field("id", id)
            .field("attempt", attempt)
            .field("template", template)
            .field("parts", parts)
            .finish_non_exhaustive()
    }
}

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartNow {
    /// Which, from 1.
    pub number: u8,
    /// Of how many.
    pub total: u8,
    /// Where it stands.
    pub state: SendState,
}

/// What came of handing a part over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartOutcome {
    /// The carrier has it, and calls it so.
    Submitted(Option<String>),
    /// Not taken, may be later; the carrier may have said after how many seconds.
    Retry(&'static str, Option<u64>),
    /// Not taken for good, with the carrier's code.
    Rejected(String),
    /// Nobody knows.
    Uncertain(&'static str),
    /// Not taken: the account sends too much. It rests until then; nothing is counted against the message.
    Throttled(Timestamp),
}

impl StoreHandle {
    /// Takes up to `count` messages of an account that may leave now; each is sent only after the answer.
    #[must_use]
    pub fn outbox_lease(
        &self,
        now: Timestamp,
        account: String,
        count: usize,
        answer: Answer<Vec<LeasedMessage>>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| lease(db, &desk.vault, now, &account, count))
    }

    /// Marks a part before it is handed over. `false`: it is not to be sent, or was already.
    #[must_use]
    pub fn outbox_submitting(
        &self,
        now: Timestamp,
        id: i64,
        (number, total): (u8, u8),
        answer: Answer<bool>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| submitting(db, now, id, (number, total)))
    }

    /// What came of a part, also long after; gives where its message stands then.
    #[must_use]
    pub fn outbox_settle(
        &self,
        now: Timestamp,
        id: i64,
        number: u8,
        outcome: PartOutcome,
        answer: Answer<SendState>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| settle(db, desk, now, (id, number), &outcome))
    }

    /// An account answered, or did not, with the fault in a word that is listed.
    #[must_use]
    pub fn account_seen(
        &self,
        now: Timestamp,
        account: String,
        fault: Option<&'static str>,
        answer: Answer<()>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| seen(db, now, &account, fault))
    }
}

/// The next messages of a class: no later one overtakes an earlier one to the same person, and nothing
/// is sent of a case under seal.
fn next_of_class() -> String {
    format!(
        "SELECT o.id, o.attempts + 1, o.medium, o.class, o.template, o.expires_at FROM outbox o
         WHERE o.state = 'queued' AND o.account = ?1 AND o.rank = ?2 AND o.not_before <= ?3
           AND o.expires_at > ?3 AND o.leased_until IS NULL
           AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.party = o.party AND e.id < o.id
                           AND e.state IN ('queued', 'submitting') AND e.not_before <= ?3
                           AND e.expires_at > ?3)
           AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.id = o.case_id AND {})
         ORDER BY o.not_before, o.id LIMIT ?4",
        sealed("f")
    )
}

fn lease(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    account: &str,
    count: usize,
) -> Result<Vec<LeasedMessage>, StoreError> {
    let ms = now.as_millisecond();
    let rests = "SELECT 1 FROM message_account WHERE account = ?1 AND paused_until > ?2";
    if db.prepare_cached(rests)?.exists(params![account, ms])? {
        return Ok(vec![]);
    }
    let mut leased = vec![];
    for rank in RANKS {
        let left = i64::try_from(count.saturating_sub(leased.len())).unwrap_or(0);
        if left == 0 {
            break;
        }
        let sql = next_of_class();
        let found = all(db, &sql, params![account, rank, ms, left], |row| {
            let (medium, class): (String, String) = (row.get(2)?, row.get(3)?);
            Ok(LeasedMessage {
                id: row.get(0)?,
                attempt: row.get(1)?,
                medium: Medium::parse(&medium).unwrap_or(Medium::Sms),
                class: Class::parse(&class).unwrap_or(Class::Notice),
                template: row.get(4)?,
                expires_at: Timestamp::from_millisecond(row.get(5)?).unwrap_or_default(),
                to: String::new(),
                subject: None,
                parameters: vec![],
                text: String::new(),
                answers: Reference::default(),
                parts: vec![],
            })
        })?;
        for message in found {
            leased.extend(open(db, vault, message, now)?);
        }
    }
    Ok(leased)
}

/// Whom it goes to and what it says. A damaged one has failed and keeps no other.
fn open(
    db: &Connection,
    vault: &Vault,
    message: LeasedMessage,
    now: Timestamp,
) -> Result<Option<LeasedMessage>, StoreError> {
    let id = message.id;
    let letter = unless_damaged(letter_of(db, vault, id), |error| {
        tracing::error!(message = id, %error, "ALARM a message cannot be read back and is not sent");
    })?;
    let Some(Letter { to, subject, parameters, text, in_reply_to, references }) = letter.flatten()
    else {
        let sql =
            "UPDATE outbox SET state = 'failed', fault = 'damaged', changed_at = ?2 WHERE id = ?1";
        db.prepare_cached(sql)?.execute(params![id, now.as_millisecond()])?;
        return Ok(None);
    };
    let until = now.as_millisecond().saturating_add(MESSAGE_LEASE_MS);
    let sql = "UPDATE outbox SET leased_until = ?2, attempts = attempts + 1 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, until])?;
    let parts = parts_of(db, id)?;
    let answers = Reference { message_id: in_reply_to, references };
    Ok(Some(LeasedMessage { to, subject, parameters, text, answers, parts, ..message }))
}

/// The parts of a message that were handed over, in order.
pub(super) fn parts_of(db: &Connection, id: i64) -> Result<Vec<PartNow>, StoreError> {
    let sql = "SELECT number, total, state FROM outbox_part WHERE outbox = ?1 ORDER BY number";
    all(db, sql, [id], |row| {
        let state: String = row.get(2)?;
        let state = SendState::parse(&state).unwrap_or(SendState::Uncertain);
        Ok(PartNow { number: row.get(0)?, total: row.get(1)?, state })
    })
}

fn submitting(
    db: &Connection,
    now: Timestamp,
    id: i64,
    (number, total): (u8, u8),
) -> Result<bool, StoreError> {
    let ms = now.as_millisecond();
    let sql = format!(
        "SELECT o.account, o.attempts FROM outbox o
         WHERE o.id = ?1 AND o.state IN ('queued', 'submitting') AND o.leased_until > ?2
           AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.id = o.case_id AND {})",
        sealed("f")
    );
    let found: Option<(String, u32)> = db
        .prepare_cached(&sql)?
        .query_row(params![id, ms], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((account, attempt)) = found else { return Ok(false) };
    let stands = parts_of(db, id)?.into_iter().find(|part| part.number == number);
    if stands.is_some_and(|part| part.state != SendState::Queued) || !count(db, now, &account)? {
        return Ok(false);
    }
    db.prepare_cached(
        "INSERT INTO outbox_part (outbox, number, total, state, attempt, submitted_at)
         VALUES (?1, ?2, ?3, 'submitting', ?4, ?5)
         ON CONFLICT (outbox, number)
         DO UPDATE SET state = 'submitting', total = ?3, attempt = ?4, submitted_at = ?5",
    )?
    .execute(params![id, number, total, attempt, ms])?;
    let sql = "UPDATE outbox SET state = 'submitting', leased_until = ?2, changed_at = ?3
               WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, ms.saturating_add(MESSAGE_LEASE_MS), ms])?;
    Ok(true)
}

/// Counts what an account sends. `false`: it has sent so much that a person must look first.
fn count(db: &Connection, now: Timestamp, account: &str) -> Result<bool, StoreError> {
    let ms = now.as_millisecond();
    let sql = "INSERT INTO message_account (account, hour_from, hour_sent) VALUES (?1, ?2, 1)
               ON CONFLICT (account) DO UPDATE SET
                   hour_sent = CASE WHEN hour_from > ?2 - ?3 THEN hour_sent + 1 ELSE 1 END,
                   hour_from = CASE WHEN hour_from > ?2 - ?3 THEN hour_from ELSE ?2 END
               RETURNING hour_from, hour_sent";
    let (from, sent): (i64, u32) = db
        .prepare_cached(sql)?
        .query_row(params![account, ms, HOUR_MS], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if sent <= AUTOMATIC_PER_HOUR_MAX {
        return Ok(true);
    }
    let until = from.saturating_add(HOUR_MS);
    rest(db, account, until, "breaker")?;
    tracing::error!(
        account,
        sent,
        "ALARM so many messages in an hour are no ordinary day: sending rests"
    );
    Ok(false)
}

fn rest(db: &Connection, account: &str, until: i64, why: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO message_account (account, paused_until, paused_why) VALUES (?1, ?2, ?3)
               ON CONFLICT (account) DO UPDATE SET paused_until = ?2, paused_why = ?3";
    db.prepare_cached(sql)?.execute(params![account, until, why])?;
    Ok(())
}

fn seen(
    db: &Connection,
    now: Timestamp,
    account: &str,
    fault: Option<&str>,
) -> Result<(), StoreError> {
    let sql = match fault {
        None => {
            "INSERT INTO message_account (account, well_at) VALUES (?1, ?2)
             ON CONFLICT (account) DO UPDATE SET well_at = ?2, fault = ?3"
        }
        Some(_) => {
            "INSERT INTO message_account (account, fault_at, fault) VALUES (?1, ?2, ?3)
             ON CONFLICT (account) DO UPDATE SET fault_at = ?2, fault = ?3"
        }
    };
    db.prepare_cached(sql)?.execute(params![account, now.as_millisecond(), fault])?;
    Ok(())
}

/// A message that something is heard of.
struct Told {
    account: String,
    attempts: u32,
    expires_at: i64,
}

fn settle(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (id, number): (i64, u8),
    outcome: &PartOutcome,
) -> Result<SendState, StoreError> {
    let sql = "SELECT account, attempts, expires_at FROM outbox WHERE id = ?1";
    let told = db
        .prepare_cached(sql)?
        .query_row([id], |row| {
            Ok(Told { account: row.get(0)?, attempts: row.get(1)?, expires_at: row.get(2)? })
        })
        .optional()?
        .ok_or(StoreError::NotFound)?;
    let news = match outcome {
        PartOutcome::Submitted(_) => SendState::Submitted,
        PartOutcome::Rejected(_) => SendState::Failed,
        PartOutcome::Uncertain(_) => SendState::Uncertain,
        PartOutcome::Retry(..) | PartOutcome::Throttled(_) => {
            return put_back(db, &desk.vault, now, (id, number), (&told, outcome));
        }
    };
    let (reference, code) = match outcome {
        PartOutcome::Submitted(reference) => (reference.as_deref(), None),
        PartOutcome::Rejected(code) => (None, Some(code.as_str())),
        PartOutcome::Uncertain(why) => (None, Some(*why)),
        _ => (None, None),
    };
    let heard = Heard { state: news, reference, code };
    super::hear(db, &desk.vault, now, (id, number), &heard)?;
    if let Some(reference) = reference {
        // The report may have overtaken the answer.
        hear_earlier(db, &desk.vault, now, (&told.account, reference), (id, number))?;
    }
    stand(db, &desk.vault, now, id)
}

/// A part that was surely not taken waits for its next try, unless the message is too old then.
fn put_back(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    (id, number): (i64, u8),
    (told, outcome): (&Told, &PartOutcome),
) -> Result<SendState, StoreError> {
    let sql = "UPDATE outbox_part SET state = 'queued', code = ?3
               WHERE outbox = ?1 AND number = ?2 AND state IN ('submitting', 'uncertain')";
    let (fault, next, counted) = match outcome {
        PartOutcome::Throttled(until) => {
            rest(db, &told.account, until.as_millisecond(), "throttled")?;
            ("throttled", *until, 0)
        }
        PartOutcome::Retry(fault, later) => {
            let later = later.and_then(|seconds| i64::try_from(seconds).ok());
            let later = later.map_or(SignedDuration::ZERO, SignedDuration::from_secs);
            let dice = u64::try_from(id).unwrap_or(0).wrapping_mul(0x9E37_79B9);
            let wait = pause(told.attempts, dice).max(later);
            (*fault, now.saturating_add(wait).unwrap_or(now), 1)
        }
        _ => return Err(StoreError::Malformed("the outcome of a message")),
    };
    db.prepare_cached(sql)?.execute(params![id, number, fault])?;
    let next = next.as_millisecond();
    let (state, leave) = match next >= told.expires_at && counted > 0 {
        true => (SendState::Failed, now.as_millisecond()),
        false => (SendState::Queued, next),
    };
    let sql = "UPDATE outbox SET state = ?2, not_before = ?3, leased_until = NULL, fault = ?4,
                   attempts = attempts - ?5, changed_at = ?6
               WHERE id = ?1 AND state IN ('queued', 'submitting', 'uncertain')";
    let back = 1 - counted;
    let changed = db.prepare_cached(sql)?.execute(params![
        id,
        state.as_str(),
        leave,
        fault,
        back,
        now.as_millisecond()
    ])?;
    if changed > 0 && state == SendState::Failed {
        tracing::error!(message = id, fault, "ALARM a message was given up");
        give_to_case(db, vault, id)?;
    }
    state_of(db, id)
}

fn state_of(db: &Connection, id: i64) -> Result<SendState, StoreError> {
    let sql = "SELECT state FROM outbox WHERE id = ?1";
    let state: String = db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    SendState::parse(&state).ok_or(StoreError::Damaged("message"))
}

/// Where a message stands by its parts.
pub(super) fn stand(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    id: i64,
) -> Result<SendState, StoreError> {
    let before = state_of(db, id)?;
    let parts = parts_of(db, id)?;
    let total = parts.iter().map(|part| part.total).max().unwrap_or(1);
    let mut states: Vec<SendState> = parts.iter().map(|part| part.state).collect();
    // Those that nobody has tried yet.
    states.resize(states.len().max(usize::from(total)), SendState::Queued);
    let by_parts = SendState::of_parts(&states);
    let is_leased = matches!(before, SendState::Queued | SendState::Submitting);
    let (state, keeps_lease) = match by_parts {
        // Whoever has it goes on with the next part.
        SendState::Queued | SendState::Submitting => (before, is_leased),
        // A person took it back; what was heard of it stands with its part.
        _ if before == SendState::Withdrawn => (before, false),
        by_parts => (by_parts, false),
    };
    if state == before && keeps_lease {
        return Ok(state);
    }
    let sql = "UPDATE outbox SET state = ?2, leased_until = NULL, changed_at = ?3 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, state.as_str(), now.as_millisecond()])?;
    if state != before {
        tell(id, state);
    }
    if state.is_end() || state == SendState::Submitted {
        give_to_case(db, vault, id)?;
    }
    Ok(state)
}

fn tell(id: i64, state: SendState) {
    match state {
        SendState::Uncertain => tracing::error!(
            message = id,
            "ALARM a message may have been sent or not: `mayorline message decide`"
        ),
        SendState::Failed | SendState::Undelivered => {
            tracing::warn!(message = id, state = state.as_str(), "a message did not arrive");
        }
        _ => tracing::debug!(message = id, state = state.as_str(), "a message went on"),
    }
}
