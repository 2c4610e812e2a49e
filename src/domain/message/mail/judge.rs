//! What becomes of a mail. What is not plainly something else is a matter, so that none is lost; what a
//! machine wrote is looked at by a person.

use super::again::again;
use super::incoming::{Incoming, is_machine};
use super::receipt::{FLOOD_MAILS_MAX, Silence, by_marks};
use super::{Belongs, House, MailKey, OwnId, belongs, own_words};
use crate::domain::case::Grade;
use crate::domain::message::SUPPLEMENTS_MAX;
use crate::domain::message::{Command, Named, Remark, command};
use crate::units::CaseNumber;

/// What the store knows around a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailAround {
    /// A mail with its Message-ID was taken before. One without an id was not: two of them are two.
    pub is_copy: bool,
    /// Mails of its sender within [`FLOOD_WITHIN`](super::FLOOD_WITHIN), without this one.
    pub mails_of_sender: u32,
    /// Receipts to its sender within 24 hours.
    pub receipts_of_sender: u32,
    /// Receipts to all within an hour.
    pub receipts_in_hour: u32,
    /// The case of the mail of ours that it answers, of whose outbox row `belongs` tells; the number that is
    /// in it needs no look.
    pub answered_case: Option<CaseNumber>,
    /// Its sender is a party of the case that the subject names.
    pub is_party: bool,
    /// His open case of the same words under the same subject ([`subject_once`](super::subject_once)), where
    /// it names no other.
    pub again: Option<CaseNumber>,
    /// Texts that were added to the case it belongs to, or to that one.
    pub supplements: u32,
    /// The case whose answer its sender was asked about, while his word is waited for.
    pub asked: Option<CaseNumber>,
}

