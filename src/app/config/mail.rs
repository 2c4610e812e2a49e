//! `[[messages.mail]]`: the mailboxes that citizens write to, and by what server they are answered.

use crate::domain::message::MailSite;
use crate::domain::message::mail::House;
use crate::domain::message::mail::templates::Desk;
use crate::store::ACCOUNT_BYTES_MAX;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Most mailboxes.
const MAILBOXES_MAX: usize = 8;
/// Longest host name (RFC 1035 §2.3.4), and longest address (RFC 5321 §4.5.3.1.3).
const NAME_BYTES_MAX: usize = 254;
/// Longest words that stand in a mail: a name, a telephone number.
const WORDS_CHARS_MAX: usize = 40;
/// Most further domains of a city.
const DOMAINS_MAX: usize = 32;

/// `[[messages.mail]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each key is explained in config/mayorline.toml.
pub struct MailKeys {
    pub account: String,
    pub address: String,
    pub name: String,
    pub hotline: String,
    #[serde(default)]
    pub texts: String,
    #[serde(default)]
    pub own_domains: Vec<String>,
    #[serde(default)]
    pub verdicts_of: String,
    #[serde(default)]
    pub ca_file: PathBuf,
    pub imap: Option<ImapKeys>,
    pub pop3: Option<Pop3Keys>,
    pub smtp: SmtpKeys,
}

/// `imap` of a mailbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ImapKeys {
    pub host: String,
    #[serde(default = "imaps")]
    pub port: u16,
    pub user: String,
    #[serde(default)]
    pub password_file: PathBuf,
    #[serde(default)]
    pub token_file: PathBuf,
    #[serde(default = "inbox")]
    pub folder: String,
    #[serde(default)]
    pub move_to: String,
}

/// `pop3` of a mailbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Pop3Keys {
    pub host: String,
    #[serde(default = "pop3s")]
    pub port: u16,
    pub user: String,
    #[serde(default)]
    pub password_file: PathBuf,
    #[serde(default)]
    pub token_file: PathBuf,
    #[serde(default)]
    pub leave: bool,
}

/// `smtp` of a mailbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SmtpKeys {
    pub host: String,
    #[serde(default = "submissions")]
    pub port: u16,
    #[serde(default)]
    pub tls: SmtpTlsKey,
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub password_file: PathBuf,
    #[serde(default)]
    pub token_file: PathBuf,
    #[serde(default)]
    pub own_name: String,
}

/// How TLS begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum SmtpTlsKey {
    #[default]
    Implicit,
    StartTls,
}

fn imaps() -> u16 {
    993
}

fn pop3s() -> u16 {
    995
}

fn submissions() -> u16 {
    465
}

fn inbox() -> String {
    "INBOX".to_owned()
}

/// Where a secret stands: a password or a token, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFile {
    /// A password.
    Password(PathBuf),
    /// An OAuth 2 access token.
    Token(PathBuf),
}

impl SecretFile {
    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Password(path) | Self::Token(path) => path,
        }
    }

    fn of(password: &Path, token: &Path) -> Option<Self> {
        let named = |path: &Path| !path.as_os_str().is_empty();
        match (named(password), named(token)) {
            (true, false) => Some(Self::Password(password.to_owned())),
            (false, true) => Some(Self::Token(token.to_owned())),
            _ => None,
        }
    }
}

impl ImapKeys {
    /// How its user signs in; `None`: not or not clearly said.
    #[must_use]
    pub fn secret(&self) -> Option<SecretFile> {
        SecretFile::of(&self.password_file, &self.token_file)
    }
}

impl Pop3Keys {
    /// See [`ImapKeys::secret`].
    #[must_use]
    pub fn secret(&self) -> Option<SecretFile> {
        SecretFile::of(&self.password_file, &self.token_file)
    }
}

impl SmtpKeys {
    /// See [`ImapKeys::secret`]; `None` without a user, too.
    #[must_use]
    pub fn secret(&self) -> Option<SecretFile> {
        SecretFile::of(&self.password_file, &self.token_file)
    }
}

impl MailKeys {
    /// As the rules see it.
    #[must_use]
    pub fn site(&self) -> MailSite {
        MailSite {
            house: House {
                address: self.address.clone(),
                own_domains: self.own_domains.iter().map(|domain| domain.to_lowercase()).collect(),
            },
            desk: Desk {
                signer: self.name.clone(),
                hotline: self.hotline.clone(),
                texts: self.texts.clone(),
            },
        }
    }

