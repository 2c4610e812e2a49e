//! The dialogue with a modem on a clock of its own: answers that are late, cut off or lost, silence, ports
//! that close, a store that is away, whatever a seed says. Invariants of what a citizen relies on:
//!
//! * M1: a text is deleted only after the store has it, and in the end the store has all of them.
//! * M2: every text to be sent is settled, and the network has it at most once.
//! * M3: what is called not sent or refused is not at the network; what is called submitted is, by that name.

use crate::support::modem::{Direct, Modem, deliver};
use mayorline::proto::modem::{
    Action, Input, Modem as Machine, ModemConfig, Place, Sent, Submission,
};
use mayorline::wire::sms::{Destination, Submit, Validity, decode, split};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

const SEEDS: u64 = 200;
/// Of disturbance; then everything heals.
const TROUBLE: Duration = Duration::from_secs(1_800);
/// Within which all must be settled once it has healed.
const HEALED: Duration = Duration::from_secs(1_200);
const TEXTS: u16 = 40;
const SENDS: u64 = 12;
const REFUSED: &str = "+8619900000030";

struct World<'a> {
    modem: &'a Modem,
    line: Direct<'a>,
    machine: Machine,
    now: Instant,
    rng: StdRng,
    heals_at: Instant,
    /// What the modem has said and has not arrived.
    said: VecDeque<(Instant, Vec<u8>)>,
    commits: VecDeque<(Instant, Place, String)>,
    reopen_at: Option<Instant>,
    silent_until: Option<Instant>,
    arriving: Vec<(Instant, Vec<u8>)>,
    /// What has arrived and is not kept.
    open: Vec<(String, Vec<u8>)>,
    kept: BTreeSet<String>,
    sends: VecDeque<u64>,
    settled: BTreeMap<u64, Vec<Sent>>,
    looks: usize,
}

impl<'a> World<'a> {
    fn new(modem: &'a Modem, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let now = Instant::now();
        let mut arriving: Vec<(Instant, Vec<u8>)> = Vec::new();
        for reference in 0..TEXTS {
            let at = now + TROUBLE.mul_f64(rng.random());
            let text = "路灯坏了".repeat(rng.random_range(1..30));
            let mut parts = deliver("+8619900000001", &format!("{reference}{text}"), reference);
            if rng.random() {
                parts.reverse();
            }
            arriving.extend(parts.into_iter().map(|part| (at, part)));
        }
        arriving.sort_by_key(|(at, _)| *at);
        modem.fault(|faults| {
            faults.refused.insert(REFUSED.to_owned(), 30);
            faults.without_notice = rng.random();
            faults.reports_doubled = rng.random();
        });
        Self {
            modem,
            line: Direct::new(modem),
            machine: Machine::new(ModemConfig::default()),
            now,
            rng,
            heals_at: now + TROUBLE,
            said: VecDeque::new(),
            commits: VecDeque::new(),
            reopen_at: Some(now),
            silent_until: None,
            arriving,
            open: Vec::new(),
            kept: BTreeSet::new(),
            sends: (1..=SENDS).collect(),
            settled: BTreeMap::new(),
            looks: 0,
        }
    }

    fn is_trouble(&self) -> bool {
        self.now < self.heals_at
    }

    fn chance(&mut self, of_thousand: u32) -> bool {
        self.is_trouble() && self.rng.random_range(0..1_000) < of_thousand
    }

    /// What was typed is answered, late or not at all.
    fn typed(&mut self, bytes: &[u8]) {
        let mut answer = self.line.type_in(bytes);
        if self.chance(15) {
            answer.clear();
        } else if self.chance(15) {
            answer.truncate(answer.len() / 2);
        } else if self.chance(30) {
            answer.splice(0..0, *b"\r\nRING\r\n");
        }
        self.say(answer);
    }

