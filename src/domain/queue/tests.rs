//! The queue on a virtual clock.

mod behaviour;
mod callbacks;
mod seats;
mod strategies;

use super::*;
use crate::domain::calendar::Calendar;
use crate::domain::desk::{DeskReply, SeatRole, SeatState, SeatView};
use crate::units::{CallId, OfferId, PhoneNumber, SeatNumber};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A queue with its clock and everything that it has said.
struct Desk {
    acd: Acd,
    now: Moment,
    start: Instant,
    said: Vec<Output>,
}

fn seat(number: u32) -> SeatNumber {
    SeatNumber::parse(&number.to_string()).unwrap()
}

fn phone(last: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("1990000{last:04}")).unwrap()
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const G: GroupId = GroupId(0);
const H: GroupId = GroupId(1);

impl Desk {
    /// A queue of these groups on Tuesday, 2026-12-01, 10:00.
    fn new(groups: Vec<GroupRules>) -> Self {
        Self::by(QueueRules::new(groups))
    }

    fn by(rules: QueueRules) -> Self {
        rules.check().unwrap();
        let wall = "2026-12-01T10:00:00+08:00".parse().unwrap();
        #[allow(clippy::disallowed_methods)] // the origin of a virtual clock
        let start = Instant::now();
        let now = Moment { at: start, wall };
        let acd = Acd::new(Arc::new(rules), Arc::new(Calendar::built_in()), 7, now);
        Self { acd, now, start, said: Vec::new() }
    }

    /// One group by its defaults with these seats, ready in this order a second apart.
    fn simple(seats: &[u32]) -> Self {
        let mut desk = Self::new(vec![GroupRules::new("operators")]);
        for number in seats {
            desk.add(*number, &[(G, 1)]);
            desk.pass(1);
        }
        desk
    }

    /// A seat with a phone that registers.
    fn add(&mut self, number: u32, groups: &[(GroupId, u8)]) {
        let setup = SeatSetup {
            seat: seat(number),
            name: format!("agent {number}"),
            role: SeatRole::Operator,
            groups: groups.to_vec(),
            ready_when_reachable: true,
        };
        self.tell(Input::Seat(setup));
        self.tell(Input::Reachable(seat(number)));
    }

    fn tell(&mut self, input: Input) {
        self.acd.handle(self.now, input);
        self.hear();
    }

    fn wish(&mut self, number: u32, wish: Wish) -> DeskReply {
        let reply = self.acd.command(self.now, &seat(number), wish);
        self.hear();
        reply
    }

    fn hear(&mut self) {
        while let Some(output) = self.acd.poll_output() {
            self.said.push(output);
        }
    }

    /// A caller with number `1990000nnnn` of his waiter's.
    fn arrive_at(&mut self, group: GroupId, waiter: u32) -> Result<Entered, NotEntered> {
        let call = CallId::new("a1", 0, waiter);
        self.arrive(Arrival {
            waiter: Waiter(waiter),
            call,
            group,
            number: Some(phone(waiter)),
            since: None,
        })
    }

    fn arrive(&mut self, arrival: Arrival) -> Result<Entered, NotEntered> {
        let entered = self.acd.arrive(self.now, arrival);
        self.hear();
        entered
    }

    fn call(&mut self, waiter: u32) {
        self.arrive_at(G, waiter).unwrap();
    }

    fn leave(&mut self, waiter: u32, how: LeaveHow) {
        self.tell(Input::Left { waiter: Waiter(waiter), how });
    }

    /// Time goes on, timers included.
    fn pass(&mut self, seconds: u64) {
        let until = self.now.at + secs(seconds);
        while let Some(due) = self.acd.poll_timeout().filter(|due| *due <= until) {
            self.move_to(due.max(self.now.at));
            self.tell(Input::Timeout);
        }
        self.move_to(until);
    }

    fn move_to(&mut self, at: Instant) {
        let step = at - self.now.at;
        self.now.at = at;
        self.now.wall += jiff::SignedDuration::try_from(step).unwrap();
    }

    /// Offers that ring now: offer, waiter, seat.
    fn ringing(&self) -> Vec<(OfferId, u32, u32)> {
        let mut found = Vec::new();
        for output in &self.said {
            match output {
                Output::Offer { offer, waiter, seat, .. } => {
                    found.push((*offer, waiter.0, seat.as_str().parse().unwrap()));
                }
                Output::OfferOver { offer, .. } => found.retain(|(id, ..)| id != offer),
                _ => {}
            }
        }
        found
    }

    /// Who rings whom now, without the ids.
    fn pairs(&self) -> Vec<(u32, u32)> {
        self.ringing().into_iter().map(|(_, waiter, seat)| (waiter, seat)).collect()
    }

    /// The seat takes what it is offered; the two are connected.
    fn take(&mut self, number: u32) -> OfferId {
        let offer = self.pick_up(number);
        self.tell(Input::Connected(offer));
        offer
    }

    /// The seat takes what it is offered.
    fn pick_up(&mut self, number: u32) -> OfferId {
        let (offer, ..) = *self.ringing().iter().find(|(.., of)| *of == number).unwrap();
        assert_eq!(self.wish(number, Wish::Answer(offer)), DeskReply::Done);
        offer
    }

    fn end(&mut self, number: u32, wrap_up: bool) {
        let by = TalkEnd::Caller;
        self.tell(Input::TalkEnded { seat: seat(number), by, wrap_up });
    }

    fn view(&self, number: u32) -> SeatView {
        self.acd.seat_view(&seat(number)).unwrap()
    }

    fn state(&self, number: u32) -> SeatState {
        self.view(number).state
    }

    /// How often something was said.
    fn count(&self, what: impl Fn(&Output) -> bool) -> usize {
        self.said.iter().filter(|output| what(output)).count()
    }

    fn events(&self) -> Vec<&QueueEvent> {
        let ledger = self.said.iter().filter_map(|output| match output {
            Output::Ledger(entry) => Some(&entry.event),
            _ => None,
        });
        ledger.collect()
    }
}
