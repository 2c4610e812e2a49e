//! The recordings of past calls, for a person who wants to hear one: a list, and the file behind a
//! row where he may. What a person may hear says `domain::playback`.

use super::call_private;
use super::error::StoreError;
use super::read::{clock, masked};
use super::read_call::all;
use super::seal::unsealed;
use super::vault::Vault;
use crate::domain::playback::Hears;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

/// Calls in one list.
pub const PAST_CALLS_MAX: usize = 50;

/// A seat took part in the call, and it began late enough.
const HEARD: &str = "(?1 IS NULL OR c.started_at >= ?2 AND EXISTS (
        SELECT 1 FROM call_leg l WHERE l.call = c.id AND l.role = 'seat' AND l.label = ?1
                                   AND l.answered_ms IS NOT NULL))";

/// A call that has recordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastCall {
    /// Its id.
    pub call: String,
    /// Who called; masked; `null`: withheld.
    pub caller: Option<String>,
    /// When it began, RFC 3339 with the city's offset.
    pub started_at: String,
    /// The seats that talked in it.
    pub seats: Vec<String>,
    /// What was recorded.
    pub recordings: Vec<PastRecording>,
}

/// One of its recordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastRecording {
    /// Its number, by which it is asked for.
    pub recording: i64,
    /// `whole_call` or `message`.
    pub kind: String,
    /// Its length.
    pub duration_ms: i64,
}

/// Whether somebody may hear a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearable {
    /// He may: where it is, below the data folder.
    File(String),
    /// He may not.
    NotAllowed,
    /// There is none of this number, or its file is gone.
    Gone,
}

/// The seat and the first moment that a right is bound to.
fn bounds(hears: &Hears) -> (Option<&str>, i64) {
    match hears {
        Hears::All => (None, 0),
        Hears::Own { seat, since } => (Some(seat.as_str()), since.as_millisecond()),
    }
}

/// The newest calls first.
pub(super) fn past_calls(
    db: &Connection,
    vault: &Vault,
    hears: &Hears,
) -> Result<Vec<PastCall>, StoreError> {
    let sql = format!(
        "SELECT c.id, c.started_at FROM call c
         WHERE c.ended_at IS NOT NULL AND {HEARD} AND {}
           AND EXISTS (SELECT 1 FROM recording r WHERE r.call = c.id AND r.missing = 0)
         ORDER BY c.started_at DESC, c.id LIMIT ?3",
        unsealed("c")
    );
    let (seat, since) = bounds(hears);
    let limit = i64::try_from(PAST_CALLS_MAX).unwrap_or(0);
    let mut calls = all(db, &sql, params![seat, since, limit], |row| {
        Ok(PastCall {
            call: row.get(0)?,
            caller: None,
            started_at: clock(row.get(1)?),
            seats: vec![],
            recordings: vec![],
        })
    })?;
    let seats = "SELECT label FROM call_leg
                 WHERE call = ?1 AND role = 'seat' AND answered_ms IS NOT NULL
                 GROUP BY label ORDER BY min(from_ms)";
    let recordings = "SELECT id, kind, duration_ms FROM recording
                      WHERE call = ?1 AND missing = 0 ORDER BY id";
    for call in &mut calls {
        let caller = call_private::of(db, vault, &call.call)?.caller;
        call.caller = caller.map(|caller| masked(&caller));
        call.seats = all(db, seats, [&call.call], |row| row.get(0))?;
        call.recordings = all(db, recordings, [&call.call], |row| {
            let (recording, kind) = (row.get(0)?, row.get(1)?);
            Ok(PastRecording { recording, kind, duration_ms: row.get(2)? })
        })?;
    }
    Ok(calls)
}

/// The file of a recording, where he may hear it.
pub(super) fn hearable(
    db: &Connection,
    recording: i64,
    hears: &Hears,
) -> Result<Hearable, StoreError> {
    let sql = format!(
        "SELECT r.file, r.missing, c.id IS NOT NULL AND {HEARD} AND {}
         FROM recording r LEFT JOIN call c ON c.id = r.call AND c.ended_at IS NOT NULL
         WHERE r.id = ?3",
        unsealed("c")
    );
    let (seat, since) = bounds(hears);
    let found: Option<(String, bool, bool)> = db
        .prepare_cached(&sql)?
        .query_row(params![seat, since, recording], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(match found {
        None => Hearable::Gone,
        Some((_, _, false)) => Hearable::NotAllowed,
        Some((_, true, true)) => Hearable::Gone,
        Some((file, false, true)) => Hearable::File(file),
    })
}
