//! Answers leave, through their transaction or without one, and legs end.

use super::super::checks::Rejection;
use super::super::leg::{Leg, Side};
use super::super::prover::Prover;
use super::super::reply::Reply;
use super::super::transaction::{ServerInvite, ServerKey, ServerOther, Times, TransactionId};
use super::super::transfer::Transfer;
use super::super::{Event, Flow, Reason, Transmit};
use super::client::Outgoing;
use super::receive::Incoming;
use super::{Endpoint, Origin, Owner, Purpose, Server, ServerMachine};
use crate::units::LegId;
use crate::wire::sip::{Method, Response};
use std::hash::{Hash as _, Hasher as _};
use std::time::Instant;

impl Endpoint {
    /// Queues one message.
    pub(super) fn transmit(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.transmits.push_back(Transmit { flow, bytes });
    }

    /// Queues one event.
    pub(super) fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Whether another server transaction fits.
    pub(super) fn has_room(&self) -> bool {
        self.servers.len() < self.config.transactions_max
    }

    /// Opens the server transaction of a request; an INVITE gets its 100 at once.
    pub(super) fn open_server(&mut self, now: Instant, incoming: &Incoming) -> TransactionId {
        let id = TransactionId(self.next_id());
        let flow = incoming.reply.flow;
        let times = Times::new(&self.config, &flow);
        let machine = if incoming.request.method == Method::Invite {
            let trying = incoming.reply.respond(100, None).to_bytes();
            self.transmit(flow, trying.clone());
            ServerMachine::Invite(ServerInvite::new(times, trying))
        } else {
            ServerMachine::Other(ServerOther::new(now, times))
        };
        self.insert_server(id, incoming.key.clone(), flow, machine);
        id
    }

    fn insert_server(
        &mut self,
        id: TransactionId,
        key: ServerKey,
        flow: Flow,
        machine: ServerMachine,
    ) {
        self.server_keys.insert(key.clone(), id);
        self.servers.insert(id, Server { key, flow, machine, leg: None, text: None, origin: None });
        self.arm_server(id);
    }

    /// Remembers that this request is here, so that another copy of it is known (482).
    pub(super) fn hold_origin(&mut self, origin: &str, branch: &str) -> Box<str> {
        let entry = self
            .origins
            .entry(origin.into())
            .or_insert_with(|| Origin { branch: branch.into(), holders: 0 });
        entry.holders = entry.holders.saturating_add(1);
        origin.into()
    }

    /// One holder less; the last one lets the entry go.
    pub(super) fn release_origin(&mut self, origin: &str) {
        if let Some(entry) = self.origins.get_mut(origin) {
            entry.holders = entry.holders.saturating_sub(1);
            if entry.holders == 0 {
                self.origins.remove(origin);
            }
        }
    }

    /// Sends an answer through its transaction; nothing when a final one went out before.
    pub(super) fn respond(&mut self, now: Instant, id: TransactionId, response: &Response) {
        self.respond_bytes(now, id, response.status, response.to_bytes());
    }

    /// The same with bytes that are already printed.
    pub(super) fn respond_bytes(
        &mut self,
        now: Instant,
        id: TransactionId,
        status: u16,
        bytes: Vec<u8>,
    ) {
        let Some(server) = self.servers.get_mut(&id) else { return };
        let flow = server.flow;
        let sent = match &mut server.machine {
            ServerMachine::Invite(machine) => machine.respond(now, status, bytes.clone()),
            ServerMachine::Other(machine) => machine.respond(now, bytes.clone()),
        };
        if sent {
            self.transmit(flow, bytes);
            self.arm_server(id);
        }
    }

    /// Takes a request into a transaction and answers it at once.
    pub(super) fn respond_new(&mut self, now: Instant, incoming: &Incoming, response: &Response) {
        if !self.has_room() {
            return self.transmit(incoming.reply.flow, response.to_bytes());
        }
        let id = TransactionId(self.next_id());
        let flow = incoming.reply.flow;
        let times = Times::new(&self.config, &flow);
        let machine = if incoming.request.method == Method::Invite {
            ServerMachine::Invite(ServerInvite::new(times, Vec::new()))
        } else {
            ServerMachine::Other(ServerOther::new(now, times))
        };
        self.insert_server(id, incoming.key.clone(), flow, machine);
        self.respond(now, id, response);
    }

    /// Refuses a request within a dialog.
    pub(super) fn reject_new(&mut self, now: Instant, incoming: &Incoming, with: Rejection) {
        let tag = self.stateless_tag(incoming);
        let response = rejected(&incoming.reply, Some(&tag), with);
        self.respond_new(now, incoming, &response);
    }

