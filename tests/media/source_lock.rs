//! T12: strangers who spray a media port are neither heard nor answered.

use crate::audio::{address, seeded};
use mayorline::media::source_lock::{
    RELOCK_SILENT, SILENT, SILENT_HOST, STEADY_PACKETS_HOST, STEADY_PACKETS_UNKNOWN, SourceLock,
};
use rand::RngExt;
use std::time::{Duration, Instant};

const SEED: u64 = 0x712;
const CITIZEN: &str = "203.0.113.5:4000";
const CITIZEN_NAT: &str = "203.0.113.5:61000";
const PROXY: &str = "198.51.100.9";
const STRANGER: &str = "192.0.2.66:7000";
const SSRC: u32 = 5;

fn start() -> Instant {
    #[allow(clippy::disallowed_methods)]
    Instant::now()
}

fn lock(signalled: &str, now: Instant) -> SourceLock {
    SourceLock::new(Some(address(signalled)), Some(PROXY.parse().unwrap()), now)
}

/// How many of `count` consecutive packets, 20 ms apart from `at` on, are admitted.
fn stream(lock: &mut SourceLock, at: Instant, from: &str, sequence: u16, count: u16) -> usize {
    (0..count)
        .filter(|&n| {
            let now = at + Duration::from_millis(20 * u64::from(n));
            lock.admit(now, address(from), SSRC, sequence.wrapping_add(n))
        })
        .count()
}

#[test]
fn the_signalled_source_is_heard_from_its_first_packet() {
    let now = start();
    let mut lock = lock(CITIZEN, now);
    assert_eq!(lock.destination(), Some(address(CITIZEN)));
    assert_eq!(stream(&mut lock, now, CITIZEN, 65_530, 10), 10);
    assert_eq!(lock.locked(), Some(address(CITIZEN)));
}

#[test]
fn a_sprayer_at_any_time_hears_nothing_and_is_not_heard() {
    let now = start();
    let mut rng = seeded(SEED);
    for call in 0..100 {
        let mut lock = lock(CITIZEN, now);
        let mut sequence = 0;
        let mut heard = 0;
        for ms in 0..5_000_u64 {
            let at = now + Duration::from_millis(ms);
            // Five packets a millisecond, some with the right source and sequence number.
            for n in 0..5_u16 {
                let ssrc = if rng.random() { SSRC } else { rng.random() };
                let guess = if n == 0 { sequence } else { rng.random() };
                heard += usize::from(lock.admit(at, address(STRANGER), ssrc, guess));
            }
            // The citizen begins after a second or more.
            if ms > 1_000 + 10 * call && ms % 20 == 0 {
                assert!(lock.admit(at, address(CITIZEN), SSRC, sequence));
                sequence += 1;
            }
            assert_eq!(lock.destination(), Some(address(CITIZEN)));
        }
        assert_eq!(heard, 0);
        assert_eq!(lock.refused(), 25_000);
    }
}

#[test]
fn a_stranger_with_a_steady_stream_cannot_take_a_public_address_over() {
    let now = start();
    let mut lock = lock(CITIZEN, now);
    assert_eq!(stream(&mut lock, now, STRANGER, 0, 2_000), 0);
    assert_eq!(stream(&mut lock, now + Duration::from_secs(50), CITIZEN, 9, 5), 5);
    // Nor a live call that has fallen silent.
    assert_eq!(stream(&mut lock, now + Duration::from_secs(60), STRANGER, 0, 2_000), 0);
    assert_eq!(lock.destination(), Some(address(CITIZEN)));
}

#[test]
fn another_port_of_the_same_host_is_believed_when_it_is_steady() {
    let now = start();
    let mut lock = lock(CITIZEN, now);
    let later = now + SILENT_HOST;
    let heard = stream(&mut lock, later, CITIZEN_NAT, 7, 20);
    assert_eq!(heard, 20 - (STEADY_PACKETS_HOST as usize - 1));
    assert_eq!(lock.destination(), Some(address(CITIZEN_NAT)));
}

#[test]
fn a_stranger_between_the_packets_does_not_keep_the_citizen_from_locking() {
    let now = start();
    let mut lock = lock(CITIZEN, now);
    let mut heard = 0;
    for n in 0..20_u16 {
        let at = now + SILENT_HOST + Duration::from_millis(20 * u64::from(n));
        assert!(!lock.admit(at, address(STRANGER), 99, n));
        heard += usize::from(lock.admit(at, address(CITIZEN_NAT), SSRC, n));
    }
    assert_eq!(heard, 20 - (STEADY_PACKETS_HOST as usize - 1));
}

#[test]
fn behind_a_nat_that_nobody_corrected_a_long_steady_stream_is_believed() {
    let now = start();
    let mut lock = lock("192.168.1.20:4000", now);
    let later = now + SILENT;
    let heard = stream(&mut lock, later, STRANGER, 7, 40);
    assert_eq!(heard, 40 - (STEADY_PACKETS_UNKNOWN as usize - 1));
    // The host that signals is better founded and takes the lock back.
    let proxy = format!("{PROXY}:9000");
    assert!(stream(&mut lock, later + Duration::from_secs(1), &proxy, 1, 10) >= 7);
    assert_eq!(lock.destination(), Some(address(&proxy)));
}

#[test]
fn after_the_lock_only_the_same_host_may_move_and_only_after_silence() {
    let now = start();
    let mut lock = lock(CITIZEN, now);
    assert_eq!(stream(&mut lock, now, CITIZEN, 0, 5), 5);
    let soon = now + Duration::from_millis(200);
    assert_eq!(stream(&mut lock, soon, CITIZEN_NAT, 0, 20), 0);
    let later = now + Duration::from_millis(80) + RELOCK_SILENT;
    assert!(stream(&mut lock, later, CITIZEN_NAT, 100, 20) >= 18);
    assert_eq!(lock.destination(), Some(address(CITIZEN_NAT)));
}

#[test]
fn a_new_offer_opens_the_lock_and_the_same_address_keeps_it() {
    let now = start();
    let mut lock = lock(CITIZEN, now);
    assert_eq!(stream(&mut lock, now, CITIZEN, 0, 5), 5);
    lock.signal(Some(address(CITIZEN)), now);
    assert_eq!(lock.locked(), Some(address(CITIZEN)));
    lock.signal(Some(address("203.0.113.77:4000")), now);
    assert_eq!((lock.locked(), lock.destination()), (None, Some(address("203.0.113.77:4000"))));
    assert_eq!(stream(&mut lock, now, CITIZEN, 5, 1), 0);
}
