//! What a channel asks of the store. Each call waits for its commit.

use crate::wire::sms::{CmsError, Submit};
use jiff::Timestamp;

/// What came, not read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A text or a part of one.
    Text,
    /// What became of a text of ours.
    Report,
}

/// Something that came, as it came.
#[derive(Clone, Copy)]
pub struct RawInbound<'a> {
    /// When it was seen here.
    pub at: Timestamp,
    /// What tells it from every other of this account.
    pub dedup_key: [u8; 32],
    /// What it is.
    pub form: Form,
    /// The octets: a spool file, or the modem's PDU line.
    pub raw: &'a [u8],
}

/// A message that waits to be sent, and the how-manieth attempt this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId {
    /// The number that the store gave it.
    pub part: u64,
    /// From 1 on.
    pub attempt: u32,
}

/// One message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub id: PartId,
    /// What and whom to.
    pub submit: Submit,
    /// Before others that wait.
    pub is_urgent: bool,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The network has it; reports will name it by this reference.
    Submitted {
        /// `None` where no report was asked for.
        reference: Option<u8>,
    },
    /// It did not go out and may be tried again.
    Retry(Option<CmsError>),
    /// It will be refused whenever it is tried.
    Rejected(CmsError),
    /// Nobody can tell whether it went out: never sent again without a person's word.
    Uncertain,
}

/// The store cannot commit now: whatever came stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// The store, as one account sees it.
pub trait Ports {
    /// Vouches that something that came is on stable storage.
    type Journalled;

    /// Keeps what came; what is known already is vouched for again.
    ///
    /// # Errors
    /// Nothing was kept.
    fn put(&mut self, inbound: RawInbound<'_>) -> Result<Self::Journalled, Unavailable>;

    /// Takes at most so many messages to be sent by this account, in their order.
    ///
    /// # Errors
    /// None was taken.
    fn lease(&mut self, at: Timestamp, most: usize) -> Result<Vec<Part>, Unavailable>;

    /// From now on nobody but the channel can tell whether this message went out.
    ///
    /// # Errors
    /// It must not be sent.
    fn submitting(&mut self, at: Timestamp, id: PartId) -> Result<(), Unavailable>;

    /// Says what became of it.
    ///
    /// # Errors
    /// It must be said again.
    fn settle(&mut self, at: Timestamp, id: PartId, settled: Settled) -> Result<(), Unavailable>;
}

/// Says how much there is, never what: it is a citizen's.
impl std::fmt::Debug for RawInbound<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawInbound({:?}, {} bytes)", self.form, self.raw.len())
    }
}
