//! Citizens call the service: what they hear, what is kept, what they are told later.

use crate::line::{
    House, PROMPTS, Receipt, SENTENCE_LIMIT, account, ask, ask_for_callback, case_numbers,
    case_row, date_after, receipt, recordings, short_speech, sounding, speak_at_once, voice,
    wait_tone,
};
use crate::support::audio::{
    PUNCTUAL_MAX, find, frames_in_order, from_alaw, holds_live, level_db, read_wav, to_alaw,
};
use crate::support::citizen::{Call, text};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) fn the_opening_arrives_bit_for_bit_with_no_gap() {
    let house = House::open();
    let call = house.dial("19900000001");
    PROMPTS.wait(&call, "G03N", SENTENCE_LIMIT);
    assert_eq!(PROMPTS.ids(&call), ["G01", "G02", "B01", "G04", "G03N"]);
    let (capture, bye) = call.hang_up();
    assert_eq!(bye, Some(200));
    assert_eq!(capture.lost(), 0);
    assert!(capture.packets.iter().all(|p| p.payload.len() == 160));
    assert!(house.service.stop().success());
}

/// So many dial at the same moment.
const CROWD: usize = 50;
/// From INVITE to 200, for each of them.
const ANSWERED_MAX: Duration = Duration::from_secs(1);

pub(crate) fn fifty_citizens_at_once_are_answered_within_a_second_and_each_hears_the_opening() {
    let house = House::open();
    let opening = ["G01", "G02"].map(|id| PROMPTS.bytes(id));
    let length: usize = opening.iter().map(|bytes| bytes.len()).sum();
    std::thread::scope(|scope| {
        for citizen in 0..CROWD {
            let house = &house;
            scope.spawn(move || {
                let start = Instant::now();
                let call = house.dial(&format!("199000001{citizen:02}"));
                let took = start.elapsed();
                assert!(took < ANSWERED_MAX, "citizen {citizen} was answered after {took:?}");
                std::thread::sleep(Duration::from_millis(length as u64 / 8 + 2_000));
                let (capture, bye) = call.hang_up();
                assert_eq!((capture.lost(), bye), (0, Some(200)), "citizen {citizen}");
                let heard = capture.audio();
                let at = opening.map(|bytes| find(&heard, bytes));
                assert!(at[0].is_some() && at[0] < at[1], "citizen {citizen}: {at:?}");
            });
        }
    });
    let kept = crate::support::wait_for(Duration::from_secs(15), || {
        let calls = house.service.json(&["call", "list"]);
        let ended = calls.as_array()?.iter().filter(|call| !call["ended_at"].is_null());
        (ended.count() == CROWD).then_some(())
    });
    assert!(kept.is_some(), "{}", house.service.json(&["call", "list"]));
    assert!(house.service.stop().success());
}

pub(crate) fn a_spoken_message_becomes_a_case_that_its_number_and_code_open() {
    let house = House::open();
    let (receipt, sent, late) = leave_message(&house);
    let shown = house.service.json(&["case", "show", &receipt.number]);
    the_recording_is_what_was_said(&house, &shown, &sent, late);
    let call = house.dial("19900000009");
    ask(&call, &receipt.number, &receipt.code);
    PROMPTS.wait(&call, "L08N", 2 * SENTENCE_LIMIT);
    let ids = PROMPTS.ids(&call);
    assert!(ids.iter().any(|id| id == "ST01"), "{ids:?}");
    // L07 and L07N begin with the same recordings; the ears write down the first.
    assert_eq!(date_after(&ids, "DL01"), shown["due_on"].as_str().unwrap());
    let received = shown["received_at"].as_str().unwrap().get(..10).unwrap();
    assert_eq!(date_after(&ids, "L07.2"), received);
    let said = PROMPTS.transcribe(&call.heard().audio());
    assert_eq!(PROMPTS.digits_after(&said, "L07.1"), receipt.number);
    call.hang_up();
}

/// The whole way with every instruction listened to. Nothing of the number is heard before it
/// stands in the list. Gives what was said as well, and how late a packet of it left.
fn leave_message(house: &House) -> (Receipt, Vec<u8>, Duration) {
    let call = house.dial("19900000001");
    call.press("2");
    let told = PROMPTS.wait(&call, "M01", SENTENCE_LIMIT);
    wait_tone(&call, told.end);
    let sent = call.speak(&read_wav(&voice(house.folder.path()), 0));
    let late = call.lateness();
    call.press("#");
    PROMPTS.wait(&call, "M04", SENTENCE_LIMIT);
    assert_eq!(house.service.json(&["case", "list"]), Value::Array(vec![]), "not yet submitted");
    call.press("1");
    PROMPTS.wait(&call, "M14", SENTENCE_LIMIT);
    let committed = case_numbers(&house.service.json(&["case", "list"]));
    let early = PROMPTS.ids(&call).iter().any(|id| id == "M05.1");
    assert!(!early, "the list was read too late to say what stood in it before the number");
    let receipt = receipt(&call, "M05.1");
    assert_eq!(committed, [receipt.number.as_str()]);
    let (_, bye) = call.hang_up();
    assert!(bye.is_none_or(|status| status == 200));
    (receipt, sent, late)
}

