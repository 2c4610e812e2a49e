//! Keeps the cores from going to sleep: a virtual core that has nothing to do is given back by its host
//! when that pleases, which is no figure of ours.

use crate::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// On every core a thread of the idle class that never rests, until this is dropped.
pub(crate) struct Awake {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Awake {
    /// From now on.
    pub(crate) fn keep() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let spin = |core| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                clock::pin(core);
                // In any other class it would take the core from what is measured.
                let is_idle = clock::idle_class();
                while is_idle && !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let threads = (0..cores).map(spin).collect();
        Self { over, threads }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
