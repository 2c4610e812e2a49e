//! A naive second formulation of the casework: a table of (state, task) -> state with a few
//! counters, written from domain.md 3.2 without a look at the rules it checks. `None`: must be
//! refused; a state: must be done, unless [`is_unknown`] says why not.

use mayorline::domain::case::{Actor, Grade, Guard, Pending, Refusal, Role, State, Task, WrapUp};
use mayorline::domain::desk::{Disposition, Outcome};
use std::collections::BTreeSet;

use Role as R;
use State as S;

/// What the model remembers.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) state: State,
    pub(crate) unit: Option<String>,
    helpers: BTreeSet<String>,
    readers: BTreeSet<String>,
    accused: BTreeSet<String>,
    pub(crate) round: u32,
    returns: u32,
    answered: bool,
    direct: bool,
    extended: bool,
    dissatisfied: bool,
    graded: bool,
    seal_by: Option<String>,
    /// What waits, and who proposed it.
    waits: Option<(Pending, String)>,
    /// A consultation: called and not decided (`Some(None)`), or what it decided, with the lead.
    decided: Option<Option<(Disposition, Option<String>)>>,
    /// A leader: who, and whether he has instructed.
    leader: Option<(String, bool)>,
    contact: bool,
    lodged: bool,
    /// A wrap-up has classified it, and nobody has told its code.
    pub(crate) uncoded: bool,
}

/// Refused for what the model knows nothing of: dates, dockets, the choice of B2, the case sheet.
pub(crate) fn is_unknown(refusal: &Refusal) -> bool {
    use Guard as G;
    match refusal {
        Refusal::Incomplete(_) => true,
        Refusal::Role { rule, .. } => *rule == "3.5",
        Refusal::Guard(guard) => matches!(
            guard,
            G::Disposition
                | G::SameAgain
                | G::ReturnLate
                | G::Expired
                | G::UnmergeLate
                | G::ReopenLate
                | G::Publication
                | G::NotPublished
                | G::DocketedBefore
                | G::NotDocketed
        ),
        _ => false,
    }
}

const OPEN: [State; 9] = [
    S::Accepted,
    S::Classified,
    S::Consulting,
    S::LeaderReview,
    S::Assigned,
    S::Handling,
    S::Feedback,
    S::Callback,
    S::Redo,
];

impl Model {
    /// A draft whose citizen can be called.
    pub(crate) fn draft() -> Self {
        Self {
            state: S::Draft,
            unit: None,
            helpers: BTreeSet::new(),
            readers: BTreeSet::new(),
            accused: BTreeSet::new(),
            round: 0,
            returns: 0,
            answered: false,
            direct: false,
            extended: false,
            dissatisfied: false,
            graded: false,
            seal_by: None,
            waits: None,
            decided: None,
            leader: None,
            contact: true,
            lodged: false,
            uncoded: false,
        }
    }

    fn open(&self) -> bool {
        self.is_in(&OPEN)
    }

    fn is_in(&self, states: &[State]) -> bool {
        states.contains(&self.state)
    }

    fn has_part(&self, unit: &str) -> bool {
        self.unit.as_deref() == Some(unit)
            || self.helpers.contains(unit)
            || self.readers.contains(unit)
    }

    fn own(&self, actor: &Actor) -> bool {
        actor.unit.is_some() && actor.unit == self.unit
    }

    fn clean(&self, units: &[&String]) -> bool {
        units.iter().all(|unit| !self.accused.contains(*unit))
    }

    /// Somebody else proposed it.
    fn waits_for(&self, what: Pending, actor: &Actor) -> bool {
        self.waits.as_ref().is_some_and(|(kind, by)| *kind == what && *by != actor.person)
    }

