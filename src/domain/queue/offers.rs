//! Offers: who is matched with which seat, and what comes of it.

use super::callers::millis;
use super::contract::{
    CallbackEnd, ConnectFault, Gate, GroupId, Moment, OfferEnd, OfferKind, Output, QueueEvent,
    Waiter,
};
use super::machine::{Acd, Offer};
use super::rules::Strategy;
use super::seat::{Doing, Queued, Talk};
use super::timers::TimerKey;
use super::waiting::Place;
use crate::domain::desk::PauseReason;
use crate::units::OfferId;

impl Acd {
    /// Matches callers and free seats until no more match, earliest arrival first.
    pub(super) fn dispatch(&mut self, now: Moment) {
        loop {
            let mut first: Option<(Place, GroupId, Waiter)> = None;
            for group in self.dirty_groups() {
                match self.candidate(now, group) {
                    Some((place, waiter)) => {
                        if first.is_none_or(|(earliest, ..)| place < earliest) {
                            first = Some((place, group, waiter));
                        }
                    }
                    None => self.clean(group),
                }
            }
            let Some((_, group, waiter)) = first else { return };
            self.offer_next(now, group, waiter);
        }
    }

    /// The first caller of the group, when a seat is free that may be offered him.
    fn candidate(&mut self, now: Moment, id: GroupId) -> Option<(Place, Waiter)> {
        let group = self.group(id);
        let (place, waiter) = group.open.first_key_value().map(|(place, who)| (*place, *who))?;
        let tier = group.free.lowest_tier()?;
        let opens = place.0 + self.rules.groups[usize::from(id.0)].opens_tier(tier);
        if now.at < opens {
            // Who came later has waited less, so this tier is open to nobody yet.
            self.timers.set(TimerKey::Widen(id), opens);
            return None;
        }
        Some((place, waiter))
    }

    fn offer_next(&mut self, now: Moment, group: GroupId, waiter: Waiter) {
        let Some(waiting) = self.waiters.get(&waiter) else { return self.clean(group) };
        let home = waiting.home;
        if waiting.kept.is_some() && !self.may_ring(now, home) {
            self.stop_offers(now, waiter);
            return self.give_up_callback(now, waiter, CallbackEnd::Closed);
        }
        let index = usize::from(group.0);
        let chosen = self.groups[index].free.choose(&mut self.chance);
        let Some(seat) = chosen else { return self.clean(group) };
        self.offer(now, group, waiter, seat);
    }

    /// Citizens are not rung outside the hours of the group they called.
    fn may_ring(&self, now: Moment, group: GroupId) -> bool {
        self.group(group).gate != Gate::Hours || self.within_hours(now, group).is_ok()
    }

    fn offer(&mut self, now: Moment, group: GroupId, waiter: Waiter, seat: u16) {
        let id = self.next_offer();
        self.close_lines(waiter, group);
        let Some(waiting) = self.waiters.get_mut(&waiter) else { return };
        waiting.ringing.push(id);
        let (call, waited) = (waiting.call.clone(), waiting.waited(now));
        let kind = waiting.kept.clone().map_or(OfferKind::Call, OfferKind::Callback);
        self.offers.insert(id, Offer { waiter, seat, group, began: now.at, answered: false });
        let rings = self.rules.groups[usize::from(group.0)].answer;
        self.timers.set(TimerKey::Offer(id), now.at + rings);
        let number = self.seat(seat).setup.seat.clone();
        self.put(Output::Offer { offer: id, waiter, seat: number, group, kind, waited });
        self.log(now, Some(&call), Some(group), Some(seat), QueueEvent::Offer { offer: id });
        self.set_doing(now, seat, Doing::Offered(id));
    }

    /// While he is offered, nobody else may take him; in ring-all further seats of that group may.
    fn close_lines(&mut self, waiter: Waiter, group: GroupId) {
        let Some(waiting) = self.waiters.get(&waiter) else { return };
        let (place, lines) = (waiting.place, waiting.lines.clone());
        let all = self.rules.groups[usize::from(group.0)].strategy == Strategy::RingAll;
        for line in lines.into_iter().filter(|line| !all || *line != group) {
            self.group_mut(line).open.remove(&place);
            self.touch(line);
        }
    }

