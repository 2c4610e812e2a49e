//! What the rules of a call want done for the citizen.

use super::conversation::ConversationId;
use super::{Asker, Output, StoreOrder, Switch};
use crate::domain::call::{Action, RecordId, RecordingKind};
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::media::room::Hearing;
use crate::store::recording_file;
use std::sync::Arc;
use std::time::Duration;

/// Samples of a second of telephone audio.
const SAMPLES_PER_SECOND: u64 = 8000;

impl Switch {
    /// One thing that the rules of a call want done.
    pub(super) fn act(&mut self, now: Now, id: ConversationId, action: Action) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(leg) = conversation.citizen else { return };
        match &action {
            Action::PlayOver { play, .. } => conversation.notice.begins(*play),
            Action::Play { .. } | Action::StopPlay => conversation.notice.silenced(),
            _ => {}
        }
        match action {
            Action::Answer => self.answer(now, id),
            Action::Play { play, plan, slow } => {
                let list = Arc::new(self.config.prompts.resolve(&plan, slow));
                self.media(leg, MediaCommand::Play { play: play.0, list, over: false });
            }
            Action::PlayOver { play, plan, slow } => {
                let list = Arc::new(self.config.prompts.resolve(&plan, slow));
                self.media(leg, MediaCommand::Play { play: play.0, list, over: true });
            }
            Action::StopPlay => self.media(leg, MediaCommand::StopPlay),
            Action::Music(on) => self.music(id, on),
            Action::Record { record, kind, limit } => self.record(id, record, kind, limit),
            Action::StopRecord(record) => self.media(leg, MediaCommand::StopRecord(record)),
            Action::DiscardRecord(record) => self.media(leg, MediaCommand::DiscardRecord(record)),
            Action::Replay { play, record } => {
                let file = conversation.files.get(&record).cloned().unwrap_or_default();
                self.outputs.push_back(Output::LoadRecording(leg, play.0, file));
            }
            Action::Store(ticket, request) => {
                self.outputs.push_back(Output::Store(Box::new(StoreOrder {
                    asker: Asker(id, ticket),
                    request,
                    call: Some(conversation.call_id.clone()),
                    caller: conversation.caller.clone(),
                    seat: conversation.notes.first_responsible.clone(),
                    at: now.wall,
                })))
            }
            Action::Seek { group, from } => self.seek(now, id, &group, from),
            Action::PauseSeeking => self.pause_seeking(id),
            Action::ResumeSeeking => self.resume_seeking(id),
            Action::StopSeeking(why) => self.stop_seeking(id, why),
            Action::KeepPlace(place) => self.keep_place(id, &place),
            Action::HangUp => self.endpoint.hang_up(now.monotonic, leg),
            Action::Finish(record) => self.finish(now, id, record),
        }
    }

    fn answer(&mut self, now: Now, id: ConversationId) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let Some(citizen) = conversation.citizen else { return };
        let Some(leg) = self.legs.get_mut(&citizen) else { return };
        leg.answered = Some(now.monotonic);
        let Some(peer) = leg.flow.map(|flow| flow.remote) else { return };
        let sdp = leg.described.clone();
        self.tell_started(id, peer);
        self.endpoint.answer(now.monotonic, citizen, sdp);
        self.start_media(citizen);
    }

    /// Hold music while nobody of the room decides what the citizen hears.
    fn music(&mut self, id: ConversationId, on: bool) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let decided = conversation.room.is_some() && !conversation.parties.is_empty();
        let Some(citizen) = conversation.citizen.filter(|_| !decided) else { return };
        let hearing = if on { Hearing::MUSIC } else { Hearing::NOTHING };
        self.media(citizen, MediaCommand::Hear(hearing));
    }

    pub(super) fn record(
        &mut self,
        id: ConversationId,
        record: RecordId,
        kind: RecordingKind,
        limit: Duration,
    ) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let Some(citizen) = conversation.citizen else { return };
        let day = conversation.at.to_zoned(self.config.time_zone.clone()).date();
        let file = recording_file(day, &conversation.call_id, kind, record.0);
        let samples_max = limit.as_secs() * SAMPLES_PER_SECOND;
        let command = MediaCommand::Record { record, kind, file, samples_max };
        if kind == RecordingKind::WholeCall {
            conversation.whole = Some(record);
            conversation.notes.tracks_begin(citizen);
        }
        self.media(citizen, command);
        if kind == RecordingKind::WholeCall {
            self.record_parties(id);
        }
    }

    /// A track for everybody who is in the conversation already.
    fn record_parties(&mut self, id: ConversationId) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        for leg in conversation.parties.values().copied().collect::<Vec<_>>() {
            self.add_track(id, leg);
        }
    }

    /// A track for one more leg of the conversation, where it is recorded.
    pub(super) fn add_track(&mut self, id: ConversationId, leg: crate::units::LegId) {
        let Some(conversation) = self.conversations.get_mut(&id) else { return };
        let (Some(record), Some(citizen)) = (conversation.whole, conversation.citizen) else {
            return;
        };
        let label = self.legs.get(&leg).map_or_else(String::new, |leg| leg.label.clone());
        if citizen != leg && conversation.notes.track(leg, label) {
            self.media(citizen, MediaCommand::AddTrack { record, leg });
        }
    }
}
