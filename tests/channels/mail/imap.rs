//! IMAP against Dovecot: what others lost or doubled (messaging 3: failures 2, 3, 4, 8, 9, 10 and 31).

use super::authority;
use super::dovecot::Dovecot;
use super::keeper::{Keeper, Reading, SOON, mail, until};
use mayorline::channels::mail::{Filing, Mailbox};
use mayorline::wire::mime::Mail;
use rustix::process::Signal;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn read(dovecot: &Dovecot, filing: Filing, keeper: &Keeper) -> Reading {
    Reading::start(Mailbox::Imap(dovecot.imap(filing)), keeper)
}

fn moved() -> Filing {
    Filing::Move("Taken".into())
}

#[tokio::test]
async fn a_mail_is_kept_as_it_is_and_then_marked_or_moved() {
    for filing in [Filing::Mark, moved()] {
        let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
        let _reading = read(&dovecot, filing.clone(), &keeper);
        until("the first look", SOON, || keeper.rounds() > 0).await;
        dovecot.deliver([mail(1)]);
        until("the mail is kept", SOON, || keeper.count() == 1).await;
        let raw = keeper.mails().remove(0);
        let kept = Mail::read(&raw, None);
        assert_eq!(kept.text, "路灯 1 不亮\na line that begins with a dot");
        assert_eq!(kept.message_id.as_deref(), Some("1@example.com"));
        let (inbox, taken) = if filing == Filing::Mark { (1, 0) } else { (0, 1) };
        until("it is filed", SOON, || {
            (dovecot.mails_in(""), dovecot.mails_in(".Taken")) == (inbox, taken)
        })
        .await;
        assert_eq!(keeper.faults(), [""; 0]);
    }
}

/// A server tells of a mail by itself: no poll is waited for.
#[tokio::test]
async fn news_come_by_idle() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    let mut account = dovecot.imap(Filing::Mark);
    account.pace.poll = Duration::from_secs(600);
    let _reading = Reading::start(Mailbox::Imap(account), &keeper);
    until("the first look", SOON, || keeper.rounds() > 0).await;
    for number in 1..4 {
        dovecot.deliver([mail(number)]);
        until("the mail is kept", SOON, || keeper.count() == number).await;
    }
}

/// A server tells of it with its answer to the mark or the move, and IDLE is silent about it.
#[tokio::test]
async fn a_mail_that_comes_while_another_is_taken_waits_for_no_poll() {
    for filing in [Filing::Mark, moved()] {
        let (dovecot, keeper) = (Arc::new(Dovecot::start()), Keeper::default());
        let beside = Arc::clone(&dovecot);
        keeper.0.lock().unwrap().beside = Some(Box::new(move || beside.deliver([mail(2)])));
        let mut account = dovecot.imap(filing);
        account.pace.poll = Duration::from_secs(600);
        dovecot.deliver([mail(1)]);
        let _reading = Reading::start(Mailbox::Imap(account), &keeper);
        until("both are kept", SOON, || keeper.count() == 2).await;
        let rounds = keeper.rounds();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(keeper.rounds() <= rounds + 1, "it rests afterwards");
    }
}

#[tokio::test]
async fn a_token_is_believed_and_a_false_one_is_not() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    let mut account = dovecot.imap(Filing::Mark);
    account.credential = Dovecot::good_token();
    let reading = Reading::start(Mailbox::Imap(account.clone()), &keeper);
    until("the first look", SOON, || keeper.rounds() > 0).await;
    drop(reading);
    let keeper = Keeper::default();
    account.credential = Dovecot::token(b"somebody else's key, 32+ bytes long enough");
    let _reading = Reading::start(Mailbox::Imap(account), &keeper);
    until("the refusal", SOON, || keeper.faults().contains(&"login")).await;
    assert_eq!(keeper.rounds(), 0);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_told_no_password() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    let mut account = dovecot.imap(Filing::Mark);
    account.server.trust = authority::stranger();
    let _reading = Reading::start(Mailbox::Imap(account), &keeper);
    until("the fault", SOON, || keeper.faults().contains(&"tls")).await;
    assert!(!dovecot.printed().contains("Login: user"));
}

/// Failure 2: a server that is stopped in the middle of IDLE.
#[tokio::test]
async fn a_server_that_falls_silent_is_noticed_and_read_again() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    let _reading = read(&dovecot, Filing::Mark, &keeper);
    until("the first look", SOON, || keeper.rounds() > 0).await;
    let begun = Instant::now();
    dovecot.signal(Signal::STOP);
    // A second of IDLE and three for an answer, at the pace of these tests; at the real one 90.
    until("the alarm", Duration::from_secs(15), || keeper.faults().contains(&"silent")).await;
    println!("noticed after {:?}", begun.elapsed());
    dovecot.signal(Signal::CONT);
    dovecot.deliver([mail(1)]);
    until("it goes on by itself", SOON, || keeper.count() == 1).await;
}

