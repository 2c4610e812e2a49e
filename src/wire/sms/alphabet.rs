//! The octet that says how a text is coded (TS 23.038 §4).

/// How the characters of a short message are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// The default alphabet of seven bits.
    Gsm7,
    /// Octets of some application.
    Octets,
    /// UCS-2, in practice UTF-16, the high octet first.
    Ucs2,
    /// Anything in the compression of TS 23.042, which no telephone in use sends.
    Compressed,
}

/// What the data coding scheme says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Coding {
    /// How to read the characters.
    pub alphabet: Alphabet,
    /// Class 0: shown at once and not kept.
    pub is_flash: bool,
}

impl Coding {
    /// Reads the octet. A reserved value is the default alphabet (§4).
    #[must_use]
    pub fn of(scheme: u8) -> Self {
        let alphabet = match scheme >> 4 {
            0x0..=0x7 if scheme & 0x20 != 0 => Alphabet::Compressed,
            0x0..=0x7 => by_bits(scheme >> 2 & 0b11),
            0xE => Alphabet::Ucs2,
            0xF => by_bits(scheme >> 2 & 0b01),
            _ => Alphabet::Gsm7,
        };
        let has_class = match scheme >> 4 {
            0x0..=0x7 => scheme & 0x10 != 0,
            group => group == 0xF,
        };
        Self { alphabet, is_flash: has_class && scheme & 0b11 == 0 }
    }

    /// The octet of general data coding. What is compressed is never written.
    pub(super) fn scheme(self) -> u8 {
        let bits = match self.alphabet {
            Alphabet::Gsm7 | Alphabet::Compressed => 0x00,
            Alphabet::Octets => 0x04,
            Alphabet::Ucs2 => 0x08,
        };
        bits | if self.is_flash { 0x10 } else { 0 }
    }
}

fn by_bits(bits: u8) -> Alphabet {
    match bits {
        0b01 => Alphabet::Octets,
        0b10 => Alphabet::Ucs2,
        _ => Alphabet::Gsm7,
    }
}
