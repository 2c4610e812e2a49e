//! One POP3 mailbox (RFC 1939), emptied round by round: UIDL, RETR, keep, DELE, QUIT. The server deletes at
//! QUIT; a connection that breaks before it leaves all there, and the store knows what it has.

use super::tls::Secure;
use super::tries::Tries;
use super::{Credential, Inbox, MailFault, Pace, RawMail, Server};
use crate::wire::mime::MAIL_BYTES_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

/// A mailbox.
#[derive(Debug, Clone)]
pub struct Pop3Account {
    /// Its server, for POP3 over TLS.
    pub server: Server,
    /// Who signs in.
    pub user: String,
    /// How.
    pub credential: Credential,
    /// Mails that were taken stay there.
    pub leaves: bool,
    /// How long is waited.
    pub pace: Pace,
}

/// Longest line of an answer, in bytes.
const ANSWER_BYTES_MAX: usize = 8_192;
/// Mails of one listing; the others come in the next round.
const LISTED_MAX: usize = 10_000;
/// Lines of one listing: more is no mailbox.
const LINES_MAX: usize = 1_000_000;
/// Bytes after which a mail that does not end is given up.
const ENDLESS_BYTES: usize = 4 * MAIL_BYTES_MAX;
/// RFC 1939 §7: a name has 70 characters at most.
const UIDL_BYTES_MAX: usize = 255;

/// Mails of one visit: it ends with QUIT, so that a long one that breaks has not been for nothing.
const VISIT_MAX: usize = 100;

/// What is known of a mailbox as long as the process lives.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Names of mails that were taken and stay there.
    taken: BTreeSet<String>,
    tries: Tries<String>,
}

struct Line {
    stream: BufReader<Secure>,
    pace: Pace,
}

/// Goes once through the mailbox.
pub(super) async fn empty<I: Inbox>(
    account: &Pop3Account,
    known: &mut Known,
    inbox: &mut I,
) -> Result<(), MailFault> {
    while visit(account, known, inbox).await? {}
    Ok(())
}

/// Takes some mails. `true`: there are more.
async fn visit<I: Inbox>(
    account: &Pop3Account,
    known: &mut Known,
    inbox: &mut I,
) -> Result<bool, MailFault> {
    let stream = BufReader::new(account.server.connect(&account.pace).await?);
    let mut line = Line { stream, pace: account.pace };
    line.answer().await?;
    line.sign_in(account).await?;
    let listed = line.listed().await?;
    let is_there = |name: &String| listed.iter().any(|(_, there)| there == name);
    known.taken.retain(is_there);
    known.tries.begin_round(is_there);
    // Those whose deletion QUIT has still to make true.
    let mut deleted = BTreeSet::new();
    let mut taken = 0;
    for (number, name) in listed {
        if taken == VISIT_MAX {
            break;
        }
        let is_known = known.taken.contains(&name) || deleted.contains(&name);
        if is_known || !known.tries.begin(name.clone()) {
            continue;
        }
        match line.ask(&format!("RETR {number}")).await {
            // It does not give this one; the others go on.
            Err(MailFault::Refused) => continue,
            asked => asked?,
        }
        let bytes = line.mail().await?;
        let kept = inbox.keep(RawMail::new(bytes)).await;
        known.tries.fetched(&name);
        let kept = kept.map_err(|_| MailFault::NotKept)?;
        taken += 1;
        let stays = account.leaves || !line.delete(number, kept).await?;
        if stays {
            known.taken.insert(name)
        } else {
            deleted.insert(name)
        };
    }
    let said = line.ask("QUIT").await;
    // A server that says so and does not delete gives nothing twice.
    if matches!(said, Ok(()) | Err(MailFault::Refused)) {
        known.taken.append(&mut deleted);
    }
    said.map(|()| taken == VISIT_MAX)
}

impl Line {
    async fn sign_in(&mut self, account: &Pop3Account) -> Result<(), MailFault> {
        let refused = |fault| if fault == MailFault::Refused { MailFault::Login } else { fault };
        match &account.credential {
            Credential::Password(password) => {
                self.ask(&format!("USER {}", account.user)).await.map_err(refused)?;
                self.ask(&format!("PASS {password}")).await.map_err(refused)
            }
            Credential::Bearer(token) => {
                let proof = STANDARD.encode(Credential::xoauth2(&account.user, token));
                self.ask(&format!("AUTH XOAUTH2 {proof}")).await.map_err(refused)
            }
        }
    }

