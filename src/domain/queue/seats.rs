//! Seats: what each does, and what its person wants.

use super::callers::millis;
use super::contract::{
    ConnectFault, Moment, OfferEnd, Output, QueueEvent, SeatSetup, TalkEnd, Wish,
};
use super::free::Standing;
use super::machine::Acd;
use super::rules::SEATS_MAX;
use super::seat::{After, Class, Doing, Handled, Queued, Seat, Talk};
use super::timers::TimerKey;
use crate::domain::desk::{DeskReply, Failure, PauseReason, Refusal};
use crate::units::{CallId, SeatNumber};
use std::time::{Duration, Instant};

const DONE: DeskReply = DeskReply::Done;

fn refuse(why: Refusal) -> DeskReply {
    DeskReply::Refused { why }
}

impl Acd {
    /// Answers a wish of a seat; what follows from it comes from `poll_output`.
    pub fn command(&mut self, now: Moment, seat: &SeatNumber, wish: Wish) -> DeskReply {
        self.begin(now);
        let reply = match self.by_number.get(seat).copied() {
            None => refuse(Refusal::NotAllowed),
            Some(at) => self.wish(now, at, wish),
        };
        self.settle(now);
        reply
    }

    fn wish(&mut self, now: Moment, at: u16, wish: Wish) -> DeskReply {
        match wish {
            Wish::Ready => self.wants_ready(now, at),
            Wish::Pause(PauseReason::NoAnswer | PauseReason::Unreachable) => {
                refuse(Refusal::Malformed) // the queue's own reasons
            }
            Wish::Pause(reason) => self.wants_pause(now, at, reason),
            Wish::SignOut => self.wants_out(now, at),
            Wish::Answer(offer) | Wish::Decline(offer) if !self.rings(at, offer) => {
                refuse(Refusal::NoSuchOffer)
            }
            Wish::Answer(offer) => {
                self.answer(now, at, offer);
                DONE
            }
            Wish::Decline(offer) => {
                self.end_offer(now, offer, OfferEnd::Declined);
                DONE
            }
            Wish::WrapUpDone => self.wrap_up_done(now, at),
            Wish::WrapUpExcused => {
                let seat = self.seat_mut(at);
                seat.excused |= std::mem::take(&mut seat.owes);
                DONE
            }
        }
    }

    fn wants_ready(&mut self, now: Moment, at: u16) -> DeskReply {
        let seat = self.seat_mut(at);
        match &seat.doing {
            Doing::Talking(_) => {
                seat.after = After::Ready;
                return DONE;
            }
            Doing::Offered(_) => return refuse(Refusal::WrongState),
            Doing::Ready => {
                seat.rest_until = None;
                self.timers.cancel(TimerKey::Seat(at));
                self.refresh_free(at);
                return DONE;
            }
            Doing::SignedOut | Doing::WrapUp { .. } | Doing::Paused(_) => {}
        }
        if seat.owes {
            return refuse(Refusal::DispositionMissing);
        }
        if !seat.reachable {
            return DeskReply::Failed { why: Failure::Unreachable };
        }
        seat.after = After::Ready;
        match self.seat(at).doing {
            Doing::WrapUp { .. } => self.end_wrap_up(now, at, false),
            Doing::SignedOut => self.become_ready(now, at, QueueEvent::SignIn),
            _ => self.become_ready(now, at, QueueEvent::Unpause),
        }
        DONE
    }

    fn wants_pause(&mut self, now: Moment, at: u16, reason: PauseReason) -> DeskReply {
        let seat = self.seat_mut(at);
        seat.excused = false; // this pause is the person's own
        match seat.doing {
            Doing::SignedOut => return refuse(Refusal::WrongState),
            Doing::Talking(_) | Doing::WrapUp { .. } => seat.after = After::Paused(reason),
            Doing::Ready | Doing::Paused(_) => self.pause(now, at, reason),
            Doing::Offered(offer) => {
                self.end_offer(now, offer, OfferEnd::Withdrawn);
                self.pause(now, at, reason);
            }
        }
        DONE
    }

    fn pause(&mut self, now: Moment, at: u16, reason: PauseReason) {
        if self.seat(at).doing != Doing::Paused(reason) {
            self.log(now, None, None, Some(at), QueueEvent::Pause { reason });
            self.set_doing(now, at, Doing::Paused(reason));
        }
    }

