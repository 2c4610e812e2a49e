//! One case, its people and a clock that only a test moves.

use jiff::Timestamp;
use mayorline::domain::calendar::Calendar;
use mayorline::domain::call::{Caller, IntakeKind, NewIntake};
use mayorline::domain::case::{
    Actor, Case, CaseEvent, Classification, Command, Context, DeadlineMode, DeadlineRules,
    Decision, DeclineReason, FollowUpOutcome, FollowUpTry, Grade, Guard, KeepReason, LawfulChannel,
    Means, MergeTarget, Nature, Order, Pending, Record, Refusal, Role, State, Task, Trigger,
    Urgency, WrapUp, apply, decide,
};
use mayorline::domain::desk::Disposition;
use mayorline::units::{CallId, CaseNumber, PhoneNumber, QueryCode, SeatNumber};

/// The unit that leads in these tests.
pub(crate) const UNIT: &str = "unit.07";

/// Every disposition a talk can end with.
pub(crate) const DISPOSITIONS: [Disposition; 8] = [
    Disposition::Answered,
    Disposition::ThreeWay,
    Disposition::Kept,
    Disposition::Circulated,
    Disposition::Assigned,
    Disposition::LeaderReview,
    Disposition::Discipline,
    Disposition::NoMatter,
];

/// One case under test.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) calendar: Calendar,
    pub(crate) rules: DeadlineRules,
    pub(crate) now: Timestamp,
    pub(crate) case: Case,
    pub(crate) events: Vec<CaseEvent>,
}

/// The person of a role; people of units belong to [`UNIT`].
pub(crate) fn person(role: Role) -> Actor {
    Actor::new(role.as_str(), role, role.is_of_unit().then_some(UNIT))
}

pub(crate) fn classification() -> Classification {
    Classification {
        nature: Nature::Help,
        domain: "050100".to_owned(),
        place: "北宿镇".to_owned(),
        urgency: Urgency::Normal,
        group_size: 1,
        repeats: 0,
        duty: None,
        accused: vec![],
    }
}

pub(crate) fn decision(lead: Option<&str>, disposition: Disposition) -> Task {
    let lead = lead.map(str::to_owned);
    let minutes = "会商纪要".to_owned();
    Task::Decide(Box::new(Decision { lead, helpers: vec![], disposition, minutes }))
}

pub(crate) fn call() -> CallId {
    CallId::new("g1", 1_795_000_000_000, 1)
}

/// The end of the talk, without a unit and without an outcome.
pub(crate) fn wrap_up(disposition: Disposition) -> WrapUp {
    WrapUp {
        seat: SeatNumber::parse("801").unwrap(),
        call: call(),
        disposition,
        nature: Some(Nature::Help),
        summary: "北宿镇路灯不亮".to_owned(),
        unit: None,
        outcome: None,
    }
}

pub(crate) fn target(state: State) -> MergeTarget {
    let number = CaseNumber::new(2026, 11, 20, 9).unwrap();
    MergeTarget { number, state: Some(state), closed_on: None }
}

pub(crate) fn assign() -> Task {
    Task::Assign { unit: UNIT.to_owned(), helpers: vec![] }
}

/// A try by telephone that brought no grade.
pub(crate) fn by_phone(outcome: FollowUpOutcome) -> Task {
    Task::FollowUp(FollowUpTry { means: Means::Phone, outcome })
}

pub(crate) fn feedback() -> Task {
    Task::FeedBack { text: "路灯已修复".to_owned(), contacted: true, evidence: true }
}

impl World {
    /// Nothing has happened; the citizen's number is known.
    pub(crate) fn new(now: &str) -> Self {
        Self {
            calendar: Calendar::built_in(),
            rules: DeadlineRules::default(),
            now: now.parse().unwrap(),
            case: Case::default(),
            events: vec![],
        }
    }

    pub(crate) fn working(mut self) -> Self {
        self.rules.mode = DeadlineMode::Working;
        self
    }

    /// The clock stands at `time`, RFC 3339.
    pub(crate) fn at(&mut self, time: &str) -> &mut Self {
        self.now = time.parse().unwrap();
        self
    }

    /// Carries a command out and folds its events.
    pub(crate) fn command(&mut self, command: Command) -> Result<Vec<CaseEvent>, Refusal> {
        let events = self.decided(command)?;
        self.case = events.iter().fold(std::mem::take(&mut self.case), apply);
        self.events.extend(events.clone());
        Ok(events)
    }

    /// What a command would lead to.
    pub(crate) fn decided(&self, command: Command) -> Result<Vec<CaseEvent>, Refusal> {
        let identity = CaseNumber::new(2026, 11, 20, 1).zip(QueryCode::new(4821));
        let (now, calendar, rules) = (self.now, &self.calendar, &self.rules);
        decide(&self.case, command, &Context { now, calendar, rules, identity })
    }

    pub(crate) fn try_as(&mut self, actor: Actor, task: Task) -> Result<Vec<CaseEvent>, Refusal> {
        self.command(Command::Act(Box::new(Order { actor, task })))
    }

    /// The person of the role does it, and may.
    pub(crate) fn act(&mut self, role: Role, task: Task) -> &mut Self {
        let shown = format!("{role:?} {task:?}");
        let done = self.try_as(person(role), task);
        assert!(done.is_ok(), "{shown}: {done:?} at {:?}", self.case.state);
        self
    }

    /// The talk ends like this.
    pub(crate) fn wrapped_up(&mut self, order: WrapUp) -> &mut Self {
        let shown = format!("{order:?}");
        let done = self.command(Command::WrapUp(Box::new(order)));
        assert!(done.is_ok(), "{shown}: {done:?} at {:?}", self.case.state);
        self
    }

