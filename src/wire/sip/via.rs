//! One Via element (RFC 3261 §20.42, RFC 3581).

use super::lexis::{
    check_header_params, header_param, header_params, is_blank, is_token_byte, span, trim,
    trim_start, write_header_params,
};
use super::uri::{Params, host_port_of};
use crate::wire::WireError;
use std::borrow::Cow;
use std::fmt;

const MALFORMED: WireError = WireError::Malformed("Via");

/// `SIP/2.0/UDP host:port;branch=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS` or what the peer wrote, upper case.
    pub transport: String,
    /// Host of sent-by, IPv6 in brackets.
    pub host: String,
    /// Port of sent-by where one is written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport`, …
    pub params: Params,
}

impl Via {
    /// Reads one element.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let Parts { transport, sent_by, params } = Parts::of(text)?;
        let sent_by = joined(sent_by)?;
        let (host, port) = host_port_of(&sent_by)?;
        Ok(Self {
            transport: transport.to_ascii_uppercase(),
            host: host.to_owned(),
            port,
            params: header_params(params)?,
        })
    }

    /// Refuses what [`Self::parse`] refuses, and keeps nothing.
    pub(super) fn check(text: &str) -> Result<(), WireError> {
        let Parts { sent_by, params, .. } = Parts::of(text)?;
        // Mostly there are no blanks in it, and a blank fits nowhere.
        if host_port_of(sent_by).is_err() {
            host_port_of(&joined(sent_by)?)?;
        }
        check_header_params(params)
    }

    /// The branch of an element that is not kept.
    pub(super) fn branch_of(text: &str) -> Result<Option<Cow<'_, str>>, WireError> {
        header_param(Parts::of(text)?.params, "branch")
    }

    /// The branch where there is one.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }
}

/// One element taken apart.
struct Parts<'a> {
    transport: &'a str,
    sent_by: &'a str,
    params: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, WireError> {
        // RFC 3261 §25.1: SIP / 2.0 / UDP with blanks around each slash. The version is not
        // looked at, so that a request of another version can be answered 505.
        let text = trim(text);
        let (transport, rest) = match text.strip_prefix("SIP/2.0/") {
            Some(rest) => span(trim_start(rest), is_token_byte),
            None => behind_version(text)?,
        };
        let legal = !transport.is_empty() && rest.bytes().next().is_some_and(is_blank);
        if !legal {
            return Err(MALFORMED);
        }
        let (sent_by, params) = span(rest, |b| b != b';');
        Ok(Self { transport, sent_by: trim(sent_by), params })
    }
}

/// The transport, and what stands behind it, of an element that is not written in the usual way.
fn behind_version(text: &str) -> Result<(&str, &str), WireError> {
    let (name, rest) = span(text, is_token_byte);
    let (version, rest) = behind_slash(rest)?;
    if !name.eq_ignore_ascii_case("SIP") || version.is_empty() {
        return Err(MALFORMED);
    }
    behind_slash(rest)
}

/// The token behind a slash, and what stands behind the token.
fn behind_slash(text: &str) -> Result<(&str, &str), WireError> {
    let rest = trim_start(text).strip_prefix('/').ok_or(MALFORMED)?;
    Ok(span(trim_start(rest), is_token_byte))
}

/// Host and port without the blanks that may stand around the colon.
fn joined(sent_by: &str) -> Result<Cow<'_, str>, WireError> {
    if !sent_by.bytes().any(is_blank) {
        return Ok(Cow::Borrowed(sent_by));
    }
    // Blanks may stand beside the colon only: "a b:5060" is not "ab:5060".
    if sent_by.split(':').any(|part| trim(part).bytes().any(is_blank)) {
        return Err(MALFORMED);
    }
    Ok(Cow::Owned(sent_by.split(':').map(trim).collect::<Vec<_>>().join(":")))
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write_header_params(f, &self.params)
    }
}
