//! What the writer of a mail asks for: how a case stands, to withdraw it, no more notices, help.

use super::Arrived;
use crate::domain::message::mail::own_words;
use crate::domain::message::templates::ShortText;
use crate::domain::message::{Command, Named};
use crate::store::error::StoreError;
use crate::store::inbox::citizen::{self, Standing, id_of};
use crate::store::inbox::mail::around::is_party;
use crate::store::inbox::settle::SettledInbound;
use crate::store::inbox::text;
use crate::store::intake::{self, Desk};
use jiff::Timestamp;
use rusqlite::Connection;

impl Arrived<'_> {
    pub(super) fn command(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        command: Command,
    ) -> Result<SettledInbound, StoreError> {
        match command {
            Command::Query(named) => self.query(db, desk, now, named),
            Command::Withdraw(named) => self.withdraw(db, desk, now, named),
            Command::StopNotices => {
                citizen::stop_notices(db, now, self.known_by)?;
                self.answered(db, desk, now, (&ShortText::Stopped, "stopped"))
            }
            _ => self.answered(db, desk, now, (&ShortText::Help, "help")),
        }
    }

    /// How a case stands. Number and code are asked of anybody, the number alone from the address that its
    /// mail came from; what does not exist, is not his or is locked gives the same answer.
    fn query(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<SettledInbound, StoreError> {
        let found = self.find(db, desk, now, named)?;
        match Standing::of(db, desk, now, found)? {
            Some(standing) => self.answered(db, desk, now, (&standing.told(), "query")),
            None => self.answered(db, desk, now, (&ShortText::BadQuery, "query_unknown")),
        }
    }

    fn find(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<Option<i64>, StoreError> {
        match named {
            Named::Nothing => Ok(None),
            Named::Number(number) => {
                // An address can be forged; where the server says that it was, it proves nothing.
                let from = self.read.mail.from.as_deref();
                let from = from.filter(|_| !self.read.mail.traits.is_forged);
                let is_his = is_party(db, desk, number, from)?;
                if is_his { id_of(db, number).map(Some) } else { Ok(None) }
            }
            Named::WithCode(number, code) => {
                citizen::with_code(db, desk, now, (self.id, self.known_by), (number, code))
            }
        }
    }

    /// A matter is withdrawn only after a word with its citizen (T29): somebody can have his mailbox.
    fn withdraw(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<SettledInbound, StoreError> {
        let found = self.find(db, desk, now, named)?;
        let Some((id, number)) = citizen::withdrawable(db, desk, found)? else {
            return self.answered(db, desk, now, (&ShortText::BadQuery, "withdrawal_unknown"));
        };
        // What he quotes below may be as long as a mail.
        let said = own_words(&self.read.mail.text);
        let words = format!("（邮件要求撤回，待核实）{said}");
        text::supplement(db, desk, now, (id, &[self.id]), &words)?;
        intake::call_back(db, desk, now, id)?;
        self.reply(db, desk, now, (&ShortText::WithdrawAsked { case: number }, Some(id)))?;
        Ok(SettledInbound::Done)
    }

    /// Nothing is to be done but to answer.
    fn answered(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        (text, why): (&ShortText<'_>, &str),
    ) -> Result<SettledInbound, StoreError> {
        self.reply(db, desk, now, (text, None))?;
        self.done(db, now, why)
    }
}
