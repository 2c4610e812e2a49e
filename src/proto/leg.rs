//! The INVITE usage of one dialog: what is unanswered, what waits for an ACK or a PRACK, and when
//! something is due. It holds state; the endpoint moves it.

use super::Flow;
use super::calling::Calling;
use super::dialog::Dialog;
use super::prover::Prover;
use super::reply::Reply;
use super::session_timer::SessionTimer;
use super::transaction::{Backoff, TransactionId};
use super::transfer::Transfer;
use crate::units::SeatNumber;
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

/// Our session refresh or new offer in progress.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) transaction: TransactionId,
    pub(super) invite: bool,
    /// What it offers anew; `None` for a mere refresh.
    pub(super) wish: Option<Wish>,
}

/// A new offer of our user that waits for its turn.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) sdp: Vec<u8>,
    pub(super) at: Instant,
    pub(super) tries: u8,
}

/// Who began the call.
#[derive(Debug)]
pub(super) enum Side {
    /// The peer; `origin` is the key of the merged-request table.
    Called { source: IpAddr, origin: Box<str> },
    /// We.
    Calling,
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
    pub(super) side: Side,
    /// The seat that proved to be the peer, or whose phone we called.
    pub(super) seat: Option<SeatNumber>,
    /// What our requests to it may be proved with.
    pub(super) prover: Option<Prover>,
    pub(super) abilities: Abilities,
    /// Our first INVITE while it has no final answer.
    pub(super) calling: Option<Box<Calling>>,
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
    pub(super) wish: Option<Wish>,
    pub(super) transfer: Option<Transfer>,
    /// Transfers asked for so far (RFC 3515 §2.4.6: from the second on they have an id).
    pub(super) transfers: u32,
    /// What a refresh by re-INVITE offers again.
    pub(super) local_sdp: Vec<u8>,
}

impl Leg {
    /// A leg on which nothing has happened yet.
    pub(super) fn new(dialog: Dialog, side: Side, abilities: Abilities) -> Self {
        Self {
            dialog,
            side,
            seat: None,
            prover: None,
            abilities,
            calling: None,
            initial: None,
            modify: None,
            acks: Vec::new(),
            reliable: None,
            rang: false,
            ring_again_at: None,
            confirmed: false,
            closing: false,
            session: None,
            refresh: None,
            refresh_tries: 0,
            wish: None,
            transfer: None,
            transfers: 0,
            local_sdp: Vec::new(),
        }
    }

    /// The dialog with this remote tag: behind a fork there are several while we call.
    pub(super) fn dialog_with(&mut self, remote_tag: &str) -> Option<&mut Dialog> {
        match &mut self.calling {
            Some(calling) => calling.fork(remote_tag).map(|fork| &mut fork.dialog),
            None => Some(&mut self.dialog).filter(|dialog| *dialog.remote_tag == *remote_tag),
        }
    }

    /// Whether a request with our tag belongs here.
    pub(super) fn knows(&self, call_id: &str, remote_tag: &str) -> bool {
        match &self.calling {
            Some(calling) => calling.forks.iter().any(|fork| fork.dialog.fits(call_id, remote_tag)),
            None => self.dialog.fits(call_id, remote_tag),
        }
    }

    /// Whether the offer of our first INVITE is still open in this early dialog.
    pub(super) fn is_calling_with(&self, remote_tag: &str) -> bool {
        self.calling.as_ref().is_some_and(|calling| {
            !calling.forks.iter().any(|f| f.settled && *f.dialog.remote_tag == *remote_tag)
        })
    }

    /// Whether there is no session yet.
    pub(super) fn is_early(&self) -> bool {
        self.initial.is_some() || self.calling.is_some()
    }

    /// Whether a request that changes the session is open, on either side.
    pub(super) fn is_modifying(&self) -> bool {
        self.modify.is_some() || !self.acks.is_empty() || self.refresh.is_some()
    }

    /// When a new offer of ours may go out.
    pub(super) fn wish_at(&self) -> Option<Instant> {
        let free = !self.is_early() && !self.is_modifying() && !self.closing;
        self.wish.as_ref().filter(|_| free).map(|wish| wish.at)
    }

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
            .chain(self.calling.iter().map(|calling| calling.poll_timeout()))
            .chain(self.transfer.iter().filter_map(Transfer::poll_timeout))
            .chain(self.wish_at())
            .chain(session.map(SessionTimer::poll_timeout))
            .min()
    }

    /// Whether an offer of ours has no answer yet.
    pub(super) fn awaits_answer(&self) -> bool {
        self.acks.iter().any(|ack| ack.offered) || self.refresh.as_ref().is_some_and(|r| r.invite)
    }

    /// Stops repeating provisional answers.
    pub(super) fn stop_ringing(&mut self) {
        self.ring_again_at = None;
        if let Some(reliable) = &mut self.reliable {
            reliable.backoff = None;
        }
    }
}
