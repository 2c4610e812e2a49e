//! What is looked at before a request is taken: loops, extensions, bodies, and who is calling.

use super::config::VIAS_MAX;
use super::reply::SIP_PORT;
use super::{EndpointConfig, Flow};
use crate::wire::sip::{Headers, NameAddr, Request, Uri, UriScheme};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use std::net::IpAddr;

/// What we take, for Allow.
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, MESSAGE";
/// The same for the phone of a seat, which may transfer.
pub(super) const ALLOW_SEAT: &str =
    "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, MESSAGE, REFER";
/// Option tags we know, for Supported.
pub(super) const SUPPORTED: &str = "100rel, timer";
/// The same for the phone of a seat.
pub(super) const SUPPORTED_SEAT: &str = "100rel, timer, replaces, norefersub";
/// The body of a call.
pub(super) const SDP_TYPE: &str = "application/sdp";
/// The body of a text.
pub(super) const TEXT_TYPE: &str = "text/plain";
const KNOWN_OPTIONS: [&str; 4] = ["100rel", "timer", "replaces", "norefersub"];

/// A final answer other than 2xx with the fields that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) status: u16,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Rejection {
    /// A rejection without explaining fields.
    pub(super) fn new(status: u16) -> Self {
        Self { status, fields: Vec::new() }
    }

    /// Adds a field that explains it.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// 405 with what is allowed instead (RFC 3261 §8.2.1).
    pub(super) fn not_allowed() -> Self {
        Self::new(405).with("Allow", ALLOW)
    }
}

/// RFC 3261 §8.2.2.3: an extension that is required and not known.
pub(super) fn check_require(headers: &Headers) -> Result<(), Rejection> {
    let known = |option: &&str| KNOWN_OPTIONS.iter().any(|k| k.eq_ignore_ascii_case(option));
    let unknown: Vec<&str> = headers.tokens("Require").filter(|option| !known(option)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Rejection::new(420).with("Unsupported", unknown.join(", ")))
}

/// RFC 3261 §8.2.2.1: schemes that can be dialled here.
pub(super) fn check_scheme(uri: &Uri) -> Result<(), Rejection> {
    match uri.scheme {
        UriScheme::Sip | UriScheme::Sips | UriScheme::Tel => Ok(()),
        UriScheme::Other(_) => Err(Rejection::new(416)),
    }
}

/// The media type of the body in lower case without parameters.
pub(super) fn content_type(headers: &Headers) -> String {
    let value = headers.get("Content-Type").unwrap_or("");
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// RFC 3261 §8.2.3: a body that is encoded cannot be read.
pub(super) fn check_encoding(headers: &Headers) -> Result<(), Rejection> {
    if headers.tokens("Content-Encoding").all(|coding| coding.eq_ignore_ascii_case("identity")) {
        return Ok(());
    }
    Err(Rejection::new(415).with("Accept-Encoding", "identity"))
}

/// RFC 3261 §20.1: without an Accept a description is welcome; with one that covers none, no 200
/// could carry ours. An empty one accepts nothing.
pub(super) fn check_accept(headers: &Headers) -> Result<(), Rejection> {
    let mut fields = headers.values("Accept").peekable();
    let covers = |range: &str| {
        let (kind, parameters) = range.split_once(';').unwrap_or((range, ""));
        let kind = kind.trim();
        let named = [SDP_TYPE, "application/*", "*/*"].iter().any(|k| kind.eq_ignore_ascii_case(k));
        named && !parameters.split(';').any(is_zero_quality)
    };
    if fields.peek().is_none() || headers.tokens("Accept").any(covers) {
        return Ok(());
    }
    Err(Rejection::new(406))
}

/// `q=0`, `q=0.0` and so on: not acceptable after all (RFC 3261 §20.1 by RFC 2616 §14.1).
fn is_zero_quality(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q == 0.0)
    })
}

/// The offer or answer in a request, taken out of it.
pub(super) fn take_sdp(request: &mut Request) -> Result<Option<Vec<u8>>, Rejection> {
    if request.body.is_empty() {
        return Ok(None);
    }
    check_encoding(&request.headers)?;
    let kind = content_type(&request.headers);
    if kind == SDP_TYPE || (kind.is_empty() && request.body.starts_with(b"v=")) {
        return Ok(Some(std::mem::take(&mut request.body)));
    }
    // RFC 3261 §20.11: what is optional may be ignored.
    let disposition = request.headers.get("Content-Disposition").unwrap_or("");
    let optional = disposition.split(';').skip(1).any(|parameter| {
        let pair = parameter.split_once('=');
        pair.is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("handling")
                && value.trim().eq_ignore_ascii_case("optional")
        })
    });
    if optional {
        return Ok(None);
    }
    Err(Rejection::new(415).with("Accept", SDP_TYPE))
}

