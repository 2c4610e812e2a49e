//! The centre looks at the answer: T20, T21, and T25 where the citizen knows of none.

use super::{Guard, Refusal, Role, Scene, Verdict};
use crate::domain::case::event::CaseEvent;
use crate::domain::case::reasons::{DocketReason, Notice, ReviewFault};
use crate::domain::case::record::Record;
use crate::domain::case::supervision::docketed;

impl Scene<'_> {
    /// T20: the citizen gets the reply. T21: the unit's clock counts on as if it had never stopped.
    pub(super) fn review(&self, fault: Option<ReviewFault>) -> Verdict {
        // 3.5: what is on the docket is not closed by the unit and a clerk alone.
        if self.case.work.is_docketed() && !self.is(Role::Supervisor) {
            let may = &[Role::Supervisor];
            return Err(Refusal::Role { rule: "3.5", act: "审核挂号督办事项", may });
        }
        let reviewed = Record::Reviewed { fault, by: self.by() }.into();
        Ok(match fault {
            Some(_) => vec![reviewed, CaseEvent::HandlingStarted],
            None => {
                let told = self.notify(Notice::Reply, None);
                vec![reviewed, told, CaseEvent::CallbackDue { answered_directly: false }]
            }
        })
    }

    /// T25: 虚假反馈, on the docket, and back to the unit with its old clock.
    pub(super) fn report_false_feedback(&self) -> Verdict {
        // A grade is an answer to the answer; it leads on by T23 and T24.
        self.may_be_asked()?;
        if self.case.unit.is_none() || self.case.answered_directly {
            return Err(Guard::NoFeedback.into());
        }
        let flagged = Record::FalseFeedback { by: self.by(), at: self.now() };
        let docket = (!self.case.work.is_docketed()).then(|| {
            docketed(self.case, DocketReason::FalseFeedback, &self.actor.person, self.now())
        });
        let back = [flagged.into(), CaseEvent::HandlingStarted];
        Ok(back.into_iter().chain(docket).collect())
    }
}
