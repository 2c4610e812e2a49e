//! Citizens call the service: what they hear, what is kept, what they are told later.

use crate::line::{
    House, LINE, PROMPTS, Receipt, SENTENCE_LIMIT, ask, case_numbers, hand_in, recordings,
    speak_message, trimmed, voice,
};
use crate::support::audio::{alaw_encode, find, frames_in_order, read_wav, to_alaw, write_wav};
use crate::support::citizen::{Call, Dial, ULAW};
use crate::support::clients::baresip::Baresip;
use crate::support::clients::linphone::Linphone;
use crate::support::clients::sipp;
use crate::support::rtp::Impairment;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn leave_message(house: &House, from: &str) -> (Receipt, Vec<u8>) {
    let call = house.dial(from);
    let sent = speak_message(&call, &read_wav(&voice(house.folder.path()), 0));
    let receipt = hand_in(&call);
    let (_, bye) = call.hang_up();
    assert!(bye.is_none_or(|status| status == 200));
    (receipt, sent)
}

fn said(call: &Call) -> Vec<String> {
    PROMPTS.transcribe(&call.heard().audio()).into_iter().map(|s| s.id).collect()
}

#[test]
fn the_greeting_arrives_bit_for_bit_with_no_gap() {
    let house = House::open();
    let call = house.dial("19900000001");
    let greeting = PROMPTS.bytes("G01");
    assert!(call.wait_heard(greeting, SENTENCE_LIMIT).is_some(), "heard {:?}", said(&call));
    let (capture, bye) = call.hang_up();
    assert_eq!(bye, Some(200));
    assert_eq!(capture.lost(), 0);
    assert!(capture.packets.iter().all(|p| p.payload.len() == 160));
    assert!(house.service.stop().success());
}

#[test]
fn a_spoken_message_becomes_a_case_with_the_very_audio() {
    let house = House::open();
    let (receipt, sent) = leave_message(&house, "19900000001");
    let listed = case_numbers(&house.service.json(&["case", "list"]));
    assert_eq!(listed, [receipt.number.as_str()]);
    let shown = house.service.json(&["case", "show", &receipt.number]);
    let files = recordings(house.service.data(), &shown);
    assert!(!files.is_empty(), "the case names no recording: {shown}");
    let spoken: Vec<i16> = sent.iter().map(|b| crate::support::audio::alaw_decode(*b)).collect();
    let spoken = to_alaw(trimmed(&spoken));
    let kept = |file: &PathBuf| to_alaw(&read_wav(file, 0));
    let frames = spoken.len() / 160;
    let nearest = files.iter().map(|f| frames_in_order(&kept(f), &spoken)).max();
    let whole = files.iter().any(|file| find(&kept(file), &spoken).is_some());
    assert!(whole, "{nearest:?} of {frames} frames of the message are in {files:?}");
}

#[test]
fn the_case_is_told_to_whoever_has_number_and_code() {
    let house = House::open();
    let (receipt, _) = leave_message(&house, "19900000001");
    let call = house.dial("19900000009");
    ask(&call, &receipt.number, &receipt.code);
    PROMPTS.wait(&call, "ST01", SENTENCE_LIMIT);
    call.hang_up();
}

#[test]
fn a_wrong_code_and_an_unknown_number_hear_the_same_and_learn_nothing() {
    let house = House::open();
    let (receipt, _) = leave_message(&house, "19900000001");
    let wrong = if receipt.code == "0000" { "0001" } else { "0000" };
    // Vector of the numbering rule: a well-formed number that was never given.
    for (number, code) in [(receipt.number.as_str(), wrong), ("26021401288", "1234")] {
        let call = house.dial("19900000009");
        ask(&call, number, code);
        PROMPTS.wait(&call, "L05", SENTENCE_LIMIT);
        let heard = said(&call);
        assert!(!heard.iter().any(|id| id.starts_with("ST") || id.starts_with("L07")), "{heard:?}");
        call.hang_up();
    }
}

#[test]
fn a_number_with_a_wrong_check_digit_is_asked_again() {
    let house = House::open();
    let call = house.dial("19900000001");
    PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
    call.press("1");
    PROMPTS.wait(&call, "L01", SENTENCE_LIMIT);
    call.press("26021401289#");
    PROMPTS.wait(&call, "L04", SENTENCE_LIMIT);
    call.hang_up();
}

#[test]
fn a_key_counts_by_info_and_by_tones_as_well() {
    let house = House::open();
    for by_info in [true, false] {
        let call = house.dial("19900000001");
        PROMPTS.wait(&call, "G02", SENTENCE_LIMIT);
        if by_info {
            assert_eq!(call.press_info("1"), [200]);
        } else {
            call.press_tones("1");
        }
        PROMPTS.wait(&call, "L01", SENTENCE_LIMIT);
        call.hang_up();
    }
}

