//! A new matter, and more about one that is known.

use super::Arrived;
use crate::domain::call::{Caller, IntakeKind, NewIntake};
use crate::domain::case::{
    Actor, Case, Erasure, Grade, REPLY_DAYS, Record, State, TEXT_CHARS_MAX, city_zone,
};
use crate::domain::message::mail::own_words;
use crate::domain::message::mail::templates::MailText;
use crate::domain::message::templates::ShortText;
use crate::store::case_file;
use crate::store::error::StoreError;
use crate::store::inbox::citizen::{self, id_of};
use crate::store::inbox::give_to_case;
use crate::store::inbox::settle::{SettledInbound, end};
use crate::store::inbox::text;
use crate::store::intake::{self, Desk, SYSTEM};
use crate::store::seal::is_sealed;
use crate::units::CaseNumber;
use jiff::Timestamp;
use rusqlite::Connection;

/// Files that are named with the words of a case; all of them stay in the mail.
const FILES_NAMED_MAX: usize = 10;
/// What [`own_words`] gives at most, in characters: longer words are taken whole.
const OWN_WORDS_CHARS: usize = 2_000;
/// Characters of a supplement; the mail has the rest.
const SUPPLEMENT_CHARS_MAX: usize = 5_000;
/// Room for what is said of a mail beside its words.
const NOTES_CHARS: usize = 1_500;

