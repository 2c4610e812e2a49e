//! Callers, agents and phones that do anything, against the queue; checked after every step.
//!
//! * Q1 a seat is offered one caller at a time, and only while it is ready.
//! * Q2 outside ring-all a caller is offered to one seat at a time.
//! * Q3 every offer ends once, and within the time that a seat may ring.
//! * Q4 an answered offer becomes a connection or a told failure, within its bound.
//! * Q5 every caller ends in exactly one way.
//! * Q6 within a group nobody is offered before somebody who came earlier and is not offered.
//! * Q7 nobody waits beside a free seat that may take him.
//! * Q8 no seat stays offered, talking or in wrap-up beyond its bound.
//! * Q9 the counters of the day add up.
//! * Q10 a place is told only when it has improved, at most every 30 s.
//! * Q11 nobody waits for seats that are all gone.
//! * Q12 the account of a caller keeps his position at entry.

mod check;
mod shadow;

use crate::dice::Dice;
use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::desk::{DeskReply, PauseReason, SeatRole, SeatState, SeatView};
use mayorline::domain::queue::{
    Acd, Arrival, ConnectFault, Gate, GroupId, GroupRules, Input, KeyExit, LeaveHow, Moment,
    NotEntered, OfferKind, Overflow, QueueRules, SeatSetup, Strategy, TalkEnd, Waiter, Wish,
};
use mayorline::units::{CallId, OfferId, PhoneNumber, SeatNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What at least one of the default seeds must reach.
pub(crate) const CORNERS: &[&str] = &[
    "resumed",
    "full",
    "closed",
    "no one",
    "overflow",
    "place with minutes",
    "place without",
    "kept",
    "kept answered",
    "kept not reached",
    "called again",
    "kept closed",
    "ring all",
    "taken elsewhere",
    "no answer",
    "declined",
    "undeliverable",
    "withdrawn",
    "caller gone",
    "seat dropped",
    "connect timed out",
    "told no one",
    "waited out",
    "widened",
    "paperwork",
    "overdue",
    "shut",
    "drained",
    "refused wish",
];

const STRATEGIES: [Strategy; 7] = [
    Strategy::LongestIdle,
    Strategy::RoundRobin,
    Strategy::FewestCalls,
    Strategy::LeastTalk,
    Strategy::RingAll,
    Strategy::Random,
    Strategy::Linear,
];

/// Steps of one seed.
const STEPS: usize = 1500;

/// What a run showed.
pub(crate) struct Outcome {
    /// A hash over all outputs.
    pub(crate) trace: u64,
    /// Corners that were reached.
    pub(crate) marks: BTreeSet<String>,
}

/// One who waits, as the model knows him.
struct Person {
    place: (Instant, u64),
    home: GroupId,
    lines: BTreeSet<GroupId>,
    /// His own number, or the one that he is to be called back on.
    number: Option<PhoneNumber>,
    kept: bool,
    told: Option<(Instant, u32)>,
}

/// An offer as the model knows it.
struct Rung {
    waiter: Waiter,
    seat: SeatNumber,
    group: GroupId,
    kind: OfferKind,
    began: Instant,
    answered: Option<Instant>,
}

struct World {
    dice: Dice,
    rules: Arc<QueueRules>,
    acd: Acd,
    now: Moment,
    verbose: bool,
    trace: u64,
    marks: BTreeSet<String>,
    serial: u32,
    arrivals: u64,
    people: BTreeMap<Waiter, Person>,
    ended: BTreeMap<Waiter, String>,
    origins: BTreeMap<String, u32>,
    seats: BTreeMap<SeatNumber, (SeatView, Instant)>,
    tiers: BTreeMap<SeatNumber, Vec<(GroupId, u8)>>,
    rests: BTreeMap<SeatNumber, Instant>,
    offers: BTreeMap<OfferId, Rung>,
    over: BTreeSet<OfferId>,
    /// Talks that came through the queue, connected, and others.
    talks: BTreeSet<SeatNumber>,
    talking_since: BTreeMap<SeatNumber, Instant>,
    recent: Vec<(PhoneNumber, GroupId)>,
    hung_up: BTreeMap<(PhoneNumber, GroupId), (Instant, u64)>,
    tallies: BTreeMap<GroupId, [u32; 2]>,
}

/// Runs a seed to its end.
pub(crate) fn run(seed: u64, verbose: bool) -> Outcome {
    let mut world = World::new(seed, verbose);
    for _ in 0..STEPS {
        world.step();
    }
    world.finish();
    Outcome { trace: world.trace, marks: world.marks }
}

fn seat_number(at: u64) -> SeatNumber {
    SeatNumber::parse(&format!("{}", 801 + at)).unwrap()
}

fn rules(dice: &mut Dice) -> QueueRules {
    let groups = 1 + dice.below(3);
    let all = (0..groups)
        .map(|at| {
            let mut group = GroupRules::new(&format!("group {at}"));
            group.strategy = *dice.pick(&STRATEGIES);
            group.waiting_max = if dice.chance(300) { 4 } else { 40 };
            group.wait_max = Duration::from_secs(60 + dice.below(600));
            group.wrap_up = Duration::from_secs(5 + dice.below(60));
            group.disposition_required = dice.chance(500);
            group.nobody = Duration::from_secs(dice.below(60));
            if dice.chance(400) {
                group.widen = vec![Duration::from_secs(10), Duration::from_secs(30)];
            }
            if groups > 1 && dice.chance(500) {
                let other = u16::try_from((at + 1) % groups).unwrap();
                let after = Duration::from_secs(dice.below(60));
                group.overflow = vec![Overflow { after, group: GroupId(other) }];
            }
            group
        })
        .collect();
    let mut rules = QueueRules::new(all);
    rules.talk_max = Duration::from_secs(if dice.chance(300) { 120 } else { 4 * 3600 });
    rules.callback_wait_max = Duration::from_secs(900);
    rules.check().unwrap();
    rules
}

impl World {
    fn new(seed: u64, verbose: bool) -> Self {
        let mut dice = Dice::new(seed ^ 0xACD);
        let rules = Arc::new(rules(&mut dice));
        #[allow(clippy::disallowed_methods)]
        // the origin of a virtual clock; only differences count
        let at = Instant::now();
        let wall: Timestamp = "2026-12-01T09:00:00+08:00".parse().unwrap();
        let now = Moment { at, wall };
        let acd = Acd::new(Arc::clone(&rules), Arc::new(Calendar::built_in()), seed, now);
        let mut world = Self {
            dice,
            rules,
            acd,
            now,
            verbose,
            trace: seed,
            marks: BTreeSet::new(),
            serial: 0,
            arrivals: 0,
            people: BTreeMap::new(),
            ended: BTreeMap::new(),
            origins: BTreeMap::new(),
            seats: BTreeMap::new(),
            tiers: BTreeMap::new(),
            rests: BTreeMap::new(),
            offers: BTreeMap::new(),
            over: BTreeSet::new(),
            talks: BTreeSet::new(),
            talking_since: BTreeMap::new(),
            recent: Vec::new(),
            hung_up: BTreeMap::new(),
            tallies: BTreeMap::new(),
        };
        for at in 0..1 + world.dice.below(6) {
            world.configure(seat_number(at));
        }
        world
    }

    fn configure(&mut self, seat: SeatNumber) {
        let mut groups = Vec::new();
        for group in 0..u16::try_from(self.rules.groups.len()).unwrap() {
            if self.dice.chance(700) {
                groups.push((GroupId(group), 1 + u8::try_from(self.dice.below(3)).unwrap()));
            }
        }
        self.tiers.insert(seat.clone(), groups.clone());
        let setup = SeatSetup {
            name: format!("agent {seat}"),
            role: SeatRole::Operator,
            groups,
            ready_when_reachable: self.dice.chance(800),
            seat,
        };
        self.input(Input::Seat(setup));
    }

    fn input(&mut self, input: Input) {
        if self.verbose {
            println!("{:?} <- {input:?}", self.now.wall);
        }
        self.acd.handle(self.now, input);
        self.drain_outputs();
    }

    fn wish(&mut self, seat: &SeatNumber, wish: Wish) -> DeskReply {
        if self.verbose {
            println!("{:?} <- {seat} {wish:?}", self.now.wall);
        }
        let reply = self.acd.command(self.now, seat, wish);
        if reply == DeskReply::Done {
            if let Wish::Answer(offer) = wish {
                self.offers.get_mut(&offer).unwrap().answered = Some(self.now.at);
            }
        } else {
            self.mark("refused wish");
        }
        self.drain_outputs();
        reply
    }

    fn mark(&mut self, mark: &str) {
        self.marks.insert(mark.to_owned());
    }

    /// Time goes on, timers included.
    fn pass(&mut self, time: Duration) {
        let until = self.now.at + time;
        while let Some(due) = self.acd.poll_timeout().filter(|due| *due <= until) {
            self.move_to(due);
            self.input(Input::Timeout);
            self.check();
        }
        self.move_to(until);
    }

    fn move_to(&mut self, at: Instant) {
        let step = at.saturating_duration_since(self.now.at);
        self.now.at += step;
        self.now.wall += jiff::SignedDuration::try_from(step).unwrap();
    }

    fn step(&mut self) {
        let time = match self.dice.below(10) {
            0..6 => self.dice.millis(0, 900),
            6..9 => self.dice.millis(500, 6_000),
            _ => self.dice.millis(5_000, 40_000),
        };
        self.pass(time);
        match self.dice.weighted(&[30, 22, 14, 20, 12, 6, 6, 2, 1]) {
            0 => self.somebody_calls(),
            1 => self.some_offer(),
            2 => self.some_connection(),
            3 => self.some_talk_ends(),
            4 => self.some_agent_wishes(),
            5 => self.some_caller_leaves(),
            6 => self.some_phone(),
            7 => self.some_own_talk(),
            _ => self.something_rare(),
        }
        self.check();
    }

    fn somebody_calls(&mut self) {
        self.serial += 1;
        let waiter = Waiter(self.serial);
        let groups = u64::try_from(self.rules.groups.len()).unwrap();
        let mut group = GroupId(u16::try_from(self.dice.below(groups)).unwrap());
        let mut number = None;
        if !self.recent.is_empty() && self.dice.chance(200) {
            let (known, of) = self.dice.pick(&self.recent).clone();
            (number, group) = (Some(known), of);
        } else if self.dice.chance(800) {
            let text = format!("1990000{:04}", self.serial % 10_000);
            number = Some(PhoneNumber::parse(&text).unwrap());
        }
        if let Some(number) = &number {
            self.recent.push((number.clone(), group));
        }
        let call = CallId::new("a1", 0, self.serial);
        let since = self.dice.chance(50).then(|| self.now.at - Duration::from_secs(20));
        let former = number.as_ref().and_then(|number| self.former_place(number, group));
        let arrival = Arrival { waiter, call, group, number: number.clone(), since };
        if self.verbose {
            println!("{:?} <- {arrival:?}", self.now.wall);
        }
        let entered = self.acd.arrive(self.now, arrival);
        let tally = self.tallies.entry(group).or_default();
        match entered {
            Ok(entered) => {
                tally[0] += 1;
                self.arrivals += 1;
                let found = entered.resumed.then(|| former.expect("he has a former place"));
                let place = match (found, since) {
                    (Some(place), Some(since)) if place.0 <= since => place,
                    (Some(place), None) => place,
                    (_, since) => (since.unwrap_or(self.now.at), self.arrivals),
                };
                let person = Person {
                    place,
                    home: group,
                    lines: BTreeSet::from([group]),
                    number,
                    kept: false,
                    told: None,
                };
                self.people.insert(waiter, person);
                if entered.resumed {
                    self.mark("resumed");
                }
            }
            Err(why) => {
                tally[1] += 1;
                self.ended.insert(waiter, "refused".to_owned());
                match why {
                    NotEntered::Full => self.mark("full"),
                    NotEntered::NoOne(_) => self.mark("no one"),
                    NotEntered::Shut => self.mark("closed"),
                    _ => {}
                }
            }
        }
        self.drain_outputs();
    }

    /// The kept place of this number, or else the one that it hung up in.
    fn former_place(&self, number: &PhoneNumber, group: GroupId) -> Option<(Instant, u64)> {
        let mine = |(waiter, one): (&Waiter, &Person)| {
            let same = one.kept && one.number.as_ref() == Some(number) && one.home == group;
            let offered = self.offers.values().any(|rung| rung.waiter == *waiter);
            (same && !offered).then_some(one.place)
        };
        let kept = self.people.iter().find_map(mine);
        kept.or_else(|| self.hung_up.get(&(number.clone(), group)).copied())
    }

    fn hangs_up(&mut self, person: &Person) {
        if let Some(number) = &person.number {
            self.hung_up.insert((number.clone(), person.home), person.place);
        }
    }

    fn pick_offer(&mut self, answered: bool) -> Option<OfferId> {
        let open = |(id, rung): (&OfferId, &Rung)| {
            (rung.answered.is_some() == answered && (answered || !self.over.contains(id)))
                .then_some(*id)
        };
        let found: Vec<OfferId> = self.offers.iter().filter_map(open).collect();
        (!found.is_empty()).then(|| *self.dice.pick(&found))
    }

    fn some_offer(&mut self) {
        let Some(id) = self.pick_offer(false) else { return };
        let seat = self.offers[&id].seat.clone();
        match self.dice.weighted(&[70, 10, 6, 4]) {
            0 => assert_eq!(self.wish(&seat, Wish::Answer(id)), DeskReply::Done),
            1 => {
                let rest = self.now.at + self.rules.decline_rest;
                self.rests.insert(seat.clone(), rest);
                assert_eq!(self.wish(&seat, Wish::Decline(id)), DeskReply::Done);
            }
            2 => self.input(Input::Undeliverable(id)),
            // Nobody's offer.
            _ => {
                self.wish(&seat_number(99), Wish::Answer(id));
            }
        }
    }

    fn some_connection(&mut self) {
        let Some(id) = self.pick_offer(true) else { return };
        let callback = matches!(self.offers[&id].kind, OfferKind::Callback(_));
        let seat = self.offers[&id].seat.clone();
        match self.dice.weighted(&[80, 8, 6, 4]) {
            0 => {
                let rung = self.offers.remove(&id).unwrap();
                let person = self.people.remove(&rung.waiter).unwrap();
                self.end(rung.waiter, "connected");
                self.talks.insert(seat.clone());
                self.talking_since.insert(seat, self.now.at);
                if person.kept {
                    self.mark("kept answered");
                }
                self.input(Input::Connected(id));
            }
            1 if callback => self.input(Input::ConnectFailed(id, ConnectFault::NotReached)),
            1 | 2 => {
                self.rests.insert(seat, self.now.at + self.rules.decline_rest);
                self.input(Input::ConnectFailed(id, ConnectFault::SeatDropped));
            }
            _ => self.input(Input::ConnectFailed(id, ConnectFault::CallerGone)),
        }
    }

    fn some_seat(&mut self, wanted: impl Fn(&SeatView) -> bool) -> Option<SeatNumber> {
        let found: Vec<SeatNumber> = self
            .seats
            .iter()
            .filter(|(_, (view, _))| wanted(view))
            .map(|(seat, _)| seat.clone())
            .collect();
        (!found.is_empty()).then(|| self.dice.pick(&found).clone())
    }

    fn some_talk_ends(&mut self) {
        let Some(seat) = self.some_seat(|view| view.state == SeatState::Talking) else { return };
        if self.offers.values().any(|rung| rung.seat == seat && rung.answered.is_some()) {
            self.rests.insert(seat.clone(), self.now.at + self.rules.decline_rest);
        }
        let by = *self.dice.pick(&[TalkEnd::Agent, TalkEnd::Caller, TalkEnd::Transfer]);
        let wrap_up = self.dice.chance(700);
        self.input(Input::TalkEnded { seat, by, wrap_up });
    }

    fn some_agent_wishes(&mut self) {
        let Some(seat) = self.some_seat(|_| true) else { return };
        let wish = match self.dice.weighted(&[40, 10, 4, 30, 3]) {
            0 => {
                if self.seats[&seat].0.state == SeatState::Ready {
                    self.rests.remove(&seat);
                }
                Wish::Ready
            }
            1 => Wish::Pause(*self.dice.pick(&[PauseReason::Break, PauseReason::NoAnswer])),
            2 => Wish::SignOut,
            3 => Wish::WrapUpDone,
            _ => Wish::WrapUpExcused,
        };
        self.wish(&seat, wish);
    }

    fn some_caller_leaves(&mut self) {
        let found: Vec<Waiter> = self.people.keys().copied().collect();
        if found.is_empty() {
            return;
        }
        let waiter = *self.dice.pick(&found);
        let person = &self.people[&waiter];
        if person.kept {
            if self.dice.chance(100) {
                self.input(Input::Left { waiter, how: LeaveHow::Moved });
            }
            return;
        }
        let how = match self.dice.weighted(&[50, 10, 10, 40]) {
            0 => LeaveHow::HungUp,
            1 => LeaveHow::Key(KeyExit::Message),
            2 => LeaveHow::Moved,
            _ => {
                let text = format!("1990000{:04}", self.serial % 500);
                LeaveHow::Callback(PhoneNumber::parse(&text).unwrap())
            }
        };
        match &how {
            LeaveHow::Callback(number) => {
                self.recent.push((number.clone(), person.home));
                let person = self.people.get_mut(&waiter).unwrap();
                (person.kept, person.number) = (true, Some(number.clone()));
                self.mark("kept");
            }
            _ => {
                let person = self.people.remove(&waiter).unwrap();
                if how == LeaveHow::HungUp {
                    self.hangs_up(&person);
                }
                self.end(waiter, "left");
            }
        }
        self.input(Input::Left { waiter, how });
    }

    fn some_phone(&mut self) {
        let Some(seat) = self.some_seat(|_| true) else { return };
        let input = if self.dice.chance(750) { Input::Reachable(seat) } else { Input::Gone(seat) };
        self.input(input);
    }

    fn some_own_talk(&mut self) {
        let Some(seat) = self.some_seat(|_| true) else { return };
        self.serial += 1;
        let call = CallId::new("a1", 1, self.serial);
        self.input(Input::TalkBegan { seat, call });
    }

    fn something_rare(&mut self) {
        let groups = u64::try_from(self.rules.groups.len()).unwrap();
        let group = GroupId(u16::try_from(self.dice.below(groups)).unwrap());
        match self.dice.below(10) {
            0..5 => {
                let gate = *self.dice.pick(&[Gate::Hours, Gate::Shut, Gate::ShutAndTell]);
                if gate == Gate::ShutAndTell {
                    for person in self.people.values_mut().filter(|one| one.home != group) {
                        person.lines.remove(&group);
                    }
                }
                self.input(Input::Gate(group, gate));
                if gate != Gate::Hours && self.dice.chance(700) {
                    self.pass(Duration::from_secs(3));
                    self.input(Input::Gate(group, Gate::Hours));
                }
            }
            5..7 => {
                let seat = seat_number(self.dice.below(8));
                self.configure(seat);
            }
            7 => {
                if let Some(seat) = self.some_seat(|_| true) {
                    self.input(Input::SeatRemoved(seat.clone()));
                    self.seats.remove(&seat);
                    self.tiers.remove(&seat);
                    self.talks.remove(&seat);
                    self.rests.remove(&seat);
                }
            }
            _ => self.pass(Duration::from_secs(60)),
        }
    }

    fn end(&mut self, waiter: Waiter, how: &str) {
        let before = self.ended.insert(waiter, how.to_owned());
        assert_eq!(before, None, "Q5: {waiter:?} ends again: {how}");
    }

    /// The service stops; everybody is told, every offer ends.
    fn finish(&mut self) {
        self.input(Input::Drain);
        self.check();
        self.pass(Duration::from_secs(200));
        assert!(self.people.is_empty(), "Q5: still waiting at the end");
        assert!(self.offers.is_empty(), "Q4: still offered at the end");
        for serial in 1..=self.serial {
            let call = CallId::new("a1", 0, serial);
            if self.origins.contains_key(call.as_str()) {
                assert!(self.ended.contains_key(&Waiter(serial)), "Q5: {serial} has no end");
            }
        }
    }
}
