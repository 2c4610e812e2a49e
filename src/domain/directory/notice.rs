//! Whom notices to a unit or a leader go to: numbers and addresses of the directory that are never
//! published.

use super::people::Leader;
use super::record::Directory;
use crate::domain::case::{PostTold, codec};
use crate::units::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Numbers that one notice of a unit goes to at most, the unit's own first.
pub const NOTICE_PHONES_MAX: usize = 4;

/// Longest address, in bytes (RFC 5321 §4.5.3.1.3).
const ADDRESS_BYTES_MAX: usize = 254;

/// Where notices go. `Debug` tells neither.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeTo {
    /// The mobile telephone that is told by text.
    #[serde(rename = "notice_phone", default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "codec::maybe")]
    pub phone: Option<PhoneNumber>,
    /// The address that is told by mail.
    #[serde(rename = "notice_mail", default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
}

impl fmt::Debug for NoticeTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |has: bool| if has { "***" } else { "-" };
        write!(f, "NoticeTo({}, {})", of(self.phone.is_some()), of(self.mail.is_some()))
    }
}

/// Whether a mail can be sent there: one plain address, without a name beside it.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !r#"()<>[]:;@\,""#.contains(c);
    let Some((local, domain)) = text.split_once('@') else { return false };
    let dotted = domain.split('.').all(|label| !label.is_empty()) && domain.contains('.');
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.len() <= ADDRESS_BYTES_MAX
        && !local.is_empty()
        && local.chars().all(plain)
        && dotted
        && domain.chars().all(named)
}

impl Directory {
    /// Where a unit is told. A town handles no case, so it is told nothing.
    pub(super) fn unit_notice(&self, id: &str) -> Option<&NoticeTo> {
        self.units.iter().find(|unit| unit.id == id).map(|unit| &unit.notice)
    }

    /// The telephones that a notice to a unit goes to by text: its own, then those of these persons of it;
    /// each once, at most [`NOTICE_PHONES_MAX`].
    #[must_use]
    pub fn notice_phones(&self, unit: &str, told: &[PostTold]) -> Vec<PhoneNumber> {
        let own = self.unit_notice(unit).and_then(|notice| notice.phone.clone());
        let of_unit = told.iter().filter(|one| one.unit == unit);
        let mut phones: Vec<PhoneNumber> = vec![];
        for phone in own.into_iter().chain(of_unit.filter_map(|one| self.phone_of(one))) {
            if !phones.contains(&phone) && phones.len() < NOTICE_PHONES_MAX {
                phones.push(phone);
            }
        }
        phones
    }

    /// The address that a unit is told by.
    #[must_use]
    pub fn notice_mail(&self, unit: &str) -> Option<&str> {
        self.unit_notice(unit).and_then(|notice| notice.mail.as_deref())
    }

    /// The leaders that can be told of something.
    pub fn told_leaders(&self) -> impl Iterator<Item = &Leader> {
        self.leaders
            .iter()
            .filter(|leader| leader.notice.phone.is_some() || leader.notice.mail.is_some())
    }
}
