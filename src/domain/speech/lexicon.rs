//! The recorded pieces that variable parts are made of, and how hanzi are covered with them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The words of `pieces.toml`, which is compiled in.
const SOURCE: &str = include_str!("../../../prompts/zh-CN/pieces.toml");

/// What the ids of recorded digits begin with.
pub(super) const DIGIT_PREFIX: &str = "d.";

/// Longest piece that is looked for, in characters (晚上十一点, 二零三五年).
const PIECE_CHARS_MAX: usize = 8;

/// Where in the sentence a run of digits stands; its last piece is recorded for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tune {
    /// More follows.
    Mid,
    /// The sentence ends here.
    Final,
}

/// Silence in a run of digits, in milliseconds.
#[derive(serde::Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Pauses {
    piece: u16,
    group: u16,
    piece_again: u16,
    group_again: u16,
}

/// Which time a sentence says a number: whoever writes it down gets more time at the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saying {
    /// The first time.
    First,
    /// Once more.
    Again,
}

/// The file as written.
#[derive(serde::Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Tables {
    pause: Pauses,
    digit: BTreeMap<String, String>,
    number: BTreeMap<String, String>,
    word: BTreeMap<String, String>,
}

/// A digit piece, recorded inside and at the end of a run.
struct DigitPiece {
    mid: Arc<str>,
    last: Arc<str>,
}

/// The pieces by what they say.
pub struct Lexicon {
    pauses: Pauses,
    digits: BTreeMap<String, DigitPiece>,
    numbers: BTreeMap<String, Arc<str>>,
    words: BTreeMap<Arc<str>, String>,
}

static BUILTIN: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(SOURCE).unwrap_or_default());

impl Default for Lexicon {
    fn default() -> Self {
        Self::from(Tables::default())
    }
}

impl From<Tables> for Lexicon {
    fn from(tables: Tables) -> Self {
        let digits = tables.digit.into_iter().map(|(id, text)| {
            let piece =
                DigitPiece { mid: format!("{id}.m").into(), last: format!("{id}.f").into() };
            (text, piece)
        });
        Self {
            pauses: tables.pause,
            digits: digits.collect(),
            numbers: tables.number.into_iter().map(|(id, text)| (text, id.into())).collect(),
            words: tables.word.into_iter().map(|(id, text)| (id.into(), text)).collect(),
        }
    }
}

impl Lexicon {
    /// The pieces that are compiled in.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads a `pieces.toml`. The error names line and column.
    pub fn read(source: &str) -> Result<Self, toml::de::Error> {
        toml::from_str::<Tables>(source).map(Self::from)
    }

    /// Silence between two pieces of a group of digits.
    #[must_use]
    pub fn piece_pause(&self, saying: Saying) -> Duration {
        let ms = match saying {
            Saying::First => self.pauses.piece,
            Saying::Again => self.pauses.piece_again,
        };
        Duration::from_millis(ms.into())
    }

    /// Silence between two groups of digits.
    #[must_use]
    pub fn group_pause(&self, saying: Saying) -> Duration {
        let ms = match saying {
            Saying::First => self.pauses.group,
            Saying::Again => self.pauses.group_again,
        };
        Duration::from_millis(ms.into())
    }

    /// Covers spoken digits (幺九九) with pairs and single digits; `tune` is that of the last.
    /// Characters without a piece are left out.
    #[must_use]
    pub fn digits(&self, spoken: &str, tune: Tune) -> Vec<Arc<str>> {
        let found = cover(spoken, |part| self.digits.get(part));
        let last = found.len().saturating_sub(1);
        let id = |(at, piece): (usize, &DigitPiece)| match tune {
            Tune::Final if at == last => Arc::clone(&piece.last),
            _ => Arc::clone(&piece.mid),
        };
        found.into_iter().enumerate().map(id).collect()
    }

    /// Covers a spoken number, date or time with as few pieces as can be. Characters without a piece
    /// are left out.
    #[must_use]
    pub fn number(&self, spoken: &str) -> Vec<Arc<str>> {
        cover(spoken, |part| self.numbers.get(part).cloned())
    }

    /// A word by its id (`unit.07`, `nature.help`), as recorded; `None` when there is none.
    #[must_use]
    pub fn word(&self, id: &str) -> Option<&Arc<str>> {
        self.words.get_key_value(id).map(|(id, _)| id)
    }

    /// What a word says.
    #[must_use]
    pub fn word_text(&self, id: &str) -> Option<&str> {
        self.words.get(id).map(|text| &**text)
    }

    /// Every clip id of the pieces with its text.
    pub fn clips(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        let digits = self
            .digits
            .iter()
            .flat_map(|(text, piece)| [(&piece.mid, text.as_str()), (&piece.last, text.as_str())]);
        let numbers = self.numbers.iter().map(|(text, id)| (id, text.as_str()));
        let words = self.words.iter().map(|(id, text)| (id, text.as_str()));
        digits.chain(numbers).chain(words)
    }
}

/// The fewest parts that `find` knows and that make up the text; among equals the first is the
/// longest. A character that no part covers is passed over at the price of many parts.
fn cover<'a, T>(spoken: &'a str, find: impl Fn(&'a str) -> Option<T>) -> Vec<T> {
    const PASSED_OVER: usize = 1_000;
    let ends: Vec<usize> = spoken.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let starts: Vec<usize> = spoken.char_indices().map(|(at, _)| at).collect();
    // From the back: the price of the rest after each character, and the part it begins with.
    let mut best: Vec<(usize, usize, Option<T>)> = vec![(0, 0, None)];
    for (at, &start) in starts.iter().enumerate().rev() {
        let price_after = |len: usize| best.get(best.len() - len).map_or(0, |(price, ..)| *price);
        let mut choice = (price_after(1) + PASSED_OVER, 1, None);
        let longest = PIECE_CHARS_MAX.min(ends.len() - at);
        for len in (1..=longest).rev() {
            let part = ends.get(at + len - 1).and_then(|&end| spoken.get(start..end));
            if let Some(found) = part.and_then(&find)
                && price_after(len) + 1 < choice.0
            {
                choice = (price_after(len) + 1, len, Some(found));
            }
        }
        best.push(choice);
    }
    let mut parts = Vec::new();
    let mut skip = 0;
    for (_, len, found) in best.into_iter().rev() {
        if skip == 0 {
            parts.extend(found);
            skip = len;
        }
        skip = skip.saturating_sub(1);
    }
    parts
}
