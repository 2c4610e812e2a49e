//! What can happen to a case, as it is stored for ever.
//!
//! Everything that says who a citizen is stands in [`Private`], under the JSON key `private`. The
//! store keeps that part beside the hash chain and chains only its digest, so it can be erased one
//! day without breaking the chain. Names of variants and fields are part of the file format.

use super::codec;
use super::deadline::{Deadline, Step};
use super::record::Record;
use super::wrap_up::WrappedUp;
use crate::domain::call::{IntakeKind, RecordingSummary};
use crate::domain::desk::CallBackOutcome;
use crate::units::{CallId, CaseNumber, PhoneNumber, QueryCode};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The way a contact came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A spoken message (语音留言).
    Voicemail,
    /// The citizen asked to be called back (回拨).
    CallbackRequest,
    /// The citizen left before anything came of it.
    Abandoned,
    /// A text by SIP MESSAGE.
    Text,
    /// A talk with a person at a seat (电话).
    Phone,
    /// Told to a person of the centre or of a village, who took it down (来访).
    WalkIn,
    /// A mail of the public box (电子信箱).
    Email,
    /// A letter (群众来信).
    Letter,
    /// A text to a leader's own telephone (市级领导手机短信).
    LeaderSms,
    /// A text to the city's short number (公众短信).
    PublicSms,
    /// The radio programme (行风热线).
    Radio,
    /// The agent of a village (民生代办).
    VillageAgent,
    /// Brought by the program of a partner, over Open311 (网络提交).
    Upload,
}

impl Channel {
    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voicemail => "voicemail",
            Self::CallbackRequest => "callback_request",
            Self::Abandoned => "abandoned",
            Self::Text => "text",
            Self::Phone => "phone",
            Self::WalkIn => "walk_in",
            Self::Email => "email",
            Self::Letter => "letter",
            Self::LeaderSms => "leader_sms",
            Self::PublicSms => "public_sms",
            Self::Radio => "radio",
            Self::VillageAgent => "village_agent",
            Self::Upload => "upload",
        }
    }
}

impl Channel {
    /// How a person takes down what came by it; `None`: the line takes it in by itself.
    #[must_use]
    pub fn taken_down(self) -> Option<IntakeKind> {
        Some(match self {
            Self::WalkIn => IntakeKind::WalkIn,
            Self::Email => IntakeKind::Email,
            Self::Letter => IntakeKind::Letter,
            Self::LeaderSms => IntakeKind::LeaderSms,
            Self::PublicSms => IntakeKind::PublicSms,
            Self::Radio => IntakeKind::Radio,
            Self::VillageAgent => IntakeKind::VillageAgent,
            Self::Voicemail | Self::CallbackRequest | Self::Abandoned => return None,
            Self::Text | Self::Phone | Self::Upload => return None,
        })
    }
}

impl From<IntakeKind> for Channel {
    fn from(kind: IntakeKind) -> Self {
        match kind {
            IntakeKind::Voicemail => Self::Voicemail,
            IntakeKind::CallbackRequest => Self::CallbackRequest,
            IntakeKind::Abandoned => Self::Abandoned,
            IntakeKind::Text => Self::Text,
            IntakeKind::Attended => Self::Phone,
            IntakeKind::WalkIn => Self::WalkIn,
            IntakeKind::Email => Self::Email,
            IntakeKind::Letter => Self::Letter,
            IntakeKind::LeaderSms => Self::LeaderSms,
            IntakeKind::PublicSms => Self::PublicSms,
            IntakeKind::Radio => Self::Radio,
            IntakeKind::VillageAgent => Self::VillageAgent,
            IntakeKind::Upload => Self::Upload,
        }
    }
}

/// Why somebody must call back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackReason {
    /// The citizen asked for it.
    Asked,
    /// The call ended before anything came of it (漏接电话回拨).
    Missed,
    /// A message was stored but its number could not be told.
    NumberUntold,
}

impl CallbackReason {
    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Missed => "missed",
            Self::NumberUntold => "number_untold",
        }
    }
}

/// The nature of a matter (domain.md 3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// 咨询.
    Consult,
    /// 求助.
    Help,
    /// 投诉.
    Complaint,
    /// 举报.
    Report,
    /// 建议.
    Suggest,
    /// 表扬.
    Praise,
    /// 其他.
    Other,
}

