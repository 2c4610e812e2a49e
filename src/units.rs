//! The words that every room speaks: numbers and ids as newtypes with `parse`, and nothing else.

use std::fmt;
use std::str::FromStr;

/// A value that was refused by one of the parsers here. Names the kind, never the value: it may
/// be a citizen's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidUnit(pub &'static str);

/// Full-width digits and Latin letters (as typed on Chinese keyboards) to ASCII; others unchanged.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// A telephone number: 3 to 20 digits, without the country code 86.
///
/// `Debug` and [`PhoneNumber::masked`] hide the middle; only [`PhoneNumber::as_str`] shows it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Longest number that is taken (E.164 allows 15; room for a trunk prefix).
    pub const DIGITS_MAX: usize = 20;
    /// Shortest number that is taken (110, 119, 120).
    pub const DIGITS_MIN: usize = 3;

    /// Reads a number as people and carriers write it: `+86`, `0086`, blanks, dashes, brackets and
    /// full-width digits are understood; anything else is refused.
    ///
    /// ```
    /// use mayorline::units::PhoneNumber;
    /// assert_eq!(PhoneNumber::parse("+86 199-0000-0017")?.as_str(), "19900000017");
    /// assert!(PhoneNumber::parse("anonymous").is_err());
    /// # Ok::<(), mayorline::units::InvalidUnit>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        const REFUSED: InvalidUnit = InvalidUnit("telephone number");
        let mut plus = false;
        let mut digits = String::with_capacity(text.len().min(Self::DIGITS_MAX + 4));
        for c in text.trim().chars().map(half_width) {
            match c {
                '0'..='9' if digits.len() < Self::DIGITS_MAX + 4 => digits.push(c),
                '+' if digits.is_empty() && !plus => plus = true,
                ' ' | '-' | '.' | '(' | ')' => {}
                _ => return Err(REFUSED),
            }
        }
        let national = match (plus, digits.strip_prefix("0086"), digits.strip_prefix("86")) {
            (false, Some(rest), _) | (true, _, Some(rest)) => national_form(rest),
            (false, None, Some(rest)) if rest.len() == 11 && rest.starts_with('1') => {
                rest.to_owned()
            }
            // Abroad, as it would be dialled: +1 990 … must not be taken for a mobile number.
            (true, ..) if !digits.starts_with('0') => format!("00{digits}"),
            _ => digits,
        };
        if (Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&national.len()) {
            Ok(Self(national))
        } else {
            Err(REFUSED)
        }
    }

    /// The digits in clear. Never for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For logs and lists: `199****0017`, short numbers `***`.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.0.len() {
            0..=7 => "***".to_owned(),
            n => format!("{}****{}", &self.0[..3], &self.0[n - 4..]),
        }
    }

    /// The last four digits, for "尾号"; fewer when the number is shorter.
    #[must_use]
    pub fn tail4(&self) -> &str {
        &self.0[self.0.len().saturating_sub(4)..]
    }

    /// A Chinese mobile number: eleven digits that begin with 1.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.0.len() == 11 && self.0.starts_with('1')
    }
}

