//! What the store keeps for how long (domain.md 3.7), and erasing what is over: in one transaction the
//! data key of a case or call goes, with the private parts, the words of the index, and the rows of
//! its recordings; their files follow by the list `erased_file`, old pages by `purge`.
//!
//! Everything is decided on the fold of the events by `domain::case`; the dates here only narrow down
//! which cases are looked at.

use super::case_file;
use super::case_key;
use super::error::StoreError;
use super::intake::{self, Desk, SYSTEM, read_number};
use super::purge;
use super::read_call::all;
use super::vault::Vault;
use crate::domain::case::{
    Case, Command, EraseOrder, Erasure, ErasureGround, Hold, RetentionClass, RetentionRules, apply,
    city_zone, class_of, holds, last_day, local_day,
};
use crate::units::CaseNumber;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// Cases that one look folds; the next goes on behind them.
pub const RETENTION_SCANNED_MAX: usize = 2_000;

/// Cases, calls and files that one look erases; the next goes on with the rest.
pub const RETENTION_AT_ONCE_MAX: usize = 200;

/// Something that is over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// So much of a case.
    Case(i64, Erasure),
    /// Who called, and what was recorded, where no case came of it.
    Call(String),
    /// A recording of a call that the ledger does not know.
    Recording(i64),
}

/// How far the looks at cases have come, by what is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    recordings: i64,
    cases: i64,
}

impl Cursor {
    /// The next look begins with the first case.
    pub(super) fn is_at_the_start(self) -> bool {
        self == Self::default()
    }
}

/// What one look found.
#[derive(Debug, Default)]
pub(super) struct FoundOver {
    /// What may be erased, at most [`RETENTION_AT_ONCE_MAX`].
    pub(super) over: Vec<(RetentionClass, Target)>,
    /// Cases whose day has passed and that are held, by why.
    pub(super) held: BTreeMap<Hold, usize>,
}

/// A case as its period is judged.
pub(super) struct Judged {
    pub(super) case: Case,
    /// The local day it came into its state.
    pub(super) since: Date,
    /// What keeps it.
    pub(super) holds: Vec<Hold>,
}

impl Judged {
    /// The last day on which this much of it is kept.
    pub(super) fn last_day(&self, erasure: Erasure, rules: &RetentionRules) -> Option<Date> {
        last_day(&self.case, erasure, self.since, rules)
    }
}

/// When a day begins in the city, in ms since 1970.
pub(super) fn begins(day: Date) -> i64 {
    day.to_zoned(city_zone()).map_or(i64::MIN, |begins| begins.timestamp().as_millisecond())
}

/// What ended before this instant is over, if its period is this class's.
fn before(class: RetentionClass, today: Date, rules: &RetentionRules) -> i64 {
    let days = match class {
        RetentionClass::Spam => rules.spam_days,
        RetentionClass::Unlinked => rules.unlinked_days,
        RetentionClass::Recording => rules.recording_days,
        RetentionClass::Case => {
            return begins(today.saturating_sub(i64::from(rules.case_years).years()));
        }
    };
    begins(today.saturating_sub(i64::from(days).days()))
}

/// Looks for what is over on the day of `now`.
pub(super) fn find(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    rules: &RetentionRules,
    cursor: &mut Cursor,
) -> Result<FoundOver, StoreError> {
    let today = local_day(now);
    let mut found = FoundOver::default();
    let at = |class| before(class, today, rules);
    let unlinked = at(RetentionClass::Spam).max(at(RetentionClass::Unlinked));
    let values = [at(RetentionClass::Case), unlinked];
    let (erasure, after) = (Erasure::Everything, cursor.cases);
    cursor.cases =
        look(db, vault, (today, rules), (CASES, &values[..], after), erasure, &mut found)?;
    let values = [at(RetentionClass::Recording)];
    let (erasure, after) = (Erasure::Recordings, cursor.recordings);
    cursor.recordings =
        look(db, vault, (today, rules), (RECORDED, &values[..], after), erasure, &mut found)?;
    let limit = i64::try_from(RETENTION_AT_ONCE_MAX).unwrap_or(0);
    let values = params![at(RetentionClass::Unlinked), limit];
    let calls: Vec<String> = all(db, CALLS, values, |row| row.get(0))?;
    found.over.extend(calls.into_iter().map(|call| (RetentionClass::Unlinked, Target::Call(call))));
    let day = today.saturating_sub(i64::from(rules.unlinked_days).days());
    let values = params![format!("recordings/{day}"), limit];
    let files: Vec<i64> = all(db, STRAYS, values, |row| row.get(0))?;
    let strays = files.into_iter().map(|id| (RetentionClass::Unlinked, Target::Recording(id)));
    found.over.extend(strays);
    found.over.truncate(RETENTION_AT_ONCE_MAX);
    Ok(found)
}

