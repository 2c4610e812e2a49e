//! One SIP dialog with its audio, and whose it is.

use super::conversation::ConversationId;
use super::{Output, Switch};
use crate::gateway::media::MediaCommand;
use crate::media::digits::info_digit;
use crate::proto::Flow;
use crate::proto::offer_answer::{LocalMedia, MediaPlan};
use crate::units::LegId;
use crate::wire::sdp::Session;
use jiff::Timestamp;

/// A leg as the switch knows it.
pub(super) struct Leg {
    pub(super) flow: Flow,
    /// When it began.
    pub(super) at: Timestamp,
    /// Whose it is.
    pub(super) part: Part,
    /// The peer's offer, until it is answered; `None` when we offer.
    pub(super) offer: Option<Session>,
    pub(super) local: Option<LocalMedia>,
    pub(super) plan: Option<MediaPlan>,
    /// Our description as it was last sent, for a re-INVITE that asks for it.
    pub(super) described: Vec<u8>,
}

/// Whose leg it is.
#[derive(Debug)]
pub(super) enum Part {
    /// A call that has arrived and waits for its sockets.
    Arriving(Box<Arrival>),
    /// The citizen of a conversation.
    Citizen(ConversationId),
}

/// Who calls, and what was dialled.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) caller: crate::domain::call::Caller,
    pub(super) called: String,
}

impl Leg {
    /// A leg without media.
    pub(super) fn new(flow: Flow, at: Timestamp, part: Part) -> Self {
        Self { flow, at, part, offer: None, local: None, plan: None, described: Vec::new() }
    }

    /// The conversation it belongs to.
    pub(super) fn conversation(&self) -> Option<ConversationId> {
        match self.part {
            Part::Arriving(_) => None,
            Part::Citizen(conversation) => Some(conversation),
        }
    }
}

impl Switch {
    /// Keys by SIP INFO go through the media machine, where each press is counted once.
    pub(super) fn info(&mut self, id: LegId, content_type: &str, body: &[u8]) {
        if let Some(digit) = info_digit(content_type, body) {
            self.media(id, MediaCommand::InfoDigit(digit));
        }
    }

    pub(super) fn media(&mut self, id: LegId, command: MediaCommand) {
        self.outputs.push_back(Output::Media(id, command));
    }
}
