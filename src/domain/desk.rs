//! The desk (坐席台): what a person at a seat may ask for, how each wish is answered, and what the
//! seat is shown. Telephones and browser pages speak the same words; JSON is their written form
//! (`docs/desk-protocol.md`).
//!
//! Every command is answered exactly once: done, refused with a reason, or failed with a cause.

mod answer;
mod callbacks;
mod disposition;

use crate::domain::suggest::RiskFlag;
use crate::units::{CallId, Digit, OfferId, PartyId, PhoneNumber, SeatNumber};
pub use answer::{DeskReply, Failure, Refusal};
pub use callbacks::{CALLBACKS_LISTED_MAX, CallbackView, CallbacksView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person at a seat may do. Rights are given per seat and checked for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatRole {
    /// 话务员: takes calls.
    Operator,
    /// 班长: takes calls, listens in, whispers, barges in, sees every seat.
    Supervisor,
    /// 市领导: takes calls of a listening day that an operator hands over.
    Leader,
    /// 领导助理: may listen to the calls of the leader.
    Assistant,
}

/// The state of a seat, as ACD practice names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// 未签入.
    SignedOut,
    /// 空闲: the next call may be offered.
    Ready,
    /// 振铃: one call is offered.
    Offered,
    /// 通话.
    Talking,
    /// 话后处理.
    WrapUp,
    /// 小休, with a reason.
    Paused,
}

/// Why a seat takes no calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// 小休.
    Break,
    /// 用餐.
    Meal,
    /// 培训.
    Training,
    /// 案头工作.
    Paperwork,
    /// 未应答: set by the queue after an offer that nobody took.
    NoAnswer,
    /// 电话未注册: the phone or the page is gone.
    Unreachable,
}

/// Whom a person wants to reach.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// Another seat.
    Seat {
        /// Its number.
        seat: SeatNumber,
    },
    /// The next free seat of a group (技能组); the caller keeps his place.
    Group {
        /// Its name.
        group: String,
    },
    /// A unit, by its duty roster: first contact, then the second.
    Unit {
        /// Its id of `config/units.toml`.
        unit: String,
    },
    /// A number through the trunk, where the number rules allow it.
    Outside {
        /// The number.
        number: PhoneNumber,
    },
    /// 110, 119 or 120; always allowed.
    Emergency {
        /// One of the three.
        number: PhoneNumber,
    },
}

/// How a supervisor takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// 监听: hears all, is heard by nobody.
    Listen,
    /// 耳语: hears all, is heard by the seat alone.
    Whisper,
    /// 强插: hears all and is heard by all.
    Barge,
    /// Leaves.
    Stop,
}

/// What came of a three-way call (三方通话); it must be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// 已解决.
    Solved,
    /// 承诺限期解决.
    Promised {
        /// By when, `YYYY-MM-DD`.
        by: jiff::civil::Date,
    },
    /// 拒绝.
    Refused,
    /// 无人接听: the matter is assigned in writing.
    NobodyReached,
}

/// What becomes of the matter, by the seven dispositions (七种方式) and what is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// 直接答复.
    Answered,
    /// 三方通话.
    ThreeWay,
    /// 留存.
    Kept,
    /// 转阅.
    Circulated,
    /// 转处 (交办).
    Assigned,
    /// 报领导阅批.
    LeaderReview,
    /// 转纪委.
    Discipline,
    /// 误拨、骚扰、无声: no matter at all.
    NoMatter,
}

