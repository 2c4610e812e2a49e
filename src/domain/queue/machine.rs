//! The queue's machine: what it keeps, and how each input is carried on.

use super::contract::{
    Gate, GroupId, Input, LedgerEntry, Moment, NoOneReason, Output, QueueEvent, Waiter,
};
use super::free::Chance;
use super::resume::Resumes;
use super::rules::QueueRules;
use super::seat::Seat;
use super::timers::{TimerKey, Timers};
use super::waiting::{Group, Place, Waiting};
use crate::domain::calendar::Calendar;
use crate::domain::desk::{Refusal, SeatRole};
use crate::units::{CallId, OfferId, PhoneNumber, SeatNumber};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// Numbers to which X10 may be said at one time.
pub const WARNED_MAX: usize = 1000;

/// An offer that rings or is being connected.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) waiter: Waiter,
    pub(super) seat: u16,
    pub(super) group: GroupId,
    pub(super) began: Instant,
    pub(super) answered: bool,
}

/// The automatic call distributor of one line.
#[derive(Debug)]
pub struct Acd {
    pub(super) rules: Arc<QueueRules>,
    pub(super) calendar: Arc<Calendar>,
    pub(super) groups: Vec<Group>,
    pub(super) seats: Vec<Seat>,
    /// Seats by number, without the removed ones.
    pub(super) by_number: BTreeMap<SeatNumber, u16>,
    /// Places in `seats` of removed ones.
    pub(super) vacant: Vec<u16>,
    pub(super) waiters: BTreeMap<Waiter, Waiting>,
    /// Kept places by the number that is to be rung.
    pub(super) kept: BTreeMap<PhoneNumber, Waiter>,
    pub(super) offers: BTreeMap<OfferId, Offer>,
    pub(super) resumes: Resumes,
    pub(super) timers: Timers,
    pub(super) chance: Chance,
    pub(super) draining: bool,
    warned: BTreeMap<PhoneNumber, Timestamp>,
    last_offer: u64,
    arrivals: u64,
    origin: Instant,
    /// The next local midnight: the figures of the day begin anew.
    midnight: Timestamp,
    /// Groups in which a caller and a seat may have come to match.
    dirty: BTreeSet<GroupId>,
    /// Groups whose seats have changed.
    changed: BTreeSet<GroupId>,
    outputs: VecDeque<Output>,
}

