//! A case from its intake over attempts to call back to its seal, in a log at level trace: no line holds
//! a word, name or number of its citizen, and none after the seal tells of the case at all.

use crate::hygiene::serve;
use crate::support::citizen::Dial;
use crate::support::desk::Desk;
use crate::support::phone::{Habit, Phone};
use crate::support::service::{self, cli};
use crate::support::{free_udp_port, wait_for};
use crate::{run, text};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const CALLER: &str = "19900007531";
const CONTACT: &str = "19900008642";
const WORDS: &str = "金丝雀胡同收黑钱";
const NAME: &str = "金翅雀";
const PASSWORD: &str = "correct horse battery";
const SOON: Duration = Duration::from_secs(30);
/// A greeting that was heard so far makes a missed call of what is hung up then.
const HEARD_SAMPLES: usize = 8_000 * 6;

/// The running service with what calls it and what it calls.
struct World<'a> {
    data: &'a Path,
    udp: SocketAddr,
    desk: Desk,
    seat: Phone,
    network: Phone,
}

fn verb(data: &Path, verb: &[&str]) -> String {
    let told = run(&[verb, &["--data", data.to_str().unwrap()]].concat());
    assert_eq!(told.code, 0, "{verb:?}: {told:?}");
    told.out
}

fn act(data: &Path, act: &str, case: &str, who: [&str; 2], rest: &[&str]) -> String {
    verb(data, &[&["case", act, case, "--as", who[0], "--role", who[1]], rest].concat())
}

impl World<'_> {
    /// A citizen who gave up under the greeting; his task.
    fn missed(&self) -> i64 {
        self.seat.set_habit(Habit::Rings);
        let call = Dial::new(self.udp, "12345").from(CALLER).call().expect("the line answers");
        let heard = || (call.samples(0).len() >= HEARD_SAMPLES).then_some(());
        assert!(wait_for(SOON, heard).is_some(), "the greeting");
        call.hang_up();
        assert!(self.seat.wait_over(SOON));
        let task = wait_for(SOON, || {
            let list = service::json(self.data, &["callback", "list"]);
            list["tasks"][0]["task"].as_i64()
        });
        self.seat.set_habit(Habit::Answers(Duration::ZERO));
        task.expect("a missed call is called back")
    }

    fn call_back(&self, task: i64) -> Value {
        self.desk.command(json!({"do": "call_back", "task": task}))
    }
}

/// Everything that a citizen, a seat and people of the centre do until the case is sealed and after it.
fn life(world: &World<'_>, log: &Path) {
    let World { data, udp, .. } = *world;
    let task = world.missed();
    act(data, "accept", &format!("draft-{task}"), ["li", "operator"], &["--summary", WORDS]);
    let cases = service::json(data, &["case", "list"]);
    let number = cases[0]["number"].as_str().unwrap().to_owned();
    let corrected = ["--phone", CONTACT, "--citizen", NAME];
    act(data, "correct", &number, ["wang", "clerk"], &corrected);
    let busy = world.call_back(task);
    assert_eq!((&busy["result"], &busy["why"]), (&json!("failed"), &json!("busy")), "{busy}");
    let shown = service::json(data, &["case", "show", &number]);
    assert_eq!(
        (&shown["contact"], &shown["caller"]),
        (&"199****8642".into(), &"199****7531".into())
    );
    let tried = wait_for(SOON, || {
        let list = service::json(data, &["callback", "list"]);
        (list["tasks"][0]["outcome"] == "busy").then_some(())
    });
    assert!(tried.is_some(), "the attempt is stored");

    act(data, "seal", &number, ["li", "operator"], &[]);
    act(data, "confirm-seal", &number, ["zhou", "director"], &[]);
    let before = std::fs::read_to_string(log).unwrap().len();
    let dialled = world.network.calls();
    let refused = world.call_back(task);
    assert_eq!(refused["result"], "refused", "{refused}");
    assert_eq!(world.network.calls(), dialled, "nobody is called any more");
    let gone = cli(data, &["case", "show", &number]);
    let unknown = cli(data, &["case", "show", "26112299991"]);
    assert_eq!(gone.status.code(), unknown.status.code(), "like one that does not exist");
    // The citizen goes on: asks by text how it stands, and writes again.
    assert!((200..300).contains(&text(udp, CALLER, &format!("CX{number} 0000"))));
    assert!((200..300).contains(&text(udp, CALLER, WORDS)));
    let told = std::fs::read_to_string(log).unwrap();
    let after = told.get(before..).unwrap();
    assert!(after.contains("a job was refused"), "the log goes on: {after}");
    let line = after.lines().find(|line| line.contains(&number));
    assert_eq!(line, None, "{number} after the seal");
    for canary in [CALLER, CONTACT, WORDS, "金丝雀", NAME, "CANARY"] {
        let line = told.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary} is in the log");
    }
}

fn no_line_tells_of_it(format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path(), folder.path().join("log"));
    let port = free_udp_port();
    let settings = [
        "outgoing.number=053712345000".to_owned(),
        format!("outgoing.trunk=[{{ address = \"127.0.0.1:{port}\", options_seconds = 0 }}]"),
        format!("log.format={format}"),
        "prompts.slow_speech=false".to_owned(),
        "sip.refusals_per_source_minute_max=10000".to_owned(),
        // Else the text that asks how the case stands would be a matter of its own.
        "sip.trusted_peers=[\"127.0.0.1\"]".to_owned(),
    ];
    let file = data.join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let file = ["--password-file", file.to_str().unwrap()];
    verb(data, &[&["seat", "add", "801", "--name", "王芳"], &file[..]].concat());
    let (_service, udp, web) = serve(data, &log, &settings);
    let mut seat = Phone::new(udp, "801", PASSWORD);
    // The line takes the seats a moment after it is ready.
    assert!(wait_for(SOON, || (seat.register() == Some(200)).then_some(())).is_some());
    let desk = Desk::open(web, "801", PASSWORD);
    desk.done(json!({"do": "ready"}));
    let network = Phone::outside(udp, CONTACT, port).habit(Habit::Refuses(486));
    life(&World { data, udp, desk, seat, network }, &log);
    let told = std::fs::read_to_string(&log).unwrap();
    let first = told.lines().next().unwrap();
    assert_eq!(serde_json::from_str::<Value>(first).is_ok(), format == "json", "{first}");
}

#[test]
fn no_line_of_the_log_as_text_tells_of_a_sealed_case_or_its_citizen() {
    no_line_tells_of_it("text");
}

#[test]
fn no_line_of_the_log_as_json_tells_of_a_sealed_case_or_its_citizen() {
    no_line_tells_of_it("json");
}
