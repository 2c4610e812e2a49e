//! Subscriptions of other programs to what happens to cases, and their outbox (docs/adr/0023-webhooks.md).
//!
//! * `emit`: a message for each subscription that wants to know, written with the events themselves.
//! * `admin`: subscriptions made, changed and taken away, each with its line in the audit.
//! * `deliver`: which message is next, who sends it, what came of it, what is over.
//! * `read`: both as they are listed; `check`: what `verify` looks at.
//!
//! A message that is to be sent waits in state `waiting`; with `leased_until` somebody is sending it. A
//! process that dies meanwhile leaves the lease behind, and the message is sent again under its id.

mod admin;
mod check;
mod deliver;
mod emit;
mod read;

pub use admin::{NewWebhook, WEBHOOKS_MAX, WebhookDone, WebhookOrder};
pub(super) use check::check;
pub use deliver::{
    DELIVERY_DAYS, DELIVERY_WAITING_MAX, DueDelivery, LEASE_MS, Lease, Outcome, Parcel, Settled,
    SettledState, Tidied,
};
pub(super) use emit::emit;
pub use read::{DeliveryFilter, DeliveryRow, WebhookRow};

use super::vault::DataKey;
use crate::domain::webhook::HookKind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// How a secret begins where it is shown (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

/// What a message is signed with: 32 random bytes that the receiver has too.
#[derive(Clone, PartialEq, Eq)]
pub struct HookSecret([u8; 32]);

impl HookSecret {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of the signature.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As the receiver is given it, once: `whsec_` and base64.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{SECRET_PREFIX}{}", STANDARD.encode(self.0))
    }

    fn of(key: &DataKey) -> Self {
        Self(*key.bytes())
    }
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret")
    }
}

/// What the secret of a subscription is bound to.
fn owner(webhook: i64) -> String {
    format!("webhook/{webhook}")
}

/// Kinds as they stand in a row; none: all of them.
fn written(kinds: &[HookKind]) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    names.join(" ")
}

/// Whether the kinds of a row have this one.
fn wants(written: &str, kind: HookKind) -> bool {
    written.is_empty() || written.split(' ').any(|name| name == kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_as_the_convention_writes_it_and_never_in_a_log() {
        let secret = HookSecret::new([7; 32]);
        assert_eq!(secret.reveal(), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        assert_eq!(format!("{secret:?}"), "HookSecret");
    }

    #[test]
    fn no_kinds_are_all_kinds() {
        let some = written(&[HookKind::Accepted, HookKind::Closed]);
        assert_eq!(some, "case.accepted case.closed");
        assert!(wants(&some, HookKind::Closed) && !wants(&some, HookKind::Assigned));
        assert!(wants("", HookKind::Assigned));
    }
}
