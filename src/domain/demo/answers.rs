//! What units do, how the centre looks at it, and what the citizen says of it (T15 to T28).

use super::arrivals::at;
use super::courses::Behaviour;
use super::people::{of_office, of_unit};
use super::story::{Matter, Story};
use crate::domain::case::{
    DispositionReason, ExtensionReason, FollowUpOutcome, FollowUpTry, Grade, Means, Pending,
    ReturnReason, ReviewFault, Role, Task, local_day,
};
use crate::domain::desk::Disposition;
use crate::domain::suggest::{RiskGroup, risks};
use crate::domain::town::town_of;
use jiff::{Timestamp, ToSpan};

/// Grades of a thousand callbacks (domain.md 5.2).
pub(super) const GRADES: [(Grade, u64); 4] = [
    (Grade::Satisfied, 700),
    (Grade::FairlySatisfied, 150),
    (Grade::BasicallySatisfied, 100),
    (Grade::Dissatisfied, 50),
];

/// Of a thousand answers: sent back by the review, unknown to the citizen, citizens not reached, who
/// will not say, who wanted no callback.
const FAULTY: u64 = 40;
const FALSE_FEEDBACK: u64 = 12;
const UNREACHED: u64 = 40;
const REFUSED: u64 = UNREACHED + 15;
const WANTED_NONE: u64 = REFUSED + 15;
/// Of a thousand who are not content: those who ask for what is reasonable.
const REASONABLE: u64 = 700;
/// Of a thousand second answers: not good enough either.
const REDO_AGAIN: u64 = 200;
/// Working days of an extension.
const EXTENSION_DAYS: u16 = 5;
/// Of a thousand answers that a unit gave: published; closed cases: archived within the time.
const PUBLISHED: u64 = 500;
const ARCHIVED: u64 = 850;

