//! A notice at the running program: approved and taken down on the command line, read by everybody.

use crate::desk::*;
use crate::run;
use crate::support::service::{Service, Start};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const TEXT: &str = "北宿镇群众反映路灯不亮。已更换灯具，恢复照明。";

/// A verb of the casework that must succeed; what it printed.
fn case(data: &Path, number: &str, words: &str) -> String {
    let mut words = words.split(' ');
    let verb = words.next().unwrap();
    let rest: Vec<&str> = words.collect();
    let data = ["--data", data.to_str().unwrap()];
    let done = run(&[&["case", verb, number], &rest[..], &data].concat());
    assert_eq!(done.code, 0, "{verb}: {done:?}");
    done.out
}

/// A page over plain HTTP, with its head.
fn get(service: &Service, path: &str) -> String {
    let server = service.word("web").trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(server).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_notice_is_public_while_it_stands_and_where_the_city_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = open(data);
    let (number, _) = new_case(&store.handle(), "k");
    store.close();
    let number = number.to_string();
    let of_unit = "--of-unit unit.07";
    for step in [
        "classify --as li --role clerk --nature help --domain 050100 --place 北宿镇".to_owned(),
        "assign --as li --role clerk --to unit.07".to_owned(),
        format!("accept-assignment --as zhao --role unit_contact {of_unit} --handler 王某"),
        format!("feed-back --as sun --role handler {of_unit} --text 已修复 --contacted --evidence"),
        format!("confirm --as qian --role unit_leader {of_unit} --what feedback"),
        "review --as li --role clerk".to_owned(),
    ] {
        case(data, &number, &step);
    }
    let service = Start::new(data).run();
    let one = format!("/public/{number}");
    assert!(!get(&service, "/public").contains(&number), "an answer alone is not published");
    assert!(get(&service, &one).starts_with("HTTP/1.1 404"));
    case(data, &number, &format!("publish --as zhou --role director --text {TEXT}"));
    for path in ["/public", &one, "/public/feed", "/public/notices.json"] {
        let shown = get(&service, path);
        assert!(shown.starts_with("HTTP/1.1 200"), "{path}: {shown}");
        assert!(shown.contains("cache-control: public, max-age=30"), "{path}: {shown}");
        assert!(shown.contains(&number) && shown.contains(TEXT), "{path}: {shown}");
        for never in ["19900000017", "王某", "已修复"] {
            assert!(!shown.contains(never), "{path}: {never}: {shown}");
        }
    }
    let told = case(data, &number, "take-down --as zhou --role director --why 有一句能认出本人");
    assert_eq!(told, format!("{number} callback 待回访\n"));
    assert!(get(&service, &one).starts_with("HTTP/1.1 404"), "at once");
    assert!(!get(&service, "/public").contains(TEXT));
    let again = ["--as", "zhou", "--role", "director", "--why", "再撤"];
    let data_at = ["--data", data.to_str().unwrap()];
    let refused = run(&[&["case", "take-down", &number], &again[..], &data_at].concat());
    assert_eq!(refused.code, 65, "{refused:?}");
    assert!(refused.err.contains("事项没有公示，无需撤下。（规则 B7）"), "{refused:?}");
    assert!(service.stop().success());
    assert_eq!(run(&[&["verify"], &data_at[..]].concat()).code, 0);
    let service = Start::new(data).set("web.public_notices=false").run();
    assert!(get(&service, "/public").starts_with("HTTP/1.1 404"));
    assert!(service.stop().success());
}
