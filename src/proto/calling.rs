//! Our INVITE while nobody has answered it: the early dialogs of its branches (RFC 3261 §13.2.2.1).

use super::Reason;
use super::dialog::Dialog;
use super::transaction::TransactionId;
use std::time::Instant;

/// Early dialogs of one INVITE, and answered branches that are hung up again.
pub const FORKS_MAX: usize = 8;
/// Times one INVITE is sent anew: with a proof, with a longer session interval.
pub(super) const INVITE_TRIES_MAX: u8 = 4;

/// One branch that has shown itself.
#[derive(Debug)]
pub(super) struct Fork {
    pub(super) dialog: Dialog,
    /// The last reliable provisional answer (RFC 3262 §4).
    pub(super) rseq: Option<u32>,
    /// What it would answer.
    pub(super) sdp: Option<Vec<u8>>,
    /// Whether that came reliably: offer and answer are done, and UPDATE may offer anew.
    pub(super) settled: bool,
}

/// The INVITE and what came of it so far.
#[derive(Debug)]
pub(super) struct Calling {
    pub(super) transaction: TransactionId,
    /// Until anything comes back.
    pub(super) no_response_at: Option<Instant>,
    /// Until somebody answers.
    pub(super) ring_until: Instant,
    /// At most `FORKS_MAX`.
    pub(super) forks: Vec<Fork>,
    /// Status, branch and whether there was early media, as last told.
    pub(super) told: Option<(u16, Box<str>, bool)>,
    pub(super) tries: u8,
}

impl Calling {
    /// The branch of this To tag.
    pub(super) fn fork(&mut self, tag: &str) -> Option<&mut Fork> {
        self.forks.iter_mut().find(|fork| *fork.dialog.remote_tag == *tag)
    }

    /// Why it is given up at `now`, if it is.
    pub(super) fn given_up(&self, now: Instant) -> Option<Reason> {
        if now >= self.ring_until {
            return Some(Reason::Timeout);
        }
        self.no_response_at.filter(|at| now >= *at).map(|_| Reason::NoResponse)
    }

    /// When it is given up.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.no_response_at.map_or(self.ring_until, |at| at.min(self.ring_until))
    }
}
