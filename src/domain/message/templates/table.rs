//! The table. A template is approved by a provider word by word: whoever changes one files it again.

/// Names a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is described by its row below")]
pub enum TemplateId {
    Ack,
    AckShort,
    AskMore,
    Assigned,
    Extended,
    Reply,
    Survey,
    SurveyThanks,
    UnsatisfiedRedo,
    Status,
    StatusNeutral,
    BadQuery,
    RejectLegal,
    Emergency,
    Merged,
    Missed,
    ListeningDay,
    EvaluationNotice,
    UnitAssign,
    UnitWarn,
    UnitOverdue,
    LeaderDigest,
    OneTimeCode,
    Help,
    Stopped,
    WithdrawAsked,
    StatusBare,
    ReplyBare,
    UnitRemind,
    UnitHelp,
    UnitRead,
}

/// What stands in brackets at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Who it is from.
    Signature,
    /// What it is, to officials who know who it is from.
    Own(&'static str),
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Which.
    pub id: TemplateId,
    /// Its number in domain.md 4.3, by which a provider's own id is configured.
    pub code: &'static str,
    /// What it is for, in a word.
    pub usage: &'static str,
    /// What stands before the text.
    pub head: Head,
    /// In words, with placeholders in curly brackets.
    pub text: &'static str,
}

/// The templates, in the order of their ids.
pub const TEMPLATES: [Template; 31] = [
    city(
        TemplateId::Ack,
        "S01",
        "ack",
        "您反映的事项已登记，编号{case}，查询码{code}。承办单位将在{days}日内答复，最迟{due}。\
         回复CX加编号加查询码可查进度。请勿外泄查询码。",
    ),
    city(
        TemplateId::AckShort,
        "S02",
        "ack-short",
        "已收到您的短信，编号{case}，查询码{code}，我们会尽快办理并答复您。",
    ),
    city(
        TemplateId::AskMore,
        "S03",
        "ask-more",
        "编号{case}：请补充事发地点（镇街、村居、路段）和时间，直接回复本短信即可。",
    ),
    city(TemplateId::Assigned, "S04", "assigned", "编号{case}已交{unit}办理，最迟{due}答复您。"),
    city(
        TemplateId::Extended,
        "S05",
        "extended",
        "编号{case}情况较复杂，经批准办理期限延至{due}，原因：{reason}。",
    ),
    city(
        TemplateId::Reply,
        "S06",
        "reply",
        "编号{case}办理结果：{result}。承办单位：{unit}，电话{phone}。",
    ),
    city(
        TemplateId::Survey,
        "S07",
        "survey",
        "编号{case}已答复。请评价：回复1满意，2比较满意，3基本满意，4不满意。感谢您的监督。",
    ),
    city(TemplateId::SurveyThanks, "S08", "survey-thanks", "已收到您的评价，谢谢。"),
    city(
        TemplateId::UnsatisfiedRedo,
        "S09",
        "unsat-redo",
        "编号{case}：您的意见已收到，我们已要求承办单位重新办理，最迟{due}答复您。",
    ),
    city(
        TemplateId::Status,
        "S10",
        "status",
        "编号{case}：{state}，承办单位{unit}，最迟{due}答复。",
    ),
    city(
        TemplateId::StatusNeutral,
        "S11",
        "status-neutral",
        "编号{case}：您反映的事项已按规定程序转交有关单位办理。",
    ),
    city(
        TemplateId::BadQuery,
        "S12",
        "bad-query",
        "未找到对应事项，请核对编号和查询码后再试，或拨打公开电话查询。",
    ),
    city(
        TemplateId::RejectLegal,
        "S13",
        "reject-legal",
        "编号{case}：该事项依法应通过{channel}途径解决，请向有关机关提出，详情可来电咨询。",
    ),
    city(
        TemplateId::Emergency,
        "S14",
        "emergency",
        "紧急情况请立即拨打110、119或120。我们已通知值班人员。",
    ),
    city(
        TemplateId::Merged,
        "S15",
        "merged",
        "您反映的事项与编号{case}相同，已合并办理，进展将一并告知您。",
    ),
    city(
        TemplateId::Missed,
        "S16",
        "missed",
        "您刚才的来电未能及时接通，很抱歉，我们将在{minutes}分钟内回拨。也可直接回复短信说明事项。",
    ),
    city(
        TemplateId::ListeningDay,
        "S17",
        "listening-day",
        "{date}（{weekday}）{from}至{to}，{leaders}接听公开电话，欢迎来电反映情况。退订回T。",
    ),
    city(
        TemplateId::EvaluationNotice,
        "S18",
        "evaluation-notice",
        "本市近期开展部门民主评议电话访问，访问员不会询问银行卡、密码，感谢配合。拒访回T。",
    ),
    official(
        TemplateId::UnitAssign,
        "S19",
        "dept-assign",
        "交办",
        "编号{case}，{kind}，{summary}。请{days}个工作日内签收，{due}{hour}时前办复。登录系统查看。",
    ),
    official(
        TemplateId::UnitWarn,
        "S20",
        "dept-warn",
        "预警",
        "编号{case}距办复时限不足{days}个工作日，请抓紧办理并反馈。责任人：{whom}。",
    ),
    official(
        TemplateId::UnitOverdue,
        "S21",
        "dept-overdue",
        "超期",
        "编号{case}已超办复时限{days}天，已列入督办，请立即反馈并说明原因。责任人：{whom}。",
    ),
    official(
        TemplateId::LeaderDigest,
        "S22",
        "leader-digest",
        "日汇总",
        "{date}：收{received}件，电话{calls}短信{texts}邮件{mails}，交办{assigned}，办复{answered}，\
         超期{overdue}，不满意{dissatisfied}。您名下短信{own}件待阅。",
    ),
    city(
        TemplateId::OneTimeCode,
        "S23",
        "otp",
        "登录验证码{otp},{minutes}分钟内有效，请勿告知他人。",
    ),
    city(
        TemplateId::Help,
        "S24",
        "help",
        "直接发送短信即可反映事项。CX加编号加查询码查进度，撤回加编号加查询码申请撤回，退订回T。",
    ),
    city(
        TemplateId::Stopped,
        "S25",
        "stopped",
        "已停止向您发送通知类短信，您所反映事项的答复不受影响。",
    ),
    city(
        TemplateId::WithdrawAsked,
        "S26",
        "withdraw-asked",
        "编号{case}：已收到您的撤回申请，我们将来电与您核实。",
    ),
    city(TemplateId::StatusBare, "S27", "status-bare", "编号{case}：{state}。"),
    city(
        TemplateId::ReplyBare,
        "S28",
        "reply-bare",
        "编号{case}办理结果：{result}。承办单位：{unit}。",
    ),
    official(
        TemplateId::UnitRemind,
        "S29",
        "dept-remind",
        "催办",
        "编号{case}：请尽快签收、办理，按期办复。责任人：{whom}。",
    ),
    official(
        TemplateId::UnitHelp,
        "S30",
        "dept-help",
        "协办",
        "编号{case}，{kind}，{summary}。请配合主办单位办理，{due}{hour}时前办复。登录系统查看。",
    ),
    official(
        TemplateId::UnitRead,
        "S31",
        "dept-read",
        "阅知",
        "编号{case}，{kind}，{summary}。请登录系统查看并签阅。",
    ),
];

