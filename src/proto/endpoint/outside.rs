//! Requests outside of any dialog: a call, a text, or a refusal that keeps no state.

use super::super::checks::{
    ALLOW, Rejection, SDP_TYPE, SUPPORTED, TEXT_TYPE, check_require, check_scheme, dialled,
    identify, read_text,
};
use super::super::{Event, TextId};
use super::receive::Incoming;
use super::{Endpoint, PendingText};
use crate::wire::sip::{Method, Response};
use std::time::Instant;

impl Endpoint {
    /// A request without a To tag.
    pub(super) fn receive_outside(&mut self, now: Instant, incoming: Incoming) {
        if let Some(held) = self.origins.get(incoming.origin.as_str()) {
            // A retransmission that outlived its transaction finds its call; a copy that came
            // another way is a merged request (RFC 3261 §8.2.2.2).
            if *held.branch != *incoming.key.branch() {
                self.refuse(now, &incoming, Rejection::new(482));
            }
            return;
        }
        let refusal = match incoming.request.method {
            Method::Invite => return self.receive_invite(now, incoming),
            Method::Message => return self.receive_message(now, incoming, None),
            Method::Options => return self.answer_options(now, &incoming),
            Method::Register if self.authentication.has_accounts() => {
                return self.receive_register(now, &incoming);
            }
            // Requests that live only within a dialog.
            Method::Bye | Method::Info | Method::Prack | Method::Update => Rejection::new(481),
            // RFC 3261 §8.2.1: known but not allowed.
            Method::Register
            | Method::Subscribe
            | Method::Notify
            | Method::Publish
            | Method::Refer => Rejection::not_allowed(),
            Method::Ack | Method::Cancel => return,
            // RFC 3261 §21.5.2: not known at all.
            Method::Other(_) => Rejection::new(501).with("Allow", ALLOW),
        };
        self.refuse(now, &incoming, refusal);
    }

    /// 503 with Retry-After.
    pub(super) fn overloaded(&self) -> Rejection {
        Rejection::new(503).with("Retry-After", self.config.retry_after_seconds.to_string())
    }

    fn answer_options(&mut self, now: Instant, incoming: &Incoming) {
        let checked = check_scheme(&incoming.request.uri)
            .and_then(|()| check_require(&incoming.request.headers));
        // RFC 3261 §11.2: the status is that of an INVITE.
        let answer = match checked {
            Err(rejection) => rejection,
            Ok(()) if self.draining => self.overloaded(),
            Ok(()) => Rejection { status: 200, fields: capabilities() },
        };
        // A phone of ours keeps the way through its NAT open with OPTIONS; several share an address.
        if self.registrar.seat_on(&incoming.flow).is_some() {
            return self.answer_stateless(incoming, answer);
        }
        self.refuse(now, incoming, answer);
    }

    /// A text (RFC 3428). It is answered when its user stored it; `tag` is ours within a dialog.
    pub(super) fn receive_message(
        &mut self,
        now: Instant,
        incoming: Incoming,
        tag: Option<Box<str>>,
    ) {
        let request = &incoming.request;
        let body = check_scheme(&request.uri)
            .and_then(|()| check_require(&request.headers))
            .and_then(|()| {
                if request.body.len() > self.config.text_bytes_max {
                    return Err(Rejection::new(413));
                }
                read_text(request)
            })
            .and_then(|body| {
                let room = self.texts.len() < self.config.texts_max && self.has_room();
                let room = room && !self.draining && self.admission.admit_text(now);
                if room { Ok(body) } else { Err(self.overloaded()) }
            });
        let body = match body {
            Ok(body) => body,
            Err(rejection) => return self.refuse(now, &incoming, rejection),
        };
        let text = TextId(self.next_id());
        let transaction = self.open_server(now, &incoming);
        let origin = self.hold_origin(&incoming.origin, incoming.key.branch());
        if let Some(server) = self.servers.get_mut(&transaction) {
            server.text = Some(text);
            server.origin = Some(origin);
        }
        let tag = tag.map_or_else(|| self.salted_tag(&incoming.origin), Into::into);
        self.tell(Event::Text {
            text,
            caller: identify(&self.config, &incoming.flow, &incoming.request.headers).caller,
            called: dialled(&incoming.request.uri),
            body,
            key: format!("{} {}", incoming.call_id(), incoming.cseq),
            is_vouched: self.config.trusted_peers.contains(&incoming.flow.remote.ip()),
        });
        self.texts.insert(text, PendingText { transaction, reply: incoming.reply, tag });
    }

    /// Answers a text; only now does its sender know that it is kept.
    pub fn answer_text(&mut self, now: Instant, text: TextId, status: u16) {
        let Some(pending) = self.texts.remove(&text) else { return };
        let status = if (200..700).contains(&status) { status } else { 500 };
        let mut response: Response = pending.reply.respond(status, Some(&pending.tag));
        if status == 503 {
            response.headers.push("Retry-After", self.config.retry_after_seconds.to_string());
        }
        if let Some(server) = self.servers.get_mut(&pending.transaction) {
            server.text = None;
        }
        self.respond(now, pending.transaction, &response);
        self.check_invariants();
    }
}

/// The fields of a 200 to OPTIONS (RFC 3261 §11.2).
pub(super) fn capabilities() -> Vec<(&'static str, String)> {
    vec![
        ("Allow", ALLOW.to_owned()),
        ("Accept", format!("{SDP_TYPE}, {TEXT_TYPE}")),
        ("Accept-Encoding", "identity".to_owned()),
        ("Supported", SUPPORTED.to_owned()),
    ]
}
