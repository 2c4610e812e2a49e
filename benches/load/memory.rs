//! Memory stays flat over many calls, and nothing is left of them a minute later.

use crate::clock;
use crate::short_calls;
use crate::subject::{Prompts, Subject};
use std::time::Duration;

/// Calls a second: the transactions of a minute stay below the service's limit.
const RATE: u32 = 600;
/// Tables and caches have their size after these.
const FIRST: u32 = 20_000;
/// What a transaction may live after its last message, 64 * T1, and a margin.
const TRANSACTIONS_OVER: Duration = Duration::from_secs(35);
/// Nothing may be left after this.
const ALL_OVER: Duration = Duration::from_secs(60);

/// What was seen.
pub(crate) struct Flat {
    /// Calls after the first.
    pub(crate) calls: u32,
    /// MiB after the first calls.
    pub(crate) before_mib: f64,
    /// MiB after the others.
    pub(crate) after_mib: f64,
    /// What the service held a minute after the last.
    pub(crate) held: String,
    /// Calls that failed.
    pub(crate) failed: u64,
}

/// Makes [`FIRST`] and then `calls` calls.
pub(crate) fn measure(calls: u32) -> Flat {
    let subject = Subject::start(Prompts::City, &["log.level=warn,mayorline::gateway::line=info"]);
    let mib = || clock::private_dirty_kib(subject.pid) / 1024.0;
    let first = short_calls::run(&subject, RATE, FIRST);
    std::thread::sleep(TRANSACTIONS_OVER);
    let before_mib = mib();
    let then = short_calls::run(&subject, RATE, calls);
    std::thread::sleep(ALL_OVER);
    let after_mib = mib();
    let failed = first.failed + then.failed;
    Flat { calls, before_mib, after_mib, failed, held: subject.stop() }
}
