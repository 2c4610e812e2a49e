//! Non-INVITE client transaction (RFC 3261 §17.1.2).
//!
//! ```text
//! Trying --1xx--> Proceeding --200..699--> Completed --K--> over
//!    '---------F-------'--------------> over (timed out)
//! ```

use super::{Backoff, Due, Times};
use std::time::{Duration, Instant};

#[derive(Debug)]
enum State {
    /// Timers E and F run; Proceeding differs only in its interval.
    Trying { backoff: Backoff },
    /// Timer K absorbs retransmitted answers.
    Completed { until: Instant },
}

/// One request other than INVITE that we sent.
#[derive(Debug)]
pub(in crate::proto) struct ClientOther {
    state: State,
    request: Vec<u8>,
    times: Times,
}

impl ClientOther {
    /// Starts with the request that was just sent.
    pub(in crate::proto) fn new(now: Instant, times: Times, request: Vec<u8>) -> Self {
        let backoff = Backoff::new(now, &times, Some(times.t2));
        Self { state: State::Trying { backoff }, request, times }
    }

    /// Takes an answer; true when its user has to see it.
    pub(in crate::proto) fn answered(&mut self, now: Instant, status: u16) -> bool {
        let State::Trying { backoff } = &mut self.state else { return false };
        if status < 200 {
            // RFC 3261 §17.1.2.2: in Proceeding Timer E fires every T2.
            backoff.interval = self.times.t2;
            return false;
        }
        let linger = if self.times.reliable { Duration::ZERO } else { self.times.t4 };
        self.state = State::Completed { until: now + linger };
        self.request = Vec::new();
        true
    }

    /// When `handle_timeout` is due.
    pub(in crate::proto) fn poll_timeout(&self) -> Instant {
        match &self.state {
            State::Trying { backoff } => backoff.poll_timeout(),
            State::Completed { until } => *until,
        }
    }

    /// Moves on at `now` and says what is to be done.
    pub(in crate::proto) fn handle_timeout(&mut self, now: Instant) -> Due {
        match &mut self.state {
            State::Trying { backoff } => backoff.handle_timeout(now),
            State::Completed { until } if now >= *until => Due::Over,
            State::Completed { .. } => Due::Nothing,
        }
    }

    /// The request, to be sent again.
    pub(in crate::proto) fn request(&self) -> &[u8] {
        &self.request
    }
}
