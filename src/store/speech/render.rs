//! The way of a text to its sound: which is next, its sentences one by one, all of them there.

use super::{WordsHash, hash, of_plan, place, rules};
use crate::domain::case::Case;
use crate::domain::speech::free_text::{Unspoken, case_number, sentences};
use crate::domain::speech::rendering::{SPEECH_TRIES_MAX, pause};
use crate::store::case_file;
use crate::store::case_key::{self, Access};
use crate::store::error::{StoreError, unless_damaged};
use crate::store::handle::StoreHandle;
use crate::store::intake::Desk;
use crate::store::read_call::all;
use crate::store::seal::is_sealed;
use crate::store::work::{Answer, Kind};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use std::fmt;

/// How long what was said is kept, in days; afterwards the reply is told by text or by a person.
pub const SPOKEN_DAYS: i64 = 90;

/// Sound that is kept at most, in bytes; beyond it the oldest goes.
pub const SPOKEN_BYTES_MAX: i64 = 2 << 30;

/// Rows that one look passes over or takes away: callers wait for the writer.
const ROWS_AT_ONCE_MAX: usize = 50;

/// What is said of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechKind {
    /// Its number.
    Number,
    /// The reply.
    Reply,
}

impl SpeechKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Reply => "reply",
        }
    }

    /// What is said, as it is written; `None`: nothing is to be said (any more).
    pub(super) fn text(self, case: &Case) -> Option<String> {
        if is_sealed(case) || case_file::is_erased(case) {
            return None;
        }
        match self {
            Self::Number => case.number.map(|number| number.to_string()),
            Self::Reply => {
                let answered = case.state.is_some_and(|state| state.is_answered());
                let result = case.work.result.as_deref().filter(|words| !words.trim().is_empty());
                result.filter(|_| answered).map(str::to_owned)
            }
        }
    }

    fn sentences(self, case: &Case, text: &str) -> Result<Vec<String>, Unspoken> {
        match (self, case.number) {
            (Self::Number, Some(number)) => Ok(vec![case_number(number)]),
            (Self::Number, None) => Err(Unspoken::Empty),
            (Self::Reply, _) => sentences(text),
        }
    }
}

/// A sentence that an engine is to say. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SpeechSentence {
    /// What it is known by.
    pub words: [u8; 32],
    /// The sentence.
    pub text: String,
}

impl fmt::Debug for SpeechSentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpeechSentence({})", self.text.len())
    }
}

/// What is to be said now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeechJob {
    /// The row of the case.
    pub case: i64,
    /// What of it.
    pub kind: SpeechKind,
    /// What the whole text is known by.
    pub words: [u8; 32],
    /// Sentences that are not there yet.
    pub missing: Vec<SpeechSentence>,
    /// All sentences in order.
    pub plan: Vec<[u8; 32]>,
}

/// The sound of a sentence, A-law at 8 kHz. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SpeechSound {
    /// As it is said.
    pub alaw: Vec<u8>,
    /// In slow speech.
    pub slow: Vec<u8>,
}

impl fmt::Debug for SpeechSound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpeechSound({})", self.alaw.len())
    }
}

/// What is there of speech.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpeechHeld {
    /// Texts that wait for the engine.
    pub waiting: u32,
    /// Texts that can be heard.
    pub ready: u32,
    /// Texts that were given up.
    pub failed: u32,
}

impl StoreHandle {
    /// What is to be said next, and counts the try: should it never end, it is not tried without end.
    #[must_use]
    pub fn speech_next(&self, now: Timestamp, answer: Answer<Option<SpeechJob>>) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| next(db, desk, now))
    }

    /// The sound of a sentence. `false`: nobody is to hear it any more.
    #[must_use]
    pub fn speech_put(
        &self,
        case: i64,
        words: [u8; 32],
        sound: SpeechSound,
        answer: Answer<bool>,
    ) -> bool {
        self.ask(Kind::Asked, answer, move |db, desk| put(db, desk, case, &words, &sound))
    }

    /// All sentences are there: it can be heard from now on. `false`: it is no longer what is to be said.
    #[must_use]
    pub fn speech_ready(&self, job: SpeechJob, answer: Answer<bool>) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| ready(db, &job))
    }

    /// A try brought nothing, for a reason in a word.
    #[must_use]
    pub fn speech_failed(&self, job: SpeechJob, fault: &'static str, answer: Answer<()>) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| failed(db, &job, fault))
    }

    /// Takes away what was kept long enough, or is too much.
    #[must_use]
    pub fn speech_tidy(&self, now: Timestamp, answer: Answer<usize>) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| tidy(db, now))
    }

    /// How much is there.
    #[must_use]
    pub fn speech_held(&self, answer: Answer<SpeechHeld>) -> bool {
        self.ask(Kind::Asked, answer, move |db, _| held(db))
    }
}

