//! A dialog seen from the side that was called (RFC 3261 §12): its three ids, the route set, the
//! remote target and both sequence numbers. The state lies in the leg that owns it.

use super::reply::PRODUCT;
use super::{Flow, Transport};
use crate::wire::sip::{CSeq, Headers, Method, NameAddr, Request, Uri};

/// Hops a request of ours may take (RFC 3261 §8.1.1.6).
const MAX_FORWARDS: &str = "70";

/// One peer relation.
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) call_id: Box<str>,
    pub(super) local_tag: Box<str>,
    /// Empty for a peer of RFC 2543.
    pub(super) remote_tag: Box<str>,
    /// Our address with our tag: To of what comes, From of what we send.
    local: String,
    /// The peer's address with its tag.
    remote: String,
    /// As the requests of this side use it: Record-Route in the order it came (§12.1.1).
    routes: Vec<NameAddr>,
    target: Uri,
    remote_cseq: u32,
    local_cseq: u32,
    pub(super) flow: Flow,
    pub(super) contact: String,
}

/// What the first request gives a dialog.
pub(super) struct Ground<'a> {
    pub(super) headers: &'a Headers,
    pub(super) remote_tag: &'a str,
    pub(super) local: String,
    pub(super) local_tag: &'a str,
    pub(super) routes: Vec<NameAddr>,
    pub(super) target: Uri,
    pub(super) cseq: u32,
    pub(super) flow: Flow,
    pub(super) contact: String,
}

impl Dialog {
    /// A dialog as the called side opens it (RFC 3261 §12.1.1).
    pub(super) fn new(ground: Ground<'_>) -> Self {
        Self {
            call_id: ground.headers.call_id().unwrap_or("").into(),
            local_tag: ground.local_tag.into(),
            remote_tag: ground.remote_tag.into(),
            local: ground.local,
            remote: ground.headers.get("From").unwrap_or("").to_owned(),
            routes: ground.routes,
            target: ground.target,
            remote_cseq: ground.cseq,
            local_cseq: 0,
            flow: ground.flow,
            contact: ground.contact,
        }
    }

    /// Whether a request with our tag belongs here.
    pub(super) fn fits(&self, call_id: &str, remote_tag: &str) -> bool {
        *self.call_id == *call_id && *self.remote_tag == *remote_tag
    }

    /// Counts a request in; false when its number is too low.
    pub(super) fn count(&mut self, cseq: u32) -> bool {
        // RFC 3261 §12.2.2: lower than the remote sequence number: out of order, 500.
        let in_order = cseq >= self.remote_cseq;
        if in_order {
            self.remote_cseq = cseq;
        }
        in_order
    }

    /// Target refresh (RFC 3261 §12.2.1.2): INVITE and UPDATE and their 2xx.
    pub(super) fn refresh_target(&mut self, headers: &Headers) {
        if let Some(contact) = headers.contacts().ok().and_then(|list| list.into_iter().next()) {
            self.target = contact.uri;
        }
    }

    /// A new request of ours with this branch.
    pub(super) fn request(&mut self, method: Method, branch: &str) -> Request {
        self.local_cseq += 1;
        let cseq = CSeq { number: self.local_cseq, method: method.clone() };
        let (uri, routes) = self.route();
        let mut headers = Headers::default();
        headers.push("Via", via_line(&self.flow, branch));
        headers.push("Max-Forwards", MAX_FORWARDS);
        for route in routes {
            headers.push("Route", route);
        }
        headers.push("From", self.local.as_str());
        headers.push("To", self.remote.as_str());
        headers.push("Call-ID", &*self.call_id);
        headers.push("CSeq", format!("{} {}", cseq.number, cseq.method));
        headers.push("User-Agent", PRODUCT);
        Request { method, uri, headers, body: Vec::new() }
    }

    /// Request-URI and Route values (RFC 3261 §12.2.1.1).
    fn route(&self) -> (Uri, Vec<String>) {
        let listed = |routes: &[NameAddr]| routes.iter().map(ToString::to_string).collect();
        match self.routes.split_first() {
            // A first hop without `lr` routes strictly: it is the Request-URI and the target the
            // last Route.
            Some((first, rest)) if first.uri.params.get("lr").is_none() => {
                let mut uri = first.uri.clone();
                uri.headers = None;
                uri.params.0.retain(|(name, _)| !name.eq_ignore_ascii_case("method"));
                let mut routes: Vec<String> = listed(rest);
                routes.push(format!("<{}>", self.target));
                (uri, routes)
            }
            _ => (self.target.clone(), listed(&self.routes)),
        }
    }
}

/// Our Via on a flow. Answers come back to the address the flow really has (RFC 3581).
pub(super) fn via_line(flow: &Flow, branch: &str) -> String {
    let transport = match flow.transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
    };
    format!("SIP/2.0/{transport} {};branch={branch};rport", flow.local)
}

/// The ACK for an answer to our INVITE. `branch` is new for a 2xx and the INVITE's own otherwise
/// (RFC 3261 §13.2.2.4, §17.1.1.3).
pub(super) fn ack_for(invite: &Request, to: Option<&str>, branch: &str, flow: &Flow) -> Request {
    let mut headers = Headers::default();
    headers.push("Via", via_line(flow, branch));
    for name in ["Max-Forwards", "From", "Call-ID", "User-Agent"] {
        if let Some(value) = invite.headers.get(name) {
            headers.push(name, value);
        }
    }
    for route in invite.headers.values("Route") {
        headers.push("Route", route);
    }
    headers.push("To", to.or_else(|| invite.headers.get("To")).unwrap_or(""));
    let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
    headers.push("CSeq", format!("{number} ACK"));
    Request { method: Method::Ack, uri: invite.uri.clone(), headers, body: Vec::new() }
}
