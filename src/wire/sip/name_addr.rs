//! `"Display name" <uri>;params` of From, To, Contact, Route, P-Asserted-Identity and friends.

use super::uri::{Params, Uri};
use crate::wire::WireError;
use std::fmt;

/// One name-addr or addr-spec with its header parameters (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes and escapes.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Header parameters, `tag` among them; in an addr-spec without brackets every parameter is one.
    pub params: Params,
}

impl NameAddr {
    /// Reads one element.
    pub fn parse(_text: &str) -> Result<Self, WireError> {
        todo!()
    }

    /// Reads a comma list; commas inside quotes and brackets do not split.
    pub fn parse_list(_text: &str) -> Result<Vec<Self>, WireError> {
        todo!()
    }

    /// The `tag` parameter.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
