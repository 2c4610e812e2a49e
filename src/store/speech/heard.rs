//! What a look-up hears of a case, on a read-only connection: what is there now, and nothing is waited for.

use super::{SpeechKind, hash, of_plan, place, rules};
use crate::domain::case::{Case, ReplyTold, Voiced};
use crate::domain::message::templates::is_whole_result;
use crate::domain::speech::Rendered;
use crate::store::case_key::{self, Access};
use crate::store::error::{StoreError, unless_damaged};
use crate::store::vault::Vault;
use rusqlite::{Connection, OptionalExtension, params};

/// What is heard of a case.
pub(in crate::store) fn voiced(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
) -> Result<Voiced, StoreError> {
    // The number is told before the reply: one that is damaged costs its own place only.
    let said = |kind, text: &str| {
        unless_damaged(said(db, vault, id, (kind, text)), |error| {
            tracing::error!(case = id, %error, "ALARM what a speech engine said cannot be read back");
        })
        .map(Option::flatten)
    };
    let number = match SpeechKind::Number.text(case) {
        Some(text) => said(SpeechKind::Number, &text)?.and_then(|said| said.into_iter().next()),
        None => None,
    };
    let Some(text) = SpeechKind::Reply.text(case) else {
        return Ok(Voiced { number, reply: None });
    };
    let reply = match said(SpeechKind::Reply, &text)? {
        Some(sentences) => {
            let announced = rules(db)?.is_none_or(|rules| rules.announced);
            ReplyTold::Spoken { sentences, announced }
        }
        None if is_texted(db, id, case, &text)? => ReplyTold::ByText,
        None => ReplyTold::ByPerson,
    };
    Ok(Voiced { number, reply: Some(reply) })
}

/// The sentences of a text that is ready; all of them or none. What was said of an earlier text is none:
/// without an engine nobody asked for this one.
fn said(
    db: &Connection,
    vault: &Vault,
    id: i64,
    (kind, text): (SpeechKind, &str),
) -> Result<Option<Vec<Rendered>>, StoreError> {
    let sql = "SELECT plan FROM spoken
               WHERE case_id = ?1 AND kind = ?2 AND words = ?3 AND state = 'ready'";
    let words = hash(vault, kind.as_str(), "", text)?;
    let plan: Option<Vec<u8>> = db
        .prepare_cached(sql)?
        .query_row(params![id, kind.as_str(), words], |row| row.get(0))
        .optional()?;
    let Some(plan) = plan else { return Ok(None) };
    let access = case_key::of(db, vault, id)?;
    let Access::Service(key) = access else { return Ok(None) };
    let mut said = vec![];
    for words in of_plan(&plan) {
        let sql = "SELECT sound FROM spoken_sentence WHERE case_id = ?1 AND words = ?2";
        let sealed: Option<Vec<u8>> =
            db.prepare_cached(sql)?.query_row(params![id, words], |row| row.get(0)).optional()?;
        let Some(sealed) = sealed else { return Err(StoreError::Damaged("speech")) };
        let plain = key.open(&place(id, &words), &sealed)?;
        let (length, sound) =
            plain.split_first_chunk::<4>().ok_or(StoreError::Damaged("speech"))?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (alaw, slow) = sound.split_at_checked(length).ok_or(StoreError::Damaged("speech"))?;
        said.push(Rendered { alaw: alaw.into(), slow: slow.into() });
    }
    Ok(Some(said))
}

/// Whether a text that says all of this reply was sent, or is on its way. One that was cut sends its reader
/// to us, and one of an earlier answer says nothing of this one: whoever asks then is told by a person.
fn is_texted(db: &Connection, id: i64, case: &Case, text: &str) -> Result<bool, StoreError> {
    let Some(answered_at) = case.work.answered_at.filter(|_| is_whole_result(text)) else {
        return Ok(false);
    };
    let sql = "SELECT state FROM outbox WHERE case_id = ?1 AND template IN ('S06', 'S28')
                   AND created_at >= ?2 ORDER BY id DESC LIMIT 1";
    let values = params![id, answered_at.as_millisecond()];
    let state: Option<String> =
        db.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    let told = ["queued", "submitting", "submitted", "unknown", "delivered"];
    Ok(state.is_some_and(|state| told.contains(&state.as_str())))
}
