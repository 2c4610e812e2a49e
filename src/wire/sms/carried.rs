//! A text as carriers hand it over (CMPP, SMPP): octets in a character set that a number beside them names,
//! one octet a character where that has seven bits, with the header of TS 23.040 before them where a bit
//! says so.

use super::alphabet::Coding;
use super::gsm7;
use super::text::{PART_UNITS, Text, filled, utf16};
use super::user_data::{Header, OCTETS_MAX, Part, header_of, read_header};
use super::{Alphabet, UserData};
use crate::wire::WireError;
use std::fmt;

/// Longest content of one message that is read, in octets, with its header: a text that SMPP carries in
/// `message_payload` is not cut.
pub const CARRIED_BYTES_MAX: usize = 16_384;

/// The character set of a carrier's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// ASCII.
    Ascii,
    /// The default alphabet of seven bits, a septet an octet. Carriers mean ASCII or Latin-1 by it too.
    Gsm7,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16, the high octet first.
    Ucs2,
    /// GB 18030, which has GBK and GB 2312 in it.
    Gb18030,
    /// Octets of some application.
    Octets,
}

/// One message, or a part of one, before it is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// How to read the octets.
    pub charset: Charset,
    /// Which part of a long message it is.
    pub part: Option<Part>,
    /// The header broke off: what else it said is not known.
    pub is_header_damaged: bool,
    /// What is to be decoded once all parts are there.
    pub content: Content,
}

/// Octets whose `Debug` says how many there are, never what: they are a citizen's.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Content(pub Vec<u8>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({})", self.0.len())
    }
}

impl Carried {
    /// Reads the content of one message, with a header where that was said.
    ///
    /// # Errors
    /// `Malformed` for a header that is longer than the message, `TooLarge`.
    pub fn read(charset: Charset, has_header: bool, octets: &[u8]) -> Result<Self, WireError> {
        if octets.len() > CARRIED_BYTES_MAX {
            return Err(WireError::TooLarge("carried text"));
        }
        let header = if has_header { read_header(octets)? } else { Header::default() };
        let content = Content(octets.get(header.length..).unwrap_or_default().to_vec());
        Ok(Self { charset, part: header.part, is_header_damaged: header.is_damaged, content })
    }

    /// Header and content, as they are handed over.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        let mut octets = self.part.map_or_else(Vec::new, header_of);
        octets.extend_from_slice(&self.content.0);
        octets
    }

    /// The messages of a text in UTF-16, at most 140 octets each with their header. A character never stands
    /// across two. The reference has 8 bits unless `is_wide`.
    ///
    /// # Errors
    /// `TooLarge` for more than 255 parts.
    pub fn split(text: &str, reference: u16, is_wide: bool) -> Result<Vec<Self>, WireError> {
        let carried = |part, octets| Self {
            charset: Charset::Ucs2,
            part,
            is_header_damaged: false,
            content: Content(octets),
        };
        let characters = || {
            text.chars().map(|character| {
                let mut units = [0; 2];
                let units = character.encode_utf16(&mut units);
                units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<u8>>()
            })
        };
        if let [whole] = filled(characters(), OCTETS_MAX).as_slice() {
            return Ok(vec![carried(None, whole.clone())]);
        }
        let most = PART_UNITS.get(usize::from(is_wide)).copied().unwrap_or(1) * 2;
        let pieces = filled(characters(), most);
        let total = u8::try_from(pieces.len()).map_err(|_| WireError::TooLarge("short message"))?;
        let reference = if is_wide { reference } else { reference & 0xFF };
        let part = |number| Some(Part { reference, is_wide, total, number });
        Ok((1..=total).zip(pieces).map(|(number, octets)| carried(part(number), octets)).collect())
    }

    /// The text of a whole message from its parts in order. Octets are joined before they are decoded,
    /// because a character may stand across two parts.
    ///
    /// ```
    /// use mayorline::wire::sms::{Carried, Charset};
    /// let gb = [0xC4, 0xE3, 0xBA, 0xC3];
    /// let (first, second) = (&gb[..3], &gb[3..]);
    /// let read = |octets| Carried::read(Charset::Gb18030, false, octets);
    /// assert_eq!(Carried::decode([&read(first)?, &read(second)?]).text, "你好");
    /// # Ok::<(), mayorline::wire::WireError>(())
    /// ```
    #[must_use]
    pub fn decode<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Text {
        let mut whole = Text::default();
        let mut run: Option<(Charset, Vec<u8>)> = None;
        for part in parts {
            whole.suspect |= part.is_header_damaged;
            match &mut run {
                Some((same, joined)) if *same == part.charset => {
                    joined.extend_from_slice(&part.content.0);
                }
                _ => {
                    append(&mut whole, run.take());
                    run = Some((part.charset, part.content.0.clone()));
                }
            }
        }
        append(&mut whole, run);
        whole
    }
}