impl Story<'_> {
    /// From the assignment to an answer that passed; gives the unit that gave it.
    pub(super) fn worked(
        &mut self,
        matter: &Matter,
        unit: &'static str,
        behaviour: Behaviour,
    ) -> &'static str {
        let due = self.ground.unit_due(self.now, matter.topic.urgency);
        if let Behaviour::Returned(other) = behaviour {
            return self.given_back(matter, unit, other);
        }
        let signed = if matter.is_urgent() { self.soon(5, 30) } else { self.office(20, 300) };
        let number = unit.trim_start_matches("unit.").parse().unwrap_or(0);
        self.unit(signed, Role::UnitContact, unit, Task::Sign(of_office(number, 3)));
        let answered = match behaviour {
            Behaviour::Late(hours) => {
                if self.dice.chance(400) {
                    let at = self.ground.between(self.now, due, 950);
                    self.centre(at, Role::Clerk, Task::Remind);
                }
                due.saturating_add(hours.hours()).unwrap_or(due)
            }
            Behaviour::Extended if !matter.is_urgent() => self.extended(unit, due),
            _ => {
                let part = self.dice.between(150, 750);
                self.ground.between(self.now, due, part)
            }
        };
        self.fed_back(matter, unit, answered);
        let late = matches!(behaviour, Behaviour::Late(_) | Behaviour::Extended);
        self.reviewed(matter, unit, if late { Role::Supervisor } else { Role::Clerk });
        unit
    }

    /// T16, T17: not theirs; another unit does it in time.
    fn given_back(
        &mut self,
        matter: &Matter,
        unit: &'static str,
        other: &'static str,
    ) -> &'static str {
        let at = if matter.is_urgent() { self.soon(5, 20) } else { self.office(30, 200) };
        let (reason, suggested) = (ReturnReason::NotOurDuty, other.to_owned());
        self.unit(at, Role::UnitContact, unit, Task::AskReturn { reason, suggested });
        let at = if matter.is_urgent() { self.soon(5, 20) } else { self.office(10, 100) };
        self.centre(at, Role::Supervisor, Task::Grant(Pending::Return));
        let at = self.desk(matter, 5, 40);
        self.centre(at, Role::Clerk, Task::Assign { unit: other.to_owned(), helpers: vec![] });
        self.worked(matter, other, Behaviour::OnTime)
    }

    /// T18; gives when the unit then answers.
    fn extended(&mut self, unit: &str, due: Timestamp) -> Timestamp {
        let (days, reason) = (EXTENSION_DAYS, ExtensionReason::Construction);
        let asked = self.ground.between(self.now, due, 400);
        self.unit(asked, Role::UnitLeader, unit, Task::AskExtension { days, reason });
        let granted = self.ground.between(self.now, due, 300);
        self.centre(granted, Role::Director, Task::Grant(Pending::Extension));
        let hours = self.dice.between(10, i64::from(EXTENSION_DAYS) * 24 - 20);
        due.saturating_add(hours.hours()).unwrap_or(due)
    }

    /// T19.
    fn fed_back(&mut self, matter: &Matter, unit: &str, at: Timestamp) {
        let text = format!("{}（演示）", matter.topic.result);
        let feedback = Task::FeedBack { text, contacted: true, evidence: true };
        self.unit(at, Role::Handler, unit, feedback);
        let at = if matter.is_urgent() { self.soon(1, 6) } else { self.soon(10, 60) };
        self.act(at, of_unit(Role::UnitLeader, unit), Task::Grant(Pending::Feedback));
    }

    /// T20, T21.
    fn reviewed(&mut self, matter: &Matter, unit: &str, by: Role) {
        if self.dice.chance(FAULTY) && !matter.is_urgent() {
            let at = self.office(10, 60);
            self.centre(at, by, Task::Review(Some(ReviewFault::NoEvidence)));
            let at = self.office(60, 200);
            self.fed_back(matter, unit, at);
            // It may have come on the docket meanwhile.
            let at = self.office(10, 60);
            return self.centre(at, Role::Supervisor, Task::Review(None));
        }
        let at = self.office(10, 90);
        self.centre(at, by, Task::Review(None));
    }

    /// The citizen is asked unless he has said it in the call; then it is closed, or done again.
    pub(super) fn after_answer(
        &mut self,
        matter: &Matter,
        unit: Option<&'static str>,
        given: Option<Grade>,
    ) {
        let grade = match given {
            Some(grade) => Some(grade),
            None => self.asked(matter, unit),
        };
        self.content(matter, unit, grade);
    }

    /// What follows on a grade, or on none.
    pub(super) fn content(
        &mut self,
        matter: &Matter,
        unit: Option<&'static str>,
        grade: Option<Grade>,
    ) {
        if grade == Some(Grade::Dissatisfied) {
            self.not_content(matter, unit, 1);
        }
        self.filed(matter, unit.is_some());
    }

    /// T22, T25, T26; gives the grade.
    fn asked(&mut self, matter: &Matter, unit: Option<&'static str>) -> Option<Grade> {
        let from = self.ground.calling(self.now, 0);
        if self.citizen.phone.is_none() {
            let at = self.ground.calling(from, self.dice.between(30, 300));
            return self.tried(at, Means::Phone, FollowUpOutcome::WantedNone);
        }
        let at = self.ground.calling(from, self.dice.between(30, 600));
        match self.dice.below(1000) {
            0..FALSE_FEEDBACK if unit.is_some() => self.unknown_to_him(matter, unit, at),
            ..UNREACHED => self.not_reached(at),
            UNREACHED..REFUSED => self.tried(at, Means::Phone, FollowUpOutcome::Refused),
            REFUSED..WANTED_NONE => self.tried(at, Means::Phone, FollowUpOutcome::WantedNone),
            _ => Some(self.rated(at)),
        }
    }

    fn rated(&mut self, at: Timestamp) -> Grade {
        let grade = self.grade();
        self.centre(at, Role::CallbackAgent, Task::Rate(grade));
        grade
    }

    /// Any grade, as often as citizens give it.
    pub(super) fn grade(&mut self) -> Grade {
        let grade = self.dice.weighted(&GRADES, |(_, weight)| *weight);
        grade.map_or(Grade::Satisfied, |(grade, _)| *grade)
    }

    fn tried(&mut self, at: Timestamp, means: Means, outcome: FollowUpOutcome) -> Option<Grade> {
        let task = Task::FollowUp(FollowUpTry { means, outcome });
        self.centre(at, Role::CallbackAgent, task);
        None
    }

    /// Three tries on three days, in the evening and in the morning too.
    fn not_reached(&mut self, first: Timestamp) -> Option<Grade> {
        let day = local_day(first);
        self.tried(first, Means::Phone, FollowUpOutcome::NoAnswer);
        let evening = at(day.saturating_add(1.day()), 66_600);
        self.tried(evening, Means::Phone, FollowUpOutcome::Busy);
        let morning = at(day.saturating_add(2.days()), 36_600);
        self.tried(morning, Means::Sms, FollowUpOutcome::NoAnswer)
    }

    /// T25: on the docket; the unit does what it said it had done, and he is asked again.
    fn unknown_to_him(
        &mut self,
        matter: &Matter,
        unit: Option<&'static str>,
        at: Timestamp,
    ) -> Option<Grade> {
        let unit = unit?;
        self.centre(at, Role::CallbackAgent, Task::ReportFalseFeedback);
        let again = self.office(120, 800);
        self.fed_back(matter, unit, again);
        let at = self.office(20, 90);
        self.centre(at, Role::Supervisor, Task::Review(None));
        let at = self.ground.calling(self.now, self.dice.between(30, 300));
        Some(self.rated(at))
    }

    /// T23, T24.
    fn not_content(&mut self, matter: &Matter, unit: Option<&'static str>, round: u8) {
        let at = self.office(20, 200);
        if !self.dice.chance(REASONABLE) {
            let text = "已向群众说明政策依据和办理情况。（演示）".to_owned();
            self.centre(at, Role::Supervisor, Task::CloseUnreasonable(text));
            let at = self.office(20, 200);
            let yes = Task::Grant(Pending::CloseUnreasonable);
            return self.centre(at, Role::Director, yes);
        }
        self.centre(at, Role::Supervisor, Task::Redo);
        let unit = match unit {
            Some(unit) => {
                let due = self.ground.unit_due(self.now, matter.topic.urgency);
                let part = self.dice.between(200, 700);
                let at = self.ground.between(self.now, due, part);
                self.fed_back(matter, unit, at);
                let at = self.office(20, 90);
                self.centre(at, Role::Supervisor, Task::Review(None));
                unit
            }
            // No unit had it: one gets it now.
            None => {
                let (what, why) = (Disposition::Assigned, DispositionReason::Misjudged);
                let at = self.desk(matter, 5, 40);
                self.centre(at, Role::Clerk, Task::ChooseDisposition(what, Some(why)));
                let helpers = self.consulted(matter);
                let at = self.soon(1, 5);
                self.given(at, matter, helpers, Behaviour::OnTime)
            }
        };
        let at = self.ground.calling(self.now, self.dice.between(30, 400));
        let again = round == 1 && self.dice.chance(REDO_AGAIN);
        let grade = if again { Grade::Dissatisfied } else { Grade::BasicallySatisfied };
        self.centre(at, Role::CallbackAgent, Task::Rate(grade));
        if again {
            self.not_content(matter, Some(unit), round + 1);
        }
    }

    /// B7, T27.
    fn filed(&mut self, matter: &Matter, by_unit: bool) {
        if !self.dice.chance(ARCHIVED) {
            return;
        }
        let town = town_of(&matter.place).unwrap_or("市区");
        let publish = by_unit && !matter.secrecy && self.dice.chance(PUBLISHED);
        let text = format!("{town}群众反映{}。{}", matter.topic.summary, matter.topic.result);
        // Nothing about minors is published.
        let said = [matter.text.as_str(), &matter.summary, &text];
        let minor = |words: &str| risks(words).iter().any(|flag| flag.group == RiskGroup::Minor);
        let publish = publish && !said.into_iter().any(minor);
        let text = if publish { text } else { String::new() };
        let at = self.office(100, 900);
        self.centre(at, Role::Director, Task::DecidePublication(publish, text));
        let at = self.office(60, 600);
        self.centre(at, Role::Clerk, Task::Archive);
    }
}
