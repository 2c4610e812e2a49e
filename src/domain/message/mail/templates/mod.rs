//! The mails to citizens, units and leaders (domain.md 4.4, M1 to M12): one table, filled from typed values,
//! as text and as a page. The page loads nothing, and every value in it is escaped.

mod page;
mod table;
mod values;

#[cfg(test)]
mod tests;

pub use page::page as mail_page;
pub use table::{MAIL_TEMPLATES, MailTemplate, MailTemplateId};
pub use values::{MAIL_RESULT_CHARS_MAX, MAIL_WORDS_CHARS_MAX, MailDigest, MailText};

use crate::domain::message::templates::{TemplateId, Written};
use std::borrow::Cow;
use std::fmt;
use values::Filled;

/// Who mails are from, and how else the house is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desk {
    /// Below a mail: 邹城市社情民意受理中心.
    pub signer: String,
    /// The number to call.
    pub hotline: String,
    /// The number to send texts to; empty where the city takes none.
    pub texts: String,
}

/// A mail that is ready to leave. `Debug` says which, not what.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenMail {
    /// Of the table.
    pub template: MailTemplateId,
    /// One line.
    pub subject: String,
    /// In lines.
    pub text: String,
    /// The same as a page.
    pub html: String,
}

impl fmt::Debug for WrittenMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenMail({}, {} bytes)", self.template.template().code, self.text.len())
    }
}

/// What a short text says, as a mail, for what has no row of its own in the table.
///
/// ```
/// use mayorline::domain::message::mail::templates::{Desk, in_a_mail};
/// use mayorline::domain::message::templates::{ShortText, Signature};
/// let desk = Desk { signer: "受理中心".into(), hotline: "12345".into(), texts: String::new() };
/// let thanks = ShortText::SurveyThanks.write(&Signature::default());
/// let (subject, text) = in_a_mail(&thanks, &desk);
/// assert_eq!(subject, "【告知】受理中心");
/// assert_eq!(text, "您好：\n已收到您的评价，谢谢。\n\n受理中心");
/// ```
#[must_use]
pub fn in_a_mail(short: &Written, desk: &Desk) -> (String, String) {
    let case = short.params.iter().find(|param| param.name == "case");
    let about = case.map_or_else(|| desk.signer.clone(), |case| format!("编号{}", case.value));
    let words = short.text.split_once('】').map_or(short.text.as_str(), |(_, words)| words);
    let words = in_words_for_mails(short.template, words);
    (format!("【告知】{about}"), format!("您好：\n{words}\n\n{}", desk.signer))
}

/// What a short text says of texts and telephones, as it is said to whoever wrote a mail: he may have
/// neither.
fn in_words_for_mails(template: TemplateId, words: &str) -> Cow<'_, str> {
    match template {
        TemplateId::AskMore => words.replace("本短信", "本邮件").into(),
        TemplateId::WithdrawAsked => {
            words.replace("我们将来电与您核实", "我们将与您联系核实，请留意来电和本邮箱").into()
        }
        TemplateId::Stopped => words.replace("通知类短信", "通知类邮件").into(),
        TemplateId::Help => "直接发送邮件即可反映事项。正文写CX加编号加查询码查进度，\
                             写撤回加编号加查询码申请撤回，写退订不再接收通知。"
            .into(),
        _ => words.into(),
    }
}

impl MailText<'_> {
    /// The mail in words.
    ///
    /// ```
    /// use mayorline::domain::message::mail::templates::{Desk, MailText};
    /// use mayorline::units::CaseNumber;
    /// let desk = Desk { signer: "受理中心".into(), hotline: "12345".into(), texts: "12345".into() };
    /// let mail = MailText::Neutral { case: CaseNumber::parse("26112200131").unwrap() }.write(&desk);
    /// assert_eq!(mail.subject, "【告知】编号26112200131");
    /// assert_eq!(mail.text, "您好：\n您反映的事项已按规定程序转交有关单位办理。\n\n受理中心");
    /// ```
    #[must_use]
    pub fn write(&self, desk: &Desk) -> WrittenMail {
        let template = self.id().template();
        let filled = self.fill(desk);
        let subject = fill(template.subject, &filled);
        let mut body = template.body.to_owned();
        if desk.texts.is_empty() {
            // A city that takes no texts names no number for them.
            body = body.replace(table::BY_TEXT, "");
        }
        let mut text = fill(&body, &filled);
        if template.is_signed {
            text.push_str("\n\n");
            text.push_str(&desk.signer);
        }
        let html = page::page(&subject, &text);
        WrittenMail { template: template.id, subject, text, html }
    }
}

/// Puts the values in; what is no placeholder of the table stays as it is, so a value may hold brackets.
fn fill(text: &str, filled: &[Filled]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = filled.iter().find(|(known, _)| *known == name);
        out.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    out.push_str(rest);
    out
}
