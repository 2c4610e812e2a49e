//! One leg from its INVITE to the account of its call.

use super::{Asker, Output, Started, Switch};
use crate::domain::call::{
    Action, Call, CallRecord, Caller, EndedBy, Incoming, Input, PlayId, RecordId, RecordingKind,
    Seats,
};
use crate::gateway::clock::Now;
use crate::gateway::media::{Closed, MediaCommand, MediaReport};
use crate::media::digits::info_digit;
use crate::proto::Flow;
use crate::proto::offer_answer::{LocalMedia, MediaPlan};
use crate::store::{LegRecord, recording_file};
use crate::units::{CallId, LegId, PhoneNumber};
use crate::wire::sdp::Session;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Samples of a second of telephone audio.
const SAMPLES_PER_SECOND: u64 = 8000;

/// A leg as the switch knows it.
pub(super) struct Leg {
    pub(super) flow: Flow,
    pub(super) caller: Caller,
    pub(super) called: String,
    pub(super) at: Timestamp,
    /// The peer's offer, until it is answered; `None` when we offer.
    pub(super) offer: Option<Session>,
    pub(super) local: Option<LocalMedia>,
    pub(super) plan: Option<MediaPlan>,
    /// Our description as it was last sent, for a re-INVITE that asks for it.
    pub(super) described: Vec<u8>,
    account: Option<Box<CallRecord>>,
    pub(super) call: Option<Call>,
    pub(super) timer: Option<Instant>,
    id: Option<CallId>,
    files: HashMap<RecordId, String>,
}

impl Leg {
    /// A leg whose INVITE has just arrived.
    pub(super) fn ringing(
        now: Now,
        flow: Flow,
        caller: &str,
        display: Option<String>,
        called: String,
    ) -> Self {
        Self {
            flow,
            caller: Caller { number: PhoneNumber::parse(caller).ok(), display },
            called,
            at: now.wall,
            offer: None,
            local: None,
            plan: None,
            described: Vec::new(),
            account: None,
            call: None,
            timer: None,
            id: None,
            files: HashMap::new(),
        }
    }

    /// What a media report means to the call.
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
    /// The sockets are there: describe our media, put the call under its rules, answer.
    pub(super) fn begin(&mut self, now: Now, id: LegId, address: std::net::SocketAddr) {
        let call = self.next_call_id(now);
        if !self.describe(now, id, address) {
            self.legs.remove(&id);
            self.outputs.push_back(Output::CloseMedia(id));
            return;
        }
        let Some(leg) = self.legs.get_mut(&id) else {
            self.outputs.push_back(Output::CloseMedia(id));
            return;
        };
        let incoming = Incoming {
            call: call.clone(),
            caller: leg.caller.clone(),
            called: leg.called.clone(),
            at: leg.at,
            seats: Seats::None,
            store_up: self.store_up,
        };
        leg.id = Some(call);
        let rules = Arc::clone(&self.config.rules);
        leg.call = Some(Call::new(rules, incoming, now.monotonic));
        self.carry_out(now, id);
        self.set_timer(id);
    }

    fn next_call_id(&mut self, now: Now) -> CallId {
        self.serial = self.serial.wrapping_add(1);
        let unix_ms = u64::try_from(now.wall.as_millisecond()).unwrap_or(0);
        CallId::new(&self.config.gateway, unix_ms, self.serial)
    }

    /// One thing that the rules of a call want done.
    pub(super) fn act(&mut self, now: Now, id: LegId, action: Action) {
        match action {
            Action::Answer => self.answer(now, id),
            Action::Play { play, plan, slow } => {
                let list = Arc::new(self.config.prompts.resolve(&plan, slow));
                self.media(id, MediaCommand::Play { play: play.0, list });
            }
            Action::StopPlay => self.media(id, MediaCommand::StopPlay),
            Action::Record { record, kind, limit } => self.record(id, record, kind, limit),
            Action::StopRecord(record) => self.media(id, MediaCommand::StopRecord(record)),
            Action::DiscardRecord(record) => self.media(id, MediaCommand::DiscardRecord(record)),
            Action::Replay { play, record } => {
                let file = self.legs.get(&id).and_then(|leg| leg.files.get(&record)).cloned();
                let file = file.unwrap_or_default();
                self.outputs.push_back(Output::LoadRecording(id, play.0, file));
            }
            Action::Store(ticket, request) => {
                let Some(leg) = self.legs.get(&id) else { return };
                self.outputs.push_back(Output::Store {
                    asker: Asker::Call(id, ticket),
                    request,
                    call: leg.id.clone(),
                    caller: leg.caller.clone(),
                    at: now.wall,
                });
            }
            Action::HangUp => self.endpoint.hang_up(now.monotonic, id),
            Action::Finish(record) => self.finish(now, id, record),
        }
    }

    fn answer(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(call) = leg.id.clone() else { return };
        self.outputs.push_back(Output::Started(Box::new(Started {
            call,
            caller: leg.caller.clone(),
            called: leg.called.clone(),
            at: leg.at,
            peer: leg.flow.remote,
        })));
        let sdp = leg.described.clone();
        self.endpoint.answer(now.monotonic, id, sdp);
        self.start_media(id);
    }

    fn record(&mut self, id: LegId, record: RecordId, kind: RecordingKind, limit: Duration) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Some(call) = &leg.id else { return };
        let day = leg.at.to_zoned(self.config.time_zone.clone()).date();
        let file = recording_file(day, call, kind, record.0);
        let samples_max = limit.as_secs() * SAMPLES_PER_SECOND;
        self.media(id, MediaCommand::Record { record, kind, file, samples_max });
    }

    /// Keys by SIP INFO go through the media machine, where each press is counted once.
    pub(super) fn info(&mut self, id: LegId, content_type: &str, body: &[u8]) {
        if let Some(digit) = info_digit(content_type, body) {
            self.media(id, MediaCommand::InfoDigit(digit));
        }
    }

    /// The network leg is over. A call that was answered still settles its account.
    pub(super) fn ended(&mut self, now: Now, id: LegId, by: EndedBy) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.call.is_some() {
            self.media(id, MediaCommand::StopPlay);
            self.tell(now, id, Input::HungUp(by));
        } else if leg.account.is_none() {
            // Its sockets are being bound; `begin` finds nobody and closes them.
            self.legs.remove(&id);
        }
    }

    /// The call has given its account; it is passed on with that of the media.
    fn finish(&mut self, now: Now, id: LegId, record: Box<CallRecord>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.account = Some(record);
        leg.call = None;
        // A leg whose call has given its account must not stay up on the network.
        self.endpoint.hang_up(now.monotonic, id);
        self.outputs.push_back(Output::CloseMedia(id));
    }

    /// The media is closed: nothing is left of the leg but its account.
    pub(super) fn close_account(&mut self, now: Now, id: LegId, closed: &Closed) {
        let Some(leg) = self.legs.remove(&id) else { return };
        let Some(record) = leg.account else { return };
        let peer = closed.peer.map_or_else(String::new, |peer| peer.to_string());
        let account = LegRecord {
            leg: id,
            role: "citizen".to_owned(),
            peer,
            codec: leg.plan.map(|plan| plan.codec.name().to_owned()),
            from: Duration::ZERO,
            to: record.lasted,
            received: closed.statistics.received,
            sent: closed.statistics.sent,
            lost: closed.statistics.lost.into(),
        };
        self.outputs.push_back(Output::Finished(record, now.wall, account));
    }

    pub(super) fn media(&mut self, id: LegId, command: MediaCommand) {
        self.outputs.push_back(Output::Media(id, command));
    }
}
