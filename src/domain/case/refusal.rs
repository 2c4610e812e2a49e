//! Why a command is not carried out: the rule, and a sentence for the person who gave it.

use super::actor::Role;
use super::status::State;
use super::workflow::{KEY_CHARS_MAX, SUMMARY_CHARS_MAX};

/// The ten elements of a case sheet (domain.md C2), in their order.
pub const ELEMENTS: [&str; 10] = [
    "反映人",
    "反映时间",
    "反映渠道",
    "类型分类",
    "受理意见",
    "办理时限",
    "处理结果",
    "具体承办人",
    "具体督办人",
    "回访情况",
];

/// Which of the ten elements are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing([bool; 10]);

impl Missing {
    /// Those whose place in [`ELEMENTS`] is `true` here.
    #[must_use]
    pub fn new(missing: [bool; 10]) -> Self {
        Self(missing)
    }

    /// Nothing is missing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Their names, in order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ELEMENTS.into_iter().zip(self.0).filter(|(_, missing)| *missing).map(|(name, _)| name)
    }
}

/// A command that cannot be carried out; told to the person who gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The case is not in a state that allows it.
    #[error("a case in state {from:?} does not allow {event}")]
    State {
        /// Where the case stands; `None` before it is received.
        from: Option<State>,
        /// The event that was asked for.
        event: &'static str,
    },
    /// No number could be set aside (9999 cases a day).
    #[error("no case number is left for today")]
    NoNumber,
    /// Nothing was left: no recording, no text, no number to call.
    #[error("there is nothing to store")]
    Empty,
    /// A summary is missing or too long.
    #[error("the summary must have 1 to {SUMMARY_CHARS_MAX} characters")]
    Summary,
    /// The intake key is missing or too long.
    #[error("the intake key must have 1 to {KEY_CHARS_MAX} characters")]
    Key,
    /// An assignment names no unit, or none that can be one.
    #[error("an assignment needs the id of a unit")]
    Unit,
    /// Nobody need call the citizen back.
    #[error("the case has no open callback")]
    NoCallback,
    /// It was extended before.
    #[error("a case can be extended only once")]
    ExtendedBefore,
    /// The case is not in a state in which this transition begins.
    #[error("rule {rule}: a case in state {from:?} is not in one of {allowed:?}")]
    Stage {
        /// The rule (`T9`).
        rule: &'static str,
        /// What was wanted (交办).
        act: &'static str,
        /// Where the case stands.
        from: Option<State>,
        /// Where it may begin.
        allowed: &'static [State],
    },
    /// The actor has none of the roles.
    #[error("rule {rule}: only {may:?} may do this")]
    Role {
        /// The rule.
        rule: &'static str,
        /// What was wanted.
        act: &'static str,
        /// Who may.
        may: &'static [Role],
    },
    /// The ten elements are not complete (T27).
    #[error("rule T27: elements of the case sheet are missing")]
    Incomplete(Missing),
    /// A guard of the table does not hold.
    #[error("rule {}: {}", .0.rule(), .0.english())]
    Guard(Guard),
}

/// The guards: rule, sentence in Chinese, the same in English.
macro_rules! guards {
    ($($guard:ident: $rule:literal, $chinese:literal, $english:literal;)+) => {
        /// A condition of the tables of domain.md 3.2 to 3.5 that does not hold.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Guard {
            $(#[doc = $english] $guard,)+
        }

        impl Guard {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$guard),+];

            /// The rule it belongs to.
            #[must_use]
            pub fn rule(self) -> &'static str {
                match self { $(Self::$guard => $rule,)+ }
            }

            /// For a clerk.
            #[must_use]
            pub fn chinese(self) -> &'static str {
                match self { $(Self::$guard => $chinese,)+ }
            }

            /// For a log.
            #[must_use]
            pub fn english(self) -> &'static str {
                match self { $(Self::$guard => $english,)+ }
            }
        }
    };
}

