//! The recordings of a call: the whole of it, and the message of the citizen.

use super::{Ear, Line, Message};
use crate::domain::call::contract::{Action, EntryKind, RecordId, RecordingKind, RecordingSummary};
use crate::domain::call::timers::Timer;

impl Line {
    /// Starts the recording of the whole call.
    pub(in crate::domain::call) fn record_whole(&mut self) {
        let record = RecordId(self.next_serial());
        let limit = self.rules.longest() + self.rules.ending_max();
        self.whole = Some(record);
        self.recorded = true;
        self.actions.push_back(Action::Record { record, kind: RecordingKind::WholeCall, limit });
    }

    /// Starts the recording of a message.
    pub(in crate::domain::call) fn record_message(&mut self) {
        if self.leaves_instead() {
            return;
        }
        self.hand_in_left();
        let (record, limit) = (RecordId(self.next_serial()), self.rules.message_limit);
        self.ear = Ear::Recording;
        self.forget_keys();
        self.message = Some(Message::Open(record));
        self.stop_asked = false;
        self.timers.set(Timer::Record, self.now + limit + self.rules.record_wait);
        self.actions.push_back(Action::Record { record, kind: RecordingKind::Message, limit });
    }

    /// Closes the message that is being recorded.
    pub(in crate::domain::call) fn stop_message(&mut self) {
        if let Some(Message::Open(record)) = self.message
            && !self.stop_asked
        {
            self.stop_asked = true;
            self.actions.push_back(Action::StopRecord(record));
            self.timers.set(Timer::Record, self.now + self.rules.record_wait);
        }
    }

    /// Throws the message away.
    pub(in crate::domain::call) fn discard_message(&mut self) {
        if let Some(Message::Open(record) | Message::Closed(record, _)) = self.message.take() {
            self.actions.push_back(Action::DiscardRecord(record));
        }
    }

    /// The message did not close in time: asked, then given up; the file stays on
    /// disk. True when it was given up.
    pub(in crate::domain::call) fn record_overdue(&mut self) -> bool {
        match self.message {
            Some(Message::Open(_)) if self.stop_asked => {
                self.message = None;
                true
            }
            Some(Message::Open(_)) => {
                self.stop_message();
                false
            }
            _ => false,
        }
    }

    /// Takes a closed or failed recording. True when it was the message.
    pub(in crate::domain::call) fn record_closed(
        &mut self,
        record: RecordId,
        summary: Option<RecordingSummary>,
    ) -> bool {
        let kind = match self.message {
            Some(Message::Open(open)) if open == record => RecordingKind::Message,
            _ if self.whole == Some(record) => RecordingKind::WholeCall,
            _ => return false,
        };
        if let Some(summary) = &summary {
            self.note(EntryKind::Recording(kind, summary.clone()));
        }
        if kind == RecordingKind::WholeCall {
            self.whole = None;
            return false;
        }
        self.timers.clear(Timer::Record);
        self.message = summary.map(|summary| Message::Closed(record, summary));
        true
    }
}