    /// The state after the task, if it may be done at all.
    pub(crate) fn after(&self, actor: &Actor, task: &Task) -> Option<State> {
        if let Some(by) = &self.seal_by {
            let second = (actor.has(&[R::Director, R::Liaison])) && *by != actor.person;
            return match task {
                Task::ConfirmSeal if second => Some(S::Sealed),
                Task::RefuseSeal if second => Some(self.state),
                _ => None,
            };
        }
        let may = |roles: &[Role]| actor.has(roles);
        let stays = Some(self.state);
        match task {
            Task::Accept { .. } if may(&[R::Operator, R::Clerk]) => {
                self.from(&[S::Draft], S::Accepted)
            }
            Task::Discard(_) if may(&[R::Clerk]) => self.from(&[S::Draft], S::Kept),
            Task::Classify(_)
                if may(&[R::Operator, R::Clerk, R::MessageClerk]) && self.round > 0 =>
            {
                let takes = self.open() || self.state == S::Closed;
                let uncoded = (self.uncoded && takes).then_some(self.state);
                self.from(&[S::Accepted, S::Kept, S::Circulated], S::Classified).or(uncoded)
            }
            Task::Answer { grade, .. } if may(&[R::Operator]) => match grade {
                Some(grade) if *grade != Grade::Dissatisfied => {
                    self.from(&[S::Classified], S::Closed)
                }
                _ => self.from(&[S::Classified], S::Callback),
            },
            Task::SolveInCall { .. } if may(&[R::Operator]) => {
                self.from(&[S::Classified], S::Callback)
            }
            Task::Consult(_) if may(&[R::Clerk, R::Supervisor]) => {
                self.from(&[S::Classified], S::Consulting)
            }
            Task::Report { .. } if may(&[R::Director]) && matches!(self.decided, Some(Some(_))) => {
                let bound = self.state == S::Consulting;
                self.from(&[S::Classified, S::Consulting], S::LeaderReview)
                    .filter(|_| !bound || self.is_decided(Disposition::LeaderReview))
            }
            Task::Assign { unit, helpers } => self.assigned(actor, unit, helpers),
            Task::Circulate(readers) if may(&[R::Clerk]) => {
                let ready = !readers.is_empty() && self.clean(&readers.iter().collect::<Vec<_>>());
                self.once_decided(S::Circulated, Disposition::Circulated).filter(|_| ready)
            }
            Task::Keep(_) if may(&[R::Clerk]) => {
                let to = if self.contact { self.state } else { S::Kept };
                self.once_decided(to, Disposition::Kept)
                    .filter(|_| self.state != S::LeaderReview && (!self.contact || self.is_free()))
            }
            Task::ProposeSeal if self.open() && may(&[R::Operator, R::Clerk, R::MessageClerk]) => {
                stays
            }
            Task::Decline(..) if may(&[R::Clerk]) && self.is_free() => {
                self.from(&[S::Classified], S::Classified)
            }
            Task::Merge(target) if may(&[R::Clerk]) => {
                let open = target.state.is_some_and(|state| OPEN.contains(&state));
                self.from(&[S::Classified], S::Merged).filter(|_| open)
            }
            Task::Unmerge if may(&[R::Clerk]) => self.from(&[S::Merged], S::Classified),
            Task::Withdraw(_) if self.open() && may(&[R::Operator]) => Some(S::Withdrawn),
            Task::FileReceipt(_) if may(&[R::Liaison]) && !self.lodged => {
                self.from(&[S::Sealed], S::Sealed)
            }
            other => self.after_assignment(actor, other),
        }
    }

    fn from(&self, states: &[State], to: State) -> Option<State> {
        self.is_in(states).then_some(to)
    }

    /// Nothing waits for a second person.
    fn is_free(&self) -> bool {
        self.waits.is_none()
    }

    /// The unit that the consultation named has been accused since.
    fn is_void(&self, lead: Option<&String>) -> bool {
        lead.is_some_and(|lead| self.accused.contains(lead))
    }

    /// A consultation has decided this, or what cannot be done any more.
    fn is_decided(&self, wanted: Disposition) -> bool {
        let decision = self.decided.iter().flatten().next();
        decision.is_some_and(|(what, lead)| *what == wanted || self.is_void(lead.as_ref()))
    }

    /// 已分类, or a consultation that has decided this, or a leader who has instructed.
    fn once_decided(&self, to: State, wanted: Disposition) -> Option<State> {
        let ready = match self.state {
            S::Classified => !matches!(self.decided, Some(None)),
            S::Consulting => self.is_decided(wanted),
            S::LeaderReview => self.leader.as_ref().is_some_and(|(_, instructed)| *instructed),
            _ => false,
        };
        ready.then_some(to)
    }

