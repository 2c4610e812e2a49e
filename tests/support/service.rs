//! The real `mayorline` binary as a child: started, asked by its command line, drained by SIGTERM
//! or killed. Only the own child is ever signalled.

use super::wait_for;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_mayorline");
/// From start to `ready`, migrations and prompts included.
const READY_LIMIT: Duration = Duration::from_secs(15);
/// From SIGTERM to exit without live calls.
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// Lines of standard error kept for a failure's output.
const STDERR_LINES_MAX: usize = 400;

/// How the service is started.
#[derive(Debug, Clone)]
pub struct Start {
    data: PathBuf,
    /// Started here with nothing said at all.
    bare_in: Option<PathBuf>,
    settings: Vec<String>,
    core: Option<usize>,
    fillable: bool,
}

impl Start {
    /// With this data folder, SIP and the pages on free ports of 127.0.0.1.
    pub fn new(data: &Path) -> Self {
        let free = ["sip.udp", "sip.tcp", "web.listen"];
        let mut settings = free.map(|key| format!("{key}=127.0.0.1:0")).to_vec();
        // A dozen of seconds of work of each service: only who listens to slow speech waits for it.
        settings.push("prompts.slow_speech=false".to_owned());
        Self { data: data.to_owned(), bare_in: None, settings, core: None, fillable: false }
    }

    /// With no argument but the verb, in this folder: on the ports that every line takes, so only where
    /// nobody else does.
    pub fn bare(folder: &Path) -> Self {
        let bare_in = Some(folder.to_owned());
        Self { bare_in, settings: Vec::new(), ..Self::new(&folder.join("data")) }
    }

    /// One more `--set key=value`.
    pub fn set(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }

    /// On this core only, all its threads, for measurements.
    pub fn pinned(mut self, core: usize) -> Self {
        self.core = Some(core);
        self
    }

    /// With a disk that [`Service::leave_room`] can fill.
    pub fn fillable(mut self) -> Self {
        self.fillable = true;
        self
    }

    /// Starts and waits for the line `ready`; fails the test with standard error otherwise.
    pub fn run(self) -> Service {
        let mut command = self.command();
        match &self.bare_in {
            Some(folder) => command.arg("serve").current_dir(folder),
            None => command.arg("serve").arg("--data").arg(&self.data),
        };
        self.settings.iter().for_each(|s| {
            command.args(["--set", s]);
        });
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the built binary starts");
        let stderr = keep_lines(child.stderr.take().expect("standard error is piped"));
        let stdout = keep_lines(child.stdout.take().expect("standard output is piped"));
        let mut service = Service { child, data: self.data, stderr, ready: HashMap::new() };
        let line = wait_for(READY_LIMIT, || ready_line(&stdout));
        match line {
            Some(line) => service.ready = words(&line),
            None => panic!("no line `ready` in {READY_LIMIT:?}\n{}", service.stderr()),
        }
        service
    }

    /// taskset or the shell becomes the binary, so the child's id is the service's.
    fn command(&self) -> Command {
        if self.fillable {
            // A write past the limit would end the process; ignored, it fails as on a full disk.
            let mut command = Command::new("sh");
            command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", BINARY]);
            return command;
        }
        let Some(core) = self.core else { return Command::new(BINARY) };
        let mut command = Command::new("taskset");
        command.args(["-c", &core.to_string(), BINARY]);
        command
    }
}

/// A running service; killed when dropped.
pub struct Service {
    child: Child,
    data: PathBuf,
    stderr: Arc<Mutex<Vec<String>>>,
    ready: HashMap<String, String>,
}

impl Service {
    /// The bound address of `key` (`udp`, `tcp`) in the line `ready`.
    pub fn address(&self, key: &str) -> SocketAddr {
        let word = self.ready.get(key).unwrap_or_else(|| panic!("`ready` names no {key}"));
        word.parse().unwrap_or_else(|e| panic!("{key}={word} is no address: {e}"))
    }

