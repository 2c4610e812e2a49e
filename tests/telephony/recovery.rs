//! The power is cut at random instants under calls. What was announced is there afterwards, once,
//! and every recording plays.

use crate::line::{LINE, PROMPTS, case_numbers, recordings};
use crate::support::audio::{level_db, read_wav, tones};
use crate::support::citizen::{Call, Dial};
use crate::support::service::{Service, Start, cli, json};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the service is killed, over all houses.
const CYCLES: u32 = 48;
/// Services that run at once, each in its own folder.
const HOUSES: u32 = 4;
/// Citizens at once in each house.
const CITIZENS: u32 = 6;
const SEED: u64 = 20_261_122;
/// A whole message from dialling to the announced number takes about 25 s; the kill falls into
/// any part of it.
const LIFE_MS: std::ops::Range<u64> = 9_000..26_000;
const SPEECH_MS: u32 = 2_600;

#[test]
fn killed_at_any_instant_no_announced_number_is_lost_or_given_twice() {
    std::thread::scope(|scope| {
        for house in 0..HOUSES {
            scope.spawn(move || keep_killing(SEED + u64::from(house), CYCLES / HOUSES));
        }
    });
}

fn keep_killing(seed: u64, cycles: u32) {
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let announced: Mutex<Vec<String>> = Mutex::default();
    for cycle in 0..cycles {
        let service = Start::new(folder.path()).run();
        let deadline = Instant::now() + Duration::from_millis(rng.random_range(LIFE_MS));
        std::thread::scope(|scope| {
            for citizen in 0..CITIZENS {
                let (udp, announced) = (service.udp(), &announced);
                let wait = Duration::from_millis(rng.random_range(0..4_000));
                scope.spawn(move || {
                    std::thread::sleep(wait);
                    let from = format!("1990000{:04}", 100 + citizen);
                    let dial = Dial::new(udp, LINE).from(&from).patience(Duration::from_secs(2));
                    if let Ok(call) = dial.call() {
                        note_number(&call, deadline, announced);
                    }
                });
            }
            std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
            kill(service);
        });
        judge(folder.path(), &announced.lock().unwrap(), &format!("seed {seed} cycle {cycle}"));
    }
}

fn kill(service: Service) {
    service.kill();
}

/// Goes for a number and writes down whatever was announced whole before the cut.
fn note_number(call: &Call, deadline: Instant, announced: &Mutex<Vec<String>>) {
    let voice = tones(&[310.0, 540.0, 880.0], 5_000.0, SPEECH_MS);
    let steps: [(&str, &str); 2] = [("G02", "2"), ("M04", "1")];
    for (clip, key) in steps {
        while !heard(call, clip) {
            if Instant::now() >= deadline || call.ended() {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        call.press(key);
        if key == "2" {
            // `#` skips the instructions to the tone of 400 ms.
            std::thread::sleep(Duration::from_millis(500));
            call.press("#");
            std::thread::sleep(Duration::from_millis(900));
            call.speak(&voice);
            call.press("#");
        }
    }
    while Instant::now() < deadline && !call.ended() && !heard(call, "M06.1") {
        std::thread::sleep(Duration::from_millis(200));
    }
    let said = PROMPTS.transcribe(&call.heard().audio());
    let number = PROMPTS.digits_after(&said, "M05.1");
    if number.len() == 11 {
        announced.lock().unwrap().push(number);
    }
}

fn heard(call: &Call, clip: &str) -> bool {
    PROMPTS.transcribe(&call.heard().audio()).iter().any(|said| said.id == clip)
}

fn judge(data: &Path, announced: &[String], when: &str) {
    // Starting once repairs what the cut left; then the books must be right.
    let service = Start::new(data).run();
    assert!(service.stop().success(), "{when}: no clean stop after recovery");
    let listed = case_numbers(&json(data, &["case", "list"]));
    let unique: HashSet<&String> = listed.iter().collect();
    assert_eq!(unique.len(), listed.len(), "{when}: a number stands twice in {listed:?}");
    let told: HashSet<&String> = announced.iter().collect();
    assert_eq!(told.len(), announced.len(), "{when}: a number was announced twice");
    let missing: Vec<_> = told.iter().filter(|number| !unique.contains(**number)).collect();
    assert!(missing.is_empty(), "{when}: announced and not kept: {missing:?}");
    for number in &listed {
        let shown = json(data, &["case", "show", number]);
        recordings(data, &shown).iter().for_each(|file| playable(file, when));
    }
    let verified = cli(data, &["verify"]);
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{when}: verify says {told}");
}

fn playable(file: &Path, when: &str) {
    let samples = read_wav(file, 0);
    assert!(samples.len() > 8_000, "{when}: {} is empty", file.display());
    assert!(level_db(&samples) > -60.0, "{when}: {} is silent", file.display());
}
