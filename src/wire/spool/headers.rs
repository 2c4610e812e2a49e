//! The lines above the body.

use super::SPOOL_FILE_BYTES_MAX;
use crate::wire::WireError;

/// Lines above the body of one file: some 20, and one for each character that smsd cannot convert.
pub const SPOOL_LINES_MAX: usize = 4_096;

const TOO_LARGE: WireError = WireError::TooLarge("spool file");

/// Headers in their order, and what stands behind the empty line.
pub(super) struct File<'a> {
    headers: Vec<(&'a str, String)>,
    pub(super) body: &'a [u8],
}

impl<'a> File<'a> {
    /// Splits a file. A line that is no header goes on with the one before: smsd puts the characters that
    /// it could not convert into `NOTICE`, line ends too.
    ///
    /// # Errors
    /// `Missing` without an empty line, as while smsd still writes; `Malformed` where the file does not
    /// begin with a header; `TooLarge`.
    pub(super) fn split(bytes: &'a [u8]) -> Result<Self, WireError> {
        if bytes.len() > SPOOL_FILE_BYTES_MAX {
            return Err(TOO_LARGE);
        }
        let mut headers: Vec<(&str, String)> = Vec::new();
        let mut rest = bytes;
        for _ in 0..SPOOL_LINES_MAX {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let end = end.ok_or(WireError::Missing("end of spool headers"))?;
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                return Ok(Self { headers, body: rest });
            }
            match (header(line), headers.last_mut()) {
                (Some(header), _) => headers.push(header),
                (None, Some((_, value))) => {
                    value.push('\n');
                    value.push_str(&String::from_utf8_lossy(line));
                }
                (None, None) => return Err(WireError::Malformed("spool file")),
            }
        }
        Err(TOO_LARGE)
    }

    /// The first of this name; smsd's names are case-sensitive.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(found, _)| *found == name);
        named.map(|(_, value)| value.as_str())
    }

    /// All of this name.
    pub(super) fn all<'b>(&'b self, name: &'static str) -> impl Iterator<Item = &'b str> {
        let named = self.headers.iter().filter(move |(found, _)| *found == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// `Name: value`; the name has letters, digits, `_` and `-`.
fn header(line: &[u8]) -> Option<(&str, String)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let begins = name.first().is_some_and(u8::is_ascii_alphabetic);
    let name = std::str::from_utf8(name).ok()?;
    let value = String::from_utf8_lossy(value.get(1..)?).trim().to_owned();
    (begins && name.bytes().all(|byte| legal(&byte))).then_some((name, value))
}
