//! People at the seats: telephones that register, and citizens who press nothing and are heard.

use crate::line::{House, PROMPTS, SENTENCE_LIMIT};
use crate::support::audio::{level_db, tone_share, tones};
pub(crate) use crate::support::audio::{loudest, wait_quiet as quiet};
use crate::support::citizen::Call;
use crate::support::phone::{Habit, Phone};
use crate::support::wait_for;
use serde_json::Value;
use std::time::{Duration, Instant};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// A registration, a ring, a talk on the loopback.
pub(crate) const SOON: Duration = Duration::from_secs(5);
/// Each side says a tone of its own.
pub(crate) const CITIZEN_HZ: f64 = 440.0;
pub(crate) const SEAT_HZ: f64 = 1_250.0;

/// A service with these seats.
fn house(seats: &[&str]) -> House {
    house_with(seats, &[])
}

pub(crate) fn house_with(seats: &[&str], settings: &[&str]) -> House {
    let house = House::with(|start| settings.iter().fold(start, |start, s| start.set(s)));
    for seat in seats {
        house.service.add_seat(seat, "operator", PASSWORD);
    }
    // A running service takes the change within a second.
    std::thread::sleep(Duration::from_millis(1_300));
    house
}

/// A phone of that seat, registered.
pub(crate) fn phone(house: &House, number: &str, habit: Habit) -> Phone {
    let mut phone = Phone::new(house.service.udp(), number, PASSWORD).habit(habit);
    let answer = phone.register();
    assert_eq!(answer, Some(200), "seat {number} cannot register\n{}", house.service.stderr());
    phone
}

/// Both say their tones for a second; both must hear the other, and not themselves.
pub(crate) fn hear_each_other(call: &Call, phone: &Phone) {
    let (at_call, at_phone) = (call.heard().audio().len(), phone.heard().audio().len());
    std::thread::scope(|scope| {
        scope.spawn(|| call.speak(&tones(&[CITIZEN_HZ], 8_000.0, 1_200)));
        scope.spawn(|| phone.speak(&tones(&[SEAT_HZ], 8_000.0, 1_200)));
    });
    std::thread::sleep(Duration::from_millis(200));
    let (heard, answered) = (call.samples(at_call), phone.samples(at_phone));
    hears("the citizen", &heard, SEAT_HZ, CITIZEN_HZ);
    hears("the seat", &answered, CITIZEN_HZ, SEAT_HZ);
}

/// Half a second of the middle holds the other's tone and nothing of one's own.
pub(crate) fn hears(who: &str, samples: &[i16], other: f64, own: f64) {
    let loud = loudest(samples);
    let loud = loud.unwrap_or_else(|| panic!("{who} hears nothing at all"));
    let share = tone_share(loud, other);
    assert!(share > 0.9, "{who} hears the other only at {share:.2} ({:.1} dB)", level_db(loud));
    let own = tone_share(loud, own);
    assert!(own < 3.2e-5, "{who} hears himself: {own:.5}");
    // A-law of 8,000 of 32,768 peak: -15.3 dB below a full square; +-1 dB (A5).
    let level = level_db(loud);
    assert!((-16.3..=-14.3).contains(&level), "{who} hears at {level:.1} dB");
}

pub(crate) fn account(house: &House) -> Value {
    let listed = wait_for(SENTENCE_LIMIT, || {
        let calls = house.service.json(&["call", "list"]);
        let ended = calls.as_array()?.iter().find(|call| !call["ended_at"].is_null())?;
        Some(ended["id"].as_str()?.to_owned())
    });
    let id = listed.expect("the call stands in the ledger");
    house.service.json(&["call", "show", &id])
}

