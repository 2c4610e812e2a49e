//! The mails with what fills them.

use super::{Desk, MailTemplateId};
use crate::domain::case::Nature;
use crate::units::{CaseNumber, QueryCode};
use jiff::civil::{Date, DateTime};
use std::fmt;

/// Longest result of a case (M5) and matter of an order (M9), in characters.
pub const MAIL_RESULT_CHARS_MAX: usize = 5_000;
/// Longest other words in a mail, in characters.
pub const MAIL_WORDS_CHARS_MAX: usize = 500;

/// What stands in place of a rest.
const REST: &str = "……";

/// A placeholder and what stands in its place.
pub(super) type Filled = (&'static str, String);

/// What a leader is told of a day (M10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "counts, named as in the text")]
pub struct MailDigest<'a> {
    pub day: Date,
    pub received: u32,
    pub calls: u32,
    pub texts: u32,
    pub mails: u32,
    /// 行风热线.
    pub radio: u32,
    pub assigned: u32,
    pub answered: u32,
    /// Answered in time, of a thousand; `None` where nothing was due.
    pub on_time_permille: Option<u32>,
    pub overdue: u32,
    pub callbacks: u32,
    pub dissatisfied: u32,
    pub topics: &'a [&'a str],
}

/// A mail of the table with its values. `Debug` says which, not what: most of it is a citizen's.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values are named as the placeholders of the table")]
pub enum MailText<'a> {
    Ack {
        case: CaseNumber,
        code: QueryCode,
        received: DateTime,
        days: u8,
        due: Date,
    },
    NeedMore {
        case: CaseNumber,
        missing: &'a [&'a str],
        until: Date,
    },
    Assigned {
        case: CaseNumber,
        unit: &'a str,
        assigned: Date,
        due: Date,
    },
    Extended {
        case: CaseNumber,
        reason: &'a str,
        due: Date,
    },
    Reply {
        case: CaseNumber,
        summary: &'a str,
        unit: &'a str,
        result: &'a str,
        handler: &'a str,
        phone: &'a str,
    },
    Survey {
        case: CaseNumber,
    },
    Declined {
        case: CaseNumber,
        channel: &'a str,
        basis: &'a str,
        organ: &'a str,
        contact: &'a str,
    },
    Neutral {
        case: CaseNumber,
    },
    /// Without a name: 要求保密.
    UnitOrder {
        case: CaseNumber,
        unit: &'a str,
        nature: Nature,
        place: &'a str,
        content: &'a str,
        name: Option<&'a str>,
        due: Date,
    },
    DailyDigest(MailDigest<'a>),
    UnitHelp {
        case: CaseNumber,
        unit: &'a str,
        nature: Nature,
        place: &'a str,
        content: &'a str,
        due: Date,
    },
    UnitRead {
        case: CaseNumber,
        unit: &'a str,
        nature: Nature,
        place: &'a str,
        content: &'a str,
    },
}

