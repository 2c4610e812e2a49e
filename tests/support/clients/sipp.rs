//! SIPp: scenarios with counted results, its stock caller and its stock answerer.

use super::Program;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a finished SIPp run counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Calls that went through the whole scenario.
    pub successful: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Requests sent again.
    pub retransmissions: u64,
}

/// A run as the calling side.
#[derive(Debug, Clone)]
pub struct Caller {
    scenario: Scenario,
    number: String,
    calls: u32,
    rate: u32,
    pause: Option<Duration>,
}

#[derive(Debug, Clone)]
enum Scenario {
    Stock(&'static str),
    File(PathBuf),
}

impl Caller {
    /// The stock caller (`-sn uac`): INVITE with µ-law only, ACK, BYE.
    pub fn stock() -> Self {
        Self::with(Scenario::Stock("uac"))
    }

    /// A scenario written by us.
    pub fn scenario(file: &Path) -> Self {
        Self::with(Scenario::File(file.to_owned()))
    }

    fn with(scenario: Scenario) -> Self {
        Self { scenario, number: "12345".to_owned(), calls: 1, rate: 10, pause: None }
    }

    /// How many calls, and how many are started a second.
    pub fn calls(mut self, calls: u32, rate: u32) -> Self {
        (self.calls, self.rate) = (calls, rate);
        self
    }

    /// How long each call stays up.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    /// The number to call.
    pub fn number(mut self, number: &str) -> Self {
        number.clone_into(&mut self.number);
        self
    }

    /// Runs to the end within `limit` and gives the counts.
    pub fn run(&self, server: SocketAddr, limit: Duration) -> Counts {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let statistics = folder.path().join("statistics.csv");
        let mut command = Command::new("sipp");
        match &self.scenario {
            Scenario::Stock(name) => command.args(["-sn", name]),
            Scenario::File(file) => command.arg("-sf").arg(file),
        };
        command.current_dir(folder.path()).args(["-i", "127.0.0.1", "-nostdin"]);
        command.args(["-s", &self.number, "-m", &self.calls.to_string()]);
        command.args(["-r", &self.rate.to_string(), "-timeout", &limit.as_secs().to_string()]);
        command.args(["-trace_stat", "-fd", "1", "-stf"]).arg(&statistics);
        if let Some(pause) = self.pause {
            command.args(["-d", &pause.as_millis().to_string()]);
        }
        command.arg(server.to_string());
        let mut program = Program::start(&mut command);
        // Past the limit it waits for calls that hang; those then count as neither.
        program.exited(limit + Duration::from_secs(3));
        counts(&statistics)
            .unwrap_or_else(|| panic!("SIPp left no statistics\n{}", program.output()))
    }
}

/// The stock answerer (`-sn uas`), echoing RTP, for `calls` calls. It listens.
pub fn answerer(port: u16, calls: u32) -> Program {
    let mut command = Command::new("sipp");
    command.args(["-sn", "uas", "-i", "127.0.0.1", "-p", &port.to_string(), "-rtp_echo"]);
    let media_port = super::super::free_udp_port().to_string();
    command.args(["-mp", &media_port, "-m", &calls.to_string(), "-nostdin", "-timeout", "60"]);
    let program = Program::start(&mut command);
    program.wait_bound(port, Duration::from_secs(10));
    program
}

/// The last line of `-trace_stat`, by the names of its first.
pub(super) fn counts(statistics: &Path) -> Option<Counts> {
    let text = std::fs::read_to_string(statistics).ok()?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next()?.split(';').collect();
    let values: Vec<&str> = lines.next_back()?.split(';').collect();
    let value = |name: &str| {
        let at = names.iter().position(|n| *n == name)?;
        values.get(at)?.parse().ok()
    };
    Some(Counts {
        successful: value("SuccessfulCall(C)")?,
        failed: value("FailedCall(C)")?,
        retransmissions: value("Retransmissions(C)")?,
    })
}
