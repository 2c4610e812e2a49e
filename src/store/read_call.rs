//! The parts of one call for the command line: legs, entries, tracks, rows of the queue ledger.

use super::error::StoreError;
use super::read::{CallDetail, CallRow, clock, masked};
use crate::domain::access::masked_name;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;

/// One thing that happened in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryRow {
    /// After the call's arrival.
    pub at_ms: i64,
    /// Which party, within the call; `null`: the call itself.
    pub party: Option<i64>,
    /// `prompt`, `digit`, `recording`, `case`, `lookup`, `stub`, `joined`, `left`, `held` …
    pub kind: String,
    /// Prompt id, key, file, number, `answered` or `refused`, seat, unit, outcome.
    pub value: String,
}

/// One party's half of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegRow {
    /// Its number within the process.
    pub leg: i64,
    /// The party, within the call; 0: the citizen.
    pub party: i64,
    /// Whose (`citizen`, `seat`, `unit`, `leader`, `outside`, `supervisor`).
    pub role: String,
    /// Seat number, unit id or masked telephone number.
    pub label: String,
    /// Where its audio came from.
    pub peer: String,
    /// Name of the codec.
    pub codec: Option<String>,
    /// From when, after the call's arrival.
    pub from_ms: i64,
    /// When it was answered, after the call's arrival; `null`: never.
    pub answered_ms: Option<i64>,
    /// Until when, after the call's arrival.
    pub to_ms: i64,
    /// All its holds together.
    pub held_ms: i64,
    /// Who ended it (`party`, `seat`, `service`, `network`, `shutdown`).
    pub ended_by: String,
    /// The SIP status it was refused with.
    pub cause: Option<i64>,
    /// RTP packets received.
    pub received: i64,
    /// RTP packets sent.
    pub sent: i64,
    /// RTP packets that never came.
    pub lost: i64,
    /// What the party's own end told last of the packets that we sent it (RTCP); `null`: nothing.
    pub reported: Option<ReportedRow>,
}

/// What the other end of a leg told of our packets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedRow {
    /// Who: the role of its party and, of all but a citizen who called, its label.
    pub by: String,
    /// Packets lost since the beginning.
    pub lost: i64,
    /// Lost between its last two reports, in percent.
    pub percent: i64,
    /// Interarrival jitter.
    pub jitter_ms: i64,
}

/// One track of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrackRow {
    /// Channel of the file, from 1.
    pub track: i64,
    /// The leg that is heard on it; `null`: what the citizen was played.
    pub leg: Option<i64>,
    /// Who that is.
    pub label: String,
}

/// One row of the queue ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueRow {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: String,
    /// What happened (`enter`, `offer`, `connect`, `abandon` …).
    pub kind: String,
    /// Name of the group.
    pub queue: Option<String>,
    /// The seat that is involved.
    pub seat: Option<String>,
    /// Place then, from 1.
    pub position: Option<i64>,
    /// Place at the first arrival, from 1.
    pub original_position: Option<i64>,
    /// Waited by then, since the first arrival.
    pub waited_ms: Option<i64>,
    /// How long what ended has lasted: talk, ringing, wrap-up.
    pub lasted_ms: Option<i64>,
    /// Reason, key, how it ended or target.
    pub value: String,
}

impl CallDetail {
    /// Without who called: for whoever has not said why he needs to know.
    #[must_use]
    pub fn masked(self) -> Self {
        let row = CallRow { caller: self.row.caller.map(|caller| masked(&caller)), ..self.row };
        Self { row, display: self.display.map(|name| masked_name(&name)), ..self }
    }
}

/// Rows of one query.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_map(values, read)?.collect::<Result<_, _>>()?)
}

/// What happened, in order.
pub(super) fn entries(db: &Connection, call: &str) -> Result<Vec<EntryRow>, StoreError> {
    let sql = "SELECT at_ms, party, kind, value FROM call_entry WHERE call = ?1 ORDER BY position";
    all(db, sql, [call], |row| {
        let (at_ms, party) = (row.get(0)?, row.get(1)?);
        Ok(EntryRow { at_ms, party, kind: row.get(2)?, value: row.get(3)? })
    })
}

