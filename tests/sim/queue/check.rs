//! What must hold after every step.

use super::{Person, World};
use mayorline::domain::desk::{PauseReason, SeatState};
use mayorline::domain::queue::{GroupId, OfferKind, Strategy};
use mayorline::units::SeatNumber;
use std::collections::BTreeSet;
use std::time::Duration;

impl World {
    pub(super) fn check(&self) {
        self.check_bounds();
        self.check_nobody_stuck();
        self.check_counters();
    }

    fn check_bounds(&self) {
        for rung in self.offers.values() {
            let group = &self.rules.groups[usize::from(rung.group.0)];
            let (since, longest) = match (rung.answered, &rung.kind) {
                (None, _) => (rung.began, group.answer),
                (Some(at), OfferKind::Call) => (at, self.rules.connect),
                (Some(at), OfferKind::Callback(_)) => (at, self.rules.callback_ring),
            };
            assert!(self.now.at <= since + longest, "Q4: an offer hangs");
        }
        for (seat, (view, since)) in &self.seats {
            let longest = match view.state {
                SeatState::Offered => Duration::from_secs(12),
                SeatState::WrapUp => Duration::from_secs(65),
                SeatState::Talking => self.rules.talk_max + self.rules.callback_ring,
                _ => continue,
            };
            assert!(self.now.at <= *since + longest, "Q8: {seat} is stuck in {:?}", view.state);
        }
    }

    fn check_nobody_stuck(&self) {
        for (waiter, person) in &self.people {
            let offered = self.offers.values().any(|rung| rung.waiter == *waiter);
            let first = |line: &GroupId| {
                let before =
                    |other: &&Person| other.lines.contains(line) && other.place < person.place;
                self.people.values().filter(before).count() == 0
            };
            for line in &person.lines {
                let rules = &self.rules.groups[usize::from(line.0)];
                if offered || (rules.strategy == Strategy::RingAll && !first(line)) {
                    continue;
                }
                for (seat, groups) in self.tiers.iter().filter(|(seat, _)| self.is_free(seat)) {
                    let tier = groups.iter().find(|(of, _)| of == line).map(|(_, tier)| *tier);
                    let may = tier
                        .is_some_and(|tier| self.now.at >= person.place.0 + rules.opens_tier(tier));
                    assert!(!may, "Q7: {waiter:?} waits beside {seat}");
                }
            }
            let there = |seat: &SeatNumber| {
                let view = &self.seats[seat].0;
                view.state != SeatState::SignedOut && view.reason != Some(PauseReason::Unreachable)
            };
            let helpers: BTreeSet<GroupId> = std::iter::once(person.home)
                .chain(
                    self.rules.groups[usize::from(person.home.0)].overflow.iter().map(|o| o.group),
                )
                .collect();
            let serves =
                |groups: &Vec<(GroupId, u8)>| groups.iter().any(|(g, _)| helpers.contains(g));
            let anybody = self.tiers.iter().any(|(seat, groups)| serves(groups) && there(seat));
            assert!(anybody || offered, "Q11: {waiter:?} waits for nobody");
        }
    }

    fn check_counters(&self) {
        for at in 0..u16::try_from(self.rules.groups.len()).unwrap() {
            let group = GroupId(at);
            let today = self.acd.today(group).unwrap();
            let of = |kept| {
                let found = self.people.values().filter(|p| p.home == group && p.kept == kept);
                u32::try_from(found.count()).unwrap()
            };
            let (live, kept) = (of(false), of(true));
            let sum = today.answered
                + today.abandoned
                + today.by_key
                + today.told_no_one
                + today.moved
                + today.kept;
            assert_eq!(today.entered, sum + live, "Q9: callers of {group:?}");
            assert_eq!(today.kept, today.kept_answered + today.kept_over + kept, "Q9: kept places");
            let [entered, refused] = self.tallies.get(&group).copied().unwrap_or_default();
            assert_eq!((today.entered, today.refused), (entered, refused), "Q9");
            let view = self.acd.queue_view(self.now, group).unwrap();
            assert_eq!((view.waiting, view.callbacks_open), (live, kept), "Q9: the wallboard");
            let mut seats = [0; 5];
            for (seat, groups) in &self.tiers {
                if groups.iter().any(|(of, _)| *of == group) {
                    let index = match self.seats[seat].0.state {
                        SeatState::Ready => 0,
                        SeatState::Offered => 1,
                        SeatState::Talking => 2,
                        SeatState::WrapUp => 3,
                        SeatState::Paused => 4,
                        SeatState::SignedOut => continue,
                    };
                    seats[index] += 1;
                }
            }
            assert_eq!(view.seats, seats, "Q9: seats by state");
        }
    }
}
