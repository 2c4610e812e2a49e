//! The timers of a call: one instant for each kind.

use std::time::Instant;

/// What a call may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// The end of a play was not reported.
    Play,
    /// The citizen pressed nothing.
    Silence,
    /// The next step of a stage.
    Step,
    /// A refused look-up may be answered.
    Delay,
    /// The store did not reply.
    Store,
    /// A recording did not close.
    Record,
    /// The call nears its longest.
    Warning,
    /// The call is at its longest.
    Max,
}

impl Timer {
    /// How many kinds there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    const ALL: [Self; 8] = [
        Self::Play,
        Self::Silence,
        Self::Step,
        Self::Delay,
        Self::Store,
        Self::Record,
        Self::Warning,
        Self::Max,
    ];
}

/// At most one instant for each [`Timer`].
#[derive(Debug, Default)]
pub(super) struct Timers([Option<Instant>; Timer::ALL.len()]);

impl Timers {
    /// Starts or moves a timer.
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    /// Stops a timer.
    pub(super) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Stops all.
    pub(super) fn clear_all(&mut self) {
        *self = Self::default();
    }

    /// The next instant that something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the earliest timer that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let at = self.next().filter(|&at| at <= now)?;
        let timer = Timer::ALL.into_iter().find(|&t| self.0[t as usize] == Some(at))?;
        self.clear(timer);
        Some(timer)
    }
}
