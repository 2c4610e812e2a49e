//! Those who wait: one caller or kept place, and the line of one group.

use super::contract::{Gate, GroupId, Moment, Waiter};
use super::figures::{Handling, Today};
use super::free::FreeSeats;
use super::rules::{GroupRules, QueueRules};
use super::seat::Class;
use crate::units::{CallId, OfferId, PhoneNumber};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The order of those who wait: by first arrival, those of one instant as they came.
pub(super) type Place = (Instant, u64);

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) place: Place,
    pub(super) home: GroupId,
    /// The groups whose seats may take him: his own and those that help.
    pub(super) lines: Vec<GroupId>,
    pub(super) call: CallId,
    pub(super) number: Option<PhoneNumber>,
    /// His position at entry, from 1.
    pub(super) origin: u32,
    /// A kept place: whom to ring.
    pub(super) kept: Option<PhoneNumber>,
    /// Offers that ring; more than one only in ring-all.
    pub(super) ringing: Vec<OfferId>,
    /// The offer that was answered and is being connected.
    pub(super) connecting: Option<OfferId>,
    /// The fewest before him that he was told.
    pub(super) told: Option<u32>,
    /// When his place is looked at next.
    pub(super) place_due: Instant,
    /// How many of his group's helpers he has.
    pub(super) overflowed: usize,
    /// When his wait is at its longest.
    pub(super) ends: Instant,
}

impl Waiting {
    /// Since his first arrival.
    pub(super) fn waited(&self, now: Moment) -> Duration {
        now.at.saturating_duration_since(self.place.0)
    }

    pub(super) fn is_offered(&self) -> bool {
        self.connecting.is_some() || !self.ringing.is_empty()
    }

    /// When something is to be done for him next.
    pub(super) fn due(&self, rules: &GroupRules) -> Instant {
        let overflow = rules.overflow.get(self.overflowed).map(|next| self.place.0 + next.after);
        let place = self.kept.is_none().then_some(self.place_due);
        [overflow, place].into_iter().flatten().fold(self.ends, Instant::min)
    }
}

/// One group at work.
#[derive(Debug)]
pub(super) struct Group {
    /// Its own callers and kept places, in order.
    line: VecDeque<(Place, Waiter)>,
    /// Those on the line, without kept places.
    pub(super) live: u32,
    /// Whom its seats may be offered now: its own and those it helps.
    pub(super) open: BTreeMap<Place, Waiter>,
    pub(super) free: FreeSeats,
    pub(super) gate: Gate,
    /// Its seats by [`Class`].
    pub(super) seats: [u32; Class::COUNT],
    /// Since when nobody of its seats and helpers works.
    pub(super) deserted: Option<Instant>,
    /// Itself and those that help it.
    pub(super) helpers: Vec<GroupId>,
    /// Itself and those it helps.
    pub(super) helps: Vec<GroupId>,
    pub(super) today: Today,
    pub(super) handling: Handling,
}

impl Group {
    /// The groups of these rules, with nobody in them.
    pub(super) fn all(rules: &QueueRules) -> Vec<Self> {
        let ids = || (0..).map(GroupId).zip(&rules.groups);
        let helpers = |id: GroupId, group: &GroupRules| -> Vec<GroupId> {
            std::iter::once(id).chain(group.overflow.iter().map(|to| to.group)).collect()
        };
        ids()
            .map(|(id, group)| Self {
                line: VecDeque::new(),
                live: 0,
                open: BTreeMap::new(),
                free: FreeSeats::new(group.strategy),
                gate: Gate::Hours,
                seats: [0; Class::COUNT],
                deserted: None,
                helpers: helpers(id, group),
                helps: ids()
                    .filter(|(other, rules)| helpers(*other, rules).contains(&id))
                    .map(|(other, _)| other)
                    .collect(),
                today: Today::default(),
                handling: Handling::default(),
            })
            .collect()
    }

    /// Those that wait, kept places included.
    pub(super) fn length(&self) -> usize {
        self.line.len()
    }

    /// How many are before this place.
    pub(super) fn ahead(&self, place: Place) -> u32 {
        let at = self.line.partition_point(|(other, _)| *other < place);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    pub(super) fn enter(&mut self, place: Place, waiter: Waiter) {
        let at = self.line.partition_point(|(other, _)| *other < place);
        self.line.insert(at, (place, waiter));
    }

    pub(super) fn leave(&mut self, place: Place) {
        let at = self.line.partition_point(|(other, _)| *other < place);
        if self.line.get(at).is_some_and(|(found, _)| *found == place) {
            self.line.remove(at);
        }
    }

    /// In order of their places.
    pub(super) fn waiters(&self) -> impl Iterator<Item = Waiter> + '_ {
        self.line.iter().map(|(_, waiter)| *waiter)
    }

    pub(super) fn count(&self, class: Class) -> u32 {
        self.seats.get(class as usize).copied().unwrap_or(0)
    }

    /// Seats that serve callers now or will when they are done.
    pub(super) fn working(&self) -> u32 {
        [Class::Ready, Class::Offered, Class::Talking, Class::WrapUp]
            .map(|class| self.count(class))
            .iter()
            .sum()
    }

    /// Seats whose person is there.
    pub(super) fn signed_in(&self) -> u32 {
        self.working() + self.count(Class::Paused)
    }
}
