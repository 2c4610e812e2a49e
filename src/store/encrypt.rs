//! Takes what an older program had stored in clear (`event_private_plain`, `call_plain`) into sealed
//! parts, bit by bit and again from where it was interrupted; then nothing of it stays on the disk.
//!
//! The summary of a numbered case moves from the chained part of its event to the private one, so the
//! chain is made anew from there on. `meta.chain_before_sealing` keeps where the old one ended.

use super::call_private::{self, CallPrivate};
use super::case_file::{self, SALT_BYTES};
use super::case_key::{self, Access};
use super::chain::{self, Link};
use super::config::BACKUP_FOLDER;
use super::error::{StoreError, at_path};
use super::purge;
use super::read_call::all;
use super::recording::hex;
use super::suggest;
use super::vault::{DataKey, Vault};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use std::path::Path;

/// Events or calls of one transaction.
const ROWS: i64 = 1_000;

/// How far the chain was made anew, in `meta`.
const DONE: &str = "sealing_done";

/// First schema whose copies hold nothing in clear.
const SEALED_VERSION: u32 = 10;

/// Seals what stands in clear.
pub(super) fn bring_up_to_date(db: &mut Connection, vault: &Vault) -> Result<(), StoreError> {
    if db.table_exists(None, "event_private_plain")? {
        seal_ledgers(db, vault)?;
    }
    if db.table_exists(None, "risk_false_alarm_plain")? {
        seal_false_alarms(db, vault)?;
    }
    Ok(())
}

/// What version 6 had in clear: events and calls.
fn seal_ledgers(db: &mut Connection, vault: &Vault) -> Result<(), StoreError> {
    note_old_chain(db)?;
    while seal_some(db, vault, ROWS)? {}
    db.execute_batch(
        "BEGIN;
         DROP TABLE event_private_plain; DROP TABLE call_plain;
         DELETE FROM meta WHERE key = 'sealing_done'; COMMIT;",
    )?;
    Ok(())
}

/// The next events, or calls where no event is left; `false`: there is nothing.
pub(super) fn seal_some(db: &mut Connection, vault: &Vault, rows: i64) -> Result<bool, StoreError> {
    Ok(seal_events(db, vault, rows)? || seal_calls(db, vault, rows)?)
}

fn note_old_chain(db: &Connection) -> Result<(), StoreError> {
    let sql = "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1";
    let last: Option<(i64, [u8; 32])> =
        db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((seq, hash)) = last {
        let put = "INSERT OR IGNORE INTO meta VALUES ('chain_before_sealing', ?1)";
        db.execute(put, [format!("{seq} {}", hex(&hash))])?;
    }
    Ok(())
}

/// An event as it stands in clear.
struct Plain {
    seq: i64,
    case_id: i64,
    at: i64,
    actor: String,
    body: String,
    private: Option<String>,
    salt: Option<[u8; SALT_BYTES]>,
    digest: Option<Vec<u8>>,
}

/// The next events, whole or not at all; `false`: there are none.
fn seal_events(db: &mut Connection, vault: &Vault, rows: i64) -> Result<bool, StoreError> {
    let tx = db.transaction()?;
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let done: Option<String> = tx.query_row(sql, [DONE], |row| row.get(0)).optional()?;
    let done: i64 = done.and_then(|done| done.parse().ok()).unwrap_or(0);
    let before = "SELECT hash FROM event WHERE seq = ?1";
    let prev: Option<[u8; 32]> = tx.query_row(before, [done], |row| row.get(0)).optional()?;
    let mut prev = prev.unwrap_or(chain::START);
    let events = plain_events(&tx, done, rows)?;
    let Some(last) = events.last().map(|event| event.seq) else { return Ok(false) };
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'event_is_append_only_update'";
    let trigger: String = tx.query_row(sql, [], |row| row.get(0))?;
    tx.execute_batch("DROP TRIGGER event_is_append_only_update")?;
    for event in events {
        prev = seal_event(&tx, vault, event, &prev)?;
    }
    tx.execute_batch(&trigger)?;
    tx.execute("DELETE FROM event_private_plain WHERE seq <= ?1", [last])?;
    tx.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![DONE, last.to_string()])?;
    tx.commit()?;
    Ok(true)
}

fn plain_events(db: &Connection, after: i64, rows: i64) -> Result<Vec<Plain>, StoreError> {
    let sql = "SELECT e.seq, e.case_id, e.at, e.actor, e.body, p.body, p.salt, e.private_digest
               FROM event e LEFT JOIN event_private_plain p USING (seq)
               WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2";
    all(db, sql, [after, rows], |row| {
        Ok(Plain {
            seq: row.get(0)?,
            case_id: row.get(1)?,
            at: row.get(2)?,
            actor: row.get(3)?,
            body: row.get(4)?,
            private: row.get(5)?,
            salt: row.get(6)?,
            digest: row.get(7)?,
        })
    })
}