fn next(db: &Connection, desk: &Desk, now: Timestamp) -> Result<Option<SpeechJob>, StoreError> {
    let Some(rules) = rules(db)? else { return Ok(None) };
    let sql = "SELECT case_id, kind, tries FROM spoken
               WHERE state = 'waiting' AND next_at <= ?1 ORDER BY next_at LIMIT 1";
    for _ in 0..ROWS_AT_ONCE_MAX {
        let due: Option<(i64, String, u32)> = db
            .prepare_cached(sql)?
            .query_row([now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((case, kind, tries)) = due else { return Ok(None) };
        let kind = if kind == "number" { SpeechKind::Number } else { SpeechKind::Reply };
        if tries >= SPEECH_TRIES_MAX {
            give_up(db, (case, kind), None)?;
            continue;
        }
        let begun = begin_try(db, desk, now, (case, kind, tries), &rules.voice);
        // What is damaged is told, and keeps no other.
        let begun = unless_damaged(begun, |error| {
            tracing::error!(case, %error, "ALARM a reply cannot be read back to be spoken");
        })?;
        match begun {
            Some(Some(job)) => return Ok(Some(job)),
            Some(None) => {}
            None => give_up(db, (case, kind), Some("damaged"))?,
        }
    }
    Ok(None)
}

/// Counts a try and gives its sentences. `None`: nothing is to be said.
fn begin_try(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (id, kind, tries): (i64, SpeechKind, u32),
    voice: &str,
) -> Result<Option<SpeechJob>, StoreError> {
    let vault = &desk.vault;
    let case = case_file::load(db, vault, id)?;
    let Some(text) = kind.text(&case) else {
        // It was taken up again; when the citizen gets an answer it is asked for anew.
        let sql = "DELETE FROM spoken WHERE case_id = ?1 AND kind = ?2";
        db.prepare_cached(sql)?.execute(params![id, kind.as_str()])?;
        return Ok(None);
    };
    let all = match kind.sentences(&case, &text) {
        Ok(all) => all,
        Err(why) => {
            let fault = if why == Unspoken::Long { "long" } else { "empty" };
            give_up(db, (id, kind), Some(fault))?;
            return Ok(None);
        }
    };
    let tries = tries + 1;
    let words = hash(vault, kind.as_str(), "", &text)?;
    let next_at = now.saturating_add(pause(tries)).unwrap_or(now).as_millisecond();
    let sql = "UPDATE spoken SET tries = ?3, next_at = ?4, words = ?5
               WHERE case_id = ?1 AND kind = ?2";
    db.prepare_cached(sql)?.execute(params![id, kind.as_str(), tries, next_at, words])?;
    let there = there(db, id)?;
    let (mut plan, mut missing) = (Vec::with_capacity(all.len()), vec![]);
    for text in all {
        let words = hash(vault, "sentence", voice, &text)?;
        if !there.contains(&words) && !plan.contains(&words) {
            missing.push(SpeechSentence { words, text });
        }
        plan.push(words);
    }
    Ok(Some(SpeechJob { case: id, kind, words, missing, plan }))
}

fn there(db: &Connection, case: i64) -> Result<BTreeSet<WordsHash>, StoreError> {
    let sql = "SELECT words FROM spoken_sentence WHERE case_id = ?1";
    Ok(all(db, sql, [case], |row| row.get(0))?.into_iter().collect())
}

fn give_up(
    db: &Connection,
    (case, kind): (i64, SpeechKind),
    fault: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE spoken SET state = 'failed', fault = COALESCE(?3, fault, 'tries')
               WHERE case_id = ?1 AND kind = ?2";
    db.prepare_cached(sql)?.execute(params![case, kind.as_str(), fault])?;
    Ok(())
}

fn put(
    db: &Connection,
    desk: &Desk,
    case: i64,
    words: &WordsHash,
    sound: &SpeechSound,
) -> Result<bool, StoreError> {
    let wanted = "SELECT 1 FROM spoken WHERE case_id = ?1 AND state = 'waiting'";
    if !db.prepare_cached(wanted)?.exists([case])? {
        return Ok(false);
    }
    let access = case_key::of(db, &desk.vault, case)?;
    if !matches!(access, Access::Service(_)) {
        return Ok(false);
    }
    let length = u32::try_from(sound.alaw.len()).map_err(|_| StoreError::Malformed("sound"))?;
    let plain = [&length.to_be_bytes()[..], &sound.alaw, &sound.slow].concat();
    let sealed = access.seal(&place(case, words), &plain)?;
    let bytes = i64::try_from(sealed.len()).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT INTO spoken_sentence (case_id, words, bytes, sound) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (case_id, words) DO NOTHING",
    )?
    .execute(params![case, words, bytes, sealed])?;
    Ok(true)
}

fn ready(db: &Connection, job: &SpeechJob) -> Result<bool, StoreError> {
    let there = there(db, job.case)?;
    if job.plan.is_empty() || job.plan.iter().any(|words| !there.contains(words)) {
        return Ok(false);
    }
    let sql = "UPDATE spoken SET state = 'ready', plan = ?4, fault = NULL
               WHERE case_id = ?1 AND kind = ?2 AND words = ?3 AND state = 'waiting'";
    let plan = job.plan.concat();
    let done =
        db.prepare_cached(sql)?.execute(params![job.case, job.kind.as_str(), job.words, plan])?;
    if done > 0 {
        drop_unplanned(db, job.case, &there)?;
    }
    Ok(done > 0)
}

/// Sentences of an earlier reply that nobody hears any more.
fn drop_unplanned(
    db: &Connection,
    case: i64,
    there: &BTreeSet<WordsHash>,
) -> Result<(), StoreError> {
    // What still waits may have begun.
    let open = "SELECT 1 FROM spoken WHERE case_id = ?1 AND state = 'waiting'";
    if db.prepare_cached(open)?.exists([case])? {
        return Ok(());
    }
    let sql = "SELECT plan FROM spoken WHERE case_id = ?1 AND plan IS NOT NULL";
    let plans: Vec<Vec<u8>> = all(db, sql, [case], |row| row.get(0))?;
    let planned: BTreeSet<WordsHash> = plans.iter().flat_map(|plan| of_plan(plan)).collect();
    let sql = "DELETE FROM spoken_sentence WHERE case_id = ?1 AND words = ?2";
    for words in there.difference(&planned) {
        db.prepare_cached(sql)?.execute(params![case, words])?;
    }
    Ok(())
}

fn failed(db: &Connection, job: &SpeechJob, fault: &str) -> Result<(), StoreError> {
    let sql = "UPDATE spoken SET fault = ?4,
                   state = CASE WHEN tries >= ?5 THEN 'failed' ELSE state END
               WHERE case_id = ?1 AND kind = ?2 AND words = ?3 AND state = 'waiting'";
    let kind = job.kind.as_str();
    db.prepare_cached(sql)?.execute(params![job.case, kind, job.words, fault, SPEECH_TRIES_MAX])?;
    Ok(())
}

fn tidy(db: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let days = SignedDuration::from_hours(24 * SPOKEN_DAYS);
    let before = now.saturating_sub(days).unwrap_or(now).as_millisecond();
    let sum = "SELECT COALESCE(sum(bytes), 0) FROM spoken_sentence";
    let bytes: i64 = db.prepare_cached(sum)?.query_row([], |row| row.get(0))?;
    // Too much is there: the oldest goes, whatever its age.
    let before = if bytes > SPOKEN_BYTES_MAX { i64::MAX } else { before };
    // Both texts of a case go together: a number that was said long ago takes no young reply with it.
    let sql = "SELECT DISTINCT case_id FROM spoken s
               WHERE asked_at < ?1 AND NOT EXISTS (
                   SELECT 1 FROM spoken o WHERE o.case_id = s.case_id
                       AND (o.asked_at >= ?1 OR o.state = 'waiting'))
               ORDER BY asked_at LIMIT ?2";
    let limit = i64::try_from(ROWS_AT_ONCE_MAX).unwrap_or(i64::MAX);
    let old: Vec<i64> = all(db, sql, params![before, limit], |row| row.get(0))?;
    for case in &old {
        super::forget(db, *case)?;
    }
    Ok(old.len())
}

fn held(db: &Connection) -> Result<SpeechHeld, StoreError> {
    let sql = "SELECT count(*) FILTER (WHERE state = 'waiting'),
                      count(*) FILTER (WHERE state = 'ready'),
                      count(*) FILTER (WHERE state = 'failed') FROM spoken";
    let held = db.prepare_cached(sql)?.query_row([], |row| {
        Ok(SpeechHeld { waiting: row.get(0)?, ready: row.get(1)?, failed: row.get(2)? })
    })?;
    Ok(held)
}
