//! `"Display name" <uri>;params` of From, To, Contact, Route, P-Asserted-Identity and friends.

use super::lexis::{
    check_header_params, collect_list, cut, elements, header_params, quoted, trim,
    write_header_params, write_quoted,
};
use super::uri::{Params, Uri};
use crate::wire::WireError;
use std::borrow::Cow;
use std::fmt;

const MALFORMED: WireError = WireError::Malformed("address");

/// One name-addr or addr-spec with its header parameters (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes and escapes.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Header parameters, `tag` among them; without brackets every parameter is one.
    pub params: Params,
}

impl NameAddr {
    /// Reads one element.
    ///
    /// ```
    /// use mayorline::wire::sip::NameAddr;
    /// let from = NameAddr::parse("\"王\" <tel:+8619900000017>;tag=a1")?;
    /// assert_eq!((from.display.as_deref(), from.tag()), (Some("王"), Some("a1")));
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let Parts { display, uri, params } = Parts::of(text)?;
        let display = display.map(Cow::into_owned);
        Ok(Self { display, uri: Uri::parse(uri)?, params: header_params(params)? })
    }

    /// Refuses what [`Self::parse`] refuses, and keeps nothing.
    pub(super) fn check(text: &str) -> Result<(), WireError> {
        let Parts { uri, params, .. } = Parts::of(text)?;
        Uri::check(uri)?;
        check_header_params(params)
    }

    /// Reads a comma list; commas inside quotes and brackets do not split.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, WireError> {
        collect_list(elements(text).map(Self::parse))
    }

    /// The `tag` parameter.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }
}

/// One element taken apart.
struct Parts<'a> {
    display: Option<Cow<'a, str>>,
    uri: &'a str,
    params: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, WireError> {
        let text = trim(text);
        let (display, rest) = if text.starts_with('"') {
            let (display, rest) = quoted(text).ok_or(MALFORMED)?;
            (Some(display), trim(rest))
        } else {
            match text.find('<').and_then(|at| text.split_at_checked(at)) {
                Some((display, rest)) => (bare_display(trim(display))?, rest),
                None => return Self::bare(text),
            }
        };
        let (uri, params) =
            rest.strip_prefix('<').and_then(|rest| cut(rest, b'>')).ok_or(MALFORMED)?;
        Ok(Self { display, uri, params })
    }

    /// An addr-spec without angle brackets.
    fn bare(text: &'a str) -> Result<Self, WireError> {
        let at = text.find(';').unwrap_or(text.len());
        let (uri, params) = text.split_at_checked(at).ok_or(MALFORMED)?;
        // RFC 3261 §20: if the URI contains a comma, question mark or semicolon, it MUST be
        // enclosed in angle brackets.
        if uri.contains(['?', ',']) {
            return Err(MALFORMED);
        }
        Ok(Self { display: None, uri: trim(uri), params })
    }
}

/// Words before `<`. More than tokens is taken (carriers send bare Chinese), but nothing that
/// would read differently elsewhere.
fn bare_display(text: &str) -> Result<Option<Cow<'_, str>>, WireError> {
    if text.contains([',', ';', ':', '"', '>', '\r', '\n']) {
        return Err(MALFORMED);
    }
    Ok((!text.is_empty()).then_some(Cow::Borrowed(text)))
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write_quoted(f, display)?;
            f.write_str(" ")?;
        }
        write!(f, "<{}>", self.uri)?;
        write_header_params(f, &self.params)
    }
}
