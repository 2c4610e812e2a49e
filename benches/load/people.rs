//! Calls with people at seats: how soon an answer is two-way audio, and what rooms of three cost
//! while all talk and all are recorded. Telephones and pages are those of the tests.

use crate::clock;
use crate::setup::Latencies;
use crate::subject::{Prompts, Subject, folder};
use crate::support::audio::{level_db, tone_share, tones};
use crate::support::citizen::{Call, Dial};
use crate::support::desk::Desk;
use crate::support::phone::{Habit, Phone};
use crate::support::rtp::Capture;
use crate::support::service::cli;
use crate::support::wait_for;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery staple";
const CITIZEN_HZ: f64 = 440.0;
const SEAT_HZ: f64 = 1_250.0;
const ANSWERS: u32 = 40;
const SOON: Duration = Duration::from_secs(10);
/// The first operator, and the first of those who are brought in.
const OPERATORS: usize = 800;
const SECONDS: usize = 900;
const MEASURED: Duration = Duration::from_secs(10);

/// A folder with these seats.
fn house(seats: impl Iterator<Item = usize>) -> tempfile::TempDir {
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
    assert_eq!(phone.register(), Some(200), "seat {seat} registers");
    phone
}

/// Milliseconds from the 200 of a seat's telephone until each side hears the other's tone.
pub(crate) fn answers() -> Latencies {
    let subject = Subject::over(house([OPERATORS].into_iter()), Prompts::City, &[]);
    let phone = phone(&subject, OPERATORS, Habit::Rings);
    let desk = Desk::open(subject.pages(), &OPERATORS.to_string(), PASSWORD);
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
            level_db(&samples) > -30.0 && tone_share(&samples, hz) > 0.8
        };
        let found = capture.packets.iter().find(|packet| tone(&packet.payload));
        found.map(|packet| packet.at)
    })
}

/// What rooms cost.
pub(crate) struct Rooms {
    /// How many there were.
    pub(crate) rooms: usize,
    /// Of one core, for ten of them.
    pub(crate) percent_per_ten: f64,
    /// Packets that each party heard a second, the fewest.
    pub(crate) packets_min: f64,
    /// Share of packets that came more than 40 ms after the one before.
    pub(crate) late: f64,
}

/// One room: a citizen, an operator and whom he has brought in.
struct Room {
    call: Call,
    operator: Phone,
    second: Phone,
    _desk: Desk,
}

impl Room {
    fn open(subject: &Subject, at: usize) -> Self {
        let operator = phone(subject, OPERATORS + at, Habit::Answers(Duration::ZERO));
        let second = phone(subject, SECONDS + at, Habit::Answers(Duration::ZERO));
        let desk = Desk::open(subject.pages(), &(OPERATORS + at).to_string(), PASSWORD);
        let from = format!("1990000{:04}", 500 + at);
        let call = Dial::new(subject.udp, "12345").from(&from).call().expect("a call is answered");
        assert!(operator.wait_talking(SOON), "operator {at} answers");
        let target = json!({"kind": "seat", "seat": (SECONDS + at).to_string()});
        let consulted = desk.command(json!({"do": "consult", "target": target}));
        assert_eq!(consulted["result"], "done", "room {at}: {consulted}");
        let party = desk.party("seat", "consulting");
        desk.done(json!({"do": "join", "party": party}));
        Self { call, operator, second, _desk: desk }
    }

    fn captures(&self) -> [Capture; 3] {
        [self.call.heard(), self.operator.heard(), self.second.heard()]
    }
}

/// So many rooms at once, everybody talking all the time.
pub(crate) fn rooms(count: usize) -> Rooms {
    let seats = (0..count).flat_map(|at| [OPERATORS + at, SECONDS + at]);
    let members: Vec<String> =
        (0..count).map(|at| format!("{:?}", (OPERATORS + at).to_string())).collect();
    let group =
        format!("queue.group=[{{ name = \"operators\", members = [{}] }}]", members.join(","));
    let subject = Subject::over(house(seats), Prompts::City, &[&group]);
    let rooms: Vec<Room> = (0..count).map(|at| Room::open(&subject, at)).collect();
    let speech = tones(&[CITIZEN_HZ, SEAT_HZ], 3_000.0, 14_000);
    std::thread::scope(|scope| {
        for room in &rooms {
            scope.spawn(|| room.call.speak(&speech));
            scope.spawn(|| room.operator.speak(&speech));
            scope.spawn(|| room.second.speak(&speech));
        }
        std::thread::sleep(Duration::from_secs(2));
        let (from, before) = (Instant::now(), clock::cpu_seconds(subject.pid));
        std::thread::sleep(MEASURED);
        let (to, after) = (Instant::now(), clock::cpu_seconds(subject.pid));
        let percent = (after - before) / (to - from).as_secs_f64() * 100.0;
        judge(&rooms, percent, (from, to))
    })
}

fn judge(rooms: &[Room], percent: f64, (from, to): (Instant, Instant)) -> Rooms {
    let (mut packets_min, mut late, mut all) = (f64::INFINITY, 0, 0);
    for capture in rooms.iter().flat_map(Room::captures) {
        let within =
            capture.packets.iter().map(|packet| packet.at).filter(|at| (from..to).contains(at));
        let times: Vec<Instant> = within.collect();
        packets_min = packets_min.min(times.len() as f64 / (to - from).as_secs_f64());
        late += times.windows(2).filter(|two| two[1] - two[0] > Duration::from_millis(40)).count();
        all += times.len();
    }
    Rooms {
        rooms: rooms.len(),
        percent_per_ten: percent / rooms.len() as f64 * 10.0,
        packets_min,
        late: late as f64 / all.max(1) as f64,
    }
}
