//! What the modem got: a text, a part of one, or a report.

use super::headers::File;
use crate::wire::WireError;
use crate::wire::sms::{Incoming, Text};
use encoding_rs::ISO_8859_15;
use std::fmt;

/// A file of the folder `incoming` or `report`. `Debug` masks it: it is a citizen's.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// The modem, as `smsd.conf` names it.
    pub modem: String,
    /// Its subscriber; empty where the modem does not tell.
    pub imsi: String,
    /// Who sent it: a number, with `+` where it is an international one, or a name.
    pub from: String,
    /// The PDUs as they stand there, one a part.
    pub pdus: Vec<String>,
    /// The body by smsd's reading.
    words: Text,
    /// Whether the body is as long as smsd says.
    is_whole: bool,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// By its PDUs.
    Parts(Vec<Incoming>),
    /// By smsd's reading only: a PDU is missing or cannot be read. A person should look at it.
    Words(Text),
}

impl Received {
    /// Reads a file.
    ///
    /// # Errors
    /// `Missing` while headers that every file has are not there; else what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let file = File::split(bytes)?;
        let needed = |name, missing| file.header(name).ok_or(WireError::Missing(missing));
        let from = needed("From", "sender")?;
        // smsd leaves the plus out and says in hexadecimal what kind of number it is.
        let is_international = file.header("From_TOA").is_some_and(|kind| kind.starts_with("91"));
        let from = format!("{}{from}", if is_international { "+" } else { "" });
        let alphabet = needed("Alphabet", "alphabet")?;
        let length: Option<usize> = needed("Length", "length")?.parse().ok();
        let (words, count) = words(alphabet, file.body);
        Ok(Self {
            modem: file.header("Modem").unwrap_or_default().to_owned(),
            imsi: file.header("IMSI").unwrap_or_default().to_owned(),
            from,
            pdus: file.all("PDU").map(str::to_ascii_uppercase).collect(),
            words,
            is_whole: length.is_some_and(|length| length <= count),
        })
    }

    /// Whether all of it is there. smsd writes in place, so that a file may be seen half written.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self.content() {
            Content::Parts(_) => true,
            Content::Words(_) => self.is_whole,
        }
    }

    /// What it says.
    #[must_use]
    pub fn content(&self) -> Content {
        let parts: Result<Vec<_>, _> =
            self.pdus.iter().map(|pdu| Incoming::parse_line(pdu)).collect();
        match parts {
            Ok(parts) if !parts.is_empty() => Content::Parts(parts),
            _ => Content::Words(Text { text: self.words.text.clone(), suspect: true }),
        }
    }
}

/// The body and how long smsd would call it.
fn words(alphabet: &str, body: &[u8]) -> (Text, usize) {
    // smsd itself looks at three characters of the value.
    match alphabet.as_bytes() {
        [b'U', b'C', b'S', ..] => {
            let units: Vec<u16> =
                body.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            (Text { text: String::from_utf16_lossy(&units), suspect: true }, units.len())
        }
        [b'b', b'i', b'n', ..] => (Text::default(), body.len()),
        [b'U', b'T', b'F', ..] => {
            let text = String::from_utf8_lossy(body).into_owned();
            let count = text.chars().count();
            (Text { text, suspect: true }, count)
        }
        _ => (Text { text: ISO_8859_15.decode(body).0.into_owned(), suspect: true }, body.len()),
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({}, {} PDUs, {:?})", self.modem, self.pdus.len(), self.words)
    }
}
