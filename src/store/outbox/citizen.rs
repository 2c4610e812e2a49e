//! What a citizen is told of his case, in the transaction of what happened to it.

use super::{Letter, NewMessage, party, put};
use crate::domain::case::{Case, CaseEvent};
use crate::domain::message::mail::Reference;
use crate::domain::message::{
    CitizenText, Class, MailSite, Medium, SendState, UnitTold, citizen_texts,
};
use crate::store::error::StoreError;
use crate::store::inbox::answered_mail;
use crate::store::intake::Desk;
use crate::units::PhoneNumber;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// How long an address that sent a mail of ours back is written no more about cases.
const BAD_ADDRESS_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Puts what is told of these events into the box: by mail for a citizen who wrote one and whose address
/// takes ours, by text for one with a mobile telephone; where neither goes out, nothing. `case` is the one
/// after all of them, `last` the last of them in the chain.
///
/// Under seal the one neutral message is sent, and it belongs to no case: a list of messages is no place to
/// find it.
pub(in crate::store) fn tell_citizen(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (case_id, last): (i64, i64),
    (case, events): (&Case, &[CaseEvent]),
) -> Result<(), StoreError> {
    let Some(way) = way(db, desk, now, case)? else { return Ok(()) };
    let unit = told_unit(db, desk, now, case)?;
    let is_sealed = crate::store::seal::is_sealed(case);
    for (at, text) in citizen_texts(case, events, (&unit, now)).iter().enumerate() {
        if is_sealed && !text.is_neutral() {
            continue;
        }
        let Some((template, letter)) = way.letter(db, desk, (case_id, case, is_sealed), text)?
        else {
            continue;
        };
        let new = NewMessage {
            idem_key: format!("case/{case_id}/{last}/{at}/{template}"),
            medium: way.medium(),
            account: way.account(),
            template,
            class: Class::Answer,
            urgent: false,
            letter,
            case_id: (!is_sealed).then_some(case_id),
            answers: None,
        };
        put(db, &desk.vault, now, &new)?;
    }
    Ok(())
}

/// How a citizen is told.
enum Way<'a> {
    Text { account: &'a str, to: &'a PhoneNumber },
    Mail { account: &'a str, site: &'a MailSite, to: &'a str },
}

/// How the citizen of a case is told; `None`: not at all.
fn way<'a>(
    db: &Connection,
    desk: &'a Desk,
    now: Timestamp,
    case: &'a Case,
) -> Result<Option<Way<'a>>, StoreError> {
    let rules = &desk.messages;
    let account = rules.mail_account.as_deref();
    let site = account.and_then(|account| Some((account, rules.mail.get(account)?)));
    if let (Some((account, site)), Some(to)) = (site, case.private.mail.as_deref())
        && !is_own(to, site)
        && takes_mails(db, desk, now, to)?
    {
        return Ok(Some(Way::Mail { account, site, to }));
    }
    let account = rules.sms_account.as_deref();
    let to = case.private.contact.as_ref().filter(|contact| contact.is_mobile());
    Ok(account.zip(to).map(|(account, to)| Way::Text { account, to }))
}

/// What is sent to ourselves comes back as a mail.
fn is_own(to: &str, site: &MailSite) -> bool {
    site.house.is_own_address(to)
}

/// Whether the last mail to an address that anything was heard of arrived, as far as is known. One that was
/// given up because our own server was away for a day says nothing of the address.
fn takes_mails(db: &Connection, desk: &Desk, now: Timestamp, to: &str) -> Result<bool, StoreError> {
    let sql = "SELECT state FROM outbox o
               WHERE party = ?1 AND created_at > ?2 AND medium = 'mail'
                   AND (state IN ('delivered', 'undelivered') OR state = 'failed' AND EXISTS (
                       SELECT 1 FROM outbox_part p WHERE p.outbox = o.id AND p.state = 'failed'))
               ORDER BY id DESC LIMIT 1";
    let from = now.saturating_sub(BAD_ADDRESS_FOR).unwrap_or(now).as_millisecond();
    let values = params![party(&desk.vault, to), from];
    let last: Option<String> =
        db.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    Ok(last.is_none_or(|state| state == SendState::Delivered.as_str()))
}

impl Way<'_> {
    fn medium(&self) -> Medium {
        match self {
            Self::Text { .. } => Medium::Sms,
            Self::Mail { .. } => Medium::Mail,
        }
    }

    fn account(&self) -> &str {
        match self {
            Self::Text { account, .. } | Self::Mail { account, .. } => account,
        }
    }

    /// What is sent, under the name of its template; nothing where the case lacks what it says.
    fn letter(
        &self,
        db: &Connection,
        desk: &Desk,
        (case_id, case, is_sealed): (i64, &Case, bool),
        text: &CitizenText<'_>,
    ) -> Result<Option<(&'static str, Letter)>, StoreError> {
        let signature = &desk.messages.signature;
        match self {
            Self::Text { to, .. } => {
                let written = text.written(|text| text.write(signature));
                Ok(written.map(|written| (written.template.code(), Letter::of(to, written))))
            }
            Self::Mail { site, to, .. } => {
                let Some(mail) = text.mail(&site.desk, signature) else { return Ok(None) };
                // Of a case under seal nothing tells to which mail it belongs.
                let answers = match is_sealed {
                    true => Reference::default(),
                    false => answered_mail(db, &desk.vault, case_id)?,
                };
                let number = case.number.filter(|_| !is_sealed);
                let words = (mail.subject, mail.text);
                let letter = Letter::mail((*to).to_owned(), number, words, answers);
                Ok(Some((mail.template, letter)))
            }
        }
    }
}

fn told_unit(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    case: &Case,
) -> Result<UnitTold, StoreError> {
    let Some(unit) = &case.unit else { return Ok(UnitTold::default()) };
    let name = desk.unit_name(db, now, unit)?;
    let phone: Option<PhoneNumber> = desk.unit_phones.get(unit).cloned();
    Ok(UnitTold { name, phone })
}
