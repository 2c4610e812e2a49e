//! What the configuration says of messages, as the store decides with it.

use super::templates::Signature;
use std::collections::BTreeMap;

/// How the city is reached by text, and speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRules {
    /// Who texts are from.
    pub signature: Signature,
    /// The account that notices go out by; `None`: none do.
    pub sms_account: Option<String>,
    /// Accounts that are a leader's own telephone (市级领导手机), with the leader.
    pub leaders: BTreeMap<String, String>,
}
