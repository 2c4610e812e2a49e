//! One seat as the queue knows it.

use super::contract::{GroupId, Moment, SeatSetup};
use crate::domain::desk::{PauseReason, SeatState, SeatView};
use crate::units::{CallId, OfferId};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// What a seat does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doing {
    SignedOut,
    Ready,
    Offered(OfferId),
    Talking(Talk),
    WrapUp { since: Instant, of: Option<Handled> },
    Paused(PauseReason),
}

/// A talk.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Talk {
    pub(super) since: Instant,
    pub(super) call: Option<CallId>,
    /// `None`: outside the queue.
    pub(super) queued: Option<Queued>,
}

/// A talk that came through the queue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Queued {
    pub(super) offer: OfferId,
    pub(super) group: GroupId,
    pub(super) origin: u32,
    pub(super) waited: Duration,
    /// False until the two hear each other.
    pub(super) connected: bool,
}

/// A talk of the queue whose work after it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handled {
    pub(super) group: GroupId,
    pub(super) talk: Duration,
}

/// What a seat does when it is done with its talk and the work after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Ready,
    Paused(PauseReason),
    SignedOut,
}

/// How the groups count a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Away,
    Unreachable,
    Ready,
    Offered,
    Talking,
    WrapUp,
    Paused,
}

impl Class {
    /// Classes there are.
    pub(super) const COUNT: usize = 7;

    /// The seat serves callers now or will when it is done.
    pub(super) fn works(self) -> bool {
        matches!(self, Self::Ready | Self::Offered | Self::Talking | Self::WrapUp)
    }
}

/// A seat.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) setup: SeatSetup,
    pub(super) doing: Doing,
    /// Since when it does so, for views.
    pub(super) since: Timestamp,
    pub(super) reachable: bool,
    /// For the longest idle: the end of its last work, or when it became ready.
    pub(super) idle_since: Instant,
    /// After it declined: offered nobody until then.
    pub(super) rest_until: Option<Instant>,
    pub(super) after: After,
    /// The disposition of its last call is missing.
    pub(super) owes: bool,
    /// It was missing, could not be stored, and may still come: a pause for it ends then.
    pub(super) excused: bool,
    /// Calls and talk of the day.
    pub(super) calls: u32,
    pub(super) talked: Duration,
    pub(super) removed: bool,
}

impl Seat {
    pub(super) fn new(setup: SeatSetup, now: Moment) -> Self {
        Self {
            setup,
            doing: Doing::SignedOut,
            since: now.wall,
            reachable: false,
            idle_since: now.at,
            rest_until: None,
            after: After::Ready,
            owes: false,
            excused: false,
            calls: 0,
            talked: Duration::ZERO,
            removed: false,
        }
    }

    pub(super) fn class(&self) -> Class {
        match &self.doing {
            _ if self.removed => Class::Away,
            Doing::SignedOut => Class::Away,
            Doing::Ready => Class::Ready,
            Doing::Offered(_) => Class::Offered,
            Doing::Talking(_) => Class::Talking,
            Doing::WrapUp { .. } => Class::WrapUp,
            Doing::Paused(PauseReason::Unreachable) => Class::Unreachable,
            Doing::Paused(_) => Class::Paused,
        }
    }

    /// It may be offered a caller.
    pub(super) fn is_free(&self) -> bool {
        self.doing == Doing::Ready && self.rest_until.is_none() && !self.removed
    }

    pub(super) fn view(&self) -> SeatView {
        let (state, reason, call) = match &self.doing {
            Doing::SignedOut => (SeatState::SignedOut, None, None),
            Doing::Ready => (SeatState::Ready, None, None),
            Doing::Offered(_) => (SeatState::Offered, None, None),
            Doing::Talking(talk) => (SeatState::Talking, None, talk.call.as_ref()),
            Doing::WrapUp { .. } => (SeatState::WrapUp, None, None),
            Doing::Paused(reason) => (SeatState::Paused, Some(*reason), None),
        };
        SeatView {
            seat: self.setup.seat.clone(),
            name: self.setup.name.clone(),
            role: self.setup.role,
            state,
            reason,
            since: self.since,
            call: call.map(ToString::to_string),
        }
    }
}
