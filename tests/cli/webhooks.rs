//! `mayorline webhook`: subscriptions on a stopped service, by whom, and what is refused.

use crate::desk::{new_case, open};
use crate::run;
use crate::support::service::json;
use std::path::Path;

fn webhook(data: &Path, verb: &[&str]) -> crate::Outcome {
    run(&[&["webhook"], verb, &["--data", data.to_str().unwrap()]].concat())
}

fn done(data: &Path, verb: &[&str]) -> String {
    let outcome = webhook(data, verb);
    assert_eq!(outcome.code, 0, "{verb:?}: {outcome:?}");
    outcome.out
}

fn refused(data: &Path, verb: &[&str], code: i32, why: &str) {
    let outcome = webhook(data, verb);
    assert_eq!((outcome.code, outcome.out.as_str()), (code, ""), "{verb:?}: {outcome:?}");
    assert!(outcome.err.contains(why), "{verb:?}: {}", outcome.err);
}

const URL: &str = "https://10.20.0.7/hook?key=canaryzqxj";
const NETWORK: &str = "webhook.networks=[\"10.20.0.0/16\"]";

#[test]
fn a_subscription_on_a_stopped_service_waits_with_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let begin = ["account", "begin", "--system", "sys", "--security", "sec", "--audit", "aud"];
    assert_eq!(run(&[&begin[..], &["--data", data.to_str().unwrap()]].concat()).code, 0);
    let add = ["add", URL, "--event", "case.accepted", "--set", NETWORK, "--as"];
    refused(data, &[&add[..], &["sec"]].concat(), 65, "does not hold the office");
    refused(data, &["add", URL, "--as", "sys"], 65, "webhook.networks does not name");
    let printed = done(data, &[&add[..], &["sys"]].concat());
    let secret = printed.trim().strip_prefix("webhook 1 ").unwrap();
    refused(data, &["confirm", "1", "--as", "sys"], 65, "须由另一人确认");
    refused(data, &["confirm", "1", "--as", "aud"], 65, "does not hold the office");
    refused(data, &["test", "1", "--as", "sys"], 65, "not confirmed yet");
    assert_eq!(done(data, &["confirm", "1", "--as", "sec"]), "webhook 1 confirmed\n");
    // The prefix, and base64 of 32 bytes.
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{printed}");
    let store = open(data);
    let (number, _) = new_case(&store.handle(), "k");
    store.close();
    let listed = json(data, &["webhook", "list"]);
    assert_eq!((&listed[0]["url"], &listed[0]["waiting"]), (&URL.into(), &1.into()));
    assert!(!listed.to_string().contains("whsec_"), "{listed}");
    let turned = done(data, &["rotate", "1", "--as", "sys"]);
    assert!(turned.starts_with("webhook 1 whsec_") && !turned.contains(secret), "{turned}");
    let test = done(data, &["test", "1", "--as", "sys"]);
    let delivery = test.split(' ').nth(2).unwrap();
    assert!(delivery.starts_with("msg_") && test.ends_with(" waits to be sent\n"), "{test}");
    let waiting = json(data, &["webhook", "deliveries", "--state", "waiting"]);
    assert_eq!(
        (&waiting[0]["id"], &waiting[1]["kind"]),
        (&delivery.into(), &"case.accepted".into())
    );
    assert!(!waiting.to_string().contains(&number.to_string()), "no list says which case");
    assert_eq!(json(data, &["webhook", "deliveries", "--state", "failed"]), serde_json::json!([]));
    refused(data, &["resend", delivery, "--as", "sys"], 65, "waits to be sent already");
    refused(data, &["resume", "1", "--as", "sys"], 65, "not paused");
    refused(data, &["remove", "2", "--as", "sys"], 66, "not found");
    done(data, &["remove", "1", "--as", "sys"]);
    assert_eq!(json(data, &["webhook", "list"]), serde_json::json!([]));
    let failed = json(data, &["webhook", "deliveries", "--state", "failed", "--webhook", "1"]);
    assert_eq!((failed.as_array().unwrap().len(), &failed[0]["fault"]), (2, &"removed".into()));
    let audit = json(data, &["audit", "list"]).to_string();
    assert!(audit.contains("added https://10.20.0.7:443: case.accepted"), "{audit}");
    assert!(!audit.contains("canaryzqxj"), "{audit}");
    assert_eq!(run(&["verify", "--data", data.to_str().unwrap()]).code, 0);
}

#[test]
fn what_is_no_receiver_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    for (url, code, why) in [
        ("http://receiver.example/", 64, "http:// is for this machine alone"),
        ("https://user:word@receiver.example/", 64, "must not carry a name or password"),
        ("https://2130706433/", 64, "no plain address"),
        ("https://receiver.example/", 65, "webhook.outside is false"),
        ("https://169.254.169.254/latest", 65, "a private address"),
    ] {
        refused(data, &["add", url, "--as", "sys"], code, why);
    }
    let wrong = ["add", URL, "--event", "case.sealed", "--as", "sys"];
    refused(data, &wrong, 64, "one of case.accepted");
    refused(data, &["list"], 66, "no database");
}

#[test]
fn a_file_of_authorities_and_networks_are_checked_with_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let set = format!("webhook.ca_file={}", file.display());
    let missing = run(&["check-config", "--set", &set]);
    assert_eq!(missing.code, 78, "{missing:?}");
    assert!(
        missing.err.contains("webhook.ca_file: ") && missing.err.contains("ca.pem"),
        "{missing:?}"
    );
    std::fs::write(&file, "no certificate\n").unwrap();
    let empty = run(&["check-config", "--set", &set]);
    assert!(empty.code == 78 && empty.err.contains("no certificate in it"), "{empty:?}");
    for (wrong, why) in [
        ("webhook.networks=[\"10.0.0.1/8\"]", "webhook.networks: 10.0.0.1/8: write a network"),
        ("webhook.outside=maybe", "webhook.outside"),
    ] {
        let refused = run(&["check-config", "--set", wrong]);
        assert!(refused.code == 78 && refused.err.contains(why), "{refused:?}");
    }
    assert_eq!(run(&["check-config", "--set", NETWORK, "--set", "webhook.outside=true"]).code, 0);
}
