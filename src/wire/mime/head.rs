//! The header fields of a mail or part, as ranges of its bytes: folded lines, mbox marks, broken lines.

use super::charset::Decoded;
use super::{FIELD_BYTES_MAX, FIELDS_MAX, words};
use std::borrow::Cow;
use std::ops::Range;

/// Fields that tell a broken line among headers from a body without its blank line.
const WELL_KNOWN: [&str; 12] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "received",
    "reply-to",
    "content-transfer-encoding",
    "content-disposition",
];

struct Field<'a> {
    name: &'a [u8],
    /// With its folds.
    value: &'a [u8],
}

/// The fields of one head, in their order.
#[derive(Default)]
pub(super) struct Head<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Head<'a> {
    /// Reads the fields at the beginning of a range, and where its body begins.
    pub(super) fn read(raw: &'a [u8], range: Range<usize>) -> (Self, usize) {
        let mut head = Self::default();
        let mut at = range.start;
        let mut value_from = 0;
        // Beyond this place no well-known field follows before the blank line.
        let mut looked_to = 0;
        while at < range.end {
            let (line, next) = line_at(raw, at, range.end);
            if line.is_empty() {
                return (head, next);
            }
            let is_mbox_mark =
                head.fields.is_empty() && line.starts_with(b"From ") && field_of(line).is_none();
            if is_mbox_mark {
                at = next;
                continue;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                head.extend(raw, value_from, at + line.len());
            } else if let Some(field) = field_of(line) {
                value_from = at + line.len() - field.value.len();
                if head.fields.len() < FIELDS_MAX {
                    head.fields.push(field);
                } else {
                    value_from = 0;
                }
            } else {
                if looked_to <= at {
                    match last_known_field(raw, next, range.end) {
                        Some(place) => looked_to = place,
                        None => return (head, at),
                    }
                }
                head.extend(raw, value_from, at + line.len());
            }
            at = next;
        }
        (head, range.end)
    }

    /// Lengthens the last field; one before the first field or past [`FIELDS_MAX`] belongs to none.
    fn extend(&mut self, raw: &'a [u8], from: usize, to: usize) {
        if from > 0
            && let Some(last) = self.fields.last_mut()
            && let Some(value) = raw.get(from..to)
        {
            last.value = value;
        }
    }

    /// Every value of a field, unfolded, from the top.
    pub(super) fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Cow<'a, [u8]>> + 's {
        let is_it = move |field: &&Field<'a>| field.name.eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().filter(is_it).map(|field| unfolded(field.value))
    }

    pub(super) fn first(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.all(name).next()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    pub(super) fn any_begins(&self, prefix: &str) -> bool {
        let prefix = prefix.as_bytes();
        let begins = |name: &[u8]| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        self.fields.iter().any(|field| begins(field.name))
    }

    /// The text of a field, its words decoded.
    pub(super) fn text(&self, name: &str) -> Option<Decoded> {
        self.first(name).map(|value| words::text(&value))
    }

    /// A field that holds a word of a protocol, in lower case.
    pub(super) fn token(&self, name: &str) -> Option<String> {
        let value = self.first(name)?;
        let text = String::from_utf8_lossy(&value);
        let token = text.split([';', '(']).next().unwrap_or_default().trim();
        Some(token.chars().take(TOKEN_CHARS_MAX).collect::<String>().to_ascii_lowercase())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Longest word of a protocol that is kept.
const TOKEN_CHARS_MAX: usize = 200;

/// A line without its end, and where the next begins.
pub(super) fn line_at(raw: &[u8], at: usize, end: usize) -> (&[u8], usize) {
    // Past the end stands an empty line.
    let Some(rest) = raw.get(at..end) else { return (&[], end) };
    let line = memchr::memchr(b'\n', rest).and_then(|length| rest.get(..length));
    let (line, next) = line.map_or((rest, end), |line| (line, at + line.len() + 1));
    (line.strip_suffix(b"\r").unwrap_or(line), next)
}

/// The field that begins in a line; blanks before its colon are tolerated.
fn field_of(line: &[u8]) -> Option<Field<'_>> {
    let (name, marked) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    let (name, value) = (name.trim_ascii_end(), marked.strip_prefix(b":")?);
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some(Field { name, value })
}

/// The place of the last well-known field before the blank line.
fn last_known_field(raw: &[u8], from: usize, end: usize) -> Option<usize> {
    let (mut at, mut last) = (from, None);
    while at < end {
        let (line, next) = line_at(raw, at, end);
        if line.is_empty() {
            break;
        }
        let is_known = |field: Field<'_>| {
            WELL_KNOWN.iter().any(|known| field.name.eq_ignore_ascii_case(known.as_bytes()))
        };
        if field_of(line).is_some_and(is_known) {
            last = Some(at);
        }
        at = next;
    }
    last
}

/// Without the character at the end that a cut may have gone through.
fn whole_characters(value: &[u8]) -> &[u8] {
    let end = match std::str::from_utf8(value) {
        Ok(_) => value.len(),
        Err(cut) if cut.error_len().is_none() => cut.valid_up_to(),
        Err(_) => value.iter().rposition(u8::is_ascii).map_or(value.len(), |at| at + 1),
    };
    value.get(..end).unwrap_or_default()
}

/// RFC 5322 §2.2.3: a fold is a line end before a blank. Line ends go, and NULs, which some programs leave.
fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.get(..FIELD_BYTES_MAX).map_or(value, whole_characters).trim_ascii();
    if memchr::memchr3(b'\r', b'\n', 0, value).is_none() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect())
}
