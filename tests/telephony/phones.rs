//! Programs of others dial in: they hear what is played, their keys arrive, their words are kept.

use crate::handset::Handset;
use crate::line::{House, LINE, PROMPTS, account, case_row, recordings, voice};
use crate::support::audio::{frames_known, from_alaw, level_db, read_wav, to_alaw, write_wav};
use crate::support::clients::baresip::Baresip;
use crate::support::clients::linphone::Linphone;
use crate::support::clients::sipp;
use crate::support::prompts::runs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A foreign phone starts its jitter buffer somewhere in the first words and may stretch a frame
/// or leave one out when this machine is busy. So of the sounding frames of 20 ms this share must
/// be there bit for bit after A-law; of other words, or the same words spoken again, not one is.
const KNOWN_MIN: f64 = 0.8;
/// How long the phone speaks.
const SPEECH: Duration = Duration::from_secs(6);

pub(crate) fn sixty_calls_of_the_stock_sipp_caller_all_succeed() {
    let house = House::open();
    let caller = sipp::Caller::stock().calls(60, 10).number(LINE).pause(Duration::from_secs(1));
    let counts = caller.run(house.service.udp(), Duration::from_secs(60));
    assert_eq!((counts.successful, counts.failed), (60, 0));
}

pub(crate) fn a_sipp_scenario_with_options_inside_the_call_succeeds() {
    let house = House::open();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telephony/scenarios/talk.xml");
    let caller = sipp::Caller::scenario(&file).calls(20, 10).number(LINE);
    let counts = caller.run(house.service.udp(), Duration::from_secs(60));
    assert_eq!((counts.successful, counts.failed), (20, 0));
}

pub(crate) fn baresip_leaves_a_message_and_hears_how_it_stands() {
    let house = House::open();
    let (from, again) = ("19900000041", "19900000042");
    let microphone = long_voice(house.folder.path());
    let start = |user: &str| Baresip::start(user, &microphone);
    message_and_look_up(&house, [from, again], start);
}

pub(crate) fn linphone_leaves_a_message_and_hears_how_it_stands() {
    let house = House::open();
    let (from, again) = ("19900000043", "19900000044");
    let microphone = long_voice(house.folder.path());
    let start = |user: &str| Linphone::start(user, house.service.udp(), &microphone);
    message_and_look_up(&house, [from, again], start);
}

fn message_and_look_up<P: Handset>(house: &House, users: [&str; 2], start: impl Fn(&str) -> P) {
    let mut phone = start(users[0]);
    phone.dial(LINE, house.service.udp());
    message_by_clock(&mut phone);
    phone.hang_up();
    let heard = phone.quit();
    // What arrived first: without its keys the phone hears other prompts.
    let first = account(&house.service, users[0]);
    assert_eq!(first["digits"], "2##1", "{first}");
    heard_most_of(&heard, "G01");
    heard_most_of(&heard, "M05.1");
    let row = case_row(&house.service, |row| row["channel"] == "voicemail");
    the_words_are_kept(house, &first);
    let number = row["number"].as_str().unwrap();
    let code = code_in(&heard, number);
    let mut phone = start(users[1]);
    phone.dial(LINE, house.service.udp());
    phone.press(&format!("1{number}#{code}#"));
    // The greeting ends, then number, date and status are said.
    std::thread::sleep(length("G01") + length("G02") + Duration::from_secs(20));
    phone.hang_up();
    let heard = phone.quit();
    let second = account(&house.service, users[1]);
    assert_eq!(second["digits"], "1***********#****#");
    heard_most_of(&heard, "ST01");
}

/// The code as this phone heard it; its number, heard by the same ears, is the one in the list.
fn code_in(heard: &[i16], number: &str) -> String {
    let said = PROMPTS.transcribe(&to_alaw(heard));
    let runs = runs(&said);
    // Either of the two times it is said will do: a phone may stretch one of them.
    let of_len = |len: usize| runs.iter().find(|(_, digits)| digits.len() == len);
    assert_eq!(of_len(11).map(|(_, digits)| digits.as_str()), Some(number), "{runs:?}");
    of_len(4).unwrap_or_else(|| panic!("no code in {runs:?}")).1.clone()
}

fn heard_most_of(samples: &[i16], id: &str) {
    let heard = to_alaw(samples);
    let known = frames_known(&heard, PROMPTS.bytes(id));
    let ids: Vec<String> = PROMPTS.transcribe(&heard).into_iter().map(|said| said.id).collect();
    assert!(known > KNOWN_MIN, "{known:.2} of {id} was heard; whole clips: {ids:?}");
}

/// The phone plays one sentence over and over; the message is a piece of that.
fn the_words_are_kept(house: &House, account: &serde_json::Value) {
    let rows = account["recordings"].as_array().unwrap();
    let message = rows.iter().find(|row| row["kind"] == "message").expect("a message is kept");
    let ms = message["duration_ms"].as_u64().unwrap();
    let spoken = u64::try_from(SPEECH.as_millis()).unwrap();
    assert!((spoken - 1_500..spoken + 2_500).contains(&ms), "the message lasts {ms} ms");
    let files = recordings(house.service.data(), message);
    let kept = read_wav(&files[0], 0);
    let sentence = read_wav(&house.folder.path().join("voice.wav"), 0);
    let (level, sent) = (level_db(&kept), level_db(&sentence));
    assert!((level - sent).abs() < 3.0, "kept at {level} dB, spoken at {sent} dB");
    let played = to_alaw(&sentence.repeat(2));
    let known = frames_known(&played, &to_alaw(&kept));
    assert!(known > KNOWN_MIN, "{known:.2} of the message is what was spoken");
}

/// The sentence over and over: a foreign phone plays its file from the start of the call.
fn long_voice(folder: &Path) -> PathBuf {
    let file = folder.join("long.wav");
    let sentence = read_wav(&voice(folder), 0);
    // At the middle of each A-law step every coder gives the same byte.
    write_wav(&file, &from_alaw(&to_alaw(&sentence)).repeat(12));
    file
}

fn length(id: &str) -> Duration {
    Duration::from_millis(PROMPTS.bytes(id).len() as u64 / 8)
}

/// A phone that cannot be listened to while it calls goes by the lengths of the prompts.
fn message_by_clock(phone: &mut impl Handset) {
    phone.press("2");
    std::thread::sleep(length("G01") + length("G02") + Duration::from_secs(1));
    // `#` skips the instructions to the tone.
    phone.press("#");
    std::thread::sleep(SPEECH);
    phone.press("#");
    // The message is saved while M04 begins, which lasts 9 s.
    std::thread::sleep(Duration::from_secs(4));
    phone.press("1");
    // Number and code, each twice.
    std::thread::sleep(length("M14") + Duration::from_secs(22));
}
