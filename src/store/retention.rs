//! What the store keeps for how long (domain.md 3.7): which cases, calls and recordings are over, and what
//! holds those that are. Erasing them is `erasure`.
//!
//! Everything is decided on the fold of the events by `domain::case`; the dates here only narrow down
//! which cases are looked at.

use super::call_private;
use super::case_file;
use super::case_key;
use super::erasure::{self, Scope};
use super::error::{StoreError, unless_damaged};
use super::intake::read_number;
use super::privacy_hold;
use super::read_call::all;
use super::vault::Vault;
use crate::domain::case::{
    Case, Erasure, ErasureGround, Hold, RetentionClass, RetentionRules, apply, city_zone,
    class_for, holds, last_day, local_day,
};
use crate::units::CaseNumber;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// Cases that one look folds, and calls whose caller it opens; the next goes on behind them.
pub const RETENTION_SCANNED_MAX: usize = 2_000;

/// Cases, calls and files that one look erases; the next goes on with the rest.
pub const RETENTION_AT_ONCE_MAX: usize = 200;

/// Cases that one merge leads to through others; a longer chain is kept.
pub const MERGE_CHAIN_MAX: usize = 100;

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

/// How far a round of looks has come, by what is looked for: the last one that was looked at. `None`: this
/// round is through with them. Each is looked at, and counted as held, once a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    cases: Option<i64>,
    recordings: Option<i64>,
    /// When a call began, and its id.
    calls: Option<(i64, String)>,
    /// A file.
    strays: Option<String>,
}

impl Default for Cursor {
    fn default() -> Self {
        let calls = Some((i64::MIN, String::new()));
        Self { cases: Some(0), recordings: Some(0), calls, strays: Some(String::new()) }
    }
}

impl Cursor {
    /// The next look begins a round.
    pub(super) fn is_at_the_start(&self) -> bool {
        *self == Self::default()
    }