/// The parties' halves, as they joined.
pub(super) fn legs(db: &Connection, call: &str) -> Result<Vec<LegRow>, StoreError> {
    let sql = "SELECT leg, party, role, label, peer, codec, from_ms, answered_ms, to_ms, held_ms,
                      ended_by, cause, received, sent, lost,
                      reported_lost, reported_share, reported_jitter_ms
               FROM call_leg WHERE call = ?1 ORDER BY from_ms, leg";
    all(db, sql, [call], |row| {
        Ok(LegRow {
            leg: row.get(0)?,
            party: row.get(1)?,
            role: row.get(2)?,
            label: row.get(3)?,
            peer: row.get(4)?,
            codec: row.get(5)?,
            from_ms: row.get(6)?,
            answered_ms: row.get(7)?,
            to_ms: row.get(8)?,
            held_ms: row.get(9)?,
            ended_by: row.get(10)?,
            cause: row.get(11)?,
            received: row.get(12)?,
            sent: row.get(13)?,
            lost: row.get(14)?,
            reported: reported(row)?,
        })
    })
}

/// What stands in the columns of a leg from the sixteenth on.
fn reported(row: &Row<'_>) -> rusqlite::Result<Option<ReportedRow>> {
    let (lost, share): (Option<i64>, Option<i64>) = (row.get(15)?, row.get(16)?);
    let (Some(lost), Some(share)) = (lost, share) else { return Ok(None) };
    let (role, label): (String, String) = (row.get(2)?, row.get(3)?);
    let by = format!("{role} {label}").trim_end().to_owned();
    let jitter_ms = row.get::<_, Option<i64>>(17)?.unwrap_or(0);
    Ok(Some(ReportedRow { by, lost, percent: share * 100 / 256, jitter_ms }))
}

/// The tracks of one recording.
pub(super) fn tracks(db: &Connection, recording: i64) -> Result<Vec<TrackRow>, StoreError> {
    let sql = "SELECT track, leg, label FROM recording_track WHERE recording = ?1 ORDER BY track";
    all(db, sql, [recording], |row| {
        Ok(TrackRow { track: row.get(0)?, leg: row.get(1)?, label: row.get(2)? })
    })
}

/// The rows of the queue ledger about one call.
pub(super) fn queue(db: &Connection, call: &str) -> Result<Vec<QueueRow>, StoreError> {
    let sql = "SELECT seq, at, kind, queue, seat, position, original_position, waited_ms,
                      lasted_ms, value
               FROM queue_log WHERE call = ?1 ORDER BY seq";
    all(db, sql, [call], |row| {
        Ok(QueueRow {
            seq: row.get(0)?,
            at: clock(row.get(1)?),
            kind: row.get(2)?,
            queue: row.get(3)?,
            seat: row.get(4)?,
            position: row.get(5)?,
            original_position: row.get(6)?,
            waited_ms: row.get(7)?,
            lasted_ms: row.get(8)?,
            value: row.get(9)?,
        })
    })
}

/// The callback task that a call was an attempt of.
pub(super) fn callback(db: &Connection, call: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT task FROM callback_attempt WHERE call = ?1 ORDER BY id LIMIT 1";
    Ok(all(db, sql, [call], |row| row.get(0))?.pop())
}

/// A call of a list, without who called and what came of it.
pub(super) fn call_row(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    Ok(CallRow {
        id: row.get(0)?,
        caller: None,
        called: row.get(1)?,
        started_at: clock(row.get(2)?),
        ended_at: row.get::<_, Option<i64>>(3)?.map(clock),
        lasted_ms: row.get(4)?,
        ended_by: row.get(5)?,
        cases: vec![],
    })
}

/// The same with where its signalling came from, and nothing else yet.
pub(super) fn call_detail(row: &Row<'_>) -> rusqlite::Result<CallDetail> {
    Ok(CallDetail {
        row: call_row(row)?,
        display: None,
        peer: row.get(6)?,
        digits: String::new(),
        prompts: vec![],
        entries: vec![],
        legs: vec![],
        queue: vec![],
        callback: None,
        recordings: vec![],
    })
}
