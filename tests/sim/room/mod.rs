//! A conversation with seats that do anything, parties that answer, press, hang up or vanish, and a
//! switch that gives stray reports; a shadow checks R1 to R12 after every step.

mod attempts;
mod house;
mod shadow;
mod wishes;

use crate::dice::Dice;
use house::House;
use mayorline::domain::desk::{DeskRequest, Failure};
use mayorline::domain::room::{
    Action, CITIZEN, CallBack, Input, Matter, NotStored, Opening, Parting, Room, RoomRules, Wish,
    resolve, wanted_target,
};
use mayorline::units::{CallId, Digit, PartyId, PhoneNumber};
use shadow::{Shadow, Where};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a run must have seen somewhere, so that the checks mean something.
pub(crate) const CORNERS: [&str; 25] = [
    "second contact",
    "asked for key 1",
    "joined",
    "three-way",
    "stepped out",
    "returned",
    "handed over",
    "transferred",
    "emergency",
    "to the queue",
    "seated again",
    "survey",
    "goodbye",
    "whisper",
    "barge",
    "accused put out",
    "secret",
    "private",
    "held",
    "four parties",
    "wrap-up",
    "wrap-up never came",
    "excused",
    "called back",
    "drained",
];

/// What a run leaves.
pub(crate) struct Outcome {
    pub(crate) trace: u64,
    pub(crate) marks: BTreeSet<&'static str>,
}

/// One conversation by a seed.
pub(crate) fn run(seed: u64, verbose: bool) -> Outcome {
    let mut world = World::new(seed, verbose);
    world.live();
    world.wind_down();
    world.shadow.check_end();
    Outcome { trace: world.trace, marks: world.shadow.marks }
}

/// Something that happens to a leg, unless it is another leg by then.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Rings,
    Answers,
    Fails(Failure),
    Presses(char),
    Dies(Parting),
}

pub(super) fn call_id() -> CallId {
    CallId::new("g1", 1_795_000_000_000, 1)
}

struct World {
    dice: Dice,
    room: Room,
    start: Instant,
    now: Instant,
    rules: Arc<RoomRules>,
    shadow: Shadow,
    due: BTreeMap<(Instant, u64), (PartyId, u64, Happening)>,
    /// Ends of plays, and what the store says.
    plays: BTreeMap<(Instant, u64), Input>,
    serial: u64,
    commands: u64,
    trouble: u64,
    verbose: bool,
    trace: u64,
}

impl World {
    #[allow(clippy::disallowed_methods)] // some instant to count from
    fn new(seed: u64, verbose: bool) -> Self {
        let mut dice = Dice::new(seed);
        let start = Instant::now();
        let rules = Arc::new(RoomRules::default());
        let back = dice.chance(200);
        let number = PhoneNumber::parse("19900000017").unwrap();
        let matter = Matter::default();
        let room = if back {
            let card = house::card("801");
            let callback = CallBack { call: call_id(), task: 42, card, request: 0, number };
            Room::call_back(Arc::clone(&rules), callback, matter, start)
        } else {
            let card = house::card("801");
            let opening = Opening { call: call_id(), citizen: Some(number), matter, card };
            Room::attended(Arc::clone(&rules), opening, start)
        };
        let trouble = *dice.pick(&[0, 20, 150]);
        let shadow = Shadow::new(back);
        let mut world = Self {
            dice,
            room,
            start,
            now: start,
            rules,
            shadow,
            due: BTreeMap::new(),
            plays: BTreeMap::new(),
            serial: 0,
            commands: 1_000,
            trouble,
            verbose,
            trace: 0xCBF2_9CE4_8422_2325,
        };
        world.drain();
        world
    }

    fn live(&mut self) {
        let acts = 20 + self.dice.below(120);
        for _ in 0..acts {
            let pause = *self.dice.pick(&[300, 3_000, 20_000]);
            let until = self.now + self.dice.millis(50, pause);
            self.pass(until);
            if self.room.is_over() {
                break;
            }
            self.act();
        }
    }

