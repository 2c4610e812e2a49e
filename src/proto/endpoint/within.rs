//! Requests within a dialog.

use super::super::checks::{
    ALLOW, Rejection, check_encoding, check_require, content_type, take_sdp,
};
use super::super::config::{ACKS_PENDING_MAX, RETRY_SECONDS_MAX};
use super::super::leg::Pending;
use super::super::session_timer::Terms;
use super::super::{Event, Reason};
use super::Endpoint;
use super::invite::too_brief;
use super::outside::capabilities;
use super::receive::Incoming;
use super::send::rejected;
use crate::units::LegId;
use crate::wire::sip::{CSeq, Method};
use rand::Rng as _;
use std::time::Instant;

impl Endpoint {
    /// A request with a To tag.
    pub(super) fn receive_within(&mut self, now: Instant, incoming: Incoming) {
        let Some(id) = self.find_leg(&incoming) else {
            return self.refuse(now, &incoming, Rejection::new(481));
        };
        if !self.has_room() && incoming.request.method != Method::Bye {
            let with = self.overloaded();
            return self.refuse(now, &incoming, with);
        }
        let in_order = self.legs.get_mut(&id).is_some_and(|leg| {
            let dialog = leg.dialog_with(&incoming.remote_tag);
            dialog.is_some_and(|dialog| dialog.count(incoming.cseq))
        });
        if !in_order {
            return self.reject_new(now, &incoming, Rejection::new(500));
        }
        // A BYE ends the call whatever else it asks for.
        if incoming.request.method != Method::Bye
            && let Err(rejection) = check_require(&incoming.request.headers)
        {
            return self.reject_new(now, &incoming, rejection);
        }
        match incoming.request.method {
            Method::Bye => self.receive_bye(now, id, &incoming),
            Method::Invite | Method::Update => self.receive_modify(now, id, incoming),
            Method::Prack => self.receive_prack(now, id, incoming),
            Method::Info => self.receive_info(now, id, incoming),
            Method::Message => {
                let tag = self.legs.get(&id).map(|leg| leg.dialog.local_tag.clone());
                self.receive_message(now, incoming, tag);
            }
            Method::Options => {
                let answer = Rejection { status: 200, fields: capabilities() };
                self.reject_new(now, &incoming, answer);
            }
            Method::Refer => self.receive_refer(now, id, incoming),
            Method::Other(_) => {
                self.reject_new(now, &incoming, Rejection::new(501).with("Allow", ALLOW));
            }
            _ => self.reject_new(now, &incoming, Rejection::not_allowed()),
        }
    }

    /// RFC 3261 §15.1.2: 200, and 487 to what is still unanswered.
    fn receive_bye(&mut self, now: Instant, id: LegId, incoming: &Incoming) {
        let response = incoming.reply.respond(200, None);
        self.respond_new(now, incoming, &response);
        self.end_leg(now, id, Reason::Peer);
    }

    /// re-INVITE (RFC 3261 §14.2) and UPDATE (RFC 3311 §5.2).
    fn receive_modify(&mut self, now: Instant, id: LegId, mut incoming: Incoming) {
        let sdp = match self.read_modify(id, &mut incoming) {
            Ok(sdp) => sdp,
            Err(rejection) => return self.reject_new(now, &incoming, rejection),
        };
        let transaction = self.open_server(now, &incoming);
        if let Some(server) = self.servers.get_mut(&transaction) {
            server.leg = Some(id);
        }
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some(dialog) = leg.dialog_with(&incoming.remote_tag) {
            dialog.refresh_target(&incoming.request.headers);
        }
        let method = incoming.request.method;
        let asks = method == Method::Invite || sdp.is_some();
        let pending = Pending {
            transaction,
            method,
            headers: incoming.request.headers,
            reply: incoming.reply,
            cseq: incoming.cseq,
            offered: sdp.is_some(),
            until: now + self.config.transaction_wait(),
        };
        if asks {
            leg.modify = Some(pending);
            self.tell(Event::Offer { leg: id, sdp });
        } else {
            // An UPDATE without offer refreshes target and session only.
            self.accept(now, id, pending, Vec::new());
        }
        self.arm_leg(id);
    }

