//! The wait for a person: what is asked of the queue, and what the citizen hears of his place.

use super::Line;
use crate::domain::call::contract::{Action, EndedBy};
use crate::domain::call::people::{
    KeptPlace, NextListeningDay, NoPerson, Place, Seats, SeekFrom, StopReason,
};
use crate::domain::call::words::{Sentence, Value, sentence, with};
use crate::domain::speech::PromptId;
use std::time::Instant;

/// Whether a person is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Search {
    /// Nobody is looked for.
    #[default]
    None,
    /// Seats are offered the call.
    Sought,
    /// The place is kept without offers.
    Paused,
}

/// One wait, from its first offer to its end.
#[derive(Debug, Default)]
pub(super) struct Wait {
    search: Search,
    /// People are there, but they cannot be waited for: what is left is a callback, which keeps
    /// the place where one is still kept, or a message.
    over: bool,
    /// For the leader of a listening day.
    leader: bool,
    /// When the citizen first waited rather than heard the greeting.
    began: Option<Instant>,
    place: Option<Place>,
    /// How many were before him when it was told last, and when.
    told: Option<(u32, Instant)>,
    busy_told: bool,
    offered_at: Option<Instant>,
    /// To be said at the next occasion.
    news: Vec<Sentence>,
}

impl Line {
    /// Looks for a person.
    pub(in crate::domain::call) fn seek(&mut self, group: String, from: SeekFrom, leader: bool) {
        debug_assert!(!self.seeks(), "I13: one search at a time");
        self.wait = Wait { search: Search::Sought, leader, ..Wait::default() };
        self.group.clone_from(&group);
        self.actions.push_back(Action::Seek { group, from });
    }

    /// Looks for a person again, at the head; without a group for the same as before.
    pub(in crate::domain::call) fn seek_again(&mut self, group: Option<String>, leader: bool) {
        let group = group.unwrap_or_else(|| self.group.clone());
        self.seek(group, SeekFrom::Head, leader);
    }

    /// True while a person is looked for or the place is kept.
    pub(in crate::domain::call) fn seeks(&self) -> bool {
        self.wait.search != Search::None
    }

    /// True while a person may be promised: he is looked for, and the longest wait is not reached.
    pub(in crate::domain::call) fn waits(&self) -> bool {
        self.seeks() && !self.wait.over
    }

    /// From now on the citizen waits rather than hears the greeting.
    pub(in crate::domain::call) fn begin_wait(&mut self) {
        self.wait.began.get_or_insert(self.now);
    }

    /// The citizen does something else: no offers, his place is kept.
    pub(in crate::domain::call) fn pause_seeking(&mut self) {
        if self.wait.search == Search::Sought {
            self.wait.search = Search::Paused;
            self.actions.push_back(Action::PauseSeeking);
        }
    }

    /// The citizen waits again.
    pub(in crate::domain::call) fn resume_seeking(&mut self) {
        if self.wait.search == Search::Paused {
            self.wait.search = Search::Sought;
            self.actions.push_back(Action::ResumeSeeking);
        }
    }

    /// The call goes on without a person, or ends.
    pub(in crate::domain::call) fn stop_seeking(&mut self) {
        if self.seeks() {
            let why = match self.ended_by {
                _ if self.wait.over => StopReason::WaitedTooLong,
                _ if self.fruitful && !self.owes_talk() => StopReason::Served,
                Some(EndedBy::Citizen) => StopReason::Abandoned,
                _ => StopReason::Ended,
            };
            self.actions.push_back(Action::StopSeeking(why));
        }
        self.search_ended();
    }

    /// The search ended without our word: somebody was found, or nobody will be.
    pub(in crate::domain::call) fn search_ended(&mut self) {
        self.wait = Wait::default();
    }

    /// Nobody comes: from now on nothing may promise a person.
    pub(in crate::domain::call) fn nobody_comes(&mut self, why: NoPerson) {
        self.search_ended();
        self.wait.over = why == NoPerson::TooMany;
        self.incoming.seats = Seats::None;
    }

    /// Keeps the place for a callback when there is one; gives the estimate that goes with it.
    pub(in crate::domain::call) fn keep_place(&mut self, kept: KeptPlace) -> Option<u32> {
        if !self.seeks() {
            return None;
        }
        let minutes = self.wait.place.and_then(|place| place.minutes);
        self.actions.push_back(Action::KeepPlace(kept));
        self.search_ended();
        minutes
    }

