//! The running program behind a real smsd: what a citizen with a telephone sees.

use super::smsd::{NAME, Smsd};
use crate::service::cases;
use crate::support::modem::{Modem, Order, Submitted};
use crate::support::service::{Service, Start, cli, json};
use crate::support::wait_for;
use mayorline::wire::sms::decode;
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const CITIZEN: &str = "+8619900000017";
const OTHER: &str = "+8619900000018";

fn serve(data: &Path, smsd: &Smsd) -> Service {
    let (folder, account) = (smsd.spool(), "modem");
    let modem = format!(
        "messages.smsd=[{{account='{account}',folder='{}',modem='{NAME}'}}]",
        folder.display()
    );
    Start::new(data).set(&modem).set(&format!("messages.notices_by='{account}'")).run()
}

/// The texts that a telephone got, each put together from its parts.
pub(crate) fn got(modem: &Modem, number: &str) -> Vec<String> {
    let of = |sent: &Submitted| sent.text.origin.dialled() == number;
    let parts: Vec<_> = modem.submitted().into_iter().filter(of).collect();
    let mut texts = vec![];
    let mut open = vec![];
    for sent in &parts {
        open.push(&sent.text.data);
        let total = sent.text.data.part.map_or(1, |part| usize::from(part.total));
        if open.len() == total {
            open.sort_by_key(|data| data.part.map(|part| part.number));
            texts.push(decode(std::mem::take(&mut open)).text);
        }
    }
    texts
}

fn until(what: &str, modem: &Modem, service: &Service, holds: impl Fn() -> bool) {
    let held = wait_for(LIMIT, || holds().then_some(()));
    assert!(held.is_some(), "not {what}\n{}\n{}", modem.log(), service.stderr());
}

#[test]
fn a_citizen_texts_is_told_his_number_and_asks_how_it_stands_over_a_kill() {
    let (modem, folder) = (Modem::start(), tempfile::tempdir().unwrap());
    let (smsd, data) = (Smsd::start(&modem), folder.path());
    let service = serve(data, &smsd);
    modem.receive_text(CITIZEN, "北宿镇路口canaryzqxj路灯不亮，晚上看不见路", 1, Order::Right);
    until("answered", &modem, &service, || got(&modem, CITIZEN).len() == 1);
    let case = cases(data).remove(0);
    assert_eq!((&case["channel"], &case["state"]), (&"public_sms".into(), &"accepted".into()));
    let number = case["number"].as_str().unwrap();
    let receipt = got(&modem, CITIZEN).remove(0);
    assert!(receipt.starts_with("【邹城社情民意】您反映的事项已登记，编号"), "{receipt}");
    assert!(receipt.contains(number), "{receipt}");
    until("reported", &modem, &service, || {
        json(data, &["message", "list"])[0]["state"] == "delivered"
    });
    let stderr = service.stderr();
    for secret in ["19900000017", "canaryzqxj", "查询码"] {
        assert!(!stderr.contains(secret), "{stderr}");
    }
    service.kill();
    // It comes while nobody is there.
    modem.receive_text(OTHER, "停水两天了", 2, Order::Right);
    modem.receive_text(CITIZEN, &format!("cx{number}"), 3, Order::Right);
    let service = serve(data, &smsd);
    until("answered", &modem, &service, || got(&modem, CITIZEN).len() == 2);
    until("a second case", &modem, &service, || got(&modem, OTHER).len() == 1);
    assert_eq!(cases(data).len(), 2, "nothing is doubled");
    let stands = got(&modem, CITIZEN).remove(1);
    assert_eq!(stands, format!("【邹城社情民意】编号{number}：已经受理，正在分类。"));
    let verified = cli(data, &["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    assert!(service.stop().success());
}
