//! What a citizen is told of his case, in the transaction of what happened to it.

use super::{Letter, NewMessage, put};
use crate::domain::case::{Case, CaseEvent};
use crate::domain::message::{Class, Medium, UnitTold, citizen_texts};
use crate::store::error::StoreError;
use crate::store::intake::Desk;
use crate::units::PhoneNumber;
use jiff::Timestamp;
use rusqlite::Connection;

/// Puts the texts of these events into the box, for a citizen with a mobile telephone and where texts go
/// out at all; `case` is the one after all of them, `last` the last of them in the chain.
///
/// Under seal the one neutral text is sent, and it belongs to no case: a list of messages is no place to
/// find it.
pub(in crate::store) fn tell_citizen(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (case_id, last): (i64, i64),
    (case, events): (&Case, &[CaseEvent]),
) -> Result<(), StoreError> {
    let Some(account) = desk.messages.sms_account.as_deref() else { return Ok(()) };
    let contact = case.private.contact.as_ref().filter(|contact| contact.is_mobile());
    let Some(contact) = contact else { return Ok(()) };
    let unit = told_unit(db, desk, now, case)?;
    let is_sealed = crate::store::seal::is_sealed(case);
    for (at, text) in citizen_texts(case, events, (&unit, now)).iter().enumerate() {
        if is_sealed && !text.is_neutral() {
            continue;
        }
        let written = text.written(|text| text.write(&desk.messages.signature));
        let Some(written) = written else { continue };
        let template = written.template.code();
        let new = NewMessage {
            idem_key: format!("case/{case_id}/{last}/{at}/{template}"),
            medium: Medium::Sms,
            account,
            template,
            class: Class::Answer,
            urgent: false,
            letter: Letter::of(contact, written),
            case_id: (!is_sealed).then_some(case_id),
            answers: None,
        };
        put(db, &desk.vault, now, &new)?;
    }
    Ok(())
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
