//! Random lives of a session on a virtual clock: a gateway that is slow, forgets, throttles and cuts the
//! line, an outbox in order, a journal that is slow and sometimes full. `MAYORLINE_SEED=n` runs one alone,
//! `MAYORLINE_SEEDS=n` so many.

use super::gate::{CmppGate, Gate, Got, SmppGate, Verdict};
use super::*;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

const SEEDS: u64 = 64;
const PARTS: i64 = 60;
const TEXTS: u32 = 40;
/// From then on nothing goes wrong any more.
const CALM: Duration = Duration::from_secs(3_600);
const END: Duration = Duration::from_secs(3 * 3_600);

/// What happens at a time; on one connection where it says which.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Connected(u64, bool),
    ToSession(u64, Vec<u8>),
    ToGate(u64, Vec<u8>),
    Cut(u64),
    Journalled(Ticket, Option<String>),
    Bring,
    Work,
}

/// How often what happened: a life in which nothing goes wrong proves nothing.
type Tally = BTreeMap<&'static str, u32>;

/// Where a part of ours stands with the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Waiting,
    Handed,
    Taken,
    Never,
    Uncertain,
}

struct World<G: Gate> {
    start: Instant,
    now: Duration,
    rng: StdRng,
    fates: BinaryHeap<std::cmp::Reverse<(Duration, u64, Fate)>>,
    serial: u64,
    session: Session<G::Dialect>,
    gate: G,
    /// The connection, where there is one.
    line: Option<u64>,
    lines: u64,
    /// Tries to connect; whoever closes gives up the last one.
    tries: u64,
    /// When the last octets of each direction come, so that they keep their order.
    last: [Duration; 2],
    is_bound: bool,
    stands: BTreeMap<i64, Stands>,
    queue: VecDeque<i64>,
    /// What the gateway took, by person, in order.
    accepted: BTreeMap<String, Vec<i64>>,
    window: usize,
    not_before: Option<Instant>,
    journal: BTreeSet<String>,
    /// Texts that the gateway still brings.
    undelivered: BTreeSet<u32>,
    delivering: BTreeMap<u32, u32>,
    next_sequence: u32,
    acknowledged: BTreeSet<u32>,
    tally: Tally,
}

fn recipient(message: i64) -> String {
    format!("1990000000{}", message % 7)
}

fn words(text: u32) -> String {
    format!("第{text}条：停水")
}

impl<G: Gate> World<G> {
    fn new(seed: u64, gate: G, config: SessionConfig) -> Self {
        #[allow(clippy::disallowed_methods)] // The beginning of a virtual time.
        let start = Instant::now();
        let mut world = Self {
            start,
            now: Duration::ZERO,
            rng: StdRng::seed_from_u64(seed),
            fates: BinaryHeap::new(),
            serial: 0,
            session: Session::new(start, G::dialect(), config),
            gate,
            line: None,
            lines: 0,
            tries: 0,
            last: [Duration::ZERO; 2],
            is_bound: false,
            stands: (0..PARTS).map(|message| (message, Stands::Waiting)).collect(),
            queue: (0..PARTS).collect(),
            accepted: BTreeMap::new(),
            window: config.window,
            not_before: None,
            journal: BTreeSet::new(),
            undelivered: (0..TEXTS).collect(),
            delivering: BTreeMap::new(),
            next_sequence: 0,
            acknowledged: BTreeSet::new(),
            tally: Tally::new(),
        };
        world.after(Duration::ZERO, Fate::Work);
        world.after(Duration::ZERO, Fate::Bring);
        world
    }

    fn is_calm(&self) -> bool {
        self.now >= CALM
    }

    fn chance(&mut self, of_thousand: u32) -> bool {
        !self.is_calm() && self.rng.random_range(0..1_000) < of_thousand
    }

    fn after(&mut self, wait: Duration, fate: Fate) {
        self.serial += 1;
        self.fates.push(std::cmp::Reverse((self.now + wait, self.serial, fate)));
    }

    fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(0..=most))
    }

    /// Octets on their way, in pieces, in order.
    fn carry(&mut self, line: u64, to_gate: bool, octets: &[u8], wait: Duration) {
        let mut at = self.now + wait;
        let mut rest = octets;
        while !rest.is_empty() {
            let length = if to_gate { rest.len() } else { self.rng.random_range(1..=rest.len()) };
            let (piece, more) = rest.split_at(length);
            let direction = usize::from(to_gate);
            at = at.max(self.last[direction]);
            self.last[direction] = at;
            let fate = if to_gate { Fate::ToGate } else { Fate::ToSession };
            self.after(at - self.now, fate(line, piece.to_vec()));
            rest = more;
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn run(mut self) -> Tally {
        while self.now < END {
            let due = self.session.poll_timeout().map(|at| at - self.start);
            let next = self.fates.peek().map(|std::cmp::Reverse((at, ..))| *at);
            let Some(at) = due.into_iter().chain(next).min() else { panic!("nothing is awaited") };
            assert!(at >= self.now, "time runs on");
            self.now = at;
            if next == Some(at) {
                let std::cmp::Reverse((_, _, fate)) = self.fates.pop().unwrap();
                self.meet(fate);
            } else {
                self.handle(Input::Timeout);
            }
        }
        self.judge();
        self.tally
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = self.start + self.now;
        self.session.handle(now, input);
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Connect => {
                    let works = !self.chance(200);
                    let wait = self.millis(12_000);
                    self.tries += 1;
                    self.after(wait, Fate::Connected(self.tries, works));
                }
                Output::Close => {
                    self.tries += 1;
                    self.hang_up();
                }
                Output::Send(octets) => {
                    let Some(line) = self.line else { panic!("it sends on a line that is gone") };
                    self.check(&octets, now);
                    let wait = self.millis(300);
                    self.carry(line, true, &octets, wait);
                }
            }
        }
        while let Some(event) = self.session.poll_event() {
            self.told(event);
        }
    }

    /// K3 and K4, as it leaves.
    fn check(&mut self, octets: &[u8], now: Instant) {
        let Got::Submit { to, .. } = self.gate.hear(octets) else { return };
        assert!(self.not_before.is_none_or(|until| now >= until), "K4: throttled");
        let handed = self.stands.iter().filter(|(_, stands)| **stands == Stands::Handed);
        let handed: Vec<String> = handed.map(|(message, _)| recipient(*message)).collect();
        assert!(handed.len() <= self.window, "K3: more than a window");
        assert_eq!(handed.iter().filter(|of| **of == to).count(), 1, "K3: two to one number");
        if handed.len() > 3 {
            self.count("several under way");
        }
    }

    fn hang_up(&mut self) {
        (self.line, self.is_bound) = (None, false);
        self.delivering.clear();
        self.last = [self.now; 2];
    }

    /// K2: whether it was uncertain before.
    fn ends(&mut self, part: PartId, stands: Stands) -> bool {
        let before = self.stands.insert(part.message, stands).unwrap();
        let is_late = before == Stands::Uncertain;
        assert!(before == Stands::Handed || is_late, "K2: {part:?} was {before:?}");
        is_late
    }

    fn told(&mut self, event: Event) {
        match event {
            Event::Taken(part, reference) => {
                let is_late = self.ends(part, Stands::Taken);
                self.count(if is_late { "taken late" } else { "taken" });
                assert_eq!(reference, Some((part.message + 1_000).to_string()));
                let took = &self.accepted[&recipient(part.message)];
                assert!(took.contains(&part.message), "K2: it was not taken");
            }
            Event::Never(part, _) => {
                self.ends(part, Stands::Never);
                self.count("never");
            }
            Event::Uncertain(part) => {
                assert!(!self.ends(part, Stands::Uncertain), "K2: uncertain once");
                self.count("uncertain");
            }
            Event::Throttled(part, until) => {
                let is_late = self.ends(part, Stands::Waiting);
                assert!(until > self.start + self.now);
                self.not_before = Some(until);
                self.count("throttled");
                // A late refusal is as good as an early one: it was not taken, but others went since.
                if is_late {
                    self.stands.insert(part.message, Stands::Never);
                }
                if !is_late {
                    self.queue.push_front(part.message);
                }
            }
            Event::Unsent(part) | Event::Later(part, _) => {
                self.ends(part, Stands::Waiting);
                self.queue.push_front(part.message);
                self.count("unsent");
            }
            Event::Arrived(ticket, pdu) => {
                let fails = self.chance(100);
                let kept = (!fails).then(|| G::text_of(&pdu));
                self.count(if fails { "not kept" } else { "kept" });
                let wait = self.millis(4_000);
                self.after(wait, Fate::Journalled(ticket, kept));
            }
            Event::Up => self.count("up"),
            Event::Down(Fault::Silent) => self.count("silent"),
            Event::Down(Fault::Refused(_)) => self.count("refused"),
            Event::Down(_) => self.count("down"),
        }
    }

    fn meet(&mut self, fate: Fate) {
        match fate {
            Fate::Connected(of, false) if of == self.tries => self.handle(Input::Lost),
            Fate::Connected(of, true) if of == self.tries => {
                self.lines += 1;
                self.line = Some(self.lines);
                self.last = [self.now; 2];
                if self.chance(700) {
                    let wait = self.millis(900_000);
                    self.after(wait, Fate::Cut(self.lines));
                }
                self.handle(Input::Connected(STAMP));
            }
            Fate::ToSession(line, octets) if self.line == Some(line) => {
                self.handle(Input::Heard(&octets));
            }
            Fate::ToGate(line, octets) if self.line == Some(line) => self.gate_hears(&octets),
            Fate::Cut(line) if self.line == Some(line) => {
                self.hang_up();
                self.handle(Input::Lost);
            }
            Fate::Connected(..) | Fate::ToSession(..) | Fate::ToGate(..) | Fate::Cut(_) => {}
            Fate::Journalled(ticket, kept) => {
                if let Some(text) = &kept {
                    self.journal.insert(text.clone());
                }
                self.handle(Input::Kept(ticket, kept.is_some()));
            }
            Fate::Bring => self.bring(),
            Fate::Work => self.work(),
        }
    }

    fn gate_hears(&mut self, octets: &[u8]) {
        let Some(line) = self.line else { return };
        let silent = self.chance(60);
        let slow = self.chance(60);
        let wait = if slow { self.millis(150_000) } else { self.millis(2_000) };
        let answer = match self.gate.hear(octets) {
            Got::Bind { sequence } => {
                let believed = !self.chance(30);
                self.is_bound = believed;
                self.gate.believe(sequence, believed)
            }
            Got::Submit { sequence, to, text } => {
                let verdict = self.verdict(&to, &text);
                if silent {
                    return;
                }
                self.gate.verdict(sequence, verdict)
            }
            Got::Kept { sequence, is_kept } => {
                let text = self.delivering.remove(&sequence);
                if let (true, Some(text)) = (is_kept, text) {
                    assert!(self.journal.contains(&words(text)), "K1: acknowledged before kept");
                    self.undelivered.remove(&text);
                    self.acknowledged.insert(text);
                }
                return;
            }
            Got::Test { sequence } if !silent => self.gate.test_answer(sequence),
            Got::Bye { sequence } => self.gate.bye_answer(sequence),
            Got::Test { .. } | Got::TestAnswer | Got::ByeAnswer => return,
        };
        self.carry(line, false, &answer, wait);
    }

    fn verdict(&mut self, to: &str, text: &str) -> Verdict {
        let message: i64 = text.parse().unwrap();
        if self.chance(80) {
            return Verdict::Throttled;
        }
        if self.chance(40) {
            return Verdict::Never;
        }
        let took = self.accepted.entry(to.to_owned()).or_default();
        assert!(!took.contains(&message), "K2: {message} came twice");
        took.push(message);
        Verdict::Taken(u64::try_from(message + 1_000).unwrap())
    }

    /// The gateway brings a text, again and again until it is acknowledged.
    fn bring(&mut self) {
        let free: Vec<u32> = self
            .undelivered
            .iter()
            .copied()
            .filter(|text| !self.delivering.values().any(|on_way| on_way == text))
            .collect();
        if let (Some(line), true, false) = (self.line, self.is_bound, free.is_empty()) {
            let text = free[self.rng.random_range(0..free.len())];
            self.next_sequence += 1;
            self.delivering.insert(self.next_sequence, text);
            let octets = self.gate.deliver(self.next_sequence, &words(text));
            let wait = self.millis(500);
            self.carry(line, false, &octets, wait);
        }
        let wait = self.millis(60_000);
        self.after(wait, Fate::Bring);
    }

    /// The caller hands on what may leave: of each person the first only.
    fn work(&mut self) {
        let now = self.start + self.now;
        let mut queue: Vec<i64> = self.queue.drain(..).collect();
        queue.sort_unstable();
        let mut blocked = BTreeSet::new();
        for message in queue {
            let to = recipient(message);
            if blocked.contains(&to) || !self.session.is_free(now, &to) || self.chance(300) {
                // Now and then one is handed over that must be given back.
                blocked.insert(to.clone());
                if !self.chance(20) {
                    self.queue.push_back(message);
                    continue;
                }
                if self.session.is_free(now, &to) {
                    self.queue.push_back(message);
                    continue;
                }
            }
            self.stands.insert(message, Stands::Handed);
            let part = PartId { message, number: 1 };
            self.handle(Input::Submit(part, &submission(&to, &message.to_string())));
        }
        let wait = self.millis(40_000);
        self.after(wait, Fate::Work);
    }

    fn judge(&self) {
        for (message, stands) in &self.stands {
            assert!(!matches!(stands, Stands::Waiting | Stands::Handed), "{message}: {stands:?}");
        }
        for (to, took) in &self.accepted {
            assert!(took.is_sorted(), "order was lost for {to}: {took:?}");
        }
        assert!(self.undelivered.is_empty(), "not kept: {:?}", self.undelivered);
        assert_eq!(self.journal.len(), TEXTS as usize);
        assert_eq!(self.acknowledged.len(), TEXTS as usize);
    }
}

