//! Which events a person's command leads to (domain.md 3.2 to 3.5), one room a step of the work.
//!
//! First the table: state and role. Then the guards of the step. What comes out is checked event by
//! event against [`may_follow`], so no command can leave the table.

mod assign;
mod callback;
mod classify;
mod close;
mod consult;
mod direct;
mod handle;
mod intake;
mod keep;
mod merge;
mod review;
mod seal;
mod supervise;

pub use close::missing_elements;
pub use handle::EXTENSION_DAYS_MAX;

pub use consult::GROUP_MIN;

use super::actor::{Actor, Role};
use super::clock;
use super::deadline::local_day;
use super::event::{CaseEvent, DueDate};
use super::fold::{Case, apply};
use super::reasons::{DispositionReason, Notice};
use super::record::{Note, Proposal, Record};
use super::refusal::{Guard, Refusal};
use super::retention::Erasure;
use super::status::State;
use super::table::{Row, row_of};
use super::task::{Order, Pending, Task};
use super::unit::is_unit_id;
use super::work::Waiting;
use super::workflow::{Context, may_follow, whole_milliseconds};
use crate::domain::desk::Disposition;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// Longest text that a person writes about a case.
pub const NOTE_CHARS_MAX: usize = 5_000;

/// Who decides a seal: from its proposal on nobody else knows of the case (B9, T12, T30).
const SEAL_DECIDERS: &[Role] = &[Role::Director, Role::Liaison];

/// The events, or why not.
type Verdict = Result<Vec<CaseEvent>, Refusal>;

/// The events of a command. Nothing changes.
pub(super) fn carry_out(case: &Case, order: &Order, context: &Context<'_>) -> Verdict {
    let scene = Scene { case, actor: &order.actor, context };
    scene.admit(&order.task, &row_of(&order.task))?;
    let events = scene.decide(&order.task)?;
    let mut folded = case.clone();
    for event in &events {
        may_follow(&folded, event)?;
        folded = apply(folded, event);
    }
    Ok(events)
}

/// A command on its case.
struct Scene<'a> {
    case: &'a Case,
    actor: &'a Actor,
    context: &'a Context<'a>,
}

