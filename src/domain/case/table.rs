//! The table of transitions (domain.md 3.2): in which states a command may begin, and who may give
//! it. Every other state and role is refused before a guard is looked at.

use super::actor::{Actor, Role};
use super::status::State;
use super::task::{Pending, Task};

/// One row: a rule with the states and roles it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its name in domain.md.
    pub rule: &'static str,
    /// What is done, for officials.
    pub act: &'static str,
    /// Where it may begin.
    pub from: &'static [State],
    /// Who may.
    pub roles: &'static [Role],
    /// Only people of the lead unit.
    pub own_unit: bool,
}

/// Numbered and not at an end: "any open" of the table.
const OPEN: &[State] = &[
    State::Accepted,
    State::Classified,
    State::Consulting,
    State::LeaderReview,
    State::Assigned,
    State::Handling,
    State::Feedback,
    State::Callback,
    State::Redo,
];

/// Numbered, at an end or not, and not under seal: what a unit let lie is answered for afterwards too.
const NUMBERED: &[State] = &[
    State::Accepted,
    State::Classified,
    State::Consulting,
    State::LeaderReview,
    State::Assigned,
    State::Handling,
    State::Feedback,
    State::Callback,
    State::Redo,
    State::Closed,
    State::Archived,
    State::Kept,
    State::Circulated,
    State::Declined,
    State::Merged,
    State::Withdrawn,
];

/// The same and drafts: whoever is wrongly named is so from the first contact on.
const CORRECTABLE: &[State] = &[
    State::Draft,
    State::Accepted,
    State::Classified,
    State::Consulting,
    State::LeaderReview,
    State::Assigned,
    State::Handling,
    State::Feedback,
    State::Callback,
    State::Redo,
    State::Closed,
    State::Archived,
    State::Kept,
    State::Circulated,
    State::Declined,
    State::Merged,
    State::Withdrawn,
];

/// Before an assignment.
const UNASSIGNED: &[State] =
    &[State::Accepted, State::Classified, State::Consulting, State::LeaderReview];

/// A unit is at work.
const AT_WORK: &[State] = &[State::Assigned, State::Handling, State::Redo];

const fn row(
    rule: &'static str,
    act: &'static str,
    from: &'static [State],
    roles: &'static [Role],
) -> Row {
    Row { rule, act, from, roles, own_unit: false }
}

const fn own(
    rule: &'static str,
    act: &'static str,
    from: &'static [State],
    roles: &'static [Role],
) -> Row {
    Row { rule, act, from, roles, own_unit: true }
}

