//! The ledger of calls: who called, how long, what was heard and pressed, how it ended.

use super::call_private::{self, CallPrivate};
use super::error::StoreError;
use super::recording::{self, Owner};
use super::tree::{self, CallAccount, LegRecord, cut};
use super::vault::Vault;
use crate::domain::call::{CallRecord, Caller, EndedBy, EntryKind};
use crate::units::CallId;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::time::Duration;

/// Entries of one call that are kept; a caller who presses keys for an hour fills no disk.
pub const ENTRIES_MAX: usize = 2000;

/// Legs of one call that are kept.
pub const LEGS_MAX: usize = 32;

/// A call that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStarted {
    /// Its id for ever.
    pub call: CallId,
    /// Who calls.
    pub caller: Caller,
    /// The number that was dialled, as the network wrote it.
    pub called: String,
    /// When it arrived.
    pub at: Timestamp,
    /// Address and port the signalling came from.
    pub peer: String,
}

/// How a call ended, by its name in the store.
pub(super) fn ended_by_name(ended_by: EndedBy) -> &'static str {
    match ended_by {
        EndedBy::Citizen => "citizen",
        EndedBy::Seat => "seat",
        EndedBy::Service => "service",
        EndedBy::Network => "network",
        EndedBy::Shutdown => "shutdown",
        EndedBy::Crash => "crash",
    }
}

fn ms(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

fn count(packets: u64) -> i64 {
    i64::try_from(packets).unwrap_or(i64::MAX)
}

/// A row for a call that was answered.
pub(super) fn start(db: &Connection, vault: &Vault, call: &CallStarted) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO call (id, called, peer, started_at)
         VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![call.call.as_str(), call.called, call.peer, call.at.as_millisecond()])?;
    let caller = call.caller.number.as_ref().map(|number| number.as_str().to_owned());
    let private = CallPrivate { caller, display: call.caller.display.clone() };
    call_private::put(db, vault, call.call.as_str(), &private)
}

/// The account of a call that has ended. A second account of the same call changes nothing.
pub(super) fn finish(
    db: &Connection,
    at: Timestamp,
    account: &CallAccount,
) -> Result<(), StoreError> {
    let record = &account.record;
    let (id, lasted) = (record.call.as_str(), ms(record.lasted));
    let (ended_at, ended_by) = (at.as_millisecond(), ended_by_name(record.ended_by));
    let changed = db
        .prepare_cached(
            "UPDATE call SET ended_at = ?2, lasted_ms = ?3, ended_by = ?4
             WHERE id = ?1 AND ended_at IS NULL",
        )?
        .execute(params![id, ended_at, lasted, ended_by])?;
    if changed == 0 && !put_ended(db, id, [ended_at, lasted], ended_by)? {
        return Ok(());
    }
    put_recordings(db, record)?;
    put_entries(db, account)?;
    put_legs(db, id, &account.legs)?;
    tree::put_tracks(db, &record.call, &account.tracks)
}

/// A call without a row: the disk had failed when it was answered. `false`: it is there, ended.
fn put_ended(
    db: &Connection,
    id: &str,
    [ended_at, lasted]: [i64; 2],
    ended_by: &str,
) -> Result<bool, StoreError> {
    let started_at = ended_at.saturating_sub(lasted);
    let added = db
        .prepare_cached(
            "INSERT INTO call (id, called, peer, started_at, ended_at, lasted_ms, ended_by)
             VALUES (?1, '', '', ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![id, started_at, ended_at, lasted, ended_by])?;
    Ok(added > 0)
}

fn put_recordings(db: &Connection, record: &CallRecord) -> Result<(), StoreError> {
    let owner = Owner { call: Some(&record.call), case_id: None };
    for entry in record.entries.iter().take(ENTRIES_MAX) {
        if let EntryKind::Recording(kind, summary) = &entry.kind {
            recording::put(db, *kind, summary, owner)?;
        }
    }
    Ok(())
}

/// What the citizen heard and what the parties did, in the order of time.
fn put_entries(db: &Connection, account: &CallAccount) -> Result<(), StoreError> {
    let heard = account.record.entries.iter().map(|entry| {
        let (kind, value) = words(&entry.kind);
        (entry.at, None, kind, value)
    });
    let done = account.parties.iter().map(|entry| {
        let party = entry.party.map(|party| party.0);
        (entry.at, party, entry.kind.as_str(), cut(&entry.value))
    });
    let mut all: Vec<_> = heard.chain(done).collect();
    all.sort_by_key(|(at, ..)| *at);
    let mut insert = db.prepare_cached("INSERT INTO call_entry VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let call = account.record.call.as_str();
    for (position, (at, party, kind, value)) in (0_i64..).zip(all.into_iter().take(ENTRIES_MAX)) {
        insert.execute(params![call, position, ms(at), party, kind, value])?;
    }
    Ok(())
}

/// An entry as two words.
fn words(kind: &EntryKind) -> (&'static str, String) {
    match kind {
        EntryKind::Prompt(id) => ("prompt", id.clone()),
        EntryKind::Digit(digit) => ("digit", digit.to_string()),
        EntryKind::Recording(_, summary) => ("recording", summary.file.clone()),
        EntryKind::Case(number) => ("case", number.to_string()),
        EntryKind::Lookup(answered) => {
            ("lookup", if *answered { "answered" } else { "refused" }.to_owned())
        }
        EntryKind::Stub => ("stub", String::new()),
        EntryKind::Attended(seat) => {
            ("attended", seat.as_ref().map_or_else(String::new, ToString::to_string))
        }
        EntryKind::Grade(grade) => ("grade", grade.to_string()),
    }
}

fn put_legs(db: &Connection, call: &str, legs: &[LegRecord]) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO call_leg
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17, ?18, ?19)
         ON CONFLICT (call, leg) DO NOTHING",
    )?;
    for leg in legs.iter().take(LEGS_MAX) {
        insert.execute(params![
            call,
            count(leg.leg.0),
            leg.party.0,
            leg.role.as_str(),
            cut(&leg.label),
            leg.peer,
            leg.codec,
            ms(leg.from),
            leg.answered.map(ms),
            ms(leg.to),
            ms(leg.held),
            leg.ended_by.as_str(),
            leg.cause,
            count(leg.received),
            count(leg.sent),
            count(leg.lost),
            leg.reported.map(|told| told.lost),
            leg.reported.map(|told| told.share),
            leg.reported.map(|told| told.jitter_ms),
        ])?;
    }
    Ok(())
}
