//! One Via element (RFC 3261 §20.42, RFC 3581).

use super::uri::Params;
use crate::wire::WireError;
use std::fmt;

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
    pub fn parse(_text: &str) -> Result<Self, WireError> {
        todo!()
    }

    /// The branch where there is one.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }
}

impl fmt::Display for Via {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