/// One event in its new form; gives its hash.
fn seal_event(
    db: &Connection,
    vault: &Vault,
    mut event: Plain,
    prev: &[u8; 32],
) -> Result<[u8; 32], StoreError> {
    let key = key_of(db, vault, event.case_id)?;
    if let Some((body, private)) = without_summary(&event.body, event.private.as_deref())? {
        event.body = body;
        let salt = event.salt.map_or_else(DataKey::salt, Ok)?;
        event.digest = Some(chain::private_digest(&salt, &private).to_vec());
        (event.salt, event.private) = (Some(salt), Some(private));
    }
    let Plain { seq, case_id, at, actor, body, private, salt, digest } = event;
    if let Some((salt, private)) = salt.zip(private) {
        case_file::put_private(db, &key, (case_id, seq), &salt, &private)?;
    }
    let link =
        Link { seq, case_id, at, actor: &actor, body: &body, private_digest: digest.as_deref() };
    let hash = chain::hash(prev, &link);
    db.prepare_cached(
        "UPDATE event SET body = ?2, private_digest = ?3, prev = ?4, hash = ?5 WHERE seq = ?1",
    )?
    .execute(params![seq, body, digest, prev, hash])?;
    Ok(hash)
}

/// The key of a case, which an older program did not make.
fn key_of(db: &Connection, vault: &Vault, case_id: i64) -> Result<Access, StoreError> {
    let mut known = db.prepare_cached("SELECT 1 FROM case_key WHERE case_id = ?1")?;
    if known.exists([case_id])? {
        return case_key::of(db, vault, case_id);
    }
    case_key::create(db, vault, case_id).map(Access::Service)
}

/// Body and private part of an event whose body tells a summary; `None`: it tells none.
fn without_summary(
    body: &str,
    private: Option<&str>,
) -> Result<Option<(String, String)>, StoreError> {
    let damaged = |_| StoreError::Damaged("event");
    let mut value: Value = serde_json::from_str(body).map_err(damaged)?;
    if value["event"] != "accepted" {
        return Ok(None);
    }
    let summary = value.as_object_mut().and_then(|object| object.remove("summary"));
    let Some(summary) = summary else { return Ok(None) };
    let mut part: Value = serde_json::from_str(private.unwrap_or("{}")).map_err(damaged)?;
    if let Some(object) = part.as_object_mut() {
        object.insert("summary".to_owned(), summary);
    }
    Ok(Some((value.to_string(), part.to_string())))
}

/// The next calls; `false`: there are none.
fn seal_calls(db: &mut Connection, vault: &Vault, rows: i64) -> Result<bool, StoreError> {
    let tx = db.transaction()?;
    let sql = "SELECT call, caller, display FROM call_plain ORDER BY call LIMIT ?1";
    let calls: Vec<(String, CallPrivate)> = all(&tx, sql, [rows], |row| {
        Ok((row.get(0)?, CallPrivate { caller: row.get(1)?, display: row.get(2)? }))
    })?;
    for (call, private) in &calls {
        call_private::put(&tx, vault, call, private)?;
        tx.prepare_cached("DELETE FROM call_plain WHERE call = ?1")?.execute([call])?;
    }
    tx.commit()?;
    Ok(!calls.is_empty())
}

/// What version 9 had in clear: why flags were false, of which there are few. Whole or not at all.
fn seal_false_alarms(db: &mut Connection, vault: &Vault) -> Result<(), StoreError> {
    let tx = db.transaction()?;
    let sql = "SELECT case_id, at, risk, person, reason FROM risk_false_alarm_plain";
    let alarms: Vec<(i64, i64, [String; 3])> = all(&tx, sql, [], |row| {
        Ok((row.get(0)?, row.get(1)?, [row.get(2)?, row.get(3)?, row.get(4)?]))
    })?;
    for (case, at, [risk, person, reason]) in &alarms {
        let key = key_of(&tx, vault, *case)?;
        suggest::put_false_alarm(&tx, &key, (*case, *at), (risk, person, reason))?;
    }
    tx.execute_batch("DROP TABLE risk_false_alarm_plain")?;
    Ok(tx.commit()?)
}

/// Whether pages in clear may still stand in the file or its log.
pub(super) fn is_pending(db: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM meta WHERE key = 'scrub_pending'";
    Ok(db.query_row(sql, [], |_| Ok(())).optional()?.is_some())
}

/// After everything was sealed: the file is written anew, so that no page in clear is left in it, the
/// log is cut, and the copies that older programs left are removed; all of them are in this database.
pub(super) fn scrub(db: &Connection, data: &Path) -> Result<(), StoreError> {
    if !is_pending(db)? {
        return Ok(());
    }
    let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(StoreError::Damaged("database after sealing"));
    }
    // A database of any size does not fit into memory; everything in it is sealed by now.
    db.pragma_update(None, "temp_store", "FILE")?;
    let written = db.execute_batch("VACUUM");
    db.pragma_update(None, "temp_store", "MEMORY")?;
    written?;
    if !purge::cut_log(db)? {
        tracing::warn!("the log was not cut after sealing; the next start tries again");
        return Ok(());
    }
    remove_plain_copies(&data.join(BACKUP_FOLDER))?;
    db.execute("DELETE FROM meta WHERE key = 'scrub_pending'", [])?;
    Ok(())
}

fn remove_plain_copies(folder: &Path) -> Result<(), StoreError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in at_path(folder, std::fs::read_dir(folder))? {
        let path = at_path(folder, entry)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let version = name.strip_prefix("mayorline-v").and_then(|rest| rest.split_once('-'));
        let version: Option<u32> = version.and_then(|(version, _)| version.parse().ok());
        if version.is_some_and(|version| version < SEALED_VERSION) {
            at_path(&path, std::fs::remove_file(&path))?;
            tracing::warn!(file = name, "a copy in clear was removed");
        }
    }
    Ok(())
}
