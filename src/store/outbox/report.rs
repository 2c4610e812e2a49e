//! What is heard of a part: the answer of its carrier, and the reports, in any order and again and again.

use super::deliver::stand;
use crate::domain::message::SendState;
use crate::store::error::StoreError;
use crate::store::read_call::all;
use crate::store::vault::Vault;
use crate::wire::smpp::message_id_variants;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// What is heard of a part.
#[derive(Debug)]
pub(in crate::store) struct Heard<'a> {
    /// Where it stands.
    pub(in crate::store) state: SendState,
    /// What its carrier calls it.
    pub(in crate::store) reference: Option<&'a str>,
    /// The carrier's word.
    pub(in crate::store) code: Option<&'a str>,
}

/// Writes down what is heard of a part; what tells less than is known changes nothing.
pub(in crate::store) fn hear(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    (id, number): (i64, u8),
    heard: &Heard<'_>,
) -> Result<(), StoreError> {
    let sql = "SELECT state FROM outbox_part WHERE outbox = ?1 AND number = ?2";
    let before: Option<String> =
        db.prepare_cached(sql)?.query_row(params![id, number], |row| row.get(0)).optional()?;
    let before = before.and_then(|name| SendState::parse(&name)).ok_or(StoreError::NotFound)?;
    let state = before.heard(heard.state);
    let sql = "UPDATE outbox_part SET state = ?3, reference = COALESCE(?4, reference),
                   code = CASE WHEN ?6 THEN COALESCE(?5, code) ELSE code END
               WHERE outbox = ?1 AND number = ?2";
    let is_news = state != before;
    db.prepare_cached(sql)?.execute(params![
        id,
        number,
        state.as_str(),
        heard.reference.map(bare),
        heard.code,
        is_news
    ])?;
    stand(db, vault, now, id).map(drop)
}

/// A reference as it is kept: without zeros in front, in small letters.
pub(in crate::store) fn bare(reference: &str) -> String {
    let reference = reference.trim().to_ascii_lowercase();
    let bare = reference.trim_start_matches('0');
    if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
}

/// Reports of this reference that came before anybody knew whose it is. One that names a receiver is of no
/// text to another, as in [`part_of`]: it may have lain here since the carrier last counted so far.
pub(super) fn hear_earlier(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    (account, reference): (&str, &str),
    (id, number): (i64, u8),
) -> Result<(), StoreError> {
    let sql = "SELECT inbound, state, code FROM delivery_report
               WHERE outbox IS NULL AND account = ?1 AND reference = ?2
                 AND (party IS NULL OR party = (SELECT party FROM outbox WHERE id = ?3))";
    for variant in message_id_variants(reference) {
        let reports: Vec<(i64, String, String)> =
            all(db, sql, params![account, variant, id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        for (report, state, code) in reports {
            let matched = "UPDATE delivery_report SET outbox = ?2, number = ?3 WHERE inbound = ?1";
            db.prepare_cached(matched)?.execute(params![report, id, number])?;
            let state = SendState::parse(&state).unwrap_or(SendState::Submitted);
            let heard = Heard { state, reference: None, code: Some(&code) };
            hear(db, vault, now, (id, number), &heard)?;
        }
    }
    Ok(())
}

/// The part that a reference is of; the newest, because carriers count from the start again. A modem's
/// reference is a number below 256: there the receiver must be the same too.
pub(in crate::store) fn part_of(
    db: &Connection,
    account: &str,
    reference: &str,
    party: Option<&[u8]>,
) -> Result<Option<(i64, u8)>, StoreError> {
    let sql = "SELECT p.outbox, p.number, p.submitted_at FROM outbox_part p
               JOIN outbox o ON o.id = p.outbox
               WHERE p.reference = ?1 AND o.account = ?2 AND (?3 IS NULL OR o.party = ?3)
               ORDER BY p.submitted_at DESC LIMIT 1";
    let mut newest: Option<(i64, u8, i64)> = None;
    for variant in message_id_variants(reference) {
        let found = db
            .prepare_cached(sql)?
            .query_row(params![variant, account, party], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        newest = newest.into_iter().chain(found).max_by_key(|(_, _, at)| *at);
    }
    Ok(newest.map(|(id, number, _)| (id, number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_found_however_it_is_written() {
        // The last name has more than 64 bits.
        let wide = ("ffffffffffffffffffff", "1208925819614629174706175");
        for (ours, theirs) in
            [("1a2B", "6699"), ("0000000042", "42"), ("42", "2A"), ("m1", "m1"), ("00", "0"), wide]
        {
            let variants = [ours, theirs].map(message_id_variants);
            assert!(variants[1].contains(&bare(ours)), "a report of {ours} as {theirs}");
            assert!(variants[0].contains(&bare(theirs)), "a report of {theirs} as {ours}");
        }
        assert!(!message_id_variants("41").contains(&bare("42")));
    }
}
