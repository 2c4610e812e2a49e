//! `Content-Type` and `Content-Disposition`: a value and its parameters (RFC 2045 §5.1, RFC 2231).
//!
//! The pieces of a long parameter are joined as bytes before they are decoded, because programs cut a file
//! name inside a character.

use super::charset::{Decoded, decode, unlabelled};
use super::transfer::hex;
use super::words;

/// Parameters of one field that are looked at.
const PARAMETERS_MAX: usize = 64;

struct Parameter {
    /// In lower case, without `*0*`.
    name: String,
    /// Of a continuation, else 0.
    place: u32,
    is_percent_coded: bool,
    value: Vec<u8>,
}

/// A field taken apart.
#[derive(Default)]
pub(super) struct Params {
    /// The value before the parameters, in lower case: `text/plain`, `attachment`.
    pub(super) value: String,
    parameters: Vec<Parameter>,
    /// The field held bytes of an unknown charset.
    is_guess: bool,
}

impl Params {
    pub(super) fn read(field: &[u8]) -> Self {
        // Raw GBK in a quoted file name: a byte of its second half may look like `\` or `"`.
        let Decoded { text, suspect } = unlabelled(field);
        let (value, mut rest) = text.split_once(';').unwrap_or((&text, ""));
        let value = value
            .split('(')
            .next()
            .unwrap_or_default()
            .trim()
            .trim_matches('"')
            .to_ascii_lowercase();
        let mut parameters = Vec::new();
        while !rest.is_empty() && parameters.len() < PARAMETERS_MAX {
            let (parameter, next) = parameter(rest);
            parameters.extend(parameter);
            rest = next;
        }
        Self { value, parameters, is_guess: suspect }
    }

    /// A parameter that holds a word of the protocol.
    pub(super) fn token(&self, name: &str) -> Option<String> {
        let found = self.parameters.iter().find(|parameter| parameter.name == name)?;
        Some(String::from_utf8_lossy(&found.value).trim().to_owned())
    }

    /// A parameter that people read: RFC 2231 before the plain form, words of RFC 2047 in either.
    pub(super) fn text(&self, name: &str) -> Option<Decoded> {
        let all = || self.parameters.iter().filter(|parameter| parameter.name == name);
        let mut coded: Vec<&Parameter> = all().filter(|parameter| parameter.place > 0).collect();
        if coded.is_empty() {
            let plain = all().next()?;
            let mut decoded = words::text(&plain.value);
            decoded.suspect |= self.is_guess;
            return Some(decoded);
        }
        coded.sort_by_key(|parameter| parameter.place);
        let mut bytes = Vec::new();
        let mut charset = None;
        for (at, parameter) in coded.into_iter().enumerate() {
            let mut value = parameter.value.as_slice();
            if parameter.is_percent_coded {
                if at == 0 {
                    let mut pieces = value.splitn(3, |byte| *byte == b'\'');
                    if let (Some(label), Some(_), Some(rest)) =
                        (pieces.next(), pieces.next(), pieces.next())
                    {
                        charset = Some(String::from_utf8_lossy(label).into_owned());
                        value = rest;
                    }
                }
                unescape(value, &mut bytes);
            } else {
                bytes.extend_from_slice(value);
            }
        }
        if bytes.windows(2).any(|pair| pair == b"=?") {
            return Some(words::text(&bytes));
        }
        let mut decoded = decode(&bytes, charset.as_deref());
        decoded.suspect |= self.is_guess;
        Some(decoded)
    }
}

/// The next parameter and what follows its semicolon.
fn parameter(text: &str) -> (Option<Parameter>, &str) {
    let Some((name, rest)) = text.split_once(['=', ';']) else { return (None, "") };
    if text.as_bytes().get(name.len()) == Some(&b';') {
        return (None, rest);
    }
    let (name, rest) = (name.trim().to_ascii_lowercase(), rest.trim_start());
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => {
            let (value, rest) = rest.split_once(';').unwrap_or((rest, ""));
            (value.trim_end().to_owned(), rest)
        }
    };
    (named(&name, value.into_bytes()), rest)
}

/// A quoted string up to its quote and what follows the semicolon after it. A name may hold quotes that
/// nobody escaped: only a quote before a semicolon or the end closes.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // A path of Windows was not escaped: `C:\a.doc`.
                Some(next) if !matches!(next, '"' | '\\') => value.extend(['\\', next]),
                Some(next) => value.push(next),
                None => {}
            },
            '"' => {
                let rest = chars.as_str().trim_start();
                if rest.is_empty() {
                    return (value, "");
                }
                if let Some(rest) = rest.strip_prefix(';') {
                    return (value, rest);
                }
                value.push('"');
            }
            _ => value.push(c),
        }
    }
    (value, "")
}

/// RFC 2231: `name*`, `name*3`, `name*3*`.
fn named(name: &str, value: Vec<u8>) -> Option<Parameter> {
    let mut pieces = name.split('*');
    let base = pieces.next().filter(|base| !base.is_empty())?.to_owned();
    let (place, is_percent_coded) = match (pieces.next(), pieces.next()) {
        (None, _) => (0, false),
        (Some(""), _) => (1, true),
        (Some(number), end) => (number.parse::<u32>().ok()?.saturating_add(1), end.is_some()),
    };
    Some(Parameter { name: base, place, is_percent_coded, value })
}

fn unescape(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    after
                }
                _ => {
                    out.push(first);
                    tail
                }
            },
            _ => {
                out.push(first);
                tail
            }
        };
    }
}
