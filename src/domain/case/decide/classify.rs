//! What a matter is: T4, its urgency, its disposition (B2), secrecy, accused units.

use super::{Guard, Scene, Verdict};
use crate::domain::case::actor::is_person;
use crate::domain::case::clock;
use crate::domain::case::event::{CaseEvent, Channel};
use crate::domain::case::reasons::{AskedFor, DispositionReason, Urgency, UrgencyReason};
use crate::domain::case::record::{Note, Record};
use crate::domain::case::status::State;
use crate::domain::case::task::Classification;
use crate::domain::case::unit::is_unit_id;
use crate::domain::desk::Disposition;
use crate::units::PhoneNumber;
use jiff::civil::Date;

/// Longest description of a place.
const PLACE_CHARS_MAX: usize = 200;

/// Working days in which a citizen is to say what he was asked for (M2); his period runs on meanwhile.
const MORE_WORKING_DAYS: u8 = 2;

impl Scene<'_> {
    /// T4; from 留存 and 转阅 the case is open again, with a new date for the citizen. Also what a
    /// wrap-up has classified without a code, wherever it is by then.
    pub(super) fn classify(&self, found: &Classification) -> Verdict {
        let by = self.by();
        if self.case.number.is_none() {
            return Err(Guard::Unnumbered.into());
        }
        let place = found.place.trim();
        if place.is_empty() || place.chars().count() > PLACE_CHARS_MAX {
            return Err(Guard::Place.into());
        }
        if found.domain.len() != 6 || !found.domain.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Guard::Domain.into());
        }
        if !found.accused.iter().all(|unit| is_unit_id(unit)) {
            return Err(Guard::Unit.into());
        }
        if self.case.is_uncoded() && self.case.state != Some(State::Classified) {
            return self.code(found, place);
        }
        let anew = match self.case.state {
            Some(State::Accepted | State::Classified) => vec![],
            _ => clock::promise_anew(self.case, self.now(), self.context),
        };
        let accused = found.accused.iter().cloned();
        let accused = accused.map(|unit| Record::AccusedNamed { unit, by: by.clone() }.into());
        let (nature, domain) = (found.nature, found.domain.clone());
        let classified = CaseEvent::Classified { nature, domain };
        let facts = self.facts(found, place);
        Ok(anew.into_iter().chain(accused).chain([facts, classified]).collect())
    }

    fn facts(&self, found: &Classification, place: &str) -> CaseEvent {
        let facts = Record::FactsRecorded {
            urgency: found.urgency,
            group_size: found.group_size,
            repeats: found.repeats,
            duty: found.duty.clone(),
            by: self.by(),
            private: Note { text: place.to_owned() },
        };
        facts.into()
    }

    /// The case stays where it is, unless the unit that has it is accused.
    fn code(&self, found: &Classification, place: &str) -> Verdict {
        let mut events = vec![];
        for unit in &found.accused {
            if !self.case.work.accused.contains(unit) {
                events.extend(self.name_accused(unit)?);
            }
        }
        let (nature, domain) = (found.nature, found.domain.clone());
        let coded = Record::Coded { nature, domain, by: self.by() };
        // Of a unit that is out no date is left to move.
        let out = self.case.unit.as_ref().is_some_and(|unit| found.accused.contains(unit));
        let nearer = self.nearer(found.urgency).filter(|_| !out);
        events.extend([self.facts(found, place), coded.into()]);
        Ok(events.into_iter().chain(nearer).collect())
    }

    /// A shorter limit holds for the unit at once; a longer one needs an extension (T18).
    pub(super) fn set_urgency(&self, urgency: Urgency, reason: UrgencyReason) -> Verdict {
        if self.case.work.urgency == urgency {
            return Err(Guard::SameUrgency.into());
        }
        let set = Record::UrgencySet { urgency, reason, by: self.by() };
        Ok(std::iter::once(set.into()).chain(self.nearer(urgency)).collect())
    }

    /// The unit's new date, where its clock runs and an urgency brings it nearer.
    fn nearer(&self, urgency: Urgency) -> Option<CaseEvent> {
        let runs = self.case.state.is_some_and(|state| state.is_at_unit());
        let anew = clock::unit_deadline(self.now(), urgency, self.context);
        let nearer = self.case.unit_due.as_ref().is_some_and(|due| runs && anew.at < due.at);
        let moved = Record::Recomputed { due: None, unit_due: Some(anew.into()), from: None };
        nearer.then(|| moved.into())
    }

    /// B2: chosen, or changed with a reason, until the assignment; every choice is kept.
    pub(super) fn choose(
        &self,
        what: Disposition,
        code: Option<&String>,
        why: Option<DispositionReason>,
    ) -> Verdict {
        let same_code = self.case.work.local_disposition.as_ref() == code;
        match self.case.work.disposition() {
            Some(chosen) if chosen == what && same_code => return Err(Guard::SameAgain.into()),
            _ if what == Disposition::NoMatter => return Err(Guard::Disposition.into()),
            Some(_) if why.is_none() => return Err(Guard::DispositionReason.into()),
            _ => {}
        }
        let (disposition, code, by) = (what, code.cloned(), self.by());
        let chosen = Record::DispositionChosen { disposition, code, reason: why, by };
        Ok(vec![chosen.into()])
    }

    /// 4.3: he answers by the way that he is asked.
    pub(super) fn ask_more(&self, missing: &[AskedFor]) -> Verdict {
        let contact = self.case.private.contact.as_ref();
        let by_mail = self.case.channel == Some(Channel::Email);
        if !by_mail && !contact.is_some_and(PhoneNumber::is_mobile) {
            return Err(Guard::NoText.into());
        }
        let mut missing = missing.to_vec();
        missing.sort_unstable();
        missing.dedup();
        let until = Some(self.waited_until());
        Ok(vec![Record::MoreAsked { missing, until, by: self.by() }.into()])
    }

    /// Until when more is waited for, never past what the citizen was promised while that is to come.
    fn waited_until(&self) -> Date {
        let mut day = self.today();
        for _ in 0..MORE_WORKING_DAYS {
            let next = day.tomorrow().unwrap_or(day);
            day = self.context.calendar.next_working(next);
        }
        let promised = self.case.due.as_ref().map(|due| due.on);
        promised.filter(|due| *due > self.today()).map_or(day, |due| day.min(due))
    }

    pub(super) fn set_secrecy(&self, wanted: bool) -> Verdict {
        match self.case.work.secrecy == wanted {
            true => Err(Guard::SameAgain.into()),
            false => Ok(vec![Record::SecrecyAsked { wanted, by: self.by() }.into()]),
        }
    }

    /// 3.7: cut off by the director; he sees nothing of the case any more.
    pub(super) fn recuse(&self, person: &str) -> Verdict {
        if !is_person(person) {
            return Err(Guard::Person.into());
        }
        if self.case.work.recused.contains(person) {
            return Err(Guard::SameAgain.into());
        }
        let person = person.to_owned();
        Ok(vec![Record::PersonRecused { person, by: self.by() }.into()])
    }

    pub(super) fn readmit(&self, person: &str) -> Verdict {
        if !self.case.work.recused.contains(person) {
            return Err(Guard::NotRecused.into());
        }
        let person = person.to_owned();
        Ok(vec![Record::PersonReadmitted { person, by: self.by() }.into()])
    }

    /// Invariant 3: an accused unit is out at once, and the case goes back to be assigned anew.
    pub(super) fn name_accused(&self, unit: &str) -> Verdict {
        if !is_unit_id(unit) {
            return Err(Guard::Unit.into());
        }
        if self.case.work.accused.contains(unit) {
            return Err(Guard::SameAgain.into());
        }
        let leads = self.case.unit.as_deref() == Some(unit);
        let at_unit = self.case.state.is_some_and(|state| state.is_at_unit());
        if leads && self.case.state.is_some_and(|state| state.is_answered()) {
            return Err(Guard::AnsweredUnit.into());
        }
        let named = Record::AccusedNamed { unit: unit.to_owned(), by: self.by() };
        let recalled = Record::Recalled { by: self.by() };
        let recalled = (leads && at_unit).then(|| recalled.into());
        Ok(std::iter::once(named.into()).chain(recalled).collect())
    }
}
