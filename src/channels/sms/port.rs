//! What a modem's channel asks of the store. Each call waits for its commit.

use super::international;
use crate::domain::message::{Class, Medium, SendState};
use crate::store::{
    Answer, Journalled, LeasedMessage, PartOutcome, RawInbound, StoreError, StoreHandle,
};
use crate::wire::sms::{CmsError, Destination, Refused, Submit, Validity, split};
use jiff::Timestamp;
use std::time::Duration;

/// How long the centre keeps trying: a day, as long as the store does.
const VALIDITY_MINUTES: u32 = 24 * 60;
/// How long an answer of the store is waited for; it waits for a disk.
const ANSWER: Duration = Duration::from_secs(30);

/// A message that waits to be sent, or a part of one, and the how-manieth attempt this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId {
    /// The row of the message.
    pub message: i64,
    /// From 1 to `total`.
    pub number: u8,
    /// Parts of the message.
    pub total: u8,
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
    /// Before others that wait: somebody sits before his telephone.
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

impl Settled {
    /// What an error of the modem means for a text.
    #[must_use]
    pub fn of_error(error: CmsError) -> Self {
        match error.refused() {
            Refused::ForGood => Self::Rejected(error),
            Refused::ForNow => Self::Retry(Some(error)),
            Refused::Unclear => Self::Uncertain,
        }
    }
}

/// The store cannot commit now: whatever came stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// The store, as one account of short messages sees it.
pub trait Ports {
    /// Keeps what came, under the name of how it is read; what is known already is vouched for again.
    ///
    /// # Errors
    /// Nothing was kept.
    fn put(
        &mut self,
        at: Timestamp,
        form: &'static str,
        dedup_key: [u8; 32],
        raw: Vec<u8>,
    ) -> Result<Journalled, Unavailable>;

    /// Takes the next message that this account is to send: those of its parts that are still to go.
    ///
    /// # Errors
    /// None was taken.
    fn lease(&mut self, at: Timestamp) -> Result<Vec<Part>, Unavailable>;

    /// From now on nobody but the channel can tell whether this part went out. `false`: it must not.
    ///
    /// # Errors
    /// It must not be sent.
    fn submitting(&mut self, at: Timestamp, id: PartId) -> Result<bool, Unavailable>;

    /// Says what became of it.
    ///
    /// # Errors
    /// It must be said again.
    fn settle(&mut self, at: Timestamp, id: PartId, settled: Settled) -> Result<(), Unavailable>;

    /// The modem answered, or did not, with the fault in a word that is listed.
    fn seen(&mut self, at: Timestamp, fault: Option<&'static str>);
}

/// The real store.
#[derive(Clone)]
pub struct StorePorts {
    store: StoreHandle,
    account: String,
}

impl StorePorts {
    /// For this account of the configuration.
    #[must_use]
    pub fn new(store: StoreHandle, account: String) -> Self {
        Self { store, account }
    }

    /// Asks, and waits for the answer.
    fn ask<T: Send + 'static>(
        &self,
        what: &str,
        ask: impl FnOnce(&StoreHandle, Answer<T>) -> bool,
    ) -> Result<T, Unavailable> {
        self.store.wait(ANSWER, ask).map_err(|error| {
            tracing::warn!(account = self.account, %error, "the store did not {what}: tried again");
            Unavailable
        })
    }

