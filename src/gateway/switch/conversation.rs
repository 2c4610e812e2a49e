//! A conversation: one call of a citizen from its arrival to its account, with all its legs.

use super::leg::{Arrival, Part};
use super::{Output, Switch};
use crate::domain::call::{
    Call, CallRecord, Caller, EndedBy, Incoming, Input, PlayId, RecordId, Seats,
};
use crate::gateway::clock::Now;
use crate::gateway::media::{Closed, MediaCommand, MediaReport};
use crate::store::LegRecord;
use crate::units::{CallId, LegId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Names a conversation within the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationId(pub u32);

/// One call with everything that belongs to it.
pub(super) struct Conversation {
    pub(super) call_id: CallId,
    pub(super) caller: Caller,
    pub(super) called: String,
    /// When it arrived.
    pub(super) at: Timestamp,
    /// The citizen's leg.
    pub(super) citizen: LegId,
    /// The rules of the call, until it has given its account.
    pub(super) call: Option<Call>,
    /// When the call wants to be woken, as it is set.
    pub(super) timer: Option<Instant>,
    /// The files of its closed recordings.
    pub(super) files: HashMap<RecordId, String>,
    account: Option<Box<CallRecord>>,
}

impl Conversation {
    /// What a report of the citizen's media means to the call.
    pub(super) fn heard(&mut self, report: MediaReport) -> Option<Input> {
        Some(match report {
            MediaReport::Digit(digit) => Input::Digit(digit),
            MediaReport::PlayDone(play) => Input::PlayDone(PlayId(play)),
            MediaReport::Recorded(record, summary) => {
                self.files.insert(record, summary.file.clone());
                Input::Recorded(record, summary)
            }
            MediaReport::RecordFailed(record) => Input::RecordFailed(record),
            MediaReport::Lost => Input::MediaLost,
            MediaReport::Closed(_) => return None,
        })
    }
}

impl Switch {
    /// The sockets of an arriving call are there: describe our media, put the call under its rules,
    /// answer.
    pub(super) fn begin(&mut self, now: Now, leg_id: LegId, address: SocketAddr) {
        let (call_id, id) = self.next_conversation(now);
        if !self.describe(now, leg_id, address) {
            self.legs.remove(&leg_id);
            self.outputs.push_back(Output::CloseMedia(leg_id));
            return;
        }
        let Some(leg) = self.legs.get_mut(&leg_id) else {
            self.outputs.push_back(Output::CloseMedia(leg_id));
            return;
        };
        let Part::Arriving(arrival) = std::mem::replace(&mut leg.part, Part::Citizen(id)) else {
            return;
        };
        let Arrival { caller, called } = *arrival;
        let incoming = Incoming {
            call: call_id.clone(),
            caller: caller.clone(),
            called: called.clone(),
            at: leg.at,
            seats: Seats::None,
            store_up: self.store_up,
        };
        let rules = Arc::clone(&self.config.rules);
        let conversation = Conversation {
            call_id,
            caller,
            called,
            at: leg.at,
            citizen: leg_id,
            call: Some(Call::new(rules, incoming, now.monotonic)),
            timer: None,
            files: HashMap::new(),
            account: None,
        };
        self.conversations.insert(id, conversation);
        self.carry_out(now, id);
        self.set_timer(id);
    }

    fn next_conversation(&mut self, now: Now) -> (CallId, ConversationId) {
        self.serial = self.serial.wrapping_add(1);
        let unix_ms = u64::try_from(now.wall.as_millisecond()).unwrap_or(0);
        (CallId::new(&self.config.gateway, unix_ms, self.serial), ConversationId(self.serial))
    }

    /// The network leg is over. A call that was answered still settles its account.
    pub(super) fn ended(&mut self, now: Now, leg_id: LegId, by: EndedBy) {
        let Some(leg) = self.legs.get(&leg_id) else { return };
        let Some(id) = leg.conversation() else {
            // Its sockets are being bound; `begin` finds nobody and closes them.
            self.legs.remove(&leg_id);
            return;
        };
        if self.conversations.get(&id).is_some_and(|conversation| conversation.call.is_some()) {
            self.media(leg_id, MediaCommand::StopPlay);
            self.tell(now, id, Input::HungUp(by));
        }
    }

    /// The call has given its account; it is passed on with that of the media.
    pub(super) fn finish(&mut self, now: Now, id: ConversationId, record: Box<CallRecord>) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        conversation.account = Some(record);
        conversation.call = None;
        let citizen = conversation.citizen;
        // A leg whose call has given its account must not stay up on the network.
        self.endpoint.hang_up(now.monotonic, citizen);
        self.outputs.push_back(Output::CloseMedia(citizen));
    }

    /// The media of a leg is closed: nothing is left of it but its account.
    pub(super) fn close_account(&mut self, now: Now, leg_id: LegId, closed: &Closed) {
        let Some(leg) = self.legs.remove(&leg_id) else { return };
        let Some(id) = leg.conversation() else { return };
        let Some(conversation) = self.conversations.remove(&id) else { return };
        let Some(record) = conversation.account else { return };
        let account = LegRecord {
            leg: leg_id,
            peer: closed.peer.map_or_else(String::new, |peer| peer.to_string()),
            codec: leg.plan.map(|plan| plan.codec.name().to_owned()),
            from: Duration::ZERO,
            to: record.lasted,
            received: closed.statistics.received,
            sent: closed.statistics.sent,
            lost: closed.statistics.lost.into(),
            answered: Some(Duration::ZERO),
            ended_by: record.ended_by.into(),
            ..LegRecord::default()
        };
        self.outputs.push_back(Output::Finished(record, now.wall, account));
    }
}
