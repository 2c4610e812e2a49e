//! The checks of `verify` on subscriptions and messages: secrets can be used, a message says what its row
//! says, and nothing is there of a case under seal.

use super::owner;
use crate::domain::webhook::{HookKind, Target};
use crate::store::error::StoreError;
use crate::store::intake::read_number;
use crate::store::read_call::all;
use crate::store::seal::sealed;
use crate::store::vault::Vault;
use crate::store::verify::VerifyReport;
use rusqlite::Connection;
use serde_json::Value;

/// The area of the faults.
const AREA: &str = "webhook";

/// All of them.
pub(in crate::store) fn check(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    check_subscriptions(db, vault, report)?;
    check_messages(db, report)?;
    let unheard = "SELECT d.id FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook
                   WHERE w.state = 'proposed'";
    for id in all(db, unheard, [], |row| row.get::<_, String>(0))? {
        report.fault(AREA, id, "is meant for whom nobody has confirmed");
    }
    let hidden = format!(
        "SELECT d.id FROM webhook_delivery d JOIN case_file f ON f.id = d.case_id WHERE {}",
        sealed("f")
    );
    for id in all(db, &hidden, [], |row| row.get::<_, String>(0))? {
        report.fault(AREA, id, "tells of a case under seal");
    }
    Ok(())
}

fn check_subscriptions(
    db: &Connection,
    vault: &Vault,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let sql = "SELECT id, url, kinds, secret, previous FROM webhook WHERE state <> 'removed'";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, url, kinds): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let secrets: [Option<Vec<u8>>; 2] = [row.get(3)?, row.get(4)?];
        report.webhooks += 1;
        if Target::parse(&url).is_err() {
            report.fault(AREA, id, "its URL is none");
        }
        if kinds.split_whitespace().any(|name| HookKind::parse(name).is_none()) {
            report.fault(AREA, id, "it wants to know of what there is not");
        }
        if secrets.iter().flatten().any(|key| vault.unwrap(key, &owner(id)).is_err()) {
            report.fault(AREA, id, "its secret cannot be opened");
        }
    }
    Ok(())
}

fn check_messages(db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let sql = "SELECT d.id, d.kind, d.body, f.number FROM webhook_delivery d
               LEFT JOIN case_file f ON f.id = d.case_id ORDER BY d.seq";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, kind, body): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let number: Option<i64> = row.get(3)?;
        report.deliveries += 1;
        let number = number.map(read_number).transpose()?.map(|number| number.to_string());
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        let told = body["case"]["number"].as_str();
        if body["id"] != *id || body["kind"] != *kind || told != number.as_deref() {
            report.fault(AREA, &id, "its body is not what its row says");
        }
    }
    Ok(())
}
