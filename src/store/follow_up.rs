//! The work list of asking citizens how content they are (回访): which cases wait for it, what was
//! tried, and what the next try needs.

use super::case_file;
use super::error::StoreError;
use super::read::masked;
use super::seal::sealed;
use super::vault::Vault;
use crate::domain::case::{Case, FollowUp, NextTry, next_try};
use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

/// Cases that are looked at for one list: their events are read.
pub const FOLLOW_UPS_LISTED_MAX: usize = 500;

/// The work list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FollowUps {
    /// Cases that wait for the citizen's word, the listed ones and all others.
    pub waiting: u32,
    /// Listed ones that can be tried now.
    pub ready: u32,
    /// The listed ones; whoever can be tried first comes first.
    pub cases: Vec<FollowUpRow>,
}

/// One case whose citizen is to be asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FollowUpRow {
    /// Its number.
    pub number: String,
    /// Who handled it, and so may not ask; `None` after a direct answer.
    pub unit: Option<String>,
    /// The round of handling that is asked about.
    pub round: u8,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// The number to call, masked.
    pub contact: Option<String>,
    /// What was tried in this round.
    pub tries: Vec<FollowUp>,
    /// What the next try needs.
    pub next: NextTry,
}

/// The cases that wait in 待回访, longest first, of which at most [`FOLLOW_UPS_LISTED_MAX`] are
/// listed.
pub(super) fn list(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    limit: usize,
) -> Result<FollowUps, StoreError> {
    let waiting = format!("state = 'callback' AND NOT {}", sealed("case_file"));
    let count = format!("SELECT count(*) FROM case_file WHERE {waiting}");
    let ids = format!("SELECT id FROM case_file WHERE {waiting} ORDER BY id LIMIT ?1");
    let limit = i64::try_from(limit.min(FOLLOW_UPS_LISTED_MAX)).unwrap_or(0);
    let mut statement = db.prepare_cached(&ids)?;
    let ids = statement.query_map([limit], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut cases = vec![];
    for id in ids {
        cases.extend(row(&case_file::load(db, vault, id)?, now));
    }
    cases.sort_by_key(|case| case.next.from);
    let ready = cases.iter().filter(|case| case.next.from <= now).count();
    Ok(FollowUps {
        waiting: db.prepare_cached(&count)?.query_row([], |row| row.get(0))?,
        ready: u32::try_from(ready).unwrap_or(u32::MAX),
        cases,
    })
}

fn row(case: &Case, now: Timestamp) -> Option<FollowUpRow> {
    Some(FollowUpRow {
        number: case.number?.to_string(),
        unit: case.unit.clone(),
        round: case.round,
        answered_at: case.work.answered_at,
        contact: case.private.contact.as_ref().map(|contact| masked(contact.as_str())),
        tries: case.work.follow_ups.clone(),
        next: next_try(case, now)?,
    })
}
