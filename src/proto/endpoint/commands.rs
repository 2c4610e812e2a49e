//! What the user of the endpoint wants done with a leg. An unknown leg has just ended: ignored.

use super::super::checks::{Rejection, SDP_TYPE, allow, supported};
use super::super::config::RING_AGAIN_SECONDS;
use super::super::leg::{AwaitingAck, Leg, Pending, Reliable};
use super::super::session_timer::{SessionTimer, Terms};
use super::super::transaction::{Backoff, Times};
use super::super::{EndpointConfig, Event, Reason};
use super::Endpoint;
use super::send::rejected;
use crate::units::LegId;
use crate::wire::sip::{Method, Response};
use rand::Rng as _;
use std::time::{Duration, Instant};

/// RSeq begins in the lower half of its range (RFC 3262 §3).
const RSEQ_START_MAX: u32 = 0x7fff_ffff;

impl Endpoint {
    /// Sends 180 with our tag, reliably when the peer requires it (RFC 3262).
    pub fn ring(&mut self, now: Instant, leg: LegId) {
        let rseq = 1 + self.rng.next_u32() % (RSEQ_START_MAX - 1);
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let Some(pending) = call.initial.as_ref().filter(|_| !call.rang) else { return };
        call.rang = true;
        if call.abilities.requires_100rel && !pending.offered {
            // RFC 3262 §5: the first reliable answer would have to carry our offer, and §3 forbids
            // an unreliable one. So nothing is said until the 200.
            return;
        }
        let mut response = in_dialog(call, pending, 180);
        let (transaction, cseq, flow) = (pending.transaction, pending.cseq, pending.reply.flow);
        if call.abilities.requires_100rel {
            response.headers.push("Require", "100rel");
            response.headers.push("RSeq", rseq.to_string());
            call.reliable = Some(Reliable {
                rseq,
                cseq,
                bytes: response.to_bytes(),
                flow,
                backoff: Some(Backoff::new(now, &over_any(&self.config), None)),
                acknowledged: false,
            });
        } else {
            call.ring_again_at = Some(now + Duration::from_secs(RING_AGAIN_SECONDS));
        }
        self.respond(now, transaction, &response);
        self.finish_command(leg);
    }

    /// Sends 200 with our answer, or our offer when the INVITE brought none.
    pub fn answer(&mut self, now: Instant, leg: LegId, sdp: Vec<u8>) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let Some(pending) = call.initial.take() else { return };
        call.stop_ringing();
        self.accept(now, leg, pending, sdp);
        self.finish_command(leg);
    }

    /// Refuses a call that was not answered.
    pub fn reject(&mut self, now: Instant, leg: LegId, status: u16) {
        self.reject_call(now, leg, status, Reason::Local);
        self.check_invariants();
    }

    /// Refuses the first INVITE and ends the leg for this reason.
    pub(super) fn reject_call(&mut self, now: Instant, leg: LegId, status: u16, reason: Reason) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let Some(pending) = call.initial.take() else { return };
        let status = if (300..700).contains(&status) { status } else { 480 };
        let mut with = Rejection::new(status);
        if status == 503 {
            with = with.with("Retry-After", self.config.retry_after_seconds.to_string());
        }
        let response = rejected(&pending.reply, Some(&call.dialog.local_tag), with);
        self.respond(now, pending.transaction, &response);
        self.end_leg(now, leg, reason);
    }

    /// Ends a call: 480 to one that is not answered, CANCEL for one of ours that nobody answered,
    /// else BYE, which waits for the ACK of our 200 (RFC 3261 §15). `Event::Ended` comes at once.
    pub fn hang_up(&mut self, now: Instant, leg: LegId) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        if call.closing {
            return;
        }
        if call.initial.is_some() {
            self.reject_call(now, leg, 480, Reason::Local);
        } else if call.calling.is_some() {
            self.end_leg(now, leg, Reason::Local);
        } else if call.acks.is_empty() {
            self.send_bye(now, leg, Reason::Local);
        } else {
            call.closing = true;
            if let Some(pending) = call.modify.take() {
                let response = pending.reply.respond(487, Some(&call.dialog.local_tag));
                self.respond(now, pending.transaction, &response);
            }
            self.tell(Event::Ended { leg, reason: Reason::Local });
            self.arm_leg(leg);
        }
        self.check_invariants();
    }

    /// Answers a re-INVITE or UPDATE: our answer, or our offer when it came without one.
    pub fn accept_offer(&mut self, now: Instant, leg: LegId, sdp: Vec<u8>) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let Some(pending) = call.modify.take() else { return };
        self.accept(now, leg, pending, sdp);
        self.finish_command(leg);
    }

    /// Refuses a re-INVITE or UPDATE with 488; the session stays as it was.
    pub fn refuse_offer(&mut self, now: Instant, leg: LegId) {
        self.refuse_modify(now, leg, 488);
        self.check_invariants();
    }

    /// Refuses the open re-INVITE or UPDATE with this status.
    pub(super) fn refuse_modify(&mut self, now: Instant, leg: LegId, status: u16) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let Some(pending) = call.modify.take() else { return };
        let response = pending.reply.respond(status, Some(&call.dialog.local_tag));
        self.respond(now, pending.transaction, &response);
        self.arm_leg(leg);
    }

    /// The 200 to an INVITE or UPDATE, with its session timer; an INVITE then waits for its ACK.
    pub(super) fn accept(&mut self, now: Instant, leg: LegId, pending: Pending, sdp: Vec<u8>) {
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let mut response = in_dialog(call, &pending, 200);
        response.headers.push("Allow", allow(call.seat.is_some()));
        response.headers.push("Supported", supported(call.seat.is_some()));
        // Before the first 200 there is no session to refresh yet.
        let early = call.is_early();
        if let Ok(terms) = Terms::negotiate(&self.config, &pending.headers) {
            terms.write_answer(&mut response.headers);
            call.session = (!early).then(|| SessionTimer::new(now, terms));
            call.refresh_tries = 0;
        }
        if !sdp.is_empty() {
            response.headers.push("Content-Type", SDP_TYPE);
            response.body.clone_from(&sdp);
            call.local_sdp = sdp;
        }
        let bytes = response.to_bytes();
        if pending.method == Method::Invite {
            call.acks.push(AwaitingAck {
                cseq: pending.cseq,
                bytes: bytes.clone(),
                flow: pending.reply.flow,
                backoff: Backoff::new(now, &over_any(&self.config), Some(self.config.t2)),
                offered: !pending.offered,
            });
        }
        self.respond_bytes(now, pending.transaction, 200, bytes);
    }

    fn finish_command(&mut self, leg: LegId) {
        self.arm_leg(leg);
        self.check_invariants();
    }
}

/// 2xx and reliable provisional answers are sent again over any transport (RFC 3261 §13.3.1.4,
/// RFC 3262 §3).
fn over_any(config: &EndpointConfig) -> Times {
    Times {
        t1: config.t1,
        t2: config.t2,
        t4: config.t4,
        wait: config.transaction_wait(),
        reliable: false,
    }
}

/// An answer that makes or keeps the dialog: Contact, and Record-Route as it came.
pub(super) fn in_dialog(call: &Leg, pending: &Pending, status: u16) -> Response {
    let mut response = pending.reply.respond(status, Some(&call.dialog.local_tag));
    // RFC 3261 §12.1.1: Record-Route is copied, its order and parameters kept.
    for route in pending.headers.values("Record-Route") {
        response.headers.push("Record-Route", route);
    }
    response.headers.push("Contact", call.dialog.contact.as_str());
    response
}