/// The row of a command.
#[must_use]
#[rustfmt::skip] // one row of the table a line
pub fn row_of(task: &Task) -> Row {
    use Role::*;
    use State::*;
    match task {
        Task::Accept { .. } => row("T2", "受理", &[Draft], &[Operator, Clerk]),
        Task::Discard(_) => row("T3", "作无效留存", &[Draft], &[Clerk]),
        Task::Classify(_) => row("T4", "分类", &[Accepted, Kept, Circulated], &[Operator, Clerk, MessageClerk]),
        Task::SetUrgency(..) => row("T4", "变更紧急程度", OPEN, &[Clerk, Supervisor, Director]),
        Task::ChooseDisposition(..) => row("B2", "选定办理方式", UNASSIGNED, &[Operator, Clerk, MessageClerk]),
        Task::ChooseLocal { .. } => row("B2", "选定办理方式", UNASSIGNED, &[Operator, Clerk, MessageClerk]),
        Task::AskMore(_) => row("4.3", "请群众补充", OPEN, &[Operator, Clerk, MessageClerk, Supervisor]),
        Task::SetSecrecy(_) => row("3.7", "登记保密要求", OPEN, &[Operator, Clerk]),
        Task::NameAccused(_) => row("3.3", "登记被反映单位", OPEN, &[Operator, Clerk, Supervisor]),
        Task::Recuse(_) => row("3.7", "登记回避", OPEN, &[Director]),
        Task::Readmit(_) => row("3.7", "解除回避", OPEN, &[Director]),
        Task::Claim(_) => row("B5", "认领或推辞", &[Classified, Consulting], &[UnitContact]),
        Task::Answer { .. } => row("T5", "直接答复", &[Classified], &[Operator]),
        Task::SolveInCall { .. } => row("T6", "登记三方通话解决", &[Classified], &[Operator]),
        Task::Consult(_) => row("T7", "会商", &[Classified], &[Clerk, Supervisor]),
        Task::GiveView(_) => row("B5", "发表意见", &[Consulting], &[UnitContact, UnitLeader, Clerk, Supervisor]),
        Task::Decide(_) => row("B5", "作出会商决定", &[Consulting], &[Director]),
        Task::Report { .. } => row("T8", "报领导阅批", &[Classified, Consulting], &[Director]),
        Task::Instruct { .. } => row("B10", "批示", &[LeaderReview], &[CityLeader]),
        Task::Assign { .. } => row("T9", "交办", &[Classified, Consulting, LeaderReview], &[Clerk, Director]),
        Task::Circulate(_) => row("T10", "转阅", &[Classified, Consulting, LeaderReview], &[Clerk]),
        Task::Read => row("T10", "签阅", &[Circulated], &[UnitContact, UnitLeader, CityLeader]),
        Task::Keep(_) => row("T11", "留存", &[Classified, Consulting], &[Clerk]),
        Task::ProposeSeal => row("T12", "提请转纪委", OPEN, &[Operator, Clerk, MessageClerk]),
        Task::ConfirmSeal => row("T12", "确认转纪委", OPEN, &[Director, Liaison]),
        Task::RefuseSeal => row("T12", "退回转纪委提请", OPEN, &[Director, Liaison]),
        Task::Decline(..) => row("T13", "不予受理", &[Classified], &[Clerk]),
        Task::Merge(_) => row("T14", "并案", &[Classified], &[Clerk]),
        Task::Unmerge => row("T14", "撤销并案", &[Merged], &[Clerk]),
        Task::Sign(_) => own("T15", "签收", &[Assigned], &[UnitContact]),
        Task::AskReturn { .. } => own("T16", "申请退回", &[Assigned, Handling], &[UnitContact]),
        Task::AskExtension { .. } => own("T18", "申请延期", &[Handling, Redo], &[UnitLeader]),
        Task::FeedBack { .. } => own("T19", "反馈", &[Handling, Redo], &[Handler]),
        Task::Grant(what) => second(*what, "同意"),
        Task::Refuse(what, _) => second(*what, "不同意"),
        Task::Review(None) => row("T20", "审核通过", &[Feedback], &[Clerk, Supervisor]),
        Task::Review(Some(_)) => row("T21", "审核退回", &[Feedback], &[Clerk, Supervisor]),
        Task::Rate(_) => row("T22", "登记回访评价", &[Callback], &[CallbackAgent, System]),
        Task::Redo => row("T23", "重办", &[Callback], &[Supervisor]),
        Task::CloseUnreasonable(_) => row("T24", "认定诉求不合理", &[Callback], &[Supervisor]),
        Task::ReportFalseFeedback => row("T25", "登记未得到答复", &[Callback], &[CallbackAgent]),
        Task::FollowUp(_) => row("T26", "登记回访", &[Callback], &[CallbackAgent, System]),
        Task::DecidePublication(..) => row("B7", "决定公示", &[Callback, Closed], &[Director]),
        Task::TakeDown(_) => row("B7", "撤下公示", &[Callback, Closed, Archived], &[Director]),
        Task::Archive => row("T27", "归档", &[Closed], &[Clerk]),
        Task::Reopen(..) => row("T28", "重启", &[Closed, Archived], &[Supervisor]),
        Task::Withdraw(_) => row("T29", "撤回", OPEN, &[Operator]),
        Task::FileReceipt(_) => row("T30", "登记回执", &[Sealed], &[Liaison]),
        Task::Remind => row("3.5", "催办", AT_WORK, &[Clerk, Supervisor]),
        Task::Docket(_) => row("3.5", "挂号督办", AT_WORK, &[Supervisor]),
        Task::Lift(_) => row("3.5", "解除督办", OPEN, &[Supervisor]),
        Task::SignAdmonition => row("3.5", "签署约谈建议", NUMBERED, &[Director]),
        Task::DecideAdmonition(_) => row("3.5", "决定约谈", NUMBERED, &[CityLeader]),
        Task::Correct(_) => row("3.7", "更正个人信息", CORRECTABLE, &[Clerk, Director]),
        Task::Hold(_) => row("3.7", "登记暂缓销毁", NUMBERED, &[Director]),
        Task::LiftHold => row("3.7", "解除暂缓销毁", NUMBERED, &[Director]),
    }
}

/// Whether a person may accept a contact (T2), and is its first responsible then.
#[must_use]
pub fn may_accept(actor: &Actor) -> bool {
    actor.has(row_of(&Task::Accept { summary: String::new(), anonymous: None }).roles)
}

/// The row of the second person.
#[rustfmt::skip] // one row of the table a line
fn second(what: Pending, act: &'static str) -> Row {
    use Role::*;
    use State::*;
    match what {
        Pending::Keep => row("T11", act, &[Classified, Consulting], &[Supervisor]),
        Pending::Decline => row("T13", act, &[Classified], &[Supervisor]),
        Pending::Return => row("T17", act, &[Assigned, Handling], &[Supervisor]),
        Pending::Extension => row("T18", act, &[Handling, Redo], &[Director]),
        Pending::Feedback => own("T19", act, &[Handling, Redo], &[UnitLeader]),
        Pending::CloseUnreasonable => row("T24", act, &[Callback], &[Supervisor, Director]),
    }
}
