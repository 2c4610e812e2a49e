//! To a unit or to readers, and back: T9, T10, T15, T16, T17.

use super::consult::are_few_and_different;
use super::{Guard, Refusal, Role, Scene, State, Verdict};
use crate::domain::case::actor::is_person;
use crate::domain::case::deadline::Deadline;
use crate::domain::case::event::CaseEvent;
use crate::domain::case::reasons::{DocketReason, Notice, ReturnReason, Trigger};
use crate::domain::case::record::{Note, Proposal, Record};
use crate::domain::case::supervision::docketed;
use crate::domain::desk::Disposition;

/// A case is returned within so many working days (Shandong 2020).
const RETURN_DAYS: u16 = 2;

impl Scene<'_> {
    /// T9: one lead unit, not accused; the unit's clock begins, unit and citizen are told.
    pub(super) fn assign(&self, unit: &str, helpers: &[String]) -> Verdict {
        let state = self.case.state;
        self.units_may_act(unit, helpers)?;
        self.may_go_on()?;
        let by_decision = state == Some(State::LeaderReview) || !helpers.is_empty();
        if by_decision && !self.is(Role::Director) {
            return Err(Guard::Director.into());
        }
        self.follows_decision(unit, helpers)?;
        let disposed = self.disposed(Disposition::Assigned)?;
        let (at, by) = (self.now(), self.by());
        let dispatched = Record::Dispatched { at, helpers: helpers.to_vec(), by };
        let assigned = CaseEvent::Assigned { unit: unit.to_owned(), due: self.unit_due() };
        let told = self.notify(Notice::Assigned, None);
        let ordered = self.case.work.submission.as_ref().is_some_and(|s| s.docket);
        let docket = (ordered && state == Some(State::LeaderReview))
            .then(|| docketed(self.case, DocketReason::LeaderOrder, &self.actor.person, at));
        let events = disposed.into_iter().chain([dispatched.into(), assigned, told]);
        Ok(events.chain(docket).collect())
    }

    /// A consultation has decided where one is needed; a leader has instructed where it lies.
    fn may_go_on(&self) -> Result<(), Refusal> {
        match self.case.state {
            Some(State::LeaderReview) => {
                let instructed =
                    self.case.work.submission.as_ref().map(|s| s.instruction.is_some());
                if instructed == Some(true) { Ok(()) } else { Err(Guard::Instruction.into()) }
            }
            Some(State::Consulting) if self.case.work.decision().is_none() => {
                Err(Guard::Consult.into())
            }
            _ => self.must_be_consulted(),
        }
    }

    /// What a consultation decided is carried out as it was decided.
    fn follows_decision(&self, unit: &str, helpers: &[String]) -> Result<(), Refusal> {
        if self.case.state != Some(State::Consulting) {
            return Ok(());
        }
        let Some((what, lead, decided)) = self.case.work.decision() else { return Ok(()) };
        let same = lead.as_deref() == Some(unit) && decided.as_slice() == helpers;
        match *what == Disposition::Assigned && (same || self.is_void(lead.as_ref())) {
            true => Ok(()),
            false => Err(Guard::Decided.into()),
        }
    }

    /// T10: to be read, with thanks to the citizen.
    pub(super) fn circulate(&self, readers: &[String]) -> Verdict {
        if readers.is_empty() || !are_few_and_different(readers) {
            return Err(Guard::Readers.into());
        }
        readers.iter().try_for_each(|unit| self.unit_may_act(unit))?;
        self.may_go_on()?;
        let disposed = self.disposed(Disposition::Circulated)?;
        let (readers, by, at) = (readers.to_vec(), self.by(), self.now());
        let named = Record::ReadersNamed { readers, by, at };
        let told = self.notify(Notice::Thanks, None);
        Ok(disposed.into_iter().chain([named.into(), told, CaseEvent::Circulated]).collect())
    }

    /// T10: a read receipt of one's own unit.
    pub(super) fn read(&self) -> Verdict {
        let unit = self.actor.unit.as_ref();
        let unread = unit.filter(|unit| self.case.work.readers.get(*unit) == Some(&None));
        let reader = unread.ok_or(Guard::NotReader)?.clone();
        Ok(vec![Record::ReadBy { reader, by: self.by(), at: self.now() }.into()])
    }

    /// T15: the unit signs for it and names the handler.
    pub(super) fn sign(&self, handler: &str) -> Verdict {
        if !is_person(handler) {
            return Err(Guard::HandlerName.into());
        }
        self.not_recused(handler)?;
        let named = Record::HandlerNamed { handler: handler.to_owned(), by: self.by() };
        Ok(vec![named.into(), CaseEvent::HandlingStarted])
    }

    /// T16: the clocks run on.
    pub(super) fn ask_return(&self, reason: ReturnReason, suggested: &str) -> Verdict {
        let unit = self.case.unit.as_deref().ok_or(Guard::Unknown)?;
        if self.case.work.is_fixed(unit) {
            return Err(Guard::ReturnFixed.into());
        }
        self.unit_may_act(suggested)?;
        if suggested == unit {
            return Err(Guard::Suggestion.into());
        }
        let limit = |from| {
            let (rules, calendar) = (self.context.rules, self.context.calendar);
            Deadline::working(from, RETURN_DAYS, rules, calendar).at
        };
        if self.case.work.unit_from.is_none_or(|from| self.context.now > limit(from)) {
            return Err(Guard::ReturnLate.into());
        }
        let what = Proposal::Return { reason, suggested: suggested.to_owned() };
        Ok(vec![self.proposed(what, Note::default())?])
    }

    /// T17: to be assigned anew; the second return goes to a consultation (B5).
    pub(super) fn returned(&self, reason: ReturnReason) -> Vec<CaseEvent> {
        let returned = Record::Returned { reason, by: self.by() }.into();
        let again = self.case.work.returns > 0;
        let called = again.then(|| self.called(Trigger::Returned)).into_iter().flatten();
        std::iter::once(returned).chain(called).collect()
    }
}