impl Arrived<'_> {
    /// A new matter, with its number to the sender where he may be told.
    pub(super) fn open(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        related: Option<CaseNumber>,
    ) -> Result<SettledInbound, StoreError> {
        let intake = NewIntake {
            key: format!("inbound:{}", self.id),
            kind: IntakeKind::Email,
            call: None,
            contact: None,
            mail: self.read.mail.from.clone(),
            caller: Caller { number: None, display: self.read.name.clone() },
            received_at: self.journal.received_at,
            recording: None,
            text: Some(self.words(related)),
            callback: false,
        };
        let opened = intake::open(db, desk, now, &intake, SYSTEM)?;
        give_to_case(db, &desk.vault, self.id, opened.case_id)?;
        end(db, now, self.id, ("done", "case"))?;
        let words = format!("{}\n{}", self.read.mail.subject, self.read.mail.text);
        self.warn_of_danger(db, desk, now, (opened.case_id, &words))?;
        if let Some((case, code)) = opened.number.zip(opened.code) {
            let due = case_file::load(db, &desk.vault, opened.case_id)?.due.map(|due| due.on);
            let received = self.journal.received_at.to_zoned(city_zone()).datetime();
            let days = u8::try_from(REPLY_DAYS).unwrap_or(u8::MAX);
            if let Some(due) = due {
                let receipt = MailText::Ack { case, code, received, days, due };
                self.acknowledge(db, desk, now, (&receipt, case, opened.case_id))?;
            }
        }
        Ok(SettledInbound::Done)
    }

    /// More about a case. One that is over takes no more: nobody would see it there.
    pub(super) fn supplement(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        number: CaseNumber,
    ) -> Result<SettledInbound, StoreError> {
        let Some(id) = self.takes_more(db, desk, number)? else {
            return self.open(db, desk, now, Some(number));
        };
        let words = own_words(&self.read.mail.text);
        let whole = words.chars().count() >= OWN_WORDS_CHARS;
        let words = if whole || words.is_empty() { self.read.mail.text.clone() } else { words };
        let told = self.with_files(&cut(words.trim(), SUPPLEMENT_CHARS_MAX));
        text::supplement(db, desk, now, (id, &[self.id]), &told)?;
        self.warn_of_danger(db, desk, now, (id, &words))?;
        Ok(SettledInbound::Done)
    }

    /// Who writes of an emergency is told whom to call, before anything else; a person is to call him. What
    /// he is told of a case under seal belongs to none.
    fn warn_of_danger(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        (case_id, words): (i64, &str),
    ) -> Result<(), StoreError> {
        if !citizen::in_danger(db, desk, now, (case_id, words))? {
            return Ok(());
        }
        let shown = !is_sealed(&case_file::load(db, &desk.vault, case_id)?);
        self.reply(db, desk, now, (&ShortText::Emergency, shown.then_some(case_id)))
    }

    /// The same once more while his case is open: whoever is at work on it sees that he asks (催办).
    pub(super) fn remind(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        number: CaseNumber,
    ) -> Result<SettledInbound, StoreError> {
        let id = id_of(db, number)?;
        let words = format!("（来信催办，内容与此前来信相同）{}", self.read.mail.subject);
        text::supplement(db, desk, now, (id, &[self.id]), &words)?;
        let said = format!("{}\n{}", self.read.mail.subject, self.read.mail.text);
        self.warn_of_danger(db, desk, now, (id, &said))?;
        Ok(SettledInbound::Done)
    }

    /// The row of a case that still takes more: itself, or the one that it was merged into.
    fn takes_more(
        &self,
        db: &Connection,
        desk: &Desk,
        number: CaseNumber,
    ) -> Result<Option<i64>, StoreError> {
        let Some((id, case)) = found(db, desk, number)? else { return Ok(None) };
        match case.merged_into {
            Some(into) => {
                let into = found(db, desk, into)?;
                Ok(into.filter(|(_, case)| is_written_to(case)).map(|(id, _)| id))
            }
            None => Ok(is_written_to(&case).then_some(id)),
        }
    }

    /// His word on an answer; where the case takes none any more it is more about it.
    pub(super) fn rate(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        (number, grade, remark): (CaseNumber, Grade, &str),
    ) -> Result<SettledInbound, StoreError> {
        let case = id_of(db, number)?;
        if !citizen::rate(db, desk, now, case, grade)? {
            return self.supplement(db, desk, now, number);
        }
        if remark.is_empty() {
            give_to_case(db, &desk.vault, self.id, case)?;
        } else {
            text::supplement(db, desk, now, (case, &[self.id]), remark)?;
        }
        self.reply(db, desk, now, (&ShortText::SurveyThanks, Some(case)))?;
        self.done(db, now, "rated")
    }

    /// His name is kept from the unit from now on (要求保密).
    pub(super) fn confidential(
        &self,
        db: &Connection,
        desk: &mut Desk,
        now: Timestamp,
        number: CaseNumber,
    ) -> Result<SettledInbound, StoreError> {
        let Some(id) = self.takes_more(db, desk, number)? else {
            return self.open(db, desk, now, Some(number));
        };
        let loaded = case_file::load(db, &desk.vault, id)?;
        if !loaded.work.secrecy {
            let asked = Record::SecrecyAsked { wanted: true, by: Actor::system().signature() };
            intake::record_on(db, desk, now, id, &[asked.into()], SYSTEM)?;
        }
        give_to_case(db, &desk.vault, self.id, id)?;
        self.done(db, now, "confidential")
    }

    /// What the case keeps of the mail as its words.
    fn words(&self, related: Option<CaseNumber>) -> String {
        let mail = &self.read.mail;
        let mut words = String::new();
        if self.read.suspect {
            words.push_str("（原文有无法辨认之处，请核对）\n");
        }
        if let Some(number) = related {
            words.push_str(&format!("（来信提到编号{number}，可能与该事项相关，请核对）\n"));
        }
        if !mail.subject.is_empty() {
            words.push_str(&format!("主题：{}\n", mail.subject));
        }
        words.push_str(&cut(mail.text.trim(), TEXT_CHARS_MAX - NOTES_CHARS));
        self.with_files(words.trim())
    }

    /// Words with the names of the files that came with them.
    fn with_files(&self, words: &str) -> String {
        let files = &self.read.files;
        let mut words = words.to_owned();
        if !files.is_empty() {
            let name = |file: &crate::store::MailFile| {
                let name = file.name.as_deref().unwrap_or("未命名");
                name.chars().take(60).collect::<String>()
            };
            let named: Vec<String> = files.iter().take(FILES_NAMED_MAX).map(name).collect();
            let rest = if files.len() > named.len() { "等" } else { "" };
            let count = files.len();
            words.push_str(&format!("\n（附件{count}个：{}{rest}）", named.join("、")));
        }
        if self.read.limited {
            words.push_str("\n（邮件超出读取限度，其余见原件）");
        }
        words.trim_start().to_owned()
    }
}

/// A case takes what its citizen writes while it is open, and under seal, where only its keeper reads it.
fn is_written_to(case: &Case) -> bool {
    let is_erased = case.work.erased == Some(Erasure::Everything);
    let state = case.state;
    !is_erased && (state == Some(State::Sealed) || state.is_some_and(State::is_open))
}

fn found(
    db: &Connection,
    desk: &Desk,
    number: CaseNumber,
) -> Result<Option<(i64, Case)>, StoreError> {
    match id_of(db, number) {
        Ok(id) => Ok(Some((id, case_file::load(db, &desk.vault, id)?))),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn cut(words: &str, chars_max: usize) -> String {
    if words.chars().count() <= chars_max {
        return words.to_owned();
    }
    let kept: String = words.chars().take(chars_max).collect();
    format!("{kept}……（原文较长，其余见原件）")
}
