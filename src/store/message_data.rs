//! Messages as personal data: what came from a person and went to him is part of what is held of him, and
//! goes with his case, by his request, at the end of its days.

use super::error::{StoreError, unless_damaged};
use super::inbox::{self, Waiting};
use super::outbox;
use super::privacy::RequestPrivate;
use super::read::city_time;
use super::read_call::all;
use super::seal::sealed;
use super::vault::Vault;
use jiff::Timestamp;
use rusqlite::{Connection, params, params_from_iter};
use serde::Serialize;
use std::fmt::Write;

/// Messages of one person that are given out, the newest of each way.
pub const PRIVACY_MESSAGES_MAX: usize = 5_000;

/// One message that came from him or went to him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldMessage {
    /// `in`: from him; `out`: to him.
    pub direction: &'static str,
    /// When it came, or was written; RFC 3339 with the city's offset.
    pub at: String,
    /// `sms` or `mail`.
    pub medium: String,
    /// By which account of ours.
    pub account: String,
    /// The case that it belongs to.
    pub case: Option<String>,
    /// Where it stands.
    pub state: String,
    /// The number or address; `null`: as the carrier wrote it, in `text`.
    pub party: Option<String>,
    /// Of a mail.
    pub subject: Option<String>,
    /// What it says; `null`: it is erased.
    pub text: Option<String>,
    /// What came, as its carrier gave it, for whoever reads it into the fields above.
    #[serde(skip)]
    pub came: Option<Waiting>,
}

/// What a person is known by: his number, his address.
type Parties = [Option<Vec<u8>>; 2];

/// Of whoever asks.
fn parties(vault: &Vault, who: &RequestPrivate) -> Parties {
    [&who.phone, &who.mail].map(|known| known.as_deref().map(|known| outbox::party(vault, known)))
}

/// Messages from and to a person: those of his cases, and those of his number and address; none of a case
/// under seal. One that is damaged is told, and says nothing.
pub(super) fn of_person(
    db: &Connection,
    vault: &Vault,
    cases: &[i64],
    who: &RequestPrivate,
) -> Result<Vec<HeldMessage>, StoreError> {
    let parties = parties(vault, who);
    let mut found = came(db, vault, cases, &parties)?;
    found.extend(went(db, vault, cases, &parties)?);
    found.sort_by(|a, b| a.at.cmp(&b.at));
    Ok(found)
}

/// How many [`of_person`] finds; opens none of them.
pub(super) fn count_of_person(
    db: &Connection,
    vault: &Vault,
    cases: &[i64],
    who: &RequestPrivate,
) -> Result<i64, StoreError> {
    let parties = parties(vault, who);
    let mut count = 0;
    for (table, whose) in [("inbound", "sender"), ("outbox", "party")] {
        let sql = format!("SELECT count(*) FROM ({})", his(table, whose, "m.state", cases));
        let values = params_from_iter(values(&parties, cases));
        count += db.query_row(&sql, values, |row| row.get::<_, i64>(0))?;
    }
    Ok(count)
}

/// Rows of a table that belong to him, as a query.
fn his(table: &str, party: &str, columns: &str, cases: &[i64]) -> String {
    let mut list = String::new();
    for (at, _) in cases.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(list, "{}?{}", if at == 0 { "" } else { ", " }, at + 3);
    }
    // What a unit is told of its order is no word to him, and names the telephones of officials.
    let own = if table == "outbox" { "AND m.class <> 'order'" } else { "" };
    format!(
        "SELECT m.id, f.number, {columns} FROM {table} m LEFT JOIN case_file f ON f.id = m.case_id
         WHERE (m.{party} IN (?1, ?2) OR m.case_id IN ({list})) AND (f.id IS NULL OR NOT {}) {own}
         ORDER BY m.id DESC LIMIT {PRIVACY_MESSAGES_MAX}",
        sealed("f")
    )
}

fn values<'a>(
    parties: &'a Parties,
    cases: &'a [i64],
) -> impl Iterator<Item = rusqlite::types::Value> + 'a {
    use rusqlite::types::Value;
    let known = |party: &Option<Vec<u8>>| party.clone().map_or(Value::Null, Value::Blob);
    parties.iter().map(known).chain(cases.iter().map(|case| Value::Integer(*case)))
}

fn case_name(number: Option<i64>) -> Option<String> {
    number.map(|number| format!("{number:011}"))
}

fn clock(ms: i64) -> String {
    city_time(Timestamp::from_millisecond(ms).unwrap_or_default())
}

