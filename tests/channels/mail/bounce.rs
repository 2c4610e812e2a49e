//! A mail of ours that cannot be delivered comes back (messaging 3: failure 13, with Postfix's own report).

use super::dovecot::{Dovecot, PASSWORD};
use super::keeper::{Keeper, Reading, SOON, until};
use super::postfix::Postfix;
use super::submit::{house, key, letter};
use mayorline::channels::mail::{Filing, Handed, Mailbox, SmtpTls, compose, incoming, submit};
use mayorline::domain::message::mail::{MailAround, MailVerdict, judge_mail};
use mayorline::domain::message::mail::{MailKind, Silence, may_acknowledge};
use mayorline::wire::mime::{Action, Mail};

#[tokio::test]
async fn the_report_of_postfix_finds_its_way_to_the_row() {
    let dovecot = Dovecot::start();
    let (postfix, keeper) = (Postfix::start(&dovecot), Keeper::default());
    let _reading = Reading::start(Mailbox::Imap(dovecot.imap(Filing::Mark)), &keeper);
    let account = postfix.account(SmtpTls::Implicit, PASSWORD);
    let notice = letter(MailKind::Notice, "zhang@gone.example");
    let raw = compose(&notice).unwrap();
    let handed = submit(&account, &notice.head.envelope_from, &notice.to, &raw).await;
    assert_eq!(handed, Handed::Taken, "{}", postfix.printed());
    until("the report comes", SOON, || keeper.count() == 1).await;
    let mail = Mail::read(&keeper.mails()[0], None);
    assert!(mail.signals.is_report);
    let report = mail.report.as_ref().unwrap();
    let [delivery] = report.deliveries.as_slice() else { panic!("{report:?}") };
    assert_eq!((delivery.action, delivery.status.as_deref()), (Action::Failed, Some("5.1.1")));
    assert_eq!(delivery.recipient.as_ref().unwrap().address, "zhang@gone.example");
    let incoming = incoming(&mail);
    let verdict = judge_mail(&incoming, &house(), &key(), &MailAround::default());
    assert_eq!(verdict, MailVerdict::Bounced { outbox: Some(12), status: Some("5.1.1".into()) });
    assert_eq!(may_acknowledge(&incoming, &house(), &MailAround::default()), Err(Silence::Report));
}

/// A receipt comes from `<>`: what cannot be delivered of it is told to nobody.
#[tokio::test]
async fn a_receipt_that_bounces_comes_back_to_nobody() {
    let dovecot = Dovecot::start();
    let (postfix, keeper) = (Postfix::start(&dovecot), Keeper::default());
    let _reading = Reading::start(Mailbox::Imap(dovecot.imap(Filing::Mark)), &keeper);
    let account = postfix.account(SmtpTls::Implicit, PASSWORD);
    let receipt = letter(MailKind::Receipt, "zhang@gone.example");
    let raw = compose(&receipt).unwrap();
    let handed = submit(&account, &receipt.head.envelope_from, &receipt.to, &raw).await;
    assert_eq!(handed, Handed::Taken, "{}", postfix.printed());
    until("it is given up", SOON, || {
        postfix.log_has("status=bounced") && postfix.log_has("removed")
    })
    .await;
    let rounds = keeper.rounds();
    until("the mailbox was looked at since", SOON, || keeper.rounds() > rounds + 2).await;
    assert_eq!(keeper.count(), 0);
}