const fn city(
    id: TemplateId,
    code: &'static str,
    usage: &'static str,
    text: &'static str,
) -> Template {
    Template { id, code, usage, head: Head::Signature, text }
}

const fn official(
    id: TemplateId,
    code: &'static str,
    usage: &'static str,
    head: &'static str,
    text: &'static str,
) -> Template {
    Template { id, code, usage, head: Head::Own(head), text }
}

impl TemplateId {
    /// Its row.
    #[must_use]
    pub fn template(self) -> &'static Template {
        &TEMPLATES[self as usize]
    }

    /// S01 to S31.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.template().code
    }

    /// The template of that number.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        TEMPLATES.iter().find(|template| template.code == code).map(|template| template.id)
    }
}

impl Template {
    /// The names of its placeholders, in the order of the text: the order in which a provider is given the
    /// values.
    pub fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        pieces(self.text).filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name),
            Piece::Words(_) => None,
        })
    }
}

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Words(&'static str),
    Placeholder(&'static str),
}

pub(super) fn pieces(text: &'static str) -> impl Iterator<Item = Piece> {
    text.split('{').enumerate().flat_map(|(at, run)| {
        let (name, words) = if at == 0 { (None, run) } else { split_name(run) };
        let words = (!words.is_empty()).then_some(Piece::Words(words));
        name.map(Piece::Placeholder).into_iter().chain(words)
    })
}

fn split_name(run: &'static str) -> (Option<&'static str>, &'static str) {
    run.split_once('}').map_or((None, run), |(name, words)| (Some(name), words))
}
