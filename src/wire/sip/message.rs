//! A whole message: start line, headers, body.

use super::lexis::one_line;
use super::{Headers, Method, Uri};

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
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The bytes to send; Content-Length is written anew from the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let headers = self.headers.typed(self.body.len());
        let uri = self.uri.to_string();
        let Some(method) = known_method(&self.method) else {
            // rsip's method enum is closed, so the start line of an unknown one is written here.
            let start = format!("{} {} SIP/2.0\r\n", self.method, one_line(&uri));
            return join(format!("{start}{headers}\r\n"), &self.body);
        };
        let version = rsip::Version::V2;
        let uri = carried(&uri);
        let head = rsip::Request { method, uri, version, headers, body: Vec::new() };
        join(head.to_string(), &self.body)
    }
}

impl Response {
    /// The bytes to send; Content-Length is written anew from the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = rsip::Response {
            // `Other` prints our phrase; rsip's named codes print their Rust names.
            status_code: rsip::StatusCode::Other(self.status, one_line(&self.reason).into_owned()),
            version: rsip::Version::V2,
            headers: self.headers.typed(self.body.len()),
            body: Vec::new(),
        };
        join(head.to_string(), &self.body)
    }
}

/// `rsip`'s URI knows neither IPv6 brackets, tel: nor URI headers; its domain prints as it is, so
/// it carries the text that [`Uri`] wrote.
fn carried(uri: &str) -> rsip::Uri {
    let host = rsip::Host::Domain(one_line(uri).into_owned().into());
    rsip::Uri { host_with_port: rsip::HostWithPort { host, port: None }, ..Default::default() }
}

fn known_method(method: &Method) -> Option<rsip::Method> {
    Some(match method {
        Method::Ack => rsip::Method::Ack,
        Method::Bye => rsip::Method::Bye,
        Method::Cancel => rsip::Method::Cancel,
        Method::Info => rsip::Method::Info,
        Method::Invite => rsip::Method::Invite,
        Method::Message => rsip::Method::Message,
        Method::Notify => rsip::Method::Notify,
        Method::Options => rsip::Method::Options,
        Method::Prack => rsip::Method::PRack,
        Method::Publish => rsip::Method::Publish,
        Method::Refer => rsip::Method::Refer,
        Method::Register => rsip::Method::Register,
        Method::Subscribe => rsip::Method::Subscribe,
        Method::Update => rsip::Method::Update,
        Method::Other(_) => return None,
    })
}

fn join(head: String, body: &[u8]) -> Vec<u8> {
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
