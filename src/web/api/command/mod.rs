//! The commands on a case as they are written, in JSON and on the command line: one description of
//! each, with its fields, their words and their defaults. What they mean is a
//! [`Task`](crate::domain::case::Task), and who may give them its table.

mod task;

pub use task::CommandFault;

use crate::domain::case::{
    AnonymousReason, AskedFor, DeclineReason, DiscardReason, DispositionReason, DocketReason,
    ExtensionReason, FollowUpOutcome, Grade, HoldReason, KeepReason, LawfulChannel, LiftReason,
    Means, Nature, Pending, ReopenReason, ReturnReason, ReviewFault, Trigger, Urgency,
    UrgencyReason,
};
use crate::domain::desk::Disposition;
use clap::Subcommand;
use serde::Deserialize;
use task::{channel, disposition, extension, nature, pending};
use utoipa::ToSchema;

/// One command; `do` names it.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum CommandForm {
    /// T2: give a draft its number.
    Accept {
        /// What it is about, without names.
        #[arg(long)]
        summary: String,
        /// Why there is no contact: will_not_say, withheld, unreachable.
        #[arg(long)]
        anonymous: Option<AnonymousReason>,
    },
    /// T3: a draft is no matter.
    Discard {
        /// empty_number, advertising, harassment, misdialled.
        #[arg(long)]
        reason: DiscardReason,
    },
    /// T4: nature, domain, place, urgency.
    Classify {
        /// consult, help, complaint, report, suggestion, praise, other.
        #[arg(long, value_parser = nature)]
        nature: Nature,
        /// Six-digit code of the domain.
        #[arg(long)]
        domain: String,
        /// Where; 无 where the matter has no place.
        #[arg(long)]
        place: String,
        /// immediate, urgent, normal, complex.
        #[arg(long, default_value = "normal")]
        #[serde(default)]
        urgency: Urgency,
        /// How many people it is about.
        #[arg(long, default_value_t = 1)]
        #[serde(default = "one")]
        group_size: u16,
        /// How often the same matter came before.
        #[arg(long, default_value_t = 0)]
        #[serde(default)]
        repeats: u16,
        /// The item of the catalogue of duties, or `none` where it has none.
        #[arg(long)]
        duty: Option<String>,
        /// A unit that is accused; may be repeated.
        #[arg(long)]
        #[serde(default)]
        accused: Vec<String>,
    },
    /// T4: another urgency.
    Urgency {
        /// immediate, urgent, normal, complex.
        #[arg(long)]
        urgency: Urgency,
        /// risk_found, risk_gone, misjudged, leader_order.
        #[arg(long)]
        reason: UrgencyReason,
    },
    /// B2: what becomes of the matter, with a reason where it changes.
    Dispose {
        /// answered, three_way, kept, circulated, assigned, leader_review, discipline, or a code of
        /// `casework.dispositions`.
        #[arg(long)]
        disposition: String,
        /// more_facts, call_failed, misjudged, decided.
        #[arg(long)]
        reason: Option<DispositionReason>,
    },
    /// The citizen is asked by text or mail for place and time (S03, M2), or for what is named; his
    /// answer joins the case.
    AskMore {
        /// place, time, parties, course, evidence, contact; may be repeated.
        #[arg(long)]
        #[serde(default)]
        missing: Vec<AskedFor>,
    },
    /// The citizen wants his contact kept from the unit; `--lift` takes it back.
    Secrecy {
        /// No longer.
        #[arg(long)]
        #[serde(default)]
        lift: bool,
    },
    /// A unit is accused and loses every part in the case.
    Accuse {
        /// The accused unit.
        #[arg(long)]
        unit: String,
    },
    /// A person who is linked to the matter is cut off from it.
    Recuse {
        /// The person.
        #[arg(index = 2)]
        person: String,
    },
    /// A person who was cut off takes part again.
    Readmit {
        /// The person.
        #[arg(index = 2)]
        person: String,
    },
    /// B5: one's own unit claims the matter, or refuses it.
    Claim {
        /// It is refused.
        #[arg(long)]
        #[serde(default)]
        refuse: bool,
    },
    /// T5: answer at once.
    Answer {
        /// The answer.
        #[arg(long)]
        text: String,
        /// The grade given in the call, 1 to 4.
        #[arg(long)]
        grade: Option<Grade>,
    },
    /// T6: solved in a recorded conference.
    SolveInCall {
        /// The call's id.
        #[arg(long)]
        call: String,
        /// What was agreed.
        #[arg(long)]
        text: String,
    },
    /// T7: call a consultation.
    Consult {
        /// disputed, returned, group, repeated, leader, no_duty, other.
        #[arg(long)]
        trigger: Trigger,
    },
    /// B5: a member's view.
    GiveView {
        /// The view.
        #[arg(long)]
        text: String,
    },
    /// B5: what the consultation decided.
    DecideConsultation {
        /// The lead unit, where the matter is assigned.
        #[arg(long)]
        lead: Option<String>,
        /// A helper; may be repeated.
        #[arg(long = "helper", value_name = "HELPER")]
        #[serde(default)]
        helpers: Vec<String>,
        /// What becomes of the matter.
        #[arg(long, value_parser = disposition, default_value = "assigned")]
        #[serde(default = "assigned")]
        disposition: Disposition,
        /// The minutes.
        #[arg(long)]
        minutes: String,
    },
    /// T8: lay it before a leader.
    ReportToLeader {
        /// The leader.
        #[arg(long)]
        leader: String,
        /// The text laid before him.
        #[arg(long)]
        text: String,
    },
    /// B10: the leader's own words.
    Instruct {
        /// Verbatim; never changed afterwards.
        #[arg(long)]
        text: String,
        /// On the docket.
        #[arg(long)]
        #[serde(default)]
        docket: bool,
    },
    /// T9: to a unit.
    Assign {
        /// The lead unit.
        #[arg(long)]
        to: String,
        /// A helper; may be repeated.
        #[arg(long = "helper", value_name = "HELPER")]
        #[serde(default)]
        helpers: Vec<String>,
    },
    /// T10: to readers.
    Circulate {
        /// A unit that is to read it; may be repeated.
        #[arg(long = "reader", value_name = "READER", required = true)]
        readers: Vec<String>,
    },
    /// T10: one's own unit has read it.
    Read,
    /// T11: propose to keep it; without a contact it is kept at once.
    Keep {
        /// nothing_to_do, nothing_concrete, under_way, harassment.
        #[arg(long)]
        reason: KeepReason,
    },
    /// T12: propose that it goes to the discipline commission; hides it at once.
    Seal,
    /// T12: confirm a proposed seal.
    ConfirmSeal,
    /// T12: refuse a proposed seal.
    RefuseSeal,
    /// T13: propose to decline it.
    Decline {
        /// emergency, legal_route, petition, concluded, improper, outside_powers.
        #[arg(long)]
        reason: DeclineReason,
        /// The lawful way: litigation, arbitration, labour, reconsideration, petition …
        #[arg(long, value_parser = channel)]
        channel: LawfulChannel,
    },
    /// T14: merge it into another case.
    Merge {
        /// The other case.
        #[arg(long)]
        into: String,
    },
    /// T14: take a merge back.
    Unmerge,
    /// T15: the unit signs for it.
    AcceptAssignment {
        /// Who handles it.
        #[arg(long)]
        handler: String,
    },
    /// T16: the unit asks to give it back.
    Return {
        /// not_our_duty, other_lead, other_place.
        #[arg(long)]
        reason: ReturnReason,
        /// The unit whose it is.
        #[arg(long)]
        suggested: String,
    },
    /// T17: a supervisor lets the unit give it back.
    GrantReturn,
    /// T17: a supervisor refuses the return.
    RefuseReturn {
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T18: the unit asks for more time.
    Extend {
        /// Working days, at most 10.
        #[arg(long)]
        days: u16,
        /// complex, coordination, evidence, expert, funds, materials, construction, weather, other.
        #[arg(long, value_parser = extension)]
        reason: ExtensionReason,
    },
    /// T18: the director gives the unit more time.
    GrantExtension,
    /// T18: the director refuses more time.
    RefuseExtension {
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T19: the handler's result, for the signature of the unit's leader.
    FeedBack {
        /// The result.
        #[arg(long)]
        text: String,
        /// The citizen was contacted.
        #[arg(long)]
        #[serde(default)]
        contacted: bool,
        /// There is evidence.
        #[arg(long)]
        #[serde(default)]
        evidence: bool,
    },
    /// Confirm what waits for a second person.
    Confirm {
        /// keep, decline, return, extension, feedback, close.
        #[arg(long, value_parser = pending)]
        what: Pending,
    },
    /// Refuse what waits for a second person.
    Refuse {
        /// keep, decline, return, extension, feedback, close.
        #[arg(long, value_parser = pending)]
        what: Pending,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T20: pass the answer, or T21 with what is wrong.
    Review {
        /// unanswered, no_evidence, not_contacted, others_data.
        #[arg(long)]
        fault: Option<ReviewFault>,
    },
    /// T22: the citizen's grade, 1 to 4; 1 to 3 close the case.
    Rate {
        /// 1 to 4.
        #[arg(long)]
        grade: Grade,
    },
    /// T23: once more.
    Redo,
    /// T24: propose to close it although the citizen is not content.
    Close {
        /// The explanation that was given.
        #[arg(long)]
        text: String,
    },
    /// T25: the citizen knows of no answer.
    FalseFeedback,
    /// T26: a callback that brought no grade.
    FollowUp {
        /// phone, sms, mail: in this order; by telephone where nothing is said.
        #[arg(long)]
        means: Option<Means>,
        /// no_answer, busy, unobtainable, wrong_person, refused, wanted_none.
        #[arg(long)]
        outcome: FollowUpOutcome,
    },
    /// B7: publish it with this text; without one it is not published.
    Publish {
        /// The text of the notice.
        #[arg(long)]
        text: Option<String>,
    },
    /// B7: take a notice back that was published.
    TakeDown {
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T27: file it; the ten elements must be complete.
    Archive,
    /// T28: new facts within 30 days.
    Reopen {
        /// new_facts, recurred.
        #[arg(long)]
        reason: ReopenReason,
        /// What is new.
        #[arg(long)]
        text: String,
    },
    /// T29: the citizen takes it back.
    Withdraw {
        /// The call it was verified by.
        #[arg(long)]
        call: String,
    },
    /// T30: the discipline body's receipt.
    Receipt {
        /// Its number.
        #[arg(long)]
        receipt: String,
    },
    /// 3.5: remind the unit.
    Remind,
    /// 3.5: on the docket.
    Docket {
        /// overdue, false_feedback, second_redo, leader_order, supervisor.
        #[arg(long, default_value = "supervisor")]
        #[serde(default = "by_supervisor")]
        reason: DocketReason,
    },
    /// 3.5: off the docket.
    Lift {
        /// settled, unfounded, approved.
        #[arg(long)]
        reason: LiftReason,
    },
    /// 3.5, level 4: a director signs the proposal.
    SignAdmonition,
    /// 3.5, level 4: a leader decides.
    DecideAdmonition {
        /// No admonition.
        #[arg(long)]
        #[serde(default)]
        dismiss: bool,
    },
    /// 3.7: put right who the citizen is, at his request (更正).
    Correct {
        /// His telephone number.
        #[arg(long)]
        #[serde(default)]
        phone: Option<String>,
        /// His name.
        #[arg(long)]
        #[serde(default)]
        citizen: Option<String>,
    },
    /// 3.7: keep the case beyond its period (暂缓销毁).
    Hold {
        /// litigation, inspection, investigation, dispute.
        #[arg(long)]
        reason: HoldReason,
    },
    /// 3.7: keep it no longer than others.
    LiftHold,
}

fn one() -> u16 {
    1
}

fn assigned() -> Disposition {
    Disposition::Assigned
}

fn by_supervisor() -> DocketReason {
    DocketReason::Supervisor
}
