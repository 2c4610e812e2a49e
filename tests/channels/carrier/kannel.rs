//! Kannel of Debian: bearerbox with its own test centre, and smsbox.

use super::city::LIMIT;
use crate::support::clients::Program;
use crate::support::{free_sip_port, wait_for};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;

/// Past this it ends by itself, whatever became of the test.
const LIFE_SECONDS: &str = "240";

/// A running Kannel; ended when dropped.
pub(crate) struct KannelBox {
    bearerbox: Program,
    smsbox: Program,
    centre: u16,
    send: u16,
    folder: tempfile::TempDir,
}

impl KannelBox {
    /// One that brings texts to this URL.
    pub(crate) fn start(get_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [admin, boxes, centre, send] = [(); 4].map(|()| free_sip_port());
        let place = folder.path().display();
        let configuration = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = bar\nadmin-interface = 127.0.0.1\n\
             smsbox-port = {boxes}\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\n\
             log-file = {place}/bearerbox.log\nlog-level = 0\ndlr-storage = internal\n\n\
             group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = {centre}\nconnect-allow-ip = 127.0.0.1\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nbearerbox-port = {boxes}\n\
             sendsms-port = {send}\nsendsms-interface = 127.0.0.1\nhttp-request-retry = 20\n\
             http-queue-delay = 1\nlog-file = {place}/smsbox.log\nlog-level = 0\n\n\
             group = sendsms-user\nusername = mayorline\npassword = foobar\nconcatenation = true\n\
             max-messages = 3\n\n\
             group = sms-service\nkeyword = default\ncatch-all = true\nmax-messages = 0\n\
             get-url = \"{get_url}\"\n"
        );
        let file = folder.path().join("kannel.conf");
        std::fs::write(&file, configuration).unwrap();
        let program = |name: &str| {
            let mut command = Command::new("timeout");
            Program::start(command.args(["-k", "3", LIFE_SECONDS, name]).arg(&file))
        };
        let bearerbox = program("bearerbox");
        let listens = |port: u16| wait_for(LIMIT, || TcpStream::connect(("127.0.0.1", port)).ok());
        assert!(listens(boxes).is_some(), "bearerbox does not listen\n{}", bearerbox.output());
        let smsbox = program("smsbox");
        assert!(listens(send).is_some(), "smsbox does not listen\n{}", smsbox.output());
        Self { bearerbox, smsbox, centre, send, folder }
    }

    /// Where a text is sent from.
    pub(crate) fn send_url(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.send)
    }

    /// Waits until our address has refused it once.
    pub(crate) fn wait_refused(&self) {
        let log =
            || std::fs::read_to_string(self.folder.path().join("smsbox.log")).unwrap_or_default();
        let refused = wait_for(LIMIT, || log().contains("Retrying request").then_some(()));
        assert!(
            refused.is_some(),
            "{}\n{}{}",
            log(),
            self.smsbox.output(),
            self.bearerbox.output()
        );
    }

    /// A telephone with its test centre, which takes one.
    pub(crate) fn handset(&self) -> Handset {
        let stream = TcpStream::connect(("127.0.0.1", self.centre)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Handset(BufReader::new(stream))
    }
}

/// Speaks the lines of Kannel's test centre: `from to kind text`.
pub(crate) struct Handset(BufReader<TcpStream>);

impl Handset {
    pub(crate) fn write(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub(crate) fn read(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("Kannel sends a text");
        line.trim_end().to_owned()
    }
}

impl Drop for KannelBox {
    fn drop(&mut self) {
        self.smsbox.terminate(LIMIT);
        self.bearerbox.terminate(LIMIT);
    }
}
