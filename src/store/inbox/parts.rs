//! Long texts come in parts, in any order and again: their octets are put together before anything is
//! decoded, because a character may stand across two of them.
//!
//! Parts wait [`PARTS_WAIT`] for the rest; then what is there becomes a case that says what is missing.
//! For a day a part that comes after all is added to it.

use super::settle::{Journal, NO_NUMBER, SettledInbound, end};
use super::text::{self, Arrived};
use super::{InboundText, key_of, owner};
use crate::store::error::StoreError;
use crate::store::intake::Desk;
use crate::store::numbering;
use crate::store::read_call::all;
use crate::store::transaction::in_savepoint;
use crate::wire::sms::{Alphabet, Coding, Part, Payload, Text, UserData, decode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// How long the rest of a text is waited for, in minutes.
pub const PARTS_WAIT_MINUTES_MAX: i64 = 10;

const PARTS_WAIT: SignedDuration = SignedDuration::from_mins(PARTS_WAIT_MINUTES_MAX);

/// How long a part is known as one of its text: references count from the start again.
const PARTS_KNOWN: SignedDuration = SignedDuration::from_hours(24);

/// Texts that wait for their rest; beyond it the oldest is told with what is there.
pub const PART_SETS_MAX: usize = 1_000;

/// Texts that are told incomplete in one transaction.
const TOLD_AT_ONCE_MAX: i64 = 50;

/// A part as it is sealed.
#[derive(Serialize, Deserialize)]
struct Body {
    from: String,
    alphabet: u8,
    septets: bool,
    payload: String,
    damaged: bool,
}

impl Body {
    fn of(text: &InboundText, data: &UserData) -> Self {
        let (septets, bytes) = match &data.payload {
            Payload::Septets(bytes) => (true, bytes),
            Payload::Octets(bytes) => (false, bytes),
        };
        Self {
            from: text.from.clone(),
            alphabet: match data.coding.alphabet {
                Alphabet::Gsm7 => 0,
                Alphabet::Octets => 1,
                Alphabet::Ucs2 => 2,
                Alphabet::Compressed => 3,
            },
            septets,
            payload: STANDARD.encode(bytes),
            damaged: data.is_header_damaged,
        }
    }

    fn data(&self) -> Result<UserData, StoreError> {
        let bytes = STANDARD.decode(&self.payload);
        let bytes = bytes.map_err(|_| StoreError::Damaged("part of a message"))?;
        let alphabet = match self.alphabet {
            0 => Alphabet::Gsm7,
            2 => Alphabet::Ucs2,
            3 => Alphabet::Compressed,
            _ => Alphabet::Octets,
        };
        let payload = if self.septets { Payload::Septets(bytes) } else { Payload::Octets(bytes) };
        let coding = Coding { alphabet, is_flash: false };
        Ok(UserData { is_header_damaged: self.damaged, coding, part: None, payload })
    }
}

/// A part that is there.
struct Held {
    inbound: i64,
    number: u8,
    total: u8,
    at: i64,
    is_told: bool,
    body: Body,
}

/// Takes in a part; with the last one the text is whole.
pub(super) fn take(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (id, journal): (i64, &Journal),
    (text, data): (&InboundText, &UserData),
) -> Result<SettledInbound, StoreError> {
    let Some(part) = data.part else { return Err(StoreError::Malformed("a part of a message")) };
    let message = message_key(desk, journal, text, part);
    let body = Body::of(text, data);
    drop_old(db, now, &message)?;
    let mut known = parts_of(db, desk, now, &message)?;
    if let Some(same) = known.iter().find(|held| held.number == part.number) {
        if same.body.payload == body.payload {
            end(db, now, id, ("ignored", "copy"))?;
            return Ok(SettledInbound::Ignored);
        }
        // The reference counts from the start again: what was waited for does not come any more.
        tell_alone(db, desk, now, &message)?;
        forget(db, &message)?;
        known = vec![];
    }
    let is_late = known.iter().any(|held| held.is_told);
    let case: Option<i64> = match known.first().filter(|_| is_late) {
        Some(first) => case_of(db, first.inbound)?,
        None => None,
    };
    keep(db, desk, now, (id, &message, part), (&body, is_late))?;
    if is_late && let Some(case) = case {
        let Text { text: words, .. } = decode([&body.data()?]);
        let words = format!("（迟到的第{}段，共{}段）{words}", part.number, part.total);
        text::supplement(db, desk, now, (case, &[id]), &words)?;
        return Ok(SettledInbound::Done);
    }
    known.push(Held {
        inbound: id,
        number: part.number,
        total: part.total,
        at: now.as_millisecond(),
        is_told: false,
        body,
    });
    if known.len() < usize::from(part.total) {
        let sql = "UPDATE inbound SET state = 'parts', why = 'part' WHERE id = ?1";
        db.prepare_cached(sql)?.execute([id])?;
        tell_crowded(db, desk, now)?;
        return Ok(SettledInbound::Parts);
    }
    let settle = |db: &Connection, desk: &mut Desk| whole(db, desk, now, journal, known);
    let Some(settled) = numbering::unless_spent(db, desk, now, settle)? else {
        // All its parts wait together; `tell_incomplete` comes to them.
        let sql = "UPDATE inbound SET state = 'parts', why = ?2 WHERE id = ?1";
        db.prepare_cached(sql)?.execute(params![id, NO_NUMBER])?;
        return Ok(SettledInbound::NoNumber);
    };
    forget(db, &message)?;
    Ok(settled)
}

/// The same for all parts of a text.
fn message_key(desk: &Desk, journal: &Journal, text: &InboundText, part: Part) -> Vec<u8> {
    let to = text.to.as_deref().unwrap_or_default();
    let reference = part.reference.to_be_bytes();
    let kind = [u8::from(part.is_wide), part.total];
    let parts: [&[u8]; 5] =
        [journal.account.as_bytes(), text.from.as_bytes(), to.as_bytes(), &reference, &kind];
    desk.vault.message_hash("parts", &parts)
}

fn keep(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (id, message, part): (i64, &[u8], Part),
    (body, is_told): (&Body, bool),
) -> Result<(), StoreError> {
    let key = key_of(db, &desk.vault, id)?.ok_or(StoreError::Damaged("message"))?;
    let json = serde_json::to_vec(body).map_err(|_| StoreError::Damaged("part of a message"))?;
    let sealed = key.seal(&place(id), &json)?;
    db.prepare_cached(
        "INSERT INTO sms_part (inbound, message, number, total, at, told, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        id,
        message,
        part.number,
        part.total,
        now.as_millisecond(),
        is_told,
        sealed
    ])?;
    Ok(())
}

