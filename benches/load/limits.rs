//! What this machine can do at all, measured in the same run: the floor beside each figure.

use std::fs::File;
use std::io::Write;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const PACKET: [u8; 172] = [0xD5; 172];
const LOOP_TIME: Duration = Duration::from_secs(1);
const COMMIT_BYTES: usize = 4096;

/// Microseconds for one packet to be sent and received again on one thread.
pub(crate) fn packet_round_us() -> f64 {
    let (a, b) = (loopback(), loopback());
    let to = b.local_addr().expect("a bound socket has an address");
    let mut buffer = [0u8; 256];
    let (started, mut rounds) = (Instant::now(), 0u32);
    while started.elapsed() < LOOP_TIME {
        a.send_to(&PACKET, to).expect("loopback takes a packet");
        b.recv(&mut buffer).expect("and gives it back");
        rounds += 1;
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(rounds)
}

/// Bare fdatasync of 4 KiB appended, per second, in the folder of temporary files.
pub(crate) fn commits_per_second() -> f64 {
    let mut file: File = tempfile::tempfile().expect("a temporary file");
    let (started, mut commits) = (Instant::now(), 0u32);
    while started.elapsed() < LOOP_TIME {
        file.write_all(&[0x5A; COMMIT_BYTES]).expect("the disk has room");
        file.sync_data().expect("the disk commits");
        commits += 1;
    }
    f64::from(commits) / started.elapsed().as_secs_f64()
}

fn loopback() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port")
}
