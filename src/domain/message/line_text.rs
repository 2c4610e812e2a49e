//! A text that came over the telephone line itself (SIP MESSAGE), as the journal has it.

use std::fmt;

/// The account of such texts: it needs no keys, and sends nothing.
pub const SIP_ACCOUNT: &str = "sip";

/// The account of those whose sender nobody vouches for: any number can be written into a request.
pub const SIP_UNVOUCHED_ACCOUNT: &str = "sip-unvouched";

/// How the journal is told that one is read.
pub const FORM_SIP: &str = "sip";

/// Such a text. `Debug` says how much there is, never what nor of whom.
#[derive(Clone, PartialEq, Eq)]
pub struct LineText {
    /// Who sent it, as the line shows him; empty where it does not.
    pub from: String,
    /// What it says.
    pub words: String,
}

impl LineText {
    /// The sender on a line of his own, then the words.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let from: String = self.from.chars().filter(|c| !c.is_control()).collect();
        format!("{from}\n{}", self.words).into_bytes()
    }

    /// Reads what [`Self::write`] gave.
    #[must_use]
    pub fn parse(raw: &[u8]) -> Option<Self> {
        let (from, words) = std::str::from_utf8(raw).ok()?.split_once('\n')?;
        Some(Self { from: from.to_owned(), words: words.to_owned() })
    }
}

impl fmt::Debug for LineText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineText({} bytes)", self.words.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same_and_a_sender_makes_no_words() {
        for (from, words) in [("19900000017", "路灯不亮\n看不见路"), ("", "")] {
            let text = LineText { from: from.to_owned(), words: words.to_owned() };
            assert_eq!(LineText::parse(&text.write()), Some(text));
        }
        let sly = LineText { from: "1\n2".to_owned(), words: "3".to_owned() };
        assert_eq!(LineText::parse(&sly.write()).unwrap().from, "12");
        assert_eq!(LineText::parse(b"19900000017"), None);
    }
}
