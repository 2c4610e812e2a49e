//! The media of the world: plays last as long as their sound, recordings close, and some fail.

use super::{Happening, World};
use mayorline::domain::call::{RecordId, RecordingSummary};
use mayorline::gateway::media::{MediaCommand, MediaReport};
use mayorline::units::LegId;
use rand::RngExt;
use std::time::Duration;

impl World {
    pub(super) fn report(&mut self, leg: LegId, life: u64, report: MediaReport) {
        if life != self.life {
            return;
        }
        if matches!(report, MediaReport::Closed(_)) {
            return self.switch.media_report(self.clock(), leg, report);
        }
        let Some(media) = self.media.get_mut(&leg) else { return };
        match &report {
            MediaReport::PlayDone(play) if media.playing != Some(*play) => return,
            MediaReport::PlayDone(_) => media.playing = None,
            MediaReport::Recorded(record, _) if media.recordings.remove(record).is_none() => return,
            _ => {}
        }
        self.switch.media_report(self.clock(), leg, report);
    }

    pub(super) fn command(&mut self, leg: LegId, command: MediaCommand) {
        let life = self.life;
        let Some(media) = self.media.get_mut(&leg) else { return };
        match command {
            MediaCommand::Play { play, list, .. } => {
                media.playing = Some(play);
                let lasting = Duration::from_millis(list.samples() as u64 / 8);
                self.after(lasting, Happening::Media(leg, life, MediaReport::PlayDone(play)));
            }
            MediaCommand::StopPlay => media.playing = None,
            MediaCommand::Record { record, kind, samples_max, .. } => {
                media.recordings.insert(record, kind);
                let limit = Duration::from_millis(samples_max / 8);
                let report = MediaReport::Recorded(record, summary(leg, record, limit));
                self.after(limit, Happening::Media(leg, life, report));
            }
            MediaCommand::StopRecord(record) => {
                let spoken = Duration::from_millis(self.rng.random_range(0..40_000));
                let report = if self.chance(3) {
                    MediaReport::RecordFailed(record)
                } else {
                    MediaReport::Recorded(record, summary(leg, record, spoken))
                };
                let delay = Duration::from_millis(self.rng.random_range(1..60));
                self.after(delay, Happening::Media(leg, life, report));
            }
            MediaCommand::DiscardRecord(record) => {
                media.recordings.remove(&record);
            }
            MediaCommand::Start(_)
            | MediaCommand::Change(_)
            | MediaCommand::Hear(_)
            | MediaCommand::AddTrack { .. }
            | MediaCommand::Secret(_)
            | MediaCommand::Browser(_)
            | MediaCommand::InfoDigit(_) => {}
        }
    }
}

fn summary(leg: LegId, record: RecordId, lasting: Duration) -> RecordingSummary {
    RecordingSummary {
        file: format!("recordings/{leg}-{}.wav", record.0),
        duration: lasting,
        speech: lasting / 2,
        sha256: [0; 32],
    }
}
