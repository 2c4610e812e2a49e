//! gammu-smsd with its files, through a terminal, because it knows nothing else.

use crate::support::clients::Program;
use crate::support::modem::{Modem, Terminal};
use crate::support::wait_for;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Past this it stops by itself, whatever became of the test.
const LIFE_SECONDS_MAX: &str = "240";
const LIMIT: Duration = Duration::from_secs(60);

/// A running gammu-smsd and its folders.
pub(super) struct Gammu {
    program: Program,
    folder: tempfile::TempDir,
    _terminal: Terminal,
}

impl Gammu {
    /// One on this modem.
    pub(super) fn start(modem: &Modem) -> Self {
        let terminal = Terminal::start(modem);
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["inbox", "outbox", "sent", "failed"] {
            std::fs::create_dir(folder.path().join(name)).expect("the folder can be written");
        }
        let file = folder.path().join("smsdrc");
        let (at, device) = (folder.path().display(), terminal.path.display());
        let configuration = format!(
            "[gammu]\ndevice = {device}\nconnection = at\n\n[smsd]\nservice = files\n\
             logfile = stderr\ndebuglevel = 255\nreceivefrequency = 1\nloopsleep = 1\n\
             commtimeout = 2\ncheckbattery = 0\nchecksignal = 0\n\
             inboxpath = {at}/inbox/\noutboxpath = {at}/outbox/\nsentsmspath = {at}/sent/\n\
             errorsmspath = {at}/failed/\ninboxformat = unicode\noutboxformat = unicode\ntransmitformat = unicode\n"
        );
        std::fs::write(&file, configuration).expect("the folder can be written");
        let mut command = Command::new("timeout");
        command.args(["-k", "3", LIFE_SECONDS_MAX, "gammu-smsd", "-c"]).arg(file);
        Self { program: Program::start(&mut command), folder, _terminal: terminal }
    }

    /// Gives it a text to send.
    pub(super) fn send(&self, to: &str, text: &str) {
        let name = format!("OUTC20261122_201350_00_{to}_sms0.txt");
        let units: Vec<u8> =
            [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        let outbox = self.folder.path().join("outbox");
        // It takes what begins with OUT only.
        std::fs::write(outbox.join("part"), units).expect("the folder can be written");
        std::fs::rename(outbox.join("part"), outbox.join(name)).expect("it can be renamed");
    }

    /// Waits until so many texts have come; what they say.
    pub(super) fn wait_texts(&self, count: usize) -> Vec<String> {
        let inbox = self.folder.path().join("inbox");
        let texts = wait_for(LIMIT, || {
            let files = super::smsd::files(&inbox);
            (files.len() >= count).then(|| files.iter().map(read).collect())
        });
        texts.unwrap_or_else(|| panic!("gammu-smsd got nothing\n{}", self.program.output()))
    }
}

impl Drop for Gammu {
    fn drop(&mut self) {
        self.program.terminate(LIMIT);
    }
}

/// UTF-16 with its mark, padded by as many zeros as it is long.
fn read(path: &PathBuf) -> String {
    let bytes = std::fs::read(path).expect("the file is there");
    let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let units: Vec<u16> = units.filter(|unit| !matches!(unit, 0 | 0xFEFF)).collect();
    String::from_utf16_lossy(&units)
}