    /// An offer that rings ends without an answer. The seat goes on by how it ended.
    pub(super) fn end_offer(&mut self, now: Moment, id: OfferId, how: OfferEnd) {
        let Some(offer) = self.offers.remove(&id) else { return };
        self.timers.cancel(TimerKey::Offer(id));
        let rang_ms = millis(now.at.saturating_duration_since(offer.began));
        let call = self.waiters.get_mut(&offer.waiter).map(|waiting| {
            waiting.ringing.retain(|ringing| *ringing != id);
            waiting.call.clone()
        });
        let seat = self.seat(offer.seat).setup.seat.clone();
        self.put(Output::OfferOver { offer: id, waiter: offer.waiter, seat, how });
        let event = QueueEvent::OfferOver { offer: id, how, rang_ms };
        self.log(now, call.as_ref(), Some(offer.group), Some(offer.seat), event);
        self.after_offer(now, offer.seat, how);
        if how != OfferEnd::CallerGone {
            self.reopen(now, offer.waiter);
        }
    }

    /// What the seat does after an offer that it did not take.
    fn after_offer(&mut self, now: Moment, seat: u16, how: OfferEnd) {
        let doing = match how {
            OfferEnd::NoAnswer => Doing::Paused(PauseReason::NoAnswer),
            OfferEnd::Undeliverable => {
                self.seat_mut(seat).reachable = false;
                Doing::Paused(PauseReason::Unreachable)
            }
            OfferEnd::Declined => {
                self.rest(now, seat);
                Doing::Ready
            }
            // The seat lost nothing by it: it keeps its turn.
            _ => Doing::Ready,
        };
        if let Doing::Paused(reason) = doing {
            self.log(now, None, None, Some(seat), QueueEvent::Pause { reason });
        }
        self.set_doing(now, seat, doing);
    }

    /// A seat that declined is left alone for a moment, and its turn is over.
    pub(super) fn rest(&mut self, now: Moment, at: u16) {
        let until = now.at + self.rules.decline_rest;
        let seat = self.seat_mut(at);
        (seat.rest_until, seat.idle_since) = (Some(until), now.at);
    }

    pub(super) fn offer_timeout(&mut self, now: Moment, id: OfferId) {
        match self.offers.get(&id).map(|offer| offer.answered) {
            Some(true) => self.end_connecting(now, id, ConnectFault::TimedOut),
            Some(false) => self.end_offer(now, id, OfferEnd::NoAnswer),
            None => {}
        }
    }

    pub(super) fn undeliverable(&mut self, now: Moment, id: OfferId) {
        match self.offers.get(&id).map(|offer| offer.answered) {
            Some(true) => self.end_connecting(now, id, ConnectFault::SeatDropped),
            Some(false) => self.end_offer(now, id, OfferEnd::Undeliverable),
            None => {}
        }
    }

    /// The offer that this seat rings for, by its id.
    pub(super) fn rings(&self, at: u16, id: OfferId) -> bool {
        self.offers.get(&id).is_some_and(|offer| offer.seat == at && !offer.answered)
    }

    /// The seat takes the offer.
    pub(super) fn answer(&mut self, now: Moment, at: u16, id: OfferId) {
        let Some(offer) = self.offers.get_mut(&id) else { return };
        offer.answered = true;
        let (waiter, group) = (offer.waiter, offer.group);
        let Some(waiting) = self.waiters.get_mut(&waiter) else { return };
        waiting.connecting = Some(id);
        let others = std::mem::take(&mut waiting.ringing);
        let kind = waiting.kept.clone().map_or(OfferKind::Call, OfferKind::Callback);
        let queued = Queued {
            offer: id,
            group,
            origin: waiting.origin,
            waited: waiting.waited(now),
            connected: false,
        };
        let (place, lines) = (waiting.place, waiting.lines.clone());
        let talk = Talk { since: now.at, call: Some(waiting.call.clone()), queued: Some(queued) };
        for line in lines {
            self.group_mut(line).open.remove(&place);
            self.touch(line);
        }
        for other in others.into_iter().filter(|other| *other != id) {
            self.end_offer(now, other, OfferEnd::TakenElsewhere);
        }
        let wait = match kind {
            OfferKind::Call => self.rules.connect,
            OfferKind::Callback(_) => self.rules.callback_ring,
        };
        self.timers.set(TimerKey::Offer(id), now.at + wait);
        let seat = self.seat(at).setup.seat.clone();
        let how = OfferEnd::Answered;
        self.put(Output::OfferOver { offer: id, waiter, seat: seat.clone(), how });
        self.put(Output::Connect { offer: id, waiter, seat, kind });
        self.set_doing(now, at, Doing::Talking(talk));
    }

