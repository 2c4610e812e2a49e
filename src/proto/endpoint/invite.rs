//! A new call: checked, admitted, and told to the user.

use super::super::checks::{
    Rejection, check_accept, check_require, check_scheme, dialled, identify, take_sdp,
};
use super::super::dialog::{Dialog, Ground};
use super::super::leg::{Abilities, Leg, Pending, Side};
use super::super::reply::with_tag;
use super::super::session_timer::Terms;
use super::super::{Event, Flow, Transport};
use super::Endpoint;
use super::receive::Incoming;
use super::send::rejected;
use crate::units::{LegId, SeatNumber};
use crate::wire::sip::{Headers, NameAddr, Uri, UriScheme};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a good INVITE holds.
struct Opening {
    offer: Option<Vec<u8>>,
    target: Uri,
    routes: Vec<NameAddr>,
    replaces: Option<LegId>,
}

impl Endpoint {
    /// An INVITE without a To tag: a new call, or why not.
    pub(super) fn receive_invite(&mut self, now: Instant, mut incoming: Incoming) {
        let opening = match self.read_invite(&mut incoming) {
            Ok(opening) => opening,
            Err(rejection) => return self.refuse(now, &incoming, rejection),
        };
        let seat = match self.claims_seat(&incoming).then(|| self.prove(now, &incoming)) {
            None => None,
            Some(Ok(seat)) => Some(seat),
            Some(Err(denied)) => return self.challenge(now, &incoming, denied),
        };
        let replaces = match self.read_replaces(&incoming, seat.as_ref()) {
            Ok(replaces) => replaces,
            Err(rejection) if seat.is_some() => return self.reject_new(now, &incoming, rejection),
            Err(rejection) => return self.refuse(now, &incoming, rejection),
        };
        if self.draining || !self.has_room() {
            return self.turn_away(now, &incoming);
        }
        if !self.admission.admit_call(&self.config, now, incoming.flow.remote.ip()) {
            return self.turn_away(now, &incoming);
        }
        self.open_leg(now, incoming, Opening { replaces, ..opening }, seat);
    }

    /// The checks in the order of RFC 3261 §8.2.
    fn read_invite(&self, incoming: &mut Incoming) -> Result<Opening, Rejection> {
        let request = &mut incoming.request;
        check_scheme(&request.uri)?;
        check_require(&request.headers)?;
        check_accept(&request.headers)?;
        let offer = take_sdp(request)?;
        let bad = || Rejection::new(400);
        // RFC 3261 §12.1.1: exactly one Contact, a URI that requests can be sent to.
        let contact = request.headers.contacts().ok().filter(|list| list.len() == 1);
        let target = contact.and_then(|list| list.into_iter().next()).ok_or_else(bad)?.uri;
        if !matches!(target.scheme, UriScheme::Sip | UriScheme::Sips) {
            return Err(bad());
        }
        let routes = request.headers.routes("Record-Route").map_err(|_| bad())?;
        Terms::negotiate(&self.config, &request.headers).map_err(too_brief)?;
        Ok(Opening { offer, target, routes, replaces: None })
    }

    /// 503 past a limit. It goes through a transaction where there is room, so that a
    /// retransmission that crosses it does not become a call after all.
    fn turn_away(&mut self, now: Instant, incoming: &Incoming) {
        let with = self.overloaded();
        if self.servers.len() >= self.config.transactions_max / 2 {
            return self.refuse(now, incoming, with);
        }
        if self.admission.may_refuse(&self.config, now, incoming.flow.remote.ip()) {
            let tag = self.salted_tag(&incoming.origin);
            let response = rejected(&incoming.reply, Some(&tag), with);
            self.respond_new(now, incoming, &response);
        }
    }

    fn open_leg(
        &mut self,
        now: Instant,
        incoming: Incoming,
        opening: Opening,
        seat: Option<SeatNumber>,
    ) {
        let Opening { offer, target, routes, replaces } = opening;
        let id = LegId(self.next_id());
        let tag = self.new_tag();
        let transaction = self.open_server(now, &incoming);
        let branch = incoming.key.branch();
        let held = self.hold_origin(&incoming.origin, branch);
        let origin = self.hold_origin(&incoming.origin, branch);
        if let Some(server) = self.servers.get_mut(&transaction) {
            server.leg = Some(id);
            server.origin = Some(held);
        }
        let (headers, flow) = (&incoming.request.headers, incoming.flow);
        let dialog = Dialog::new(Ground {
            headers,
            remote_tag: &incoming.remote_tag,
            local: with_tag(headers.get("To").unwrap_or(""), Some(&tag)),
            local_tag: &tag,
            routes,
            target,
            cseq: incoming.cseq,
            flow,
            contact: self.contact(&flow),
        });
        let identity = identify(&self.config, &flow, headers);
        self.tell(Event::Incoming {
            leg: id,
            caller: identity.caller,
            display: identity.display,
            seat: seat.clone(),
            called: dialled(&incoming.request.uri),
            offer: offer.clone(),
            replaces,
            flow,
        });
        let side = Side::Called { source: flow.remote.ip(), origin };
        let leg = Leg { seat, ..Leg::new(dialog, side, abilities(headers)) };
        let pending = self.pending(now, incoming, transaction, offer.is_some());
        self.insert_leg(id, Leg { initial: Some(pending), ..leg });
    }

    fn pending(
        &self,
        now: Instant,
        incoming: Incoming,
        transaction: super::TransactionId,
        offered: bool,
    ) -> Pending {
        // RFC 3261 §13.3.1: an Expires in the INVITE bounds the ringing.
        let expires = incoming.request.headers.number("Expires").ok().flatten();
        let seconds = expires.map_or(self.config.answer_seconds_max, |seconds| {
            seconds.min(self.config.answer_seconds_max)
        });
        Pending {
            transaction,
            headers: incoming.request.headers,
            reply: incoming.reply,
            cseq: incoming.cseq,
            method: incoming.request.method,
            offered,
            until: now + Duration::from_secs(u64::from(seconds)),
        }
    }

    /// Our address as the peers on a flow see it.
    pub(super) fn address(&self, flow: &Flow) -> SocketAddr {
        let host = self.config.advertised.unwrap_or_else(|| flow.local.ip());
        SocketAddr::new(host, flow.local.port())
    }

    /// Our Contact on a flow.
    pub(super) fn contact(&self, flow: &Flow) -> String {
        let address = self.address(flow);
        match flow.transport {
            Transport::Udp => format!("<sip:{address}>"),
            Transport::Tcp => format!("<sip:{address};transport=tcp>"),
            // RFC 3261 §26.2.2: `sips` would ask for TLS on every hop, which nobody can promise.
            Transport::Tls => format!("<sip:{address};transport=tls>"),
        }
    }
}

/// 422 with the interval that would do (RFC 4028 §9).
pub(super) fn too_brief(min_se_seconds: u32) -> Rejection {
    Rejection::new(422).with("Min-SE", min_se_seconds.to_string())
}

pub(super) fn abilities(headers: &Headers) -> Abilities {
    let has = |name: &str, token: &str| headers.tokens(name).any(|t| t.eq_ignore_ascii_case(token));
    Abilities { update: has("Allow", "UPDATE"), requires_100rel: has("Require", "100rel") }
}