    fn wants_out(&mut self, now: Moment, at: u16) -> DeskReply {
        let seat = self.seat_mut(at);
        match seat.doing {
            Doing::SignedOut => {}
            Doing::Talking(_) | Doing::WrapUp { .. } => seat.after = After::SignedOut,
            Doing::Ready | Doing::Paused(_) => self.sign_out(now, at),
            Doing::Offered(offer) => {
                self.end_offer(now, offer, OfferEnd::Withdrawn);
                self.sign_out(now, at);
            }
        }
        DONE
    }

    fn sign_out(&mut self, now: Moment, at: u16) {
        self.log(now, None, None, Some(at), QueueEvent::SignOut);
        self.set_doing(now, at, Doing::SignedOut);
    }

    fn become_ready(&mut self, now: Moment, at: u16, event: QueueEvent) {
        self.log(now, None, None, Some(at), event);
        let seat = self.seat_mut(at);
        seat.idle_since = now.at;
        seat.rest_until = None;
        seat.excused = false;
        self.set_doing(now, at, Doing::Ready);
    }

    fn wrap_up_done(&mut self, now: Moment, at: u16) -> DeskReply {
        let seat = self.seat_mut(at);
        let owed = std::mem::take(&mut seat.owes) | std::mem::take(&mut seat.excused);
        match seat.doing {
            Doing::WrapUp { .. } => self.end_wrap_up(now, at, true),
            Doing::Paused(PauseReason::Paperwork) if owed => match seat.reachable {
                true => self.become_ready(now, at, QueueEvent::Unpause),
                false => self.pause(now, at, PauseReason::Unreachable),
            },
            // Given during a talk of its own: the pause that only waited for it is not taken up again.
            _ if owed && seat.after == After::Paused(PauseReason::Paperwork) => {
                seat.after = After::Ready;
            }
            _ if owed => {}
            _ => return refuse(Refusal::WrongState),
        }
        DONE
    }

    /// The work after a call is over; without its disposition the seat is not ready.
    fn end_wrap_up(&mut self, now: Moment, at: u16, given: bool) {
        let seat = self.seat_mut(at);
        let Doing::WrapUp { since, of } = seat.doing else { return };
        seat.idle_since = now.at;
        if seat.owes && seat.after == After::Ready {
            seat.after = After::Paused(PauseReason::Paperwork);
        }
        let lasted = now.at.saturating_duration_since(since);
        if let Some(Handled { group, talk }) = of {
            self.group_mut(group).handling.add(talk + lasted);
        }
        let event = QueueEvent::WrapUp { lasted_ms: millis(lasted), given };
        self.log(now, None, of.map(|of| of.group), Some(at), event);
        self.after_work(now, at);
    }

    /// Talk and work after it are over: the seat does what it wanted to do then.
    pub(super) fn after_work(&mut self, now: Moment, at: u16) {
        let seat = self.seat_mut(at);
        let after = std::mem::replace(&mut seat.after, After::Ready);
        match after {
            After::SignedOut => self.sign_out(now, at),
            After::Paused(reason) => self.pause(now, at, reason),
            After::Ready if seat.reachable => self.set_doing(now, at, Doing::Ready),
            After::Ready => self.pause(now, at, PauseReason::Unreachable),
        }
    }

    pub(super) fn reachable(&mut self, now: Moment, at: u16) {
        let seat = self.seat_mut(at);
        let was = std::mem::replace(&mut seat.reachable, true);
        match seat.doing {
            Doing::SignedOut if !was && seat.setup.ready_when_reachable && !seat.owes => {
                self.become_ready(now, at, QueueEvent::SignIn);
            }
            Doing::Paused(PauseReason::Unreachable) if seat.owes => {
                self.pause(now, at, PauseReason::Paperwork);
            }
            Doing::Paused(PauseReason::Unreachable) => {
                self.become_ready(now, at, QueueEvent::Unpause);
            }
            _ => {}
        }
    }

    pub(super) fn gone(&mut self, now: Moment, at: u16) {
        let seat = self.seat_mut(at);
        seat.reachable = false;
        match seat.doing {
            // A phone that is plugged in again after an offer nobody took is somebody's word.
            Doing::Ready | Doing::Paused(PauseReason::NoAnswer) => {
                self.pause(now, at, PauseReason::Unreachable);
            }
            Doing::Offered(offer) => self.end_offer(now, offer, OfferEnd::Undeliverable),
            _ => {}
        }
    }

