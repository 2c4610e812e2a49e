//! From a draft to a numbered case, and a citizen who takes it back: T2, T3, T29.

use super::{Guard, Scene, Verdict};
use crate::domain::case::event::CaseEvent;
use crate::domain::case::reasons::{AnonymousReason, DiscardReason, Urgency};
use crate::domain::case::record::Record;
use crate::domain::case::workflow::accept;
use crate::units::CallId;

impl Scene<'_> {
    /// T2: a summary, a channel, and a contact or the reason why there is none.
    pub(super) fn accept(&self, summary: &str, anonymous: Option<AnonymousReason>) -> Verdict {
        if self.case.private.contact.is_none() && anonymous.is_none() {
            return Err(Guard::Contact.into());
        }
        let accepted = accept(summary.to_owned(), self.by(), self.context)?;
        let anonymous = anonymous.map(|reason| Record::Anonymous { reason }.into());
        Ok(anonymous.into_iter().chain([accepted]).collect())
    }

    /// T3: counted apart.
    pub(super) fn discard(&self, reason: DiscardReason) -> Verdict {
        let because = Record::DiscardedBecause { reason, by: self.by() };
        Ok(vec![because.into(), CaseEvent::Kept])
    }

    /// T29: the citizen takes it back, verified by a call. A safety risk stays.
    pub(super) fn withdraw(&self, call: &CallId) -> Verdict {
        if self.case.work.urgency == Urgency::Immediate {
            return Err(Guard::SafetyRisk.into());
        }
        let verified = Record::WithdrawalVerified { call: call.clone(), by: self.by() };
        Ok(vec![verified.into(), CaseEvent::Withdrawn])
    }
}
