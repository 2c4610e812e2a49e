//! What a person can want done to a case: the commands of the table T1 to T30 and what goes with
//! them (domain.md 3.2 to 3.5).

use super::actor::Actor;
use super::event::{ExtensionReason, LawfulChannel, Nature};
use super::follow_up::FollowUpTry;
use super::reasons::{
    AnonymousReason, AskedFor, DeclineReason, DiscardReason, DispositionReason, DocketReason,
    Grade, HoldReason, KeepReason, LiftReason, ReopenReason, ReturnReason, ReviewFault, Trigger,
    Urgency, UrgencyReason,
};
use super::record::{Correction, DutyMatch};
use super::status::State;
use crate::domain::desk::Disposition;
use crate::units::{CallId, CaseNumber};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

/// A command with the person who gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who.
    pub actor: Actor,
    /// What.
    pub task: Task,
}

/// What a classification finds (T4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    /// What kind of matter.
    pub nature: Nature,
    /// Six-digit code of its domain.
    pub domain: String,
    /// Where; `无` where the matter has no place.
    pub place: String,
    /// How urgent.
    pub urgency: Urgency,
    /// How many people it is about.
    pub group_size: u16,
    /// How often the same matter came before.
    pub repeats: u16,
    /// What the catalogue of duties says; `None`: nobody looked.
    pub duty: Option<DutyMatch>,
    /// Units that are accused.
    pub accused: Vec<String>,
}

/// What is decided in a consultation (B5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The lead unit (主办); needed where the matter is to be assigned.
    pub lead: Option<String>,
    /// The helpers (协办).
    pub helpers: Vec<String>,
    /// What becomes of the matter.
    pub disposition: Disposition,
    /// The minutes.
    pub minutes: String,
}

/// What the store knows of the case that another is to be merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeTarget {
    /// Its number.
    pub number: CaseNumber,
    /// Where it stands; `None` where nobody may know of it.
    pub state: Option<State>,
    /// The day it was closed on.
    pub closed_on: Option<Date>,
}

/// What waits for a second person, without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// T11.
    Keep,
    /// T13.
    Decline,
    /// T17.
    Return,
    /// T18.
    Extension,
    /// T19.
    Feedback,
    /// T24.
    #[serde(rename = "close")]
    CloseUnreasonable,
}

impl Pending {
    /// Every kind with its name in the store and on the command line.
    pub const NAMES: [(Self, &'static str); 6] = [
        (Self::Keep, "keep"),
        (Self::Decline, "decline"),
        (Self::Return, "return"),
        (Self::Extension, "extension"),
        (Self::Feedback, "feedback"),
        (Self::CloseUnreasonable, "close"),
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// Reads what [`Pending::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// T2: give a draft its number.
    Accept {
        /// What it is about, without names.
        summary: String,
        /// Why there is no contact.
        anonymous: Option<AnonymousReason>,
    },
    /// T3: a draft is no matter.
    Discard(DiscardReason),
    /// T4.
    Classify(Box<Classification>),
    /// T4: another urgency.
    SetUrgency(Urgency, UrgencyReason),
    /// B2: choose what becomes of the matter, or change it.
    ChooseDisposition(Disposition, Option<DispositionReason>),
    /// B2: the same by a city's own code, with the rules of one of the seven.
    ChooseLocal {
        /// The code.
        code: String,
        /// Whose rules hold.
        like: Disposition,
        /// Why it is changed.
        reason: Option<DispositionReason>,
    },
    /// The citizen is asked for more (S03, M2); nothing named is place and time.
    AskMore(Vec<AskedFor>),
    /// The citizen wants his contact kept from the unit (16 of the Jinan ordinance), or no longer.
    SetSecrecy(bool),
    /// Invariant 3: a unit is accused.
    NameAccused(String),
    /// 3.7: a person who is linked to the matter is cut off from it (回避).
    Recuse(String),
    /// 3.7: that was a mistake, or is over.
    Readmit(String),
    /// B5: a unit claims (`true`) or refuses the matter.
    Claim(bool),
    /// T5: answer at once; a grade given in the call is the callback.
    Answer {
        /// The answer.
        text: String,
        /// The citizen's grade.
        grade: Option<Grade>,
    },
    /// T6: solved in a conference.
    SolveInCall {
        /// The recorded conference.
        call: CallId,
        /// What was agreed.
        text: String,
    },
    /// T7.
    Consult(Trigger),
    /// B5: a member's view.
    GiveView(String),
    /// B5.
    Decide(Box<Decision>),
    /// T8.
    Report {
        /// The leader, by his id.
        leader: String,
        /// The text laid before him (呈批).
        text: String,
    },
    /// B10: the leader's words.
    Instruct {
        /// Verbatim.
        text: String,
        /// He wants it on the docket.
        docket: bool,
    },
    /// T9.
    Assign {
        /// The lead unit.
        unit: String,
        /// The helpers.
        helpers: Vec<String>,
    },
    /// T10.
    Circulate(Vec<String>),
    /// T10: a reader has read it.
    Read,
    /// T11.
    Keep(KeepReason),
    /// T12: propose that the case goes to the discipline commission.
    ProposeSeal,
    /// T12.
    ConfirmSeal,
    /// T12.
    RefuseSeal,
    /// T13.
    Decline(DeclineReason, LawfulChannel),
    /// T14.
    Merge(MergeTarget),
    /// T14: take a merge back.
    Unmerge,
    /// T15: the unit signs for it and names who handles it.
    Sign(String),
    /// T16.
    AskReturn {
        /// Why.
        reason: ReturnReason,
        /// Whose it is.
        suggested: String,
    },
    /// T18.
    AskExtension {
        /// Working days.
        days: u16,
        /// Why.
        reason: ExtensionReason,
    },
    /// T19: the handler's result.
    FeedBack {
        /// The result.
        text: String,
        /// The citizen was contacted.
        contacted: bool,
        /// There is evidence.
        evidence: bool,
    },
    /// The second person confirms what waits.
    Grant(Pending),
    /// The second person refuses what waits, and says why.
    Refuse(Pending, String),
    /// T20 with `None`, T21 with what is wrong.
    Review(Option<ReviewFault>),
    /// T22, T23, T24: the citizen's grade.
    Rate(Grade),
    /// T23: not content, and with reason.
    Redo,
    /// T24: not content, and without reason: the explanation that was given.
    CloseUnreasonable(String),
    /// T25: the citizen knows of no answer.
    ReportFalseFeedback,
    /// T26: a try that brought no grade.
    FollowUp(FollowUpTry),
    /// B7: whether it is published, with the text.
    DecidePublication(bool, String),
    /// B7: a notice that stands is taken back, with the reason (撤下公示).
    TakeDown(String),
    /// T27.
    Archive,
    /// T28.
    Reopen(ReopenReason, String),
    /// T29: the call it was verified by.
    Withdraw(CallId),
    /// T30: the receipt's number.
    FileReceipt(String),
    /// 3.5, level 0: the citizen asks, or nobody signs for it.
    Remind,
    /// 3.5, level 3.
    Docket(DocketReason),
    /// 3.5: off the docket.
    Lift(LiftReason),
    /// 3.5, level 4: a director signs the proposal.
    SignAdmonition,
    /// 3.5, level 4: a leader decides.
    DecideAdmonition(bool),
    /// 3.7: who the citizen is, put right at his request (更正).
    Correct(Correction),
    /// 3.7: keep it beyond its period (暂缓销毁).
    Hold(HoldReason),
    /// 3.7: keep it no longer than others.
    LiftHold,
}
