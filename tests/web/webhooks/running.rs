//! The running program, killed between sending and storing, and told by verbs beside it.

use super::receiver::Receiver;
use crate::support::service::{Service, Start, cli, json};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with administrators.
fn house() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let begin = ["account", "begin", "--system", "sys", "--security", "sec", "--audit", "aud"];
    verb(folder.path(), &begin);
    folder
}

/// A verb that must succeed; what it printed.
fn verb(data: &Path, verb: &[&str]) -> String {
    let output = cli(data, verb);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{verb:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// Subscribes; gives the number and the secret.
fn subscribe(data: &Path, url: &str) -> (String, String) {
    let printed = verb(data, &["webhook", "add", url, "--as", "sys"]);
    let words: Vec<&str> = printed.split_whitespace().collect();
    assert!(words.len() == 3 && words[2].starts_with("whsec_"), "{printed}");
    verb(data, &["webhook", "confirm", words[1], "--as", "sec"]);
    (words[1].to_owned(), words[2].to_owned())
}

fn deliveries(data: &Path) -> Vec<Value> {
    json(data, &["webhook", "deliveries"]).as_array().unwrap().clone()
}

async fn until(service: &Service, what: &str, holds: impl Fn(&[Value]) -> bool) {
    let begun = Instant::now();
    while !holds(&deliveries(service.data())) {
        let rows = deliveries(service.data());
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}: {rows:?}");
        // The receiver answers meanwhile.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_service_killed_between_sending_and_storing_sends_again_under_the_same_id() {
    let folder = house();
    let data = folder.path();
    let mut receiver = Receiver::open().await;
    let (webhook, secret) = subscribe(data, &receiver.url("never"));
    verb(data, &["webhook", "test", &webhook, "--as", "sys"]);
    let mut ids = vec![];
    for attempt in 1..=3 {
        let service = Start::new(data).run();
        // It is received, and the service waits for the answer.
        let got = receiver.next().await;
        assert_eq!(got.verified(&secret), (1, 1));
        ids.push(got.id().to_owned());
        service.kill();
        let row = &deliveries(data)[0];
        assert_eq!((&row["state"], &row["attempts"]), (&"waiting".into(), &attempt.into()));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "the same message: {ids:?}");
    assert_eq!(deliveries(data)[0]["id"], *ids[0]);
    verb(data, &["verify"]);
}

#[tokio::test]
async fn verbs_beside_the_service_subscribe_test_list_and_send_again() {
    let folder = house();
    let data = folder.path();
    let service = Start::new(data).run();
    let mut receiver = Receiver::open().await;
    let (webhook, secret) = subscribe(data, &receiver.url("ok"));
    verb(data, &["webhook", "test", &webhook, "--as", "sys"]);
    let test = receiver.next().await;
    assert_eq!(test.verified(&secret), (1, 1));
    // A citizen's text becomes a case, and its number is told.
    assert!((200..300).contains(&text(service.udp(), "19900000017", "北宿镇路灯不亮")));
    let got = receiver.next().await;
    let body: Value = serde_json::from_str(&got.body).unwrap();
    assert_eq!(
        (&body["kind"], &body["case"]["status"]),
        (&"case.accepted".into(), &"accepted".into())
    );
    assert!(!got.body.contains("路灯") && !got.body.contains("1990000"), "{}", got.body);
    let cases = json(data, &["case", "list"]);
    assert_eq!(body["case"]["number"], cases[0]["number"]);
    let settled = |rows: &[Value]| rows.iter().all(|row| row["state"] == "delivered");
    until(&service, "both are settled", settled).await;
    let rows = deliveries(data);
    assert!(!Value::from(rows).to_string().contains(cases[0]["number"].as_str().unwrap()));
    verb(data, &["webhook", "resend", got.id(), "--as", "sys"]);
    let again = receiver.next().await;
    assert_eq!((again.id(), &again.body), (got.id(), &got.body));
    verb(data, &["webhook", "remove", &webhook, "--as", "sys"]);
    assert_eq!(json(data, &["webhook", "list"]), Value::Array(vec![]));
    let before = deliveries(data).len();
    assert!((200..300).contains(&text(service.udp(), "19900000018", "路灯还是不亮")));
    assert!(service.stop().success());
    assert_eq!(json(data, &["case", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(deliveries(data).len(), before, "nothing is written for it any more");
    verb(data, &["verify"]);
}

/// A citizen's text by SIP MESSAGE; the status it is answered with.
fn text(server: std::net::SocketAddr, from: &str, words: &str) -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let local = socket.local_addr().unwrap();
    let (port, length) = (local.port(), words.len());
    let request = format!(
        "MESSAGE sip:mayor@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-t{port};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{from}@{local}>;tag=t{port}\r\n\
         To: <sip:mayor@{server}>\r\nCall-ID: text-{port}@{local}\r\nCSeq: 1 MESSAGE\r\n\
         Content-Type: text/plain;charset=utf-8\r\nContent-Length: {length}\r\n\r\n{words}"
    );
    socket.send_to(request.as_bytes(), server).unwrap();
    let mut buffer = [0; 2048];
    let (read, _) = socket.recv_from(&mut buffer).expect("a text is answered");
    let answer = String::from_utf8_lossy(&buffer[..read]).into_owned();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