fn place(id: i64) -> String {
    format!("{}/part", owner(id))
}

/// The parts of a text that are there, in order. One that is damaged waits for a person and counts as
/// missing.
fn parts_of(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    message: &[u8],
) -> Result<Vec<Held>, StoreError> {
    let sql = "SELECT inbound, number, total, at, told, body FROM sms_part
               WHERE message = ?1 ORDER BY number";
    let rows: Vec<(i64, u8, u8, i64, bool, Vec<u8>)> = all(db, sql, [message], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    })?;
    let mut held = vec![];
    for (inbound, number, total, at, is_told, sealed) in rows {
        match body_of(db, desk, inbound, &sealed) {
            Ok(body) => held.push(Held { inbound, number, total, at, is_told, body }),
            Err(error) if error.is_damage() => {
                tracing::error!(message = inbound, %error, "ALARM a part of a text is damaged");
                db.prepare_cached("DELETE FROM sms_part WHERE inbound = ?1")?.execute([inbound])?;
                end(db, now, inbound, ("poison", "damaged"))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(held)
}

fn body_of(db: &Connection, desk: &Desk, id: i64, sealed: &[u8]) -> Result<Body, StoreError> {
    const DAMAGED: StoreError = StoreError::Damaged("part of a message");
    let key = key_of(db, &desk.vault, id)?.ok_or(DAMAGED)?;
    let json = key.open(&place(id), sealed)?;
    serde_json::from_slice(&json).map_err(|_| DAMAGED)
}

/// All parts are there.
fn whole(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    journal: &Journal,
    mut parts: Vec<Held>,
) -> Result<SettledInbound, StoreError> {
    parts.sort_by_key(|part| part.number);
    let data = parts.iter().map(|part| part.body.data()).collect::<Result<Vec<_>, _>>()?;
    let Text { text: words, suspect } = decode(&data);
    settle(db, desk, now, journal, (&parts, words, suspect))
}

/// What is there of a text whose rest does not come; parts that were told are not told again.
fn tell(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    journal: &Journal,
    mut parts: Vec<Held>,
) -> Result<(), StoreError> {
    parts.retain(|part| !part.is_told);
    let Some(total) = parts.first().map(|part| part.total) else { return Ok(()) };
    parts.sort_by_key(|part| part.number);
    let mut words = format!("（收到不完整短信 {}/{total}）", parts.len());
    let mut last = 0;
    for part in &parts {
        if part.number != last + 1 {
            words.push_str("……");
        }
        words.push_str(&decode([&part.body.data()?]).text);
        last = part.number;
    }
    if last < total {
        words.push_str("……");
    }
    settle(db, desk, now, journal, (&parts, words, true)).map(drop)
}

fn settle(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    journal: &Journal,
    (parts, words, suspect): (&[Held], String, bool),
) -> Result<SettledInbound, StoreError> {
    let ids: Vec<i64> = parts.iter().map(|part| part.inbound).collect();
    let Some(first) = parts.first() else { return Ok(SettledInbound::Gone) };
    let from = first.body.from.as_str();
    let arrived = Arrived { ids: &ids, journal, from, words, suspect };
    text::take(db, desk, now, &arrived)
}

fn forget(db: &Connection, message: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM sms_part WHERE message = ?1")?.execute([message])?;
    Ok(())
}

/// Parts of a text that came so long ago that this one is not of it.
fn drop_old(db: &Connection, now: Timestamp, message: &[u8]) -> Result<(), StoreError> {
    let before = now.saturating_sub(PARTS_KNOWN).unwrap_or(now).as_millisecond();
    let sql = "DELETE FROM sms_part WHERE message = ?1 AND told AND at < ?2";
    db.prepare_cached(sql)?.execute(params![message, before])?;
    Ok(())
}

fn case_of(db: &Connection, inbound: i64) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT case_id FROM inbound WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([inbound], |row| row.get(0)).optional()?.flatten())
}