guards! {
    Unknown: "3.7", "没有您可以办理的这一事项", "no such case for this actor";
    Person: "3.7", "请写明办理人，且不超过一百个字", "the person has no id";
    Text: "B1", "请填写内容，且不得超出字数上限", "the text is missing or too long";
    UnderSeal: "T12", "事项已提请转纪委，确认或退回之前不能作其他办理",
        "a seal is proposed; nothing else is done before it is decided";
    NoSeal: "T12", "事项没有待确认的转纪委提请", "no seal is proposed";
    OtherPerson: "T12", "须由提请人以外的另一人确认", "a second, different person must decide";
    SecondPerson: "3.2", "须由另一人确认，提出人和确认人不能是同一人",
        "a second, different person must confirm";
    Waiting: "3.2", "事项已有一项申请待确认，请先对该项申请作出决定",
        "something waits for its second person; it is decided first";
    NothingProposed: "3.2", "没有待确认的该项申请", "nothing of this kind waits for confirmation";
    Unnumbered: "T2", "来件未受理、没有编号，不能分类", "a draft that was kept has no number";
    Contact: "T2", "请填写联系方式，或选定匿名原因", "a contact or a reason for none is needed";
    NoText: "4.3", "没有可以收短信的手机号码，请电话联系群众补充",
        "there is no mobile number to ask by";
    Place: "T4", "请填写事发地点，没有的填“无”", "the place is missing";
    Domain: "T4", "请填写六位领域代码", "the domain code must have six digits";
    Duty: "E1", "职责目录中没有这一事项，请查明编号后再填，确无对应事项的填“none”",
        "the catalogue has no such item today";
    SameUrgency: "T4", "紧急程度未改变", "the urgency is the same";
    Disposition: "B2", "与已定的办理方式不符，请先变更办理方式并选定原因",
        "another disposition is chosen; change it with a reason first";
    DispositionReason: "B2", "变更办理方式须选定原因", "a changed disposition needs a reason";
    Trigger: "B5", "不具备所选的会商情形", "the case does not show that trigger";
    Consult: "B5", "按会商决策制度须先会商并作出决定，才能继续",
        "a consultation must have decided first";
    OneLead: "B5", "会商决定须明确一个主办单位，且主办单位不能同时为协办单位",
        "the decision must name one lead unit that is no helper";
    Undecidable: "B5", "会商只能决定转处、转阅、留存或者报领导阅批",
        "a consultation decides to assign, circulate, keep or report";
    Decided: "B5", "办理方式和主办、协办单位须与会商决定一致",
        "disposition or units differ from the decision";
    LeaderName: "T8", "请写明呈报的领导", "the leader is not named";
    OtherLeader: "B10", "只有呈报的领导本人才能批示", "only the leader it lies before instructs";
    Instruction: "B10", "领导尚未批示", "the leader has not instructed yet";
    InstructedBefore: "B10", "领导批示已记录，原文不得更改", "an instruction is never changed";
    Director: "T9", "领导批示事项和多单位事项须由中心主任交办",
        "only the director assigns what a leader or several units are in";
    Unit: "T9", "请写明承办单位，格式为“unit.”加两位数字", "the unit's id is malformed";
    Accused: "3.3", "被反映单位不得承办、协办或阅看该事项",
        "an accused unit can have no part in the case";
    HelpersMax: "T9", "协办单位过多或有重复", "too many helpers, or one twice";
    Readers: "T10", "请至少选定一个阅看单位，不得重复", "readers are missing, too many or twice";
    NotReader: "T10", "您不在该事项的阅看名单内，或者已经签阅", "not a reader, or read already";
    MergeSelf: "T14", "事项不能并入自身", "a case is not merged into itself";
    MergeTarget: "T14", "只能并入在办的事项，或者办结不超过三十日的事项",
        "the target must be open or closed for at most 30 days";
    UnmergeLate: "T14", "并案已超过三十日，不能撤销", "a merge older than 30 days stands";
    HandlerName: "T15", "请写明具体承办人", "the handler is not named";
    ReturnLate: "T16", "交办已超过两个工作日，不能申请退回",
        "a case is returned within 2 working days";
    ReturnFixed: "T16", "承办单位由会商或领导批示确定，不得退回",
        "a unit named by decision cannot return the case";
    Suggestion: "T16", "请建议另一个承办单位", "another unit must be suggested";
    Expired: "T18", "办理期限已过，不能延期", "an expired period is not extended";
    ExtensionDays: "T18", "延期须为一至十个工作日", "an extension has 1 to 10 working days";
    NotContacted: "T19", "请先与群众联系，再反馈办理结果", "the citizen was not contacted";
    FollowedByUnit: "B6", "回访由受理中心进行，承办单位人员不得回访",
        "nobody of the handling unit calls the citizen back";
    GradeGiven: "T22", "本轮已有回访评价", "this round has its grade already";
    Ladder: "B6", "回访先打电话；无人接听的再发短信，最后发邮件", "by telephone first, then by text, then by mail";
    NotDissatisfied: "T23", "群众未评价“不满意”", "the citizen is not dissatisfied";
    NoFeedback: "T25", "事项没有承办单位的反馈，不能认定虚假反馈",
        "no unit reported anything";
    Publication: "T27", "请先决定是否公示", "the publication is not decided";
    Unpublishable: "B7", "该事项不得公示", "this case is never published";
    NamesPeople: "B7", "公示稿含有姓名、号码或住址等个人信息，请先隐去",
        "the notice names people, numbers or addresses";
    Minor: "B7", "事项涉及未成年人，不得公示；风险提示有误的，请先标为误报",
        "a minor is concerned; a false flag is marked as false first";
    NotPublished: "B7", "事项没有公示，无需撤下", "no notice of this case stands";
    ReopenLate: "T28", "办结已超过三十日，请作为新事项受理",
        "a case is reopened within 30 days";
    SafetyRisk: "T29", "涉及安全风险的事项不能撤回", "a safety risk is not withdrawn";
    Receipted: "T30", "纪检监察机关的回执已登记", "the receipt is filed already";
    ReceiptNumber: "T30", "请填写回执编号", "the receipt's number is missing";
    Recused: "3.7", "该人员已登记回避，不得参与办理", "this person is recused from the case";
    NotRecused: "3.7", "该人员没有登记回避", "this person is not recused";
    SameAgain: "3.2", "与已登记的内容相同", "this is recorded already";
    AnsweredUnit: "3.3", "单位已办理答复，请先重办再登记被反映单位",
        "the unit has answered already; open the case again first";
    DocketedBefore: "3.5", "本轮已挂号督办", "this round is on the docket already";
    NotDocketed: "3.5", "事项没有挂号督办", "the case is not on the docket";
    NoAdmonition: "3.5", "没有待签署的约谈或通报批评建议", "no admonition is proposed";
    Held: "3.7", "事项未办结、已转纪委、在督办或者已登记暂缓销毁，不能销毁",
        "the case is held and is not erased";
    KeptUntil: "3.7", "保存期限未届满，不能销毁", "its period has not ended";
    Erased: "3.7", "事项的个人信息已销毁，不能再办理", "what it said is erased";
    NotHeld: "3.7", "事项没有登记暂缓销毁", "no hold is placed on the case";
    Correction: "3.7", "请填写更正后的姓名或者联系电话，且须与原内容不同",
        "a correction says another name or another number";
    NoReminder: "3.5", "事项不在承办单位办理，不能催办", "no unit is at work on it";
}

