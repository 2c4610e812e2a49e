//! The places of callers who hung up and may call again within a minute.

use super::contract::GroupId;
use super::waiting::Place;
use crate::units::PhoneNumber;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

/// Places remembered; the oldest gives way.
pub const RESUMES_MAX: usize = 4096;

/// The remembered places, by telephone number.
#[derive(Debug, Default)]
pub(super) struct Resumes {
    by_number: BTreeMap<PhoneNumber, (GroupId, Place, Instant)>,
    /// In the order in which they run out.
    ends: VecDeque<(Instant, PhoneNumber)>,
}

impl Resumes {
    /// Remembers a place until then.
    pub(super) fn keep(&mut self, number: PhoneNumber, group: GroupId, place: Place, end: Instant) {
        if self.ends.len() >= RESUMES_MAX
            && let Some((end, number)) = self.ends.pop_front()
        {
            self.forget(&number, end);
        }
        self.ends.push_back((end, number.clone()));
        self.by_number.insert(number, (group, place, end));
    }

    /// Takes the place of this number in this group, if it has one.
    pub(super) fn take(
        &mut self,
        number: &PhoneNumber,
        group: GroupId,
        now: Instant,
    ) -> Option<Place> {
        while let Some((end, number)) = self.ends.pop_front_if(|(end, _)| *end < now) {
            self.forget(&number, end);
        }
        let (of, place, _) = *self.by_number.get(number)?;
        if of != group {
            return None;
        }
        self.by_number.remove(number);
        Some(place)
    }

    /// Forgets a place, unless it was remembered anew meanwhile.
    fn forget(&mut self, number: &PhoneNumber, end: Instant) {
        if self.by_number.get(number).is_some_and(|kept| kept.2 == end) {
            self.by_number.remove(number);
        }
    }
}
