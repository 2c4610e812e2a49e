//! `mayorline demo`: an empty folder is filled, any other is left alone, and everything in it says that
//! it is invented.

use super::{Outcome, run, run_within};
use crate::desk::{new_case, open};
use crate::support::service::{Start, json};
use mayorline::domain::demo::{CONTACTS, DEMO_TITLE, MARK, examples};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

const UNTIL: &str = "2026-06-30";

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

/// The city of seed 7, filled once for all tests, which only read it or leave it as it was.
static CITY: LazyLock<(tempfile::TempDir, Value)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let filled = fill(folder.path(), "7", UNTIL);
    assert_eq!(filled.code, 0, "{filled:?}");
    let done = serde_json::from_str(&filled.out).unwrap();
    (folder, done)
});

fn counts(cases: &[Value], key: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for case in cases {
        *counts.entry(case[key].as_str().unwrap_or("none").to_owned()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn a_folder_is_filled_verified_and_counted() {
    let (folder, done) = &*CITY;
    assert_eq!(done["title"], DEMO_TITLE);
    assert_eq!((&done["from"], &done["until"]), (&"2026-05-01".into(), &UNTIL.into()));
    assert_eq!(done["contacts"], CONTACTS);
    // 61 days, 9 weeks from Monday to Sunday, two months.
    assert_eq!(done["reports"], 61 + 9 + 2);
    let verified = at(folder.path(), &["verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let cases = cases(folder.path());
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
    let (folder, _) = &*CITY;
    let days = ["--from", "2026-05-01", "--to", UNTIL];
    let figures = json(folder.path(), &[&["figures", "kpi"], &days[..]].concat());
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
    let counters = at(folder.path(), &["directory", "counters", "--json"]);
    let counters: Value = serde_json::from_str(&counters.out).unwrap();
    assert_eq!(counters["saved_working_days"], 2834);
    let calls = json(folder.path(), &["call", "list"]);
    let calls = calls.as_array().unwrap();
    assert!(calls.len() > 400 && calls.iter().all(|call| !call["ended_at"].is_null()));
}

#[test]
fn the_messages_are_there_and_found_and_what_is_sealed_is_not() {
    let (folder, _) = &*CITY;
    let store = mayorline::store::Reader::open(folder.path()).unwrap();
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
        let found = at(folder.path(), &["case", "search", words, "--json"]);
        assert_eq!(found.code, 0, "{found:?}");
        found.out
    };
    assert!(search("烧饼 三轮").contains("我是做烧饼的"));
    assert!(!search("小舅子").contains("支书"), "{}", search("小舅子"));
    // A list tells of a sealed case number, date and channel.
    let cases = cases(folder.path());
    let sealed: Vec<_> = cases.iter().filter(|case| case["state"] == "sealed").collect();
    assert!(sealed.iter().all(|case| case["summary"].is_null() && case["contact"].is_null()));
}

#[test]
fn a_repeat_waits_for_the_number_of_the_case_that_it_joins() {
    // With the seed of the command a repeat of these months once joined a case that never got one.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let filled = run_within(FILL_SECONDS_MAX, &["demo", "--data", data, "--until", "2026-09-20"]);
    assert_eq!(filled.code, 0, "{filled:?}");
    assert!(filled.out.contains("种子 20260101"), "{filled:?}");
}

#[test]
fn the_same_seed_gives_the_same_city_and_another_seed_another() {
    let (folder, _) = &*CITY;
    let (again, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(fill(again.path(), "7", UNTIL).code, 0);
    assert_eq!(fill(other.path(), "8", UNTIL).code, 0);
    let [first, second, third] =
        [folder.path(), again.path(), other.path()].map(|path| digest(&cases(path)));
    assert_eq!(first, second);
    assert_ne!(first, third);
}

#[test]
fn a_folder_that_is_not_empty_is_refused() {
    let (folder, _) = &*CITY;
    let before = digest(&cases(folder.path()));
    let again = fill(folder.path(), "7", UNTIL);
    assert_eq!(again.code, 65, "{again:?}");
    assert!(again.err.contains("holds a demo already"), "{again:?}");
    assert_eq!(digest(&cases(folder.path())), before);
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
    assert_eq!(std::fs::read_dir(fresh.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn reports_say_that_they_are_invented_in_every_format() {
    let (folder, _) = &*CITY;
    let show = |format: &str| {
        // One day in May has fewer than the fifty persons that one may export alone.
        let verb = ["report", "show", "day-2026-05-12", "--as", "director", "--by", "wang"];
        let shown = at(folder.path(), &[&verb[..], &["--format", format]].concat());
        assert_eq!(shown.code, 0, "{shown:?}");
        shown.out
    };
    for format in ["json", "html", "csv"] {
        assert!(show(format).contains(DEMO_TITLE), "{format}");
    }
    assert!(show("csv").contains(MARK));
    let month = at(folder.path(), &["report", "show", "month-2026-06", "--as", "liaison"]);
    assert_eq!(month.code, 0, "{month:?}");
    let month: Value = serde_json::from_str(&month.out).unwrap();
    let title = month["title"].as_str().unwrap();
    assert!(title.starts_with(DEMO_TITLE) && title.contains("2026年6月"), "{title}");
    assert_eq!(month["lines"][0], DEMO_TITLE);
}

#[test]
fn a_service_on_a_demo_says_so_and_sends_nothing_outside() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(fill(folder.path(), "9", UNTIL).code, 0);
    let data = folder.path().to_str().unwrap();
    let trunk = "outgoing.trunk=[{address='192.0.2.1:5060'}]";
    let number = "outgoing.number=053700000000";
    let ports = ["sip.udp=127.0.0.1:0", "sip.tcp=127.0.0.1:0", "web.listen=127.0.0.1:0"];
    let mut verb = vec!["serve", "--data", data];
    [trunk, number].iter().chain(&ports).for_each(|setting| verb.extend(["--set", setting]));
    let refused = run(&verb);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.err.contains("192.0.2.1:5060") && refused.err.contains(DEMO_TITLE));
    assert_eq!(refused.out, "", "nothing was bound");
    let inside = "outgoing.trunk=[{address='127.0.0.1:5999'}]";
    let service = Start::new(folder.path()).set(inside).set(number).run();
    assert_eq!(service.word("demo"), DEMO_TITLE);
    let page = service.word("web").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let shown = get(&page, "/sign-in");
    assert!(shown.contains("data-t=\"demo\" id=\"demo\">演示数据（虚构）"), "{shown}");
    assert!(shown.contains("id=\"failed\" hidden"), "{shown}");
    let filled = fill(folder.path(), "9", UNTIL);
    assert_eq!(filled.code, 65, "beside a service: {filled:?}");
    assert!(service.stop().success());
    assert_eq!(at(folder.path(), &["verify"]).code, 0);
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
