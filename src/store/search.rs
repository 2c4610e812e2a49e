//! Finding cases by words: the pairs of [`crate::domain::search`] in a contentless FTS5 table.
//!
//! What a case is indexed by is its number and its summary, which a person wrote without names; the
//! citizen's own words are never in the index. Row ids are those of `case_file`, so the newest come
//! first by the index alone. No total is counted past [`COUNTED_MAX`].

use super::case_file;
use super::error::StoreError;
use super::read::{self, CASE_COLUMNS, CASE_TABLES, CaseRow, ROWS_MAX, case_row};
use super::read_call;
use super::row_private::{self, KEY_JOIN, of_row};
use super::seal::{is_sealed, sealed};
use super::vault::Vault;
use crate::domain::case::{Case, State};
use crate::domain::search::{Question, pairs};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::Serialize;

/// Hits are counted up to here; past it the answer says that there are more.
pub const COUNTED_MAX: usize = 1_000;

/// How texts are cut and keyed; an index that was made in another way is made anew at opening.
const FORMAT: &str = "keyed-pairs-1";

/// Cases indexed in one turn of [`rebuild`].
const REBUILD_ROWS: i64 = 200;

/// Which of the found cases are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchFilter {
    /// Only cases in this state.
    pub state: Option<State>,
    /// Only cases of this unit, by its id of `units.toml`.
    pub unit: Option<String>,
    /// Only cases received at or after this time, in ms since 1970.
    pub from_ms: Option<i64>,
    /// Only cases received before this time, in ms since 1970.
    pub to_ms: Option<i64>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How many cases there are, at most [`COUNTED_MAX`].
    pub count: usize,
    /// There are more than that.
    pub more: bool,
    /// The newest of them; contacts are masked.
    pub cases: Vec<CaseRow>,
}

/// What a case is found by; `None` for one that nobody can find by words: a draft, one that no
/// person has summed up yet, a sealed one.
fn indexed(case: &Case) -> Option<String> {
    let (number, summary) = (case.number?, case.summary.as_deref()?);
    let unread = case.channel.is_some_and(|channel| channel.first_summary() == summary);
    let hidden = unread || is_sealed(case);
    (!hidden).then(|| format!("{number} {summary}"))
}

/// Puts a new case into the index.
pub(super) fn insert(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
) -> Result<(), StoreError> {
    indexed(case).map_or(Ok(()), |text| put(db, vault, id, &text))
}

/// Brings the index up to a case whose row in `case_file` is still the old one.
pub(super) fn update(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT {}, c.number IS NOT NULL AND NOT {} FROM case_file c {KEY_JOIN} WHERE c.id = ?1",
        row_private::COLUMNS,
        sealed("c")
    );
    // A row that cannot be opened is worked out anew, and its words with it.
    let before: Option<Option<String>> = db
        .prepare_cached(&sql)?
        .query_row([id], |row| {
            let shown: bool = row.get(3)?;
            Ok(shown.then(|| of_row(vault, row, 0).ok()).flatten().map(|row| row.summary))
        })
        .optional()?
        .flatten();
    match indexed(case) {
        Some(_) if before.is_some_and(|summary| summary == case.summary) => Ok(()),
        Some(text) => put(db, vault, id, &text),
        None if is_sealed(case) || case_file::is_erased(case) => take_out(db, id),
        None => Ok(()),
    }
}

fn put(db: &Connection, vault: &Vault, id: i64, text: &str) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO case_search (rowid, pairs) VALUES (?1, ?2)")?
        .execute(params![id, keyed(vault, text)])?;
    Ok(())
}

/// The tokens of a text: its words do not stand in the index, nor can they be tried without the key.
fn keyed(vault: &Vault, text: &str) -> String {
    let pairs = pairs(text);
    pairs.split(' ').map(|pair| vault.token(pair)).collect::<Vec<_>>().join(" ")
}

/// A question in the language of FTS5, over tokens.
fn expression(vault: &Vault, question: &Question) -> String {
    question.expression_of(|pair| vault.token(pair), |first| vault.token_prefix(first))
}

fn take_out(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM case_search WHERE rowid = ?1")?.execute([id])?;
    Ok(())
}

