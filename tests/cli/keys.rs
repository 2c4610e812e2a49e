//! The master key in a file that the configuration names: whatever opens the data finds it there.

use crate::support::service::Start;
use crate::{Outcome, run, text};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer of the interface, head and body.
fn asked(web: SocketAddr, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(web).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: {web}\r\nAuthorization: Bearer {token}\r\n");
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_key_that_lies_elsewhere_is_found_by_verbs_service_and_interface() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let data = folder.path();
    let set = format!("store.master_key_file={}", elsewhere.path().join("city.key").display());
    let plain = |verb: &[&str]| run(&[verb, &["--data", data.to_str().unwrap()]].concat());
    let with_key = |verb: &[&str]| -> Outcome {
        let done = plain(&[verb, &["--set", &set]].concat());
        assert_eq!(done.code, 0, "{verb:?}: {done:?}");
        done
    };
    with_key(&["account", "begin", "--system", "sys", "--security", "sec", "--audit", "aud"]);
    with_key(&["account", "add", "li", "--title", "李明", "--as", "sys"]);
    with_key(&["account", "grant", "li", "--role", "clerk", "--as", "sec"]);
    with_key(&["account", "confirm", "li", "--role", "clerk", "--as", "sys"]);
    let label = ["--label", "test", "--role", "clerk", "--as", "sec"];
    let told = with_key(&[&["account", "token", "li"], &label[..]].concat()).out;
    let token = told.trim().rsplit(' ').next().unwrap();
    let service = Start::new(data).set(&set).run();
    assert!((200..300).contains(&text(service.udp(), "19900000017", "路灯不亮")));
    let web = service.word("web");
    let web = web.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let answer = asked(web, "/api/v1/cases", token);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("文字消息"), "{answer}");
    assert!(service.stop().success());
    assert!(with_key(&["case", "list", "--json"]).out.contains("199****0017"));
    with_key(&["verify"]);
    assert!(!data.join("keys").exists() && elsewhere.path().join("city.key").exists());
    // Without it nothing is made in its place.
    let lost = plain(&["case", "list"]);
    assert!(lost.code != 0 && lost.err.contains("master.key"), "{lost:?}");
    assert!(!data.join("keys").exists());
}