    /// The two hear each other: the caller waits no more.
    pub(super) fn connected(&mut self, now: Moment, id: OfferId) {
        if !self.offers.get(&id).is_some_and(|offer| offer.answered) {
            return;
        }
        let Some(offer) = self.offers.remove(&id) else { return };
        self.timers.cancel(TimerKey::Offer(id));
        let Some(waiting) = self.remove(offer.waiter) else { return };
        let seat = self.seat_mut(offer.seat);
        seat.calls = seat.calls.saturating_add(1);
        let mut waited = waiting.waited(now);
        if let Doing::Talking(talk) = &mut seat.doing {
            talk.since = now.at;
            if let Some(queued) = &mut talk.queued {
                queued.connected = true;
                waited = queued.waited;
            }
        }
        let in_time = waited <= self.rules.in_time;
        let today = &mut self.group_mut(waiting.home).today;
        if waiting.kept.is_some() {
            today.kept_answered += 1;
        } else {
            today.answered += 1;
            today.in_time += u32::from(in_time);
        }
        let (origin, wait_ms) = (waiting.origin, millis(waited));
        let event = QueueEvent::Connect { offer: id, origin, wait_ms };
        self.log(now, Some(&waiting.call), Some(offer.group), Some(offer.seat), event);
        self.watch_talk(now, offer.seat);
    }

    pub(super) fn connect_failed(&mut self, now: Moment, id: OfferId, why: ConnectFault) {
        if !self.offers.get(&id).is_some_and(|offer| offer.answered) {
            return;
        }
        self.end_connecting(now, id, why);
    }

    /// An answered offer does not become a talk: the caller has his place again, the seat its turn.
    pub(super) fn end_connecting(&mut self, now: Moment, id: OfferId, why: ConnectFault) {
        let Some(offer) = self.offers.remove(&id) else { return };
        self.timers.cancel(TimerKey::Offer(id));
        let waiter = offer.waiter;
        let (call, kept) = match self.waiters.get_mut(&waiter) {
            Some(waiting) => {
                let was_connecting = waiting.connecting.take().is_some();
                (Some(waiting.call.clone()), (waiting.kept.is_some(), was_connecting))
            }
            None => (None, (false, false)),
        };
        let seat = self.seat(offer.seat).setup.seat.clone();
        self.put(Output::ConnectOver { offer: id, waiter, seat, why });
        let event = QueueEvent::ConnectOver { offer: id, why };
        self.log(now, call.as_ref(), Some(offer.group), Some(offer.seat), event);
        self.caller_after_connecting(now, waiter, kept, why);
        if why == ConnectFault::SeatDropped {
            self.rest(now, offer.seat);
        }
        self.after_work(now, offer.seat);
        // The seats of his group may have gone while he was being connected.
        if let Some(home) = self.waiters.get(&waiter).map(|waiting| waiting.home) {
            self.seats_changed(home);
        }
    }

    /// `kept` tells whether it is a kept place, and whether somebody else does not end it already.
    fn caller_after_connecting(
        &mut self,
        now: Moment,
        waiter: Waiter,
        (kept, still_here): (bool, bool),
        why: ConnectFault,
    ) {
        match why {
            _ if !still_here => {}
            ConnectFault::NotReached | ConnectFault::TimedOut if kept => {
                self.give_up_callback(now, waiter, CallbackEnd::NotReached);
            }
            ConnectFault::CallerGone if kept => {
                self.give_up_callback(now, waiter, CallbackEnd::NotReached);
            }
            ConnectFault::CallerGone => {
                self.left(now, waiter, super::contract::LeaveHow::HungUp);
            }
            _ => self.reopen(now, waiter),
        }
    }
}
