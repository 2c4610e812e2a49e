//! smsd of Debian's smstools with `deploy/smsd.conf`, folders and modem put in.

use crate::support::clients::Program;
use crate::support::modem::Modem;
use crate::support::wait_for;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Past this it stops by itself, whatever became of the test.
const LIFE_SECONDS_MAX: &str = "240";
/// From its start to its first command, and from SIGTERM to its end.
const LIMIT: Duration = Duration::from_secs(15);

/// The name of its modem in the configuration.
pub(super) const NAME: &str = "GSM1";
/// The file that a city installs.
const CONFIGURATION: &str = include_str!("../../../deploy/smsd.conf");
const FOLDERS: [&str; 8] =
    ["outgoing", "checked", "incoming", "sent", "failed", "report", "saved", "stats"];

/// A running smsd and its spool, which stays when it is stopped.
pub(super) struct Smsd {
    program: Option<Program>,
    folder: tempfile::TempDir,
    modem: SocketAddr,
}

impl Smsd {
    /// One on this modem, which it holds when this returns.
    pub(super) fn start(modem: &Modem) -> Self {
        Self::start_with(modem, "")
    }

    /// The same with more lines for the modem.
    pub(super) fn start_with(modem: &Modem, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut smsd = Self { program: None, folder, modem: modem.address };
        for name in FOLDERS {
            std::fs::create_dir_all(smsd.spool().join(name)).expect("the folder can be written");
        }
        let configuration = smsd.configuration() + more;
        std::fs::write(smsd.file("smsd.conf"), configuration).expect("the folder can be written");
        smsd.go_on();
        let held = wait_for(LIMIT, || modem.log().contains("+CPMS").then_some(()));
        assert!(held.is_some(), "smsd does not ask its modem: {}\n{}", modem.log(), smsd.log());
        smsd
    }

    fn configuration(&self) -> String {
        let folder = self.folder.path().display();
        let put_in = [
            ("/var/spool/sms/", format!("{folder}/spool/")),
            ("/var/log/smstools/", format!("{folder}/")),
            ("/run/smstools/", format!("{folder}/")),
            ("device = /dev/ttyUSB0\n", format!("device = @{}\n", self.modem)),
        ];
        put_in.into_iter().fold(CONFIGURATION.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "deploy/smsd.conf has no {from}");
            text.replace(from, &to)
        })
    }

    /// Starts it again with the same spool.
    pub(super) fn go_on(&mut self) {
        // It has processes of its own; timeout ends them all, also when this test is gone.
        let mut command = Command::new("timeout");
        command.args(["-k", "3", LIFE_SECONDS_MAX, "smsd", "-t"]);
        command.arg(format!("-c{}", self.file("smsd.conf").display()));
        self.program = Some(Program::start(&mut command));
    }

    /// Stops it.
    pub(super) fn stop(&mut self) {
        if let Some(mut program) = self.program.take() {
            program.terminate(LIMIT);
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of its folders.
    pub(super) fn spool(&self) -> PathBuf {
        self.file("spool")
    }

    /// One of them.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.spool().join(name)
    }

    /// What it wrote about itself.
    pub(super) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.file("smsd.log")).unwrap_or_default();
        let printed = self.program.as_ref().map(Program::output).unwrap_or_default();
        format!("{log}\n{printed}")
    }

    /// Waits until so many files are in one of its folders; their names in order.
    pub(super) fn wait_files(&self, name: &str, count: usize) -> Vec<PathBuf> {
        let folder = self.folder(name);
        let found = wait_for(Duration::from_secs(40), || {
            let found = files(&folder);
            (found.len() >= count).then_some(found)
        });
        found.unwrap_or_else(|| {
            panic!("not {count} files in {name}: {:?}\n{}", files(&folder), self.log())
        })
    }
}

impl Drop for Smsd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The files of a folder, in order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| !path.to_string_lossy().contains("smsd_script"));
    files.sort();
    files
}
