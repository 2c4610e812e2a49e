//! One Via element (RFC 3261 §20.42, RFC 3581).

use super::lexis::{header_params, is_blank, is_token, trim, write_header_params};
use super::uri::{Params, host_port_of};
use crate::wire::WireError;
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
        // RFC 3261 §25.1: SIP / 2.0 / UDP with blanks around each slash. The version is not
        // looked at, so that a request of another version can be answered 505.
        let mut parts = trim(text).splitn(3, '/');
        let name = trim(parts.next().ok_or(MALFORMED)?);
        let version = trim(parts.next().ok_or(MALFORMED)?);
        let rest = trim(parts.next().ok_or(MALFORMED)?);
        if !name.eq_ignore_ascii_case("SIP") || !is_token(version) {
            return Err(MALFORMED);
        }
        let (transport, rest) = rest.split_once(is_blank).ok_or(MALFORMED)?;
        if !is_token(transport) {
            return Err(MALFORMED);
        }
        let at = rest.find(';').unwrap_or(rest.len());
        let (sent_by, params) = rest.split_at_checked(at).ok_or(MALFORMED)?;
        let (host, port) = sent_by_of(trim(sent_by))?;
        let transport = transport.to_ascii_uppercase();
        Ok(Self { transport, host, port, params: header_params(params)? })
    }

    /// The branch where there is one.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }
}

/// Host and port, blanks around the colon allowed.
fn sent_by_of(text: &str) -> Result<(String, Option<u16>), WireError> {
    let (host, port) = if text.contains(is_blank) {
        let joined: String = text.split(is_blank).collect();
        // Blanks may stand beside the colon only: "a b:5060" is not "ab:5060".
        if text.split(':').any(|part| trim(part).contains(is_blank)) {
            return Err(MALFORMED);
        }
        host_port_of(&joined).map(|(host, port)| (host.to_owned(), port))?
    } else {
        host_port_of(text).map(|(host, port)| (host.to_owned(), port))?
    };
    Ok((host, port))
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
