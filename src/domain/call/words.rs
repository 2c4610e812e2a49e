//! What the call says, by the ids of the script: the one place where rules turn into speech.

use crate::domain::speech::{Piece, Plan};
use crate::units::{CaseNumber, PhoneNumber, QueryCode};
use jiff::civil::Date;

/// A value that is spoken inside a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Digit by digit.
    Digits(String),
    /// A cardinal or a count.
    Count(u32),
    /// Year, month and day.
    Date(Date),
    /// A day of the week.
    Weekday(Date),
    /// A name of the script's lists: unit, nature, reason, channel.
    Name(String),
}

/// One sentence of the script with its values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sentence {
    /// Words.
    Script(&'static str, Vec<(&'static str, Value)>),
    /// The tone before a recording.
    Tone,
}

/// A sentence without values.
pub(super) fn sentence(id: &'static str) -> Sentence {
    Sentence::Script(id, Vec::new())
}

/// A sentence with one value.
pub(super) fn with(id: &'static str, name: &'static str, value: Value) -> Sentence {
    Sentence::Script(id, vec![(name, value)])
}

/// A case number, spoken digit by digit.
pub(super) fn case_no(number: CaseNumber) -> Value {
    Value::Digits(number.to_string())
}

/// A query code, spoken digit by digit.
pub(super) fn pin(code: QueryCode) -> Value {
    Value::Digits(code.reveal())
}

/// A telephone number, spoken digit by digit.
pub(super) fn phone(number: &PhoneNumber) -> Value {
    Value::Digits(number.as_str().to_owned())
}

/// The sentences as one plan.
pub(super) fn say(sentences: &[Sentence]) -> Plan {
    let mut plan = Plan::default();
    for sentence in sentences {
        match sentence {
            Sentence::Script(id, _) => {
                plan.pieces.push(Piece::Clip((*id).into()));
                plan.ids.push(id);
            }
            Sentence::Tone => plan.pieces.push(Piece::Tone),
        }
    }
    plan
}
