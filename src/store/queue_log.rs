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
    /// A caller arrived (ENTERQUEUE).
    Enter,
    /// A caller who had left or asked for a callback has his place again.
    Resume,
    /// A caller goes back to the head: the seat that took him is gone.
    Requeue,
    /// A caller waits for another group; his place is kept.
    Overflow,
    /// The call rings at a seat.
    Offer,
    /// The offer was taken back (RINGCANCELED).
    Withdraw,
    /// Nobody answered the offer (RINGNOANSWER).
    RingNoAnswer,
    /// The seat declined the offer.
    Decline,
    /// The offer could not reach the seat's phone or page.
    Undelivered,
    /// A seat talks with the caller (CONNECT).
    Connect,
    /// The caller hung up while waiting (ABANDON).
    Abandon,
    /// The caller chose something else (EXITWITHKEY).
    ExitWithKey,
    /// Waited as long as a caller may (EXITWITHTIMEOUT).
    ExitWithTimeout,
    /// Nobody is signed in any more (EXITEMPTY).
    ExitEmpty,
    /// The group is full or closed (JOINEMPTY, JOINUNAVAIL).
    Refused,
    /// The caller asked to be called back and keeps his place.
    CallbackKept,
    /// A kept place has come to the head: the caller is rung.
    CallbackDue,
    /// The seat ended the talk (COMPLETEAGENT).
    CompleteAgent,
    /// The caller ended the talk (COMPLETECALLER).
    CompleteCaller,
    /// The seat gave the call away (BLINDTRANSFER, ATTENDEDTRANSFER).
    Transfer,
    /// The work after the call is done.
    WrappedUp,
    /// A seat signed in (ADDMEMBER).
    SignIn,
    /// A seat signed out (REMOVEMEMBER).
    SignOut,
    /// A seat takes calls.
    Ready,
    /// A seat takes none (PAUSE).
    Pause,
    /// The pause is over (UNPAUSE).
    Unpause,
    /// The process died while the caller waited or talked; found at the next start.
    Crash,
}

impl QueueKind {
    /// Every kind with its name in the store and in JSON.
    pub const NAMES: [(Self, &'static str); 27] = [
        (Self::Enter, "enter"),
        (Self::Resume, "resume"),
        (Self::Requeue, "requeue"),
        (Self::Overflow, "overflow"),
        (Self::Offer, "offer"),
        (Self::Withdraw, "withdraw"),
        (Self::RingNoAnswer, "ring_no_answer"),
        (Self::Decline, "decline"),
        (Self::Undelivered, "undelivered"),
        (Self::Connect, "connect"),
        (Self::Abandon, "abandon"),
        (Self::ExitWithKey, "exit_with_key"),
        (Self::ExitWithTimeout, "exit_with_timeout"),
        (Self::ExitEmpty, "exit_empty"),
        (Self::Refused, "refused"),
        (Self::CallbackKept, "callback_kept"),
        (Self::CallbackDue, "callback_due"),
        (Self::CompleteAgent, "complete_agent"),
        (Self::CompleteCaller, "complete_caller"),
        (Self::Transfer, "transfer"),
        (Self::WrappedUp, "wrapped_up"),
        (Self::SignIn, "sign_in"),
        (Self::SignOut, "sign_out"),
        (Self::Ready, "ready"),
        (Self::Pause, "pause"),
        (Self::Unpause, "unpause"),
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
    /// How long seat and caller talked.
    pub talked: Option<Duration>,
    /// Key, reason or target in one word; never a citizen's number.
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
            talked: None,
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
        entry.talked.map(ms),
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
    /// Is to be called back and keeps his place.
    Kept,
}

impl Standing {
    /// The standing after one more row; `None` when the row cannot follow.
    pub(super) fn after(self, kind: QueueKind) -> Option<Self> {
        use QueueKind as K;
        Some(match (self, kind) {
            (Self::Out, K::Enter) | (Self::Out | Self::Kept, K::Resume) => Self::Waiting,
            (Self::Talking | Self::Out, K::Requeue) => Self::Waiting,
            (Self::Out, K::Refused | K::WrappedUp) => Self::Out,
            (Self::Waiting | Self::Kept, K::Overflow | K::Offer | K::Withdraw)
            | (Self::Waiting | Self::Kept, K::RingNoAnswer | K::Decline | K::Undelivered) => self,
            (Self::Waiting | Self::Kept, K::CallbackDue) => self,
            (Self::Waiting | Self::Kept, K::Connect) => Self::Talking,
            (Self::Waiting, K::CallbackKept) => Self::Kept,
            (Self::Waiting, K::ExitWithKey | K::ExitWithTimeout | K::ExitEmpty) => Self::Out,
            (Self::Waiting | Self::Kept, K::Abandon | K::Refused) => Self::Out,
            // The other offers of a call that rings at several seats end after it was taken.
            (Self::Talking, K::Withdraw) => self,
            (Self::Talking, K::CompleteAgent | K::CompleteCaller | K::Transfer) => Self::Out,
            (Self::Talking | Self::Waiting | Self::Kept, K::Crash) => Self::Out,
            (_, K::Withdraw) => self,
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
