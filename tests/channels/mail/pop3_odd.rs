//! POP3 servers that do what Dovecot never does.

use super::authority;
use super::dovecot::pace;
use super::keeper::{Keeper, Reading, SOON, mail, until};
use mayorline::channels::mail::{Credential, Mailbox, Pop3Account, Server};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// A mailbox and what its server does.
#[derive(Default)]
struct Odd {
    mails: BTreeMap<usize, Vec<u8>>,
    /// Answers -ERR when it is asked for this one.
    refused: Option<usize>,
    /// Hangs up in the middle of this one.
    breaks: Option<usize>,
    /// So often, at QUIT, it hangs up and deletes nothing.
    quits_lost: usize,
    /// Mails that were asked for.
    asked: Vec<usize>,
}

type Shared = Arc<Mutex<Odd>>;

/// The sentences of one connection, until it ends.
async fn speak(odd: &Shared, stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut deleted = Vec::new();
    stream.write_all(b"+OK odd\r\n").await?;
    loop {
        stream.flush().await?;
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let (verb, number) = (words.next().unwrap_or_default(), words.next());
        let number = number.and_then(|number| number.parse().ok()).unwrap_or(0);
        let answer = {
            let mut odd = odd.lock().unwrap();
            match verb {
                "UIDL" => {
                    let lines = odd.mails.keys().map(|at| format!("{at} name-{at}\r\n"));
                    format!("+OK\r\n{}.\r\n", lines.collect::<String>()).into_bytes()
                }
                "RETR" => {
                    odd.asked.push(number);
                    let mail = odd.mails.get(&number).cloned().unwrap_or_default();
                    let text = String::from_utf8(mail).unwrap().replace("\r\n.", "\r\n..");
                    match number {
                        at if odd.refused == Some(at) => b"-ERR damaged\r\n".to_vec(),
                        at if odd.breaks == Some(at) => format!("+OK\r\n{text}").into_bytes(),
                        _ => format!("+OK\r\n{text}\r\n.\r\n").into_bytes(),
                    }
                }
                "DELE" => {
                    deleted.push(number);
                    b"+OK\r\n".to_vec()
                }
                "QUIT" if odd.quits_lost > 0 => {
                    odd.quits_lost -= 1;
                    return Ok(());
                }
                "QUIT" => {
                    odd.mails.retain(|at, _| !deleted.contains(at));
                    b"+OK\r\n".to_vec()
                }
                _ => b"+OK\r\n".to_vec(),
            }
        };
        stream.write_all(&answer).await?;
        stream.flush().await?;
        let is_broken = verb == "RETR" && odd.lock().unwrap().breaks == Some(number);
        if is_broken || verb == "QUIT" {
            return stream.shutdown().await;
        }
    }
}

/// A server with mails from 1 on, for as long as the test runs.
async fn serve(odd: Odd, mails: usize) -> (Shared, Pop3Account) {
    let odd = Arc::new(Mutex::new(odd));
    odd.lock().unwrap().mails = (1..=mails).map(|number| (number, mail(number))).collect();
    let folder = tempfile::tempdir().unwrap();
    let trust = authority::certify(folder.path());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let config = authority::serving(&read("cert.pem"), &read("key.pem"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let shared = Arc::clone(&odd);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = tokio_rustls::TlsAcceptor::from(Arc::clone(&config)).accept(stream).await;
            let _ = speak(&shared, stream.unwrap()).await;
        }
    });
    let account = Pop3Account {
        server: Server { host: "localhost".into(), port, trust },
        user: "hotline".into(),
        credential: Credential::Password("x".into()),
        leaves: false,
        pace: pace(),
    };
    (odd, account)
}

/// What is left in the mailbox.
fn left(odd: &Shared) -> Vec<usize> {
    odd.lock().unwrap().mails.keys().copied().collect()
}

#[tokio::test]
async fn a_mail_that_the_server_does_not_give_keeps_no_other() {
    let refuses = Odd { refused: Some(2), ..Odd::default() };
    let breaks = Odd { breaks: Some(2), ..Odd::default() };
    for server in [refuses, breaks] {
        let (odd, account) = serve(server, 3).await;
        let keeper = Keeper::default();
        let _reading = Reading::start(Mailbox::Pop3(account), &keeper);
        until("the others are gone", SOON, || left(&odd) == [2]).await;
        assert_eq!(keeper.count(), 2);
        let tries = odd.lock().unwrap().asked.iter().filter(|asked| **asked == 2).count();
        assert!(tries <= 3, "{tries}");
    }
}

#[tokio::test]
async fn what_was_kept_before_a_lost_quit_is_deleted_by_the_next() {
    let (odd, account) = serve(Odd { quits_lost: 1, ..Odd::default() }, 3).await;
    let keeper = Keeper::default();
    let _reading = Reading::start(Mailbox::Pop3(account), &keeper);
    until("all are gone", SOON, || left(&odd).is_empty()).await;
    assert_eq!(keeper.count(), 3);
}

#[tokio::test]
async fn a_full_mailbox_is_emptied_without_a_pause() {
    let (odd, account) = serve(Odd::default(), 250).await;
    let keeper = Keeper::default();
    let _reading = Reading::start(Mailbox::Pop3(account), &keeper);
    until("all are gone", SOON, || left(&odd).is_empty()).await;
    assert_eq!((keeper.count(), keeper.times(), keeper.faults().len()), (250, 250, 0));
}
