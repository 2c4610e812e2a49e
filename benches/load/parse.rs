//! How many SIP messages one core reads in a second. Reading waits for nothing, so that whatever else
//! the machine does can only slow it: the fastest of many short windows counts.

use crate::messages;
use mayorline::wire::sip::{Framing, Message};
use std::hint::black_box;
use std::time::{Duration, Instant};

const WINDOW_TIME: Duration = Duration::from_millis(200);
const WINDOWS: usize = 25;
/// Messages between two looks at the clock.
const TURN: u32 = 256;

/// Messages a second.
pub(crate) struct Rate {
    /// In the fastest window.
    pub(crate) fastest: f64,
    /// In the middle one: how far the machine was disturbed.
    pub(crate) median: f64,
}

/// Name and rate of each kind of message.
pub(crate) fn rates() -> Vec<(&'static str, Rate)> {
    let kinds = [
        ("short", messages::short()),
        ("compact", messages::compact()),
        ("long", messages::long()),
        ("torture", messages::torture()),
    ];
    kinds.into_iter().map(|(name, bytes)| (name, rate(&bytes))).collect()
}

fn rate(bytes: &[u8]) -> Rate {
    assert!(Message::parse(bytes, Framing::Datagram).is_ok(), "the message must read");
    let mut windows: Vec<f64> = (0..WINDOWS).map(|_| window(bytes)).collect();
    let median = crate::median(&mut windows);
    Rate { fastest: windows.iter().copied().fold(0.0, f64::max), median }
}

fn window(bytes: &[u8]) -> f64 {
    let (started, mut read) = (Instant::now(), 0_u32);
    while started.elapsed() < WINDOW_TIME {
        for _ in 0..TURN {
            let _ = black_box(Message::parse(black_box(bytes), Framing::Datagram));
        }
        read += TURN;
    }
    f64::from(read) / started.elapsed().as_secs_f64()
}
