//! Header fields over `rsip`'s model: its enum holds the values, its `Display` prints them.

use super::lexis::{collect_list, decimal, elements, is_blank, is_token, one_line, span, trim};
use super::limits::LIST_ELEMENTS_MAX;
use super::{Method, NameAddr, Via};
use crate::wire::WireError;
use rsip::headers::UntypedHeader as _;
use std::borrow::Cow;

/// Header fields in the order they stand, over `rsip`'s model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headers(pub rsip::Headers);

/// The sequence number of a request with its method (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31.
    pub number: u32,
    /// The method it counts.
    pub method: Method,
}

/// The highest CSeq number (RFC 3261 §8.1.1.5: less than 2^31).
const CSEQ_MAX: u64 = (1 << 31) - 1;

impl Headers {
    /// The unfolded values of all fields of that (long, case-insensitive) name, one per line sent.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let wanted = Name::of(name);
        self.0.iter().filter(move |header| wanted.is_of(header)).map(|header| field(header).1)
    }

    /// The first field of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let wanted = Name::of(name);
        self.0.iter().find(|header| wanted.is_of(header)).map(|header| field(header).1)
    }

    /// All fields in order: name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(field)
    }

    /// Appends a field. Line ends inside the value become blanks.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        let value = match one_line(&value) {
            Cow::Borrowed(_) => value,
            Cow::Owned(clean) => clean,
        };
        self.push_line(&one_line(name), value);
    }

    /// Appends a field that holds no line end.
    pub(super) fn push_line(&mut self, name: &str, value: impl Into<String>) {
        self.0.push(build(name, value.into()));
    }

    /// Replaces every field of that name by one, which takes the place of the first.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let mut new = Some(build(&one_line(name), one_line(&value.into()).into_owned()));
        for header in self.0.iter_mut().filter(|h| field(h).0.eq_ignore_ascii_case(name)) {
            match new.take() {
                Some(first) => *header = first,
                None => *header = rsip::Header::Other(String::new(), String::new()),
            }
        }
        match new {
            Some(first) => self.0.push(first),
            None => self.0.retain(|h| !field(h).0.is_empty()),
        }
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|h| !field(h).0.eq_ignore_ascii_case(name));
    }

    /// The topmost Via.
    pub fn top_via(&self) -> Result<Via, WireError> {
        Via::parse(elements(self.required("Via")?).next().ok_or(WireError::Missing("Via"))?)
    }

    /// All Via elements, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, WireError> {
        collect_list(self.values("Via").flat_map(elements).map(Via::parse))
    }

    /// Whether every Via element can be read, without keeping any: requests come with many.
    pub(super) fn check_vias(&self) -> Result<(), WireError> {
        let mut count = 0;
        for via in self.values("Via").flat_map(elements) {
            Via::check(via)?;
            count += 1;
            if count > LIST_ELEMENTS_MAX {
                return Err(WireError::TooLarge("header list"));
            }
        }
        Ok(())
    }

    /// From, with its tag.
    pub fn from(&self) -> Result<NameAddr, WireError> {
        NameAddr::parse(self.required("From")?)
    }

    /// To, with its tag where the dialog has one.
    pub fn to(&self) -> Result<NameAddr, WireError> {
        NameAddr::parse(self.required("To")?)
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&str, WireError> {
        let value = self.required("Call-ID")?;
        if value.is_empty() || value.bytes().any(is_blank) {
            return Err(WireError::Malformed("Call-ID"));
        }
        Ok(value)
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq, WireError> {
        const MALFORMED: WireError = WireError::Malformed("CSeq");
        let (digits, method) = span(self.required("CSeq")?, |b| !is_blank(b));
        let number = decimal(digits, CSEQ_MAX).and_then(|n| u32::try_from(n).ok());
        let method = trim(method);
        if !is_token(method) {
            return Err(MALFORMED);
        }
        Ok(CSeq { number: number.ok_or(MALFORMED)?, method: Method::from_token(method) })
    }

    /// All Contact elements; `*` gives an empty list.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, WireError> {
        if self.get("Contact").is_some_and(|value| value == "*") {
            return match self.values("Contact").count() {
                1 => Ok(Vec::new()),
                _ => Err(WireError::Malformed("Contact")),
            };
        }
        self.routes("Contact")
    }

    /// Route or Record-Route elements in order.
    pub fn routes(&self, name: &str) -> Result<Vec<NameAddr>, WireError> {
        collect_list(self.values(name).flat_map(elements).map(NameAddr::parse))
    }

    /// The elements of a comma-list header (Require, Supported, Allow, Accept …) as sent.
    pub fn tokens<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).flat_map(elements)
    }

    /// A decimal header value such as Max-Forwards or Expires; parameters behind `;` are ignored.
    pub fn number(&self, name: &str) -> Result<Option<u32>, WireError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let digits = value.split([';', '(']).next().map_or("", trim);
        let number = decimal(digits, u64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok());
        number.map(Some).ok_or(WireError::Malformed("number"))
    }

    fn required(&self, name: &'static str) -> Result<&str, WireError> {
        self.get(name).ok_or(WireError::Missing(name))
    }
}

/// A name to look for. A known one is a variant of `rsip`'s enum, so that a scan over many fields
/// compares no text.
struct Name<'a> {
    variant: std::mem::Discriminant<rsip::Header>,
    other: Option<&'a str>,
}

impl<'a> Name<'a> {
    fn of(name: &'a str) -> Self {
        let sample = build(name, String::new());
        let other = matches!(sample, rsip::Header::Other(..)).then_some(name);
        Self { variant: std::mem::discriminant(&sample), other }
    }

    fn is_of(&self, header: &rsip::Header) -> bool {
        std::mem::discriminant(header) == self.variant
            && self.other.is_none_or(|name| field(header).0.eq_ignore_ascii_case(name))
    }
}

macro_rules! known {
    ($($variant:ident $name:literal,)*) => {
        /// Name and value of a field.
        fn field(header: &rsip::Header) -> (&str, &str) {
            match header {
                $(rsip::Header::$variant(inner) => ($name, inner.value()),)*
                rsip::Header::Other(name, value) => (name, value),
            }
        }

        /// The field of `rsip`'s enum for a name, `Other` for those it does not know; neither
        /// may hold a line end.
        fn build(name: &str, value: String) -> rsip::Header {
            $(if name.eq_ignore_ascii_case($name) {
                return rsip::Header::$variant(rsip::headers::$variant::new(value));
            })*
            rsip::Header::Other(name.to_owned(), value)
        }
    };
}
known! {
    Via "Via",
    From "From",
    To "To",
    CallId "Call-ID",
    CSeq "CSeq",
    Contact "Contact",
    MaxForwards "Max-Forwards",
    ContentLength "Content-Length",
    ContentType "Content-Type",
    Allow "Allow",
    Supported "Supported",
    Route "Route",
    RecordRoute "Record-Route",
    UserAgent "User-Agent",
    Require "Require",
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    AlertInfo "Alert-Info",
    AuthenticationInfo "Authentication-Info",
    Authorization "Authorization",
    CallInfo "Call-Info",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding",
    ContentLanguage "Content-Language",
    Date "Date",
    ErrorInfo "Error-Info",
    Event "Event",
    Expires "Expires",
    InReplyTo "In-Reply-To",
    MimeVersion "MIME-Version",
    MinExpires "Min-Expires",
    Organization "Organization",
    Priority "Priority",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    ReplyTo "Reply-To",
    RetryAfter "Retry-After",
    Server "Server",
    Subject "Subject",
    SubscriptionState "Subscription-State",
    Timestamp "Timestamp",
    Unsupported "Unsupported",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}
