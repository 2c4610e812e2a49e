//! What the call says, by the ids of the script: the one place where rules turn into speech.

use crate::domain::speech::{self, Plan, PromptId, Rendered};
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::civil::{Date, Time};

/// A value that is spoken inside a sentence; the script says how.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A count.
    Count(u32),
    /// Digit by digit.
    Digits(String),
    /// A case number.
    Case(CaseNumber),
    /// A query code, for the citizen's ear only.
    Code(QueryCode),
    /// A telephone number.
    Phone(PhoneNumber),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A word by its piece id, such as `unit.07`.
    Word(String),
    /// Digits that a speech engine said.
    Rendered(Rendered),
}

impl Value {
    fn spoken(&self) -> speech::Value<'_> {
        match self {
            Self::Count(n) => speech::Value::Number(i64::from(*n)),
            Self::Digits(digits) => speech::Value::Digits(digits),
            Self::Case(number) => speech::Value::Case(*number),
            Self::Code(code) => speech::Value::Code(*code),
            Self::Phone(number) => speech::Value::Phone(number),
            Self::Date(date) => speech::Value::Date(*date),
            Self::Time(at) => speech::Value::Time(*at),
            Self::Word(id) => speech::Value::Word(id),
            Self::Rendered(sentence) => speech::Value::Rendered(sentence),
        }
    }
}

/// One sentence of the script with its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sentence {
    /// Words.
    Script(PromptId, Vec<(&'static str, Value)>),
    /// The tone before a recording.
    Tone,
    /// What a speech engine said.
    Rendered(Vec<Rendered>),
}

/// A sentence without values.
pub(super) fn sentence(id: PromptId) -> Sentence {
    Sentence::Script(id, Vec::new())
}

/// A sentence with one value.
pub(super) fn with(id: PromptId, name: &'static str, value: Value) -> Sentence {
    Sentence::Script(id, vec![(name, value)])
}

/// The sentences as one plan.
pub(super) fn say(sentences: &[Sentence]) -> Plan {
    sentences.iter().fold(Plan::default(), |plan, sentence| match sentence {
        Sentence::Script(id, values) => {
            let values: Vec<_> = values.iter().map(|(name, v)| (*name, v.spoken())).collect();
            plan.then(speech::plan(*id, &values))
        }
        Sentence::Tone => plan.then_tone(),
        Sentence::Rendered(sentences) => plan.then(Plan::of_engine(sentences)),
    })
}
