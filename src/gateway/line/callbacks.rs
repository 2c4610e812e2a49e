//! The callback tasks on the pages: the store is asked every second, and what has changed is told.

use super::{Line, News};
use crate::domain::desk::{CallbacksView, DeskEvent};
use crate::domain::desk_link::{Audience, ToDesk};
use crate::store::StoreError;
use std::time::{Duration, Instant};

/// Between two questions.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// What the pages were told last, and when the store is asked again.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    told: Option<CallbacksView>,
    asked: Option<Instant>,
}

impl Callbacks {
    pub(super) fn poll_timeout(&self) -> Option<tokio::time::Instant> {
        self.asked.map(|asked| tokio::time::Instant::from_std(asked + ASK_EVERY))
    }

    fn is_due(&self, now: Instant) -> bool {
        self.asked.is_none_or(|asked| now.saturating_duration_since(asked) >= ASK_EVERY)
    }
}

impl Line {
    /// Asks the store, when it is time.
    pub(super) fn ask_callbacks(&mut self) {
        let now = self.clock.now();
        if !self.callbacks.is_due(now.monotonic) {
            return;
        }
        self.callbacks.asked = Some(now.monotonic);
        let tell = self.tell.clone();
        let answer = Box::new(move |view: Result<CallbacksView, StoreError>| match view {
            // Lost when the line is behind: it is asked again.
            Ok(view) => drop(tell.try_send(News::Callbacks(view))),
            Err(error) => tracing::error!(%error, "the callback tasks cannot be read"),
        });
        // A store that cannot answer now is asked again.
        let _ = self.store.callbacks_view(now.wall, answer);
    }

    /// Tells the pages, when it is something new.
    pub(super) fn show_callbacks(&mut self, view: CallbacksView) {
        if self.callbacks.told.as_ref() == Some(&view) {
            return;
        }
        let event = Box::new(DeskEvent::Callbacks(view.clone()));
        if self.desk.to.try_send(ToDesk::Event(Audience::Operators, event)).is_ok() {
            self.callbacks.told = Some(view);
        }
    }
}