#[test]
fn a_bad_line_still_gets_every_key_once() {
    let house = House::open();
    let jitter = Duration::from_millis(30);
    let line = Impairment { seed: 11, loss: 0.03, duplicate: 0.03, jitter };
    let dial = Dial::new(house.service.udp(), LINE).impair(line);
    let call = dial.call().expect("the line answers");
    ask(&call, "26021401288", "1234");
    PROMPTS.wait(&call, "L05", SENTENCE_LIMIT);
    call.hang_up();
}

#[test]
fn a_phone_with_mu_law_only_is_answered_and_hears_something() {
    let house = House::open();
    let call = Dial::new(house.service.udp(), LINE).codec(ULAW).call().expect("the line answers");
    std::thread::sleep(Duration::from_secs(3));
    let (capture, _) = call.hang_up();
    let samples: Vec<i16> =
        capture.audio().into_iter().map(crate::support::audio::ulaw_decode).collect();
    assert!(crate::support::audio::level_db(&samples) > -40.0, "µ-law callers hear silence");
}

#[test]
fn a_citizen_who_vanishes_leaves_a_call_that_ends() {
    let house = House::open();
    let call = house.dial("19900000001");
    PROMPTS.wait(&call, "G01", SENTENCE_LIMIT);
    call.vanish();
    assert!(house.service.stop().success(), "a vanished caller holds up the drain");
}

#[test]
fn fifty_calls_of_the_stock_sipp_caller_all_succeed() {
    let house = House::open();
    let caller = sipp::Caller::stock().calls(50, 10).number(LINE).pause(Duration::from_secs(1));
    let counts = caller.run(house.service.udp(), Duration::from_secs(60));
    assert_eq!((counts.successful, counts.failed), (50, 0));
}

#[test]
fn a_sipp_scenario_with_options_inside_the_call_succeeds() {
    let house = House::open();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telephony/scenarios/talk.xml");
    let caller = sipp::Caller::scenario(&file).calls(20, 10).number(LINE);
    let counts = caller.run(house.service.udp(), Duration::from_secs(60));
    assert_eq!((counts.successful, counts.failed), (20, 0));
}

/// A foreign phone starts its jitter buffer somewhere in the first words.
fn heard_most_of(samples: &[i16], id: &str) {
    let stream: Vec<u8> = samples.iter().map(|s| alaw_encode(*s)).collect();
    let wanted = PROMPTS.bytes(id);
    let (found, all) = (frames_in_order(&stream, wanted), wanted.len() / 160);
    assert!(found * 10 >= all * 8, "{found} of {all} frames of {id} were heard");
}

#[test]
fn baresip_leaves_a_message_by_keys_and_voice() {
    let house = House::open();
    let mut phone = Baresip::start("19900000002", &long_voice(house.folder.path()));
    phone.dial(LINE, house.service.udp());
    message_by_clock(|keys| phone.press(keys));
    phone.hang_up();
    heard_most_of(&phone.quit(), "G01");
    let listed = case_numbers(&house.service.json(&["case", "list"]));
    assert_eq!(listed.len(), 1, "one message, one case: {listed:?}");
}

#[test]
fn linphone_leaves_a_message_by_keys_and_voice() {
    let house = House::open();
    let udp = house.service.udp();
    let mut phone = Linphone::start("19900000003", udp, &long_voice(house.folder.path()));
    phone.dial(LINE, udp);
    message_by_clock(|keys| phone.press(keys));
    phone.hang_up();
    heard_most_of(&phone.quit(), "G02");
    let listed = case_numbers(&house.service.json(&["case", "list"]));
    assert_eq!(listed.len(), 1, "one message, one case: {listed:?}");
}

/// The sentence over and over: a foreign phone plays its file from the start of the call.
fn long_voice(folder: &Path) -> PathBuf {
    let file = folder.join("long.wav");
    let sentence = read_wav(&voice(folder), 0);
    write_wav(&file, &sentence.repeat(10));
    file
}

/// A phone that cannot be listened to while it calls goes by the lengths of the prompts.
fn message_by_clock(mut press: impl FnMut(&str)) {
    let length = |id: &str| Duration::from_millis(PROMPTS.bytes(id).len() as u64 / 8);
    let pause = Duration::from_secs(1);
    std::thread::sleep(length("G01") + length("G02") + pause);
    press("2");
    // `#` skips the instructions to the tone.
    std::thread::sleep(pause);
    press("#");
    std::thread::sleep(Duration::from_secs(6));
    press("#");
    std::thread::sleep(pause + pause);
    press("1");
    std::thread::sleep(Duration::from_secs(5));
}

#[test]
fn the_ears_write_down_every_clip_they_hear_whole() {
    let ids = ["G01", "M05.1", "d.26.m", "d.11.m", "d.7.f", "M06.1", "d.0.m", "L04"];
    let mut stream = vec![0xD5; 777];
    for id in ids {
        stream.extend(PROMPTS.bytes(id));
        stream.extend([0xD5; 160]);
    }
    stream.extend(&PROMPTS.bytes("G02")[..8_000]);
    let heard = PROMPTS.transcribe(&stream);
    assert_eq!(heard.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ids);
    assert_eq!(PROMPTS.digits_after(&heard, "M05.1"), "26117");
}
