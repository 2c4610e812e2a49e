//! The rules of mail (messaging 2.3): what a mail is, whose case it belongs to, whether it gets an automatic
//! receipt, and what stands in the head of ours.
//!
//! * `incoming`: what is known of a mail, in plain values. `judge`: what becomes of it.
//! * `receipt`: the marks and counts that keep two machines from answering each other for ever.
//! * `thread`: our own Message-IDs and addresses, which nobody else can write, and the number in a subject,
//!   which anybody can; `key`: what makes the difference.
//! * `again`: the same once more. `quote`: what the writer himself wrote above what he quotes.
//! * `head`: the fields of our mails.
//! * `templates`: the mails of domain.md 4.4.
//!
//! Pure: counts, parties and the clock come from the store.

mod again;
mod head;
mod incoming;
mod judge;
mod key;
mod quote;
mod receipt;
pub mod templates;
mod thread;

#[cfg(test)]
mod tests;

pub use again::subject_once;
pub use head::{MailHead, MailKind, Reference};
pub use incoming::{Delivered, Incoming, Traits};
pub use judge::{MailAround, MailVerdict, judge_mail};
pub use key::{MailKey, OwnId};
pub use quote::own_words;
pub use receipt::{
    FLOOD_MAILS_MAX, FLOOD_WITHIN, MAIL_RECEIPTS_PER_DAY_MAX, MAIL_RECEIPTS_PER_HOUR_MAX, Silence,
    may_acknowledge,
};
pub use thread::{Belongs, belongs};

/// Where mail comes in and goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    /// The public address: `hotline@example.org`.
    pub address: String,
    /// Further domains of the city's own, in lower case: nobody there gets an automatic receipt.
    pub own_domains: Vec<String>,
}

impl House {
    /// Before and behind the `@` of the public address, in lower case.
    #[must_use]
    pub fn parts(&self) -> (String, String) {
        let (local, domain) = self.address.split_once('@').unwrap_or((&self.address, ""));
        (local.to_lowercase(), domain.to_lowercase())
    }

    /// The public address, or one of its with a token.
    #[must_use]
    pub fn is_own_address(&self, address: &str) -> bool {
        let (local, domain) = self.parts();
        let Some((other, theirs)) = address.rsplit_once('@') else { return false };
        let other = other.to_lowercase();
        let base = other.split('+').next().unwrap_or_default();
        theirs.to_lowercase() == domain && base == local
    }

    /// An address of the city's own.
    #[must_use]
    pub fn is_own_domain(&self, address: &str) -> bool {
        let Some((_, domain)) = address.rsplit_once('@') else { return false };
        let domain = domain.to_lowercase();
        domain == self.parts().1 || self.own_domains.contains(&domain)
    }
}