    /// Gives up the wait; the place stays good for a callback.
    pub(in crate::domain::call) fn wait_no_longer(&mut self) {
        self.pause_seeking();
        self.wait.over = self.seeks();
    }

    /// True when the longest wait is behind the citizen, or too many wait.
    pub(in crate::domain::call) fn waited_too_long(&self) -> bool {
        self.wait.over
    }

    /// True when the longest wait is reached now.
    pub(in crate::domain::call) fn wait_is_over(&self) -> bool {
        self.wait.began.is_some_and(|began| self.now >= began + self.rules.wait_max)
    }

    /// The queue tells the place.
    pub(in crate::domain::call) fn placed(&mut self, place: Place) {
        self.wait.place = Some(place);
    }

    /// The listening day is over while the citizen waits (D06, D07).
    pub(in crate::domain::call) fn listening_over(&mut self, next: Option<NextListeningDay>) {
        if self.waits() {
            self.wait.leader = false;
            // His place among those who wait for an operator is another one.
            (self.wait.place, self.wait.told) = (None, None);
            self.wait.news = listening_over(next);
        }
    }

    /// What is due to be said to a citizen who waits.
    pub(in crate::domain::call) fn due_in_queue(&mut self) -> Vec<Sentence> {
        let now = self.now;
        let began = self.wait.began.unwrap_or(now);
        let busy = now >= began + self.rules.busy_after;
        let mut words = std::mem::take(&mut self.wait.news);
        if busy && !std::mem::replace(&mut self.wait.busy_told, true) && !self.wait.leader {
            words.push(sentence(PromptId::Q01));
        }
        if self.place_at(began) <= now
            && let Some(place) = self.place()
        {
            self.wait.told = self.wait.place.map(|place| (place.ahead, now));
            words.push(place);
        }
        if busy && !std::mem::replace(&mut self.emergency_told, true) {
            words.push(sentence(PromptId::G04));
        }
        if self.incoming.store_up && self.offer_at(began) <= now {
            self.wait.offered_at = Some(now);
            words.push(sentence(PromptId::Q04));
        }
        words
    }

    /// When [`Line::due_in_queue`] has something again, or the longest wait is reached.
    pub(in crate::domain::call) fn next_in_queue(&self) -> Instant {
        let began = self.wait.began.unwrap_or(self.now);
        let busy = (!self.wait.busy_told).then(|| began + self.rules.busy_after);
        let place = self.place().map(|_| self.place_at(began));
        let offer = self.incoming.store_up.then(|| self.offer_at(began));
        let news = (!self.wait.news.is_empty()).then_some(self.now);
        let end = began + self.rules.wait_max;
        [busy, place, offer, news].into_iter().flatten().fold(end, Instant::min)
    }

    fn place_at(&self, began: Instant) -> Instant {
        match self.wait.told {
            Some((_, at)) => at + self.rules.place_every,
            None if self.wait.leader => began,
            None => began + self.rules.busy_after,
        }
    }

    fn offer_at(&self, began: Instant) -> Instant {
        let again = self.wait.offered_at.map(|at| at + self.rules.offer_every);
        again.unwrap_or(began + self.rules.offer_after)
    }

    /// The place in words, when it is better than what was told and can be told honestly.
    fn place(&self) -> Option<Sentence> {
        let Place { ahead, minutes } = self.wait.place?;
        if self.wait.told.is_some_and(|(told, _)| ahead >= told) {
            return None;
        }
        if self.wait.leader {
            return Some(with(PromptId::D04, "n", Value::Count(ahead.saturating_add(1))));
        }
        if ahead == 0 {
            return Some(sentence(PromptId::Q03));
        }
        let values =
            |minutes: u32| vec![("n", Value::Count(ahead)), ("m", Value::Count(minutes.max(1)))];
        minutes.map(|minutes| Sentence::Script(PromptId::Q02, values(minutes)))
    }
}

/// D06, and D07 where the next day is known.
pub(in crate::domain::call) fn listening_over(next: Option<NextListeningDay>) -> Vec<Sentence> {
    let next = next.map(|next| {
        let date = Value::Date(next.date);
        let values = vec![
            ("date", date.clone()),
            ("wd", date),
            ("open", Value::Time(next.hours.open)),
            ("close", Value::Time(next.hours.close)),
        ];
        Sentence::Script(PromptId::D07, values)
    });
    std::iter::once(sentence(PromptId::D06)).chain(next).collect()
}
