//! Transfers from phones: REFER (RFC 3515) with Replaces (RFC 3891) inside it, and INVITE with
//! Replaces. Only a seat's own phone may ask: a citizen who could would have the city pay for
//! any number.

use super::super::checks::{Rejection, dialled};
use super::super::leg::Leg;
use super::super::reply::reason;
use super::super::transfer::{Replaces, Transfer};
use super::super::{Event, Flow};
use super::client::Outgoing;
use super::receive::Incoming;
use super::{Endpoint, Purpose};
use crate::units::{LegId, SeatNumber};
use crate::wire::sip::{Method, NameAddr, UriScheme};
use std::time::Instant;

/// Seconds that an open transfer is told to last; each NOTIFY begins them anew.
const SUBSCRIPTION_SECONDS: u32 = 180;

impl Endpoint {
    /// REFER within a dialog.
    pub(super) fn receive_refer(&mut self, now: Instant, id: LegId, incoming: Incoming) {
        let (target, replaces) = match self.read_refer(id, &incoming) {
            Ok(wish) => wish,
            Err(rejection) => return self.reject_new(now, &incoming, rejection),
        };
        let transaction = self.open_server(now, &incoming);
        let until = now + self.config.transaction_wait() / 2;
        let sub = incoming.request.headers.get("Refer-Sub").unwrap_or("");
        let silent = sub.trim().get(..5).is_some_and(|word| word.eq_ignore_ascii_case("false"));
        let Incoming { reply, cseq, .. } = incoming;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.transfer = Some(Transfer::Asked { transaction, reply, until, cseq, silent });
        self.tell(Event::Refer { leg: id, target, replaces });
        self.arm_leg(id);
    }

    /// Who may ask, and for what.
    fn read_refer(
        &self,
        id: LegId,
        incoming: &Incoming,
    ) -> Result<(String, Option<LegId>), Rejection> {
        let forbidden = || Rejection::new(403);
        let leg = self.legs.get(&id).ok_or_else(|| Rejection::new(481))?;
        let seat = leg.seat.as_ref().ok_or_else(forbidden)?;
        if !is_same_peer(&incoming.flow, &leg.dialog.flow) || leg.is_early() || leg.closing {
            return Err(forbidden());
        }
        if leg.transfer.is_some() {
            return Err(Rejection::new(491));
        }
        let mut given = incoming.request.headers.values("Refer-To");
        // RFC 3515 §2.4.2: exactly one.
        let (Some(text), None) = (given.next(), given.next()) else {
            return Err(Rejection::new(400));
        };
        let uri = NameAddr::parse(text).map_err(|_| Rejection::new(400))?.uri;
        let method = uri.params.get("method");
        let called = matches!(uri.scheme, UriScheme::Sip | UriScheme::Sips | UriScheme::Tel)
            && method.is_none_or(|method| method.eq_ignore_ascii_case("INVITE"));
        let target = dialled(&uri);
        if !called || target.is_empty() {
            return Err(forbidden());
        }
        let replaces = match uri.headers.as_deref().and_then(Replaces::of_uri) {
            None => None,
            Some(None) => return Err(Rejection::new(400)),
            Some(Some(named)) => Some(self.own_leg(id, seat, &named)?),
        };
        Ok((target, replaces))
    }

    /// The other leg of the same seat that a transfer names.
    fn own_leg(&self, id: LegId, seat: &SeatNumber, named: &Replaces) -> Result<LegId, Rejection> {
        let other = self.find_named(named).filter(|other| *other != id);
        let other = other.ok_or_else(|| Rejection::new(481))?;
        let owner = self.legs.get(&other).and_then(|leg| leg.seat.as_ref());
        if owner == Some(seat) { Ok(other) } else { Err(Rejection::new(403)) }
    }

    fn find_named(&self, named: &Replaces) -> Option<LegId> {
        let id = *self.tags.get(named.to_tag.as_str())?;
        let leg = self.legs.get(&id)?;
        leg.knows(&named.call_id, &named.from_tag).then_some(id)
    }