    /// A talk outside the queue.
    pub(super) fn talk_began(&mut self, now: Moment, at: u16, call: CallId) {
        if let Doing::Offered(offer) = self.seat(at).doing {
            self.end_offer(now, offer, OfferEnd::Withdrawn);
        }
        let seat = self.seat_mut(at);
        match &mut seat.doing {
            Doing::Talking(talk) => {
                talk.call.get_or_insert(call);
                return;
            }
            Doing::SignedOut => seat.after = After::SignedOut,
            Doing::Paused(PauseReason::NoAnswer | PauseReason::Unreachable) => {
                seat.after = After::Ready; // somebody is there and talks
            }
            Doing::Paused(reason) => seat.after = After::Paused(*reason),
            Doing::WrapUp { .. } | Doing::Ready | Doing::Offered(_) => {}
        }
        let talk = Talk { since: now.at, call: Some(call), queued: None };
        self.set_doing(now, at, Doing::Talking(talk));
        self.watch_talk(now, at);
    }

    pub(super) fn talk_ended(&mut self, now: Moment, at: u16, by: TalkEnd, wrap_up: bool) {
        let Doing::Talking(talk) = &self.seat(at).doing else { return };
        let Talk { since, call, queued } = talk.clone();
        if let Some(Queued { offer, connected: false, .. }) = queued {
            return self.end_connecting(now, offer, ConnectFault::SeatDropped);
        }
        let lasted = now.at.saturating_duration_since(since);
        let talk_ms = millis(lasted);
        let seat = self.seat_mut(at);
        (seat.talked, seat.idle_since) = (seat.talked + lasted, now.at);
        let work = wrap_up || seat.owes;
        let handled = queued.as_ref().map(|one| Handled { group: one.group, talk: lasted });
        let event = match &queued {
            Some(Queued { origin, waited, .. }) => {
                let wait_ms = millis(*waited);
                QueueEvent::Complete { by, origin: *origin, wait_ms, talk_ms }
            }
            None => QueueEvent::OwnTalk { by, talk_ms },
        };
        self.log(now, call.as_ref(), handled.map(|one| one.group), Some(at), event);
        if work {
            return self.begin_wrap_up(now, at, handled);
        }
        if let Some(Handled { group, talk }) = handled {
            self.group_mut(group).handling.add(talk);
        }
        self.after_work(now, at);
    }

    fn begin_wrap_up(&mut self, now: Moment, at: u16, of: Option<Handled>) {
        let first = self.seat(at).setup.groups.first().map(|(group, _)| *group);
        let rules = of.map(|of| of.group).or(first);
        let rules = rules.map(|group| &self.rules.groups[usize::from(group.0)]);
        let (longest, owes) =
            rules.map_or((Duration::ZERO, false), |one| (one.wrap_up, one.disposition_required));
        let seat = self.seat_mut(at);
        seat.owes |= owes;
        seat.excused = false;
        self.set_doing(now, at, Doing::WrapUp { since: now.at, of });
        self.timers.set(TimerKey::Seat(at), now.at + longest);
    }

    /// A talk whose end nobody tells does not hold the seat for ever.
    pub(super) fn watch_talk(&mut self, now: Moment, at: u16) {
        self.timers.set(TimerKey::Seat(at), now.at + self.rules.talk_max);
    }

    pub(super) fn seat_timeout(&mut self, now: Moment, at: u16) {
        let seat = self.seat_mut(at);
        match seat.doing {
            Doing::Ready => {
                seat.rest_until = None;
                self.refresh_free(at);
            }
            Doing::WrapUp { .. } => self.end_wrap_up(now, at, false),
            Doing::Talking(_) => self.talk_ended(now, at, TalkEnd::Overdue, true),
            _ => {}
        }
    }