/// A wish of a seat.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeskCommand {
    /// 就绪.
    Ready,
    /// 小休.
    Pause {
        /// Why.
        reason: PauseReason,
    },
    /// 签出.
    SignOut,
    /// 接听: take the offered call (a SIP phone simply answers).
    Answer {
        /// Which offer.
        offer: OfferId,
    },
    /// 拒接.
    Decline {
        /// Which offer.
        offer: OfferId,
    },
    /// 挂机: leave the call for good. The citizen is asked for a rating when nobody else is left.
    HangUp,
    /// 保持: the party hears music and is heard by nobody, until `on` is false. The end of it for a
    /// party that waits while the seat is with another: the seat turns to it.
    Hold {
        /// Whom.
        party: PartyId,
        /// Begin or end.
        on: bool,
    },
    /// 静音: the party hears, but is heard by nobody.
    Mute {
        /// Whom.
        party: PartyId,
        /// Begin or end.
        on: bool,
    },
    /// 闭听: the party is heard, but hears nobody.
    Deafen {
        /// Whom.
        party: PartyId,
        /// Begin or end.
        on: bool,
    },
    /// 请出: the party's leg is ended.
    Drop {
        /// Whom.
        party: PartyId,
    },
    /// 私聊: the seat and these parties hear only each other; the others go on among themselves, and
    /// who is alone hears music. Nobody ends it.
    Private {
        /// With whom.
        with: Vec<PartyId>,
    },
    /// 咨询: reach somebody while the citizen hears W08 and music.
    Consult {
        /// Whom.
        target: Target,
    },
    /// 三方: the reached party, the citizen and the seat hear each other. Of a party that still
    /// rings: as soon as it is reached (W01).
    Join {
        /// The party.
        party: PartyId,
    },
    /// 退出: the seat leaves and the others go on, recorded (W07).
    Leave,
    /// 返回: the seat that left comes back.
    Return {
        /// To which call.
        call: CallId,
    },
    /// 交接摘要: what whoever is offered the call next is shown before he answers: name, town,
    /// topic. An empty text takes it back.
    Brief {
        /// At most [`BRIEFING_CHARS_MAX`] characters.
        text: String,
    },
    /// 移交: another seat takes the seat's place.
    HandOver {
        /// Which.
        seat: SeatNumber,
    },
    /// 盲转: the citizen is connected without a word before.
    Transfer {
        /// To whom.
        target: Target,
    },
    /// 转接: the reached party takes the seat's place (after `Consult`).
    Complete {
        /// The reached party.
        party: PartyId,
    },
    /// 监听、耳语、强插.
    Supervise {
        /// Which call.
        call: CallId,
        /// How.
        mode: Supervision,
    },
    /// Keys to a party's telephone menu.
    Keys {
        /// Whom.
        party: PartyId,
        /// At most 32.
        digits: String,
    },
    /// 隐私暂停: while it is on the recording holds silence and a mark.
    Secret {
        /// Begin or end.
        on: bool,
    },
    /// The outcome of a three-way call.
    Outcome {
        /// What came of it.
        outcome: Outcome,
    },
    /// 小结: the end of the work after a call; without it the seat is not ready again.
    /// It is done once it is stored, and failed ([`Failure::StoreDown`]) when it is not within
    /// `store_max` of the room's rules: then it is owed still and may be sent again, also while the
    /// seat is in another call.
    WrapUp {
        /// Of which call; `None`: the one that the seat was in last.
        #[serde(default)]
        call: Option<CallId>,
        /// What becomes of the matter.
        disposition: Disposition,
        /// Nature of the matter, one of the seven (咨询 … 其他).
        nature: Option<crate::domain::case::Nature>,
        /// In the operator's words; at most [`SUMMARY_CHARS_MAX`] characters, may be empty.
        #[serde(default)]
        summary: String,
        /// The unit of an assignment.
        unit: Option<String>,
    },
    /// 回拨: ring the seat, then the citizen of a callback task.
    CallBack {
        /// The task: the id of its case file.
        task: i64,
    },
    /// How an attempt to call back ended, when the line itself cannot know.
    CallBackOutcome {
        /// The task.
        task: i64,
        /// How.
        outcome: CallBackOutcome,
    },
}

/// Longest briefing of whoever takes over, in characters.
pub const BRIEFING_CHARS_MAX: usize = 200;
/// Longest summary of a wrap-up, in characters.
pub const SUMMARY_CHARS_MAX: usize = 2_000;

/// How an attempt to call a citizen back ended (B6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallBackOutcome {
    /// 已联系.
    Reached,
    /// 无人接听.
    NoAnswer,
    /// 忙.
    Busy,
    /// 空号或错号.
    WrongPerson,
    /// 拒绝.
    Refused,
}

/// Who a party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// 来电人.
    Citizen,
    /// 话务员.
    Seat,
    /// 部门.
    Unit,
    /// 市领导.
    Leader,
    /// Any other outside number.
    Outside,
    /// 班长.
    Supervisor,
}

/// How a party takes part at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyState {
    /// 呼叫中.
    Calling,
    /// 等待按键: asked to press 1 (W02).
    Asked,
    /// 咨询中: reached, heard by the seat that asked alone.
    Consulting,
    /// 通话.
    Talking,
    /// 保持.
    Held,
    /// Left.
    Gone,
}

/// One party as a seat sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartyView {
    /// Its number within the call.
    pub party: PartyId,
    /// Who it is.
    pub kind: PartyKind,
    /// Seat number, unit name or masked telephone number.
    pub label: String,
    /// How it takes part.
    pub state: PartyState,
    /// It is heard by nobody.
    pub muted: bool,
    /// It hears nobody.
    pub deaf: bool,
}

