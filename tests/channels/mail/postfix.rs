//! Postfix: takes mails by submission under TLS, delivers them to Dovecot, sends bounces.

use super::authority;
use super::dovecot::{Dovecot, pace};
use super::program::{Program, folder, free_port};
use mayorline::channels::mail::{Credential, Server, SmtpAccount, SmtpTls};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;

pub(super) struct Postfix {
    program: Program,
    folder: tempfile::TempDir,
    trust: Arc<rustls::ClientConfig>,
    pub(super) smtps: u16,
    starttls: u16,
}

/// Domain of the addresses that Dovecot has, and one where nobody lives.
const CONFIG: &str = "compatibility_level = 3.6\nmail_owner = postfix\nsetgid_group = postdrop\n\
    command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\ninet_interfaces = 127.0.0.1\n\
    inet_protocols = ipv4\nmyhostname = mx.example.org\nmydestination =\nmynetworks =\nrecipient_delimiter = +\n\
    virtual_mailbox_domains = example.org, citizens.example\nvirtual_mailbox_maps = inline:{ hotline@example.org=ok, @citizens.example=ok }\n\
    relay_domains = gone.example\ntransport_maps = inline:{ { gone.example = local: } }\n\
    smtpd_tls_security_level = encrypt\nsmtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\n\
    smtpd_recipient_restrictions = permit_sasl_authenticated, reject\nsmtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
    smtpd_client_connection_rate_limit = 0\nsmtpd_peername_lookup = no\nsmtp_dns_support_level = disabled\n\
    notify_classes =\nbiff = no\nminimal_backoff_time = 1s\nqueue_run_delay = 1s\nalias_maps =\nlocal_recipient_maps =\n";

const SERVICES: &str = "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
    tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n\
    defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nverify unix - - n - 1 verify\n\
    flush unix n - n 1000? 0 flush\nproxymap unix - - n - - proxymap\nproxywrite unix - - n - 1 proxymap\n\
    smtp unix - - n - - smtp\nrelay unix - - n - - smtp\nshowq unix n - n - - showq\nerror unix - - n - - error\n\
    retry unix - - n - - error\ndiscard unix - - n - - discard\nlocal unix - n n - - local\n\
    virtual unix - n n - - virtual\nlmtp unix - - n - - lmtp\nanvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n\
    postlog unix-dgram n - n - 1 postlogd\n";

impl Postfix {
    pub(super) fn start(dovecot: &Dovecot) -> Self {
        let folder = folder();
        let trust = authority::certify(folder.path());
        let at = folder.path().display();
        let (smtps, starttls) = (free_port(), free_port());
        let mut config = CONFIG.to_owned();
        write!(
            config,
            "queue_directory = {at}/queue\ndata_directory = {at}/data\nmaillog_file = {at}/postfix.log\n\
             maillog_file_prefixes = {at}\nsmtpd_tls_cert_file = {at}/cert.pem\nsmtpd_tls_key_file = {at}/key.pem\n\
             virtual_transport = lmtp:inet:127.0.0.1:{}\nsmtpd_sasl_path = {}\n",
            dovecot.lmtp,
            dovecot.auth_socket().display()
        )
        .unwrap();
        let services = format!(
            "127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n127.0.0.1:{starttls} inet n - n - - smtpd\n{SERVICES}"
        );
        let etc = folder.path().join("etc");
        for (name, text) in [("main.cf", &config), ("master.cf", &services)] {
            fs::create_dir_all(&etc).unwrap();
            fs::write(etc.join(name), text).unwrap();
        }
        fs::create_dir(folder.path().join("queue")).unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        assert!(Command::new("chown").arg("postfix").arg(&data).status().unwrap().success());
        let log = folder.path().join("postfix.log");
        let mut program =
            Program::start(Command::new("postfix").arg("-c").arg(&etc).arg("start-fg"), &log);
        program.wait_for(&[smtps, starttls]);
        Self { program, folder, trust, smtps, starttls }
    }

    pub(super) fn account(&self, tls: SmtpTls, password: &str) -> SmtpAccount {
        let port = if tls == SmtpTls::Implicit { self.smtps } else { self.starttls };
        SmtpAccount {
            server: Server { host: "localhost".into(), port, trust: Arc::clone(&self.trust) },
            tls,
            login: Some(("hotline".into(), Credential::Password(password.into()))),
            own_name: "line.example.org".into(),
            pace: pace(),
        }
    }

    /// The authority of its certificate.
    pub(super) fn ca(&self) -> String {
        fs::read_to_string(self.folder.path().join("ca.pem")).unwrap()
    }

    pub(super) fn printed(&self) -> String {
        self.program.printed()
    }

    pub(super) fn log_has(&self, words: &str) -> bool {
        self.printed().contains(words)
    }
}
