//! What a citizen is told by text or mail of what happens to his case (domain.md 4.3, 4.4).

use super::mail::templates::{Desk, MailText, WrittenMail, in_a_mail};
use super::status::status_words;
use super::templates::{ShortText, Signature};
use crate::domain::case::{
    AskedFor, CALLBACK_MINUTES, Case, CaseEvent, Channel, Notice, REPLY_DAYS, Record, State,
    local_day,
};
use crate::domain::speech::lexicon::Lexicon;
use crate::units::PhoneNumber;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;

/// Who a citizen is told is at work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitTold {
    /// Its name; 承办单位 where the directory has none.
    pub name: Option<String>,
    /// Its published telephone.
    pub phone: Option<PhoneNumber>,
}

impl UnitTold {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("承办单位")
    }
}

/// What a text says, with the words that it is filled with where the case does not have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told<'a> {
    Missed,
    Acknowledged,
    Survey,
    /// For what, and until when it is waited for; events of older programs say neither.
    AskMore(&'a [AskedFor], Option<Date>),
    Notice(Notice, Option<Date>),
}

/// A text to the citizen of a case that is ready to be written.
#[derive(Debug)]
pub struct CitizenText<'a> {
    case: &'a Case,
    unit: &'a UnitTold,
    now: Timestamp,
    told: Told<'a>,
}

/// What the citizen of a case is told of these events; `case` is the one after all of them.
#[must_use]
pub fn citizen_texts<'a>(
    case: &'a Case,
    events: &'a [CaseEvent],
    (unit, now): (&'a UnitTold, Timestamp),
) -> Vec<CitizenText<'a>> {
    let told = events.iter().flat_map(|event| told(case, event));
    told.map(|told| CitizenText { case, unit, now, told }).collect()
}

fn told<'a>(case: &Case, event: &'a CaseEvent) -> Vec<Told<'a>> {
    match event {
        CaseEvent::Received(received) if received.channel == Channel::Abandoned => {
            vec![Told::Missed]
        }
        CaseEvent::Accepted(_) if case.channel == Some(Channel::Voicemail) => {
            vec![Told::Acknowledged]
        }
        CaseEvent::Record(record) => match &**record {
            Record::CitizenNotified { notice: Notice::Reply, .. } => {
                let asked = (case.state == Some(State::Callback)).then_some(Told::Survey);
                std::iter::once(Told::Notice(Notice::Reply, None)).chain(asked).collect()
            }
            Record::CitizenNotified { notice, due } => vec![Told::Notice(*notice, *due)],
            Record::MoreAsked { missing, until, .. } => vec![Told::AskMore(missing, *until)],
            _ => vec![],
        },
        _ => vec![],
    }
}

impl CitizenText<'_> {
    /// It tells nothing of the matter, so that it may be sent of a case under seal.
    #[must_use]
    pub fn is_neutral(&self) -> bool {
        self.told == Told::Notice(Notice::Sealed, None)
    }

    /// Hands the text to `write`; nothing where the case lacks what it says.
    pub fn written<T>(&self, write: impl FnOnce(&ShortText<'_>) -> T) -> Option<T> {
        if self.told == Told::Missed {
            let minutes = u16::try_from(CALLBACK_MINUTES).unwrap_or(u16::MAX);
            return Some(write(&ShortText::Missed { minutes }));
        }
        let case = self.case.number?;
        let due = self.case.due.as_ref().map(|due| due.on);
        let unit = self.unit.name();
        let result = self.case.work.result.as_deref().filter(|words| !words.is_empty());
        let status = self.case.status(self.now, None)?;
        let state = status_words(&status);
        let text = match self.told {
            Told::Missed => return None,
            Told::Acknowledged => {
                let (code, due) = (self.case.private.code?, due?);
                ShortText::Ack { case, code, days: u8::try_from(REPLY_DAYS).ok()?, due }
            }
            Told::Survey => ShortText::Survey { case },
            Told::AskMore(missing, _) if is_place_and_time(missing) => ShortText::AskMore { case },
            Told::AskMore(missing, _) => {
                let asked = format!("请补充{}", titles(missing).join("、"));
                return Some(write(&ShortText::StatusBare { case, state: &asked }));
            }
            Told::Notice(notice, moved) => match (notice, moved.or(due)) {
                (Notice::Assigned, Some(due)) => ShortText::Assigned { case, unit, due },
                (Notice::Extended, Some(due)) => {
                    let reason = self.case.extended.map(|reason| words_of(reason.script_id()));
                    ShortText::Extended { case, due, reason: reason.unwrap_or("情况特殊") }
                }
                (Notice::Reply, _) => match (result, &self.unit.phone) {
                    (Some(result), Some(phone)) => ShortText::Reply { case, result, unit, phone },
                    (Some(result), None) => ShortText::ReplyBare { case, result, unit },
                    (None, _) => ShortText::StatusBare { case, state: &state },
                },
                (Notice::Redo, Some(due)) => ShortText::UnsatisfiedRedo { case, due },
                (Notice::Sealed, _) => ShortText::StatusNeutral { case },
                (Notice::Declined, _) => {
                    let channel = self.case.lawful_channel?;
                    ShortText::RejectLegal { case, channel: words_of(channel.script_id()) }
                }
                (Notice::Merged, _) => match self.case.merged_into {
                    Some(into) => ShortText::Merged { case: into },
                    None => {
                        let joined = "另有群众反映同一事项，已合并办理";
                        return Some(write(&ShortText::StatusBare { case, state: joined }));
                    }
                },
                (Notice::Unmerged, _) => {
                    let parted = "您反映的事项恢复单独办理";
                    return Some(write(&ShortText::StatusBare { case, state: parted }));
                }
                (Notice::DateMoved, Some(due)) => {
                    let moved = format!("答复日期调整为{}月{}日，敬请谅解", due.month(), due.day());
                    return Some(write(&ShortText::StatusBare { case, state: &moved }));
                }
                _ => ShortText::StatusBare { case, state: &state },
            },
        };
        Some(write(&text))
    }
}

