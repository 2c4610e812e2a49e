//! INVITE client transaction (RFC 3261 §17.1.1 with RFC 6026 §7.2). Only re-INVITEs are sent.
//!
//! ```text
//! Calling --1xx--> Proceeding --2xx--> Accepted --M--> over
//!    '                 '---300..699--> Completed --D--> over
//!    '----B------------'-----------> over (timed out)
//! ```

use super::super::config::TIMER_D_SECONDS;
use super::{Backoff, Due, Times};
use std::time::{Duration, Instant};

#[derive(Debug)]
enum State {
    /// Timers A and B run.
    Calling { backoff: Backoff },
    /// Timer M: every 2xx is acknowledged again with `ack`.
    Accepted { until: Instant },
    /// Timer D: every final answer is acknowledged again with `ack`.
    Completed { until: Instant },
}

/// What to do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proto) enum Answered {
    /// Nothing.
    Absorbed,
    /// Its user acts on it and hands over the ACK.
    Final,
    /// It came again: send the ACK again.
    AckAgain,
}

/// One re-INVITE that we sent.
#[derive(Debug)]
pub(in crate::proto) struct ClientInvite {
    state: State,
    /// The request until the final answer, then the ACK.
    kept: Vec<u8>,
    times: Times,
}

impl ClientInvite {
    /// Starts with the request that was just sent.
    pub(in crate::proto) fn new(now: Instant, times: Times, request: Vec<u8>) -> Self {
        let backoff = Backoff::new(now, &times, None);
        Self { state: State::Calling { backoff }, kept: request, times }
    }

    /// Takes an answer.
    pub(in crate::proto) fn answered(&mut self, now: Instant, status: u16) -> Answered {
        match &mut self.state {
            State::Calling { backoff } if status < 200 => {
                // Provisional: Timer A stops. Timer B stays, because a re-INVITE whose answer needs
                // no person is not left open for ever.
                backoff.stop();
                Answered::Absorbed
            }
            State::Calling { .. } if status < 300 => {
                self.state = State::Accepted { until: now + self.times.wait };
                Answered::Final
            }
            State::Calling { .. } => {
                let linger = if self.times.reliable { 0 } else { TIMER_D_SECONDS };
                self.state = State::Completed { until: now + Duration::from_secs(linger) };
                Answered::Final
            }
            State::Accepted { .. } if (200..300).contains(&status) => Answered::AckAgain,
            State::Completed { .. } if status >= 300 => Answered::AckAgain,
            State::Accepted { .. } | State::Completed { .. } => Answered::Absorbed,
        }
    }

    /// Keeps the ACK that was just sent.
    pub(in crate::proto) fn acknowledged(&mut self, ack: Vec<u8>) {
        self.kept = ack;
    }

    /// The bytes to send again: the request, then the ACK.
    pub(in crate::proto) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// When `handle_timeout` is due.
    pub(in crate::proto) fn poll_timeout(&self) -> Instant {
        match &self.state {
            State::Calling { backoff } => backoff.poll_timeout(),
            State::Accepted { until } | State::Completed { until } => *until,
        }
    }

    /// Moves on at `now` and says what is to be done.
    pub(in crate::proto) fn handle_timeout(&mut self, now: Instant) -> Due {
        match &mut self.state {
            State::Calling { backoff } => backoff.handle_timeout(now),
            State::Accepted { until } | State::Completed { until } if now >= *until => Due::Over,
            _ => Due::Nothing,
        }
    }
}
