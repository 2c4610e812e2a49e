//! What a unit is told of its orders, in the transaction of what happened to the case.

use super::sweep::end_one;
use super::{Letter, NewMessage, party, put};
use crate::domain::case::{Case, CaseEvent, Given, PostTold, State, local_day};
use crate::domain::directory::Directory;
use crate::domain::message::{
    Class, Medium, SendState, UnitNews, UnitNotice, accused, asks_secrecy, is_pressing,
    leaves_unit, others_told, unit_news,
};
use crate::domain::voice_call::VoiceKind;
use crate::store::directory;
use crate::store::error::{StoreError, unless_damaged};
use crate::store::intake::Desk;
use crate::store::read_call::all;
use crate::store::voice_notice;
use crate::units::PhoneNumber;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Puts the notices of these events to the units of the case into the box, where units are told at all;
/// `case` is the one after all of them, `last` the last of them in the chain. Of a case under seal, or
/// proposed for it, no unit is told anything.
pub(in crate::store) fn tell_unit(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (case_id, last): (i64, i64),
    (case, events): (&Case, &[CaseEvent]),
) -> Result<(), StoreError> {
    let (leaves, secret) = (leaves_unit(events), asks_secrecy(events));
    let taken_back = match leaves || secret {
        true => take_back(db, desk, now, (case_id, leaves))?,
        false => vec![],
    };
    for unit in accused(events) {
        take_back_from(db, desk, now, (case_id, unit))?;
    }
    let rules = &desk.messages;
    let is_told = rules.units_sms_account.is_some()
        || rules.units_mail_account.is_some()
        || rules.voice.is_on();
    if !is_told || case.told_state() == Some(State::Sealed) {
        return Ok(());
    }
    let again = if leaves { vec![] } else { taken_back };
    let scene = Scene { db, desk, now, case_id, last, case };
    if let Some(unit) = case.unit.as_deref() {
        scene.tell_handler(unit, unit_news(events), &again)?;
    }
    scene.tell_others(others_told(case, events), &again)
}

/// What happened to which case.
#[derive(Clone, Copy)]
struct Scene<'a> {
    db: &'a Connection,
    desk: &'a Desk,
    now: Timestamp,
    case_id: i64,
    /// The last of the events in the chain.
    last: i64,
    case: &'a Case,
}

impl<'a> Scene<'a> {
    /// Whom a unit is told by; `None`: its directory cannot be read.
    fn to(self, unit: &'a str) -> Result<Option<Tell<'a>>, StoreError> {
        let Self { db, desk, now, case_id, case, .. } = self;
        let directory = directory_of(db, now, unit)?;
        let whom = String::new();
        Ok(directory.map(|directory| Tell { db, desk, now, case_id, case, unit, directory, whom }))
    }

    /// The unit that handles the case; `again`: what was taken back and tells less from now on.
    fn tell_handler(
        self,
        unit: &'a str,
        news: Vec<UnitNews>,
        again: &[String],
    ) -> Result<(), StoreError> {
        if news.is_empty() && again.is_empty() {
            return Ok(());
        }
        let Some(mut tell) = self.to(unit)? else { return Ok(()) };
        let Self { db, desk, now, case_id, last, case } = self;
        for (at, UnitNews { notice, told, whom }) in news.into_iter().enumerate() {
            let key = format!("unit/{case_id}/{last}/{at}");
            tell.whom = whom;
            tell.texts(&key, notice, &told)?;
            if let Some(kind) = voice_of(notice).filter(|_| desk.messages.voice.is_on()) {
                voice_notice::put(db, now, (unit, kind), (case_id, is_pressing(case)))?;
            }
            tell.mail(&key, notice)?;
        }
        tell.again(&format!("unit/{case_id}/{last}/secret"), UnitNotice::Order, again)
    }

    /// The units that help, or are to read it.
    fn tell_others(
        self,
        told: Vec<(UnitNotice, String)>,
        again: &[String],
    ) -> Result<(), StoreError> {
        let Self { case_id, last, case, .. } = self;
        for (at, (notice, unit)) in told.iter().enumerate() {
            let Some(tell) = self.to(unit)? else { continue };
            let key = format!("other/{case_id}/{last}/{at}");
            tell.texts(&key, *notice, &[])?;
            tell.mail(&key, *notice)?;
        }
        let helpers = case.work.helpers.iter().map(|unit| (UnitNotice::Help, unit));
        let readers = case.work.readers.keys().map(|unit| (UnitNotice::Read, unit));
        for (at, (notice, unit)) in helpers.chain(readers).enumerate() {
            let (text, mail) = notice.templates();
            if !again.iter().any(|told| told == text || Some(told.as_str()) == mail) {
                continue;
            }
            let Some(tell) = self.to(unit)? else { continue };
            tell.again(&format!("other/{case_id}/{last}/secret{at}"), notice, again)?;
        }
        Ok(())
    }
}

/// The messages that tell a unit what a case is about.
const TELLING: &str = "'S19', 'M9', 'S30', 'M11', 'S31', 'M12'";

/// Withdraws what still waits to be told to the unit of a case: everything where it is out of it, else what
/// tells of the matter; gives of which texts and mails that was. What a carrier is being handed goes.
fn take_back(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (case_id, everything): (i64, bool),
) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT id, template FROM outbox
         WHERE case_id = ?1 AND class = ?2 AND state = 'queued' AND leased_until IS NULL
           AND (?3 OR template IN ({TELLING}))"
    );
    let of = params![case_id, Class::Order.as_str(), everything];
    let waiting: Vec<(i64, String)> = all(db, &sql, of, |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, _) in &waiting {
        end_one(db, desk, now, *id, SendState::Withdrawn)?;
    }
    Ok(waiting.into_iter().map(|(_, template)| template).collect())
}