    fn is_through(&self) -> bool {
        self.cases.is_none()
            && self.recordings.is_none()
            && self.calls.is_none()
            && self.strays.is_none()
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
    if let Some(after) = cursor.cases {
        let values = [at(RetentionClass::Case), unlinked];
        let (question, erasure) = ((CASES, &values[..], after), Erasure::Everything);
        cursor.cases = look(db, vault, (today, rules), question, erasure, &mut found)?;
    }
    if let Some(after) = cursor.recordings {
        let values = [at(RetentionClass::Recording)];
        let (question, erasure) = ((RECORDED, &values[..], after), Erasure::Recordings);
        cursor.recordings = look(db, vault, (today, rules), question, erasure, &mut found)?;
    }
    if let Some(after) = cursor.calls.clone() {
        cursor.calls = calls_over(db, vault, at(RetentionClass::Unlinked), after, &mut found)?;
    }
    if let Some(after) = cursor.strays.clone() {
        let day = today.saturating_sub(i64::from(rules.unlinked_days).days());
        cursor.strays = strays_over(db, &format!("recordings/{day}"), after, &mut found)?;
    }
    if cursor.is_through() {
        *cursor = Cursor::default();
    }
    Ok(found)
}

/// Recordings of calls that nobody knows, behind a file; gives where the next look goes on.
fn strays_over(
    db: &Connection,
    before: &str,
    after: String,
    found: &mut FoundOver,
) -> Result<Option<String>, StoreError> {
    let room = RETENTION_AT_ONCE_MAX.saturating_sub(found.over.len());
    let limit = i64::try_from(room).unwrap_or(0);
    let rows: Vec<(i64, String)> =
        all(db, STRAYS, params![before, after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if rows.len() < room {
        found.over.extend(rows.into_iter().map(|(id, _)| stray(id)));
        return Ok(None);
    }
    let last = rows.last().map_or(after, |(_, file)| file.clone());
    found.over.extend(rows.into_iter().map(|(id, _)| stray(id)));
    Ok(Some(last))
}

fn stray(id: i64) -> (RetentionClass, Target) {
    (RetentionClass::Unlinked, Target::Recording(id))
}

/// Calls that no case came of, behind one; those of a person whose request is open wait for its answer.
/// Gives where the next look goes on.
fn calls_over(
    db: &Connection,
    vault: &Vault,
    before: i64,
    after: (i64, String),
    found: &mut FoundOver,
) -> Result<Option<(i64, String)>, StoreError> {
    let scanned = i64::try_from(RETENTION_SCANNED_MAX).unwrap_or(0);
    let values = params![before, after.0, after.1, scanned];
    let calls: Vec<(i64, String)> = all(db, CALLS, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let whole = calls.len() < RETENTION_SCANNED_MAX;
    let mut last = after;
    for (started_at, call) in calls {
        if found.over.len() >= RETENTION_AT_ONCE_MAX {
            return Ok(Some(last));
        }
        last = (started_at, call.clone());
        let waits = unless_damaged(is_asked_for(db, vault, &call), |error| {
            tracing::error!(call, %error, "ALARM who called cannot be read, and is kept");
        })?;
        match waits {
            Some(false) => found.over.push((RetentionClass::Unlinked, Target::Call(call))),
            Some(true) => *found.held.entry(Hold::Contested).or_default() += 1,
            None => {}
        }
    }
    Ok(if whole { None } else { Some(last) })
}

/// Who called waits for the answer to a request.
fn is_asked_for(db: &Connection, vault: &Vault, call: &str) -> Result<bool, StoreError> {
    match call_private::of(db, vault, call)?.caller {
        Some(caller) => privacy_hold::waits_for_answer(db, vault, &caller, None),
        None => Ok(false),
    }
}

/// Cases with a key that came in early enough: numbered ones, contacts that were no matter, and stubs.
const CASES: &str = "
    SELECT c.id FROM case_file c JOIN case_key k ON k.case_id = c.id
    WHERE c.id > ?1 AND length(k.wrapped) > 0
      AND (c.received_at < ?3 AND c.number IS NOT NULL
           OR c.received_at < ?4 AND c.number IS NULL
              AND (c.state = 'kept' OR c.state = 'draft' AND c.channel = 'abandoned'))
    ORDER BY c.id LIMIT ?2";

/// Numbered cases with a recording that is still there; of erased ones, with or without a number, also
/// those with a caller that came later.
const RECORDED: &str = "
    SELECT c.id FROM case_file c JOIN case_key k ON k.case_id = c.id
    WHERE c.id > ?1
      AND (c.received_at < ?3 AND c.number IS NOT NULL OR length(k.wrapped) = 0)
      AND (EXISTS (SELECT 1 FROM recording r WHERE r.call = c.call AND r.erased_at IS NULL)
           OR EXISTS (SELECT 1 FROM recording r
                      WHERE r.case_id = c.id AND r.erased_at IS NULL)
           OR c.recording IS NOT NULL AND EXISTS (
               SELECT 1 FROM recording r WHERE r.file = c.recording AND r.erased_at IS NULL)
           OR EXISTS (SELECT 1 FROM callback_attempt a JOIN recording r ON r.call = a.call
                      WHERE a.task = c.id AND r.erased_at IS NULL)
           OR length(k.wrapped) = 0 AND (
               EXISTS (SELECT 1 FROM call_private p WHERE p.call = c.call)
               OR EXISTS (SELECT 1 FROM callback_attempt a
                          JOIN call_private p ON p.call = a.call WHERE a.task = c.id)))
    ORDER BY c.id LIMIT ?2";

/// Ended calls that no case knows, with something left of them.
const CALLS: &str = "
    SELECT c.started_at, c.id FROM call c
    WHERE c.started_at < ?1 AND c.ended_at < ?1 AND (c.started_at, c.id) > (?2, ?3)
      AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.call = c.id)
      AND NOT EXISTS (SELECT 1 FROM callback_attempt a WHERE a.call = c.id)
      AND (EXISTS (SELECT 1 FROM call_private p WHERE p.call = c.id)
           OR EXISTS (SELECT 1 FROM recording r WHERE r.call = c.id AND r.erased_at IS NULL))
    ORDER BY c.started_at, c.id LIMIT ?4";

/// Recordings of calls that neither the ledger nor a case knows, by the day in their path.
const STRAYS: &str = "
    SELECT r.id, r.file FROM recording r
    WHERE r.erased_at IS NULL AND r.case_id IS NULL AND r.file < ?1 AND r.file > ?2
      AND NOT EXISTS (SELECT 1 FROM call c WHERE c.id = r.call)
      AND NOT EXISTS (SELECT 1 FROM case_file f WHERE f.call = r.call)
      AND NOT EXISTS (SELECT 1 FROM callback_attempt a WHERE a.call = r.call)
    ORDER BY r.file LIMIT ?3";

/// Folds the cases of one question behind `after`; gives where the next look goes on, `None` at the end.
fn look(
    db: &Connection,
    vault: &Vault,
    (today, rules): (Date, &RetentionRules),
    (sql, limits, after): (&str, &[i64], i64),
    erasure: Erasure,
    found: &mut FoundOver,
) -> Result<Option<i64>, StoreError> {
    let scanned = i64::try_from(RETENTION_SCANNED_MAX).unwrap_or(0);
    let values = [after, scanned].into_iter().chain(limits.iter().copied());
    let ids: Vec<i64> = all(db, sql, rusqlite::params_from_iter(values), |row| row.get(0))?;
    let whole = ids.len() < RETENTION_SCANNED_MAX;
    let mut last = after;
    for id in ids {
        if found.over.len() >= RETENTION_AT_ONCE_MAX {
            return Ok(Some(last));
        }
        last = id;
        let verdict = verdict(db, vault, id, erasure, (today, rules));
        let verdict = unless_damaged(verdict, |error| {
            tracing::error!(case = id, %error, "ALARM a case cannot be read, and is kept");
        })?;
        match verdict.flatten() {
            Some((_, Some(hold))) => *found.held.entry(hold).or_default() += 1,
            Some((class, None)) => found.over.push((class, Target::Case(id, erasure))),
            None => {}
        }
    }
    Ok(if whole { None } else { Some(last) })
}

/// The class of a case whose day has passed, and what holds it; `None`: it is not over, or gone.
fn verdict(
    db: &Connection,
    vault: &Vault,
    id: i64,
    erasure: Erasure,
    (today, rules): (Date, &RetentionRules),
) -> Result<Option<(RetentionClass, Option<Hold>)>, StoreError> {
    let scope = Scope { rules, ground: ErasureGround::Period, request: None };
    let judged = judge(db, vault, id, erasure, (today, &scope))?;
    let over = judged.last_day(erasure, rules).is_some_and(|day| day < today);
    let Some(class) = class_for(&judged.case, erasure).filter(|_| over) else { return Ok(None) };
    // What came after an erasure is erased too, whatever was marked then.
    let left = || erasure::left_of(db, vault, id, &judged.case, erasure, (today, &scope));
    let gone = judged.case.work.erased.is_some_and(|erased| erased >= erasure);
    let hold = match judged.holds.first() {
        _ if gone && left()?.is_empty() => return Ok(None),
        Some(hold) => Some(*hold),
        None if erasure == Erasure::Recordings && left()?.is_empty() => Some(Hold::Shared),
        None => None,
    };
    Ok(Some((class, hold)))
}

/// A case with what keeps it, the cases it was merged into included.
pub(super) fn judge(
    db: &Connection,
    vault: &Vault,
    id: i64,
    erasure: Erasure,
    (today, scope): (Date, &Scope<'_>),
) -> Result<Judged, StoreError> {
    let (case, since) = fold(db, vault, id)?;
    let mut held = holds(&case);
    if has_open_request(db, id, scope.request)? {
        held.push(Hold::Contested);
    }
    if case.merged_into.is_some() && is_joined(db, vault, (id, &case), erasure, (today, scope))? {
        held.push(Hold::Joined);
    }
    Ok(Judged { case, since, holds: held })
}

/// Whether one of the cases that a case was merged into, and that into another, is kept.
fn is_joined(
    db: &Connection,
    vault: &Vault,
    (id, case): (i64, &Case),
    erasure: Erasure,
    (today, scope): (Date, &Scope<'_>),
) -> Result<bool, StoreError> {
    let (mut seen, mut next) = (BTreeSet::from([id]), case.merged_into);
    while let Some(number) = next {
        let Some(target) = id_of(db, number)? else { return Ok(false) };
        if !seen.insert(target) {
            return Ok(false);
        }
        if seen.len() > MERGE_CHAIN_MAX {
            return Ok(true);
        }
        let (case, since) = fold(db, vault, target)?;
        let over = last_day(&case, erasure, since, scope.rules).is_some_and(|day| day < today);
        if !over || !holds(&case).is_empty() || has_open_request(db, target, scope.request)? {
            return Ok(true);
        }
        next = case.merged_into;
    }
    Ok(false)
}

/// A request about personal information waits for its answer: what it asks for is still there then. The
/// one that is answered at this moment is none of them.
pub(super) fn has_open_request(
    db: &Connection,
    id: i64,
    answered: Option<i64>,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM privacy_request_case c JOIN privacy_request r ON r.id = c.request
               WHERE c.case_id = ?1 AND r.outcome IS NULL AND r.id IS NOT ?2";
    Ok(db.prepare_cached(sql)?.exists(params![id, answered])?)
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

/// The number of a case, for a list; `None` for a draft.
pub(super) fn number_of(db: &Connection, id: i64) -> Result<Option<CaseNumber>, StoreError> {
    let mut find = db.prepare_cached("SELECT number FROM case_file WHERE id = ?1")?;
    let number: Option<i64> = find.query_row([id], |row| row.get(0))?;
    number.map(read_number).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::config::StoreConfig;
    use super::super::schema;
    use super::*;

    #[test]
    fn a_round_asks_each_question_to_its_end_and_none_of_them_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, vault) = schema::open_writer(&config).unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = OFF;
             WITH n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 201)
             INSERT INTO recording (file, kind, duration_ms, speech_ms, sha256, found, missing)
             SELECT 'recordings/1971-01-01/' || n, 'message', 0, 0, hex(zeroblob(32)), 0, 1 FROM n",
        )
        .unwrap();
        let (rules, mut cursor) = (RetentionRules::default(), Cursor::default());
        let now = Timestamp::from_second(100_000_000).unwrap();
        let mut look = || find(&db, &vault, now, &rules, &mut cursor).unwrap().over;
        let first = look();
        assert_eq!(first.len(), RETENTION_AT_ONCE_MAX);
        let second = look();
        assert!(second.len() == 1 && !first.contains(&second[0]), "{second:?}");
        assert!(cursor.is_at_the_start());
        cursor.cases = None;
        cursor.calls = None;
        find(&db, &vault, now, &rules, &mut cursor).unwrap();
        assert_eq!((cursor.cases, cursor.recordings, &cursor.calls), (None, None, &None));
    }

    #[test]
    fn cases_with_recordings_are_found_without_reading_all_recordings() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(folder.path(), Timestamp::UNIX_EPOCH);
        let (db, _) = schema::open_writer(&config).unwrap();
        let plan = schema::plan(&db, RECORDED);
        assert!(plan.iter().any(|step| step.contains("recording_by_case")), "{plan:#?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN r")), "{plan:#?}");
    }
}
