//! Who wrote, what it belongs to, and what programs must know.

use super::write::mail;
use crate::wire::mime::{Authentication, Mail, Signals, Verdict};

fn read(fields: &[&str]) -> Mail {
    Mail::read(&mail(fields, b"x"), Some("mx.example.org"))
}

#[test]
fn addresses_in_all_their_forms() {
    let cases = [
        ("a@example.com", "a@example.com", None),
        ("<a@example.com>", "a@example.com", None),
        ("\"张, 三\" <a@example.com>", "a@example.com", Some("张, 三")),
        ("a@example.com (张三)", "a@example.com", Some("张三")),
        (
            "=?UTF-8?B?PGJAZXhhbXBsZS5jb20+?= <a@example.com>",
            "a@example.com",
            Some("<b@example.com>"),
        ),
        ("'张三' <a@EXAMPLE.com>", "a@example.com", Some("张三")),
        ("group: a@example.com;", "a@example.com", None),
        ("张三<a@例子.中国>", "a@例子.中国", Some("张三")),
    ];
    for (field, address, name) in cases {
        let mail = read(&[&format!("From: {field}")]);
        assert_eq!(mail.from.len(), 1, "{field}");
        assert_eq!(
            (mail.from[0].address.as_str(), mail.from[0].name.as_deref()),
            (address, name),
            "{field}"
        );
    }
    for field in ["", "<>", "张三", "a@", "@example.com", "a b@c d", "undisclosed-recipients:;"] {
        assert!(read(&[&format!("From: {field}")]).from.is_empty(), "{field}");
    }
}

#[test]
fn a_line_end_in_a_subject_is_a_blank() {
    let mail = read(&[
        "Subject: =?utf-8?Q?a=0D=0ABcc:_b@example.com=00?=",
        "From: =?utf-8?Q?a=0D=0Ab?= <a@example.com>",
    ]);
    assert_eq!(mail.subject, "a  Bcc: b@example.com");
    assert_eq!(mail.from[0].name.as_deref(), Some("ab"));
}

#[test]
fn message_ids_with_and_without_their_brackets() {
    let mail = read(&[
        "Message-ID:\r\n <one@example.com>",
        "In-Reply-To: Your mail of Sunday <two@example.com>",
        "References: <a@example.com> <b\r\n @example.com>\r\n\t<c@example.com>",
    ]);
    assert_eq!(mail.message_id.as_deref(), Some("one@example.com"));
    assert_eq!(mail.in_reply_to, ["two@example.com"]);
    assert_eq!(mail.references, ["a@example.com", "b@example.com", "c@example.com"]);
    assert_eq!(
        read(&["Message-ID: bare@example.com"]).message_id.as_deref(),
        Some("bare@example.com")
    );
    for field in ["Message-ID:", "Message-ID: <>", "Message-ID: none"] {
        assert_eq!(read(&[field]).message_id, None);
    }
}

#[test]
fn dates_that_are_none_are_none() {
    let at = |date: &str| read(&[&format!("Date: {date}")]).sent_at.map(|at| at.to_string());
    assert_eq!(at("Sun, 22 Nov 2026 20:13:51 +0800").as_deref(), Some("2026-11-22T12:13:51Z"));
    assert_eq!(at("22 Nov 26 12:13:00 GMT").as_deref(), Some("2026-11-22T12:13:00Z"));
    for odd in ["", "yesterday", "Sun, 99 Nov 2026 20:13:51 +0800", "星期日"] {
        assert_eq!(at(odd), None, "{odd}");
    }
}

#[test]
fn what_programs_say_of_themselves() {
    let mail = read(&[
        "Return-Path: <>",
        "Auto-Submitted: Auto-Replied (vacation)",
        "Precedence: LIST",
        "List-Id: <a.example.com>",
        "X-Auto-Response-Suppress: All, OOF",
        "X-Autoreply: yes",
        "X-Failed-Recipients: a@example.com, b@example.com",
        "X-Spam-Flag: YES",
        "Delivered-To: hotline+26112200131.ab@example.org",
    ]);
    let signals = &mail.signals;
    assert_eq!(signals.auto_submitted.as_deref(), Some("auto-replied"));
    assert_eq!(signals.precedence.as_deref(), Some("list"));
    assert_eq!(signals.auto_response_suppress.as_deref(), Some("all, oof"));
    assert_eq!(signals.return_path.as_deref(), Some(""));
    assert!(signals.is_list && signals.is_autoreply && !signals.is_report);
    assert_eq!(signals.failed_recipients.len(), 2);
    assert_eq!(signals.spam, Some(true));
    assert_eq!(mail.delivered_to[0].address, "hotline+26112200131.ab@example.org");
    assert_eq!(read(&["X-Spam-Status: No, score=-1.9"]).signals.spam, Some(false));
    assert_eq!(read(&["Subject: x"]).signals, Signals::default());
    let signals = read(&["Return-Path: <anna@Example.com>"]).signals;
    assert_eq!(signals.return_path.as_deref(), Some("anna@example.com"));
    let shown = format!("{signals:?}");
    assert!(shown.contains("a***@example.com") && !shown.contains("anna"), "{shown}");
}

#[test]
fn only_the_own_server_is_believed() {
    let found = read(&[
        "Authentication-Results: mx.example.org (mx; pass) 1; spf=softfail smtp.mailfrom=a; dkim=fail; dkim=pass (2048)\r\n\
        \theader.d=example.com; dmarc=pass",
        "Authentication-Results: mx.example.org; spf=pass; dmarc=fail",
        "Authentication-Results: mail.example.com; spf=pass; dkim=fail",
    ])
    .signals
    .authentication;
    let (spf, dkim, dmarc) = (Some(Verdict::SoftFail), Some(Verdict::Pass), Some(Verdict::Pass));
    assert_eq!(found, Authentication { spf, dkim, dmarc });
    let forged =
        ["Authentication-Results: mx.example.org.example.com; spf=pass; dkim=pass; dmarc=pass"];
    assert_eq!(read(&forged).signals.authentication, Authentication::default());
    let own = mail(&["Authentication-Results: mx.example.org; spf=pass"], b"x");
    assert_eq!(Mail::read(&own, None).signals.authentication, Authentication::default());
}

#[test]
fn nothing_of_a_citizen_is_printed() {
    let mail = read(&[
        "From: =?UTF-8?B?5byg5LiJ?= <zhangsan@example.com>",
        "Subject: secret",
        "Content-Disposition: attachment; filename=secret.doc",
    ]);
    let printed = format!("{mail:?} {mail:#?}");
    assert!(printed.contains("z***@example.com"), "{printed}");
    for word in ["张三", "zhangsan", "secret"] {
        assert!(!printed.contains(word), "{printed}");
    }
}