/// Makes the index anew when it was made in another way or never.
pub(super) fn bring_up_to_date(db: &mut Connection, vault: &Vault) -> Result<(), StoreError> {
    let sql = "SELECT value FROM meta WHERE key = 'search_format'";
    let format: Option<String> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    if format.as_deref() == Some(FORMAT) {
        return Ok(());
    }
    rebuild(db, vault)?;
    db.execute("INSERT OR REPLACE INTO meta VALUES ('search_format', ?1)", [FORMAT])?;
    Ok(())
}

/// Makes the index anew: empties it and puts every case in as its events say; gives how many can be
/// found. Each turn is a transaction of its own, so that a service that runs beside it waits for a
/// turn only; until the last one fewer cases are found.
pub(super) fn rebuild(db: &mut Connection, vault: &Vault) -> Result<usize, StoreError> {
    db.execute("INSERT INTO case_search (case_search) VALUES ('delete-all')", [])?;
    let (mut after, mut count) = (0, 0);
    let sql = "SELECT id FROM case_file WHERE id > ?1 AND number IS NOT NULL ORDER BY id LIMIT ?2";
    loop {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ids: Vec<i64> = read_call::all(&tx, sql, [after, REBUILD_ROWS], |row| row.get(0))?;
        let Some(last) = ids.last() else { return Ok(count) };
        after = *last;
        for id in ids {
            match indexed(&case_file::load(&tx, vault, id)?) {
                Some(text) => {
                    put(&tx, vault, id, &text)?;
                    count += 1;
                }
                None => take_out(&tx, id)?,
            }
        }
        tx.commit()?;
    }
}

/// Whether the index lacks a word of what the events say, or knows a case that is to be hidden.
pub(super) fn misses(
    db: &Connection,
    vault: &Vault,
    id: i64,
    case: &Case,
) -> Result<bool, StoreError> {
    let Some(text) = indexed(case) else {
        let mut any = db.prepare_cached("SELECT 1 FROM case_search WHERE rowid = ?1")?;
        return Ok(any.exists([id])?);
    };
    let question = Question::whole(&text);
    let mut found =
        db.prepare_cached("SELECT 1 FROM case_search WHERE case_search MATCH ?1 AND rowid = ?2")?;
    Ok(!found.exists(params![expression(vault, &question), id])?)
}

/// The newest cases that have all words.
pub(super) fn find(
    db: &Connection,
    vault: &Vault,
    question: &Question,
    filter: &SearchFilter,
    limit: usize,
) -> Result<Found, StoreError> {
    let hits = "case_search s JOIN case_file c ON c.id = s.rowid";
    let tests = format!(
        "s.case_search MATCH ?1 AND (?2 IS NULL OR c.state = ?2)
         AND (?3 IS NULL OR c.unit = ?3) AND (?4 IS NULL OR c.received_at >= ?4)
         AND (?5 IS NULL OR c.received_at < ?5) AND NOT {}",
        sealed("c")
    );
    let (expression, state) = (expression(vault, question), filter.state.map(State::as_str));
    let SearchFilter { unit, from_ms, to_ms, .. } = filter;
    let counted = format!("SELECT count(*) FROM (SELECT 1 FROM {hits} WHERE {tests} LIMIT ?6)");
    let counted_max = i64::try_from(COUNTED_MAX + 1).unwrap_or(i64::MAX);
    let values = params![expression, state, unit, from_ms, to_ms, counted_max];
    let count: i64 = db.prepare_cached(&counted)?.query_row(values, |row| row.get(0))?;
    let count = usize::try_from(count).unwrap_or(0);
    // The newest are picked by the index alone before anything is joined to them.
    let newest = format!("SELECT s.rowid FROM {hits} WHERE {tests} ORDER BY s.rowid DESC LIMIT ?6");
    let wanted = format!(
        "SELECT {CASE_COLUMNS} FROM {CASE_TABLES} WHERE c.id IN ({newest}) ORDER BY c.id DESC"
    );
    let limit = i64::try_from(limit.min(ROWS_MAX)).unwrap_or(i64::MAX);
    let values = params![expression, state, unit, from_ms, to_ms, limit];
    let cases = read::listed(db, read_call::all(db, &wanted, values, |row| case_row(vault, row))?)?;
    Ok(Found { count: count.min(COUNTED_MAX), more: count > COUNTED_MAX, cases })
}
