//! Mail in by IMAP or POP3, and out by SMTP submission (docs/adr/0028-mailboxes.md).
//!
//! * `tls`: connections; nothing is spoken in the clear. `pace`: every wait has an end.
//! * `inbox`: where a mail is kept before its server is told that it was taken; `journal`: that is the
//!   store.
//! * `imap`: one mailbox watched for ever; `pop3`: one emptied again and again; `tries`: mails that their
//!   server cannot give; `receive`: both kinds of mailbox, with pauses after failures.
//! * `reading`: a mail as the rules are given it.
//! * `send`: the outbox; `compose`: a mail of ours in bytes; `submit`: handed to its server, and what came of
//!   it.

mod compose;
mod imap;
mod inbox;
mod journal;
mod pace;
mod pop3;
mod reading;
mod receive;
mod send;
mod submit;
mod tls;
mod tries;

pub use compose::{Letter, compose};
pub use imap::{Filing, ImapAccount};
pub use inbox::{Inbox, NotKept, RawMail};
pub use journal::{Clock, MAIL_FORM, StoreInbox};
pub use pace::Pace;
pub use pop3::Pop3Account;
pub use reading::{incoming, parsed};
pub use receive::{Mailbox, receive};
pub use send::{MailDesk, send};
pub use submit::{Handed, SmtpAccount, SmtpTls, submit};
pub use tls::Server;

use std::fmt;

/// How an account proves itself. Secret: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A password, or what the provider calls an authorisation code (授权码).
    Password(String),
    /// An OAuth 2 access token (XOAUTH2).
    Bearer(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

impl Credential {
    /// What XOAUTH2 sends.
    fn xoauth2(user: &str, token: &str) -> String {
        format!("user={user}\x01auth=Bearer {token}\x01\x01")
    }
}

/// Why a mailbox or a server cannot be used now. Carries nothing that its server said: that may name a
/// citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// No connection.
    #[error("unreachable")]
    Unreachable,
    /// TLS failed: the certificate is not of an authority that is believed, or not of this host.
    #[error("tls")]
    Tls,
    /// It does not answer in time.
    #[error("silent")]
    Silent,
    /// It closed the connection.
    #[error("closed")]
    Closed,
    /// It does not accept the account.
    #[error("login")]
    Login,
    /// It does not do what it was asked for.
    #[error("refused")]
    Refused,
    /// It speaks something else.
    #[error("protocol")]
    Protocol,
    /// The store does not take mails now.
    #[error("store")]
    NotKept,
}

impl MailFault {
    /// The word under which it is listed.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Silent => "silent",
            Self::Closed => "closed",
            Self::Login => "login",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
            Self::NotKept => "store",
        }
    }
}
