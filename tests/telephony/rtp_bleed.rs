//! RTP bleed and injection (`hardening.md` T12): a stranger sprays every media port of the house, before
//! the first call, while calls begin and while they run. He gets no packet, and nobody hears him.

use crate::line::{House, SENTENCE_LIMIT};
use crate::support::audio::{read_wav, to_alaw, tone_ms, tones};
use crate::support::citizen::Call;
use crate::support::wait_for;
use serde_json::Value;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CALLS: usize = 100;
/// Where nothing else of these tests listens: two ports for each call, and some spare.
const PORTS: [u16; 2] = [30_100, 30_339];
/// Nobody of the house: another host on the way.
const STRANGER: &str = "127.0.0.66:0";
const STRANGER_HZ: f64 = 1_850.0;
/// 5,000 packets a second.
const BURST: usize = 50;
const BURST_PAUSE: Duration = Duration::from_millis(10);
/// Of which a busy machine sends at least so many.
const RATE_MIN: f64 = 3_000.0;
/// How long all calls run under it.
const SPRAYED: Duration = Duration::from_secs(14);
/// Two frames before the source is known (T12).
const INJECTED_MS_MAX: usize = 40;

pub(crate) fn a_stranger_who_sprays_every_port_gets_nothing_and_nobody_hears_him() {
    let [first, last] = PORTS;
    let house = House::with(|start| start.set(&format!("media.ports=[{first},{last}]")));
    let stranger = UdpSocket::bind(STRANGER).expect("another address of the loopback");
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let from = Instant::now();
    let (calls, rate) = std::thread::scope(|scope| {
        let spraying = scope.spawn(|| {
            spray(&stranger, &stop, &sent);
            sent.load(Ordering::Relaxed) as f64 / from.elapsed().as_secs_f64()
        });
        let began = wait_for(SENTENCE_LIMIT, || (sent.load(Ordering::Relaxed) > 500).then_some(()));
        let calls: Vec<Call> = (0..CALLS).map(|n| house.dial(&number(n))).collect();
        // A message: from here on the call is recorded.
        std::thread::scope(|keys| {
            calls.iter().for_each(|call| drop(keys.spawn(|| call.press("2"))))
        });
        std::thread::sleep(SPRAYED);
        stop.store(true, Ordering::Relaxed);
        assert!(began.is_some(), "nothing was sprayed before the first call");
        (calls, spraying.join().expect("the stranger sprays to the end"))
    });
    println!("{CALLS} calls under {rate:.0} packets a second of a stranger");
    assert!(rate > RATE_MIN, "only {rate} packets a second were sprayed");
    gets_nothing(&stranger);
    for call in calls {
        let media = call.remote_media();
        let (heard, _) = call.hang_up();
        assert!(heard.packets.len() > 100, "a citizen heard {} packets", heard.packets.len());
        assert!(heard.packets.iter().all(|packet| packet.from == media));
    }
    nobody_heard_him(&house);
    assert!(house.service.stop().success());
}

fn number(n: usize) -> String {
    format!("1990000{:04}", 2_000 + n)
}

/// To one port after the other: in every burst but the third as a steady stream for each port, in the
/// third with a source that changes with each packet.
fn spray(stranger: &UdpSocket, stop: &AtomicBool, sent: &AtomicU64) {
    let loud = to_alaw(&tones(&[STRANGER_HZ], 16_000.0, 20));
    let [first, last] = PORTS;
    let mut ports = (first..=last).cycle();
    let mut round = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..BURST {
            let port = ports.next().expect("they never end");
            round += u32::from(port == first);
            let guessed =
                if sent.load(Ordering::Relaxed) % 3 == 2 { round ^ 0x5DEE_CE66 } else { 1 };
            let packet = rtp(round, guessed.wrapping_add(u32::from(port)), &loud);
            let to = SocketAddr::from(([127, 0, 0, 1], port));
            if stranger.send_to(&packet, to).is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
        std::thread::sleep(BURST_PAUSE);
    }
}

fn rtp(round: u32, source: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend_from_slice(&round.to_be_bytes()[2..]);
    packet.extend_from_slice(&round.wrapping_mul(160).to_be_bytes());
    packet.extend_from_slice(&source.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

/// The house sends him nothing, RTP or RTCP.
fn gets_nothing(stranger: &UdpSocket) {
    stranger.set_nonblocking(true).expect("a socket");
    let mut buffer = [0; 2_048];
    let got = stranger.recv_from(&mut buffer);
    assert!(got.is_err(), "the stranger got a packet of a call from {:?}", got.map(|got| got.1));
}

/// The citizen's side of every recording holds what the house heard of him.
fn nobody_heard_him(house: &House) {
    let over = wait_for(SENTENCE_LIMIT, || {
        std::thread::sleep(Duration::from_millis(200));
        let calls = house.service.json(&["call", "list", "--limit", "1000"]);
        let ended = |call: &&Value| !call["ended_at"].is_null();
        (calls.as_array()?.iter().filter(ended).count() == CALLS).then_some(())
    });
    assert!(over.is_some(), "not every call is accounted for\n{}", house.service.stderr());
    let files = sounds(&house.service.data().join("recordings"));
    assert!(files.len() >= CALLS, "{} recordings of {CALLS} calls", files.len());
    for file in files {
        let samples = read_wav(&file, 0);
        assert!(samples.len() > 8_000, "{} holds {} samples", file.display(), samples.len());
        let injected = tone_ms(&samples, STRANGER_HZ, 0.5);
        assert!(injected <= INJECTED_MS_MAX, "{injected} ms of the stranger in {}", file.display());
    }
}

fn sounds(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .flat_map(|path| if path.is_dir() { sounds(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("wav")))
        .collect()
}
