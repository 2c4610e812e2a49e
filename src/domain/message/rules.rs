//! What the configuration says of messages, as the store decides with it.

use super::mail::House;
use super::mail::templates::Desk;
use super::templates::Signature;
use std::collections::BTreeMap;

/// How the city is reached by text and mail, and speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRules {
    /// Who texts are from.
    pub signature: Signature,
    /// The account that notices go out by; `None`: none do.
    pub sms_account: Option<String>,
    /// Accounts that are a leader's own telephone (市级领导手机), with the leader.
    pub leaders: BTreeMap<String, String>,
    /// The mailboxes, by their account.
    pub mail: BTreeMap<String, MailSite>,
    /// The account of those that citizens are told by what happens to their cases; `None`: none are.
    pub mail_account: Option<String>,
}

/// A mailbox as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSite {
    /// Its address, and the domains of the city.
    pub house: House,
    /// Who its mails are from, and how else the house is reached.
    pub desk: Desk,
}
