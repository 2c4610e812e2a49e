//! The mailboxes of the configuration, each with a thread of its own: a fault of one stops no other.

use super::super::config::{ImapKeys, MailKeys, Pop3Keys, SecretFile, SmtpKeys, SmtpTlsKey};
use super::super::exit::{Exit, Failure};
use super::plan::secret_line;
use super::supervisor::{AGAIN, Ended, Work};
use crate::channels::mail::{
    Credential, Filing, ImapAccount, Inbox as _, MailDesk, Mailbox, Pace, Pop3Account, Server,
    SmtpAccount, SmtpTls, StoreInbox, receive, send,
};
use crate::store::StoreHandle;
use crate::web::trust;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Longest secret, in bytes: an access token has some thousands.
const SECRET_BYTES_MAX: usize = 16 << 10;
/// Between two looks whether a secret has been renewed.
const RENEWED: Duration = Duration::from_secs(30);
/// How long a mail that is being handed over is waited for at the end; then nobody knows whether it was
/// taken.
const GRACE: Duration = Duration::from_secs(8);

/// Reads a mailbox and sends by its server, until it is told to end.
pub(super) fn work(keys: &MailKeys, store: &StoreHandle, wall: fn() -> Timestamp) -> Work {
    let (keys, store) = (keys.clone(), store.clone());
    Box::new(move |ended: &Ended| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let done = runtime.block_on(run(&keys, &store, wall, ended));
        // A resolver that hangs keeps its thread, not us.
        runtime.shutdown_background();
        done
    })
}

/// Reads the files that a mailbox names, so that what is accepted does not fail when it is used.
pub(super) fn check(keys: &MailKeys) -> Result<(), Exit> {
    Accounts::read(keys).map(drop).map_err(|why| Exit::new(Failure::Config, why))
}

/// What a mailbox is read and sent by.
struct Accounts {
    mailbox: Mailbox,
    smtp: SmtpAccount,
}

impl Accounts {
    fn read(keys: &MailKeys) -> Result<Self, String> {
        let file = keys.ca_file.as_path();
        let file = Some(file).filter(|file: &&Path| !file.as_os_str().is_empty());
        let trust = trust(file)
            .map_err(|error| format!("messages.mail.ca_file: {}: {error}", keys.account))?;
        let server =
            |host: &str, port| Server { host: host.to_owned(), port, trust: Arc::clone(&trust) };
        let mailbox = match (&keys.imap, &keys.pop3) {
            (Some(imap), _) => Mailbox::Imap(of_imap(imap, server(&imap.host, imap.port))?),
            (None, Some(pop3)) => Mailbox::Pop3(of_pop3(pop3, server(&pop3.host, pop3.port))?),
            (None, None) => return Err(format!("messages.mail.imap: {}", keys.account)),
        };
        let SmtpKeys { host, port, user, own_name, .. } = &keys.smtp;
        let login = match keys.smtp.secret() {
            Some(file) => Some((user.clone(), secret("smtp", &file)?)),
            None => None,
        };
        let domain = keys.address.split_once('@').map_or("localhost", |(_, domain)| domain);
        let own_name = if own_name.is_empty() { domain } else { own_name };
        let smtp = SmtpAccount {
            server: server(host, *port),
            tls: match keys.smtp.tls {
                SmtpTlsKey::Implicit => SmtpTls::Implicit,
                SmtpTlsKey::StartTls => SmtpTls::StartTls,
            },
            login,
            own_name: own_name.to_owned(),
            pace: Pace::default(),
        };
        Ok(Self { mailbox, smtp })
    }

    /// The secrets, to see whether they were renewed.
    fn secrets(&self) -> [Option<&Credential>; 2] {
        let inward = match &self.mailbox {
            Mailbox::Imap(account) => &account.credential,
            Mailbox::Pop3(account) => &account.credential,
        };
        [Some(inward), self.smtp.login.as_ref().map(|(_, secret)| secret)]
    }
}

fn of_imap(keys: &ImapKeys, server: Server) -> Result<ImapAccount, String> {
    let file = keys.secret().ok_or("messages.mail.imap.user")?;
    let filing = match keys.move_to.as_str() {
        "" => Filing::Mark,
        folder => Filing::Move(folder.to_owned()),
    };
    Ok(ImapAccount {
        server,
        user: keys.user.clone(),
        credential: secret("imap", &file)?,
        mailbox: keys.folder.clone(),
        filing,
        pace: Pace::default(),
    })
}

