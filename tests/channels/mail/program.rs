//! A server of others as a child, in a folder of its own.

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a server may take to start.
const START_MAX: Duration = Duration::from_secs(30);

pub(super) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it prints goes to `log`.
    pub(super) fn start(command: &mut Command, log: &Path) -> Self {
        let out = fs::File::create(log.with_extension("out")).unwrap();
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|e| panic!("{name} cannot be started ({e}): run tests/install.sh"));
        Self { child, log: log.to_owned() }
    }

    /// Waits until it takes connections.
    pub(super) fn wait_for(&mut self, ports: &[u16]) {
        let until = Instant::now() + START_MAX;
        for port in ports {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                let ended = self.child.try_wait().unwrap();
                assert!(ended.is_none() && Instant::now() < until, "{ended:?} {}", self.printed());
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    pub(super) fn printed(&self) -> String {
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        read(&self.log.with_extension("out")) + &read(&self.log)
    }

    /// It and all below it, the children first.
    pub(super) fn family(&self) -> Vec<i32> {
        let parents: Vec<(i32, i32)> = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid: i32| {
                let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
                let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
                Some((pid, parent))
            })
            .collect();
        let mut family = vec![i32::try_from(self.child.id()).unwrap()];
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family
                .extend(parents.iter().filter(|(_, above)| *above == parent).map(|(pid, _)| *pid));
            at += 1;
        }
        family.reverse();
        family
    }

    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        for pid in self.family() {
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        use rustix::process::Signal;
        // What was stopped hears nothing else.
        self.signal(Signal::CONT);
        let family = self.family();
        self.signal(Signal::TERM);
        let until = Instant::now() + Duration::from_secs(5);
        while self.child.try_wait().unwrap().is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        for pid in family {
            // Those whose parent is gone end by themselves; a hung one must not stay.
            let is_ours = fs::read_to_string(format!("/proc/{pid}/cmdline"));
            if is_ours.is_ok_and(|line| line.contains("dovecot") || line.contains("postfix")) {
                let _ = rustix::process::kill_process(
                    rustix::process::Pid::from_raw(pid).unwrap(),
                    Signal::KILL,
                );
            }
        }
    }
}

/// A port that is free now, that the kernel gives to nobody who asks for any, and that no other test here
/// was given.
pub(super) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = rand::random_range(20_000..29_000);
        if given.insert(port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A folder that servers may enter under their own users.
pub(super) fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
