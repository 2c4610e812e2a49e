//! Calls of ours (RFC 3261 §13.2): the INVITE leaves, and is taken back by CANCEL.

use super::super::calling::Calling;
use super::super::checks::{SDP_TYPE, allow, escape, supported};
use super::super::dialog::{Dialog, MAX_FORWARDS, cancel_for, via_line};
use super::super::leg::{Abilities, Leg, Side, Wish};
use super::super::prover::Prover;
use super::super::reply::PRODUCT;
use super::super::session_timer::Terms;
use super::super::transaction::TransactionId;
use super::super::{Event, Invitation, Reason};
use super::client::Outgoing;
use super::{ClientMachine, Endpoint, Purpose};
use crate::units::LegId;
use crate::wire::sip::{Headers, Method, NameAddr, Params, Request, Uri, UriScheme};
use std::net::SocketAddr;
use std::time::Instant;

/// Characters of a name or number that are passed on: carriers refuse what is longer.
const NAME_CHARS_MAX: usize = 64;

impl Endpoint {
    /// Calls somebody. `Event::Ringing` and `Event::Accepted` follow, or `Event::Ended` with the
    /// reason, at once where there is no room. `hang_up` takes it back (CANCEL) or ends it (BYE).
    /// `id` comes from [`Self::reserve_leg`].
    pub fn invite(&mut self, now: Instant, id: LegId, invitation: Invitation) {
        if self.outgoing >= self.config.outgoing_max
            || self.clients.len() >= self.config.transactions_max
        {
            return self.tell(Event::Ended { leg: id, reason: Reason::Failure });
        }
        let (tag, branch) = (self.new_tag(), self.new_branch());
        let call_id = format!("{}@{}", self.new_tag(), self.address(&invitation.flow).ip());
        let request = self.first_invite(&invitation, &call_id, &tag, &branch);
        let flow = invitation.flow;
        let dialog = Dialog::calling(&request, flow, self.contact(&flow));
        let abilities = Abilities { update: false, requires_100rel: false };
        let prover = invitation.credentials.map(Prover::new);
        self.outgoing += 1;
        let leg = Leg {
            seat: invitation.seat,
            prover: prover.clone(),
            local_sdp: invitation.offer,
            ..Leg::new(dialog, Side::Calling, abilities)
        };
        self.insert_leg(id, leg);
        let purpose = Purpose::Call(id);
        let sent = self.open_client(now, Outgoing { flow, branch, request, purpose, prover });
        if let (Some(leg), Some(transaction)) = (self.legs.get_mut(&id), sent) {
            leg.calling = Some(Box::new(Calling {
                transaction,
                no_response_at: Some(now + invitation.no_response_max),
                ring_until: now + invitation.ring_max,
                forks: Vec::new(),
                told: None,
                tries: 0,
            }));
        }
        self.arm_leg(id);
        self.check_invariants();
    }

    /// A leg that is still to be: its sockets are bound before its INVITE can offer them.
    pub fn reserve_leg(&mut self) -> LegId {
        LegId(self.next_id())
    }

    fn first_invite(
        &self,
        invitation: &Invitation,
        call: &str,
        tag: &str,
        branch: &str,
    ) -> Request {
        let flow = &invitation.flow;
        let is_seat = invitation.seat.is_some();
        let mut headers = Headers::default();
        headers.push("Via", via_line(flow, branch));
        headers.push("Max-Forwards", MAX_FORWARDS);
        headers.push("From", self.party(invitation, tag).to_string());
        // RFC 3261 §8.1.1.2: To names whom we want; how to get there stands in the Request-URI.
        let to = Uri { params: Params::default(), headers: None, ..invitation.uri.clone() };
        headers.push("To", format!("<{to}>"));
        headers.push("Call-ID", call);
        headers.push("CSeq", "1 INVITE");
        headers.push("Contact", self.contact(flow));
        headers.push("User-Agent", PRODUCT);
        headers.push("Allow", allow(is_seat));
        headers.push("Supported", supported(is_seat));
        Terms::wished(&self.config).write_wish(&mut headers, self.config.min_se_seconds);
        if let Some(number) = &invitation.asserted {
            let uri = sip_uri(number, self.domain(invitation));
            headers.push("P-Asserted-Identity", format!("<{uri}>"));
        }
        headers.push("Content-Type", SDP_TYPE);
        Request {
            method: Method::Invite,
            uri: invitation.uri.clone(),
            headers,
            body: invitation.offer.clone(),
        }
    }

    /// Who calls.
    fn party(&self, invitation: &Invitation, tag: &str) -> NameAddr {
        let display = invitation.display.as_deref().map(shortened);
        let uri = sip_uri(&invitation.number, self.domain(invitation));
        let params = Params(vec![("tag".to_owned(), Some(tag.to_owned()))]);
        NameAddr { display: display.filter(|name| !name.is_empty()), uri, params }
    }

    fn domain(&self, invitation: &Invitation) -> String {
        let own = || host_of(self.address(&invitation.flow));
        invitation.domain.clone().unwrap_or_else(own)
    }

    /// Lets go of an INVITE whose leg is over: CANCEL, as soon as it may be sent.
    pub(super) fn abandon(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.purpose = Purpose::Nothing;
        let ClientMachine::Invite(machine) = &client.machine else { return };
        if machine.is_proceeding() {
            self.send_cancel(now, id);
        } else {
            // RFC 3261 §9.1: not before a provisional answer. It goes on being sent again, because
            // a phone that has it would else ring without end.
            client.cancel_wanted = true;
        }
    }

    /// CANCEL (RFC 3261 §9.1).
    pub(super) fn send_cancel(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.cancel_wanted = false;
        let (Some(invite), ClientMachine::Invite(machine)) = (&client.request, &mut client.machine)
        else {
            return;
        };
        machine.cancelled(now);
        let (flow, branch, request) = (client.flow, client.branch.to_string(), cancel_for(invite));
        self.arm_client(id);
        let purpose = Purpose::Nothing;
        self.open_client(now, Outgoing { flow, branch, request, purpose, prover: None });
    }

    /// Offers something new on an answered leg by re-INVITE (RFC 3261 §14.1); the newest offer
    /// takes the place of one that still waits for its turn. `Event::Reanswered` or
    /// `Event::OfferRefused` follows.
    pub fn reoffer(&mut self, now: Instant, leg: LegId, sdp: Vec<u8>) {
        let Some(call) = self.legs.get_mut(&leg).filter(|call| !call.closing) else { return };
        call.wish = Some(Wish { sdp, at: now, tries: 0 });
        if call.wish_at().is_some() {
            self.start_reoffer(now, leg);
        }
        self.arm_leg(leg);
        self.check_invariants();
    }
}

/// A SIP address; the user part may be any text.
pub(super) fn sip_uri(user: &str, host: String) -> Uri {
    Uri {
        scheme: UriScheme::Sip,
        user: Some(escape(&shortened(user))).filter(|user| !user.is_empty()),
        host,
        port: None,
        params: Params::default(),
        headers: None,
    }
}

/// The host of an address as a URI writes it.
pub(super) fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}
