//! The checks of `verify` on what seats and callers did: the queue ledger without gaps and in an
//! order that makes sense per call, attempts against tasks, the audit's chain, tracks against files.

use super::audit::{self, AuditLink};
use super::chain::START;
use super::error::StoreError;
use super::queue_log::{QueueKind, Standing};
use super::reconcile::channels;
use super::verify::VerifyReport;
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::path::Path;

/// All of them.
pub(super) fn check(
    db: &Connection,
    data: &Path,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    check_queue(db, report)?;
    check_attempts(db, report)?;
    check_audit(db, report)?;
    check_tracks(db, data, report)
}

/// Every row in its place: no number is missing, and each call's rows tell one story with an end.
fn check_queue(db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut statement = db.prepare("SELECT seq, kind, call FROM queue_log ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut last = 0;
    let mut open: HashMap<String, Standing> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (seq, kind): (i64, String) = (row.get(0)?, row.get(1)?);
        report.queue_rows += 1;
        if seq != last + 1 {
            report.fault("queue", seq, format!("{} rows before it are missing", seq - last - 1));
        }
        last = seq;
        let (Some(call), Some(kind)) = (row.get::<_, Option<String>>(2)?, QueueKind::parse(&kind))
        else {
            continue;
        };
        let standing = open.remove(&call).unwrap_or_default();
        match standing.after(kind) {
            Some(Standing::Out) => {}
            Some(next) => {
                open.insert(call, next);
            }
            None => report.fault("queue", seq, format!("{} cannot follow", kind.as_str())),
        }
    }
    let mut ended = db.prepare("SELECT 1 FROM call WHERE id = ?1 AND ended_at IS NOT NULL")?;
    let mut left: Vec<_> = open.into_iter().collect();
    left.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (call, standing) in left {
        if matches!(standing, Standing::Waiting | Standing::Talking) && ended.exists([&call])? {
            report.fault("queue", call, "the call has ended and its caller never left the queue");
        }
    }
    Ok(())
}

/// Every attempt that says something about its citizen stands on the case, and none else does.
fn check_attempts(db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    report.attempts = count(db, "SELECT count(*) FROM callback_attempt")?;
    let mut statement = db.prepare(
        "WITH told (task, n) AS (
             SELECT task, count(*) FROM callback_attempt
             WHERE outcome NOT IN ('failed', 'interrupted') GROUP BY task),
         noted (task, n) AS (
             SELECT case_id, count(*) FROM event
             WHERE json_extract(body, '$.event') = 'called_back' GROUP BY case_id)
         SELECT COALESCE(told.task, noted.task), COALESCE(told.n, 0), COALESCE(noted.n, 0)
         FROM told FULL JOIN noted ON noted.task = told.task
         WHERE COALESCE(told.n, 0) <> COALESCE(noted.n, 0)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (task, told, noted): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let problem = format!("{told} attempts have an outcome, the events tell of {noted}");
        report.fault("callback", task, problem);
    }
    let backwards = "SELECT count(*) FROM callback_attempt WHERE ended_at < started_at";
    if count(db, backwards)? > 0 {
        report.fault("callback", "attempts", "one ended before it began");
    }
    Ok(())
}

fn count(db: &Connection, sql: &str) -> Result<u64, StoreError> {
    let rows: i64 = db.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

fn check_audit(db: &Connection, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT seq, at, actor, kind, subject, reason, prev, hash FROM audit ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    let (mut seq, mut prev) = (0, START);
    while let Some(row) = rows.next()? {
        seq += 1;
        report.audited += 1;
        prev = check_audited(row, seq, &prev, report)?;
    }
    Ok(())
}

fn check_audited(
    row: &Row<'_>,
    expected: i64,
    prev: &[u8; 32],
    report: &mut VerifyReport,
) -> Result<[u8; 32], StoreError> {
    let seq: i64 = row.get(0)?;
    let words: [String; 4] = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
    let (stored_prev, stored): ([u8; 32], [u8; 32]) = (row.get(6)?, row.get(7)?);
    let link = AuditLink { seq, at: row.get(1)?, words: words.each_ref().map(String::as_str) };
    if seq != expected {
        report.fault("audit", seq, "an entry before it is missing");
    }
    if stored_prev != *prev {
        report.fault("audit", seq, "does not follow the entry before it");
    }
    if audit::hash(prev, &link) != stored {
        report.fault("audit", seq, "was changed");
    }
    Ok(stored)
}

/// A recording has as many channels as tracks were told, and each of them is named.
fn check_tracks(db: &Connection, data: &Path, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut statement = db.prepare(
        "SELECT r.file, r.tracks, count(t.track), COALESCE(max(t.track), 0)
         FROM recording r LEFT JOIN recording_track t ON t.recording = r.id
         GROUP BY r.id HAVING r.tracks IS NOT NULL OR count(t.track) > 0 ORDER BY r.id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (file, told): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        let (named, highest): (i64, i64) = (row.get(2)?, row.get(3)?);
        if named > 0 && (named != highest || Some(named) != told) {
            let told = told.unwrap_or(0);
            report.fault("recording", &file, format!("{told} tracks told, {named} named"));
        }
        // A file that is gone or changed is found by its hash.
        let found = channels(&data.join(&file)).ok().flatten().map(i64::from);
        if let (Some(told), Some(found)) = (told, found)
            && told != found
        {
            report.fault("recording", &file, format!("{told} tracks told, {found} in the file"));
        }
    }
    Ok(())
}