    /// The unit answers, its leader signs, the centre passes it.
    pub(crate) fn answered(&mut self) -> &mut Self {
        self.act(Role::Handler, feedback()).act(Role::UnitLeader, Task::Grant(Pending::Feedback));
        self.act(Role::Supervisor, Task::Review(None))
    }

    /// The person of the role may not, by this guard.
    pub(crate) fn refused(&mut self, role: Role, task: Task, guard: Guard) -> &mut Self {
        let shown = format!("{role:?} {task:?}");
        assert_eq!(self.try_as(person(role), task), Err(Refusal::Guard(guard)), "{shown}");
        self
    }

    pub(crate) fn receive(&mut self, kind: IntakeKind) -> &mut Self {
        self.receive_from(kind, PhoneNumber::parse("19900000017").ok())
    }

    /// `None`: the number is withheld.
    pub(crate) fn receive_from(
        &mut self,
        kind: IntakeKind,
        number: Option<PhoneNumber>,
    ) -> &mut Self {
        let intake = NewIntake {
            key: "k".to_owned(),
            kind,
            call: None,
            contact: None,
            mail: None,
            caller: Caller { number, display: None },
            received_at: self.now,
            recording: None,
            text: Some("路灯不亮".to_owned()),
            callback: false,
        };
        self.command(Command::Receive(Box::new(intake))).unwrap();
        self
    }

    /// The records of the given kind, by what the closure takes from them.
    pub(crate) fn records<T>(&self, take: impl Fn(&Record) -> Option<T>) -> Vec<T> {
        let of = |event: &CaseEvent| match event {
            CaseEvent::Record(record) => take(record),
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    /// A case that came to a state by the commands of people.
    pub(crate) fn in_state(state: State) -> Self {
        let mut world = Self::new("2026-11-20T09:10:00+08:00");
        world.receive(IntakeKind::Abandoned);
        for (at, role, task) in way_to(state) {
            world.at(at).act(role, task);
        }
        assert_eq!(world.case.state, Some(state));
        world
    }
}

type Act = (&'static str, Role, Task);

const T1: &str = "2026-11-20T09:10:00+08:00";
const T2: &str = "2026-11-20T10:00:00+08:00";

/// The commands that lead from a draft to a state.
fn way_to(state: State) -> Vec<Act> {
    use Role as R;
    use State as S;
    let after = |before: S, more: Vec<(Role, Task)>| {
        let more = more.into_iter().map(|(role, task)| (T2, role, task));
        way_to(before).into_iter().chain(more).collect()
    };
    let classify = || Task::Classify(Box::new(classification()));
    let summary = "路灯不亮".to_owned();
    match state {
        S::Draft => vec![],
        S::Accepted => vec![(T1, R::Operator, Task::Accept { summary, anonymous: None })],
        S::Classified => after(S::Accepted, vec![(R::Operator, classify())]),
        S::Consulting => after(S::Classified, vec![(R::Clerk, Task::Consult(Trigger::Other))]),
        S::LeaderReview => after(S::Consulting, to_leader()),
        S::Assigned => after(S::Classified, vec![(R::Clerk, assign())]),
        S::Handling => after(S::Assigned, vec![(R::UnitContact, Task::Sign("王某".to_owned()))]),
        S::Feedback => after(S::Handling, signed_feedback()),
        S::Callback => after(S::Feedback, vec![(R::Clerk, Task::Review(None))]),
        S::Redo => after(S::Callback, dissatisfied(Task::Redo)),
        S::Closed => after(S::Callback, vec![(R::CallbackAgent, Task::Rate(Grade::Satisfied))]),
        S::Archived => after(S::Closed, archive()),
        S::Kept => after(S::Classified, kept()),
        S::Circulated => {
            after(S::Classified, vec![(R::Clerk, Task::Circulate(vec![UNIT.to_owned()]))])
        }
        S::Sealed => after(
            S::Classified,
            vec![(R::Clerk, Task::ProposeSeal), (R::Liaison, Task::ConfirmSeal)],
        ),
        S::Declined => after(S::Classified, declined()),
        S::Merged => after(S::Classified, vec![(R::Clerk, Task::Merge(target(S::Handling)))]),
        S::Withdrawn => after(S::Classified, vec![(R::Operator, Task::Withdraw(call()))]),
    }
}

fn to_leader() -> Vec<(Role, Task)> {
    let report = Task::Report {
        leader: Role::CityLeader.as_str().to_owned(),
        text: "呈请阅批".to_owned(),
    };
    let decided = decision(None, Disposition::LeaderReview);
    vec![(Role::Director, decided), (Role::Director, report)]
}

fn signed_feedback() -> Vec<(Role, Task)> {
    vec![(Role::Handler, feedback()), (Role::UnitLeader, Task::Grant(Pending::Feedback))]
}

fn dissatisfied(then: Task) -> Vec<(Role, Task)> {
    let rated = (Role::CallbackAgent, Task::Rate(Grade::Dissatisfied));
    vec![rated, (Role::Supervisor, then)]
}

fn archive() -> Vec<(Role, Task)> {
    let hidden = Task::DecidePublication(false, String::new());
    vec![(Role::Director, hidden), (Role::Clerk, Task::Archive)]
}

fn kept() -> Vec<(Role, Task)> {
    let keep = Task::Keep(KeepReason::NothingToDo);
    vec![(Role::Clerk, keep), (Role::Supervisor, Task::Grant(Pending::Keep))]
}

fn declined() -> Vec<(Role, Task)> {
    let decline = Task::Decline(DeclineReason::LegalRoute, LawfulChannel::Litigation);
    vec![(Role::Clerk, decline), (Role::Supervisor, Task::Grant(Pending::Decline))]
}
