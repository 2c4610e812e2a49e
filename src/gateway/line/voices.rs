//! Units that are to be told by telephone: the store is asked every half minute, and told what came of it.

use super::{Line, News};
use crate::domain::voice_call::VoiceOutcome;
use crate::store::{StoreError, VoiceDue};
use crate::units::CallId;
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Between two questions.
const ASK_EVERY: Duration = Duration::from_secs(30);

/// When the store is asked again.
#[derive(Debug, Default)]
pub(super) struct Voices {
    asked: Option<Instant>,
}

impl Line {
    /// Asks the store, when it is time.
    pub(super) fn ask_voices(&mut self) {
        let now = self.clock.now();
        let due = |asked: Instant| now.monotonic.saturating_duration_since(asked) >= ASK_EVERY;
        if !self.voices.asked.is_none_or(due) {
            return;
        }
        self.voices.asked = Some(now.monotonic);
        let tell = self.tell.clone();
        let answer = Box::new(move |due: Result<Vec<VoiceDue>, StoreError>| match due {
            Ok(due) if due.is_empty() => {}
            // Lost when the line is behind: they are taken for lost calls, and due again.
            Ok(due) => drop(tell.try_send(News::Voices(due))),
            Err(error) => tracing::error!(%error, "notices by telephone cannot be read"),
        });
        // A store that cannot answer now is asked again.
        let _ = self.store.voice_due(now.wall, answer);
    }

    /// What came of a try.
    pub(super) fn voice_ended(&self, at: Timestamp, id: i64, of: (VoiceOutcome, CallId)) {
        let ended = Box::new(|ended: Result<bool, StoreError>| {
            if let Err(error) = ended {
                tracing::error!(%error, "the end of a notice by telephone was not stored");
            }
        });
        if !self.store.voice_ended(at, id, of, ended) {
            tracing::error!("the end of a notice by telephone is lost: it is due again");
        }
    }
}
