//! Reports on mails of ours.

use super::write::mail;
use crate::wire::mime::{Action, Mail};

fn bounce(status: &str, enclosed: &str) -> Vec<u8> {
    let body = format!(
        "--b\r\n\r\nThis is the mail system.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; mx.example.com\r\n\r\n{status}\r\n--b\r\n{enclosed}\r\n--b--\r\n"
    );
    let fields = [
        "Return-Path: <>",
        "From: MAILER-DAEMON@mx.example.com",
        "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"b\"",
    ];
    mail(&fields, body.as_bytes())
}

#[test]
fn a_report_as_postfix_writes_it() {
    let status = "Final-Recipient: rfc822; zhang@example.com\r\nOriginal-Recipient: rfc822;zhang@example.com\r\n\
        Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example.com\r\nDiagnostic-Code: smtp; 550 5.1.1 \
        unknown\r\n\r\nFinal-Recipient: rfc822; li@example.com\r\nAction: delayed\r\nStatus: 4.4.1 (no answer)\r\n";
    let enclosed = "Content-Type: message/rfc822\r\n\r\nFrom: hotline@example.org\r\nMessage-ID: \
        <26112200131.7.1@example.org>\r\nSubject: x\r\n\r\nbody";
    let mail = Mail::read(&bounce(status, enclosed), None);
    assert!(mail.signals.is_report);
    let report = mail.report.unwrap();
    assert_eq!(report.original_id.as_deref(), Some("26112200131.7.1@example.org"));
    let [first, second] = report.deliveries.as_slice() else { panic!("{report:?}") };
    assert_eq!(first.recipient.as_ref().unwrap().address, "zhang@example.com");
    assert_eq!((first.action, first.status.as_deref()), (Action::Failed, Some("5.1.1")));
    assert_eq!((second.action, second.status.as_deref()), (Action::Delayed, Some("4.4.1")));
    assert_eq!(mail.text, "This is the mail system.");
    assert!(!mail.suspect);
}

#[test]
fn a_report_with_only_the_head_of_the_mail() {
    let enclosed = "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <own@example.org>\r\n";
    let mail = Mail::read(
        &bounce("Action: relayed\r\nFinal-Recipient: rfc822; a@b.c\r\n", enclosed),
        None,
    );
    let report = mail.report.unwrap();
    assert_eq!(report.original_id.as_deref(), Some("own@example.org"));
    assert_eq!(
        (report.deliveries[0].action, report.deliveries[0].status.clone()),
        (Action::Relayed, None)
    );
}

#[test]
fn a_report_as_exim_writes_it() {
    let text = b"This message was created automatically by mail delivery software.\r\n\r\n------ This is a copy of \
        the message, including all the headers. ------\r\n\r\nMessage-Id: <own@example.org>\r\nSubject: x\r\n";
    let mail = Mail::read(&mail(&["X-Failed-Recipients: a@example.com"], text), None);
    assert_eq!(mail.report.unwrap().original_id.as_deref(), Some("own@example.org"));
    assert_eq!(mail.signals.failed_recipients[0].address, "a@example.com");
}

#[test]
fn a_mail_that_quotes_a_message_id_is_no_report() {
    let mail =
        Mail::read(&mail(&["From: a@example.com"], b"Message-ID: <own@example.org>\r\n"), None);
    assert_eq!(mail.report, None);
}

#[test]
fn a_forwarded_mail_is_a_file() {
    let body = "--b\r\n\r\n请看附件\r\n--b\r\nContent-Type: message/rfc822; name=\"原邮件.eml\"\r\n\r\nFrom: \
        c@example.com\r\n\r\nother text\r\n--b--";
    let mail =
        Mail::read(&mail(&["Content-Type: multipart/mixed; boundary=b"], body.as_bytes()), None);
    assert_eq!(mail.text, "请看附件");
    assert_eq!(mail.attachments[0].name.as_deref(), Some("原邮件.eml"));
    assert_eq!(mail.attachments[0].media_type, "message/rfc822");
}
