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

/// Seconds of processor time that this thread has used.
pub(crate) fn thread_cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// KiB of memory that belong to the process alone and were written.
pub(crate) fn private_dirty_kib(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// How busy all cores were with other work in `time`, in % of one core.
pub(crate) fn others_percent(time: Duration) -> f64 {
    let before = busy_ticks();
    std::thread::sleep(time);
    (busy_ticks() - before) / TICKS_PER_SECOND / time.as_secs_f64() * 100.0
}

fn busy_ticks() -> f64 {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<f64> = fields.filter_map(|word| word.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal
    let idle = ticks.get(3).copied().unwrap_or(0.0) + ticks.get(4).copied().unwrap_or(0.0);
    ticks.iter().take(8).sum::<f64>() - idle
}

/// Puts this thread, and what it starts, on one core; says when it cannot.
pub(crate) fn pin(core: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    if let Err(e) = rustix::thread::sched_setaffinity(None, &set) {
        println!("note: cannot stay on core {core} ({e}): figures share their core");
    }
}

/// Puts this thread, and what it starts, into a real-time class; says when it is refused.
pub(crate) fn realtime(priority: u8, fifo: bool) -> bool {
    use thread_priority::{
        RealtimeThreadSchedulePolicy as Policy, ThreadPriority, ThreadPriorityValue,
        ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    let policy = if fifo { Policy::Fifo } else { Policy::RoundRobin };
    let priority = ThreadPriorityValue::try_from(priority).expect("a priority up to 99");
    let asked = set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(priority),
        ThreadSchedulePolicy::Realtime(policy),
    );
    if let Err(error) = &asked {
        println!("note: real-time scheduling is refused ({error:?}): gaps are the machine's");
    }
    asked.is_ok()
}

/// Puts this thread into the class that runs only when nothing else does; says when it is refused.
pub(crate) fn idle_class() -> bool {
    use thread_priority::{
        NormalThreadSchedulePolicy as Policy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    let policy = ThreadSchedulePolicy::Normal(Policy::Idle);
    let asked = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    if let Err(error) = &asked {
        println!("note: the idle class is refused ({error:?}): the cores may sleep");
    }
    asked.is_ok()
}
