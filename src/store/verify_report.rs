//! The checks of `verify` on issued reports: each as it was stored, and the chains still going
//! through the heads that each of them anchors. A chain whose end was cut off is found by that.

use super::error::StoreError;
use super::recording::hex;
use super::report;
use super::verify::VerifyReport;
use crate::domain::report::{Anchor, Anchors};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is looked at in a report.
#[derive(Deserialize)]
struct Anchored {
    anchors: Anchors,
}

/// All of them.
pub(super) fn check(db: &Connection, out: &mut VerifyReport) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT kind || '-' || period || ' version ' || version, content, sha256,
                version - lag(version, 1, 0) OVER (PARTITION BY kind, period ORDER BY version)
         FROM report ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        out.reports += 1;
        let (name, content): (String, String) = (row.get(0)?, row.get(1)?);
        let (sha256, step): (String, i64) = (row.get(2)?, row.get(3)?);
        if report::sha256(&content) != sha256 {
            out.fault("report", &name, "was changed");
        }
        if step != 1 {
            out.fault("report", &name, "a version before it is missing");
        }
        let Ok(Anchored { anchors }) = serde_json::from_str(&content) else {
            out.fault("report", &name, "cannot be read");
            continue;
        };
        for (chain, anchor) in [("event", &anchors.events), ("audit", &anchors.audit)] {
            check_anchor(db, &name, chain, anchor, out)?;
        }
    }
    Ok(())
}

fn check_anchor(
    db: &Connection,
    name: &str,
    chain: &str,
    anchor: &Anchor,
    out: &mut VerifyReport,
) -> Result<(), StoreError> {
    if anchor.seq == 0 {
        return Ok(());
    }
    let sql = format!("SELECT hash FROM {chain} WHERE seq = ?1");
    let hash: Option<[u8; 32]> =
        db.prepare_cached(&sql)?.query_row([anchor.seq], |row| row.get(0)).optional()?;
    let problem = match hash {
        None => format!("{chain} {} is anchored and missing: the end was cut off", anchor.seq),
        Some(hash) if hex(&hash) != anchor.hash => {
            format!("{chain} {} has another hash than the one anchored", anchor.seq)
        }
        Some(_) => return Ok(()),
    };
    out.fault("anchor", name, problem);
    Ok(())
}

/// Hashes that were kept outside: each is that of an entry, or the chain was cut off or written anew.
/// That of a report, which stands beside it in a list, is none of a chain and no fault. One pass over
/// each chain, however many there are.
pub(super) fn check_hashes(
    db: &Connection,
    hashes: &[String],
    out: &mut VerifyReport,
) -> Result<(), StoreError> {
    let mut wanted: BTreeMap<&str, Option<(&str, i64)>> =
        hashes.iter().map(|hash| (hash.as_str(), None)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    for (place, sql) in PLACES {
        let mut statement = db.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let hash: String = row.get(1)?;
            if let Some(found) = wanted.get_mut(hash.as_str()) {
                *found = Some((place, row.get(0)?));
            }
        }
    }
    for hash in hashes {
        match wanted.remove(hash.as_str()) {
            Some(Some(found)) => out.anchored.push(found),
            Some(None) => {
                let problem = "no entry has this hash: a chain was cut off or rewritten";
                out.fault("anchor", hash, problem);
            }
            // The same once more.
            None => {}
        }
    }
    Ok(())
}

/// Where a hash can stand.
const PLACES: [(&str, &str); 3] = [
    ("event", "SELECT seq, lower(hex(hash)) FROM event"),
    ("audit", "SELECT seq, lower(hex(hash)) FROM audit"),
    ("report", "SELECT id, sha256 FROM report"),
];
