//! Time passes: every deadline that has come is carried out.

use super::super::Reason;
use super::super::session_timer::Step;
use super::super::transaction::{Due, TransactionId};
use super::super::{Flow, config::RING_AGAIN_SECONDS};
use super::commands::in_dialog;
use super::{Endpoint, Owner, ServerMachine};
use crate::units::LegId;
use std::time::{Duration, Instant};

/// What a leg's deadline asks for.
enum LegDue {
    Nothing,
    Resend(Vec<(Flow, Vec<u8>)>),
    RingAgain,
    /// The call was never answered, or its reliable 180 never acknowledged.
    RefuseCall(u16),
    RefuseModify,
    RefuseTransfer,
    /// Nobody answered our call.
    GiveUp(Reason),
    Refresh,
    Reoffer,
    /// No ACK, or no refresh.
    Bye,
}

impl Endpoint {
    /// Carries out what is due at `now`. Call it when `poll_timeout` has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(owner) = self.timers.pop_due(now) {
            match owner {
                Owner::Server(id) => self.server_due(now, id),
                Owner::Client(id) => self.client_due(now, id),
                Owner::Leg(id) => self.leg_due(now, id),
                Owner::Registrar => self.registrar_due(now),
                Owner::Trunk(id) => self.trunk_due(now, id),
            }
        }
        self.check_invariants();
    }

    fn server_due(&mut self, now: Instant, id: TransactionId) {
        let Some(server) = self.servers.get_mut(&id) else { return };
        let flow = server.flow;
        let due = match &mut server.machine {
            ServerMachine::Invite(machine) => {
                let due = machine.handle_timeout(now);
                if due == Due::Resend {
                    let bytes = machine.last().to_vec();
                    self.transmit(flow, bytes);
                }
                due
            }
            ServerMachine::Other(machine) => machine.handle_timeout(now),
        };
        match due {
            Due::Over | Due::TimedOut => {
                let leg = self.servers.get(&id).and_then(|server| server.leg);
                self.remove_server(id);
                self.forget_modify(leg, id);
            }
            Due::Nothing | Due::Resend => self.arm_server(id),
        }
    }

    /// An UPDATE whose transaction is over can no longer be answered.
    fn forget_modify(&mut self, leg: Option<LegId>, id: TransactionId) {
        let Some(leg_id) = leg else { return };
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        if leg.modify.take_if(|pending| pending.transaction == id).is_some() {
            self.arm_leg(leg_id);
        }
    }

    fn leg_due(&mut self, now: Instant, id: LegId) {
        match self.next_of_leg(now, id) {
            LegDue::Nothing => {}
            LegDue::Resend(messages) => {
                for (flow, bytes) in messages {
                    self.transmit(flow, bytes);
                }
            }
            LegDue::RingAgain => self.ring_again(now, id),
            LegDue::RefuseCall(status) => self.reject_call(now, id, status, Reason::Timeout),
            LegDue::RefuseModify => self.refuse_modify(now, id, 500),
            LegDue::RefuseTransfer => self.answer_refer(now, id, false),
            LegDue::GiveUp(reason) => self.end_leg(now, id, reason),
            LegDue::Refresh => self.start_refresh(now, id),
            LegDue::Reoffer => self.start_reoffer(now, id),
            LegDue::Bye => self.send_bye(now, id, Reason::Timeout),
        }
        self.arm_leg(id);
    }

    fn next_of_leg(&mut self, now: Instant, id: LegId) -> LegDue {
        let Some(leg) = self.legs.get_mut(&id) else { return LegDue::Nothing };
        if let Some(pending) = leg.initial.as_ref().filter(|pending| now >= pending.until) {
            // RFC 3261 §13.3.1: 487 where the INVITE itself said how long it stands.
            let expired = pending.headers.get("Expires").is_some();
            return LegDue::RefuseCall(if expired { 487 } else { 480 });
        }
        if leg.modify.as_ref().is_some_and(|pending| now >= pending.until) {
            return LegDue::RefuseModify;
        }
        if let Some(reason) = leg.calling.as_ref().and_then(|calling| calling.given_up(now)) {
            return LegDue::GiveUp(reason);
        }
        if leg.transfer.as_ref().is_some_and(|transfer| transfer.is_late(now)) {
            return LegDue::RefuseTransfer;
        }
        let mut messages = Vec::new();
        for ack in &mut leg.acks {
            match ack.backoff.handle_timeout(now) {
                Due::TimedOut => return LegDue::Bye,
                Due::Resend => messages.push((ack.flow, ack.bytes.clone())),
                Due::Nothing | Due::Over => {}
            }
        }
        if let Some(reliable) = &mut leg.reliable
            && let Some(backoff) = &mut reliable.backoff
        {
            match backoff.handle_timeout(now) {
                // RFC 3262 §3: no PRACK within 64*T1: the INVITE is refused with 5xx.
                Due::TimedOut => return LegDue::RefuseCall(504),
                Due::Resend => messages.push((reliable.flow, reliable.bytes.clone())),
                Due::Nothing | Due::Over => {}
            }
        }
        if !messages.is_empty() {
            return LegDue::Resend(messages);
        }
        if leg.ring_again_at.is_some_and(|at| now >= at) {
            return LegDue::RingAgain;
        }
        if leg.wish_at().is_some_and(|at| now >= at) {
            return LegDue::Reoffer;
        }
        match leg.session.as_mut().filter(|_| !leg.closing).map(|s| s.handle_timeout(now)) {
            Some(Step::Refresh) => LegDue::Refresh,
            Some(Step::Expired) => LegDue::Bye,
            Some(Step::Nothing) | None => LegDue::Nothing,
        }
    }

    /// RFC 3261 §13.3.1.1: a provisional answer every minute.
    fn ring_again(&mut self, now: Instant, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.ring_again_at = Some(now + Duration::from_secs(RING_AGAIN_SECONDS));
        let Some(pending) = &leg.initial else { return };
        let (response, transaction) = (in_dialog(leg, pending, 180), pending.transaction);
        self.respond(now, transaction, &response);
    }
}
