//! Notices to units by telephone: what is to be told, when it is tried, and what came of each try. Written
//! with the warning itself, as texts are; of a case under seal nothing is said. Who was not reached in the
//! tries that there are gets a text.

use super::case_file;
use super::error::{StoreError, unless_damaged};
use super::handle::StoreHandle;
use super::intake::Desk;
use super::outbox;
use super::read::{Reader, city_time};
use super::read_call::all;
use super::work::{Answer, Kind};
use crate::domain::case::{Case, State, city_zone, local_day};
use crate::domain::message::{Class, Medium, is_pressing, may_leave};
use crate::domain::voice_call::{CaseSaid, NOTICE_CASES_SAID_MAX, VoiceKind, VoiceOutcome};
use crate::units::CallId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

/// Notices that are told by telephone at the same time.
pub const VOICE_CALLS_MAX: i64 = 2;

/// A call whose end was never told is taken for lost after so long.
const CALL_LOST: SignedDuration = SignedDuration::from_mins(10);

/// Cases of one notice; further ones are told by text alone.
const VOICE_CASES_MAX: i64 = 200;

/// Texts in place of a notice that nobody confirmed, one a case.
const VOICE_TEXTS_MAX: usize = 5;

/// A notice that is due: its telephone may ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceDue {
    /// To end it with.
    pub id: i64,
    /// The unit.
    pub unit: String,
    /// Of what it is told.
    pub kind: VoiceKind,
    /// Of how many cases.
    pub count: u32,
    /// The first of them.
    pub cases: Vec<CaseSaid>,
    /// Which try this is, from 1.
    pub attempt: u32,
}

/// A notice in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VoiceRow {
    /// Its row.
    pub id: i64,
    /// The unit.
    pub unit: String,
    /// `due` or `overdue`.
    pub kind: String,
    /// The day of its warnings, `YYYY-MM-DD`.
    pub day: String,
    /// `waiting`, `calling`, `confirmed`, `given_up` or `withdrawn`.
    pub state: String,
    /// When it is tried next, or was written.
    pub not_before: String,
    /// The tries, first to last.
    pub tries: Vec<VoiceTry>,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VoiceTry {
    /// When it ended.
    pub at: String,
    /// The call in the ledger.
    pub call: String,
    /// `confirmed`, `no_key`, `no_answer`, `busy`, `failed`.
    pub outcome: String,
}

/// Notes that a unit is to be told of a case, with others of the same kind and day in one call.
pub(super) fn put(
    db: &Connection,
    now: Timestamp,
    (unit, kind): (&str, VoiceKind),
    (case_id, urgent): (i64, bool),
) -> Result<(), StoreError> {
    let (kind, day) = (kind.as_str(), local_day(now).to_string());
    let at = may_leave(Medium::Sms, Class::Order, urgent, now).as_millisecond();
    // One that is over is not opened again: what comes later on the day is a text. One that waits for the
    // morning goes at once for what cannot wait.
    db.prepare_cached(
        "INSERT INTO voice_notice (unit, kind, day, not_before, state) VALUES (?1, ?2, ?3, ?4, 'waiting')
         ON CONFLICT (unit, kind, day) DO UPDATE SET not_before = min(not_before, excluded.not_before)
             WHERE state = 'waiting' AND attempts = 0",
    )?
    .execute(params![unit, kind, day, at])?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO voice_notice_case
         SELECT n.id, ?4 FROM voice_notice n WHERE n.unit = ?1 AND n.kind = ?2 AND n.day = ?3
             AND n.state = 'waiting'
             AND (SELECT count(*) FROM voice_notice_case c WHERE c.notice = n.id) < ?5",
    )?
    .execute(params![unit, kind, day, case_id, VOICE_CASES_MAX])?;
    Ok(())
}

