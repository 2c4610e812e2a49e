//! Our own changes of a session: its refresh (RFC 4028 §7.4) by UPDATE where the peer allows it,
//! else by re-INVITE, and new offers by re-INVITE (RFC 3261 §14.1).

use super::super::checks::{SDP_TYPE, allow, supported};
use super::super::config::{GLARE_WAIT_MS_MAX, OWNER_GLARE_WAIT_MS, REFRESH_TRIES_MAX};
use super::super::leg::{Leg, Refresh, Side, Wish};
use super::super::prover::Prover;
use super::super::session_timer::SessionTimer;
use super::super::transaction::TransactionId;
use super::super::{Event, Reason};
use super::client::Outgoing;
use super::progress::description;
use super::{Endpoint, Purpose};
use crate::units::LegId;
use crate::wire::sip::{Headers, Method, Request, Response};
use rand::Rng as _;
use std::time::{Duration, Instant};

impl Endpoint {
    /// Sends a refresh, or puts it off while something else is open.
    pub(super) fn start_refresh(&mut self, now: Instant, id: LegId) {
        let wait = self.glare_wait(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let busy = leg.is_modifying();
        let Some(session) = &mut leg.session else { return };
        if busy {
            return session.retry_at(now + wait);
        }
        if leg.refresh_tries >= REFRESH_TRIES_MAX {
            return;
        }
        leg.refresh_tries += 1;
        let invite = !leg.abilities.update;
        let offer = if invite { leg.local_sdp.clone() } else { Vec::new() };
        if !self.send_modify(now, id, invite, &offer, None)
            && let Some(session) = self.legs.get_mut(&id).and_then(|leg| leg.session.as_mut())
        {
            session.retry_at(now + wait);
        }
    }

    /// Sends the new offer that waits.
    pub(super) fn start_reoffer(&mut self, now: Instant, id: LegId) {
        let wait = self.glare_wait(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(wish) = leg.wish.take() else { return };
        let offer = wish.sdp.clone();
        if !self.send_modify(now, id, true, &offer, Some(wish.clone()))
            && let Some(leg) = self.legs.get_mut(&id)
        {
            leg.wish = Some(Wish { at: now + wait, ..wish });
        }
    }

    /// Sends a re-INVITE or UPDATE; false when there is no room.
    fn send_modify(
        &mut self,
        now: Instant,
        id: LegId,
        invite: bool,
        offer: &[u8],
        wish: Option<Wish>,
    ) -> bool {
        let branch = self.new_branch();
        let Some(leg) = self.legs.get_mut(&id) else { return false };
        let request = modify(leg, invite, &branch, offer, self.config.min_se_seconds);
        let (flow, prover) = (leg.dialog.flow, leg.prover.as_ref().map(Prover::fresh));
        let purpose = Purpose::Modify(id);
        let sent = self.open_client(now, Outgoing { flow, branch, request, purpose, prover });
        let (Some(transaction), Some(leg)) = (sent, self.legs.get_mut(&id)) else { return false };
        leg.refresh = Some(Refresh { transaction, invite, wish });
        true
    }

    /// RFC 3261 §14.1: who made the Call-ID waits longer, so that the two do not meet again.
    fn glare_wait(&mut self, id: LegId) -> Duration {
        let owner = self.legs.get(&id).is_some_and(|leg| matches!(leg.side, Side::Calling));
        let (from, to) = if owner { OWNER_GLARE_WAIT_MS } else { (10, GLARE_WAIT_MS_MAX) };
        Duration::from_millis(from + self.rng.next_u64() % (to - from + 1))
    }

    /// The final answer to a refresh or a new offer.
    pub(super) fn modify_answered(
        &mut self,
        now: Instant,
        id: LegId,
        transaction: TransactionId,
        response: &Response,
    ) {
        let wait = self.glare_wait(id);
        let floor = self.config.min_se_seconds;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let ours = leg.refresh.take_if(|refresh| refresh.transaction == transaction);
        let Some(Refresh { invite, wish, .. }) = ours else { return };
        // RFC 3261 §12.2.1.2: the peer lost the dialog.
        if matches!(response.status, 408 | 481) {
            return self.send_bye(now, id, Reason::Failure);
        }
        if (200..300).contains(&response.status) {
            leg.dialog.refresh_target(&response.headers);
            leg.refresh_tries = 0;
            let terms = leg.session.map(|session| session.terms.answered(&response.headers, floor));
            leg.session = terms.map(|terms| SessionTimer::new(now, terms));
        } else if let Some(session) =
            leg.session.filter(|_| wish.is_none() || response.status == 422)
        {
            let mut next = session;
            retry(&mut next, now, wait, response, leg, invite);
            leg.session = Some(next);
        }
        match wish {
            Some(wish) => self.reoffer_answered(now, id, wish, wait, response),
            None => self.refresh_described(id, invite, response),
        }
        self.arm_leg(id);
    }

    /// A refresh by re-INVITE offered again, and so it is answered again.
    fn refresh_described(&mut self, id: LegId, invite: bool, response: &Response) {
        let open = self.legs.get(&id).is_some_and(|leg| !leg.closing);
        if let Some(sdp) = description(response)
            && invite
            && open
            && response.status < 300
        {
            self.tell(Event::Answer { leg: id, sdp });
        }
    }

    fn reoffer_answered(
        &mut self,
        now: Instant,
        id: LegId,
        wish: Wish,
        wait: Duration,
        response: &Response,
    ) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| !leg.closing) else { return };
        let status = response.status;
        let again = status == 422 || after(&response.headers).is_some() || status == 491;
        let again = again && matches!(status, 422 | 491 | 500) && wish.tries < REFRESH_TRIES_MAX;
        match description(response) {
            Some(sdp) if status < 300 => {
                leg.local_sdp = wish.sdp;
                self.tell(Event::Reanswered { leg: id, sdp });
            }
            // RFC 3261 §14.1: without an answer to it the offer changes nothing.
            None if status < 300 => self.tell(Event::OfferRefused { leg: id, status: 488 }),
            _ if again => {
                let pause = if status == 422 { Duration::ZERO } else { wait };
                let at = now + after(&response.headers).unwrap_or(pause);
                let tries = wish.tries + 1;
                // A newer one has taken its place.
                leg.wish.get_or_insert(Wish { at, tries, ..wish });
            }
            _ => self.tell(Event::OfferRefused { leg: id, status }),
        }
    }

