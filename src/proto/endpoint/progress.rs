//! Answers to our INVITE: it rings, somebody answers, nobody does.

use super::super::calling::{FORKS_MAX, Fork, INVITE_TRIES_MAX};
use super::super::checks::{SDP_TYPE, content_type};
use super::super::dialog::Dialog;
use super::super::prover::Prover;
use super::super::session_timer::{SessionTimer, Terms};
use super::super::transaction::TransactionId;
use super::super::{Event, Reason};
use super::client::Outgoing;
use super::invite::abilities;
use super::{Endpoint, Purpose};
use crate::units::LegId;
use crate::wire::sip::{Method, Request, Response};
use std::time::Instant;

impl Endpoint {
    /// A provisional answer to an INVITE of ours.
    pub(super) fn progressed(&mut self, now: Instant, id: TransactionId, response: &Response) {
        let Some(client) = self.clients.get(&id) else { return };
        if client.cancel_wanted {
            return self.send_cancel(now, id);
        }
        let Purpose::Call(leg_id) = client.purpose else { return };
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let Some(calling) = &mut leg.calling else { return };
        calling.no_response_at = None;
        let tag = to_tag(response);
        match response.status {
            100 => {}
            // RFC 6228: this branch is over, others may go on.
            199 => calling.forks.retain(|fork| *fork.dialog.remote_tag != *tag),
            _ => self.branch_progressed(now, leg_id, id, &tag, response),
        }
        self.arm_leg(leg_id);
    }

    fn branch_progressed(
        &mut self,
        now: Instant,
        leg_id: LegId,
        id: TransactionId,
        tag: &str,
        response: &Response,
    ) {
        let prack = self.new_branch();
        let Some(invite) = self.clients.get(&id).and_then(|client| client.request.as_deref())
        else {
            return;
        };
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let Some(calling) = &mut leg.calling else { return };
        if calling.fork(tag).is_none() {
            if calling.forks.len() == FORKS_MAX {
                return;
            }
            let (flow, contact) = (leg.dialog.flow, &leg.dialog.contact);
            let dialog = Dialog::answered(invite, &response.headers, flow, contact);
            calling.forks.push(Fork { dialog, rseq: None, sdp: None, settled: false });
        }
        let Some(fork) = calling.fork(tag) else { return };
        let reliable = rseq(response);
        if let (Some(rseq), Some(last)) = (reliable, fork.rseq)
            && last.checked_add(1) != Some(rseq)
        {
            // RFC 3262 §4: known already, or one before it is still on its way.
            return;
        }
        fork.rseq = reliable.or(fork.rseq);
        let sdp = description(response);
        if let Some(sdp) = &sdp {
            fork.sdp = Some(sdp.clone());
            fork.settled |= reliable.is_some();
        }
        let out =
            reliable.filter(|_| !tag.is_empty()).map(|rseq| prack_for(fork, invite, rseq, prack));
        let told = (response.status, tag.into(), sdp.is_some());
        if calling.told.as_ref() != Some(&told) {
            calling.told = Some(told);
            self.tell(Event::Ringing { leg: leg_id, status: response.status, sdp });
        }
        if let Some(out) = out {
            self.open_client(now, out);
        }
    }

    /// The first 2xx to a first INVITE: the call stands, or is hung up again when it was given up.
    pub(super) fn call_accepted(&mut self, now: Instant, id: TransactionId, response: &Response) {
        let purpose = self.clients.get(&id).map(|client| client.purpose);
        let leg = match purpose {
            Some(Purpose::Call(leg)) if self.legs.contains_key(&leg) => leg,
            _ => return self.drop_branch(now, id, response),
        };
        let ack = self.new_branch();
        let tag = to_tag(response);
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.purpose = Purpose::Nothing;
        let Some(invite) = client.request.as_deref() else { return };
        let Some(call) = self.legs.get_mut(&leg) else { return };
        let mut calling = call.calling.take();
        let fork = calling.as_mut().and_then(|calling| {
            let at = calling.forks.iter().position(|f| *f.dialog.remote_tag == *tag);
            at.map(|at| calling.forks.swap_remove(at))
        });
        let early = fork.as_ref().and_then(|fork| fork.sdp.clone());
        let fresh = || {
            let (flow, contact) = (call.dialog.flow, &call.dialog.contact);
            Dialog::answered(invite, &response.headers, flow, contact)
        };
        let mut dialog = fork.map_or_else(fresh, |fork| fork.dialog);
        dialog.settle(&response.headers);
        let bytes = dialog.ack(invite, &ack).to_bytes();
        call.dialog = dialog;
        call.confirmed = true;
        call.abilities = abilities(&response.headers);
        let floor = self.config.min_se_seconds;
        let terms = Terms::wished(&self.config).answered(&response.headers, floor);
        call.session = Some(SessionTimer::new(now, terms));
        client.accepted.push((tag.into(), bytes.clone()));
        let flow = client.flow;
        self.transmit(flow, bytes);
        match description(response).or(early) {
            Some(sdp) => self.tell(Event::Accepted { leg, sdp }),
            // RFC 3261 §13.2.1: an offer must be answered by now; a call without media is silence.
            None => return self.send_bye(now, leg, Reason::Failure),
        }
        self.arm_leg(leg);
    }

