//! The clocks and counters of the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ticks of `/proc/PID/stat` a second (USER_HZ of Linux on every machine it runs on).
const TICKS_PER_SECOND: f64 = 100.0;

/// Nanoseconds since 1970: the clock of the kernel's receive times.
pub(crate) fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Seconds of processor time that a process has used, all its threads.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces; fields 14 and 15 count from the process id.
    let rest = text.rsplit(')').next().unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|w| w.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

/// KiB of memory that belong to the process alone and were written.
pub(crate) fn private_dirty_kib(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// Puts this thread, and what it starts, on one core; says when it cannot.
pub(crate) fn pin(core: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    if let Err(e) = rustix::thread::sched_setaffinity(None, &set) {
        println!("note: cannot stay on core {core} ({e}): figures share their core");
    }
}
