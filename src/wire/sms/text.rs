//! Words to the parts of a message and back.

use super::alphabet::{Alphabet, Coding};
use super::gsm7;
use super::user_data::{OCTETS_MAX, Part, Payload, SEPTETS_MAX, UserData};
use crate::wire::WireError;
use std::fmt;

/// Septets of a part behind a header with a reference of 8 bits, and of 16.
const PART_SEPTETS: [usize; 2] = [153, 152];
/// UTF-16 units of a part, the same.
pub(super) const PART_UNITS: [usize; 2] = [67, 66];

/// Units below which no other order of the octets is guessed.
const GUESSED_UNITS_MIN: usize = 4;

/// What was read. `Debug` says how much there is, never what: it is a citizen's.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// In words.
    pub text: String,
    /// Something could not be read or was guessed: a person should look at the original.
    pub suspect: bool,
}

/// The text of a whole message from its parts in order. Octets are joined before they are decoded,
/// because a character may stand across two parts.
#[must_use]
pub fn decode<'a>(parts: impl IntoIterator<Item = &'a UserData>) -> Text {
    let mut whole = Text::default();
    let mut run: Option<(Alphabet, Vec<u8>)> = None;
    for data in parts {
        let alphabet = data.coding.alphabet;
        let (Payload::Septets(bytes) | Payload::Octets(bytes)) = &data.payload;
        // It may have named another alphabet, or a place that the text has no sense without.
        whole.suspect |= data.is_header_damaged;
        match &mut run {
            Some((same, joined)) if *same == alphabet => joined.extend_from_slice(bytes),
            // Some telephones send each part in the alphabet that suits it.
            _ => {
                whole.append(run.take());
                run = Some((alphabet, bytes.clone()));
            }
        }
    }
    whole.append(run);
    whole
}

impl Text {
    fn append(&mut self, run: Option<(Alphabet, Vec<u8>)>) {
        let Some((alphabet, bytes)) = run else { return };
        let more = match alphabet {
            Alphabet::Gsm7 => gsm7::text(&bytes),
            Alphabet::Ucs2 => utf16(&bytes),
            Alphabet::Octets => application(&bytes),
            Alphabet::Compressed => Self { text: String::new(), suspect: true },
        };
        self.text.push_str(&more.text);
        self.suspect |= more.suspect;
    }
}

/// UTF-16 with the high octet first, unless a byte order mark says otherwise or nothing but the
/// other order makes sense.
pub(super) fn utf16(bytes: &[u8]) -> Text {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let high_first: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let (units, guessed) = match high_first.as_slice() {
        [0xFEFF, units @ ..] => (units.to_vec(), false),
        [0xFFFE, units @ ..] => (swapped(units), false),
        units if is_swapped(units) => (swapped(units), true),
        units => (units.to_vec(), false),
    };
    let text = String::from_utf16_lossy(&units);
    let lost = !rest.is_empty() || char::decode_utf16(units).any(|unit| unit.is_err());
    Text { text, suspect: guessed || lost }
}

fn swapped(units: &[u16]) -> Vec<u16> {
    units.iter().map(|unit| unit.swap_bytes()).collect()
}

/// Whether all units are usual in a Chinese text when their octets are swapped, and less than half
/// as they are. A short text says too little.
fn is_swapped(units: &[u16]) -> bool {
    let usual = |units: &[u16]| {
        let characters = char::decode_utf16(units.iter().copied());
        characters.filter(|read| read.as_ref().is_ok_and(|c| is_usual(*c))).count()
    };
    let long_enough = units.len() >= GUESSED_UNITS_MIN;
    long_enough && usual(&swapped(units)) == units.len() && usual(units) * 2 < units.len()
}

/// ASCII, or among the punctuation and the 3,755 most frequent characters of GB 2312 (rows 1 to 3
/// and 16 to 55).
fn is_usual(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control() || matches!(character, '\n' | '\r');
    }
    let mut utf8 = [0; 4];
    let (bytes, ..) = encoding_rs::GBK.encode(character.encode_utf8(&mut utf8));
    matches!(*bytes, [0xA1..=0xA3 | 0xB0..=0xD7, 0xA1..=0xFE])
}

