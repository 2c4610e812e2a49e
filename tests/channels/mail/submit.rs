//! Mails of ours through Postfix, and through servers that do what Postfix never does.

use super::authority;
use super::dovecot::{Dovecot, PASSWORD, pace};
use super::keeper::{Keeper, Reading, SOON, until};
use super::postfix::Postfix;
use jiff::Timestamp;
use mayorline::channels::mail::{
    Filing, Handed, Letter, MailFault, Mailbox, Server, SmtpAccount, SmtpTls, compose, submit,
};
use mayorline::domain::message::mail::{House, MailHead, MailKey, MailKind, OwnId, Reference};
use mayorline::units::CaseNumber;
use mayorline::wire::mime::Mail;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

pub(super) fn key() -> MailKey {
    MailKey::new(&[7; 32])
}

pub(super) fn house() -> House {
    House { address: "hotline@example.org".into(), own_domains: vec![] }
}

pub(super) fn own() -> OwnId {
    OwnId { case: Some(CaseNumber::parse("26112200131").unwrap()), outbox: 12 }
}

pub(super) fn letter(kind: MailKind, to: &str) -> Letter {
    let answers = Reference {
        message_id: Some("theirs@example.com".into()),
        references: vec!["first@example.com".into()],
    };
    Letter {
        head: MailHead::new(kind, own(), &answers, &house(), &key()),
        from_name: "邹城市社情民意受理中心".into(),
        to: to.into(),
        subject: "【受理通知】您反映的事项已登记，编号26112200131".into(),
        text: "您好：\n.一行以点开头\n".repeat(50),
        html: "<p>您好：</p>".into(),
        date: Timestamp::from_second(1_795_821_230).unwrap(),
    }
}

#[tokio::test]
async fn a_mail_of_ours_arrives_as_it_was_written() {
    let dovecot = Dovecot::start();
    let (postfix, keeper) = (Postfix::start(&dovecot), Keeper::default());
    let _reading = Reading::start(Mailbox::Imap(dovecot.imap(Filing::Mark)), &keeper);
    let letter = letter(MailKind::Notice, "hotline@example.org");
    let raw = compose(&letter).unwrap();
    for (count, tls) in (1..).zip([SmtpTls::Implicit, SmtpTls::StartTls]) {
        let account = postfix.account(tls, PASSWORD);
        let handed = submit(&account, &letter.head.envelope_from, &letter.to, &raw).await;
        assert_eq!(handed, Handed::Taken, "{}", postfix.printed());
        until("it arrives", SOON, || keeper.count() == count).await;
    }
    let arrived = keeper.mails().remove(0);
    let mail = Mail::read(&arrived, None);
    assert!(!mail.suspect && !mail.limited);
    assert_eq!(mail.from[0].address, "hotline@example.org");
    assert_eq!(mail.from[0].name.as_deref(), Some("邹城市社情民意受理中心"));
    assert_eq!(mail.subject, letter.subject);
    assert_eq!(mail.text, letter.text.trim_end());
    assert_eq!(mail.html.as_deref(), Some("<p>您好：</p>"));
    assert_eq!(mail.sent_at, Some(letter.date));
    assert_eq!(key().own_id(&mail.message_id.unwrap()), Some(own()));
    assert_eq!(
        (mail.in_reply_to, mail.references.len()),
        (vec!["theirs@example.com".to_owned()], 2)
    );
    assert_eq!(key().case_of(&mail.reply_to[0].address), own().case);
    assert_eq!(mail.signals.auto_submitted.as_deref(), Some("auto-generated"));
    assert_eq!(mail.signals.auto_response_suppress.as_deref(), Some("all"));
    let path = mail.signals.return_path.unwrap();
    assert_eq!(key().returned(&path), Some(12), "{path}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let account = postfix.account(SmtpTls::Implicit, PASSWORD);
    let raw = compose(&letter(MailKind::Receipt, "hotline@example.org")).unwrap();
    let to = async |to: &str| submit(&account, "", to, &raw).await;
    assert_eq!(to("hotline@example.org").await, Handed::Taken, "from nobody");
    assert_eq!(to("nobody@example.org").await, Handed::Refused(550), "{}", postfix.printed());
    assert_eq!(to("no address").await, Handed::Refused(553));
    assert_eq!(to("a@example.org>\r\nRCPT TO:<hotline@example.org").await, Handed::Refused(553));
    let wrong = postfix.account(SmtpTls::StartTls, "wrong");
    assert_eq!(
        submit(&wrong, "", "hotline@example.org", &raw).await,
        Handed::Later(MailFault::Login)
    );
    let mut stranger = postfix.account(SmtpTls::StartTls, PASSWORD);
    stranger.server.trust = authority::stranger();
    assert_eq!(
        submit(&stranger, "", "hotline@example.org", &raw).await,
        Handed::Later(MailFault::Tls)
    );
    let mut nobody = postfix.account(SmtpTls::Implicit, PASSWORD);
    nobody.server.port = super::program::free_port();
    assert_eq!(
        submit(&nobody, "", "hotline@example.org", &raw).await,
        Handed::Later(MailFault::Unreachable)
    );
}

/// What a server does at a step: its answer, or nothing for ever, or the end of the connection.
#[derive(Clone, Copy)]
enum Does {
    Says(&'static str),
    FallsSilent,
    HangsUp,
}

/// A server that goes along until a step. It speaks TLS, as Postfix does, and answers with what is in the table.
async fn odd_server(at: &'static str, does: Does) -> (SmtpAccount, tokio::task::JoinHandle<u32>) {
    let folder = tempfile::tempdir().unwrap();
    let trust = authority::certify(folder.path());
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let config = authority::serving(&read("cert.pem"), &read("key.pem"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut mails = 0;
        let mut is_data = false;
        let mut step = "GREETING".to_owned();
        loop {
            let usual = match step.as_str() {
                "GREETING" => "220 odd\r\n",
                "EHLO" => "250 odd\r\n",
                "DATA" => "354 go on\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            match (step == at).then_some(does) {
                None => stream.write_all(usual.as_bytes()).await.unwrap(),
                Some(Does::Says(words)) => stream.write_all(words.as_bytes()).await.unwrap(),
                Some(Does::FallsSilent) => std::future::pending().await,
                Some(Does::HangsUp) => return mails,
            }
            stream.flush().await.unwrap();
            is_data |= step == "DATA" && at != "DATA";
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return mails;
                }
                if !is_data {
                    step = line.split([' ', '\r']).next().unwrap().to_owned();
                    break;
                }
                if line == ".\r\n" {
                    (is_data, step) = (false, "DOT".to_owned());
                    mails += 1;
                    break;
                }
            }
        }
    });
    let server = Server { host: "localhost".into(), port, trust: Arc::clone(&trust) };
    let tls = SmtpTls::Implicit;
    (
        SmtpAccount { server, tls, login: None, own_name: "line.example.org".into(), pace: pace() },
        serving,
    )
}