impl From<Guard> for Refusal {
    fn from(guard: Guard) -> Self {
        Self::Guard(guard)
    }
}

/// English name of an event, its rule, and its name for officials.
const EVENTS: [(&str, &str, &str); 24] = [
    ("receive", "T1", "登记来件"),
    ("ask for a callback", "D8", "安排回拨"),
    ("call back", "D8", "登记回拨"),
    ("wrap up", "B1", "登记小结"),
    ("accept", "T2", "受理"),
    ("classify", "T4", "分类"),
    ("consult", "T7", "会商"),
    ("report to a leader", "T8", "报领导阅批"),
    ("assign", "T9", "交办"),
    ("start handling", "T15", "签收办理"),
    ("feed back", "T19", "反馈"),
    ("ask the citizen", "T20", "转回访"),
    ("redo", "T23", "重办"),
    ("close", "T22", "办结"),
    ("archive", "T27", "归档"),
    ("keep", "T11", "留存"),
    ("circulate", "T10", "转阅"),
    ("seal", "T12", "转纪委"),
    ("decline", "T13", "不予受理"),
    ("merge", "T14", "并案"),
    ("withdraw", "T29", "撤回"),
    ("extend", "T18", "延期"),
    ("take back", "T17", "收回"),
    ("record", "3.2", "登记"),
];

