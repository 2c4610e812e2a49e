//! Bar A10: RFC 4733, SIP INFO and tones together; each press once.

use crate::audio::seeded;
use mayorline::media::digits::{Digits, info_digit};
use mayorline::units::Digit;
use mayorline::wire::telephone_event::TelephoneEvent;
use rand::RngExt;
use rand::seq::SliceRandom;
use std::time::{Duration, Instant};

const SEED: u64 = 0x4733;
const DIGITS: usize = 2_000;
const LOSS: f64 = 0.03;
const SOURCE: u32 = 7;
/// A press as most phones send it: five updates and three ends, 20 ms apart, then a pause.
const UPDATES: u16 = 5;
const ENDS: u16 = 3;
const PRESS_SAMPLES: u32 = 8 * 160 + 800;

fn start() -> Instant {
    // The only clock of these tests; it is never read again.
    #[allow(clippy::disallowed_methods)]
    Instant::now()
}

fn digit(c: char) -> Digit {
    Digit::new(c).unwrap()
}

/// The packets of one press: timestamp, marker, event.
fn press(timestamp: u32, code: u8) -> Vec<(u32, bool, TelephoneEvent)> {
    (0..UPDATES + ENDS)
        .map(|n| {
            let duration = 160 * (n + 1).min(UPDATES);
            let event = TelephoneEvent { event: code, end: n >= UPDATES, volume: 10, duration };
            (timestamp, n == 0, event)
        })
        .collect()
}

#[test]
fn two_thousand_keys_at_three_percent_loss_each_once() {
    let mut rng = seeded(SEED);
    let now = start();
    let (mut digits, mut pressed, mut heard) = (Digits::new(), Vec::new(), Vec::new());
    let mut timestamp = u32::MAX - 100_000;
    for n in 0..DIGITS {
        let code = rng.random_range(0..16);
        pressed.push(Digit::from_event(code).unwrap());
        let at = now + Duration::from_millis(260 * n as u64);
        for (timestamp, marker, event) in press(timestamp, code) {
            if !rng.random_bool(LOSS) {
                heard.extend(digits.event(at, SOURCE, (timestamp, marker), &event));
            }
        }
        timestamp = timestamp.wrapping_add(PRESS_SAMPLES);
    }
    assert_eq!(heard, pressed);
}

#[test]
fn lost_starts_lost_ends_doubles_and_any_order_count_once() {
    let mut rng = seeded(SEED);
    let now = start();
    for round in 0..2_000 {
        let mut digits = Digits::new();
        let codes: [u8; 3] = std::array::from_fn(|_| rng.random_range(0..12));
        let mut packets: Vec<_> = Vec::new();
        for (n, &code) in (0_u32..).zip(&codes) {
            let mut one = press(n * PRESS_SAMPLES, code);
            match round % 4 {
                0 => drop(one.drain(..6)),
                1 => one.truncate(5),
                2 => one.extend(one.clone()),
                _ => {}
            }
            packets.extend(one);
        }
        if round % 4 == 3 {
            // Packets of a press swap with those of the next one.
            packets[4..12].shuffle(&mut rng);
        }
        let heard: Vec<_> = packets
            .iter()
            .filter_map(|(t, marker, event)| digits.event(now, SOURCE, (*t, *marker), event))
            .collect();
        let mut wanted: Vec<_> = codes.iter().filter_map(|&c| Digit::from_event(c)).collect();
        let mut sorted = heard.clone();
        if round % 4 == 3 {
            wanted.sort();
            sorted.sort();
        }
        assert_eq!(sorted, wanted, "round {round}: {heard:?}");
    }
}

#[test]
fn a_press_in_segments_or_with_a_moving_timestamp_counts_once() {
    let now = start();
    let mut digits = Digits::new();
    let event = |end, duration| TelephoneEvent { event: 1, end, volume: 10, duration };
    let mut count = |timestamp, marker, event: TelephoneEvent| {
        usize::from(digits.event(now, SOURCE, (timestamp, marker), &event).is_some())
    };
    let mut heard = count(0, true, event(false, 160));
    heard += count(0, false, event(false, u16::MAX));
    heard += count(65_535, false, event(false, 160));
    heard += count(65_535, false, event(true, 320));
    assert_eq!(heard, 1);
    // The same key right after it is another press.
    assert_eq!(count(66_500, true, event(false, 160)), 1);
}

#[test]
fn one_press_by_all_ways_counts_once_and_two_count_twice() {
    let start = start();
    let at = |ms| start + Duration::from_millis(ms);
    let mut digits = Digits::new();
    let event = |t: u32| {
        let event = TelephoneEvent { event: 5, end: false, volume: 10, duration: 160 };
        ((t, true), event)
    };
    let five = digit('5');
    let mut heard = 0;
    let mut tell = |told: Option<Digit>| heard += usize::from(told == Some(five));
    tell(digits.tone(at(0), five));
    let (stamp, first) = event(0);
    tell(digits.event(at(30), SOURCE, stamp, &first));
    tell(digits.info(at(90), five));
    // Once more, quickly; the INFO of it comes last, and the tone is not listened to any more.
    let (stamp, second) = event(1_600);
    tell(digits.event(at(200), SOURCE, stamp, &second));
    tell(digits.tone(at(210), five));
    tell(digits.info(at(400), five));
    assert_eq!(heard, 2);
    assert!(!digits.listens_to_tones());
    // A key that only INFO told.
    assert_eq!(digits.info(at(3_000), five), Some(five));
    assert_eq!(digits.info(at(3_200), five), Some(five));
}

#[test]
fn info_bodies_as_phones_write_them() {
    for (kind, body, wanted) in [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
        ("application/dtmf-relay", "signal = #\nDuration = 250", Some('#')),
        ("application/dtmf-relay", "Duration=100\r\nSignal=10\r\n", Some('*')),
        ("application/dtmf-relay", "Signal: d", Some('D')),
        ("application/dtmf", " 7\r\n", Some('7')),
        ("application/dtmf", "11", Some('#')),
        ("application/dtmf", "99", None),
        ("application/dtmf-relay", "Signal=\r\n", None),
        ("text/plain", "5", None),
    ] {
        let heard = info_digit(kind, body.as_bytes()).map(Digit::as_char);
        assert_eq!(heard, wanted, "{kind} {body:?}");
    }
    assert_eq!(info_digit("application/dtmf", &[0xFF; 400]), None);
}
