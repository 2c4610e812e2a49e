//! The small words of the grammar (RFC 3261 §25.1): tokens, quoted strings, parameters, lists.

use super::limits::{LIST_ELEMENTS_MAX, PARAMS_MAX};
use super::uri::Params;
use crate::wire::WireError;
use std::borrow::Cow;
use std::fmt;

const PARAMETER: WireError = WireError::Malformed("parameter");

/// A character of `token`.
const TOKEN: u8 = 1;
/// A blank of linear white space; line ends are gone when this is asked.
const BLANK: u8 = 2;
/// A character of a host name or an IPv4 address.
const HOST: u8 = 4;
/// What ends a parameter value without quotes.
const VALUE_END: u8 = 8;
/// What no URI holds.
const NO_URI: u8 = 16;

const fn class(byte: u8) -> u8 {
    let mut class = 0;
    if byte.is_ascii_alphanumeric() {
        class |= TOKEN | HOST;
    }
    if matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~') {
        class |= TOKEN;
    }
    if matches!(byte, b'-' | b'.' | b'_') {
        class |= HOST;
    }
    if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
        class |= BLANK | VALUE_END;
    }
    if matches!(byte, b'"' | b',' | b'<' | b'>' | b';') {
        class |= VALUE_END;
    }
    if byte <= b' ' || matches!(byte, 0x7F | b'<' | b'>' | b'"') {
        class |= NO_URI;
    }
    class
}

/// The classes of every byte; 0xFF is in none.
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < u8::MAX {
        classes[byte as usize] = class(byte);
        byte += 1;
    }
    classes
};

#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// A character of `token`.
pub(super) fn is_token_byte(byte: u8) -> bool {
    is(byte, TOKEN)
}

/// A character of a host name or an IPv4 address.
pub(super) fn is_host_byte(byte: u8) -> bool {
    is(byte, HOST)
}

/// What no URI holds.
pub(super) fn is_no_uri_byte(byte: u8) -> bool {
    is(byte, NO_URI)
}

/// A non-empty `token`.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Blanks of linear white space; line ends are gone when this is asked.
pub(super) fn is_blank(byte: u8) -> bool {
    is(byte, BLANK)
}

/// What stands before and behind the first such ASCII byte. Written out because what is cut is
/// short: a general search costs more before it begins.
pub(super) fn cut(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|b| b == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Splits behind the bytes of one kind that stand first. Every kind parts at an ASCII byte or
/// behind one, never inside a character, so bytes are looked at and no characters decoded.
pub(super) fn span(text: &str, kind: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !kind(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Without blanks at both ends.
pub(super) fn trim(text: &str) -> &str {
    trim_start(trim_end(text))
}

/// Without blanks before it.
pub(super) fn trim_start(text: &str) -> &str {
    span(text, is_blank).1
}

/// Without blanks behind it.
pub(super) fn trim_end(text: &str) -> &str {
    let end = text.bytes().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Decimal digits only, at most `max`.
pub(super) fn decimal(text: &str, max: u64) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = text
        .bytes()
        .fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    (value <= max).then_some(value)
}

/// Splits what begins with `"` behind the closing quote: the text without quotes and escapes,
/// and the rest. `None` when the quote is not closed on its line.
pub(super) fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let inner = text.strip_prefix('"')?;
    let (mut escaped, mut escapes) = (false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'\r' | b'\n' => return None,
            _ if escaped => escaped = false,
            b'\\' => (escaped, escapes) = (true, true),
            b'"' => {
                let (plain, rest) = inner.split_at_checked(at)?;
                let plain =
                    if escapes { Cow::Owned(unescaped(plain)) } else { Cow::Borrowed(plain) };
                return Some((plain, rest.strip_prefix('"')?));
            }
            _ => {}
        }
    }
    None
}

/// Without the backslash before every character that has one.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// Writes a quoted string with its escapes; line ends become blanks.
pub(super) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write as _;
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\r' | '\n' => f.write_char(' ')?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// The elements of a comma list; commas inside quotes and angle brackets do not split. Empty
/// elements are skipped.
pub(super) fn elements(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let end = element_end(whole);
        let (element, tail) = whole.split_at_checked(end)?;
        rest = tail.strip_prefix(',');
        Some(trim(element))
    })
    .filter(|element| !element.is_empty())
}

fn element_end(text: &str) -> usize {
    if memchr::memchr(b',', text.as_bytes()).is_none() {
        return text.len();
    }
    let (mut in_quotes, mut in_brackets, mut escaped) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' if !in_brackets => in_quotes = !in_quotes,
            _ if in_quotes => {}
            b'<' => in_brackets = true,
            b'>' => in_brackets = false,
            b',' if !in_brackets => return at,
            _ => {}
        }
    }
    text.len()
}