    /// The hosts that it speaks with.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let inward = [
            self.imap.as_ref().map(|imap| imap.host.as_str()),
            self.pop3.as_ref().map(|pop3| pop3.host.as_str()),
        ];
        inward.into_iter().flatten().chain([self.smtp.host.as_str()])
    }

    /// The bounds that a type cannot express, each fault by the name of its key.
    fn check(&self) -> Result<(), String> {
        let account = &self.account;
        let fault = |key: &str, what: &str| Err(format!("messages.mail.{key}: {account}: {what}"));
        if !is_address(&self.address) {
            return fault("address", "an address such as hotline@example.org, without a +");
        }
        if !is_words(&self.name) {
            return fault("name", "1 to 40 characters on one line");
        }
        if !is_words(&self.hotline) {
            return fault("hotline", "the number that citizens call, 1 to 40 characters");
        }
        if !self.texts.is_empty() && !is_words(&self.texts) {
            return fault("texts", "the number that citizens send texts to, at most 40 characters");
        }
        if self.own_domains.len() > DOMAINS_MAX || !self.own_domains.iter().all(|one| is_host(one))
        {
            return fault("own_domains", "at most 32 domains such as example.org");
        }
        if !self.verdicts_of.is_empty() && !is_host(&self.verdicts_of) {
            return fault("verdicts_of", "what your server calls itself in Authentication-Results");
        }
        match (&self.imap, &self.pop3) {
            (Some(imap), None) => imap.check().or_else(|(key, what)| fault(key, what))?,
            (None, Some(pop3)) => pop3.check().or_else(|(key, what)| fault(key, what))?,
            _ => return fault("imap", "name imap or pop3, one of the two"),
        }
        self.smtp.check().or_else(|(key, what)| fault(key, what))
    }
}

type Fault = (&'static str, &'static str);

impl ImapKeys {
    fn check(&self) -> Result<(), Fault> {
        let folder = |name: &str| name.len() <= NAME_BYTES_MAX && !name.contains(char::is_control);
        if !is_host(&self.host) || self.port == 0 {
            return Err(("imap.host", "a host name and a port, which speaks TLS from the start"));
        }
        if self.user.is_empty() || self.secret().is_none() {
            return Err(("imap.user", "a user with password_file or token_file, one of the two"));
        }
        if self.folder.is_empty() || !folder(&self.folder) {
            return Err(("imap.folder", "the name of a folder, such as INBOX"));
        }
        if !folder(&self.move_to) || self.move_to == self.folder {
            return Err(("imap.move_to", "another folder than the one that is read, or empty"));
        }
        Ok(())
    }
}

impl Pop3Keys {
    fn check(&self) -> Result<(), Fault> {
        if !is_host(&self.host) || self.port == 0 {
            return Err(("pop3.host", "a host name and a port, which speaks TLS from the start"));
        }
        if self.user.is_empty() || self.secret().is_none() {
            return Err(("pop3.user", "a user with password_file or token_file, one of the two"));
        }
        Ok(())
    }
}

impl SmtpKeys {
    fn check(&self) -> Result<(), Fault> {
        if !is_host(&self.host) || self.port == 0 {
            return Err(("smtp.host", "a host name and a port"));
        }
        let files = [&self.password_file, &self.token_file];
        let is_bare = self.user.is_empty() && files.iter().all(|file| file.as_os_str().is_empty());
        if !is_bare && (self.user.is_empty() || self.secret().is_none()) {
            return Err(("smtp.user", "a user with password_file or token_file, or none of them"));
        }
        if !self.own_name.is_empty() && !is_host(&self.own_name) {
            return Err(("smtp.own_name", "the name of this machine, for EHLO"));
        }
        Ok(())
    }
}

/// What ties the mailboxes together.
pub(super) fn check(mailboxes: &[MailKeys]) -> Result<(), String> {
    if mailboxes.len() > MAILBOXES_MAX {
        return Err(format!("messages.mail must be at most {MAILBOXES_MAX}"));
    }
    let (mut accounts, mut addresses) = (vec![], vec![]);
    for mailbox in mailboxes {
        let account = &mailbox.account;
        if !is_account(account) || accounts.contains(&account) {
            return Err(format!(
                "messages.mail.account: {account}: letters, digits, - and _, and once"
            ));
        }
        let address = mailbox.address.to_lowercase();
        if addresses.contains(&address) {
            return Err(format!("messages.mail.address: {account}: another account has it"));
        }
        mailbox.check()?;
        accounts.push(account);
        addresses.push(address);
    }
    Ok(())
}

