//! The free seats of one group, in the order in which its strategy takes them.

use super::rules::Strategy;
use std::collections::{BTreeMap, BTreeSet};

/// Chance from a seed: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// A number below `end`, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let of = u64::try_from(end).unwrap_or(1).max(1);
        usize::try_from((z ^ (z >> 31)) % of).unwrap_or(0)
    }
}

/// What strategies compare of a seat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Its place in the order of the seats.
    pub(super) seat: u16,
    /// Since when it is idle, in microseconds of the queue's own time.
    pub(super) idle_since_us: u64,
    /// Calls of the day.
    pub(super) calls: u32,
    /// Talk of the day, in milliseconds.
    pub(super) talk_ms: u64,
}

/// One free seat: its tier, what the strategy compares, ties, its number.
type Entry = (u8, u64, u64, u16);

/// The free seats of one group.
#[derive(Debug)]
pub(super) struct FreeSeats {
    strategy: Strategy,
    order: BTreeSet<Entry>,
    entries: BTreeMap<u16, Entry>,
    /// Round robin: the seat that was last offered a caller, by tier.
    last: BTreeMap<u8, u16>,
}

impl FreeSeats {
    pub(super) fn new(strategy: Strategy) -> Self {
        Self { strategy, order: BTreeSet::new(), entries: BTreeMap::new(), last: BTreeMap::new() }
    }

    /// The seat is free, with this standing.
    pub(super) fn insert(&mut self, tier: u8, standing: Standing) {
        self.remove(standing.seat);
        let Standing { seat, idle_since_us: idle, calls, talk_ms } = standing;
        let entry = match self.strategy {
            Strategy::LongestIdle => (tier, idle, 0, seat),
            Strategy::FewestCalls => (tier, u64::from(calls), idle, seat),
            Strategy::LeastTalk => (tier, talk_ms, idle, seat),
            Strategy::RoundRobin | Strategy::RingAll | Strategy::Random | Strategy::Linear => {
                (tier, u64::from(seat), 0, seat)
            }
        };
        self.order.insert(entry);
        self.entries.insert(seat, entry);
    }

    /// The seat is free no more.
    pub(super) fn remove(&mut self, seat: u16) {
        if let Some(entry) = self.entries.remove(&seat) {
            self.order.remove(&entry);
        }
    }

    /// The lowest tier with a free seat.
    pub(super) fn lowest_tier(&self) -> Option<u8> {
        self.order.first().map(|entry| entry.0)
    }

    /// The next seat of the lowest tier; it stays free until it is removed.
    pub(super) fn choose(&mut self, chance: &mut Chance) -> Option<u16> {
        let tier = self.lowest_tier()?;
        let chosen = match self.strategy {
            Strategy::RoundRobin => self.after_last(tier),
            Strategy::Random => {
                let of = self.order.range(..(tier + 1, 0, 0, 0)).count();
                self.order.iter().nth(chance.below(of)).map(|entry| entry.3)
            }
            _ => self.order.first().map(|entry| entry.3),
        }?;
        self.last.insert(tier, chosen);
        Some(chosen)
    }

    /// The first seat of the tier after the last one, or the first of all.
    fn after_last(&self, tier: u8) -> Option<u16> {
        let next = self.last.get(&tier).map_or(0, |last| u64::from(*last) + 1);
        let later = self.order.range((tier, next, 0, 0)..(tier + 1, 0, 0, 0)).next();
        later.or_else(|| self.order.first()).map(|entry| entry.3)
    }
}
