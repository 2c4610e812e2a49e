//! Addresses of a header (RFC 5322 §3.4), by the grammar of the library, once the words in them are sound.

use super::{ADDRESS_BYTES_MAX, ADDRESSES_MAX, NAME_CHARS_MAX, words};
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, HeaderValue};
use std::fmt;

/// An address with the name that its owner gave himself. `Debug` masks both.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    /// As it was written, the domain in lower case: `zhang.san@example.com`.
    pub address: String,
    /// What stood before it; nobody has checked it.
    pub name: Option<String>,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.address))
    }
}

/// The first letter and the domain: `z***@example.com`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

/// Addresses of one header field, and whether one of the names is a guess.
pub(super) fn list(value: &[u8]) -> (Vec<Mailbox>, bool) {
    let recoded = words::recoded(value);
    let text = format!("{}\n", recoded.text);
    let mut mailboxes = Vec::new();
    match MessageStream::new(text.as_bytes()).parse_address() {
        HeaderValue::Address(Address::List(list)) => add(list, &mut mailboxes),
        HeaderValue::Address(Address::Group(groups)) => {
            groups.into_iter().for_each(|group| add(group.addresses, &mut mailboxes));
        }
        _ => {}
    }
    (mailboxes, recoded.suspect)
}

fn add(list: Vec<Addr<'_>>, to: &mut Vec<Mailbox>) {
    for found in list {
        if to.len() >= ADDRESSES_MAX {
            return;
        }
        let Some(address) = found.address.as_deref().and_then(address) else { continue };
        to.push(Mailbox { address, name: found.name.as_deref().and_then(name) });
    }
}

/// One address, or nothing where it cannot be one.
pub(super) fn address(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let (local, domain) = text.rsplit_once('@')?;
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == char::REPLACEMENT_CHARACTER;
    let is_sound = !local.is_empty()
        && !domain.is_empty()
        && text.len() <= ADDRESS_BYTES_MAX
        && !text.contains(is_odd)
        && !domain.contains(['<', '>', ',', ';', '"']);
    is_sound.then(|| format!("{local}@{}", domain.to_lowercase()))
}

fn name(text: &str) -> Option<String> {
    let text = super::shown(text, NAME_CHARS_MAX);
    let text = text.trim_matches(['"', '\'', ' ']);
    (!text.is_empty()).then(|| text.to_owned())
}