pub(crate) fn who_presses_nothing_talks_to_the_seat_and_rates_the_talk() {
    let house = house(&["801"]);
    let phone = phone(&house, "801", Habit::Answers(Duration::from_millis(700)));
    let dialled = Instant::now();
    let call = house.dial("19900000017");
    assert!(phone.wait_talking(SOON), "the seat's phone is not answered");
    assert!(dialled.elapsed() < SOON, "a person within {:?}", dialled.elapsed());
    assert_eq!(phone.caller().as_deref().map(|uri| uri.contains("19900000017")), Some(true));
    // G05 is whispered to the citizen while both hear each other already.
    std::thread::sleep(Duration::from_secs(1));
    quiet(|| call.samples(0));
    hear_each_other(&call, &phone);
    phone.hang_up();
    PROMPTS.wait(&call, "V01.2", SENTENCE_LIMIT);
    call.press("1");
    PROMPTS.wait(&call, "V02", SENTENCE_LIMIT);
    assert!(call.wait_ended(SENTENCE_LIMIT));
    let account = account(&house);
    let legs = account["legs"].as_array().unwrap();
    assert_eq!(legs.len(), 2, "{account:#}");
    assert_eq!(legs.iter().filter(|leg| leg["role"] == "seat").count(), 1, "{account:#}");
    let cases = house.service.json(&["case", "list"]);
    assert_eq!(cases.as_array().unwrap().len(), 1, "the talk is a case: {cases:#}");
    assert!(house.service.stop().success());
}

pub(crate) fn an_answer_is_heard_at_once_in_both_directions() {
    let house = house(&["801"]);
    let phone = phone(&house, "801", Habit::Rings);
    let call = house.dial("19900000018");
    assert!(phone.wait_ringing(SOON), "the phone rings under the greeting");
    std::thread::sleep(Duration::from_millis(300));
    phone.answer();
    assert!(phone.wait_talking(SOON));
    let (_, answered) = phone.times().unwrap();
    let answered = answered.unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| call.speak(&tones(&[CITIZEN_HZ], 8_000.0, 1_000)));
        let heard = wait_for(SOON, || {
            let samples = phone.samples(0);
            let last = samples.rchunks_exact(160).next()?;
            (tone_share(last, CITIZEN_HZ) > 0.9 && level_db(last) > -30.0).then(Instant::now)
        });
        let after = heard.expect("the seat hears the citizen").duration_since(answered);
        assert!(after < Duration::from_millis(500), "heard only after {after:?}");
    });
    call.hang_up();
    assert!(phone.wait_over(SOON), "the seat's leg ends with the citizen's");
}

pub(crate) fn an_unanswered_seat_is_passed_over_and_the_next_one_rings() {
    let house = house(&["801", "802"]);
    let silent = phone(&house, "801", Habit::Rings);
    let other = phone(&house, "802", Habit::Rings);
    let call = house.dial("19900000019");
    let rings = || silent.wait_ringing(SOON) || other.wait_ringing(SOON);
    assert!(rings(), "a phone rings");
    let first_is_silent = silent.calls() == 1;
    let (first, second) = if first_is_silent { (&silent, &other) } else { (&other, &silent) };
    second.set_habit(Habit::Answers(Duration::ZERO));
    assert!(second.wait_talking(Duration::from_secs(16)), "after 12 s the other seat rings");
    assert!(first.wait_over(SOON), "the first stops ringing");
    assert_eq!(first.calls(), 1, "and is not offered the call again");
    call.hang_up();
}

pub(crate) fn who_gives_up_waiting_becomes_a_callback_task() {
    let house = house(&["801"]);
    let phone = phone(&house, "801", Habit::Rings);
    let call = house.dial("19900000020");
    assert!(phone.wait_ringing(SOON));
    std::thread::sleep(Duration::from_secs(6));
    call.hang_up();
    assert!(phone.wait_over(SOON), "the phone stops ringing when the caller is gone");
    let open = wait_for(SENTENCE_LIMIT, || {
        let list = house.service.json(&["callback", "list"]);
        (list["open"] == 1).then_some(list)
    });
    let list = open.expect("an abandoned caller is a callback task");
    assert_eq!(list["tasks"][0]["reason"], "missed");
}