impl Refusal {
    /// The rule that forbids it, as domain.md names it.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::State { event, .. } => event_row(event).1,
            Self::NoNumber => "6.3",
            Self::Empty | Self::Key => "T1",
            Self::Summary => "T2",
            Self::Unit => "T9",
            Self::NoCallback => "D8",
            Self::ExtendedBefore => "T18",
            Self::Stage { rule, .. } | Self::Role { rule, .. } => rule,
            Self::Incomplete(_) => "T27",
            Self::Guard(guard) => guard.rule(),
        }
    }

    /// One sentence in Chinese, without the rule: where the case stands, what is missing, who may.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::State { from, event } => {
                format!("事项现为“{}”，不能{}。", title(*from), event_row(event).2)
            }
            Self::NoNumber => "今天的事项编号已用完，请立即报告管理员。".to_owned(),
            Self::Empty => "来件没有任何内容，不能登记。".to_owned(),
            Self::Summary => format!("请填写事项概述，一至{SUMMARY_CHARS_MAX}个字。"),
            Self::Key => "来件标识缺失或过长，不能登记。".to_owned(),
            Self::Unit => "请写明承办单位。".to_owned(),
            Self::NoCallback => "该事项没有待办的回拨。".to_owned(),
            Self::ExtendedBefore => "事项已延期一次，不能再次延期。".to_owned(),
            Self::Stage { act, from, allowed, .. } => {
                let allowed: Vec<_> = allowed.iter().map(|state| state.title()).collect();
                let allowed = allowed.join("、");
                format!("事项现为“{}”，不能{act}；只有“{allowed}”的事项可以。", title(*from))
            }
            Self::Role { act, may, .. } => {
                let may: Vec<_> = may.iter().map(|role| role.title()).collect();
                format!("您的角色不能{act}，须由{}办理。", may.join("或"))
            }
            Self::Incomplete(missing) => {
                let names: Vec<_> = missing.names().collect();
                format!("十项要素不齐，不能归档，尚缺：{}。", names.join("、"))
            }
            Self::Guard(guard) => format!("{}。", guard.chinese()),
        }
    }
}

fn title(state: Option<State>) -> &'static str {
    state.map_or("未登记", State::title)
}

fn event_row(event: &str) -> (&'static str, &'static str, &'static str) {
    let found = EVENTS.iter().find(|(name, ..)| *name == event);
    found.copied().unwrap_or(("record", "3.2", "登记"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_guard_has_a_rule_and_a_chinese_sentence_of_its_own() {
        let mut seen = BTreeSet::new();
        for guard in Guard::ALL {
            let refusal = Refusal::from(*guard);
            let sentence = refusal.sentence();
            assert!(sentence.ends_with('。') && sentence.chars().count() >= 7, "{guard:?}");
            assert!(!refusal.rule().is_empty() && refusal.to_string().is_ascii(), "{guard:?}");
            assert!(seen.insert(sentence), "{guard:?}: a sentence stands twice");
        }
    }

    #[test]
    fn a_refusal_says_where_the_case_stands_who_may_and_what_is_missing() {
        let from = Some(State::Accepted);
        let allowed = &[State::Classified, State::Consulting];
        let stage = Refusal::Stage { rule: "T9", act: "交办", from, allowed };
        let expected = "事项现为“已受理”，不能交办；只有“已分类、会商中”的事项可以。";
        assert_eq!((stage.rule(), stage.sentence().as_str()), ("T9", expected));
        let may = &[Role::Clerk, Role::Director];
        let role = Refusal::Role { rule: "T9", act: "交办", may };
        assert_eq!(role.sentence(), "您的角色不能交办，须由受理员或中心主任办理。");
        let mut missing = [false; 10];
        (missing[3], missing[9]) = (true, true);
        let incomplete = Refusal::Incomplete(Missing::new(missing)).sentence();
        assert_eq!(incomplete, "十项要素不齐，不能归档，尚缺：类型分类、回访情况。");
        let state = Refusal::State { from: None, event: "archive" };
        assert_eq!(
            (state.rule(), state.sentence().as_str()),
            ("T27", "事项现为“未登记”，不能归档。")
        );
    }
}
