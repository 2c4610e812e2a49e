//! `mayorline serve` with nothing said: no configuration, no folder, no setting, as the README begins.
//! In a network of its own, because it takes the ports that every line takes.

use crate::support::citizen::Dial;
use crate::support::link::Link;
use crate::support::prompts::Prompts;
use crate::support::service::{BINARY, Start};
use crate::support::sip::Message;
use crate::support::wait_for;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Set in the process that is apart from other networks, to the empty folder.
const APART: &str = "MAYORLINE_TEST_APART";
const NAME: &str =
    "plain::without_any_setting_the_line_answers_on_5060_and_keeps_its_data_where_it_was_started";
const ADDRESS: &str = "127.0.0.1:5060";
/// Longer than any sentence, and than an account takes to the disk.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn without_any_setting_the_line_answers_on_5060_and_keeps_its_data_where_it_was_started() {
    if let Some(folder) = std::env::var_os(APART) {
        return within(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command.args(["-rn", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", NAME, "--nocapture", "--test-threads=1"]);
    let output = command.env(APART, folder.path()).stdin(Stdio::null()).output().unwrap();
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success() && told[0].contains("1 passed"), "{told:#?}");
}

fn within(folder: &Path) {
    assert_eq!(names(folder), [""; 0]);
    let service = Start::bare(folder).run();
    for (key, value) in [
        ("udp", ADDRESS),
        ("tcp", ADDRESS),
        ("web", "http://127.0.0.1:8080/"),
        ("call", "sip:mayor@127.0.0.1:5060"),
    ] {
        assert_eq!(service.word(key), value, "{key} of the line `ready`");
    }
    assert_eq!(options(), Some(200));
    let call = Dial::new(service.udp(), "mayor").from("19900000061").call().expect("an answer");
    Prompts::load().wait(&call, "G01", LIMIT);
    assert_eq!(call.hang_up().1, Some(200));
    let ended = wait_for(LIMIT, || {
        let calls = listed(folder);
        (calls[0]["ended_by"] == "citizen").then_some(calls)
    });
    assert_eq!(ended.expect("the call is accounted for").as_array().unwrap().len(), 1);
    let status = service.stop();
    assert_eq!(status.code(), Some(0), "SIGTERM is a clean end");
    assert_eq!(names(folder), ["data"], "nothing else is left where it was started");
    let database = std::fs::read(folder.join("data/mayorline.db")).unwrap();
    assert!(database.starts_with(b"SQLite format 3\0"));
    assert_eq!(listed(folder)[0]["ended_by"], "citizen", "the stopped line is asked the same way");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// `mayorline call list --json`, in the same folder and with nothing said either.
fn listed(folder: &Path) -> serde_json::Value {
    let mut command = Command::new(BINARY);
    command.args(["call", "list", "--json"]).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn options() -> Option<u16> {
    let link = Link::udp();
    let local = link.local();
    let request = format!(
        "OPTIONS sip:mayor@{ADDRESS} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {local};branch=z9hG4bK-plain;rport\r\nMax-Forwards: 70\r\n\
         From: <sip:19900000060@{local}>;tag=plain\r\nTo: <sip:mayor@{ADDRESS}>\r\n\
         Call-ID: plain@{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    link.send(&request, ADDRESS.parse().unwrap());
    wait_for(Duration::from_secs(5), || Message::parse(&link.receive()?.0)?.status())
}
