//! The work list of asking citizens how content they are (回访): which cases wait for it, what was
//! tried, and what the next try needs.

use super::case_file;
use super::error::StoreError;
use super::read::masked;
use super::read_call;
use super::seal::sealed;
use super::vault::Vault;
use crate::domain::case::{Case, FollowUp, NextTry, next_try};
use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

/// Cases that are looked at for one list, the oldest: their events are read.
pub const FOLLOW_UPS_MAX: usize = 5_000;

/// The work list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FollowUps {
    /// Cases that wait for the citizen's word, at most [`FOLLOW_UPS_MAX`].
    pub waiting: usize,
    /// How many of them can be tried now.
    pub ready: usize,
    /// Whoever can be tried first comes first.
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
    /// It could not be put through again and again (号码无法接通): it is to be put right.
    pub dead: bool,
    /// What was tried in this round.
    pub tries: Vec<FollowUp>,
    /// What the next try needs.
    pub next: NextTry,
}

/// The cases whose citizen is to be asked, at most `limit` of them listed. A case that a grade has
/// brought before a supervisor waits in 待回访 too, and nobody is to be asked.
pub(super) fn list(
    db: &Connection,
    vault: &Vault,
    now: Timestamp,
    limit: usize,
) -> Result<FollowUps, StoreError> {
    let ids = format!(
        "SELECT id FROM case_file WHERE state = 'callback' AND number IS NOT NULL AND NOT {}
         ORDER BY id LIMIT ?1",
        sealed("case_file")
    );
    let most = i64::try_from(FOLLOW_UPS_MAX).unwrap_or(i64::MAX);
    let ids: Vec<i64> = read_call::all(db, &ids, [most], |row| row.get(0))?;
    let mut cases = vec![];
    for id in ids {
        cases.extend(row(&case_file::load(db, vault, id)?, now));
    }
    cases.sort_by_key(|case| case.next.from);
    let ready = cases.iter().filter(|case| case.next.from <= now).count();
    let waiting = cases.len();
    cases.truncate(limit);
    Ok(FollowUps { waiting, ready, cases })
}

fn row(case: &Case, now: Timestamp) -> Option<FollowUpRow> {
    Some(FollowUpRow {
        number: case.number?.to_string(),
        unit: case.unit.clone(),
        round: case.round,
        answered_at: case.work.answered_at,
        contact: case.private.contact.as_ref().map(|contact| masked(contact.as_str())),
        dead: case.work.is_contact_dead(),
        tries: case.work.follow_ups.clone(),
        next: next_try(case, now)?,
    })
}
