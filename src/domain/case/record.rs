//! Events of the casework: who decided what, for which reason. The events that move a case stand
//! in [`CaseEvent`](super::CaseEvent); these stand beside them, and few of them move it themselves.
//!
//! Names are part of the file format, like those of [`CaseEvent`](super::CaseEvent). What a person
//! wrote stands in `private`, beside the hash chain.

use super::codec;
use super::event::{DueDate, ExtensionReason, LawfulChannel, Nature};
use super::reasons::{
    AnonymousReason, AskedFor, DeclineReason, DiscardReason, DispositionReason, DocketReason,
    ErasureGround, FollowUpOutcome, Grade, HoldReason, KeepReason, LiftReason, Means, Notice, Post,
    ReopenReason, ReturnReason, ReviewFault, Trigger, Urgency, UrgencyReason,
};
use super::retention::Erasure;
use super::supervision::Warning;
use super::warned::PostTold;
use crate::domain::desk::Disposition;
use crate::units::{CallId, CaseNumber, PhoneNumber};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Whom a text to a leader's own telephone is for (A8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// The leader, by his post.
    pub leader: String,
    /// The leader himself, by his id; `None`: he reads it nowhere but on his telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The person who looks after his telephone (专人负责整理汇总); `None`: every message clerk does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk: Option<String>,
}

/// What a person wrote: it may name people. Empty after erasure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The words.
    #[serde(default)]
    pub text: String,
}

/// What a citizen had put right (PIPL article 46). Empty after erasure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Whom to call back from now on.
    #[serde(default, with = "codec::maybe", skip_serializing_if = "Option::is_none")]
    pub contact: Option<PhoneNumber>,
    /// His name from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

/// Whether the catalogue of duties has an entry for the matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DutyMatch {
    /// This one.
    Item(String),
    /// None: a consultation must find the unit (B5).
    None,
}

/// What needs a second person before it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proposal", rename_all = "snake_case")]
pub enum Proposal {
    /// T11.
    Keep {
        /// Why.
        reason: KeepReason,
    },
    /// T13.
    Decline {
        /// Why.
        reason: DeclineReason,
        /// The lawful way.
        channel: LawfulChannel,
    },
    /// T16.
    Return {
        /// Why.
        reason: ReturnReason,
        /// Whose it is.
        suggested: String,
    },
    /// T18.
    Extension {
        /// Working days.
        days: u16,
        /// Why.
        reason: ExtensionReason,
    },
    /// T19: the handler's result, for the signature of the unit's leader.
    Feedback {
        /// The citizen was contacted.
        contacted: bool,
        /// There is evidence; else the words say why not.
        evidence: bool,
    },
    /// T24.
    CloseUnreasonable,
}