fn seeds() -> Vec<u64> {
    let wanted = |name: &str| std::env::var(name).ok().map(|number| number.parse().unwrap());
    match wanted("MAYORLINE_SEED") {
        Some(seed) => vec![seed],
        None => (0..wanted("MAYORLINE_SEEDS").unwrap_or(SEEDS)).collect(),
    }
}

/// All that may go wrong did, somewhere.
fn live<G: Gate>(gate: fn() -> G, config: fn(u64) -> SessionConfig) {
    let seeds = seeds();
    let mut tally = Tally::new();
    for seed in &seeds {
        println!("seed {seed}");
        for (what, count) in World::new(*seed, gate(), config(*seed)).run() {
            *tally.entry(what).or_default() += count;
        }
    }
    println!("{tally:?}");
    let all = [
        "taken",
        "taken late",
        "uncertain",
        "never",
        "throttled",
        "unsent",
        "several under way",
        "up",
        "down",
        "silent",
        "refused",
        "kept",
        "not kept",
    ];
    for what in all {
        assert!(seeds.len() == 1 || tally.contains_key(what), "{what} never happened");
    }
}

#[test]
fn random_lives_of_cmpp_hold_the_invariants() {
    live(CmppGate::default, Cmpp::session);
}

#[test]
fn random_lives_of_smpp_hold_the_invariants() {
    live(SmppGate::default, Smpp::session);
}
