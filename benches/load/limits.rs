//! What this machine can do at all, measured in the same run: the floor beside each figure.

use crate::clock;
use std::fs::File;
use std::io::Write;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const PACKET: [u8; 172] = [0xD5; 172];
const LOOP_TIME: Duration = Duration::from_secs(1);
/// Packets that certainly fit into the receive buffer.
const TURN: u32 = 64;
const COMMIT_BYTES: usize = 4096;

/// Processor microseconds of one packet sent and of one received, bare calls on this core.
pub(crate) fn packet_us() -> (f64, f64) {
    let (a, b) = (loopback(), loopback());
    let to = b.local_addr().expect("a bound socket has an address");
    let mut buffer = [0u8; 256];
    let (mut sending, mut receiving, mut packets) = (0.0, 0.0, 0u32);
    let started = Instant::now();
    while started.elapsed() < LOOP_TIME {
        let begun = clock::thread_cpu_seconds();
        for _ in 0..TURN {
            a.send_to(&PACKET, to).expect("loopback takes a packet");
        }
        let between = clock::thread_cpu_seconds();
        for _ in 0..TURN {
            b.recv(&mut buffer).expect("and gives it back");
        }
        (sending, receiving) =
            (sending + between - begun, receiving + clock::thread_cpu_seconds() - between);
        packets += TURN;
    }
    (sending * 1e6 / f64::from(packets), receiving * 1e6 / f64::from(packets))
}

/// Bare fdatasync of 4 KiB appended, per second, on the disk of the data.
pub(crate) fn commits_per_second() -> f64 {
    let folder = crate::subject::folder();
    let mut file = File::create(folder.path().join("bare")).expect("a file can be made");
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
