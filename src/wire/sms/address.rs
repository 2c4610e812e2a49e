//! Who sends or receives (TS 23.040 §9.1.2.5): a number in swapped half octets, or a name. Whom a text
//! goes to is always a number.

use super::gsm7;
use super::octets::Octets;
use crate::wire::WireError;
use std::fmt;

/// Longest number (§9.1.2.5: 12 octets with length and type).
const DIGITS_MAX: usize = 20;
/// The digits of the half octets 0 to 14; 15 fills up an odd number.
const DIGITS: [u8; 15] = *b"0123456789*#abc";

/// Type of number "international" in a type-of-address octet with its highest bit set.
const INTERNATIONAL: u8 = 0x90;
/// The same of an alphanumeric one.
const ALPHANUMERIC: u8 = 0xD0;
/// The bits of the type of number.
const TYPE: u8 = 0xF0;
/// Type of number unknown, numbering plan of telephones: national numbers and short codes.
const TELEPHONE: u8 = 0x81;
/// International, numbering plan of telephones.
const INTERNATIONAL_TELEPHONE: u8 = 0x91;

/// The half octet that fills up an odd number; nothing of a number stands behind it.
const FILLER: u8 = 0xF;

/// A number or name with its type, as it came. `Debug` masks it: it is a citizen's.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The octet of type and numbering plan as it came.
    type_of_address: u8,
    /// Digits without `+`, or a name.
    value: String,
}

/// A number that a text can be sent to. `Debug` masks it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Destination(Address);

impl Destination {
    /// A number, international when it begins with `+`. `None` for anything but 1 to 20 digits, `*`
    /// and `#` behind it.
    ///
    /// ```
    /// use mayorline::wire::sms::Destination;
    /// assert!(Destination::number("+8619900000001").is_some());
    /// assert_eq!(Destination::number("CMCC"), None);
    /// ```
    #[must_use]
    pub fn number(dialled: &str) -> Option<Self> {
        let (type_of_address, digits) = match dialled.strip_prefix('+') {
            Some(digits) => (INTERNATIONAL_TELEPHONE, digits),
            None => (TELEPHONE, dialled),
        };
        let legal = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'*' | b'#');
        let fits = (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(legal);
        fits.then(|| Self(Address { type_of_address, value: digits.to_owned() }))
    }

    /// Where somebody is answered who wrote from there; `None` for a name and what nobody can dial.
    #[must_use]
    pub fn answering(origin: &Address) -> Option<Self> {
        if origin.is_name() { None } else { Self::number(&origin.dialled()) }
    }

    /// As it would be dialled, with `+` before an international number.
    #[must_use]
    pub fn dialled(&self) -> String {
        self.0.dialled()
    }

    /// A number as [`Address::read`] reads it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let Address { type_of_address, value } = &self.0;
        let half_octet = |byte: &u8| {
            let place = DIGITS.iter().position(|digit| digit == byte);
            place.and_then(|place| u8::try_from(place).ok()).unwrap_or(FILLER)
        };
        out.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
        out.push(*type_of_address);
        for pair in value.as_bytes().chunks(2) {
            let low = pair.first().map_or(FILLER, half_octet);
            let high = pair.get(1).map_or(FILLER, half_octet);
            out.push(high << 4 | low);
        }
    }
}

impl Address {
    /// As it would be dialled, with `+` before an international number; a name as it is.
    #[must_use]
    pub fn dialled(&self) -> String {
        let plus = if self.type_of_address & TYPE == INTERNATIONAL { "+" } else { "" };
        format!("{plus}{}", self.value)
    }

    /// Whether it is a name ("10086" is not one): nobody can be answered there.
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.type_of_address & TYPE == ALPHANUMERIC
    }

    /// Length in half octets, type, value.
    pub(super) fn read(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let half_octets = usize::from(octets.byte()?);
        let type_of_address = octets.byte()?;
        if half_octets > DIGITS_MAX {
            return Err(WireError::TooLarge("short message address"));
        }
        let packed = octets.take(half_octets.div_ceil(2))?;
        let value = if type_of_address & TYPE == ALPHANUMERIC {
            gsm7::text(&gsm7::unpack(packed, half_octets * 4 / 7)).text
        } else {
            digits(packed, half_octets)
        };
        Ok(Self { type_of_address, value })
    }
}

/// The digits of at most so many half octets. Some centres count the filler too: it ends a number.
fn digits(packed: &[u8], count: usize) -> String {
    let half_octets = packed.iter().flat_map(|octet| [octet & 0xF, octet >> 4]).take(count);
    let digit = |half: u8| DIGITS.get(usize::from(half)).copied().map(char::from);
    half_octets.map_while(digit).collect()
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Address({:#04x}, {} characters)",
            self.type_of_address,
            self.value.chars().count()
        )
    }
}
