//! The answer to a mail, by the mailbox that it came by, where one may be given at all.

use super::Arrived;
use crate::domain::message::mail::templates::{MailText, in_a_mail};
use crate::domain::message::mail::{MailAround, may_acknowledge};
use crate::domain::message::templates::ShortText;
use crate::domain::message::{Class, Medium};
use crate::store::error::StoreError;
use crate::store::intake::Desk;
use crate::store::outbox::{self, Letter, NewMessage};
use crate::units::CaseNumber;
use jiff::Timestamp;
use rusqlite::Connection;

impl Arrived<'_> {
    /// The receipt with number and code.
    pub(super) fn acknowledge(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        (receipt, case, case_id): (&MailText<'_>, CaseNumber, i64),
    ) -> Result<(), StoreError> {
        let to = match may_acknowledge(&self.read.mail, &self.site.house, self.around) {
            Ok(to) => to,
            Err(why) => {
                tracing::info!(message = self.id, ?why, "a mail is taken without a receipt");
                return Ok(());
            }
        };
        let written = receipt.write(&self.site.desk);
        let template = written.template.template().code;
        let words = (written.subject, written.text);
        let letter = Letter::mail(to, Some(case), words, self.read.reference.clone());
        self.put(db, desk, now, (template, letter, Some(case_id)))
    }

    /// Any other answer. Machines get none, and neither does anybody more than his share in an hour.
    pub(super) fn reply(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        (text, case_id): (&ShortText<'_>, Option<i64>),
    ) -> Result<(), StoreError> {
        let marks_only = MailAround::default();
        let Ok(to) = may_acknowledge(&self.read.mail, &self.site.house, &marks_only) else {
            return Ok(());
        };
        let short = text.write(&desk.messages.signature);
        let words = in_a_mail(&short, &self.site.desk);
        let letter = Letter::mail(to, None, words, self.read.reference.clone());
        self.put(db, desk, now, (short.template.code(), letter, case_id))
    }

    fn put(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        (template, letter, case_id): (&'static str, Letter, Option<i64>),
    ) -> Result<(), StoreError> {
        let new = NewMessage {
            idem_key: format!("inbound/{}/{template}", self.id),
            medium: Medium::Mail,
            account: &self.journal.account,
            template,
            class: Class::Receipt,
            urgent: false,
            letter,
            case_id,
            answers: Some(self.id),
        };
        outbox::put(db, &desk.vault, now, &new).map(drop)
    }
}
