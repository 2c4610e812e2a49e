//! The endpoint against a bare sender: its own ceiling must lie above what it is to measure.

use crate::endpoint::{Endpoint, FIRST_PORT};
use crate::stats::Verdict;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SLOT: Duration = Duration::from_millis(2);
const SLOTS: usize = 10;
/// Away from the addresses of the real measurement.
const IP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

/// What `streams` sent evenly look like at the endpoint, and its processor time per second in %.
pub(crate) fn ceiling(streams: usize, seconds: usize, sender_core: usize) -> (Verdict, f64) {
    let endpoint = Endpoint::start(IP, streams).expect("the ports are free");
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, ours) = (stop.clone(), std::process::id());
    let sender = std::thread::spawn(move || {
        crate::clock::pin(sender_core);
        send_evenly(streams, &stopped)
    });
    std::thread::sleep(Duration::from_secs(1));
    let (before, started) = (crate::clock::cpu_seconds(ours), Instant::now());
    let verdict = endpoint.judge(seconds);
    let used = crate::clock::cpu_seconds(ours) - before;
    let wall = started.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let sender_share = sender.join().expect("the sender ends");
    (verdict, (used / wall - sender_share) * 100.0)
}

/// Sends 50 packets/s on each stream in ten slots; the share of its time that it was at work.
fn send_evenly(streams: usize, stop: &AtomicBool) -> f64 {
    let socket = UdpSocket::bind((IP, 0)).expect("loopback has a free port");
    let mut packet = [0xD5u8; 172];
    packet[..12].copy_from_slice(&[0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let (started, mut busy) = (Instant::now(), Duration::ZERO);
    let (mut next, mut tick) = (started, 0usize);
    while !stop.load(Ordering::Relaxed) {
        let awake = Instant::now();
        let seq = u16::try_from(tick / SLOTS % 65_536).unwrap_or(0);
        packet[2..4].copy_from_slice(&seq.to_be_bytes());
        for n in (tick % SLOTS..streams).step_by(SLOTS) {
            let port = FIRST_PORT + 4 * u16::try_from(n).unwrap_or(0);
            let _ = socket.send_to(&packet, SocketAddrV4::new(IP, port));
        }
        busy += awake.elapsed();
        tick += 1;
        next += SLOT;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    busy.as_secs_f64() / started.elapsed().as_secs_f64()
}
