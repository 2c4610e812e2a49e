//! What the writer of a mail asks for: how a case stands, to withdraw it, no more notices, help.

use super::Arrived;
use crate::domain::message::templates::ShortText;
use crate::domain::message::{Command, Named, status_words};
use crate::store::case_file;
use crate::store::error::StoreError;
use crate::store::guard::{self, Verdict as Guarded};
use crate::store::inbox::mail::around::is_party;
use crate::store::inbox::settle::SettledInbound;
use crate::store::inbox::text::{self, answer_of, id_of};
use crate::store::intake::{self, Desk};
use crate::store::lookup;
use crate::store::recording::hex;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::sync::PoisonError;

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
                let sql = "INSERT OR IGNORE INTO notices_stopped VALUES (?1, ?2)";
                let values = params![self.known_by, now.as_millisecond()];
                db.prepare_cached(sql)?.execute(values)?;
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
        let status = match found {
            Some(id) => case_file::load(db, &desk.vault, id)?.status(now, None),
            None => None,
        };
        let Some(status) = status else {
            return self.answered(db, desk, now, (&ShortText::BadQuery, "query_unknown"));
        };
        let unit = match &status.unit {
            Some(unit) => desk.unit_name(db, now, unit)?,
            None => None,
        };
        let words = status_words(&status);
        let text = answer_of(&status, &words, unit.as_deref());
        self.answered(db, desk, now, (&text, "query"))
    }

    fn find(
        &self,
        db: &Connection,
        desk: &Desk,
        now: Timestamp,
        named: Named,
    ) -> Result<Option<i64>, StoreError> {
        let (number, code) = match named {
            Named::Nothing => return Ok(None),
            Named::Number(number) => {
                // An address can be forged; where the server says that it was, it proves nothing.
                let from = self.read.mail.from.as_deref();
                let from = from.filter(|_| !self.read.mail.traits.is_forged);
                let is_his = is_party(db, desk, number, from)?;
                return if is_his { id_of(db, number).map(Some) } else { Ok(None) };
            }
            Named::WithCode(number, code) => (number, code),
        };
        let found = lookup::find(db, &desk.vault, number, code)?;
        let mut guard = desk.guard.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = guard.judge(number, Some(&hex(self.known_by)), found.is_some(), now);
        drop(guard);
        let (Guarded::Right(tallies) | Guarded::Wrong(tallies)) = &judged else { return Ok(None) };
        guard::put(db, tallies, now)?;
        Ok(found.filter(|_| matches!(judged, Guarded::Right(_))))
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
        let open = match found {
            Some(id) => {
                let case = case_file::load(db, &desk.vault, id)?;
                let number = case.told_state().filter(|state| state.is_open()).and(case.number);
                number.map(|number| (id, number))
            }
            None => None,
        };
        let Some((id, number)) = open else {
            return self.answered(db, desk, now, (&ShortText::BadQuery, "withdrawal_unknown"));
        };
        let said = self.read.mail.text.trim();
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