/// After +86 a mobile number stands as it is; a landline lost the 0 of its area code.
fn national_form(rest: &str) -> String {
    if rest.starts_with('1') || rest.starts_with('0') || rest.len() < 9 {
        rest.to_owned()
    } else {
        format!("0{rest}")
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// An eleven-digit case number (事项编号): `YYMMDD`, a four-digit sequence of that day, and the
/// check digit of ISO 7064 MOD 11,10. Its first digit is never 1 before 2100, so it is not taken
/// for a mobile number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseNumber(u64);

/// As its eleven digits.
impl serde::Serialize for CaseNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl CaseNumber {
    /// Digits of a case number.
    pub const LEN: usize = 11;
    /// The last sequence number of a day; one more is refused loudly.
    pub const SEQUENCE_MAX: u16 = 9999;

    /// The number of the `sequence`-th case of a local day. `year` is of the 21st century from
    /// 2020 on; `None` when a part is out of its range.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8, sequence: u16) -> Option<Self> {
        let in_range = (2020..2100).contains(&year)
            && (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && (1..=Self::SEQUENCE_MAX).contains(&sequence);
        if !in_range {
            return None;
        }
        let date = u64::try_from(i32::from(year) - 2000).ok()? * 10_000
            + u64::try_from(month).ok()? * 100
            + u64::try_from(day).ok()?;
        let body = date * 10_000 + u64::from(sequence);
        Some(Self(body * 10 + check_digit(&format!("{body:010}"))))
    }

    /// Reads eleven digits (full-width too) and verifies the check digit.
    ///
    /// ```
    /// use mayorline::units::CaseNumber;
    /// assert!(CaseNumber::parse("26112200131").is_ok());
    /// assert!(CaseNumber::parse("26112200132").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        const REFUSED: InvalidUnit = InvalidUnit("case number");
        let digits: String = text.trim().chars().map(half_width).collect();
        if digits.len() != Self::LEN || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(REFUSED);
        }
        let value: u64 = digits.parse().map_err(|_| REFUSED)?;
        if check_digit(&digits[..Self::LEN - 1]) == value % 10 {
            Ok(Self(value))
        } else {
            Err(REFUSED)
        }
    }

    /// The number as an integer, as it is stored.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The sequence number within its day.
    #[must_use]
    pub fn sequence(self) -> u64 {
        self.0 / 10 % 10_000
    }

    /// `YYMMDD` as an integer.
    #[must_use]
    pub fn day(self) -> u64 {
        self.0 / 100_000
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011}", self.0)
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// ISO 7064 MOD 11,10 over ASCII digits.
fn check_digit(body: &str) -> u64 {
    let product = body.bytes().fold(10_u64, |product, digit| {
        let sum = (product + u64::from(digit - b'0')) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}

/// The four-digit query code (查询码) that goes with a case number. Secret: `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct QueryCode(u16);

impl QueryCode {
    /// Digits of a query code.
    pub const LEN: usize = 4;

    /// The code for a number below 10,000.
    #[must_use]
    pub fn new(value: u16) -> Option<Self> {
        (value < 10_000).then_some(Self(value))
    }

    /// Reads exactly four digits, full-width too.
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        const REFUSED: InvalidUnit = InvalidUnit("query code");
        let digits: String = text.trim().chars().map(half_width).collect();
        if digits.len() != Self::LEN || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(REFUSED);
        }
        digits.parse().map(Self).map_err(|_| REFUSED)
    }

    /// The four digits in clear: to be told to the citizen, never to a log.
    #[must_use]
    pub fn reveal(self) -> String {
        format!("{:04}", self.0)
    }
}

impl fmt::Debug for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// Names one telephone call for ever: gateway, milliseconds since 1970 and a running number, so it
/// is unique across gateways and restarts and sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct CallId(String);

impl CallId {
    /// The id of the `serial`-th call that gateway `gateway` takes in the process started so that
    /// now is `unix_ms`. The gateway's name is one to eight ASCII letters or digits.
    #[must_use]
    pub fn new(gateway: &str, unix_ms: u64, serial: u32) -> Self {
        Self(format!("{gateway}-{unix_ms:012x}-{serial:04x}"))
    }

    /// Reads what [`CallId::as_str`] gave: letters, digits and dashes, at most 40.
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        let legal = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if legal { Ok(Self(text.to_owned())) } else { Err(InvalidUnit("call id")) }
    }

    /// Whether the call began at `unix_ms` or later; an id that tells no time says no.
    #[must_use]
    pub fn is_since(&self, unix_ms: i64) -> bool {
        let began = self.0.rsplit('-').nth(1).map(|ms| i64::from_str_radix(ms, 16));
        matches!(began, Some(Ok(began)) if began >= unix_ms)
    }

    /// The id as it stands in the store and in file names.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One party's half of a call, unique within the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg-{}", self.0)
    }
}

/// A seat's number (工号), 3 to 6 digits: what a phone registers as and what citizens hear (G05).
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct SeatNumber(String);

