//! INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026 §7.1).
//!
//! ```text
//! Proceeding --2xx--> Accepted ---L---> over
//!     '--300..699--> Completed --ACK--> Confirmed --I--> over
//!                        '------H------> over (timed out)
//! ```

use super::{Backoff, Due, Times};
use std::time::Instant;

#[derive(Debug)]
enum State {
    /// The 100 or a later provisional answer is sent again for every retransmission.
    Proceeding,
    /// A 2xx went out; the user of the transaction sends it again, retransmissions are absorbed.
    Accepted { until: Instant },
    /// Timers G and H run until the ACK.
    Completed { backoff: Backoff },
    /// Timer I absorbs further ACKs.
    Confirmed { until: Instant },
}

/// One INVITE that came in.
#[derive(Debug)]
pub(in crate::proto) struct ServerInvite {
    state: State,
    last: Vec<u8>,
    times: Times,
}

impl ServerInvite {
    /// Starts with the 100 that was just sent.
    pub(in crate::proto) fn new(times: Times, trying: Vec<u8>) -> Self {
        Self { state: State::Proceeding, last: trying, times }
    }

    /// Keeps an answer that is about to be sent; false when a final one was sent before.
    pub(in crate::proto) fn respond(&mut self, now: Instant, status: u16, bytes: Vec<u8>) -> bool {
        if !self.is_proceeding() {
            return false;
        }
        self.state = match status {
            ..200 => State::Proceeding,
            200..300 => State::Accepted { until: now + self.times.wait },
            _ => State::Completed { backoff: Backoff::new(now, &self.times, Some(self.times.t2)) },
        };
        // The user of the transaction keeps the 2xx, because it sends it again.
        self.last = if (200..300).contains(&status) { Vec::new() } else { bytes };
        true
    }

    /// Whether no final answer went out yet.
    pub(in crate::proto) fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding)
    }

    /// What to send for a retransmitted INVITE.
    pub(in crate::proto) fn retransmitted(&self) -> Option<&[u8]> {
        match self.state {
            State::Proceeding | State::Completed { .. } => Some(&self.last),
            State::Accepted { .. } | State::Confirmed { .. } => None,
        }
    }

    /// Takes an ACK; false when it is for a 2xx and so not for the transaction.
    pub(in crate::proto) fn acknowledge(&mut self, now: Instant) -> bool {
        match self.state {
            State::Completed { .. } => {
                let linger = if self.times.reliable { Default::default() } else { self.times.t4 };
                self.state = State::Confirmed { until: now + linger };
                true
            }
            State::Confirmed { .. } => true,
            State::Proceeding | State::Accepted { .. } => false,
        }
    }

    /// When `handle_timeout` is due.
    pub(in crate::proto) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Proceeding => None,
            State::Accepted { until } | State::Confirmed { until } => Some(*until),
            State::Completed { backoff } => Some(backoff.poll_timeout()),
        }
    }

    /// Moves on at `now` and says what is to be done.
    pub(in crate::proto) fn handle_timeout(&mut self, now: Instant) -> Due {
        match &mut self.state {
            State::Accepted { until } | State::Confirmed { until } if now >= *until => Due::Over,
            State::Completed { backoff } => backoff.handle_timeout(now),
            _ => Due::Nothing,
        }
    }

    /// The last answer, to be sent again.
    pub(in crate::proto) fn last(&self) -> &[u8] {
        &self.last
    }
}
