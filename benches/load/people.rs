//! Calls with people at seats: how soon an answer is two-way audio. Telephone and page are those of
//! the tests.

use crate::setup::Latencies;
use crate::subject::{Prompts, Subject, folder};
use crate::support::audio::{level_db, tone_share, tones};
use crate::support::citizen::Dial;
use crate::support::desk::Desk;
use crate::support::phone::{Habit, Phone};
use crate::support::rtp::Capture;
use crate::support::service::cli;
use crate::support::wait_for;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Of every seat.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
const CITIZEN_HZ: f64 = 440.0;
const SEAT_HZ: f64 = 1_250.0;
/// Spoken tones arrive at -15 dB; 20 ms of a prompt have less than this at one frequency.
const TONE_DB_MIN: f64 = -22.0;
const ANSWERS: u32 = 40;
const SOON: Duration = Duration::from_secs(10);
const OPERATOR: usize = 800;

/// A folder with these seats.
pub(crate) fn house(seats: impl Iterator<Item = usize>) -> tempfile::TempDir {
    let folder = folder();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("the folder can be written");
    for seat in seats {
        add_seat(folder.path(), seat, &file);
    }
    folder
}

fn add_seat(data: &Path, seat: usize, file: &Path) {
    let (seat, file) = (seat.to_string(), file.to_string_lossy());
    let added = cli(data, &["seat", "add", &seat, "--name", "王芳", "--password-file", &file]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}

fn phone(subject: &Subject, seat: usize, habit: Habit) -> Phone {
    let mut phone = Phone::new(subject.udp, &seat.to_string(), PASSWORD).habit(habit);
    // A service that has just begun reads its seats while it answers already.
    let registered = wait_for(SOON, || (phone.register() == Some(200)).then_some(()));
    assert!(registered.is_some(), "seat {seat} registers");
    phone
}

/// Milliseconds from the 200 of a seat's telephone until each side hears the other's tone.
pub(crate) fn answers() -> Latencies {
    let subject = Subject::over(house([OPERATOR].into_iter()), Prompts::City, &[]);
    let phone = phone(&subject, OPERATOR, Habit::Rings);
    let desk = Desk::open(subject.pages(), &OPERATOR.to_string(), PASSWORD);
    let (mut seen, mut missing) = (Vec::new(), 0);
    for n in 0..ANSWERS {
        match answer(&subject, &phone, n) {
            Some(ms) => seen.push(ms),
            None => missing += 1,
        }
        desk.command(json!({"do": "wrap_up", "disposition": "no_matter"}));
        desk.command(json!({"do": "ready"}));
    }
    Latencies::new(seen, missing)
}

fn answer(subject: &Subject, phone: &Phone, n: u32) -> Option<f64> {
    let from = format!("1990000{:04}", 100 + n);
    let call = Dial::new(subject.udp, "12345").from(&from).call().ok()?;
    if !phone.wait_ringing(SOON) {
        return None;
    }
    let both = std::thread::scope(|scope| {
        scope.spawn(|| call.speak(&tones(&[CITIZEN_HZ], 8_000.0, 1_500)));
        std::thread::sleep(Duration::from_millis(200));
        phone.answer();
        let answered = wait_for(SOON, || phone.times()?.1)?;
        scope.spawn(|| phone.speak(&tones(&[SEAT_HZ], 8_000.0, 1_000)));
        let sides = [heard(|| phone.heard(), CITIZEN_HZ)?, heard(|| call.heard(), SEAT_HZ)?];
        let last = sides.into_iter().max()?;
        Some(last.duration_since(answered).as_secs_f64() * 1_000.0)
    });
    call.hang_up();
    phone.wait_over(SOON);
    both
}

/// When the first packet with that tone came.
fn heard(capture: impl Fn() -> Capture, hz: f64) -> Option<Instant> {
    wait_for(SOON, || {
        let capture = capture();
        let tone = |payload: &[u8]| {
            let samples = crate::support::audio::from_alaw(payload);
            // The citizen is told over it who is there, so the tone is measured and not its share.
            level_db(&samples) + 10.0 * tone_share(&samples, hz).log10() > TONE_DB_MIN
        };
        let found = capture.packets.iter().find(|packet| tone(&packet.payload));
        found.map(|packet| packet.at)
    })
}
