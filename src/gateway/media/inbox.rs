//! The bounded way into a media thread.

use super::MediaCommand;
use super::way::Way;
use crate::units::LegId;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;
use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError, TryLockError};

/// What arrives at a thread.
pub(super) enum Command {
    /// A new leg with its way to the peer, and its group.
    Open(LegId, Way, u64),
    /// Something for a leg.
    Leg(LegId, MediaCommand),
    /// The end of a leg.
    Close(LegId),
    /// The end of the thread.
    Quit,
}

/// The bounded way into a thread, with the descriptor that wakes it.
///
/// The line's task hands over, the media thread only ever tries the lock: it may have preempted the
/// line on the same core, and a real-time thread that waits for a preempted one waits for ever.
/// Every hand-over is followed by a wake-up, so what it could not take then it takes next.
pub(super) struct Inbox {
    queue: Mutex<VecDeque<Command>>,
    pub(super) commands_max: usize,
    pub(super) wake: OwnedFd,
}

impl Inbox {
    pub(super) fn new(commands_max: usize) -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self { queue: Mutex::new(VecDeque::with_capacity(commands_max)), commands_max, wake })
    }

    /// Hands a command over; `false` when the thread has fallen behind. [`Self::wake`] follows.
    pub(super) fn offer(&self, command: Command) -> bool {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let room = queue.len() < self.commands_max;
        if room {
            queue.push_back(command);
        }
        room
    }

    /// Hands over what must not be lost: one more for each leg at most. [`Self::wake`] follows.
    pub(super) fn insist(&self, command: Command) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(command);
    }

    /// Wakes the thread for everything that was handed over.
    pub(super) fn wake(&self) {
        // A full counter means that the thread is being woken anyway.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Exchanges what waits for an empty list; nothing while the line holds the lock.
    pub(super) fn take(&self, empty: &mut VecDeque<Command>) {
        match self.queue.try_lock() {
            Ok(mut queue) => std::mem::swap(&mut *queue, empty),
            Err(TryLockError::Poisoned(queue)) => std::mem::swap(&mut *queue.into_inner(), empty),
            Err(TryLockError::WouldBlock) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_never_waits_for_a_line_that_stopped_while_handing_over() {
        let inbox = Inbox::new(2).unwrap();
        let mut taken = VecDeque::new();
        assert!(inbox.offer(Command::Close(LegId(1))));
        let preempted = inbox.queue.lock().unwrap();
        inbox.take(&mut taken);
        assert!(taken.is_empty(), "it comes back at once and with nothing");
        drop(preempted);
        inbox.take(&mut taken);
        assert!(matches!(taken.pop_front(), Some(Command::Close(LegId(1)))));
    }

    #[test]
    fn a_full_inbox_refuses_commands_but_never_the_end_of_a_leg() {
        let inbox = Inbox::new(2).unwrap();
        let stop = || Command::Leg(LegId(1), MediaCommand::StopPlay);
        assert!(inbox.offer(stop()) && inbox.offer(stop()) && !inbox.offer(stop()));
        inbox.insist(Command::Close(LegId(1)));
        let mut taken = VecDeque::new();
        inbox.take(&mut taken);
        assert!(matches!(taken.pop_back(), Some(Command::Close(LegId(1)))));
        assert_eq!(taken.len(), 2);
    }
}
