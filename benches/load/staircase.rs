//! More and more calls at once, each hearing the service and talking to it, until less than 97 %
//! of the stream-seconds are good.

use crate::clock;
use crate::endpoint::{Endpoint, FIRST_PORT};
use crate::stats::Verdict;
use crate::support::clients::Program;
use crate::support::{free_udp_port, wait_for};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// New calls a second on the way up.
const RATE: &str = "50";
const SETTLE: Duration = Duration::from_secs(2);
const WINDOW_SECONDS: usize = 6;
const GOOD_SHARE_MIN: f64 = 0.97;

/// What was measured with this many calls.
pub(crate) struct Step {
    /// Calls that were asked for.
    pub(crate) calls: usize,
    /// Processor time of the service, 100 is one core.
    pub(crate) cpu_percent: f64,
    /// Private memory of each call over the idle service.
    pub(crate) kib_per_call: f64,
    /// What the endpoint heard.
    pub(crate) verdict: Verdict,
}

/// Climbs until the steps or the good seconds end.
pub(crate) fn climb(server: SocketAddr, pid: u32, heard: &Endpoint, steps: &[usize]) -> Vec<Step> {
    let idle_kib = clock::private_dirty_kib(pid);
    let control = free_udp_port();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = steps.first().copied().unwrap_or(1);
    let _callers = callers(server, control, first, folder.path());
    let mut done = Vec::new();
    for calls in steps.iter().copied() {
        limit(control, calls);
        let patience = Duration::from_secs(10 + calls as u64 / 25);
        if wait_for(patience, || (heard.hearing() >= calls).then_some(())).is_none() {
            println!("note: only {} of {calls} calls are heard", heard.hearing());
        }
        std::thread::sleep(SETTLE);
        let (before, started) = (clock::cpu_seconds(pid), Instant::now());
        let verdict = heard.judge(WINDOW_SECONDS);
        let used = clock::cpu_seconds(pid) - before;
        let cpu_percent = used / started.elapsed().as_secs_f64() * 100.0;
        let kib_per_call = (clock::private_dirty_kib(pid) - idle_kib) / calls as f64;
        let good = verdict.good_share();
        done.push(Step { calls, cpu_percent, kib_per_call, verdict });
        if good < GOOD_SHARE_MIN {
            break;
        }
    }
    done
}

fn callers(server: SocketAddr, control: u16, limit: usize, folder: &Path) -> Program {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/load/hold.xml");
    let mut command = Command::new("sipp");
    command.current_dir(folder).arg("-sf").arg(scenario).args(["-s", "12345", "-nostdin"]);
    // Its own media socket lies on another address than the endpoint's.
    command.args(["-i", "127.0.0.2", "-mi", "127.0.0.2", "-mp", &FIRST_PORT.to_string()]);
    command.args(["-p", &free_udp_port().to_string(), "-cp", &control.to_string()]);
    command.args(["-l", &limit.to_string(), "-r", RATE, "-m", "1000000"]);
    Program::start(command.arg(server.to_string()))
}

fn limit(control: u16, calls: usize) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    // SIPp binds its control port a moment after it starts.
    std::thread::sleep(Duration::from_millis(500));
    let _ = socket.send_to(format!("cset limit {calls}\n").as_bytes(), ("127.0.0.1", control));
}
