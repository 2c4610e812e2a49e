//! Random commands by random people on a clock that jumps, against the naive model and the
//! invariants of domain.md 3.3. `MAYORLINE_CASE_SEEDS=16000` runs about a million commands.

use super::model::{Model, is_unknown};
use super::world::*;
use crate::dice::Dice;
use jiff::ToSpan;
use mayorline::domain::call::IntakeKind;
use mayorline::domain::case::{
    Actor, Case, CaseEvent, Command, DeclineReason, DiscardReason, DispositionReason, DocketReason,
    ExtensionReason, FollowUpOutcome, Grade, KeepReason, LawfulChannel, LiftReason, Order, Pending,
    Record, ReopenReason, ReturnReason, ReviewFault, Role, State, Task, Trigger, WrapUp, apply,
    holding, row_of, timetable,
};
use mayorline::domain::desk::{Disposition, Outcome};
use mayorline::domain::report::trace;
use mayorline::units::CallId;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Lives of cases in an ordinary run.
const SEEDS_DEFAULT: u64 = 1_600;

/// Lives that may fail before the run is given up.
const FAILURES_SHOWN_MAX: usize = 12;

/// Commands in one life.
const COMMANDS: u64 = 64;

const UNITS: [&str; 3] = ["unit.07", "unit.08", "unit.09"];

#[test]
fn no_order_of_commands_leaves_the_rules() {
    let wanted = std::env::var("MAYORLINE_CASE_SEEDS").ok().and_then(|text| text.parse().ok());
    let mut accepted: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = vec![];
    for seed in 0..wanted.unwrap_or(SEEDS_DEFAULT) {
        // Each failure tells its seed; a few of them tell more than the first.
        let life = AssertUnwindSafe(|| Life::new(seed).run(&mut accepted));
        if catch_unwind(life).is_err() {
            failed.push(seed);
        }
        assert!(failed.len() < FAILURES_SHOWN_MAX, "seeds {failed:?} failed");
    }
    assert!(failed.is_empty(), "seeds {failed:?} failed");
    // Not one rule may be left untried because chance never gets there.
    for rule in (2..=30).filter(|n| *n != 6) {
        let done = accepted.get(format!("T{rule}").as_str()).copied().unwrap_or(0);
        assert!(done > 0, "T{rule} was never accepted: {accepted:?}");
    }
}

