//! What is to be said of a case, in the transaction of what happened to it.

use super::render::SpeechKind;
use super::{VOICE, hash, of_plan, rules};
use crate::domain::case::{Case, CaseEvent};
use crate::domain::speech::rendering::SpeechRules;
use crate::store::case_file::is_erased;
use crate::store::error::StoreError;
use crate::store::read_call::all;
use crate::store::seal::{is_sealed, sealed};
use crate::store::vault::Vault;
use crate::store::verify::VerifyReport;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// A service begins with this voice, or with none. What was begun and not finished, and what failed, is
/// tried again at once.
pub(in crate::store) fn begin(
    db: &Connection,
    now: Timestamp,
    rules: Option<&SpeechRules>,
) -> Result<(), StoreError> {
    match rules {
        None => {
            db.execute("DELETE FROM meta WHERE key = ?1", [VOICE])?;
        }
        Some(SpeechRules { voice, announced }) => {
            let value = format!("{} {voice}", u8::from(*announced));
            db.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", [VOICE, &value])?;
            let again = "UPDATE spoken SET state = 'waiting', tries = 0, next_at = ?1
                         WHERE state = 'waiting' OR (state = 'failed' AND fault <> 'long')";
            db.execute(again, [now.as_millisecond()])?;
        }
    }
    Ok(())
}

/// Asks for what is to be said after these events; `case` is the one after all of them. The number once it
/// has one, the reply once the citizen has it, and again where it is another one. Of a case under seal, or
/// erased, everything goes that was said.
pub(in crate::store) fn want(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    case_id: i64,
    (case, events): (&Case, &[CaseEvent]),
) -> Result<(), StoreError> {
    if is_sealed(case) || is_erased(case) {
        return forget(db, case_id);
    }
    let numbered = events.iter().any(|event| matches!(event, CaseEvent::Accepted(_)));
    let reply = SpeechKind::Reply.text(case);
    if !numbered && reply.is_none() {
        return Ok(());
    }
    if rules(db)?.is_none() {
        return Ok(());
    }
    if let Some(number) = SpeechKind::Number.text(case) {
        ask(db, vault, now, (case_id, SpeechKind::Number), &number)?;
    }
    match reply {
        Some(reply) => ask(db, vault, now, (case_id, SpeechKind::Reply), &reply),
        None => Ok(()),
    }
}

/// One row; the same words are asked for once.
fn ask(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    (case_id, kind): (i64, SpeechKind),
    text: &str,
) -> Result<(), StoreError> {
    // In whatever voice: what is there in another one stays.
    let words = hash(vault, kind.as_str(), "", text)?;
    db.prepare_cached(
        "INSERT INTO spoken (case_id, kind, words, state, asked_at, next_at)
         VALUES (?1, ?2, ?3, 'waiting', ?4, ?4)
         ON CONFLICT (case_id, kind) DO UPDATE SET words = ?3, state = 'waiting', asked_at = ?4,
             next_at = ?4, tries = 0, fault = NULL, plan = NULL WHERE words <> ?3",
    )?
    .execute(params![case_id, kind.as_str(), words, now.as_millisecond()])?;
    Ok(())
}

/// Everything that was said of a case goes.
pub(in crate::store) fn forget(db: &Connection, case_id: i64) -> Result<(), StoreError> {
    for sql in
        ["DELETE FROM spoken_sentence WHERE case_id = ?1", "DELETE FROM spoken WHERE case_id = ?1"]
    {
        db.prepare_cached(sql)?.execute([case_id])?;
    }
    Ok(())
}

/// What `verify` looks at: what is ready is there to the last sentence, and nothing is there of a case under
/// seal or erased.
pub(in crate::store) fn check(
    db: &Connection,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let sql = "SELECT case_id, kind, plan FROM spoken WHERE plan IS NOT NULL";
    let ready: Vec<(i64, String, Vec<u8>)> =
        all(db, sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (case, kind, plan) in ready {
        let sql = "SELECT words FROM spoken_sentence WHERE case_id = ?1";
        let there: BTreeSet<[u8; 32]> =
            all(db, sql, [case], |row| row.get(0))?.into_iter().collect();
        if of_plan(&plan).iter().any(|words| !there.contains(words)) {
            report.fault("speech", format!("case {case}, {kind}"), "a sentence is not there");
        }
    }
    let hidden = format!(
        "SELECT DISTINCT s.case_id FROM spoken_sentence s
         JOIN case_file f ON f.id = s.case_id JOIN case_key k ON k.case_id = f.id
         WHERE {} OR k.wrapped = x''",
        sealed("f")
    );
    for case in all(db, &hidden, [], |row| row.get::<_, i64>(0))? {
        report.fault("speech", format!("case {case}"), "is spoken, and sealed or erased");
    }
    Ok(())
}
