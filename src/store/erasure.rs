//! Erasing what is over: in one transaction the data key of a case or call goes, with the private parts,
//! the words of the index, and the rows of its recordings; their files follow by the list `erased_file`,
//! old pages by `purge`.
//!
//! A call may belong to several cases. Its recordings and who called stay while one of them is kept.

use super::call_private;
use super::case_calls::{calls_of, others_of};
use super::case_file;
use super::error::StoreError;
use super::intake::{self, Desk, SYSTEM};
use super::message_data;
use super::privacy_hold;
use super::purge;
use super::read_call::all;
use super::retention::{Judged, Target, has_open_request, judge};
use super::speech;
use super::vault::Vault;
use crate::domain::case::{
    Case, Command, EraseOrder, Erasure, ErasureGround, Hold, RetentionClass, RetentionRules,
    class_for, local_day,
};
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// What an erasure goes by.
pub(super) struct Scope<'a> {
    /// How long each class is kept.
    pub(super) rules: &'a RetentionRules,
    /// Why it is erased.
    pub(super) ground: ErasureGround,
    /// The request about personal information that is answered by it.
    pub(super) request: Option<i64>,
}

/// What is left of a case beside its events, and belongs to no other case that is kept.
#[derive(Debug, Default)]
pub(super) struct Left {
    recordings: BTreeSet<i64>,
    /// Calls of which who called goes.
    callers: Vec<String>,
}

impl Left {
    /// Nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.recordings.is_empty() && self.callers.is_empty()
    }
}

/// Recordings of a case itself, whatever call they are of.
const OWN: &str = "
    SELECT id, call FROM recording WHERE (case_id = ?1 OR file = ?2) AND erased_at IS NULL";

