//! What is measured: a fresh service on the first core, its data on the disk of the project, with
//! prompts of known length in place of the city's.

use crate::support::service::{Service, Start};
use std::f64::consts::TAU;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The service's core.
pub(crate) const CORE: usize = 0;
/// No limit of the service stands in the way of the load; the ports stay below the ephemeral ones.
const SETTINGS: [&str; 6] = [
    "log.level=warn",
    "sip.calls_max=100000",
    "sip.calls_per_second_max=5000",
    "sip.calls_per_source_max=100000",
    "media.ports=[10000,32767]",
    "call.call_minutes_max=60",
];
/// Further settings of the measured service, one `key=value` a word.
const SETTINGS_VARIABLE: &str = "MAYORLINE_BENCH_SET";
const RATE_HZ: f64 = 8_000.0;

/// Which prompts the callers hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompts {
    /// Those of the binary.
    City,
    /// A greeting as long as a prompt may be, so that every caller hears speech all the time.
    LongGreeting,
    /// The same after the notice of recording, so that all of it is recorded.
    LongMenu,
    /// A short greeting and 5 s of menu.
    ShortGreeting,
}

impl Prompts {
    /// Seconds of the greeting, the notice of recording, and the sentence before the menu.
    fn seconds(self) -> Option<[f64; 3]> {
        match self {
            Self::City => None,
            Self::LongGreeting => Some([119.0, 0.2, 0.2]),
            Self::LongMenu => Some([0.2, 0.2, 119.0]),
            Self::ShortGreeting => Some([0.2, 0.2, 5.0]),
        }
    }
}

/// A running service with its data folder.
pub(crate) struct Subject {
    /// Where it answers SIP.
    pub(crate) udp: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    service: Service,
    _folder: TempDir,
}

/// A folder on the disk of the build, which is where people put their data, too.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the build folder can be written")
}

impl Subject {
    /// A fresh service over an empty folder.
    pub(crate) fn start(prompts: Prompts, settings: &[&str]) -> Self {
        Self::over(folder(), prompts, settings)
    }

    /// A fresh service over a folder that was filled before.
    pub(crate) fn over(folder: TempDir, prompts: Prompts, settings: &[&str]) -> Self {
        let more = std::env::var(SETTINGS_VARIABLE).unwrap_or_default();
        let mut start = Start::new(folder.path()).pinned(CORE);
        for setting in SETTINGS.iter().chain(settings).copied().chain(more.split_whitespace()) {
            start = start.set(setting);
        }
        if let Some(seconds) = prompts.seconds() {
            let overlay = write_overlay(folder.path(), seconds);
            start = start.set(&format!("prompts.overlay={}", overlay.display()));
        }
        let service = start.run();
        Self { udp: service.udp(), pid: service.pid(), service, _folder: folder }
    }

    /// Where the seats sign in.
    pub(crate) fn pages(&self) -> SocketAddr {
        let url = self.service.word("web");
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        address.parse().expect("the ready line names an address")
    }

    /// Stops it and says what it held when it was asked to.
    pub(crate) fn stop(self) -> String {
        let Self { service, .. } = self;
        service.signal_term();
        let held = || service.stderr().lines().find(|l| l.contains("stopping")).map(str::to_owned);
        let held = crate::support::wait_for(Duration::from_secs(10), held);
        held.unwrap_or_else(|| "it did not say".to_owned())
    }
}

fn write_overlay(data: &Path, seconds: [f64; 3]) -> PathBuf {
    let overlay = data.join("bench-prompts");
    std::fs::create_dir_all(overlay.join("opening")).expect("the data folder can be written");
    for (name, seconds) in ["G01", "G02", "B01"].iter().zip(seconds) {
        let format = hound::WavSpec {
            channels: 1,
            sample_rate: RATE_HZ as u32,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let path = overlay.join("opening").join(format!("{name}.wav"));
        let mut file = hound::WavWriter::create(path, format).expect("a prompt can be written");
        for n in 0..(seconds * RATE_HZ) as u32 {
            let sample = 4_000.0 * (f64::from(n) * 1_000.0 * TAU / RATE_HZ).sin();
            file.write_sample(sample as i16).expect("a prompt can be written");
        }
        file.finalize().expect("a prompt can be written");
    }
    overlay
}
