//! Keys: each counts once however it comes, and means the same in every menu.

use crate::line::{House, LINE, PROMPTS, Receipt, SENTENCE_LIMIT, account, ask_for_callback};
use crate::support::citizen::{Call, Dial};
use crate::support::rtp::Impairment;
use crate::support::wait_for;
use std::time::Duration;

/// How the account keeps a look-up: the menu's key in clear, digits of an entry only by their count.
/// That they are the right ones in their order shows in the case that is opened: the code fits no other.
const KEPT: &str = "1***********#****#";
/// What ends a look-up: what else can be done about the case, or the refusal.
const ENDS: [&str; 3] = ["L08N", "L05", "L05N"];

/// What was pressed by the account, and the number of the case that was opened, as it is said.
type Counted = (String, String);

/// Types number and code of a case once asked, hears how it stands, hangs up.
fn digits_of(
    house: &House,
    call: Call,
    case: &Receipt,
    from: &str,
    press: impl Fn(&Call, &str),
) -> Counted {
    PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
    let number = format!("{}#", case.number);
    for (keys, asked) in [("1", "L01"), (number.as_str(), "L02")] {
        press(&call, keys);
        PROMPTS.wait(&call, asked, SENTENCE_LIMIT);
    }
    press(&call, &format!("{}#", case.code));
    opened(house, call, from)
}

/// The end of a look-up. It is not demanded here: of a lost key the account tells more.
fn opened(house: &House, call: Call, from: &str) -> Counted {
    wait_for(2 * SENTENCE_LIMIT, || {
        std::thread::sleep(Duration::from_millis(200));
        PROMPTS.ids(&call).iter().any(|id| ENDS.contains(&id.as_str())).then_some(())
    });
    let said = PROMPTS.transcribe(&call.heard().audio());
    let number = PROMPTS.digits_after(&said, "L07.1");
    call.hang_up();
    (account(&house.service, from)["digits"].as_str().unwrap().to_owned(), number)
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
    let asks = house.dial("19900000010");
    let case = ask_for_callback(&asks);
    asks.hang_up();
    let counted = std::thread::scope(|scope| {
        let (house, case) = (&house, &case);
        let all = format!("1{}#{}#", case.number, case.code);
        [
            scope.spawn(move || {
                digits_of(house, told("19900000011"), case, "19900000011", Call::press)
            }),
            scope
                .spawn(move || digits_of(house, told("19900000012"), case, "19900000012", by_info)),
            scope.spawn(move || {
                digits_of(house, told("19900000013"), case, "19900000013", Call::press_tones)
            }),
            scope.spawn(move || {
                // Keys that are typed during the greeting are kept.
                let call = bad();
                call.press(&all);
                opened(house, call, "19900000014")
            }),
        ]
        .map(|thread| thread.join().unwrap())
    });
    let right = || (KEPT.to_owned(), case.number.clone());
    let all = [right(), right(), right(), right()];
    assert_eq!(counted, all, "events, INFO, tones, events over a bad line");
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
    // Sooner than the menu says it of itself, behind eight seconds of silence.
    let sentence = Duration::from_millis(PROMPTS.bytes("B03").len() as u64 / 8);
    let again = wait_for(sentence + Duration::from_secs(7), || {
        std::thread::sleep(Duration::from_millis(200));
        (PROMPTS.ids(&call).iter().filter(|id| *id == "B03").count() == 2).then_some(())
    });
    assert!(again.is_some(), "9 says it again: {:?}", PROMPTS.ids(&call));
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
