//! Keys, each counted once, however they come: RFC 4733 events with their repeats, SIP INFO, and
//! tones in the audio. In-band tones count only until one of the other ways was seen on the leg.

use crate::units::Digit;
use crate::wire::telephone_event::TelephoneEvent;
use std::time::{Duration, Instant};

/// The same key by another way within this time is the same press.
pub const SAME_PRESS: Duration = Duration::from_secs(1);
/// Presses and events that are remembered to tell repeats.
pub const REMEMBERED: usize = 16;
/// An event without marker this soon after the last one's end goes on with it: 20 ms.
const CONTINUES_SAMPLES: u32 = 160;
/// Longest SIP INFO body that is read.
pub const INFO_BYTES_MAX: usize = 256;

/// How a key came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// RFC 4733 in RTP.
    Event,
    /// SIP INFO.
    Info,
    /// Tones in the audio.
    Tone,
}

#[derive(Debug, Clone, Copy)]
struct Press {
    digit: Digit,
    at: Instant,
    /// The ways that have told of it.
    ways: [bool; 3],
}

#[derive(Debug, Clone, Copy)]
struct Event {
    source: u32,
    timestamp: u32,
    code: u8,
    duration: u16,
    ended: bool,
}

/// The keys of one leg.
#[derive(Debug, Clone, Default)]
pub struct Digits {
    presses: [Option<Press>; REMEMBERED],
    press_at: usize,
    events: [Option<Event>; REMEMBERED],
    event_at: usize,
    /// RFC 4733 or INFO was seen: tones are not listened to any more.
    signalled: bool,
}

impl Digits {
    /// No key yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether tones in the audio still count.
    #[must_use]
    pub fn listens_to_tones(&self) -> bool {
        !self.signalled
    }

    /// An RFC 4733 packet from source `source`. The key is told with its first packet that
    /// arrives, whichever of them that is.
    pub fn event(
        &mut self,
        now: Instant,
        source: u32,
        (timestamp, marker): (u32, bool),
        event: &TelephoneEvent,
    ) -> Option<Digit> {
        let digit = Digit::from_event(event.event)?;
        self.signalled = true;
        if self.is_known(source, timestamp, event)
            || self.continues(source, timestamp, marker, event)
        {
            return None;
        }
        let duration = event.duration;
        self.remember(Event { source, timestamp, code: event.event, duration, ended: event.end });
        self.press(now, digit, Way::Event)
    }

    /// A repeat or a later state of an event that was counted (same timestamp, RFC 4733 §2.5.1.2).
    fn is_known(&mut self, source: u32, timestamp: u32, event: &TelephoneEvent) -> bool {
        let known = self.events.iter_mut().flatten();
        let mut known = known.filter(|e| e.source == source && e.timestamp == timestamp);
        let Some(known) = known.find(|e| e.code == event.event) else { return false };
        known.ended |= event.end;
        known.duration = known.duration.max(event.duration);
        true
    }

    /// RFC 4733 §2.5.1.3: a press longer than 65,535 samples goes on in an event that begins where
    /// the last one stopped, without marker. Some phones also move the timestamp on while the
    /// key is held.
    fn continues(
        &mut self,
        source: u32,
        timestamp: u32,
        marker: bool,
        event: &TelephoneEvent,
    ) -> bool {
        let last = self.event_at.checked_sub(1).unwrap_or(REMEMBERED - 1);
        let Some(last) = self.events.get_mut(last).and_then(Option::as_mut) else { return false };
        let since = timestamp.wrapping_sub(last.timestamp);
        let on = !marker
            && !last.ended
            && (last.source, last.code) == (source, event.event)
            && since <= u32::from(last.duration) + CONTINUES_SAMPLES;
        if on {
            *last = Event { timestamp, duration: event.duration, ended: event.end, ..*last };
        }
        on
    }

    fn remember(&mut self, event: Event) {
        self.events[self.event_at] = Some(event);
        self.event_at = (self.event_at + 1) % REMEMBERED;
    }

    /// A key by SIP INFO.
    pub fn info(&mut self, now: Instant, digit: Digit) -> Option<Digit> {
        self.signalled = true;
        self.press(now, digit, Way::Info)
    }

    /// A key by tones.
    pub fn tone(&mut self, now: Instant, digit: Digit) -> Option<Digit> {
        if self.signalled { None } else { self.press(now, digit, Way::Tone) }
    }

    /// Tells the key unless another way already told of this press; then that press is marked, so
    /// that a second press of the same key is not swallowed.
    fn press(&mut self, now: Instant, digit: Digit, way: Way) -> Option<Digit> {
        let fits = |p: &&mut Press| {
            p.digit == digit
                && !p.ways[way as usize]
                && now.saturating_duration_since(p.at) <= SAME_PRESS
        };
        let presses = self.presses.iter_mut().flatten();
        if let Some(told) = presses.filter(fits).min_by_key(|p| p.at) {
            told.ways[way as usize] = true;
            return None;
        }
        let mut ways = [false; 3];
        ways[way as usize] = true;
        self.presses[self.press_at] = Some(Press { digit, at: now, ways });
        self.press_at = (self.press_at + 1) % REMEMBERED;
        Some(digit)
    }
}

/// The key in the body of a SIP INFO: `Signal=5` of application/dtmf-relay, or the bare key of
/// application/dtmf. `content_type` is in lower case and without parameters.
///
/// ```
/// use mayorline::media::digits::info_digit;
/// let body = b"Signal=*\r\nDuration=160\r\n";
/// assert_eq!(info_digit("application/dtmf-relay", body).map(|d| d.as_char()), Some('*'));
/// assert_eq!(info_digit("application/dtmf", b"5").map(|d| d.as_char()), Some('5'));
/// ```
#[must_use]
pub fn info_digit(content_type: &str, body: &[u8]) -> Option<Digit> {
    let text = std::str::from_utf8(body.get(..body.len().min(INFO_BYTES_MAX))?).ok()?;
    let key = match content_type {
        "application/dtmf-relay" => text.lines().find_map(signal)?,
        "application/dtmf" => text.trim(),
        _ => return None,
    };
    key_named(key)
}

fn signal(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(['=', ':'])?;
    name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
}

/// Keys as they are written: the character itself, or 10 and 11 for `*` and `#` (RFC 4733 codes).
fn key_named(key: &str) -> Option<Digit> {
    let mut chars = key.chars();
    match (chars.next()?, chars.next()) {
        (c, None) => Digit::new(c),
        _ => Digit::from_event(key.parse().ok().filter(|&code| code >= 10)?),
    }
}