/// Tells the texts whose rest did not come in time, and those that waited for a case number; gives how
/// many. Parts that were told a day ago are forgotten.
pub(super) fn tell_incomplete(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let known = now.saturating_sub(PARTS_KNOWN).unwrap_or(now).as_millisecond();
    db.prepare_cached("DELETE FROM sms_part WHERE told AND at < ?1")?.execute([known])?;
    // What is told becomes a case.
    if numbering::left(db, now)? == 0 {
        return Ok(0);
    }
    let before = now.saturating_sub(PARTS_WAIT).unwrap_or(now).as_millisecond();
    let sql = "SELECT message FROM sms_part WHERE NOT told AND at <= ?1
               GROUP BY message HAVING max(at) <= ?1 ORDER BY min(at) LIMIT ?2";
    let waiting: Vec<Vec<u8>> = all(db, sql, params![before, TOLD_AT_ONCE_MAX], |row| row.get(0))?;
    let mut done = 0;
    for message in &waiting {
        match tell_alone(db, desk, now, message) {
            // Those before it took the last one.
            Err(error) if error.is_no_number() => break,
            told => told?,
        }
        done += 1;
    }
    Ok(done)
}

/// Tells a text without its rest. Where that cannot be done, of a case that is damaged, its parts wait for a
/// person and keep no other text. Where the day has no number for it, they wait as they are.
fn tell_alone(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    message: &[u8],
) -> Result<(), StoreError> {
    let told = in_savepoint(db, desk, |db, desk| tell_message(db, desk, now, message));
    let Err(error) = told else { return Ok(()) };
    if error.is_outage() || error.is_no_number() || db.is_autocommit() {
        return Err(error);
    }
    tracing::error!(%error, "ALARM a text without its rest cannot be told: `mayorline message held`");
    let sql = "SELECT inbound FROM sms_part WHERE message = ?1";
    for inbound in all(db, sql, [message], |row| row.get(0))? {
        end(db, now, inbound, ("poison", "settle"))?;
    }
    forget(db, message)
}

/// Too many texts wait for their rest: the oldest does not any more.
fn tell_crowded(db: &Connection, desk: &mut Desk, now: Timestamp) -> Result<(), StoreError> {
    let sql = "SELECT count(DISTINCT message) FROM sms_part WHERE NOT told";
    let waiting: i64 = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    if usize::try_from(waiting).unwrap_or(0) <= PART_SETS_MAX {
        return Ok(());
    }
    let sql = "SELECT message FROM sms_part WHERE NOT told ORDER BY at LIMIT 1";
    let oldest: Option<Vec<u8>> =
        db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    match oldest {
        Some(oldest) => tell_alone(db, desk, now, &oldest),
        None => Ok(()),
    }
}

fn tell_message(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    message: &[u8],
) -> Result<(), StoreError> {
    let parts = parts_of(db, desk, now, message)?;
    let Some(first) = parts.first() else { return Ok(()) };
    let sql = "SELECT account, received_at FROM inbound WHERE id = ?1";
    let journal = db.prepare_cached(sql)?.query_row([first.inbound], |row| {
        let received_at = Timestamp::from_millisecond(row.get(1)?).unwrap_or_default();
        Ok(Journal { account: row.get(0)?, received_at })
    })?;
    if parts.len() == usize::from(first.total) && parts.iter().all(|part| !part.is_told) {
        // Nothing is missing but that the day had no number when the last part came.
        whole(db, desk, now, &journal, parts)?;
        return forget(db, message);
    }
    tracing::warn!(
        parts = parts.len(),
        of = first.total,
        waited_ms = now.as_millisecond() - first.at,
        "a text is told without its rest"
    );
    tell(db, desk, now, &journal, parts)?;
    let sql = "UPDATE sms_part SET told = 1 WHERE message = ?1";
    db.prepare_cached(sql)?.execute([message])?;
    Ok(())
}