/// One case from its draft on.
struct Life {
    seed: u64,
    dice: Dice,
    world: World,
    model: Model,
    promised: bool,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut world = World::new("2026-11-20T09:10:00+08:00");
        world.receive(IntakeKind::Abandoned);
        Self { seed, dice: Dice::new(seed), world, model: Model::draft(), promised: false }
    }

    fn run(&mut self, accepted: &mut BTreeMap<&'static str, u64>) {
        for _ in 0..COMMANDS {
            let minutes = i64::try_from(self.dice.below(60 * 20)).unwrap();
            self.world.now += minutes.minutes();
            self.supervise();
            if self.dice.chance(60) {
                self.talk();
                continue;
            }
            let task = self.some_task();
            let actor = self.some_actor(&task);
            let rule = row_of(&task).rule;
            if self.step(&actor, task) {
                *accepted.entry(rule).or_default() += 1;
            }
        }
        self.reload();
    }

    /// Carries one command out and holds it against the model; `true` when it was accepted.
    fn step(&mut self, actor: &Actor, task: Task) -> bool {
        let before = self.world.case.clone();
        let allowed = self.model.after(actor, &task);
        let what = format!("seed {}: {task:?} by {actor:?} in {:?}", self.seed, before.state);
        let order = Order { actor: actor.clone(), task: task.clone() };
        let events = match self.world.command(Command::Act(Box::new(order))) {
            Ok(events) => events,
            Err(refusal) => {
                let known = allowed.is_none() || is_unknown(&refusal);
                assert!(known, "{what}: {refusal}, not {allowed:?}");
                return false;
            }
        };
        let state = self.world.case.state.unwrap();
        let closes = matches!(task, Task::FollowUp(_)) && state == State::Closed;
        assert!(
            allowed == Some(state) || (closes && allowed.is_some()),
            "{what}: {state:?}, not {allowed:?}"
        );
        self.model.did(actor, &task, state);
        self.check(&before, &events, &what);
        let round = u32::from(self.world.case.round);
        assert_eq!((&self.world.case.unit, round), (&self.model.unit, self.model.round), "{what}");
        if matches!(task, Task::Rate(_) | Task::FollowUp(_) | Task::ReportFalseFeedback) {
            let of_unit = actor.unit.as_deref().is_some_and(|unit| before.involves(unit));
            assert!(!of_unit, "invariant 10, {what}");
        }
        true
    }

    /// A talk with the citizen ends, in any state.
    fn talk(&mut self) {
        let order = self.some_wrap_up();
        let before = self.world.case.clone();
        let what = format!("seed {}: {order:?} in {:?}", self.seed, before.state);
        let allowed = self.model.after_talk(&order);
        let done = self.world.command(Command::WrapUp(Box::new(order.clone())));
        assert_eq!(done.is_ok(), allowed.is_some(), "{what}: {done:?}");
        let Some((events, to)) = done.ok().zip(allowed) else { return };
        self.model.talked(&order, to);
        self.check(&before, &events, &what);
        let World { case, .. } = &self.world;
        let (round, Model { unit, .. }) = (u32::from(case.round), &self.model);
        assert_eq!((case.state, &case.unit, round), (Some(to), unit, self.model.round), "{what}");
        let decided = case.state == Some(State::Sealed) && before.state != case.state;
        let proposed = case.work.seal_proposed.is_some();
        assert_eq!((proposed, decided), (self.model.is_hidden(), false), "proposes only, {what}");
    }

    fn some_wrap_up(&mut self) -> WrapUp {
        let disposition = *self.dice.pick(&DISPOSITIONS);
        let assigns = matches!(disposition, Disposition::Assigned | Disposition::ThreeWay);
        let unit = (assigns && self.dice.chance(600)).then(|| self.some_unit());
        let outcome = self.dice.chance(400).then_some(Outcome::Solved);
        let serial = u32::try_from(self.world.events.len()).unwrap();
        let call = CallId::new("g1", 1_795_000_000_000, serial);
        WrapUp { call, unit, outcome, ..wrap_up(disposition) }
    }

    /// Invariants 2, 3, 4 and 9 after every change.
    fn check(&mut self, before: &Case, events: &[CaseEvent], what: &str) {
        let case = &self.world.case;
        let first = &case.first_responsible;
        assert!(case.number.is_none() || first.is_some(), "invariant 2, {what}");
        let kept = before.first_responsible.is_none() || before.first_responsible == *first;
        assert!(kept, "invariant 2, {what}");
        let active = case.state.is_some_and(|state| state.is_at_unit());
        let lead = case.unit.iter().filter(|_| active);
        let mut parts = lead.chain(&case.work.helpers).chain(case.work.readers.keys());
        assert!(parts.all(|unit| !case.work.accused.contains(unit)), "invariant 3, {what}");
        let on = |case: &Case| case.due.as_ref().map(|due| due.on);
        if before.due.is_some() && on(case) != on(before) {
            assert!(on(case) > on(before), "invariant 4: never earlier, {what}");
            let told = events.iter().any(|event| {
                matches!(event, CaseEvent::Record(record)
                    if matches!(**record, Record::CitizenNotified { due, .. } if due == on(case)))
            });
            assert!(told, "invariant 4: told, {what}");
            self.promised = true;
        }
        if case.state == Some(State::Merged) {
            assert!(case.number.is_some() && !State::Merged.owes_reply(), "invariant 9, {what}");
        }
    }

    /// Invariant 7: what is due is fired, once in a start of the clock.
    fn supervise(&mut self) {
        let before = self.world.case.clone();
        let events = self.world.command(Command::Supervise).unwrap();
        let what = format!("seed {}: warnings", self.seed);
        self.check(&before, &events, &what);
        let World { case, now, calendar, rules, .. } = &self.world;
        assert!(timetable(case, *now, calendar, rules).is_empty(), "invariant 7: once, {what}");
        let mut seen = BTreeSet::new();
        for given in &case.work.warnings {
            let key = match given.warning.level() {
                Some(_) => (given.warning, i64::from(given.clock)),
                None => (given.warning, given.at.as_millisecond()),
            };
            assert!(given.at <= *now && seen.insert(key), "invariant 7, {what}: {given:?}");
        }
    }

    /// What was stored folds to what is in memory, and the holding times add up (invariant 5).
    fn reload(&self) {
        let World { case, events, now, .. } = &self.world;
        let read = |event: &CaseEvent| {
            let json = serde_json::to_string(event).unwrap();
            serde_json::from_str::<CaseEvent>(&json).unwrap()
        };
        let folded =
            events.iter().map(read).fold(Case::default(), |case, event| apply(case, &event));
        assert_eq!(folded, *case, "seed {}", self.seed);
        let received = case.received_at.unwrap();
        // Spread evenly: the sum does not depend on when they came.
        let span = now.as_millisecond() - received.as_millisecond();
        let count = i64::try_from(events.len()).unwrap();
        let times = (0..count).map(|n| received + (span * n / count).milliseconds());
        let held = holding(times.clone().zip(events), *now);
        assert_eq!(held.iter().map(|one| one.ms).sum::<i64>(), span, "invariant 5");
        // E20: the stretches of the trace sheet follow each other from the receipt to now.
        let acts = times.zip(events).map(|(at, event)| (at, "somebody", event));
        let trace = trace(acts, *now).unwrap();
        assert_eq!(
            (trace.from, trace.to, trace.ms()),
            (received, *now, span),
            "seed {}",
            self.seed
        );
        for pair in trace.stretches.windows(2) {
            assert_eq!(pair[0].to, pair[1].from, "no gap, seed {}", self.seed);
        }
        assert_eq!(trace.stretches.iter().map(|one| one.ms()).sum::<i64>(), span);
        assert_eq!(trace.shares().iter().map(|one| one.ms).sum::<i64>(), span);
    }

    /// Mostly somebody who may; sometimes anybody.
    fn some_actor(&mut self, task: &Task) -> Actor {
        let role = match self.dice.chance(850) {
            true => *self.dice.pick(row_of(task).roles),
            false => self.dice.pick(&Role::NAMES).0,
        };
        let person = match role {
            Role::CityLeader => role.as_str().to_owned(),
            _ => format!("{}{}", role.as_str(), self.dice.below(2)),
        };
        let of_unit = role.is_of_unit() || (role == Role::CallbackAgent && self.dice.chance(100));
        let own = self.world.case.unit.clone().filter(|_| self.dice.chance(850));
        let unit = own.unwrap_or_else(|| (*self.dice.pick(&UNITS)).to_owned());
        Actor::new(&person, role, of_unit.then_some(unit.as_str()))
    }

    fn some_unit(&mut self) -> String {
        (*self.dice.pick(&UNITS)).to_owned()
    }

    /// Mostly something that leads on from here; sometimes anything.
    fn some_task(&mut self) -> Task {
        if self.world.case.work.seal_proposed.is_some() && self.dice.chance(700) {
            let refuse = self.dice.chance(800);
            return if refuse { Task::RefuseSeal } else { Task::ConfirmSeal };
        }
        if self.model.uncoded && self.dice.chance(300) {
            return Task::Classify(Box::new(classification()));
        }
        if let Some(pending) = self.world.case.work.pending()
            && self.dice.chance(600)
        {
            let refuse = self.dice.chance(200);
            return if refuse {
                Task::Refuse(pending, "不同意".to_owned())
            } else {
                Task::Grant(pending)
            };
        }
        for _ in 0..8 {
            let task = self.any_task();
            let from = row_of(&task).from;
            if self.world.case.state.is_some_and(|state| from.contains(&state)) {
                return task;
            }
        }
        self.any_task()
    }

    fn any_task(&mut self) -> Task {
        let words = || "说明".to_owned();
        let helpers = if self.dice.chance(150) { vec![self.some_unit()] } else { vec![] };
        match self.dice.weighted(&WEIGHTS) {
            0 => Task::Accept { summary: words(), anonymous: None },
            1 => Task::Discard(DiscardReason::Misdialled),
            2 => Task::Classify(Box::new(classification())),
            3 => Task::Answer { text: words(), grade: self.some_grade() },
            4 => Task::Consult(Trigger::Other),
            5 => self.some_decision(),
            6 => Task::Report { leader: Role::CityLeader.as_str().to_owned(), text: words() },
            7 => Task::Instruct { text: words(), docket: self.dice.chance(300) },
            8 => Task::Assign { unit: self.some_unit(), helpers },
            9 => Task::Circulate(vec![self.some_unit()]),
            10 => Task::Keep(KeepReason::UnderWay),
            11 => Task::ProposeSeal,
            12 => Task::Decline(DeclineReason::Concluded, LawfulChannel::Other),
            13 => Task::Merge(target(self.dice.pick(&State::NAMES).0)),
            14 => Task::Unmerge,
            15 => Task::Sign(words()),
            16 => {
                let suggested = self.some_unit();
                Task::AskReturn { reason: ReturnReason::OtherLead, suggested }
            }
            17 => {
                let days = u16::try_from(self.dice.below(12)).unwrap();
                Task::AskExtension { days, reason: ExtensionReason::Weather }
            }
            18 => feedback(),
            19 => Task::Review(None),
            20 => Task::Review(Some(ReviewFault::Unanswered)),
            21 => Task::Rate(*self.dice.pick(Grade::ALL)),
            22 => Task::Redo,
            23 => Task::CloseUnreasonable(words()),
            24 => Task::ReportFalseFeedback,
            25 => by_phone(*self.dice.pick(FollowUpOutcome::ALL)),
            26 => match self.dice.below(5) {
                0 => Task::TakeDown(words()),
                which => Task::DecidePublication(which > 2, words()),
            },
            27 => Task::Archive,
            28 => Task::Reopen(ReopenReason::NewFacts, words()),
            29 => Task::Withdraw(call()),
            30 => Task::FileReceipt("7".to_owned()),
            31 => Task::NameAccused(self.some_unit()),
            32 => Task::Docket(DocketReason::Supervisor),
            33 => Task::Lift(LiftReason::Settled),
            34 => Task::Grant(*self.dice.pick(&PENDING)),
            _ => self.some_choice(),
        }
    }

    fn some_grade(&mut self) -> Option<Grade> {
        self.dice.chance(500).then(|| *self.dice.pick(Grade::ALL))
    }

    fn some_choice(&mut self) -> Task {
        let all = [
            Disposition::Assigned,
            Disposition::Kept,
            Disposition::Answered,
            Disposition::Circulated,
        ];
        Task::ChooseDisposition(*self.dice.pick(&all), Some(DispositionReason::MoreFacts))
    }

    fn some_decision(&mut self) -> Task {
        use Disposition as D;
        match self.dice.below(4) {
            0 => decision(None, D::LeaderReview),
            1 => decision(None, *self.dice.pick(&[D::Kept, D::Circulated, D::Answered])),
            _ => {
                let lead = self.some_unit();
                decision(Some(&lead), D::Assigned)
            }
        }
    }
}

const PENDING: [Pending; 6] = [
    Pending::Keep,
    Pending::Decline,
    Pending::Return,
    Pending::Extension,
    Pending::Feedback,
    Pending::CloseUnreasonable,
];

/// How often each task of `any_task` is tried: ends are rare, so that lives are long.
const WEIGHTS: [u64; 36] = [
    20, 1, 20, 6, 6, 12, 6, 10, 20, 2, 2, 1, 2, 2, 10, 20, 6, 8, 20, 16, 8, 16, 16, 6, 5, 6, 6, 6,
    12, 1, 8, 1, 2, 2, 4, 8,
];
