//! Where a mail is kept before its server hears that it was taken.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::future::Future;

/// A mail as its server gave it. `Debug` says how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct RawMail {
    /// The same for the same bytes: servers renumber mailboxes, and give again what they had given.
    pub key: [u8; 32],
    /// All of it, or of one that is longer one octet more than
    /// [`MAIL_BYTES_MAX`](crate::wire::mime::MAIL_BYTES_MAX).
    pub bytes: Vec<u8>,
}

impl RawMail {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { key: Sha256::digest(&bytes).into(), bytes }
    }
}

impl fmt::Debug for RawMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawMail({} bytes)", self.bytes.len())
    }
}

/// The mail is not kept: its server must go on having it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotKept;

/// Keeps mails.
pub trait Inbox: Send {
    /// Proof that a mail is on the disk; whoever tells its server so gives one away.
    type Kept: Send;

    /// Keeps a mail, and answers after the commit.
    fn keep(&mut self, mail: RawMail) -> impl Future<Output = Result<Self::Kept, NotKept>> + Send;

    /// The server did what it was asked for, or did not, for this reason.
    fn seen(&mut self, fault: Option<&'static str>) -> impl Future<Output = ()> + Send;
}