    /// Whether the dialog can take a re-INVITE or UPDATE now, and its offer.
    fn read_modify(
        &mut self,
        id: LegId,
        incoming: &mut Incoming,
    ) -> Result<Option<Vec<u8>>, Rejection> {
        let seconds = self.rng.next_u32() % (RETRY_SECONDS_MAX + 1);
        let later = || Rejection::new(500).with("Retry-After", seconds.to_string());
        let sdp = take_sdp(&mut incoming.request)?;
        let Some(leg) = self.legs.get(&id) else { return Err(Rejection::new(481)) };
        if leg.closing {
            return Err(Rejection::new(481));
        }
        let invite = incoming.request.method == Method::Invite;
        // RFC 3261 §14.2 and RFC 3311 §5.2: one of the peer's is still open: 500; ours is: 491.
        if leg.modify.is_some() || (leg.initial.is_some() && (invite || sdp.is_some())) {
            return Err(later());
        }
        let awaits = leg.awaits_answer() || leg.is_calling_with(&incoming.remote_tag);
        if (awaits && (invite || sdp.is_some())) || (invite && leg.calling.is_some()) {
            return Err(Rejection::new(491));
        }
        if invite && leg.acks.len() >= ACKS_PENDING_MAX {
            return Err(later());
        }
        Terms::negotiate(&self.config, &incoming.request.headers).map_err(too_brief)?;
        Ok(sdp)
    }

    /// PRACK (RFC 3262 §3): 481 unless it matches a reliable answer that has none yet.
    fn receive_prack(&mut self, now: Instant, id: LegId, mut incoming: Incoming) {
        let sdp = take_sdp(&mut incoming.request);
        let named = rack(incoming.request.headers.get("RAck").unwrap_or(""));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let matched = leg.reliable.as_mut().filter(|reliable| {
            let invite = CSeq { number: reliable.cseq, method: Method::Invite };
            !reliable.acknowledged && named == Some((reliable.rseq, invite))
        });
        let Some(reliable) = matched else {
            return self.reject_new(now, &incoming, Rejection::new(481));
        };
        match sdp {
            Err(rejection) => return self.reject_new(now, &incoming, rejection),
            // An offer while the offer of the INVITE is open cannot be answered.
            Ok(Some(_)) => return self.reject_new(now, &incoming, Rejection::new(488)),
            Ok(None) => {}
        }
        reliable.acknowledged = true;
        reliable.backoff = None;
        let response = incoming.reply.respond(200, None);
        self.respond_new(now, &incoming, &response);
        self.arm_leg(id);
    }

    /// INFO: answered at once, its body goes to the user.
    fn receive_info(&mut self, now: Instant, id: LegId, mut incoming: Incoming) {
        let headers = &incoming.request.headers;
        // RFC 6086 §4.2.2: a package that was not offered.
        let package = headers.get("Info-Package").is_some_and(|name| !name.trim().is_empty());
        let checked = match check_encoding(headers) {
            Ok(()) if package => Err(Rejection::new(469).with("Recv-Info", "")),
            other => other,
        };
        if let Err(rejection) = checked {
            return self.reject_new(now, &incoming, rejection);
        }
        let content_type = content_type(headers);
        let body = std::mem::take(&mut incoming.request.body);
        let response = rejected(&incoming.reply, None, Rejection::new(200));
        self.respond_new(now, &incoming, &response);
        let live = self.legs.get(&id).is_some_and(|leg| !leg.closing);
        if live && !body.is_empty() {
            self.tell(Event::Info { leg: id, content_type, body });
        }
    }
}

/// RAck: `rseq cseq method` (RFC 3262 §7.2).
fn rack(value: &str) -> Option<(u32, CSeq)> {
    let mut words = value.split_ascii_whitespace();
    let rseq = words.next()?.parse().ok()?;
    let number = words.next()?.parse().ok()?;
    let method = Method::from_token(words.next()?);
    words.next().is_none().then_some((rseq, CSeq { number, method }))
}
