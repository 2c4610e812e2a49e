//! The only place that reads the clocks and the random source.

use crate::gateway::clock::Clock;
use jiff::Timestamp;
use rand::TryRng;
use rand::rngs::SysRng;
use std::time::Instant;

/// The machine's clocks.
#[must_use]
pub fn system() -> Clock {
    #[allow(clippy::disallowed_methods)] // This is the one place.
    Clock { monotonic: Instant::now, wall: Timestamp::now }
}

/// Thirty-two bytes from the operating system, to seed a generator with.
pub fn seed() -> Result<[u8; 32], rand::rngs::SysError> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed)?;
    Ok(seed)
}
