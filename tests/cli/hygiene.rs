//! What a citizen says, keys or is called by never reaches the log, not even at level trace.

use crate::support::citizen::Dial;
use crate::support::service::BINARY;
use crate::support::{service, wait_for};
use crate::text;
use mayorline::store::Reader;
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The number that calls.
const CALLER: &str = "19900007531";
/// The number that is keyed in for the callback.
const CONTACT: &str = "19900008642";
/// A word of the citizen's text.
const WORDS: &str = "金丝雀胡同路灯不亮";

/// A service whose log goes to a file in full.
pub(crate) struct Logged(Child);

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves at level trace; where SIP over UDP is answered, and the pages.
pub(crate) fn serve(
    data: &Path,
    log: &Path,
    settings: &[String],
) -> (Logged, SocketAddr, SocketAddr) {
    let out = data.join("ready");
    let mut command = Command::new(BINARY);
    command.arg("serve").arg("--data").arg(data);
    for key in ["sip.udp", "sip.tcp", "web.listen"] {
        command.args(["--set", &format!("{key}=127.0.0.1:0")]);
    }
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.args(["--set", "log.level=trace"]);
    command.stdin(Stdio::null()).stdout(File::create(&out).unwrap());
    let child = Logged(command.stderr(File::create(log).unwrap()).spawn().unwrap());
    let ready = wait_for(Duration::from_secs(15), || {
        let ready = std::fs::read_to_string(&out).unwrap();
        let word = |key| ready.split_whitespace().find_map(|word| word.strip_prefix(key));
        let web = word("web=http://")?.trim_end_matches('/');
        Some((word("udp=")?.parse().ok()?, web.parse().ok()?))
    });
    let (udp, web) = ready.expect("the line is ready");
    (child, udp, web)
}

/// A case whose code does not look like a year or a small number.
fn case_with_a_telling_code(data: &Path, udp: SocketAddr) -> (String, String) {
    for turn in 0..20 {
        // Each a matter of its own: more of one number would be more about the first.
        assert!((200..300).contains(&text(
            udp,
            &format!("{}{:02}", &CALLER[..9], 31 + turn),
            WORDS
        )));
        let cases = service::json(data, &["case", "list"]);
        let number = cases[0]["number"].as_str().unwrap().to_owned();
        let reader = Reader::open(data).unwrap();
        let code = reader.code(number.parse().unwrap()).unwrap().reveal();
        if code.as_str() > "3000" {
            return (number, code);
        }
    }
    panic!("twenty codes below 3000");
}

#[test]
fn no_number_code_name_or_word_of_a_citizen_is_in_the_log_at_level_trace() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let (_service, udp, _) = serve(folder.path(), &log, &[]);
    let (number, code) = case_with_a_telling_code(folder.path(), udp);
    let call = Dial::new(udp, "12345").from(CALLER).call().expect("the line answers");
    let pause = |ms| std::thread::sleep(Duration::from_millis(ms));
    // During the greeting: progress of the case, by number and code.
    call.press(&format!("1{number}#{code}#"));
    pause(14_000);
    // Called back, to another number.
    for keys in ["3", "2", CONTACT, "1"] {
        call.press(keys);
        pause(1500);
    }
    call.hang_up();
    let shown = wait_for(Duration::from_secs(10), || {
        let calls = service::json(folder.path(), &["call", "list"]);
        let id = calls[0]["ended_at"].as_str().and_then(|_| calls[0]["id"].as_str())?.to_owned();
        Some(service::json(folder.path(), &["call", "show", &id]))
    });
    let shown = shown.expect("the call is in the ledger");
    let lookups: Vec<_> = shown["entries"].as_array().unwrap().iter().collect();
    assert!(lookups.iter().any(|e| e["kind"] == "lookup" && e["value"] == "answered"), "{shown}");
    assert_eq!(shown["digits"], format!("1{}#{}#32{}1", "*".repeat(11), "****", "*".repeat(11)));
    let cases = service::json(folder.path(), &["case", "list"]);
    assert_eq!(
        (&cases[0]["channel"], &cases[0]["contact"]),
        (&"callback_request".into(), &"199****8642".into())
    );
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("the store is open"), "the log is there");
    for secret in [&CALLER[..9], CONTACT, WORDS, "金丝雀", "CANARY"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    let words = |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == code);
    assert_eq!(log.lines().find(|line| words(line)), None, "the code {code} is in the log");
}
