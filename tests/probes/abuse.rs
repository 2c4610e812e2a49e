//! Odd messages and a short flood from many addresses while good requests are made.

use crate::harness::Ask;
use crate::house::{House, Peer, own_address};
use crate::odd;
use mayorline::proto::Transport;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const FLOOD: Duration = Duration::from_secs(5);
/// Each sends as fast as this allows: some 2,000 a second together.
const SENDERS: u8 = 2;
const PAUSE: Duration = Duration::from_millis(9);
const BURST: u32 = 10;
const SOURCES: u8 = 50;
const GOOD_PAUSE: Duration = Duration::from_millis(200);
/// The bars of hardening test T8.
const SETUP_MAX: Duration = Duration::from_millis(500);
const GROWTH_KB_MAX: u64 = 64 * 1024;

const METHODS: [&str; 8] =
    ["REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "NOTIFY", "MESSAGE", "BYE", "NONSENSE"];

fn flood(house: &House, sender: u8, stop: &AtomicBool, sent: &AtomicU64) {
    let process = std::process::id().to_be_bytes();
    let bind = |n: u8| {
        let ip = Ipv4Addr::new(127, 200 + sender, process[3], 1 + n);
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    };
    let sockets: Vec<UdpSocket> = (0..SOURCES).map(bind).collect();
    let mut n = 0_usize;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..BURST {
            let method = METHODS[n % METHODS.len()];
            let call = format!("flood-{sender}-{n}");
            let ask = match method {
                "INVITE" => Ask::invite(&call),
                "MESSAGE" => Ask::new(method, &call, 1).body("text/plain", "灌水"),
                _ => Ask::new(method, &call, 1),
            };
            let socket = &sockets[n % sockets.len()];
            if socket.send_to(&ask.bytes(Transport::Udp), house.service.udp()).is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
            n += 1;
        }
        std::thread::sleep(PAUSE);
    }
}

#[test]
fn good_calls_are_answered_through_a_flood_and_memory_stays() {
    // One address may hold two calls, so a hundred attackers leave room for the others.
    let ip = own_address();
    let trusted = format!("sip.trusted_peers=[\"{ip}\"]");
    let mut house = House::open(&[&trusted, "sip.calls_per_source_max=1"]);
    let peer = Peer::new(house.service.udp(), ip);
    assert!(peer.good_call("before").is_some());
    let before = house.resident_kb();
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut setups = Vec::new();
    let (flooded, stopping) = (&house, &stop);
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let sent = &sent;
            scope.spawn(move || flood(flooded, sender, stopping, sent));
        }
        let start = Instant::now();
        for n in 0.. {
            if start.elapsed() >= FLOOD {
                break;
            }
            setups.push(peer.good_call(&format!("good{n}")));
            std::thread::sleep(GOOD_PAUSE);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let growth = house.resident_kb().saturating_sub(before);
    let mut took: Vec<Duration> = setups.iter().copied().flatten().collect();
    took.sort_unstable();
    let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    let rate = sent.load(Ordering::Relaxed) / FLOOD.as_secs();
    println!(
        "{rate} messages/s, {} of {} good calls, 200 after {median:?} in the median and {slowest:?} \
         at most, {growth} kB more",
        took.len(),
        setups.len()
    );
    assert!(rate >= 500, "a flood of {rate}/s is none");
    assert_eq!(took.len(), setups.len(), "every good call is answered");
    assert!(slowest <= SETUP_MAX, "{slowest:?}");
    assert!(growth <= GROWTH_KB_MAX, "{growth} kB");
    assert!(house.service.alive());
}

/// The bar of hardening test T2.
const ODD_GROWTH_KB_MAX: u64 = 8 * 1024;
/// Messages until every buffer of the service has its size.
const WARM_UP: usize = 3_000;
/// Messages between two good requests: few enough for the socket buffer.
const BETWEEN: usize = 10;
/// What a datagram over IPv4 can hold.
const DATAGRAM_MAX: usize = 65_507;

#[test]
fn odd_values_in_every_header_of_every_method_leave_the_service_answering_and_small() {
    let ip = own_address();
    let trusted = format!("sip.trusted_peers=[\"{ip}\"]");
    let mut house = House::open(&[&trusted, "sip.calls_max=20"]);
    let peer = Peer::new(house.service.udp(), ip);
    let (mut before, mut sent, mut slowest) = (0, 0_usize, Duration::ZERO);
    for number in 0..odd::COUNT {
        let (bytes, what) = odd::message(number);
        if bytes.len() > DATAGRAM_MAX {
            continue;
        }
        peer.send(&bytes);
        sent += 1;
        if sent % BETWEEN == 0 || bytes.len() > 8_192 {
            let start = Instant::now();
            let good = Ask::new("OPTIONS", &format!("good{number}"), 1);
            assert_eq!(peer.status(&good), 200, "after {what}");
            slowest = slowest.max(start.elapsed());
            peer.heard.borrow_mut().clear();
        }
        if sent == WARM_UP {
            before = house.resident_kb();
        }
    }
    let growth = house.resident_kb().saturating_sub(before);
    println!("{sent} odd messages, slowest good answer {slowest:?}, {growth} kB more");
    assert!(sent >= 20_000);
    assert!(growth <= ODD_GROWTH_KB_MAX, "{growth} kB");
    assert!(house.service.alive());
}
