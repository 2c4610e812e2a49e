//! The way of the messages out: which is next, who sends it, what came of it.
//!
//! Of one subscription one message is on its way at a time, in order; one that failed steps aside until
//! its time, and meanwhile its receiver is left alone for longer and longer. When a receiver answers
//! again after an outage, all that waits for it goes at once, in order.

use super::{HookSecret, owner};
use crate::domain::webhook::{ATTEMPTS_MAX, is_outage, is_to_be_paused, rest_asked, retry};
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::read::Reader;
use crate::store::read_call::all;
use crate::store::seal::sealed;
use crate::store::vault::Vault;
use crate::store::work::{Answer, Kind};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// How long an attempt holds a message, in milliseconds: longer than it can last. A process that dies
/// meanwhile sends it again when it is started, whatever is left of it.
pub const LEASE_MS: i64 = 60_000;

/// How long messages are kept, in days; one that still waits then has failed.
pub const DELIVERY_DAYS: i64 = 30;

/// Messages that wait for one subscription; beyond it the oldest fail with the next tidying.
pub const DELIVERY_WAITING_MAX: usize = 50_000;

/// Rows that one transaction of tidying touches: callers wait for the writer.
const TIDIED_ROWS_MAX: i64 = 500;

/// Takes back every lease; what was sent long ago is not looked at.
const BEGIN: &str = "UPDATE webhook_delivery INDEXED BY webhook_delivery_waiting
    SET leased_until = NULL WHERE state = 'waiting' AND leased_until IS NOT NULL";

/// A message whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    /// Its id.
    pub id: String,
    /// Its subscription.
    pub webhook: i64,
}

/// A message to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// `webhook-id`.
    pub id: String,
    /// Its subscription.
    pub webhook: i64,
    /// Where to.
    pub url: String,
    /// The body, as it is signed.
    pub body: String,
    /// What it is signed with: the secret, and for a day the one before it.
    pub secrets: Vec<HookSecret>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// What came of asking for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// It is to be sent.
    Taken(Box<Parcel>),
    /// It had all its attempts, and none of them came to an end: it has failed.
    Killed,
    /// It is not to be sent now, or not any more.
    Refused,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A status of 2xx.
    Delivered {
        /// Which.
        status: u16,
    },
    /// 410: the receiver wants no more.
    Gone,
    /// Anything else.
    Failed {
        /// The status, where there was an answer.
        status: Option<u16>,
        /// Why, in a word that is listed.
        fault: &'static str,
        /// The receiver asked to be left alone for so many seconds.
        later: Option<u64>,
    },
}

/// Where a message stands after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettledState {
    /// It arrived.
    Delivered,
    /// It is tried again.
    Waiting,
    /// It was tried for the last time.
    Failed,
    /// It is not to be sent any more: its case came under seal, or its subscription was removed.
    Withdrawn,
}

/// The same with what it means for the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The message.
    pub state: SettledState,
    /// The subscription is paused now, for this reason.
    pub paused: Option<&'static str>,
}

/// What tidying did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Messages that were kept long enough.
    pub deleted: usize,
    /// Messages that waited too long, or too many of them; they have failed.
    pub given_up: usize,
    /// Messages of subscriptions that are removed; they have failed.
    pub removed: usize,
}

impl Reader {
    /// The next message of each subscription that may be sent to at `now`.
    pub fn webhooks_due(&self, now: Timestamp) -> Result<Vec<DueDelivery>, StoreError> {
        // A row each at most: the first by `seq` whose time has come, and that may be leased.
        let sql = format!(
            "SELECT d.id, w.id FROM webhook w JOIN webhook_delivery d ON d.seq = (
                 SELECT x.seq FROM webhook_delivery x
                 WHERE x.webhook = w.id AND x.state = 'waiting' AND x.next_at <= ?1
                   AND (x.leased_until IS NULL OR x.leased_until <= ?1)
                   AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.id = x.case_id AND {})
                 ORDER BY x.seq LIMIT 1)
             WHERE w.state = 'active' AND w.rests_until <= ?1 ORDER BY w.id",
            sealed("f")
        );
        all(&self.db, &sql, [now.as_millisecond()], |row| {
            Ok(DueDelivery { id: row.get(0)?, webhook: row.get(1)? })
        })
    }
}

