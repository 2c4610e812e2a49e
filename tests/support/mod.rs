//! Test code that every test crate may take: `#[path = "../support/mod.rs"] mod support;`.
//!
//! * [`audio`]: G.711, tones, and what can be said about received sound.
//! * [`sip`]: just enough SIP text for the citizen, written apart from the product's parser.
//! * [`desk`]: a seat's console.
//! * [`link`]: UDP or TCP below it.
//! * [`numbers`]: a day of which numbers are taken.
//! * [`rtp`]: the citizen's packets: sender, receiver, seeded loss.
//! * [`prompts`]: writes down what the service said, clip by clip.
//! * [`citizen`]: a caller that dials, speaks, presses keys and hears.
//! * [`phone`]: a seat's telephone: registers, rings, is answered.
//! * [`service`]: the real `mayorline` binary as a child process.
//! * [`modem`]: a GSM modem with the network behind it.
//! * [`clients`]: SIPp, baresip, linphonec, Kamailio and SIPVicious.

// Each test crate uses a part of this.
#![allow(dead_code, unreachable_pub)]
// A test that cannot go on must stop loudly, and it waits on the real clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

pub mod audio;
pub mod citizen;
pub mod clients;
pub mod desk;
pub mod link;
pub mod modem;
pub mod numbers;
pub mod phone;
pub mod prompts;
pub mod rtp;
pub mod service;
pub mod sip;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a condition is looked at while waiting for it.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Waits until `probe` gives a value; `None` when `limit` has passed first.
pub fn wait_for<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// A port of 127.0.0.1 that is free for UDP and TCP, and the next one for TCP: for programs that take
/// it for SIP and the next for TLS.
pub fn free_sip_port() -> u16 {
    let tcp = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    own_port(|port| tcp(port) && tcp(port + 1))
}

/// A UDP port of 127.0.0.1 for programs that cannot bind port 0.
pub fn free_udp_port() -> u16 {
    own_port(|_| true)
}

/// An even port of 127.0.0.1 that no other test was given. Neither the kernel, for sockets that ask for
/// any port, nor a service for RTP takes one from this range: it is still free when its program binds it.
fn own_port(is_free: impl Fn(u16) -> bool) -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let picked = std::iter::repeat_with(|| rand::random_range(5_000..9_900_u16) * 2);
    let free = |port: &u16| given.insert(*port) && !is_bound(*port) && is_free(*port);
    picked.take(100_000).find(free).expect("one of 4,900 ports is free")
}

/// Whether a program has bound this UDP port. Looked up and not tried: a trial would hold the port at
/// the moment at which the program asks for it.
pub fn is_bound(port: u16) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/udp").expect("the kernel lists its sockets");
    let port = format!(":{port:04X}");
    let local = |line: &str| line.split_whitespace().nth(1).is_some_and(|at| at.ends_with(&port));
    sockets.lines().any(local)
}
