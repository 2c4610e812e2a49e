//! The whole switch in a world of citizens who do anything, a network that loses and doubles, media
//! that fails, trunks that refuse and fall silent, a store that stalls, floods, and a crash with restart.

mod attended;
mod blind;
mod carrier;
mod citizen;
mod desk;
mod ends;
mod line;
mod pages;
mod phone;
mod rights;
mod secrets;
mod secure;
mod shadow;
mod trunk_checks;
mod wishes;
mod world;
mod wrap_ups;

use mayorline::gateway::prompts::Library;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use world::{Bound, Flood, World};

/// Callers of one seed.
const CALLERS: usize = 40;

/// INVITEs of every flood that are refused with 503 at least, and that get no answer at least.
const FLOOD_REFUSED_MIN: usize = 10;

/// Only differences from it matter.
#[allow(clippy::disallowed_methods)]
fn base() -> Instant {
    Instant::now()
}

fn run(seed: u64, prompts: &Arc<Library>, base: Instant) -> World {
    let mut world = World::new(seed, CALLERS, Arc::clone(prompts), base);
    world.run();
    world
}

#[test]
fn every_seed_leaves_nothing_behind_and_accounts_for_every_call() {
    let prompts = Arc::new(Library::load(None).unwrap());
    let base = base();
    let (started, crashes, seeds) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let (attended, answered, leader) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let (wrapped_up, not_stored) = (Cell::new(0), Cell::new(0));
    let told = RefCell::new(BTreeMap::<&str, usize>::new());
    let verbs = RefCell::new(BTreeMap::<&str, usize>::new());
    let floods = RefCell::new(Floods::default());
    let trunks = RefCell::new(trunk_checks::Seen::default());
    crate::for_each_seed(|seed, _| {
        let world = run(seed, &prompts, base);
        started.set(started.get() + world.shadow.started);
        crashes.set(crashes.get() + world.shadow.crashes);
        attended.set(attended.get() + world.shadow.attended);
        answered.set(answered.get() + world.shadow.answered_wishes);
        wrapped_up.set(wrapped_up.get() + world.shadow.wrapped_up);
        not_stored.set(not_stored.get() + world.shadow.not_stored);
        leader.set(leader.get() + world.shadow.leader_rung.len());
        for (verb, times) in &world.shadow.rights.done {
            *verbs.borrow_mut().entry(*verb).or_default() += times;
        }
        for (outcome, times) in &world.shadow.voices_ended {
            *told.borrow_mut().entry(*outcome).or_default() += times;
        }
        floods.borrow_mut().count(&world.flood);
        trunks.borrow_mut().add(world.trunks.checks.seen);
        seeds.set(seeds.get() + 1);
    });
    assert!(started.get() > 10 * seeds.get(), "calls are answered: {}", started.get());
    assert!(attended.get() > seeds.get(), "people are talked to: {}", attended.get());
    assert!(answered.get() > 10 * seeds.get(), "seats give commands: {}", answered.get());
    let stored = (wrapped_up.get(), not_stored.get());
    assert!(seeds.get() < 64 || (stored.0 > 0 && stored.1 > 0), "wrap-ups: {stored:?}");
    let verbs = verbs.into_inner();
    let met = |verb: &&str| verbs.contains_key(*verb);
    let wanted = ["deafen", "secret", "whisper"];
    assert!(seeds.get() < 256 || wanted.iter().all(met), "verbs that were done: {verbs:?}");
    let told = told.into_inner();
    assert!(seeds.get() < 64 || told.len() >= 3, "units are told in every way: {told:?}");
    assert!(seeds.get() < 64 || leader.get() > 0, "the leader is never rung");
    assert!(seeds.get() < 64 || crashes.get() > 0, "and crashed: {}", crashes.get());
    floods.into_inner().check(seeds.get());
    trunks.into_inner().check(seeds.get());
}

/// What the floods of all seeds have come to.
#[derive(Default)]
struct Floods {
    against: BTreeMap<Bound, usize>,
    admitted: usize,
    refused: usize,
    silent: usize,
    served: usize,
    no_room: usize,
}

impl Floods {
    fn count(&mut self, flood: &Flood) {
        if let Some(bound) = flood.bound {
            *self.against.entry(bound).or_default() += 1;
        }
        self.admitted += flood.admitted;
        self.refused += flood.refused;
        self.silent += flood.silent;
        self.served += flood.served;
        self.no_room += flood.no_room;
    }

    /// Every flood was refused, first with 503 and then with silence, beside callers who were served.
    fn check(&self, seeds: usize) {
        let all: usize = self.against.values().sum();
        let against = &self.against;
        assert!(seeds < 64 || against.len() == 3, "floods against each limit: {against:?}");
        assert!(self.refused >= FLOOD_REFUSED_MIN * all, "503 to {all} floods: {}", self.refused);
        assert!(self.silent >= FLOOD_REFUSED_MIN * all, "silence to {all}: {}", self.silent);
        assert!(self.admitted >= all, "calls of {all} floods: {}", self.admitted);
        assert!(seeds < 64 || self.served > all, "served beside {all}: {}", self.served);
        assert!(seeds < 64 || self.no_room > 0, "a small house is never full");
    }
}

#[test]
fn the_same_seed_takes_the_same_way() {
    let prompts = Arc::new(Library::load(None).unwrap());
    let base = base();
    let flooded = (0..).find(|seed| Flood::of(*seed).bound.is_some()).unwrap();
    for seed in [1, 77, flooded] {
        let traces = [0, 1].map(|_| run(seed, &prompts, base).shadow.trace());
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}
