//! SIPVicious: the scanners that every public SIP port meets.

use super::Program;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

/// Runs `svmap`, `svwar` or `svcrack` against `server` and gives what it printed.
pub fn run(tool: &str, server: SocketAddr, arguments: &[&str], limit: Duration) -> String {
    let home = tempfile::tempdir().expect("a temporary folder");
    let seconds = limit.as_secs().to_string();
    let mut command = Command::new("timeout");
    command.args([&seconds, tool]).env("HOME", home.path()).current_dir(home.path());
    command.args(["-v", "-p", &server.port().to_string()]);
    command.args(arguments).arg(server.ip().to_string());
    let mut program = Program::start(&mut command);
    let ended = program.wait_exit(limit + Duration::from_secs(5));
    // 127: there is no such program.
    assert_ne!(ended.code(), Some(127), "{tool}: run tests/install.sh\n{}", program.output());
    assert_ne!(ended.code(), Some(124), "{tool} scans for ever\n{}", program.output());
    program.output()
}
