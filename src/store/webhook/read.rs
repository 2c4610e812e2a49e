//! Subscriptions and messages as they are listed. Neither a secret nor a case is in a row: who looks
//! after subscriptions sees no case (ADR 15).

use crate::store::error::StoreError;
use crate::store::read::{ROWS_MAX, Reader, city_time};
use crate::store::read_call::all;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

/// A subscription in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookRow {
    /// Its number.
    pub id: i64,
    /// Where messages go.
    pub url: String,
    /// Of what; empty: of everything.
    pub events: Vec<String>,
    /// `proposed` (nothing is told to it yet), `active`, `paused`.
    pub state: String,
    /// `gone` (the receiver answered 410) or `failures`.
    pub paused_why: Option<String>,
    /// Failed attempts in a row.
    pub failures: i64,
    /// The first of them.
    pub failing_since: Option<String>,
    /// Messages that wait.
    pub waiting: i64,
    /// Messages that have failed and are still kept.
    pub failed: i64,
    /// The secret before this one signs until then.
    pub previous_until: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// Who confirmed it; `None`: nobody yet.
    pub confirmed_by: Option<String>,
    /// When, RFC 3339 with the city's offset.
    pub created_at: String,
}

/// Which messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those in this state: `waiting`, `delivered` or `failed`.
    pub state: Option<String>,
    /// Only those of this subscription.
    pub webhook: Option<i64>,
}

/// A message in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// `webhook-id`.
    pub id: String,
    /// Its subscription.
    pub webhook: i64,
    /// What happened.
    pub kind: String,
    /// When.
    pub created_at: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// Attempts so far.
    pub attempts: i64,
    /// The next one.
    pub next_at: Option<String>,
    /// When it arrived or was given up.
    pub ended_at: Option<String>,
    /// Status of the last answer.
    pub status: Option<i64>,
    /// Why the last attempt failed.
    pub fault: Option<String>,
}

fn time(ms: Option<i64>) -> Option<String> {
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(city_time)
}

/// The query of a list. A partial index is used for a state that stands in the text alone; what arrived
/// is most of what there is.
fn deliveries(state: Option<&str>) -> Result<String, StoreError> {
    let (index, only) = match state {
        None => ("", "TRUE"),
        Some("waiting") => ("INDEXED BY webhook_delivery_waiting", "state = 'waiting'"),
        Some("failed") => ("INDEXED BY webhook_delivery_failed", "state = 'failed'"),
        Some("delivered") => ("", "state = 'delivered'"),
        Some(_) => return Err(StoreError::Malformed("a state is waiting, delivered or failed")),
    };
    Ok(format!(
        "SELECT id, webhook, kind, created_at, state, attempts, next_at, ended_at, status, fault
         FROM webhook_delivery {index} WHERE {only} AND (?1 IS NULL OR webhook = ?1)
         ORDER BY seq DESC LIMIT ?2"
    ))
}

impl Reader {
    /// The subscriptions that are not removed; `now` tells whether an old secret still signs.
    pub fn webhooks(&self, now: Timestamp) -> Result<Vec<WebhookRow>, StoreError> {
        let sql = "SELECT w.id, url, kinds, w.state, paused_why, failures, failing_since,
                       (SELECT count(*) FROM webhook_delivery d
                        WHERE d.webhook = w.id AND d.state = 'waiting'),
                       (SELECT count(*) FROM webhook_delivery d
                        WHERE d.webhook = w.id AND d.state = 'failed'),
                       CASE WHEN previous_until > ?1 THEN previous_until END, created_by, confirmed_by,
                       created_at
                   FROM webhook w WHERE w.state <> 'removed' ORDER BY w.id";
        all(&self.db, sql, [now.as_millisecond()], |row| {
            let kinds: String = row.get(2)?;
            Ok(WebhookRow {
                id: row.get(0)?,
                url: row.get(1)?,
                events: kinds.split_whitespace().map(str::to_owned).collect(),
                state: row.get(3)?,
                paused_why: row.get(4)?,
                failures: row.get(5)?,
                failing_since: time(row.get(6)?),
                waiting: row.get(7)?,
                failed: row.get(8)?,
                previous_until: time(row.get(9)?),
                created_by: row.get(10)?,
                confirmed_by: row.get(11)?,
                created_at: time(row.get(12)?).unwrap_or_default(),
            })
        })
    }

    /// The newest messages first.
    pub fn webhook_deliveries(
        &self,
        filter: &DeliveryFilter,
        limit: usize,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = deliveries(filter.state.as_deref())?;
        let limit = i64::try_from(limit.min(ROWS_MAX)).unwrap_or(i64::MAX);
        all(&self.db, &sql, params![filter.webhook, limit], |row| {
            Ok(DeliveryRow {
                id: row.get(0)?,
                webhook: row.get(1)?,
                kind: row.get(2)?,
                created_at: time(row.get(3)?).unwrap_or_default(),
                state: row.get(4)?,
                attempts: row.get(5)?,
                next_at: time(row.get(6)?),
                ended_at: time(row.get(7)?),
                status: row.get(8)?,
                fault: row.get(9)?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn what_failed_and_what_waits_is_found_among_what_arrived_by_an_index() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("../../../schema.sql")).unwrap();
        let plan = |state| {
            let sql = format!("EXPLAIN QUERY PLAN {}", deliveries(state).unwrap());
            all(&db, &sql, [None, Some(1)], |row| row.get::<_, String>(3)).unwrap().remove(0)
        };
        for state in ["waiting", "failed"] {
            let expected = format!("SCAN webhook_delivery USING INDEX webhook_delivery_{state}");
            assert_eq!(plan(Some(state)), expected);
        }
        assert_eq!(plan(None), "SCAN webhook_delivery", "by its order");
        assert!(deliveries(Some("lost")).is_err());
    }
}
