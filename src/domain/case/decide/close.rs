//! The ends of a case and the way back: T11, T13, T27, T28, and whether it is published (B7).

use super::{Guard, Refusal, Scene, Verdict};
use crate::domain::anonymise::anonymise;
use crate::domain::case::clock;
use crate::domain::case::event::{CaseEvent, LawfulChannel};
use crate::domain::case::fold::Case;
use crate::domain::case::reasons::{DeclineReason, KeepReason, Notice, ReopenReason};
use crate::domain::case::record::{Note, Proposal, Record};
use crate::domain::case::refusal::Missing;
use crate::domain::case::retention::Erasure;
use crate::domain::case::work::Waiting;
use crate::domain::case::wrap_up::DOMAIN_UNCODED;
use crate::domain::desk::Disposition;

/// T14, T28: so many calendar days after its end a case can still be taken up again.
pub(super) const REOPEN_DAYS: i64 = 30;

/// Which of the ten elements (C2) a case lacks.
#[must_use]
pub fn missing_elements(case: &Case) -> Missing {
    let work = &case.work;
    let reporter = case.private.can_be_answered() || work.had_contact || work.anonymous.is_some();
    // An erased case had a summary, as every numbered one has.
    let summary = case.summary.is_some() || work.erased == Some(Erasure::Everything);
    let answer = work.result.is_some() || (case.answered_directly && summary);
    let by_unit = !case.answered_directly;
    let asked = !work.grades.is_empty() || work.follow_up_ended.is_some();
    Missing::new([
        !reporter,
        case.received_at.is_none(),
        case.channel.is_none(),
        case.nature.is_none() || case.domain.as_deref().is_none_or(|code| code == DOMAIN_UNCODED),
        work.disposition().is_none(),
        case.due.is_none(),
        !answer,
        by_unit && work.handler.is_none(),
        by_unit && work.supervisor.is_none(),
        !asked,
    ])
}

impl Scene<'_> {
    /// T11: with a contact a second person must agree.
    pub(super) fn keep(&self, reason: KeepReason) -> Verdict {
        self.must_be_consulted()?;
        let disposed = self.disposed(Disposition::Kept)?;
        if self.case.private.can_be_answered() {
            let proposed = self.proposed(Proposal::Keep { reason }, Note::default())?;
            return Ok(disposed.into_iter().chain([proposed]).collect());
        }
        let because = Record::KeptBecause { reason, by: self.by(), second: None };
        Ok(disposed.into_iter().chain([because.into(), CaseEvent::Kept]).collect())
    }

    /// T11: the citizen is told, unless it was harassment.
    pub(super) fn kept(&self, reason: KeepReason, waiting: &Waiting) -> Vec<CaseEvent> {
        let (by, second) = (waiting.by.clone(), Some(self.by()));
        let because = Record::KeptBecause { reason, by, second }.into();
        let told = (reason != KeepReason::Harassment).then(|| self.notify(Notice::Thanks, None));
        std::iter::once(because).chain(told).chain([CaseEvent::Kept]).collect()
    }

    /// T13: always with a second person.
    pub(super) fn decline(&self, reason: DeclineReason, channel: LawfulChannel) -> Verdict {
        Ok(vec![self.proposed(Proposal::Decline { reason, channel }, Note::default())?])
    }

    /// T13: reason and route are told.
    pub(super) fn declined(
        &self,
        reason: DeclineReason,
        channel: LawfulChannel,
        waiting: &Waiting,
    ) -> Vec<CaseEvent> {
        let because =
            Record::DeclinedBecause { reason, by: waiting.by.clone(), second: self.by() }.into();
        vec![because, self.notify(Notice::Declined, None), CaseEvent::Declined { channel }]
    }

    /// B7: never where the citizen asked for secrecy; a notice has a text, and no people in it.
    pub(super) fn decide_publication(&self, publish: bool, text: &str) -> Verdict {
        if publish && self.case.work.secrecy {
            return Err(Guard::Unpublishable.into());
        }
        if publish && !anonymise(text).1.is_empty() {
            return Err(Guard::NamesPeople.into());
        }
        let private = if publish { self.note(text)? } else { Note::default() };
        let (by, at) = (self.by(), Some(self.now()));
        Ok(vec![Record::PublicationDecided { publish, by, at, private }.into()])
    }

    /// B7: a notice that stands can be taken back for as long as it may be read.
    pub(super) fn take_down(&self, reason: &str) -> Verdict {
        if self.case.work.publish != Some(true) {
            return Err(Guard::NotPublished.into());
        }
        let private = self.note(reason)?;
        Ok(vec![Record::PublicationWithdrawn { by: self.by(), private }.into()])
    }

    /// T27: ten elements, and the notice decided.
    pub(super) fn archive(&self) -> Verdict {
        let missing = missing_elements(self.case);
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing));
        }
        match self.case.work.publish {
            None => Err(Guard::Publication.into()),
            Some(_) => Ok(vec![CaseEvent::Archived]),
        }
    }

    /// T28: new facts within 30 days; another round, or an assignment where no unit had it.
    pub(super) fn reopen(&self, reason: ReopenReason, text: &str) -> Verdict {
        let private = self.note(text)?;
        if self.case.closed_on.is_none_or(|on| !self.is_within(on, REOPEN_DAYS)) {
            return Err(Guard::ReopenLate.into());
        }
        let reopened = Record::Reopened { reason, by: self.by(), private }.into();
        if self.case.unit.is_some() {
            return Ok(std::iter::once(reopened).chain(self.once_more()).collect());
        }
        let promised = clock::promise_anew(self.case, self.now(), self.context);
        let recalled = Record::Recalled { by: self.by() }.into();
        Ok([reopened, recalled].into_iter().chain(promised).collect())
    }
}
