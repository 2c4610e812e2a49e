//! The running program with each kind of account and its counterpart: what a citizen with a telephone sees, and
//! what kill -9 between two steps changes of that, which is nothing.

mod carriers;
mod flood;
mod line;
mod modem;
mod providers;
mod smpp;

use crate::support::service::{Service, Start, cli, json};
use crate::support::wait_for;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const LIMIT: Duration = Duration::from_secs(60);
const CITIZEN: &str = "19900000017";
const OTHER: &str = "19900000018";
const WORDS: &str = "北宿镇路口canaryzqxj路灯不亮，晚上看不见路";
const ELSEWHERE: &str = "鲍店村停水两天了";

/// The service with one account of a kind, which citizens are told by.
fn serve(data: &Path, kind: &str, account: &str, keys: &str) -> Service {
    started(data, kind, account, keys).run()
}

/// The same, to be told more.
fn started(data: &Path, kind: &str, account: &str, keys: &str) -> Start {
    let setting = format!("messages.{kind}=[{{account='{account}',{keys}}}]");
    Start::new(data).set(&setting).set(&format!("messages.notices_by='{account}'"))
}

/// A file with a secret.
fn secret(folder: &Path, name: &str, secret: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    file
}

pub(crate) fn cases(data: &Path) -> Vec<Value> {
    json(data, &["case", "list"]).as_array().unwrap().clone()
}

/// Where all messages stand, the oldest first.
fn states(data: &Path) -> Vec<String> {
    let list = json(data, &["message", "list"]);
    let state = |row: &Value| row["state"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().rev().map(state).collect()
}

fn wait_states(service: &Service, wanted: &[&str]) {
    until(service, &format!("{wanted:?}"), || states(service.data()) == wanted);
}

fn until(service: &Service, what: &str, holds: impl Fn() -> bool) {
    let held = wait_for(LIMIT, || holds().then_some(()));
    assert!(held.is_some(), "not {what}: {:?}\n{}", states(service.data()), service.stderr());
}

/// The one case there is, and that this text tells its number and a code.
fn assert_told(data: &Path, told: &str) {
    let [case] = &cases(data)[..] else { panic!("{:?}", cases(data)) };
    assert_eq!((&case["channel"], &case["state"]), (&"public_sms".into(), &"accepted".into()));
    let number = case["number"].as_str().unwrap();
    assert!(told.starts_with("【邹城社情民意】您反映的事项已登记，编号"), "{told}");
    assert!(told.contains(number) && told.contains("查询码"), "{told}");
}

/// Nothing of a citizen is in the log, what is stored is whole, and the service ends when it is told.
fn assert_clean(service: Service) {
    let (stderr, data) = (service.stderr(), service.data().to_owned());
    for private in [CITIZEN, OTHER, "canaryzqxj", "鲍店村"] {
        assert!(!stderr.contains(private), "{stderr}");
    }
    assert!(!stderr.contains("a fault of ours"), "{stderr}");
    assert!(service.stop().success());
    let verified = cli(&data, &["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
