//! SIPp as the exchange of a carrier: it takes what our trunk sends by a scenario, plays sound, and
//! keeps every message that it saw.

use super::super::audio::{to_alaw, tones};
use super::super::sip::Message;
use super::super::wait_for;
use super::Program;
use super::sipp::{Counts, counts};
use md5::{Digest as _, Md5};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The tone that a scenario plays by `early.alaw`, before it answers.
pub const EARLY_HZ: f64 = 1_700.0;
/// The tone of `voice.alaw`, when it has answered.
pub const VOICE_HZ: f64 = 2_300.0;
const PEAK: f64 = 6_000.0;
/// The realm of its challenges.
pub const REALM: &str = "carrier.example";
/// Whom it knows, and by which password.
pub const USER: &str = "gw-053712345000";
/// The same.
pub const SECRET: &str = "a trunk's own secret 7";
/// It ends by itself after this.
const LIFE_SECONDS_MAX: &str = "120";

/// A running carrier.
pub struct Carrier {
    program: Program,
    folder: tempfile::TempDir,
    /// Where it takes SIP.
    pub address: SocketAddr,
}

impl Carrier {
    /// Starts with a scenario of `tests/telephony/scenarios` and waits until it listens.
    pub fn start(scenario: &str) -> Self {
        Self::with(scenario, &[])
    }

    /// The same; `[key]` stands for a value in the scenario's messages.
    pub fn with(scenario: &str, keys: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, hz) in [("early", EARLY_HZ), ("voice", VOICE_HZ)] {
            // A whole second of a whole number of waves: played again and again without a click.
            let sound = to_alaw(&tones(&[hz], PEAK, 1_000));
            std::fs::write(folder.path().join(format!("{name}.alaw")), sound).expect("room");
        }
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telephony/scenarios");
        let port = super::super::free_udp_port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut command = Command::new("sipp");
        command.current_dir(folder.path()).arg("-sf").arg(scenarios.join(scenario));
        command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-mi", "127.0.0.1", "-mp"]);
        command.args([&super::super::free_udp_port().to_string(), "-nostdin", "-timeout"]);
        command.args([LIFE_SECONDS_MAX, "-trace_msg", "-message_file", "messages"]);
        // A registration is taken away under the Call-ID that it was made with.
        command.args(["-deadcall_wait", "0"]);
        command.args(["-trace_stat", "-fd", "1", "-stf", "statistics.csv"]);
        for (key, value) in [("realm", REALM), ("user", USER), ("secret", SECRET)] {
            let value = keys.iter().find(|(name, _)| *name == key).map_or(value, |(_, own)| own);
            command.args(["-key", key, value]);
        }
        let program = Program::start(&mut command);
        program.wait_bound(port, Duration::from_secs(10));
        Self { program, folder, address }
    }

    /// Keys of `outgoing.trunk` for a trunk to it that proves itself with this password.
    pub fn trunk(&self, register: bool, password: &str) -> String {
        let file = self.folder.path().join("password");
        std::fs::write(&file, format!("{password}\n")).expect("room");
        format!(
            "{{ address = \"{}\", domain = \"{REALM}\", options_seconds = 0, register = {register}, \
             user = \"{USER}\", realm = \"{REALM}\", password_file = \"{}\" }}",
            self.address,
            file.display()
        )
    }

    /// Keys of `outgoing.trunk` for a trunk to it that proves nothing.
    pub fn open_trunk(&self) -> String {
        format!("{{ address = \"{}\", options_seconds = 0 }}", self.address)
    }

    /// Everything that passed, as text.
    pub fn trace(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("messages")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The requests of a method that reached it, those sent again included.
    pub fn received(&self, method: &str) -> Vec<Message> {
        let trace = self.trace();
        let chunks = trace.split("-----------------------------------------------");
        let messages =
            chunks.filter(|chunk| chunk.contains("UDP message received")).filter_map(|c| {
                let (_, message) = c.split_once("\n\n")?;
                Message::parse(message.as_bytes())
            });
        messages.filter(|message| message.method() == Some(method)).collect()
    }

    /// Waits until so many requests of a method have reached it.
    pub fn wait_received(&self, method: &str, count: usize, limit: Duration) -> Vec<Message> {
        let found = wait_for(limit, || {
            let received = self.received(method);
            (received.len() >= count).then_some(received)
        });
        found.unwrap_or_else(|| panic!("no {count} {method} in {limit:?}\n{}", self.trace()))
    }

    /// Messages that the scenario lost on purpose.
    pub fn lost(&self) -> usize {
        self.trace().matches(" lost (").count()
    }

    /// Waits until so many calls went through the whole scenario; none may have failed.
    pub fn wait_successful(&self, calls: u64, limit: Duration) {
        let file = self.folder.path().join("statistics.csv");
        let done = |counts: &Counts| counts.successful >= calls;
        let found = wait_for(limit, || counts(&file).filter(done));
        let counts = found.unwrap_or_else(|| panic!("{}\n{}", self.program.output(), self.trace()));
        assert_eq!(counts.failed, 0, "{counts:?}\n{}", self.trace());
    }
}

/// Whether the proof in a request is that of [`USER`] and [`SECRET`] (RFC 2617, MD5, `qop=auth`).
pub fn proves(request: &Message, field: &str) -> bool {
    let Some(proof) = request.header(field) else { return false };
    let part = |name: &str| {
        let (_, rest) = proof.split_once(&format!("{name}=")).unwrap_or_default();
        let value = rest.split(',').next().unwrap_or_default();
        value.trim().trim_matches('"').to_owned()
    };
    let hash = |text: String| -> String {
        Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let secret = hash(format!("{USER}:{REALM}:{SECRET}"));
    let asked = hash(format!("{}:{}", request.method().unwrap_or_default(), part("uri")));
    let (nonce, count, cnonce) = (part(" nonce"), part("nc"), part("cnonce"));
    part("username") == USER
        && part("response") == hash(format!("{secret}:{nonce}:{count}:{cnonce}:auth:{asked}"))
}
