//! Header text: bytes of any charset, and encoded words (RFC 2047) as people's programs write them.
//!
//! RFC 2047 §5 says that a word holds whole characters. Many Chinese programs cut a subject into words by
//! bytes, so the bytes of neighbours with the same charset are joined before they are decoded.

use super::charset::{Decoded, decode, unlabelled};
use super::transfer::{base64_word, quoted_printable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One encoded word, taken apart.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

/// A run of plain text or of encoded words.
enum Run {
    Plain(String),
    Coded(Decoded),
}

/// The text of an unfolded header value.
pub(super) fn text(value: &[u8]) -> Decoded {
    let (runs, mut suspect) = runs(value);
    let mut text = String::new();
    for run in runs {
        match run {
            Run::Plain(plain) => text.push_str(&plain),
            Run::Coded(decoded) => {
                suspect |= decoded.suspect;
                text.push_str(&decoded.text);
            }
        }
    }
    Decoded { text, suspect }
}

/// The same value with every run of words written as one word in UTF-8, so that marks within a decoded name
/// are none of the grammar around it.
pub(super) fn recoded(value: &[u8]) -> Decoded {
    let (runs, mut suspect) = runs(value);
    let mut text = String::new();
    for run in runs {
        match run {
            Run::Plain(plain) => text.push_str(&plain),
            Run::Coded(decoded) => {
                suspect |= decoded.suspect;
                let name: String = decoded.text.chars().filter(|c| !c.is_control()).collect();
                text.push_str(&format!("=?UTF-8?B?{}?=", STANDARD.encode(name)));
            }
        }
    }
    Decoded { text, suspect }
}

fn runs(value: &[u8]) -> (Vec<Run>, bool) {
    let Decoded { text, suspect } = unlabelled(value);
    let mut runs = Vec::new();
    let mut pending: Vec<Word<'_>> = Vec::new();
    let mut rest = text.as_str();
    while let Some((between, word, behind)) = next_word(rest) {
        // RFC 2047 §6.2: white space between two words is not shown.
        if pending.is_empty() || !between.trim_ascii().is_empty() {
            runs.extend(coded(std::mem::take(&mut pending)).map(Run::Coded));
            if !between.is_empty() {
                runs.push(Run::Plain(between.to_owned()));
            }
        }
        pending.push(word);
        rest = behind;
    }
    runs.extend(coded(pending).map(Run::Coded));
    if !rest.is_empty() {
        runs.push(Run::Plain(rest.to_owned()));
    }
    (runs, suspect)
}

/// Neighbours of one charset as one text.
fn coded(words: Vec<Word<'_>>) -> Option<Decoded> {
    let mut all: Option<Decoded> = None;
    let mut group: Option<Word<'_>> = None;
    let close = |group: Option<Word<'_>>, all: &mut Option<Decoded>| {
        let Some(Word { charset, bytes }) = group else { return };
        let next = decode(&bytes, Some(charset));
        let sum = all.get_or_insert_with(Decoded::default);
        sum.text.push_str(&next.text);
        sum.suspect |= next.suspect;
    };
    for word in words {
        match &mut group {
            Some(open) if open.charset.eq_ignore_ascii_case(word.charset) => {
                open.bytes.extend(word.bytes)
            }
            _ => close(group.replace(word), &mut all),
        }
    }
    close(group, &mut all);
    all
}

/// The next word, between what stands before it and behind it.
fn next_word(text: &str) -> Option<(&str, Word<'_>, &str)> {
    text.match_indices("=?").find_map(|(at, _)| {
        let (before, marked) = text.split_at_checked(at)?;
        let (word, behind) = word(marked.strip_prefix("=?")?)?;
        Some((before, word, behind))
    })
}

/// The word whose `=?` stands before the text, and what follows it. Blanks inside are tolerated: they are
/// sent.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let (charset, rest) = text.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let is_base64 = match encoding {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    let is_label = !charset.is_empty()
        && charset.len() <= LABEL_BYTES_MAX
        && charset.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"(),".contains(&byte));
    if !is_label {
        return None;
    }
    // A quoted word may hold `?` against the rule; its end is `?=`.
    let window = rest.as_bytes().get(..WORD_BYTES_MAX).unwrap_or(rest.as_bytes());
    let (data, behind) = rest.split_at_checked(memchr::memmem::find(window, b"?=")?)?;
    let behind = behind.strip_prefix("?=")?;
    let bytes = if is_base64 {
        base64_word(data.as_bytes())
    } else {
        quoted_printable(data.as_bytes(), true)
    };
    // RFC 2231 §5: a language may stand behind the charset.
    let charset = charset.split('*').next().unwrap_or(charset);
    Some((Word { charset, bytes }, behind))
}

/// Longest name of a charset that is looked at.
const LABEL_BYTES_MAX: usize = 45;
/// Longest encoded word that is read; RFC 2047 §2 allows 75 bytes, some programs put a whole subject into
/// one.
const WORD_BYTES_MAX: usize = 8_192;
