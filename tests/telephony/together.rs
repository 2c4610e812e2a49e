//! Runs tests side by side and tells each by its name.

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// So many at once: each keeps one service and a call or two, and sleeps most of the time.
const AT_ONCE: usize = 4;

/// Runs the named functions, at most [`AT_ONCE`] at a time; fails with the names of the failed.
macro_rules! together {
    ($($test:path),+ $(,)?) => {
        $crate::together::run(&[$((stringify!($test), $test as fn())),+])
    };
}

pub(crate) fn run(tests: &[(&str, fn())]) {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(tests.len()) {
            scope.spawn(|| {
                while let Some((name, test)) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    let outcome = catch_unwind(test);
                    let word = if outcome.is_ok() { "ok" } else { "FAILED" };
                    println!("{name} ... {word} ({:.1} s)", started.elapsed().as_secs_f64());
                    if outcome.is_err() {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "failed: {failed:#?}");
}