    fn assigned(&self, actor: &Actor, unit: &String, helpers: &[String]) -> Option<State> {
        let units: Vec<&String> = helpers.iter().chain([unit]).collect();
        let director = actor.has(&[R::Director]);
        let routine = self.state != S::LeaderReview && helpers.is_empty();
        let may = director || (routine && actor.has(&[R::Clerk]));
        let named = match &self.decided {
            Some(Some((_, lead))) if self.state == S::Consulting => {
                // The consultations of this model name no helpers.
                let same = lead.as_ref() == Some(unit) && helpers.is_empty();
                same || self.is_void(lead.as_ref())
            }
            _ => true,
        };
        let fit = may && named && !helpers.contains(unit) && self.clean(&units);
        self.once_decided(S::Assigned, Disposition::Assigned).filter(|_| fit)
    }

    fn after_assignment(&self, actor: &Actor, task: &Task) -> Option<State> {
        let may = |roles: &[Role]| actor.has(roles);
        let stays = Some(self.state);
        let by_unit = |role: Role| may(&[role]) && self.own(actor);
        let working = self.is_in(&[S::Handling, S::Redo]);
        let centre = !actor.unit.as_deref().is_some_and(|unit| self.has_part(unit));
        match task {
            Task::Sign(_) if by_unit(R::UnitContact) => self.from(&[S::Assigned], S::Handling),
            Task::AskReturn { suggested, .. } if by_unit(R::UnitContact) => {
                let other = Some(suggested) != self.unit.as_ref();
                let fit = !self.is_named() && other && !self.accused.contains(suggested);
                stays.filter(|_| fit && self.is_free() && self.is_in(&[S::Assigned, S::Handling]))
            }
            Task::AskExtension { days, .. } if by_unit(R::UnitLeader) => {
                let fit = !self.extended && (1..=10).contains(days);
                stays.filter(|_| working && fit && self.is_free())
            }
            Task::FeedBack { .. } if by_unit(R::Handler) => {
                stays.filter(|_| working && self.is_free())
            }
            Task::Grant(what) if self.waits_for(*what, actor) => {
                let bound = *what == Pending::Keep && self.state == S::Consulting;
                self.granted(actor, *what).filter(|_| !bound || self.is_decided(Disposition::Kept))
            }
            Task::Refuse(what, _) if self.waits_for(*what, actor) => {
                self.granted(actor, *what).and(stays)
            }
            Task::Review(None) if may(&[R::Clerk, R::Supervisor]) => {
                self.from(&[S::Feedback], S::Callback)
            }
            Task::Review(_) if may(&[R::Clerk, R::Supervisor]) => {
                self.from(&[S::Feedback], S::Handling)
            }
            Task::Rate(grade) if may(&[R::CallbackAgent, R::System]) && centre && !self.graded => {
                let content = *grade != Grade::Dissatisfied;
                self.from(&[S::Callback], if content { S::Closed } else { S::Callback })
            }
            Task::FollowUp(_) if may(&[R::CallbackAgent, R::System]) && centre && !self.graded => {
                // Closed where the tries are enough: the one guess the model leaves open.
                self.from(&[S::Callback], S::Callback)
            }
            Task::ReportFalseFeedback if may(&[R::CallbackAgent]) && centre => self
                .from(&[S::Callback], S::Handling)
                .filter(|_| self.unit.is_some() && !self.direct && !self.graded),
            Task::Redo if may(&[R::Supervisor]) && self.dissatisfied => {
                let to = match &self.unit {
                    None => S::Classified,
                    Some(_) if self.round <= 2 => S::Redo,
                    Some(_) => S::Consulting,
                };
                self.from(&[S::Callback], to)
            }
            Task::CloseUnreasonable(_) if may(&[R::Supervisor]) && self.dissatisfied => {
                self.from(&[S::Callback], S::Callback).filter(|_| self.is_free())
            }
            Task::Archive if may(&[R::Clerk]) => self.from(&[S::Closed], S::Archived),
            Task::Reopen(..) if may(&[R::Supervisor]) => {
                let to = if self.unit.is_some() { S::Redo } else { S::Classified };
                self.from(&[S::Closed, S::Archived], to)
            }
            other => self.beside(actor, other),
        }
    }

