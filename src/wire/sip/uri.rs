//! SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); other schemes are kept as text.

use crate::wire::WireError;
use std::fmt;

/// The scheme of a [`Uri`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UriScheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`; the number stands in [`Uri::user`].
    Tel,
    /// Any other; the rest stands in [`Uri::user`] unparsed.
    Other(String),
}

/// `;name=value` pairs in order, values unescaped only of their quotes; a flag has no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Params(pub Vec<(String, Option<String>)>);

impl Params {
    /// The value of a parameter by its case-insensitive name; a flag gives `Some("")`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1.as_deref().unwrap_or(""))
    }

    /// Sets or replaces a parameter.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        match self.0.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some(pair) => pair.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }
}

/// An address of record or contact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    /// The scheme.
    pub scheme: UriScheme,
    /// The part before `@`, escapes kept as sent; for tel: the number.
    pub user: Option<String>,
    /// Host name or address, IPv6 in brackets; empty for tel:.
    pub host: String,
    /// The port where one is written.
    pub port: Option<u16>,
    /// `;transport=udp;lr` and the like.
    pub params: Params,
    /// Everything after `?`, as sent.
    pub headers: Option<String>,
}

impl Uri {
    /// Reads a URI without angle brackets.
    pub fn parse(_text: &str) -> Result<Self, WireError> {
        todo!()
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