    pub(super) fn seat_configured(&mut self, now: Moment, mut setup: SeatSetup) {
        let groups = self.groups.len();
        setup.groups.retain(|(group, _)| usize::from(group.0) < groups);
        if let Some(at) = self.by_number.get(&setup.seat).copied() {
            return self.reconfigure(at, setup);
        }
        let at = match self.vacant.pop() {
            Some(at) => at,
            None if self.seats.len() < SEATS_MAX => {
                u16::try_from(self.seats.len()).unwrap_or(u16::MAX)
            }
            None => return,
        };
        let number = setup.seat.clone();
        let seat = Seat::new(setup, now);
        match self.seats.get_mut(usize::from(at)) {
            Some(place) => *place = seat,
            None => self.seats.push(seat),
        }
        self.by_number.insert(number, at);
        self.count(at, None, Some(Class::Away));
        self.put(Output::Seat(self.seat(at).view()));
    }

    fn reconfigure(&mut self, at: u16, setup: SeatSetup) {
        let class = self.seat(at).class();
        self.count(at, Some(class), None);
        self.unlist(at);
        self.seat_mut(at).setup = setup;
        self.count(at, None, Some(class));
        self.refresh_free(at);
        self.put(Output::Seat(self.seat(at).view()));
    }

    pub(super) fn seat_removed(&mut self, now: Moment, at: u16) {
        match &self.seat(at).doing {
            Doing::Offered(offer) => self.end_offer(now, *offer, OfferEnd::Withdrawn),
            Doing::Talking(Talk { queued: Some(one), .. }) if !one.connected => {
                self.end_connecting(now, one.offer, ConnectFault::SeatDropped);
            }
            _ => {}
        }
        self.timers.cancel(TimerKey::Seat(at));
        self.sign_out(now, at);
        self.count(at, Some(Class::Away), None);
        let seat = self.seat_mut(at);
        seat.removed = true;
        let number = seat.setup.seat.clone();
        self.by_number.remove(&number);
        self.vacant.push(at);
    }

    /// Everything that a change of what a seat does brings with it.
    pub(super) fn set_doing(&mut self, now: Moment, at: u16, doing: Doing) {
        let seat = self.seat_mut(at);
        let before = seat.class();
        if doing != Doing::Ready {
            seat.rest_until = None;
        }
        let rest: Option<Instant> = seat.rest_until;
        (seat.doing, seat.since) = (doing, now.wall);
        let after = seat.class();
        match rest {
            Some(until) => self.timers.set(TimerKey::Seat(at), until),
            None => self.timers.cancel(TimerKey::Seat(at)),
        }
        if before != after {
            self.count(at, Some(before), Some(after));
        }
        self.refresh_free(at);
        self.put(Output::Seat(self.seat(at).view()));
    }

    /// Counts the seat in its groups.
    fn count(&mut self, at: u16, from: Option<Class>, to: Option<Class>) {
        for (group, _) in self.seat(at).setup.groups.clone() {
            let seats = &mut self.group_mut(group).seats;
            if let Some(from) = from {
                seats[from as usize] -= 1;
            }
            if let Some(to) = to {
                seats[to as usize] += 1;
            }
            let works = |class: Option<Class>| class.is_some_and(Class::works);
            // A paused one that leaves the group may have been the last to be there.
            let gone = |class| matches!(class, None | Some(Class::Away | Class::Unreachable));
            if works(from) != works(to) || gone(from) || gone(to) {
                self.seats_changed(group);
            }
        }
    }

    /// The seat stands in the lists of the free seats exactly when it is free.
    pub(super) fn refresh_free(&mut self, at: u16) {
        self.unlist(at);
        let seat = self.seat(at);
        if !seat.is_free() {
            return;
        }
        let standing = Standing {
            seat: at,
            idle_since_us: self.micros(seat.idle_since),
            calls: seat.calls,
            talk_ms: millis(seat.talked),
        };
        for (group, tier) in seat.setup.groups.clone() {
            self.group_mut(group).free.insert(tier, standing);
            self.touch(group);
        }
    }

    fn unlist(&mut self, at: u16) {
        for (group, _) in self.seat(at).setup.groups.clone() {
            self.group_mut(group).free.remove(at);
        }
    }

    /// The figures of the day begin anew.
    pub(super) fn new_day(&mut self) {
        for group in &mut self.groups {
            group.today = super::figures::Today::default();
        }
        for at in 0..u16::try_from(self.seats.len()).unwrap_or(u16::MAX) {
            let seat = self.seat_mut(at);
            (seat.calls, seat.talked) = (0, Duration::ZERO);
            self.refresh_free(at);
        }
    }
}
