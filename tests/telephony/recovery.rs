//! The power is cut at random instants under calls. What was announced is there afterwards, once,
//! every answered call left a trace, and every recording plays.

use crate::line::{LINE, PROMPTS, case_numbers, short_speech};
use crate::support::audio::{level_db, read_wav};
use crate::support::citizen::{Call, Dial, text};
use crate::support::prompts::runs;
use crate::support::service::{Service, Start, cli, json};
use crate::together::Turn;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Services that run at once, each in its own folder.
const HOUSES: u64 = 9;
/// How often each is killed.
const CYCLES: u64 = 6;
/// Citizens at once in each house: half leave a message, half ask to be called back.
const CITIZENS: u32 = 4;
const SEED: u64 = 20_261_122;
/// A callback is announced after 21 s, a message after 25 s; the kill falls into any part, and often
/// enough behind both.
const LIFE_MS: std::ops::Range<u64> = 1_000..36_000;
/// From the start of a service that must recover first to its `ready`.
const RESTART_MAX: Duration = Duration::from_secs(3);
/// The citizens notice the cut by the silence, so much later.
const AFTER_CUT: Duration = Duration::from_millis(300);
/// Who heard the line for so long is in the ledger: its row was committed meanwhile.
const HEARD_MIN: usize = 8_000;

/// What the citizens of one house can swear to.
#[derive(Default)]
struct Testimony {
    announced: Vec<String>,
    /// Texts that were answered with 200.
    texts: Vec<String>,
    /// Numbers that heard the line for a second before the cut, one for each call.
    cut: Vec<String>,
    /// The words of text cases by number, as they were read after earlier cuts.
    read: HashMap<String, String>,
}

/// What all houses saw, for the one line that is printed.
#[derive(Default)]
struct Totals {
    kills: usize,
    announced: usize,
    texts: usize,
    cut: usize,
    drafts: usize,
    recordings: usize,
    slowest_restart: Duration,
}

#[test]
fn killed_at_any_instant_nothing_announced_is_lost_or_given_twice() {
    let _turn = Turn::take();
    let totals: Mutex<Totals> = Mutex::default();
    std::thread::scope(|scope| {
        for house in 0..HOUSES {
            let totals = &totals;
            scope.spawn(move || keep_killing(SEED + house, totals));
        }
    });
    let t = totals.into_inner().unwrap();
    println!(
        "{} kills: {} announced numbers, {} acknowledged texts, {} cut calls, {} drafts, \
         {} recordings, slowest restart {} ms",
        t.kills,
        t.announced,
        t.texts,
        t.cut,
        t.drafts,
        t.recordings,
        t.slowest_restart.as_millis()
    );
    assert!(t.kills >= 50 && t.announced > 0 && t.texts > 0 && t.recordings > 0);
    assert!(t.slowest_restart <= RESTART_MAX, "a restart took {:?}", t.slowest_restart);
}

fn keep_killing(seed: u64, totals: &Mutex<Totals>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let testimony: Mutex<Testimony> = Mutex::default();
    let mut service = Start::new(folder.path()).run();
    for cycle in 0..CYCLES {
        // Each house gets short lives and long ones, whatever the seed.
        let span = (LIFE_MS.end - LIFE_MS.start) / CYCLES;
        let life = LIFE_MS.start + cycle * span + rng.random_range(0..span);
        let at = Instant::now() + Duration::from_millis(life);
        let calls = (0..CITIZENS).map(|_| rng.random_range(0..1_500)).collect::<Vec<u64>>();
        live_until(at, service, &calls, cycle, &testimony);
        let started = Instant::now();
        service = Start::new(folder.path()).run();
        let restart = started.elapsed();
        let when = format!("seed {seed} cycle {cycle}, killed after {life} ms");
        let found = judge(&service, &mut testimony.lock().unwrap(), &when);
        let mut totals = totals.lock().unwrap();
        totals.kills += 1;
        totals.slowest_restart = totals.slowest_restart.max(restart);
        if cycle + 1 == CYCLES {
            let told = testimony.lock().unwrap();
            totals.announced += told.announced.len();
            totals.texts += told.texts.len();
            totals.cut += told.cut.len();
            totals.drafts += found.0;
            totals.recordings += found.1;
        }
    }
    assert!(service.stop().success(), "seed {seed}: no clean stop at the end");
}

/// Citizens dial, one sends text after text; at `at` the service is killed under them.
fn live_until(
    at: Instant,
    service: Service,
    waits: &[u64],
    cycle: u64,
    testimony: &Mutex<Testimony>,
) {
    let udp = service.udp();
    std::thread::scope(|scope| {
        for (citizen, wait) in waits.iter().enumerate() {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(*wait));
                let from = format!("1990000{cycle:02}{citizen:02}");
                let left = at.saturating_duration_since(Instant::now());
                let dial = Dial::new(udp, LINE).from(&from).patience(left);
                if let Ok(call) = dial.call() {
                    go_for_a_number(call, citizen % 2 == 0, at + AFTER_CUT, &from, testimony);
                }
            });
        }
        scope.spawn(move || {
            for serial in 0.. {
                std::thread::sleep(Duration::from_millis(400));
                if Instant::now() + Duration::from_millis(500) >= at {
                    return;
                }
                let words = format!("第{cycle}次停电前的第{serial}条");
                // Each a matter of its own.
                let from = format!("1990001{:04}", cycle * 100 + serial);
                if text(udp, &from, &words, 1) == [Some(200)] {
                    testimony.lock().unwrap().texts.push(words);
                }
            }
        });
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        service.kill();
    });
}