    /// Refuses a request outside of any dialog without keeping state; addresses that ask too much
    /// get silence (`refusals_per_source_minute_max`).
    pub(super) fn refuse(&mut self, now: Instant, incoming: &Incoming, with: Rejection) {
        if self.admission.may_refuse(&self.config, now, incoming.flow.remote.ip()) {
            self.answer_stateless(incoming, with);
        }
    }

    /// Answers without keeping state.
    pub(super) fn answer_stateless(&mut self, incoming: &Incoming, with: Rejection) {
        let tag = self.stateless_tag(incoming);
        let response = rejected(&incoming.reply, Some(&tag), with);
        self.transmit(incoming.reply.flow, response.to_bytes());
    }

    /// RFC 3261 §8.2.7: a stateless answer has the same tag for the same request.
    fn stateless_tag(&self, incoming: &Incoming) -> String {
        self.salted_tag(&incoming.origin)
    }

    /// A tag that only this endpoint makes of this text.
    pub(super) fn salted_tag(&self, of: &str) -> String {
        let mut hasher = std::hash::DefaultHasher::new();
        (self.tag_salt, of).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// Sets a server transaction's deadline anew after it was touched.
    pub(super) fn arm_server(&mut self, id: TransactionId) {
        let deadline = self.servers.get(&id).and_then(|server| match &server.machine {
            ServerMachine::Invite(machine) => machine.poll_timeout(),
            ServerMachine::Other(machine) => Some(machine.poll_timeout()),
        });
        self.timers.arm(Owner::Server(id), deadline);
    }

    /// Forgets a server transaction and what hangs on it.
    pub(super) fn remove_server(&mut self, id: TransactionId) {
        let Some(server) = self.servers.remove(&id) else { return };
        self.server_keys.remove(&server.key);
        self.timers.arm(Owner::Server(id), None);
        if let Some(origin) = server.origin {
            self.release_origin(&origin);
        }
        if let Some(text) = server.text {
            self.texts.remove(&text);
        }
    }

    /// Sends BYE and forgets the leg.
    pub(super) fn send_bye(&mut self, now: Instant, id: LegId, reason: Reason) {
        let branch = self.new_branch();
        if let Some(leg) = self.legs.get_mut(&id) {
            let request = leg.dialog.request(Method::Bye, &branch);
            let (flow, prover) = (leg.dialog.flow, leg.prover.as_ref().map(Prover::fresh));
            let purpose = Purpose::Nothing;
            self.open_client(now, Outgoing { flow, branch, request, purpose, prover });
        }
        self.end_leg(now, id, reason);
    }

    /// Forgets a leg: unanswered requests get 487 (RFC 3261 §15.1.2), the user is told once.
    pub(super) fn end_leg(&mut self, now: Instant, id: LegId, reason: Reason) {
        let Some(mut leg) = self.legs.remove(&id) else { return };
        for pending in leg.initial.take().into_iter().chain(leg.modify.take()) {
            let response = pending.reply.respond(487, Some(&leg.dialog.local_tag));
            self.respond(now, pending.transaction, &response);
        }
        if let Some(calling) = leg.calling.take() {
            self.abandon(now, calling.transaction);
        }
        if let Some(Transfer::Asked { transaction, reply, .. }) = leg.transfer.take() {
            self.respond(now, transaction, &reply.respond(487, Some(&leg.dialog.local_tag)));
        }
        self.forget_leg(id, &leg);
        if !leg.closing {
            self.tell(Event::Ended { leg: id, reason });
        }
    }

    /// Takes a leg in.
    pub(super) fn insert_leg(&mut self, id: LegId, leg: Leg) {
        self.tags.insert(leg.dialog.local_tag.clone(), id);
        let flow = leg.dialog.flow;
        if flow.transport.is_reliable() {
            self.connections.entry(flow.connection).or_default().insert(id);
        }
        self.timers.arm(Owner::Leg(id), leg.poll_timeout());
        self.legs.insert(id, leg);
    }

    fn forget_leg(&mut self, id: LegId, leg: &Leg) {
        self.timers.arm(Owner::Leg(id), None);
        self.tags.remove(&leg.dialog.local_tag);
        match &leg.side {
            Side::Called { source, origin } => {
                self.release_origin(origin);
                self.admission.release_call(*source);
            }
            Side::Calling => self.outgoing = self.outgoing.saturating_sub(1),
        }
        let connection = leg.dialog.flow.connection;
        if let Some(legs) = self.connections.get_mut(&connection) {
            legs.remove(&id);
            if legs.is_empty() {
                self.connections.remove(&connection);
            }
        }
    }
}

/// A rejection as an answer.
pub(super) fn rejected(reply: &Reply, tag: Option<&str>, with: Rejection) -> Response {
    let mut response = reply.respond(with.status, tag);
    for (name, value) in with.fields {
        response.headers.push(name, value);
    }
    response
}