fn of_pop3(keys: &Pop3Keys, server: Server) -> Result<Pop3Account, String> {
    let file = keys.secret().ok_or("messages.mail.pop3.user")?;
    Ok(Pop3Account {
        server,
        user: keys.user.clone(),
        credential: secret("pop3", &file)?,
        leaves: keys.leave,
        pace: Pace::default(),
    })
}

/// What stands in the file.
fn secret(of: &str, file: &SecretFile) -> Result<Credential, String> {
    let (key, path) = match file {
        SecretFile::Password(path) => ("password_file", path),
        SecretFile::Token(path) => ("token_file", path),
    };
    let line = secret_line(path, SECRET_BYTES_MAX);
    let line = line.map_err(|why| format!("messages.mail.{of}.{key}: {why}"))?;
    Ok(match file {
        SecretFile::Password(_) => Credential::Password(line),
        SecretFile::Token(_) => Credential::Bearer(line),
    })
}

/// What comes after a mailbox was left.
enum Next {
    End,
    Again,
}

async fn run(
    keys: &MailKeys,
    store: &StoreHandle,
    wall: fn() -> Timestamp,
    ended: &Ended,
) -> Result<(), String> {
    while let Next::Again = open(keys, store, wall, ended).await? {
        tokio::select! {
            () = ended.future() => return Ok(()),
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
    Ok(())
}

/// Reads and sends until it is told to end, or has to be begun again.
async fn open(
    keys: &MailKeys,
    store: &StoreHandle,
    wall: fn() -> Timestamp,
    ended: &Ended,
) -> Result<Next, String> {
    let account = keys.account.as_str();
    let mut inbox = StoreInbox::new(store.clone(), account.to_owned(), Arc::new(wall));
    let accounts = match Accounts::read(keys) {
        Ok(accounts) => accounts,
        Err(why) => {
            inbox.seen(Some("secret")).await;
            return Err(why);
        }
    };
    // The store may still be down.
    let Ok(key) = store.answered(|store, answer| store.mail_key(answer)).await else {
        return Ok(Next::Again);
    };
    ended.works();
    let house = keys.site().house;
    let desk = MailDesk { house, name: keys.name.clone(), key };
    let mut outbox = inbox.clone();
    let (stop, mut stopped) = watch::channel(());
    tracing::info!(account, "mails come and go");
    let work = async {
        tokio::select! {
            () = Box::pin(receive(&accounts.mailbox, &mut inbox)) => {}
            () = Box::pin(send(&accounts.smtp, &desk, &mut outbox, &mut stopped)) => {}
        }
    };
    tokio::pin!(work);
    let next = tokio::select! {
        () = &mut work => return Ok(Next::Again),
        () = ended.future() => Next::End,
        () = renewed(keys, &accounts) => Next::Again,
    };
    // A mail that is being handed over is waited for, so that it is known what became of it.
    drop(stop);
    let _ = tokio::time::timeout(GRACE, work).await;
    Ok(next)
}

/// Until another secret stands in a file than the one that is used: a token is renewed every hour.
async fn renewed(keys: &MailKeys, accounts: &Accounts) {
    loop {
        tokio::time::sleep(RENEWED).await;
        // One that is just being written is looked at again.
        if Accounts::read(keys).is_ok_and(|now| now.secrets() != accounts.secrets()) {
            tracing::info!(
                account = keys.account,
                "a secret was renewed: the mailbox begins again"
            );
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            secret("imap", &SecretFile::Token(path.clone()))
        };
        assert_eq!(read("ya29.a\r\n"), Ok(Credential::Bearer("ya29.a".to_owned())));
        for wrong in ["", "\n", "two\nlines", &"x".repeat(16 * 1024 + 1)] {
            let refused = read(wrong).unwrap_err();
            assert!(refused.contains("messages.mail.imap.token_file"), "{refused}");
            assert!(!refused.contains("two"), "nothing of it is told: {refused}");
        }
        let gone = secret("smtp", &SecretFile::Password("/nowhere".into())).unwrap_err();
        assert!(gone.contains("messages.mail.smtp.password_file: /nowhere"), "{gone}");
    }
}
