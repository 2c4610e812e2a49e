//! The checks of `verify` on messages: what came, its parts, what went, its parts and reports. What belongs
//! together is there together, every state is one that can be, and what can be opened is what was put in.

use super::error::StoreError;
use super::inbox;
use super::outbox;
use super::read_call::all;
use super::vault::Vault;
use super::verify::VerifyReport;
use crate::domain::message::SendState;
use rusqlite::Connection;

/// The area of the faults.
const AREA: &str = "message";

/// Rows that are held at a time: there may be a million.
const ROWS_AT_ONCE: i64 = 1_000;

/// What must not be, each as a query for the rows where it is.
const CONTRADICTIONS: [(&str, &str); 12] = [
    (
        "can be read, and its bytes are not there",
        "SELECT 'inbound ' || i.id FROM inbound i
         WHERE i.raw IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM inbound_raw r WHERE r.inbound = i.id)",
    ),
    (
        "is erased, and its bytes are there",
        "SELECT 'inbound ' || i.id FROM inbound_raw r JOIN inbound i ON i.id = r.inbound
         WHERE i.raw IS NULL",
    ),
    (
        "waits for parts, and has none",
        "SELECT 'inbound ' || i.id FROM inbound i
         WHERE i.state = 'parts' AND NOT EXISTS (SELECT 1 FROM sms_part p WHERE p.inbound = i.id)",
    ),
    (
        "is a part of a text and was never taken for one",
        "SELECT 'inbound ' || p.inbound FROM sms_part p JOIN inbound i ON i.id = p.inbound
         WHERE i.state = 'new'",
    ),
    (
        "is one of another number of parts than the rest of its text",
        "SELECT 'inbound ' || min(inbound) FROM sms_part GROUP BY message
         HAVING count(DISTINCT total) > 1",
    ),
    (
        "was a report of a message that is not told of it",
        "SELECT 'inbound ' || d.inbound FROM delivery_report d
         WHERE d.outbox IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM outbox_part p WHERE p.outbox = d.outbox AND p.number = d.number)",
    ),
    (
        "is a report, and waits as if it were none",
        "SELECT 'inbound ' || d.inbound FROM delivery_report d JOIN inbound i ON i.id = d.inbound
         WHERE i.state IN ('new', 'parts')",
    ),
    (
        "is with its carrier, and no part of it is",
        "SELECT 'outbox ' || o.id FROM outbox o
         WHERE o.state IN ('submitting', 'submitted', 'delivered', 'undelivered', 'uncertain')
           AND NOT EXISTS (SELECT 1 FROM outbox_part p WHERE p.outbox = o.id)",
    ),
    (
        "has parts of several numbers",
        "SELECT 'outbox ' || outbox FROM outbox_part GROUP BY outbox
         HAVING count(DISTINCT total) > 1",
    ),
    (
        "has a part in a state that there is not",
        "SELECT 'outbox ' || outbox FROM outbox_part
         WHERE state NOT IN ('queued', 'submitting', 'uncertain', 'submitted', 'unknown', 'expired',
                             'undelivered', 'delivered', 'failed', 'withdrawn')",
    ),
    (
        "is worth nothing before it was written",
        "SELECT 'outbox ' || id FROM outbox WHERE expires_at < created_at",
    ),
    (
        "is of a case that is erased, and can still be told from others",
        "SELECT 'outbox ' || o.id FROM outbox o JOIN case_key k ON k.case_id = o.case_id
         WHERE k.wrapped = x'' AND (o.private IS NOT NULL OR o.party <> x'')
         UNION ALL SELECT 'inbound ' || i.id FROM inbound i JOIN case_key k ON k.case_id = i.case_id
         WHERE k.wrapped = x'' AND (i.raw IS NOT NULL OR i.sender IS NOT NULL)",
    ),
];

/// All of them.
pub(super) fn check(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    for (problem, sql) in CONTRADICTIONS {
        for subject in all(db, sql, [], |row| row.get::<_, String>(0))? {
            report.fault(AREA, subject, problem);
        }
    }
    check_inbound(db, vault, report)?;
    check_outbox(db, vault, report)
}

/// Every message that can be opened is opened: its seal is the hash of what was put in.
fn check_inbound(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM inbound WHERE id > ?1 AND raw IS NOT NULL ORDER BY id LIMIT ?2";
    let mut last = 0;
    loop {
        let ids: Vec<i64> = all(db, sql, [last, ROWS_AT_ONCE], |row| row.get(0))?;
        let Some(end) = ids.last() else { return Ok(()) };
        last = *end;
        for id in ids {
            report.messages += 1;
            match inbox::opened(db, vault, id) {
                Ok(_) => {}
                Err(StoreError::Damaged(_)) => {
                    report.fault(AREA, format!("inbound {id}"), "cannot be opened by its key");
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn check_outbox(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let sql = "SELECT id, state, party FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut last = 0;
    loop {
        let rows: Vec<(i64, String, Vec<u8>)> =
            all(db, sql, [last, ROWS_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let Some((end, ..)) = rows.last() else { return Ok(()) };
        last = *end;
        for (id, state, party) in rows {
            report.messages += 1;
            check_letter(db, vault, (id, &state, &party), report)?;
        }
    }
}

/// One message that goes out, against its row and its parts.
fn check_letter(
    db: &Connection,
    vault: &Vault,
    (id, state, party): (i64, &str, &[u8]),
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let subject = || format!("outbox {id}");
    match outbox::letter_of(db, vault, id) {
        Ok(Some(letter)) if outbox::party(vault, &letter.to) != party => {
            report.fault(AREA, subject(), "goes to another than its row says");
        }
        Ok(_) => {}
        Err(StoreError::Damaged(_)) => {
            report.fault(AREA, subject(), "cannot be opened by its key");
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let sql = "SELECT state FROM outbox_part WHERE outbox = ?1";
    let parts: Vec<String> = all(db, sql, [id], |row| row.get(0))?;
    let parts: Vec<SendState> = parts.iter().filter_map(|name| SendState::parse(name)).collect();
    let settled = ["delivered", "undelivered"].contains(&state);
    if settled && !parts.is_empty() && SendState::of_parts(&parts).as_str() != state {
        report.fault(AREA, subject(), "stands otherwise than its parts");
    }
    Ok(())
}