impl MailText<'_> {
    /// Its name in the table.
    #[must_use]
    pub fn id(&self) -> MailTemplateId {
        match self {
            Self::Ack { .. } => MailTemplateId::Ack,
            Self::NeedMore { .. } => MailTemplateId::NeedMore,
            Self::Assigned { .. } => MailTemplateId::Assigned,
            Self::Extended { .. } => MailTemplateId::Extended,
            Self::Reply { .. } => MailTemplateId::Reply,
            Self::Survey { .. } => MailTemplateId::Survey,
            Self::Declined { .. } => MailTemplateId::Declined,
            Self::Neutral { .. } => MailTemplateId::Neutral,
            Self::UnitOrder { .. } => MailTemplateId::UnitOrder,
            Self::DailyDigest(_) => MailTemplateId::DailyDigest,
            Self::UnitHelp { .. } => MailTemplateId::UnitHelp,
            Self::UnitRead { .. } => MailTemplateId::UnitRead,
        }
    }

    /// What fills the placeholders.
    pub(super) fn fill(&self, desk: &Desk) -> Vec<Filled> {
        match *self {
            Self::Survey { case } | Self::Neutral { case } => vec![number(case)],
            Self::Ack { case, code, received, days, due } => vec![
                number(case),
                ("code", code.reveal()),
                ("received", minute(received)),
                ("days", days.to_string()),
                ("due", day(due)),
                ("hotline", desk.hotline.clone()),
                ("texts", desk.texts.clone()),
            ],
            Self::NeedMore { case, missing, until } => {
                vec![number(case), ("missing", words(&joined(missing))), ("until", day(until))]
            }
            Self::Assigned { case, unit, assigned, due } => {
                vec![
                    number(case),
                    ("unit", words(unit)),
                    ("assigned", day(assigned)),
                    ("due", day(due)),
                ]
            }
            Self::Extended { case, reason, due } => {
                vec![number(case), ("reason", words(reason)), ("due", day(due))]
            }
            Self::Reply { case, summary, unit, result, handler, phone } => vec![
                number(case),
                ("summary", words(summary)),
                ("unit", words(unit)),
                ("result", lines(result)),
                ("handler", words(handler)),
                ("phone", words(phone)),
                ("hotline", desk.hotline.clone()),
            ],
            Self::Declined { case, channel, basis, organ, contact } => vec![
                number(case),
                ("channel", words(channel)),
                ("basis", words(basis)),
                ("organ", words(organ)),
                ("contact", words(contact)),
            ],
            Self::UnitOrder { case, unit, nature, place, content, name, due } => vec![
                number(case),
                ("unit", words(unit)),
                ("kind", nature.name().to_owned()),
                ("place", words(place)),
                matter(content),
                ("name", name.map_or_else(|| "要求保密".to_owned(), words)),
                ("due", day(due)),
            ],
            Self::DailyDigest(digest) => digest.fill(),
            Self::UnitHelp { case, unit, nature, place, content, due } => vec![
                number(case),
                ("unit", words(unit)),
                ("kind", nature.name().to_owned()),
                ("place", words(place)),
                matter(content),
                ("due", day(due)),
            ],
            Self::UnitRead { case, unit, nature, place, content } => vec![
                number(case),
                ("unit", words(unit)),
                ("kind", nature.name().to_owned()),
                ("place", words(place)),
                matter(content),
            ],
        }
    }
}

impl MailDigest<'_> {
    fn fill(self) -> Vec<Filled> {
        let on_time = self.on_time_permille.map_or_else(
            || "—".to_owned(),
            |permille| format!("{}.{}%", permille / 10, permille % 10),
        );
        let topics =
            if self.topics.is_empty() { "无".to_owned() } else { words(&joined(self.topics)) };
        vec![
            ("date", day(self.day)),
            ("received", self.received.to_string()),
            ("calls", self.calls.to_string()),
            ("texts_in", self.texts.to_string()),
            ("mails", self.mails.to_string()),
            ("radio", self.radio.to_string()),
            ("assigned", self.assigned.to_string()),
            ("answered", self.answered.to_string()),
            ("on_time", on_time),
            ("overdue", self.overdue.to_string()),
            ("callbacks", self.callbacks.to_string()),
            ("dissatisfied", self.dissatisfied.to_string()),
            ("topics", topics),
        ]
    }
}

fn number(case: CaseNumber) -> Filled {
    ("case", case.to_string())
}

/// What an order is about, without the stop that our sentence has itself.
fn matter(content: &str) -> Filled {
    ("content", lines(content).trim_end_matches(['。', '；', '.', ';']).to_owned())
}

/// 2026年11月27日.
fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// 2026年11月22日20:13.
fn minute(at: DateTime) -> String {
    format!("{}{:02}:{:02}", day(at.date()), at.hour(), at.minute())
}

/// Words of others within our sentence: on one line, without the stop that our sentence has itself.
fn words(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let shown = cut(&line.join(" "), MAIL_WORDS_CHARS_MAX);
    shown.trim_matches(|c: char| c.is_whitespace() || "。；，、;,".contains(c)).to_owned()
}

fn joined(all: &[&str]) -> String {
    let each: Vec<String> = all.iter().map(|one| words(one)).collect();
    each.join("、")
}

/// Words of others on lines of their own.
fn lines(text: &str) -> String {
    let kept: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    cut(&kept.join("\n"), MAIL_RESULT_CHARS_MAX)
}

/// Without what does not show, and of so many characters at most.
fn cut(text: &str, chars_max: usize) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
    };
    let shown: String = text.chars().filter(|c| !hidden(*c)).collect();
    if shown.chars().count() <= chars_max {
        return shown;
    }
    let kept: String = shown.chars().take(chars_max.saturating_sub(REST.chars().count())).collect();
    kept + REST
}

impl fmt::Debug for MailText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailText({})", self.id().template().code)
    }
}
