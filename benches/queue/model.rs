//! A queue with 1,000 callers and 100 seats in four groups that help each other.
//!
//! One turn is a whole call: a caller arrives, a seat that has become free is offered to the head
//! of the line, answers, is connected and ends the talk. It counts as the five decisions it is.

// A figure is only worth something when the model goes as it should.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use mayorline::domain::calendar::Calendar;
use mayorline::domain::desk::{DeskReply, SeatRole};
use mayorline::domain::queue::{
    Acd, Arrival, GroupId, GroupRules, Input, Moment, Output, Overflow, QueueRules, SeatSetup,
    Strategy, TalkEnd, Waiter, Wish,
};
use mayorline::units::{CallId, OfferId, PhoneNumber, SeatNumber};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) const CALLERS: u32 = 1_000;
const SEATS: u32 = 100;
const GROUPS: u16 = 4;
/// Inputs and wishes of one turn.
pub(crate) const DECISIONS: u64 = 5;

pub(crate) struct Model {
    acd: Acd,
    now: Moment,
    serial: u32,
    talking: VecDeque<SeatNumber>,
    offered: VecDeque<(OfferId, SeatNumber)>,
}

impl Model {
    /// All seats talk and all callers wait, a quarter in each group; groups help each other.
    pub(crate) fn new(strategy: Strategy) -> Self {
        let groups = (0..GROUPS).map(|at| {
            let mut group = GroupRules::new(&format!("group {at}"));
            group.strategy = strategy;
            group.waiting_max = 10_000;
            group.wait_max = Duration::from_secs(7200);
            let helper = GroupId((at + 1) % GROUPS);
            group.overflow = vec![Overflow { after: Duration::from_secs(60), group: helper }];
            group
        });
        let wall = "2026-12-01T09:00:00+08:00".parse().unwrap();
        let now = Moment { at: Instant::now(), wall };
        let rules = Arc::new(QueueRules::new(groups.collect()));
        let acd = Acd::new(rules, Arc::new(Calendar::built_in()), 1, now);
        let (talking, offered) = (VecDeque::new(), VecDeque::new());
        let mut model = Self { acd, now, serial: 0, talking, offered };
        for at in 0..SEATS {
            let seat = SeatNumber::parse(&format!("{}", 800 + at)).unwrap();
            let group = GroupId(u16::try_from(at).unwrap() % GROUPS);
            model.tell(Input::Seat(SeatSetup {
                seat: seat.clone(),
                name: "agent".to_owned(),
                role: SeatRole::Operator,
                groups: vec![(group, 1), (GroupId((group.0 + 1) % GROUPS), 2)],
                ready_when_reachable: true,
            }));
            model.tell(Input::Reachable(seat));
        }
        while model.talking.len() < SEATS as usize {
            model.arrive();
            model.take();
        }
        for _ in 0..CALLERS {
            model.arrive();
        }
        model
    }

    fn tell(&mut self, input: Input) {
        self.acd.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            match output {
                Output::Offer { offer, seat, .. } => self.offered.push_back((offer, seat)),
                Output::OfferOver { offer, .. } => self.offered.retain(|(id, _)| *id != offer),
                _ => {}
            }
        }
    }

    fn arrive(&mut self) {
        self.serial += 1;
        let serial = self.serial;
        let number = PhoneNumber::parse(&format!("1990{serial:07}")).unwrap();
        let arrival = Arrival {
            waiter: Waiter(serial),
            call: CallId::new("a1", 0, serial),
            group: GroupId(u16::try_from(serial % u32::from(GROUPS)).unwrap()),
            number: Some(number),
            since: None,
        };
        self.acd.arrive(self.now, arrival).unwrap();
        self.drain();
    }

    fn take(&mut self) {
        let Some((offer, seat)) = self.offered.front().cloned() else { return };
        let reply = self.acd.command(self.now, &seat, Wish::Answer(offer));
        assert_eq!(reply, DeskReply::Done);
        self.drain();
        self.tell(Input::Connected(offer));
        self.talking.push_back(seat);
    }

    /// One call more, one call less, and half a second.
    pub(crate) fn turn(&mut self) {
        self.arrive();
        let seat = self.talking.pop_front().unwrap();
        self.tell(Input::TalkEnded { seat, by: TalkEnd::Caller, wrap_up: false });
        self.take();
        self.now.at += Duration::from_millis(500);
        self.now.wall += jiff::SignedDuration::from_millis(500);
        while self.acd.poll_timeout().is_some_and(|due| due <= self.now.at) {
            self.tell(Input::Timeout);
        }
    }

    /// Callers who wait.
    pub(crate) fn waiting(&self) -> usize {
        (0..GROUPS).map(|at| self.acd.waiting(GroupId(at)).count()).sum()
    }
}
