//! From Dovecot into the real store.

use super::dovecot::Dovecot;
use super::keeper::{SOON, mail, until};
use jiff::Timestamp;
use mayorline::channels::mail::{Filing, MAIL_FORM, Mailbox, StoreInbox, receive};
use mayorline::domain::calendar::Calendar;
use mayorline::store::{Reader, Store, StoreConfig, Waiting};
use mayorline::wire::mime::Mail;
use std::sync::Arc;

const ACCOUNT: &str = "mailbox";

fn waiting(reader: &Reader) -> Vec<Waiting> {
    reader.inbound_waiting(0).unwrap()
}

#[tokio::test]
async fn mails_are_in_the_journal_before_they_leave_the_mailbox() {
    let dovecot = Dovecot::start();
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(folder.path(), Timestamp::now());
    let store = Store::open(config, Calendar::built_in(), [7; 32]).unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let clock = Arc::new(Timestamp::now);
    let inbox = || StoreInbox::new(store.handle(), ACCOUNT.to_owned(), clock.clone());
    dovecot.deliver((1..4).map(mail));
    // Two processes read one mailbox, as in the moment of an upgrade: each mail is one.
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (mailbox, mut inbox) =
                (Mailbox::Imap(dovecot.imap(Filing::Move("Taken".into()))), inbox());
            tokio::spawn(async move { Box::pin(receive(&mailbox, &mut inbox)).await })
        })
        .collect();
    // Dovecot moves a mail twice where two ask at once; what counts is that none is left and none is lost.
    until("all have left the mailbox", SOON, || {
        dovecot.mails_in("") == 0 && dovecot.mails_in(".Taken") >= 3
    })
    .await;
    let rows = waiting(&reader);
    assert_eq!((rows.len(), dovecot.mails_in("")), (3, 0));
    let mut texts: Vec<String> = rows
        .into_iter()
        .map(|row| {
            assert_eq!(row.form, MAIL_FORM);
            Mail::read(&row.raw.unwrap(), None).text
        })
        .collect();
    texts.sort();
    assert_eq!(texts[2], "路灯 3 不亮\na line that begins with a dot");
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}
