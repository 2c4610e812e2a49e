//! What the centre makes of a matter: the seven dispositions and what is none of them.

use super::arrivals::later;
use super::people::{of_centre, of_unit, operator, seat};
use super::story::{Answered, Matter, Story};
use super::{Deed, Talk, TalkKind};
use crate::domain::case::{
    Decision, DeclineReason, Grade, KeepReason, LawfulChannel, Order, Pending, ReopenReason, Role,
    Task, Trigger,
};
use crate::domain::desk::Disposition;
use crate::units::{CallId, SeatNumber};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// B5: from so many persons or repeats on a consultation decides.
const GROUP_MIN: u16 = 5;
const REPEATS_MIN: u16 = 3;

/// How long a call to verify a withdrawal takes.
const VERIFYING_SECONDS: u64 = 55;

/// How a unit keeps its date (domain.md 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    OnTime,
    /// So many hours late.
    Late(i64),
    /// Gives it back first; whose it is then.
    Returned(&'static str),
    Extended,
}

impl Story<'_> {
    /// T5: in the call where one is under way, else as soon as an operator comes to it. A grade in the
    /// call is the callback.
    pub(super) fn answered(
        &mut self,
        matter: &Matter,
        talk: Option<&Answered>,
        grade: Option<Grade>,
    ) {
        let text = matter.topic.answer.to_owned();
        match talk {
            Some(talk) => {
                self.operator(talk, 700, Task::Answer { text, grade });
                self.wraps_up(talk, matter, Disposition::Answered, None);
            }
            None => {
                let at = self.desk(matter, 10, 90);
                let Some(seat) = seat(&mut self.dice) else { return };
                self.act(at, operator(&seat), Task::Answer { text, grade: None });
            }
        }
        self.after_answer(matter, None, grade.filter(|_| talk.is_some()));
    }

    /// T6, and T9 where the talk of three solved nothing.
    pub(super) fn three_way(&mut self, matter: &Matter, talk: &Answered, solved: bool) {
        if solved {
            let (call, text) = (talk.call.clone(), matter.topic.answer.to_owned());
            self.operator(talk, 800, Task::SolveInCall { call, text });
            self.wraps_up(talk, matter, Disposition::ThreeWay, None);
            return self.after_answer(matter, None, None);
        }
        self.operator(talk, 800, Task::ChooseDisposition(Disposition::ThreeWay, None));
        self.wraps_up(talk, matter, Disposition::ThreeWay, None);
        self.assigned(matter, Behaviour::OnTime);
    }

    /// T7 and T9, and everything up to the archive.
    pub(super) fn assigned(&mut self, matter: &Matter, behaviour: Behaviour) {
        let helpers = self.consulted(matter);
        self.assigned_with(matter, helpers, behaviour);
    }

    /// T9: one leads, others help.
    pub(super) fn assigned_with(
        &mut self,
        matter: &Matter,
        helpers: Vec<String>,
        behaviour: Behaviour,
    ) {
        let at = self.desk(matter, 10, 60);
        let unit = self.given(at, matter, helpers, behaviour);
        self.after_answer(matter, Some(unit), None);
    }

    /// T9, up to an answer that passed; gives the unit that gave it.
    pub(super) fn given(
        &mut self,
        at: Timestamp,
        matter: &Matter,
        helpers: Vec<String>,
        behaviour: Behaviour,
    ) -> &'static str {
        let unit = matter.topic.unit;
        let role = if helpers.is_empty() { Role::Clerk } else { Role::Director };
        self.centre(at, role, Task::Assign { unit: unit.to_owned(), helpers });
        self.worked(matter, unit, behaviour)
    }

    /// A consultation where the matter needs one; gives the helpers that it names.
    pub(super) fn consulted(&mut self, matter: &Matter) -> Vec<String> {
        let trigger = match (matter.group_size, matter.repeats) {
            (GROUP_MIN.., _) => Trigger::Group,
            (_, REPEATS_MIN..) => Trigger::Repeated,
            _ => return vec![],
        };
        let helpers = vec!["unit.10".to_owned()];
        let decision = Decision {
            lead: Some(matter.topic.unit.to_owned()),
            helpers: helpers.clone(),
            disposition: Disposition::Assigned,
            minutes: "会商纪要：明确主办单位和协办单位，限期办结。（演示）".to_owned(),
        };
        self.meets(matter, &[matter.topic.unit], trigger, decision);
        helpers
    }

    /// B5: called, a view of each unit, decided.
    fn meets(&mut self, matter: &Matter, units: &[&str], trigger: Trigger, decision: Decision) {
        let at = self.desk(matter, 10, 60);
        self.centre(at, Role::Clerk, Task::Consult(trigger));
        for unit in units {
            let leads = *unit == matter.topic.unit;
            let view = if leads {
                "同意主办，建议现场核实。（演示）"
            } else {
                "同意协办。（演示）"
            };
            let at = self.soon(10, 30);
            self.unit(at, Role::UnitContact, unit, Task::GiveView(view.to_owned()));
        }
        let at = self.soon(10, 40);
        self.centre(at, Role::Director, Task::Decide(Box::new(decision)));
    }

    /// T8, B10, T9: a leader instructs, and the unit does as he says.
    pub(super) fn leader(&mut self, matter: &Matter, instruction: &str, docket: bool) {
        self.leader_with(matter, &[matter.topic.unit], instruction, docket);
    }

    /// The same after the views of these units.
    pub(super) fn leader_with(
        &mut self,
        matter: &Matter,
        units: &[&str],
        instruction: &str,
        docket: bool,
    ) {
        let at = self.desk(matter, 5, 30);
        let chosen = Task::ChooseDisposition(Disposition::LeaderReview, None);
        self.centre(at, Role::Clerk, chosen);
        let minutes = "会商纪要：拟报领导阅批。（演示）".to_owned();
        let disposition = Disposition::LeaderReview;
        let decision = Decision { lead: None, helpers: vec![], disposition, minutes };
        self.meets(matter, units, Trigger::Leader, decision);
        let leader = of_centre(Role::CityLeader).person;
        let text = format!("呈请阅批：{}（演示）", matter.topic.summary);
        let at = self.office(10, 60);
        self.centre(at, Role::Director, Task::Report { leader, text });
        let at = self.office(30, 240);
        let instruction = Task::Instruct { text: instruction.to_owned(), docket };
        self.centre(at, Role::CityLeader, instruction);
        let at = self.office(5, 60);
        let unit = matter.topic.unit;
        let assign = Task::Assign { unit: unit.to_owned(), helpers: vec!["unit.10".to_owned()] };
        self.centre(at, Role::Director, assign);
        // On the docket a unit and a clerk alone close nothing.
        let unit = self.worked(matter, unit, Behaviour::Extended);
        self.after_answer(matter, Some(unit), None);
    }

    /// T10: read by the units.
    pub(super) fn circulated(&mut self, matter: &Matter, talk: Option<&Answered>) {
        if let Some(talk) = talk {
            self.wraps_up(talk, matter, Disposition::Circulated, None);
        }
        let unit = matter.topic.unit;
        let at = self.office(20, 120);
        self.centre(at, Role::Clerk, Task::Circulate(vec![unit.to_owned()]));
        let at = self.office(60, 1_500);
        self.act(at, of_unit(Role::UnitContact, unit), Task::Read);
    }

    /// T11: with a contact a second person agrees.
    pub(super) fn kept(&mut self, matter: &Matter, talk: Option<&Answered>, reason: KeepReason) {
        if let Some(talk) = talk {
            self.wraps_up(talk, matter, Disposition::Kept, None);
        }
        let at = self.office(10, 90);
        self.centre(at, Role::Clerk, Task::Keep(reason));
        if self.citizen.phone.is_some() {
            let at = self.office(5, 60);
            self.centre(at, Role::Supervisor, Task::Grant(Pending::Keep));
        }
    }

    /// T13: always with a second person.
    pub(super) fn declined(
        &mut self,
        matter: &Matter,
        talk: Option<&Answered>,
        (reason, channel): (DeclineReason, LawfulChannel),
    ) {
        if let Some(talk) = talk {
            self.wraps_up(talk, matter, Disposition::Kept, None);
        }
        let at = self.office(10, 90);
        self.centre(at, Role::Clerk, Task::Decline(reason, channel));
        let at = self.office(5, 60);
        self.centre(at, Role::Supervisor, Task::Grant(Pending::Decline));
    }

    /// T12: proposed by whoever hears or reads it first, confirmed by another; T30.
    pub(super) fn sealed(&mut self, matter: &Matter, talk: Option<&Answered>, by: Role) {
        match talk {
            Some(talk) => {
                self.operator(talk, 700, Task::ProposeSeal);
                self.wraps_up(talk, matter, Disposition::Discipline, None);
            }
            None => {
                let at = self.soon(1, 5);
                self.centre(at, by, Task::ProposeSeal);
            }
        }
        let second = if self.dice.chance(700) { Role::Liaison } else { Role::Director };
        let at = self.office(20, 300);
        self.centre(at, second, Task::ConfirmSeal);
        if self.dice.chance(600) {
            let receipt = format!("演示回执{:05}", self.dice.below(100_000));
            let at = self.office(400, 2_000);
            self.centre(at, Role::Liaison, Task::FileReceipt(receipt));
        }
    }

    /// T29: while the unit has it the citizen takes it back; a seat calls him to make sure.
    pub(super) fn withdrawn(&mut self, matter: &Matter) {
        let at = self.desk(matter, 10, 60);
        let unit = matter.topic.unit;
        self.centre(at, Role::Clerk, Task::Assign { unit: unit.to_owned(), helpers: vec![] });
        self.now = self.ground.office(self.now, self.dice.between(60, 300));
        let Some((seat, call)) = self.rings_up() else { return };
        let at = later(self.now, 1);
        self.act(at, operator(&seat), Task::Withdraw(call));
    }

    /// A seat talks with the citizen once more, without a callback task.
    pub(super) fn rings_up(&mut self) -> Option<(SeatNumber, CallId)> {
        let seat = seat(&mut self.dice)?;
        let (call, caller) = (self.call_id(), self.citizen.phone.clone());
        let lasts = Duration::from_secs(VERIFYING_SECONDS);
        let rang = Duration::from_secs(9);
        let kind = TalkKind::Outgoing { seat: seat.clone(), rang, reached: true };
        let talk = Talk { call: call.clone(), caller, at: self.now, kind, lasts, grade: None };
        let talk = Arc::new(talk);
        let begun = self.now;
        self.at(begun, Deed::Rings(Arc::clone(&talk)));
        let over = begun.saturating_add(lasts).unwrap_or(begun);
        self.at(over, Deed::HangsUp(talk));
        Some((seat, call))
    }

    /// T14.
    pub(super) fn merged(&mut self, matter: &Matter, talk: Option<&Answered>, into: usize) {
        if let Some(talk) = talk {
            self.wraps_up(talk, matter, Disposition::Assigned, None);
        }
        let at = self.office(5, 40);
        self.at(at, Deed::Merges(into, of_centre(Role::Clerk)));
    }

    /// T28: another contact's case is taken up again, and this one joins it.
    pub(super) fn reopened(&mut self, matter: &Matter, talk: Option<&Answered>, other: usize) {
        if let Some(talk) = talk {
            self.wraps_up(talk, matter, Disposition::Assigned, None);
        }
        let at = self.office(5, 30);
        let text = "群众来电反映答复与事实不符。（演示）".to_owned();
        let task = Task::Reopen(ReopenReason::NewFacts, text);
        let order = Order { actor: of_centre(Role::Supervisor), task };
        self.at(at, Deed::ActsOn(other, Box::new(order)));
        let at = self.soon(1, 5);
        self.at(at, Deed::Merges(other, of_centre(Role::Clerk)));
    }

    /// The unit does the other contact's case again, and its citizen is content.
    pub(super) fn once_more(&mut self, matter: &Matter, unit: &str, other: usize) {
        let text = format!("{}（演示，重办）", matter.topic.result);
        let feedback = Task::FeedBack { text, contacted: true, evidence: true };
        let steps = [
            (of_unit(Role::Handler, unit), feedback),
            (of_unit(Role::UnitLeader, unit), Task::Grant(Pending::Feedback)),
            (of_centre(Role::Supervisor), Task::Review(None)),
            (of_centre(Role::CallbackAgent), Task::Rate(Grade::FairlySatisfied)),
        ];
        for (actor, task) in steps {
            let at = self.office(60, 240);
            self.at(at, Deed::ActsOn(other, Box::new(Order { actor, task })));
        }
    }
}