/// What a data coding scheme of TS 23.038 means to a carrier that hands over octets.
impl From<Coding> for Charset {
    fn from(coding: Coding) -> Self {
        match coding.alphabet {
            Alphabet::Gsm7 => Self::Gsm7,
            Alphabet::Ucs2 => Self::Ucs2,
            Alphabet::Octets | Alphabet::Compressed => Self::Octets,
        }
    }
}

/// A part of another kind in the words of carriers: its septets, one an octet.
impl From<&UserData> for Carried {
    fn from(data: &UserData) -> Self {
        let (super::Payload::Septets(octets) | super::Payload::Octets(octets)) = &data.payload;
        Self {
            charset: data.coding.into(),
            part: data.part,
            is_header_damaged: data.is_header_damaged,
            content: Content(octets.clone()),
        }
    }
}

fn append(whole: &mut Text, run: Option<(Charset, Vec<u8>)>) {
    let Some((charset, octets)) = run else { return };
    let more = match charset {
        Charset::Ucs2 => utf16(&octets),
        Charset::Gb18030 => gb18030(&octets),
        Charset::Latin1 => latin1(&octets),
        Charset::Ascii | Charset::Gsm7 | Charset::Octets => single(charset, &octets),
    };
    whole.text.push_str(&more.text);
    whole.suspect |= more.suspect;
}

fn gb18030(octets: &[u8]) -> Text {
    let (text, lost) = encoding_rs::GB18030.decode_without_bom_handling(octets);
    Text { text: text.into_owned(), suspect: lost }
}

fn latin1(octets: &[u8]) -> Text {
    Text { text: octets.iter().copied().map(char::from).collect(), suspect: false }
}

