//! The short texts to citizens, units and leaders (domain.md 4.3, S01 to S31): one table, filled from typed
//! values.
//!
//! A carrier is given the text. A provider that wants approved templates is given the id and the values in
//! the order of the text. A value that is too long is cut, and says so; a text takes [`PARTS_MAX`] messages
//! at most.

mod signature;
mod table;
mod values;
mod words;

#[cfg(test)]
mod tests;

pub use signature::{SIGNATURE_CHARS_MAX, Signature};
pub use table::{Head, TEMPLATES, Template, TemplateId};
pub use values::{DayDigest, OneTimeCode, ShortText};
pub use words::{
    KIND_UNITS_MAX, PARTS_MAX, REASON_UNITS_MAX, RESULT_UNITS_MAX, SUMMARY_UNITS_MAX,
    UNIT_UNITS_MAX, WHOM_UNITS_MAX, is_whole_result, parts, units,
};

use std::fmt;
use table::Piece;

/// A value of a template, under the name of its placeholder. `Debug` shows the name alone: a value may be a
/// code, or a citizen's.
#[derive(Clone, PartialEq, Eq)]
pub struct Param {
    /// As it stands in the table, without brackets.
    pub name: &'static str,
    /// As it stands in the text.
    pub value: String,
}

/// A text that is ready to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// Of the table.
    pub template: TemplateId,
    /// The whole of it, with its head.
    pub text: String,
    /// What the placeholders were filled with, in the order of the text.
    pub params: Vec<Param>,
}

impl ShortText<'_> {
    /// The text in words.
    ///
    /// ```
    /// use mayorline::domain::message::templates::{ShortText, Signature};
    /// let thanks = ShortText::SurveyThanks.write(&Signature::default());
    /// assert_eq!(thanks.text, "【邹城社情民意】已收到您的评价，谢谢。");
    /// assert_eq!((thanks.units(), thanks.parts()), (19, 1));
    /// ```
    #[must_use]
    pub fn write(&self, signature: &Signature) -> Written {
        let template = self.template();
        let params = self.params();
        let mut text = match template.head {
            Head::Signature => signature.bracketed(),
            Head::Own(head) => format!("【{head}】"),
        };
        for piece in table::pieces(template.text) {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Placeholder(name) => {
                    let value = params.iter().find(|param| param.name == name);
                    text.push_str(value.map_or("", |param| &param.value));
                }
            }
        }
        Written { template: template.id, text, params }
    }
}

impl Written {
    /// UTF-16 units.
    #[must_use]
    pub fn units(&self) -> usize {
        units(&self.text)
    }

    /// Messages that it takes.
    #[must_use]
    pub fn parts(&self) -> usize {
        parts(&self.text)
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Written({}, {} units)", self.template.code(), self.units())
    }
}