/// Failure 17: what came of a mail is known by how far it came.
#[tokio::test]
async fn what_is_over_and_unanswered_is_unknown_and_all_before_it_is_not_sent() {
    let silent = Handed::Later(MailFault::Silent);
    let closed = Handed::Later(MailFault::Closed);
    let later = Handed::Later(MailFault::Refused);
    let cases = [
        ("GREETING", Does::FallsSilent, silent.clone()),
        ("GREETING", Does::Says("421 too busy\r\n"), later.clone()),
        ("EHLO", Does::FallsSilent, silent.clone()),
        ("MAIL", Does::Says("451 try again\r\n"), later.clone()),
        ("MAIL", Does::HangsUp, closed.clone()),
        ("RCPT", Does::Says("550 5.1.1 unknown\r\n"), Handed::Refused(550)),
        ("RCPT", Does::Says("450 4.2.0 greylisted\r\n"), later.clone()),
        ("RCPT", Does::FallsSilent, silent.clone()),
        ("DATA", Does::Says("452 disk full\r\n"), later.clone()),
        ("DATA", Does::FallsSilent, silent),
        ("DATA", Does::HangsUp, closed),
        ("DOT", Does::Says("554 5.6.0 spam\r\n"), Handed::Refused(554)),
        ("DOT", Does::Says("451 later\r\n"), later),
        ("DOT", Does::FallsSilent, Handed::Unknown),
        ("DOT", Does::HangsUp, Handed::Unknown),
        ("DOT", Does::Says("nonsense\r\n"), Handed::Unknown),
        ("QUIT", Does::HangsUp, Handed::Taken),
        ("QUIT", Does::Says("550 no\r\n"), Handed::Taken),
        ("nothing", Does::HangsUp, Handed::Taken),
    ];
    let raw = compose(&letter(MailKind::Notice, "a@example.com")).unwrap();
    for (at, does, handed) in cases {
        let (account, serving) = odd_server(at, does).await;
        let begun = std::time::Instant::now();
        assert_eq!(submit(&account, "", "a@example.com", &raw).await, handed, "{at}");
        assert!(begun.elapsed() < SOON, "{at}");
        serving.abort();
    }
}
