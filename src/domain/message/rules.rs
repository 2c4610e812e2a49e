//! What the configuration says of messages, as the store decides with it.

use super::mail::House;
use super::mail::templates::Desk;
use super::templates::Signature;
use jiff::SignedDuration;
use jiff::civil::{Time, time};
use std::collections::BTreeMap;

/// How the city is reached by text and mail, and speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRules {
    /// Who texts are from.
    pub signature: Signature,
    /// The account that notices go out by; `None`: none do.
    pub sms_account: Option<String>,
    /// The account that units and leaders are told by, by text; `None`: none is.
    pub units_sms_account: Option<String>,
    /// The account that they are told by, by mail.
    pub units_mail_account: Option<String>,
    /// Whether and how units are told by telephone.
    pub voice: VoiceRules,
    /// When leaders are told of the day before.
    pub digest_at: DigestTime,
    /// Accounts that are a leader's own telephone (市级领导手机), with the leader.
    pub leaders: BTreeMap<String, String>,
    /// The mailboxes, by their account.
    pub mail: BTreeMap<String, MailSite>,
    /// The account of those that citizens are told by what happens to their cases; `None`: none are.
    pub mail_account: Option<String>,
    /// By which account a leader himself reads what came to his telephone, by his post.
    pub leader_accounts: BTreeMap<String, String>,
    /// Who looks after the telephone of a leader: the account of a person, by the leader's post.
    pub clerks: BTreeMap<String, String>,
}

/// A mailbox as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSite {
    /// Its address, and the domains of the city.
    pub house: House,
    /// Who its mails are from, and how else the house is reached.
    pub desk: Desk,
}

/// The time of day at which leaders are told of the day before: after its report is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DigestTime(pub Time);

impl DigestTime {
    /// When the report of the day before is ready.
    pub const EARLIEST: Self = Self(time(8, 0, 0, 0));
}

impl Default for DigestTime {
    fn default() -> Self {
        Self(time(8, 10, 0, 0))
    }
}

/// How units are told by telephone of what is due or overdue (N01, N02).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VoiceRules {
    /// How often it is tried; 0: nobody is rung.
    pub tries: u32,
    /// Between two tries.
    pub pause: SignedDuration,
}

impl VoiceRules {
    /// Whether units are rung at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.tries > 0
    }
}
