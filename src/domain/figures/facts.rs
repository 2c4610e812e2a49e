//! What the figures look at in one case.

use crate::domain::case::{
    Case, CaseEvent, Channel, Grade, Missing, Nature, Record, State, apply, missing_elements,
};
use crate::domain::desk::Disposition;
use crate::domain::town::town_of;
use crate::units::CaseNumber;
use jiff::Timestamp;

/// The first answer that reached the citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// When it was given: what counts against the due date.
    pub at: Timestamp,
    /// The due date in force then, extensions included.
    pub due_at: Timestamp,
}

impl Reply {
    /// It came by the due date.
    #[must_use]
    pub fn in_time(&self) -> bool {
        self.at <= self.due_at
    }
}

/// One numbered case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its number.
    pub number: CaseNumber,
    /// When it came.
    pub received_at: Option<Timestamp>,
    /// How it came.
    pub channel: Option<Channel>,
    /// Where it stands.
    pub state: State,
    /// A seal is proposed or in force: nothing else of it may be shown.
    pub sealed: bool,
    /// What becomes of it.
    pub disposition: Option<Disposition>,
    /// Answered at once or in a three-way call.
    pub answered_directly: bool,
    /// What kind of matter.
    pub nature: Option<Nature>,
    /// Six-digit code of its domain.
    pub domain: Option<String>,
    /// The town it is about.
    pub town: Option<&'static str>,
    /// The person or seat that took it first (首问负责).
    pub first_responsible: Option<String>,
    /// The lead unit.
    pub unit: Option<String>,
    /// The first answer that reached the citizen; `None`: none yet.
    pub reply: Option<Reply>,
    /// The due date in force.
    pub due_at: Option<Timestamp>,
    /// The first grade.
    pub first_grade: Option<Grade>,
    /// The last grade.
    pub final_grade: Option<Grade>,
    /// The callback ended without a grade: refused, not wanted, not reached.
    pub asked_in_vain: bool,
    /// Judged not reasonable by two persons.
    pub unreasonable: bool,
    /// Which time it is handled, from 1.
    pub round: u8,
    /// Which of the ten elements a closed case lacks (C2).
    pub missing: Missing,
}

/// Folds the events of one case, first to last.
#[derive(Debug, Clone, Default)]
pub struct FactsOfEvents {
    case: Case,
    reply: Option<Reply>,
    sealed: bool,
}

impl FactsOfEvents {
    /// None yet; `sealed`: the case is under seal now, whatever its events say up to then.
    #[must_use]
    pub fn new(sealed: bool) -> Self {
        Self { sealed, ..Self::default() }
    }

    /// One more event.
    pub fn add(&mut self, event: &CaseEvent) {
        self.case = apply(std::mem::take(&mut self.case), event);
        if is_false_feedback(event) {
            self.reply = None;
        }
        if matches!(event, CaseEvent::CallbackDue { .. }) && self.reply.is_none() {
            self.reply = self.replied();
        }
    }

    /// An event after the instant that is looked at: only who may know of the case follows from it,
    /// as a seal holds for what was before it.
    pub fn add_later(&mut self, event: &CaseEvent) {
        let CaseEvent::Record(record) = event else { return };
        let work = &mut self.case.work;
        match &**record {
            Record::PersonRecused { person, .. } => {
                work.recused.insert(person.clone());
            }
            Record::PersonReadmitted { person, .. } => {
                work.recused.remove(person);
            }
            Record::AccusedNamed { unit, .. } => {
                work.accused.insert(unit.clone());
            }
            _ => {}
        }
    }

    /// The fold so far.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// A seal is proposed or in force, now or as far as its events go.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.sealed || self.case.told_state() == Some(State::Sealed)
    }

    /// The answer that has just passed its review, or was given at once.
    fn replied(&self) -> Option<Reply> {
        let at = self.case.work.answered_at.or(self.case.accepted_at)?;
        Some(Reply { at, due_at: self.due_at()? })
    }

    fn due_at(&self) -> Option<Timestamp> {
        let due = self.case.unit_due.as_ref().or(self.case.due.as_ref());
        due.map(|due| due.at)
    }

    /// What they say; `None` for a draft, which is in no figure.
    #[must_use]
    pub fn facts(&self) -> Option<Facts> {
        let (case, work) = (&self.case, &self.case.work);
        let is_closed = matches!(case.state?, State::Closed | State::Archived);
        Some(Facts {
            number: case.number?,
            received_at: case.received_at,
            state: case.state?,
            sealed: self.is_sealed(),
            channel: case.channel,
            nature: case.nature,
            disposition: work.disposition(),
            answered_directly: case.answered_directly,
            domain: case.domain.clone(),
            town: work.place.as_deref().and_then(town_of),
            first_responsible: case.first_responsible.clone(),
            unit: case.unit.clone(),
            reply: self.reply,
            due_at: self.due_at(),
            first_grade: work.grades.first().map(|(_, grade)| *grade),
            final_grade: work.grades.last().map(|(_, grade)| *grade),
            asked_in_vain: work.follow_up_ended.is_some(),
            unreasonable: work.reasonable == Some(false),
            round: case.round,
            missing: if is_closed { missing_elements(case) } else { Missing::default() },
        })
    }
}

/// T25: the citizen knows of no answer, so none has reached him.
fn is_false_feedback(event: &CaseEvent) -> bool {
    let CaseEvent::Record(record) = event else { return false };
    matches!(**record, Record::FalseFeedback { .. })
}
