//! A whole listening day (story 7 of domain.md 3.8): 846 attempts in two hours, ten lines, three
//! operators, one leader who takes twelve calls. Nobody is lost.

use crate::dice::Dice;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::desk::{DeskReply, SeatRole, SeatState};
use mayorline::domain::listening_day::{DayCall, DayRecord, Duty, ListeningRules, Phase, Session};
use mayorline::domain::queue::{
    Acd, Arrival, GroupId, GroupRules, Input, LeaveHow, Moment, OfferEnd, OfferKind, Output,
    QueueRules, SeatSetup, TalkEnd, Waiter, Wish,
};
use mayorline::units::{CallId, OfferId, PhoneNumber, SeatNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ATTEMPTS: u32 = 846;
const LINES: usize = 10;
const OPERATORS: [&str; 3] = ["801", "802", "803"];
const LEADER: &str = "901";
const LEADER_CALLS: u32 = 12;
const EARLY: Duration = Duration::from_secs(5);
const GROUP: GroupId = GroupId(0);

/// What happens at its time.
#[derive(Debug, Clone)]
enum Event {
    Attempt(u32),
    Impatient(u32),
    PickUp(OfferId),
    CitizenAnswers(OfferId),
    OperatorDone(SeatNumber),
    WrapUpDone(SeatNumber),
    LeaderDone(CallId),
    Window,
}

/// What a day showed.
pub(crate) struct Day {
    pub(crate) record: DayRecord,
    pub(crate) phases: Vec<Phase>,
    /// Seconds after 09:00 at which the leader began a call.
    pub(crate) leader_began: Vec<u64>,
    /// Longest wait of an answered caller.
    pub(crate) longest: Duration,
}

struct World {
    dice: Dice,
    acd: Acd,
    session: Session,
    /// What the ledger would have of each call.
    calls: BTreeMap<u32, DayCall>,
    duty: Duty,
    start: Moment,
    now: Moment,
    due: BTreeMap<(Duration, u32), Event>,
    serial: u32,
    /// Calls that hold a line.
    lines: BTreeSet<u32>,
    waiting: BTreeMap<u32, Duration>,
    offers: BTreeMap<OfferId, (u32, SeatNumber, OfferKind, Duration)>,
    /// What each operator talks about.
    talks: BTreeMap<SeatNumber, u32>,
    leader: Option<u32>,
    phases: Vec<Phase>,
    leader_began: Vec<u64>,
    longest: Duration,
}

fn call_id(waiter: u32) -> CallId {
    CallId::new("a1", 0, waiter)
}

fn seat(number: &str) -> SeatNumber {
    SeatNumber::parse(number).unwrap()
}

/// Leads the day of a seed to its end.
pub(crate) fn run(seed: u64) -> Day {
    let mut world = World::new(seed);
    world.plan();
    while let Some(at) = world.next() {
        world.move_to(at);
        world.turn();
    }
    assert!(world.waiting.is_empty() && world.lines.is_empty(), "somebody is left on the line");
    Day {
        record: world.record(),
        phases: world.phases,
        leader_began: world.leader_began,
        longest: world.longest,
    }
}

impl World {
    fn new(seed: u64) -> Self {
        #[allow(clippy::disallowed_methods)] // the origin of a virtual clock
        let at = Instant::now();
        let wall: Timestamp = "2026-12-01T08:59:00+08:00".parse().unwrap();
        let start = Moment { at, wall };
        let mut group = GroupRules::new("operators");
        group.wrap_up = Duration::from_secs(60);
        group.wait_max = Duration::from_secs(7200);
        let (rules, calendar) = (QueueRules::new(vec![group]), Arc::new(Calendar::built_in()));
        let listening = ListeningRules::default();
        let day = listening.on(&calendar, "2026-12-01".parse().unwrap()).expect("a first Tuesday");
        let duty = Duty { title: "市长".to_owned(), seat: seat(LEADER), instead_of: None };
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let mut world = Self {
            calls: BTreeMap::new(),
            duty: duty.clone(),
            dice: Dice::new(seed ^ 846),
            acd: Acd::new(Arc::new(rules), calendar, seed, start),
            session: Session::new(&day, &listening, duty, &zone).unwrap(),
            start,
            now: start,
            due: BTreeMap::new(),
            serial: 0,
            lines: BTreeSet::new(),
            waiting: BTreeMap::new(),
            offers: BTreeMap::new(),
            talks: BTreeMap::new(),
            leader: None,
            phases: Vec::new(),
            leader_began: Vec::new(),
            longest: Duration::ZERO,
        };
        for number in OPERATORS.iter().chain([&LEADER]) {
            let leader = *number == LEADER;
            let setup = SeatSetup {
                seat: seat(number),
                name: format!("seat {number}"),
                role: if leader { SeatRole::Leader } else { SeatRole::Operator },
                // The leader is reached by hand-over only.
                groups: if leader { vec![] } else { vec![(GROUP, 1)] },
                ready_when_reachable: true,
            };
            world.tell(Input::Seat(setup));
            world.tell(Input::Reachable(seat(number)));
        }
        world
    }

    fn plan(&mut self) {
        for waiter in 1..=ATTEMPTS {
            let at = Duration::from_secs(60) + self.dice.millis(0, 7_199_000);
            self.at(at, Event::Attempt(waiter));
        }
        for seconds in [60, 60 + 7200] {
            self.at(Duration::from_secs(seconds), Event::Window);
        }
    }

    fn since(&self) -> Duration {
        self.now.at - self.start.at
    }

    fn at(&mut self, at: Duration, event: Event) {
        self.serial += 1;
        self.due.insert((at, self.serial), event);
    }

    fn after(&mut self, from_ms: u64, to_ms: u64, event: Event) {
        let at = self.since() + self.dice.millis(from_ms, to_ms);
        self.at(at, event);
    }

    fn next(&self) -> Option<Duration> {
        let event = self.due.first_key_value().map(|((at, _), _)| *at);
        // Timers of the queue alone do not keep the day going.
        let timer = self.acd.poll_timeout().map(|at| at - self.start.at);
        event.map(|event| timer.map_or(event, |timer| timer.min(event)))
    }

    fn move_to(&mut self, at: Duration) {
        let at = at.max(self.since());
        self.now = Moment {
            at: self.start.at + at,
            wall: self.start.wall + jiff::SignedDuration::try_from(at).unwrap(),
        };
    }

    fn turn(&mut self) {
        self.tell(Input::Timeout);
        let now = self.since();
        while let Some(entry) = self.due.first_entry().filter(|one| one.key().0 <= now) {
            let event = entry.remove();
            self.happens(event);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Attempt(waiter) => self.attempt(waiter),
            Event::Impatient(waiter) => self.impatient(waiter),
            Event::PickUp(offer) => self.pick_up(offer),
            Event::CitizenAnswers(offer) => {
                if self.offers.contains_key(&offer) {
                    self.connected(offer);
                }
            }
            Event::OperatorDone(seat) => self.operator_done(seat),
            Event::WrapUpDone(seat) => {
                assert_eq!(self.wish(&seat, Wish::WrapUpDone), DeskReply::Done);
            }
            Event::LeaderDone(call) => self.leader_done(&call),
            Event::Window => {
                self.session.handle_timeout(self.now.wall);
                self.drain_session();
            }
        }
    }

    fn attempt(&mut self, waiter: u32) {
        self.calls.insert(waiter, DayCall::default());
        if self.lines.len() >= LINES {
            return self.refused(waiter);
        }
        let number = PhoneNumber::parse(&format!("1990000{waiter:04}")).unwrap();
        let arrival = Arrival {
            waiter: Waiter(waiter),
            call: call_id(waiter),
            group: GROUP,
            number: Some(number),
            since: None,
        };
        if self.acd.arrive(self.now, arrival).is_err() {
            return self.refused(waiter);
        }
        self.lines.insert(waiter);
        self.waiting.insert(waiter, self.since());
        match self.dice.chance(40) {
            true => self.after(500, 4_900, Event::Impatient(waiter)),
            false => self.after(20_000, 900_000, Event::Impatient(waiter)),
        }
        self.drain();
    }

    fn impatient(&mut self, waiter: u32) {
        // Whoever talks or has been connected is not waiting any more.
        let Some(arrived) = self.waiting.get(&waiter).copied() else { return };
        let early = self.since() - arrived < EARLY;
        let number = PhoneNumber::parse(&format!("1990000{waiter:04}")).unwrap();
        let keeps = !early && self.dice.chance(400);
        let how = if keeps { LeaveHow::Callback(number) } else { LeaveHow::HungUp };
        self.lines.remove(&waiter);
        self.waiting.remove(&waiter);
        let lasted = self.since() - arrived;
        let call = self.call(waiter);
        call.lasted = Some(lasted);
        // A kept place counts when he is reached or given up.
        call.callback_task = !early && !keeps;
        self.tell(Input::Left { waiter: Waiter(waiter), how });
    }

    fn pick_up(&mut self, offer: OfferId) {
        let Some((_, seat, kind, _)) = self.offers.get(&offer).cloned() else { return };
        assert_eq!(self.wish(&seat, Wish::Answer(offer)), DeskReply::Done);
        match kind {
            OfferKind::Call => self.connected(offer),
            OfferKind::Callback(_) => self.after(2_000, 60_000, Event::CitizenAnswers(offer)),
        }
    }

    fn connected(&mut self, offer: OfferId) {
        let Some((waiter, seat, kind, waited)) = self.offers.remove(&offer) else { return };
        self.waiting.remove(&waiter);
        self.longest = self.longest.max(waited);
        if matches!(kind, OfferKind::Callback(_)) {
            self.lines.insert(waiter);
        }
        let call = self.call(waiter);
        (call.answered_by, call.lasted) = (Some(seat.clone()), Some(waited));
        self.talks.insert(seat.clone(), waiter);
        self.tell(Input::Connected(offer));
        self.after(45_000, 300_000, Event::OperatorDone(seat));
    }

    fn operator_done(&mut self, operator: SeatNumber) {
        let waiter = self.talks.remove(&operator).expect("he talks");
        let call = call_id(waiter);
        let few = self.leader_began.len() < LEADER_CALLS as usize;
        let taken = few && self.session.hand_over(self.now.wall, call.clone()).is_ok();
        self.drain_session();
        let by = if taken { TalkEnd::Transfer } else { TalkEnd::Caller };
        self.tell(Input::TalkEnded { seat: operator.clone(), by, wrap_up: true });
        self.after(5_000, 50_000, Event::WrapUpDone(operator));
        if taken {
            self.leader = Some(waiter);
            self.call(waiter).with_leader = true;
            self.leader_began.push(self.since().as_secs() - 60);
            self.tell(Input::TalkBegan { seat: seat(LEADER), call: call.clone() });
            // Twelve of these fit into the window, with the waits between them.
            self.after(440_000, 490_000, Event::LeaderDone(call));
        } else {
            self.lines.remove(&waiter);
        }
    }

    fn leader_done(&mut self, call: &CallId) {
        let waiter = self.leader.take().expect("the leader talks");
        self.lines.remove(&waiter);
        let by = TalkEnd::Agent;
        self.tell(Input::TalkEnded { seat: seat(LEADER), by, wrap_up: false });
        self.session.leader_done(self.now.wall, call);
        self.drain_session();
        let state = self.acd.seat_view(&seat(LEADER)).unwrap().state;
        assert_eq!(state, SeatState::Ready);
    }

    fn call(&mut self, waiter: u32) -> &mut DayCall {
        self.calls.entry(waiter).or_default()
    }

    fn refused(&mut self, waiter: u32) {
        let call = self.call(waiter);
        (call.refused, call.lasted) = (true, Some(Duration::ZERO));
    }

    fn record(&self) -> DayRecord {
        let date = self.start.wall.to_zoned(TimeZone::fixed(jiff::tz::offset(8))).date();
        let mut record = DayRecord::new(date, Some(self.duty.clone()));
        self.calls.values().cloned().for_each(|call| record.add(call));
        record
    }

    fn drain_session(&mut self) {
        self.phases.extend(std::iter::from_fn(|| self.session.poll_phase()));
    }

    fn tell(&mut self, input: Input) {
        self.acd.handle(self.now, input);
        self.drain();
    }

    fn wish(&mut self, seat: &SeatNumber, wish: Wish) -> DeskReply {
        let reply = self.acd.command(self.now, seat, wish);
        self.drain();
        reply
    }

    fn drain(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            match output {
                Output::Offer { offer, waiter, seat, kind, waited, .. } => {
                    assert_ne!(seat.as_str(), LEADER, "the queue offers the leader nobody");
                    self.offers.insert(offer, (waiter.0, seat, kind, waited));
                    self.after(1_000, 6_000, Event::PickUp(offer));
                }
                Output::OfferOver { how: OfferEnd::Answered, .. } => {}
                Output::OfferOver { offer, .. } | Output::ConnectOver { offer, .. } => {
                    self.offers.remove(&offer);
                }
                Output::NoOne { waiter, .. } => {
                    self.waiting.remove(&waiter.0);
                    self.lines.remove(&waiter.0);
                    self.refused(waiter.0);
                }
                Output::CallbackOver { waiter, .. } => self.call(waiter.0).callback_task = true,
                _ => {}
            }
        }
    }
}