/// Cases with a key that came in early enough: numbered ones, and contacts that were no matter.
const CASES: &str = "
    SELECT c.id FROM case_file c JOIN case_key k ON k.case_id = c.id
    WHERE c.id > ?1 AND length(k.wrapped) > 0
      AND (c.received_at < ?3 AND c.number IS NOT NULL
           OR c.received_at < ?4 AND c.number IS NULL AND c.state = 'kept')
    ORDER BY c.id LIMIT ?2";

/// Numbered cases with a recording that is still there.
const RECORDED: &str = "
    SELECT c.id FROM case_file c
    WHERE c.id > ?1 AND c.received_at < ?3 AND c.number IS NOT NULL
      AND (EXISTS (SELECT 1 FROM recording r WHERE r.call = c.call AND r.erased_at IS NULL)
           OR c.recording IS NOT NULL AND EXISTS (
               SELECT 1 FROM recording r WHERE r.file = c.recording AND r.erased_at IS NULL)
           OR EXISTS (SELECT 1 FROM callback_attempt a JOIN recording r ON r.call = a.call
                      WHERE a.task = c.id AND r.erased_at IS NULL))
    ORDER BY c.id LIMIT ?2";

/// Ended calls that no case knows, with something left of them.
const CALLS: &str = "
    SELECT c.id FROM call c
    WHERE c.started_at < ?1 AND c.ended_at < ?1
      AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.call = c.id)
      AND NOT EXISTS (SELECT 1 FROM callback_attempt a WHERE a.call = c.id)
      AND (EXISTS (SELECT 1 FROM call_private p WHERE p.call = c.id)
           OR EXISTS (SELECT 1 FROM recording r WHERE r.call = c.id AND r.erased_at IS NULL))
    ORDER BY c.started_at LIMIT ?2";

/// Recordings of calls that neither the ledger nor a case knows, by the day in their path.
const STRAYS: &str = "
    SELECT r.id FROM recording r
    WHERE r.erased_at IS NULL AND r.case_id IS NULL AND r.file < ?1
      AND NOT EXISTS (SELECT 1 FROM call c WHERE c.id = r.call)
      AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.call = r.call)
    LIMIT ?2";

/// Folds the cases of one question behind `after`; gives where the next look goes on.
fn look(
    db: &Connection,
    vault: &Vault,
    (today, rules): (Date, &RetentionRules),
    (sql, limits, after): (&str, &[i64], i64),
    erasure: Erasure,
    found: &mut FoundOver,
) -> Result<i64, StoreError> {
    let scanned = i64::try_from(RETENTION_SCANNED_MAX).unwrap_or(0);
    let values = [after, scanned].into_iter().chain(limits.iter().copied());
    let ids: Vec<i64> = all(db, sql, rusqlite::params_from_iter(values), |row| row.get(0))?;
    let whole = ids.len() < RETENTION_SCANNED_MAX;
    let mut last = after;
    for id in ids {
        if found.over.len() >= RETENTION_AT_ONCE_MAX {
            return Ok(last);
        }
        last = id;
        let judged = judge(db, vault, id, erasure, (today, rules))?;
        let over = judged.last_day(erasure, rules).is_some_and(|day| day < today);
        let gone = judged.case.work.erased.is_some_and(|erased| erased >= erasure);
        let Some(class) = class_of(&judged.case).filter(|_| over && !gone) else { continue };
        let class = match erasure {
            Erasure::Recordings => RetentionClass::Recording,
            Erasure::Everything => class,
        };
        match judged.holds.first() {
            Some(hold) => *found.held.entry(*hold).or_default() += 1,
            None => found.over.push((class, Target::Case(id, erasure))),
        }
    }
    Ok(if whole { 0 } else { last })
}

