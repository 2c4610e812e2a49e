//! The verbs of the casework as they are typed, one a command of the table of transitions.

use super::{channel, disposition, extension, nature, pending, role};
use crate::app::common::Common;
use crate::domain::case::{
    AnonymousReason, DeclineReason, DiscardReason, DispositionReason, DocketReason,
    ExtensionReason, FollowUpOutcome, Grade, KeepReason, LawfulChannel, LiftReason, Means, Nature,
    Pending, ReopenReason, ReturnReason, ReviewFault, Role, Trigger, Urgency, UrgencyReason,
};
use crate::domain::desk::Disposition;
use crate::units::CaseNumber;
use clap::{Args, Subcommand};

/// Who acts on which case.
#[derive(Debug, Args)]
pub(in crate::app) struct Who {
    /// The case: its eleven digits, or `draft-N` for a draft.
    pub(super) case: String,
    /// The person who acts.
    #[arg(long = "as", value_name = "PERSON")]
    pub(super) person: String,
    /// The role he acts in (operator, clerk, supervisor, director …); may be repeated.
    #[arg(long = "role", value_name = "ROLE", value_parser = role, required = true)]
    pub(super) roles: Vec<Role>,
    /// The unit he belongs to, by its id of units.toml.
    #[arg(long, value_name = "UNIT")]
    pub(super) of_unit: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What a classification finds.
#[derive(Debug, Args)]
pub(in crate::app) struct Found {
    /// consult, help, complaint, report, suggestion, praise, other.
    #[arg(long, value_parser = nature)]
    pub(super) nature: Nature,
    /// Six-digit code of the domain.
    #[arg(long)]
    pub(super) domain: String,
    /// Where; 无 where the matter has no place.
    #[arg(long)]
    pub(super) place: String,
    /// immediate, urgent, normal, complex.
    #[arg(long, default_value = "normal")]
    pub(super) urgency: Urgency,
    /// How many people it is about.
    #[arg(long, default_value_t = 1)]
    pub(super) group_size: u16,
    /// How often the same matter came before.
    #[arg(long, default_value_t = 0)]
    pub(super) repeats: u16,
    /// The item of the catalogue of duties, or `none` where it has none.
    #[arg(long)]
    pub(super) duty: Option<String>,
    /// A unit that is accused; may be repeated.
    #[arg(long)]
    pub(super) accused: Vec<String>,
}

/// The verbs of the casework.
#[derive(Debug, Subcommand)]
pub(in crate::app) enum WorkVerb {
    /// T2: give a draft its number.
    Accept {
        #[command(flatten)]
        who: Who,
        /// What it is about, without names.
        #[arg(long)]
        summary: String,
        /// Why there is no contact: will_not_say, withheld, unreachable.
        #[arg(long)]
        anonymous: Option<AnonymousReason>,
    },
    /// T3: a draft is no matter.
    Discard {
        #[command(flatten)]
        who: Who,
        /// empty_number, advertising, harassment, misdialled.
        #[arg(long)]
        reason: DiscardReason,
    },
    /// T4: nature, domain, place, urgency.
    Classify {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        found: Found,
    },
    /// T4: another urgency.
    Urgency {
        #[command(flatten)]
        who: Who,
        /// immediate, urgent, normal, complex.
        #[arg(long)]
        urgency: Urgency,
        /// risk_found, risk_gone, misjudged, leader_order.
        #[arg(long)]
        reason: UrgencyReason,
    },
    /// B2: what becomes of the matter, with a reason where it changes.
    Dispose {
        #[command(flatten)]
        who: Who,
        /// answered, three_way, kept, circulated, assigned, leader_review, discipline, or a code of
        /// `casework.dispositions`.
        #[arg(long)]
        disposition: String,
        /// more_facts, call_failed, misjudged, decided.
        #[arg(long)]
        reason: Option<DispositionReason>,
    },
    /// The citizen wants his contact kept from the unit; `--lift` takes it back.
    Secrecy {
        #[command(flatten)]
        who: Who,
        /// No longer.
        #[arg(long)]
        lift: bool,
    },
    /// A unit is accused and loses every part in the case.
    Accuse {
        #[command(flatten)]
        who: Who,
        /// The accused unit.
        #[arg(long)]
        unit: String,
    },
    /// B5: one's own unit claims the matter, or refuses it.
    Claim {
        #[command(flatten)]
        who: Who,
        /// It is refused.
        #[arg(long)]
        refuse: bool,
    },
    /// T5: answer at once.
    Answer {
        #[command(flatten)]
        who: Who,
        /// The answer.
        #[arg(long)]
        text: String,
        /// The grade given in the call, 1 to 4.
        #[arg(long)]
        grade: Option<Grade>,
    },
    /// T6: solved in a recorded conference.
    SolveInCall {
        #[command(flatten)]
        who: Who,
        /// The call's id.
        #[arg(long)]
        call: String,
        /// What was agreed.
        #[arg(long)]
        text: String,
    },
    /// T7: call a consultation.
    Consult {
        #[command(flatten)]
        who: Who,
        /// disputed, returned, group, repeated, leader, no_duty, other.
        #[arg(long)]
        trigger: Trigger,
    },
    /// B5: a member's view.
    GiveView {
        #[command(flatten)]
        who: Who,
        /// The view.
        #[arg(long)]
        text: String,
    },
    /// B5: what the consultation decided.
    DecideConsultation {
        #[command(flatten)]
        who: Who,
        /// The lead unit, where the matter is assigned.
        #[arg(long)]
        lead: Option<String>,
        /// A helper; may be repeated.
        #[arg(long)]
        helper: Vec<String>,
        /// What becomes of the matter.
        #[arg(long, value_parser = disposition, default_value = "assigned")]
        disposition: Disposition,
        /// The minutes.
        #[arg(long)]
        minutes: String,
    },
    /// T8: lay it before a leader.
    ReportToLeader {
        #[command(flatten)]
        who: Who,
        /// The leader.
        #[arg(long)]
        leader: String,
        /// The text laid before him.
        #[arg(long)]
        text: String,
    },
    /// B10: the leader's own words.
    Instruct {
        #[command(flatten)]
        who: Who,
        /// Verbatim; never changed afterwards.
        #[arg(long)]
        text: String,
        /// On the docket.
        #[arg(long)]
        docket: bool,
    },
    /// T9: to a unit.
    Assign {
        #[command(flatten)]
        who: Who,
        /// The lead unit.
        #[arg(long)]
        to: String,
        /// A helper; may be repeated.
        #[arg(long)]
        helper: Vec<String>,
    },
    /// T10: to readers.
    Circulate {
        #[command(flatten)]
        who: Who,
        /// A unit that is to read it; may be repeated.
        #[arg(long, required = true)]
        reader: Vec<String>,
    },
    /// T10: one's own unit has read it.
    Read {
        #[command(flatten)]
        who: Who,
    },
    /// T11: propose to keep it; without a contact it is kept at once.
    Keep {
        #[command(flatten)]
        who: Who,
        /// nothing_to_do, nothing_concrete, under_way, harassment.
        #[arg(long)]
        reason: KeepReason,
    },
    /// T12: propose that it goes to the discipline commission; hides it at once.
    Seal {
        #[command(flatten)]
        who: Who,
    },
    /// T12: confirm a proposed seal.
    ConfirmSeal {
        #[command(flatten)]
        who: Who,
    },
    /// T12: refuse a proposed seal.
    RefuseSeal {
        #[command(flatten)]
        who: Who,
    },
    /// T13: propose to decline it.
    Decline {
        #[command(flatten)]
        who: Who,
        /// emergency, legal_route, petition, concluded, improper, outside_powers.
        #[arg(long)]
        reason: DeclineReason,
        /// The lawful way: litigation, arbitration, labour, reconsideration, petition …
        #[arg(long, value_parser = channel)]
        channel: LawfulChannel,
    },
    /// T14: merge it into another case.
    Merge {
        #[command(flatten)]
        who: Who,
        /// The other case.
        #[arg(long)]
        into: CaseNumber,
    },
    /// T14: take a merge back.
    Unmerge {
        #[command(flatten)]
        who: Who,
    },
    /// T15: the unit signs for it.
    AcceptAssignment {
        #[command(flatten)]
        who: Who,
        /// Who handles it.
        #[arg(long)]
        handler: String,
    },
    /// T16: the unit asks to give it back.
    Return {
        #[command(flatten)]
        who: Who,
        /// not_our_duty, other_lead, other_place.
        #[arg(long)]
        reason: ReturnReason,
        /// The unit whose it is.
        #[arg(long)]
        suggested: String,
    },
    /// T17: a supervisor lets the unit give it back.
    GrantReturn {
        #[command(flatten)]
        who: Who,
    },
    /// T17: a supervisor refuses the return.
    RefuseReturn {
        #[command(flatten)]
        who: Who,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T18: the unit asks for more time.
    Extend {
        #[command(flatten)]
        who: Who,
        /// Working days, at most 10.
        #[arg(long)]
        days: u16,
        /// complex, coordination, evidence, expert, funds, materials, construction, weather, other.
        #[arg(long, value_parser = extension)]
        reason: ExtensionReason,
    },
    /// T18: the director gives the unit more time.
    GrantExtension {
        #[command(flatten)]
        who: Who,
    },
    /// T18: the director refuses more time.
    RefuseExtension {
        #[command(flatten)]
        who: Who,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T19: the handler's result, for the signature of the unit's leader.
    FeedBack {
        #[command(flatten)]
        who: Who,
        /// The result.
        #[arg(long)]
        text: String,
        /// The citizen was contacted.
        #[arg(long)]
        contacted: bool,
        /// There is evidence.
        #[arg(long)]
        evidence: bool,
    },
    /// Confirm what waits for a second person.
    Confirm {
        #[command(flatten)]
        who: Who,
        /// keep, decline, return, extension, feedback, close.
        #[arg(long, value_parser = pending)]
        what: Pending,
    },
    /// Refuse what waits for a second person.
    Refuse {
        #[command(flatten)]
        who: Who,
        /// keep, decline, return, extension, feedback, close.
        #[arg(long, value_parser = pending)]
        what: Pending,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// T20: pass the answer, or T21 with what is wrong.
    Review {
        #[command(flatten)]
        who: Who,
        /// unanswered, no_evidence, not_contacted, others_data.
        #[arg(long)]
        fault: Option<ReviewFault>,
    },
    /// T22: the citizen's grade, 1 to 4; 1 to 3 close the case.
    Rate {
        #[command(flatten)]
        who: Who,
        /// 1 to 4.
        #[arg(long)]
        grade: Grade,
    },
    /// T23: once more.
    Redo {
        #[command(flatten)]
        who: Who,
    },
    /// T24: propose to close it although the citizen is not content.
    Close {
        #[command(flatten)]
        who: Who,
        /// The explanation that was given.
        #[arg(long)]
        text: String,
    },
    /// T25: the citizen knows of no answer.
    FalseFeedback {
        #[command(flatten)]
        who: Who,
    },
    /// T26: a callback that brought no grade.
    FollowUp {
        #[command(flatten)]
        who: Who,
        /// phone, sms, mail: in this order.
        #[arg(long, default_value = "phone")]
        means: Means,
        /// no_answer, busy, wrong_person, refused, wanted_none.
        #[arg(long)]
        outcome: FollowUpOutcome,
    },
    /// B7: publish it with this text; without one it is not published.
    Publish {
        #[command(flatten)]
        who: Who,
        /// The text of the notice.
        #[arg(long)]
        text: Option<String>,
    },
    /// T27: file it; the ten elements must be complete.
    Archive {
        #[command(flatten)]
        who: Who,
    },
    /// T28: new facts within 30 days.
    Reopen {
        #[command(flatten)]
        who: Who,
        /// new_facts, recurred.
        #[arg(long)]
        reason: ReopenReason,
        /// What is new.
        #[arg(long)]
        text: String,
    },
    /// T29: the citizen takes it back.
    Withdraw {
        #[command(flatten)]
        who: Who,
        /// The call it was verified by.
        #[arg(long)]
        call: String,
    },
    /// T30: the discipline body's receipt.
    Receipt {
        #[command(flatten)]
        who: Who,
        /// Its number.
        #[arg(long)]
        receipt: String,
    },
    /// 3.5: remind the unit.
    Remind {
        #[command(flatten)]
        who: Who,
    },
    /// 3.5: on the docket.
    Docket {
        #[command(flatten)]
        who: Who,
        /// overdue, false_feedback, second_redo, leader_order, supervisor.
        #[arg(long, default_value = "supervisor")]
        reason: DocketReason,
    },
    /// 3.5: off the docket.
    Lift {
        #[command(flatten)]
        who: Who,
        /// settled, unfounded, approved.
        #[arg(long)]
        reason: LiftReason,
    },
    /// 3.5, level 4: a director signs the proposal.
    SignAdmonition {
        #[command(flatten)]
        who: Who,
    },
    /// 3.5, level 4: a leader decides.
    DecideAdmonition {
        #[command(flatten)]
        who: Who,
        /// No admonition.
        #[arg(long)]
        dismiss: bool,
    },
}
