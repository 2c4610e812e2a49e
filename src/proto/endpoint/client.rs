//! Client transactions: requests leave, answers find them, challenges are met.

use super::super::Flow;
use super::super::dialog::{ack_for, copy_proofs, via_line};
use super::super::prover::Prover;
use super::super::transaction::{Answered, ClientInvite, ClientOther, Due, Times, TransactionId};
use super::super::trunk::Trunk;
use super::{Client, ClientMachine, Endpoint, Owner, Purpose};
use crate::wire::sip::{Method, Request, Response};
use rand::Rng as _;
use std::time::Instant;

/// A request that is about to leave.
pub(super) struct Outgoing {
    pub(super) flow: Flow,
    pub(super) branch: String,
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    pub(super) prover: Option<Prover>,
}

/// By what an answer finds its transaction (RFC 3261 §17.1.3): a CANCEL has its INVITE's branch.
fn client_key(branch: &str, method: &Method) -> Box<str> {
    format!("{branch} {method}").into()
}

impl Endpoint {
    /// Sends a request and opens its client transaction. Without room it gives `None`: what nobody
    /// waits for, such as a BYE, still goes out once.
    pub(super) fn open_client(&mut self, now: Instant, out: Outgoing) -> Option<TransactionId> {
        let Outgoing { flow, branch, request, purpose, prover } = out;
        let bytes = request.to_bytes();
        if self.clients.len() >= self.config.transactions_max {
            if matches!(purpose, Purpose::Nothing | Purpose::Unregister) {
                self.transmit(flow, bytes);
            }
            return None;
        }
        let id = TransactionId(self.next_id());
        self.transmit(flow, bytes.clone());
        let times = Times::new(&self.config, &flow);
        let key = client_key(&branch, &request.method);
        let invite = request.method == Method::Invite;
        let machine = if invite {
            let rings = matches!(purpose, Purpose::Call(_));
            ClientMachine::Invite(ClientInvite::new(now, times, bytes, rings))
        } else {
            ClientMachine::Other(ClientOther::new(now, times, bytes))
        };
        let request = (invite || prover.is_some()).then(|| Box::new(request));
        self.client_keys.insert(key.clone(), id);
        let client = Client {
            key,
            branch: branch.into(),
            flow,
            machine,
            purpose,
            request,
            prover,
            cancel_wanted: false,
            accepted: Vec::new(),
        };
        self.clients.insert(id, client);
        self.arm_client(id);
        Some(id)
    }

    /// An answer to a request of ours that came from `source`; strays are dropped.
    pub(super) fn receive_response(&mut self, now: Instant, source: Flow, response: &Response) {
        let (Ok(via), Ok(cseq)) = (response.headers.top_via(), response.headers.cseq()) else {
            return;
        };
        let Some(branch) = via.branch() else { return };
        let Some(&id) = self.client_keys.get(&client_key(branch, &cseq.method)) else { return };
        let Some(client) = self.clients.get_mut(&id) else { return };
        let status = response.status;
        let answered = match &mut client.machine {
            ClientMachine::Invite(machine) => machine.answered(now, status),
            ClientMachine::Other(machine) => match machine.answered(now, status) {
                true => Answered::Final,
                false => Answered::Absorbed,
            },
        };
        self.arm_client(id);
        match answered {
            Answered::Absorbed => {}
            Answered::Provisional => self.progressed(now, id, response),
            Answered::AckAgain => self.acknowledge_again(now, id, response),
            Answered::Final => self.answered_finally(now, id, source, response),
        }
    }