impl StoreHandle {
    /// Nobody sends anything when a service begins: leases that are left are those of a dead one.
    #[must_use]
    pub fn webhooks_begin(&self, answer: Answer<usize>) -> bool {
        self.ask(Kind::Asked, answer, |db, _| Ok(db.execute(BEGIN, [])?))
    }

    /// Takes a message to be sent; it is sent only after the answer.
    #[must_use]
    pub fn webhook_lease(&self, now: Timestamp, id: String, answer: Answer<Lease>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| lease(db, &desk.vault, now, &id))
    }

    /// Whether a message that is leased is still to be sent: asked again when its receiver is connected,
    /// which takes time, so that what came under seal meanwhile does not leave.
    #[must_use]
    pub fn webhook_stands(&self, id: String, answer: Answer<bool>) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| stands(db, &id))
    }

    /// What came of an attempt; `dice` is any number.
    #[must_use]
    pub fn webhook_settle(
        &self,
        now: Timestamp,
        id: String,
        outcome: Outcome,
        dice: u64,
        answer: Answer<Settled>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| settle(db, now, &id, outcome, dice))
    }

    /// Some of what was kept long enough goes; until nothing is left.
    #[must_use]
    pub fn webhooks_tidy(&self, now: Timestamp, answer: Answer<Tidied>) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| tidy(db, now))
    }
}

fn lease(db: &Connection, vault: &Vault, now: Timestamp, id: &str) -> Result<Lease, StoreError> {
    let ms = now.as_millisecond();
    let sql = format!(
        "SELECT d.webhook, w.url, d.body, d.attempts + 1, w.secret,
                CASE WHEN w.previous_until > ?2 THEN w.previous END
         FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook
         WHERE d.id = ?1 AND d.state = 'waiting' AND d.next_at <= ?2 AND w.state = 'active'
           AND (d.leased_until IS NULL OR d.leased_until <= ?2)
           AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.id = d.case_id AND {})",
        sealed("f")
    );
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![id, ms], |row| {
            let secrets: [Option<Vec<u8>>; 2] = [row.get(4)?, row.get(5)?];
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, secrets))
        })
        .optional()?;
    let Some((webhook, url, body, attempt, wrapped)) = found else {
        return Ok(Lease::Refused);
    };
    if attempt > ATTEMPTS_MAX {
        end(db, now, id, ("failed", None, Some("killed")))?;
        return Ok(Lease::Killed);
    }
    let wrapped = wrapped.into_iter().flatten();
    let secrets = wrapped.map(|key| Ok(HookSecret::of(&vault.unwrap(&key, &owner(webhook))?)));
    let secrets = secrets.collect::<Result<_, StoreError>>()?;
    // Counted before it is sent: what kills the process is not tried for ever.
    db.prepare_cached(
        "UPDATE webhook_delivery SET attempts = ?2, leased_until = ?3 WHERE id = ?1",
    )?
    .execute(params![id, attempt, ms.saturating_add(LEASE_MS)])?;
    let parcel = Parcel { id: id.to_owned(), webhook, url, body, secrets, attempt };
    Ok(Lease::Taken(Box::new(parcel)))
}

fn stands(db: &Connection, id: &str) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook
         WHERE d.id = ?1 AND d.leased_until IS NOT NULL AND w.state = 'active'
           AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.id = d.case_id AND {}))",
        sealed("f")
    );
    Ok(db.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?)
}

/// How a subscription fares.
struct Health {
    webhook: i64,
    failures: u32,
    since: Option<Timestamp>,
    attempts: u32,
}

