//! Subscriptions made, changed and taken away by a system administrator, each act with its line in the
//! audit. Nothing is told to a new one until another administrator has confirmed it, as with roles. A URL
//! may carry a key of its receiver, so the audit has scheme, machine and port of it alone.

use super::deliver::{give_up_removed, kept_from};
use super::{HookSecret, emit, owner, written};
use crate::domain::access::is_second_person;
use crate::domain::case::{Guard, Role};
use crate::domain::webhook::{HookKind, Target};
use crate::store::account_admin::office;
use crate::store::administration::Administration;
use crate::store::audit::{self, AuditEntry, AuditKind};
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::vault::{DataKey, Vault};
use crate::store::work::{Answer, Kind};
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// Subscriptions that are not removed. As many messages are on their way at once: one of each.
pub const WEBHOOKS_MAX: usize = 16;

/// How long a secret that was replaced still signs, in hours.
const PREVIOUS_HOURS: i64 = 24;

/// A subscription to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where messages go.
    pub url: String,
    /// Of what; none: of everything that is told.
    pub kinds: Vec<HookKind>,
}

/// What an administrator wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookOrder {
    /// A new subscription; it waits for its confirmation.
    Add(NewWebhook),
    /// It is told what happens from now on, in the name of another administrator, of accounts or roles.
    Confirm(i64),
    /// Nothing is sent any more; what waits fails, some of it at once.
    Remove(i64),
    /// A new secret; the old one signs beside it for a day.
    Rotate(i64),
    /// A paused one goes on with what waits.
    Resume(i64),
    /// A message that says nothing, to see whether it arrives.
    Ping(i64),
    /// A message that has ended is sent again under its id, with all its attempts.
    Resend(String),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDone {
    /// The subscription.
    pub webhook: i64,
    /// The message, of a ping or of one that is sent again.
    pub delivery: Option<String>,
    /// The secret of a new subscription or a new one of an old: it is shown once.
    pub secret: Option<HookSecret>,
}

impl Administration {
    /// Carries an order out in the name of a system administrator; a confirmation also in that of a security
    /// administrator.
    pub fn webhook(
        &mut self,
        at: Timestamp,
        by: &str,
        order: &WebhookOrder,
    ) -> Result<WebhookDone, StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match order {
            WebhookOrder::Confirm(_) => office(&tx, by, &[Role::Administrator, Role::Security])?,
            _ => office(&tx, by, &[Role::Administrator])?,
        };
        let done = run(&tx, &self.vault, at, by, order)?;
        tx.commit()?;
        Ok(done)
    }
}

impl StoreHandle {
    /// The same for a person whose office was looked at.
    #[must_use]
    pub fn webhook(
        &self,
        at: Timestamp,
        by: String,
        order: WebhookOrder,
        answer: Answer<WebhookDone>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| run(db, &desk.vault, at, &by, &order))
    }
}

fn run(
    db: &Connection,
    vault: &Vault,
    at: Timestamp,
    by: &str,
    order: &WebhookOrder,
) -> Result<WebhookDone, StoreError> {
    let (done, what) = match order {
        WebhookOrder::Add(new) => add(db, vault, at, by, new)?,
        WebhookOrder::Confirm(id) => confirm(db, at, by, *id)?,
        WebhookOrder::Remove(id) => remove(db, at, *id)?,
        WebhookOrder::Rotate(id) => rotate(db, vault, at, *id)?,
        WebhookOrder::Resume(id) => resume(db, at, *id)?,
        WebhookOrder::Ping(id) => ping(db, at, *id)?,
        WebhookOrder::Resend(delivery) => resend(db, at, delivery)?,
    };
    let subject = format!("webhook {}", done.webhook);
    let kind = AuditKind::WebhookChanged;
    audit::append(db, at, &AuditEntry { actor: by.to_owned(), kind, subject, reason: what })?;
    Ok(done)
}

