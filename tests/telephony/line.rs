//! What the tests of calls share: a service in a fresh folder, a voice, and a citizen who knows
//! the way through the menus.

use crate::support::audio::{self, FRAME, level_db, tone_share};
use crate::support::citizen::{Call, Dial};
use crate::support::prompts::Prompts;
use crate::support::service::{Service, Start};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The public line's number in the tests.
pub(crate) const LINE: &str = "12345";
/// Longer than any sentence of the script.
pub(crate) const SENTENCE_LIMIT: Duration = Duration::from_secs(30);
const TONE_HZ: f64 = 1000.0;
/// The tone before a message lasts 400 ms: this much of it must be heard, then silence.
const TONE_FRAMES_MIN: usize = 15;

/// Decoded once for all tests.
pub(crate) static PROMPTS: LazyLock<Prompts> = LazyLock::new(Prompts::load);

/// A service and the folder that lives as long.
pub(crate) struct House {
    pub(crate) service: Service,
    pub(crate) folder: tempfile::TempDir,
}

impl House {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { service: Start::new(folder.path()).run(), folder }
    }

    pub(crate) fn dial(&self, from: &str) -> Call {
        dial(&self.service, from)
    }
}

pub(crate) fn dial(service: &Service, from: &str) -> Call {
    let call = Dial::new(service.udp(), LINE).from(from).call();
    call.unwrap_or_else(|e| panic!("the line does not answer: {e:?}\n{}", service.stderr()))
}

/// What a citizen writes down after leaving a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Receipt {
    pub(crate) number: String,
    pub(crate) code: String,
}

/// A spoken sentence of some seconds (espeak-ng, Mandarin by pinyin), 8 kHz.
pub(crate) fn voice(folder: &Path) -> PathBuf {
    let (wide, narrow) = (folder.join("wide.wav"), folder.join("voice.wav"));
    let words = "wo3 jia1 men2 kou3 de5 lu4 deng1 huai4 le5 san1 tian1 le5, qing3 pai4 ren2 lai2 \
                 xiu1 yi1 xia4, wo3 de5 dian4 hua4 shi4 yao1 jiu3 jiu3 ling2 ling2";
    run(Command::new("espeak-ng").args(["-v", "cmn-latn-pinyin", "-w"]).arg(&wide).arg(words));
    let mut sox = Command::new("sox");
    sox.arg(&wide).args(["-r", "8000", "-c", "1", "-b", "16"]).arg(&narrow).args(["norm", "-6"]);
    run(&mut sox);
    narrow
}

fn run(command: &mut Command) {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|e| panic!("{name}: {e}: run tests/install.sh"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Waits for the end of the tone that follows byte `from` of what is heard.
pub(crate) fn wait_tone(call: &Call, from: usize) {
    let deadline = Instant::now() + SENTENCE_LIMIT;
    loop {
        let heard = audio::from_alaw(call.heard().audio().get(from..).unwrap_or_default());
        let mut frames = heard.chunks_exact(FRAME);
        let is_tone = |f: &[i16]| level_db(f) > -45.0 && tone_share(f, TONE_HZ) > 0.9;
        let tone = frames.by_ref().filter(|f| is_tone(f)).count();
        let over = heard.chunks_exact(FRAME).next_back().is_some_and(|f| !is_tone(f));
        if tone >= TONE_FRAMES_MIN && over {
            return;
        }
        assert!(Instant::now() < deadline, "no tone in {SENTENCE_LIMIT:?}");
        std::thread::sleep(Duration::from_millis(40));
    }
}

/// From the greeting to the words "saved"; gives the A-law bytes that were spoken.
pub(crate) fn speak_message(call: &Call, voice: &[i16]) -> Vec<u8> {
    PROMPTS.wait(call, "G02", SENTENCE_LIMIT);
    call.press("2");
    let told = PROMPTS.wait(call, "M01", SENTENCE_LIMIT);
    wait_tone(call, told.end);
    let sent = call.speak(voice);
    call.press("#");
    PROMPTS.wait(call, "M04", SENTENCE_LIMIT);
    sent
}

/// Hands the message in and writes down number and code; both must be said twice alike.
pub(crate) fn hand_in(call: &Call) -> Receipt {
    call.press("1");
    PROMPTS.wait(call, "M06.2", SENTENCE_LIMIT + SENTENCE_LIMIT);
    // The repeated code follows: four digits are said in less than this.
    std::thread::sleep(Duration::from_secs(4));
    let said = PROMPTS.transcribe(&call.heard().audio());
    let digits = |id: &str| PROMPTS.digits_after(&said, id);
    let receipt = Receipt { number: digits("M05.1"), code: digits("M06.1") };
    assert_eq!(receipt.number, digits("M05.2"), "the number is said twice alike");
    assert_eq!(receipt.code, digits("M06.2"), "the code is said twice alike");
    assert_eq!((receipt.number.len(), receipt.code.len()), (11, 4), "{receipt:?}");
    receipt
}

/// From the greeting to the answer of a look-up.
pub(crate) fn ask(call: &Call, number: &str, code: &str) {
    PROMPTS.wait(call, "G02", SENTENCE_LIMIT);
    call.press("1");
    PROMPTS.wait(call, "L01", SENTENCE_LIMIT);
    call.press(&format!("{number}#"));
    PROMPTS.wait(call, "L02", SENTENCE_LIMIT);
    call.press(&format!("{code}#"));
}

/// Every case number in a listing, as often as it stands there.
pub(crate) fn case_numbers(listing: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(listing, &mut |key, value| {
        if matches!(key, "number" | "case_number") && !value.is_null() {
            found.push(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    });
    found.retain(|number| number.len() == 11 && number.bytes().all(|b| b.is_ascii_digit()));
    found
}

/// Every recording that a record names, as a path below the data folder.
pub(crate) fn recordings(data: &Path, record: &Value) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(record, &mut |_, value| {
        let file = value.as_str().filter(|text| text.to_lowercase().ends_with(".wav"));
        found.extend(file.map(|file| data.join(file)));
    });
    found.sort();
    found.dedup();
    found
}

fn walk(value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            visit(key, value);
            walk(value, visit);
        }),
        Value::Array(list) => list.iter().for_each(|value| walk(value, visit)),
        _ => {}
    }
}

/// The samples between the first and the last loud frame.
pub(crate) fn trimmed(samples: &[i16]) -> &[i16] {
    let loud = |frame: &[i16]| level_db(frame) > -50.0;
    let frames: Vec<&[i16]> = samples.chunks_exact(FRAME).collect();
    let first = frames.iter().position(|f| loud(f)).unwrap_or(0);
    let last = frames.iter().rposition(|f| loud(f)).unwrap_or(0);
    &samples[first * FRAME..(last + 1) * FRAME]
}
