//! How texts are cut so that any two characters of them can be found.
//!
//! Chinese has no spaces, and a dictionary cuts the same words differently in different sentences,
//! so texts are indexed by their overlapping pairs of characters: 路灯不亮 is 路灯, 灯不, 不亮 and a
//! last 亮. A run is cut at everything that is neither letter, digit nor ideograph; between
//! ideographs and digits it is not, so that 第12村 is found. Pure text: what a person types never
//! becomes syntax of an index.

/// Longest question, in characters; more is cut off.
pub const QUESTION_CHARS_MAX: usize = 100;

/// Words of a question that count; all of them must be in a text.
pub const WORDS_MAX: usize = 8;

/// From a full-width form (１, Ａ) to the ASCII character that it is a wide form of.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// The pairs of a text, separated by spaces, as they are indexed.
///
/// ```
/// use mayorline::domain::search::pairs;
/// assert_eq!(pairs("第12村，停水"), "第1 12 2村 村 停水 水");
/// ```
#[must_use]
pub fn pairs(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for run in runs(text) {
        for pair in pairs_of(&run) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&pair);
        }
    }
    out
}

/// What is looked for: words that must all be in a text, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    words: Vec<String>,
}

impl Question {
    /// Reads what somebody typed. `None` when there is no letter, digit or ideograph in it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let typed: String = typed.chars().take(QUESTION_CHARS_MAX).collect();
        let words: Vec<String> = runs(&typed).take(WORDS_MAX).collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// Every word of a text, for asking whether it was indexed.
    #[must_use]
    pub fn whole(text: &str) -> Self {
        Self { words: runs(text).collect() }
    }

    /// The words, as they are compared: lower case, half width.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The question in the language of SQLite's FTS5 over [`pairs`]: a phrase for each word, joined
    /// by AND; a single character is the beginning of a pair. Words hold no quotation mark.
    ///
    /// ```
    /// use mayorline::domain::search::Question;
    /// let question = Question::parse("路灯不亮 水").unwrap();
    /// assert_eq!(question.expression(), "\"路灯 灯不 不亮\" AND \"水\"*");
    /// ```
    #[must_use]
    pub fn expression(&self) -> String {
        self.expression_of(str::to_owned, str::to_owned)
    }

    /// The same over an index that holds `token(pair)` in place of each pair, where the tokens of all
    /// pairs with one first character begin with `prefix(character)`.
    #[must_use]
    pub fn expression_of(
        &self,
        token: impl Fn(&str) -> String,
        prefix: impl Fn(&str) -> String,
    ) -> String {
        let phrases = self.words.iter().map(|word| {
            let pairs = pairs_of(word);
            match pairs.as_slice() {
                [only] => format!("\"{}\"*", prefix(only)),
                // The last character alone stands at the end of a run only.
                [found @ .., _] => {
                    let tokens: Vec<_> = found.iter().map(|pair| token(pair)).collect();
                    format!("\"{}\"", tokens.join(" "))
                }
                [] => String::new(),
            }
        });
        phrases.collect::<Vec<_>>().join(" AND ")
    }
}

/// The runs of letters, digits and ideographs.
fn runs(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !narrow(c).is_alphanumeric())
        .filter(|run| !run.is_empty())
        .map(|run| run.chars().map(narrow).flat_map(char::to_lowercase).collect())
}

/// Half width in place of full width.
pub(in crate::domain) fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - FULL_WIDTH_OFFSET).unwrap_or(c),
        _ => c,
    }
}

/// The overlapping pairs of all runs, without the characters that stand alone.
pub(in crate::domain) fn whole_pairs(text: &str) -> Vec<[char; 2]> {
    let mut found = vec![];
    for run in runs(text) {
        let chars: Vec<char> = run.chars().collect();
        found.extend(chars.windows(2).filter_map(|two| two.first_chunk::<2>().copied()));
    }
    found
}

/// The overlapping pairs of a run and its last character.
fn pairs_of(run: &str) -> Vec<String> {
    let chars: Vec<char> = run.chars().collect();
    (0..chars.len()).map(|at| chars[at..chars.len().min(at + 2)].iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn width_and_case_make_no_difference() {
        assert_eq!(pairs("ＡＢ１"), pairs("ab1"));
        assert_eq!(Question::parse("ＡＢ１").unwrap(), Question::parse("Ab1").unwrap());
    }

    #[test]
    fn nothing_typed_is_no_question() {
        for typed in ["", "  ", "\"", "* -", "，。！"] {
            assert_eq!(Question::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn words_of_the_index_are_words_like_others() {
        let question = Question::parse("停水 OR NEAR(1) -a* col:b \"c").unwrap();
        assert_eq!(question.words(), ["停水", "or", "near", "1", "a", "col", "b", "c"]);
        let expression = question.expression();
        assert_eq!(expression.matches('"').count(), 2 * question.words().len());
    }

    #[test]
    fn a_question_is_bounded() {
        let long = Question::parse(&"停水 ".repeat(500)).unwrap();
        assert_eq!(long.words().len(), WORDS_MAX);
        let word = Question::parse(&"水".repeat(500)).unwrap();
        assert_eq!(word.words()[0].chars().count(), QUESTION_CHARS_MAX);
    }

    proptest! {
        #[test]
        fn whole_pairs_are_those_of_the_index_that_have_two_characters(text in "\\PC{0,60}") {
            let indexed = pairs(&text);
            let indexed = indexed.split(' ').filter(|pair| pair.chars().count() == 2);
            let whole = whole_pairs(&text).into_iter().map(String::from_iter);
            prop_assert!(whole.eq(indexed.map(str::to_owned)));
        }

        #[test]
        fn an_expression_has_nothing_but_phrases(typed in "\\PC{0,60}") {
            if let Some(question) = Question::parse(&typed) {
                let expression = question.expression();
                let outside: String = expression
                    .split('"')
                    .step_by(2)
                    .collect();
                let left = outside.replace(" AND ", "").replace('*', "");
                prop_assert!(left.is_empty(), "{expression}");
            }
        }
    }
}
