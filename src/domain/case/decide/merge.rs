//! The same matter as another case, and back: T14.

use super::close::REOPEN_DAYS;
use super::{Guard, Scene, State, Verdict};
use crate::domain::case::deadline::local_day;
use crate::domain::case::event::CaseEvent;
use crate::domain::case::reasons::Notice;
use crate::domain::case::record::Record;
use crate::domain::case::task::MergeTarget;

impl Scene<'_> {
    /// T14: into an open case, or one that was closed within 30 days.
    pub(super) fn merge(&self, target: &MergeTarget) -> Verdict {
        if self.case.number == Some(target.number) {
            return Err(Guard::MergeSelf.into());
        }
        let fits = match target.state {
            Some(State::Closed | State::Archived) => {
                target.closed_on.is_some_and(|on| self.is_within(on, REOPEN_DAYS))
            }
            Some(state) => state.is_open(),
            None => false,
        };
        if !fits {
            return Err(Guard::MergeTarget.into());
        }
        let decided = Record::MergeDecided { by: self.by(), at: self.now() }.into();
        let told = self.notify(Notice::Merged, None);
        Ok(vec![decided, told, CaseEvent::Merged { into: target.number }])
    }

    /// T14: taken back within 30 days.
    pub(super) fn unmerge(&self) -> Verdict {
        let merged_on = self.case.work.merged_at.map(local_day);
        if merged_on.is_none_or(|on| !self.is_within(on, REOPEN_DAYS)) {
            return Err(Guard::UnmergeLate.into());
        }
        let unmerged = Record::Unmerged { by: self.by() }.into();
        Ok(vec![unmerged, self.notify(Notice::Unmerged, None)])
    }
}