/// A conversation as its seats see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConversationView {
    /// The call.
    pub call: String,
    /// Everybody who is or was in it, by number.
    pub parties: Vec<PartyView>,
    /// False while a secret is spoken.
    pub recorded: bool,
    /// The outcome of a three-way call must still be recorded.
    pub outcome_missing: bool,
    /// What the course of the call proposes for the wrap-up: 转处 after nobody was reached.
    pub proposed: Option<Disposition>,
}

/// A case of the caller that is not closed, for the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenCaseView {
    /// Its number, as it is read out.
    pub number: String,
    /// Its state, by its name in the store.
    pub state: String,
    /// When it came in.
    pub received_at: jiff::Timestamp,
    /// Its summary; empty where nobody has written one.
    pub summary: String,
    /// When it is due.
    pub due_on: Option<jiff::civil::Date>,
    /// Flags that its words raise (C6), for a person to confirm; none that was marked as false.
    pub risks: Vec<RiskFlag>,
}

/// A call that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferView {
    /// The offer.
    pub offer: OfferId,
    /// The call.
    pub call: String,
    /// The group it waits for.
    pub group: String,
    /// The caller's number in clear, as an operator must see it; `None`: withheld.
    pub caller: Option<String>,
    /// The display name.
    pub display: Option<String>,
    /// How long the caller has waited, by his first arrival.
    pub waited_ms: u64,
    /// His open cases, newest first, at most [`OPEN_CASES_MAX`].
    pub cases: Vec<OpenCaseView>,
    /// What the operator who hands over says of it (name, town, topic), for a leader.
    pub briefing: Option<String>,
}

/// Open cases shown with an offer.
pub const OPEN_CASES_MAX: usize = 5;

/// A seat as the wallboard and its own page show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatView {
    /// Its number.
    pub seat: SeatNumber,
    /// The person's name.
    pub name: String,
    /// What it may do.
    pub role: SeatRole,
    /// Its state.
    pub state: SeatState,
    /// Why it is paused.
    pub reason: Option<PauseReason>,
    /// Since when, wall time.
    pub since: jiff::Timestamp,
    /// The call it talks in.
    pub call: Option<String>,
}

/// The live figures of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// The group.
    pub group: String,
    /// Callers that wait.
    pub waiting: u32,
    /// How long the first of them has waited.
    pub longest_ms: u64,
    /// Seats by state: ready, offered, talking, in wrap-up, paused.
    pub seats: [u32; 5],
    /// Since midnight: offered to the group, answered, abandoned, answered within 15 s.
    pub today: [u32; 4],
    /// Places that are kept for callers who hung up to be called back.
    pub callbacks_open: u32,
}

/// What the desk tells a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum DeskEvent {
    /// A seat's state changed.
    Seat(SeatView),
    /// A call is offered to this seat.
    Offer(OfferView),
    /// The offer is over.
    OfferEnded {
        /// Which.
        offer: OfferId,
        /// `answered`, `declined`, `no_answer`, `withdrawn` or `caller_gone`.
        how: &'static str,
    },
    /// A conversation changed.
    Conversation(ConversationView),
    /// A conversation of this seat is over for it.
    Left {
        /// The call.
        call: String,
    },
    /// Work after the call has begun and wants a disposition.
    WrapUp {
        /// The call.
        call: String,
        /// The case that came of it, when there is one already.
        case: Option<String>,
    },
    /// The live figures, at most once a second.
    Queue(QueueView),
    /// The callback tasks, at most once a second.
    Callbacks(CallbacksView),
}

/// A command with who gives it; `id` is the seat's own and comes back with the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskRequest {
    /// Which seat.
    pub seat: SeatNumber,
    /// The seat's number of its command.
    pub id: u64,
    /// What it wants.
    pub command: DeskCommand,
}

/// What leaves the desk for one seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskMessage {
    /// The answer to the command with this id.
    Reply(u64, DeskReply),
    /// Something happened.
    Event(Box<DeskEvent>),
}

/// Keys of [`DeskCommand::Keys`]; at most this many.
pub const KEYS_MAX: usize = 32;

/// Reads the keys of [`DeskCommand::Keys`]; `None` when one is none or they are too many.
#[must_use]
pub fn read_keys(digits: &str) -> Option<Vec<Digit>> {
    let few = (1..=KEYS_MAX).contains(&digits.chars().count());
    few.then(|| digits.chars().map(Digit::new).collect::<Option<Vec<_>>>()).flatten()
}
