//! A three-way call beside many others, as long as it is asked for (A6): whoever speaks is heard by the
//! two others bit for bit, so no run of sound is lost and none is put in. Where the machine held the speaker
//! himself up, his packet was late: one frame in fifty may be concealed then.

use crate::line::{House, LINE};
use crate::seats::SOON;
use crate::support::audio::{find, frames_in_order, holds_live};
use crate::support::citizen::Dial;
use crate::support::rtp::Capture;
use crate::support::wait_for;
use crate::three_way::Scene;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long, and beside how many calls; `make soak` has the ten minutes and hundred calls of the bar.
const SECONDS: (&str, u64) = ("MAYORLINE_SOAK_SECONDS", 20);
const CALLS: (&str, u64) = ("MAYORLINE_SOAK_CALLS", 12);
/// Longer than this the order of sequence numbers is not known (`Capture::audio`).
const SECONDS_MAX: u64 = 600;
/// One says so much, then the next.
const TURN_SAMPLES: usize = 2 * 8_000;
/// Below what clips in a sum of three.
const NOISE_PEAK: i16 = 6_000;
/// What is heard of the first and last frames depends on who was idle before and is afterwards.
const EDGE: usize = 3 * 160;
/// Another caller stays so long and calls again, so that legs come and go all the time.
const STAYS: Duration = Duration::from_secs(25);
/// From one of them to the next, at the beginning.
const APART: Duration = Duration::from_millis(50);
/// Packets more or fewer than the time holds: what their way may differ at both ends.
const PACKETS_OFF_MAX: usize = 5;

fn wanted((variable, otherwise): (&str, u64)) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Tells the other callers when this ends, also where it fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn no_run_is_lost_or_put_in_while_three_talk_beside_many_calls() {
    let (scene, _) = Scene::joined("19900000034");
    let (over, up) = (AtomicBool::new(false), AtomicUsize::new(0));
    let calls = usize::try_from(wanted(CALLS)).unwrap();
    std::thread::scope(|scope| {
        let _over = Over(&over);
        for n in 0..calls {
            let (house, over, up) = (&scene.house, &over, &up);
            scope.spawn(move || calls_again_and_again(house, n, over, up));
        }
        let limit = APART * u32::try_from(calls).unwrap() + 4 * SOON;
        let all = wait_for(limit, || (up.load(Ordering::Relaxed) == calls).then_some(()));
        assert!(all.is_some(), "{} of {calls} others are there", up.load(Ordering::Relaxed));
        talk(&scene, Duration::from_secs(wanted(SECONDS).min(SECONDS_MAX)));
    });
    let ears = [scene.call.heard(), scene.seat.heard(), scene.unit.heard()];
    ears.iter().zip(["citizen", "seat", "unit"]).for_each(|(ear, who)| is_whole(ear, who));
    assert_eq!(scene.call.hang_up().1, Some(200));
}

/// Citizen, seat and unit speak in turn; each time the two others hear it whole.
fn talk(scene: &Scene, lasting: Duration) {
    let (began, mut dice) = (Instant::now(), StdRng::seed_from_u64(6));
    let ears: [(&str, &dyn Fn() -> Capture); 3] = [
        ("the citizen", &|| scene.call.heard()),
        ("the seat", &|| scene.seat.heard()),
        ("the unit", &|| scene.unit.heard()),
    ];
    for turn in 0.. {
        let mut noise = || dice.random_range(-NOISE_PEAK..=NOISE_PEAK);
        let noise: Vec<i16> = std::iter::repeat_with(&mut noise).take(TURN_SAMPLES).collect();
        lateness(scene, turn);
        let sent = match turn % 3 {
            0 => scene.call.speak(&noise),
            1 => scene.seat.speak(&noise),
            _ => scene.unit.speak(&noise),
        };
        let late = lateness(scene, turn);
        let said = &sent[EDGE..sent.len() - EDGE];
        for (at, (who, heard)) in ears.iter().enumerate() {
            if at == turn % 3 {
                continue;
            }
            // Looked for behind what came before this turn: at most its own length and some seconds.
            let tail = || {
                let audio = heard().audio();
                audio[audio.len().saturating_sub(TURN_SAMPLES + 4 * 8_000)..].to_vec()
            };
            let whole = wait_for(SOON / 4, || find(&tail(), said)).is_some();
            let minutes = began.elapsed().as_secs_f64() / 60.0;
            if !whole {
                let (tail, all) = (tail(), said.len() / 160);
                let same = frames_in_order(&tail, said);
                let told = format!(
                    "after {minutes:.1} min {who} hears {same} of {all} frames of {}, who was {late:?} late",
                    ears[turn % 3].0
                );
                assert!(holds_live(&tail, said, late), "{told}");
                println!("{told}");
            }
        }
        if began.elapsed() >= lasting {
            return;
        }
    }
}

/// How late a packet of whose turn it is left since this was asked last, at most.
fn lateness(scene: &Scene, turn: usize) -> Duration {
    match turn % 3 {
        0 => scene.call.lateness(),
        1 => scene.seat.lateness(),
        _ => scene.unit.lateness(),
    }
}

/// No packet lost, none more and none fewer than the time holds, each a frame after the last.
fn is_whole(ear: &Capture, who: &str) {
    assert_eq!(ear.lost(), 0, "{who}: lost packets");
    let (first, last) = (ear.packets.first().unwrap(), ear.packets.last().unwrap());
    let held = usize::try_from((last.at - first.at).as_millis() / 20).unwrap() + 1;
    let came = ear.packets.len();
    assert!(came.abs_diff(held) <= PACKETS_OFF_MAX, "{who}: {came} packets where {held} have room");
    for pair in ear.packets.windows(2) {
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert_eq!(step, 160, "{who}: {} samples after {}", step, pair[0].seq);
    }
}

/// One of those beside it: waits for a person that he does not get, and tries again.
fn calls_again_and_again(house: &House, n: usize, over: &AtomicBool, up: &AtomicUsize) {
    let number = format!("1990000{:04}", 1_000 + n);
    std::thread::sleep(APART * u32::try_from(n).unwrap());
    let mut is_first = true;
    while !over.load(Ordering::Relaxed) {
        let dial = Dial::new(house.service.udp(), LINE).from(&number);
        let call = dial.call().unwrap_or_else(|e| panic!("caller {n} is not answered: {e:?}"));
        up.fetch_add(usize::from(std::mem::take(&mut is_first)), Ordering::Relaxed);
        let until = Instant::now() + STAYS;
        while Instant::now() < until && !over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(100));
        }
        call.hang_up();
    }
}