/// Whether a request went through us before, or is built to come back (RFC 3261 §8.1.1.7, §16.3).
/// `ours` begins every branch of this endpoint.
pub(super) fn is_loop(config: &EndpointConfig, flow: &Flow, request: &Request, ours: &str) -> bool {
    let headers = &request.headers;
    let us = |uri: &Uri| names_us(config, flow, &uri.host, uri.port);
    let Ok(vias) = headers.vias() else { return false };
    let by_via = vias.len() > VIAS_MAX
        || vias.iter().any(|via| {
            via.branch().is_some_and(|branch| branch.starts_with(ours))
                || names_us(config, flow, &via.host, via.port)
        });
    let listed = |name: &str| headers.routes(name).unwrap_or_default();
    // One Route that names us only says that we are the outbound proxy; a second one is a circle.
    let by_route = || listed("Route").iter().filter(|route| us(&route.uri)).count() > 1;
    let by_contact = || {
        let contacts = headers.contacts().unwrap_or_default();
        contacts.iter().chain(&listed("Record-Route")).any(|contact| us(&contact.uri))
    };
    by_via || by_route() || by_contact()
}

fn names_us(config: &EndpointConfig, flow: &Flow, host: &str, port: Option<u16>) -> bool {
    let Ok(ip) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() else {
        return false;
    };
    port.unwrap_or(SIP_PORT) == flow.local.port()
        && (ip == flow.local.ip() || config.advertised == Some(ip))
}

/// Who is calling, as believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) caller: String,
    pub(super) display: Option<String>,
}

/// P-Asserted-Identity of a trusted peer (RFC 3325 §6), else From.
pub(super) fn identify(config: &EndpointConfig, flow: &Flow, headers: &Headers) -> Identity {
    let trusted = config.trusted_peers.contains(&flow.remote.ip());
    let asserted = trusted
        .then(|| headers.routes("P-Asserted-Identity").ok())
        .flatten()
        .and_then(|list| list.into_iter().find(|name| name.uri.user.is_some()));
    match asserted.or_else(|| headers.from().ok()) {
        Some(NameAddr { display, uri, .. }) => {
            let caller = dialled(&uri);
            let caller = if caller.is_empty() { uri.host } else { caller };
            Identity { caller, display: display.filter(|name| !name.is_empty()) }
        }
        None => Identity { caller: String::new(), display: None },
    }
}

/// The user part without its parameters and escapes.
pub(super) fn dialled(uri: &Uri) -> String {
    let user = uri.user.as_deref().unwrap_or("");
    unescape(user.split(';').next().unwrap_or(""))
}

/// `%2B` to `+`; what is not UTF-8 afterwards stays as it was.
pub(super) fn unescape(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Cow::into_owned)
}

/// What stands in a user part as it is beside letters and digits (RFC 3261 §25.1: `unreserved` and
/// `user-unreserved` without `;` and `?`, which parameters and headers begin with).
const NOT_USER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b'/');

/// A user part of any text: what the grammar does not take as it is, is escaped.
pub(super) fn escape(text: &str) -> String {
    utf8_percent_encode(text, NOT_USER).to_string()
}

/// The words of a MESSAGE (RFC 3428): text/plain in UTF-8 or one of the GB family.
pub(super) fn read_text(request: &Request) -> Result<String, Rejection> {
    let headers = &request.headers;
    check_encoding(headers)?;
    let unsupported = || Rejection::new(415).with("Accept", TEXT_TYPE);
    if content_type(headers) != TEXT_TYPE {
        return Err(unsupported());
    }
    let value = headers.get("Content-Type").unwrap_or("");
    let charset = value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    match charset.as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii") => match str::from_utf8(&request.body) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => decode_gb(&request.body).ok_or_else(unsupported),
        },
        Some("gb18030" | "gbk" | "gb2312") => decode_gb(&request.body).ok_or_else(unsupported),
        Some(_) => Err(unsupported()),
    }
}

fn decode_gb(bytes: &[u8]) -> Option<String> {
    encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(Cow::into_owned)
}

/// What the peer of a leg is told it may send.
pub(super) fn allow(is_seat: bool) -> &'static str {
    if is_seat { ALLOW_SEAT } else { ALLOW }
}

/// The option tags its requests may use.
pub(super) fn supported(is_seat: bool) -> &'static str {
    if is_seat { SUPPORTED_SEAT } else { SUPPORTED }
}
