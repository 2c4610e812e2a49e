//! What a carrier's line asks of the store.

use crate::domain::message::{Medium, SendState};
use crate::proto::carrier::{PartId, Submission};
use crate::store::{Journalled, LeasedMessage, PartOutcome, RawInbound, StoreError, StoreHandle};
use crate::wire::sms::Carried;
use jiff::Timestamp;

/// A part that is to be sent.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) part: PartId,
    pub(super) total: u8,
    pub(super) submission: Submission,
}

/// The store, as one account sees it.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) store: StoreHandle,
    pub(super) account: String,
    pub(super) wall: fn() -> Timestamp,
}

impl Desk {
    /// Journals what came; `told` is called after the commit, or when it failed. `false`: at once, it was not
    /// even taken.
    pub(super) fn put(
        &self,
        form: &'static str,
        dedup_key: [u8; 32],
        raw: Vec<u8>,
        told: impl FnOnce(Option<Journalled>) + Send + 'static,
    ) -> bool {
        let raw = RawInbound {
            medium: Medium::Sms,
            account: self.account.clone(),
            dedup_key,
            form,
            received_at: (self.wall)(),
            raw,
        };
        let account = self.account.clone();
        let answer = Box::new(move |outcome: Result<Vec<Journalled>, StoreError>| {
            let kept = outcome.map_err(|error| {
                tracing::warn!(account, %error, "a text is not kept: it is to be brought again");
            });
            told(kept.ok().and_then(|kept| kept.into_iter().next()));
        });
        self.store.inbound_put(vec![raw], answer)
    }

    /// The next parts to be sent.
    pub(super) async fn lease(
        &self,
        count: usize,
        number: impl Fn(&str) -> String,
    ) -> Result<Vec<Piece>, StoreError> {
        let (now, account) = ((self.wall)(), self.account.clone());
        let leased = self
            .store
            .answered(|store, answer| store.outbox_lease(now, account, count, answer))
            .await?;
        let mut pieces = Vec::new();
        for message in leased {
            match parts_of(&message, number(&message.to)) {
                Some(parts) => pieces.extend(parts),
                None => self.never(message.id).await?,
            }
        }
        Ok(pieces)
    }

    /// A message that no carrier could take.
    async fn never(&self, message: i64) -> Result<(), StoreError> {
        let part = PartId { message, number: 1 };
        if self.submitting(part, 1).await? {
            self.settle(part, PartOutcome::Rejected("unsendable".to_owned())).await?;
        }
        Ok(())
    }

    /// Whether a part is to be sent; it is marked then.
    pub(super) async fn submitting(&self, part: PartId, total: u8) -> Result<bool, StoreError> {
        let now = (self.wall)();
        let PartId { message, number } = part;
        self.store
            .answered(|store, answer| {
                store.outbox_submitting(now, message, (number, total), answer)
            })
            .await
    }

    pub(super) async fn settle(
        &self,
        part: PartId,
        outcome: PartOutcome,
    ) -> Result<SendState, StoreError> {
        let now = (self.wall)();
        let PartId { message, number } = part;
        self.store
            .answered(|store, answer| store.outbox_settle(now, message, number, outcome, answer))
            .await
    }

    /// The carrier answers, or does not. Nobody waits for it.
    pub(super) fn seen(&self, fault: Option<&'static str>) {
        let account = self.account.clone();
        let _ = self.store.account_seen((self.wall)(), account, fault, Box::new(|_| ()));
    }
}

/// The parts of a message that are still to go. `None`: it is too long.
fn parts_of(message: &LeasedMessage, recipient: String) -> Option<Vec<Piece>> {
    // The parts of two texts of one receiver are told apart by it.
    let reference = u16::try_from(message.id & 0xFF).unwrap_or_default();
    let carried = Carried::split(&message.text, reference, false).ok()?;
    let total = u8::try_from(carried.len()).ok()?;
    let is_gone = |number: u8| {
        let known = message.parts.iter().find(|part| part.number == number);
        known.is_some_and(|part| part.state != SendState::Queued)
    };
    let parts = (1..=total).zip(carried).filter(|(number, _)| !is_gone(*number));
    let piece = |(number, carried)| Piece {
        part: PartId { message: message.id, number },
        total,
        submission: Submission { recipient: recipient.clone(), carried },
    };
    Some(parts.map(piece).collect())
}
