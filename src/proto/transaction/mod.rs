//! The four transaction machines (RFC 3261 §17, RFC 6026), one file each, and how a message finds
//! its own. A machine knows neither dialogs nor sockets: it keeps bytes, a state and one deadline.

mod client_invite;
mod client_other;
mod server_invite;
mod server_other;

pub(super) use client_invite::{Answered, ClientInvite};
pub(super) use client_other::ClientOther;
pub(super) use server_invite::ServerInvite;
pub(super) use server_other::ServerOther;

use super::{EndpointConfig, Flow};
use crate::wire::sip::{Headers, Method, Via};
use std::time::{Duration, Instant};

/// Every branch of RFC 3261 begins with it (§8.1.1.7).
pub(super) const MAGIC_COOKIE: &str = "z9hG4bK";

/// Names a transaction within the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TransactionId(pub(super) u64);

/// The timer values one machine works with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) t1: Duration,
    pub(super) t2: Duration,
    pub(super) t4: Duration,
    /// 64*T1.
    pub(super) wait: Duration,
    /// Over TCP and TLS nothing is sent again.
    pub(super) reliable: bool,
}

impl Times {
    /// The configured values, for the transport of this flow.
    pub(super) fn new(config: &EndpointConfig, flow: &Flow) -> Self {
        Self {
            t1: config.t1,
            t2: config.t2,
            t4: config.t4,
            wait: config.transaction_wait(),
            reliable: flow.transport.is_reliable(),
        }
    }
}

/// What a machine wants when its deadline came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing: the deadline was not reached.
    Nothing,
    /// Send the kept bytes again.
    Resend,
    /// It is over as it should be.
    Over,
    /// It is over because the other side said nothing.
    TimedOut,
}

/// A retransmission in progress: when next, how far apart, when to give up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    next: Option<Instant>,
    interval: Duration,
    interval_max: Option<Duration>,
    pub(super) give_up: Instant,
}

impl Backoff {
    /// Doubles from T1 up to `interval_max`; over a reliable transport it only gives up.
    pub(super) fn new(now: Instant, times: &Times, interval_max: Option<Duration>) -> Self {
        let next = (!times.reliable).then(|| now + times.t1);
        Self { next, interval: times.t1, interval_max, give_up: now + times.wait }
    }

    /// When `handle_timeout` is due.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.next.map_or(self.give_up, |next| next.min(self.give_up))
    }

    /// Moves on at `now` and says what is to be done.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Due {
        if now >= self.give_up {
            return Due::TimedOut;
        }
        match self.next {
            Some(next) if now >= next => {
                let doubled = self.interval * 2;
                self.interval = self.interval_max.map_or(doubled, |max| doubled.min(max));
                self.next = Some(now + self.interval);
                Due::Resend
            }
            _ => Due::Nothing,
        }
    }
}

/// By what a request finds its server transaction (RFC 3261 §17.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ServerKey {
    branch: Box<str>,
    sent_by: Box<str>,
    /// ACK counts as INVITE.
    method: Method,
}

impl ServerKey {
    /// The key of a request with this topmost Via.
    pub(super) fn new(via: &Via, headers: &Headers, method: &Method) -> Self {
        let branch = match via.branch() {
            Some(branch) if branch.len() > MAGIC_COOKIE.len() && has_cookie(branch) => {
                branch.into()
            }
            // RFC 2543: the transaction is known by what all its requests share.
            _ => {
                let from = headers.from().ok();
                let tag = from.as_ref().and_then(|from| from.tag()).unwrap_or("");
                let call_id = headers.call_id().unwrap_or("");
                let cseq = headers.cseq().map_or(0, |cseq| cseq.number);
                format!("{tag}\n{call_id}\n{cseq}\n{}", via.branch().unwrap_or("")).into()
            }
        };
        let sent_by = match via.port {
            Some(port) => format!("{}:{port}", via.host.to_ascii_lowercase()).into(),
            None => via.host.to_ascii_lowercase().into(),
        };
        let method = if *method == Method::Ack { Method::Invite } else { method.clone() };
        Self { branch, sent_by, method }
    }

    /// The key of the INVITE that a CANCEL with this key is for (RFC 3261 §9.2).
    pub(super) fn of_invite(&self) -> Self {
        Self { method: Method::Invite, ..self.clone() }
    }

    /// The branch, or what stands for it.
    pub(super) fn branch(&self) -> &str {
        &self.branch
    }
}

fn has_cookie(branch: &str) -> bool {
    branch.get(..MAGIC_COOKIE.len()).is_some_and(|head| head.eq_ignore_ascii_case(MAGIC_COOKIE))
}