impl SeatNumber {
    /// Three to six ASCII digits; the first is not 0, which is a trunk prefix in China, nor 1, which
    /// begins mobile numbers and the emergency services.
    ///
    /// ```
    /// use mayorline::units::SeatNumber;
    /// assert!(SeatNumber::parse("801").is_ok());
    /// assert!(["80", "8000001", "110", "012", "8a1"].iter().all(|n| SeatNumber::parse(n).is_err()));
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidUnit> {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let first = text.as_bytes().first().is_some_and(|first| !matches!(first, b'0' | b'1'));
        if (3..=6).contains(&text.len()) && digits && first {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidUnit("seat number"))
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SeatNumber> for String {
    fn from(seat: SeatNumber) -> Self {
        seat.0
    }
}

impl fmt::Display for SeatNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One offer of a waiting call to a seat; never used again for another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct OfferId(pub u64);

/// One party of a conversation (citizen, operator, department …), numbered within its call.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct PartyId(pub u32);

/// A key of the telephone keypad: `0`-`9`, `*` (米字键), `#` (井字键) or `A`-`D`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digit(char);

impl Digit {
    /// The sixteen keys in the order of their RFC 4733 event codes.
    pub const ALL: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

    /// The key for a character, lower-case letters too.
    #[must_use]
    pub fn new(c: char) -> Option<Self> {
        let c = c.to_ascii_uppercase();
        Self::ALL.contains(&c).then_some(Self(c))
    }

    /// The key for an RFC 4733 event code 0 to 15.
    #[must_use]
    pub fn from_event(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).map(|&c| Self(c))
    }

    /// The character on the key.
    #[must_use]
    pub fn as_char(self) -> char {
        self.0
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! from_str {
    ($($unit:ty),*) => {$(
        impl FromStr for $unit {
            type Err = InvalidUnit;
            fn from_str(text: &str) -> Result<Self, InvalidUnit> {
                Self::parse(text)
            }
        }
    )*};
}
from_str!(PhoneNumber, CaseNumber, QueryCode, CallId, SeatNumber);

macro_rules! try_from_string {
    ($($unit:ty),*) => {$(
        impl TryFrom<String> for $unit {
            type Error = InvalidUnit;
            fn try_from(text: String) -> Result<Self, InvalidUnit> {
                Self::parse(&text)
            }
        }
    )*};
}

try_from_string!(PhoneNumber, CallId, SeatNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_match_the_golden_vectors() {
        for (body, digit) in [
            ("2611220001", 2),
            ("2611220013", 1),
            ("2611229999", 1),
            ("2602140128", 8),
            ("2609240007", 5),
            ("2610080102", 9),
            ("0794", 5), // the worked example of ISO 7064
        ] {
            assert_eq!(check_digit(body), digit, "{body}");
        }
    }

    #[test]
    fn case_number_reads_back_what_it_writes() {
        let number = CaseNumber::new(2026, 11, 22, 13).unwrap();
        assert_eq!(number.to_string(), "26112200131");
        assert_eq!(CaseNumber::parse("２６１１２２００１３１"), Ok(number));
        assert_eq!((number.day(), number.sequence()), (261_122, 13));
        assert!(CaseNumber::new(2026, 11, 22, 10_000).is_none());
    }

    #[test]
    fn every_single_digit_error_is_found() {
        let number = CaseNumber::new(2026, 2, 14, 128).unwrap().to_string();
        for at in 0..CaseNumber::LEN {
            for wrong in b'0'..=b'9' {
                let mut bytes = number.clone().into_bytes();
                if bytes[at] != wrong {
                    bytes[at] = wrong;
                    assert!(CaseNumber::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
                }
            }
        }
    }

    #[test]
    fn phone_numbers_as_carriers_write_them() {
        for (written, digits) in [
            ("19900000017", "19900000017"),
            ("+8619900000017", "19900000017"),
            ("008619900000017", "19900000017"),
            ("8619900000017", "19900000017"),
            ("１９９ ００００ ００１７", "19900000017"),
            ("+865370000000", "05370000000"),
            ("+1 (999) 555-0100", "0019995550100"),
            ("+85299990000", "0085299990000"),
            ("(0537) 000-0000", "05370000000"),
            ("110", "110"),
        ] {
            assert_eq!(PhoneNumber::parse(written).unwrap().as_str(), digits, "{written}");
        }
        for refused in ["", "12", "anonymous", "1e5", "123456789012345678901", "+"] {
            assert!(PhoneNumber::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let phone = PhoneNumber::parse("19900000017").unwrap();
        let code = QueryCode::parse("4821").unwrap();
        assert_eq!(format!("{phone:?} {code:?}"), "199****0017 ****");
        assert_eq!(code.reveal(), "4821");
    }
}