/// What should have no octet above 127. Where one is, the sender meant another set and a person should look:
/// UTF-8 where it is that, GB 18030 where it is that, Latin-1 otherwise.
fn single(charset: Charset, octets: &[u8]) -> Text {
    if octets.is_ascii() {
        return match charset {
            Charset::Gsm7 => gsm7::text(octets),
            _ => Text {
                text: String::from_utf8_lossy(octets).into_owned(),
                suspect: charset == Charset::Octets,
            },
        };
    }
    let text = std::str::from_utf8(octets).map(str::to_owned).unwrap_or_else(|_| {
        let guess = gb18030(octets);
        if guess.suspect { latin1(octets).text } else { guess.text }
    });
    Text { text, suspect: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(charset: Charset, octets: &[u8]) -> Text {
        Carried::decode([&Carried::read(charset, false, octets).unwrap()])
    }

    fn sure(text: &str) -> Text {
        Text { text: text.to_owned(), suspect: false }
    }

    fn guessed(text: &str) -> Text {
        Text { text: text.to_owned(), suspect: true }
    }

    #[test]
    fn each_character_set_is_read() {
        assert_eq!(heard(Charset::Ascii, b"CX26112200131 4821"), sure("CX26112200131 4821"));
        assert_eq!(heard(Charset::Gsm7, &[0x00, 0x1B, 0x65]), sure("@€"));
        assert_eq!(heard(Charset::Latin1, &[0xE9, 0x31]), sure("é1"));
        assert_eq!(heard(Charset::Ucs2, &[0x4F, 0x60, 0xD8, 0x3D, 0xDE, 0x00]), sure("你😀"));
        // 㛃 is four octets and in no GBK (domain.md 5.3, 31).
        assert_eq!(heard(Charset::Gb18030, &[0xC4, 0xE3, 0x82, 0x30, 0xB7, 0x31]), sure("你㛃"));
    }

    #[test]
    fn a_set_that_cannot_be_is_guessed_and_said_so() {
        assert_eq!(heard(Charset::Ascii, "路灯".as_bytes()), guessed("路灯"));
        assert_eq!(heard(Charset::Gsm7, &[0xC4, 0xE3, 0xBA, 0xC3]), guessed("你好"));
        assert_eq!(heard(Charset::Ascii, &[0x31, 0xE9]), guessed("1é"));
        assert_eq!(heard(Charset::Gb18030, &[0xC4, 0xE3, 0xFF]), guessed("你\u{FFFD}"));
        assert_eq!(heard(Charset::Octets, b"abc"), guessed("abc"));
        assert!(heard(Charset::Ucs2, &[0x4F]).suspect);
    }

    #[test]
    fn octets_in_the_other_order_are_seen_as_by_the_codec_of_modems() {
        let swapped: Vec<u8> = "路灯不亮三天了".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(heard(Charset::Ucs2, &swapped), guessed("路灯不亮三天了"));
        let marked: Vec<u8> = "\u{FEFF}好".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(heard(Charset::Ucs2, &marked), sure("好"));
    }

    #[test]
    fn a_header_longer_than_the_message_is_refused_and_a_torn_one_is_marked() {
        assert!(Carried::read(Charset::Ucs2, true, &[6, 8, 4, 1]).is_err());
        assert!(Carried::read(Charset::Ucs2, true, &[]).is_err());
        let torn = Carried::read(Charset::Ucs2, true, &[3, 0, 3, 1, 0x4F, 0x60]).unwrap();
        assert!(torn.is_header_damaged && torn.part.is_none());
        assert_eq!(Carried::decode([&torn]), guessed("你"));
        let long = vec![0; CARRIED_BYTES_MAX + 1];
        assert!(Carried::read(Charset::Ucs2, false, &long).is_err());
    }

    #[test]
    fn words_do_not_show_in_debug_output() {
        let carried = Carried::read(Charset::Ascii, false, b"secret").unwrap();
        assert!(!format!("{carried:?}").contains("115") && format!("{carried:?}").contains("(6)"));
    }

    #[test]
    fn seventy_units_are_one_message_and_one_more_is_two() {
        let count = |text: &str| Carried::split(text, 1, false).unwrap().len();
        assert_eq!((count(""), count(&"灯".repeat(70)), count(&"灯".repeat(71))), (1, 1, 2));
        assert_eq!((count(&"灯".repeat(134)), count(&"灯".repeat(135))), (2, 3));
        assert!(Carried::split(&"灯".repeat(67 * 255 + 1), 1, false).is_err());
    }

    proptest! {
        #[test]
        fn what_is_split_reads_the_same(
            text in "([一-十]|😀|[a-z]){0,400}",
            reference: u16,
            is_wide: bool,
        ) {
            let parts = Carried::split(&text, reference, is_wide).unwrap();
            let read: Vec<Carried> = parts
                .iter()
                .map(|part| Carried::read(part.charset, part.part.is_some(), &part.octets()).unwrap())
                .collect();
            prop_assert_eq!(&read, &parts);
            prop_assert!(parts.iter().all(|part| part.octets().len() <= OCTETS_MAX));
            prop_assert_eq!(Carried::decode(&read), Text { text, suspect: false });
        }
    }
}
