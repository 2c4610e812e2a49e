//! The queue ledger, in the manner of app_queue's `queue_log`: one row an event, with the position
//! at the first arrival and the wait since then kept through overflows and callbacks.
//!
//! Rows are numbered by the handle that takes them, before anything can fail, so a row that was
//! lost leaves a gap that [`super::verify()`] finds.

use super::error::StoreError;
use crate::units::{CallId, SeatNumber};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// What happened in the queue; in brackets the event of `queue_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueKind {
    /// A caller was taken in (ENTERQUEUE); `resumed` as its value: he has an earlier place again.
    Enter,
    /// A caller was not taken in: full or closed (JOINEMPTY, JOINUNAVAIL).
    Refused,
    /// The call rings at a seat.
    Offer,
    /// An offer ended without a talk (RINGNOANSWER, RINGCANCELED); the value says how.
    OfferOver,
    /// A seat talks with the caller (CONNECT).
    Connect,
    /// An answered offer did not become a talk.
    ConnectOver,
    /// The caller hung up while waiting (ABANDON).
    Abandon,
    /// The caller chose something else (EXITWITHKEY).
    ExitWithKey,
    /// Nobody came for the caller (EXITEMPTY, EXITWITHTIMEOUT).
    ExitEmpty,
    /// The caller was taken elsewhere (BLINDTRANSFER).
    Moved,
    /// The seats of another group may take him too; his place is kept.
    Overflow,
    /// The caller asked to be called back and keeps his place.
    CallbackKept,
    /// A kept place was given up; the value says why.
    CallbackOver,
    /// A talk that came through the queue ended (COMPLETEAGENT, COMPLETECALLER).
    Complete,
    /// A talk of a seat outside the queue ended.
    OwnTalk,
    /// A seat signed in (ADDMEMBER).
    SignIn,
    /// A seat signed out (REMOVEMEMBER).
    SignOut,
    /// A seat takes no calls (PAUSE).
    Pause,
    /// The pause is over (UNPAUSE).
    Unpause,
    /// The work after a call is done.
    WrapUp,
    /// A group was opened or shut.
    Gate,
    /// The process died while the caller waited or talked; found at the next start.
    Crash,
}

