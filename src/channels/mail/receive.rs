//! A mailbox for as long as the service runs.

use super::{ImapAccount, Inbox, MailFault, Pop3Account, imap, pop3};

/// How a mailbox is read.
#[derive(Debug, Clone)]
pub enum Mailbox {
    /// By IMAP: a mail is there in a second.
    Imap(ImapAccount),
    /// By POP3, where there is nothing better.
    Pop3(Pop3Account),
}

/// Failures in a row after which somebody must look: fewer where each of them took long.
fn is_alarm(fault: MailFault, failures: u32) -> bool {
    let first = match fault {
        MailFault::Login => 1,
        MailFault::Silent => 2,
        _ => 3,
    };
    // Told again every ten, so that it is not forgotten.
    failures >= first && (failures - first).is_multiple_of(10)
}

/// Takes mails out of a mailbox for ever, with growing pauses after failures. It may be dropped at any await:
/// what was kept and not yet marked is given again, and the store knows it.
pub async fn receive<I: Inbox>(mailbox: &Mailbox, inbox: &mut I) {
    let (mut imap_known, mut pop3_known) = (imap::Known::default(), pop3::Known::default());
    let mut failures = 0_u32;
    loop {
        let mut well = false;
        let (done, pace) = match mailbox {
            Mailbox::Imap(account) => {
                (imap::watch(account, &mut imap_known, inbox, &mut well).await, account.pace)
            }
            Mailbox::Pop3(account) => {
                (pop3::empty(account, &mut pop3_known, inbox).await, account.pace)
            }
        };
        let pause = match done {
            Ok(()) => {
                failures = 0;
                inbox.seen(None).await;
                pace.poll
            }
            Err(fault) => {
                failures = if well { 1 } else { failures.saturating_add(1) };
                tell(fault, failures);
                inbox.seen(Some(fault.word())).await;
                pace.pause(failures)
            }
        };
        tokio::time::sleep(pause).await;
    }
}

fn tell(fault: MailFault, failures: u32) {
    if is_alarm(fault, failures) {
        tracing::error!(%fault, failures, "ALARM the mailbox cannot be read; it is tried again");
    } else {
        tracing::warn!(%fault, failures, "the mailbox cannot be read; it is tried again");
    }
}
