//! Texts over the telephone line itself (SIP MESSAGE).

use super::{CITIZEN, LIMIT, WORDS, assert_clean, cases, serve, started, until};
use crate::sms::service::got;
use crate::support::modem::{Modem, Order};
use crate::support::service::{Service, Start, json};
use std::net::UdpSocket;

/// The exchange that hands texts over vouches for their senders.
const TRUSTED: &str = "sip.trusted_peers=[\"127.0.0.1\"]";

/// Sends a text, until it is answered; the status.
fn message(service: &Service, call: &str, from: &str, words: &str) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let (local, server, length) = (socket.local_addr().unwrap(), service.udp(), words.len());
    let request = format!(
        "MESSAGE sip:mayor@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-{call};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{from}>;tag={call}\r\nTo: <sip:mayor@{server}>\r\n\
         Call-ID: {call}\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain;charset=utf-8\r\n\
         Content-Length: {length}\r\n\r\n{words}"
    );
    socket.send_to(request.as_bytes(), server).unwrap();
    let mut buffer = [0; 2_048];
    let (read, _) = socket.recv_from(&mut buffer).expect("a text is answered");
    let answer = String::from_utf8_lossy(&buffer[..read]).into_owned();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_text_over_the_line_is_one_case_over_a_kill_and_its_commands_are_answered_by_text() {
    let (modem, folder) = (Modem::start(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let keys = format!("address='{}'", modem.address);
    let with = || started(data, "modem", "modem", &keys).set(TRUSTED).run();
    let citizen = format!("{CITIZEN}@127.0.0.1");
    let texts = || got(&modem, &format!("+86{CITIZEN}"));
    let service = with();
    assert_eq!(message(&service, "first", &citizen, WORDS), 200);
    let case = cases(data).remove(0);
    assert_eq!(case["channel"], "text");
    let number = case["number"].as_str().unwrap().to_owned();
    until(&service, "told", || texts().len() == 1);
    assert!(texts()[0].contains(&number), "{:?}", texts());
    service.kill();
    let service = with();
    // Its sender never read our answer.
    assert_eq!(message(&service, "first", &citizen, WORDS), 200);
    assert_eq!(message(&service, "second", &citizen, &format!("CX{number}")), 200);
    until(&service, "told", || texts().len() == 2);
    assert_eq!(texts()[1], format!("【邹城社情民意】编号{number}：已经受理，正在分类。"));
    assert_eq!(message(&service, "third", &citizen, "现在更黑了"), 200);
    assert_eq!(cases(data).len(), 1, "more about it");
    assert_clean(service);
}

#[test]
fn who_cannot_be_answered_by_text_is_called_back() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let service = Start::new(data).set(TRUSTED).run();
    let citizen = format!("{CITIZEN}@127.0.0.1");
    assert_eq!(message(&service, "known", &citizen, WORDS), 200);
    assert_eq!(message(&service, "unknown", "anonymous@anonymous.invalid", "停水了"), 200);
    assert_eq!(cases(data).len(), 2);
    assert_eq!(json(data, &["callback", "list"])["open"], 2, "a person looks at both");
    assert!(json(data, &["message", "list"]).as_array().unwrap().is_empty());
    assert_clean(service);
}

#[test]
fn nothing_is_done_or_sent_in_the_name_of_a_number_that_nobody_vouches_for() {
    let (modem, folder) = (Modem::start(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let service = serve(data, "modem", "modem", &format!("address='{}'", modem.address));
    modem.receive_text(&format!("+86{CITIZEN}"), WORDS, 1, Order::Right);
    until(&service, "a case", || cases(data).len() == 1);
    let number = cases(data)[0]["number"].as_str().unwrap().to_owned();
    let answers = || json(data, &["message", "list"]).as_array().unwrap().len();
    assert_eq!(answers(), 1, "his own text is answered");
    let spoofed = format!("{CITIZEN}@127.0.0.1");
    for (call, words) in [("query", format!("CX{number}")), ("stop", "T".to_owned())] {
        assert_eq!(message(&service, call, &spoofed, &words), 200);
    }
    let stranger = "19900000021@127.0.0.1";
    assert_eq!(message(&service, "stranger", stranger, "停水了"), 200);
    assert_eq!(answers(), 1, "nobody else is sent a text");
    assert_eq!(cases(data).len(), 4, "each is a matter that a person looks at");
    assert_eq!(json(data, &["callback", "list"])["open"], 3);
    let stopped: i64 = rusqlite::Connection::open(data.join("mayorline.db"))
        .unwrap()
        .query_row("SELECT count(*) FROM notices_stopped", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stopped, 0);
    assert_clean(service);
}