impl QueueKind {
    /// Every kind with its name in the store and in JSON.
    pub const NAMES: [(Self, &'static str); 22] = [
        (Self::Enter, "enter"),
        (Self::Refused, "refused"),
        (Self::Offer, "offer"),
        (Self::OfferOver, "offer_over"),
        (Self::Connect, "connect"),
        (Self::ConnectOver, "connect_over"),
        (Self::Abandon, "abandon"),
        (Self::ExitWithKey, "exit_with_key"),
        (Self::ExitEmpty, "exit_empty"),
        (Self::Moved, "moved"),
        (Self::Overflow, "overflow"),
        (Self::CallbackKept, "callback_kept"),
        (Self::CallbackOver, "callback_over"),
        (Self::Complete, "complete"),
        (Self::OwnTalk, "own_talk"),
        (Self::SignIn, "sign_in"),
        (Self::SignOut, "sign_out"),
        (Self::Pause, "pause"),
        (Self::Unpause, "unpause"),
        (Self::WrapUp, "wrap_up"),
        (Self::Gate, "gate"),
        (Self::Crash, "crash"),
    ];

    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Reads what [`QueueKind::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// One event of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// What happened.
    pub kind: QueueKind,
    /// Whose call; `None`: about a seat alone.
    pub call: Option<CallId>,
    /// Name of the group.
    pub queue: Option<String>,
    /// The seat that is involved.
    pub seat: Option<SeatNumber>,
    /// Place in the queue now, from 1.
    pub position: Option<u32>,
    /// Place at the first arrival, from 1.
    pub original_position: Option<u32>,
    /// How long the caller has waited, by his first arrival.
    pub waited: Option<Duration>,
    /// How long what ended has lasted: talk, ringing, wrap-up.
    pub lasted: Option<Duration>,
    /// Reason, key, how it ended or target in one word; never a citizen's number.
    pub value: String,
}

impl QueueEntry {
    /// An event with everything else left out.
    #[must_use]
    pub fn new(kind: QueueKind) -> Self {
        Self {
            kind,
            call: None,
            queue: None,
            seat: None,
            position: None,
            original_position: None,
            waited: None,
            lasted: None,
            value: String::new(),
        }
    }
}

/// The number of the last row.
pub(super) fn last(db: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(max(seq), 0) FROM queue_log";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// Adds a row under its number.
pub(super) fn append(
    db: &Connection,
    seq: i64,
    at: Timestamp,
    entry: &QueueEntry,
) -> Result<(), StoreError> {
    let ms = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT INTO queue_log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        seq,
        at.as_millisecond(),
        entry.kind.as_str(),
        entry.call.as_ref().map(CallId::as_str),
        entry.queue,
        entry.seat.as_ref().map(SeatNumber::as_str),
        entry.position,
        entry.original_position,
        entry.waited.map(ms),
        entry.lasted.map(ms),
        entry.value,
    ])?;
    Ok(())
}

/// How a caller stands in the queue after the rows of his call so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// Not in it, or not any more.
    #[default]
    Out,
    /// Waits.
    Waiting,
    /// Talks with a seat.
    Talking,
    /// Talks with the seat that called him back; the call he waited in has ended.
    CalledBack,
    /// Is to be called back and keeps his place.
    Kept,
}

impl Standing {
    /// The standing after one more row; `None` when the row cannot follow.
    pub(super) fn after(self, kind: QueueKind) -> Option<Self> {
        use QueueKind as K;
        let waits = matches!(self, Self::Waiting | Self::Kept);
        Some(match kind {
            K::Enter if self == Self::Out => Self::Waiting,
            K::Refused if self == Self::Out => self,
            K::Offer | K::Overflow if waits => self,
            // An offer may end behind the caller, and so may what came of its answer.
            K::OfferOver | K::ConnectOver => self,
            K::Connect if self == Self::Waiting => Self::Talking,
            K::Connect if self == Self::Kept => Self::CalledBack,
            K::Abandon | K::ExitWithKey | K::ExitEmpty | K::Moved if waits => Self::Out,
            K::CallbackKept if self == Self::Waiting => Self::Kept,
            K::CallbackOver if self == Self::Kept => Self::Out,
            K::Complete if matches!(self, Self::Talking | Self::CalledBack) => Self::Out,
            K::Crash if self != Self::Out => Self::Out,
            // About the seat: it may follow anything.
            K::OwnTalk | K::WrapUp | K::SignIn | K::SignOut => self,
            K::Pause | K::Unpause | K::Gate => self,
            _ => return None,
        })
    }
}

/// How a call stands by its rows.
pub(super) fn standing(db: &Connection, call: &str) -> Result<Standing, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT kind FROM queue_log WHERE call = ?1 ORDER BY seq")?;
    let mut rows = statement.query([call])?;
    let mut standing = Standing::Out;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        if let Some(kind) = QueueKind::parse(&kind) {
            standing = standing.after(kind).unwrap_or(standing);
        }
    }
    Ok(standing)
}

/// Closes the account of a caller who was in the queue when the process died.
pub(super) fn close_after_crash(
    db: &Connection,
    at: Timestamp,
    call: &CallId,
) -> Result<bool, StoreError> {
    if matches!(standing(db, call.as_str())?, Standing::Out | Standing::Kept) {
        return Ok(false);
    }
    let mut last_row = db.prepare_cached(
        "SELECT queue, position, original_position FROM queue_log
         WHERE call = ?1 ORDER BY seq DESC LIMIT 1",
    )?;
    let of_call = last_row
        .query_row([call.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (queue, position, original_position) = of_call.unwrap_or_default();
    let entry = QueueEntry {
        call: Some(call.clone()),
        queue,
        position,
        original_position,
        ..QueueEntry::new(QueueKind::Crash)
    };
    append(db, last(db)? + 1, at, &entry)?;
    Ok(true)
}
