//! Providers over HTTP: Kannel itself; another by its request, and what Aliyun brings.

use super::{
    CITIZEN, ELSEWHERE, OTHER, WORDS, assert_clean, assert_told, cases, secret, serve, wait_states,
};
use crate::carrier::kannel::KannelBox;
use crate::carrier::provider::{ask, mo, request};
use crate::support::free_sip_port;
use crate::support::service::Service;
use mayorline::channels::sms::http::Kannel;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

const PATH_SECRET: &str = "path-secret-0123456789";

#[test]
fn a_text_by_kannel_is_a_case_and_answered_once_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (password, path) =
        (secret(data, "kannel.password", "foobar"), secret(data, "kannel.path", PATH_SECRET));
    let listen: SocketAddr = ([127, 0, 0, 1], free_sip_port()).into();
    let kannel =
        KannelBox::start(&Kannel::text_url(&format!("http://{listen}/{PATH_SECRET}/kannel-mo")));
    let with = || {
        let keys = format!(
            "provider='kannel',url='{}',username='mayorline',secret_file='{}',number='10651234501',\
             listen='{listen}',public_url='http://{listen}',path_secret_file='{}'",
            kannel.send_url(),
            password.display(),
            path.display()
        );
        serve(data, "http", "kannel", &keys)
    };
    let service = with();
    let mut handset = kannel.handset();
    handset.write(&format!("{CITIZEN} 10651234501 text {WORDS}"));
    let parts = [handset.read(), handset.read()];
    assert!(parts.iter().all(|part| part.starts_with(&format!("10651234501 {CITIZEN} udh "))));
    wait_states(&service, &["delivered"]);
    assert_eq!(cases(data).len(), 1);
    service.kill();
    // Kannel brings it until somebody is there.
    handset.write(&format!("{OTHER} 10651234501 text {ELSEWHERE}"));
    kannel.wait_refused();
    let service = with();
    let parts = [handset.read(), handset.read()];
    let to_other = |part: &String| part.starts_with(&format!("10651234501 {OTHER} udh "));
    assert!(parts.iter().all(to_other), "{parts:?}");
    wait_states(&service, &["delivered", "delivered"]);
    assert_eq!(cases(data).len(), 2);
    assert_clean(service);
}

fn with_template(data: &Path, provider: &TcpListener, listen: SocketAddr) -> Service {
    let (key, path) = (secret(data, "key", "k"), secret(data, "path", PATH_SECRET));
    let keys = format!(
        "provider='template',url='http://{}/send',secret_file='{}',query='key=${{secret}}',\
         body='{{\"to\":\"${{to}}\",\"text\":\"${{text}}\"}}',reference='/data/id',\
         listen='{listen}',path_secret_file='{}'",
        provider.local_addr().unwrap(),
        key.display(),
        path.display()
    );
    serve(data, "http", "cloud", &keys)
}

fn taken(stream: &mut TcpStream, id: &str) {
    let body = format!("{{\"data\":{{\"id\":\"{id}\"}}}}");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}

#[test]
fn what_a_provider_brings_is_a_case_and_answered_by_its_own_request_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let provider = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen: SocketAddr = ([127, 0, 0, 1], free_sip_port()).into();
    let brought =
        |name: &str, body: &str| ask(listen, "POST", &format!("/{PATH_SECRET}/{name}"), body).0;
    let service = with_template(data, &provider, listen);
    let first = mo(CITIZEN, WORDS, 1);
    crate::support::wait_for(super::LIMIT, || TcpStream::connect(listen).ok()).expect("it listens");
    assert_eq!(brought("aliyun-mo", &format!("[{first}]")), 200);
    assert_eq!(ask(listen, "POST", "/guess-guess-guess-guess/aliyun-mo", &first).0, 404);
    let (mut stream, asked) = request(&provider);
    assert_eq!(asked["to"], CITIZEN);
    assert_told(data, asked["text"].as_str().unwrap());
    taken(&mut stream, "7^0");
    wait_states(&service, &["submitted"]);
    service.kill();
    let service = with_template(data, &provider, listen);
    crate::support::wait_for(super::LIMIT, || TcpStream::connect(listen).ok()).expect("it listens");
    // It never read our answer, and brings more with it.
    let both = format!("[{first},{}]", mo(OTHER, ELSEWHERE, 2));
    assert_eq!(brought("aliyun-mo", &both), 200);
    let (mut stream, asked) = request(&provider);
    assert_eq!(asked["to"], OTHER, "the first is not answered again");
    taken(&mut stream, "8^0");
    let report = format!(
        r#"[{{"phone_number":"{CITIZEN}","success":true,"biz_id":"7^0","err_code":"DELIVERED"}}]"#
    );
    assert_eq!(brought("aliyun-report", &report), 200);
    wait_states(&service, &["delivered", "submitted"]);
    assert_eq!(cases(data).len(), 2);
    assert_clean(service);
}
