//! Content-Transfer-Encoding (RFC 2045 §6) undone as far as it can be: mails pass through programs that add
//! lines, and a part that is cut off is still worth reading.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// How the bytes of a part are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transfer {
    /// As they are: 7bit, 8bit, binary.
    #[default]
    Identity,
    /// base64.
    Base64,
    /// quoted-printable.
    QuotedPrintable,
}

impl Transfer {
    pub(super) fn of(header: &str) -> Self {
        let name = header.split([';', ' ', '\t']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case("base64") {
            Self::Base64
        } else if name.eq_ignore_ascii_case("quoted-printable") {
            Self::QuotedPrintable
        } else {
            Self::Identity
        }
    }

    /// The bytes as they were before, and whether something among them had to be passed over.
    pub(super) fn undo(self, body: &[u8]) -> (Cow<'_, [u8]>, bool) {
        match self {
            Self::Identity => (Cow::Borrowed(body), false),
            Self::Base64 => {
                let (bytes, is_odd) = base64(body);
                (Cow::Owned(bytes), is_odd)
            }
            Self::QuotedPrintable => (Cow::Owned(quoted_printable(body, false)), false),
        }
    }

    /// How many bytes [`Self::undo`] makes, without making them.
    pub(super) fn undone_length(self, body: &[u8]) -> usize {
        match self {
            Self::Identity => body.len(),
            Self::Base64 => body.iter().filter(|byte| sextet(**byte) != NONE).count() * 3 / 4,
            Self::QuotedPrintable => quoted_printable(body, false).len(),
        }
    }
}

const NONE: u8 = 255;
/// What a byte stands for in base64; [`NONE`] where it stands for nothing.
const SEXTETS: [u8; 256] = sextets();

/// What a byte stands for.
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn sextet(byte: u8) -> u8 {
    SEXTETS[usize::from(byte)]
}

#[expect(clippy::indexing_slicing, reason = "64 letters, and a byte is below 256")]
const fn sextets() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [NONE; 256];
    let mut at = 0_u8;
    while at < 64 {
        table[alphabet[at as usize] as usize] = at;
        at += 1;
    }
    table
}

/// Four letters to three bytes, across lines; a padding ends a run and another may follow.
#[derive(Default)]
struct Quanta {
    out: Vec<u8>,
    bits: u32,
    letters: u8,
}

impl Quanta {
    fn take(&mut self, sextet: u8) {
        self.bits = self.bits << 6 | u32::from(sextet);
        self.letters += 1;
        if self.letters == 4 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let whole = usize::from(self.letters) * 6 / 8;
        let bits = self.bits << (24 - 6 * u32::from(self.letters.min(4)));
        let [_, bytes @ ..] = bits.to_be_bytes();
        self.out.extend(bytes.into_iter().take(whole));
        (self.bits, self.letters) = (0, 0);
    }
}

/// base64 as it is mostly written, which the library decodes five times as fast.
const SOUND: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Letters that are decoded at once, in whole fours: a file has up to 50 MiB of them.
const LETTERS_AT_ONCE: usize = 64 * 1024;

/// base64 as it is mostly written; `None` where it is not.
fn sound(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let mut letters = Vec::with_capacity(LETTERS_AT_ONCE);
    for line in body.split(|byte| *byte == b'\n') {
        let mut line = line.trim_ascii();
        while !line.is_empty() {
            let room = LETTERS_AT_ONCE - letters.len();
            let (now, rest) = line.split_at(line.len().min(room));
            letters.extend_from_slice(now);
            if letters.len() == LETTERS_AT_ONCE {
                SOUND.decode_vec(&letters, &mut out).ok()?;
                letters.clear();
            }
            line = rest;
        }
    }
    SOUND.decode_vec(&letters, &mut out).ok()?;
    Some(out)
}

/// base64 with what RFC 2045 §6.8 says about other bytes, and more: a line that somebody wrote into it (a
/// scanner's note, a signature of a list) is left out as a whole, for its letters would shift the rest.
fn base64(body: &[u8]) -> (Vec<u8>, bool) {
    if let Some(bytes) = sound(body) {
        return (bytes, false);
    }
    let mut quanta = Quanta { out: Vec::with_capacity(body.len() / 4 * 3), ..Quanta::default() };
    let mut is_odd = false;
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        let is_clean = line.iter().all(|byte| sextet(*byte) != NONE || *byte == b'=');
        if !is_clean {
            is_odd = true;
            let letters = line.iter().filter(|byte| sextet(**byte) != NONE).count();
            let is_note = !letters.is_multiple_of(4)
                || letters == 0
                || line.contains(&b' ')
                || !line.is_ascii();
            if is_note {
                continue;
            }
        }
        for byte in line {
            match sextet(*byte) {
                NONE if *byte == b'=' => quanta.flush(),
                NONE => {}
                sextet => quanta.take(sextet),
            }
        }
    }
    quanta.flush();
    (quanta.out, is_odd)
}

/// One base64 word of a header; other bytes are passed over.
pub(super) fn base64_word(word: &[u8]) -> Vec<u8> {
    let mut quanta = Quanta::default();
    for byte in word {
        match sextet(*byte) {
            NONE if *byte == b'=' => quanta.flush(),
            NONE => {}
            sextet => quanta.take(sextet),
        }
    }
    quanta.flush();
    quanta.out
}

/// `=C4=E3` and soft line ends; in a header word `_` is a blank (RFC 2047 §4.2). An escape that is none stays
/// as it is written.
pub(super) fn quoted_printable(body: &[u8], is_word: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memchr2(b'=', if is_word { b'_' } else { b'=' }, rest) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        rest = match after {
            [b'_', tail @ ..] => {
                out.push(b' ');
                tail
            }
            [b'=', high, low, tail @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                out.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                tail
            }
            [b'=', tail @ ..] => match soft_end(tail) {
                Some(next) => next,
                None => {
                    out.push(b'=');
                    tail
                }
            },
            _ => &[],
        };
    }
    out.extend_from_slice(rest);
    out
}

/// What follows a soft line end; blanks before it may come from a relay.
fn soft_end(tail: &[u8]) -> Option<&[u8]> {
    let mut rest = tail;
    while let [b' ' | b'\t', next @ ..] = rest {
        rest = next;
    }
    match rest {
        [b'\r', b'\n', next @ ..] | [b'\n', next @ ..] => Some(next),
        [] | [b'\r'] => Some(&[]),
        _ => None,
    }
}

/// A hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