    /// The parts of a message that are still to go; what can never be sent is settled.
    fn parts(&mut self, at: Timestamp, message: &LeasedMessage) -> Result<Vec<Part>, Unavailable> {
        let destination = Destination::number(&international(&message.to));
        // The parts of two texts of one receiver are told apart by it.
        let reference = (message.id & 0xFF).unsigned_abs();
        let reference = u16::try_from(reference).unwrap_or_default();
        let data = split(&message.text, reference, false).ok();
        let id =
            |number, total| PartId { message: message.id, number, total, attempt: message.attempt };
        let (Some(destination), Some(data)) = (destination, data) else {
            self.reject(at, id(1, 1), "unsendable")?;
            return Ok(Vec::new());
        };
        let total = u8::try_from(data.len()).unwrap_or(u8::MAX);
        let gone = |number: &u8| {
            let known = message.parts.iter().find(|part| part.number == *number);
            known.is_some_and(|part| part.state != SendState::Queued)
        };
        let parts = (1..=total).zip(data).filter(|(number, _)| !gone(number));
        let part = |(number, data)| {
            let (destination, wants_report) = (destination.clone(), true);
            let validity = Validity::of_minutes(VALIDITY_MINUTES);
            let submit = Submit { destination, wants_report, validity, data };
            let is_urgent = matches!(message.class, Class::Secret | Class::Receipt);
            Part { id: id(number, total), submit, is_urgent }
        };
        Ok(parts.map(part).collect())
    }

    fn reject(&mut self, at: Timestamp, id: PartId, code: &str) -> Result<(), Unavailable> {
        if self.submitting(at, id)? {
            self.outcome(at, id, PartOutcome::Rejected(code.to_owned()))?;
        }
        Ok(())
    }

    fn outcome(&self, at: Timestamp, id: PartId, told: PartOutcome) -> Result<(), Unavailable> {
        let settled = self.store.wait(ANSWER, |store, answer| {
            store.outbox_settle(at, id.message, id.number, told, answer)
        });
        match settled {
            Ok(_) => Ok(()),
            Err(StoreError::Unavailable) => {
                let account = &self.account;
                tracing::warn!(account, "the store did not take what became of a text: told again");
                Err(Unavailable)
            }
            // Of this one text, such as one from before a backup was put back: it must not stop the rest.
            Err(error) => {
                let (account, message) = (&self.account, id.message);
                tracing::error!(account, message, %error, "ALARM what became of a text cannot be kept");
                Ok(())
            }
        }
    }
}

impl Ports for StorePorts {
    fn put(
        &mut self,
        at: Timestamp,
        form: &'static str,
        dedup_key: [u8; 32],
        raw: Vec<u8>,
    ) -> Result<Journalled, Unavailable> {
        let account = self.account.clone();
        let raw =
            RawInbound { medium: Medium::Sms, account, dedup_key, form, received_at: at, raw };
        let kept = self.ask("keep a text", |store, answer| store.inbound_put(vec![raw], answer))?;
        kept.into_iter().next().ok_or(Unavailable)
    }

    fn lease(&mut self, at: Timestamp) -> Result<Vec<Part>, Unavailable> {
        let account = self.account.clone();
        let leased =
            self.ask("give a text", |store, answer| store.outbox_lease(at, account, 1, answer))?;
        leased.first().map_or(Ok(Vec::new()), |message| self.parts(at, message))
    }

    fn submitting(&mut self, at: Timestamp, id: PartId) -> Result<bool, Unavailable> {
        self.ask("mark a text", |store, answer| {
            store.outbox_submitting(at, id.message, (id.number, id.total), answer)
        })
    }

    fn settle(&mut self, at: Timestamp, id: PartId, settled: Settled) -> Result<(), Unavailable> {
        let told = match settled {
            Settled::Submitted { reference } => {
                PartOutcome::Submitted(reference.map(reference_name))
            }
            Settled::Retry(error) => PartOutcome::Retry(error.map_or("modem", |_| "network"), None),
            Settled::Rejected(error) => PartOutcome::Rejected(format!("CMS {}", error.0)),
            Settled::Uncertain => PartOutcome::Uncertain("no answer"),
        };
        self.outcome(at, id, told)
    }

    fn seen(&mut self, at: Timestamp, fault: Option<&'static str>) {
        let account = self.account.clone();
        // Nobody waits for it: the next look tells it again.
        let _ = self.store.account_seen(at, account, fault, Box::new(|_| ()));
    }
}

/// What a modem calls a text, as the store keeps it. It is below 256, and the letters keep it from being
/// taken for the hexadecimal form of another.
#[must_use]
pub fn reference_name(reference: u8) -> String {
    format!("mr-{reference}")
}
