//! The time stamp of a service centre (TS 23.040 §9.2.3.11).

use super::octets::Octets;
use crate::wire::WireError;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Octets of a time stamp.
const LENGTH: usize = 7;
/// The sign of the zone: bit 3 of its octet.
const BEHIND: u8 = 0x08;
const SECONDS_OF_QUARTER: i32 = 15 * 60;

/// What a time stamp said; modems and centres with a wrong clock are common, so it orders nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceTime {
    /// The seven octets as they came: they tell two equal texts apart.
    pub octets: [u8; LENGTH],
    /// What they say; `None` where that is no time.
    pub at: Option<Timestamp>,
}

impl ServiceTime {
    pub(super) fn read(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        const SHORT: WireError = WireError::Malformed("short message time");
        let octets: [u8; LENGTH] = octets.take(LENGTH)?.try_into().map_err(|_| SHORT)?;
        Ok(Self { octets, at: instant(octets) })
    }
}

/// Year to second in swapped decimal half octets, then the zone in quarters of an hour. The century
/// is this one: the first short message was sent in 1992.
fn instant(octets: [u8; LENGTH]) -> Option<Timestamp> {
    let [year, month, day, hour, minute, second, zone] = octets;
    let [month, day, hour, minute, second] =
        [month, day, hour, minute, second].map(|octet| number(octet).unwrap_or(i8::MAX));
    let year = 2000 + i16::from(number(year)?);
    let quarters = i32::from(number(zone & !BEHIND)?);
    let seconds = quarters * SECONDS_OF_QUARTER * if zone & BEHIND == 0 { 1 } else { -1 };
    let offset = Offset::from_seconds(seconds).ok()?;
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    offset.to_timestamp(civil).ok()
}

/// Two decimal digits, the first in the low half.
fn number(octet: u8) -> Option<i8> {
    let (tens, ones) = (octet & 0xF, octet >> 4);
    if tens > 9 || ones > 9 { None } else { i8::try_from(tens * 10 + ones).ok() }
}
