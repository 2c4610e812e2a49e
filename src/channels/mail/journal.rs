//! The store, as a mailbox and a server for mail see it. Each call waits for its commit.

use super::{Inbox, NotKept, RawMail};
use crate::domain::message::Medium;
use crate::store::{Answer, Journalled, RawInbound, StoreError, StoreHandle};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How mails of the journal are read: by `wire::mime`.
pub const MAIL_FORM: &str = "mail";

/// How long an answer of the store is waited for; it waits for a disk.
const ANSWER: Duration = Duration::from_secs(30);

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The real store, for one account of the configuration.
#[derive(Clone)]
pub struct StoreInbox {
    store: StoreHandle,
    account: String,
    clock: Clock,
}

impl fmt::Debug for StoreInbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreInbox({})", self.account)
    }
}

impl StoreInbox {
    /// For this account.
    #[must_use]
    pub fn new(store: StoreHandle, account: String, clock: Clock) -> Self {
        Self { store, account, clock }
    }

    pub(super) fn account(&self) -> String {
        self.account.clone()
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Asks, and waits for the answer; an error is told here too.
    ///
    /// # Errors
    /// What the store says; `Unavailable` also where it says nothing in time.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        what: &str,
        ask: impl FnOnce(&StoreHandle, Answer<T>) -> bool,
    ) -> Result<T, StoreError> {
        let answer = tokio::time::timeout(ANSWER, self.store.answered(ask)).await;
        let outcome = answer.unwrap_or(Err(StoreError::Unavailable));
        outcome.inspect_err(|error| {
            tracing::warn!(account = self.account, %error, "the store did not {what}");
        })
    }
}

impl Inbox for StoreInbox {
    type Kept = Journalled;

    async fn keep(&mut self, mail: RawMail) -> Result<Journalled, NotKept> {
        let raw = RawInbound {
            medium: Medium::Mail,
            account: self.account(),
            dedup_key: mail.key,
            form: MAIL_FORM,
            received_at: self.now(),
            raw: mail.bytes,
        };
        let kept =
            self.ask("keep a mail", |store, answer| store.inbound_put(vec![raw], answer)).await;
        kept.ok().and_then(|kept| kept.into_iter().next()).ok_or(NotKept)
    }

    async fn seen(&mut self, fault: Option<&'static str>) {
        let (now, account) = (self.now(), self.account());
        // Nobody waits for it: the next look tells it again.
        let _ = self.store.account_seen(now, account, fault, Box::new(|_| ()));
    }
}