    /// The leg whose place an INVITE takes (RFC 3891 §3).
    pub(super) fn read_replaces(
        &self,
        incoming: &Incoming,
        seat: Option<&SeatNumber>,
    ) -> Result<Option<LegId>, Rejection> {
        let mut given = incoming.request.headers.values("Replaces");
        let Some(value) = given.next() else { return Ok(None) };
        if seat.is_none() {
            return Err(Rejection::new(403));
        }
        let named = Replaces::parse(value).filter(|_| given.next().is_none());
        let named = named.ok_or_else(|| Rejection::new(400))?;
        let found = self.find_named(&named).and_then(|id| self.legs.get(&id).map(|leg| (id, leg)));
        match found {
            // An early dialog can be replaced only where it was begun, so not one that calls us.
            None => Err(Rejection::new(481)),
            Some((_, leg)) if leg.initial.is_some() => Err(Rejection::new(481)),
            Some((_, leg)) if leg.closing => Err(Rejection::new(603)),
            Some((_, leg)) if named.early_only && !leg.is_early() => Err(Rejection::new(486)),
            Some((id, _)) => Ok(Some(id)),
        }
    }

    /// Answers `Event::Refer`: 202 and a first NOTIFY, or 603.
    pub fn answer_refer(&mut self, now: Instant, leg: LegId, accepted: bool) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let asked = call.transfer.take_if(|transfer| matches!(transfer, Transfer::Asked { .. }));
        let Some(Transfer::Asked { transaction, reply, cseq, silent, .. }) = asked else { return };
        let status = if accepted { 202 } else { 603 };
        let mut response = reply.respond(status, Some(&call.dialog.local_tag));
        if accepted {
            response.headers.push("Contact", call.dialog.contact.as_str());
        }
        if accepted && silent {
            response.headers.push("Refer-Sub", "false");
        }
        let notified = accepted && !silent;
        if notified {
            let id = (call.transfers > 0).then_some(cseq);
            call.transfers = call.transfers.saturating_add(1);
            call.transfer = Some(Transfer::Running { id });
        }
        self.respond(now, transaction, &response);
        if notified {
            self.notify_refer(now, leg, 100);
        }
        self.arm_leg(leg);
        self.check_invariants();
    }

    /// Tells the phone how its transfer goes (RFC 3515 §2.4.5): a status of 200 or more is the
    /// last word. Without a transfer that runs nothing is said.
    pub fn notify_refer(&mut self, now: Instant, leg: LegId, status: u16) {
        let branch = self.new_branch();
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let Some(Transfer::Running { id }) = call.transfer else { return };
        let event = id.map_or_else(|| "refer".to_owned(), |id| format!("refer;id={id}"));
        let mut request = call.dialog.request(Method::Notify, &branch);
        request.headers.push("Contact", call.dialog.contact.as_str());
        request.headers.push("Event", event);
        request.headers.push("Subscription-State", subscription(call, status));
        request.headers.push("Content-Type", "message/sipfrag;version=2.0");
        // RFC 3420 §2.1: the status line is the whole message fragment.
        request.body = format!("SIP/2.0 {status} {}\r\n", reason(status)).into_bytes();
        let (flow, purpose) = (call.dialog.flow, Purpose::Nothing);
        self.open_client(now, Outgoing { flow, branch, request, purpose, prover: None });
        self.check_invariants();
    }
}

/// The state after this NOTIFY; the last one ends it.
fn subscription(call: &mut Leg, status: u16) -> String {
    if status < 200 {
        return format!("active;expires={SUBSCRIPTION_SECONDS}");
    }
    call.transfer = None;
    "terminated;reason=noresource".to_owned()
}

/// Whether a request comes from where the leg's phone is. A NAT may give it another port.
fn is_same_peer(flow: &Flow, own: &Flow) -> bool {
    flow.transport == own.transport
        && flow.connection == own.connection
        && flow.remote.ip() == own.remote.ip()
}