    /// Time passes; what is due happens in its order.
    fn pass(&mut self, until: Instant) {
        for _ in 0..10_000 {
            let timer = self.room.poll_timeout().map(|at| (at.max(self.now), 0));
            let leg = self.due.keys().next().map(|key| (key.0.max(self.now), 1));
            let play = self.plays.keys().next().map(|key| (key.0.max(self.now), 2));
            let Some((at, which)) = [timer, leg, play].into_iter().flatten().min() else { break };
            if at > until {
                break;
            }
            self.now = at;
            match which {
                0 => self.give(Input::Timeout),
                1 => {
                    let Some((_, (party, leg, what))) = self.due.pop_first() else { break };
                    self.happen(party, leg, what);
                }
                _ => {
                    let Some((_, input)) = self.plays.pop_first() else { break };
                    self.give(input);
                }
            }
        }
        self.now = until.max(self.now);
    }

    fn happen(&mut self, party: PartyId, leg: u64, what: Happening) {
        if !self.shadow.is_leg(party, leg) {
            return;
        }
        match what {
            Happening::Rings => self.give(Input::Ringing(party)),
            Happening::Answers => {
                self.shadow.answered(party);
                self.give(Input::Answered(party));
            }
            Happening::Fails(why) => {
                self.shadow.lost(party);
                self.give(Input::Unreached(party, why));
            }
            Happening::Presses(key) => self.give(Input::Key(party, Digit::new(key).unwrap())),
            Happening::Dies(how) => self.die(party, how),
        }
    }

    fn die(&mut self, party: PartyId, how: Parting) {
        self.shadow.lost(party);
        self.give(Input::Gone(party, how));
    }

    fn act(&mut self) {
        if self.shadow.citizen == Where::Queue && self.dice.chance(500) {
            return self.seat_or_leave();
        }
        match self.dice.below(100) {
            0..80 => self.command(),
            80..88 => {
                let legs = self.shadow.connected();
                if !legs.is_empty() {
                    let party = *self.dice.pick(&legs);
                    let lost = self.dice.chance(300);
                    self.die(party, if lost { Parting::Lost } else { Parting::HungUp });
                }
            }
            88..94 => self.accuse(),
            _ => self.stray(),
        }
    }

    /// The queue has the citizen: a seat takes him, or he has enough.
    fn seat_or_leave(&mut self) {
        if self.dice.chance(800) {
            let free: Vec<_> =
                ["801", "802", "803"].into_iter().filter(|s| self.shadow.is_free(s)).collect();
            if free.is_empty() {
                return;
            }
            let card = house::card(self.dice.pick::<&str>(&free));
            self.shadow.seated(&card);
            self.give(Input::Seated(card));
        } else {
            self.shadow.citizen = Where::Gone;
            self.give(Input::Gone(CITIZEN, Parting::HungUp));
        }
    }

    fn accuse(&mut self) {
        let unit = *self.dice.pick(&["unit.07", "unit.08"]);
        let often = if self.shadow.guest().is_some() { 1_000 } else { 200 };
        if !self.shadow.accused.contains(unit) && self.dice.chance(often) {
            self.shadow.accuse(unit);
            let accused = self.shadow.accused.iter().map(|unit| (*unit).to_owned()).collect();
            self.give(Input::Matter(Matter { nature: None, accused }));
        }
    }

    /// Reports that the switch should not give, or gives late.
    fn stray(&mut self) {
        let nobody = PartyId(70 + u32::try_from(self.dice.below(30)).unwrap());
        let input = match self.dice.below(8) {
            0 => Input::Ringing(nobody),
            1 => Input::Answered(nobody),
            2 => Input::Unreached(nobody, Failure::Busy),
            3 => Input::Gone(nobody, Parting::Lost),
            4 => Input::PlayDone(mayorline::domain::call::PlayId(7)),
            5 => Input::Timeout,
            6 if self.dice.chance(60) => {
                self.shadow.marks.insert("drained");
                Input::Drain
            }
            _ => Input::Key(CITIZEN, Digit::new('1').unwrap()),
        };
        self.give(input);
    }

    fn command(&mut self) {
        let by = self.shadow.who_acts(&mut self.dice);
        let command = wishes::command(&mut self.dice, &self.shadow);
        self.commands += 1;
        let id = self.commands;
        let request = DeskRequest { seat: house::seat(by), id, command };
        let reach = wanted_target(&request).map(|target| resolve(&target, &request.seat, &House));
        self.shadow.asked(id, &request.command);
        self.give(Input::Asked(Box::new(Wish { request, card: house::card(by), reach })));
    }

