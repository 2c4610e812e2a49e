//! Answered while the citizen is on the line: T5, T6.

use super::{Guard, Scene, Verdict};
use crate::domain::case::event::CaseEvent;
use crate::domain::case::reasons::Grade;
use crate::domain::case::record::{Note, Record};
use crate::domain::desk::Disposition;
use crate::units::CallId;

impl Scene<'_> {
    /// T5: a grade that is given in the call counts as the callback.
    pub(super) fn answer(&self, text: &str, grade: Option<Grade>) -> Verdict {
        let private = self.note(text)?;
        let disposed = self.disposed(Disposition::Answered)?;
        let rated = grade.map(|grade| {
            let rated = Record::Rated { grade, by: self.by(), at: self.now() };
            let content = grade != Grade::Dissatisfied;
            let closed = content.then(|| CaseEvent::Closed { on: self.today() });
            std::iter::once(rated.into()).chain(closed)
        });
        let answered = self.answered_directly(private);
        Ok(disposed.into_iter().chain(answered).chain(rated.into_iter().flatten()).collect())
    }

    /// T6: the conference solved it.
    pub(super) fn solve_in_call(&self, call: &CallId, text: &str) -> Verdict {
        let private = self.note(text)?;
        let disposed = self.disposed(Disposition::ThreeWay)?;
        if self.case.unit.is_some() {
            return Err(Guard::Disposition.into());
        }
        let solved = Record::SolvedInCall { call: call.clone(), by: self.by() };
        let answered = self.answered_directly(private);
        Ok(disposed.into_iter().chain([solved.into()]).chain(answered).collect())
    }

    fn answered_directly(&self, private: Note) -> [CaseEvent; 2] {
        let result = Record::ResultReported {
            by: self.by(),
            signed_by: None,
            contacted: true,
            evidence: false,
            at: self.now(),
            private,
        };
        [result.into(), CaseEvent::CallbackDue { answered_directly: true }]
    }
}