/// Goes for a number and writes down whatever was announced whole before the cut.
fn go_for_a_number(
    call: Call,
    by_message: bool,
    at: Instant,
    from: &str,
    testimony: &Mutex<Testimony>,
) {
    let pause = |ms| {
        let left = at.saturating_duration_since(Instant::now());
        std::thread::sleep(left.min(Duration::from_millis(ms)));
        Instant::now() < at
    };
    call.press(if by_message { "2" } else { "31" });
    if by_message && pause(greeting_ms() + 500) {
        // `#` skips the instructions to the tone of 400 ms.
        call.press("#");
        if pause(700) {
            call.speak(&short_speech());
            call.press("#1");
        }
    }
    while pause(200) && !call.ended() {}
    let heard = call.vanish().audio();
    let runs = runs(&PROMPTS.transcribe(&heard));
    let told = runs.into_iter().find(|(clip, _)| clip == "M05.1" || clip == "M05C.1");
    let mut testimony = testimony.lock().unwrap();
    match told.filter(|(_, digits)| digits.len() == 11) {
        Some((_, number)) => testimony.announced.push(number),
        None if heard.len() >= HEARD_MIN => testimony.cut.push(from.to_owned()),
        None => {}
    }
}

fn greeting_ms() -> u64 {
    (PROMPTS.bytes("G01").len() + PROMPTS.bytes("G02").len()) as u64 / 8
}

/// The books after a restart, beside the running service; how many drafts and recordings.
fn judge(service: &Service, told: &mut Testimony, when: &str) -> (usize, usize) {
    let data = service.data();
    let cases = json(data, &["case", "list", "--limit", "10000"]);
    let listed = case_numbers(&cases);
    let unique: HashSet<&String> = listed.iter().collect();
    assert_eq!(unique.len(), listed.len(), "{when}: a number stands twice in {listed:?}");
    let announced: HashSet<&String> = told.announced.iter().collect();
    assert_eq!(announced.len(), told.announced.len(), "{when}: a number was announced twice");
    let missing: Vec<_> = announced.difference(&unique).collect();
    assert!(missing.is_empty(), "{when}: announced and not kept: {missing:?}");
    the_texts_are_there_once(data, &cases, told, when);
    let drafts = cut_calls_are_called_back(data, &cases, &told.cut, when);
    let verified = cli(data, &["verify"]);
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{when}: verify says {said}");
    (drafts, every_recording_plays(data, when))
}

fn rows(listing: &Value) -> &[Value] {
    listing.as_array().expect("a list")
}

/// Each acknowledged text is one case; one that was not acknowledged may be.
fn the_texts_are_there_once(data: &Path, cases: &Value, told: &mut Testimony, when: &str) {
    let of_texts = rows(cases).iter().filter(|row| row["channel"] == "text");
    for number in of_texts.filter_map(|row| row["number"].as_str()) {
        if !told.read.contains_key(number) {
            let shown = json(data, &["case", "show", number]);
            let words = shown["text"].as_str().expect("a text has words").to_owned();
            told.read.insert(number.to_owned(), words);
        }
    }
    let unique: HashSet<&String> = told.read.values().collect();
    assert_eq!(unique.len(), told.read.len(), "{when}: a text became two cases");
    let missing: Vec<_> = told.texts.iter().filter(|text| !unique.contains(text)).collect();
    assert!(missing.is_empty(), "{when}: acknowledged and not kept: {missing:?}");
}

/// Each call that was cut before its number was told has a case or draft with a callback task.
fn cut_calls_are_called_back(data: &Path, cases: &Value, cut: &[String], when: &str) -> usize {
    let calls = json(data, &["call", "list", "--limit", "10000"]);
    let running = rows(&calls).iter().filter(|call| call["ended_at"].is_null()).count();
    assert_eq!(running, 0, "{when}: a call of before the cut still runs");
    let due: HashSet<&str> = rows(cases)
        .iter()
        .filter(|row| row["callback_due_at"].is_string())
        .filter_map(|row| row["call"].as_str())
        .collect();
    let called_back = |from: &String| {
        let masked = rows(&calls).iter().filter(|call| same_number(&call["caller"], from));
        masked.filter_map(|call| call["id"].as_str()).any(|id| due.contains(id))
    };
    let forgotten: Vec<_> = cut.iter().filter(|from| !called_back(from)).collect();
    assert!(forgotten.is_empty(), "{when}: nobody calls back {forgotten:?}\n{calls:#}\n{cases:#}");
    rows(cases).iter().filter(|row| row["state"] == "draft").count()
}

/// Lists mask the middle of a number; head and tail are enough to tell the citizens apart.
fn same_number(masked: &Value, number: &str) -> bool {
    let masked = masked.as_str().unwrap_or_default();
    masked.len() == number.len()
        && masked.bytes().zip(number.bytes()).all(|(m, n)| m == b'*' || m == n)
}

fn every_recording_plays(data: &Path, when: &str) -> usize {
    let mut folders = vec![data.join("recordings")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // Our own voice is on the right of a whole call; a call cut at once may hold nothing.
            let samples = read_wav(&path, 0);
            let message = path.to_string_lossy().contains("message");
            let quiet = samples.len() > 16_000 && level_db(&samples) < -60.0;
            assert!(!(message && quiet), "{when}: {} is silent", path.display());
            count += 1;
        }
    }
    count
}
