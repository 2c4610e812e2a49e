//! Providers over HTTP: what they bring, by plain sockets; Kannel itself, both ways.

use super::city::{ACCOUNT, City, LIMIT};
use super::kannel::KannelBox;
use crate::support::wait_for;
use mayorline::channels::sms::http::{Generic, Kannel, Provider, Secret};
use mayorline::domain::webhook::Target;
use mayorline::store::SettledInbound;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

const SECRET: &str = "s3cret";

/// The status and the body of an answer.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // Whoever is refused early may close before all of it is read.
    let _ = stream.write_all(body.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status.unwrap_or_else(|| panic!("no answer: {answer}")), body)
}

pub(crate) fn mo(from: &str, text: &str, sequence: u32) -> String {
    format!(
        r#"{{"phone_number":"{from}","send_time":"2026-11-22 20:13:51","content":"{text}","dest_code":"10690001","sequence_id":{sequence}}}"#
    )
}

#[test]
fn a_whole_array_is_kept_before_it_is_answered_and_once() {
    let city = City::open();
    let thread = city.provider(None, SECRET);
    let address = thread.address().unwrap();
    let all = [mo("19900000017", "停水两天了", 1), mo("19900000018", "停电两天了", 2)];
    let body = format!("[{}]", all.join(","));
    let path = format!("/{SECRET}/aliyun-mo");
    let kept = (200, r#"{"code":0,"msg":"接收成功"}"#.to_owned());
    assert_eq!(ask(address, "POST", &path, &body), kept);
    assert_eq!(city.waiting().len(), 2);
    // Brought again, one more with it.
    let more = format!("[{},{}]", body.trim_matches(['[', ']']), mo("19900000019", "路灯", 3));
    assert_eq!(ask(address, "POST", &path, &more), kept);
    assert_eq!(city.waiting().len(), 3);
    assert_eq!(city.read(), [SettledInbound::Done; 3]);
    let cases = city.cases();
    assert!(cases[0].contains("停水两天了") && cases[1].contains("停电两天了"), "{cases:?}");
    let tencent = r#"{"extend":"01","mobile":"19900000020","nationcode":"86","sign":"","text":"停气了三天","time":1795349631}"#;
    let kept = (200, r#"{"errmsg":"OK","result":0}"#.to_owned());
    assert_eq!(ask(address, "POST", &format!("/{SECRET}/tencent-mo"), tencent), kept);
    assert_eq!(city.read(), [SettledInbound::Done]);
    thread.finish();
}

#[test]
fn what_is_not_meant_for_us_is_refused_and_what_cannot_be_kept_is_to_be_brought_again() {
    let mut city = City::open();
    let thread = city.provider(None, SECRET);
    let address = thread.address().unwrap();
    let body = format!("[{}]", mo("19900000017", "停水", 1));
    for path in ["/", "/aliyun-mo", "/wrong/aliyun-mo", "/s3cret/", "/s3cret/other", "/s3cret"] {
        assert_eq!(ask(address, "POST", path, &body).0, 404, "{path}");
    }
    let path = format!("/{SECRET}/aliyun-mo");
    assert_eq!(ask(address, "GET", &path, "").0, 405);
    assert_eq!(ask(address, "POST", &path, &"x".repeat((1 << 20) + 1)).0, 413);
    assert_eq!(city.waiting().len(), 0);
    // What nobody can read was brought to a secret address: it is kept for a person.
    assert_eq!(ask(address, "POST", &path, "[{").0, 200);
    assert_eq!(city.waiting()[0].raw.as_deref(), Some("[{".as_bytes()));
    city.close();
    assert_eq!(ask(address, "POST", &path, &body).0, 503);
    thread.finish();
}

/// A provider that is told what to answer: nothing, or this.
fn other(port: u16) -> Provider {
    Provider::Generic(Box::new(Generic {
        endpoint: Target::parse(&format!("http://127.0.0.1:{port}/send")).unwrap(),
        method: "POST",
        query: "key=k".to_owned(),
        body: r#"{"to":"${to}","text":"${text}","template":"${template}","v":${params}}"#
            .to_owned(),
        is_json: true,
        headers: vec![],
        secret: Secret(String::new()),
        reference: Some("/data/id".to_owned()),
    }))
}

/// One request as it was sent; the connection is for its answer.
pub(crate) fn request(listener: &TcpListener) -> (TcpStream, serde_json::Value) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut octets = vec![];
    loop {
        let mut more = [0; 4_096];
        let length = stream.read(&mut more).unwrap();
        assert!(length > 0, "it hung up");
        octets.extend_from_slice(&more[..length]);
        let text = String::from_utf8_lossy(&octets);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("POST /send?key=k HTTP/1.1"), "{head}");
        if let Ok(body) = serde_json::from_str(body) {
            return (stream, body);
        }
    }
}