fn add(
    db: &Connection,
    vault: &Vault,
    at: Timestamp,
    by: &str,
    new: &NewWebhook,
) -> Result<(WebhookDone, String), StoreError> {
    let malformed = |_| StoreError::Malformed("the URL of a subscription");
    let origin = Target::parse(&new.url).map_err(malformed)?.origin();
    if !new.kinds.iter().all(|kind| kind.is_subscribed()) {
        return Err(StoreError::Malformed("a ping is sent to whom it is meant for"));
    }
    let sql = "SELECT count(*) FROM webhook WHERE state <> 'removed'";
    let count: i64 = db.query_row(sql, [], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= WEBHOOKS_MAX {
        return Err(StoreError::Taken("there is no room for a further subscription"));
    }
    // Rows are never deleted, so this is what SQLite would choose; the secret is bound to it.
    let sql = "SELECT COALESCE(max(id), 0) + 1 FROM webhook";
    let webhook: i64 = db.query_row(sql, [], |row| row.get(0))?;
    let key = DataKey::random()?;
    let mut kinds = new.kinds.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let (kinds, wrapped) = (written(&kinds), vault.wrap(&key, &owner(webhook))?);
    let sql =
        "INSERT INTO webhook (id, url, kinds, state, secret, created_by, created_at, changed_at)
               VALUES (?1, ?2, ?3, 'proposed', ?4, ?5, ?6, ?6)";
    db.execute(sql, params![webhook, new.url, kinds, wrapped, by, at.as_millisecond()])?;
    let told = if kinds.is_empty() { "everything" } else { &kinds };
    let secret = Some(HookSecret::of(&key));
    Ok((WebhookDone { webhook, delivery: None, secret }, format!("added {origin}: {told}")))
}

/// The state of a subscription that is not removed.
fn state(db: &Connection, webhook: i64) -> Result<String, StoreError> {
    let sql = "SELECT state FROM webhook WHERE id = ?1 AND state <> 'removed'";
    db.query_row(sql, [webhook], |row| row.get(0)).optional()?.ok_or(StoreError::NotFound)
}

fn done(webhook: i64, what: &str) -> (WebhookDone, String) {
    (WebhookDone { webhook, delivery: None, secret: None }, what.to_owned())
}

fn confirm(
    db: &Connection,
    at: Timestamp,
    by: &str,
    webhook: i64,
) -> Result<(WebhookDone, String), StoreError> {
    if state(db, webhook)? != "proposed" {
        return Err(StoreError::Taken("the subscription is confirmed already"));
    }
    let sql = "SELECT created_by, url FROM webhook WHERE id = ?1";
    let row = db.query_row(sql, [webhook], |row| Ok((row.get(0)?, row.get(1)?)));
    let (made_by, url): (String, String) = row?;
    if !is_second_person(&made_by, by) {
        return Err(StoreError::Refused(Guard::SecondPerson.into()));
    }
    let sql =
        "UPDATE webhook SET state = 'active', confirmed_by = ?2, confirmed_at = ?3, changed_at = ?3
               WHERE id = ?1";
    db.execute(sql, params![webhook, by, at.as_millisecond()])?;
    let origin = Target::parse(&url).map(|target| target.origin()).unwrap_or_default();
    Ok(done(webhook, &format!("confirmed {origin} of {made_by}")))
}

fn remove(
    db: &Connection,
    at: Timestamp,
    webhook: i64,
) -> Result<(WebhookDone, String), StoreError> {
    state(db, webhook)?;
    let ms = at.as_millisecond();
    db.execute(
        "UPDATE webhook SET state = 'removed', paused_why = NULL, secret = zeroblob(0),
             previous = NULL, previous_until = NULL, changed_at = ?2 WHERE id = ?1",
        params![webhook, ms],
    )?;
    let sql = "SELECT count(*) FROM webhook_delivery WHERE webhook = ?1 AND state = 'waiting'";
    let waiting: i64 = db.query_row(sql, [webhook], |row| row.get(0))?;
    // Callers wait for the writer: the first of many here, the others with the next tidying.
    give_up_removed(db, at, webhook)?;
    Ok(done(webhook, &format!("removed, {waiting} messages unsent")))
}

fn rotate(
    db: &Connection,
    vault: &Vault,
    at: Timestamp,
    webhook: i64,
) -> Result<(WebhookDone, String), StoreError> {
    state(db, webhook)?;
    let key = DataKey::random()?;
    let until = at.saturating_add(PREVIOUS_HOURS.hours()).unwrap_or(at);
    // Twice in a day: the receiver still has the one that signs beside, and the one between the two may
    // never have been given to it.
    db.execute(
        "UPDATE webhook SET previous = CASE WHEN previous_until > ?4 THEN previous ELSE secret END,
             previous_until = ?3, secret = ?2, changed_at = ?4 WHERE id = ?1",
        params![
            webhook,
            vault.wrap(&key, &owner(webhook))?,
            until.as_millisecond(),
            at.as_millisecond()
        ],
    )?;
    let secret = Some(HookSecret::of(&key));
    Ok((WebhookDone { webhook, delivery: None, secret }, "new secret".to_owned()))
}

fn resume(
    db: &Connection,
    at: Timestamp,
    webhook: i64,
) -> Result<(WebhookDone, String), StoreError> {
    if state(db, webhook)? != "paused" {
        return Err(StoreError::Taken("the subscription is not paused"));
    }
    let ms = at.as_millisecond();
    db.execute(
        "UPDATE webhook SET state = 'active', paused_why = NULL, failures = 0, failing_since = NULL,
             rests_until = 0, changed_at = ?2 WHERE id = ?1",
        params![webhook, ms],
    )?;
    // What was about to be given up has all its attempts again; what was never tried is due as it is.
    let again = db.execute(
        "UPDATE webhook_delivery SET next_at = ?2, attempts = 0
         WHERE webhook = ?1 AND state = 'waiting' AND (attempts > 0 OR next_at > ?2)",
        params![webhook, ms],
    )?;
    Ok(done(webhook, &format!("resumed, {again} messages are tried again")))
}

fn ping(db: &Connection, at: Timestamp, webhook: i64) -> Result<(WebhookDone, String), StoreError> {
    if state(db, webhook)? != "active" {
        return Err(StoreError::Taken("the subscription is not confirmed yet, or paused"));
    }
    let delivery = emit::insert(db, at, webhook, HookKind::Ping, None)?;
    let done = WebhookDone { webhook, delivery: Some(delivery), secret: None };
    Ok((done, "test".to_owned()))
}

fn resend(
    db: &Connection,
    at: Timestamp,
    delivery: &str,
) -> Result<(WebhookDone, String), StoreError> {
    let sql = "SELECT d.webhook, d.state, w.state, d.created_at < ?2 FROM webhook_delivery d
               JOIN webhook w ON w.id = d.webhook WHERE d.id = ?1";
    let found = db.query_row(sql, params![delivery, kept_from(at)], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    });
    let (webhook, state, of, is_old): (i64, String, String, bool) =
        found.optional()?.ok_or(StoreError::NotFound)?;
    if of == "removed" {
        return Err(StoreError::Taken("the subscription is removed"));
    }
    if state == "waiting" {
        return Err(StoreError::Taken("the message waits to be sent already"));
    }
    if is_old {
        return Err(StoreError::Taken("the message is older than a message may wait"));
    }
    let sql = "UPDATE webhook_delivery SET state = 'waiting', next_at = ?2, attempts = 0,
                   ended_at = NULL WHERE id = ?1";
    db.execute(sql, params![delivery, at.as_millisecond()])?;
    let done = WebhookDone { webhook, delivery: Some(delivery.to_owned()), secret: None };
    Ok((done, format!("{delivery} again")))
}