/// Octets are of some application; where they are text all the same, they are shown.
fn application(bytes: &[u8]) -> Text {
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')));
    Text { text: text.unwrap_or_default().to_owned(), suspect: true }
}

/// How many messages a text takes.
#[must_use]
pub fn parts_of(text: &str) -> usize {
    let (coding, pieces) = cut(text, false);
    if fits_one(coding, &pieces) { 1 } else { pieces.len() }
}

/// The messages of a text, in the alphabet of seven bits where that has all its characters. A
/// character never stands across two. The reference joins the parts of a long text; it has 8 bits
/// unless `is_wide`.
///
/// # Errors
/// `TooLarge` for more than 255 parts.
pub fn split(text: &str, reference: u16, is_wide: bool) -> Result<Vec<UserData>, WireError> {
    let (coding, pieces) = cut(text, is_wide);
    if fits_one(coding, &pieces) {
        let payload = joined(coding, pieces);
        return Ok(vec![UserData { is_header_damaged: false, coding, part: None, payload }]);
    }
    let total = u8::try_from(pieces.len()).map_err(|_| WireError::TooLarge("short message"))?;
    let reference = if is_wide { reference } else { reference & 0xFF };
    let part = |number| Some(Part { reference, is_wide, total, number });
    let data = |(number, payload)| {
        let part = part(number);
        UserData { is_header_damaged: false, coding, part, payload }
    };
    Ok((1..=total).zip(pieces).map(data).collect())
}

/// The pieces of a long message.
fn cut(text: &str, is_wide: bool) -> (Coding, Vec<Payload>) {
    let wide = usize::from(is_wide);
    let coding = |alphabet| Coding { alphabet, is_flash: false };
    let septets: Option<Vec<_>> = text.chars().map(gsm7::septets).collect();
    if let Some(septets) = septets {
        let characters = septets
            .iter()
            .map(|(first, more)| std::iter::once(*first).chain(*more).collect::<Vec<u8>>());
        let most = PART_SEPTETS.get(wide).copied().unwrap_or(1);
        let pieces = filled(characters, most).into_iter().map(Payload::Septets).collect();
        return (coding(Alphabet::Gsm7), pieces);
    }
    let characters = text.chars().map(|character| {
        let mut units = [0; 2];
        character.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()).collect()
    });
    let most = PART_UNITS.get(wide).copied().unwrap_or(1) * 2;
    let pieces = filled(characters, most).into_iter().map(Payload::Octets).collect();
    (coding(Alphabet::Ucs2), pieces)
}

/// Characters put together to pieces of at most `most` each; an empty text is one empty piece.
pub(super) fn filled(characters: impl Iterator<Item = Vec<u8>>, most: usize) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    for character in characters {
        match pieces.last_mut() {
            Some(piece) if piece.len() + character.len() <= most => piece.extend(character),
            _ => pieces.push(character),
        }
    }
    pieces
}

fn fits_one(coding: Coding, pieces: &[Payload]) -> bool {
    let length: usize = pieces.iter().map(Payload::len).sum();
    length <= if coding.alphabet == Alphabet::Gsm7 { SEPTETS_MAX } else { OCTETS_MAX }
}

fn joined(coding: Coding, pieces: Vec<Payload>) -> Payload {
    let bytes =
        pieces.into_iter().flat_map(|(Payload::Septets(bytes) | Payload::Octets(bytes))| bytes);
    match coding.alphabet {
        Alphabet::Gsm7 => Payload::Septets(bytes.collect()),
        _ => Payload::Octets(bytes.collect()),
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.suspect { ", suspect" } else { "" };
        write!(f, "Text({} characters{mark})", self.text.chars().count())
    }
}

impl Payload {
    fn len(&self) -> usize {
        let (Self::Septets(bytes) | Self::Octets(bytes)) = self;
        bytes.len()
    }
}
