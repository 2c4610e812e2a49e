//! The next instant of everything that waits, by key.

use super::contract::{GroupId, Waiter};
use crate::units::OfferId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimerKey {
    /// An offer rings or its connection is waited for.
    Offer(OfferId),
    /// A seat's rest, work after a call, or overlong talk.
    Seat(u16),
    /// A caller's place, overflow or longest wait, whichever is next.
    Waiter(Waiter),
    /// A further tier opens for the first caller of the group.
    Widen(GroupId),
    /// The grace of a group whose seats are all paused.
    Nobody(GroupId),
}

/// All timers; setting, cancelling and finding the next one cost a logarithm of their number.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_time: BTreeSet<(Instant, TimerKey)>,
    by_key: BTreeMap<TimerKey, Instant>,
}

impl Timers {
    /// Sets or moves a timer.
    pub(super) fn set(&mut self, key: TimerKey, at: Instant) {
        if let Some(old) = self.by_key.insert(key, at) {
            self.by_time.remove(&(old, key));
        }
        self.by_time.insert((at, key));
    }

    /// Forgets a timer.
    pub(super) fn cancel(&mut self, key: TimerKey) {
        if let Some(old) = self.by_key.remove(&key) {
            self.by_time.remove(&(old, key));
        }
    }

    /// The next instant.
    pub(super) fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes one timer that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<TimerKey> {
        let (at, key) = *self.by_time.first()?;
        if at > now {
            return None;
        }
        self.cancel(key);
        Some(key)
    }
}
