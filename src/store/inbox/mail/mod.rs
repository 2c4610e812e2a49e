//! What a mail asks for is done, in the transaction that takes it out of the journal: its case, its answer
//! and the end of its row stand or fall together.
//!
//! * `around`: what the store knows around a mail; `about`: what is kept beside it.
//! * `case`: a new matter, more about one; `command`: what its writer asks for; `bounce`: what became of a
//!   mail of ours; `reply`: the answer.

mod about;
mod around;
mod bounce;
mod case;
mod command;
mod reply;

pub use about::CaseMailFile;
pub(in crate::store) use about::answered_mail;

use super::settle::{Journal, SettledInbound, end, hold};
use super::{InboundMail, key_of, owner};
use crate::domain::message::mail::{MailAround, MailKey, MailVerdict, judge_mail, subject_once};
use crate::domain::message::{Command, MailSite};
use crate::store::error::StoreError;
use crate::store::handle::StoreHandle;
use crate::store::intake::Desk;
use crate::store::outbox::party;
use crate::store::recording::hex;
use crate::store::vault::Vault;
use crate::store::work::{Answer, Kind};
use around::around;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// What seals our Message-IDs and return addresses: of the keys of the data folder, so the same for ever.
fn mail_key(vault: &Vault) -> MailKey {
    let secret = vault.message_hash("mail key", &[]);
    let mut key = [0; 32];
    for (byte, of) in key.iter_mut().zip(secret) {
        *byte = of;
    }
    MailKey::new(&key)
}

impl StoreHandle {
    /// What seals the Message-IDs and return addresses of our mails.
    #[must_use]
    pub fn mail_key(&self, answer: Answer<MailKey>) -> bool {
        self.ask(Kind::Asked, answer, |_, desk| Ok(mail_key(&desk.vault)))
    }
}

/// A mail with what is known of it.
struct Arrived<'a> {
    /// Its row in the journal.
    id: i64,
    journal: &'a Journal,
    read: &'a InboundMail,
    /// The mailbox it came by.
    site: &'a MailSite,
    /// Keyed hash of who sent it.
    known_by: &'a [u8],
    around: &'a MailAround,
}

/// Does what a mail asks for.
pub(super) fn take(
    db: &Connection,
    desk: &mut Desk,
    now: Timestamp,
    (id, journal): (i64, &Journal),
    read: &InboundMail,
) -> Result<SettledInbound, StoreError> {
    // The mailbox may have gone out of the configuration since.
    let Some(site) = desk.messages.mail.get(&journal.account).cloned() else {
        hold(db, now, id, "account")?;
        return Ok(SettledInbound::Held);
    };
    let known_by = match &read.mail.from {
        Some(from) => party(&desk.vault, from),
        None => desk.vault.message_hash("sender", &[b"nobody"]),
    };
    let said = said(&desk.vault, &known_by, read);
    let wrote = wrote(&desk.vault, &known_by, read);
    let sql = "UPDATE inbound SET sender = ?2, words = ?3, about = ?4 WHERE id = ?1";
    let about = about::sealed(db, &desk.vault, id, (read, &wrote))?;
    db.prepare_cached(sql)?.execute(params![id, known_by, said, about])?;
    let key = mail_key(&desk.vault);
    let around = around(db, desk, (id, journal), (read, &key), (&known_by, &said, &wrote))?;
    let verdict = judge_mail(&read.mail, &site.house, &key, &around);
    let arrived = Arrived { id, journal, read, site: &site, known_by: &known_by, around: &around };
    arrived.obey(db, desk, now, verdict)
}

/// The same mail again, by whichever way it came; some programs give all their mails one Message-ID, so its
/// words count too.
fn said(vault: &Vault, known_by: &[u8], read: &InboundMail) -> Vec<u8> {
    let id = read.reference.message_id.as_deref().unwrap_or_default();
    let (subject, text) = (&read.mail.subject, &read.mail.text);
    let parts = [known_by, id.as_bytes(), subject.as_bytes(), text.as_bytes()];
    vault.message_hash("mail", &parts)
}

/// The same words once more, in a mail of its own.
fn wrote(vault: &Vault, known_by: &[u8], read: &InboundMail) -> String {
    let subject = subject_once(&read.mail.subject);
    let parts = [known_by, subject.as_bytes(), read.mail.text.trim().as_bytes()];
    hex(&vault.message_hash("mail again", &parts))
}

impl Arrived<'_> {
    fn obey(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        verdict: MailVerdict,
    ) -> Result<SettledInbound, StoreError> {
        match verdict {
            MailVerdict::Copy => self.ignore(db, now, "copy"),
            MailVerdict::Nothing(why) => self.ignore(db, now, why),
            MailVerdict::Hold(why) => self.hold(db, now, why),
            MailVerdict::Bounced { outbox, status } => {
                self.bounced(db, desk, now, (outbox, status.as_deref()))
            }
            MailVerdict::Arrived { outbox } => self.arrived(db, desk, now, outbox),
            MailVerdict::Open { related } => self.open(db, desk, now, related),
            MailVerdict::Supplement(number) => self.supplement(db, desk, now, number),
            MailVerdict::Remind(number) => self.remind(db, desk, now, number),
            MailVerdict::Rate(number, grade, remark) => {
                self.rate(db, desk, now, (number, grade, remark.as_str()))
            }
            MailVerdict::Confidential(number) => self.confidential(db, desk, now, number),
            MailVerdict::Query(named) => self.command(db, desk, now, Command::Query(named)),
            MailVerdict::Withdraw(named) => self.command(db, desk, now, Command::Withdraw(named)),
            MailVerdict::StopNotices => self.command(db, desk, now, Command::StopNotices),
            MailVerdict::Help => self.command(db, desk, now, Command::Help),
        }
    }

    fn hold(
        &self,
        db: &Connection,
        now: Timestamp,
        why: &str,
    ) -> Result<SettledInbound, StoreError> {
        hold(db, now, self.id, why)?;
        Ok(SettledInbound::Held)
    }

    fn ignore(
        &self,
        db: &Connection,
        now: Timestamp,
        why: &str,
    ) -> Result<SettledInbound, StoreError> {
        end(db, now, self.id, ("ignored", why))?;
        Ok(SettledInbound::Ignored)
    }

    fn done(
        &self,
        db: &Connection,
        now: Timestamp,
        why: &str,
    ) -> Result<SettledInbound, StoreError> {
        end(db, now, self.id, ("done", why))?;
        Ok(SettledInbound::Done)
    }
}