/// A name of the configuration, under which the store keeps what came.
pub(super) fn is_account(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=ACCOUNT_BYTES_MAX).contains(&name.len()) && name.chars().all(known)
}

fn is_host(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(known)
}

fn is_address(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.len() <= NAME_BYTES_MAX
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && local.chars().all(known) && is_host(domain)
        })
}

fn is_words(text: &str) -> bool {
    let count = text.trim().chars().count();
    (1..=WORDS_CHARS_MAX).contains(&count) && !text.contains(char::is_control)
}

/// Whether a host is surely this machine: its name or an address of loopback.
pub(in crate::app) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replaces a piece of a mailbox that is right.
    fn read(right: &str, wrong: &str) -> Result<(), String> {
        let whole = "account = 'box'\naddress = 'hotline@example.org'\nname = '受理中心'\n\
                     hotline = '12345'\n\
                     imap = { host = 'mx.example.org', user = 'u', password_file = '/p' }\n\
                     smtp = { host = 'mx.example.org', user = 'u', password_file = '/p' }\n";
        assert!(whole.contains(right), "{right}");
        let keys: MailKeys =
            toml::from_str(&whole.replacen(right, wrong, 1)).map_err(|e| e.to_string())?;
        check(&[keys])
    }

    #[test]
    fn each_fault_of_a_mailbox_is_named_by_its_key() {
        assert_eq!(read("", ""), Ok(()));
        for (right, wrong, named) in [
            ("'box'", "'a b'", "mail.account"),
            ("'hotline@", "'hot+line@", "mail.address"),
            ("'hotline@example.org'", "'hotline'", "mail.address"),
            ("'受理中心'", "''", "mail.name"),
            ("'12345'", "' '", "mail.hotline"),
            (
                "imap = { host",
                "pop3 = { host = 'x', user = 'u', password_file = '/p' }\nimap = { host",
                "mail.imap",
            ),
            ("imap = { host = 'mx.example.org'", "imap = { host = 'mx example'", "mail.imap.host"),
            (
                "password_file = '/p' }\nsmtp",
                "password_file = '/p', token_file = '/t' }\nsmtp",
                "mail.imap.user",
            ),
            (
                "password_file = '/p' }\nsmtp",
                "password_file = '/p', move_to = 'INBOX' }\nsmtp",
                "mail.imap.move_to",
            ),
            (
                "smtp = { host = 'mx.example.org', user = 'u'",
                "smtp = { host = 'mx.example.org', user = ''",
                "mail.smtp.user",
            ),
            ("smtp = {", "smtp = { own_name = 'a b',", "mail.smtp.own_name"),
            ("smtp = {", "smtp = { tls = 'none',", "tls"),
        ] {
            let refused = read(right, wrong).unwrap_err();
            assert!(refused.contains(named), "{wrong}: {refused}");
        }
    }

    #[test]
    fn a_mailbox_stands_once() {
        let keys = |account: &str, address: &str| -> MailKeys {
            toml::from_str(&format!(
                "account = '{account}'\naddress = '{address}'\nname = 'n'\nhotline = '1'\n\
                 pop3 = {{ host = 'x', user = 'u', password_file = '/p' }}\nsmtp = {{ host = 'x' }}"
            ))
            .unwrap()
        };
        assert_eq!(check(&[keys("a", "a@x.org"), keys("b", "b@x.org")]), Ok(()));
        let twice = check(&[keys("a", "a@x.org"), keys("a", "b@x.org")]).unwrap_err();
        assert!(twice.contains("mail.account"), "{twice}");
        let same = check(&[keys("a", "a@x.org"), keys("b", "A@X.ORG")]).unwrap_err();
        assert!(same.contains("mail.address"), "{same}");
    }

    #[test]
    fn only_loopback_is_this_machine() {
        for (host, is_it) in [
            ("localhost", true),
            ("127.0.0.2", true),
            ("::1", true),
            ("192.0.2.1", false),
            ("0.0.0.0", false),
            ("2130706433", false),
            ("localhost.example.org", false),
        ] {
            assert_eq!(is_this_machine(host), is_it, "{host}");
        }
    }
}