/// A mail to a citizen, written. `Debug` says which, not what.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenMail {
    /// Of the table of mails, or of that of texts where it has no row.
    pub template: &'static str,
    /// One line.
    pub subject: String,
    /// In lines.
    pub text: String,
}

impl fmt::Debug for CitizenMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenMail({})", self.template)
    }
}

impl CitizenText<'_> {
    /// The same as a mail; nothing where a mail says nothing of it, or the case lacks what it says.
    #[must_use]
    pub fn mail(&self, desk: &Desk, signature: &Signature) -> Option<CitizenMail> {
        if self.told == Told::Missed {
            return None;
        }
        let missing = self.missing();
        if let Some(text) = self.mail_text(desk, &missing) {
            let WrittenMail { template, subject, text, .. } = text.write(desk);
            return Some(CitizenMail { template: template.template().code, subject, text });
        }
        self.written(|short| {
            let short = short.write(signature);
            let (subject, text) = in_a_mail(&short, desk);
            CitizenMail { template: short.template.code(), subject, text }
        })
    }

    /// Its row of the table of mails, where there is one and the case has all that it says.
    fn mail_text<'b>(&'b self, desk: &'b Desk, missing: &'b [&'b str]) -> Option<MailText<'b>> {
        let case = self.case.number?;
        let due = self.case.due.as_ref().map(|due| due.on);
        let unit = self.unit.name();
        Some(match self.told {
            Told::Survey => MailText::Survey { case },
            Told::AskMore(_, until) => MailText::NeedMore { case, missing, until: until? },
            Told::Notice(Notice::Declined, _) => {
                let channel = self.case.lawful_channel?;
                let route = channel.route();
                MailText::Declined {
                    case,
                    channel: words_of(channel.script_id()),
                    basis: route.basis,
                    organ: route.organ,
                    contact: route.contact.unwrap_or(&desk.hotline),
                }
            }
            Told::Notice(Notice::Sealed, _) => MailText::Neutral { case },
            Told::Notice(Notice::Assigned, moved) => MailText::Assigned {
                case,
                unit,
                assigned: local_day(self.now),
                due: moved.or(due)?,
            },
            Told::Notice(Notice::Extended, moved) => {
                let reason = self.case.extended.map(|reason| words_of(reason.script_id()));
                let reason = reason.unwrap_or("情况特殊");
                MailText::Extended { case, reason, due: moved.or(due)? }
            }
            Told::Notice(Notice::Reply, _) => MailText::Reply {
                case,
                summary: self.case.summary.as_deref().unwrap_or("事项"),
                unit,
                result: self.case.work.result.as_deref().filter(|words| !words.is_empty())?,
                handler: unit,
                phone: self.unit.phone.as_ref().map_or(&desk.hotline, |phone| phone.as_str()),
            },
            _ => return None,
        })
    }
}

impl CitizenText<'_> {
    /// What he is asked for, in words.
    fn missing(&self) -> Vec<&'static str> {
        match self.told {
            Told::AskMore([], _) => titles(&[AskedFor::Place, AskedFor::Time]),
            Told::AskMore(missing, _) => titles(missing),
            _ => vec![],
        }
    }
}

fn titles(missing: &[AskedFor]) -> Vec<&'static str> {
    missing.iter().map(|one| one.title()).collect()
}

/// What S03 asks for by itself.
fn is_place_and_time(missing: &[AskedFor]) -> bool {
    missing.iter().all(|one| matches!(one, AskedFor::Place | AskedFor::Time))
}

/// A reason or way of law in words.
fn words_of(id: &str) -> &'static str {
    Lexicon::builtin().word_text(id).unwrap_or("其他")
}
