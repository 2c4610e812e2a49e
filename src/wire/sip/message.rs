//! A whole message: start line, headers, body.

use super::{Method, NameAddr, Uri, Via};
use crate::wire::WireError;

/// A SIP message.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A SIP request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// All headers in order, long names.
    pub headers: Headers,
    /// The body; its length is the Content-Length that is printed.
    pub body: Vec<u8>,
}

/// A SIP response.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// 100 to 699.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// All headers in order, long names.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// The sequence number of a request with its method (RFC 3261 §20.16).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// Below 2^31.
    pub number: u32,
    /// The method it counts.
    pub method: Method,
}

/// Header fields in the order they stand, over `rsip`'s model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Headers(pub rsip::Headers);

impl Headers {
    /// The unfolded values of all fields of that (long, case-insensitive) name, one per line sent.
    pub fn values<'a>(&'a self, _name: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::empty()
    }

    /// The first field of that name.
    #[must_use]
    pub fn get(&self, _name: &str) -> Option<&str> {
        todo!()
    }

    /// Appends a field.
    pub fn push(&mut self, _name: &str, _value: impl Into<String>) {
        todo!()
    }

    /// Replaces every field of that name by one.
    pub fn set(&mut self, _name: &str, _value: impl Into<String>) {
        todo!()
    }

    /// Removes every field of that name.
    pub fn remove(&mut self, _name: &str) {
        todo!()
    }

    /// The topmost Via.
    pub fn top_via(&self) -> Result<Via, WireError> {
        todo!()
    }

    /// From, with its tag.
    pub fn from(&self) -> Result<NameAddr, WireError> {
        todo!()
    }

    /// To, with its tag where the dialog has one.
    pub fn to(&self) -> Result<NameAddr, WireError> {
        todo!()
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&str, WireError> {
        todo!()
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq, WireError> {
        todo!()
    }

    /// All Contact elements; `*` gives an empty list.
    pub fn contacts(&self) -> Result<Vec<NameAddr>, WireError> {
        todo!()
    }

    /// Route or Record-Route elements in order.
    pub fn routes(&self, _name: &str) -> Result<Vec<NameAddr>, WireError> {
        todo!()
    }

    /// The tokens of a comma-list header (Require, Supported, Allow, Accept …), lower case kept as sent.
    pub fn tokens<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name)
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|t| !t.is_empty())
    }

    /// A decimal header value such as Max-Forwards or Expires; parameters behind `;` are ignored.
    pub fn number(&self, _name: &str) -> Result<Option<u32>, WireError> {
        todo!()
    }
}

impl Message {
    /// The headers of either kind.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The bytes to send; Content-Length is written anew from the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }
}
