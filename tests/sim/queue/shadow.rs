//! What the queue says, learnt and held against the invariants.

use super::{Rung, World};
use mayorline::domain::desk::{PauseReason, SeatState, SeatView};
use mayorline::domain::queue::{
    ConnectFault, GroupId, LedgerEntry, OfferEnd, OfferKind, Output, QueueEvent, Strategy, TalkEnd,
    Waiter,
};
use mayorline::units::{OfferId, SeatNumber};
use std::time::{Duration, Instant};

impl World {
    pub(super) fn drain_outputs(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            if self.verbose {
                println!("{:?} -> {output:?}", self.now.wall);
            }
            for byte in format!("{output:?}").bytes() {
                // The instants of a run differ between runs; nothing printed holds one.
                self.trace = self.trace.rotate_left(5) ^ u64::from(byte);
            }
            self.learn(output);
        }
    }

    fn learn(&mut self, output: Output) {
        match output {
            Output::Offer { offer, waiter, seat, group, kind, .. } => {
                self.offered(offer, waiter, seat, group, kind);
            }
            Output::OfferOver { offer, seat, how, .. } => self.offer_over(offer, &seat, how),
            Output::Connect { offer, .. } => {
                assert!(self.offers[&offer].answered.is_some(), "Q4: {offer:?} was not answered");
            }
            Output::ConnectOver { offer, waiter, why, .. } => {
                let rung = self.offers.remove(&offer).expect("Q4: a connection ends once");
                assert!(rung.answered.is_some() && rung.waiter == waiter);
                match why {
                    ConnectFault::SeatDropped => self.mark("seat dropped"),
                    ConnectFault::TimedOut => self.mark("connect timed out"),
                    ConnectFault::CallerGone => {
                        let kept = self.people.get(&waiter).is_some_and(|person| person.kept);
                        if !kept && let Some(person) = self.people.remove(&waiter) {
                            self.hangs_up(&person);
                            self.end(waiter, "gone");
                        }
                    }
                    ConnectFault::NotReached => {}
                }
            }
            Output::Seat(view) => self.seat_changed(view),
            Output::Place { waiter, ahead, minutes } => self.place(waiter, ahead, minutes),
            Output::Overflow { waiter, group } => {
                self.mark("overflow");
                self.people.get_mut(&waiter).unwrap().lines.insert(group);
            }
            Output::NoOne { waiter, why } => {
                self.mark("told no one");
                match format!("{why:?}").as_str() {
                    "WaitedOut" => self.mark("waited out"),
                    "Shut" => self.mark("shut"),
                    "Draining" => self.mark("drained"),
                    _ => {}
                }
                let person = self.people.remove(&waiter).expect("Q5: he waits");
                assert!(!person.kept, "Q5: a kept place is given up otherwise");
                self.end(waiter, "no one");
            }
            Output::CallbackOver { waiter, why } => {
                let person = self.people.remove(&waiter).expect("Q5: his place is kept");
                assert!(person.kept);
                self.end(waiter, "callback over");
                match format!("{why:?}").as_str() {
                    "NotReached" => self.mark("kept not reached"),
                    "CalledAgain" => self.mark("called again"),
                    "NoOne(Shut)" | "Closed" => self.mark("kept closed"),
                    _ => {}
                }
            }
            Output::Ledger(entry) => self.account(&entry),
        }
    }

    fn offered(
        &mut self,
        offer: OfferId,
        waiter: Waiter,
        seat: SeatNumber,
        group: GroupId,
        kind: OfferKind,
    ) {
        let (view, _) = &self.seats[&seat];
        assert_eq!(view.state, SeatState::Ready, "Q1: {seat} is offered");
        let rests = self.rests.get(&seat).is_some_and(|until| *until > self.now.at);
        assert!(!rests, "Q1: {seat} has declined just now");
        let ring_all = self.rules.groups[usize::from(group.0)].strategy == Strategy::RingAll;
        let others: Vec<GroupId> = self
            .offers
            .iter()
            .filter(|(id, rung)| rung.waiter == waiter && self.rings(id, rung))
            .map(|(_, rung)| rung.group)
            .collect();
        let twice = others.iter().any(|other| !ring_all || *other != group);
        assert!(!twice, "Q2: {waiter:?} is offered twice");
        if !others.is_empty() {
            self.mark("ring all");
        }
        let place = self.people[&waiter].place;
        assert!(self.people[&waiter].lines.contains(&group), "{waiter:?} does not wait there");
        for (other, person) in &self.people {
            let earlier = person.place < place && person.lines.contains(&group);
            let offered = self.offers.values().any(|rung| rung.waiter == *other);
            assert!(!earlier || offered, "Q6: {waiter:?} is offered before {other:?}");
        }
        self.check_tier(&seat, group, place);
        let began = self.now.at;
        let rung = Rung { waiter, seat, group, kind, began, answered: None };
        assert!(self.offers.insert(offer, rung).is_none());
    }

    pub(super) fn rings(&self, id: &OfferId, rung: &Rung) -> bool {
        !self.over.contains(id) || rung.answered.is_some()
    }

    fn check_tier(&mut self, seat: &SeatNumber, group: GroupId, place: (Instant, u64)) {
        let tier_of = |seat: &SeatNumber| {
            self.tiers[seat].iter().find(|(of, _)| *of == group).map(|(_, tier)| *tier)
        };
        let tier = tier_of(seat).expect("the seat serves the group");
        let opens = self.rules.groups[usize::from(group.0)].opens_tier(tier);
        assert!(self.now.at >= place.0 + opens, "tier {tier} is not open yet");
        for other in self.seats.keys().filter(|other| self.is_free(other)) {
            let lower = tier_of(other).is_some_and(|other| other < tier);
            assert!(!lower, "{other} of a lower tier is free");
        }
        if opens > Duration::ZERO {
            self.mark("widened");
        }
    }

    pub(super) fn is_free(&self, seat: &SeatNumber) -> bool {
        let ready = self.seats[seat].0.state == SeatState::Ready;
        ready && self.rests.get(seat).is_none_or(|until| *until <= self.now.at)
    }

    fn offer_over(&mut self, offer: OfferId, seat: &SeatNumber, how: OfferEnd) {
        assert!(self.over.insert(offer), "Q3: {offer:?} ends twice");
        let rung = &self.offers[&offer];
        assert_eq!(&rung.seat, seat);
        assert_eq!(rung.answered.is_some(), how == OfferEnd::Answered, "Q3");
        let rang = self.now.at - rung.began;
        let longest = self.rules.groups[usize::from(rung.group.0)].answer;
        assert!(rang <= longest, "Q3: rang {rang:?}");
        if how != OfferEnd::Answered {
            self.offers.remove(&offer);
        }
        let mark = match how {
            OfferEnd::Answered => return,
            OfferEnd::Declined => "declined",
            OfferEnd::NoAnswer => "no answer",
            OfferEnd::Undeliverable => "undeliverable",
            OfferEnd::TakenElsewhere => "taken elsewhere",
            OfferEnd::CallerGone => "caller gone",
            OfferEnd::Withdrawn => "withdrawn",
        };
        self.mark(mark);
    }

    fn seat_changed(&mut self, view: SeatView) {
        let seat = view.seat.clone();
        if view.reason == Some(PauseReason::Paperwork) {
            self.mark("paperwork");
        }
        if view.state != SeatState::Ready {
            self.rests.remove(&seat);
        }
        if view.state == SeatState::Talking {
            self.talking_since.insert(seat.clone(), self.now.at);
        } else {
            self.talks.remove(&seat);
        }
        let same = self.seats.get(&seat).filter(|(old, _)| {
            old.state == view.state && old.reason == view.reason && old.since == view.since
        });
        let since = same.map_or(self.now.at, |(_, since)| *since);
        self.seats.insert(seat, (view, since));
    }

    fn place(&mut self, waiter: Waiter, ahead: u32, minutes: Option<u32>) {
        self.mark(if minutes.is_some() { "place with minutes" } else { "place without" });
        assert_ne!(minutes, Some(0));
        let now = self.now.at;
        let person = self.people.get_mut(&waiter).unwrap();
        if let Some((at, told)) = person.told {
            assert!(ahead < told, "Q10: {ahead} after {told}");
            assert!(now >= at + Duration::from_secs(30), "Q10: too soon");
        }
        person.told = Some((now, ahead));
    }

    fn account(&mut self, entry: &LedgerEntry) {
        let call = entry.call.as_ref().map(|call| call.as_str().to_owned());
        let told = match &entry.event {
            QueueEvent::Enter { origin, .. } => {
                let before = self.origins.insert(call.unwrap(), *origin);
                assert_eq!(before, None, "Q12: a call enters once");
                return;
            }
            QueueEvent::Complete { origin, by, .. } => {
                if *by == TalkEnd::Overdue {
                    self.marks.insert("overdue".to_owned());
                }
                *origin
            }
            QueueEvent::Connect { origin, .. }
            | QueueEvent::Abandon { origin, .. }
            | QueueEvent::ExitWithKey { origin, .. }
            | QueueEvent::ExitEmpty { origin, .. }
            | QueueEvent::Moved { origin, .. }
            | QueueEvent::CallbackKept { origin, .. }
            | QueueEvent::CallbackOver { origin, .. } => *origin,
            _ => return,
        };
        assert_eq!(self.origins[&call.unwrap()], told, "Q12");
    }
}