#[test]
fn a_request_that_was_read_and_not_answered_is_uncertain_and_one_that_was_not_sent_goes_again() {
    let city = City::open();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let thread = city.provider(Some(other(listener.local_addr().unwrap().port())), SECRET);
    let address = thread.address().unwrap();
    let bring = |from: &str, sequence: u32| {
        let path = format!("/{SECRET}/aliyun-mo");
        assert_eq!(ask(address, "POST", &path, &mo(from, "停水两天了", sequence)).0, 200);
        assert_eq!(city.read(), [SettledInbound::Done]);
    };
    let wait = |states: &[&str]| {
        let held = wait_for(LIMIT, || (city.states() == states).then_some(()));
        assert!(held.is_some(), "{states:?}: {:?}", city.outbox());
    };
    bring("19900000017", 1);
    let (mut stream, body) = request(&listener);
    assert_eq!((&body["to"], &body["template"]), (&"19900000017".into(), &"S01".into()));
    assert!(body["text"].as_str().unwrap().starts_with("【邹城社情民意】"));
    assert_eq!(body["v"]["days"], "5");
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"data\":{\"id\":7}}";
    stream.write_all(answer.as_bytes()).unwrap();
    wait(&["submitted"]);
    bring("19900000018", 2);
    drop(request(&listener));
    wait(&["submitted", "uncertain"]);
    // Nobody listens any more: nothing left, so it waits for its next try.
    drop(listener);
    bring("19900000019", 3);
    let fault = wait_for(LIMIT, || {
        let row =
            city.outbox().into_iter().find(|row| row.attempts > 0 && row.state == "queued")?;
        row.fault
    });
    assert_eq!(fault.as_deref(), Some("connect"));
    thread.finish();
}

#[test]
fn kannel_brings_texts_until_they_are_kept_and_sends_ours() {
    let city = City::open();
    // Nobody listens yet: Kannel has to bring it again.
    let port = crate::support::free_sip_port();
    let address: SocketAddr = ([127, 0, 0, 1], port).into();
    let kannel =
        KannelBox::start(&Kannel::text_url(&format!("http://{address}/{SECRET}/kannel-mo")));
    let mut handset = kannel.handset();
    handset.write("19900000017 10651234501 text 北宿镇三里村停水两天了");
    kannel.wait_refused();
    let provider = Provider::Kannel(Box::new(Kannel {
        endpoint: Target::parse(&kannel.send_url()).unwrap(),
        username: "mayorline".to_owned(),
        password: Secret("foobar".to_owned()),
        from: "10651234501".to_owned(),
        report_url: format!("http://{address}/{SECRET}/kannel-report"),
    }));
    let thread = city.provider_at(Some(provider), SECRET, address);
    let done = wait_for(LIMIT, || city.read().first().copied());
    assert_eq!(done, Some(SettledInbound::Done));
    assert!(city.cases()[0].contains("北宿镇三里村停水两天了"));
    // The receipt: Kannel cuts it in two.
    let parts = [handset.read(), handset.read()];
    assert!(parts.iter().all(|part| part.starts_with("10651234501 19900000017 udh %05%00%03")));
    let delivered = wait_for(LIMIT, || {
        city.read();
        (city.states() == ["delivered"]).then_some(())
    });
    assert!(delivered.is_some(), "{:?}", city.outbox());
    let account = city.accounts().into_iter().find(|row| row.account == ACCOUNT);
    assert_eq!(account.unwrap().fault, None);
    thread.finish();
}
