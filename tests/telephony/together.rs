//! Runs tests side by side and tells each by its name.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// So many telephones of others at once: each keeps one service and a call or two, and sleeps most of
/// the time.
pub(crate) const TELEPHONES: usize = 4;
/// So many where citizens and telephones are our own, which cost next to nothing.
pub(crate) const CITIZENS: usize = 6;

/// Runs the named functions in their order, so many at a time; fails with the names of the failed.
/// The longest come first, so that none is left alone at the end.
macro_rules! together {
    ($at_once:ident: $($test:path),+ $(,)?) => {
        $crate::together::run($crate::together::$at_once, &[$((stringify!($test), $test as fn())),+])
    };
}

/// So many groups at once, however many tests a run takes: with more, the telephones of others may lose
/// their first keys on two cores.
const GROUPS: usize = 3;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// A place among the groups; given back when dropped.
pub(crate) struct Turn;

impl Turn {
    /// Waits for a place.
    pub(crate) fn take() -> Self {
        let (running, freed) = &RUNNING;
        let full = |running: &mut usize| *running >= GROUPS;
        *freed.wait_while(running.lock().unwrap(), full).unwrap() += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (running, freed) = &RUNNING;
        *running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        freed.notify_one();
    }
}

pub(crate) fn run(at_once: usize, tests: &[(&str, fn())]) {
    let _turn = Turn::take();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(tests.len()) {
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
