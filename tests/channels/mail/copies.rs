//! Failure 17 of messaging 3: a server takes a mail, and its answer is lost.

use super::authority;
use super::dovecot::pace;
use super::keeper::{SOON, until};
use jiff::Timestamp;
use mayorline::channels::mail::{
    Clock, MAIL_FORM, MailDesk, Server, SmtpAccount, SmtpTls, StoreInbox, parsed, send,
};
use mayorline::domain::calendar::Calendar;
use mayorline::domain::message::mail::House;
use mayorline::domain::message::mail::templates::Desk;
use mayorline::domain::message::{MailSite, Medium, MessageRules};
use mayorline::store::{
    OutboxFilter, RawInbound, Reader, SettledInbound, Store, StoreConfig, Waiting,
};
use mayorline::wire::mime::Mail;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

const ACCOUNT: &str = "mailbox";
const HOUR_MS: i64 = 3_600_000;
const MAIL: &str = "From: zhang@citizens.example\r\nTo: hotline@example.org\r\nSubject: lamp\r\n\
    Message-ID: <1@citizens.example>\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\n北宿镇路口的路灯不亮。\r\n";

/// What a server was given.
type Heard = Arc<Mutex<Vec<Vec<u8>>>>;

/// One mail, up to where its answer is wanted.
async fn take(mut stream: BufReader<TlsStream<TcpStream>>) -> Vec<u8> {
    stream.write_all(b"220 deaf\r\n").await.unwrap();
    stream.flush().await.unwrap();
    let (mut mail, mut is_data) = (vec![], false);
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "it hung up first");
        if is_data {
            if line == ".\r\n" {
                return mail;
            }
            mail.extend_from_slice(line.as_bytes());
            continue;
        }
        is_data = line.starts_with("DATA");
        let answer = if is_data { "354 go on\r\n" } else { "250 ok\r\n" };
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// A server that takes every mail and hangs up in place of saying so.
async fn deaf(heard: Heard) -> SmtpAccount {
    let folder = tempfile::tempdir().unwrap();
    let trust = authority::certify(folder.path());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let config = authority::serving(&read("cert.pem"), &read("key.pem"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&config));
            let stream = acceptor.accept(stream).await.unwrap();
            let mail = take(BufReader::new(stream)).await;
            heard.lock().unwrap().push(mail);
        }
    });
    let server = Server { host: "localhost".into(), port, trust };
    let (tls, own_name) = (SmtpTls::Implicit, "line.example.org".into());
    SmtpAccount { server, tls, login: None, own_name, pace: pace() }
}

fn site() -> MailSite {
    let house = House { address: "hotline@example.org".to_owned(), own_domains: vec![] };
    let (signer, hotline) = ("受理中心".to_owned(), "0537-5000000".to_owned());
    MailSite { house, desk: Desk { signer, hotline, texts: String::new() } }
}

fn opened(folder: &Path, at: Timestamp) -> Store {
    let messages = MessageRules {
        mail: [(ACCOUNT.to_owned(), site())].into(),
        mail_account: Some(ACCOUNT.to_owned()),
        ..MessageRules::default()
    };
    let config = StoreConfig { messages, ..StoreConfig::new(folder, at) };
    Store::open(config, Calendar::built_in(), [7; 32]).unwrap()
}

/// A citizen's mail that became a case; its receipt is to be sent.
async fn with_a_receipt(store: &Store, at: Timestamp) {
    let raw = RawInbound {
        medium: Medium::Mail,
        account: ACCOUNT.to_owned(),
        dedup_key: [1; 32],
        form: MAIL_FORM,
        received_at: at,
        raw: MAIL.as_bytes().to_vec(),
    };
    let handle = store.handle();
    let kept = handle.answered(|store, answer| store.inbound_put(vec![raw], answer)).await;
    let waiting = Waiting {
        id: kept.unwrap()[0].id(),
        medium: Medium::Mail,
        account: ACCOUNT.to_owned(),
        form: MAIL_FORM.to_owned(),
        received_at: at,
        attempts: 0,
        raw: None,
    };
    let (id, read) = (waiting.id, parsed(&waiting, MAIL.as_bytes(), None).unwrap());
    let settled = handle.answered(|store, answer| store.inbound_settle(at, id, read, answer)).await;
    assert_eq!(settled.unwrap(), SettledInbound::Done);
}

#[tokio::test]
async fn a_server_whose_answers_are_lost_gets_a_mail_twice_at_most_under_one_name() {
    let begun: Timestamp = "2026-11-22T10:00:00+08:00".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path(), begun);
    with_a_receipt(&store, begun).await;
    let time = Arc::new(AtomicI64::new(begun.as_millisecond()));
    let clock: Clock = {
        let time = Arc::clone(&time);
        Arc::new(move || Timestamp::from_millisecond(time.load(Ordering::Relaxed)).unwrap())
    };
    let heard = Heard::default();
    let account = deaf(Arc::clone(&heard)).await;
    let key = store.handle().answered(|store, answer| store.mail_key(answer)).await.unwrap();
    let desk = MailDesk { house: site().house, name: "受理中心".to_owned(), key };
    let mut inbox = StoreInbox::new(store.handle(), ACCOUNT.to_owned(), clock);
    let (_ending, mut ended) = watch::channel(());
    let reader = Reader::open(folder.path()).unwrap();
    let state = || reader.outbox(OutboxFilter::default(), 10).unwrap().remove(0).state;
    let copies = || heard.lock().unwrap().len();
    let sending = Box::pin(send(&account, &desk, &mut inbox, &mut ended));
    let watching = async {
        until("it may have arrived", SOON, || copies() == 1 && state() == "queued").await;
        time.fetch_add(HOUR_MS, Ordering::Relaxed);
        until("once more", SOON, || copies() == 2 && state() == "uncertain").await;
        let later = begun + jiff::SignedDuration::from_hours(5);
        let handle = store.handle();
        let more = handle
            .answered(|store, answer| store.outbox_lease(later, ACCOUNT.to_owned(), 10, answer));
        assert!(more.await.unwrap().is_empty(), "a person decides");
    };
    tokio::select! {
        () = sending => panic!("nobody ended it"),
        () = watching => {}
    }
    let names: Vec<_> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|mail| Mail::read(mail, None).message_id.expect("each has one"))
        .collect();
    assert_eq!((names.len(), &names[0]), (2, &names[1]));
}
