//! Who should decide: consultation (B5, T7) and a leader's instruction (T8, B10).

use super::{Guard, Refusal, Scene, Verdict};
use crate::domain::case::actor::is_person;
use crate::domain::case::deadline::Deadline;
use crate::domain::case::event::CaseEvent;
use crate::domain::case::fold::Case;
use crate::domain::case::reasons::Trigger;
use crate::domain::case::record::{DutyMatch, Note, Record};
use crate::domain::case::task::Decision;
use crate::domain::desk::Disposition;
use std::collections::BTreeSet;

/// B5: so many units that claim or refuse a matter dispute it.
const DISPUTE_UNITS_MIN: usize = 2;
/// B5: returns.
const RETURNS_MIN: u16 = 2;
/// B5: persons of a group.
pub const GROUP_MIN: u16 = 5;
/// B5: repeats.
const REPEATS_MIN: u16 = 3;
/// A consultation decides within so many working days.
const CONSULTATION_DAYS: u16 = 1;
/// Helpers and readers of one case.
const UNITS_MAX: usize = 20;

/// Whether the case itself shows a trigger of B5.
fn shows(case: &Case, trigger: Trigger) -> bool {
    let work = &case.work;
    match trigger {
        Trigger::Disputed => work.claims.len() >= DISPUTE_UNITS_MIN,
        Trigger::Returned => work.returns >= RETURNS_MIN,
        Trigger::Group => work.group_size >= GROUP_MIN,
        Trigger::Repeated => work.repeats >= REPEATS_MIN,
        Trigger::Leader => work.disposition() == Some(Disposition::LeaderReview),
        Trigger::NoDuty => work.duty == Some(DutyMatch::None),
        Trigger::RedoLimit => false,
        Trigger::Other => true,
    }
}

impl Scene<'_> {
    /// B5: where the case shows a trigger, a consultation must have decided before it goes on.
    pub(super) fn must_be_consulted(&self) -> Result<(), Refusal> {
        // 拟报领导 is looked at where the case is reported (T8).
        let demanding = [
            Trigger::Disputed,
            Trigger::Returned,
            Trigger::Group,
            Trigger::Repeated,
            Trigger::NoDuty,
        ];
        let demanded = demanding.into_iter().any(|trigger| shows(self.case, trigger));
        let open = self.case.work.consultation.as_ref().is_some_and(|c| c.decision.is_none());
        match open || (demanded && self.case.work.decision().is_none()) {
            true => Err(Guard::Consult.into()),
            false => Ok(()),
        }
    }

    /// B5: a unit claims the matter or refuses it.
    pub(super) fn claim(&self, claims: bool) -> Verdict {
        let unit = self.actor.unit.clone().ok_or(Guard::Unknown)?;
        self.unit_may_act(&unit)?;
        if self.case.work.claims.get(&unit) == Some(&claims) {
            return Err(Guard::SameAgain.into());
        }
        Ok(vec![Record::UnitSpoke { unit, claims, by: self.by() }.into()])
    }

    /// T7: for a trigger that the case shows, or another reason.
    pub(super) fn consult(&self, trigger: Trigger) -> Verdict {
        match shows(self.case, trigger) {
            true => Ok(self.called(trigger).to_vec()),
            false => Err(Guard::Trigger.into()),
        }
    }

    /// A consultation begins.
    pub(super) fn called(&self, trigger: Trigger) -> [CaseEvent; 2] {
        let at = self.now();
        let due =
            Deadline::working(at, CONSULTATION_DAYS, self.context.rules, self.context.calendar);
        let called = Record::ConsultationCalled { trigger, by: self.by(), at, due_at: due.at };
        [called.into(), CaseEvent::Consulted]
    }

    pub(super) fn give_view(&self, text: &str) -> Verdict {
        let private = self.note(text)?;
        let unit = self.actor.unit.clone();
        Ok(vec![Record::ViewGiven { unit, by: self.by(), private }.into()])
    }

    /// B5: exactly one lead unit where the matter is assigned, and none where it is not.
    pub(super) fn decide_consultation(&self, decision: &Decision) -> Verdict {
        let private = self.note(&decision.minutes)?;
        let assigned = decision.disposition == Disposition::Assigned;
        if decision.lead.is_some() != assigned || (!assigned && !decision.helpers.is_empty()) {
            return Err(Guard::OneLead.into());
        }
        // What can be done from 会商中 (T8 to T11). Never 转纪委 (B5): two persons decide that, and
        // nobody else is told.
        let carried_out = matches!(
            decision.disposition,
            Disposition::Assigned
                | Disposition::Circulated
                | Disposition::Kept
                | Disposition::LeaderReview
        );
        if !carried_out {
            return Err(Guard::Undecidable.into());
        }
        if let Some(lead) = &decision.lead {
            self.units_may_act(lead, &decision.helpers)?;
        }
        let decided = Record::ConsultationDecided {
            lead: decision.lead.clone(),
            helpers: decision.helpers.clone(),
            disposition: decision.disposition,
            by: self.by(),
            private,
        };
        Ok(vec![decided.into()])
    }

    /// One lead and its helpers: real, different, none accused.
    pub(super) fn units_may_act(&self, lead: &str, helpers: &[String]) -> Result<(), Refusal> {
        self.unit_may_act(lead)?;
        helpers.iter().try_for_each(|unit| self.unit_may_act(unit))?;
        if helpers.iter().any(|unit| unit == lead) {
            return Err(Guard::OneLead.into());
        }
        if !are_few_and_different(helpers) {
            return Err(Guard::HelpersMax.into());
        }
        Ok(())
    }

    /// T8: the director lays it before a named leader.
    pub(super) fn report(&self, leader: &str, text: &str) -> Verdict {
        if !is_person(leader) {
            return Err(Guard::LeaderName.into());
        }
        self.not_recused(leader)?;
        let private = self.note(text)?;
        // B5: a consultation comes before it.
        if self.case.work.decision().is_none() {
            return Err(Guard::Consult.into());
        }
        let disposed = self.disposed(Disposition::LeaderReview)?;
        let (leader, by, at) = (leader.to_owned(), self.by(), self.now());
        let laid = Record::LaidBefore { leader, by, at, private };
        Ok(disposed.into_iter().chain([laid.into(), CaseEvent::ReportedToLeader]).collect())
    }

    /// B10: the leader's own words, verbatim and for ever.
    pub(super) fn instruct(&self, text: &str, docket: bool) -> Verdict {
        let private = self.note(text)?;
        let submission = self.case.work.submission.as_ref();
        if submission.is_some_and(|submission| submission.leader != self.actor.person) {
            return Err(Guard::OtherLeader.into());
        }
        if submission.is_some_and(|submission| submission.instruction.is_some()) {
            return Err(Guard::InstructedBefore.into());
        }
        let (leader, at) = (self.by(), self.now());
        // An operator's wrap-up lays a case before the leader who comes to it first.
        let laid = submission.is_none().then(|| {
            let (leader, by) = (leader.clone(), self.by());
            Record::LaidBefore { leader, by, at, private: Note::default() }.into()
        });
        let instructed = Record::Instructed { leader, at, docket, private };
        Ok(laid.into_iter().chain([instructed.into()]).collect())
    }
}

/// No more than a case can have, and none twice.
pub(super) fn are_few_and_different(units: &[String]) -> bool {
    let different: BTreeSet<&String> = units.iter().collect();
    units.len() <= UNITS_MAX && different.len() == units.len()
}
