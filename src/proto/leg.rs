//! The INVITE usage of one dialog: what is unanswered, what waits for an ACK or a PRACK, and when
//! something is due. It holds state; the endpoint moves it.

use super::Flow;
use super::dialog::Dialog;
use super::reply::Reply;
use super::session_timer::SessionTimer;
use super::transaction::{Backoff, TransactionId};
use crate::wire::sip::{Headers, Method};
use std::net::IpAddr;
use std::time::Instant;

/// A request of the peer that waits for our user.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) transaction: TransactionId,
    pub(super) method: Method,
    /// Of the request, for what the final answer negotiates.
    pub(super) headers: Headers,
    pub(super) reply: Reply,
    pub(super) cseq: u32,
    /// Whether it brought an offer.
    pub(super) offered: bool,
    /// When it is refused because nobody decided.
    pub(super) until: Instant,
}

/// A 2xx that is sent again until its ACK comes (RFC 3261 §13.3.1.4).
#[derive(Debug)]
pub(super) struct AwaitingAck {
    pub(super) cseq: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) flow: Flow,
    pub(super) backoff: Backoff,
    /// Whether it carried our offer, so that the ACK carries the answer.
    pub(super) offered: bool,
}

/// A reliable 180 (RFC 3262 §3).
#[derive(Debug)]
pub(super) struct Reliable {
    pub(super) rseq: u32,
    pub(super) cseq: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) flow: Flow,
    /// `None` once the PRACK came or a final answer went out.
    pub(super) backoff: Option<Backoff>,
    pub(super) acknowledged: bool,
}

/// Our session refresh in progress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refresh {
    pub(super) transaction: TransactionId,
    pub(super) invite: bool,
}

/// What the peer said it can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Abilities {
    pub(super) update: bool,
    pub(super) requires_100rel: bool,
}

/// One call.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) dialog: Dialog,
    pub(super) source: IpAddr,
    /// Key of the merged-request table.
    pub(super) origin: Box<str>,
    pub(super) abilities: Abilities,
    /// The first INVITE while it has no final answer.
    pub(super) initial: Option<Pending>,
    /// A re-INVITE or UPDATE while it has no final answer.
    pub(super) modify: Option<Pending>,
    /// At most `ACKS_PENDING_MAX`.
    pub(super) acks: Vec<AwaitingAck>,
    pub(super) reliable: Option<Reliable>,
    /// Whether 180 went out, and when it goes out again.
    pub(super) rang: bool,
    pub(super) ring_again_at: Option<Instant>,
    pub(super) confirmed: bool,
    /// BYE waits for the ACK (RFC 3261 §15); the user was told that the leg is over.
    pub(super) closing: bool,
    pub(super) session: Option<SessionTimer>,
    pub(super) refresh: Option<Refresh>,
    pub(super) refresh_tries: u8,
    /// What a refresh by re-INVITE offers again.
    pub(super) local_sdp: Vec<u8>,
}

impl Leg {
    /// The earliest thing that is due.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let pending = self.initial.iter().chain(&self.modify).map(|pending| pending.until);
        let acks = self.acks.iter().map(|ack| ack.backoff.poll_timeout());
        let reliable = self.reliable.iter().filter_map(|r| r.backoff.as_ref());
        let session = self.session.iter().filter(|_| !self.closing);
        pending
            .chain(acks)
            .chain(reliable.map(Backoff::poll_timeout))
            .chain(self.ring_again_at)
            .chain(session.map(SessionTimer::poll_timeout))
            .min()
    }

    /// Whether an offer of ours has no answer yet.
    pub(super) fn awaits_answer(&self) -> bool {
        self.acks.iter().any(|ack| ack.offered) || self.refresh.is_some_and(|r| r.invite)
    }

    /// Stops repeating provisional answers.
    pub(super) fn stop_ringing(&mut self) {
        self.ring_again_at = None;
        if let Some(reliable) = &mut self.reliable {
            reliable.backoff = None;
        }
    }
}
