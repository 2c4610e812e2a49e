//! This executable once more, as a process that may be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Says what the child does; unset in the parent.
pub(crate) const ROLE: &str = "MAYORLINE_TEST_ROLE";

/// The data folder of the child.
pub(crate) const DATA: &str = "MAYORLINE_TEST_DATA";

/// The command that runs the test `name` of this executable as `role`, through a shell that first
/// runs `prelude`.
pub(crate) fn command(name: &str, role: &str, data: &Path, prelude: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{prelude} exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DATA, data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The role of this process, when it is a child.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// The data folder of this process, when it is a child.
pub(crate) fn data() -> std::path::PathBuf {
    std::env::var_os(DATA).unwrap().into()
}

/// The two words of each whole `ack` line that a child had printed when it was killed after `delay`.
pub(crate) fn acknowledged(mut command: Command, delay: Duration) -> Vec<(String, String)> {
    let mut child = command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let lines = std::thread::spawn(move || {
        let (mut lines, mut line) = (vec![], String::new());
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            if let Some((_, rest)) =
                line.strip_suffix('\n').and_then(|line| line.split_once("ack "))
                && let Some((what, which)) = rest.split_once(' ')
            {
                lines.push((what.to_owned(), which.to_owned()));
            }
            line.clear();
        }
        lines
    });
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.join().unwrap()
}