/// What is left of a case that an erasure of so much takes with it.
pub(super) fn left_of(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
    erasure: Erasure,
    (today, scope): (Date, &Scope<'_>),
) -> Result<Left, StoreError> {
    let (calls, mut left) = (calls_of(db, id)?, Left::default());
    let kept = |call: &str, erasure| is_kept(db, vault, (call, id), erasure, (today, scope));
    for call in &calls {
        if !kept(call, Erasure::Recordings)? {
            left.recordings.extend(recordings_of(db, call)?);
        }
        let known = match erasure {
            Erasure::Everything => true,
            Erasure::Recordings => case_file::is_erased(case) && has_caller(db, call)?,
        };
        if known && !kept(call, Erasure::Everything)? {
            left.callers.push(call.clone());
        }
    }
    let file = case.recording.as_ref().map(|recording| recording.file.as_str());
    let own: Vec<(i64, Option<String>)> =
        all(db, OWN, params![id, file], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (recording, call) in own {
        let shared = match &call {
            Some(call) => calls.contains(call) || kept(call, Erasure::Recordings)?,
            None => false,
        };
        if !shared {
            left.recordings.insert(recording);
        }
    }
    Ok(left)
}

/// Whether another case of a call is kept, so that what belongs to the call is too.
fn is_kept(
    db: &Connection,
    vault: &Vault,
    (call, id): (&str, i64),
    erasure: Erasure,
    (today, scope): (Date, &Scope<'_>),
) -> Result<bool, StoreError> {
    for other in others_of(db, call, id)? {
        let judged = judge(db, vault, other, erasure, (today, scope))?;
        if case_file::is_erased(&judged.case) {
            continue;
        }
        if !judged.holds.is_empty() {
            return Ok(true);
        }
        let gone = judged.case.work.erased.is_some_and(|erased| erased >= erasure);
        let over = judged.last_day(erasure, scope.rules).is_some_and(|day| day < today);
        // What may go before its day goes with the other where both are asked for.
        let early = class_for(&judged.case, erasure) != Some(RetentionClass::Case)
            && is_asked_for(db, scope.request, other)?;
        if !(gone || over || early) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_asked_for(db: &Connection, request: Option<i64>, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM privacy_request_case WHERE request = ?1 AND case_id = ?2";
    Ok(db.prepare_cached(sql)?.exists(params![request, id])?)
}

fn recordings_of(db: &Connection, call: &str) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT id FROM recording WHERE call = ?1 AND erased_at IS NULL";
    all(db, sql, [call], |row| row.get(0))
}

/// Who called is still known, of a call that has ended.
fn has_caller(db: &Connection, call: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM call_private p JOIN call c ON c.id = p.call
               WHERE p.call = ?1 AND c.ended_at IS NOT NULL";
    Ok(db.prepare_cached(sql)?.exists([call])?)
}

/// Erases one thing inside a transaction; gives its class. `None`: it is not over after all, held, or
/// there is nothing left of it.
pub(super) fn erase(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    target: &Target,
    scope: &Scope<'_>,
) -> Result<Option<RetentionClass>, StoreError> {
    let erased = match target {
        Target::Call(call) => erase_call(db, desk, now, call, scope)?,
        Target::Recording(id) => {
            (drop_recordings(db, now, [*id])? > 0).then_some(RetentionClass::Unlinked)
        }
        Target::Case(id, erasure) => erase_case(db, desk, now, (*id, *erasure), scope)?,
    };
    if erased.is_some() {
        purge::ask(db)?;
    }
    Ok(erased)
}

/// A call that no case came of.
fn erase_call(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    call: &str,
    scope: &Scope<'_>,
) -> Result<Option<RetentionClass>, StoreError> {
    let sql = "SELECT ended_at IS NOT NULL FROM call WHERE id = ?1";
    let ended: Option<bool> =
        db.prepare_cached(sql)?.query_row([call], |row| row.get(0)).optional()?;
    // No row has the id 0.
    if ended != Some(true) || !others_of(db, call, 0)?.is_empty() {
        return Ok(None);
    }
    if let Some(caller) = call_private::of(db, &desk.vault, call)?.caller
        && privacy_hold::waits_for_answer(db, &desk.vault, &caller, scope.request)?
    {
        return Ok(None);
    }
    let dropped = drop_recordings(db, now, recordings_of(db, call)?)?;
    let forgotten = forget_caller(db, call)?;
    Ok((dropped > 0 || forgotten).then_some(RetentionClass::Unlinked))
}

fn erase_case(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (id, erasure): (i64, Erasure),
    scope: &Scope<'_>,
) -> Result<Option<RetentionClass>, StoreError> {
    let today = local_day(now);
    if has_open_request(db, id, scope.request)? {
        return Ok(None);
    }
    let Judged { case, since, holds } = judge(db, &desk.vault, id, erasure, (today, scope))?;
    let left = left_of(db, &desk.vault, id, &case, erasure, (today, scope))?;
    let again = erasure == Erasure::Recordings;
    if again && left.is_empty() {
        return Ok(None);
    }
    // What the domain cannot see of other rows.
    let joined = holds.contains(&Hold::Joined);
    let (class, ground, rules) = (class_for(&case, erasure), scope.ground, *scope.rules);
    let order = EraseOrder { erasure, ground, since, joined, again, rules };
    match intake::command(db, desk, now, id, case, Command::Erase(order), SYSTEM) {
        Ok(_) => {}
        Err(StoreError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    drop_recordings(db, now, left.recordings)?;
    for call in &left.callers {
        forget_caller(db, call)?;
    }
    Ok(class)
}

/// The key of a case and all that it opened. Its number, states and hashes stay.
pub(super) fn destroy(db: &Connection, id: i64) -> Result<(), StoreError> {
    purge::ask(db)?;
    speech::forget(db, id)?;
    message_data::forget_case(db, id)?;
    db.prepare_cached("UPDATE case_key SET holder = NULL, wrapped = x'' WHERE case_id = ?1")?
        .execute([id])?;
    db.prepare_cached(
        "DELETE FROM event_private WHERE seq IN (SELECT seq FROM event WHERE case_id = ?1)",
    )?
    .execute([id])?;
    Ok(())
}

/// Who called, where from, and what is left of numbers in the account of a call. `false`: nobody was
/// known.
fn forget_caller(db: &Connection, call: &str) -> Result<bool, StoreError> {
    let known = db.prepare_cached("DELETE FROM call_private WHERE call = ?1")?.execute([call])? > 0;
    for sql in [
        "UPDATE call SET peer = '' WHERE id = ?1 AND ended_at IS NOT NULL",
        "UPDATE call_leg SET label = '', peer = ''
         WHERE call = ?1 AND role IN ('citizen', 'outside')",
        "UPDATE call_entry SET value = '' WHERE call = ?1 AND instr(value, '**') > 0",
        "UPDATE recording_track SET label = 'outside' WHERE instr(label, '**') > 0
           AND recording IN (SELECT id FROM recording WHERE call = ?1)",
    ] {
        db.prepare_cached(sql)?.execute([call])?;
    }
    Ok(known)
}

/// Marks recordings as erased, drops the keys that the liaison has of them and puts their files on
/// the list of those that are to go. Gives how many it were.
fn drop_recordings(
    db: &Connection,
    now: Timestamp,
    ids: impl IntoIterator<Item = i64>,
) -> Result<usize, StoreError> {
    let mut listed = db.prepare_cached(
        "INSERT OR IGNORE INTO erased_file
         SELECT file FROM recording WHERE id = ?1 AND erased_at IS NULL",
    )?;
    let mut key = db.prepare_cached("DELETE FROM recording_key WHERE recording = ?1")?;
    let mut marked = db.prepare_cached(
        "UPDATE recording SET erased_at = ?2, missing = 1 WHERE id = ?1 AND erased_at IS NULL",
    )?;
    let mut dropped = 0;
    for id in ids {
        listed.execute([id])?;
        key.execute([id])?;
        dropped += marked.execute(params![id, now.as_millisecond()])?;
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::super::config::StoreConfig;
    use super::super::schema;
    use super::*;

    /// Asked inside the transaction of the writer, for whom callers wait.
    #[test]
    fn recordings_of_a_case_are_found_by_their_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = schema::open_writer(&config).unwrap();
        let plan = schema::plan(&db, OWN);
        let goes_by = |index: &str| plan.iter().any(|step| step.contains(index));
        assert!(goes_by("recording_by_case") && goes_by("(file=?)"), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN recording")), "{plan:#?}");
    }
}
