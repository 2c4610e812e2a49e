//! How many SIP messages one core reads in a second.

use crate::messages;
use mayorline::wire::sip::{Framing, Message};
use std::hint::black_box;
use std::time::{Duration, Instant};

const LOOP_TIME: Duration = Duration::from_secs(1);
const WINDOWS: usize = 3;
/// Messages between two looks at the clock.
const TURN: u32 = 256;

/// Name and messages a second (median of the windows) of each kind of message.
pub(crate) fn rates() -> Vec<(&'static str, f64)> {
    let kinds = [
        ("short", messages::short()),
        ("compact", messages::compact()),
        ("long", messages::long()),
        ("torture", messages::torture()),
    ];
    kinds.into_iter().map(|(name, bytes)| (name, rate(&bytes))).collect()
}

fn rate(bytes: &[u8]) -> f64 {
    assert!(Message::parse(bytes, Framing::Datagram).is_ok(), "the message must read");
    let mut windows: Vec<f64> = (0..WINDOWS).map(|_| window(bytes)).collect();
    crate::median(&mut windows)
}

fn window(bytes: &[u8]) -> f64 {
    let (started, mut read) = (Instant::now(), 0_u32);
    while started.elapsed() < LOOP_TIME {
        for _ in 0..TURN {
            let _ = black_box(Message::parse(black_box(bytes), Framing::Datagram));
        }
        read += TURN;
    }
    f64::from(read) / started.elapsed().as_secs_f64()
}
