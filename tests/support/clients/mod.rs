//! Programs of others that call and answer. A program that is missing fails the test by name.

pub mod baresip;
pub mod carrier;
pub mod kamailio;
pub mod linphone;
pub mod sipp;
pub mod sipvicious;

use super::service::keep_lines;
use super::{is_bound, wait_for};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a foreign telephone speaks with its registrar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// One connection.
    Tcp,
    /// One connection over TLS; the audio plain, as of a telephone that has no SRTP.
    Tls,
    /// The same with SRTP, or no call at all.
    TlsSrtp,
}

impl Transport {
    /// Its name in a SIP URI.
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls | Self::TlsSrtp => "tls",
        }
    }
}

/// The seat that a foreign telephone registers as.
#[derive(Debug, Clone, Copy)]
pub struct Seat<'a> {
    /// Its number.
    pub number: &'a str,
    /// Its password.
    pub password: &'a str,
    /// Where it registers.
    pub registrar: SocketAddr,
    /// By what.
    pub transport: Transport,
}

/// A foreign program as a child; killed when dropped.
pub struct Program {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Arc<Mutex<Vec<String>>>,
    errors: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts it with all its pipes held.
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{name} cannot be started ({e}): run tests/install.sh"));
        let lines = keep_lines(child.stdout.take().expect("standard output is piped"));
        let errors = keep_lines(child.stderr.take().expect("standard error is piped"));
        Self { name, stdin: child.stdin.take(), child, lines, errors }
    }

    /// Types text at it.
    pub fn type_in(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("standard input is held");
        let written = stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush());
        assert!(written.is_ok(), "{} takes no more input\n{}", self.name, self.output());
    }

    /// Waits until it has printed `words` on one of its outputs.
    pub fn wait_printed(&self, words: &str, limit: Duration) {
        self.wait_printed_times(words, 1, limit);
    }

    /// The same for the words of its second call and so on.
    pub fn wait_printed_times(&self, words: &str, times: usize, limit: Duration) {
        let seen =
            wait_for(limit, || (self.output().matches(words).count() >= times).then_some(()));
        let name = &self.name;
        assert!(
            seen.is_some(),
            "{name} did not print {words:?} {times} times in {limit:?}\n{}",
            self.output()
        );
    }

    /// Waits until it listens on this UDP port, which nobody else was given.
    pub fn wait_bound(&self, port: u16, limit: Duration) {
        let bound = wait_for(limit, || is_bound(port).then_some(()));
        let name = &self.name;
        assert!(bound.is_some(), "{name} does not listen in {limit:?}\n{}", self.output());
    }

    /// Asks it to end, as a service manager does, and waits for that.
    pub fn terminate(&mut self, limit: Duration) {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let (Some(id), Ok(None)) = (id, self.child.try_wait()) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
            self.exited(limit);
        }
    }

    /// Waits for its end by itself.
    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        let exited = wait_for(limit, || self.child.try_wait().ok().flatten());
        let name = &self.name;
        exited.unwrap_or_else(|| panic!("{name} still runs after {limit:?}\n{}", self.output()))
    }

    /// Whether it ends by itself within `limit`.
    pub fn exited(&mut self, limit: Duration) -> bool {
        wait_for(limit, || self.child.try_wait().ok().flatten()).is_some()
    }

    /// The end of what it printed.
    pub fn output(&self) -> String {
        let joined = |l: &Mutex<Vec<String>>| l.lock().unwrap().join("\n");
        joined(&self.lines) + "\n" + &joined(&self.errors)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
