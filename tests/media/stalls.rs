//! A media thread that the machine holds up for a while, as a loaded host does.

#![allow(clippy::disallowed_methods)] // Real threads keep real time.

use crate::audio::{packet, seeded};
use crate::threads::{Phone, Threads};
use mayorline::gateway::clock::Clock;
use mayorline::gateway::media::{MediaCommand, PortRange};
use mayorline::media::room::Hearing;
use mayorline::units::LegId;
use mayorline::wire::rtp;
use rand::RngExt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_millis(20);
/// Frames before the thread is held, while it is, and afterwards.
const BEFORE: u16 = 20;
const HELD: u16 = 5;
const AFTER: u16 = 20;

/// Who has this holds every thread that reads the clock.
static HOLD: Mutex<()> = Mutex::new(());

fn held_clock() -> Instant {
    drop(HOLD.lock());
    Instant::now()
}

/// Sends the frames of these numbers, each 20 ms after the one before.
fn speak(phone: &Phone, said: &[Vec<u8>], numbers: std::ops::Range<u16>, began: Instant) {
    for number in numbers {
        let codes = &said[usize::from(number)];
        let bytes = packet(8, number, u32::from(number) * 160, 9, codes);
        phone.socket.send_to(&bytes, phone.line).unwrap();
        let next = began + FRAME * (u32::from(number) + 1);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

#[test]
fn what_came_while_the_thread_was_held_up_is_heard_whole() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock { monotonic: held_clock, wall: jiff::Timestamp::now };
    let ports = PortRange { first: 42_600, last: 42_699 };
    let mut threads = Threads::start_on(clock, folder.path(), ports);
    let [speaker, ear] = [1, 2].map(|id| threads.phone(id, 7));
    threads.command(2, MediaCommand::Hear(Hearing::of([LegId(1)])));
    let mut rng = seeded(7);
    let all = BEFORE + HELD + AFTER;
    let mut noise = || (0..160).map(|_| rng.random()).collect::<Vec<u8>>();
    let said: Vec<Vec<u8>> = (0..all).map(|_| noise()).collect();
    let began = Instant::now();
    speak(&speaker, &said, 0..BEFORE, began);
    let hold = HOLD.lock().unwrap();
    speak(&speaker, &said, BEFORE..BEFORE + HELD, began);
    drop(hold);
    speak(&speaker, &said, BEFORE + HELD..all, began);
    std::thread::sleep(3 * FRAME);
    let mut bytes = [0; 500];
    let mut heard: Vec<Vec<u8>> = Vec::new();
    while let Ok(len) = ear.socket.recv(&mut bytes) {
        heard.push(rtp::parse(&bytes[..len]).unwrap().payload.to_vec());
    }
    threads.finish();
    let (first, last) = (usize::from(BEFORE), usize::from(BEFORE + HELD - 1));
    let numbers: Vec<Option<usize>> =
        heard.iter().map(|codes| said.iter().position(|frame| frame == codes)).collect();
    let wanted: Vec<Option<usize>> = (first..=last).map(Some).collect();
    let whole = numbers.windows(wanted.len()).any(|window| window == wanted);
    assert!(whole, "frames {first} to {last} are not heard one after the other: {numbers:?}");
}
