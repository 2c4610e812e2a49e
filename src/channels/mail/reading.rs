//! A mail as the rules are given it.

use super::MAIL_FORM;
use crate::domain::message::mail::{Delivered, Incoming, Reference, Traits};
use crate::store::{InboundMail, MailFile, Parsed, Waiting};
use crate::wire::mime::{Action, Attachment, Mail, Mailbox, Verdict};
use ring::digest::{SHA256, digest};

/// Reads a mail of the journal; `None` for a form of others. Verdicts are believed of `authserv_id`, the
/// mailbox's own server, alone.
#[must_use]
pub fn parsed(message: &Waiting, raw: &[u8], authserv_id: Option<&str>) -> Option<Parsed> {
    if message.form != MAIL_FORM {
        return None;
    }
    let mail = Mail::read(raw, authserv_id);
    Some(Parsed::Mail(Box::new(InboundMail {
        mail: incoming(&mail),
        name: mail.from.first().and_then(|from| from.name.clone()),
        reference: Reference {
            message_id: mail.message_id.clone(),
            references: mail.references.clone(),
        },
        files: mail.attachments.iter().map(|file| described(file, raw)).collect(),
        suspect: mail.suspect,
        limited: mail.limited,
    })))
}

fn described(file: &Attachment, raw: &[u8]) -> MailFile {
    let sha256 = digest(&SHA256, &file.bytes(raw));
    MailFile {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: u64::try_from(file.size).unwrap_or(u64::MAX),
        sha256: sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// What is known of a mail, in the words of the rules.
#[must_use]
pub fn incoming(mail: &Mail) -> Incoming {
    let addresses =
        |list: &[Mailbox]| list.iter().map(|one| one.address.clone()).collect::<Vec<_>>();
    let signals = &mail.signals;
    let newest_first = mail.references.iter().rev().cloned();
    let did = |action: Action| {
        let deliveries = mail.report.iter().flat_map(|report| &report.deliveries);
        deliveries.into_iter().find(move |delivery| delivery.action == action)
    };
    let report =
        mail.report.as_ref().filter(|report| signals.is_report && !report.deliveries.is_empty());
    let arrived = [Action::Delivered, Action::Relayed, Action::Expanded];
    Incoming {
        from: mail.from.first().map(|from| from.address.clone()),
        reply_to: addresses(&mail.reply_to),
        recipients: [&mail.to, &mail.cc, &mail.delivered_to]
            .into_iter()
            .flat_map(|list| addresses(list))
            .collect(),
        answers: mail.in_reply_to.iter().cloned().chain(newest_first).collect(),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        attachments: mail.attachments.len(),
        traits: Traits {
            auto_submitted: signals.auto_submitted.clone(),
            precedence: signals.precedence.clone(),
            is_list: signals.is_list,
            suppress: signals.auto_response_suppress.clone(),
            is_autoreply: signals.is_autoreply,
            has_null_path: signals.return_path.as_deref() == Some(""),
            is_report: signals.is_report,
            has_failed_recipients: !signals.failed_recipients.is_empty(),
            is_spam: signals.spam == Some(true),
            is_forged: signals.authentication.dmarc == Some(Verdict::Fail),
        },
        encloses: mail.report.as_ref().and_then(|report| report.original_id.clone()),
        report: report.is_some().then(|| Delivered {
            failed: did(Action::Failed).is_some(),
            delivered: arrived.into_iter().any(|action| did(action).is_some()),
            status: did(Action::Failed).and_then(|delivery| delivery.status.clone()),
        }),
    }
}
