//! The account of a call while it runs: bounded, and blind to query codes.

use super::contract::{Entry, EntryKind};
use std::time::Duration;

/// What happened so far.
#[derive(Debug)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    entries_max: usize,
    dropped: u32,
}

impl Ledger {
    /// An empty account of at most `entries_max` entries.
    pub(super) fn new(entries_max: usize) -> Self {
        Self { entries: Vec::new(), entries_max, dropped: 0 }
    }

    /// Notes what happened `at` after arrival. Past the limit prompts and digits are dropped and
    /// counted; what came of the call is always kept (it is bounded by the limit on plays).
    pub(super) fn note(&mut self, at: Duration, kind: EntryKind) {
        let small = matches!(kind, EntryKind::Prompt(_) | EntryKind::Digit(_));
        if small && self.entries.len() >= self.entries_max {
            self.dropped = self.dropped.saturating_add(1);
        } else {
            self.entries.push(Entry { at, kind });
        }
    }

    /// A key in clear, or as `*` when it may be part of a query code.
    pub(super) fn note_key(&mut self, at: Duration, key: char, secret: bool) {
        self.note(at, EntryKind::Digit(if secret && key.is_ascii_digit() { '*' } else { key }));
    }

    /// How many entries found no room.
    pub(super) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Hands the account over.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }
}
