//! `mayorline demo`: an empty folder is filled, any other is left alone, and everything in it says that
//! it is invented.

use super::{Outcome, run, run_within};
use crate::desk::{new_case, open};
use crate::support::service::{BINARY, Start, json};
use crate::support::wait_for;
use mayorline::domain::demo::{CONTACTS, DEMO_TITLE, MARK, examples};
use mayorline::domain::report::{Period, ReportKind};
use mayorline::store::{DataFolder, demo_mark};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// The seed of the command. With it a repeat of the months up to [`UNTIL`] once joined a case that never
/// got a number.
const SEED: &str = "20260101";
const UNTIL: &str = "2026-09-20";
/// The first of the two months.
const FROM: &str = "2026-07-21";

/// Two months of cases and their reports take some ten seconds, unoptimised and beside others more.
const FILL_SECONDS_MAX: &str = "240";

fn fill(folder: &Path, seed: &str, until: &str) -> Outcome {
    let data = folder.to_str().unwrap();
    let verb = ["demo", "--data", data, "--seed", seed, "--until", until, "--json"];
    run_within(FILL_SECONDS_MAX, &verb)
}

fn at(folder: &Path, verb: &[&str]) -> Outcome {
    run(&[verb, &["--data", folder.to_str().unwrap()]].concat())
}

fn cases(folder: &Path) -> Vec<Value> {
    json(folder, &["case", "list"]).as_array().unwrap().clone()
}

fn digest(cases: &[Value]) -> [u8; 32] {
    Sha256::digest(serde_json::to_vec(cases).unwrap()).into()
}

/// One city for all tests.
struct City {
    /// Read by all, and left as it was.
    folder: PathBuf,
    /// A copy, for the test that serves it.
    served: PathBuf,
    /// What the command said of it.
    done: Value,
}

/// Filled once, without the options that have defaults. Nothing is dropped at the end of a test program,
/// so it lies where the next run finds and removes it.
static CITY: LazyLock<City> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo-city");
    if root.exists() {
        std::fs::remove_dir_all(&root).unwrap();
    }
    let [folder, served] = ["read", "served"].map(|name| root.join(name));
    let data = folder.to_str().unwrap();
    let verb = ["demo", "--data", data, "--until", UNTIL, "--json"];
    let filled = run_within(FILL_SECONDS_MAX, &verb);
    assert_eq!(filled.code, 0, "{filled:?}");
    copy(&folder, &served);
    City { folder, served, done: serde_json::from_str(&filled.out).unwrap() }
});

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