fn settle(
    db: &Connection,
    now: Timestamp,
    id: &str,
    outcome: Outcome,
    dice: u64,
) -> Result<Settled, StoreError> {
    let sql = "SELECT w.id, w.failures, w.failing_since, d.attempts, w.state = 'removed'
               FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook
               WHERE d.id = ?1 AND d.state = 'waiting'";
    let found = db.prepare_cached(sql)?.query_row([id], |row| {
        let since: Option<i64> = row.get(2)?;
        let since = since.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let health =
            Health { webhook: row.get(0)?, failures: row.get(1)?, since, attempts: row.get(3)? };
        Ok((health, row.get(4)?))
    });
    let withdrawn = Settled { state: SettledState::Withdrawn, paused: None };
    let Some((health, is_removed)) = found.optional()? else { return Ok(withdrawn) };
    match outcome {
        Outcome::Delivered { status } => {
            end(db, now, id, ("delivered", Some(status), None))?;
            recovered(db, now, &health)?;
            Ok(Settled { state: SettledState::Delivered, paused: None })
        }
        // Nobody waits for it any more.
        Outcome::Gone | Outcome::Failed { .. } if is_removed => {
            end(db, now, id, ("failed", None, Some("removed")))?;
            Ok(withdrawn)
        }
        Outcome::Gone => {
            wait(db, id, now, (Some(410), "gone"))?;
            let paused = failed(db, now, &health, (true, None))?;
            Ok(Settled { state: SettledState::Waiting, paused })
        }
        Outcome::Failed { status, fault, later } => {
            let state = match retry(health.attempts, dice, later) {
                Some(after) => {
                    wait(db, id, now.saturating_add(after).unwrap_or(now), (status, fault))?;
                    SettledState::Waiting
                }
                None => {
                    end(db, now, id, ("failed", status, Some(fault)))?;
                    SettledState::Failed
                }
            };
            let paused = failed(db, now, &health, (false, later))?;
            Ok(Settled { state, paused })
        }
    }
}

/// An attempt was the last one.
fn end(
    db: &Connection,
    now: Timestamp,
    id: &str,
    (state, status, fault): (&str, Option<u16>, Option<&str>),
) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_delivery SET state = ?2, next_at = NULL, leased_until = NULL,
                   ended_at = ?3, status = ?4, fault = ?5 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, state, now.as_millisecond(), status, fault])?;
    Ok(())
}

/// Another one follows.
fn wait(
    db: &Connection,
    id: &str,
    next: Timestamp,
    (status, fault): (Option<u16>, &str),
) -> Result<(), StoreError> {
    let sql =
        "UPDATE webhook_delivery SET next_at = ?2, leased_until = NULL, status = ?3, fault = ?4
               WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, next.as_millisecond(), status, fault])?;
    Ok(())
}

/// A receiver answered well.
fn recovered(db: &Connection, now: Timestamp, health: &Health) -> Result<(), StoreError> {
    if health.failures == 0 {
        return Ok(());
    }
    let sql =
        "UPDATE webhook SET failures = 0, failing_since = NULL, rests_until = 0 WHERE id = ?1";
    db.prepare_cached(sql)?.execute([health.webhook])?;
    if is_outage(health.failures) {
        let sql = "UPDATE webhook_delivery SET next_at = ?2
                   WHERE webhook = ?1 AND state = 'waiting' AND next_at > ?2";
        db.prepare_cached(sql)?.execute(params![health.webhook, now.as_millisecond()])?;
    }
    Ok(())
}