fn came(
    db: &Connection,
    vault: &Vault,
    cases: &[i64],
    parties: &Parties,
) -> Result<Vec<HeldMessage>, StoreError> {
    let columns = "m.received_at, m.medium, m.account, m.state";
    let sql = his("inbound", "sender", columns, cases);
    let mut found = vec![];
    let rows: Vec<(i64, Option<i64>, i64, [String; 3])> =
        all(db, &sql, params_from_iter(values(parties, cases)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, [row.get(3)?, row.get(4)?, row.get(5)?]))
        })?;
    for (id, number, at, [medium, account, state]) in rows {
        let opened = unless_damaged(inbox::opened(db, vault, id), |error| {
            tracing::error!(message = id, %error, "ALARM a message cannot be read back");
        })?;
        found.push(HeldMessage {
            direction: "in",
            at: clock(at),
            medium,
            account,
            case: case_name(number),
            state,
            party: None,
            subject: None,
            text: None,
            came: opened.flatten(),
        });
    }
    Ok(found)
}

fn went(
    db: &Connection,
    vault: &Vault,
    cases: &[i64],
    parties: &Parties,
) -> Result<Vec<HeldMessage>, StoreError> {
    let columns = "m.created_at, m.medium, m.account, m.state";
    let sql = his("outbox", "party", columns, cases);
    let rows: Vec<(i64, Option<i64>, i64, [String; 3])> =
        all(db, &sql, params_from_iter(values(parties, cases)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, [row.get(3)?, row.get(4)?, row.get(5)?]))
        })?;
    let mut found = vec![];
    for (id, number, at, [medium, account, state]) in rows {
        let letter = unless_damaged(outbox::letter_of(db, vault, id), |error| {
            tracing::error!(message = id, %error, "ALARM a message cannot be read back");
        })?
        .flatten();
        let (party, subject, text) = match letter {
            Some(letter) => (Some(letter.to), letter.subject, Some(letter.text)),
            None => (None, None, None),
        };
        let (at, case) = (clock(at), case_name(number));
        let direction = "out";
        found.push(HeldMessage {
            direction,
            at,
            medium,
            account,
            case,
            state,
            party,
            subject,
            text,
            came: None,
        });
    }
    Ok(found)
}

/// The messages of a case that is erased: nobody can read what they said, and nobody can tell whose they
/// were. That they were there stays, so that none comes again. What was still to go out is not sent.
pub(super) fn forget_case(db: &Connection, case: i64) -> Result<(), StoreError> {
    forget(db, "case_id = ?1", case)
}

/// Messages of a number or an address that belong to no case and have ended; gives how many said something.
pub(super) fn forget_unlinked(
    db: &Connection,
    vault: &Vault,
    known: &str,
) -> Result<usize, StoreError> {
    let party = outbox::party(vault, known);
    let open = "'queued', 'submitting', 'uncertain'";
    let inbound =
        "SELECT id FROM inbound WHERE sender = ?1 AND case_id IS NULL AND ended_at IS NOT NULL
                   AND raw IS NOT NULL";
    let outbox = format!(
        "SELECT id FROM outbox WHERE party = ?1 AND case_id IS NULL AND state NOT IN ({open})
         AND private IS NOT NULL"
    );
    let inbound: Vec<i64> = all(db, inbound, [&party], |row| row.get(0))?;
    let outbox: Vec<i64> = all(db, &outbox, [&party], |row| row.get(0))?;
    for id in &inbound {
        forget_inbound(db, "id = ?1", *id)?;
    }
    for id in &outbox {
        forget_outbox(db, "id = ?1", *id)?;
    }
    Ok(inbound.len() + outbox.len())
}

fn forget(db: &Connection, which: &str, value: i64) -> Result<(), StoreError> {
    forget_inbound(db, which, value)?;
    forget_outbox(db, which, value)
}

fn forget_inbound(db: &Connection, which: &str, value: i64) -> Result<(), StoreError> {
    for sql in [
        format!("DELETE FROM sms_part WHERE inbound IN (SELECT id FROM inbound WHERE {which})"),
        format!("DELETE FROM inbound_raw WHERE inbound IN (SELECT id FROM inbound WHERE {which})"),
        format!(
            "UPDATE inbound SET key = NULL, raw = NULL, about = NULL, sender = NULL, words = NULL \
             WHERE {which}"
        ),
    ] {
        db.prepare_cached(&sql)?.execute([value])?;
    }
    Ok(())
}

fn forget_outbox(db: &Connection, which: &str, value: i64) -> Result<(), StoreError> {
    for sql in [
        format!(
            "UPDATE delivery_report SET party = NULL
             WHERE outbox IN (SELECT id FROM outbox WHERE {which})"
        ),
        // One that its carrier has in hand is settled by what he says; nothing of it is left but that.
        format!(
            "UPDATE outbox SET key = NULL, private = NULL, party = x'',
                 state = CASE state WHEN 'queued' THEN 'withdrawn' ELSE state END,
                 leased_until = CASE state WHEN 'queued' THEN NULL ELSE leased_until END
             WHERE {which}"
        ),
    ] {
        db.prepare_cached(&sql)?.execute(params![value])?;
    }
    Ok(())
}
