//! The texts with what fills them.

use super::words::{REST, RESULT_REST, fitted};
use super::{
    KIND_UNITS_MAX, Param, REASON_UNITS_MAX, RESULT_UNITS_MAX, SUMMARY_UNITS_MAX, Template,
    TemplateId, UNIT_UNITS_MAX, WHOM_UNITS_MAX,
};
use crate::domain::case::Nature;
use crate::units::{CaseNumber, InvalidUnit, PhoneNumber, QueryCode};
use jiff::civil::{Date, Time, Weekday};
use std::fmt;

/// A code to sign in with, once: six digits. Secret: `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OneTimeCode(u32);

impl OneTimeCode {
    /// Digits of a code.
    pub const LEN: usize = 6;

    /// The code for a number below a million.
    #[must_use]
    pub fn new(value: u32) -> Option<Self> {
        (value < 1_000_000).then_some(Self(value))
    }

    /// Reads exactly six ASCII digits.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        const REFUSED: InvalidUnit = InvalidUnit("one-time code");
        if text.len() != Self::LEN || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(REFUSED);
        }
        text.parse().map(Self).map_err(|_| REFUSED)
    }

    /// The digits in clear: to be told to their owner, never to a log.
    #[must_use]
    pub fn reveal(self) -> String {
        format!("{:06}", self.0)
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

/// What a leader is told of a day (S22), in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "counts, named as in the text")]
pub struct DayDigest {
    pub day: Date,
    pub received: u32,
    pub calls: u32,
    pub texts: u32,
    pub mails: u32,
    pub assigned: u32,
    pub answered: u32,
    pub overdue: u32,
    pub dissatisfied: u32,
    /// Texts to the leader that wait to be read.
    pub own: u32,
}

/// A text of the table with its values. `Debug` says which, not what: most of it is a citizen's.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the values are named as the placeholders of the table")]
pub enum ShortText<'a> {
    Ack { case: CaseNumber, code: QueryCode, days: u8, due: Date },
    AckShort { case: CaseNumber, code: QueryCode },
    AskMore { case: CaseNumber },
    Assigned { case: CaseNumber, unit: &'a str, due: Date },
    Extended { case: CaseNumber, due: Date, reason: &'a str },
    Reply { case: CaseNumber, result: &'a str, unit: &'a str, phone: &'a PhoneNumber },
    Survey { case: CaseNumber },
    SurveyThanks,
    UnsatisfiedRedo { case: CaseNumber, due: Date },
    Status { case: CaseNumber, state: &'a str, unit: &'a str, due: Date },
    StatusNeutral { case: CaseNumber },
    BadQuery,
    RejectLegal { case: CaseNumber, channel: &'a str },
    Emergency,
    Merged { case: CaseNumber },
    Missed { minutes: u16 },
    ListeningDay { date: Date, from: Time, to: Time, leaders: &'a str },
    EvaluationNotice,
    UnitAssign { case: CaseNumber, nature: Nature, summary: &'a str, days: u8, due: Date, hour: i8 },
    UnitWarn { case: CaseNumber, days: u16, whom: &'a str },
    UnitOverdue { case: CaseNumber, days: u16, whom: &'a str },
    LeaderDigest(DayDigest),
    OneTimeCode { code: OneTimeCode, minutes: u8 },
    StatusBare { case: CaseNumber, state: &'a str },
    ReplyBare { case: CaseNumber, result: &'a str, unit: &'a str },
    Help,
    Stopped,
    WithdrawAsked { case: CaseNumber },
    UnitRemind { case: CaseNumber, whom: &'a str },
    UnitHelp { case: CaseNumber, nature: Nature, summary: &'a str, due: Date, hour: i8 },
    UnitRead { case: CaseNumber, nature: Nature, summary: &'a str },
}

impl ShortText<'_> {
    /// Its row of the table.
    #[must_use]
    pub fn template(&self) -> &'static Template {
        self.id().template()
    }

    /// Its name in the table.
    #[must_use]
    pub fn id(&self) -> TemplateId {
        match self {
            Self::Ack { .. } => TemplateId::Ack,
            Self::AckShort { .. } => TemplateId::AckShort,
            Self::AskMore { .. } => TemplateId::AskMore,
            Self::Assigned { .. } => TemplateId::Assigned,
            Self::Extended { .. } => TemplateId::Extended,
            Self::Reply { .. } => TemplateId::Reply,
            Self::Survey { .. } => TemplateId::Survey,
            Self::SurveyThanks => TemplateId::SurveyThanks,
            Self::UnsatisfiedRedo { .. } => TemplateId::UnsatisfiedRedo,
            Self::Status { .. } => TemplateId::Status,
            Self::StatusNeutral { .. } => TemplateId::StatusNeutral,
            Self::BadQuery => TemplateId::BadQuery,
            Self::RejectLegal { .. } => TemplateId::RejectLegal,
            Self::Emergency => TemplateId::Emergency,
            Self::Merged { .. } => TemplateId::Merged,
            Self::Missed { .. } => TemplateId::Missed,
            Self::ListeningDay { .. } => TemplateId::ListeningDay,
            Self::EvaluationNotice => TemplateId::EvaluationNotice,
            Self::UnitAssign { .. } => TemplateId::UnitAssign,
            Self::UnitWarn { .. } => TemplateId::UnitWarn,
            Self::UnitOverdue { .. } => TemplateId::UnitOverdue,
            Self::LeaderDigest(_) => TemplateId::LeaderDigest,
            Self::OneTimeCode { .. } => TemplateId::OneTimeCode,
            Self::StatusBare { .. } => TemplateId::StatusBare,
            Self::ReplyBare { .. } => TemplateId::ReplyBare,
            Self::Help => TemplateId::Help,
            Self::Stopped => TemplateId::Stopped,
            Self::WithdrawAsked { .. } => TemplateId::WithdrawAsked,
            Self::UnitRemind { .. } => TemplateId::UnitRemind,
            Self::UnitHelp { .. } => TemplateId::UnitHelp,
            Self::UnitRead { .. } => TemplateId::UnitRead,
        }
    }

    /// What fills the placeholders, in the order of the text.
    pub(super) fn params(&self) -> Vec<Param> {
        match *self {
            Self::SurveyThanks
            | Self::BadQuery
            | Self::Emergency
            | Self::EvaluationNotice
            | Self::Help
            | Self::Stopped => vec![],
            Self::AskMore { case }
            | Self::Survey { case }
            | Self::StatusNeutral { case }
            | Self::Merged { case }
            | Self::WithdrawAsked { case } => vec![number(case)],
            Self::UnitRemind { case, whom } => vec![number(case), answering(whom)],
            Self::StatusBare { case, state } => {
                vec![number(case), words("state", state, REASON_UNITS_MAX)]
            }
            Self::ReplyBare { case, result, unit } => {
                let result = fitted(result, RESULT_UNITS_MAX, RESULT_REST);
                vec![number(case), Param { name: "result", value: result }, named(unit)]
            }
            Self::Ack { case, code, days, due } => {
                vec![number(case), query(code), plain("days", days), day("due", due)]
            }
            Self::AckShort { case, code } => vec![number(case), query(code)],
            Self::Assigned { case, unit, due } => vec![number(case), named(unit), day("due", due)],
            Self::Extended { case, due, reason } => {
                vec![number(case), day("due", due), words("reason", reason, REASON_UNITS_MAX)]
            }
            Self::Reply { case, result, unit, phone } => {
                let result = fitted(result, RESULT_UNITS_MAX, RESULT_REST);
                let result = Param { name: "result", value: result };
                vec![number(case), result, named(unit), plain("phone", phone.as_str())]
            }
            Self::UnsatisfiedRedo { case, due } => vec![number(case), day("due", due)],
            Self::Status { case, state, unit, due } => {
                let state = words("state", state, KIND_UNITS_MAX);
                vec![number(case), state, named(unit), day("due", due)]
            }
            Self::RejectLegal { case, channel } => {
                vec![number(case), words("channel", channel, REASON_UNITS_MAX)]
            }
            Self::Missed { minutes } => vec![plain("minutes", minutes)],
            Self::ListeningDay { date, from, to, leaders } => vec![
                day("date", date),
                plain("weekday", weekday(date)),
                clock("from", from),
                clock("to", to),
                words("leaders", leaders, UNIT_UNITS_MAX),
            ],
            Self::UnitAssign { case, nature, summary, days, due, hour } => {
                let last = [plain("days", days), day("due", due), plain("hour", hour)];
                order(case, nature, summary).chain(last).collect()
            }
            Self::UnitHelp { case, nature, summary, due, hour } => {
                let last = [day("due", due), plain("hour", hour)];
                order(case, nature, summary).chain(last).collect()
            }
            Self::UnitRead { case, nature, summary } => order(case, nature, summary).collect(),
            Self::UnitWarn { case, days, whom } | Self::UnitOverdue { case, days, whom } => {
                vec![number(case), plain("days", days), answering(whom)]
            }
            Self::LeaderDigest(digest) => digest.params(),
            Self::OneTimeCode { code, minutes } => {
                vec![plain("otp", code.reveal()), plain("minutes", minutes)]
            }
        }
    }
}

/// What every word to a unit of a case begins with.
fn order(case: CaseNumber, nature: Nature, summary: &str) -> impl Iterator<Item = Param> {
    let kind = plain("kind", nature.name());
    [number(case), kind, words("summary", summary, SUMMARY_UNITS_MAX)].into_iter()
}

impl DayDigest {
    fn params(self) -> Vec<Param> {
        vec![
            day("date", self.day),
            plain("received", self.received),
            plain("calls", self.calls),
            plain("texts", self.texts),
            plain("mails", self.mails),
            plain("assigned", self.assigned),
            plain("answered", self.answered),
            plain("overdue", self.overdue),
            plain("dissatisfied", self.dissatisfied),
            plain("own", self.own),
        ]
    }
}

fn plain(name: &'static str, value: impl fmt::Display) -> Param {
    Param { name, value: value.to_string() }
}

fn number(case: CaseNumber) -> Param {
    plain("case", case)
}

fn query(code: QueryCode) -> Param {
    plain("code", code.reveal())
}

fn named(unit: &str) -> Param {
    words("unit", unit, UNIT_UNITS_MAX)
}

/// Who answers for it in its unit.
fn answering(whom: &str) -> Param {
    words("whom", whom, WHOM_UNITS_MAX)
}

fn words(name: &'static str, value: &str, units_max: usize) -> Param {
    Param { name, value: fitted(value, units_max, REST) }
}

/// 11月27日.
fn day(name: &'static str, date: Date) -> Param {
    plain(name, format_args!("{}月{}日", date.month(), date.day()))
}

/// 9:00.
fn clock(name: &'static str, time: Time) -> Param {
    plain(name, format_args!("{}:{:02}", time.hour(), time.minute()))
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "周一",
        Weekday::Tuesday => "周二",
        Weekday::Wednesday => "周三",
        Weekday::Thursday => "周四",
        Weekday::Friday => "周五",
        Weekday::Saturday => "周六",
        Weekday::Sunday => "周日",
    }
}

impl fmt::Debug for ShortText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShortText({})", self.id().code())
    }
}
