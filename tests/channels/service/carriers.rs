//! A line by CMPP.

use super::{
    CITIZEN, ELSEWHERE, LIMIT, OTHER, WORDS, assert_clean, assert_told, cases, secret, serve,
    wait_states,
};
use crate::carrier::gateway::{Gateway, report, text};
use crate::support::service::Service;
use crate::support::wait_for;
use mayorline::wire::cmpp::{Deliver, DeliverResp, Submit, Version};
use mayorline::wire::sms::{Carried, Charset};
use std::net::TcpListener;
use std::path::Path;

const VERSION: Version = Version::V3;

fn with(data: &Path, listener: &TcpListener) -> Service {
    let file = secret(data, "cmpp.secret", "shared-secret");
    let port = listener.local_addr().unwrap().port();
    let keys = format!(
        "host='127.0.0.1',port={port},source_id='901234',secret_file='{}',service='HOTLINE',\
         number='10651234501'",
        file.display()
    );
    serve(data, "cmpp", "mobile", &keys)
}

fn words(parts: &[Submit]) -> String {
    let read = |part: &Submit| Carried::read(Charset::Ucs2, true, &part.content).unwrap();
    let read: Vec<Carried> = parts.iter().map(read).collect();
    Carried::decode(&read).text
}

fn others(msg_id: u64) -> Deliver {
    Deliver { source: format!("86{OTHER}"), ..text(msg_id, ELSEWHERE) }
}

#[test]
fn a_text_by_cmpp_is_a_case_and_answered_once_over_a_kill() {
    let (listener, folder) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let service = with(data, &listener);
    let mut gateway = Gateway::accept(&listener, VERSION);
    assert_eq!(gateway.bring(text(1, WORDS)), DeliverResp::KEPT);
    let parts = [gateway.take(0x701), gateway.take(0x702)];
    wait_states(&service, &["submitted"]);
    assert_eq!(parts[0].destinations, [CITIZEN]);
    assert_told(data, &words(&parts));
    service.kill();
    let service = with(data, &listener);
    let mut gateway = Gateway::accept(&listener, VERSION);
    // It never read our answer; and the reports come now.
    assert_eq!(gateway.bring(text(1, WORDS)), DeliverResp::KEPT);
    for msg_id in [0x701, 0x702] {
        assert_eq!(gateway.bring(report(VERSION, msg_id)), DeliverResp::KEPT);
    }
    wait_states(&service, &["delivered"]);
    assert_eq!(gateway.bring(others(2)), DeliverResp::KEPT);
    let parts = [gateway.take(0x703), gateway.take(0x704)];
    assert_eq!(parts[0].destinations, [OTHER], "the first is not answered again");
    wait_states(&service, &["delivered", "submitted"]);
    assert_eq!(cases(data).len(), 2);
    drop(gateway);
    assert_clean(service);
}

#[test]
fn a_kill_between_submit_and_its_answer_sends_nothing_twice() {
    let (listener, folder) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let service = with(data, &listener);
    let mut gateway = Gateway::accept(&listener, VERSION);
    assert_eq!(gateway.bring(text(1, WORDS)), DeliverResp::KEPT);
    gateway.take(0x701);
    // The second part is there and its answer is not.
    gateway.submission();
    service.kill();
    let service = with(data, &listener);
    let mut gateway = Gateway::accept(&listener, VERSION);
    wait_states(&service, &["uncertain"]);
    assert_eq!(gateway.bring(others(2)), DeliverResp::KEPT);
    assert_eq!(gateway.take(0x703).destinations, [OTHER], "nothing is sent twice");
    gateway.take(0x704);
    wait_states(&service, &["uncertain", "submitted"]);
    assert_clean(service);
}

#[test]
fn a_gateway_that_does_not_believe_us_is_told_and_not_called_again_at_once() {
    let (listener, folder) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), tempfile::tempdir().unwrap());
    let file = secret(folder.path(), "cmpp.secret", "another-secret");
    let port = listener.local_addr().unwrap().port();
    let keys = format!(
        "host='127.0.0.1',port={port},source_id='901234',secret_file='{}',service='HOTLINE',\
         number='10651234501'",
        file.display()
    );
    let service = serve(folder.path(), "cmpp", "mobile", &keys);
    Gateway::refuse(&listener, VERSION);
    let alarm = || service.stderr().contains("ALARM the carrier does not believe us");
    assert!(wait_for(LIMIT, || alarm().then_some(())).is_some(), "{}", service.stderr());
    assert!(!service.stderr().contains("another-secret"));
    assert_clean(service);
}