    fn give(&mut self, input: Input) {
        self.note(&format!("< {input:?}"));
        match &input {
            Input::PlayDone(play) => self.shadow.play_ended(*play),
            Input::WrapUpStored { attempt, stored: Ok(()) } => {
                self.shadow.attempts.committed(*attempt)
            }
            _ => {}
        }
        self.room.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(action) = self.room.poll_action() {
            self.note(&format!("> {action:?}"));
            self.shadow.see(self.now, &action);
            match &action {
                Action::Dial { party, ring, .. } => self.dialled(*party, *ring),
                Action::Play { to, play, .. } => self.played(*to, *play),
                Action::StoreWrapUp { attempt, .. } => self.store(*attempt),
                _ => {}
            }
        }
        self.shadow.check(self.now, &self.rules);
        assert_eq!(self.room.is_finished(), self.shadow.finished, "R7: finished is told");
    }

    /// The far end decides what it will do.
    fn dialled(&mut self, party: PartyId, ring: Duration) {
        let leg = self.shadow.leg_of(party);
        if self.dice.chance(700) {
            self.later(party, leg, 200, 3_000, Happening::Rings);
        }
        let ring = u64::try_from(ring.as_millis()).unwrap();
        let failures = [Failure::Busy, Failure::Declined, Failure::Unreachable, Failure::NoAnswer];
        match self.dice.below(10) {
            0..6 => {
                self.later(party, leg, 300, ring - 1_000, Happening::Answers);
                let key = *self.dice.pick(&['1', '1', '1', '1', '2', '9', '0']);
                if self.dice.chance(800) {
                    self.later(party, leg, 500, ring + 20_000, Happening::Presses(key));
                    self.later(party, leg, ring, ring + 20_000, Happening::Presses('1'));
                }
            }
            6..8 => {
                let why = *self.dice.pick(&failures);
                self.later(party, leg, 100, ring - 1_000, Happening::Fails(why));
            }
            _ => {} // rings for ever
        }
        if self.dice.chance(150) {
            self.later(party, leg, 30_000, 200_000, Happening::Dies(Parting::HungUp));
        }
    }

    fn played(&mut self, to: PartyId, play: mayorline::domain::call::PlayId) {
        self.shadow.playing.insert(to, play);
        if !self.dice.chance(self.trouble) {
            self.serial += 1;
            let at = self.now + self.dice.millis(500, 16_000);
            self.plays.insert((at, self.serial), Input::PlayDone(play));
        }
    }

    /// The store commits, soon or late, cannot, or never says what became of it.
    fn store(&mut self, attempt: u32) {
        let stored = match self.dice.below(20) {
            0..3 => Err(NotStored::Down),
            3 => Err(NotStored::Refused),
            4 => return,
            _ => Ok(()),
        };
        self.serial += 1;
        let late = *self.dice.pick(&[50, 50, 30_000]);
        let at = self.now + self.dice.millis(5, late);
        self.plays.insert((at, self.serial), Input::WrapUpStored { attempt, stored });
    }

    fn later(&mut self, party: PartyId, leg: u64, from: u64, to: u64, what: Happening) {
        self.serial += 1;
        let at = self.now + self.dice.millis(from, to);
        self.due.insert((at, self.serial), (party, leg, what));
    }

    /// Everybody goes home; the room must come to rest by itself.
    fn wind_down(&mut self) {
        for _ in 0..100 {
            if self.shadow.citizen == Where::Queue {
                self.shadow.citizen = Where::Gone;
                self.give(Input::Gone(CITIZEN, Parting::HungUp));
            }
            let Some(party) = self.shadow.connected().first().copied() else { break };
            self.die(party, Parting::HungUp);
        }
        self.due.clear();
        let patience = self.rules.dial_max() * 2 + self.rules.unattended_max;
        self.pass(self.now + patience);
        if self.shadow.citizen == Where::Queue {
            self.shadow.citizen = Where::Gone;
            self.give(Input::Gone(CITIZEN, Parting::HungUp));
        }
        assert!(self.room.is_finished(), "R8: the room comes to rest");
        self.pass(self.now + self.rules.wrap_up_max);
        assert!(self.room.is_over(), "R8: nobody owes a wrap-up for ever");
        assert_eq!(self.room.poll_timeout(), None, "R8: a room at rest wants nothing");
    }

    fn note(&mut self, what: &str) {
        let line = format!("{:>9} {what}", (self.now - self.start).as_millis());
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3); // FNV-1a
        }
        if self.verbose {
            println!("{line}");
        }
    }
}
