//! What the rules of a call want done for the citizen.

use super::conversation::ConversationId;
use super::{Asker, Output, Started, Switch};
use crate::domain::call::{Action, RecordId, RecordingKind};
use crate::gateway::clock::Now;
use crate::gateway::media::MediaCommand;
use crate::store::recording_file;
use std::sync::Arc;
use std::time::Duration;

/// Samples of a second of telephone audio.
const SAMPLES_PER_SECOND: u64 = 8000;

impl Switch {
    /// One thing that the rules of a call want done.
    pub(super) fn act(&mut self, now: Now, id: ConversationId, action: Action) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let leg = conversation.citizen;
        match action {
            Action::Answer => self.answer(now, id),
            Action::Play { play, plan, slow } => {
                let list = Arc::new(self.config.prompts.resolve(&plan, slow));
                self.media(leg, MediaCommand::Play { play: play.0, list, over: false });
            }
            Action::StopPlay => self.media(leg, MediaCommand::StopPlay),
            Action::Record { record, kind, limit } => self.record(id, record, kind, limit),
            Action::StopRecord(record) => self.media(leg, MediaCommand::StopRecord(record)),
            Action::DiscardRecord(record) => self.media(leg, MediaCommand::DiscardRecord(record)),
            Action::Replay { play, record } => {
                let file = conversation.files.get(&record).cloned().unwrap_or_default();
                self.outputs.push_back(Output::LoadRecording(leg, play.0, file));
            }
            Action::Store(ticket, request) => self.outputs.push_back(Output::Store {
                asker: Asker::Call(id, ticket),
                request,
                call: Some(conversation.call_id.clone()),
                caller: conversation.caller.clone(),
                at: now.wall,
            }),
            Action::HangUp => self.endpoint.hang_up(now.monotonic, leg),
            Action::Finish(record) => self.finish(now, id, record),
        }
    }

    fn answer(&mut self, now: Now, id: ConversationId) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let Some(leg) = self.legs.get(&conversation.citizen) else { return };
        self.outputs.push_back(Output::Started(Box::new(Started {
            call: conversation.call_id.clone(),
            caller: conversation.caller.clone(),
            called: conversation.called.clone(),
            at: conversation.at,
            peer: leg.flow.remote,
        })));
        let (citizen, sdp) = (conversation.citizen, leg.described.clone());
        self.endpoint.answer(now.monotonic, citizen, sdp);
        self.start_media(citizen);
    }

    fn record(
        &mut self,
        id: ConversationId,
        record: RecordId,
        kind: RecordingKind,
        limit: Duration,
    ) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let day = conversation.at.to_zoned(self.config.time_zone.clone()).date();
        let file = recording_file(day, &conversation.call_id, kind, record.0);
        let samples_max = limit.as_secs() * SAMPLES_PER_SECOND;
        let command = MediaCommand::Record { record, kind, file, samples_max };
        self.media(conversation.citizen, command);
    }
}
