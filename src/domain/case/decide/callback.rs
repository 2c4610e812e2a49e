//! The citizen's word (回访): T22, T23, T24, T26.

use super::{Guard, Refusal, Scene, Verdict};
use crate::domain::case::callback::is_spread;
use crate::domain::case::event::CaseEvent;
use crate::domain::case::follow_up::{self, FollowUpTry};
use crate::domain::case::reasons::{DocketReason, FollowUpOutcome, Grade, Notice, Trigger};
use crate::domain::case::record::Record;
use crate::domain::case::supervision::docketed;
use crate::domain::case::work::Waiting;

/// T23: in a later round than this a consultation decides.
const REDO_ROUND_MAX: u8 = 2;

impl Scene<'_> {
    /// T22: content. With grade 4 a supervisor decides what follows (T23, T24).
    pub(super) fn rate(&self, grade: Grade) -> Verdict {
        self.may_be_asked()?;
        let rated = Record::Rated { grade, by: self.by(), at: self.now() };
        let content = grade != Grade::Dissatisfied;
        let closed = content.then(|| CaseEvent::Closed { on: self.today() });
        Ok(std::iter::once(rated.into()).chain(closed).collect())
    }

    /// Not by the unit, and not about what was graded already.
    pub(super) fn may_be_asked(&self) -> Result<(), Refusal> {
        self.not_of_the_unit()?;
        match self.case.work.grade_of(self.case.round) {
            Some(_) => Err(Guard::GradeGiven.into()),
            None => Ok(()),
        }
    }

    pub(super) fn must_be_dissatisfied(&self) -> Result<(), Refusal> {
        match self.case.work.grade_of(self.case.round) {
            Some(Grade::Dissatisfied) => Ok(()),
            _ => Err(Guard::NotDissatisfied.into()),
        }
    }

    /// T23: once more; in the third round a consultation, and without a unit an assignment.
    pub(super) fn redo(&self) -> Verdict {
        self.must_be_dissatisfied()?;
        let judged = Record::Judged { reasonable: true, by: self.by(), second: None }.into();
        if self.case.unit.is_none() {
            let recalled = Record::Recalled { by: self.by() }.into();
            return Ok(vec![judged, recalled, self.notify(Notice::Redo, None)]);
        }
        if self.case.round > REDO_ROUND_MAX {
            return Ok(std::iter::once(judged).chain(self.called(Trigger::RedoLimit)).collect());
        }
        let second = self.case.round == REDO_ROUND_MAX;
        let docket = second
            .then(|| docketed(self.case, DocketReason::SecondRedo, &self.actor.person, self.now()));
        Ok(std::iter::once(judged).chain(self.once_more()).chain(docket).collect())
    }

    /// Another round with the same unit: a new clock, and the citizen's date with its notice.
    pub(super) fn once_more(&self) -> [CaseEvent; 3] {
        let due = self.unit_due();
        let told = self.notify(Notice::Redo, Some(&due));
        let helpers = self.case.work.helpers.iter().cloned().collect();
        let dispatched = Record::Dispatched { at: self.now(), helpers, by: self.by() };
        [told, CaseEvent::Redone { due }, dispatched.into()]
    }

    /// T24: a second person agreed that it is not reasonable.
    pub(super) fn closed_unreasonable(&self, waiting: &Waiting) -> Vec<CaseEvent> {
        let (by, second) = (waiting.by.clone(), Some(self.by()));
        let judged = Record::Judged { reasonable: false, by, second };
        vec![judged.into(), CaseEvent::Closed { on: self.today() }]
    }

    /// T26: a try that brought no grade; the last one closes the case, the result goes by text to
    /// the citizen and to nobody else.
    pub(super) fn follow_up(&self, this: FollowUpTry) -> Verdict {
        self.may_be_asked()?;
        if !follow_up::is_rung(self.case, this.means) {
            return Err(Guard::Ladder.into());
        }
        let (at, FollowUpTry { means, outcome }) = (self.now(), this);
        let done = match outcome {
            FollowUpOutcome::NoAnswer | FollowUpOutcome::Busy | FollowUpOutcome::Unobtainable => {
                let before = self.case.work.follow_ups.iter().map(|tried| tried.at);
                is_spread(before.chain([at]))
            }
            _ => true,
        };
        let tried = Record::FollowedUp { means, outcome, by: self.by(), done, at }.into();
        if !done {
            return Ok(vec![tried]);
        }
        let closed = CaseEvent::Closed { on: self.today() };
        // Somebody else answers there: nothing of the matter goes to that number.
        let reached = outcome != FollowUpOutcome::WrongPerson;
        let told = reached.then(|| self.notify(Notice::Reply, None));
        Ok(std::iter::once(tried).chain(told).chain([closed]).collect())
    }
}