fn counts(cases: &[Value], key: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for case in cases {
        *counts.entry(case[key].as_str().unwrap_or("none").to_owned()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn a_folder_is_filled_verified_and_counted() {
    let City { folder, done, .. } = &*CITY;
    assert_eq!((&done["title"], &done["seed"]), (&DEMO_TITLE.into(), &20_260_101.into()));
    assert_eq!((&done["from"], &done["until"]), (&FROM.into(), &UNTIL.into()));
    assert_eq!(done["contacts"], CONTACTS);
    // 62 days, 9 weeks from Monday to Sunday, two months that have ended.
    assert_eq!(done["reports"], 62 + 9 + 2);
    let verified = at(folder, &["verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let cases = cases(folder);
    assert_eq!(cases.len(), CONTACTS);
    let numbered = cases.iter().filter(|case| !case["number"].is_null()).count();
    assert_eq!(done["numbered"], numbered);
    let channels = counts(&cases, "channel");
    for channel in ["phone", "abandoned", "voicemail", "public_sms", "leader_sms", "email"] {
        assert!(channels[channel] >= 4, "{channels:?}");
    }
    for channel in ["radio", "village_agent", "walk_in"] {
        assert!(channels.contains_key(channel), "{channels:?}");
    }
    let states = counts(&cases, "state");
    assert!(states["archived"] > 300 && states["sealed"] >= 8, "{states:?}");
    for state in ["closed", "kept", "merged", "circulated", "declined", "handling"] {
        assert!(states.contains_key(state), "{state}: {states:?}");
    }
}

#[test]
fn figures_are_those_of_a_city_that_works() {
    let folder = &CITY.folder;
    let days = ["--from", FROM, "--to", UNTIL];
    let figures = json(folder, &[&["figures", "kpi"], &days[..]].concat());
    let permille = |name: &str| {
        let kpis = figures["kpis"].as_array().unwrap();
        kpis.iter().find(|kpi| kpi["name"] == name).unwrap()["permille"].as_u64().unwrap()
    };
    // 52.7 % to 73.4 % answered at once, 90 % of what units got in time, 95 % content.
    let direct = permille("answered_directly");
    assert!((527..=734).contains(&direct), "{direct}: {figures}");
    assert!(permille("replied_in_time") >= 900, "{figures}");
    assert!(permille("satisfied") >= 930, "{figures}");
    assert!(permille("called_back") >= 950, "{figures}");
    let counters = json(folder, &["directory", "counters"]);
    assert_eq!(counters["saved_working_days"], 2834);
    let calls = json(folder, &["call", "list"]);
    let calls = calls.as_array().unwrap();
    assert!(calls.len() > 400 && calls.iter().all(|call| !call["ended_at"].is_null()));
}

#[test]
fn what_the_channels_had_taken_in_before_counts_in_the_totals_and_the_reports() {
    let folder = &CITY.folder;
    let openings = |rows: &Value| {
        let of = |name: &str| {
            let row = rows.as_array().unwrap().iter().find(|row| row["channel"] == name).unwrap();
            row["opening"].as_u64().unwrap()
        };
        ["phone", "email", "leader_sms", "radio"].map(of)
    };
    let totals = json(folder, &["figures", "totals"]);
    assert_eq!(openings(&totals["channels"]), [2667, 2210, 475, 562], "{totals}");
    let taken_in = totals["channels"].as_array().unwrap().iter();
    let taken_in: u64 = taken_in.map(|row| row["count"].as_u64().unwrap()).sum();
    assert_eq!(totals["total"], 5914 + taken_in, "{totals}");
    let store = mayorline::store::Reader::open(folder).unwrap();
    // The first report too: the balances stood before it.
    for (kind, name) in [(ReportKind::Day, FROM), (ReportKind::Month, "2026-08")] {
        let stored = store.report(&Period::parse(kind, name).unwrap(), None).unwrap();
        let rows = serde_json::to_value(&stored.content.channels).unwrap();
        assert_eq!(openings(&rows), [2667, 2210, 475, 562], "{name}: {rows}");
    }
}

#[test]
fn the_messages_are_there_and_found_and_what_is_sealed_is_not() {
    let folder = &CITY.folder;
    let store = mayorline::store::Reader::open(folder).unwrap();
    let keys: BTreeMap<String, i64> = (1..=i64::try_from(CONTACTS).unwrap())
        .filter_map(|id| {
            let file = store.file_of(id).ok()?;
            Some((file.case.key, id))
        })
        .collect();
    for example in examples() {
        let id = keys[&example.key()];
        let events = store.events(id).unwrap();
        let told = format!("{events:?}");
        let words: String = format!("{:?}", example.said).trim_matches('"').to_owned();
        assert!(told.contains(&words), "{}: {told}", example.number);
    }
    let search = |words: &str| {
        let found = at(folder, &["case", "search", words, "--json"]);
        assert_eq!(found.code, 0, "{found:?}");
        found.out
    };
    assert!(search("烧饼 三轮").contains("我是做烧饼的"));
    assert!(!search("小舅子").contains("支书"), "{}", search("小舅子"));
    // A list tells of a sealed case number, date and channel.
    let cases = cases(folder);
    let sealed: Vec<_> = cases.iter().filter(|case| case["state"] == "sealed").collect();
    assert!(sealed.iter().all(|case| case["summary"].is_null() && case["contact"].is_null()));
}

#[test]
fn the_same_seed_gives_the_same_city() {
    // That another gives another is shown without a store, in domain::demo.
    let again = tempfile::tempdir().unwrap();
    assert_eq!(fill(again.path(), SEED, UNTIL).code, 0);
    assert_eq!(digest(&cases(&CITY.folder)), digest(&cases(again.path())));
}

#[test]
fn a_filling_that_was_interrupted_is_marked_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut filling = Command::new(BINARY);
    filling.args(["demo", "--data", data, "--seed", "8", "--until", UNTIL]);
    filling.stdout(Stdio::null()).stderr(Stdio::null());
    let mut filling = filling.spawn().unwrap();
    let found = wait_for(Duration::from_secs(60), || {
        // Once the tables are there.
        folder.path().join("keys/master.key").exists().then_some(())?;
        demo_mark(&DataFolder::from(folder.path())).ok().flatten()
    });
    filling.kill().unwrap();
    filling.wait().unwrap();
    let mark = found.expect("the mark is the first thing in the folder");
    assert_eq!((mark.seed, mark.until.to_string().as_str()), (8, UNTIL));
    assert!(!mark.complete);
    let again = fill(folder.path(), "8", UNTIL);
    assert_eq!(again.code, 65, "{again:?}");
    assert!(again.err.contains("was interrupted"), "{again:?}");
}

#[test]
fn a_folder_that_is_not_empty_is_refused() {
    let folder = &CITY.folder;
    let before = digest(&cases(folder));
    let again = fill(folder, "7", UNTIL);
    assert_eq!(again.code, 65, "{again:?}");
    assert!(again.err.contains("holds a demo already"), "{again:?}");
    assert_eq!(digest(&cases(folder)), before);
    let real = tempfile::tempdir().unwrap();
    let store = open(real.path());
    new_case(&store.handle(), "k");
    store.close();
    let refused = fill(real.path(), "7", UNTIL);
    assert_eq!(refused.code, 65, "{refused:?}");
    assert!(refused.err.contains("never mixed with invented ones"), "{refused:?}");
    assert_eq!(cases(real.path()).len(), 1);
    let fresh = tempfile::tempdir().unwrap();
    for wrong in ["2999-01-01", "2020-02-15", "1999-12-31"] {
        let refused = fill(fresh.path(), "7", wrong);
        assert_eq!(refused.code, 64, "{refused:?}");
    }
    let key = "store.master_key_file=/nowhere/city.key";
    let refused = at(fresh.path(), &["demo", "--until", UNTIL, "--set", key]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.err.contains("/nowhere/city.key"), "{refused:?}");
    assert_eq!(std::fs::read_dir(fresh.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn reports_say_that_they_are_invented_in_every_format() {
    let folder = &CITY.folder;
    let show = |format: &str| {
        // One day has fewer than the fifty persons that one may export alone.
        let verb = ["report", "show", "day-2026-07-28", "--as", "director", "--by", "wang"];
        let shown = at(folder, &[&verb[..], &["--format", format]].concat());
        assert_eq!(shown.code, 0, "{shown:?}");
        shown.out
    };
    for format in ["json", "html", "csv"] {
        assert!(show(format).contains(DEMO_TITLE), "{format}");
    }
    assert!(show("csv").contains(MARK));
    let month = at(folder, &["report", "show", "month-2026-08", "--as", "liaison"]);
    assert_eq!(month.code, 0, "{month:?}");
    let month: Value = serde_json::from_str(&month.out).unwrap();
    let title = month["title"].as_str().unwrap();
    assert!(title.starts_with(DEMO_TITLE) && title.contains("2026年8月"), "{title}");
    assert_eq!(month["lines"][0], DEMO_TITLE);
}

#[test]
fn whatever_a_verb_prints_of_it_the_log_says_what_it_is() {
    let real = tempfile::tempdir().unwrap();
    open(real.path()).close();
    for verb in
        [&["case", "list"][..], &["directory", "public"], &["call", "list"], &["seat", "list"]]
    {
        let shown = at(&CITY.folder, verb);
        assert_eq!(shown.code, 0, "{shown:?}");
        assert_eq!(shown.err.matches(DEMO_TITLE).count(), 1, "{verb:?}: {}", shown.err);
        let shown = at(real.path(), verb);
        assert_eq!((shown.code, shown.err.matches(DEMO_TITLE).count()), (0, 0), "{shown:?}");
    }
}

#[test]
fn a_service_on_a_demo_says_so_and_sends_nothing_outside() {
    let folder = &CITY.served;
    let number = "outgoing.number=053700000000";
    let ports = ["sip.udp=127.0.0.1:0", "sip.tcp=127.0.0.1:0", "web.listen=127.0.0.1:0"];
    for (wrong, named) in [
        ("outgoing.trunk=[{address='192.0.2.1:5060'}]", "outgoing.trunk 192.0.2.1:5060"),
        ("webhook.outside=true", "webhook.outside"),
        ("webhook.networks=['10.20.0.0/16']", "webhook.networks 10.20.0.0/16"),
        (
            "messages.smsd=[{account='modem', folder='/nowhere/sms', modem='GSM1'}]",
            "messages.smsd modem",
        ),
        (
            "messages.mail=[{account='box', address='a@example.org', name='n', hotline='1', \
             imap={host='127.0.0.1', user='u', password_file='/p'}, smtp={host='192.0.2.1'}}]",
            "messages.mail 192.0.2.1",
        ),
        ("messages.modem=[{account='m', device='/dev/ttyUSB0'}]", "messages.modem m"),
        ("messages.modem=[{account='m', address='192.0.2.5:4001'}]", "messages.modem m"),
        (
            "messages.smpp=[{account='s', host='localhost', system_id='x', password_file='/nowhere/p'}]",
            "messages.smpp s",
        ),
        (
            "messages.cmpp=[{account='c', host='192.0.2.7', source_id='901234', secret_file='/nowhere/s', \
             service='S', number='1'}]",
            "messages.cmpp c",
        ),
        (
            "messages.http=[{account='h', provider='template', url='https://sms.example.org/', \
             query='to=${to}&text=${text}'}]",
            "messages.http h",
        ),
        ("store.master_key_file=/nowhere/city.key", "store.master_key_file /nowhere/city.key"),
    ] {
        let mut verb = vec!["serve"];
        [wrong, number].iter().chain(&ports).for_each(|setting| verb.extend(["--set", setting]));
        let refused = at(folder, &verb);
        assert_eq!(refused.code, 78, "{refused:?}");
        assert!(refused.err.contains(named) && refused.err.contains(DEMO_TITLE), "{refused:?}");
        assert_eq!(refused.out, "", "nothing was bound");
    }
    let speaks = ["speech.engine=http_openai", "speech.url=https://speech.example/v1/audio/speech"];
    let mut verb = vec!["serve"];
    speaks.iter().chain(&ports).for_each(|setting| verb.extend(["--set", setting]));
    let refused = at(folder, &verb);
    assert!(refused.code == 78 && refused.err.contains("speech.url https://speech.example:443"));
    let inside = "outgoing.trunk=[{address='127.0.0.1:5999'}]";
    let service = Start::new(folder).set(inside).set(number).run();
    assert_eq!(service.word("demo"), DEMO_TITLE);
    let page = service.word("web").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let shown = get(&page, "/sign-in");
    assert!(shown.contains("data-t=\"demo\" id=\"demo\">演示数据（虚构）"), "{shown}");
    assert!(shown.contains("id=\"failed\" hidden"), "{shown}");
    // A program that reads no page: the header is there whatever the answer is.
    for path in ["/sign-in", "/session", "/api/v1/openapi.json", "/api/v1/cases", "/nothing"] {
        let head = get(&page, path).split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(head.contains("\r\nmayorline-demo: 1"), "{path}: {head}");
    }
    let filled = fill(folder, "9", UNTIL);
    assert_eq!(filled.code, 65, "beside a service: {filled:?}");
    assert!(service.stop().success());
    assert_eq!(at(folder, &["verify"]).code, 0);
}

/// A page over plain HTTP.
fn get(server: &str, path: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
