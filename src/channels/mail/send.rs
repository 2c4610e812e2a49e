//! Mails out of the store's outbox, one after the other: leased, marked before the first byte, handed over,
//! settled.

use super::{Handed, Letter, MailFault, SmtpAccount, StoreInbox, compose, submit};
use crate::domain::message::mail::templates::mail_page;
use crate::domain::message::mail::{House, MailHead, MailKey, MailKind, OwnId};
use crate::domain::message::{Class, TRIED_FOR};
use crate::store::{LeasedMessage, PartOutcome, StoreError};
use crate::units::CaseNumber;
use std::time::Duration;
use tokio::sync::watch;

/// Who mails are from.
#[derive(Debug, Clone)]
pub struct MailDesk {
    /// Our address.
    pub house: House,
    /// What stands before it: 邹城市社情民意受理中心.
    pub name: String,
    /// Seals what we write.
    pub key: MailKey,
}

/// Between looks into an empty outbox.
const LOOK: Duration = Duration::from_secs(1);
/// Tries after which a mail whose answer was lost is not sent once more. The first copy and the second have
/// one Message-ID, by which the receiver's server knows them for the same.
const UNKNOWN_TRIES_MAX: u32 = 2;

/// Sends what the outbox has for an account until it is told to end, between two mails. It may be dropped at
/// any await all the same: what was marked and not settled becomes uncertain.
pub async fn send(
    account: &SmtpAccount,
    desk: &MailDesk,
    store: &mut StoreInbox,
    ended: &mut watch::Receiver<()>,
) {
    use super::Inbox as _;
    // Whoever ends it drops the other side.
    while ended.has_changed().is_ok() {
        let (now, name) = (store.now(), store.account());
        let leased = store
            .ask("give a mail", |store, answer| store.outbox_lease(now, name, 1, answer))
            .await;
        let Some(message) = leased.unwrap_or_default().into_iter().next() else {
            let _ = tokio::time::timeout(LOOK, ended.changed()).await;
            continue;
        };
        let now = store.now();
        let may = store.ask("mark a mail", |store, answer| {
            store.outbox_submitting(now, message.id, (1, 1), answer)
        });
        if !matches!(may.await, Ok(true)) {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        let handed = hand_over(account, desk, &message).await;
        let fault = match &handed {
            Handed::Later(fault) => Some(fault.word()),
            _ => None,
        };
        store.seen(fault).await;
        settle(store, &message, handed).await;
    }
}

async fn hand_over(account: &SmtpAccount, desk: &MailDesk, message: &LeasedMessage) -> Handed {
    let letter = letter(desk, message);
    match compose(&letter) {
        Some(mail) => submit(account, &letter.head.envelope_from, &letter.to, &mail).await,
        None => Handed::Refused(553),
    }
}

fn letter(desk: &MailDesk, message: &LeasedMessage) -> Letter {
    let number = message.parameters.iter().find(|(name, _)| name == "case");
    let case = number.and_then(|(_, number)| CaseNumber::parse(number).ok());
    let own = OwnId { case, outbox: message.id };
    let kind = if message.class == Class::Receipt { MailKind::Receipt } else { MailKind::Notice };
    let subject = message.subject.clone().unwrap_or_default();
    Letter {
        head: MailHead::new(kind, own, &message.answers, &desk.house, &desk.key),
        from_name: desk.name.clone(),
        to: message.to.clone(),
        html: mail_page(&subject, &message.text),
        subject,
        text: message.text.clone(),
        // The same on every try, as the rest is.
        date: message.expires_at.saturating_sub(TRIED_FOR).unwrap_or(message.expires_at),
    }
}

async fn settle(store: &StoreInbox, message: &LeasedMessage, handed: Handed) {
    let outcome = match handed {
        Handed::Taken => PartOutcome::Submitted(None),
        Handed::Later(fault) => PartOutcome::Retry(fault.word(), None),
        Handed::Refused(code) => PartOutcome::Rejected(code.to_string()),
        Handed::Unknown if message.attempt < UNKNOWN_TRIES_MAX => {
            PartOutcome::Retry(MailFault::Silent.word(), None)
        }
        Handed::Unknown => PartOutcome::Uncertain("no answer"),
    };
    loop {
        let (now, told) = (store.now(), outcome.clone());
        let settled = store.ask("take what became of a mail", |store, answer| {
            store.outbox_settle(now, message.id, 1, told, answer)
        });
        match settled.await {
            Ok(_) => return,
            Err(StoreError::Unavailable) => tokio::time::sleep(LOOK).await,
            // Of this one mail, such as one whose case is damaged: it must not stop the rest.
            Err(error) => {
                tracing::error!(message = message.id, %error, "ALARM what became of a mail cannot be kept");
                return;
            }
        }
    }
}
