//! What a unit is told of its orders, in the transaction of what happened to the case.

use super::sweep::end_one;
use super::{Letter, NewMessage, put};
use crate::domain::case::{Case, CaseEvent, State, local_day};
use crate::domain::directory::Directory;
use crate::domain::message::{
    Class, Medium, SendState, UnitNotice, asks_secrecy, is_pressing, leaves_unit, order_mail,
    unit_notices,
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

/// Puts the notices of these events to the unit of the case into the box, where units are told at all;
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
    let rules = &desk.messages;
    let is_told = rules.units_sms_account.is_some()
        || rules.units_mail_account.is_some()
        || rules.voice.is_on();
    let Some(unit) = case.unit.as_deref().filter(|_| is_told) else { return Ok(()) };
    let notices = unit_notices(events);
    let again = if leaves { vec![] } else { taken_back };
    if notices.is_empty() && again.is_empty() || case.told_state() == Some(State::Sealed) {
        return Ok(());
    }
    let Some(directory) = directory_of(db, now, unit)? else { return Ok(()) };
    let tell = Tell { db, desk, now, case_id, case, unit, directory };
    for (at, (notice, levels)) in notices.into_iter().enumerate() {
        let key = format!("unit/{case_id}/{last}/{at}");
        for (nth, phone) in tell.directory.notice_phones(unit, &levels).iter().enumerate() {
            tell.text(format!("{key}/{nth}"), notice, phone)?;
        }
        if let Some(kind) = voice_of(notice).filter(|_| rules.voice.is_on()) {
            voice_notice::put(db, now, (unit, kind), (case_id, is_pressing(case)))?;
        }
        if notice == UnitNotice::Order {
            tell.mail(format!("{key}/mail"))?;
        }
    }
    let key = format!("unit/{case_id}/{last}/secret");
    if again.iter().any(|template| template == ORDER_TEXT) {
        for (nth, phone) in tell.directory.notice_phones(unit, &[]).iter().enumerate() {
            tell.text(format!("{key}/{nth}"), UnitNotice::Order, phone)?;
        }
    }
    if again.iter().any(|template| template == ORDER_MAIL) {
        tell.mail(format!("{key}/mail"))?;
    }
    Ok(())
}

/// The messages that tell a unit what a case is about.
const ORDER_TEXT: &str = "S19";
const ORDER_MAIL: &str = "M9";

/// Withdraws what still waits to be told to the unit of a case: everything where it is out of it, else what
/// tells of the matter; gives of which texts and mails that was. What a carrier is being handed goes.
fn take_back(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (case_id, everything): (i64, bool),
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id, template FROM outbox
               WHERE case_id = ?1 AND class = ?2 AND state = 'queued' AND leased_until IS NULL
                 AND (?3 OR template IN (?4, ?5))";
    let of = params![case_id, Class::Order.as_str(), everything, ORDER_TEXT, ORDER_MAIL];
    let waiting: Vec<(i64, String)> = all(db, sql, of, |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, _) in &waiting {
        end_one(db, desk, now, *id, SendState::Withdrawn)?;
    }
    Ok(waiting.into_iter().map(|(_, template)| template).collect())
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
        UnitNotice::Order | UnitNotice::Remind => None,
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
    let tell = Tell { db, desk, now, case_id, case, unit, directory };
    for (nth, phone) in tell.directory.notice_phones(unit, &[]).iter().enumerate() {
        let key = format!("voice/{notice}/{case_id}/{nth}");
        tell.text(key, UnitNotice::Remind, phone)?;
    }
    Ok(())
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
}

impl Tell<'_> {
    fn text(
        &self,
        idem_key: String,
        notice: UnitNotice,
        phone: &PhoneNumber,
    ) -> Result<(), StoreError> {
        let Some(account) = self.desk.messages.units_sms_account.as_deref() else { return Ok(()) };
        let Some(written) = notice.written(self.case, self.now) else { return Ok(()) };
        let template = written.template.code();
        let letter = Letter::of(phone, written);
        self.put((idem_key, Medium::Sms), account, template, letter)
    }

    fn mail(&self, idem_key: String) -> Result<(), StoreError> {
        let Some(account) = self.desk.messages.units_mail_account.as_deref() else { return Ok(()) };
        let Some(to) = self.directory.notice_mail(self.unit) else { return Ok(()) };
        let name = self.directory.unit_name(self.unit).unwrap_or_default();
        let Some(written) = order_mail(self.case, &name) else { return Ok(()) };
        let template = written.template.template().code;
        self.put((idem_key, Medium::Mail), account, template, Letter::notice(to, written))
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