    /// What never moves the state, apart from an accused lead.
    fn beside(&self, actor: &Actor, task: &Task) -> Option<State> {
        let may = |roles: &[Role]| actor.has(roles);
        let stays = Some(self.state);
        match task {
            Task::NameAccused(unit)
                if self.open() && may(&[R::Operator, R::Clerk, R::Supervisor]) =>
            {
                let leads = self.unit.as_ref() == Some(unit);
                let at_unit = self.is_in(&[S::Assigned, S::Handling, S::Feedback, S::Redo]);
                match leads && self.state == S::Callback || self.accused.contains(unit) {
                    true => None,
                    false if leads && at_unit => Some(S::Classified),
                    false => stays,
                }
            }
            Task::ChooseDisposition(..) if may(&[R::Operator, R::Clerk, R::MessageClerk]) => {
                let early = [S::Accepted, S::Classified, S::Consulting, S::LeaderReview];
                stays.filter(|_| self.is_in(&early))
            }
            Task::Decide(decision) if may(&[R::Director]) => {
                use Disposition as D;
                let fit = matches!(
                    decision.disposition,
                    D::Assigned | D::Circulated | D::Kept | D::LeaderReview
                );
                let fit = fit && !self.is_void(decision.lead.as_ref());
                self.from(&[S::Consulting], S::Consulting).filter(|_| fit)
            }
            Task::Instruct { .. } if may(&[R::CityLeader]) => {
                // A talk reports to whichever leader comes first.
                let him = self.leader.as_ref();
                let first = him.is_none_or(|(who, done)| *who == actor.person && !done);
                self.from(&[S::LeaderReview], S::LeaderReview).filter(|_| first)
            }
            Task::DecidePublication(..) if may(&[R::Director]) => {
                stays.filter(|_| self.is_in(&[S::Callback, S::Closed]))
            }
            Task::TakeDown(_) if may(&[R::Director]) => {
                stays.filter(|_| self.is_in(&[S::Callback, S::Closed, S::Archived]))
            }
            Task::Docket(_) if may(&[R::Supervisor]) => {
                stays.filter(|_| self.is_in(&[S::Assigned, S::Handling, S::Redo]))
            }
            Task::Lift(_) if may(&[R::Supervisor]) => stays.filter(|_| self.open()),
            _ => None,
        }
    }

    /// Named by a consultation or by a leader: it cannot give the case back.
    fn is_named(&self) -> bool {
        let decided = matches!(&self.decided, Some(Some((_, lead))) if *lead == self.unit);
        decided || self.leader.as_ref().is_some_and(|(_, instructed)| *instructed)
    }

    fn granted(&self, actor: &Actor, what: Pending) -> Option<State> {
        let (role, to): (&[Role], State) = match what {
            Pending::Keep => (&[R::Supervisor], S::Kept),
            Pending::Decline => (&[R::Supervisor], S::Declined),
            Pending::Return if self.returns > 0 => (&[R::Supervisor], S::Consulting),
            Pending::Return => (&[R::Supervisor], S::Classified),
            Pending::Extension => (&[R::Director], self.state),
            Pending::Feedback => (&[R::UnitLeader], S::Feedback),
            Pending::CloseUnreasonable => (&[R::Supervisor, R::Director], S::Closed),
        };
        let own = what != Pending::Feedback || self.own(actor);
        (actor.has(role) && own).then_some(to)
    }

    /// The state after a talk, if it can end like this.
    pub(crate) fn after_talk(&self, order: &WrapUp) -> Option<State> {
        use Disposition as D;
        let hidden = self.seal_by.is_some() || self.state == S::Sealed;
        let takes = hidden || self.open() || self.state == S::Draft;
        if order.disposition == D::Discipline && !takes {
            return None;
        }
        if !self.is_in(&[S::Draft, S::Accepted]) || self.seal_by.is_some() {
            return Some(self.state);
        }
        let unit = order.unit.as_ref().filter(|unit| !self.accused.contains(*unit));
        match order.disposition {
            D::Answered => Some(S::Callback),
            D::ThreeWay if order.outcome == Some(Outcome::Solved) => Some(S::Callback),
            D::ThreeWay if order.unit.is_none() => Some(S::Classified),
            D::ThreeWay | D::Assigned => unit.map(|_| S::Assigned),
            D::Kept | D::NoMatter => Some(S::Kept),
            D::Circulated => Some(S::Circulated),
            D::LeaderReview => Some(S::LeaderReview),
            // A second person decides; refused, it is to be coded like any other.
            D::Discipline => Some(S::Classified),
        }
    }

    /// A talk ended and led to `to`.
    pub(crate) fn talked(&mut self, order: &WrapUp, to: State) {
        let reports = order.disposition == Disposition::Discipline && self.seal_by.is_none();
        let takes = self.open() || self.state == S::Draft;
        let proposes = (reports && takes).then(|| order.seat.to_string());
        self.move_on(order, to);
        self.seal_by = proposes.or_else(|| self.seal_by.take());
    }

