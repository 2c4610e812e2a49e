//! The rules as tables, and machines face to face.

mod loops;
mod reading;
mod threads;

use super::*;
use crate::units::CaseNumber;

fn house() -> House {
    House { address: "hotline@example.org".into(), own_domains: vec!["city.example".into()] }
}

fn key() -> MailKey {
    MailKey::new(&[7; 32])
}

fn case() -> CaseNumber {
    CaseNumber::parse("26112200131").unwrap()
}

/// A mail of a citizen.
fn citizen(text: &str) -> Incoming {
    Incoming {
        from: Some("zhang@example.com".into()),
        recipients: vec!["hotline@example.org".into()],
        subject: "路灯不亮".into(),
        text: text.into(),
        ..Incoming::default()
    }
}

fn judged(mail: &Incoming, around: &MailAround) -> MailVerdict {
    judge_mail(mail, &house(), &key(), around)
}

fn acknowledged(mail: &Incoming, around: &MailAround) -> Result<String, Silence> {
    may_acknowledge(mail, &house(), around)
}

/// A report on the mail of a row.
fn bounce(outbox: i64, failed: bool, delivered: bool) -> Incoming {
    let id = key().message_id(OwnId { case: Some(case()), outbox }, "example.org");
    Incoming {
        from: Some("MAILER-DAEMON@mx.example.com".into()),
        text: "could not be delivered".into(),
        traits: Traits { has_null_path: true, is_report: true, ..Traits::default() },
        encloses: Some(id),
        report: Some(Delivered { failed, delivered, status: Some("5.1.1".into()) }),
        ..Incoming::default()
    }
}
