//! Each strategy against its rule, stated anew here over a shadow of the seats.

use super::*;
use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeMap;

/// A seat as this test sees it.
#[derive(Debug, Clone, Copy)]
struct Shadow {
    tier: u8,
    free: bool,
    idle_since: Instant,
    calls: u32,
    talked: Duration,
    talks_since: Instant,
}

/// The rule: given the free seats of the lowest tier, may this one be chosen? The last one chosen
/// of the tier is told too.
type Rule = fn(&BTreeMap<u32, Shadow>, u32, Option<u32>) -> bool;

struct Trial {
    desk: Desk,
    seats: BTreeMap<u32, Shadow>,
    last: BTreeMap<u8, u32>,
    seen: usize,
    offers: usize,
    callers: u32,
}

impl Trial {
    fn new(strategy: Strategy, tiers: &[u8]) -> Self {
        let mut group = GroupRules::new("operators");
        group.strategy = strategy;
        group.wait_max = secs(7200);
        group.waiting_max = 1000;
        let desk = Desk::new(vec![group]);
        let (last, seats) = (BTreeMap::new(), BTreeMap::new());
        let mut trial = Self { desk, seats, last, seen: 0, offers: 0, callers: 0 };
        for (number, tier) in (801..).zip(tiers) {
            let now = trial.desk.now.at;
            let shadow = Shadow {
                tier: *tier,
                free: false,
                idle_since: now,
                calls: 0,
                talked: Duration::ZERO,
                talks_since: now,
            };
            trial.seats.insert(number, shadow);
            trial.desk.add(number, &[(G, *tier)]);
            trial.desk.pass(1);
        }
        trial
    }

    /// Reads what was said since, and holds every offer against the rule.
    fn check(&mut self, rule: Rule) {
        let said = self.desk.said[self.seen..].to_vec();
        self.seen = self.desk.said.len();
        for output in said {
            match output {
                Output::Offer { seat, .. } => {
                    let chosen = seat.as_str().parse().unwrap();
                    let free: BTreeMap<u32, Shadow> =
                        self.seats.iter().filter(|(_, s)| s.free).map(|(n, s)| (*n, *s)).collect();
                    let tier = free.values().map(|seat| seat.tier).min().unwrap();
                    let of_tier = |(_, seat): &(u32, Shadow)| seat.tier == tier;
                    let free = free.into_iter().filter(of_tier).collect();
                    let last = self.last.get(&tier).copied();
                    assert!(rule(&free, chosen, last), "{chosen} of {free:?} after {last:?}");
                    assert!(free.contains_key(&chosen), "{chosen} is not free");
                    self.last.insert(tier, chosen);
                    self.offers += 1;
                }
                Output::Seat(view) => {
                    let number: u32 = view.seat.as_str().parse().unwrap();
                    self.seats.get_mut(&number).unwrap().free = view.state == SeatState::Ready;
                }
                _ => {}
            }
        }
    }

    fn in_state(&self, state: SeatState) -> Vec<u32> {
        self.seats.keys().copied().filter(|number| self.desk.state(*number) == state).collect()
    }

    fn act(&mut self, action: u8, which: usize) {
        let now = self.desk.now.at;
        let pick = |found: Vec<u32>| {
            let at = which.checked_rem(found.len())?;
            found.get(at).copied()
        };
        match action {
            0..=3 => {
                self.callers += 1;
                // Where all seats have been away for long he is not taken in.
                let _ = self.desk.arrive_at(G, self.callers);
            }
            4..=6 => {
                if let Some(number) = pick(self.in_state(SeatState::Offered)) {
                    let shadow = self.seats.get_mut(&number).unwrap();
                    (shadow.calls, shadow.talks_since) = (shadow.calls + 1, now);
                    self.desk.take(number);
                }
            }
            7 | 8 => {
                if let Some(number) = pick(self.in_state(SeatState::Talking)) {
                    let shadow = self.seats.get_mut(&number).unwrap();
                    shadow.idle_since = now;
                    shadow.talked += now - shadow.talks_since;
                    self.desk.end(number, false);
                }
            }
            9 => {
                if let Some(number) = pick(self.in_state(SeatState::Ready)) {
                    let pause = Wish::Pause(crate::domain::desk::PauseReason::Break);
                    self.desk.wish(number, pause);
                }
            }
            _ => {
                if let Some(number) = pick(self.in_state(SeatState::Paused)) {
                    self.seats.get_mut(&number).unwrap().idle_since = now;
                    self.desk.wish(number, Wish::Ready);
                }
            }
        }
    }
}