/// Withdraws what still waits to be told to one unit of a case, by its own telephone and address.
fn take_back_from(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (case_id, unit): (i64, &str),
) -> Result<(), StoreError> {
    let Some(directory) = directory_of(db, now, unit)? else { return Ok(()) };
    let phones = directory.notice_phones(unit, &[]);
    let phones = phones.iter().map(PhoneNumber::as_str);
    for to in phones.chain(directory.notice_mail(unit)) {
        let sql = "SELECT id FROM outbox WHERE case_id = ?1 AND class = ?2 AND party = ?3
                       AND state = 'queued' AND leased_until IS NULL";
        let of = params![case_id, Class::Order.as_str(), party(&desk.vault, to)];
        let waiting: Vec<i64> = all(db, sql, of, |row| row.get(0))?;
        for id in waiting {
            end_one(db, desk, now, id, SendState::Withdrawn)?;
        }
    }
    Ok(())
}

/// Where a unit is told. A damaged row of the directory keeps no case from going on.
fn directory_of(
    db: &Connection,
    now: Timestamp,
    unit: &str,
) -> Result<Option<Directory>, StoreError> {
    unless_damaged(directory::of_unit(db, local_day(now), unit), |error| {
        tracing::error!(unit, %error, "ALARM the directory cannot be read back: a unit is not told");
    })
}

/// What is told by telephone too.
fn voice_of(notice: UnitNotice) -> Option<VoiceKind> {
    match notice {
        UnitNotice::Warn => Some(VoiceKind::Due),
        UnitNotice::Overdue => Some(VoiceKind::Overdue),
        UnitNotice::Order | UnitNotice::Remind | UnitNotice::Help | UnitNotice::Read => None,
    }
}

/// A unit that did not confirm the notice by telephone is told by text.
pub(in crate::store) fn remind_unit(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (notice, case_id): (i64, i64),
    case: &Case,
) -> Result<(), StoreError> {
    let Some(unit) = case.unit.as_deref() else { return Ok(()) };
    let Some(directory) = directory_of(db, now, unit)? else { return Ok(()) };
    let whom = case.work.warnings.last().map(Given::whom).unwrap_or_default();
    let tell = Tell { db, desk, now, case_id, case, unit, directory, whom };
    tell.texts(&format!("voice/{notice}/{case_id}"), UnitNotice::Remind, &[])
}

/// Who is told of which case.
struct Tell<'a> {
    db: &'a Connection,
    desk: &'a Desk,
    now: Timestamp,
    case_id: i64,
    case: &'a Case,
    unit: &'a str,
    directory: Directory,
    /// Whom of its posts a warning names, in words.
    whom: String,
}

impl Tell<'_> {
    /// One to each telephone of the unit, and of these persons of it.
    fn texts(&self, key: &str, notice: UnitNotice, told: &[PostTold]) -> Result<(), StoreError> {
        for (nth, phone) in self.directory.notice_phones(self.unit, told).iter().enumerate() {
            self.text(format!("{key}/{nth}"), notice, phone)?;
        }
        Ok(())
    }

    /// What was taken back, anew.
    fn again(&self, key: &str, notice: UnitNotice, taken: &[String]) -> Result<(), StoreError> {
        let (text, mail) = notice.templates();
        if taken.iter().any(|told| told == text) {
            self.texts(key, notice, &[])?;
        }
        if taken.iter().any(|told| Some(told.as_str()) == mail) {
            self.mail(key, notice)?;
        }
        Ok(())
    }

    fn text(
        &self,
        idem_key: String,
        notice: UnitNotice,
        phone: &PhoneNumber,
    ) -> Result<(), StoreError> {
        let Some(account) = self.desk.messages.units_sms_account.as_deref() else { return Ok(()) };
        let Some(written) = notice.written(self.case, self.now, &self.whom) else { return Ok(()) };
        let template = written.template.code();
        let letter = Letter::of(phone, written);
        self.put((idem_key, Medium::Sms), account, template, letter)
    }

    /// Its mail, where it has one.
    fn mail(&self, key: &str, notice: UnitNotice) -> Result<(), StoreError> {
        let Some(account) = self.desk.messages.units_mail_account.as_deref() else { return Ok(()) };
        let Some(to) = self.directory.notice_mail(self.unit) else { return Ok(()) };
        let name = self.directory.unit_name(self.unit).unwrap_or_default();
        let Some(written) = notice.mail(self.case, &name) else { return Ok(()) };
        let template = written.template.template().code;
        let key = (format!("{key}/mail"), Medium::Mail);
        self.put(key, account, template, Letter::notice(to, written))
    }

    fn put(
        &self,
        (idem_key, medium): (String, Medium),
        account: &str,
        template: &'static str,
        letter: Letter,
    ) -> Result<(), StoreError> {
        let new = NewMessage {
            idem_key,
            medium,
            account,
            template,
            class: Class::Order,
            urgent: is_pressing(self.case),
            letter,
            case_id: Some(self.case_id),
            answers: None,
        };
        put(self.db, &self.desk.vault, self.now, &new).map(drop)
    }
}