    /// Whether a second person is to decide about a seal.
    pub(crate) fn is_hidden(&self) -> bool {
        self.seal_by.is_some()
    }

    fn move_on(&mut self, order: &WrapUp, to: State) {
        if to == self.state {
            return;
        }
        if order.disposition != Disposition::NoMatter {
            self.round = 1;
        }
        self.uncoded = self.round > 0;
        (self.answered, self.direct) = (to == S::Callback, to == S::Callback);
        self.unit = order.unit.clone().filter(|_| to == S::Assigned);
        self.waits = None;
        self.state = to;
    }

    /// The task was done and led to `to`.
    pub(crate) fn did(&mut self, actor: &Actor, task: &Task, to: State) {
        let moved = to != self.state;
        self.note(actor, task, to);
        if moved {
            self.waits = None;
        }
        self.state = to;
    }

    fn propose(&mut self, what: Pending, actor: &Actor) {
        self.waits = Some((what, actor.person.clone()));
    }

    /// The unit is out.
    fn take_back(&mut self) {
        self.unit = None;
        self.helpers.clear();
        if self.answered {
            self.next_round();
        }
    }

    fn next_round(&mut self) {
        self.round += 1;
        (self.answered, self.direct) = (false, false);
        (self.graded, self.dissatisfied) = (false, false);
    }

    fn note(&mut self, actor: &Actor, task: &Task, to: State) {
        match task {
            Task::Accept { .. } => self.round = 1,
            Task::Answer { grade, .. } => {
                (self.answered, self.direct) = (true, true);
                self.graded |= grade.is_some();
                self.dissatisfied |= *grade == Some(Grade::Dissatisfied);
            }
            Task::SolveInCall { .. } => (self.answered, self.direct) = (true, true),
            Task::Classify(_) => self.uncoded = false,
            Task::Consult(_) => self.decided = Some(None),
            Task::Decide(decision) => {
                self.decided = Some(Some((decision.disposition, decision.lead.clone())));
            }
            Task::Report { leader, .. } => self.leader = Some((leader.clone(), false)),
            Task::Instruct { .. } => self.leader = Some((actor.person.clone(), true)),
            Task::Assign { unit, helpers } => {
                if self.answered {
                    self.next_round();
                }
                self.unit = Some(unit.clone());
                self.helpers = helpers.iter().cloned().collect();
            }
            Task::Circulate(readers) => self.readers = readers.iter().cloned().collect(),
            Task::Keep(_) if to != S::Kept => self.propose(Pending::Keep, actor),
            Task::Decline(..) => self.propose(Pending::Decline, actor),
            Task::AskReturn { .. } => self.propose(Pending::Return, actor),
            Task::AskExtension { .. } => self.propose(Pending::Extension, actor),
            Task::FeedBack { .. } => self.propose(Pending::Feedback, actor),
            Task::CloseUnreasonable(_) => self.propose(Pending::CloseUnreasonable, actor),
            Task::ProposeSeal => self.seal_by = Some(actor.person.clone()),
            Task::ConfirmSeal | Task::RefuseSeal => self.seal_by = None,
            Task::FileReceipt(_) => self.lodged = true,
            Task::NameAccused(unit) => {
                self.accused.insert(unit.clone());
                self.helpers.remove(unit);
                self.readers.remove(unit);
                if to != self.state {
                    self.take_back();
                }
            }
            Task::Grant(what) => self.note_grant(*what, to),
            Task::Refuse(..) => self.waits = None,
            Task::Review(None) => self.answered = true,
            Task::Review(Some(_)) | Task::ReportFalseFeedback => self.answered = false,
            Task::Rate(grade) => {
                self.graded = true;
                self.dissatisfied = *grade == Grade::Dissatisfied;
            }
            Task::Redo | Task::Reopen(..) => match to {
                S::Redo => self.next_round(),
                S::Consulting => self.decided = Some(None),
                _ => self.take_back(),
            },
            _ => {}
        }
    }

    fn note_grant(&mut self, what: Pending, to: State) {
        self.waits = None;
        match what {
            Pending::Return => {
                self.returns += 1;
                self.take_back();
                if to == S::Consulting {
                    self.decided = Some(None);
                }
            }
            Pending::Extension => self.extended = true,
            Pending::Feedback => self.answered = true,
            _ => {}
        }
    }
}
