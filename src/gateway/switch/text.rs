//! Texts by SIP MESSAGE (RFC 3428): a case like any other, acknowledged only after its commit.

use super::{Asker, Output, StoreOrder, Switch};
use crate::domain::call::{Caller, IntakeKind, NewIntake, StoreReply, StoreRequest};
use crate::gateway::clock::Now;
use crate::proto::TextId;
use crate::units::PhoneNumber;

impl Switch {
    pub(super) fn text(&mut self, now: Now, text: TextId, caller: &str, body: String, key: &str) {
        let caller = Caller { number: PhoneNumber::parse(caller).ok(), display: None };
        let intake = NewIntake {
            key: format!("text:{key}"),
            kind: IntakeKind::Text,
            call: None,
            contact: caller.number.clone(),
            mail: None,
            caller: caller.clone(),
            received_at: now.wall,
            recording: None,
            text: Some(body),
            // Its number can be told by nobody but a person who calls back.
            callback: true,
        };
        self.outputs.push_back(Output::Store(Box::new(StoreOrder {
            asker: Asker::Text(text),
            request: StoreRequest::Open(intake),
            call: None,
            caller,
            seat: None,
            at: now.wall,
        })));
    }

    pub(super) fn text_stored(&mut self, now: Now, text: TextId, reply: &StoreReply) {
        let status = match reply {
            StoreReply::Opened { .. } => 200,
            StoreReply::LookedUp(_) | StoreReply::Unavailable => 503,
        };
        self.endpoint.answer_text(now.monotonic, text, status);
    }
}
