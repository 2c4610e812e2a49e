//! What a unit does: extension and result, T18 and T19.

use super::{Guard, Refusal, Scene, Verdict};
use crate::domain::case::deadline::Deadline;
use crate::domain::case::event::{CaseEvent, DueDate, ExtensionReason};
use crate::domain::case::reasons::Notice;
use crate::domain::case::record::{Note, Proposal, Record};
use crate::domain::case::work::Waiting;

/// Longest extension, in working days (Shandong 2020).
pub const EXTENSION_DAYS_MAX: u16 = 10;

impl Scene<'_> {
    /// T18: once, before it is due, for a reason.
    pub(super) fn ask_extension(&self, days: u16, reason: ExtensionReason) -> Verdict {
        self.may_be_extended(days)?;
        Ok(vec![self.proposed(Proposal::Extension { days, reason }, Note::default())?])
    }

    /// T18: the director decides while it still runs, and the citizen is told.
    pub(super) fn extended(&self, days: u16, reason: ExtensionReason) -> Verdict {
        let told = self.may_be_extended(days)?;
        let (rules, calendar) = (self.context.rules, self.context.calendar);
        let due: DueDate = Deadline::from(told.clone()).extended(days, rules, calendar).into();
        let notice = self.notify(Notice::Extended, Some(&due));
        Ok(vec![notice, CaseEvent::Extended { due, reason }])
    }

    fn may_be_extended(&self, days: u16) -> Result<&DueDate, Refusal> {
        if self.case.extended.is_some() {
            return Err(Refusal::ExtendedBefore);
        }
        if !(1..=EXTENSION_DAYS_MAX).contains(&days) {
            return Err(Guard::ExtensionDays.into());
        }
        let due = self.case.unit_due.as_ref().filter(|due| self.context.now < due.at);
        due.ok_or_else(|| Guard::Expired.into())
    }

    /// T19: what was done, for the signature of the unit's leader.
    pub(super) fn feed_back(&self, text: &str, contacted: bool, evidence: bool) -> Verdict {
        let reachable = self.case.private.contact.is_some() && !self.case.work.secrecy;
        if reachable && !contacted {
            return Err(Guard::NotContacted.into());
        }
        self.propose(Proposal::Feedback { contacted, evidence }, text)
    }

    /// T19: signed; the unit's clock stops for the while.
    pub(super) fn fed_back(
        &self,
        contacted: bool,
        evidence: bool,
        waiting: &Waiting,
    ) -> Vec<CaseEvent> {
        let result = Record::ResultReported {
            by: waiting.by.clone(),
            signed_by: Some(self.by()),
            contacted,
            evidence,
            at: self.now(),
            private: Note { text: waiting.text.clone() },
        };
        vec![result.into(), CaseEvent::FedBack]
    }
}
