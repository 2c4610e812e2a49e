//! Bytes come in: parsed, matched to their transaction, or given on.

use super::super::checks::{Rejection, is_loop};
use super::super::reply::Reply;
use super::super::transaction::ServerKey;
use super::super::{Event, Flow, Reason, Transport};
use super::{Endpoint, ServerMachine};
use crate::units::LegId;
use crate::wire::sip::{Answer, Framing, Message, Method, ParseFailure, Request};
use std::time::Instant;

/// A request with what every step needs of it.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) request: Request,
    pub(super) flow: Flow,
    pub(super) reply: Reply,
    pub(super) key: ServerKey,
    pub(super) cseq: u32,
    pub(super) remote_tag: Box<str>,
    /// Our tag, where the request is within a dialog.
    pub(super) local_tag: Option<Box<str>>,
    /// From tag, Call-ID and CSeq: the same in every copy of the request.
    pub(super) origin: String,
}

impl Incoming {
    fn new(request: Request, flow: Flow) -> Result<Self, Box<Request>> {
        let headers = &request.headers;
        let (Ok(via), Ok(from), Ok(to), Ok(call_id), Ok(cseq)) =
            (headers.top_via(), headers.from(), headers.to(), headers.call_id(), headers.cseq())
        else {
            return Err(Box::new(request));
        };
        let key = ServerKey::new(&via, headers, &request.method);
        let reply = Reply::new(headers, &via, flow);
        let remote_tag: Box<str> = from.tag().unwrap_or("").into();
        let local_tag = to.tag().filter(|tag| !tag.is_empty()).map(Into::into);
        let origin = format!("{remote_tag}\n{call_id}\n{} {}", cseq.number, cseq.method);
        let cseq = cseq.number;
        Ok(Self { request, flow, reply, key, cseq, remote_tag, local_tag, origin })
    }

    /// Call-ID; it was read before, so it is there.
    pub(super) fn call_id(&self) -> &str {
        self.request.headers.call_id().unwrap_or("")
    }
}

impl Endpoint {
    /// Takes one datagram, or one message cut out of a stream.
    pub fn receive(&mut self, now: Instant, flow: Flow, bytes: &[u8]) {
        let framing = match flow.transport {
            Transport::Udp => Framing::Datagram,
            Transport::Tcp | Transport::Tls => Framing::Stream,
        };
        self.receive_parsed(now, flow, Message::parse(bytes, framing));
    }

    /// One message that was read already, or why it is none.
    pub fn receive_parsed(
        &mut self,
        now: Instant,
        flow: Flow,
        message: Result<Message, ParseFailure>,
    ) {
        match message {
            Ok(Message::Request(request)) => match Incoming::new(request, flow) {
                Ok(incoming) => self.receive_request(now, incoming),
                Err(request) if request.method == Method::Ack => {}
                Err(request) => {
                    let answer = Answer { status: 400, headers: request.headers };
                    self.answer_unreadable(now, flow, &answer);
                }
            },
            Ok(Message::Response(response)) => self.receive_response(now, flow, &response),
            Err(failure) => {
                if let Some(answer) = failure.answer {
                    self.answer_unreadable(now, flow, &answer);
                }
            }
        }
        self.check_invariants();
    }

    /// The stream is gone: its legs end, because nobody can be told (their BYE has no way).
    pub fn connection_closed(&mut self, now: Instant, connection: u64) {
        self.drop_bindings_of(connection);
        self.trunks_lost(connection);
        let legs = self.connections.remove(&connection).unwrap_or_default();
        let mut legs: Vec<LegId> = legs.into_iter().collect();
        legs.sort_unstable();
        for leg in legs {
            self.end_leg(now, leg, Reason::Failure);
        }
        self.check_invariants();
    }

    /// Answers what the parser refused, without state.
    fn answer_unreadable(&mut self, now: Instant, flow: Flow, answer: &Answer) {
        let Ok(via) = answer.headers.top_via() else { return };
        if self.admission.may_refuse(&self.config, now, flow.remote.ip()) {
            let reply = Reply::new(&answer.headers, &via, flow);
            let tag = self.salted_tag(answer.headers.get("Call-ID").unwrap_or(""));
            self.transmit(reply.flow, reply.respond(answer.status, Some(&tag)).to_bytes());
        }
    }

