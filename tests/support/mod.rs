//! Test code that every test crate may take: `#[path = "../support/mod.rs"] mod support;`.
//!
//! * [`audio`]: G.711, tones, and what can be said about received sound.
//! * [`sip`]: just enough SIP text for the citizen, written apart from the product's parser.
//! * [`desk`]: a seat's console.
//! * [`link`]: UDP or TCP below it.
//! * [`rtp`]: the citizen's packets: sender, receiver, seeded loss.
//! * [`prompts`]: writes down what the service said, clip by clip.
//! * [`citizen`]: a caller that dials, speaks, presses keys and hears.
//! * [`phone`]: a seat's telephone: registers, rings, is answered.
//! * [`service`]: the real `mayorline` binary as a child process.
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
pub mod phone;
pub mod prompts;
pub mod rtp;
pub mod service;
pub mod sip;

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
/// it for SIP and the next for TLS. Outside the range from which the kernel takes its own.
pub fn free_sip_port() -> u16 {
    use std::net::{TcpListener, UdpSocket};
    let free = |port: &u16| {
        let tcp = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        UdpSocket::bind(("127.0.0.1", *port)).is_ok() && tcp(*port) && tcp(*port + 1)
    };
    let mut picked = std::iter::repeat_with(|| rand::random_range(5_000..8_000_u16) * 2);
    picked.find(free).expect("one of 3,000 ports is free")
}

/// A UDP port of 127.0.0.1 that was free a moment ago, for programs that cannot bind port 0.
pub fn free_udp_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    socket.local_addr().expect("a bound socket has an address").port()
}
