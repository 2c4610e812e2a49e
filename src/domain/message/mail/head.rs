//! The fields of a mail of ours (messaging 2.3).

use super::{House, MailKey, OwnId};
use std::fmt;

/// Why a mail of ours is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// It answers a mail at once, by itself: it comes from `<>`, so that nothing answers it.
    Receipt,
    /// It tells of a case by itself.
    Notice,
    /// A person wrote what it says.
    Answer,
}

/// The mail that ours answers.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Reference {
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Its `References`, the oldest first.
    pub references: Vec<String>,
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({})", self.references.len())
    }
}

/// Ids that are passed on in `References`; RFC 5322 §3.6.4 lets them grow for ever.
const REFERENCES_MAX: usize = 20;

/// The fields of a mail of ours besides its date and its body. `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub struct MailHead {
    /// `MAIL FROM`; empty for `<>`.
    pub envelope_from: String,
    /// `From`.
    pub from: String,
    /// `Reply-To`: where answers find the case; none where it must not be named.
    pub reply_to: Option<String>,
    /// `Message-ID` without `<>`: the same on every try, so that a receiver knows a second copy.
    pub message_id: String,
    /// `In-Reply-To` without `<>`.
    pub in_reply_to: Option<String>,
    /// `References` without `<>`.
    pub references: Vec<String>,
    /// `Auto-Submitted` (RFC 3834 §5).
    pub auto_submitted: &'static str,
    /// `X-Auto-Response-Suppress`, for Exchange, which knows no other word for it.
    pub suppress: &'static str,
}

impl MailHead {
    /// The head of the mail in row `own.outbox`, which may answer another.
    #[must_use]
    pub fn new(
        kind: MailKind,
        own: OwnId,
        answers: &Reference,
        house: &House,
        key: &MailKey,
    ) -> Self {
        let (_, domain) = house.parts();
        let mut references = answers.references.clone();
        references.extend(answers.message_id.clone());
        let excess = references.len().saturating_sub(REFERENCES_MAX);
        references.drain(..excess);
        Self {
            envelope_from: match kind {
                MailKind::Receipt => String::new(),
                MailKind::Notice | MailKind::Answer => {
                    key.return_address(own.outbox, &house.address)
                }
            },
            from: house.address.clone(),
            reply_to: own.case.map(|case| key.case_address(case, &house.address)),
            message_id: key.message_id(own, &domain),
            in_reply_to: answers.message_id.clone(),
            references,
            auto_submitted: match kind {
                MailKind::Receipt => "auto-replied",
                // Sent by the service, whoever wrote the words: no machine is to answer.
                MailKind::Notice | MailKind::Answer => "auto-generated",
            },
            suppress: "All",
        }
    }
}

impl fmt::Debug for MailHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailHead({})", self.auto_submitted)
    }
}