/// The message holds the very bytes, the whole call both voices, and the hashes are right.
fn the_recording_is_what_was_said(house: &House, shown: &Value, sent: &[u8], late: Duration) {
    let files = recordings(house.service.data(), shown);
    let message = files.iter().find(|file| file.to_string_lossy().contains("message"));
    let message = message.unwrap_or_else(|| panic!("the case names no message: {shown}"));
    let kept = to_alaw(&read_wav(message, 0));
    let spoken = &sent[sounding(&from_alaw(sent))];
    let (same, all) = (frames_in_order(&kept, spoken), spoken.len() / 160);
    let told = format!("{same} of {all} frames of the message were kept, {late:?} late");
    assert!(holds_live(&kept, spoken, late), "{told}");
    let extra = kept.len() as i64 - sent.len() as i64;
    // Of who was late so much may be given up again.
    let fewest = if late > PUNCTUAL_MAX { -1_600 } else { 0 };
    assert!((fewest..4_000).contains(&extra), "{extra} samples more than were spoken");
    let call = account(&house.service, "19900000001");
    let whole = recordings(house.service.data(), &call);
    let whole = whole.iter().find(|file| *file != message).expect("the whole call is kept");
    assert!(holds_live(&to_alaw(&read_wav(whole, 0)), spoken, late), "the citizen's side");
    let ours = to_alaw(&read_wav(whole, 1));
    assert!(find(&ours, PROMPTS.bytes("M05.1")).is_some(), "our side");
    for row in call["recordings"].as_array().unwrap() {
        let file = house.service.data().join(row["file"].as_str().unwrap());
        assert_eq!(row["sha256"], sha256(&without_key(&file)));
    }
}

/// What of a recording its hash covers: all but the place of its key (docs/adr/0021).
fn without_key(file: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(file).unwrap();
    assert!(bytes.starts_with(b"MLSOUND\x01"), "{} is in clear", file.display());
    bytes[16..76].fill(0);
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn who_asks_to_be_called_back_gets_a_case_with_a_callback_task() {
    let house = House::open();
    let call = house.dial("19900000005");
    call.press("3");
    PROMPTS.wait(&call, "Q05.2", SENTENCE_LIMIT);
    let said = PROMPTS.transcribe(&call.heard().audio());
    assert_eq!(PROMPTS.digits_after(&said, "Q05.1"), "0005");
    call.press("1");
    let receipt = receipt(&call, "M05C.1");
    PROMPTS.wait(&call, "Q08N", SENTENCE_LIMIT);
    assert!(call.wait_ended(SENTENCE_LIMIT), "the call is not ended after the goodbye");
    let row = case_row(&house.service, |_| true);
    assert_eq!(row["number"], receipt.number.as_str());
    assert_eq!(
        (&row["channel"], &row["callback_reason"]),
        (&"callback_request".into(), &"asked".into())
    );
    assert!(row["callback_due_at"].is_string());
    let shown = house.service.json(&["case", "show", &receipt.number]);
    assert_eq!(shown["contact"], "199****0005");
    assert_eq!(account(&house.service, "19900000005")["ended_by"], "service");
}

pub(crate) fn who_hangs_up_leaves_a_draft_and_who_says_nothing_is_led_to_the_message() {
    let house = House::open();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let call = house.dial("19900000006");
            PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
            call.hang_up();
        });
        scope.spawn(|| silent_citizen(&house));
    });
    let draft = case_row(&house.service, |row| row["channel"] == "abandoned");
    assert_eq!((&draft["number"], &draft["state"]), (&Value::Null, &"draft".into()));
    assert_eq!(draft["callback_reason"], "missed");
    let shown = house.service.json(&["case", "show", &format!("draft-{}", draft["id"])]);
    assert_eq!(shown["contact"], "199****0006");
    // A message that was recorded and not submitted is kept, and its sender is called back.
    let kept = case_row(&house.service, |row| row["channel"] == "voicemail");
    assert_eq!(kept["callback_reason"], "number_untold");
    assert!(kept["recording"].is_string());
}

/// No key at all, then words after the tone, then gone.
fn silent_citizen(house: &House) {
    let call = house.dial("19900000007");
    PROMPTS.wait(&call, "B04", 3 * SENTENCE_LIMIT);
    let told = PROMPTS.wait(&call, "M01", SENTENCE_LIMIT);
    let ids = PROMPTS.ids(&call);
    assert_eq!(ids.iter().filter(|id| *id == "X02").count(), 1, "asked once more: {ids:?}");
    wait_tone(&call, told.end);
    call.speak(&short_speech());
    call.hang_up();
}