/// Failure 31: IDLE returns as if somebody had interrupted it.
#[tokio::test]
async fn a_session_that_dies_is_opened_again() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    let mut account = dovecot.imap(Filing::Mark);
    account.pace.poll = Duration::from_secs(600);
    let _reading = Reading::start(Mailbox::Imap(account), &keeper);
    until("the first look", SOON, || keeper.rounds() > 0).await;
    let begun = Instant::now();
    dovecot.kill_sessions();
    until("it is noticed", SOON, || !keeper.faults().is_empty()).await;
    dovecot.deliver([mail(1)]);
    until("it is read again", Duration::from_secs(30), || keeper.count() == 1).await;
    println!("read again after {:?}", begun.elapsed());
    assert_eq!(keeper.faults(), ["closed"]);
}

/// Failure 3: the process ends between the commit and the mark.
#[tokio::test]
async fn a_mail_that_was_kept_and_not_marked_is_given_again_and_is_one() {
    for filing in [Filing::Mark, moved()] {
        let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
        keeper.0.lock().unwrap().dies_at = Some(2);
        dovecot.deliver((1..4).map(mail));
        let reading = read(&dovecot, filing.clone(), &keeper);
        until("two are kept", SOON, || keeper.count() == 2).await;
        drop(reading);
        keeper.0.lock().unwrap().dies_at = None;
        let _reading = read(&dovecot, filing.clone(), &keeper);
        until("all are kept", SOON, || keeper.count() == 3).await;
        assert_eq!(keeper.times(), 4, "the second came twice");
    }
}

#[tokio::test]
async fn what_the_store_does_not_take_stays_on_the_server() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    keeper.0.lock().unwrap().refusals = 2;
    dovecot.deliver([mail(1)]);
    let _reading = read(&dovecot, moved(), &keeper);
    until("it is taken in the end", SOON, || keeper.count() == 1).await;
    assert_eq!(keeper.faults(), ["store", "store"]);
}

/// Failure 4: the server refuses to move, each time.
#[tokio::test]
async fn a_mail_that_cannot_be_filed_is_never_copied() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    // No name of a folder there.
    let _reading = read(&dovecot, Filing::Move("a/../b".into()), &keeper);
    dovecot.deliver([mail(1)]);
    until("rounds go on", SOON, || keeper.rounds() > 5 && keeper.count() == 1).await;
    assert_eq!(
        (dovecot.mails_in(""), keeper.times()),
        (1, 1),
        "it is neither copied nor fetched again"
    );
    dovecot.deliver([mail(2)]);
    until("others come", SOON, || keeper.count() == 2).await;
}

/// Failure 8: the mailbox is made anew with the same mails and other numbers.
#[tokio::test]
async fn a_mailbox_that_is_numbered_anew_gives_nothing_twice() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    dovecot.deliver((1..6).map(mail));
    let reading = read(&dovecot, Filing::Mark, &keeper);
    until("all are kept", SOON, || keeper.count() == 5).await;
    let validity = || std::fs::read_to_string(dovecot.maildir().join("dovecot-uidlist")).unwrap();
    let before = validity();
    drop(reading);
    // Numbers, flags and keywords are gone; the mails are those of before.
    dovecot.kill_sessions();
    for name in [
        "dovecot-uidlist",
        "dovecot-uidvalidity",
        "dovecot-keywords",
        "dovecot.index.log",
        "dovecot.index.cache",
    ] {
        let _ = std::fs::remove_file(dovecot.maildir().join(name));
    }
    for entry in std::fs::read_dir(dovecot.maildir()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("dovecot-uidvalidity") {
            std::fs::remove_file(path).unwrap();
        }
    }
    // Validity is a time in seconds.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let _reading = read(&dovecot, Filing::Mark, &keeper);
    dovecot.deliver([mail(6)]);
    until("the new one is kept", SOON, || keeper.count() == 6).await;
    until("the old ones came again", SOON, || keeper.times() == 11).await;
    assert_ne!(before.lines().next(), validity().lines().next(), "it has other numbers");
    assert_eq!(keeper.count(), 6);
}

/// Failure 9: three days off, and not the last ten or sixty of what waits.
#[tokio::test]
async fn five_hundred_mails_that_wait_are_all_taken() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    dovecot.deliver((0..500).map(mail));
    let begun = Instant::now();
    let _reading = read(&dovecot, moved(), &keeper);
    until("all are kept", Duration::from_secs(60), || keeper.count() == 500).await;
    println!("500 mails in {:?}", begun.elapsed());
    until("all are filed", SOON, || (dovecot.mails_in(""), dovecot.mails_in(".Taken")) == (0, 500))
        .await;
    assert_eq!(keeper.times(), 500);
}

/// Failure 10: an idle mailbox gives its last mail again and again.
#[tokio::test]
async fn an_idle_mailbox_gives_nothing() {
    let (dovecot, keeper) = (Dovecot::start(), Keeper::default());
    dovecot.deliver([mail(1)]);
    let reading = read(&dovecot, Filing::Mark, &keeper);
    until("rounds go on", SOON, || keeper.rounds() > 4).await;
    drop(reading);
    // Another process sees the mark that this one left.
    let _reading = read(&dovecot, Filing::Mark, &keeper);
    let before = keeper.rounds();
    until("rounds go on", SOON, || keeper.rounds() > before + 3).await;
    assert_eq!(keeper.times(), 1);
}