/// A case with what keeps it, the case it was merged into included.
pub(super) fn judge(
    db: &Connection,
    vault: &Vault,
    id: i64,
    erasure: Erasure,
    (today, rules): (Date, &RetentionRules),
) -> Result<Judged, StoreError> {
    let (case, since) = fold(db, vault, id)?;
    let mut held = holds(&case);
    if has_open_request(db, id)? {
        held.push(Hold::Contested);
    }
    if let Some(into) = case.merged_into
        && let Some(target) = id_of(db, into)?
    {
        let (target, since) = fold(db, vault, target)?;
        let over = last_day(&target, erasure, since, rules).is_some_and(|day| day < today);
        if !over || !holds(&target).is_empty() {
            held.push(Hold::Joined);
        }
    }
    Ok(Judged { case, since, holds: held })
}

/// A request about personal information waits for its answer: what it asks for is still there then.
fn has_open_request(db: &Connection, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM privacy_request_case c JOIN privacy_request r ON r.id = c.request
               WHERE c.case_id = ?1 AND r.outcome IS NULL";
    Ok(db.prepare_cached(sql)?.exists([id])?)
}

fn id_of(db: &Connection, number: CaseNumber) -> Result<Option<i64>, StoreError> {
    let number = i64::try_from(number.as_u64()).unwrap_or(0);
    let mut find = db.prepare_cached("SELECT id FROM case_file WHERE number = ?1")?;
    Ok(find.query_row([number], |row| row.get(0)).optional()?)
}

/// The fold of a case, and the local day it came into the state it is in.
fn fold(db: &Connection, vault: &Vault, id: i64) -> Result<(Case, Date), StoreError> {
    let key = case_key::of(db, vault, id)?;
    let sql =
        "SELECT e.seq, e.at, e.body, p.body FROM event e LEFT JOIN event_private p USING (seq)
               WHERE e.case_id = ?1 ORDER BY e.seq";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let (mut case, mut since) = (Case::default(), Date::MAX);
    while let Some(row) = rows.next()? {
        let (seq, at, body): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let sealed: Option<Vec<u8>> = row.get(3)?;
        let before = case.state;
        let event = case_file::open_event(&key, (id, seq), &body, sealed.as_deref())?;
        case = apply(case, &event);
        if case.state != before {
            since = local_day(Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX));
        }
    }
    Ok((case, since))
}

/// Erases one thing inside a transaction; `false`: it is not over after all, held, or gone.
pub(super) fn erase(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    target: &Target,
    (rules, ground): (&RetentionRules, ErasureGround),
) -> Result<bool, StoreError> {
    match target {
        Target::Call(call) => {
            forget_caller(db, call)?;
            drop_recordings(db, now, "call = ?1", params![call])?;
        }
        Target::Recording(id) => drop_recordings(db, now, "id = ?1", params![id])?,
        Target::Case(id, erasure) => {
            return erase_case(db, desk, now, (*id, *erasure), (rules, ground));
        }
    }
    purge::ask(db)?;
    Ok(true)
}

fn erase_case(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (id, erasure): (i64, Erasure),
    (rules, ground): (&RetentionRules, ErasureGround),
) -> Result<bool, StoreError> {
    let judged = judge(db, &desk.vault, id, erasure, (local_day(now), rules))?;
    // What the domain cannot see of other rows: the request that is answered now is none of them.
    let joined = judged.holds.contains(&Hold::Joined);
    let waits = ground == ErasureGround::Period && has_open_request(db, id)?;
    if waits {
        return Ok(false);
    }
    let Judged { case, since, .. } = judged;
    let calls = calls_of(db, id)?;
    let order = EraseOrder { erasure, ground, since, joined, rules: *rules };
    match intake::command(db, desk, now, id, case, Command::Erase(order), SYSTEM) {
        Ok(_) => {}
        Err(StoreError::Refused(_)) => return Ok(false),
        Err(error) => return Err(error),
    }
    drop_recordings(db, now, "case_id = ?1", params![id])?;
    for call in calls {
        if !is_kept_for_another(db, &call, id, erasure)? {
            drop_recordings(db, now, "call = ?1", params![call])?;
            if erasure == Erasure::Everything {
                forget_caller(db, &call)?;
            }
        }
    }
    purge::ask(db)?;
    Ok(true)
}

