//! What people do on the ladder of supervision (3.5); what falls due by itself is the timetable's.

use super::{Guard, Scene, Verdict};
use crate::domain::case::admonition::Admonition;
use crate::domain::case::reasons::{DocketReason, LiftReason};
use crate::domain::case::record::Record;
use crate::domain::case::supervision::{Due, Warning, docketed, warned};

impl Scene<'_> {
    /// Level 0: the citizen asks again.
    pub(super) fn remind(&self) -> Verdict {
        if self.case.unit.is_none() {
            return Err(Guard::NoReminder.into());
        }
        let due = Due { warning: Warning::Reminder, at: self.now(), late: false };
        Ok(vec![warned(self.case, due, self.case.work.clock)])
    }

    /// Level 3.
    pub(super) fn docket(&self, reason: DocketReason) -> Verdict {
        if self.case.work.is_docketed() {
            return Err(Guard::DocketedBefore.into());
        }
        Ok(vec![docketed(self.case, reason, &self.actor.person, self.now())])
    }

    pub(super) fn lift(&self, reason: LiftReason) -> Verdict {
        match self.case.work.is_docketed() {
            true => Ok(vec![Record::SupervisionLifted { reason, by: self.by() }.into()]),
            false => Err(Guard::NotDocketed.into()),
        }
    }

    /// Level 4: a director signs what the ladder proposes.
    pub(super) fn sign_admonition(&self) -> Verdict {
        match self.case.work.admonition {
            Some(Admonition::Proposed) => {
                Ok(vec![Record::AdmonitionSigned { by: self.by() }.into()])
            }
            _ => Err(Guard::NoAdmonition.into()),
        }
    }

    /// Level 4: a leader decides; nothing else follows from it here (D9).
    pub(super) fn decide_admonition(&self, admonish: bool) -> Verdict {
        match self.case.work.admonition {
            Some(Admonition::Signed) => {
                Ok(vec![Record::AdmonitionDecided { admonish, by: self.by() }.into()])
            }
            _ => Err(Guard::NoAdmonition.into()),
        }
    }
}