impl Nature {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Consult,
        Self::Help,
        Self::Complaint,
        Self::Report,
        Self::Suggest,
        Self::Praise,
        Self::Other,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Consult => "咨询",
            Self::Help => "求助",
            Self::Complaint => "投诉",
            Self::Report => "举报",
            Self::Suggest => "建议",
            Self::Praise => "表扬",
            Self::Other => "其他",
        }
    }

    /// Its id of the prompt script.
    #[must_use]
    pub fn script_id(self) -> &'static str {
        match self {
            Self::Consult => "nature.consult",
            Self::Help => "nature.help",
            Self::Complaint => "nature.complaint",
            Self::Report => "nature.report",
            Self::Suggest => "nature.suggestion",
            Self::Praise => "nature.praise",
            Self::Other => "nature.other",
        }
    }
}

/// Why a period was extended; a fixed list, so that each can be spoken (DL05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtensionReason {
    /// 情况复杂.
    Complex,
    /// 需要多个部门协调.
    Coordination,
    /// 需要进一步调查取证.
    Evidence,
    /// 需要专业鉴定.
    Expert,
    /// 资金正在落实.
    Funds,
    /// 需要补充材料.
    Materials,
    /// 施工周期较长.
    Construction,
    /// 天气原因.
    Weather,
    /// 情况特殊.
    Other,
}

impl ExtensionReason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Complex,
        Self::Coordination,
        Self::Evidence,
        Self::Expert,
        Self::Funds,
        Self::Materials,
        Self::Construction,
        Self::Weather,
        Self::Other,
    ];

    /// Its id of the prompt script.
    #[must_use]
    pub fn script_id(self) -> &'static str {
        match self {
            Self::Complex => "reason.complex",
            Self::Coordination => "reason.coordination",
            Self::Evidence => "reason.evidence",
            Self::Expert => "reason.expert",
            Self::Funds => "reason.funds",
            Self::Materials => "reason.materials",
            Self::Construction => "reason.construction",
            Self::Weather => "reason.weather",
            Self::Other => "reason.other",
        }
    }
}

/// The lawful way of a declined matter (ST15); a fixed list, so that each can be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LawfulChannel {
    /// 诉讼.
    Litigation,
    /// 仲裁.
    Arbitration,
    /// 劳动仲裁.
    Labour,
    /// 行政复议.
    Reconsideration,
    /// 信访.
    Petition,
    /// 法院执行.
    Enforcement,
    /// 人民调解.
    Mediation,
    /// 公证.
    Notary,
    /// 公安报警.
    Police,
    /// 紧急救援.
    Emergency,
    /// 法定.
    Other,
}

impl LawfulChannel {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Litigation,
        Self::Arbitration,
        Self::Labour,
        Self::Reconsideration,
        Self::Petition,
        Self::Enforcement,
        Self::Mediation,
        Self::Notary,
        Self::Police,
        Self::Emergency,
        Self::Other,
    ];

    /// Its id of the prompt script.
    #[must_use]
    pub fn script_id(self) -> &'static str {
        match self {
            Self::Litigation => "channel.litigation",
            Self::Arbitration => "channel.arbitration",
            Self::Labour => "channel.labour",
            Self::Reconsideration => "channel.reconsideration",
            Self::Petition => "channel.petition",
            Self::Enforcement => "channel.enforcement",
            Self::Mediation => "channel.mediation",
            Self::Notary => "channel.notary",
            Self::Police => "channel.police",
            Self::Emergency => "channel.emergency",
            Self::Other => "channel.other",
        }
    }
}

/// Who the citizen is and what must not be read by others. Empty after erasure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// Whom to call back.
    #[serde(default, with = "codec::maybe")]
    pub contact: Option<PhoneNumber>,
    /// The number that called.
    #[serde(default, with = "codec::maybe")]
    pub caller: Option<PhoneNumber>,
    /// The address that a mail came from, to which its citizen is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// The display name it showed.
    #[serde(default)]
    pub display: Option<String>,
    /// The citizen's own words, for a text.
    #[serde(default)]
    pub text: Option<String>,
    /// The query code (查询码).
    #[serde(default, with = "codec::maybe")]
    pub code: Option<QueryCode>,
    /// What the case is about; only where it is numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl Private {
    /// Somebody who can be answered: by telephone or by mail.
    #[must_use]
    pub fn can_be_answered(&self) -> bool {
        self.contact.is_some() || self.mail.is_some()
    }
}

/// The original recording as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// Path below the data folder.
    pub file: String,
    /// Length of the audio in milliseconds.
    pub duration_ms: u64,
    /// How much of it is speech, in milliseconds.
    pub speech_ms: u64,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
}