/// The calls of a case: the one it came by, and those in which the citizen was called back.
pub(super) fn calls_of(db: &Connection, id: i64) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT call FROM case_file WHERE id = ?1 AND call IS NOT NULL
               UNION SELECT call FROM callback_attempt WHERE task = ?1";
    Ok(all(db, sql, [id], |row| row.get(0))?.into_iter().collect())
}

/// Another case of the call still needs what belongs to it.
fn is_kept_for_another(
    db: &Connection,
    call: &str,
    id: i64,
    erasure: Erasure,
) -> Result<bool, StoreError> {
    let kept = match erasure {
        Erasure::Everything => "length(k.wrapped) > 0",
        Erasure::Recordings => {
            "length(k.wrapped) > 0 AND NOT EXISTS (SELECT 1 FROM event e
                 WHERE e.case_id = f.id AND e.body ->> 'event' = 'erased')"
        }
    };
    let sql = format!(
        "SELECT 1 FROM case_file f JOIN case_key k ON k.case_id = f.id
         WHERE f.call = ?1 AND f.id <> ?2 AND {kept}"
    );
    Ok(db.prepare_cached(&sql)?.exists(params![call, id])?)
}

/// The key of a case and all that it opened. Its number, states and hashes stay.
pub(super) fn destroy(db: &Connection, id: i64) -> Result<(), StoreError> {
    purge::ask(db)?;
    db.prepare_cached("UPDATE case_key SET holder = NULL, wrapped = x'' WHERE case_id = ?1")?
        .execute([id])?;
    db.prepare_cached(
        "DELETE FROM event_private WHERE seq IN (SELECT seq FROM event WHERE case_id = ?1)",
    )?
    .execute([id])?;
    Ok(())
}

/// Who called, where from, and what is left of numbers in the account of a call.
fn forget_caller(db: &Connection, call: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM call_private WHERE call = ?1",
        "UPDATE call SET peer = '' WHERE id = ?1 AND ended_at IS NOT NULL",
        "UPDATE call_leg SET label = '', peer = ''
         WHERE call = ?1 AND role IN ('citizen', 'outside')",
        "UPDATE call_entry SET value = '' WHERE call = ?1 AND instr(value, '**') > 0",
        "UPDATE recording_track SET label = 'outside' WHERE instr(label, '**') > 0
           AND recording IN (SELECT id FROM recording WHERE call = ?1)",
    ] {
        db.prepare_cached(sql)?.execute([call])?;
    }
    Ok(())
}

/// Marks recordings as erased, drops the keys that the liaison has of them and puts their files on
/// the list of those that are to go.
fn drop_recordings(
    db: &Connection,
    now: Timestamp,
    condition: &str,
    value: &[&dyn rusqlite::ToSql],
) -> Result<(), StoreError> {
    let listed = format!(
        "INSERT OR IGNORE INTO erased_file
         SELECT file FROM recording WHERE {condition} AND erased_at IS NULL"
    );
    db.prepare_cached(&listed)?.execute(value)?;
    let keys = format!(
        "DELETE FROM recording_key
         WHERE recording IN (SELECT id FROM recording WHERE {condition} AND erased_at IS NULL)"
    );
    db.prepare_cached(&keys)?.execute(value)?;
    let marked = format!(
        "UPDATE recording SET erased_at = {}, missing = 1 WHERE {condition} AND erased_at IS NULL",
        now.as_millisecond()
    );
    db.execute(&marked, value)?;
    Ok(())
}

/// The number of a case, for a list; `None` for a draft.
pub(super) fn number_of(db: &Connection, id: i64) -> Result<Option<CaseNumber>, StoreError> {
    let mut find = db.prepare_cached("SELECT number FROM case_file WHERE id = ?1")?;
    let number: Option<i64> = find.query_row([id], |row| row.get(0))?;
    number.map(read_number).transpose()
}