impl Scene<'_> {
    /// The table: who may see the case, where the command may begin, who may give it.
    fn admit(&self, task: &Task, row: &Row) -> Result<(), Refusal> {
        if !self.actor.is_named() {
            return Err(Guard::Person.into());
        }
        let recused = self.case.work.recused.contains(&self.actor.person);
        let hidden = recused || self.is_sealed_off() || self.is_hidden_from_unit(task);
        if self.case.state.is_none() || hidden {
            return Err(Guard::Unknown.into());
        }
        let proposed = self.case.work.seal_proposed.is_some();
        let of_seal = matches!(task, Task::ConfirmSeal | Task::RefuseSeal);
        if proposed && !of_seal {
            return Err(Guard::UnderSeal.into());
        }
        if self.case.work.erased == Some(Erasure::Everything) {
            return Err(Guard::Erased.into());
        }
        let begins = self.case.state.is_some_and(|state| row.from.contains(&state));
        // T4 is made good for what a wrap-up has classified without a code.
        let codes = matches!(task, Task::Classify(_)) && self.case.is_uncoded();
        if !(begins || codes) {
            let Row { rule, act, from: allowed, .. } = *row;
            return Err(Refusal::Stage { rule, act, from: self.case.state, allowed });
        }
        let stranger = row.own_unit && self.actor.unit != self.case.unit;
        if stranger || !self.actor.has(row.roles) {
            return Err(Refusal::Role { rule: row.rule, act: row.act, may: row.roles });
        }
        Ok(())
    }

    /// T12, D5: even who proposed the seal knows of the case no more.
    fn is_sealed_off(&self) -> bool {
        self.case.told_state() == Some(State::Sealed) && !self.actor.has(SEAL_DECIDERS)
    }

    /// People of a unit know only what is theirs, and no case that accuses it.
    fn is_hidden_from_unit(&self, task: &Task) -> bool {
        if !self.actor.is_of_unit() {
            return false;
        }
        let Some(unit) = &self.actor.unit else { return true };
        let invited = matches!(task, Task::Claim(_) | Task::GiveView(_));
        let accused = self.case.work.accused.contains(unit);
        accused || !(invited || self.case.involves(unit))
    }

    fn decide(&self, task: &Task) -> Verdict {
        match task {
            Task::Accept { summary, anonymous } => self.accept(summary, *anonymous),
            Task::Discard(reason) => self.discard(*reason),
            Task::Classify(found) => self.classify(found),
            Task::SetUrgency(urgency, reason) => self.set_urgency(*urgency, *reason),
            Task::ChooseDisposition(what, reason) => self.choose(*what, None, *reason),
            Task::ChooseLocal { code, like, reason } => self.choose(*like, Some(code), *reason),
            Task::AskMore(missing) => self.ask_more(missing),
            Task::SetSecrecy(wanted) => self.set_secrecy(*wanted),
            Task::NameAccused(unit) => self.name_accused(unit),
            Task::Recuse(person) => self.recuse(person),
            Task::Readmit(person) => self.readmit(person),
            Task::Claim(claims) => self.claim(*claims),
            Task::Answer { text, grade } => self.answer(text, *grade),
            Task::SolveInCall { call, text } => self.solve_in_call(call, text),
            Task::Consult(trigger) => self.consult(*trigger),
            Task::GiveView(text) => self.give_view(text),
            Task::Decide(decision) => self.decide_consultation(decision),
            Task::Report { leader, text } => self.report(leader, text),
            Task::Instruct { text, docket } => self.instruct(text, *docket),
            Task::Assign { unit, helpers } => self.assign(unit, helpers),
            Task::Circulate(readers) => self.circulate(readers),
            Task::Read => self.read(),
            Task::Sign(handler) => self.sign(handler),
            Task::AskReturn { reason, suggested } => self.ask_return(*reason, suggested),
            Task::AskExtension { days, reason } => self.ask_extension(*days, *reason),
            Task::FeedBack { text, contacted, evidence } => {
                self.feed_back(text, *contacted, *evidence)
            }
            Task::Grant(what) => self.grant(*what),
            Task::Refuse(what, why) => self.refuse(*what, why),
            later => self.decide_later(later),
        }
    }

    /// The same, from the review of the answer on.
    fn decide_later(&self, task: &Task) -> Verdict {
        match task {
            Task::Keep(reason) => self.keep(*reason),
            Task::Decline(reason, channel) => self.decline(*reason, *channel),
            Task::ProposeSeal => self.propose_seal(),
            Task::ConfirmSeal => self.confirm_seal(),
            Task::RefuseSeal => self.refuse_seal(),
            Task::FileReceipt(receipt) => self.file_receipt(receipt),
            Task::Merge(target) => self.merge(target),
            Task::Unmerge => self.unmerge(),
            Task::Review(fault) => self.review(*fault),
            Task::Rate(grade) => self.rate(*grade),
            Task::Redo => self.redo(),
            Task::CloseUnreasonable(text) => self.propose(Proposal::CloseUnreasonable, text),
            Task::ReportFalseFeedback => self.report_false_feedback(),
            Task::FollowUp(this) => self.follow_up(*this),
            Task::DecidePublication(publish, text) => self.decide_publication(*publish, text),
            Task::TakeDown(reason) => self.take_down(reason),
            Task::Archive => self.archive(),
            Task::Reopen(reason, text) => self.reopen(*reason, text),
            Task::Withdraw(call) => self.withdraw(call),
            Task::Remind => self.remind(),
            Task::Docket(reason) => self.docket(*reason),
            Task::Lift(reason) => self.lift(*reason),
            Task::SignAdmonition => self.sign_admonition(),
            Task::DecideAdmonition(admonish) => self.decide_admonition(*admonish),
            Task::Correct(correction) => self.correct(correction),
            Task::Hold(reason) => self.hold(*reason),
            Task::LiftHold => self.lift_hold(),
            _ => Ok(vec![]),
        }
    }

    /// The second person says yes.
    fn grant(&self, what: Pending) -> Verdict {
        let waiting = self.waiting(what)?;
        match &waiting.what {
            Proposal::Keep { reason } => {
                self.follows_disposition(Disposition::Kept)?;
                Ok(self.kept(*reason, waiting))
            }
            Proposal::Decline { reason, channel } => Ok(self.declined(*reason, *channel, waiting)),
            Proposal::Return { reason, .. } => Ok(self.returned(*reason)),
            Proposal::Extension { days, reason } => self.extended(*days, *reason),
            Proposal::Feedback { contacted, evidence } => {
                Ok(self.fed_back(*contacted, *evidence, waiting))
            }
            Proposal::CloseUnreasonable => Ok(self.closed_unreasonable(waiting)),
        }
    }

    /// The second person says no, and why.
    fn refuse(&self, what: Pending, why: &str) -> Verdict {
        self.waiting(what)?;
        let private = self.note(why)?;
        Ok(vec![Record::ProposalRefused { by: self.by(), private }.into()])
    }

    /// What waits, if it is this and somebody else proposed it.
    fn waiting(&self, what: Pending) -> Result<&Waiting, Refusal> {
        let waiting = self.case.work.waiting.as_ref();
        let waiting = waiting.filter(|_| self.case.work.pending() == Some(what));
        let waiting = waiting.ok_or(Guard::NothingProposed)?;
        if waiting.by == self.actor.person {
            return Err(Guard::SecondPerson.into());
        }
        Ok(waiting)
    }

    /// Something that a second person must confirm, with the words of the first.
    fn propose(&self, what: Proposal, text: &str) -> Verdict {
        if what == Proposal::CloseUnreasonable {
            self.must_be_dissatisfied()?;
        }
        let private = self.note(text)?;
        Ok(vec![self.proposed(what, private)?])
    }

    /// One thing waits at a time: another would take its place unseen.
    fn proposed(&self, what: Proposal, private: Note) -> Result<CaseEvent, Refusal> {
        if self.case.work.waiting.is_some() {
            return Err(Guard::Waiting.into());
        }
        Ok(Record::Proposed { what, by: self.by(), at: self.now(), private }.into())
    }

    fn by(&self) -> String {
        self.actor.person.clone()
    }

    /// Now, to the millisecond that is stored.
    fn now(&self) -> Timestamp {
        whole_milliseconds(self.context.now)
    }

    fn today(&self) -> Date {
        local_day(self.context.now)
    }

    /// At most `days` calendar days have gone by since `day`.
    fn is_within(&self, day: Date, days: i64) -> bool {
        self.today() <= day.saturating_add(days.days())
    }

    /// Words that were written, and not too many.
    fn note(&self, text: &str) -> Result<Note, Refusal> {
        let text = text.trim();
        match text.chars().count() {
            1..=NOTE_CHARS_MAX => Ok(Note { text: text.to_owned() }),
            _ => Err(Guard::Text.into()),
        }
    }

    fn notify(&self, notice: Notice, due: Option<&DueDate>) -> CaseEvent {
        clock::notify(self.case, notice, due)
    }

    /// The unit's date when its clock begins now.
    fn unit_due(&self) -> DueDate {
        clock::unit_deadline(self.now(), self.case.work.urgency, self.context).into()
    }

    /// A unit that can have a part: a real id, and not accused (invariant 3).
    fn unit_may_act(&self, unit: &str) -> Result<(), Refusal> {
        if !is_unit_id(unit) {
            return Err(Guard::Unit.into());
        }
        match self.case.work.accused.contains(unit) {
            true => Err(Guard::Accused.into()),
            false => Ok(()),
        }
    }

    // B6, invariant 10: the centre calls back, never a unit that handled the matter.
    fn not_of_the_unit(&self) -> Result<(), Refusal> {
        match self.actor.unit.as_deref().is_some_and(|unit| self.case.involves(unit)) {
            true => Err(Guard::FollowedByUnit.into()),
            false => Ok(()),
        }
    }

    /// 3.7: nobody who is linked to the matter is given a part in it.
    fn not_recused(&self, person: &str) -> Result<(), Refusal> {
        match self.case.work.recused.contains(person) {
            true => Err(Guard::Recused.into()),
            false => Ok(()),
        }
    }

    /// Acts in this role.
    fn is(&self, role: Role) -> bool {
        self.actor.has(&[role])
    }

    // B5: a consultation that decided is followed while the case lies before it, unless the unit it
    // named has been accused since.
    fn follows_disposition(&self, wanted: Disposition) -> Result<(), Refusal> {
        let decided =
            self.case.work.decision().filter(|_| self.case.state == Some(State::Consulting));
        let other =
            decided.is_some_and(|(what, lead, _)| *what != wanted && !self.is_void(lead.as_ref()));
        if other { Err(Guard::Decided.into()) } else { Ok(()) }
    }

    /// A decided lead that can have no part any more.
    fn is_void(&self, lead: Option<&String>) -> bool {
        lead.is_some_and(|lead| self.case.work.accused.contains(lead))
    }

    // B2: exactly one disposition is in force; another one needs its reason first, except where the
    // table itself leads on (T6 else T9, an instruction, a decided consultation).
    fn disposed(&self, wanted: Disposition) -> Result<Option<CaseEvent>, Refusal> {
        use Disposition as D;
        self.follows_disposition(wanted)?;
        let reason = match self.case.work.disposition() {
            Some(chosen) if chosen == wanted => return Ok(None),
            None => None,
            Some(D::ThreeWay) if wanted == D::Assigned => Some(DispositionReason::CallFailed),
            Some(D::LeaderReview) if matches!(wanted, D::Assigned | D::Circulated) => {
                Some(DispositionReason::Decided)
            }
            Some(_) if self.case.work.decision().is_some_and(|(what, ..)| *what == wanted) => {
                Some(DispositionReason::Decided)
            }
            Some(_) => return Err(Guard::Disposition.into()),
        };
        let (disposition, by) = (wanted, self.by());
        Ok(Some(Record::DispositionChosen { disposition, code: None, reason, by }.into()))
    }
}
