//! One table of deadlines for everything the endpoint holds: one per owner, exact removal.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// Deadlines by owner. Every operation costs O(log n).
#[derive(Debug)]
pub(super) struct Timers<K> {
    ordered: BTreeSet<(Instant, K)>,
    armed: HashMap<K, Instant>,
}

impl<K: Copy + Eq + Hash + Ord> Timers<K> {
    /// An empty table.
    pub(super) fn new() -> Self {
        Self { ordered: BTreeSet::new(), armed: HashMap::new() }
    }

    /// Sets, moves or (with `None`) removes the owner's deadline.
    pub(super) fn arm(&mut self, owner: K, deadline: Option<Instant>) {
        let old = match deadline {
            Some(at) => self.armed.insert(owner, at),
            None => self.armed.remove(&owner),
        };
        if old == deadline {
            return;
        }
        if let Some(at) = old {
            self.ordered.remove(&(at, owner));
        }
        if let Some(at) = deadline {
            self.ordered.insert((at, owner));
        }
        debug_assert_eq!(self.ordered.len(), self.armed.len(), "P1: one deadline per owner");
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.ordered.first().map(|&(at, _)| at)
    }

    /// How many are armed.
    pub(super) fn len(&self) -> usize {
        self.ordered.len()
    }

    /// Takes one owner whose deadline is not after `now`.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let &(at, owner) = self.ordered.first()?;
        if at > now {
            return None;
        }
        self.arm(owner, None);
        Some(owner)
    }
}
