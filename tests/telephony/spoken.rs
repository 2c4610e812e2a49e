//! A citizen hears the reply to his case as a speech engine said it: sample by sample what the engine gave,
//! brought to the level of the prompts. espeak-ng really runs; the service of the test speaks OpenAI's form.

use crate::line::{House, PROMPTS, Receipt, SENTENCE_LIMIT, ask, ask_for_callback};
use crate::support::audio::find;
use crate::support::citizen::Call;
use crate::support::service::{Service, Start, cli};
use crate::support::wait_for;
use mayorline::domain::speech::free_text::{case_number, sentences};
use mayorline::gateway::speech::fit;
use mayorline::store::SpeechSound;
use mayorline::units::CaseNumber;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const ANSWER: &str = "路灯已于11月24日修复。承办单位电话0537-5210000。";
/// A sentence is rendered within this, on a machine that has much to do.
const RENDERED_LIMIT: Duration = Duration::from_secs(60);

/// What the preset of the configuration gives for a sentence.
fn espeak(text: &str) -> Vec<u8> {
    let mut child = Command::new("espeak-ng")
        .args(["-v", "cmn-latn-pinyin", "-s", "150", "--stdin", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("espeak-ng: {e}: run tests/install.sh"));
    child.stdin.take().unwrap().write_all(format!("{text}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

fn expected(text: &str) -> SpeechSound {
    fit(&espeak(text), text.chars().count()).unwrap()
}

/// A case from a call, with its number and code as they were told.
fn case(house: &House) -> Receipt {
    let call = house.dial("19900000031");
    let receipt = ask_for_callback(&call);
    call.hang_up();
    receipt
}

fn verb(data: &Path, verb: &[&str]) {
    let output = cli(data, verb);
    assert!(output.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Answered at once, beside the running service.
fn answer(data: &Path, number: &str) {
    let found = ["--nature", "help", "--domain", "050100", "--place", "北宿镇"];
    verb(
        data,
        &[&["case", "classify", number, "--as", "li", "--role", "clerk"], &found[..]].concat(),
    );
    let said = ["--as", "wang", "--role", "operator", "--text", ANSWER];
    verb(data, &[&["case", "answer", number], &said[..]].concat());
}

fn stored(data: &Path, sql: &str) -> i64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(data.join("mayorline.db"), flags).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

const READY: &str = "SELECT count(*) FROM spoken WHERE state = 'ready'";

fn wait_ready(service: &Service, count: i64) {
    let ready = wait_for(RENDERED_LIMIT, || (stored(service.data(), READY) == count).then_some(()));
    assert!(ready.is_some(), "not rendered in {RENDERED_LIMIT:?}\n{}", service.stderr());
}

/// Where a sound begins in what was heard behind `from`, once it was heard whole.
fn hear(call: &Call, sound: &[u8], from: usize) -> usize {
    let wanted = call.as_heard(sound);
    let found = wait_for(SENTENCE_LIMIT, || {
        let heard = call.heard().audio();
        find(heard.get(from..)?, &wanted).map(|at| from + at)
    });
    found.unwrap_or_else(|| panic!("a sentence was not heard; heard {:?}", PROMPTS.ids(call)))
}

/// The reply, sentence after sentence; gives where it ends.
fn hear_reply(call: &Call, from: usize, slow: bool) -> usize {
    sentences(ANSWER).unwrap().iter().fold(from, |from, text| {
        let SpeechSound { alaw, slow: slower } = expected(text);
        let sound = if slow { slower } else { alaw };
        hear(call, &sound, from) + sound.len()
    })
}

pub(crate) fn espeak_says_the_reply_and_the_citizen_hears_it_again_and_slowly() {
    let house =
        House::with(|start| start.set("speech.engine=command").set("prompts.slow_speech=true"));
    let receipt = case(&house);
    wait_ready(&house.service, 1);
    answer(house.service.data(), &receipt.number);
    wait_ready(&house.service, 2);
    let call = house.dial("19900000032");
    ask(&call, &receipt.number, &receipt.code);
    let number = expected(&case_number(CaseNumber::parse(&receipt.number).unwrap())).alaw;
    let at = hear(&call, &number, 0);
    let notice = PROMPTS.wait(&call, "DL11", SENTENCE_LIMIT);
    assert!(at < notice.start, "the number, then the reply");
    let reply = PROMPTS.wait(&call, "DL06", SENTENCE_LIMIT);
    let end = hear_reply(&call, reply.end, false);
    PROMPTS.wait(&call, "L08N", SENTENCE_LIMIT);
    // Once more, cut short: the next key is heard at once.
    call.press("9");
    let again = hear_reply(&call, end, false);
    call.press("7");
    PROMPTS.wait(&call, "L08N", SENTENCE_LIMIT);
    call.press("9");
    hear_reply(&call, again, true);
    call.hang_up();
    assert!(house.service.stop().success());
}

/// How far the service of the test may go.
#[derive(Default)]
struct Gate {
    /// Sentences that may still be said; `None`: all of them.
    left: Mutex<Option<usize>>,
    moved: Condvar,
}

impl Gate {
    fn set(&self, left: Option<usize>) {
        *self.left.lock().unwrap() = left;
        self.moved.notify_all();
    }

    fn pass(&self) {
        let mut left = self.left.lock().unwrap();
        while *left == Some(0) {
            left = self.moved.wait(left).unwrap();
        }
        if let Some(left) = left.as_mut() {
            *left -= 1;
        }
    }
}

/// A speech service as side services are: `POST /v1/audio/speech`, with a gate.
struct Voice {
    address: SocketAddr,
    gate: Arc<Gate>,
    /// What was asked, with the header of the key.
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Voice {
    fn start(left: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let gate = Arc::new(Gate { left: Mutex::new(left), moved: Condvar::new() });
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (passed, noted) = (Arc::clone(&gate), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (gate, asked) = (Arc::clone(&passed), Arc::clone(&noted));
                std::thread::spawn(move || serve(stream, &gate, &asked));
            }
        });
        Self { address, gate, asked }
    }

    fn settings(&self, start: Start, key: &Path) -> Start {
        start
            .set("speech.engine=http_openai")
            .set(&format!("speech.url=http://{}/v1/audio/speech", self.address))
            .set("speech.model=kokoro")
            .set("speech.voice=zf_xiaobei")
            // It hangs for as long as the test wants it to.
            .set("speech.timeout_seconds=120")
            .set(&format!("speech.key_file={}", key.display()))
    }

    /// How often each sentence was asked for.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (_, asked) in self.asked.lock().unwrap().iter() {
            *counts.entry(asked["input"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        counts
    }
}

fn serve(mut stream: TcpStream, gate: &Gate, asked: &Mutex<Vec<(String, Value)>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    assert!(line.starts_with("POST /v1/audio/speech HTTP/1.1"), "{line}");
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let question: Value = serde_json::from_slice(&body).unwrap();
    let text = question["input"].as_str().unwrap().to_owned();
    let key = headers.get("authorization").cloned().unwrap_or_default();
    asked.lock().unwrap().push((key, question));
    gate.pass();
    let sound = espeak(&text);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {}\r\n\r\n",
        sound.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&sound).ok()
}

/// The engine hangs: no call waits for it, and what is said is true. The service is killed while a sentence
/// is on its way; afterwards only what is missing is asked for, and then it is heard.
pub(crate) fn a_hanging_engine_holds_up_no_call_and_after_a_kill_only_the_rest_is_said() {
    // The number and the first sentence, then it hangs.
    let voice = Voice::start(Some(2));
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("speech.key");
    std::fs::write(&key, "mayor-secret\n").unwrap();
    let house = House::with(|start| voice.settings(start, &key));
    let receipt = case(&house);
    answer(house.service.data(), &receipt.number);
    let all = sentences(ANSWER).unwrap();
    let hangs = wait_for(RENDERED_LIMIT, || voice.counts().contains_key(&all[1]).then_some(()));
    assert!(hangs.is_some(), "{:?}\n{}", voice.counts(), house.service.stderr());
    not_yet(&house.service, &receipt);
    let sentences_there = "SELECT count(*) FROM spoken_sentence";
    assert_eq!(stored(house.service.data(), sentences_there), 2);
    let House { service, folder } = house;
    service.kill();
    let service = voice.settings(Start::new(folder.path()), &key).run();
    let again = wait_for(RENDERED_LIMIT, || (voice.counts()[&all[1]] >= 2).then_some(()));
    assert!(again.is_some(), "{:?}\n{}", voice.counts(), service.stderr());
    not_yet(&service, &receipt);
    voice.gate.set(None);
    wait_ready(&service, 2);
    let house = House { service, folder };
    let call = house.dial("19900000033");
    ask(&call, &receipt.number, &receipt.code);
    let reply = PROMPTS.wait(&call, "DL06", SENTENCE_LIMIT);
    hear_reply(&call, reply.end, false);
    call.hang_up();
    let counts = voice.counts();
    // A slow machine may have given the hanging one up and asked again.
    assert_eq!((counts[&all[0]], counts.len()), (1, 3), "{counts:?}");
    assert!(counts[&all[1]] >= 2, "{counts:?}");
    for (key, asked) in voice.asked.lock().unwrap().iter() {
        assert_eq!(key, "Bearer mayor-secret");
        assert_eq!((&asked["model"], &asked["voice"]), (&"kokoro".into(), &"zf_xiaobei".into()));
        let input = asked["input"].as_str().unwrap();
        assert!(!input.contains(|c: char| c.is_ascii_digit()), "{input}");
    }
    assert!(!house.service.stderr().contains("mayor-secret"));
    assert!(house.service.stop().success());
    verb(house.folder.path(), &["verify"]);
}

/// The case is answered, and the reply cannot be heard yet: that is said, at once.
fn not_yet(service: &Service, receipt: &Receipt) {
    let call = crate::line::dial(service, "19900000034");
    ask(&call, &receipt.number, &receipt.code);
    PROMPTS.wait(&call, "DL10N", SENTENCE_LIMIT);
    PROMPTS.wait(&call, "L08N", SENTENCE_LIMIT);
    let ids = PROMPTS.ids(&call);
    assert!(!ids.iter().any(|id| id == "DL06" || id == "DL11" || id == "L03"), "{ids:?}");
    call.hang_up();
}
