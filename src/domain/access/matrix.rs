//! The matrix of domain.md 3.7.

use crate::domain::case::Role;

/// The functions of the table, one a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// 登记事项.
    CreateCase,
    /// 事项内容.
    CaseText,
    /// 联系方式 (明文).
    Contact,
    /// 联系方式, where the citizen asked for secrecy.
    SecretContact,
    /// 分类、选定办理方式.
    Classify,
    /// 会商决定.
    Consult,
    /// 交办.
    Assign,
    /// 签收、退回、延期.
    Accept,
    /// 反馈.
    Feedback,
    /// 回访、评价.
    Callback,
    /// 调听录音.
    Recording,
    /// 密件内容.
    SealedContent,
    /// 公示.
    PublicNotice,
    /// 报表.
    Reports,
    /// 职责目录、名册.
    DutyCatalogue,
    /// 评议原始数据.
    Evaluation,
    /// 用户、配置.
    Accounts,
    /// 审计日志.
    AuditLog,
}

impl Function {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 18] = [
        Self::CreateCase,
        Self::CaseText,
        Self::Contact,
        Self::SecretContact,
        Self::Classify,
        Self::Consult,
        Self::Assign,
        Self::Accept,
        Self::Feedback,
        Self::Callback,
        Self::Recording,
        Self::SealedContent,
        Self::PublicNotice,
        Self::Reports,
        Self::DutyCatalogue,
        Self::Evaluation,
        Self::Accounts,
        Self::AuditLog,
    ];
}

/// What a cell of the table grants, from nothing to writing; a later one is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Nothing (—).
    None,
    /// How many there are, never which.
    Count,
    /// The log of who heard what, never the sound.
    LogOnly,
    /// What everybody may read.
    Public,
    /// He may ask for it; somebody else decides.
    OnRequest,
    /// Of what matter, without the words (M topic).
    MaskedTopic,
    /// Only of what is under seal.
    SealedOnly,
    /// Only the result.
    ResultOnly,
    /// Without names, numbers and addresses (M).
    Masked,
    /// Only whoever took the case down.
    CreatorOnly,
    /// Until the case is sealed.
    UntilSealing,
    /// Only of the case he works on.
    CaseOnly,
    /// Only his own, and only for a day.
    OwnOneDay,
    /// Only his own or his unit's (O); of an officer of a village, what he took down.
    Own,
    /// Reads (R), after saying why.
    WithReason,
    /// Reads (R).
    Read,
    /// Gives a view or an instruction that others carry out.
    Advise,
    /// Proposes what another person decides.
    Draft,
    /// Confirms what another person proposed (C).
    Confirm,
    /// Writes (W).
    Write,
}

use Access::{
    Advise, CaseOnly, Confirm as C, Count, CreatorOnly, Draft, LogOnly, Masked as M, MaskedTopic,
    None as N, OnRequest, Own as O, OwnOneDay, Public, Read as R, ResultOnly, SealedOnly,
    UntilSealing, WithReason as Why, Write as W,
};

/// The columns of the table.
const ROLES: [Role; 17] = [
    Role::Citizen,
    Role::Operator,
    Role::Clerk,
    Role::MessageClerk,
    Role::Supervisor,
    Role::CallbackAgent,
    Role::Director,
    Role::UnitContact,
    Role::Handler,
    Role::UnitLeader,
    Role::CityLeader,
    Role::Host,
    Role::VillageOfficer,
    Role::Liaison,
    Role::Evaluator,
    Role::Auditor,
    Role::Administrator,
];

/// One row of the table.
#[rustfmt::skip] // one row of the table a line
fn row(function: Function) -> [Access; 17] {
    use Function as F;
    match function {
        F::CreateCase => [W, W, W, O, W, N, W, N, N, N, N, W, W, N, N, N, N],
        F::CaseText => [O, R, R, O, R, R, R, O, O, O, M, MaskedTopic, O, N, N, N, N],
        F::Contact => [O, R, R, O, R, R, R, O, O, M, N, N, O, N, N, N, N],
        F::SecretContact => [O, CreatorOnly, M, N, M, R, R, N, N, N, N, N, N, N, N, N, N],
        F::Classify => [N, W, W, W, C, N, C, N, N, N, N, N, N, N, N, N, N],
        F::Consult => [N, N, W, N, W, N, C, Advise, N, Advise, N, N, N, N, N, N, N],
        F::Assign => [N, N, W, N, W, N, C, N, N, N, Advise, N, N, N, N, N, N],
        F::Accept => [N, N, N, N, C, N, C, W, N, C, N, N, N, N, N, N, N],
        F::Feedback => [N, N, C, N, C, N, R, W, W, C, N, N, N, N, N, N, N],
        F::Callback => [O, N, N, N, C, W, R, N, N, ResultOnly, N, N, N, N, N, N, N],
        F::Recording => [
            OnRequest, OwnOneDay, Why, N, Why, CaseOnly, Why, N, N, N, N, O, N, SealedOnly, O, LogOnly, N,
        ],
        F::SealedContent => [N, UntilSealing, N, N, N, N, N, N, N, N, N, N, N, R, N, N, N],
        F::PublicNotice => [R, N, Draft, N, N, N, C, N, N, N, N, N, N, N, N, N, N],
        F::Reports => [Public, O, R, O, R, O, R, O, N, O, R, O, O, Count, O, R, N],
        F::DutyCatalogue => [Public, R, R, N, R, N, C, W, N, C, R, R, O, N, N, N, N],
        F::Evaluation => [N, N, N, N, N, N, N, N, N, N, N, N, N, N, O, R, N],
        F::Accounts => [N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, R, W],
        F::AuditLog => [N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, R, N],
    }
}

/// What a role may do. The service itself stands in no table and reads nothing; the security
/// administrator is the second person of "users" and holds nothing else.
#[must_use]
pub fn access(role: Role, function: Function) -> Access {
    match ROLES.iter().position(|one| *one == role) {
        Some(column) => row(function)[column],
        None if role == Role::Security && function == Function::Accounts => C,
        None => N,
    }
}

/// The most that one of the roles grants.
#[must_use]
pub fn best(roles: &[Role], function: Function) -> Access {
    roles.iter().map(|role| access(*role, function)).max().unwrap_or(N)
}
