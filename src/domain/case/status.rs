//! What a citizen may be told about a case.

use crate::domain::speech::Rendered;
use crate::units::{CaseNumber, PhoneNumber};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The states of the nine steps and their exits (受理—分类—会商—交办—督办—反馈—回访—统计分析—归档).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 草稿: received, not yet numbered.
    Draft,
    /// 已受理.
    Accepted,
    /// 已分类.
    Classified,
    /// 会商中.
    Consulting,
    /// 领导阅批.
    LeaderReview,
    /// 已交办.
    Assigned,
    /// 办理中.
    Handling,
    /// 已反馈.
    Feedback,
    /// 待回访.
    Callback,
    /// 重办.
    Redo,
    /// 办结.
    Closed,
    /// 归档.
    Archived,
    /// 留存.
    Kept,
    /// 转阅.
    Circulated,
    /// 转纪委.
    Sealed,
    /// 不予受理.
    Declined,
    /// 并案.
    Merged,
    /// 撤回.
    Withdrawn,
}

impl State {
    /// Every state with its name in the store and in JSON.
    pub const NAMES: [(Self, &'static str); 18] = [
        (Self::Draft, "draft"),
        (Self::Accepted, "accepted"),
        (Self::Classified, "classified"),
        (Self::Consulting, "consulting"),
        (Self::LeaderReview, "leader_review"),
        (Self::Assigned, "assigned"),
        (Self::Handling, "handling"),
        (Self::Feedback, "feedback"),
        (Self::Callback, "callback"),
        (Self::Redo, "redo"),
        (Self::Closed, "closed"),
        (Self::Archived, "archived"),
        (Self::Kept, "kept"),
        (Self::Circulated, "circulated"),
        (Self::Sealed, "sealed"),
        (Self::Declined, "declined"),
        (Self::Merged, "merged"),
        (Self::Withdrawn, "withdrawn"),
    ];

    /// Its name in the store and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(state, _)| *state == self).map_or("draft", |(_, name)| name)
    }

    /// As officials read it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Accepted => "已受理",
            Self::Classified => "已分类",
            Self::Consulting => "会商中",
            Self::LeaderReview => "领导阅批",
            Self::Assigned => "已交办",
            Self::Handling => "办理中",
            Self::Feedback => "已反馈",
            Self::Callback => "待回访",
            Self::Redo => "重办",
            Self::Closed => "办结",
            Self::Archived => "归档",
            Self::Kept => "留存",
            Self::Circulated => "转阅",
            Self::Sealed => "转纪委",
            Self::Declined => "不予受理",
            Self::Merged => "并案",
            Self::Withdrawn => "撤回",
        }
    }

    /// Reads what [`State::as_str`] gave.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    /// A citizen who was promised a reply still waits for it: a deadline runs.
    #[must_use]
    pub fn owes_reply(self) -> bool {
        matches!(
            self,
            Self::Accepted
                | Self::Classified
                | Self::Consulting
                | Self::LeaderReview
                | Self::Assigned
                | Self::Handling
                | Self::Feedback
                | Self::Redo
        )
    }

    /// A unit is at work on it, or its answer is looked at.
    #[must_use]
    pub fn is_at_unit(self) -> bool {
        matches!(self, Self::Assigned | Self::Handling | Self::Feedback | Self::Redo)
    }

    /// The citizen has an answer.
    #[must_use]
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Callback | Self::Closed | Self::Archived)
    }

    /// Numbered and not at an end: it can still be sealed or withdrawn (T12, T29).
    #[must_use]
    pub fn is_open(self) -> bool {
        self.owes_reply() || self == Self::Callback
    }
}

/// The deadline as it may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The last day.
    pub on: Date,
    /// The local day the question is asked on.
    pub today: Date,
    /// Extended once with approval; the reason's id of the script (`reason.*`).
    pub extended: Option<&'static str>,
}

/// The answer to a look-up: never a name, never the words of the matter. The reply is heard by whoever has
/// number and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStatus {
    /// Which case.
    pub number: CaseNumber,
    /// Local day it was received on.
    pub received_on: Date,
    /// Nature (咨询, 求助 …) by its script id; `None` when unclassified or sealed.
    pub nature: Option<String>,
    /// Where it stands.
    pub state: State,
    /// The unit at work, by its id of `units.toml`.
    pub unit: Option<String>,
    /// Which time it is handled, from 1.
    pub round: u8,
    /// Answered at once or in a three-way call.
    pub answered_directly: bool,
    /// The day it was closed on.
    pub closed_on: Option<Date>,
    /// The case it was merged into.
    pub merged_into: Option<CaseNumber>,
    /// The lawful way, by its script id (`channel.*`), of a declined case.
    pub channel: Option<String>,
    /// The deadline, while one runs.
    pub due: Option<Due>,
    /// The unit's published telephone.
    pub unit_phone: Option<PhoneNumber>,
    /// What a speech engine said of it, and how the reply reaches the citizen.
    pub voiced: Voiced,
}

/// What a speech engine said of a case, as far as it is there when somebody asks: nobody waits for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voiced {
    /// Its number.
    pub number: Option<Rendered>,
    /// The reply; `None`: there is none to be told.
    pub reply: Option<ReplyTold>,
}

/// How the citizen gets to know the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyTold {
    /// He hears it.
    Spoken {
        /// Its sentences.
        sentences: Vec<Rendered>,
        /// It is said first that an engine speaks.
        announced: bool,
    },
    /// It cannot be heard, or not yet; a text with the whole of it was sent or is on its way.
    ByText,
    /// It cannot be heard, or not yet, and there is no such text: a person tells it. So it is with one that
    /// went by mail: nobody who rings is at his mailbox.
    ByPerson,
}
