//! Whose case a mail belongs to: by what only we can have written, else by what it claims and who he is.

use super::incoming::Incoming;
use super::{MailKey, OwnId};
use crate::units::CaseNumber;

/// What a mail belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Belongs {
    /// It answers this mail of ours.
    Answer(OwnId),
    /// It was sent to the address of this case.
    Case(CaseNumber),
    /// Its subject names this case; whether the sender has anything to do with it is for the store to say.
    Claims(CaseNumber),
    /// To nothing that is known here.
    Nothing,
}

/// What stands before a number in a subject of ours, or of somebody who read one.
const MARKS: [&str; 4] = ["编号", "編號", "ZC-", "CX"];

/// Threading in the order of messaging 2.3: Message-IDs of ours, an address of ours with a token, a number
/// in the subject.
#[must_use]
pub fn belongs(mail: &Incoming, key: &MailKey) -> Belongs {
    if let Some(own) = mail.answers.iter().find_map(|id| key.own_id(id)) {
        return Belongs::Answer(own);
    }
    if let Some(case) = mail.recipients.iter().find_map(|address| key.case_of(address)) {
        return Belongs::Case(case);
    }
    // Some programs answer the envelope's sender.
    if let Some(outbox) = mail.recipients.iter().find_map(|address| key.returned(address)) {
        return Belongs::Answer(OwnId { case: None, outbox });
    }
    claimed(&mail.subject).map_or(Belongs::Nothing, Belongs::Claims)
}

/// The number that a subject names. Only eleven digits behind a mark that is ours: a telephone number has
/// eleven digits too.
fn claimed(subject: &str) -> Option<CaseNumber> {
    MARKS.iter().find_map(|mark| {
        subject.match_indices(mark).find_map(|(at, _)| {
            let rest = subject[at + mark.len()..].trim_start_matches(|c: char| " :：-".contains(c));
            let digits: String = rest.chars().take_while(|c| c.is_numeric()).collect();
            CaseNumber::parse(&digits).ok()
        })
    })
}
