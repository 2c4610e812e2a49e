//! The running program with a mailbox of Dovecot and a server of Postfix, and what citizens do with both.

use super::dovecot::{Dovecot, PASSWORD};
use super::postfix::Postfix;
use crate::support::service::{Service, Start, cli, json};
use crate::support::wait_for;
use mayorline::wire::mime::Mail;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) const ACCOUNT: &str = "mailbox";
pub(super) const ADDRESS: &str = "hotline@example.org";
const LIMIT: Duration = Duration::from_secs(60);

pub(super) struct City {
    pub(super) dovecot: Dovecot,
    pub(super) postfix: Postfix,
    folder: tempfile::TempDir,
    settings: [String; 2],
}

impl City {
    pub(super) fn new() -> Self {
        let dovecot = Dovecot::start();
        let postfix = Postfix::start(&dovecot);
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(at("password"), format!("{PASSWORD}\n")).unwrap();
        fs::write(at("ca.pem"), dovecot.ca() + &postfix.ca()).unwrap();
        let (password, ca) = (at("password"), at("ca.pem"));
        let (imap, smtp) = (dovecot.imap, postfix.smtps);
        let mailbox = format!(
            "messages.mail=[{{account='{ACCOUNT}',address='{ADDRESS}',name='邹城市社情民意受理中心',\
             hotline='0537-5000000',texts='0537-5000001',ca_file='{ca}',verdicts_of='mx.example.org',\
             imap={{host='localhost',port={imap},user='hotline',password_file='{password}'}},\
             smtp={{host='localhost',port={smtp},user='hotline',password_file='{password}',\
             own_name='line.example.org'}}}}]"
        );
        let settings = [mailbox, format!("messages.mail_notices_by={ACCOUNT}")];
        fs::create_dir(folder.path().join("data")).unwrap();
        Self { dovecot, postfix, folder, settings }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn serve(&self) -> Service {
        let start = Start::new(&self.data());
        self.settings.iter().fold(start, |start, setting| start.set(setting)).run()
    }

    /// A verb with the configuration of the service.
    pub(super) fn verb(&self, verb: &[&str]) -> String {
        let mut all = verb.to_vec();
        self.settings.iter().for_each(|setting| all.extend(["--set", setting]));
        let done = cli(&self.data(), &all);
        let (out, err) = (&done.stdout, String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{verb:?}: {err}");
        String::from_utf8_lossy(out).into_owned()
    }

    pub(super) fn cases(&self) -> Vec<serde_json::Value> {
        json(&self.data(), &["case", "list"]).as_array().unwrap().clone()
    }

    pub(super) fn case(&self, number: &str) -> serde_json::Value {
        json(&self.data(), &["case", "show", number])
    }

    /// What goes out, the newest first.
    pub(super) fn outbox(&self) -> Vec<serde_json::Value> {
        json(&self.data(), &["message", "list"]).as_array().unwrap().clone()
    }

    pub(super) fn held(&self) -> Vec<serde_json::Value> {
        json(&self.data(), &["message", "held"]).as_array().unwrap().clone()
    }

    /// The mails that a citizen got, in the order of their `Date`.
    pub(super) fn got(&self, user: &str) -> Vec<Mail> {
        let raw = self.dovecot.mails_of(user);
        let mut mails: Vec<Mail> = raw.iter().map(|raw| Mail::read(raw, None)).collect();
        mails.sort_by_key(|mail| (mail.sent_at, mail.message_id.clone()));
        mails
    }

    pub(super) fn until(&self, what: &str, service: &Service, holds: impl Fn() -> bool) {
        let held = wait_for(LIMIT, || {
            let holds = holds();
            // Each look starts a program.
            std::thread::sleep(Duration::from_millis(100));
            holds.then_some(())
        });
        let (program, postfix) = (service.stderr(), self.postfix.printed());
        assert!(held.is_some(), "not {what}\n{program}\n{}\n{postfix}", self.dovecot.printed());
    }

    pub(super) fn verified(&self) {
        let verified = cli(&self.data(), &["verify"]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }

    /// Files of the data folder that have these bytes.
    pub(super) fn holding(&self, words: &[u8]) -> Vec<PathBuf> {
        let mut found = vec![];
        let mut folders = vec![self.data()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if has(&path, words) {
                    found.push(path);
                }
            }
        }
        found
    }
}

fn has(path: &Path, words: &[u8]) -> bool {
    fs::read(path).unwrap_or_default().windows(words.len()).any(|window| window == words)
}

/// A plain mail of a citizen; `more`: further lines of its head.
pub(super) fn letter(user: &str, id: &str, (subject, text, more): (&str, &str, &str)) -> Vec<u8> {
    format!(
        "From: {user}@citizens.example\r\nTo: {ADDRESS}\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@citizens.example>\r\n{more}MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
    .into_bytes()
}

/// The number in a subject or text of ours.
pub(super) fn number_in(text: &str) -> String {
    let (_, rest) = text.split_once("编号").expect("a number");
    rest.chars().skip_while(|c| !c.is_ascii_digit()).take(11).collect()
}
