//! What the tests of calls share: a service in a fresh folder, a voice, and a citizen who knows
//! the way through the menus.

use crate::support::audio::{self, FRAME, level_db, tone_share};
use crate::support::citizen::{Call, Dial};
use crate::support::prompts::{Prompts, runs};
use crate::support::service::{Service, Start};
use crate::support::wait_for;
use serde_json::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The public line's number in the tests.
pub(crate) const LINE: &str = "12345";
/// Longer than any sentence of the script.
pub(crate) const SENTENCE_LIMIT: Duration = Duration::from_secs(60);
/// A call's account and case are on disk this soon after its end.
const ACCOUNT_LIMIT: Duration = Duration::from_secs(15);
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
        Self::with(|start| start)
    }

    /// Started in another way.
    pub(crate) fn with(how: impl FnOnce(Start) -> Start) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { service: how(Start::new(folder.path())).run(), folder }
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
        let heard = call.samples(from);
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

/// A short sound that counts as speech: what is said matters only where a recording is judged.
pub(crate) fn short_speech() -> Vec<i16> {
    audio::tones(&[310.0, 540.0, 880.0], 5_000.0, 4_000)
}

/// Speaks after the tone without listening to the instructions, and ends the message.
pub(crate) fn speak_at_once(call: &Call, voice: &[i16]) -> Vec<u8> {
    call.press("2");
    let greeting = call.as_heard(PROMPTS.bytes("G02"));
    assert!(call.wait_heard(&greeting, SENTENCE_LIMIT).is_some(), "no greeting bit for bit");
    // The instructions begin; `#` skips them.
    std::thread::sleep(Duration::from_millis(800));
    let from = call.heard().audio().len();
    call.press("#");
    wait_tone(call, from);
    let sent = call.speak(voice);
    call.press("#");
    sent
}

/// A callback to the calling number: the shortest way to a case.
pub(crate) fn ask_for_callback(call: &Call) -> Receipt {
    call.press("31");
    receipt(call, "M05C.1")
}

/// Writes down number and code as they are told; both must be said twice alike.
pub(crate) fn receipt(call: &Call, number_clip: &str) -> Receipt {
    let deadline = Instant::now() + SENTENCE_LIMIT + SENTENCE_LIMIT;
    loop {
        let said = PROMPTS.transcribe(&call.heard().audio());
        let runs = runs(&said);
        let twice = |id: &str, len: usize| {
            let at = runs.iter().position(|(clip, _)| clip == id)?;
            let (first, again) = (&runs[at].1, &runs.get(at + 1)?.1);
            (again.len() == len).then(|| (first.clone(), again.clone()))
        };
        if let (Some(numbers), Some(codes)) = (twice(number_clip, 11), twice("M06.1", 4)) {
            assert_eq!(numbers.0, numbers.1, "the number is said twice alike");
            assert_eq!(codes.0, codes.1, "the code is said twice alike");
            return Receipt { number: numbers.0, code: codes.0 };
        }
        let ended = call.ended();
        assert!(Instant::now() < deadline, "no receipt; hung up: {ended}; heard {runs:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Asks for a case from the first moment on: keys typed during the greeting are kept.
pub(crate) fn ask(call: &Call, number: &str, code: &str) {
    call.press(&format!("1{number}#{code}#"));
}

/// The date said after the last `before`: year, month, day.
pub(crate) fn date_after(ids: &[String], before: &str) -> String {
    let at = ids.iter().rposition(|id| id == before);
    let at = at.unwrap_or_else(|| panic!("no {before} in {ids:?}"));
    let part = |offset: usize, head: &str| {
        let id = ids.get(at + offset).map_or("", String::as_str);
        let value = id.strip_prefix(head).and_then(|rest| rest.parse::<u32>().ok());
        value.unwrap_or_else(|| panic!("no date after {before} in {ids:?}"))
    };
    format!("{:04}-{:02}-{:02}", part(1, "y."), part(2, "m."), part(3, "date."))
}

/// Waits for the account of the only finished call from this number, which stands there masked.
pub(crate) fn account(service: &Service, from: &str) -> Value {
    let masked = format!("{}****{}", &from[..3], &from[from.len() - 4..]);
    let found = wait_for(ACCOUNT_LIMIT, || {
        let listed = service.json(&["call", "list"]);
        let mut ended = listed.as_array()?.iter().filter(|row| !row["ended_at"].is_null());
        let row = ended.find(|row| row["caller"] == masked.as_str())?;
        let shown = service.json(&["call", "show", row["id"].as_str().unwrap()]);
        assert_eq!(shown["caller"], masked.as_str(), "{shown}");
        Some(shown)
    });
    found.unwrap_or_else(|| panic!("no account of a call from {from}\n{}", service.stderr()))
}

/// The only row of `case list` that satisfies `fits`, once it is there.
pub(crate) fn case_row(service: &Service, fits: impl Fn(&Value) -> bool) -> Value {
    let found = wait_for(ACCOUNT_LIMIT, || {
        let listed = service.json(&["case", "list"]);
        let rows: Vec<Value> = listed.as_array()?.iter().filter(|row| fits(row)).cloned().collect();
        assert!(rows.len() <= 1, "more than one such case: {rows:?}");
        rows.into_iter().next()
    });
    found.unwrap_or_else(|| panic!("no such case in {}", service.json(&["case", "list"])))
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

/// Where the sound is, without the quiet frames before and behind it.
pub(crate) fn sounding(samples: &[i16]) -> Range<usize> {
    let loud = |frame: &[i16]| level_db(frame) > -50.0;
    let frames: Vec<&[i16]> = samples.chunks_exact(FRAME).collect();
    let first = frames.iter().position(|f| loud(f)).unwrap_or(0);
    let last = frames.iter().rposition(|f| loud(f)).unwrap_or(0);
    first * FRAME..(last + 1) * FRAME
}
