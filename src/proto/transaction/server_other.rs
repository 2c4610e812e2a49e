//! Non-INVITE server transaction (RFC 3261 §17.2.2 with RFC 4320: no provisional answers).
//!
//! ```text
//! Trying --200..699--> Completed --J--> over
//! ```

use super::{Due, Times};
use std::time::{Duration, Instant};

#[derive(Debug)]
enum State {
    /// Retransmissions are absorbed. The peer gives up at `until` (its Timer F), and so do we.
    Trying { until: Instant },
    /// Retransmissions get the final answer again.
    Completed { until: Instant },
}

/// One request other than INVITE and ACK that came in.
#[derive(Debug)]
pub(in crate::proto) struct ServerOther {
    state: State,
    last: Vec<u8>,
    times: Times,
}

impl ServerOther {
    /// Starts when the request came.
    pub(in crate::proto) fn new(now: Instant, times: Times) -> Self {
        Self { state: State::Trying { until: now + times.wait }, last: Vec::new(), times }
    }

    /// Keeps the final answer that is about to be sent; false when one was sent before.
    pub(in crate::proto) fn respond(&mut self, now: Instant, bytes: Vec<u8>) -> bool {
        if !matches!(self.state, State::Trying { .. }) {
            return false;
        }
        let linger = if self.times.reliable { Duration::ZERO } else { self.times.wait };
        self.state = State::Completed { until: now + linger };
        self.last = bytes;
        true
    }

    /// What to send for a retransmission.
    pub(in crate::proto) fn retransmitted(&self) -> Option<&[u8]> {
        match self.state {
            State::Trying { .. } => None,
            State::Completed { .. } => Some(&self.last),
        }
    }

    /// When `handle_timeout` is due.
    pub(in crate::proto) fn poll_timeout(&self) -> Instant {
        match self.state {
            State::Trying { until } | State::Completed { until } => until,
        }
    }

    /// Moves on at `now` and says what is to be done.
    pub(in crate::proto) fn handle_timeout(&self, now: Instant) -> Due {
        match self.state {
            State::Trying { until } if now >= until => Due::TimedOut,
            State::Completed { until } if now >= until => Due::Over,
            _ => Due::Nothing,
        }
    }
}