pub(crate) fn three_wrong_tries_end_the_look_up_and_an_unknown_number_sounds_like_a_wrong_code() {
    let house = House::open();
    let known = ask_for_callback(&house.dial("19900000005"));
    let wrong = if known.code == "0000" { "0001" } else { "0000" };
    // Vector of the numbering rule: a well-formed number that was never given.
    let tries = [(known.number.as_str(), wrong), ("26021401288", "1234")];
    let delays = std::thread::scope(|scope| {
        tries
            .map(|(number, code)| scope.spawn(|| refused(&house, number, code)))
            .map(|t| t.join().unwrap())
    });
    let [known_ms, unknown_ms] = delays;
    assert!(
        known_ms.abs_diff(unknown_ms) < 300,
        "{known_ms} ms and {unknown_ms} ms tell them apart"
    );
    three_tries(&house.dial("19900000009"), &known, wrong);
    // A wrong check digit is heard at once and costs no try.
    let call = house.dial("19900000010");
    call.press("126021401289#");
    PROMPTS.wait(&call, "L04", SENTENCE_LIMIT);
    call.hang_up();
}

/// One refused look-up; milliseconds from the end of the greeting, when the typed keys are taken,
/// to the first word of the refusal.
fn refused(house: &House, number: &str, code: &str) -> u64 {
    let call = house.dial("19900000009");
    ask(&call, number, code);
    let greeted = PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
    let refusal = PROMPTS.wait(&call, "L05", SENTENCE_LIMIT);
    let ids = PROMPTS.ids(&call);
    assert!(!ids.iter().any(|id| id.starts_with("ST") || id.starts_with("L07")), "{ids:?}");
    let (heard, _) = call.hang_up();
    let wait = heard.arrival(refusal.start).unwrap() - heard.arrival(greeted.end).unwrap();
    let wait = u64::try_from(wait.as_millis()).unwrap();
    assert!((700..2_000).contains(&wait), "{number} was refused after {wait} ms");
    wait
}

/// After the third the right code is not even taken.
fn three_tries(call: &Call, known: &Receipt, wrong: &str) {
    ask(call, &known.number, wrong);
    PROMPTS.wait(call, "L05", SENTENCE_LIMIT);
    for last in ["times.1", "L06N"] {
        call.press(&format!("{}#{wrong}#", known.number));
        PROMPTS.wait(call, last, SENTENCE_LIMIT);
    }
    PROMPTS.wait(call, "B03", SENTENCE_LIMIT);
    call.press(&format!("*1{}#{}#", known.number, known.code));
    std::thread::sleep(Duration::from_secs(4));
    let ids = PROMPTS.ids(call);
    assert!(!ids.iter().any(|id| id.starts_with("ST")), "told after three wrong tries: {ids:?}");
}

pub(crate) fn a_text_by_sip_becomes_a_case_once() {
    let house = House::open();
    let (udp, words) = (house.service.udp(), "城前镇的自来水停了两天");
    assert_eq!(text(udp, "19900000008", words, 2), [Some(200), Some(200)]);
    let row = case_row(&house.service, |row| row["channel"] == "text");
    let shown = house.service.json(&["case", "show", row["number"].as_str().unwrap()]);
    assert_eq!((&shown["text"], &shown["contact"]), (&words.into(), &"199****0008".into()));
}

pub(crate) fn sigterm_lets_the_live_call_finish_and_refuses_new_ones() {
    let house = House::open();
    let call = house.dial("19900000001");
    let sent = {
        let call = &call;
        speak_at_once(call, &short_speech())
    };
    PROMPTS.wait(&call, "M04", SENTENCE_LIMIT);
    house.service.signal_term();
    std::thread::sleep(Duration::from_millis(500));
    let late = crate::support::citizen::Dial::new(house.service.udp(), crate::line::LINE).call();
    assert_eq!(late.err(), Some(crate::support::citizen::DialError::Refused(503)));
    assert!(call.wait_ended(2 * SENTENCE_LIMIT), "heard {:?}", PROMPTS.ids(&call));
    let said = PROMPTS.ids(&call);
    assert!(said.iter().any(|id| id == "X13"), "{said:?}");
    let data = house.service.data().to_owned();
    assert!(house.service.stop().success());
    let cases = crate::support::service::json(&data, &["case", "list"]);
    let numbers = case_numbers(&cases);
    assert_eq!(numbers.len(), 1, "the message of the live call is kept: {cases}");
    let shown = crate::support::service::json(&data, &["case", "show", &numbers[0]]);
    let kept = recordings(&data, &shown);
    assert!(kept.iter().any(|file| level_db(&read_wav(file, 0)) > -40.0), "{shown}");
    assert!(sent.len() > 16_000);
}

pub(crate) fn a_citizen_who_vanishes_does_not_hold_up_the_drain() {
    let house = House::open();
    let call = house.dial("19900000001");
    PROMPTS.wait(&call, "G01", SENTENCE_LIMIT);
    call.vanish();
    assert!(house.service.stop().success(), "a vanished caller holds up the drain");
}
