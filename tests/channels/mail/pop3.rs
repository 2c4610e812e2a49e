//! POP3 against Dovecot.

use super::dovecot::Dovecot;
use super::keeper::{Keeper, Reading, SOON, mail, until};
use mayorline::channels::mail::Mailbox;
use mayorline::wire::mime::Mail;

fn read(dovecot: &Dovecot, leaves: bool, keeper: &Keeper) -> Reading {
    Reading::start(Mailbox::Pop3(dovecot.pop3(leaves)), keeper)
}

#[tokio::test]
async fn mails_are_kept_and_then_deleted() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    dovecot.deliver((1..31).map(mail));
    let _reading = read(&dovecot, false, &keeper);
    until("all are kept", SOON, || keeper.count() == 30).await;
    until("all are gone", SOON, || dovecot.mails_in("") == 0).await;
    for raw in keeper.mails() {
        let kept = Mail::read(&raw, None);
        assert!(kept.text.ends_with("不亮\na line that begins with a dot"), "{}", kept.text);
    }
    dovecot.deliver([mail(31)]);
    until("the next is kept", SOON, || keeper.count() == 31).await;
    assert_eq!((keeper.times(), keeper.faults().len()), (31, 0));
}

#[tokio::test]
async fn mails_that_stay_are_taken_once() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    dovecot.deliver((1..4).map(mail));
    let _reading = read(&dovecot, true, &keeper);
    until("rounds go on", SOON, || keeper.rounds() > 3).await;
    assert_eq!((keeper.times(), dovecot.mails_in("")), (3, 3));
}

#[tokio::test]
async fn a_mail_that_was_kept_before_the_end_is_one() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    keeper.0.lock().unwrap().dies_at = Some(2);
    dovecot.deliver((1..4).map(mail));
    let reading = read(&dovecot, false, &keeper);
    until("two are kept", SOON, || keeper.count() == 2).await;
    drop(reading);
    assert_eq!(dovecot.mails_in(""), 3, "deleted at QUIT only");
    keeper.0.lock().unwrap().dies_at = None;
    let _reading = read(&dovecot, false, &keeper);
    until("all are kept", SOON, || keeper.count() == 3).await;
    until("all are gone", SOON, || dovecot.mails_in("") == 0).await;
}

#[tokio::test]
async fn a_false_password_is_told() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    let mut account = dovecot.pop3(false);
    account.credential = mayorline::channels::mail::Credential::Password("wrong".into());
    let _reading = Reading::start(Mailbox::Pop3(account), &keeper);
    until("the refusal", SOON, || keeper.faults().contains(&"login")).await;
}