fn holds(strategy: Strategy, actions: &[(u8, usize, u64)], tiers: &[u8], rule: Rule) {
    let mut trial = Trial::new(strategy, tiers);
    trial.check(rule);
    for (action, which, seconds) in actions {
        trial.desk.pass(*seconds);
        trial.check(rule);
        trial.act(*action, *which);
        trial.check(rule);
    }
}

fn actions() -> impl proptest::strategy::Strategy<Value = Vec<(u8, usize, u64)>> {
    prop::collection::vec((0_u8..12, 0_usize..8, 0_u64..7), 1..120)
}

fn tiers() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    prop::collection::vec(1_u8..4, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn longest_idle_takes_the_seat_whose_last_work_ended_first(a in actions(), t in tiers()) {
        holds(Strategy::LongestIdle, &a, &t, |free, chosen, _| {
            free.values().all(|seat| free[&chosen].idle_since <= seat.idle_since)
        });
    }

    #[test]
    fn fewest_calls_takes_a_seat_with_the_least_calls(a in actions(), t in tiers()) {
        holds(Strategy::FewestCalls, &a, &t, |free, chosen, _| {
            free.values().all(|seat| free[&chosen].calls <= seat.calls)
        });
    }

    #[test]
    fn least_talk_takes_a_seat_that_talked_least(a in actions(), t in tiers()) {
        holds(Strategy::LeastTalk, &a, &t, |free, chosen, _| {
            free.values().all(|seat| free[&chosen].talked <= seat.talked)
        });
    }

    #[test]
    fn linear_takes_the_first_free_seat(a in actions(), t in tiers()) {
        holds(Strategy::Linear, &a, &t, |free, chosen, _| {
            free.keys().all(|number| chosen <= *number)
        });
    }

    #[test]
    fn round_robin_takes_the_next_free_seat_after_the_last(a in actions(), t in tiers()) {
        holds(Strategy::RoundRobin, &a, &t, |free, chosen, last| {
            let last = last.unwrap_or(0);
            let later = free.keys().find(|number| **number > last);
            chosen == *later.or_else(|| free.keys().next()).unwrap()
        });
    }

    #[test]
    fn random_takes_only_free_seats_of_the_lowest_tier(a in actions(), t in tiers()) {
        holds(Strategy::Random, &a, &t, |free, chosen, _| free.contains_key(&chosen));
    }

    #[test]
    fn ring_all_rings_every_free_seat_for_the_first_caller(a in actions(), t in tiers()) {
        let mut trial = Trial::new(Strategy::RingAll, &t);
        for (action, which, seconds) in a {
            trial.desk.pass(seconds);
            trial.act(action, which);
            let ringing = trial.desk.pairs();
            let callers: std::collections::BTreeSet<u32> =
                ringing.iter().map(|(waiter, _)| *waiter).collect();
            prop_assert!(callers.len() <= 1, "one caller at a time: {:?}", ringing);
            let waiting: Vec<Waiter> = trial.desk.acd.waiting(G).collect();
            if let Some(first) = waiting.first() {
                prop_assert_eq!(trial.in_state(SeatState::Ready), Vec::<u32>::new());
                prop_assert!(callers.iter().all(|caller| *caller == first.0));
            }
        }
    }
}

#[test]
fn random_takes_all_seats_alike() {
    let mut trial = Trial::new(Strategy::Random, &[1, 1, 1, 1]);
    let mut taken = BTreeMap::<u32, u32>::new();
    for caller in 0..4000 {
        trial.desk.said.clear();
        trial.desk.call(caller);
        let (_, number) = trial.desk.pairs()[0];
        *taken.entry(number).or_default() += 1;
        trial.desk.take(number);
        trial.desk.end(number, false);
    }
    // 1,000 each; five standard deviations of a binomial are 137.
    assert!(taken.len() == 4 && taken.values().all(|n| (863..=1137).contains(n)), "{taken:?}");
}

#[test]
fn a_further_tier_is_opened_only_after_its_named_wait() {
    let mut group = GroupRules::new("operators");
    group.widen = vec![secs(20), secs(40)];
    let mut desk = Desk::new(vec![group]);
    for (number, tier) in [(801, 1), (802, 2), (803, 3)] {
        desk.add(number, &[(G, tier)]);
    }
    desk.call(1);
    assert_eq!(desk.pairs(), [(1, 801)]);
    desk.call(2);
    desk.call(3);
    desk.take(801);
    desk.pass(19);
    assert_eq!(desk.pairs(), []);
    desk.pass(1);
    assert_eq!(desk.pairs(), [(2, 802)]);
    desk.take(802);
    desk.pass(19);
    assert_eq!(desk.pairs(), []);
    desk.pass(1);
    assert_eq!(desk.pairs(), [(3, 803)]);
}