    /// A further 2xx to a first INVITE: a repeat gets its ACK again, another branch is hung up.
    pub(super) fn accepted_again(&mut self, now: Instant, id: TransactionId, response: &Response) {
        let tag = to_tag(response);
        let Some(client) = self.clients.get(&id) else { return };
        match client.accepted.iter().find(|(known, _)| **known == *tag) {
            Some((_, ack)) => {
                let (flow, ack) = (client.flow, ack.clone());
                self.transmit(flow, ack);
            }
            None => self.drop_branch(now, id, response),
        }
    }

    /// ACK and BYE for a branch that answered and is not wanted (RFC 3261 §13.2.2.4).
    fn drop_branch(&mut self, now: Instant, id: TransactionId, response: &Response) {
        let (ack, branch) = (self.new_branch(), self.new_branch());
        let Some(client) = self.clients.get(&id) else { return };
        let flow = client.flow;
        let contact = self.contact(&flow);
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Some(invite) = client.request.as_deref() else { return };
        if client.accepted.len() == FORKS_MAX {
            return;
        }
        let mut dialog = Dialog::answered(invite, &response.headers, flow, &contact);
        let bytes = dialog.ack(invite, &ack).to_bytes();
        // The branch may have seen PRACKs of ours; a higher number is never wrong.
        dialog.skip(BYE_CSEQ_GAP);
        let request = dialog.request(Method::Bye, &branch);
        client.accepted.push((to_tag(response).into(), bytes.clone()));
        let prover = client.prover.as_ref().map(Prover::fresh);
        self.transmit(flow, bytes);
        let purpose = Purpose::Nothing;
        self.open_client(now, Outgoing { flow, branch, request, purpose, prover });
    }

    /// A final answer that refuses our call. Redirections are not followed: who answers a call
    /// must not choose whom the city pays for.
    pub(super) fn call_refused(
        &mut self,
        now: Instant,
        leg_id: LegId,
        id: TransactionId,
        response: &Response,
    ) {
        if response.status == 422 && self.ask_longer(now, leg_id, id, response) {
            return;
        }
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        if leg.calling.take_if(|calling| calling.transaction == id).is_some() {
            self.end_leg(now, leg_id, Reason::Refused(response.status));
        }
    }

    /// RFC 4028 §7.3: the same call with the interval that was asked for.
    fn ask_longer(
        &mut self,
        now: Instant,
        leg_id: LegId,
        id: TransactionId,
        response: &Response,
    ) -> bool {
        let Ok(Some(floor)) = response.headers.number("Min-SE") else { return false };
        let Some(calling) = self.legs.get_mut(&leg_id).and_then(|leg| leg.calling.as_mut()) else {
            return false;
        };
        calling.tries += 1;
        if calling.tries >= INVITE_TRIES_MAX {
            return false;
        }
        let Some(client) = self.clients.get(&id) else { return false };
        let (Some(request), prover) = (client.request.clone(), client.prover.clone()) else {
            return false;
        };
        let mut request = *request;
        let seconds = floor.max(self.config.session_expires_seconds);
        request.headers.set("Session-Expires", seconds.to_string());
        request.headers.set("Min-SE", floor.to_string());
        self.send_again(now, id, request, prover).is_some()
    }

    /// Nothing came back in 64*T1.
    pub(super) fn call_timed_out(&mut self, now: Instant, leg_id: LegId, id: TransactionId) {
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        if leg.calling.take_if(|calling| calling.transaction == id).is_some() {
            self.end_leg(now, leg_id, Reason::NoResponse);
        }
    }
}

/// Numbers left out before the BYE of a branch whose dialog was not kept.
const BYE_CSEQ_GAP: u32 = 100;

/// PRACK (RFC 3262 §4) within the early dialog.
fn prack_for(fork: &mut Fork, invite: &Request, rseq: u32, branch: String) -> Outgoing {
    let number = invite.headers.cseq().map_or(1, |cseq| cseq.number);
    let mut request = fork.dialog.request(Method::Prack, &branch);
    request.headers.push("RAck", format!("{rseq} {number} INVITE"));
    let (flow, purpose) = (fork.dialog.flow, Purpose::Nothing);
    Outgoing { flow, branch, request, purpose, prover: None }
}

/// RSeq of an answer that must be acknowledged.
fn rseq(response: &Response) -> Option<u32> {
    let asked = response.headers.tokens("Require").any(|t| t.eq_ignore_ascii_case("100rel"));
    asked.then(|| response.headers.number("RSeq").ok().flatten()).flatten()
}

/// The description in an answer.
pub(super) fn description(response: &Response) -> Option<Vec<u8>> {
    let kind = content_type(&response.headers);
    let fits = kind == SDP_TYPE || (kind.is_empty() && response.body.starts_with(b"v="));
    (fits && !response.body.is_empty()).then(|| response.body.clone())
}

fn to_tag(response: &Response) -> String {
    response.headers.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default()
}