    /// What `key` (`call`) says in the line `ready`.
    pub fn word(&self, key: &str) -> &str {
        self.ready.get(key).unwrap_or_else(|| panic!("`ready` names no {key}"))
    }

    /// Where SIP over UDP is answered.
    pub fn udp(&self) -> SocketAddr {
        self.address("udp")
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The process id, for its CPU and memory.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The last lines of standard error.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().join("\n")
    }

    /// Lets no file grow past `bytes`, as a full disk does; `None` gives the room back.
    pub fn leave_room(&self, bytes: Option<u64>) {
        use rustix::process::{Resource, Rlimit, prlimit};
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.own_pid()), Resource::Fsize, limit).expect("it is our child");
    }

    /// Whether it still runs.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGTERM, then waits for a clean exit; fails the test past the limit.
    pub fn stop(mut self) -> ExitStatus {
        self.signal_term();
        let exited = wait_for(STOP_LIMIT, || self.child.try_wait().ok().flatten());
        exited.unwrap_or_else(|| panic!("no exit {STOP_LIMIT:?} after SIGTERM\n{}", self.stderr()))
    }

    /// SIGTERM without waiting.
    pub fn signal_term(&self) {
        let term = rustix::process::Signal::TERM;
        rustix::process::kill_process(self.own_pid(), term).expect("it is our child");
    }

    /// Adds a seat beside the running service, as an administrator does it; the service knows it
    /// within a second.
    pub fn add_seat(&self, number: &str, role: &str, password: &str) {
        let file = self.password_file(number, password);
        let added = ["seat", "add", number, "--name", "王芳", "--role", role, "--password-file"];
        self.administer(&[&added[..], &[&file]].concat());
    }

    /// Gives a seat another password.
    pub fn set_password(&self, number: &str, password: &str) {
        let file = self.password_file(number, password);
        self.administer(&["seat", "set-password", number, "--password-file", &file]);
    }

    /// A verb that must succeed.
    pub fn administer(&self, verb: &[&str]) {
        let output = cli(&self.data, verb);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{verb:?}: {told}");
    }

    fn password_file(&self, number: &str, password: &str) -> String {
        let file = self.data.join(format!("{number}.password"));
        std::fs::write(&file, format!("{password}\n")).expect("the folder can be written");
        file.to_str().expect("a plain path").to_owned()
    }

    fn own_pid(&self) -> rustix::process::Pid {
        let raw = i32::try_from(self.child.id()).unwrap();
        rustix::process::Pid::from_raw(raw).expect("a child has an id")
    }

    /// SIGKILL, as a power cut does it.
    pub fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// A verb of the command line on this data folder, parsed as JSON.
    pub fn json(&self, verb: &[&str]) -> serde_json::Value {
        json(&self.data, verb)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- standard error of the service\n{}\n---", self.stderr());
        }
    }
}

/// Runs a verb on a data folder, whether a service runs or not.
pub fn cli(data: &Path, verb: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(verb).arg("--data").arg(data).stdin(Stdio::null());
    command.output().expect("the built binary starts")
}

/// The same for verbs that print JSON; fails the test when they do not.
pub fn json(data: &Path, verb: &[&str]) -> serde_json::Value {
    let mut verb = verb.to_vec();
    verb.push("--json");
    let output = cli(data, &verb);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{verb:?}` failed with {}: {told}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("`{verb:?}` is no JSON ({e}): {}", String::from_utf8_lossy(&output.stdout))
    })
}

fn ready_line(lines: &Mutex<Vec<String>>) -> Option<String> {
    lines.lock().unwrap().iter().find(|line| line.starts_with("ready")).cloned()
}

fn words(line: &str) -> HashMap<String, String> {
    let pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Reads a pipe to its end on a thread, so that the child never blocks on it.
pub(super) fn keep_lines(pipe: impl Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let mut kept = kept.lock().unwrap();
            if kept.len() == STDERR_LINES_MAX {
                // The first line may be `ready`; the rest goes oldest first.
                kept.remove(1);
            }
            kept.push(String::from_utf8_lossy(&line).into_owned());
        }
    });
    lines
}