    fn say(&mut self, answer: Vec<u8>) {
        let slow = self.chance(20);
        let millis =
            if slow { self.rng.random_range(0..40_000) } else { self.rng.random_range(0..80) };
        let mut at = self.now + Duration::from_millis(millis);
        // A line carries its octets in order.
        at = self.said.back().map_or(at, |(last, _)| at.max(*last));
        for piece in answer.chunks(self.rng.random_range(1..200)) {
            self.said.push_back((at, piece.to_vec()));
        }
    }

    fn drain(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::Write(bytes) => self.typed(&bytes),
                Action::Journal { place, pdu } => {
                    let place = place.expect("everything is on the card");
                    if self.chance(100) {
                        self.machine.handle(self.now, Input::Unavailable(place));
                    } else {
                        let at = self.now + Duration::from_millis(self.rng.random_range(0..3_000));
                        self.commits.push_back((at, place, pdu));
                    }
                }
                Action::Settled { key, sent } => self.settled.entry(key).or_default().push(sent),
                Action::Looked(look) => {
                    assert!(look.is_registered || self.is_trouble(), "{look:?}");
                    self.looks += 1;
                }
                Action::Reopen => {
                    self.reopen_at = Some(self.now + Duration::from_secs(5));
                    self.close();
                }
                Action::NeedsPin => panic!("no PIN is asked for"),
            }
        }
    }

    /// What the modem has said and nobody has read is lost, and it echoes again.
    fn close(&mut self) {
        self.said.clear();
        self.line = Direct::new(self.modem);
    }

    fn next_time(&self) -> Instant {
        let times = [
            self.said.front().map(|(at, _)| *at),
            self.commits.iter().map(|(at, ..)| *at).min(),
            self.arriving.first().map(|(at, _)| *at),
            self.machine.poll_timeout(),
            self.reopen_at,
            self.silent_until,
        ];
        let next = times.into_iter().flatten().min();
        // Something may disturb it at any second.
        next.unwrap_or(self.now).clamp(self.now, self.now + Duration::from_secs(1))
    }

    fn step(&mut self) {
        let before = self.now;
        self.now = self.next_time();
        if self.now == before {
            self.now += Duration::from_millis(1);
        }
        self.disturb();
        while self.arriving.first().is_some_and(|(at, _)| *at <= self.now) {
            let (_, pdu) = self.arriving.remove(0);
            self.modem.receive(pdu.clone());
            self.open.push((hex(&pdu), pdu));
        }
        if self.reopen_at.take_if(|at| *at <= self.now).is_some() {
            self.machine.handle(self.now, Input::Connected);
        }
        while let Some((_, bytes)) = self.said.pop_front_if(|(at, _)| *at <= self.now) {
            self.machine.handle(self.now, Input::Bytes(&bytes));
            self.drain();
        }
        while let Some(at) = self.commits.iter().position(|(at, ..)| *at <= self.now) {
            let (_, place, pdu) = self.commits.remove(at).unwrap();
            self.open.retain(|(open, _)| *open != pdu);
            self.kept.insert(pdu);
            self.machine.handle(self.now, Input::Committed(place));
        }
        if self.machine.poll_timeout().is_some_and(|at| at <= self.now) {
            self.machine.handle_timeout(self.now);
        }
        if self.machine.is_free()
            && let Some(key) = self.sends.pop_front()
        {
            self.machine.handle(self.now, Input::Send(submission(key)));
        }
        self.drain();
        // What comes unasked comes between commands.
        let unasked = self.line.type_in(b"");
        if !unasked.is_empty() {
            self.say(unasked);
        }
        self.drain();
    }

    fn disturb(&mut self) {
        if self.silent_until.take_if(|until| *until <= self.now).is_some() {
            self.modem.fault(|faults| faults.silent = false);
        }
        if self.chance(2) && self.silent_until.is_none() {
            self.silent_until = Some(self.now + Duration::from_secs(self.rng.random_range(5..200)));
            self.modem.fault(|faults| faults.silent = true);
        }
        if self.chance(2) && self.reopen_at.is_none() {
            self.machine.handle(self.now, Input::Disconnected);
            self.close();
            self.reopen_at = Some(self.now + Duration::from_secs(5));
        }
        if self.chance(4) {
            self.modem.fault(|faults| faults.deletions_without_effect = 2);
        }
        if self.chance(4) {
            self.modem.fault(|faults| faults.answers_lost = 1);
        }
        if !self.is_trouble() {
            self.modem.fault(|faults| {
                (faults.answers_lost, faults.deletions_without_effect) = (0, 0);
            });
        }
    }

    fn check(&self, seed: u64) {
        let is_held = |(_, pdu): &(String, Vec<u8>)| self.modem.holds(pdu);
        assert!(self.open.iter().all(is_held), "M1, seed {seed}: a text is nowhere");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn text_of(key: u64) -> String {
    format!("编号{key}")
}

fn submission(key: u64) -> Submission {
    let number = if key.is_multiple_of(5) { REFUSED } else { "+8619900000002" };
    let destination = Destination::number(number).unwrap();
    let data = split(&text_of(key), 1, false).unwrap().remove(0);
    let validity = Validity::of_minutes(60);
    let (octets, line) = Submit { destination, wants_report: true, validity, data }.line();
    Submission { key, octets, line }
}

fn settled_honestly(world: &World<'_>, seed: u64) {
    let submitted = world.modem.submitted();
    for key in 1..=SENDS {
        let told = world.settled.get(&key).map(Vec::as_slice).unwrap_or_default();
        let at_network: Vec<u8> = submitted
            .iter()
            .filter(|sent| decode([&sent.text.data]).text == text_of(key))
            .map(|sent| sent.reference)
            .collect();
        let context = format!("seed {seed}, text {key}: {told:?}, at the network {at_network:?}");
        assert!(at_network.len() <= 1, "M2, {context}");
        match told {
            [Sent::Submitted(reference)] | [Sent::Uncertain, Sent::Submitted(reference)] => {
                assert_eq!(at_network, [*reference], "M3, {context}");
            }
            [Sent::NotSent | Sent::Refused(_)] => assert!(at_network.is_empty(), "M3, {context}"),
            [Sent::Uncertain] => {}
            _ => panic!("M2, {context}"),
        }
    }
}

fn live(seed: u64) -> (usize, usize) {
    let modem = Modem::with_places(*[3, 10, 30].choose(&mut StdRng::seed_from_u64(seed)).unwrap());
    let mut world = World::new(&modem, seed);
    let start = world.now;
    let is_over = |world: &World<'_>| {
        !world.is_trouble()
            && world.modem.held() == 0
            && world.settled.len() == usize::try_from(SENDS).unwrap()
            && world.commits.is_empty()
    };
    while !is_over(&world) {
        world.step();
        world.check(seed);
        let took = world.now - start;
        assert!(
            took < TROUBLE + HEALED,
            "seed {seed}: {} held, {} settled\n{}",
            world.modem.held(),
            world.settled.len(),
            modem.log()
        );
    }
    assert!(world.open.is_empty() && world.looks > 0, "M1, seed {seed}");
    settled_honestly(&world, seed);
    let is_uncertain = |told: &&Vec<Sent>| told.first() == Some(&Sent::Uncertain);
    (world.settled.values().filter(is_uncertain).count(), world.looks)
}

#[test]
fn whatever_happens_no_text_is_lost_and_none_goes_out_twice() {
    let seeds = std::env::var("MAYORLINE_SEEDS").map_or(SEEDS, |seeds| seeds.parse().unwrap());
    let (mut uncertain, mut looks) = (0, 0);
    for seed in 0..seeds {
        let (of_seed, looked) = live(seed);
        uncertain += of_seed;
        looks += looked;
    }
    println!("{seeds} seeds, {looks} looks, {uncertain} uncertain");
    assert!(uncertain > 0 && looks > 0, "the seeds reach every branch");
}
