//! Callers: how they come, wait, and leave.

use super::contract::{
    Arrival, CallbackEnd, ConnectFault, Entered, Gate, GroupId, LeaveHow, Moment, NoOneReason,
    NotEntered, OfferEnd, Output, QueueEvent, Waiter,
};
use super::hours::Opening;
use super::machine::Acd;
use super::timers::TimerKey;
use super::waiting::{Place, Waiting};
use crate::units::PhoneNumber;
use std::time::Duration;

/// A caller who has waited as long as he may, but is being offered, is looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Acd {
    /// Takes a caller in, or says why not. Offers and the rest come from `poll_output`.
    ///
    /// # Errors
    /// [`NotEntered`] says why; nothing is kept of the caller then.
    pub fn arrive(&mut self, now: Moment, arrival: Arrival) -> Result<Entered, NotEntered> {
        self.begin(now);
        let group = arrival.group;
        let entered = match self.may_enter(now, &arrival) {
            Ok(()) => Ok(self.enter(now, arrival)),
            Err(why) => {
                if usize::from(group.0) < self.groups.len() {
                    self.group_mut(group).today.refused += 1;
                    let event = QueueEvent::Refused { why: word(&why) };
                    self.log(now, Some(&arrival.call), Some(group), None, event);
                }
                Err(why)
            }
        };
        self.settle(now);
        entered
    }

    fn may_enter(&self, now: Moment, arrival: &Arrival) -> Result<(), NotEntered> {
        let group = arrival.group;
        let known = usize::from(group.0) < self.groups.len();
        if !known || self.waiters.contains_key(&arrival.waiter) {
            return Err(NotEntered::Malformed);
        }
        if self.draining {
            return Err(NotEntered::Draining);
        }
        match self.group(group).gate {
            Gate::Shut | Gate::ShutAndTell => return Err(NotEntered::Shut),
            Gate::Hours => self.within_hours(now, group)?,
            Gate::Open => {}
        }
        if let Some(why) = self.no_one(now, group) {
            return Err(NotEntered::NoOne(why));
        }
        let full =
            self.group(group).length() >= self.rules.groups[usize::from(group.0)].waiting_max;
        if full && self.kept_place(arrival).is_none() {
            return Err(NotEntered::Full);
        }
        Ok(())
    }

    pub(super) fn within_hours(&self, now: Moment, group: GroupId) -> Result<(), NotEntered> {
        let civil = now.wall.to_zoned(self.rules.time_zone.clone()).datetime();
        match self.rules.groups[usize::from(group.0)].hours.at(civil, &self.calendar) {
            Opening::Open => Ok(()),
            Opening::Closed { next, holiday } => Err(NotEntered::Closed { next, holiday }),
        }
    }

    /// The kept place of somebody who calls himself before he is rung.
    fn kept_place(&self, arrival: &Arrival) -> Option<Waiter> {
        let waiter = *self.kept.get(arrival.number.as_ref()?)?;
        let waiting = self.waiters.get(&waiter)?;
        (waiting.home == arrival.group && !waiting.is_offered()).then_some(waiter)
    }

    fn enter(&mut self, now: Moment, arrival: Arrival) -> Entered {
        let found = self.earlier_place(now, &arrival);
        let since = arrival.since.filter(|since| *since <= now.at);
        let place = match (found, since) {
            (Some(place), Some(since)) if since < place.0 => self.next_place(since),
            (Some(place), _) => place,
            (None, since) => self.next_place(since.unwrap_or(now.at)),
        };
        let (waiter, home) = (arrival.waiter, arrival.group);
        let rules = &self.rules.groups[usize::from(home.0)];
        let mut waiting = Waiting {
            place,
            home,
            lines: vec![home],
            call: arrival.call,
            number: arrival.number,
            origin: 0,
            kept: None,
            ringing: Vec::new(),
            connecting: None,
            told: None,
            place_due: now.at + self.rules.place_first,
            overflowed: 0,
            ends: now.at + rules.wait_max,
        };
        let due = waiting.due(rules);
        let group = self.group_mut(home);
        let ahead = group.ahead(place);
        waiting.origin = ahead + 1;
        group.enter(place, waiter);
        group.open.insert(place, waiter);
        group.live += 1;
        group.today.entered += 1;
        self.touch(home);
        self.timers.set(TimerKey::Waiter(waiter), due);
        let (resumed, call) = (found.is_some(), waiting.call.clone());
        let warn = self.is_warned(now, waiting.number.as_ref());
        let event = QueueEvent::Enter { origin: waiting.origin, resumed };
        self.waiters.insert(waiter, waiting);
        self.log(now, Some(&call), Some(home), None, event);
        Entered { ahead, resumed, warn }
    }

    /// The place he had before he hung up, or that is kept for his callback.
    fn earlier_place(&mut self, now: Moment, arrival: &Arrival) -> Option<Place> {
        if let Some(kept) = self.kept_place(arrival) {
            let place = self.waiters.get(&kept)?.place;
            self.give_up_callback(now, kept, CallbackEnd::CalledAgain);
            return Some(place);
        }
        self.resumes.take(arrival.number.as_ref()?, arrival.group, now.at)
    }

    pub(super) fn left(&mut self, now: Moment, waiter: Waiter, how: LeaveHow) {
        let Some(waiting) = self.waiters.get(&waiter) else { return };
        if waiting.kept.is_some() {
            self.stop_offers(now, waiter);
            self.give_up_callback(now, waiter, CallbackEnd::Cancelled);
            return;
        }
        self.stop_offers(now, waiter);
        let Some((position, origin, wait_ms)) = self.told_of(now, waiter) else { return };
        let event = match how {
            LeaveHow::Callback(number) => return self.keep_place(now, waiter, number),
            LeaveHow::HungUp => QueueEvent::Abandon { position, origin, wait_ms },
            LeaveHow::Key(exit) => QueueEvent::ExitWithKey { exit, position, origin, wait_ms },
            LeaveHow::Moved => QueueEvent::Moved { position, origin, wait_ms },
        };
        let Some(waiting) = self.remove(waiter) else { return };
        let end = now.at + self.rules.resume;
        let today = &mut self.group_mut(waiting.home).today;
        match how {
            LeaveHow::HungUp => today.abandoned += 1,
            LeaveHow::Key(_) => today.by_key += 1,
            _ => today.moved += 1,
        }
        if let (LeaveHow::HungUp, Some(number)) = (how, waiting.number) {
            self.resumes.keep(number, waiting.home, waiting.place, end);
        }
        self.log(now, Some(&waiting.call), Some(waiting.home), None, event);
    }

    /// The offers of a caller who leaves end; what was being connected is not.
    pub(super) fn stop_offers(&mut self, now: Moment, waiter: Waiter) {
        let Some(waiting) = self.waiters.get_mut(&waiter) else { return };
        let ringing = std::mem::take(&mut waiting.ringing);
        let connecting = waiting.connecting.take();
        for offer in ringing {
            self.end_offer(now, offer, OfferEnd::CallerGone);
        }
        if let Some(offer) = connecting {
            self.end_connecting(now, offer, ConnectFault::CallerGone);
        }
    }

    /// Position, position at entry, wait in milliseconds.
    fn told_of(&self, now: Moment, waiter: Waiter) -> Option<(u32, u32, u64)> {
        let waiting = self.waiters.get(&waiter)?;
        let position = self.group(waiting.home).ahead(waiting.place) + 1;
        Some((position, waiting.origin, millis(waiting.waited(now))))
    }

    /// The caller hangs up and is to be called back; his place stays where it is.
    fn keep_place(&mut self, now: Moment, waiter: Waiter, number: PhoneNumber) {
        if let Some(older) = self.kept.get(&number).copied() {
            self.stop_offers(now, older);
            self.give_up_callback(now, older, CallbackEnd::CalledAgain);
        }
        let Some((position, origin, wait_ms)) = self.told_of(now, waiter) else { return };
        let ends = now.at + self.rules.callback_wait_max;
        let Some(waiting) = self.waiters.get_mut(&waiter) else { return };
        (waiting.kept, waiting.ends) = (Some(number.clone()), ends);
        let (home, call) = (waiting.home, waiting.call.clone());
        self.kept.insert(number, waiter);
        let group = self.group_mut(home);
        group.live -= 1;
        group.today.kept += 1;
        let event = QueueEvent::CallbackKept { position, origin, wait_ms };
        self.log(now, Some(&call), Some(home), None, event);
        self.set_waiter_timer(waiter);
        self.reopen(now, waiter);
    }

    /// A kept place ends without a talk. Its offers are over already.
    pub(super) fn give_up_callback(&mut self, now: Moment, waiter: Waiter, why: CallbackEnd) {
        let Some(waiting) = self.remove(waiter) else { return };
        self.group_mut(waiting.home).today.kept_over += 1;
        let wait_ms = millis(waiting.waited(now));
        let event = QueueEvent::CallbackOver { why, origin: waiting.origin, wait_ms };
        self.log(now, Some(&waiting.call), Some(waiting.home), None, event);
        self.put(Output::CallbackOver { waiter, why });
    }

    /// Takes somebody off every list.
    pub(super) fn remove(&mut self, waiter: Waiter) -> Option<Waiting> {
        let waiting = self.waiters.remove(&waiter)?;
        self.timers.cancel(TimerKey::Waiter(waiter));
        for line in &waiting.lines {
            self.group_mut(*line).open.remove(&waiting.place);
            // The next one of a ring-all group may have become the first.
            self.touch(*line);
        }
        let home = self.group_mut(waiting.home);
        home.leave(waiting.place);
        match &waiting.kept {
            Some(number) => {
                self.kept.remove(number);
            }
            None => home.live -= 1,
        }
        Some(waiting)
    }

    /// Nobody comes for somebody who is not being connected; he waits no more.
    pub(super) fn dismiss_unless_connecting(
        &mut self,
        now: Moment,
        waiter: Waiter,
        why: NoOneReason,
    ) {
        let connecting = self.waiters.get(&waiter).is_none_or(|one| one.connecting.is_some());
        if !connecting {
            self.stop_offers(now, waiter);
            self.dismiss(now, waiter, why);
        }
    }

    /// The same for somebody who is not being offered.
    pub(super) fn dismiss(&mut self, now: Moment, waiter: Waiter, why: NoOneReason) {
        if self.waiters.get(&waiter).is_some_and(|waiting| waiting.kept.is_some()) {
            return self.give_up_callback(now, waiter, CallbackEnd::NoOne(why));
        }
        let Some((position, origin, wait_ms)) = self.told_of(now, waiter) else { return };
        let Some(waiting) = self.remove(waiter) else { return };
        self.group_mut(waiting.home).today.told_no_one += 1;
        let event = QueueEvent::ExitEmpty { why, position, origin, wait_ms };
        self.log(now, Some(&waiting.call), Some(waiting.home), None, event);
        self.put(Output::NoOne { waiter, why });
    }

    /// Why nobody can come to callers of the group now.
    fn no_one(&self, now: Moment, group: GroupId) -> Option<NoOneReason> {
        // One that takes no strangers now will not be asked later either.
        let helps = |id: &&GroupId| **id == group || self.takes_strangers(now, **id);
        let all = &self.group(group).helpers;
        let helpers = || all.iter().filter(helps).map(|id| self.group(*id));
        if helpers().any(|helper| helper.working() > 0) {
            return None;
        }
        if helpers().all(|helper| helper.signed_in() == 0) {
            return Some(NoOneReason::SignedOut);
        }
        let grace = self.rules.groups[usize::from(group.0)].nobody;
        let since = self.group(group).deserted?;
        (now.at >= since + grace).then_some(NoOneReason::AllPaused)
    }

    /// The seats of the group or its helpers have changed, or the time of grace is over.
    pub(super) fn check_deserted(&mut self, now: Moment, group: GroupId) {
        let works = |id: &GroupId| self.group(*id).working() > 0;
        if self.group(group).helpers.iter().any(works) {
            self.group_mut(group).deserted = None;
            return self.timers.cancel(TimerKey::Nobody(group));
        }
        let since = *self.group_mut(group).deserted.get_or_insert(now.at);
        let Some(why) = self.no_one(now, group) else {
            let grace = self.rules.groups[usize::from(group.0)].nobody;
            return self.timers.set(TimerKey::Nobody(group), since + grace);
        };
        let told: Vec<Waiter> = self.group(group).waiters().collect();
        for waiter in told {
            self.dismiss_unless_connecting(now, waiter, why);
        }
    }

    pub(super) fn waiter_timeout(&mut self, now: Moment, waiter: Waiter) {
        self.overflow(now, waiter);
        let Some(waiting) = self.waiters.get_mut(&waiter) else { return };
        if now.at >= waiting.ends {
            if !waiting.is_offered() {
                return self.dismiss(now, waiter, NoOneReason::WaitedOut);
            }
            waiting.ends = now.at + LOOK_AGAIN;
        }
        self.tell_place(now, waiter);
        self.set_waiter_timer(waiter);
    }

    fn set_waiter_timer(&mut self, waiter: Waiter) {
        if let Some(waiting) = self.waiters.get(&waiter) {
            let due = waiting.due(&self.rules.groups[usize::from(waiting.home.0)]);
            self.timers.set(TimerKey::Waiter(waiter), due);
        }
    }

    /// Says his place when it is time and it has improved.
    fn tell_place(&mut self, now: Moment, waiter: Waiter) {
        let Some(waiting) = self.waiters.get(&waiter) else { return };
        if waiting.kept.is_some() || now.at < waiting.place_due {
            return;
        }
        let group = self.group(waiting.home);
        let ahead = group.ahead(waiting.place);
        let improved = waiting.connecting.is_none() && waiting.told.is_none_or(|told| ahead < told);
        let minutes = group.handling.estimate(ahead, group.working());
        let next = now.at + self.rules.place_every;
        if let Some(waiting) = self.waiters.get_mut(&waiter) {
            waiting.place_due = next;
            if improved {
                waiting.told = Some(ahead);
                self.put(Output::Place { waiter, ahead, minutes });
            }
        }
    }

    /// Lets other groups help when their time has come.
    fn overflow(&mut self, now: Moment, waiter: Waiter) {
        let Some(waiting) = self.waiters.get(&waiter) else { return };
        let (home, place, waited) = (waiting.home, waiting.place, waiting.waited(now));
        let next = self.rules.groups[usize::from(home.0)].overflow.get(waiting.overflowed).copied();
        let Some(next) = next.filter(|next| next.after <= waited) else { return };
        let helps = self.takes_strangers(now, next.group);
        let Some(waiting) = self.waiters.get_mut(&waiter) else { return };
        waiting.overflowed += 1;
        if helps && !waiting.lines.contains(&next.group) {
            waiting.lines.push(next.group);
            let (free, call) = (!waiting.is_offered(), waiting.call.clone());
            if free {
                self.group_mut(next.group).open.insert(place, waiter);
                self.touch(next.group);
            }
            let event = QueueEvent::Overflow { to: next.group, wait_ms: millis(waited) };
            self.log(now, Some(&call), Some(home), None, event);
            self.put(Output::Overflow { waiter, group: next.group });
        }
        self.overflow(now, waiter);
    }

    fn takes_strangers(&self, now: Moment, group: GroupId) -> bool {
        match self.group(group).gate {
            Gate::Open => true,
            Gate::Shut | Gate::ShutAndTell => false,
            Gate::Hours => self.within_hours(now, group).is_ok(),
        }
    }

    /// A group that was shut helps nobody any more.
    pub(super) fn stop_helping(&mut self, group: GroupId) {
        // Whoever is being offered stands in no line, and must not come back to this one.
        let open = &mut self.groups[usize::from(group.0)].open;
        for waiting in self.waiters.values_mut().filter(|waiting| waiting.home != group) {
            waiting.lines.retain(|line| *line != group);
            open.remove(&waiting.place);
        }
    }

    /// Somebody may be offered again, at his old place.
    pub(super) fn reopen(&mut self, now: Moment, waiter: Waiter) {
        let Some(waiting) = self.waiters.get(&waiter) else { return };
        if waiting.is_offered() {
            return;
        }
        if self.draining {
            return self.dismiss(now, waiter, NoOneReason::Draining);
        }
        let (place, lines) = (waiting.place, waiting.lines.clone());
        for line in lines {
            self.group_mut(line).open.insert(place, waiter);
            self.touch(line);
        }
    }
}

/// Milliseconds of a wait.
pub(super) fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

fn word(why: &NotEntered) -> &'static str {
    match why {
        NotEntered::Closed { .. } => "closed",
        NotEntered::Shut => "shut",
        NotEntered::NoOne(_) => "no_one",
        NotEntered::Full => "full",
        NotEntered::Draining => "draining",
        NotEntered::Malformed => "malformed",
    }
}