/// One thing that was decided or found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs, reason = "a field says what its variant says; the rules stand in docs")]
pub enum Record {
    /// T2: there is no contact, for this reason.
    Anonymous { reason: AnonymousReason },
    /// The citizen wants his contact kept from the unit, or no longer.
    SecrecyAsked { wanted: bool, by: String },
    /// Invariant 3: this unit is accused and can have no part.
    AccusedNamed { unit: String, by: String },
    /// 3.7: this person is linked to the matter and sees nothing of it from now on.
    PersonRecused { person: String, by: String },
    /// 3.7: he takes part again.
    PersonReadmitted { person: String, by: String },
    /// T4: what the classification found besides nature and domain; the place stands in `private`.
    FactsRecorded {
        urgency: Urgency,
        group_size: u16,
        repeats: u16,
        #[serde(default)]
        duty: Option<DutyMatch>,
        by: String,
        #[serde(default)]
        private: Note,
    },
    /// T4: what a wrap-up had left without a code got it where the case stood by then.
    Coded { nature: Nature, domain: String, by: String },
    /// The urgency was changed.
    UrgencySet { urgency: Urgency, reason: UrgencyReason, by: String },
    /// B5: a unit claims the matter, or refuses it.
    UnitSpoke { unit: String, claims: bool, by: String },
    /// B2: the disposition, every choice kept; `code` is a city's own name for it.
    DispositionChosen {
        disposition: Disposition,
        #[serde(default)]
        code: Option<String>,
        #[serde(default)]
        reason: Option<DispositionReason>,
        by: String,
    },
    /// T7: a consultation was called.
    ConsultationCalled {
        trigger: Trigger,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        due_at: Timestamp,
    },
    /// B5: a member's view.
    ViewGiven {
        unit: Option<String>,
        by: String,
        #[serde(default)]
        private: Note,
    },
    /// A8: it came to a leader's own telephone (市级领导手机).
    Addressed(Addressee),
    /// The citizen was asked for more, and until when it is waited for; nothing named is place and time.
    MoreAsked {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<AskedFor>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        by: String,
    },
    /// The citizen wrote more about it; his words stand in `private`.
    Supplemented {
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        #[serde(default)]
        private: Note,
    },
    /// B5: what was decided; the minutes stand in `private`.
    ConsultationDecided {
        lead: Option<String>,
        helpers: Vec<String>,
        disposition: Disposition,
        by: String,
        #[serde(default)]
        private: Note,
    },
    /// T8: laid before a leader.
    LaidBefore {
        leader: String,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        #[serde(default)]
        private: Note,
    },
    /// B10: the leader's words, verbatim; whether he wants the case on the docket.
    Instructed {
        leader: String,
        #[serde(default)]
        docket: bool,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        #[serde(default)]
        private: Note,
    },
    /// T9: when the unit's clock began, and who helps.
    Dispatched {
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        helpers: Vec<String>,
        by: String,
    },
    /// T10: who is to read it.
    ReadersNamed {
        readers: Vec<String>,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T10: a read receipt.
    ReadBy {
        reader: String,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T3.
    DiscardedBecause { reason: DiscardReason, by: String },
    /// T11: by whom and confirmed by whom.
    KeptBecause { reason: KeepReason, by: String, second: Option<String> },
    /// T13.
    DeclinedBecause { reason: DeclineReason, by: String, second: String },
    /// Something waits for its second person.
    Proposed {
        what: Proposal,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        #[serde(default)]
        private: Note,
    },
    /// The second person said no.
    ProposalRefused {
        by: String,
        #[serde(default)]
        private: Note,
    },
    /// T17: given back; the case is to be assigned anew.
    Returned { reason: ReturnReason, by: String },
    /// Taken back from the unit by the centre; the case is to be assigned anew.
    Recalled { by: String },
    /// T15.
    HandlerNamed { handler: String, by: String },
    /// T19: the signed result.
    ResultReported {
        by: String,
        signed_by: Option<String>,
        contacted: bool,
        evidence: bool,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        #[serde(default)]
        private: Note,
    },
    /// T20, T21; `fault` is missing where the answer passed.
    Reviewed { fault: Option<ReviewFault>, by: String },
    /// T6: the conference that solved it.
    SolvedInCall {
        #[serde(with = "codec::one")]
        call: CallId,
        by: String,
    },
    /// T22: the citizen's grade.
    Rated {
        grade: Grade,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T26: a try that brought no grade.
    FollowedUp {
        #[serde(default)]
        means: Means,
        outcome: FollowUpOutcome,
        by: String,
        done: bool,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T23, T24: whether what is asked for is reasonable.
    Judged { reasonable: bool, by: String, second: Option<String> },
    /// T25: the unit reported what the citizen does not know of.
    FalseFeedback {
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T12: hides the case at once.
    SealProposed {
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T12: shows it again.
    SealRefused { by: String },
    /// T12: decided by a second person.
    SealConfirmed { by: String },
    /// T30: the discipline body's receipt.
    ReceiptFiled { receipt: String, by: String },
    /// T14: since when, and by whom.
    MergeDecided {
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// T14: taken back; the case goes on by itself.
    Unmerged { by: String },
    /// T29: by which call it was verified.
    WithdrawalVerified {
        #[serde(with = "codec::one")]
        call: CallId,
        by: String,
    },
    /// T27: whether it is published, since when, with the text of the notice.
    PublicationDecided {
        publish: bool,
        by: String,
        #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
        at: Option<Timestamp>,
        #[serde(default)]
        private: Note,
    },
    /// B7: a notice that stood is taken back, for the reason in `private`.
    PublicationWithdrawn {
        by: String,
        #[serde(default)]
        private: Note,
    },
    /// T28.
    Reopened {
        reason: ReopenReason,
        by: String,
        #[serde(default)]
        private: Note,
    },
    /// Invariant 4: the citizen is told; `due` is the date he is promised from now on.
    CitizenNotified {
        notice: Notice,
        #[serde(default)]
        due: Option<Date>,
    },
    /// The holiday table of a year arrived: dates that were provisional hold or moved later. Or the
    /// citizen was promised a new date; his period then begins at `from`.
    Recomputed {
        #[serde(default)]
        due: Option<DueDate>,
        #[serde(default)]
        unit_due: Option<DueDate>,
        #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
        from: Option<Timestamp>,
    },
    /// 3.5: a warning whose instant has come.
    Warned {
        warning: Warning,
        /// Which start of the unit's clock it belongs to, from 1.
        clock: u16,
        /// When it was due.
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        late: bool,
        posts: Vec<Post>,
        /// Who held these posts when it was made; events of older programs name nobody.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        told: Vec<PostTold>,
        /// The first responsible, who gets a copy (B4).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copied: Option<String>,
    },
    /// 3.5: on the docket.
    Docketed {
        docket: String,
        reason: DocketReason,
        by: String,
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
    },
    /// 3.5: taken off again.
    SupervisionLifted { reason: LiftReason, by: String },
    /// 3.5, level 4: a director signed the proposal; nothing follows by itself (D9).
    AdmonitionSigned { by: String },
    /// 3.5, level 4: a leader decided.
    AdmonitionDecided { admonish: bool, by: String },
    /// T14: another case was merged into this one.
    Joined {
        #[serde(with = "codec::one")]
        number: CaseNumber,
    },
    /// T14: that was taken back.
    Parted {
        #[serde(with = "codec::one")]
        number: CaseNumber,
    },
    /// Who the citizen is was put right at his request; whether that was where he is reached.
    Corrected {
        by: String,
        #[serde(default)]
        contact: bool,
        #[serde(default)]
        private: Correction,
    },
    /// It is kept beyond its period.
    HoldPlaced { reason: HoldReason, by: String },
    /// It is kept no longer than others.
    HoldLifted { by: String },
    /// Its recordings, or all words and who the citizen is, are gone. What figures rest on stays: the
    /// town of each `facts_recorded` in order, and whether there was a contact.
    Erased {
        erasure: Erasure,
        ground: ErasureGround,
        by: String,
        #[serde(default)]
        towns: Vec<Option<String>>,
        #[serde(default)]
        contact: bool,
    },
}
