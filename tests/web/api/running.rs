//! The interface of the running program: a citizen's call, an account's program, the audit.

use crate::http::{Answer, ask};
use crate::live::Live;
use crate::support::prompts::Prompts;
use crate::support::service::cli;
use serde_json::{Value, json};
use std::time::Duration;

/// The program of a clerk; its token.
fn clerk(live: &Live) -> String {
    let begin = ["account", "begin", "--system", "sys", "--security", "sec", "--audit", "aud"];
    live.service.administer(&begin);
    let administer = |verb: &str| live.service.administer(&verb.split(' ').collect::<Vec<_>>());
    administer("account add li --title 李明 --as sys");
    administer("account grant li --role clerk --as sec");
    administer("account confirm li --role clerk --as sys");
    let token = "account token li --label test --role clerk --as sec";
    let made = cli(live.service.data(), &token.split(' ').collect::<Vec<_>>());
    let printed = String::from_utf8(made.stdout).unwrap();
    printed.trim().split(' ').next_back().unwrap().to_owned()
}

async fn asked(live: &Live, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = [format!("Authorization: Bearer {token}")];
    ask(live.pages(), method, &format!("/api/v1{path}"), &bearer, body).await
}

/// A case with a recording, as soon as its call is accounted: its name and the recording's number.
async fn recorded(live: &Live, token: &str) -> (String, i64) {
    for _ in 0..50 {
        let list = asked(live, token, "GET", "/cases", "").await;
        let list: Value = serde_json::from_str(&list.body).unwrap();
        if let Some(name) = list["cases"][0]["name"].as_str() {
            let case = asked(live, token, "GET", &format!("/cases/{name}"), "").await;
            let case: Value = serde_json::from_str(&case.body).unwrap();
            if let Some(recording) = case["recordings"][0]["recording"].as_i64() {
                return (name.to_owned(), recording);
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("no case with a recording");
}

#[tokio::test]
async fn a_program_hears_a_recording_after_its_reason_stands_in_the_audit() {
    let live = Live::open(&[]);
    let token = clerk(&live);
    let call = live.dial("19900000047");
    // Through the greeting into the message, and some words of it.
    call.press("2");
    Prompts::load().wait(&call, "M01", Duration::from_secs(30));
    tokio::time::sleep(Duration::from_secs(2)).await;
    call.speak(&crate::support::audio::tones(&[440.0], 5_000.0, 3_000));
    assert_eq!(call.request("BYE", "", ""), Some(200));
    let (case, recording) = recorded(&live, &token).await;
    let path = format!("/cases/{case}/recordings/{recording}");
    let silent = asked(&live, &token, "POST", &path, &json!({"reason": ""}).to_string()).await;
    assert_eq!(silent.status, 422);
    let playbacks = || {
        let rows = live.audit().into_iter().filter(|[_, kind, ..]| kind == "playback");
        rows.collect::<Vec<_>>()
    };
    assert!(playbacks().is_empty(), "no reason, nothing heard");
    let reason = json!({"reason": "核实承诺的期限"}).to_string();
    let sound = asked(&live, &token, "POST", &path, &reason).await;
    assert_eq!((sound.status, sound.header("content-type")), (200, Some("audio/wav")));
    assert!(sound.body.starts_with("RIFF"), "one track");
    let rows = playbacks();
    let [[actor, _, subject, reason]] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((actor.as_str(), reason.as_str()), ("li", "核实承诺的期限 [127.0.0.1]"));
    assert!(subject.starts_with("recordings/") && subject.ends_with(".wav"), "{subject}");
}
