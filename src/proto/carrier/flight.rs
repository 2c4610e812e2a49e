//! Submissions that are under way, and those whose answer is late.

use super::PartId;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// Submissions whose late answer would still be understood, on one connection; the oldest is forgotten.
pub const LATE_MAX: usize = 1_024;

/// A submission that is under way.
pub(super) struct Sent {
    pub(super) part: PartId,
    recipient: String,
    deadline: Instant,
}

/// Those of one connection.
#[derive(Default)]
pub(super) struct Flight {
    /// By their sequence numbers.
    sent: BTreeMap<u32, Sent>,
    /// The oldest first.
    late: VecDeque<(u32, PartId)>,
}

impl Flight {
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn has(&self, recipient: &str) -> bool {
        self.sent.values().any(|sent| sent.recipient == recipient)
    }

    pub(super) fn put(&mut self, sequence: u32, part: PartId, to: &str, deadline: Instant) {
        self.late.retain(|(late, _)| *late != sequence);
        self.sent.insert(sequence, Sent { part, recipient: to.to_owned(), deadline });
    }

    /// The submission that an answer is for; it is under way no more.
    pub(super) fn answered(&mut self, sequence: u32) -> Option<PartId> {
        if let Some(sent) = self.sent.remove(&sequence) {
            return Some(sent.part);
        }
        let at = self.late.iter().position(|(late, _)| *late == sequence)?;
        self.late.remove(at).map(|(_, part)| part)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.sent.values().map(|sent| sent.deadline).min()
    }

    /// The next submission that was not answered in time; its answer may still come.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<PartId> {
        let due = |(sequence, sent): (&u32, &Sent)| (sent.deadline <= now).then_some(*sequence);
        let sequence = self.sent.iter().find_map(due)?;
        let part = self.sent.remove(&sequence)?.part;
        if self.late.len() >= LATE_MAX {
            self.late.pop_front();
        }
        self.late.push_back((sequence, part));
        Some(part)
    }

    /// All that are under way; no answer comes any more, because the connection is gone.
    pub(super) fn abandon(&mut self) -> Vec<PartId> {
        self.late.clear();
        std::mem::take(&mut self.sent).into_values().map(|sent| sent.part).collect()
    }
}