    fn answered_finally(
        &mut self,
        now: Instant,
        id: TransactionId,
        source: Flow,
        response: &Response,
    ) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let purpose = client.purpose;
        let rings = client.rings();
        if rings && response.status < 300 {
            return self.call_accepted(now, id, response);
        }
        self.acknowledge(id, response);
        // A call that was given up is not made again.
        let given_up = rings && purpose == Purpose::Nothing;
        if !given_up && self.prove_again(now, id, source, response) {
            return;
        }
        match purpose {
            Purpose::Nothing => {}
            Purpose::Unregister => self.unregistered(id),
            Purpose::Call(leg) => self.call_refused(now, leg, id, response),
            Purpose::Modify(leg) => self.modify_answered(now, leg, id, response),
            Purpose::Register(trunk) => self.registration_answered(now, trunk, id, response),
            Purpose::Options(trunk) => self.options_answered(now, trunk, id, response.status),
        }
    }

    /// Nobody waits any more, though its answer may come again.
    fn unregistered(&mut self, id: TransactionId) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.purpose = Purpose::Nothing;
        }
    }

    /// Sends the ACK for a final answer to our INVITE and keeps it for repeats. A first INVITE's
    /// 2xx has its own (`call_accepted`).
    fn acknowledge(&mut self, id: TransactionId, response: &Response) {
        let fresh = self.new_branch();
        let Some(client) = self.clients.get_mut(&id) else { return };
        let ClientMachine::Invite(machine) = &mut client.machine else { return };
        let Some(invite) = &client.request else { return };
        let accepted = response.status < 300;
        let branch = if accepted { &*fresh } else { &*client.branch };
        let mut ack = ack_for(invite, response.headers.get("To"), branch, &client.flow);
        if accepted {
            copy_proofs(invite, &mut ack);
        }
        let bytes = ack.to_bytes();
        machine.acknowledged(bytes.clone());
        let flow = client.flow;
        self.transmit(flow, bytes);
    }

    /// A final answer came again; behind a fork it may be another one.
    fn acknowledge_again(&mut self, now: Instant, id: TransactionId, response: &Response) {
        let Some(client) = self.clients.get(&id) else { return };
        if client.rings() && response.status < 300 {
            return self.accepted_again(now, id, response);
        }
        let ClientMachine::Invite(machine) = &client.machine else { return };
        let (flow, ack) = (client.flow, machine.kept().to_vec());
        self.transmit(flow, ack);
    }

    /// Meets a challenge with the credentials of the request. They go to the peer they are for
    /// only: the answer must come from where the request went.
    fn prove_again(
        &mut self,
        now: Instant,
        id: TransactionId,
        source: Flow,
        response: &Response,
    ) -> bool {
        let cnonce = format!("{:016x}", self.rng.next_u64());
        let Some(client) = self.clients.get_mut(&id) else { return false };
        let Flow { transport, remote, connection, .. } = client.flow;
        if (source.transport, source.remote, source.connection) != (transport, remote, connection) {
            return false;
        }
        let (Some(request), Some(mut prover)) = (client.request.clone(), client.prover.clone())
        else {
            return false;
        };
        let Some((name, value)) = prover.meet(&request, response, cnonce) else { return false };
        let (mut request, purpose) = (*request, client.purpose);
        request.headers.set(name, value);
        self.note_algorithm(purpose, prover.sha256_known);
        self.send_again(now, id, request, Some(prover)).is_some()
    }

    /// What was learnt of the peer's algorithms holds for all further requests of the same leg or
    /// registration; another call begins anew.
    fn note_algorithm(&mut self, purpose: Purpose, sha256_known: bool) {
        let prover = match purpose {
            Purpose::Call(leg) | Purpose::Modify(leg) => {
                self.legs.get_mut(&leg).and_then(|leg| leg.prover.as_mut())
            }
            Purpose::Register(trunk) => {
                self.trunks.get_mut(&trunk).and_then(|trunk| trunk.prover.as_mut())
            }
            Purpose::Nothing | Purpose::Unregister | Purpose::Options(_) => None,
        };
        if let Some(prover) = prover {
            prover.sha256_known |= sha256_known;
        }
    }

    /// Sends an amended request as a new transaction with the next number (RFC 3261 §8.1.3.5).
    pub(super) fn send_again(
        &mut self,
        now: Instant,
        id: TransactionId,
        mut request: Request,
        prover: Option<Prover>,
    ) -> Option<TransactionId> {
        let branch = self.new_branch();
        let client = self.clients.get_mut(&id)?;
        let (flow, purpose) = (client.flow, client.purpose);
        client.purpose = Purpose::Nothing;
        let number = match purpose {
            Purpose::Call(leg) | Purpose::Modify(leg) => {
                self.legs.get_mut(&leg).map(|leg| leg.dialog.next_cseq())
            }
            Purpose::Register(trunk) => self.trunks.get_mut(&trunk).map(Trunk::next_cseq),
            // Its dialog is over: nothing else counts there.
            Purpose::Nothing | Purpose::Unregister | Purpose::Options(_) => {
                request.headers.cseq().ok().map(|cseq| cseq.number.saturating_add(1))
            }
        };
        let cseq = format!("{} {}", number?, request.method);
        request.headers.set("Via", via_line(&flow, &branch));
        request.headers.set("CSeq", cseq);
        let next = self.open_client(now, Outgoing { flow, branch, request, purpose, prover })?;
        self.hand_over(purpose, id, next);
        Some(next)
    }

    /// Who waited for the old transaction now waits for the new one.
    fn hand_over(&mut self, purpose: Purpose, old: TransactionId, new: TransactionId) {
        match purpose {
            Purpose::Call(leg) => {
                let Some(leg) = self.legs.get_mut(&leg) else { return };
                if let Some(calling) = leg.calling.as_mut().filter(|c| c.transaction == old) {
                    calling.transaction = new;
                    calling.forks.clear();
                }
            }
            Purpose::Modify(leg) => {
                let Some(leg) = self.legs.get_mut(&leg) else { return };
                if let Some(refresh) = leg.refresh.as_mut().filter(|r| r.transaction == old) {
                    refresh.transaction = new;
                }
            }
            Purpose::Register(trunk) => {
                let Some(trunk) = self.trunks.get_mut(&trunk) else { return };
                if let Some(registering) = trunk.registering.as_mut().filter(|id| **id == old) {
                    *registering = new;
                }
            }
            Purpose::Nothing | Purpose::Unregister | Purpose::Options(_) => {}
        }
    }

    /// A client transaction's deadline has come.
    pub(super) fn client_due(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let (flow, purpose) = (client.flow, client.purpose);
        let (due, bytes) = match &mut client.machine {
            ClientMachine::Invite(machine) => (machine.handle_timeout(now), machine.kept()),
            ClientMachine::Other(machine) => (machine.handle_timeout(now), machine.request()),
        };
        match due {
            Due::Resend => {
                let bytes = bytes.to_vec();
                self.transmit(flow, bytes);
                self.arm_client(id);
            }
            Due::Nothing => self.arm_client(id),
            Due::Over => self.remove_client(id),
            Due::TimedOut => {
                self.remove_client(id);
                match purpose {
                    Purpose::Nothing | Purpose::Unregister => {}
                    Purpose::Call(leg) => self.call_timed_out(now, leg, id),
                    Purpose::Modify(leg) => self.modify_timed_out(now, leg, id),
                    Purpose::Register(trunk) => self.registration_timed_out(now, trunk, id),
                    Purpose::Options(trunk) => self.options_answered(now, trunk, id, 408),
                }
            }
        }
    }

    /// Sets a client transaction's deadline anew after it was touched.
    pub(super) fn arm_client(&mut self, id: TransactionId) {
        let deadline = self.clients.get(&id).and_then(|client| match &client.machine {
            ClientMachine::Invite(machine) => machine.poll_timeout(),
            ClientMachine::Other(machine) => Some(machine.poll_timeout()),
        });
        self.timers.arm(Owner::Client(id), deadline);
    }

    /// Forgets a client transaction.
    pub(super) fn remove_client(&mut self, id: TransactionId) {
        if let Some(client) = self.clients.remove(&id) {
            self.client_keys.remove(&client.key);
            self.timers.arm(Owner::Client(id), None);
        }
    }
}
