//! A dialog (RFC 3261 §12), whichever side began it: its three ids, the route set, the remote
//! target and both sequence numbers. The state lies in the leg that owns it.

use super::reply::PRODUCT;
use super::{Flow, Transport};
use crate::wire::sip::{CSeq, Headers, Method, NameAddr, Request, Uri};

/// Hops a request of ours may take (RFC 3261 §8.1.1.6).
pub(super) const MAX_FORWARDS: &str = "70";

/// One peer relation.
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) call_id: Box<str>,
    pub(super) local_tag: Box<str>,
    /// Empty for a peer of RFC 2543, and while nobody answered our call.
    pub(super) remote_tag: Box<str>,
    /// Our address with our tag: From of what we send.
    local: String,
    /// The peer's address with its tag.
    remote: String,
    /// As the requests of this side use it: Record-Route in the order it came where we were called
    /// (§12.1.1), turned round where we called (§12.1.2).
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

    /// A dialog as the calling side has it before anybody answered. Its first request is out.
    pub(super) fn calling(invite: &Request, flow: Flow, contact: String) -> Self {
        let headers = &invite.headers;
        let from = headers.from().ok();
        let text = |name: &str| headers.get(name).unwrap_or("").to_owned();
        Self {
            call_id: text("Call-ID").into(),
            local_tag: from.as_ref().and_then(|from| from.tag()).unwrap_or("").into(),
            remote_tag: "".into(),
            local: text("From"),
            remote: text("To"),
            routes: Vec::new(),
            target: invite.uri.clone(),
            remote_cseq: 0,
            local_cseq: headers.cseq().map_or(1, |cseq| cseq.number),
            flow,
            contact,
        }
    }

    /// The dialog that this answer to our INVITE makes (RFC 3261 §12.1.2). It stays on the flow
    /// of the INVITE, wherever its Contact points.
    pub(super) fn answered(invite: &Request, answer: &Headers, flow: Flow, contact: &str) -> Self {
        let mut dialog = Self::calling(invite, flow, contact.to_owned());
        dialog.settle(answer);
        dialog
    }

    /// Takes remote tag, route set and target from an answer; a 2xx does so once more
    /// (§13.2.2.4).
    pub(super) fn settle(&mut self, answer: &Headers) {
        let to = answer.to().ok();
        self.remote_tag = to.as_ref().and_then(NameAddr::tag).unwrap_or("").into();
        self.remote = answer.get("To").unwrap_or(&self.remote).to_owned();
        self.routes = answer.routes("Record-Route").unwrap_or_default();
        self.routes.reverse();
        self.refresh_target(answer);
    }

    /// The sequence number of the next request.
    pub(super) fn next_cseq(&mut self) -> u32 {
        self.local_cseq += 1;
        self.local_cseq
    }

    /// Leaves numbers out that may have been used.
    pub(super) fn skip(&mut self, numbers: u32) {
        self.local_cseq = self.local_cseq.saturating_add(numbers);
    }

    /// The ACK for a 2xx to our first INVITE, with the INVITE's proof (RFC 3261 §13.2.2.4).
    pub(super) fn ack(&self, invite: &Request, branch: &str) -> Request {
        let (uri, routes) = self.route();
        let mut ack = ack_for(invite, Some(&self.remote), branch, &self.flow);
        ack.headers.remove("Route");
        for route in routes {
            ack.headers.push("Route", route);
        }
        copy_proofs(invite, &mut ack);
        Request { uri, ..ack }
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
        let cseq = CSeq { number: self.next_cseq(), method: method.clone() };
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

/// Copies the proofs of an INVITE into the ACK of its 2xx (RFC 3261 §22.1).
pub(super) fn copy_proofs(invite: &Request, ack: &mut Request) {
    for name in ["Authorization", "Proxy-Authorization"] {
        for value in invite.headers.values(name) {
            ack.headers.push(name, value);
        }
    }
}

/// The CANCEL of an INVITE: the same branch, route and number (RFC 3261 §9.1).
pub(super) fn cancel_for(invite: &Request) -> Request {
    let mut headers = Headers::default();
    for name in ["Via", "Max-Forwards", "Route", "From", "To", "Call-ID", "User-Agent"] {
        for value in invite.headers.values(name) {
            headers.push(name, value);
        }
    }
    let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
    headers.push("CSeq", format!("{number} CANCEL"));
    Request { method: Method::Cancel, uri: invite.uri.clone(), headers, body: Vec::new() }
}
