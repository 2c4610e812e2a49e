//! What is wrong with a machine, by clocks and configurations of their own.

use super::{FLUSH_MAX, address, disk, holidays, realtime, wall, zone};
use crate::app::clock::system;
use crate::app::config::Config;
use crate::gateway::clock::Clock;
use jiff::Timestamp;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

fn config(settings: &[&str]) -> Config {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    Config::from_text("test.toml", "", &settings).map_err(|exit| exit.message).unwrap()
}

fn at(wall: fn() -> Timestamp) -> Clock {
    Clock { wall, ..system() }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_clock_in_the_past_is_named_and_one_in_the_future_is_not() {
    let fault = wall(at(|| instant("2020-01-01T00:00:00Z"))).unwrap_err();
    assert_eq!(
        fault,
        "it says 2020-01-01T00:00:00Z, which is in the past: set it and start time service"
    );
    let seen = wall(at(|| instant("2027-03-01T04:05:06Z"))).unwrap();
    assert_eq!(seen, "2027-03-01 04:05:06 UTC");
}

#[test]
fn the_time_of_the_zone_is_told_so_that_a_wrong_one_is_seen() {
    let clock = at(|| instant("2026-12-31T20:00:00Z"));
    let seen = zone(&config(&[]), clock).unwrap();
    assert_eq!(seen, "Asia/Shanghai, it is 2027-01-01 04:00:00 there");
    let seen = zone(&config(&["service.time_zone=Europe/Berlin"]), clock).unwrap();
    assert_eq!(seen, "Europe/Berlin, it is 2026-12-31 21:00:00 there");
}

#[test]
fn a_year_without_a_table_is_wrong_when_it_is_this_one_and_foretold_when_it_is_the_next() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("2040.toml"), "year = 2040\n").unwrap();
    let tables = format!("deadline.calendar_folder=\"{}\"", folder.path().display());
    let config = config(&[&tables]);
    let seen = holidays(&config, at(|| instant("2040-06-01T00:00:00Z")));
    assert_eq!(seen.as_deref(), Ok("2040 is there"));
    let foretold = holidays(&config, at(|| instant("2040-12-01T00:00:00Z"))).unwrap();
    assert!(foretold.starts_with("2041 is missing: dates that touch it are provi"), "{foretold}");
    let fault = holidays(&config, at(|| instant("2042-06-01T00:00:00Z"))).unwrap_err();
    assert!(fault.contains("deadline.calendar_folder has a 2042.toml"), "{fault}");
    std::fs::write(folder.path().join("2042.toml"), "year = \"2042\n").unwrap();
    let broken = holidays(&config, at(|| instant("2042-06-01T00:00:00Z"))).unwrap_err();
    assert!(broken.contains("2042.toml: "), "{broken}");
}

/// Each reading comes later than the last by more than a flush may take.
fn slow() -> Instant {
    static READINGS: AtomicU32 = AtomicU32::new(1);
    (system().monotonic)() + FLUSH_MAX * 2 * READINGS.fetch_add(1, Ordering::Relaxed)
}

#[test]
fn a_disk_that_flushes_slowly_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let seen = disk(folder.path(), Clock { monotonic: slow, ..system() });
    let Err(fault) = seen else { panic!("{seen:?}") };
    // On a machine with little room that is told first.
    let small = fault.starts_with("only ");
    assert!(small || fault.contains("ms: the disk is too slow or failing"), "{fault}");
}

#[test]
fn an_address_behind_nat_is_wrong_until_the_one_that_callers_see_is_set() {
    let loopback = address(&config(&[])).unwrap();
    assert!(loopback.ends_with("only this machine can call; set sip.udp to be reached"));
    for private in ["10.1.2.3:5060", "192.168.1.9:5060", "0.0.0.0:5060"] {
        let own = format!("sip.udp={private}");
        let fault = address(&config(&[&own])).unwrap_err();
        assert!(fault.starts_with(&format!("{private} is private or a wildcard: ")), "{fault}");
        assert!(fault.ends_with("missing until sip.advertised is set"), "{fault}");
        let shown = address(&config(&[&own, "sip.advertised=203.0.113.5"])).unwrap();
        assert_eq!(shown, format!("{private}, shown to callers as 203.0.113.5"));
    }
    let public = address(&config(&["sip.udp=203.0.113.5:5060"]));
    assert_eq!(public.as_deref(), Ok("203.0.113.5:5060"));
}

#[test]
fn real_time_scheduling_that_is_not_asked_for_is_not_missed() {
    let seen = realtime(&config(&["media.realtime_priority=0"]));
    assert_eq!(seen.as_deref(), Ok("not asked for (media.realtime_priority = 0)"));
}
