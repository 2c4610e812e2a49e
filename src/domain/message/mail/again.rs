//! Who writes the same once more asks how long it takes (催办): a word on his case, not another matter.

use super::MailAround;
use super::incoming::Incoming;
use crate::domain::message::SUPPLEMENTS_MAX;
use crate::units::CaseNumber;

/// What people put around a subject that they write again; longer ones before those that are in them.
const AGAIN: [&str; 14] = [
    "再次反映",
    "再次投诉",
    "再次举报",
    "再次求助",
    "再次咨询",
    "再次建议",
    "再次催办",
    "再次",
    "再反映",
    "又一次",
    "第二次",
    "第三次",
    "催办",
    "催问",
];

/// A subject without what says that it is written again: the same for both.
///
/// ```
/// use mayorline::domain::message::mail::subject_once;
/// assert_eq!(subject_once("噪声（再次）"), subject_once("噪声"));
/// assert_ne!(subject_once("噪声（再次）"), subject_once("臭气"));
/// ```
#[must_use]
pub fn subject_once(subject: &str) -> String {
    let bare: String = subject.chars().filter(|c| c.is_alphanumeric()).collect();
    AGAIN.iter().fold(bare, |bare, mark| bare.replace(mark, ""))
}

/// The case that a mail asks about by saying the same once more. A picture makes it another matter: its words
/// may be no more than 「见附件」.
pub(super) fn again(mail: &Incoming, around: &MailAround) -> Option<CaseNumber> {
    let says = mail.text.chars().any(char::is_alphanumeric) && mail.attachments == 0;
    // An address can be forged; where the server says that it was, it proves nothing.
    let is_his = !mail.traits.is_forged && around.supplements < SUPPLEMENTS_MAX;
    around.again.filter(|_| says && is_his)
}