/// What becomes of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailVerdict {
    /// It was taken already.
    Copy,
    /// A mail of ours did not arrive, for good: no case, no answer.
    Bounced {
        /// Which, where it can be told.
        outbox: Option<i64>,
        /// `5.1.1`.
        status: Option<String>,
    },
    /// A mail of ours arrived.
    Arrived {
        /// Which, where it can be told.
        outbox: Option<i64>,
    },
    /// Nobody needs it: a vacation note on a mail of ours, a report of a try that goes on.
    Nothing(&'static str),
    /// A person must look at it, for this reason.
    Hold(&'static str),
    /// A new matter.
    Open {
        /// The case that it names without being allowed to write to it: shown as possibly related.
        related: Option<CaseNumber>,
    },
    /// More about this one.
    Supplement(CaseNumber),
    /// The same once more: he asks about this one (催办).
    Remind(CaseNumber),
    /// The citizen's word on the answer to this case.
    Rate(CaseNumber, Grade, Remark),
    /// His name is to be kept from the unit (要求保密).
    Confidential(CaseNumber),
    /// How a case stands.
    Query(Named),
    /// A matter is to be withdrawn.
    Withdraw(Named),
    /// No more notices.
    StopNotices,
    /// What can be asked for.
    Help,
}

/// What becomes of a mail.
#[must_use]
pub fn judge_mail(
    mail: &Incoming,
    house: &House,
    key: &MailKey,
    around: &MailAround,
) -> MailVerdict {
    let belongs = belongs(mail, key);
    if let Some(verdict) = report(mail, &belongs, key) {
        return verdict;
    }
    if around.is_copy {
        return MailVerdict::Copy;
    }
    if let Some(verdict) = of_machine(mail, house, &belongs) {
        return verdict;
    }
    if around.mails_of_sender >= FLOOD_MAILS_MAX {
        return MailVerdict::Hold("flood");
    }
    let case = match belongs {
        Belongs::Answer(OwnId { case, .. }) => case.or(around.answered_case),
        Belongs::Case(case) => Some(case),
        // An address can be forged; where the server says that it was, it proves nothing.
        Belongs::Claims(case) if around.is_party && !mail.traits.is_forged => Some(case),
        Belongs::Claims(_) | Belongs::Nothing => None,
    };
    let related = match belongs {
        Belongs::Claims(case) => Some(case),
        _ => None,
    };
    let words = own_words(&mail.text);
    match (case, command(&words)) {
        (Some(case), _) if is_confidential(&words) => MailVerdict::Confidential(case),
        (_, Some(Command::Query(named))) => MailVerdict::Query(named),
        (_, Some(Command::Withdraw(named))) => MailVerdict::Withdraw(named),
        (_, Some(Command::StopNotices)) => MailVerdict::StopNotices,
        (_, Some(Command::Help)) => MailVerdict::Help,
        (Some(case), Some(Command::Rate { grade, remark })) if around.asked == Some(case) => {
            MailVerdict::Rate(case, grade, remark)
        }
        (Some(case), _) if around.supplements < SUPPLEMENTS_MAX => MailVerdict::Supplement(case),
        (Some(case), _) => MailVerdict::Open { related: Some(case) },
        (None, _) if says_nothing(mail) => MailVerdict::Hold("empty"),
        (None, _) => match again(mail, around) {
            Some(case) => MailVerdict::Remind(case),
            None => MailVerdict::Open { related },
        },
    }
}

/// A report on a mail of ours. It never opens a case and is never answered: a notice that bounces would be
/// told of by a notice that bounces.
fn report(mail: &Incoming, belongs: &Belongs, key: &MailKey) -> Option<MailVerdict> {
    let returned = mail.recipients.iter().find_map(|address| key.returned(address));
    let marks = &mail.traits;
    let is_daemon = mail.from.as_deref().is_some_and(is_machine) && marks.has_null_path;
    let is_bounce =
        marks.has_failed_recipients || is_daemon || (returned.is_some() && marks.has_null_path);
    let enclosed = mail.encloses.as_deref();
    let answered = match belongs {
        Belongs::Answer(own) => Some(own.outbox),
        _ => None,
    };
    let outbox = returned
        .or_else(|| enclosed.and_then(|id| key.own_id(id)).map(|own| own.outbox))
        .or(answered);
    match &mail.report {
        Some(report) if report.failed => {
            Some(MailVerdict::Bounced { outbox, status: report.status.clone() })
        }
        Some(report) if report.delivered => Some(MailVerdict::Arrived { outbox }),
        _ if marks.is_report => Some(MailVerdict::Nothing("report")),
        // A vacation note comes to the return address too (RFC 3834 §4).
        _ if marks.auto_submitted.as_deref() == Some("auto-replied") && returned.is_some() => {
            Some(MailVerdict::Nothing("auto-reply"))
        }
        _ if is_bounce => Some(MailVerdict::Bounced { outbox, status: None }),
        _ => None,
    }
}

/// What a machine wrote. A person looks at it, unless it answers a mail of ours by itself.
fn of_machine(mail: &Incoming, house: &House, belongs: &Belongs) -> Option<MailVerdict> {
    let is_ours = |address: &String| house.is_own_address(address);
    if mail.from.as_ref().is_some_and(is_ours) {
        return Some(MailVerdict::Hold("own address"));
    }
    let is_answer = matches!(belongs, Belongs::Answer(_) | Belongs::Case(_));
    match by_marks(mail, house) {
        Ok(()) => None,
        // Officials write to their own hotline, and a citizen may leave out his address.
        Err(Silence::Own | Silence::Nobody | Silence::Forged) => None,
        // Exchange puts its wish into mails that people wrote, too.
        Err(Silence::Asked) => None,
        Err(Silence::Spam) => Some(MailVerdict::Hold("spam")),
        Err(Silence::AutoSubmitted | Silence::AutoReply | Silence::NullPath) if is_answer => {
            Some(MailVerdict::Nothing("auto-reply"))
        }
        Err(Silence::List | Silence::Bulk) => Some(MailVerdict::Hold("list")),
        Err(_) => Some(MailVerdict::Hold("machine")),
    }
}

/// M1 asks for this very word.
fn is_confidential(words: &str) -> bool {
    let is_letter = |c: &char| c.is_alphanumeric();
    let bare: String = words.chars().filter(is_letter).collect();
    ["保密", "要求保密", "请保密", "需要保密", "回复保密", "请为我保密", "保密谢谢", "請保密"]
        .contains(&bare.as_str())
}

fn says_nothing(mail: &Incoming) -> bool {
    let says = |text: &str| text.chars().any(char::is_alphanumeric);
    !says(&mail.text) && !says(&mail.subject) && mail.attachments == 0
}
