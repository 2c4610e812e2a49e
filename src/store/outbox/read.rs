//! Messages and accounts as they are listed.

use super::letter_of;
use crate::domain::message::{Recipient, SendState};
use crate::store::error::{StoreError, unless_damaged};
use crate::store::read::{Reader, city_time, masked};
use crate::store::read_call::all;
use crate::store::seal::sealed;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

/// Which messages are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxFilter {
    /// Only those that stand so.
    pub state: Option<SendState>,
}

/// A message as it is listed: never what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// Its row.
    pub id: i64,
    /// `sms` or `mail`.
    pub medium: String,
    /// By which account.
    pub account: String,
    /// Which text of the table.
    pub template: String,
    /// What for.
    pub class: String,
    /// The number of the case it tells of.
    pub case: Option<String>,
    /// What its receiver is: `citizen`, `unit` or `leader`.
    pub recipient: &'static str,
    /// To whom, masked; `null`: forgotten, or the liaison's.
    pub to: Option<String>,
    /// Where it stands.
    pub state: String,
    /// Tries.
    pub attempts: u32,
    /// When it was written, RFC 3339 with the city's offset.
    pub created_at: String,
    /// When it may leave.
    pub not_before: String,
    /// Why the last try failed.
    pub fault: Option<String>,
    /// Who decided about it.
    pub decided_by: Option<String>,
}

/// How an account fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    /// Its name in the configuration.
    pub account: String,
    /// Messages that wait to be sent.
    pub queued: u32,
    /// Since when the oldest of them waits.
    pub oldest: Option<String>,
    /// Messages of which nobody knows whether they were sent.
    pub uncertain: u32,
    /// Nothing is sent before.
    pub paused_until: Option<String>,
    /// Why: `throttled`, `breaker`.
    pub paused_why: Option<String>,
    /// When it answered last.
    pub well_at: Option<String>,
    /// When it failed last.
    pub fault_at: Option<String>,
    /// How, where it has not answered since.
    pub fault: Option<String>,
}

fn shown(ms: i64) -> String {
    city_time(Timestamp::from_millisecond(ms).unwrap_or_default())
}

impl Reader {
    /// The newest messages, at most `limit`; of cases under seal none.
    pub fn outbox(&self, filter: OutboxFilter, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!(
            "SELECT o.id, o.medium, o.account, o.template, o.class, f.number, o.state, o.attempts,
                    o.created_at, o.not_before, o.fault, o.decided_by
             FROM outbox o LEFT JOIN case_file f ON f.id = o.case_id
             WHERE (?1 IS NULL OR o.state = ?1) AND (f.id IS NULL OR NOT {})
             ORDER BY o.id DESC LIMIT ?2",
            sealed("f")
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let state = filter.state.map(SendState::as_str);
        let mut rows: Vec<OutboxRow> = all(&self.db, &sql, params![state, limit], |row| {
            let number: Option<i64> = row.get(5)?;
            let template: String = row.get(3)?;
            Ok(OutboxRow {
                id: row.get(0)?,
                medium: row.get(1)?,
                account: row.get(2)?,
                recipient: Recipient::of(&template).as_str(),
                template,
                class: row.get(4)?,
                case: number.map(|number| format!("{number:011}")),
                to: None,
                state: row.get(6)?,
                attempts: row.get(7)?,
                created_at: shown(row.get(8)?),
                not_before: shown(row.get(9)?),
                fault: row.get(10)?,
                decided_by: row.get(11)?,
            })
        })?;
        for row in &mut rows {
            let letter = letter_of(&self.db, &self.vault, row.id);
            let letter = unless_damaged(letter, |error| {
                tracing::error!(message = row.id, %error, "a message cannot be read back");
            })?;
            row.to = letter.flatten().map(|letter| masked(&letter.to));
        }
        Ok(rows)
    }

    /// How the accounts fare that messages wait for or that have answered once.
    pub fn message_accounts(&self, now: Timestamp) -> Result<Vec<AccountRow>, StoreError> {
        // What belongs to a case under seal is not counted: a count is a place to find it.
        let sql = format!(
            "WITH shown AS (SELECT o.account, o.state, o.created_at, o.not_before FROM outbox o
                            WHERE o.state IN ('queued', 'submitting', 'uncertain')
                              AND NOT EXISTS (SELECT 1 FROM case_file f
                                              WHERE f.id = o.case_id AND {})),
                  known AS (SELECT account FROM message_account UNION SELECT account FROM shown)
             SELECT k.account,
                    (SELECT count(*) FROM shown o WHERE o.account = k.account AND o.state = 'queued'),
                    (SELECT min(created_at) FROM shown o
                     WHERE o.account = k.account AND o.state = 'queued' AND o.not_before <= ?1),
                    (SELECT count(*) FROM shown o
                     WHERE o.account = k.account AND o.state = 'uncertain'),
                    a.paused_until, a.paused_why, a.well_at, a.fault_at, a.fault
             FROM known k LEFT JOIN message_account a ON a.account = k.account ORDER BY k.account",
            sealed("f")
        );
        let now = now.as_millisecond();
        all(&self.db, &sql, [now], |row| {
            let paused: Option<i64> = row.get(4)?;
            let paused = paused.filter(|until| *until > now);
            let why: Option<String> = row.get(5)?;
            Ok(AccountRow {
                account: row.get(0)?,
                queued: row.get(1)?,
                oldest: row.get::<_, Option<i64>>(2)?.map(shown),
                uncertain: row.get(3)?,
                paused_until: paused.map(shown),
                paused_why: paused.and(why),
                well_at: row.get::<_, Option<i64>>(6)?.map(shown),
                fault_at: row.get::<_, Option<i64>>(7)?.map(shown),
                fault: row.get(8)?,
            })
        })
    }
}
