//! Dovecot: IMAP and POP3 over TLS, mail in by LMTP, sign-in by password or by a token that it proves itself.

use super::authority;
use super::program::{Program, folder, free_port};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mayorline::channels::mail::{Credential, Filing, ImapAccount, Pace, Pop3Account, Server};
use ring::hmac;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

pub(super) const PASSWORD: &str = "a pass-word 1\"\\";
const TOKEN_KEY: &[u8] = b"a key of the token's issuer, 32+ bytes long";

pub(super) struct Dovecot {
    program: Program,
    folder: tempfile::TempDir,
    pub(super) trust: Arc<rustls::ClientConfig>,
    pub(super) imap: u16,
    pub(super) pop3: u16,
    pub(super) lmtp: u16,
}

/// Waits that a test can wait for.
pub(super) fn pace() -> Pace {
    Pace {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(3),
        poll: Duration::from_secs(1),
        pause_max: Duration::from_secs(1),
    }
}

impl Dovecot {
    pub(super) fn start() -> Self {
        let folder = folder();
        let trust = authority::certify(folder.path());
        let ports = [free_port(), free_port(), free_port()];
        let at = folder.path().display();
        let [imap, pop3, lmtp] = ports;
        fs::write(folder.path().join("users"), format!("hotline:{{PLAIN}}{PASSWORD}\n")).unwrap();
        let key = folder.path().join("keys/default/HS256");
        fs::create_dir_all(&key).unwrap();
        let encoded = base64::engine::general_purpose::STANDARD.encode(TOKEN_KEY);
        fs::write(key.join("default"), encoded).unwrap();
        let oauth = format!(
            "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={at}/keys/\nusername_attribute = sub\n"
        );
        fs::write(folder.path().join("oauth2.conf"), oauth).unwrap();
        let mail = folder.path().join("mail");
        fs::create_dir(&mail).unwrap();
        std::os::unix::fs::chown(&mail, Some(65_534), Some(65_534)).unwrap();
        let config = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/dovecot.log\nlisten = 127.0.0.1\n\
             protocols = imap pop3 lmtp\nssl = required\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\n\
             disable_plaintext_auth = yes\nauth_mechanisms = plain login xoauth2\nauth_username_format = %Ln\n\
             mail_location = maildir:{at}/mail/%n\nfirst_valid_uid = 1\nrecipient_delimiter = +\n\
             mail_max_userip_connections = 100\nauth_failure_delay = 0\nstats_writer_socket_path =\n\
             passdb {{\n driver = oauth2\n mechanisms = xoauth2\n args = {at}/oauth2.conf\n}}\n\
             passdb {{\n driver = passwd-file\n mechanisms = plain login\n args = username_format=%n {at}/users\n}}\n\
             userdb {{\n driver = static\n args = uid=65534 gid=65534 home={at}/mail/%n allow_all_users=yes\n}}\n\
             namespace inbox {{\n inbox = yes\n}}\n\
             service imap-login {{\n inet_listener imap {{\n port = 0\n }}\n inet_listener imaps {{\n port = {imap}\n ssl = yes\n }}\n}}\n\
             service pop3-login {{\n inet_listener pop3 {{\n port = 0\n }}\n inet_listener pop3s {{\n port = {pop3}\n ssl = yes\n }}\n}}\n\
             service lmtp {{\n inet_listener lmtp {{\n port = {lmtp}\n }}\n}}\n\
             service auth {{\n unix_listener {at}/postfix-auth {{\n mode = 0666\n }}\n}}\n"
        );
        let path = folder.path().join("dovecot.conf");
        fs::write(&path, config).unwrap();
        let log = folder.path().join("dovecot.log");
        let mut program =
            Program::start(Command::new("dovecot").arg("-F").arg("-c").arg(&path), &log);
        program.wait_for(&ports);
        Self { program, folder, trust, imap, pop3, lmtp }
    }

    pub(super) fn server(&self, port: u16) -> Server {
        Server { host: "localhost".into(), port, trust: Arc::clone(&self.trust) }
    }

    pub(super) fn imap(&self, filing: Filing) -> ImapAccount {
        ImapAccount {
            server: self.server(self.imap),
            user: "hotline".into(),
            credential: Credential::Password(PASSWORD.into()),
            mailbox: "INBOX".into(),
            filing,
            pace: pace(),
        }
    }

    pub(super) fn pop3(&self, leaves: bool) -> Pop3Account {
        Pop3Account {
            server: self.server(self.pop3),
            user: "hotline".into(),
            credential: Credential::Password(PASSWORD.into()),
            leaves,
            pace: pace(),
        }
    }

    /// A token as the city's own issuer would sign it.
    pub(super) fn token(key: &[u8]) -> Credential {
        let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let claims = r#"{"sub":"hotline","iss":"test","iat":1500000000,"exp":4000000000}"#;
        let signed = format!("{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
        Credential::Bearer(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref())))
    }

    pub(super) fn good_token() -> Credential {
        Self::token(TOKEN_KEY)
    }

    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        self.program.signal(signal);
    }

    /// The processes that serve sessions, without the master.
    pub(super) fn kill_sessions(&self) {
        for pid in self.program.family() {
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if line.contains("imap") {
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }

    pub(super) fn auth_socket(&self) -> PathBuf {
        self.folder.path().join("postfix-auth")
    }

    pub(super) fn maildir(&self) -> PathBuf {
        self.folder.path().join("mail/hotline")
    }

    /// The authority of its certificate.
    pub(super) fn ca(&self) -> String {
        fs::read_to_string(self.folder.path().join("ca.pem")).unwrap()
    }

    /// The mails of another mailbox, in no order.
    pub(super) fn mails_of(&self, user: &str) -> Vec<Vec<u8>> {
        let below = |name: &str| self.folder.path().join("mail").join(user).join(name);
        let files = ["new", "cur"].into_iter().flat_map(|name| fs::read_dir(below(name)));
        files.flatten().map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }

    pub(super) fn printed(&self) -> String {
        self.program.printed()
    }

    /// Files of mails in a folder of the mailbox.
    pub(super) fn mails_in(&self, below: &str) -> usize {
        let count = |name: &str| {
            fs::read_dir(self.maildir().join(below).join(name)).map_or(0, |entries| entries.count())
        };
        count("new") + count("cur")
    }

    /// Delivers mails as a mail server does.
    pub(super) fn deliver(&self, mails: impl IntoIterator<Item = Vec<u8>>) {
        let stream = TcpStream::connect(("127.0.0.1", self.lmtp)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        let mut expect = |code: &str| loop {
            let mut line = String::new();
            answers.read_line(&mut line).unwrap();
            assert!(line.starts_with(code), "{line} instead of {code}: {}", self.printed());
            if line.as_bytes().get(3) == Some(&b' ') {
                break;
            }
        };
        expect("220");
        stream.write_all(b"LHLO localhost\r\n").unwrap();
        expect("250");
        for mail in mails {
            for (command, code) in [
                ("MAIL FROM:<a@example.com>", "250"),
                ("RCPT TO:<hotline@example.org>", "250"),
                ("DATA", "354"),
            ] {
                stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
                expect(code);
            }
            stream.write_all(&mail).unwrap();
            stream.write_all(b"\r\n.\r\n").unwrap();
            expect("250");
        }
    }
}
