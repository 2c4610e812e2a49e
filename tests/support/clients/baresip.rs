//! baresip with its own folder: plays a WAV as the microphone, dumps what it decodes to a WAV.

use super::{Program, Seat, Transport};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// It starts and binds within this.
const START_LIMIT: Duration = Duration::from_secs(10);
/// Past this it quits by itself, whatever became of the test.
const LIFE_SECONDS_MAX: &str = "120";
const MODULE_FOLDERS: [&str; 3] = [
    "/usr/lib/baresip/modules",
    "/usr/lib/x86_64-linux-gnu/baresip/modules",
    "/usr/lib/aarch64-linux-gnu/baresip/modules",
];

/// A running baresip.
pub struct Baresip {
    program: Program,
    folder: tempfile::TempDir,
    /// Where it listens for SIP.
    pub address: SocketAddr,
}

impl Baresip {
    /// Starts one that calls as `user`, speaks `microphone` (8 kHz WAV) and answers by itself.
    pub fn start(user: &str, microphone: &Path) -> Self {
        let account =
            format!("<sip:{user}@127.0.0.1>;regint=0;audio_codecs=PCMA,PCMU;answermode=auto\n");
        Self::with_account(&account, microphone)
    }

    /// Starts one that registers as a seat, reads its password up to the first blank, and rings
    /// until it is answered.
    pub fn at_seat(seat: Seat<'_>, microphone: &Path) -> Self {
        let Seat { number, password, registrar, transport } = seat;
        let srtp = if transport == Transport::TlsSrtp { "mediaenc=srtp-mand;" } else { "" };
        let account = format!(
            "<sip:{number}@{registrar};transport={}>;auth_pass={password};regint=60;{srtp}\
             audio_codecs=PCMA;answermode=manual\n",
            transport.name()
        );
        Self::with_account(&account, microphone)
    }

    fn with_account(account: &str, microphone: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = super::super::free_sip_port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        write_configuration(folder.path(), account, address, microphone);
        let mut command = Command::new("baresip");
        command.arg("-f").arg(folder.path()).args(["-4", "-t", LIFE_SECONDS_MAX]);
        command.current_dir(folder.path());
        let program = Program::start(&mut command);
        program.wait_printed("baresip is ready", START_LIMIT);
        Self { program, folder, address }
    }

    /// Calls a number and waits until the call stands.
    pub fn dial(&mut self, number: &str, server: SocketAddr) {
        self.program.type_in(&format!("/dial sip:{number}@{server}\n"));
        self.wait_printed("Call established", Duration::from_secs(10));
    }

    /// Presses keys in the call (RFC 4733), one every 250 ms.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.program.type_in(&key.to_string());
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Hangs up.
    pub fn hang_up(&mut self) {
        self.program.type_in("/hangup\n");
        self.wait_printed("terminated", Duration::from_secs(5));
    }

    /// Lifts the handset.
    pub fn lift(&mut self) {
        self.program.type_in("/accept\n");
    }

    /// Its hold key.
    pub fn hold(&mut self, on: bool) {
        self.program.type_in(if on { "/hold\n" } else { "/resume\n" });
    }

    /// Quits and gives what it decoded from the other side in all its calls.
    pub fn quit(mut self) -> Vec<i16> {
        self.program.type_in("/quit\n");
        self.program.wait_exit(Duration::from_secs(10));
        let dumps = dumps_of(self.folder.path());
        assert!(!dumps.is_empty(), "baresip heard nothing\n{}", self.output());
        dumps.iter().flat_map(|file| super::super::audio::read_wav(file, 0)).collect()
    }

    /// What it has decoded so far in its latest call: the file it writes, behind the head of a WAV.
    pub fn heard(&self) -> Vec<i16> {
        let newest = dumps_of(self.folder.path()).pop();
        let bytes = newest.and_then(|file| std::fs::read(file).ok()).unwrap_or_default();
        let samples = bytes.get(44..).unwrap_or_default().chunks_exact(2);
        samples.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
    }

    /// Waits for words in its output.
    pub fn wait_printed(&self, words: &str, limit: Duration) {
        self.program.wait_printed(words, limit);
    }

    /// The same for the words of its second call and so on.
    pub fn wait_printed_times(&self, words: &str, times: usize, limit: Duration) {
        self.program.wait_printed_times(words, times, limit);
    }

    /// What it printed.
    pub fn output(&self) -> String {
        self.program.output()
    }
}

/// One file a call, named by its time.
fn dumps_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the temporary folder can be read");
    let dumps = entries.filter_map(|e| Some(e.ok()?.path()));
    let mut dumps: Vec<PathBuf> =
        dumps.filter(|path| path.to_string_lossy().ends_with("-dec.wav")).collect();
    dumps.sort();
    dumps
}

fn write_configuration(folder: &Path, account: &str, address: SocketAddr, microphone: &Path) {
    let modules = MODULE_FOLDERS
        .iter()
        .find(|path| Path::new(path).is_dir())
        .expect("baresip's modules are installed: run tests/install.sh");
    // With the module it takes SRTP from everybody, and is no telephone without.
    let srtp = if account.contains("mediaenc=srtp") { "module srtp.so\n" } else { "" };
    // Left alone it offers audio at the machine's outer address, which may come and go under a call.
    // The bridge device takes the decoded audio, since no player writes files; sndfile dumps it.
    let config = format!(
        "poll_method epoll\nnet_interface 127.0.0.1\nsip_listen {address}\n\
         call_max_calls 4\ncall_local_timeout 20\n\
         audio_source aufile,{}\naudio_player aubridge,nowhere\naudio_alert aubridge,nowhere\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
         rtp_ports 40000-49000\nmodule_path {modules}\nmodule stdio.so\nmodule g711.so\n\
         module aufile.so\nmodule aubridge.so\nmodule sndfile.so\n{srtp}snd_path {}\n\
         module_tmp uuid.so\nmodule_app account.so\nmodule_app menu.so\n",
        microphone.display(),
        folder.display()
    );
    for (name, text) in [("config", config.as_str()), ("accounts", account), ("contacts", "\n")] {
        std::fs::write(folder.join(name), text).expect("the temporary folder can be written");
    }
}
