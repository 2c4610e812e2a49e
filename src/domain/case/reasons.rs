//! Reasons as fixed lists: each can be counted and shown in Chinese, and none is free text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A name that is none of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of {}", .0.join(", "))]
pub struct UnknownName(&'static [&'static str]);

/// A list of reasons: each with its name in JSON and on the command line, and as officials read it.
macro_rules! reasons {
    ($(#[$about:meta])* $list:ident:
     $($(#[$on:meta])* $variant:ident = $name:tt, $title:literal;)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, ToSchema)]
        pub enum $list {
            $($(#[$on])* #[doc = $title] #[serde(rename = $name)] $variant,)+
        }

        impl $list {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in JSON and on the command line.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// As officials and citizens read it.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// Reads what `as_str` gave.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }

        impl std::str::FromStr for $list {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, UnknownName> {
                const NAMES: &[&str] = &[$($name),+];
                Self::parse(name).ok_or(UnknownName(NAMES))
            }
        }
    };
}

reasons! {
    /// How urgent a matter is; sets when it must be dispatched and answered (domain.md 3.2).
    #[derive(Default)]
    Urgency:
    Immediate = "immediate", "特急";
    Urgent = "urgent", "紧急";
    #[default]
    Normal = "normal", "一般";
    Complex = "complex", "复杂";
}

reasons! {
    /// Why the urgency was changed.
    UrgencyReason:
    RiskFound = "risk_found", "发现安全或稳定风险";
    RiskGone = "risk_gone", "风险已解除";
    Misjudged = "misjudged", "原定等级有误";
    LeaderOrder = "leader_order", "领导要求";
}

reasons! {
    /// Why a citizen left no contact (T2).
    AnonymousReason:
    WillNotSay = "will_not_say", "本人不愿留联系方式";
    Withheld = "withheld", "来电号码未显示";
    Unreachable = "unreachable", "本人无联系方式";
}

reasons! {
    /// Why a draft is no matter (T3).
    DiscardReason:
    EmptyNumber = "empty_number", "空号";
    Advertising = "advertising", "广告";
    Harassment = "harassment", "骚扰";
    Misdialled = "misdialled", "误拨";
}

reasons! {
    /// Why a matter is kept without handling (T11).
    KeepReason:
    NothingToDo = "nothing_to_do", "无需办理";
    NothingConcrete = "nothing_concrete", "内容不具体且无法补充";
    UnderWay = "under_way", "同一事项已有办理结果";
    Harassment = "harassment", "骚扰";
}

reasons! {
    /// Why a matter is not taken on (T13).
    DeclineReason:
    Emergency = "emergency", "属于紧急救援";
    LegalRoute = "legal_route", "应通过法定途径解决";
    Petition = "petition", "已进入信访渠道";
    Concluded = "concluded", "已依法办结";
    Improper = "improper", "涉及国家秘密或违背公序良俗";
    OutsidePowers = "outside_powers", "超出本市职权";
}

reasons! {
    /// Why a unit gives a matter back (T16).
    ReturnReason:
    NotOurDuty = "not_our_duty", "不属于本单位职责";
    OtherLead = "other_lead", "应由其他单位主办";
    OtherPlace = "other_place", "不在本单位辖区";
}

reasons! {
    /// What is wrong with a unit's answer (T21).
    ReviewFault:
    Unanswered = "unanswered", "未回应群众诉求";
    NoEvidence = "no_evidence", "缺少办理佐证";
    NotContacted = "not_contacted", "未与群众联系";
    OthersData = "others_data", "含有他人个人信息";
}

reasons! {
    /// Why a case is opened again (T28).
    ReopenReason:
    NewFacts = "new_facts", "出现新情况";
    Recurred = "recurred", "问题再次发生";
}

reasons! {
    /// Why the disposition was changed (B2).
    DispositionReason:
    MoreFacts = "more_facts", "补充了情况";
    CallFailed = "call_failed", "通话中未能解决";
    Misjudged = "misjudged", "原办理方式不当";
    Decided = "decided", "会商或领导决定";
}

reasons! {
    /// What makes a consultation necessary (B5).
    Trigger:
    Disputed = "disputed", "两个以上单位争办或推诿";
    Returned = "returned", "两次以上退回";
    Group = "group", "五人以上群体诉求";
    Repeated = "repeated", "三次以上重复反映";
    Leader = "leader", "拟报领导阅批";
    NoDuty = "no_duty", "无对应职责事项";
    RedoLimit = "redo_limit", "两次重办仍不满意";
    Other = "other", "其他需要会商的情形";
}

reasons! {
    /// Why a supervision is lifted (3.5).
    LiftReason:
    Settled = "settled", "已整改到位";
    Unfounded = "unfounded", "与事实不符";
    Approved = "approved", "经批准解除";
}

reasons! {
    /// Why a case is put on the docket (挂号督办, 3.5).
    DocketReason:
    Overdue = "overdue", "超期三日";
    FalseFeedback = "false_feedback", "虚假反馈";
    SecondRedo = "second_redo", "第二次重办";
    LeaderOrder = "leader_order", "领导要求";
    Supervisor = "supervisor", "督办员决定";
}

reasons! {
    /// Why a case is kept beyond its period (暂缓销毁).
    HoldReason:
    Litigation = "litigation", "诉讼或者复议";
    Inspection = "inspection", "审计或者巡察";
    Investigation = "investigation", "调查取证";
    Dispute = "dispute", "当事人有争议";
}

reasons! {
    /// Why something of a case is erased.
    ErasureGround:
    Period = "period", "保存期限届满";
    Request = "request", "应个人请求";
}

reasons! {
    /// What a citizen asks for about his personal information (PIPL articles 45 to 47).
    PrivacyKind:
    Access = "access", "查阅、复制";
    Correction = "correction", "更正、补充";
    Deletion = "deletion", "删除";
}

reasons! {
    /// How it was made sure who asks.
    Identification:
    QueryCode = "query_code", "编号和查询码";
    CallingNumber = "calling_number", "来电号码回拨核实";
    IdentityDocument = "identity_document", "出示身份证件";
    Representative = "representative", "受委托人出示授权";
}

reasons! {
    /// What came of a request about personal information.
    PrivacyOutcome:
    Granted = "granted", "准予";
    Partly = "partly", "部分准予";
    Refused = "refused", "不予";
}

reasons! {
    /// Why a request about personal information is not granted, or not whole.
    PrivacyGround:
    Period = "period", "法定保存期限未届满（个人信息保护法第四十七条第二款）";
    Held = "held", "事项尚未办结、在督办或者已登记暂缓销毁";
    Unidentified = "unidentified", "未能核实请求人身份";
    ThirdParty = "third_party", "涉及他人个人信息";
    Nothing = "nothing", "未保存相关个人信息";
}

reasons! {
    /// What a citizen is told of a case, by the texts of domain.md 4.3.
    Notice:
    Assigned = "assigned", "交办告知";
    Extended = "extended", "延期告知";
    Reply = "reply", "办理结果告知";
    Redo = "redo", "重新办理告知";
    Sealed = "sealed", "转交告知";
    Declined = "declined", "不予受理告知";
    Merged = "merged", "合并办理告知";
    Unmerged = "unmerged", "恢复单独办理告知";
    Thanks = "thanks", "致谢";
    DateMoved = "date_moved", "答复日期调整告知";
}

reasons! {
    /// What a citizen is asked for when his words do not say it (S03, M2).
    AskedFor:
    Place = "place", "事发地点";
    Time = "time", "事发时间";
    Parties = "parties", "涉及单位或人员";
    Course = "course", "事情经过";
    Evidence = "evidence", "照片等材料";
    Contact = "contact", "联系电话";
}

reasons! {
    /// How a citizen is content with the answer.
    Grade:
    Satisfied = "1", "满意";
    FairlySatisfied = "2", "比较满意";
    BasicallySatisfied = "3", "基本满意";
    Dissatisfied = "4", "不满意";
}

reasons! {
    /// By what a citizen is asked (回访), in the order of the ladder (domain.md B6).
    #[derive(Default)]
    Means:
    #[default]
    Phone = "phone", "电话";
    Sms = "sms", "短信";
    Mail = "mail", "邮件";
}

reasons! {
    /// How a try to ask the citizen (回访) ended without a grade (T26).
    FollowUpOutcome:
    NoAnswer = "no_answer", "无人接听";
    Busy = "busy", "占线";
    Unobtainable = "unobtainable", "号码无法接通";
    WrongPerson = "wrong_person", "非本人";
    Refused = "refused", "拒绝回访";
    WantedNone = "wanted_none", "本人要求不回访";
}

reasons! {
    /// The posts a warning goes to (3.5), from the desk upwards.
    Post:
    Handler = "handler", "承办人员";
    SectionHead = "section_head", "科室负责人";
    DeputyHead = "deputy_head", "分管负责人";
    UnitHead = "unit_head", "主要责任人";
}

reasons! {
    /// Who is told in the place of a post that has no current person (E4).
    StandIn:
    /// Somebody else in the same post: the person whom the duty item names has left it.
    Colleague = "colleague", "同岗人员";
    SectionHead = "section_head", "科室负责人";
    DeputyHead = "deputy_head", "分管负责人";
    UnitHead = "unit_head", "主要责任人";
    DutyTelephone = "duty_telephone", "单位值班电话";
    /// The mobile telephone by which the unit itself is told.
    UnitTelephone = "unit_telephone", "单位通知手机";
    Nobody = "nobody", "无人";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_json_and_on_the_command_line() {
        for reason in DeclineReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert_eq!(DeclineReason::parse(reason.as_str()), Some(*reason));
        }
        assert_eq!(DeclineReason::ALL.len(), 6, "T13 has six reasons");
        assert_eq!(Grade::parse("4"), Some(Grade::Dissatisfied));
        assert_eq!(KeepReason::parse("because"), None);
    }
}