    /// No answer at all: the peer is gone (RFC 3261 §12.2.1.2 treats it as 408).
    pub(super) fn modify_timed_out(&mut self, now: Instant, id: LegId, of: TransactionId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.refresh.take_if(|refresh| refresh.transaction == of).is_some() {
            self.send_bye(now, id, Reason::Timeout);
        }
    }
}

/// The request that refreshes or offers.
fn modify(leg: &mut Leg, invite: bool, branch: &str, offer: &[u8], min_se_seconds: u32) -> Request {
    let method = if invite { Method::Invite } else { Method::Update };
    let mut request = leg.dialog.request(method, branch);
    let headers = &mut request.headers;
    headers.push("Contact", leg.dialog.contact.as_str());
    headers.push("Supported", supported(leg.seat.is_some()));
    headers.push("Allow", allow(leg.seat.is_some()));
    if let Some(session) = &leg.session {
        session.terms.write_request(headers, min_se_seconds);
    }
    if !offer.is_empty() {
        headers.push("Content-Type", SDP_TYPE);
        request.body = offer.to_vec();
    }
    request
}

/// What a refusal means for the session: when the refresh is tried again.
fn retry(
    next: &mut SessionTimer,
    now: Instant,
    wait: Duration,
    response: &Response,
    leg: &mut Leg,
    invite: bool,
) {
    let headers = &response.headers;
    match response.status {
        // RFC 4028 §7.4: the peer wants a longer interval.
        422 => {
            let floor = headers.number("Min-SE").ok().flatten().unwrap_or(0);
            let interval = &mut next.terms.interval_seconds;
            *interval = floor.max(*interval);
            next.retry_at(now);
        }
        491 | 500 | 503 => next.retry_at(now + after(headers).unwrap_or(wait)),
        405 | 501 if !invite => {
            leg.abilities.update = false;
            next.retry_at(now);
        }
        // A peer that answers is alive. One that knows session timers will end the session
        // itself; for one that does not, any answer is as good as a refresh.
        _ if !next.terms.peer_knows => *next = SessionTimer::new(now, next.terms),
        _ => {}
    }
}

/// Retry-After.
fn after(headers: &Headers) -> Option<Duration> {
    let seconds = headers.number("Retry-After").ok().flatten()?;
    Some(Duration::from_secs(u64::from(seconds)))
}
