//! RFC 4733 telephone events: four bytes that say which key is held, for how long, and whether it
//! was let go.

use super::WireError;

/// Length of one event.
pub const EVENT_LEN: usize = 4;

/// One state of one key press (RFC 4733 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// 0-9 digits, 10 `*`, 11 `#`, 12-15 A-D, more for other signals.
    pub event: u8,
    /// The key was let go; sent three times.
    pub end: bool,
    /// Power below 0 dBm0 in dB, 0 to 63.
    pub volume: u8,
    /// Length so far in samples.
    pub duration: u16,
}

/// Reads the payload of a packet: the first event in it (several are legal, §2.5.1.5, the newest
/// first).
///
/// ```
/// use mayorline::wire::telephone_event;
/// let event = telephone_event::parse(&[5, 0x8A, 3, 0x20])?;
/// assert_eq!((event.event, event.end, event.volume, event.duration), (5, true, 10, 800));
/// # Ok::<(), mayorline::wire::WireError>(())
/// ```
///
/// # Errors
/// `Malformed` when shorter than four bytes.
pub fn parse(payload: &[u8]) -> Result<TelephoneEvent, WireError> {
    let Some(&[event, flags, high, low]) = payload.first_chunk::<EVENT_LEN>() else {
        return Err(WireError::Malformed("telephone event"));
    };
    Ok(TelephoneEvent {
        event,
        end: flags & 0x80 != 0,
        volume: flags & 0x3F,
        duration: u16::from_be_bytes([high, low]),
    })
}

impl TelephoneEvent {
    /// The payload. A volume above 63 is written as 63.
    #[must_use]
    pub fn write(&self) -> [u8; EVENT_LEN] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, (u8::from(self.end) << 7) | self.volume.min(63), high, low]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    const SEED: u64 = 0x4733;

    #[test]
    fn any_bytes_parse_or_are_refused_and_write_back() {
        let mut rng = SmallRng::seed_from_u64(SEED);
        for _ in 0..10_000 {
            let bytes: [u8; 6] = rng.random();
            let payload = &bytes[..rng.random_range(0..=6)];
            match parse(payload) {
                Ok(event) => {
                    // The reserved bit (§2.3.3) is ignored by receivers and written as zero.
                    let wanted = [bytes[0], bytes[1] & 0xBF, bytes[2], bytes[3]];
                    assert_eq!(event.write(), wanted);
                }
                Err(error) => {
                    assert!(payload.len() < EVENT_LEN);
                    assert_eq!(error, WireError::Malformed("telephone event"));
                }
            }
        }
    }
}