/// A receiver failed once more; gives why its subscription is paused now.
fn failed(
    db: &Connection,
    now: Timestamp,
    health: &Health,
    (gone, later): (bool, Option<u64>),
) -> Result<Option<&'static str>, StoreError> {
    let failures = health.failures.saturating_add(1);
    let since = health.since.unwrap_or(now);
    let rests = now.saturating_add(rest_asked(failures, later)).unwrap_or(now);
    let sql =
        "UPDATE webhook SET failures = ?2, failing_since = ?3, rests_until = ?4 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![
        health.webhook,
        failures,
        since.as_millisecond(),
        rests.as_millisecond()
    ])?;
    let why = match gone {
        true => Some("gone"),
        false => is_to_be_paused(failures, since, now).then_some("failures"),
    };
    let Some(why) = why else { return Ok(None) };
    let sql = "UPDATE webhook SET state = 'paused', paused_why = ?2, changed_at = ?3
               WHERE id = ?1 AND state = 'active'";
    let paused = db.execute(sql, params![health.webhook, why, now.as_millisecond()])?;
    Ok((paused > 0).then_some(why))
}

/// What is older, in milliseconds, neither waits nor is kept.
pub(super) fn kept_from(now: Timestamp) -> i64 {
    let kept = SignedDuration::from_hours(24 * DELIVERY_DAYS);
    now.saturating_sub(kept).unwrap_or(now).as_millisecond()
}

fn tidy(db: &Connection, now: Timestamp) -> Result<Tidied, StoreError> {
    let before = kept_from(now);
    let sql = "DELETE FROM webhook_delivery WHERE seq IN (
                   SELECT seq FROM webhook_delivery WHERE ended_at < ?1 LIMIT ?2)";
    let deleted = db.execute(sql, params![before, TIDIED_ROWS_MAX])?;
    // The newest message beyond those that may wait.
    let sql = "SELECT id, (SELECT seq FROM webhook_delivery d WHERE d.webhook = w.id
                           AND d.state = 'waiting' ORDER BY seq DESC LIMIT 1 OFFSET ?1)
               FROM webhook w WHERE state <> 'removed'";
    let most = i64::try_from(DELIVERY_WAITING_MAX).unwrap_or(i64::MAX);
    let crowded: Vec<(i64, Option<i64>)> =
        all(db, sql, [most], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = "SELECT id FROM webhook w WHERE state = 'removed' AND EXISTS (
                   SELECT 1 FROM webhook_delivery d WHERE d.webhook = w.id AND d.state = 'waiting')";
    let mut removed = 0;
    for webhook in all(db, sql, [], |row| row.get(0))? {
        removed += give_up_removed(db, now, webhook)?;
    }
    let mut given_up = 0;
    for (webhook, beyond) in crowded {
        given_up += give_up(db, now, webhook, ("created_at < ?1", before, "expired"))?;
        if let Some(beyond) = beyond {
            given_up += give_up(db, now, webhook, ("seq <= ?1", beyond, "crowded"))?;
        }
    }
    Ok(Tidied { deleted, given_up, removed })
}

/// Some of what waits for a subscription that is removed; gives how many.
pub(super) fn give_up_removed(
    db: &Connection,
    now: Timestamp,
    webhook: i64,
) -> Result<usize, StoreError> {
    give_up(db, now, webhook, ("seq <= ?1", i64::MAX, "removed"))
}

/// Messages of a subscription that are not waited for any longer; none that is on its way.
fn give_up(
    db: &Connection,
    now: Timestamp,
    webhook: i64,
    (which, value, fault): (&str, i64, &str),
) -> Result<usize, StoreError> {
    let sql = format!(
        "UPDATE webhook_delivery SET state = 'failed', next_at = NULL, leased_until = NULL,
             ended_at = ?2, fault = ?3
         WHERE seq IN (SELECT seq FROM webhook_delivery WHERE webhook = ?4 AND state = 'waiting'
             AND (leased_until IS NULL OR leased_until <= ?2) AND {which} ORDER BY seq LIMIT ?5)"
    );
    let values = params![value, now.as_millisecond(), fault, webhook, TIDIED_ROWS_MAX];
    Ok(db.execute(&sql, values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_leases_back_looks_at_what_waits_alone() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("../../../schema.sql")).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {BEGIN}");
        let plan: String = db.query_row(&sql, [], |row| row.get(3)).unwrap();
        assert_eq!(plan, "SCAN webhook_delivery USING INDEX webhook_delivery_waiting");
    }
}
