//! More and more calls at once, each hearing the service and talking to it, until less than 97 %
//! of the stream-seconds are good. Each step has a fresh service, fresh callers, three windows.

use crate::clock;
use crate::endpoint::{Endpoint, FIRST_PORT};
use crate::setup::{self, Latencies};
use crate::stats::Verdict;
use crate::subject::{Prompts, Subject};
use crate::support::clients::Program;
use crate::support::{free_udp_port, wait_for};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// New calls a second on the way up.
const RATE: usize = 50;
const SETTLE: Duration = Duration::from_secs(2);
const WINDOWS: usize = 3;
const WINDOW_SECONDS: usize = 5;
const GOOD_SHARE_MIN: f64 = 0.97;
/// Sustained is the largest step at or above this share, with nothing lost.
const SUSTAINED_SHARE: f64 = 0.995;

/// What is heard, and the settings that make it so.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// In the names of rows.
    pub(crate) name: &'static str,
    /// What the callers hear.
    pub(crate) prompts: Prompts,
    /// Whether the calls are recorded.
    pub(crate) settings: &'static [&'static str],
}

/// Callers hear a prompt; nothing is recorded.
pub(crate) const PLAYING: Kind = Kind {
    name: "playing",
    prompts: Prompts::LongGreeting,
    settings: &["media.record_calls=false"],
};
/// Callers hear a prompt and the whole call is recorded, both tracks.
pub(crate) const RECORDING: Kind =
    Kind { name: "recording", prompts: Prompts::LongMenu, settings: &[] };

/// What was measured with this many calls: the median of the windows.
pub(crate) struct Step {
    /// Calls that were asked for.
    pub(crate) calls: usize,
    /// Processor time of the service, 100 is one core.
    pub(crate) cpu_percent: f64,
    /// Private memory of each call over the idle service.
    pub(crate) kib_per_call: f64,
    /// Share of good stream-seconds.
    pub(crate) good: f64,
    /// Packets lost in all windows.
    pub(crate) lost: u64,
    /// What the endpoint heard in the last window.
    pub(crate) verdict: Verdict,
}

impl Step {
    /// All figures.
    pub(crate) fn words(&self) -> String {
        let [p99, p999] = [0.99, 0.999].map(|share| self.verdict.gaps.quantile_ms(share));
        format!(
            "{:.1} packets/s, good {:.4}, lost {}, gap p99 {p99:.1} p99.9 {p999:.1} ms, \
             CPU {:.1} %, {:.1} KiB",
            self.verdict.packets_per_second(),
            self.good,
            self.lost,
            self.cpu_percent,
            self.kib_per_call
        )
    }

    /// Whether so many calls are carried without a fault.
    pub(crate) fn sustained(&self) -> bool {
        self.faultless() && self.verdict.streams >= self.calls
    }

    /// Whether what was heard was good.
    pub(crate) fn faultless(&self) -> bool {
        self.good >= SUSTAINED_SHARE && self.lost == 0
    }
}

/// Climbs until the steps or the good seconds end.
pub(crate) fn climb(kind: Kind, heard: &Endpoint, steps: &[usize]) -> Vec<Step> {
    let mut done = Vec::new();
    for calls in steps.iter().copied() {
        let step = measure(kind, heard, calls);
        let broken = step.good < GOOD_SHARE_MIN;
        println!("note: {} {}: {}", step.calls, kind.name, step.words());
        done.push(step);
        if broken {
            break;
        }
    }
    done
}

fn measure(kind: Kind, heard: &Endpoint, calls: usize) -> Step {
    let load = Load::start(kind, heard, calls);
    judged(calls, load.subject.pid, heard, || load.kib_per_call(calls))
}

/// The windows of a step that has been reached, and the memory of each call at their end.
pub(crate) fn judged(calls: usize, pid: u32, heard: &Endpoint, kib: impl Fn() -> f64) -> Step {
    let mut shares = Vec::new();
    let mut goods = Vec::new();
    let mut lost = 0;
    let mut last = None;
    for _ in 0..WINDOWS {
        let (before, started) = (clock::cpu_seconds(pid), Instant::now());
        let verdict = heard.judge(WINDOW_SECONDS);
        let used = clock::cpu_seconds(pid) - before;
        shares.push(used / started.elapsed().as_secs_f64() * 100.0);
        goods.push(verdict.good_share());
        lost += verdict.lost;
        last = Some(verdict);
    }
    Step {
        calls,
        cpu_percent: crate::median(&mut shares),
        kib_per_call: kib(),
        good: crate::median(&mut goods),
        lost,
        verdict: last.expect("there is a window"),
    }
}

/// Set-up of short calls while `calls` play: their latencies and what the players heard.
pub(crate) fn set_up_under_load(
    heard: &Endpoint,
    calls: usize,
    rate: u32,
    time: Duration,
) -> (Latencies, Verdict) {
    let load = Load::start(PLAYING, heard, calls);
    let udp = load.subject.udp;
    std::thread::scope(|scope| {
        let seconds = usize::try_from(time.as_secs()).unwrap_or(1);
        let players = scope.spawn(move || heard.judge(seconds));
        let latencies = setup::measure(udp, rate, time);
        (latencies, players.join().expect("the endpoint answers"))
    })
}

/// A service with its callers.
struct Load {
    subject: Subject,
    idle_kib: f64,
    _callers: Program,
    _folder: TempDir,
}

impl Load {
    /// Starts and waits until all are heard.
    fn start(kind: Kind, heard: &Endpoint, calls: usize) -> Self {
        let quiet = wait_for(Duration::from_secs(5), || (heard.hearing() == 0).then_some(()));
        assert!(quiet.is_some(), "the endpoint still hears a former service");
        let subject = Subject::start(kind.prompts, kind.settings);
        // What the first call touches for the first time is not the calls' memory.
        setup::measure(subject.udp, 10, Duration::from_secs(1));
        let idle_kib = clock::private_dirty_kib(subject.pid);
        let folder = crate::subject::folder();
        let callers = callers(subject.udp, calls, folder.path());
        let patience = Duration::from_secs(10 + (calls / RATE) as u64);
        if wait_for(patience, || (heard.hearing() >= calls).then_some(())).is_none() {
            println!("note: only {} of {calls} calls are heard", heard.hearing());
        }
        std::thread::sleep(SETTLE);
        Self { subject, idle_kib, _callers: callers, _folder: folder }
    }

    fn kib_per_call(&self, calls: usize) -> f64 {
        (clock::private_dirty_kib(self.subject.pid) - self.idle_kib) / calls as f64
    }
}

fn callers(server: SocketAddr, calls: usize, folder: &Path) -> Program {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/load/hold.xml");
    let mut command = Command::new("sipp");
    command.current_dir(folder).arg("-sf").arg(scenario).args(["-s", "12345", "-nostdin"]);
    // Its own media socket lies on another address than the endpoint's.
    command.args(["-i", "127.0.0.2", "-mi", "127.0.0.2", "-mp", &FIRST_PORT.to_string()]);
    command.args(["-p", &free_udp_port().to_string()]);
    command.args(["-l", &calls.to_string(), "-r", &RATE.to_string(), "-m", &calls.to_string()]);
    Program::start(command.arg(server.to_string()))
}
