//! What an answer copies from its request, and where it goes (RFC 3261 §8.2.6, §18.2; RFC 3581).

use super::{Flow, Transport};
use crate::wire::sip::{Headers, Response, Via};

/// Name in Server and User-Agent; never a version.
pub(super) const PRODUCT: &str = "mayorline";
/// What an address without a port means (RFC 3261 §19.1.2).
pub(super) const SIP_PORT: u16 = 5060;

/// The copied fields and the way back.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    headers: Headers,
    to: Option<String>,
    pub(super) flow: Flow,
}

impl Reply {
    /// From the request's headers, its topmost Via and the flow it came on.
    pub(super) fn new(request: &Headers, via: &Via, flow: Flow) -> Self {
        let mut headers = Headers::default();
        let mut values = request.values("Via");
        if let Some(first) = values.next() {
            let mut line = amended(via, &flow).to_string();
            if let Some(rest) = after_first_element(first) {
                line.push_str(", ");
                line.push_str(rest);
            }
            headers.push("Via", line);
        }
        for value in values {
            headers.push("Via", value);
        }
        for name in ["From", "Call-ID", "CSeq"] {
            if let Some(value) = request.get(name) {
                headers.push(name, value);
            }
        }
        headers.push("Server", PRODUCT);
        let to = request.get("To").map(str::to_owned);
        Self { headers, to, flow: way_back(via, flow) }
    }

    /// An answer without body; `tag` is ours and added where To has none.
    pub(super) fn respond(&self, status: u16, tag: Option<&str>) -> Response {
        let mut headers = self.headers.clone();
        if let Some(to) = &self.to {
            headers.push("To", with_tag(to, tag));
        }
        Response { status, reason: reason(status).to_owned(), headers, body: Vec::new() }
    }
}

/// A To value with our tag where it has none.
pub(super) fn with_tag(to: &str, tag: Option<&str>) -> String {
    let tagged = to.rsplit('>').next().is_some_and(|tail| {
        tail.split(';').skip(1).any(|p| {
            p.trim().get(..4).is_some_and(|head| {
                head.eq_ignore_ascii_case("tag=") || head.eq_ignore_ascii_case("tag ")
            })
        })
    });
    match tag {
        Some(tag) if !tagged => format!("{to};tag={tag}"),
        _ => to.to_owned(),
    }
}

/// The topmost Via with `received` and `rport` filled in.
fn amended(via: &Via, flow: &Flow) -> Via {
    let mut via = via.clone();
    let ip = flow.remote.ip();
    let wants_port = via.params.get("rport").is_some();
    let host = via.host.trim_start_matches('[').trim_end_matches(']');
    // RFC 3261 §18.2.1: added when sent-by is not the source; RFC 3581 §4: with rport always.
    if wants_port || host.parse() != Ok(ip) {
        via.params.set("received", Some(ip.to_string()));
    }
    if wants_port {
        via.params.set("rport", Some(flow.remote.port().to_string()));
    }
    via
}

/// RFC 3261 §18.2.2: over TCP the same connection; over UDP the source, at the port of sent-by
/// unless rport was asked for.
fn way_back(via: &Via, mut flow: Flow) -> Flow {
    if flow.transport == Transport::Udp && via.params.get("rport").is_none() {
        flow.remote.set_port(via.port.unwrap_or(SIP_PORT));
    }
    flow
}

/// What follows the first element of a comma list.
fn after_first_element(line: &str) -> Option<&str> {
    let mut quoted = false;
    let comma = line.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    })?;
    line.get(comma + 1..).map(str::trim)
}

/// The default phrases of RFC 3261 §21 and its extensions.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        469 => "Bad Info Package",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        603 => "Decline",
        _ => "Refused",
    }
}
