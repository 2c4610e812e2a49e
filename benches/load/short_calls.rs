//! INVITE, 200, ACK, BYE, 200, back to back: how many a second, and the delay of the 200.

use crate::clock;
use crate::setup::{self, Latencies};
use crate::subject::{Prompts, Subject};
use crate::support::clients::sipp::{Caller, Counts};
use std::time::Duration;

/// Short calls a second, step by step, each for this long.
const RATES: [u32; 10] = [50, 200, 400, 800, 1200, 1600, 1800, 2000, 2500, 3000];
const RATE_SECONDS: u32 = 8;
/// Until the background runs evenly.
const SETTLE: Duration = Duration::from_secs(2);

/// The highest rate without a failure or a message sent again, and milliseconds of processor time
/// of each call at it.
pub(crate) fn capacity() -> (u32, f64) {
    let mut best = (0, f64::NAN);
    for rate in RATES {
        let subject = Subject::start(Prompts::City, &[]);
        let before = clock::cpu_seconds(subject.pid);
        let calls = rate * RATE_SECONDS;
        let counts = run(&subject, rate, calls);
        let each_ms = (clock::cpu_seconds(subject.pid) - before) * 1000.0 / f64::from(calls);
        println!("note: {rate} short calls/s: {each_ms:.3} ms each, {counts:?}");
        if counts.failed > 0 || counts.retransmissions > 0 || counts.successful < calls.into() {
            break;
        }
        best = (rate, each_ms);
    }
    best
}

/// `calls` short calls at a rate.
pub(crate) fn run(subject: &Subject, rate: u32, calls: u32) -> Counts {
    let limit = Duration::from_secs(u64::from(calls / rate) + 10);
    Caller::stock().calls(calls, rate).run(subject.udp, limit)
}

/// The delay of the 200 of `probes` a second, beside `background` short calls a second.
pub(crate) fn delay(background: u32, probes: u32, time: Duration) -> Latencies {
    let subject = Subject::start(Prompts::City, &[]);
    if background == 0 {
        setup::measure(subject.udp, probes, SETTLE);
        return setup::measure(subject.udp, probes, time);
    }
    let calls = background * u32::try_from((time + SETTLE * 2).as_secs()).unwrap_or(1);
    std::thread::scope(|scope| {
        let load = scope.spawn(|| run(&subject, background, calls));
        std::thread::sleep(SETTLE);
        let latencies = setup::measure(subject.udp, probes, time);
        println!("note: beside {background}/s: {:?}", load.join().expect("SIPp ends"));
        latencies
    })
}