    fn receive_request(&mut self, now: Instant, incoming: Incoming) {
        if incoming.request.method == Method::Ack {
            return self.receive_ack(now, incoming);
        }
        if let Some(&id) = self.server_keys.get(&incoming.key) {
            let Some(server) = self.servers.get(&id) else { return };
            let again = match &server.machine {
                ServerMachine::Invite(machine) => machine.retransmitted(),
                ServerMachine::Other(machine) => machine.retransmitted(),
            };
            if let Some(bytes) = again.filter(|bytes| !bytes.is_empty()) {
                let bytes = bytes.to_vec();
                self.transmit(incoming.reply.flow, bytes);
            }
            return;
        }
        if is_loop(&self.config, &incoming.flow, &incoming.request, &self.branch_prefix) {
            return self.refuse(now, &incoming, Rejection::new(482));
        }
        match (&incoming.request.method, &incoming.local_tag) {
            (Method::Cancel, _) => self.receive_cancel(now, &incoming),
            (_, Some(_)) => self.receive_within(now, incoming),
            (_, None) => self.receive_outside(now, incoming),
        }
    }

    /// CANCEL (RFC 3261 §9.2): 481 without its INVITE; after a final answer it has no effect.
    fn receive_cancel(&mut self, now: Instant, incoming: &Incoming) {
        let invite = self.server_keys.get(&incoming.key.of_invite()).copied();
        let Some(invite) = invite.and_then(|id| self.servers.get(&id).map(|server| (id, server)))
        else {
            return self.refuse(now, incoming, Rejection::new(481));
        };
        let (id, server) = invite;
        let leg = server.leg;
        let dialog = leg.and_then(|leg| self.legs.get(&leg)).map(|leg| &leg.dialog.local_tag);
        let tag = dialog.map_or_else(|| self.salted_tag(&incoming.origin), ToString::to_string);
        let response = incoming.reply.respond(200, Some(&tag));
        self.respond_new(now, incoming, &response);
        let Some(leg_id) = leg else { return };
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        if leg.initial.as_ref().is_some_and(|pending| pending.transaction == id) {
            self.end_leg(now, leg_id, Reason::Peer);
        } else if let Some(pending) = leg.modify.take_if(|pending| pending.transaction == id) {
            let response = pending.reply.respond(487, Some(&leg.dialog.local_tag));
            self.respond(now, id, &response);
            self.arm_leg(leg_id);
        }
    }

    /// An ACK belongs to the INVITE transaction (non-2xx) or to the dialog (2xx).
    fn receive_ack(&mut self, now: Instant, mut incoming: Incoming) {
        if let Some(&id) = self.server_keys.get(&incoming.key)
            && let Some(server) = self.servers.get_mut(&id)
            && let ServerMachine::Invite(machine) = &mut server.machine
            && machine.acknowledge(now)
        {
            return self.arm_server(id);
        }
        let Some(leg_id) = self.find_leg(&incoming) else { return };
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let Some(at) = leg.acks.iter().position(|ack| ack.cseq == incoming.cseq) else { return };
        let acknowledged = leg.acks.swap_remove(at);
        let first = !leg.confirmed;
        leg.confirmed = true;
        let closing = leg.closing;
        let sdp = super::super::checks::take_sdp(&mut incoming.request).ok().flatten();
        if closing {
            if leg.acks.is_empty() {
                self.send_bye(now, leg_id, Reason::Local);
            }
            return self.arm_leg(leg_id);
        }
        match sdp {
            Some(sdp) if acknowledged.offered => self.tell(Event::Answer { leg: leg_id, sdp }),
            // RFC 3261 §13.2.1: an offer in the 2xx is answered in the ACK; a call without media
            // would be silence.
            None if acknowledged.offered && first => {
                return self.send_bye(now, leg_id, Reason::Failure);
            }
            _ => {}
        }
        if first {
            self.tell(Event::Confirmed { leg: leg_id });
        }
        self.arm_leg(leg_id);
    }

    /// The leg whose dialog a request names.
    pub(super) fn find_leg(&self, incoming: &Incoming) -> Option<LegId> {
        let id = *self.tags.get(incoming.local_tag.as_deref()?)?;
        let leg = self.legs.get(&id)?;
        leg.knows(incoming.call_id(), &incoming.remote_tag).then_some(id)
    }
}
