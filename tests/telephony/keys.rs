//! Keys: each counts once however it comes, and means the same in every menu.

use crate::line::{House, LINE, PROMPTS, SENTENCE_LIMIT, account};
use crate::support::citizen::{Call, Dial};
use crate::support::rtp::Impairment;
use std::time::Duration;

/// A look-up with a well-formed number that was never given: 18 keys.
const TYPED: &str = "126021401288#1234#";
/// How the account keeps it: the menu's key in clear, digits of an entry only by their count. That
/// they are right shows in the refusal: the number's check digit fits.
const KEPT: &str = "1***********#****#";

/// Types a look-up once asked, hears the refusal, hangs up; what the account says was pressed.
fn digits_of(house: &House, call: Call, from: &str, press: impl Fn(&Call, &str)) -> String {
    PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
    for (keys, asked) in [(&TYPED[..1], "L01"), (&TYPED[1..13], "L02"), (&TYPED[13..], "L05")] {
        press(&call, keys);
        PROMPTS.wait(&call, asked, SENTENCE_LIMIT);
    }
    call.hang_up();
    account(&house.service, from)["digits"].as_str().unwrap().to_owned()
}

pub(crate) fn keys_by_events_by_info_by_tones_and_over_a_bad_line_are_each_counted_once() {
    let house = House::open();
    let udp = house.service.udp();
    let jitter = Duration::from_millis(30);
    let line = Impairment { seed: 11, loss: 0.03, duplicate: 0.03, jitter };
    let bad = || Dial::new(udp, LINE).from("19900000014").impair(line).call().unwrap();
    let told = |from: &'static str| house.dial(from);
    let by_info = |call: &Call, keys: &str| {
        assert!(call.press_info(keys).iter().all(|status| *status == 200));
    };
    let counted = std::thread::scope(|scope| {
        let house = &house;
        [
            scope.spawn(move || digits_of(house, told("19900000011"), "19900000011", Call::press)),
            scope.spawn(move || digits_of(house, told("19900000012"), "19900000012", by_info)),
            scope.spawn(move || {
                digits_of(house, told("19900000013"), "19900000013", Call::press_tones)
            }),
            scope.spawn(move || {
                let call = bad();
                digits_of_bad_line(house, call)
            }),
        ]
        .map(|thread| thread.join().unwrap())
    });
    assert_eq!(counted, [KEPT; 4], "events, INFO, tones, events over a bad line");
}

/// Prompts are not awaited here: packets towards the citizen are not impaired, but a lost key
/// would end the wait with less to say than the account does.
fn digits_of_bad_line(house: &House, call: Call) -> String {
    call.press(TYPED);
    PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
    std::thread::sleep(Duration::from_secs(4));
    call.hang_up();
    account(&house.service, "19900000014")["digits"].as_str().unwrap().to_owned()
}

pub(crate) fn zero_seven_eight_and_nine_mean_the_same_everywhere() {
    let house = House::with(|start| start.set("prompts.slow_speech=true"));
    std::thread::scope(|scope| {
        scope.spawn(|| human_notice_and_repeat(&house));
        scope.spawn(|| slower_and_back(&house));
    });
}

fn human_notice_and_repeat(house: &House) {
    let call = house.dial("19900000015");
    call.press("0");
    PROMPTS.wait(&call, "B03", SENTENCE_LIMIT);
    let ids = PROMPTS.ids(&call);
    assert_eq!(ids, ["G01", "G02", "B01", "B02", "B03"], "0: nobody is on duty, honestly");
    call.press("9");
    std::thread::sleep(Duration::from_secs(8));
    let ids = PROMPTS.ids(&call);
    assert_eq!(ids.iter().filter(|id| *id == "B03").count(), 2, "9 says it again: {ids:?}");
    call.press("8");
    PROMPTS.wait(&call, "G08N.2", SENTENCE_LIMIT);
    let ids = PROMPTS.ids(&call);
    let at = ids.iter().position(|id| id.starts_with("G08")).expect("8: what happens to the data");
    let days = &ids[at + 1..ids.len() - 1];
    assert_eq!(days, ["n.90", "u.tian"], "8: kept for so many days; {ids:?}");
    call.press("1");
    PROMPTS.wait(&call, "M01", Duration::from_secs(60));
    call.hang_up();
}

/// Slow speech is the same words stretched: it is measured, as it is not bit-identical.
fn slower_and_back(house: &House) {
    let call = house.dial("19900000016");
    PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
    call.press("1");
    PROMPTS.wait(&call, "L01", SENTENCE_LIMIT);
    call.press("*7");
    std::thread::sleep(Duration::from_secs(12));
    call.press("7");
    PROMPTS.wait(&call, "X12", SENTENCE_LIMIT);
    PROMPTS.wait(&call, "G03N", SENTENCE_LIMIT);
    call.hang_up();
    let account = account(&house.service, "19900000016");
    assert_eq!(account["digits"], "1*77");
    let prompts: Vec<&str> =
        account["prompts"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(prompts.ends_with(&["X11", "G03N", "X12", "G03N"]), "{prompts:?}");
}
