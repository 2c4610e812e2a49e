//! INVITE client transaction (RFC 3261 §17.1.1 with RFC 6026 §7.2).
//!
//! ```text
//! Calling --1xx--> Proceeding --2xx--> Accepted --M--> over
//!    '                 '---300..699--> Completed --D--> over
//!    '----B------------'-----------> over (timed out)
//! ```
//!
//! Timer B ends Proceeding for a re-INVITE, whose answer needs no person. A first INVITE waits there
//! until its user cancels it, and then for 64*T1 (§9.1).

use super::super::config::TIMER_D_SECONDS;
use super::{Backoff, Due, Times};
use std::time::{Duration, Instant};

#[derive(Debug)]
enum State {
    /// Timers A and B run.
    Calling { backoff: Backoff },
    /// A provisional answer came; nothing is sent again.
    Proceeding { give_up: Option<Instant> },
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
    /// It is on its way.
    Provisional,
    /// Its user acts on it and hands over the ACK.
    Final,
    /// It came again, or another branch's 2xx came: send its ACK.
    AckAgain,
}

/// One INVITE that we sent.
#[derive(Debug)]
pub(in crate::proto) struct ClientInvite {
    state: State,
    /// The request until the final answer, then the ACK.
    kept: Vec<u8>,
    times: Times,
    /// Whether a person answers: the first INVITE of a call.
    rings: bool,
}

impl ClientInvite {
    /// Starts with the request that was just sent.
    pub(in crate::proto) fn new(now: Instant, times: Times, request: Vec<u8>, rings: bool) -> Self {
        let backoff = Backoff::new(now, &times, None);
        Self { state: State::Calling { backoff }, kept: request, times, rings }
    }

    /// Whether it is the first INVITE of a call.
    pub(in crate::proto) fn rings(&self) -> bool {
        self.rings
    }

    /// Whether a provisional answer came and no final one, so that CANCEL may be sent (§9.1).
    pub(in crate::proto) fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    /// Its CANCEL was just sent.
    pub(in crate::proto) fn cancelled(&mut self, now: Instant) {
        if let State::Proceeding { give_up } = &mut self.state {
            *give_up = Some(now + self.times.wait);
        }
    }

    /// Takes an answer.
    pub(in crate::proto) fn answered(&mut self, now: Instant, status: u16) -> Answered {
        match &self.state {
            State::Calling { backoff } if status < 200 => {
                let give_up = (!self.rings).then_some(backoff.give_up);
                self.state = State::Proceeding { give_up };
                Answered::Provisional
            }
            State::Proceeding { .. } if status < 200 => Answered::Provisional,
            State::Calling { .. } | State::Proceeding { .. } if status < 300 => {
                self.state = State::Accepted { until: now + self.times.wait };
                Answered::Final
            }
            State::Calling { .. } | State::Proceeding { .. } => {
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
    pub(in crate::proto) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Calling { backoff } => Some(backoff.poll_timeout()),
            State::Proceeding { give_up } => *give_up,
            State::Accepted { until } | State::Completed { until } => Some(*until),
        }
    }

    /// Moves on at `now` and says what is to be done.
    pub(in crate::proto) fn handle_timeout(&mut self, now: Instant) -> Due {
        match &mut self.state {
            State::Calling { backoff } => backoff.handle_timeout(now),
            State::Proceeding { give_up: Some(at) } if now >= *at => Due::TimedOut,
            State::Accepted { until } | State::Completed { until } if now >= *until => Due::Over,
            _ => Due::Nothing,
        }
    }
}