impl From<&RecordingSummary> for Original {
    fn from(summary: &RecordingSummary) -> Self {
        let ms = |length: std::time::Duration| u64::try_from(length.as_millis()).unwrap_or(0);
        Self {
            file: summary.file.clone(),
            duration_ms: ms(summary.duration),
            speech_ms: ms(summary.speech),
            sha256: summary.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// A contact was stored: the first event of every case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The key that makes storing it twice harmless.
    pub key: String,
    /// How it came.
    pub channel: Channel,
    /// When it came.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// The call it came by.
    #[serde(default, with = "codec::maybe")]
    pub call: Option<CallId>,
    /// The original recording.
    #[serde(default)]
    pub recording: Option<Original>,
    /// Who and what.
    #[serde(default)]
    pub private: Private,
}

/// A due date inside an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDate {
    /// The last day.
    pub on: Date,
    /// The instant after which it is overdue.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// A year without a holiday table is involved.
    pub provisional: bool,
    /// How it came about.
    pub explained: Vec<Step>,
}

impl From<Deadline> for DueDate {
    fn from(deadline: Deadline) -> Self {
        let Deadline { on, at, provisional, explained } = deadline;
        Self { on, at, provisional, explained }
    }
}

/// A case got its number (T2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its number.
    #[serde(with = "codec::one")]
    pub number: CaseNumber,
    /// When: the citizen's clock starts here.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Who took it first (首问负责); never changes.
    pub first_responsible: String,
    /// The citizen's due date.
    pub due: DueDate,
    /// The query code, and what it is about, without names.
    #[serde(default)]
    pub private: Private,
}

/// One thing that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CaseEvent {
    /// T1: stored as a draft.
    Received(Box<Received>),
    /// Somebody must call the citizen back.
    CallbackAsked {
        /// Why.
        reason: CallbackReason,
        /// Until when.
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        due_at: Timestamp,
    },
    /// Somebody tried to call the citizen back.
    CalledBack {
        /// When the try ended.
        #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
        at: Timestamp,
        /// How.
        outcome: CallBackOutcome,
        /// Nobody need call any more.
        done: bool,
    },
    /// A talk with a person at a seat ended.
    WrappedUp(Box<WrappedUp>),
    /// T2: numbered.
    Accepted(Box<Accepted>),
    /// T4: nature and domain are known.
    Classified {
        /// What kind of matter.
        nature: Nature,
        /// Six-digit code of its domain.
        domain: String,
    },
    /// T7: to be discussed by several units.
    Consulted,
    /// T8: laid before a leader.
    ReportedToLeader,
    /// T9: given to a unit.
    Assigned {
        /// The unit's id of `units.toml`.
        unit: String,
        /// The unit's due date.
        due: DueDate,
    },
    /// T15: the unit signed for it.
    HandlingStarted,
    /// T19: the unit reported its result.
    FedBack,
    /// T5, T6, T20: answered, the citizen is to be asked.
    CallbackDue {
        /// Answered at once or in a three-way call.
        answered_directly: bool,
    },
    /// T23: not satisfied, to be handled again.
    Redone {
        /// The new due date.
        due: DueDate,
    },
    /// T22, T24, T26: done.
    Closed {
        /// Local day.
        on: Date,
    },
    /// T27: filed, read-only.
    Archived,
    /// T3, T11: kept without reply.
    Kept,
    /// T10: sent to readers.
    Circulated,
    /// T12: sealed.
    Sealed,
    /// T13: not taken on.
    Declined {
        /// The lawful way.
        channel: LawfulChannel,
    },
    /// T14: the same matter as another case.
    Merged {
        /// That case.
        #[serde(with = "codec::one")]
        into: CaseNumber,
    },
    /// T29: the citizen took it back.
    Withdrawn,
    /// T18: extended once, with approval.
    Extended {
        /// The new last day.
        due: DueDate,
        /// Why.
        reason: ExtensionReason,
    },
    /// Who decided what and why; last, because its names are tried after those above.
    #[serde(untagged)]
    Record(Box<Record>),
}

impl From<Record> for CaseEvent {
    fn from(record: Record) -> Self {
        Self::Record(Box::new(record))
    }
}

impl From<DueDate> for Deadline {
    fn from(due: DueDate) -> Self {
        let DueDate { on, at, provisional, explained } = due;
        Self { on, at, provisional, explained }
    }
}
