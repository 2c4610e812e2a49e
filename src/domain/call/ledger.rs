//! The account of a call while it runs: bounded, and blind to what a citizen keys in. A digit is
//! noted as `*` unless a menu says that it knows it: a query code or a number may be keyed into the
//! wrong question.

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

    /// A key, a digit as `*`; gives its place for [`Ledger::reveal`], unless it found no room.
    pub(super) fn note_key(&mut self, at: Duration, key: char) -> Option<usize> {
        let place = self.entries.len();
        self.note(at, EntryKind::Digit(if key.is_ascii_digit() { '*' } else { key }));
        (self.entries.len() > place).then_some(place)
    }

    /// The key at this place is a choice of a menu and no secret.
    pub(super) fn reveal(&mut self, place: usize, key: char) {
        if let Some(Entry { kind: EntryKind::Digit(noted), .. }) = self.entries.get_mut(place) {
            *noted = key;
        }
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