/// Takes the notices that are due now, at most [`VOICE_CALLS_MAX`] at a time.
fn take_due(db: &Connection, desk: &Desk, now: Timestamp) -> Result<Vec<VoiceDue>, StoreError> {
    if !desk.messages.voice.is_on() {
        return Ok(vec![]);
    }
    let ms = now.as_millisecond();
    take_back(db, desk, now)?;
    let calling = "SELECT count(*) FROM voice_notice WHERE state = 'calling'";
    let calling: i64 = db.prepare_cached(calling)?.query_row([], |row| row.get(0))?;
    let sql = "SELECT id, unit, kind, attempts FROM voice_notice
               WHERE state = 'waiting' AND not_before <= ?1 ORDER BY not_before, id LIMIT ?2";
    let room = (VOICE_CALLS_MAX - calling).max(0);
    let waiting: Vec<(i64, String, String, u32)> =
        all(db, sql, [ms, room], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let mut due = vec![];
    for (id, unit, kind, attempts) in waiting {
        let Some(kind) = VoiceKind::parse(&kind) else { continue };
        let cases = live_cases(db, desk, id, &unit)?;
        if cases.is_empty() {
            set_state(db, id, "withdrawn")?;
            continue;
        }
        // It may have waited into the night: for its turn, by a call that was lost, or with no service.
        let presses = cases.iter().any(|(_, case)| is_pressing(case));
        let at = may_leave(Medium::Sms, Class::Order, presses, now);
        if at > now {
            wait(db, id, at)?;
            continue;
        }
        let sql = "UPDATE voice_notice SET state = 'calling', attempts = ?2, called_at = ?3
                   WHERE id = ?1";
        db.prepare_cached(sql)?.execute(params![id, attempts + 1, ms])?;
        let said = cases.iter().filter_map(|(_, case)| said(case)).take(NOTICE_CASES_SAID_MAX);
        due.push(VoiceDue {
            id,
            kind,
            count: u32::try_from(cases.len()).unwrap_or(u32::MAX),
            cases: said.collect(),
            attempt: attempts + 1,
            unit,
        });
    }
    Ok(due)
}

/// Calls whose end was never told count as tries all the same: a crash in each keeps no telephone ringing.
fn take_back(db: &Connection, desk: &Desk, now: Timestamp) -> Result<(), StoreError> {
    let lost = now.saturating_sub(CALL_LOST).unwrap_or(now).as_millisecond();
    let sql =
        "SELECT id, unit, attempts FROM voice_notice WHERE state = 'calling' AND called_at <= ?1";
    let lost: Vec<(i64, String, u32)> =
        all(db, sql, [lost], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (id, unit, attempts) in lost {
        try_again(db, desk, now, (id, &unit, attempts), now)?;
    }
    Ok(())
}

/// The cases of a notice that are still the unit's to answer, and under no seal.
fn live_cases(
    db: &Connection,
    desk: &Desk,
    id: i64,
    unit: &str,
) -> Result<Vec<(i64, Case)>, StoreError> {
    let sql = "SELECT case_id FROM voice_notice_case WHERE notice = ?1 ORDER BY case_id";
    let ids: Vec<i64> = all(db, sql, [id], |row| row.get(0))?;
    let mut live = vec![];
    for case_id in ids {
        let case = unless_damaged(case_file::load(db, &desk.vault, case_id), |error| {
            tracing::error!(case = case_id, %error, "ALARM a case cannot be read back");
        })?;
        let Some(case) = case else { continue };
        let owes =
            matches!(case.told_state(), Some(State::Assigned | State::Handling | State::Redo));
        if owes && case.unit.as_deref() == Some(unit) {
            live.push((case_id, case));
        }
    }
    Ok(live)
}

fn said(case: &Case) -> Option<CaseSaid> {
    let (number, due) = (case.number?, case.unit_due.as_ref()?);
    let local = due.at.to_zoned(city_zone());
    let at = (local.date() == due.on).then(|| local.time());
    Some(CaseSaid { number, on: due.on, at })
}

/// What came of a try.
fn end(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    id: i64,
    (outcome, call): (VoiceOutcome, &CallId),
) -> Result<bool, StoreError> {
    let sql = "SELECT unit, attempts FROM voice_notice WHERE id = ?1 AND state = 'calling'";
    let found: Option<(String, u32)> =
        db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((unit, attempts)) = found else { return Ok(false) };
    let sql = "INSERT OR IGNORE INTO voice_notice_try VALUES (?1, ?2, ?3, ?4, ?5)";
    let try_of = params![id, attempts, now.as_millisecond(), call.as_str(), outcome.as_str()];
    db.prepare_cached(sql)?.execute(try_of)?;
    if outcome == VoiceOutcome::Confirmed {
        set_state(db, id, "confirmed")?;
    } else {
        let next = now.saturating_add(desk.messages.voice.pause).unwrap_or(now);
        try_again(db, desk, now, (id, &unit, attempts), next)?;
    }
    Ok(true)
}

/// Another try at `next`; where there were enough, the unit is told by text.
fn try_again(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (id, unit, attempts): (i64, &str, u32),
    next: Timestamp,
) -> Result<(), StoreError> {
    if attempts < desk.messages.voice.tries {
        return wait(db, id, next);
    }
    set_state(db, id, "given_up")?;
    tracing::warn!(notice = id, unit, "a unit did not confirm a notice by telephone");
    for (case_id, case) in live_cases(db, desk, id, unit)?.iter().take(VOICE_TEXTS_MAX) {
        outbox::remind_unit(db, desk, now, (id, *case_id), case)?;
    }
    Ok(())
}

fn wait(db: &Connection, id: i64, until: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE voice_notice SET state = 'waiting', not_before = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, until.as_millisecond()])?;
    Ok(())
}

fn set_state(db: &Connection, id: i64, state: &str) -> Result<(), StoreError> {
    let sql = "UPDATE voice_notice SET state = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id, state])?;
    Ok(())
}

impl StoreHandle {
    /// Takes the notices that are to be told by telephone now.
    #[must_use]
    pub fn voice_due(&self, now: Timestamp, answer: Answer<Vec<VoiceDue>>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| take_due(db, desk, now))
    }

    /// What came of a try; `false`: it was told before.
    #[must_use]
    pub fn voice_ended(
        &self,
        now: Timestamp,
        id: i64,
        of: (VoiceOutcome, CallId),
        answer: Answer<bool>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| end(db, desk, now, id, (of.0, &of.1)))
    }
}

impl Reader {
    /// The newest notices by telephone, at most `limit`, with their tries.
    pub fn voice_notices(&self, limit: usize) -> Result<Vec<VoiceRow>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let shown = |ms: i64| city_time(Timestamp::from_millisecond(ms).unwrap_or_default());
        let sql = "SELECT id, unit, kind, day, state, not_before FROM voice_notice
                   ORDER BY id DESC LIMIT ?1";
        let mut rows = all(&self.db, sql, [limit], |row| {
            Ok(VoiceRow {
                id: row.get(0)?,
                unit: row.get(1)?,
                kind: row.get(2)?,
                day: row.get(3)?,
                state: row.get(4)?,
                not_before: shown(row.get(5)?),
                tries: vec![],
            })
        })?;
        let sql =
            "SELECT at, call, outcome FROM voice_notice_try WHERE notice = ?1 ORDER BY attempt";
        for row in &mut rows {
            row.tries = all(&self.db, sql, [row.id], |row| {
                Ok(VoiceTry { at: shown(row.get(0)?), call: row.get(1)?, outcome: row.get(2)? })
            })?;
        }
        Ok(rows)
    }
}