    /// Deletes a mail, for which `_kept` is the proof that it is on the disk. `false`: the server does not.
    async fn delete<K>(&mut self, number: u32, _kept: K) -> Result<bool, MailFault> {
        match self.ask(&format!("DELE {number}")).await {
            Err(MailFault::Refused) => {
                tracing::warn!("a mail was kept, but its server does not delete it");
                Ok(false)
            }
            done => done.map(|()| true),
        }
    }

    async fn ask(&mut self, command: &str) -> Result<(), MailFault> {
        // A name or password with a line end would be two commands.
        if command.contains(['\r', '\n']) {
            return Err(MailFault::Login);
        }
        let pace = self.pace;
        let line = format!("{command}\r\n");
        let written = pace.answered(async {
            self.stream.write_all(line.as_bytes()).await?;
            self.stream.flush().await
        });
        written.await?.map_err(|_| MailFault::Closed)?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<(), MailFault> {
        let line = self.line(ANSWER_BYTES_MAX).await?;
        match line.as_slice() {
            [b'+', b'O', b'K', ..] => Ok(()),
            // "+ ": XOAUTH2 tells the reason of a refusal and wants an empty line.
            [b'-', b'E', b'R', b'R', ..] | [b'+', b' ', ..] => Err(MailFault::Refused),
            _ => Err(MailFault::Protocol),
        }
    }

    /// A line without its end; what is longer than `bytes_max` is cut.
    async fn line(&mut self, bytes_max: usize) -> Result<Vec<u8>, MailFault> {
        let mut line = Vec::new();
        loop {
            let pace = self.pace;
            let read =
                pace.answered(self.stream.fill_buf()).await?.map_err(|_| MailFault::Closed)?;
            if read.is_empty() {
                return Err(MailFault::Closed);
            }
            let (taken, is_end) = match memchr::memchr(b'\n', read) {
                Some(at) => (at + 1, true),
                None => (read.len(), false),
            };
            let room = bytes_max.saturating_sub(line.len());
            line.extend_from_slice(&read[..taken.min(room)]);
            self.stream.consume(taken);
            if is_end {
                let end = line
                    .strip_suffix(b"\n")
                    .map_or(line.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
                line.truncate(end);
                return Ok(line);
            }
        }
    }

    /// Numbers and names, as they are listed.
    async fn listed(&mut self) -> Result<Vec<(u32, String)>, MailFault> {
        self.ask("UIDL").await?;
        let mut listed = Vec::new();
        let mut lines = 0;
        loop {
            let line = self.line(ANSWER_BYTES_MAX).await?;
            if line == b"." {
                return Ok(listed);
            }
            let text = String::from_utf8_lossy(&line);
            let (number, name) = text.split_once(' ').ok_or(MailFault::Protocol)?;
            let number = number.parse().map_err(|_| MailFault::Protocol)?;
            lines += 1;
            if lines > LINES_MAX {
                return Err(MailFault::Protocol);
            }
            if listed.len() < LISTED_MAX && name.len() <= UIDL_BYTES_MAX {
                listed.push((number, name.to_owned()));
            }
        }
    }

    /// RFC 1939 §3: until a line of one dot; a dot that begins a line is doubled.
    async fn mail(&mut self) -> Result<Vec<u8>, MailFault> {
        let mut mail = Vec::new();
        let mut read = 0;
        loop {
            let line = self.line(MAIL_BYTES_MAX).await?;
            read += line.len() + 2;
            if read > ENDLESS_BYTES {
                return Err(MailFault::Protocol);
            }
            if line == b"." {
                return Ok(mail);
            }
            let line = line.strip_prefix(b".").unwrap_or(&line);
            // What is longer is read to its end and left out, but for one octet, by which it is known that it
            // went on.
            for bytes in [line, &b"\r\n"[..]] {
                let room = (MAIL_BYTES_MAX + 1).saturating_sub(mail.len());
                mail.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
        }
    }
}