impl Acd {
    /// A queue by these rules, without seats and callers. `seed` is for [`super::Strategy::Random`].
    #[must_use]
    pub fn new(rules: Arc<QueueRules>, calendar: Arc<Calendar>, seed: u64, now: Moment) -> Self {
        Self {
            groups: Group::all(&rules),
            midnight: midnight_after(now.wall, &rules),
            rules,
            calendar,
            seats: Vec::new(),
            by_number: BTreeMap::new(),
            vacant: Vec::new(),
            waiters: BTreeMap::new(),
            kept: BTreeMap::new(),
            offers: BTreeMap::new(),
            resumes: Resumes::default(),
            timers: Timers::default(),
            chance: Chance(seed),
            draining: false,
            warned: BTreeMap::new(),
            last_offer: 0,
            arrivals: 0,
            origin: now.at,
            dirty: BTreeSet::new(),
            changed: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes what happened. What no longer fits (an offer that is over, a caller who has left) is
    /// let be: it crossed an output on its way.
    pub fn handle(&mut self, now: Moment, input: Input) {
        self.begin(now);
        match input {
            Input::Seat(setup) => self.seat_configured(now, setup),
            Input::SeatRemoved(seat) => self.with_seat(&seat, |acd, at| acd.seat_removed(now, at)),
            Input::Reachable(seat) => self.with_seat(&seat, |acd, at| acd.reachable(now, at)),
            Input::Gone(seat) => self.with_seat(&seat, |acd, at| acd.gone(now, at)),
            Input::Left { waiter, how } => self.left(now, waiter, how),
            Input::Undeliverable(offer) => self.undeliverable(now, offer),
            Input::Connected(offer) => self.connected(now, offer),
            Input::ConnectFailed(offer, why) => self.connect_failed(now, offer, why),
            Input::TalkBegan { seat, call } => {
                self.with_seat(&seat, |acd, at| acd.talk_began(now, at, call));
            }
            Input::TalkEnded { seat, by, wrap_up } => {
                self.with_seat(&seat, |acd, at| acd.talk_ended(now, at, by, wrap_up));
            }
            Input::Gate(group, gate) => self.set_gate(now, group, gate),
            Input::Drain => self.drain(now),
            Input::Timeout => self.timeout(now),
        }
        self.settle(now);
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is wanted next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The rules it goes by.
    #[must_use]
    pub fn rules(&self) -> &QueueRules {
        &self.rules
    }

    /// Lets X10 be said to callers of this number until then (domain.md X10: a warning that a
    /// supervisor answers for, never a block).
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] when `approved_by` is no supervisor, [`Refusal::TooManyCalls`] when
    /// [`WARNED_MAX`] numbers are warned already.
    pub fn warn(
        &mut self,
        now: Moment,
        number: PhoneNumber,
        approved_by: &SeatNumber,
        until: Timestamp,
    ) -> Result<(), Refusal> {
        let seat = self.by_number.get(approved_by).and_then(|at| self.seats.get(usize::from(*at)));
        if seat.is_none_or(|seat| seat.setup.role != SeatRole::Supervisor) {
            return Err(Refusal::NotAllowed);
        }
        self.warned.retain(|_, until| *until > now.wall);
        if self.warned.len() >= WARNED_MAX && !self.warned.contains_key(&number) {
            return Err(Refusal::TooManyCalls);
        }
        self.warned.insert(number, until);
        Ok(())
    }

    pub(super) fn is_warned(&self, now: Moment, number: Option<&PhoneNumber>) -> bool {
        number.and_then(|number| self.warned.get(number)).is_some_and(|until| *until > now.wall)
    }

    /// Before every input: the day may have changed.
    pub(super) fn begin(&mut self, now: Moment) {
        if now.wall >= self.midnight {
            self.midnight = midnight_after(now.wall, &self.rules);
            self.new_day();
        }
    }

    /// After every input: tells those for whom nobody comes, then matches callers and seats.
    pub(super) fn settle(&mut self, now: Moment) {
        while let Some(changed) = self.changed.pop_first() {
            for group in self.group(changed).helps.clone() {
                self.check_deserted(now, group);
            }
        }
        self.dispatch(now);
    }

    fn timeout(&mut self, now: Moment) {
        while let Some(key) = self.timers.pop_due(now.at) {
            match key {
                TimerKey::Offer(offer) => self.offer_timeout(now, offer),
                TimerKey::Seat(at) => self.seat_timeout(now, at),
                TimerKey::Waiter(waiter) => self.waiter_timeout(now, waiter),
                TimerKey::Widen(group) => self.touch(group),
                TimerKey::Nobody(group) => self.check_deserted(now, group),
            }
        }
    }

    fn drain(&mut self, now: Moment) {
        self.draining = true;
        let idle =
            |(waiter, waiting): (&Waiter, &Waiting)| (!waiting.is_offered()).then_some(*waiter);
        let told: Vec<Waiter> = self.waiters.iter().filter_map(idle).collect();
        for waiter in told {
            self.dismiss(now, waiter, NoOneReason::Draining);
        }
    }

    fn set_gate(&mut self, now: Moment, group: GroupId, gate: Gate) {
        if usize::from(group.0) >= self.groups.len() {
            return;
        }
        self.group_mut(group).gate = gate;
        self.log(now, None, Some(group), None, QueueEvent::Gate { gate });
        if gate == Gate::ShutAndTell {
            self.stop_helping(group);
            let told: Vec<Waiter> = self.group(group).waiters().collect();
            for waiter in told {
                self.dismiss_unless_connecting(now, waiter, NoOneReason::Shut);
            }
        }
    }

    pub(super) fn with_seat(&mut self, seat: &SeatNumber, then: impl FnOnce(&mut Self, u16)) {
        if let Some(at) = self.by_number.get(seat).copied() {
            then(self, at);
        }
    }

    /// A group by an id that was checked when it came in.
    pub(super) fn group(&self, id: GroupId) -> &Group {
        &self.groups[usize::from(id.0)]
    }

    pub(super) fn group_mut(&mut self, id: GroupId) -> &mut Group {
        &mut self.groups[usize::from(id.0)]
    }

    /// A seat by a place that was looked up.
    pub(super) fn seat(&self, at: u16) -> &Seat {
        &self.seats[usize::from(at)]
    }

    pub(super) fn seat_mut(&mut self, at: u16) -> &mut Seat {
        &mut self.seats[usize::from(at)]
    }

    pub(super) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn log(
        &mut self,
        now: Moment,
        call: Option<&CallId>,
        group: Option<GroupId>,
        seat: Option<u16>,
        event: QueueEvent,
    ) {
        let seat = seat.map(|at| self.seat(at).setup.seat.clone());
        let entry = LedgerEntry { at: now.wall, call: call.cloned(), group, seat, event };
        self.put(Output::Ledger(entry));
    }

    /// A caller and a seat of the group may match now.
    pub(super) fn touch(&mut self, group: GroupId) {
        self.dirty.insert(group);
    }

    /// The seats of the group have changed.
    pub(super) fn seats_changed(&mut self, group: GroupId) {
        self.changed.insert(group);
    }

    pub(super) fn dirty_groups(&self) -> Vec<GroupId> {
        self.dirty.iter().copied().collect()
    }

    pub(super) fn clean(&mut self, group: GroupId) {
        self.dirty.remove(&group);
    }

    pub(super) fn next_offer(&mut self) -> OfferId {
        self.last_offer += 1;
        OfferId(self.last_offer)
    }

    /// The place of somebody who came first at `since`.
    pub(super) fn next_place(&mut self, since: Instant) -> Place {
        self.arrivals += 1;
        (since, self.arrivals)
    }

    /// Microseconds of the queue's own time.
    pub(super) fn micros(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.origin);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// The first local midnight after; never where the calendar ends before it.
fn midnight_after(wall: Timestamp, rules: &QueueRules) -> Timestamp {
    let zoned = wall.to_zoned(rules.time_zone.clone());
    let midnight = zoned.tomorrow().and_then(|day| day.start_of_day());
    midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}
