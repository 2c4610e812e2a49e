//! Our own requests within a dialog: the session refresh (RFC 4028 §7.4) by UPDATE where the peer
//! allows it, else by re-INVITE, and the ACKs that belong to it.

use super::super::checks::{ALLOW, SDP_TYPE, SUPPORTED};
use super::super::config::{GLARE_WAIT_MS_MAX, REFRESH_TRIES_MAX};
use super::super::dialog::ack_for;
use super::super::leg::Refresh;
use super::super::session_timer::SessionTimer;
use super::super::transaction::TransactionId;
use super::super::{Event, Reason};
use super::{ClientMachine, Endpoint};
use crate::units::LegId;
use crate::wire::sip::{Method, Response};
use rand::Rng as _;
use std::time::{Duration, Instant};

impl Endpoint {
    /// Sends a refresh, or puts it off while something else is open.
    pub(super) fn start_refresh(&mut self, now: Instant, id: LegId) {
        let branch = self.new_branch();
        let wait = self.glare_wait();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(session) = &mut leg.session else { return };
        let busy = leg.modify.is_some() || !leg.acks.is_empty() || leg.refresh.is_some();
        if busy {
            return session.retry_at(now + wait);
        }
        if leg.refresh_tries >= REFRESH_TRIES_MAX {
            return;
        }
        leg.refresh_tries += 1;
        let invite = !leg.abilities.update;
        let method = if invite { Method::Invite } else { Method::Update };
        let mut request = leg.dialog.request(method, &branch);
        let headers = &mut request.headers;
        headers.push("Contact", leg.dialog.contact.as_str());
        headers.push("Supported", SUPPORTED);
        headers.push("Allow", ALLOW);
        session.terms.write_request(headers, self.config.min_se_seconds);
        if invite && !leg.local_sdp.is_empty() {
            headers.push("Content-Type", SDP_TYPE);
            request.body.clone_from(&leg.local_sdp);
        }
        let flow = leg.dialog.flow;
        let sent = self.open_client(now, flow, branch, request, Some(id));
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match (sent, &mut leg.session) {
            (Some(transaction), _) => leg.refresh = Some(Refresh { transaction, invite }),
            (None, Some(session)) => session.retry_at(now + wait),
            (None, None) => {}
        }
    }

    fn glare_wait(&mut self) -> Duration {
        Duration::from_millis(10 + self.rng.next_u64() % GLARE_WAIT_MS_MAX)
    }

    /// Sends the ACK for a final answer to our INVITE and keeps it for repeats.
    pub(super) fn acknowledge(&mut self, id: TransactionId, response: &Response) {
        let fresh = self.new_branch();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let ClientMachine::Invite(machine, request) = &mut client.machine else { return };
        let branch = if response.status < 300 { &*fresh } else { &*client.branch };
        let ack = ack_for(request, response.headers.get("To"), branch, &client.flow).to_bytes();
        machine.acknowledged(ack.clone());
        let flow = client.flow;
        self.transmit(flow, ack);
    }

    /// The final answer to a refresh.
    pub(super) fn refresh_answered(
        &mut self,
        now: Instant,
        id: LegId,
        transaction: TransactionId,
        response: &Response,
    ) {
        let wait = self.glare_wait();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let ours = leg.refresh.take_if(|refresh| refresh.transaction == transaction);
        let (Some(refresh), Some(session)) = (ours, leg.session) else { return };
        let headers = &response.headers;
        let mut next = session;
        match response.status {
            200..300 => {
                leg.dialog.refresh_target(headers);
                leg.refresh_tries = 0;
                next = SessionTimer::new(now, session.terms.answered(headers));
                if refresh.invite && !response.body.is_empty() && !leg.closing {
                    self.tell(Event::Answer { leg: id, sdp: response.body.clone() });
                }
            }
            // RFC 4028 §7.4: the peer wants a longer interval.
            422 => {
                let floor = headers.number("Min-SE").ok().flatten().unwrap_or(0);
                let interval = &mut next.terms.interval_seconds;
                *interval = floor.max(*interval);
                next.retry_at(now);
            }
            // RFC 3261 §12.2.1.2: the peer lost the dialog.
            408 | 481 => return self.send_bye(now, id, Reason::Failure),
            491 | 500 | 503 => {
                let after = headers.number("Retry-After").ok().flatten();
                let after = after.map(|seconds| Duration::from_secs(u64::from(seconds)));
                next.retry_at(now + after.unwrap_or(wait));
            }
            405 | 501 if !refresh.invite => {
                leg.abilities.update = false;
                next.retry_at(now);
            }
            // A peer that answers is alive. One that knows session timers will end the session
            // itself; for one that does not, any answer is as good as a refresh.
            _ if !session.terms.peer_knows => next = SessionTimer::new(now, session.terms),
            _ => {}
        }
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.session = Some(next);
        }
        self.arm_leg(id);
    }

    /// A refresh without any answer: the peer is gone (RFC 3261 §12.2.1.2 treats it as 408).
    pub(super) fn refresh_timed_out(&mut self, now: Instant, id: LegId, of: TransactionId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.refresh.take_if(|refresh| refresh.transaction == of).is_some() {
            self.send_bye(now, id, Reason::Timeout);
        }
    }
}
