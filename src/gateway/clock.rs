//! The clock as a value: the rooms below the wiring never read one of their own.

use jiff::Timestamp;
use std::time::Instant;

/// Reads the clocks. Cheap to copy; tests and the simulation give their own.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Monotonic time, for every timer.
    pub monotonic: fn() -> Instant,
    /// Wall time, for what people read.
    pub wall: fn() -> Timestamp,
}

impl Clock {
    /// Both at once.
    #[must_use]
    pub fn now(&self) -> Now {
        Now { monotonic: (self.monotonic)(), wall: (self.wall)() }
    }
}

/// One reading of both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Monotonic time.
    pub monotonic: Instant,
    /// Wall time.
    pub wall: Timestamp,
}