/// Collects parsed elements up to the limit of a list.
pub(super) fn collect_list<T>(
    items: impl Iterator<Item = Result<T, WireError>>,
) -> Result<Vec<T>, WireError> {
    let mut list = Vec::new();
    for item in items {
        if list.len() == LIST_ELEMENTS_MAX {
            return Err(WireError::TooLarge("header list"));
        }
        list.push(item?);
    }
    Ok(list)
}

/// Checks the elements of comma lists; refuses what [`collect_list`] refuses, and keeps nothing.
pub(super) fn check_elements<'a>(
    values: impl Iterator<Item = &'a str>,
    check: impl Fn(&str) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut count = 0;
    for value in values {
        for element in elements(value) {
            if count == LIST_ELEMENTS_MAX {
                return Err(WireError::TooLarge("header list"));
            }
            count += 1;
            check(element)?;
        }
    }
    Ok(())
}

/// Header parameters `;name=value;flag`, blanks anywhere between; text before the first `;` is
/// refused. Empty parameters are skipped.
pub(super) fn header_params(text: &str) -> Result<Params, WireError> {
    let mut params = Params::default();
    let mut rest = trim(text);
    while let Some((param, tail)) = next_param(rest)? {
        rest = tail;
        let Some((name, value)) = param else { continue };
        if params.0.len() == PARAMS_MAX {
            return Err(WireError::TooLarge("parameter list"));
        }
        params.0.push((name.to_owned(), value.map(Cow::into_owned)));
    }
    Ok(params)
}

/// Refuses what [`header_params`] refuses, and keeps nothing.
pub(super) fn check_header_params(text: &str) -> Result<(), WireError> {
    header_param(text, "").map(drop)
}

/// The value of one parameter by its case-insensitive name, empty for a flag; refuses what
/// [`header_params`] refuses.
pub(super) fn header_param<'a>(
    text: &'a str,
    wanted: &str,
) -> Result<Option<Cow<'a, str>>, WireError> {
    let (mut rest, mut count, mut found) = (trim(text), 0, None);
    while let Some((param, tail)) = next_param(rest)? {
        rest = tail;
        let Some((name, value)) = param else { continue };
        count += 1;
        if count > PARAMS_MAX {
            return Err(WireError::TooLarge("parameter list"));
        }
        if found.is_none() && name.eq_ignore_ascii_case(wanted) {
            found = Some(value.unwrap_or_default());
        }
    }
    Ok(found)
}

/// Name and value; `None` for an empty parameter.
type Param<'a> = Option<(&'a str, Option<Cow<'a, str>>)>;

/// The next parameter and what stands behind it; `None` at the end.
fn next_param(rest: &str) -> Result<Option<(Param<'_>, &str)>, WireError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let rest = trim_start(rest.strip_prefix(';').ok_or(PARAMETER)?);
    let (name, tail) = span(rest, is_token_byte);
    let tail = trim_start(tail);
    if at_param_end(tail) {
        return Ok(Some(((!name.is_empty()).then_some((name, None)), tail)));
    }
    match tail.strip_prefix('=') {
        Some(tail) if !name.is_empty() => {
            let (value, rest) = param_value(trim_start(tail))?;
            Ok(Some((Some((name, Some(value))), rest)))
        }
        _ => Err(PARAMETER),
    }
}

fn at_param_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(';')
}

fn param_value(text: &str) -> Result<(Cow<'_, str>, &str), WireError> {
    if text.starts_with('"') {
        let (value, rest) = quoted(text).ok_or(PARAMETER)?;
        return Ok((value, trim_start(rest)));
    }
    let (value, rest) = span(text, |b| !is(b, VALUE_END));
    let rest = trim_start(rest);
    if value.is_empty() || !at_param_end(rest) {
        return Err(PARAMETER);
    }
    Ok((Cow::Borrowed(value), rest))
}

/// Writes `;name=value`, the value in quotes where it is not a token or a host.
pub(super) fn write_header_params(f: &mut fmt::Formatter<'_>, params: &Params) -> fmt::Result {
    for (name, value) in &params.0 {
        write!(f, ";{}", one_line(name))?;
        match value.as_deref() {
            None => {}
            Some(value) if is_plain_value(value) => write!(f, "={value}")?,
            Some(value) => {
                f.write_str("=")?;
                write_quoted(f, value)?;
            }
        }
    }
    Ok(())
}

fn is_plain_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| is_token_byte(b) || b"[]:/@&$?".contains(&b))
}

/// The text with every line end replaced by a blank, so that no value can start a header field.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'\r', b'\n', text.as_bytes()).is_some() {
        Cow::Owned(text.replace(['\r', '\n'], " "))
    } else {
        Cow::Borrowed(text)
    }
}
