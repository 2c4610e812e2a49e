//! The table of domain.md 4.4.

/// Names a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is described by its row below")]
pub enum MailTemplateId {
    Ack,
    NeedMore,
    Assigned,
    Extended,
    Reply,
    Survey,
    Declined,
    Neutral,
    UnitOrder,
    DailyDigest,
    UnitHelp,
    UnitRead,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailTemplate {
    /// Which.
    pub id: MailTemplateId,
    /// Its number in domain.md 4.4.
    pub code: &'static str,
    /// With placeholders in curly brackets.
    pub subject: &'static str,
    /// In lines, with placeholders.
    pub body: &'static str,
    /// Whether the name of the house stands below.
    pub is_signed: bool,
}

impl MailTemplateId {
    /// Its row.
    #[must_use]
    pub fn template(self) -> &'static MailTemplate {
        &MAIL_TEMPLATES[self as usize]
    }
}

const fn mail(
    id: MailTemplateId,
    code: &'static str,
    subject: &'static str,
    body: &'static str,
) -> MailTemplate {
    MailTemplate { id, code, subject, body, is_signed: true }
}

/// To those within, who know who writes.
const fn inner(
    id: MailTemplateId,
    code: &'static str,
    subject: &'static str,
    body: &'static str,
) -> MailTemplate {
    MailTemplate { is_signed: false, ..mail(id, code, subject, body) }
}

/// What stands in M1 only where the city takes texts.
pub(super) const BY_TEXT: &str = "，或者发送短信 CX{case} {code} 到{texts}";

/// The mails, in the order of their ids.
pub const MAIL_TEMPLATES: [MailTemplate; 12] = [
    mail(
        MailTemplateId::Ack,
        "M1",
        "【受理通知】您反映的事项已登记，编号{case}",
        "您好：\n您于{received}发送到书记市长电子信箱的邮件已收到。事项编号：{case}，查询码：{code}。\n\
         我们将在一个工作日内分类转办，承办单位自交办起{days}日内答复，最迟{due}。\n\
         查询进度可拨打{hotline}按一，或者发送短信 CX{case} {code} 到{texts}。请勿将查询码告诉他人。\n\
         如需保密您的姓名和联系方式，请直接回复“保密”。\n本邮件由系统自动发送。",
    ),
    mail(
        MailTemplateId::NeedMore,
        "M2",
        "【请补充】编号{case}",
        "您好：\n为便于办理，请补充：{missing}。直接回复本邮件即可。\n\
         {until}前未收到补充的，将按现有内容办理。",
    ),
    mail(
        MailTemplateId::Assigned,
        "M3",
        "【交办通知】编号{case}",
        "您好：\n您反映的事项已于{assigned}交{unit}办理，最迟{due}答复。",
    ),
    mail(
        MailTemplateId::Extended,
        "M4",
        "【延期告知】编号{case}",
        "您好：\n因{reason}，经批准办理期限延长至{due}。给您带来不便，敬请谅解。",
    ),
    mail(
        MailTemplateId::Reply,
        "M5",
        "【办理结果】编号{case}",
        "您好：\n您反映的“{summary}”，{unit}办理结果如下：\n{result}\n承办人：{handler}，电话：{phone}。\n\
         对结果有异议，请在收到后十日内回复本邮件或者拨打{hotline}。",
    ),
    mail(
        MailTemplateId::Survey,
        "M6",
        "【请您评价】编号{case}",
        "请您评价：回复 1 满意，2 比较满意，3 基本满意，4 不满意（请写明原因）。",
    ),
    mail(
        MailTemplateId::Declined,
        "M7",
        "【告知】编号{case}",
        "您好：\n您反映的事项依法应通过{channel}途径解决，依据：{basis}。\n受理机关：{organ}，地址电话：{contact}。",
    ),
    mail(
        MailTemplateId::Neutral,
        "M8",
        "【告知】编号{case}",
        "您好：\n您反映的事项已按规定程序转交有关单位办理。",
    ),
    inner(
        MailTemplateId::UnitOrder,
        "M9",
        "【交办单】{case} 办复期限{due}",
        "{unit}：\n现将以下事项交你单位办理，请于一个工作日内签收，于{due}前办复。\n类型：{kind}；地点：{place}；\n\
         内容：{content}；\n反映人：{name}。",
    ),
    inner(
        MailTemplateId::DailyDigest,
        "M10",
        "【日汇总】{date}",
        "受理{received}件，其中电话{calls}、短信{texts_in}、邮件{mails}、热线{radio}；交办{assigned}，办复{answered}，\
         按时办复率{on_time}；超期{overdue}；回访{callbacks}，不满意{dissatisfied}。\n热点：{topics}。\n十要素明细请登录系统查看。",
    ),
    inner(
        MailTemplateId::UnitHelp,
        "M11",
        "【协办单】{case} 办复期限{due}",
        "{unit}：\n现将以下事项交你单位协办，请配合主办单位于{due}前办复。\n类型：{kind}；地点：{place}；\n\
         内容：{content}。",
    ),
    inner(
        MailTemplateId::UnitRead,
        "M12",
        "【转阅单】{case}",
        "{unit}：\n现将以下事项转你单位阅知，请登录系统签阅。\n类型：{kind}；地点：{place}；\n内容：{content}。",
    ),
];
