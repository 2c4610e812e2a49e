//! What a leader is told of a day.

use super::{Letter, NewMessage, put};
use crate::domain::message::mail::templates::WrittenMail;
use crate::domain::message::templates::Written;
use crate::domain::message::{Class, Medium};
use crate::store::error::StoreError;
use crate::store::intake::Desk;
use crate::store::recording::hex;
use crate::units::PhoneNumber;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

/// A message to a leader that is ready to be put into the box.
#[derive(Debug)]
pub(in crate::store) struct LeaderMessage {
    /// Which leader, as the directory knows him.
    leader: String,
    template: &'static str,
    letter: Letter,
}

impl LeaderMessage {
    pub(in crate::store) fn text(leader: String, to: &PhoneNumber, written: Written) -> Self {
        let template = written.template.code();
        Self { leader, template, letter: Letter::of(to, written) }
    }

    pub(in crate::store) fn mail(leader: String, to: &str, written: WrittenMail) -> Self {
        let template = written.template.template().code;
        Self { leader, template, letter: Letter::notice(to, written) }
    }

    /// By which way it goes.
    pub(in crate::store) fn medium(&self) -> Medium {
        if self.letter.subject.is_some() { Medium::Mail } else { Medium::Sms }
    }
}

/// Puts it into the box; once for a day, a leader and a text, however often it is told.
pub(in crate::store) fn tell_leader(
    db: &Connection,
    desk: &Desk,
    now: Timestamp,
    (day, account): (Date, &str),
    message: &LeaderMessage,
) -> Result<(), StoreError> {
    let LeaderMessage { leader, template, letter } = message;
    // The key is stored in clear: a leader's name is nothing for it.
    let who = hex(&desk.vault.message_hash("leader", &[leader.as_bytes()]));
    let who = who.get(..16).unwrap_or_default();
    let new = NewMessage {
        idem_key: format!("digest/{day}/{who}/{template}"),
        medium: message.medium(),
        account,
        template,
        class: Class::Order,
        urgent: false,
        letter: letter.clone(),
        case_id: None,
        answers: None,
    };
    put(db, &desk.vault, now, &new).map(drop)
}
